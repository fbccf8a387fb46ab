package chat

import (
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// room is one live conversation. It is the owner's.
type room struct {
	member   id.Member
	thread   wire.Thread
	messages []wire.Message
	at       wire.Position

	shown  wire.Presence            // what was told last
	typing map[wire.Party]time.Time // when it was told last that a party writes
	used   time.Time
}

// Loaded is a conversation as it is read from the database.
type Loaded struct {
	Member id.Member
	Snap   wire.ChatSnap
	At     wire.Position
}

func newRoom(l Loaded) *room {
	return &room{
		member: l.Member, thread: l.Snap.Thread, messages: l.Snap.Messages, at: l.At,
		shown: l.Snap.Presence, typing: map[wire.Party]time.Time{},
	}
}

// fold takes the next event. It answers false when the room is no longer what
// the database says, and has to be read again.
func (r *room) fold(f wire.Frame) bool {
	if f.Seq <= r.at.Seq {
		return true
	}
	if f.Seq != r.at.Seq+1 {
		return false
	}
	r.at.Seq = f.Seq
	switch f.K {
	case wire.KindMessage:
		m, err := wire.Read[wire.Message](f.D)
		return err == nil && r.say(m)
	case wire.KindThread:
		t, err := wire.Read[wire.Thread](f.D)
		r.thread = t
		return err == nil
	case wire.KindRead:
		mark, err := wire.Read[wire.ReadMark](f.D)
		return err == nil && r.read(mark)
	}
	return false
}

func (r *room) say(m wire.Message) bool {
	if m.N != r.thread.Last+1 {
		return false
	}
	r.thread.Last, r.thread.LastAt = m.N, m.At
	switch m.From {
	case wire.PartyDriver:
		r.thread.AgentUnread++
	case wire.PartyAgent:
		r.thread.DriverUnread++
	case wire.PartySystem: // its events are nobody's to read
	}
	delete(r.typing, m.From)
	r.messages = append(r.messages, m)
	if more := len(r.messages) - wire.MaxMessagesInSnap; more > 0 {
		// A fresh slice now and then lets go of what was dropped.
		r.messages = append(make([]wire.Message, 0, 2*wire.MaxMessagesInSnap), r.messages[more:]...)
	}
	return true
}

// read notes how far a party has read and counts what it has not. What is
// older than the messages held cannot be counted here.
func (r *room) read(mark wire.ReadMark) bool {
	if len(r.messages) > 0 && mark.N+1 < r.messages[0].N {
		return false
	}
	other, count := wire.PartyAgent, 0
	if mark.By == wire.PartyAgent {
		other = wire.PartyDriver
	}
	for _, m := range r.messages {
		if m.N > mark.N && m.From == other {
			count++
		}
	}
	if mark.By == wire.PartyAgent {
		r.thread.AgentRead, r.thread.AgentUnread = mark.N, count
	} else {
		r.thread.DriverRead, r.thread.DriverUnread = mark.N, count
	}
	return true
}

func (r *room) snap(p wire.Presence) wire.ChatSnap {
	t := r.thread
	if t.Rating != nil {
		rating := *t.Rating
		t.Rating = &rating
	}
	messages := Recent(r.messages)
	for i := range messages {
		messages[i].Parts = slices.Clone(messages[i].Parts)
	}
	return wire.ChatSnap{Thread: t, Messages: messages, Presence: p}
}
