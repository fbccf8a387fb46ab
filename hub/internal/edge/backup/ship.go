package backup

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
)

const (
	// firstRetry and lastRetry bound the wait before a place, or the server, is
	// tried again.
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
	// shipTimeout bounds storing one segment, and how long the server is kept
	// waiting for a place that is slow.
	shipTimeout = 5 * time.Minute
)

// errBehind says that a place took none of what waits in memory for too long.
var errBehind = errors.New("backup: the place is too slow for the log")

// shipper sends the log of changes to one place as it is written. Each place
// has its own: one that is slow or away delays no other, and when it is back
// the log goes on from where it ended there.
type shipper struct {
	k        *Keeper
	s        *spot
	timeline string

	// Only one goroutine stores: these are its own while it does.
	at     mysql.Position // up to where the log lies at the place
	seq    uint64         // of the last segment there
	open   []small        // small segments that are not merged yet
	opened time.Time
	merged int // bytes of their events

	taken chan struct{} // has one when some of pending was stored

	mu      sync.Mutex
	format  []byte // the description of the events' format
	pending []mysql.LogEvent
	bytes   int
}

func newShipper(k *Keeper, s *spot, timeline string) *shipper {
	return &shipper{k: k, s: s, timeline: timeline, taken: make(chan struct{}, 1)}
}

// Ship sends the log to every place until ctx ends.
func (k *Keeper) Ship(ctx context.Context) error {
	if !k.own() || len(k.Recipients.Texts()) == 0 {
		return nil
	}
	timeline, err := k.Timeline()
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, s := range k.spots {
		wg.Go(func() { newShipper(k, s, timeline).run(ctx) })
	}
	wg.Wait()
	return nil
}

// run ships until ctx ends, and tries again when something fails.
func (h *shipper) run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; failures++ {
		shipped := h.seq
		err := h.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if h.seq > shipped {
			failures = 0
		}
		if err != nil && !mysql.Unavailable(err) {
			h.k.Log.Warn("the log does not go to a place for now", "place", h.s.Name, "error", err)
		}
		if clock.Sleep(ctx, clock.Backoff(failures, firstRetry, lastRetry)) != nil {
			return
		}
	}
}

// follow goes on from where the log ends at the place.
func (h *shipper) follow(ctx context.Context) error {
	if err := h.resume(ctx); err != nil {
		return err
	}
	following, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var flushing sync.WaitGroup
	flushing.Go(func() { cancel(h.beat(following)) })
	err := mysql.Follow(following, h.k.Source.Endpoint, h.at, h.s.LogEvery,
		func(e mysql.LogEvent) error { return h.take(following, e) }, h.idle)
	if cause := context.Cause(following); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	cancel(err)
	flushing.Wait()
	if errors.Is(err, mysql.ErrPurged) {
		return h.skip(ctx, err)
	}
	return err
}

// resume finds out where the log ends at the place. One that has none of this
// timeline begins where the log is now.
func (h *shipper) resume(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pending, h.bytes, h.open, h.merged = nil, 0, nil, 0
	return h.s.with(ctx, func(ctx context.Context, at place.Place) error {
		objects, err := at.List(ctx, archive.LogPrefix+h.timeline+"/")
		if err != nil {
			return err
		}
		h.at, h.seq = mysql.Position{}, 0
		for _, o := range objects {
			name, ok := archive.ParseSegmentName(o.Key)
			if ok && (name.Through > h.seq || name.Through == h.seq && name.To.Compare(h.at) > 0) {
				h.seq, h.at = name.Through, name.To
			}
		}
		if h.at.IsZero() {
			h.at, err = h.begin(ctx, at)
		}
		return err
	})
}

// begin is where the log of a timeline begins at a place that has none of it: at
// the end of the newest set there, else where the log is now.
func (h *shipper) begin(ctx context.Context, at place.Place) (mysql.Position, error) {
	objects, err := at.List(ctx, archive.SetPrefix)
	if err != nil {
		return mysql.Position{}, err
	}
	sets, _, err := h.k.setsOf(ctx, at, objects)
	if err != nil {
		return mysql.Position{}, err
	}
	for _, set := range slices.Backward(sets) {
		if set.Timeline == h.timeline {
			return set.To, nil
		}
	}
	now, err := mysql.LogPosition(ctx, h.k.Source.Endpoint)
	if err != nil {
		return now, errors.Join(errHere, err)
	}
	return now, nil
}

// skip goes on after a hole: the server no longer has what the place lacks. The
// next set begins a stretch without one.
func (h *shipper) skip(ctx context.Context, why error) error {
	now, err := mysql.LogPosition(ctx, h.k.Source.Endpoint)
	if err != nil {
		return err
	}
	h.k.Log.Error("the log at a place has a hole: what came before it can be restored up to there only, until the next backup",
		"place", h.s.Name, "from", h.at, "to", now, "error", why)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at, h.format = now, nil
	// A segment of nothing marks the end of the hole, so that the next resume
	// begins behind it.
	return h.store(ctx, nil, nil, now)
}

// take takes an event. It only keeps it, beat sends; when too much waits, the
// server is kept waiting too.
func (h *shipper) take(ctx context.Context, e mysql.LogEvent) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if describes(e) {
		h.format = bytes.Clone(e.Raw)
		return nil
	}
	if err := h.makeRoom(ctx); err != nil {
		return err
	}
	e.Raw = bytes.Clone(e.Raw)
	h.pending = append(h.pending, e)
	h.bytes += len(e.Raw)
	return nil
}

// makeRoom waits until some of what waits was stored. The caller holds mu.
func (h *shipper) makeRoom(ctx context.Context) error {
	for h.bytes > h.k.pace.pending {
		h.mu.Unlock()
		err := h.await(ctx)
		h.mu.Lock()
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *shipper) await(ctx context.Context) error {
	patience := time.NewTimer(shipTimeout)
	defer patience.Stop()
	select {
	case <-h.taken:
		return nil
	case <-patience.C:
		return errBehind
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// idle hears that there was nothing to take for a while.
func (h *shipper) idle() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pending) == 0 {
		h.s.caughtUp(h.k.Now())
	}
	return nil
}

// caughtUp notes up to when the log lies at the place.
func (s *spot) caughtUp(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.After(s.logAt) {
		s.logAt = at.UTC()
	}
}

// eventFormat is the number of the event that describes the format of those
// after it (log_event.h).
const eventFormat = 15

func describes(e mysql.LogEvent) bool { return e.Kind == eventFormat }

// beat sends what has come, at the place's rhythm, until ctx ends.
func (h *shipper) beat(ctx context.Context) error {
	tick := time.NewTicker(h.s.LogEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := h.flush(ctx); err != nil {
			return err
		}
	}
}

// flush sends the whole transactions that have come, and puts small segments
// together when there are enough of them.
func (h *shipper) flush(ctx context.Context) error {
	for {
		h.mu.Lock()
		count, size := ready(h.pending, h.k.pace.segment)
		events, format := h.pending[:count:count], h.format
		h.mu.Unlock() // taking goes on while they are stored
		if count == 0 {
			return h.merge(ctx)
		}
		if err := h.store(ctx, format, events, events[count-1].Position()); err != nil {
			return err
		}
		h.mu.Lock()
		h.pending = append([]mysql.LogEvent(nil), h.pending[count:]...)
		h.bytes -= size
		h.mu.Unlock()
		select {
		case h.taken <- struct{}{}:
		default: // it is told already
		}
		// What was committed in seconds before the last event's own has come
		// before it; of the rest of its second nothing is known yet.
		h.s.caughtUp(events[count-1].At)
	}
}

// ready is how many of some events are the next segment, and their size: whole
// transactions, or a piece of one that is larger than a segment may be.
func ready(events []mysql.LogEvent, most int) (count, size int) {
	sum := 0
	for i, e := range events {
		sum += len(e.Raw)
		if e.Ends {
			count, size = i+1, sum
		}
		if sum < most {
			continue
		}
		if count == 0 {
			return i + 1, sum
		}
		break
	}
	return count, size
}

// store stores a segment that goes on to a position.
func (h *shipper) store(ctx context.Context, format []byte, events []mysql.LogEvent, to mysql.Position) error {
	now := h.k.Now().UTC()
	name := archive.SegmentName{Timeline: h.timeline, Seq: h.seq + 1, Through: h.seq + 1, From: h.at, To: to, First: now, Last: now}
	if n := len(events); n > 0 {
		name.First = events[0].At
	}
	if err := h.put(ctx, name, format, events); err != nil {
		return err
	}
	if len(h.open) == 0 {
		h.opened = now
	}
	h.open = append(h.open, small{name, events})
	for _, e := range events {
		h.merged += len(e.Raw)
	}
	h.seq, h.at = name.Seq, to
	return nil
}

// put seals a segment and stores it.
func (h *shipper) put(ctx context.Context, name archive.SegmentName, format []byte, events []mysql.LogEvent) error {
	sealed, err := h.k.Signer.EncodeSegment(archive.Segment{SegmentName: name, Format: format}, events, h.k.Recipients)
	if err != nil {
		return err
	}
	return h.s.try(ctx, storing, func(ctx context.Context, at place.Place) error {
		ctx, cancel := context.WithTimeout(ctx, shipTimeout)
		defer cancel()
		err := at.Put(ctx, name.Key(), bytes.NewReader(sealed), int64(len(sealed)))
		if errors.Is(err, place.ErrExists) {
			return nil // the answer of a try before was lost
		}
		return err
	})
}
