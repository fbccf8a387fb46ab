package chat

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Bounds of the live conversations.
const (
	// maxRooms bounds the rooms held: beyond, the one unused longest goes.
	maxRooms = 2000
	// idleAfter is when a room that nobody uses goes.
	idleAfter = 30 * time.Minute
	// maxInbox bounds the frames that wait for the owner. Beyond, they are
	// dropped and every room is read again: it never holds up a commit.
	maxInbox = 20_000
	// maxLoading bounds the rooms being read at once, loadTimeout each.
	maxLoading  = 64
	loaders     = 4
	loadTimeout = 5 * time.Second
	// maxOpen bounds the open conversations whose drivers' presence is shown.
	maxOpen = 20_000
)

const (
	// beatEvery is how often the audience is shown at most.
	beatEvery = time.Second
	// typingFor is how long somebody who typed is taken to be writing.
	typingFor = 6 * time.Second
	// typingEvery is how often that is told at most.
	typingEvery = time.Second
)

// Keys of the ticks on chat/ID and support/ID.
const (
	TickDriverTyping = 1
	TickAgentTyping  = 2
	TickPresence     = 3
	TickAudience     = 1
)

// Sink is where ticks go. It must not block.
type Sink interface {
	Tick(key int, f wire.Frame)
}

// Source is where rooms are read from.
type Source interface {
	// Room reads one conversation, at an exact position.
	Room(ctx context.Context, t id.Thread) (Loaded, error)
	// Desks reads who answers and what is open at every station.
	Desks(ctx context.Context) ([]Desk, error)
}

// Desk is what the audience of a station is made of.
type Desk struct {
	Station id.Station
	At      wire.Position
	Agents  []id.Staff
	Open    []OpenThread
}

// Rooms holds the live conversations in memory. One goroutine, Run's, owns
// them; everybody else sends it mail. It is safe for concurrent use.
type Rooms struct {
	sink   Sink
	now    func() time.Time
	log    *slog.Logger
	source Source
	people *people

	asks    chan func()
	bell    chan struct{}
	loads   chan load
	done    chan struct{}
	running atomic.Bool
	moved   atomic.Bool // somebody came or went
	held    atomic.Int64

	mu    sync.Mutex
	inbox []wire.Frame
	lost  bool // the inbox overflowed
	stale []id.Thread

	// The owner's, touched by Run's goroutine only. life is Run's context: a
	// room is read for whoever wants it, not for who asked first.
	life    context.Context
	rooms   map[id.Thread]*room
	loading map[id.Thread]*loading
	desks   *desks
	working sync.WaitGroup
	slots   chan struct{}
}

// loading is a room on its way: the frames that came meanwhile, and who waits.
type loading struct {
	frames []wire.Frame
	done   chan struct{}
}

// load is what came of reading a room.
type load struct {
	thread id.Thread
	room   Loaded
	desks  []Desk
	err    error
}

// NewRooms makes Rooms that hold nothing yet.
func NewRooms(sink Sink, now func() time.Time, log *slog.Logger) *Rooms {
	return &Rooms{
		sink: sink, now: now, log: log, people: newPeople(now),
		asks: make(chan func()), bell: make(chan struct{}, 1), loads: make(chan load), done: make(chan struct{}),
		rooms: map[id.Thread]*room{}, loading: map[id.Thread]*loading{}, desks: newDesks(),
		slots: make(chan struct{}, loaders),
	}
}

// From says where rooms are read from. Call it before Run.
func (r *Rooms) From(s Source) { r.source = s }

// Held counts the rooms in memory.
func (r *Rooms) Held() int { return int(r.held.Load()) }

// Run owns the rooms until ctx ends. It is called once.
func (r *Rooms) Run(ctx context.Context) error {
	defer r.working.Wait()
	defer close(r.done)
	r.life = ctx
	r.running.Store(true)
	defer r.running.Store(false)
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	r.loadDesks()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.bell:
			r.drain()
		case ask := <-r.asks:
			r.drain()
			ask()
		case l := <-r.loads:
			r.loaded(l)
		case <-beat.C:
			r.beat()
		}
	}
}

// Feed takes committed frames; those of other channels are ignored. It does
// not block: it subscribes to the outbox.
func (r *Rooms) Feed(frames []wire.Frame) {
	r.mu.Lock()
	for _, f := range frames {
		if family, _ := f.Ch.Split(); family != "chat" && family != "support" {
			continue
		}
		if len(r.inbox) >= maxInbox {
			r.inbox, r.lost = nil, true
		}
		r.inbox = append(r.inbox, f)
	}
	r.mu.Unlock()
	r.ring()
}

// Forget lets go of the rooms of conversations whose member was erased: what
// was said in them is not kept in memory either. It does not block.
func (r *Rooms) Forget(threads ...id.Thread) {
	r.mu.Lock()
	r.stale = append(r.stale, threads...)
	r.mu.Unlock()
	r.ring()
}

// Presence takes who came and went. It does not block.
func (r *Rooms) Presence(changes []Presence) {
	r.people.change(changes)
	r.moved.Store(true)
	r.ring()
}

// ring wakes the owner.
func (r *Rooms) ring() {
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// ask has the owner do something and waits until it is done; false means that
// there is no owner.
func (r *Rooms) ask(ctx context.Context, do func()) bool {
	if !r.running.Load() {
		return false
	}
	finished := make(chan struct{})
	select {
	case r.asks <- func() { defer close(finished); do() }:
		<-finished
		return true
	case <-r.done:
	case <-ctx.Done():
	}
	return false
}

// Followed takes that a party has begun to follow a conversation, from where
// it was or anew. Who is there is a tick, and one that was told before the hub
// restarted is forgotten: a room that is not held is fetched and tells it.
func (r *Rooms) Followed(ctx context.Context, t id.Thread) {
	r.ask(ctx, func() {
		if held := r.rooms[t]; held != nil {
			held.used = r.now()
			return
		}
		r.begin(t)
	})
}

// Typing takes that a party writes; the other side is told.
func (r *Rooms) Typing(ctx context.Context, t id.Thread, by wire.Party) {
	r.ask(ctx, func() { r.typing(t, by) })
}

// Snapshot is a conversation as it stands, at its exact position, with all
// that was fed before. It reads the room if it is not held; false means that
// it cannot be had here, and the caller reads the database.
func (r *Rooms) Snapshot(ctx context.Context, t id.Thread) (snap wire.ChatSnap, at wire.Position, ok bool) {
	for range 2 {
		var wait *loading
		asked := r.ask(ctx, func() {
			held := r.rooms[t]
			if ok = held != nil; !ok {
				wait = r.begin(t)
				return
			}
			held.used = r.now()
			snap, at = held.snap(r.present(held)), held.at
		})
		if !asked || ok || wait == nil {
			return snap, at, ok
		}
		select {
		case <-wait.done:
		case <-r.done:
		case <-ctx.Done():
			return snap, at, false
		}
	}
	return snap, at, false
}

// begin starts reading a room unless that is under way; nil means that too
// many are.
func (r *Rooms) begin(t id.Thread) *loading {
	if l := r.loading[t]; l != nil {
		return l
	}
	if len(r.loading) >= maxLoading || r.source == nil {
		return nil
	}
	l := &loading{done: make(chan struct{})}
	r.loading[t] = l
	r.read(func(ctx context.Context) load {
		room, err := r.source.Room(ctx, t)
		return load{thread: t, room: room, err: err}
	})
	return l
}

// read runs do beside the owner and mails it the result.
func (r *Rooms) read(do func(ctx context.Context) load) {
	r.working.Go(func() {
		select {
		case r.slots <- struct{}{}:
			defer func() { <-r.slots }()
		case <-r.life.Done():
			return
		}
		ctx, cancel := context.WithTimeout(r.life, loadTimeout)
		defer cancel()
		result := do(ctx)
		select {
		case r.loads <- result:
		case <-r.life.Done():
		}
	})
}
