package desk

import (
	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

// noticed is what of a conversation was last known, to hear what is new.
type noticed struct {
	waiting, mine, closed bool
	unread                int
}

// chatNews folds a frame of the list or of a conversation.
func (s *State) chatNews(f wire.Frame) []Effect {
	if !s.answersChats() {
		return nil
	}
	if f.K == wire.KindRefused {
		problem, err := wire.Read[wire.Problem](f.D)
		if err != nil {
			return s.channelRefused(ChannelRefused{Channel: f.Ch})
		}
		return s.channelRefused(ChannelRefused{Channel: f.Ch, Problem: &problem})
	}
	var out []Effect
	if f.K == wire.KindSnap {
		out = []Effect{Record{"snapshot", []any{"channel", string(f.Ch), "seq", f.Seq}}}
	}
	news, err := s.foldChat(f)
	if err != nil {
		return append(out, Resync{f.Ch}, Record{"frame dropped", []any{"kind", string(f.K), "error", err.Error()}})
	}
	return append(out, news...)
}

func (s *State) foldChat(f wire.Frame) ([]Effect, error) {
	if family, _ := f.Ch.Split(); family == "support" {
		first := !s.chat.support.Started()
		change, err := s.chat.support.Apply(f)
		if err != nil || !change.All && len(change.Cases) == 0 {
			return nil, err
		}
		return append(s.callChats(first), s.attend()...), nil
	}
	for _, c := range s.chat.held {
		if wire.Chat(c.thread) == f.Ch {
			change, err := c.mirror.Apply(f)
			if err != nil {
				return nil, err
			}
			return s.conversationNews(c, change), nil
		}
	}
	return nil, nil
}

// conversationNews takes what a frame changed in a followed conversation.
func (s *State) conversationNews(c *conversation, change mirror.Change) []Effect {
	var out []Effect
	if len(change.Messages) > 0 {
		list := c.mirror.Messages()
		said := list[len(list)-1]
		out = append(out, Record{"message received", []any{
			"thread", said.Thread.String(), "message", said.ID.String(), "n", said.N, "from", string(said.From), "kind", string(said.Kind),
		}})
	}
	if change.All || len(change.Messages) > 0 {
		out = append(out, s.arrivedLetters(c)...)
		out = append(out, s.fetchThumbs(c)...)
	}
	return out
}

// callChats calls out who waits, who has written and what was handed over
// since the list was last looked at. first is the list after signing in: what
// is there already stands in its badge.
func (s *State) callChats(first bool) []Effect {
	before := s.chat.noticed
	s.chat.noticed = map[id.Thread]noticed{}
	called := false
	var out []Effect
	for _, k := range s.chat.support.Cases() {
		t := k.Thread
		now := noticed{
			waiting: t.State == wire.ThreadWaiting, mine: s.inHand(k), closed: t.State == wire.ThreadClosed, unread: t.AgentUnread,
		}
		s.chat.noticed[t.ID] = now
		if before[t.ID].closed && !now.closed {
			delete(s.chat.cards, t.ID) // reopened: whoever answers looks anew
		}
		if first {
			continue
		}
		if word, loud := s.whatIsNew(k, before[t.ID], now); word != WordNone {
			called = called || loud
			s.say(TonePlain, s.text(word, who(k.Member)))
			out = append(out, Record{"chat called", []any{"thread", t.ID.String(), "state", string(t.State), "unread", t.AgentUnread}})
		}
	}
	if !called {
		return out
	}
	return append(out, s.play(SoundMessage)...)
}

// whatIsNew is what to say of a conversation, and whether it is worth a sound.
func (s *State) whatIsNew(k wire.Case, before, now noticed) (w Word, loud bool) {
	t := k.Thread.ID
	switch {
	case now.waiting && !before.waiting && !s.giving(t):
		return WordChatToastWaiting, true
	case now.mine && (!before.mine || now.unread > before.unread) && now.unread > 0 && !s.inView(t):
		return WordChatToastMessage, true
	case before.mine && !s.mine(k) && !s.giving(t):
		return WordChatToastLost, false
	}
	return WordNone, false
}

// giving reports whether the person is handing a conversation over.
func (s *State) giving(t id.Thread) bool {
	return s.flights[slot{kind: CommandTransfer, thread: t}].busy()
}

// chatCount is the badge: drivers who wait, and messages not read.
func (s *State) chatCount() int {
	if !s.answersChats() || !s.HubFresh() {
		return 0
	}
	n := 0
	for _, k := range s.chat.support.Cases() {
		switch {
		case k.Thread.State == wire.ThreadWaiting:
			n++
		case s.inHand(k) && !s.inView(k.Thread.ID):
			n += k.Thread.AgentUnread
		}
	}
	return n
}

// who is how a member is called in lists.
func who(m wire.MemberBrief) string {
	if m.Name == "" {
		return m.Number
	}
	return m.Name + " · " + m.Number
}
