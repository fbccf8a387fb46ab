package chat

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// The owner's side of Rooms: what follows runs on Run's goroutine only.

// drain folds what was fed and shows who is there.
func (r *Rooms) drain() {
	r.mu.Lock()
	frames, lost, stale := r.inbox, r.lost, r.stale
	r.inbox, r.lost, r.stale = nil, false, nil
	r.mu.Unlock()
	if lost {
		r.forget()
	}
	for _, f := range frames {
		family, name := f.Ch.Split()
		if family == "support" {
			r.desks.fold(f)
			continue
		}
		if t, err := id.Parse[id.Thread](name); err == nil {
			r.fold(t, f)
		}
	}
	for _, t := range stale {
		r.drop(t)
	}
	if r.moved.Swap(false) {
		for _, held := range r.rooms {
			r.showPresence(held)
		}
	}
}

// forget drops everything: it will be read again.
func (r *Rooms) forget() {
	r.log.Warn("live conversations are behind and are read again")
	clear(r.rooms)
	for t := range r.loading {
		r.drop(t)
	}
	r.loadDesks()
	r.count()
}

// drop lets go of one room, also of one that is being read: that may be from
// before what it is dropped for.
func (r *Rooms) drop(t id.Thread) {
	delete(r.rooms, t)
	if l := r.loading[t]; l != nil {
		close(l.done)
		delete(r.loading, t)
	}
	r.count()
}

func (r *Rooms) fold(t id.Thread, f wire.Frame) {
	if l := r.loading[t]; l != nil {
		l.frames = append(l.frames, f)
		return
	}
	held := r.rooms[t]
	if held == nil {
		// News of a conversation makes it a live one.
		if l := r.begin(t); l != nil {
			l.frames = append(l.frames, f)
		}
		return
	}
	if !held.fold(f) {
		delete(r.rooms, t)
		r.count()
		r.begin(t)
		return
	}
	held.used = r.now()
	r.showPresence(held) // another agent may have it now
}

// loaded takes a room that was read, and folds what came meanwhile.
func (r *Rooms) loaded(l load) {
	if l.thread.IsZero() {
		r.desks.loaded(l)
		if l.err != nil && r.life.Err() == nil {
			r.log.Warn("reading open conversations", "error", l.err)
		}
		return
	}
	waiting := r.loading[l.thread]
	if waiting == nil {
		return
	}
	delete(r.loading, l.thread)
	defer close(waiting.done)
	if l.err != nil {
		if r.life.Err() == nil {
			r.log.Warn("reading a conversation", "thread", l.thread, "error", l.err)
		}
		return
	}
	fresh := newRoom(l.room)
	fresh.used = r.now()
	for _, f := range waiting.frames {
		if !fresh.fold(f) {
			return
		}
	}
	if len(r.rooms) >= maxRooms {
		r.dropOldest()
	}
	r.rooms[l.thread] = fresh
	r.showPresence(fresh)
	r.count()
}

func (r *Rooms) dropOldest() {
	var oldest id.Thread
	var used time.Time
	for t, held := range r.rooms {
		if oldest.IsZero() || held.used.Before(used) {
			oldest, used = t, held.used
		}
	}
	delete(r.rooms, oldest)
}

func (r *Rooms) count() { r.held.Store(int64(len(r.rooms))) }

// typing tells that a party writes. A room that is not held is fetched: the
// next stroke will find it.
func (r *Rooms) typing(t id.Thread, by wire.Party) {
	held := r.rooms[t]
	if held == nil {
		r.begin(t)
		return
	}
	now := r.now()
	if held.thread.State == wire.ThreadClosed || now.Sub(held.typing[by]) < typingEvery {
		return
	}
	held.typing[by], held.used = now, now
	key := TickDriverTyping
	if by == wire.PartyAgent {
		key = TickAgentTyping
	}
	r.tick(key, held, wire.KindTyping, wire.Typing{By: by, Until: now.Add(typingFor)})
}

func (r *Rooms) tick(key int, held *room, kind wire.Kind, body any) {
	r.sink.Tick(key, wire.Frame{K: kind, Ch: held.at.Ch, Seq: held.at.Seq, At: r.now(), D: wire.Body(body)})
}

// present is who is there, in one conversation.
func (r *Rooms) present(held *room) wire.Presence {
	return wire.Presence{
		Driver: r.MemberOnline(held.member),
		Agent:  !held.thread.Agent.IsZero() && r.StaffOnline(held.thread.Agent),
	}
}

// showPresence tells who is in a room, if that has changed.
func (r *Rooms) showPresence(held *room) {
	if now := r.present(held); now != held.shown {
		held.shown = now
		r.tick(TickPresence, held, wire.KindPresence, now)
	}
}

// beat shows the audience and lets go of what nobody uses.
func (r *Rooms) beat() {
	r.drain()
	if !r.desks.started {
		r.loadDesks()
	}
	r.showAudience()
	limit := r.now().Add(-idleAfter)
	for t, held := range r.rooms {
		if held.used.Before(limit) {
			delete(r.rooms, t)
		}
	}
	r.count()
}
