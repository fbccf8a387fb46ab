package outbox_test

import (
	"fmt"
	"sync"
	"testing"

	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/platform/vault/vaulttest"
	"forecourt/shared/wire"
)

// BenchmarkAppend publishes into one channel from 1, 8 and 64 writers: what
// the lock on the channel's counter costs, what sealing adds in a personal
// channel, and whether anybody has to retry.
func BenchmarkAppend(b *testing.B) {
	for _, ch := range []wire.Channel{"desk/A", "chat/A"} {
		for _, writers := range []int{1, 8, 64} {
			family, _ := ch.Split()
			b.Run(fmt.Sprintf("%s/%d", family, writers), func(b *testing.B) { benchmarkAppend(b, ch, writers) })
		}
	}
}

func benchmarkAppend(b *testing.B, ch wire.Channel, writers int) {
	db := mysqltest.New(b)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(b))
	var wg sync.WaitGroup
	for b.Loop() {
		for w := range writers {
			wg.Go(func() {
				if err := publish(b.Context(), db, feed, ch, news(w, 0)); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
	b.ReportMetric(float64(b.N*writers)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(db.Retries()), "retries")
}

// BenchmarkFreshDatabase is what every test with a database pays.
func BenchmarkFreshDatabase(b *testing.B) {
	for b.Loop() {
		mysqltest.New(b)
	}
}
