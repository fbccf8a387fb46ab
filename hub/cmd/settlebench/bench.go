package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/edge/ingest"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

const nozzles = 16

// price is what every nozzle of the bench sells at.
const price unit.FenPerLitre = 750

// bench is a station under load.
type bench struct {
	db   *mysql.DB
	flow *flow.Flow
	ids  *id.Maker

	station id.Station
	set     id.PriceSet
	src     flow.Source

	link   *ingest.Link
	mu     sync.Mutex // the pumpd: numbers facts and sends them in order
	seq    uint64
	totals [nozzles]unit.Millilitre
	acks   acks
	news   atomic.Uint64 // frames handed on to screens
}

// newBench sets up a station with 16 nozzles and a table for the bare inserts.
func newBench(ctx context.Context, db *mysql.DB, e mysql.Endpoint, keys *vault.Vault, log *slog.Logger) (*bench, error) {
	b := &bench{db: db, ids: id.NewMaker(time.Now, rand.Reader)}
	b.station, b.set = id.New[id.Station](b.ids), id.New[id.PriceSet](b.ids)
	b.src = flow.Source{Device: id.New[id.Device](b.ids), Station: b.station, Journal: id.New[id.Journal](b.ids)}
	if err := station.Install(ctx, db, b.layout()); err != nil {
		return nil, err
	}
	admin, err := mysql.OpenAdmin(ctx, e.AdminDSN(mysql.Database), log)
	if err != nil {
		return nil, err
	}
	_, err = admin.ExecContext(ctx, "CREATE TABLE bench_bare (id BINARY(16) PRIMARY KEY, a BIGINT NOT NULL, b BIGINT NOT NULL)")
	if err := errors.Join(err, admin.Close()); err != nil {
		return nil, fmt.Errorf("making the bare table: %w", err)
	}
	feed := outbox.NewFeed(db, keys, log)
	feed.Subscribe(func(frames []wire.Frame) { b.news.Add(uint64(len(frames))) })
	b.flow = flow.New(flow.Deps{DB: db, Feed: feed, Now: time.Now, IDs: b.ids, Log: log})
	ear := ingest.New(ingest.Deps{
		Facts: b.flow, Board: func(id.Station) (ingest.Board, bool) { return noBoard{}, true },
		Metrics: ingest.NewMetrics(prometheus.NewRegistry()), Log: log, Now: time.Now,
	})
	b.link, _, err = ear.Open(ctx, b.src, &b.acks)
	return b, err
}

// noBoard is a board that shows nothing: live state is not what is measured.
type noBoard struct{}

func (noBoard) Report(context.Context, time.Time, wire.Status) error { return nil }
func (noBoard) DeviceAway(context.Context) error                     { return nil }

// acks is the way back to the bench's pumpd: whoever waits for a fact learns
// that it is committed, or that the hub has hung up.
type acks struct {
	mu      sync.Mutex
	acked   uint64
	ended   error
	waiting map[uint64]chan error
}

// Ack implements ingest.Out.
func (a *acks) Ack(seq uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for ; a.acked < seq; a.acked++ {
		a.answer(a.acked+1, nil)
	}
}

// Want implements ingest.Out.
func (a *acks) Want(wire.Want) {}

// End implements ingest.Out.
func (a *acks) End(code int, p *wire.Problem) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = fmt.Errorf("the hub hung up with %d: %w", code, p)
	for seq := range a.waiting {
		a.answer(seq, a.ended)
	}
}

// answer ends the wait for a fact. The caller holds the lock.
func (a *acks) answer(seq uint64, err error) {
	if c := a.waiting[seq]; c != nil {
		c <- err
		delete(a.waiting, seq)
	}
}

// await returns what answers for a fact that is about to be sent.
func (a *acks) await(seq uint64) <-chan error {
	c := make(chan error, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended != nil {
		c <- a.ended
		return c
	}
	if a.waiting == nil {
		a.waiting = map[uint64]chan error{}
	}
	a.waiting[seq] = c
	return c
}

func (b *bench) layout() station.Layout {
	l := station.Layout{
		Station: station.Station{
			ID: b.station, Name: "bench", Zone: station.DefaultZone, Minimum: station.DefaultMinimum,
			PriceSet: b.set, CreatedAt: time.Now(),
		},
		Grades: []station.Grade{{Code: "92#", Name: "92号汽油", Place: 1}},
		Tanks:  []station.Tank{{Number: 1, Grade: "92#", Capacity: 50_000_000}},
		Prices: station.Prices{"92#": price},
	}
	for n := 1; n <= nozzles; n++ {
		l.Dispensers = append(l.Dispensers, station.Dispenser{Number: n, Name: fmt.Sprint(n)})
		l.Nozzles = append(l.Nozzles, station.Nozzle{
			Number: n, Dispenser: n, Tank: 1, Mode: wire.ModeAttended, Hold: wire.HoldNone,
		})
	}
	return l
}

// send makes one sale, sends it and returns what will answer for it.
func (b *bench) send(ctx context.Context) <-chan error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	answer := b.acks.await(b.seq)
	now := time.Now()
	fact := wire.Frame{K: wire.KindSaleEnded, Seq: b.seq, At: now, D: wire.Body(b.sale(now))}
	b.link.Take(ctx, now, []wire.Frame{fact})
	return answer
}

// sale is the next delivery, on the nozzles in turn.
func (b *bench) sale(now time.Time) wire.SaleEnded {
	n := int(b.seq % nozzles)
	volume := unit.Millilitre(10_000 + b.seq%40*1_000)
	before := b.totals[n]
	b.totals[n] += volume
	return wire.SaleEnded{
		Sale: id.New[id.Sale](b.ids), Nozzle: n + 1, StartedAt: now, EndedAt: now,
		Volume: volume, Amount: unit.Fen(volume) * unit.Fen(price) / 1000, Price: price, PriceSet: b.set,
		Before: before, After: before + volume, BeforeFrom: wire.SourceRead,
		DeviceKey: fmt.Sprintf("dart:80:%d:%d", n+1, before+volume), Trace: trace(volume),
	}
}

// trace is how an ordinary delivery ran: a point every two or three seconds.
func trace(volume unit.Millilitre) []wire.TracePoint {
	const points = 40
	list := make([]wire.TracePoint, points)
	for i := range list {
		list[i] = wire.TracePoint{AfterMS: int64(i) * 2_400, Volume: volume * unit.Millilitre(i) / (points - 1)}
	}
	return list
}

// settle is a writer that keeps ahead sales in flight until a time has passed,
// and returns how many were acknowledged.
func (b *bench) settle(ctx context.Context, ahead int, until time.Time) (int, error) {
	done := 0
	var flying []<-chan error
	for time.Now().Before(until) || len(flying) > 0 {
		if len(flying) < ahead && time.Now().Before(until) {
			flying = append(flying, b.send(ctx))
			continue
		}
		if err := <-flying[0]; err != nil {
			return done, err
		}
		flying = flying[1:]
		done++
	}
	return done, nil
}

// bare is a writer that inserts two rows in one statement, again and again
// until a time has passed, and returns how often.
func (b *bench) bare(ctx context.Context, until time.Time) (int, error) {
	done := 0
	for ; time.Now().Before(until); done++ {
		x, y := id.New[id.Transfer](b.ids), id.New[id.Transfer](b.ids)
		_, err := b.db.ExecContext(ctx, "INSERT INTO bench_bare (id, a, b) VALUES (?, ?, ?), (?, ?, ?)", x, 1, 2, y, 3, 4)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// rate runs writers at once for a time and returns what they did in a second.
func rate(writers int, each time.Duration, write func(until time.Time) (int, error)) (float64, error) {
	done, errs := make([]int, writers), make([]error, writers)
	begin := time.Now()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() { done[w], errs[w] = write(begin.Add(each)) })
	}
	wg.Wait()
	total := 0
	for _, n := range done {
		total += n
	}
	return float64(total) / time.Since(begin).Seconds(), errors.Join(errs...)
}
