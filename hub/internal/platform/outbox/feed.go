package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

const (
	// holeTimeout is how long a missing frame is waited for before it is read
	// from the table. It comes late when its writer is slow to wake up, and
	// never when that writer lost its connection around COMMIT.
	holeTimeout = 200 * time.Millisecond
	// sweepEvery is how often all counters are compared with what was handed
	// on, for the lost last event of a channel shows no hole.
	sweepEvery = time.Second
	// readBatch bounds one reading of the table.
	readBatch = 500
)

// Feed hands committed events on to its subscribers. It is safe for concurrent
// use. Without Run it still hands on all that is committed in the ordinary
// way; Run looks for what got lost.
type Feed struct {
	db  *mysql.DB
	log *slog.Logger

	mu       sync.Mutex
	channels map[wire.Channel]*line
	subs     map[int]func([]wire.Frame)
	nextSub  int
}

// line is one channel on its way out.
type line struct {
	done  uint64                // the last event handed on
	ahead map[uint64]wire.Frame // committed, but one before is missing
	since time.Time             // when ahead stopped being empty
}

// NewFeed makes a Feed over the tables of db.
func NewFeed(db *mysql.DB, log *slog.Logger) *Feed {
	return &Feed{db: db, log: log, channels: map[wire.Channel]*line{}, subs: map[int]func([]wire.Frame){}}
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
		f.channels[ch] = &line{done: seq, ahead: map[uint64]wire.Frame{}}
	}
}

// take receives committed frames of a channel, in any order, also twice, and
// hands on all that now follow without a hole.
func (f *Feed) take(ch wire.Channel, frames []wire.Frame) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.channels[ch]
	for _, frame := range frames {
		if frame.Seq > l.done {
			l.ahead[frame.Seq] = frame
		}
	}
	ready := l.release(clock.Now())
	if len(ready) == 0 {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(f.subs)) {
		f.subs[key](ready)
	}
}

// release takes out of ahead what follows done without a hole.
func (l *line) release(now time.Time) []wire.Frame {
	var ready []wire.Frame
	for {
		frame, ok := l.ahead[l.done+1]
		if !ok {
			break
		}
		delete(l.ahead, frame.Seq)
		l.done = frame.Seq
		ready = append(ready, frame)
	}
	if len(l.ahead) == 0 {
		l.since = time.Time{}
	} else if len(ready) > 0 || l.since.IsZero() {
		l.since = now
	}
	return ready
}

// Run looks for events that were committed and not handed on, and hands them
// on, until ctx ends. While the database is away it waits.
func (f *Feed) Run(ctx context.Context) error {
	for n := 0; ; n++ {
		if err := clock.Sleep(ctx, holeTimeout); err != nil {
			return nil //nolint:nilerr // the end of ctx is how Run ends
		}
		var err error
		if n%int(sweepEvery/holeTimeout) == 0 {
			err = f.sweep(ctx)
		} else {
			err = f.fill(ctx)
		}
		if err != nil && ctx.Err() == nil {
			f.log.Warn("looking for unpublished events", "error", err)
		}
	}
}

// sweep reads every counter and what it is ahead of this feed. A counter is
// read without its lock: it shows committed events only.
func (f *Feed) sweep(ctx context.Context) error {
	var heads []struct {
		Channel wire.Channel
		Seq     uint64
	}
	if err := f.db.SelectContext(ctx, &heads, "SELECT channel, seq FROM stream ORDER BY channel"); err != nil {
		return fmt.Errorf("reading the counters: %w", err)
	}
	for _, head := range heads {
		// A channel this process has not written to begins here: its earlier
		// events were another life's, and are read by Since.
		f.begin(head.Channel, head.Seq)
		if err := f.catchUp(ctx, head.Channel, head.Seq); err != nil {
			return err
		}
	}
	return nil
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
	for ch, l := range f.channels {
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
