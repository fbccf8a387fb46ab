package desk

import (
	"slices"
	"strings"
	"unicode/utf8"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// picker is the open list of replies kept ready.
type picker struct {
	own    bool // opened by its button: it has a search field of its own
	search string
	at     int
}

// transfer is the open choice of another agent.
type transfer struct{ at int }

// togglePicker opens or closes the list of replies.
func (s *State) togglePicker() {
	if s.chat.picker != nil {
		s.closePicker()
		return
	}
	if s.composes() {
		s.chat.transfer, s.chat.viewer = nil, nil
		s.chat.picker = &picker{own: true}
	}
}

// closePicker closes it; what stands after a slash is no message.
func (s *State) closePicker() {
	bySlash := s.chat.picker != nil && !s.chat.picker.own
	s.chat.picker = nil
	if bySlash {
		s.setDraft("")
	}
}

// searchBySlash opens the list by a slash at the beginning of a draft.
func (s *State) searchBySlash(code string) {
	if s.chat.picker == nil && s.composes() {
		s.chat.transfer, s.chat.viewer = nil, nil
		s.chat.picker = &picker{}
	}
	s.search(code)
}

func (s *State) search(text string) {
	if p := s.chat.picker; p != nil && p.search != text {
		p.search, p.at = text, 0
	}
}

// found lists the replies that match: those whose code begins with what was
// typed, then those whose title holds it, then those whose text does.
func (s *State) found() []wire.Canned {
	all := s.chat.support.Canned()
	if s.chat.picker == nil {
		return nil
	}
	looked := strings.ToLower(strings.TrimSpace(s.chat.picker.search))
	if looked == "" {
		return all
	}
	rank := func(c wire.Canned) int {
		switch {
		case strings.HasPrefix(strings.ToLower(c.Keys), looked):
			return 0
		case strings.Contains(strings.ToLower(c.Title), looked):
			return 1
		case slices.ContainsFunc(c.Parts, func(p wire.Part) bool { return strings.Contains(strings.ToLower(p.Text), looked) }):
			return 2
		}
		return 3
	}
	out := slices.DeleteFunc(all, func(c wire.Canned) bool { return rank(c) == 3 })
	slices.SortStableFunc(out, func(a, b wire.Canned) int { return rank(a) - rank(b) })
	return out
}

// pickChosen sends the chosen reply; nothing matches: nothing is sent.
func (s *State) pickChosen() []Effect {
	found := s.found()
	if len(found) == 0 {
		return nil
	}
	return s.pick(found[min(s.chat.picker.at, len(found)-1)].ID)
}

// pick sends a reply kept ready: a sentence as a message, more as a tutorial.
func (s *State) pick(which id.Canned) []Effect {
	all := s.chat.support.Canned()
	i := slices.IndexFunc(all, func(c wire.Canned) bool { return c.ID == which })
	if i < 0 || !s.composes() {
		return nil
	}
	s.closePicker()
	if text, plain := all[i].Plain(); plain {
		return s.write(wire.SendRequest{Kind: wire.MessageText, Text: text}, nil)
	}
	return s.write(wire.SendRequest{Kind: wire.MessageTutorial, Canned: which}, nil)
}

// toggleTransfer opens or closes the choice of another agent.
func (s *State) toggleTransfer() {
	k, ok := s.openCase()
	if s.chat.transfer != nil || !ok || !s.inHand(k) {
		s.chat.transfer = nil
		return
	}
	s.chat.picker, s.chat.viewer = nil, nil
	s.chat.transfer = &transfer{}
}

// colleagues lists the other agents, those who can take something now first.
func (s *State) colleagues() []wire.Agent {
	list := slices.DeleteFunc(s.chat.support.Agents(), func(a wire.Agent) bool { return a.Staff == s.session.Staff })
	rank := func(a wire.Agent) int {
		switch {
		case !s.present(a.Staff):
			return 2
		case !a.OnDuty:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b wire.Agent) int { return rank(a) - rank(b) })
	return list
}

// present reports whether an agent is connected.
func (s *State) present(staff id.Staff) bool {
	return slices.Contains(s.chat.support.Audience().Agents, staff)
}

func (s *State) giveChosen() []Effect {
	list := s.colleagues()
	if len(list) == 0 {
		return nil
	}
	return s.give(ChatTransfer{To: list[min(s.chat.transfer.at, len(list)-1)].Staff})
}

// give hands the open conversation to another agent who is there, or back
// into the queue.
func (s *State) give(e ChatTransfer) []Effect {
	k, ok := s.openCase()
	note := strings.TrimSpace(e.Note)
	switch {
	case !ok || !s.inHand(k) || !e.To.IsZero() && !s.present(e.To):
		return nil
	case utf8.RuneCountInString(note) > wire.MaxNoteRunes:
		s.say(ToneWarn, s.text(WordChatTooLong, wire.MaxNoteRunes))
		return nil
	}
	out := s.leaveChat()
	return append(out, s.act(Command{
		Kind: CommandTransfer, Thread: k.Thread.ID, Transfer: &wire.TransferRequest{To: e.To, Note: note},
	})...)
}
