package mirror

import (
	"fmt"
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// MaxMessages bounds the messages that a Chat holds: the last ones. Older ones
// are read by pages again.
const MaxMessages = 500

// Chat is one conversation: the fold of channel chat/ID.
//
// Messages never change and their numbers are dense, so a snapshot of the same
// epoch keeps the older messages that join on to it. A message that comes
// moves the other side's count of unread messages; only a read mark or a new
// state of the conversation moves how far somebody has read. Where a read mark
// lies before the messages held, the count stands until the conversation's
// next state.
type Chat struct {
	place
	thread   wire.Thread
	messages []wire.Message // dense by number, oldest first
	presence wire.Presence
	present  uint64 // the event that presence is not older than
	typing   map[wire.Party]wire.Typing
	spoke    map[wire.Party]uint64 // each party's last message, by event
}

// NewChat makes an empty Chat that waits for its first snapshot.
func NewChat() *Chat {
	return &Chat{typing: map[wire.Party]wire.Typing{}, spoke: map[wire.Party]uint64{}}
}

// Apply folds one frame. It answers ErrGap or ErrEpoch if a snapshot is
// needed, wire.ErrFrame if the body cannot be read; then nothing has changed.
func (m *Chat) Apply(f wire.Frame) (Change, error) {
	if !m.ours(f, "chat") {
		return Change{}, nil
	}
	switch f.K {
	case wire.KindSnap:
		return m.snapshot(f)
	case wire.KindMessage:
		return event(&m.place, f, m.message)
	case wire.KindThread:
		return event(&m.place, f, m.setThread)
	case wire.KindRead:
		return event(&m.place, f, m.read)
	case wire.KindTyping:
		return m.setTyping(f)
	case wire.KindPresence:
		return m.setPresence(f)
	}
	return Change{}, m.unknown(f)
}

func (m *Chat) snapshot(f wire.Frame) (Change, error) {
	if m.old(f) {
		return Change{}, nil
	}
	snap, err := wire.Read[wire.ChatSnap](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: chat snapshot: %w", err)
	}
	older := m.messages
	if f.Ep != m.epoch {
		older = nil
	}
	m.begin(f)
	m.thread, m.presence, m.present = snap.Thread, snap.Presence, f.Seq
	m.messages = joined(older, snap.Messages)
	clear(m.typing)
	for _, party := range []wire.Party{wire.PartyDriver, wire.PartyAgent} {
		m.spoke[party] = f.Seq
	}
	return Change{All: true}, nil
}

// joined is a snapshot's messages with the older ones that join on to them.
func joined(older, snap []wire.Message) []wire.Message {
	if len(older) == 0 || len(snap) == 0 || snap[0].N > older[len(older)-1].N+1 {
		return bounded(snap)
	}
	keep := slices.IndexFunc(older, func(o wire.Message) bool { return o.N >= snap[0].N })
	if keep < 0 {
		keep = len(older)
	}
	return bounded(append(slices.Clip(older[:keep]), snap...))
}

// bounded is the last MaxMessages.
func bounded(list []wire.Message) []wire.Message {
	return slices.Clone(list[max(0, len(list)-MaxMessages):])
}

func (m *Chat) message(said wire.Message) Change {
	if n := len(m.messages); n > 0 && said.N != m.messages[n-1].N+1 {
		if said.N <= m.messages[n-1].N {
			return Change{}
		}
		m.messages = nil // a hole in the numbers: what was held no longer joins on
	}
	m.messages = append(m.messages, said)
	if len(m.messages) > MaxMessages {
		m.messages = slices.Delete(m.messages, 0, len(m.messages)-MaxMessages)
	}
	m.thread.Last, m.thread.LastAt = said.N, said.At
	switch said.From {
	case wire.PartyDriver:
		m.thread.AgentUnread++
	case wire.PartyAgent:
		m.thread.DriverUnread++
	}
	m.spoke[said.From] = m.seq
	_, wrote := m.typing[said.From]
	delete(m.typing, said.From)
	return Change{Messages: []id.Message{said.ID}, Thread: true, Typing: wrote}
}

func (m *Chat) setThread(t wire.Thread) Change {
	m.thread = t
	return Change{Thread: true}
}

func (m *Chat) read(mark wire.ReadMark) Change {
	switch t := &m.thread; {
	case mark.By == wire.PartyDriver && mark.N > t.DriverRead:
		t.DriverRead = mark.N
		t.DriverUnread = m.after(mark.N, wire.PartyAgent, t.DriverUnread)
	case mark.By == wire.PartyAgent && mark.N > t.AgentRead:
		t.AgentRead = mark.N
		t.AgentUnread = m.after(mark.N, wire.PartyDriver, t.AgentUnread)
	default:
		return Change{}
	}
	return Change{Thread: true}
}

// after counts a party's messages after number n; before is what is said when
// not all of them are held.
func (m *Chat) after(n uint64, from wire.Party, before int) int {
	if len(m.messages) > 0 && n+1 < m.messages[0].N {
		return before
	}
	count := 0
	for _, said := range m.messages {
		if said.N > n && said.From == from {
			count++
		}
	}
	return count
}

// setTyping takes that a party writes, unless their message has come since.
func (m *Chat) setTyping(f wire.Frame) (Change, error) {
	t, err := wire.Read[wire.Typing](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: typing: %w", err)
	}
	if !m.Started() || f.Seq < m.spoke[t.By] || t.By != wire.PartyDriver && t.By != wire.PartyAgent {
		return Change{}, nil
	}
	m.typing[t.By] = t
	return Change{Typing: true}, nil
}

func (m *Chat) setPresence(f wire.Frame) (Change, error) {
	p, err := wire.Read[wire.Presence](f.D)
	if err != nil {
		return Change{}, fmt.Errorf("mirror: presence: %w", err)
	}
	if !m.Started() || f.Seq < m.present {
		return Change{}, nil
	}
	m.presence, m.present = p, f.Seq
	return Change{Presence: true}, nil
}

// Prepend adds a page of older messages and reports how many of them joined
// on to those held; none do once MaxMessages are held.
func (m *Chat) Prepend(page []wire.Message) int {
	if len(m.messages) == 0 {
		return 0
	}
	added := 0
	for _, older := range slices.Backward(page) {
		first := m.messages[0].N
		if older.N >= first {
			continue
		}
		if older.N+1 != first || len(m.messages) >= MaxMessages {
			break
		}
		m.messages = slices.Insert(m.messages, 0, older)
		added++
	}
	return added
}

// Older reports whether there are messages before those held, and room for
// them.
func (m *Chat) Older() bool {
	return len(m.messages) > 0 && m.messages[0].N > 1 && len(m.messages) < MaxMessages
}

// First is the number of the oldest message held; zero when there is none.
func (m *Chat) First() uint64 {
	if len(m.messages) == 0 {
		return 0
	}
	return m.messages[0].N
}

// Thread is the conversation's state.
func (m *Chat) Thread() wire.Thread { return copiedThread(m.thread) }

// Messages lists the messages held, oldest first.
func (m *Chat) Messages() []wire.Message {
	list := make([]wire.Message, len(m.messages))
	for i, said := range m.messages {
		list[i] = copiedMessage(said)
	}
	return list
}

// Has reports whether a message is held.
func (m *Chat) Has(message id.Message) bool {
	return slices.ContainsFunc(m.messages, func(said wire.Message) bool { return said.ID == message })
}

// Presence is who is there.
func (m *Chat) Presence() wire.Presence { return m.presence }

// Typing reports whether a party writes at a time of the hub's clock.
func (m *Chat) Typing(by wire.Party, now time.Time) bool {
	t, ok := m.typing[by]
	return ok && t.Until.After(now)
}

// Unread counts the messages that a party has not read.
func (m *Chat) Unread(by wire.Party) int {
	if by == wire.PartyDriver {
		return m.thread.DriverUnread
	}
	return m.thread.AgentUnread
}

// Snap is the state as a snapshot of the channel would give it.
func (m *Chat) Snap() wire.ChatSnap {
	list := m.Messages()
	return wire.ChatSnap{
		Thread: m.Thread(), Messages: list[max(0, len(list)-wire.MaxMessagesInSnap):], Presence: m.presence,
	}
}

// copiedThread shares nothing with the mirror's own.
func copiedThread(t wire.Thread) wire.Thread {
	if t.Rating != nil {
		rating := *t.Rating
		t.Rating = &rating
	}
	return t
}

// copiedMessage shares nothing with the mirror's own.
func copiedMessage(said wire.Message) wire.Message {
	said.Media, said.Parts = copiedMedia(said.Media), copiedParts(said.Parts)
	return said
}

func copiedMedia(m *wire.Media) *wire.Media {
	if m == nil {
		return nil
	}
	media := *m
	return &media
}

func copiedParts(parts []wire.Part) []wire.Part {
	parts = slices.Clone(parts)
	for i := range parts {
		parts[i].Picture = copiedMedia(parts[i].Picture)
	}
	return parts
}
