package realtime

import (
	"container/list"
	"sync"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ring is one channel's log: the events lo+1..hi of an epoch, encoded once,
// and the latest tick of each key. It wakes its followers and waits for none.
type ring struct {
	channel   wire.Channel
	maxEvents int
	maxBytes  int

	mu     sync.Mutex
	epoch  id.Epoch // zero until a frame or a snapshot tells it
	placed bool     // lo and hi mean something
	lives  uint64   // how often the epoch changed; tells an old snapshot from a new one
	lo, hi uint64
	hole   uint64 // below it events were never published here: no reader's fault
	events []entry
	bytes  int

	ticks  *list.List // of tick, oldest revision first
	latest map[int]*list.Element
	rev    uint64

	followers map[*conn]struct{}
	snap      *snapshot
	building  bool
}

// entry is one event as it goes out.
type entry struct {
	line []byte
	at   time.Time
}

// tick is the latest of its key.
type tick struct {
	key  int
	rev  uint64
	line []byte
	at   time.Time
}

// snapshot is a whole channel as it goes out.
type snapshot struct {
	epoch id.Epoch
	seq   uint64
	rev   uint64 // ticks up to here are already in it
	line  []byte
	made  time.Time
}

func newRing(ch wire.Channel, maxEvents, maxBytes int) *ring {
	return &ring{
		channel:   ch,
		maxEvents: maxEvents,
		maxBytes:  maxBytes,
		ticks:     list.New(),
		latest:    make(map[int]*list.Element),
		followers: make(map[*conn]struct{}),
	}
}

// event appends an encoded event. A repeated number is dropped; a hole or
// another epoch begins the log anew, and followers take a snapshot. An event
// without an epoch belongs to the one at hand.
func (r *ring) event(ep id.Epoch, seq uint64, line []byte, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !ep.IsZero() && ep != r.epoch:
		r.begin(ep, seq-1)
	case !r.placed:
		r.restart(seq - 1)
	case seq <= r.hi:
		return
	case seq > r.hi+1:
		r.restart(seq - 1)
	}
	r.events = append(r.events, entry{line, at})
	r.bytes += len(line)
	r.hi = seq
	for len(r.events) > r.maxEvents || (r.bytes > r.maxBytes && len(r.events) > 1) {
		r.bytes -= len(r.events[0].line)
		r.events[0] = entry{}
		r.events = r.events[1:]
		r.lo++
	}
	r.wake()
}

// tick replaces the latest of a key. A tick of a new epoch begins the log
// anew at its position.
func (r *ring) tick(ep id.Epoch, seq uint64, key int, line []byte, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !ep.IsZero() && ep != r.epoch {
		r.begin(ep, seq)
	}
	if old, ok := r.latest[key]; ok {
		r.ticks.Remove(old)
	}
	r.rev++
	r.latest[key] = r.ticks.PushBack(tick{key, r.rev, line, at})
	r.wake()
}

// begin starts an epoch after event seq.
func (r *ring) begin(ep id.Epoch, seq uint64) {
	r.epoch = ep
	r.lives++
	r.ticks.Init()
	clear(r.latest)
	r.restart(seq)
	r.hole = 0
}

// restart forgets the events held and goes on after seq.
func (r *ring) restart(seq uint64) {
	r.placed, r.lo, r.hi, r.hole = true, seq, seq, seq
	r.events, r.bytes, r.snap = nil, 0, nil
}

func (r *ring) wake() {
	for c := range r.followers {
		c.nudge()
	}
}

// follow registers a connection to be woken and places its cursor: at the
// position it resumes from if that is held, else to begin with a snapshot.
func (r *ring) follow(c *conn, from wire.Position) *cursor {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.followers[c] = struct{}{}
	cur := &cursor{ring: r, live: r.hi, liveRev: r.rev}
	if !from.Ep.IsZero() && from.Ep == r.epoch && from.Seq >= r.lo && from.Seq <= r.hi {
		cur.epoch, cur.seq = r.epoch, from.Seq
	}
	return cur
}

func (r *ring) unfollow(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.followers, c)
}

// cursor is how far one connection has come in one ring. Only its
// connection's writer moves it.
type cursor struct {
	ring  *ring
	epoch id.Epoch // zero: a snapshot is due
	seq   uint64   // last event sent
	rev   uint64   // last tick sent
	// live and liveRev are where the ring stood when the connection came:
	// only later news says how fast the hub is.
	live    uint64
	liveRev uint64
}

// verdict is what reading a ring came to.
type verdict int

const (
	drained verdict = iota // everything there is has been taken
	full                   // the message is full and more is waiting
	lost                   // a snapshot is due
	fallen                 // the reader is too far behind
)

// read moves what is new into a message: all events first, then the latest
// ticks, so that a tick is never ahead of an event it knows of.
func (r *ring) read(cur *cursor, m *message) verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.epoch.IsZero() || cur.epoch != r.epoch || cur.seq < r.hole:
		return lost
	case cur.seq < r.lo:
		return fallen
	}
	for cur.seq < r.hi {
		e := r.events[cur.seq-r.lo]
		if !m.add(e.line, e.at, cur.seq >= cur.live) {
			return full
		}
		cur.seq++
	}
	return r.readTicks(cur, m)
}

// readTicks moves the ticks that are newer than the cursor, oldest first.
func (r *ring) readTicks(cur *cursor, m *message) verdict {
	first := r.ticks.Back()
	if first == nil || first.Value.(tick).rev <= cur.rev {
		return drained
	}
	for older := first.Prev(); older != nil && older.Value.(tick).rev > cur.rev; older = older.Prev() {
		first = older
	}
	for el := first; el != nil; el = el.Next() {
		t := el.Value.(tick)
		if !m.add(t.line, t.at, t.rev > cur.liveRev) {
			return full
		}
		if before := max(cur.rev, cur.liveRev); t.rev > before {
			m.skipped += t.rev - before - 1
		}
		cur.rev = t.rev
	}
	return drained
}

// snapshotFor hands out a snapshot that the ring can continue and that is at
// most maxAge old, and moves the cursor to it. Without one it reports whether
// the caller has to build it.
func (r *ring) snapshotFor(cur *cursor, now time.Time, maxAge time.Duration) (line []byte, build bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.snap
	if s == nil || s.epoch != r.epoch || s.seq < r.lo || now.Sub(s.made) > maxAge {
		build = !r.building
		r.building = true
		return nil, build
	}
	cur.epoch, cur.seq, cur.rev = s.epoch, s.seq, s.rev
	return s.line, false
}

// mark says where the ring stands before a snapshot is built.
func (r *ring) mark() (lives, rev uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lives, r.rev
}

// keep takes a snapshot built since mark. It reports false if the epoch
// changed meanwhile: build again.
func (r *ring) keep(lives uint64, s *snapshot) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case s.epoch == r.epoch:
	case r.epoch.IsZero() && r.placed:
		r.epoch = s.epoch // what came without an epoch is of this one
	case lives != r.lives:
		return false
	default:
		r.begin(s.epoch, s.seq)
	}
	r.snap, r.building = s, false
	r.wake()
	return true
}

// leave ends the building of snapshots if nobody follows any more, or in any
// case when the server stops.
func (r *ring) leave(anyway bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.followers) > 0 && !anyway {
		return false
	}
	r.building = false
	return true
}
