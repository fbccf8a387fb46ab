package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/wire"
)

const (
	// holeTimeout is how long a missing frame is waited for before it is read
	// from the table. It comes late when its writer is slow to wake up, and
	// never when that writer lost its connection around COMMIT.
	holeTimeout = 200 * time.Millisecond
	// sweepEvery is how often the counters that moved are compared with what
	// was handed on, for the lost last event of a channel shows no hole.
	sweepEvery = time.Second
	// sweepMargin is more than a transaction takes from its number to its end:
	// so far back a sweep looks beyond the one before it.
	sweepMargin = time.Minute
	// sweepAllEvery is how often all counters are compared, whatever a clock
	// that was set back says of when they moved.
	sweepAllEvery = 10 * time.Minute
	// readBatch bounds one reading of the table.
	readBatch = 500
)

// Feed hands committed events on to its subscribers. It is safe for concurrent
// use. Without Run it still hands on all that is committed in the ordinary
// way; Run looks for what got lost.
type Feed struct {
	db    *mysql.DB
	vault *vault.Vault
	log   *slog.Logger

	mu       sync.Mutex
	channels map[wire.Channel]*line
	holed    map[wire.Channel]*line // those of channels that hold frames back
	subs     map[int]func([]wire.Frame)
	nextSub  int
}

// line is one channel on its way out.
type line struct {
	done  uint64                // the last event handed on
	ahead map[uint64]wire.Frame // committed, but one before is missing; nil when there are none
	since time.Time             // when ahead stopped being empty
}

// NewFeed makes a Feed over the tables of db; v seals them.
func NewFeed(db *mysql.DB, v *vault.Vault, log *slog.Logger) *Feed {
	return &Feed{
		db: db, vault: v, log: log,
		channels: map[wire.Channel]*line{}, holed: map[wire.Channel]*line{}, subs: map[int]func([]wire.Frame){},
	}
}

// Subscribe has fn called with every channel's frames from now on, in order,
// until cancel. fn is called by the committing goroutine, one call at a time:
// it must not block and must not call the Feed.
func (f *Feed) Subscribe(fn func([]wire.Frame)) (cancel func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := f.nextSub
	f.nextSub++
	f.subs[key] = fn
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subs, key)
	}
}

// begin notes that channel ch stood at seq when this feed first met it.
func (f *Feed) begin(ch wire.Channel, seq uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.channels[ch] == nil {
		f.channels[ch] = &line{done: seq}
	}
}

// take receives committed frames of a channel, in any order, also twice, and
// hands on all that now follow without a hole.
func (f *Feed) take(ch wire.Channel, frames []wire.Frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.channels[ch]
	ready := l.take(frames, clock.Now())
	if len(l.ahead) > 0 {
		f.holed[ch] = l
	} else {
		delete(f.holed, ch)
	}
	if len(ready) == 0 {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(f.subs)) {
		f.subs[key](ready)
	}
}

// take keeps frames and takes out what now follows without a hole. In the
// ordinary way that is the frames themselves.
func (l *line) take(frames []wire.Frame, now time.Time) (ready []wire.Frame) {
	for _, frame := range frames {
		switch {
		case frame.Seq == l.done+1:
			l.done = frame.Seq
			delete(l.ahead, frame.Seq)
			ready = append(ready, frame)
		case frame.Seq > l.done:
			if l.ahead == nil {
				l.ahead = map[uint64]wire.Frame{}
			}
			l.ahead[frame.Seq] = frame
		}
	}
	for frame, ok := l.ahead[l.done+1]; ok; frame, ok = l.ahead[l.done+1] {
		delete(l.ahead, frame.Seq)
		l.done = frame.Seq
		ready = append(ready, frame)
	}
	if len(l.ahead) == 0 {
		l.ahead, l.since = nil, time.Time{}
	} else if len(ready) > 0 || l.since.IsZero() {
		l.since = now
	}
	return ready
}

// Run looks for events that were committed and not handed on, and hands them
// on, until ctx ends. While the database is away it waits.
func (f *Feed) Run(ctx context.Context) error {
	var swept time.Time // what moved before was compared; zero: nothing was
	for n := 0; ; n++ {
		if err := clock.Sleep(ctx, holeTimeout); err != nil {
			return nil //nolint:nilerr // the end of ctx is how Run ends
		}
		if n%int(sweepAllEvery/holeTimeout) == 0 {
			swept = time.Time{}
		}
		var err error
		if n%int(sweepEvery/holeTimeout) == 0 {
			swept, err = f.sweep(ctx, swept)
		} else {
			err = f.fill(ctx)
		}
		if err != nil && ctx.Err() == nil {
			f.log.Warn("looking for unpublished events", "error", err)
		}
	}
}

// sweep reads every counter that moved since the sweep at last, and what it is
// ahead of this feed. A counter is read without its lock: it shows committed
// events only. It returns when it began, or last if it failed.
func (f *Feed) sweep(ctx context.Context, last time.Time) (time.Time, error) {
	began, since := clock.Now(), time.Unix(0, 0)
	if !last.IsZero() {
		since = last.Add(-sweepMargin)
	}
	var heads []struct {
		Channel wire.Channel
		Seq     uint64
	}
	err := f.db.SelectContext(ctx, &heads, "SELECT channel, seq FROM stream WHERE moved_at >= ? ORDER BY channel", since.UTC())
	if err != nil {
		return last, fmt.Errorf("reading the counters: %w", err)
	}
	for _, head := range heads {
		// A channel this process has not written to begins here: its earlier
		// events were another life's, and are read by Since.
		f.begin(head.Channel, head.Seq)
		if err := f.catchUp(ctx, head.Channel, head.Seq); err != nil {
			return last, err
		}
	}
	return began, nil
}

// fill reads the holes that have been open too long.
func (f *Feed) fill(ctx context.Context) error {
	for ch, upTo := range f.holes(clock.Now()) {
		if err := f.catchUp(ctx, ch, upTo); err != nil {
			return err
		}
	}
	return nil
}

// holes is, by channel, the last frame held back for longer than holeTimeout.
func (f *Feed) holes(now time.Time) map[wire.Channel]uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	open := map[wire.Channel]uint64{}
	for ch, l := range f.holed {
		if len(l.ahead) > 0 && now.Sub(l.since) >= holeTimeout {
			open[ch] = slices.Max(slices.Collect(maps.Keys(l.ahead)))
		}
	}
	return open
}

// catchUp reads a channel's events up to upTo that were not handed on.
func (f *Feed) catchUp(ctx context.Context, ch wire.Channel, upTo uint64) error {
	for {
		after := f.handedOn(ch)
		if after >= upTo {
			return nil
		}
		frames, err := f.read(ctx, ch, after, upTo, readBatch)
		if sealed := new(SealedError); errors.As(err, &sealed) {
			// Waiting will not open it. Who follows sees the hole, as below.
			f.log.Error("an unpublished event cannot be opened", "channel", ch, "seq", sealed.Seq, "error", sealed.Err)
			f.take(ch, frames)
			f.skip(ch, sealed.Seq)
			continue
		}
		if err != nil {
			return err
		}
		if len(frames) == 0 || frames[0].Seq != after+1 {
			// Somebody pruned what was never handed on. Subscribers see the
			// hole in the numbers and fetch a snapshot; waiting would be for ever.
			f.log.Error("unpublished events are gone", "channel", ch, "after", after, "up to", upTo)
			f.skip(ch, upTo)
			return nil
		}
		f.take(ch, frames)
	}
}

func (f *Feed) handedOn(ch wire.Channel) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.channels[ch].done
}

// skip gives up the events of a channel up to upTo.
func (f *Feed) skip(ch wire.Channel, upTo uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.channels[ch]
	l.done = max(l.done, upTo)
	maps.DeleteFunc(l.ahead, func(seq uint64, _ wire.Frame) bool { return seq <= l.done })
}
