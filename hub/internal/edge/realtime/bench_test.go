package realtime

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// sink is a peer that takes everything at once and costs next to nothing, so
// that what is left is the hub's own work.
type sink struct{ fd uintptr }

func (s sink) Control(f func(uintptr)) error    { f(s.fd); return nil }
func (s sink) Read(f func(uintptr) bool) error  { f(s.fd); return nil }
func (s sink) Write(f func(uintptr) bool) error { f(s.fd); return nil }

// BenchmarkFanOut is the hub's own cost of delivering one message of 200
// bytes to each of 2,000 readers: cursor, batch, frame, the try itself and the
// counting, without what the network costs. Rounds run one after the other,
// as one shard's do.
func BenchmarkFanOut(b *testing.B) {
	for _, readers := range []int{100, 2000, 10_000} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) { fanOut(b, readers) })
	}
}

func fanOut(b *testing.B, readers int) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	station, epoch := id.New[id.Station](newIDs()), id.New[id.Epoch](newIDs())
	ch := wire.Forecourt(station)
	s := New(Deps{
		Snapshots: map[string]Snapshot{familyForecourt: func(context.Context, wire.Channel) (any, wire.Position, error) {
			return struct{}{}, wire.Position{Ch: ch, Ep: epoch}, nil
		}},
		Limits: Limits{Shards: 1, Window: -1}, Metrics: NewMetrics(prometheus.NewRegistry()), Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	})
	sh := s.shards[0]
	body := wire.Body(counted{Pad: fmt.Sprintf("%0150d", 0)})
	publish := func(seq uint64) {
		s.Event(wire.Frame{K: wire.KindNozzle, Ch: ch, Ep: epoch, Seq: seq, At: time.Now(), D: body})
	}
	publish(1)
	for range readers {
		c := &conn{server: s, shard: sh, line: &boundedConn{raw: sink{null.Fd()}}, welcomed: true}
		c.follow(wire.Position{Ch: ch, Ep: epoch, Seq: 1}, false)
	}
	sh.serveMarked(time.Now())
	seq := uint64(1)
	b.ReportAllocs()
	for b.Loop() {
		seq++
		publish(seq)
		if !sh.round(time.Now()) {
			b.Fatal("nothing was sent")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(readers), "ns/delivery")
}
