package realtime

import (
	"container/list"
	"sync"
	"sync/atomic"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ring is one channel's log: the events lo+1..hi of an epoch, encoded once,
// and the latest tick of each key. It tells the shards that have followers of
// it that there is news, and waits for none of them.
type ring struct {
	channel   wire.Channel
	family    string
	maxEvents int
	maxBytes  int

	// news rises with everything a follower may have to look at.
	news atomic.Uint64

	mu     sync.Mutex
	dead   bool     // off the list: whoever still holds it asks for another
	epoch  id.Epoch // zero until a frame, a snapshot or the store tells it
	placed bool     // lo and hi mean something
	lives  uint64   // how often the epoch changed, from 1; tells an old snapshot from a new one
	lo, hi uint64
	hole   uint64 // below it events were never published here: no reader's fault
	events []entry
	bytes  int

	ticks  list.List // of tick, oldest revision first
	latest map[int]*list.Element
	rev    uint64

	batches [keptBatches]*batch
	oldest  int // of batches, replaced next

	audiences []*audience // by shard; nil where nobody follows
	followers int
	idleSince time.Time // when the last follower left
	evictions uint64    // how often somebody was taken off

	snap     *snapshot
	building bool
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

func newRing(ch wire.Channel, shards, maxEvents, maxBytes int) *ring {
	family, _ := ch.Split()
	r := &ring{
		channel: ch, family: family, lives: 1, maxEvents: maxEvents, maxBytes: maxBytes,
		audiences: make([]*audience, shards),
	}
	r.news.Store(1) // a new cursor has checked nothing yet
	return r
}

// event appends an encoded event. A repeated number is dropped; a hole or
// another epoch begins the log anew, and followers take a snapshot. An event
// without an epoch belongs to the one at hand. It reports false if the ring is
// dead.
func (r *ring) event(ep id.Epoch, seq uint64, line []byte, at time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.dead:
		return false
	case !ep.IsZero() && ep != r.epoch:
		r.begin(ep, seq-1)
	case !r.placed:
		r.restart(seq - 1)
	case seq <= r.hi:
		return true
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
	r.forgetBatches(false)
	r.wake()
	return true
}

// tick replaces the latest of a key. A tick of a new epoch begins the log
// anew at its position. It reports false if the ring is dead.
func (r *ring) tick(ep id.Epoch, seq uint64, key int, line []byte, at time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return false
	}
	if !ep.IsZero() && ep != r.epoch {
		r.begin(ep, seq)
	}
	if old, ok := r.latest[key]; ok {
		r.ticks.Remove(old)
	}
	if r.latest == nil {
		r.latest = map[int]*list.Element{}
	}
	r.rev++
	r.latest[key] = r.ticks.PushBack(tick{key, r.rev, line, at})
	r.forgetBatches(false)
	r.wake()
	return true
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
	r.forgetBatches(true)
}

// forget lets go of everything that is held and goes on after it.
func (r *ring) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.placed {
		return
	}
	r.ticks.Init()
	clear(r.latest)
	r.restart(r.hi)
	r.wake()
}

// wake tells every shard with followers that there is news.
func (r *ring) wake() {
	r.news.Add(1)
	for _, a := range r.audiences {
		if a != nil && a.size > 0 {
			a.shard.news(a)
		}
	}
}

// verdict is what reading a ring came to.
type verdict int

const (
	drained verdict = iota // everything there is has been taken
	full                   // the batch is full and more is waiting
	lost                   // a snapshot is due
	fallen                 // the reader is too far behind
)

// taken is a batch on its way to one reader.
type taken struct {
	batch *batch // nil if there is none
	live  bool   // all of it was published while the reader followed
	again bool   // it was built for another reader
}

// next takes the next batch for a cursor, if there is one, and moves the
// cursor past it.
func (r *ring) next(cur *cursor) (taken, verdict) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.epoch.IsZero() || cur.life != r.lives || cur.seq < r.hole:
		return taken{}, lost
	case cur.seq < r.lo:
		return taken{}, fallen
	case cur.seq >= r.hi && !r.newerTick(cur.rev):
		return taken{}, drained
	}
	b, again := r.batchAt(cur.seq, cur.rev)
	t := taken{b, cur.seq >= cur.live && cur.rev >= cur.liveRev, again}
	cur.seq, cur.rev = b.seq, b.rev
	if !b.last {
		return t, full
	}
	cur.live, cur.liveRev = 0, 0 // all that comes from now on is live
	return t, drained
}

func (r *ring) newerTick(rev uint64) bool {
	last := r.ticks.Back()
	return last != nil && last.Value.(tick).rev > rev
}

// place puts a new cursor where it resumes, and reports whether that is held
// here. ask says that the store may know what is missing.
func (r *ring) place(cur *cursor, from wire.Position) (held, ask bool) {
	cur.live, cur.liveRev = r.hi, r.rev
	switch {
	case from.Ep.IsZero():
		return false, false
	case from.Ep == r.epoch && from.Seq >= r.lo && from.Seq <= r.hi:
		cur.life, cur.seq = r.lives, from.Seq
		return true, false
	}
	return false, r.epoch.IsZero() || from.Ep == r.epoch
}

// adoption is what joining a cursor to the ring behind events from the store
// came to.
type adoption int

const (
	adopted adoption = iota // the ring goes on where the cursor stands
	behind                  // the ring begins later: ask the store again
	strange                 // another epoch: a snapshot is due
)

// adopt joins a cursor that has everything up to seq of an epoch, as the store
// tells it, to the ring. The ring may be behind the store: then its next
// events are old news to the cursor.
func (r *ring) adopt(cur *cursor, ep id.Epoch, seq uint64) adoption {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch.IsZero() {
		r.epoch = ep // what came without an epoch is of this one
		if !r.placed {
			r.restart(seq)
		}
	}
	switch {
	case r.epoch != ep:
		return strange
	case seq < r.lo:
		return behind
	}
	cur.life, cur.seq = r.lives, seq
	return adopted
}
