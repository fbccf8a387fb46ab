// Package board keeps what is now: the live state of every nozzle of a
// station, in memory, and the streams that screens and phones fold.
//
// # What it promises
//
//   - One goroutine, Run, owns a board. Everything else is a message to it, so
//     the order of its events is the order everyone sees, and a snapshot is
//     exact at its position.
//   - Two kinds of news. A change of anything but the running figures is an
//     event: numbered densely within the board's epoch. Litres and money
//     running are ticks: latest wins, they may be lost.
//   - Beside the tills' stream (channel forecourt) it sends the public's
//     (channel station): whether each nozzle is free and the price it shows, the
//     prices in force, the queue and how long it takes (wait.go).
//     Nothing of anybody's litres, money or name is in it. Both have one
//     epoch and each its own numbers.
//   - A member who stands at a nozzle is sent the running figures of the
//     delivery that was given to them, by its id, and of no other.
//   - A nozzle that is idle and shows another price than the one in force for
//     longer than a change takes is told of (price.go).
//   - Nothing is kept on disk. After a restart the board begins a new epoch with
//     every nozzle offline, and the first full status of pumpd fills it.
//   - It believes no figures it could not show: an entry for a nozzle the
//     station does not have, with a state that does not exist or a figure out
//     of range, is counted and left out.
//
// The board calls its Sink from the owner goroutine and holds no lock; a sink
// must not block.
package board

import (
	"context"
	"errors"
	"time"

	"forecourt/hub/internal/domain/station"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// BeatEvery is how often the hub's clock goes out. Screens call the line lost
// after five of them are missing.
const BeatEvery = time.Second

// BeatKey is the key of the beat among ticks; nozzles count from 1.
const BeatKey = 0

// ErrStopped says that the board's goroutine has ended.
var ErrStopped = errors.New("board: stopped")

// Sink takes the board's frames in order. Its methods are called by the
// board's own goroutine and must return at once. Frames carry their epoch,
// except those to a member, whose channel is not the board's.
type Sink interface {
	// Event takes the next numbered event of its channel.
	Event(f wire.Frame)
	// Tick takes the latest running figures under a key of its channel: the
	// nozzle's number, BeatKey, or FuellingKey to a member.
	Tick(key int, f wire.Frame)
}

// Board is the live state of one station. Its methods are safe for concurrent
// use once Run is running.
type Board struct {
	station id.Station
	channel wire.Channel
	epochs  func() id.Epoch
	sink    Sink
	now     func() time.Time

	asks chan func()
	done chan struct{}

	// The owner's, touched by Run's goroutine only.
	epoch   id.Epoch
	seq     uint64
	nozzles map[int]wire.Nozzle
	seenAt  time.Time
	unacked int64
	ignored uint64
	public  public
	stands  map[int]stand // by nozzle
	odd     map[int]odd   // by nozzle

	mispriced func(Mispriced) // may be nil
}

// New makes the board of a station with its nozzles, all offline. epochs makes
// the epoch of each unbroken life of the channel: one at the start, another
// whenever a nozzle is taken away, which no event could say.
func New(of id.Station, nozzles []station.Nozzle, epochs func() id.Epoch, sink Sink, now func() time.Time) *Board {
	b := &Board{
		station: of,
		channel: wire.Forecourt(of),
		epochs:  epochs,
		sink:    sink,
		now:     now,
		asks:    make(chan func()),
		done:    make(chan struct{}),
		epoch:   epochs(),
		nozzles: make(map[int]wire.Nozzle, len(nozzles)),
		stands:  map[int]stand{},
		odd:     map[int]odd{},
	}
	for _, n := range nozzles {
		b.nozzles[n.Number] = fresh(n, now())
	}
	b.public = newPublic(of, b.all())
	return b
}

// Run owns the board until ctx ends. It is called once.
func (b *Board) Run(ctx context.Context) {
	defer close(b.done)
	beat := time.NewTicker(BeatEvery)
	defer beat.Stop()
	b.beat()
	for {
		select {
		case <-ctx.Done():
			return
		case ask := <-b.asks:
			ask()
		case <-beat.C:
			b.beat()
		}
	}
}

// Report takes a status that arrived at the given instant, by the hub's clock.
// It replaces what was known of the nozzles it names; the events and ticks it
// gives rise to carry that instant.
func (b *Board) Report(ctx context.Context, at time.Time, s wire.Status) error {
	return b.ask(ctx, func() { b.report(at, s) })
}

// DeviceAway says that pumpd is gone: what it reported is no longer known to
// be true, so every nozzle goes offline and keeps its last figures.
func (b *Board) DeviceAway(ctx context.Context) error {
	return b.ask(ctx, b.deviceAway)
}

// Configure takes the station's nozzles as they are now. New ones appear
// offline; one that is missing is taken away, which begins a new epoch.
func (b *Board) Configure(ctx context.Context, nozzles []station.Nozzle) error {
	return b.ask(ctx, func() { b.configure(nozzles) })
}

// Snapshot is the whole board and the position it is true at.
func (b *Board) Snapshot(ctx context.Context) (wire.ForecourtSnap, wire.Position, error) {
	var snap wire.ForecourtSnap
	var at wire.Position
	err := b.wait(ctx, func() {
		snap = wire.ForecourtSnap{Nozzles: b.all()}
		at = wire.Position{Ch: b.channel, Ep: b.epoch, Seq: b.seq}
	})
	return snap, at, err
}

// Health is what an operator asks of a board.
type Health struct {
	// DeviceSeenAt is when pumpd last spoke; zero if it is away.
	DeviceSeenAt time.Time
	// OldestUnacked is the age of the oldest fact pumpd still holds.
	OldestUnacked time.Duration
	// Offline counts the nozzles that do not answer, of Nozzles in all.
	Offline, Nozzles int
	// Ignored counts status entries that were left out.
	Ignored uint64
}

// Health tells how the board's sources are doing.
func (b *Board) Health(ctx context.Context) (Health, error) {
	var h Health
	err := b.wait(ctx, func() {
		h = Health{
			DeviceSeenAt:  b.seenAt,
			OldestUnacked: time.Duration(b.unacked) * time.Millisecond,
			Nozzles:       len(b.nozzles),
			Ignored:       b.ignored,
		}
		for _, n := range b.nozzles {
			if n.State == wire.NozzleOffline {
				h.Offline++
			}
		}
	})
	return h, err
}

// ask hands the owner something to do, without waiting until it is done.
func (b *Board) ask(ctx context.Context, do func()) error {
	select {
	case b.asks <- do:
		return nil
	case <-b.done:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wait hands the owner something to do and waits until it is done. Once taken
// it always finishes, since the owner never blocks.
func (b *Board) wait(ctx context.Context, do func()) error {
	finished := make(chan struct{})
	err := b.ask(ctx, func() {
		do()
		close(finished)
	})
	if err == nil {
		<-finished
	}
	return err
}
