package desk

import (
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

const (
	// maxConversations is how many conversations are followed at once: those
	// opened last.
	maxConversations = 8
	// typingEvery is the least time between two signs of writing, readEvery
	// that between two read marks; an unanswered mark is repeated after readAgain.
	typingEvery = 2 * time.Second
	readEvery   = time.Second
	readAgain   = 5 * time.Second
	// longWait is a wait that is shown in red.
	longWait = 3 * time.Minute
	// maxLetters bounds the messages that have not arrived, maxDrafts and
	// maxCards what is kept of conversations not in hand, maxThumbs the small
	// pictures (some 20 kB each).
	maxLetters = 200
	maxDrafts  = 100
	maxCards   = 50
	maxThumbs  = 400
)

// chat is the state behind the support page. The list is followed from signing
// in, a conversation while it is among the last opened and in the person's hand.
type chat struct {
	support *mirror.Support
	noticed map[id.Thread]noticed
	open    id.Thread
	held    []*conversation // the last opened first
	letters []*letter       // oldest first
	folded  [groupCount]bool

	drafts   map[id.Thread]string
	revision int    // of the draft that the widget takes over
	shown    string // that draft
	problem  string // why the last thing was not sent
	typedAt  time.Time
	readAt   time.Time
	readN    uint64

	picker    *picker
	transfer  *transfer
	viewer    *viewer
	recording *recording
	recorded  int // how many recordings were begun
	thumbs    map[id.Media]*thumb
	voice     voice

	cards map[id.Thread]*card
	fees  map[id.Sale]*fee
	order id.Sale // the fuelling being explained
}

func newChat() *chat {
	return &chat{
		support: mirror.NewSupport(), noticed: map[id.Thread]noticed{}, drafts: map[id.Thread]string{},
		thumbs: map[id.Media]*thumb{}, cards: map[id.Thread]*card{}, fees: map[id.Sale]*fee{},
		folded: [groupCount]bool{groupOthers: true, groupClosed: true},
	}
}

// conversation is one that is followed.
type conversation struct {
	thread  id.Thread
	mirror  *mirror.Chat
	refused *wire.Problem
	loading bool   // older messages
	problem string // why they did not come
	atEnd   bool   // the hub has none that join on
}

// find is a followed conversation, or nil.
func (c *chat) find(t id.Thread) *conversation {
	for _, held := range c.held {
		if held.thread == t {
			return held
		}
	}
	return nil
}

// current is the open conversation if it is followed, or nil.
func (c *chat) current() *conversation { return c.find(c.open) }

// openCase is the open conversation as the list has it.
func (s *State) openCase() (wire.Case, bool) { return s.chat.support.Case(s.chat.open) }

// mine reports whether the person has a conversation, or had it last.
func (s *State) mine(k wire.Case) bool {
	return k.Thread.State != wire.ThreadWaiting && k.Thread.Agent == s.session.Staff
}

// inHand reports whether the person answers in a conversation now.
func (s *State) inHand(k wire.Case) bool { return s.mine(k) && k.Thread.State != wire.ThreadClosed }

// inView reports whether the person has a conversation before their eyes.
func (s *State) inView(t id.Thread) bool { return s.page == PageSupport && s.chat.open == t }

// openChat opens a conversation.
func (s *State) openChat(t id.Thread) []Effect {
	if _, ok := s.chat.support.Case(t); !ok || !s.answersChats() || t == s.chat.open {
		return nil
	}
	out := s.leaveChat()
	s.chat.open, s.chat.order = t, id.Sale{}
	s.chat.problem, s.chat.typedAt, s.chat.readAt = "", time.Time{}, time.Time{}
	s.showDraft(s.chat.drafts[t])
	return append(append(out, s.attend()...), Record{"chat opened", []any{"thread", t.String()}})
}

// leaveChat closes what is open over a conversation before the person turns
// to something else.
func (s *State) leaveChat() []Effect {
	s.chat.picker, s.chat.transfer, s.chat.viewer = nil, nil, nil
	return s.discard()
}

// attend follows the open conversation while it is the person's, and reads who
// they talk to; it lets go of those that are no longer theirs.
func (s *State) attend() []Effect {
	out := s.letGo()
	k, ok := s.openCase()
	if !ok {
		return out
	}
	if s.mine(k) {
		out = append(out, s.follow(k.Thread.ID)...)
	}
	if s.inHand(k) && s.chat.cards[k.Thread.ID] == nil {
		out = append(out, s.fetchCard(k.Thread.ID)...)
	}
	return append(out, s.fetchThumbs(s.chat.current())...)
}

// letGo ends following conversations that are no longer the person's.
func (s *State) letGo() []Effect {
	var out []Effect
	for _, c := range slices.Clone(s.chat.held) {
		if k, ok := s.chat.support.Case(c.thread); ok && !s.mine(k) {
			out = append(out, s.drop(c)...)
			delete(s.chat.cards, c.thread)
		}
	}
	return out
}

// follow brings a conversation to the front of those followed.
func (s *State) follow(t id.Thread) []Effect {
	c := s.chat.find(t)
	if c != nil && c.refused == nil {
		s.chat.held = append([]*conversation{c}, slices.DeleteFunc(s.chat.held, func(o *conversation) bool { return o == c })...)
		return nil
	}
	var out []Effect
	if c != nil {
		out = s.drop(c)
	}
	s.chat.held = append([]*conversation{{thread: t, mirror: mirror.NewChat()}}, s.chat.held...)
	if len(s.chat.held) > maxConversations {
		out = append(out, s.drop(s.chat.held[maxConversations])...)
	}
	return append(out, Follow{wire.Chat(t)})
}

// drop forgets a followed conversation and leaves its channel, unless the hub
// has already ended that.
func (s *State) drop(c *conversation) []Effect {
	s.chat.held = slices.DeleteFunc(s.chat.held, func(o *conversation) bool { return o == c })
	if c.refused != nil {
		return nil
	}
	return []Effect{Unfollow{wire.Chat(c.thread)}}
}

// channelRefused takes that the hub does not let a conversation be followed:
// what was known of it is forgotten.
func (s *State) channelRefused(e ChannelRefused) []Effect {
	for _, c := range s.chat.held {
		if wire.Chat(c.thread) == e.Channel {
			c.mirror, c.refused = mirror.NewChat(), e.Problem
			if c.refused == nil {
				c.refused = wire.NewProblem(wire.ProblemNotYourThread, "")
			}
			return []Effect{Record{"chat refused", []any{"thread", c.thread.String(), "problem", problemName(e.Problem)}}}
		}
	}
	return nil
}

// tendChat does what time has made due on the support page.
func (s *State) tendChat() []Effect {
	if !s.answersChats() {
		return nil
	}
	return append(s.endLongRecording(), s.markRead()...)
}

// markRead tells that what stands before the person's eyes has been read.
func (s *State) markRead() []Effect {
	c := s.chat.current()
	k, ok := s.openCase()
	if c == nil || !ok || s.page != PageSupport || !s.inHand(k) || !s.HubFresh() || c.mirror.Unread(wire.PartyAgent) == 0 {
		return nil
	}
	last, since := c.mirror.Thread().Last, s.now.Sub(s.chat.readAt)
	if since < readEvery || last == s.chat.readN && since < readAgain {
		return nil
	}
	s.chat.readAt, s.chat.readN = s.now, last
	return []Effect{MarkRead{Thread: c.thread, N: last}}
}
