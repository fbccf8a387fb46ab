package outbox_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/platform/vault"
	"forecourt/hub/internal/platform/vault/vaulttest"
)

// BenchmarkAppend publishes into one channel from 1, 8 and 64 writers: what
// the lock on the channel's counter costs, and whether anybody has to retry.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) { benchmarkAppend(b, writers) })
	}
}

// BenchmarkSeal is what sealing adds to an event of half a kilobyte.
func BenchmarkSeal(b *testing.B) {
	v, body := vaulttest.ForTest(), bytes.Repeat([]byte("x"), 512)
	for b.Loop() {
		v.Seal(vault.Cell{Table: "outbox", Column: "body"}, body)
	}
}

func benchmarkAppend(b *testing.B, writers int) {
	db := mysqltest.New(b)
	feed := outbox.NewFeed(db, vaulttest.ForTest(), mysqltest.Log(b))
	var wg sync.WaitGroup
	for b.Loop() {
		for w := range writers {
			wg.Go(func() {
				if err := publish(b.Context(), db, feed, "desk/A", news(w, 0)); err != nil {
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
