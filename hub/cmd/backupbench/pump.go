package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/hub/internal/edge/ingest"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// pump is the station's pumpd: it sends deliveries to the hub's own intake and
// hears when they are committed.
type pump struct {
	*site
	ids  *id.Maker
	link *ingest.Link

	sending sync.Mutex // numbers facts and sends them in order
	seq     uint64

	mu      sync.Mutex
	acked   uint64
	ended   error
	waiting map[uint64]chan error
}

// newPump connects a pumpd to the station's flow.
func newPump(ctx context.Context, b *site) (*pump, error) {
	p := &pump{site: b, ids: id.NewMaker(time.Now, rand.Reader), waiting: map[uint64]chan error{}}
	feed := outbox.NewFeed(b.db, b.keys, b.log)
	feed.Subscribe(func([]wire.Frame) {}) // no screen watches
	f := flow.New(flow.Deps{DB: b.db, Feed: feed, Now: time.Now, IDs: p.ids, Log: b.log})
	ear := ingest.New(ingest.Deps{
		Facts: f, Board: func(id.Station) (ingest.Board, bool) { return noBoard{}, true },
		Metrics: ingest.NewMetrics(prometheus.NewRegistry()), Log: b.log, Now: time.Now,
	})
	src := flow.Source{Device: id.New[id.Device](p.ids), Station: b.id, Journal: id.New[id.Journal](p.ids)}
	var err error
	p.link, _, err = ear.Open(ctx, src, p)
	return p, err
}

// noBoard is a board that shows nothing: live state is not what is measured.
type noBoard struct{}

// Report implements ingest.Board.
func (noBoard) Report(context.Context, time.Time, wire.Status) error { return nil }

// DeviceAway implements ingest.Board.
func (noBoard) DeviceAway(context.Context) error { return nil }

// Ack implements ingest.Out.
func (p *pump) Ack(seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ; p.acked < seq; p.acked++ {
		p.answer(p.acked+1, nil)
	}
}

// Want implements ingest.Out.
func (p *pump) Want(wire.Want) {}

// End implements ingest.Out.
func (p *pump) End(code int, problem *wire.Problem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = fmt.Errorf("the hub hung up with %d: %w", code, problem)
	for seq := range p.waiting {
		p.answer(seq, p.ended)
	}
}

// answer ends the wait for a fact. The caller holds the lock.
func (p *pump) answer(seq uint64, err error) {
	if c := p.waiting[seq]; c != nil {
		c <- err
		delete(p.waiting, seq)
	}
}

// await is what answers for a fact that is about to be sent.
func (p *pump) await(seq uint64) <-chan error {
	c := make(chan error, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		c <- p.ended
		return c
	}
	p.waiting[seq] = c
	return c
}

// send sends the next delivery and returns what will answer for it.
func (p *pump) send(ctx context.Context) <-chan error {
	p.sending.Lock()
	defer p.sending.Unlock()
	now := time.Now()
	_, e, _, err := p.deliver(id.New[id.Sale](p.ids), now)
	if err != nil {
		failed := make(chan error, 1)
		failed <- err
		return failed
	}
	p.seq++
	answer := p.await(p.seq)
	p.link.Take(ctx, now, []wire.Frame{{K: wire.KindSaleEnded, Seq: p.seq, At: now, D: wire.Body(e)}})
	return answer
}

// watch keeps how long settlements took, and the first failure.
type watch struct {
	mu    sync.Mutex
	times []settled
	err   error
}

func (w *watch) add(since time.Time, err error) {
	took := time.Since(since)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times = append(w.times, settled{since, took})
	if w.err == nil {
		w.err = err
	}
}

// atRate settles so many a second until ctx ends. Each counts from the moment it
// was planned for: a hub that stands still delays all that would have come.
func (p *pump) atRate(ctx context.Context) ([]settled, error) {
	var w watch
	var wg sync.WaitGroup
	defer wg.Wait()
	room := make(chan struct{}, maxWaiting)
	begin := time.Now()
	for n := 0; ; n++ {
		planned := begin.Add(time.Duration(n) * time.Second / stationRate)
		select {
		case <-ctx.Done():
			wg.Wait()
			return w.times, w.err
		case <-time.After(time.Until(planned)):
		}
		select {
		case room <- struct{}{}:
		default:
			return nil, fmt.Errorf("%d settlements wait: the hub stands still", maxWaiting)
		}
		wg.Go(func() {
			defer func() { <-room }()
			w.add(planned, <-p.send(context.WithoutCancel(ctx)))
		})
	}
}

// flatOut settles with some writers, each as fast as it is answered, until ctx
// ends.
func (p *pump) flatOut(ctx context.Context) ([]settled, error) {
	var w watch
	var wg sync.WaitGroup
	for range flatOut {
		wg.Go(func() {
			for ctx.Err() == nil {
				since := time.Now()
				err := <-p.send(context.WithoutCancel(ctx))
				w.add(since, err)
				if err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return w.times, w.err
}
