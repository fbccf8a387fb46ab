package desk

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// letter is a message of this till that the conversation does not show yet.
type letter struct {
	command Command
	phase   Phase
	problem *wire.Problem
	image   *Image        // what is being sent, to be seen at once
	media   *wire.Media   // what the hub made of it
	message *wire.Message // as the hub has it, once delivered
	at      time.Time
}

// letter is a message that has not come back yet, or nil.
func (c *chat) letter(message id.Message) *letter {
	for _, l := range c.letters {
		if l.command.Say.ID == message {
			return l
		}
	}
	return nil
}

// composes reports whether the person can say something now.
func (s *State) composes() bool {
	k, ok := s.openCase()
	return ok && s.answersChats() && s.inHand(k) && s.ids != nil
}

// chatSend sends what was typed, or picks what the slash has found.
func (s *State) chatSend(text string) []Effect {
	if p := s.chat.picker; p != nil && !p.own {
		return s.pickChosen()
	}
	text = strings.TrimSpace(text)
	if text == "" || !s.composes() {
		return nil
	}
	if utf8.RuneCountInString(text) > wire.MaxTextRunes {
		s.chat.problem = s.text(WordChatTooLong, wire.MaxTextRunes)
		return nil
	}
	out := s.write(wire.SendRequest{Kind: wire.MessageText, Text: text}, nil)
	if out != nil {
		s.setDraft("")
	}
	return out
}

// attach sends a picture file.
func (s *State) attach(e ChatAttach) []Effect {
	if !s.composes() {
		return nil
	}
	switch {
	case len(e.Data) == 0:
		s.chat.problem = s.text(WordChatEmptyFile)
	case len(e.Data) > MaxAttachment:
		s.chat.problem = s.text(WordChatPictureTooLarge, MaxAttachment>>20)
	case !pictured(e.Data):
		s.chat.problem = s.text(WordChatNotAPicture)
	default:
		return s.write(wire.SendRequest{Kind: wire.MessagePicture}, &Upload{Name: e.Name, Data: e.Data})
	}
	return nil
}

// pictured reports whether a file begins like a kind of picture that can be
// sent, whatever its name; the hub looks at the whole.
func pictured(data []byte) bool {
	const webpMark = 8 // after "RIFF" and the length
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")), bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return true
	case bytes.HasPrefix(data, []byte("RIFF")):
		return bytes.HasPrefix(data[min(webpMark, len(data)):], []byte("WEBP"))
	}
	return false
}

// write makes a message of the open conversation and puts it on its way.
func (s *State) write(say wire.SendRequest, upload *Upload) []Effect {
	s.chat.problem = ""
	if len(s.chat.letters) >= maxLetters {
		s.chat.problem = s.text(WordChatNotSaved)
		return nil
	}
	say.ID = id.New[id.Message](s.ids)
	c := Command{
		Key: id.Command(say.ID), Kind: CommandSay, Thread: s.chat.open, Say: &say, Upload: upload,
		Staff: s.session.Number, At: s.now,
	}
	s.addLetter(c)
	return []Effect{Send{c}}
}

// addLetter shows a message that is on its way.
func (s *State) addLetter(c Command) *letter {
	l := &letter{command: c, phase: PhaseSending, at: c.At}
	if c.Say.Kind == wire.MessagePicture && c.Upload != nil && len(c.Upload.Data) > 0 {
		l.image = &Image{Data: c.Upload.Data}
	}
	s.chat.letters = append(s.chat.letters, l)
	return l
}

// messageSent notes that a message is saved and on its way. One that an
// earlier run saved appears here for the first time.
func (s *State) messageSent(c Command) []Effect {
	if c.Say == nil || !s.answersChats() {
		return nil
	}
	if held := s.chat.find(c.Thread); held != nil && held.mirror.Has(c.Say.ID) {
		return nil
	}
	l := s.chat.letter(c.Say.ID)
	if l == nil {
		l = s.addLetter(c)
	}
	if l.phase == PhaseDone {
		return nil
	}
	l.phase = PhaseSending
	return []Effect{recordLetter("message sent", c, "kind", string(c.Say.Kind))}
}

func recordLetter(what string, c Command, more ...any) Effect {
	return Record{what, append([]any{"message", c.Say.ID.String(), "thread", c.Thread.String()}, more...)}
}

func (s *State) messageUnknown(c Command) []Effect {
	if l := s.chat.letter(c.Say.ID); l != nil && l.phase == PhaseSending {
		l.phase = PhaseUnknown
		return []Effect{recordLetter("message unknown", c)}
	}
	return nil
}

// uploaded notes what the hub made of a picture or a recording. The picture
// that was sent stands for the hub's small copy of it.
func (s *State) uploaded(e ChatUploaded) {
	l := s.chat.letter(e.Message)
	if l == nil {
		return
	}
	l.media = &e.Media
	if l.image != nil {
		s.chat.thumbs[e.Media.ID] = &thumb{image: l.image}
	}
}

// messageDelivered takes the hub's answer; the message stays here until the
// conversation shows it.
func (s *State) messageDelivered(e Answered) []Effect {
	l := s.chat.letter(e.Command.Say.ID)
	if l == nil || l.phase == PhaseDone {
		return nil
	}
	out := s.delivered(l, e.Message)
	if c := s.chat.find(l.command.Thread); c == nil || c.mirror.Has(l.command.Say.ID) {
		s.dropLetter(l)
	}
	return out
}

// delivered notes once that a message has arrived.
func (s *State) delivered(l *letter, said *wire.Message) []Effect {
	if l.phase == PhaseDone {
		return nil
	}
	l.phase, l.message = PhaseDone, said
	var n uint64
	if said != nil {
		n = said.N
	}
	return []Effect{recordLetter("message delivered", l.command, "n", n)}
}

// arrivedLetters takes away the messages that a conversation shows now.
func (s *State) arrivedLetters(c *conversation) []Effect {
	var out []Effect
	for _, said := range c.mirror.Messages() {
		if said.From != wire.PartyAgent {
			continue
		}
		if l := s.chat.letter(said.ID); l != nil {
			out = append(out, s.delivered(l, &said)...)
			s.dropLetter(l)
		}
	}
	return out
}

func (s *State) dropLetter(l *letter) {
	s.chat.letters = slices.DeleteFunc(s.chat.letters, func(o *letter) bool { return o == l })
}

// messageRefused says at the message why it was not delivered; a touch sends
// it again.
func (s *State) messageRefused(e Refused) []Effect {
	l := s.chat.letter(e.Command.Say.ID)
	if l == nil || l.phase == PhaseDone {
		return nil
	}
	l.phase, l.problem, l.command = PhaseRefused, e.Problem, e.Command
	if !s.inView(e.Command.Thread) {
		s.say(ToneBad, s.whyNotDelivered(l))
	}
	return []Effect{recordLetter("message refused", e.Command, "problem", problemName(e.Problem))}
}

func (s *State) whyNotDelivered(l *letter) string {
	return s.text(WordChatFailed, s.problemText(l.problem, WordChatNotSaved))
}

// retry sends a message that was refused again, under the same id.
func (s *State) retry(message id.Message) []Effect {
	l := s.chat.letter(message)
	if l == nil || l.phase != PhaseRefused || s.session == nil {
		return nil
	}
	l.phase, l.problem = PhaseSending, nil
	l.command.At, l.command.Staff = s.now, s.session.Number
	return []Effect{Send{l.command}}
}

// draft takes what the field holds now: a slash at its beginning looks for a
// reply, anything that grows tells the other side that an answer is written.
func (s *State) draft(text string) []Effect {
	if s.chat.open.IsZero() {
		return nil
	}
	grew := len(text) > len(s.chat.drafts[s.chat.open])
	s.keepDraft(text)
	s.chat.problem = ""
	if code, slash := strings.CutPrefix(text, "/"); slash {
		s.searchBySlash(code)
		return nil
	}
	if p := s.chat.picker; p != nil && !p.own {
		s.chat.picker = nil
	}
	if !grew || !s.composes() || !s.HubFresh() || s.now.Sub(s.chat.typedAt) < typingEvery {
		return nil
	}
	s.chat.typedAt = s.now
	return []Effect{SayTyping{s.chat.open}}
}

func (s *State) keepDraft(text string) {
	if text == "" {
		delete(s.chat.drafts, s.chat.open)
		return
	}
	s.chat.drafts[s.chat.open] = text
	if len(s.chat.drafts) <= maxDrafts {
		return
	}
	for t := range s.chat.drafts {
		if _, ok := s.chat.support.Case(t); !ok {
			delete(s.chat.drafts, t)
		}
	}
}

// setDraft changes the draft from here; the widget takes it over.
func (s *State) setDraft(text string) {
	s.keepDraft(text)
	s.showDraft(text)
}

func (s *State) showDraft(text string) {
	s.chat.shown = text
	s.chat.revision++
}

// typeDraft adds what was typed while no field had the focus.
func (s *State) typeDraft(text string) []Effect {
	if !s.composes() || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		return nil
	}
	whole := s.chat.drafts[s.chat.open] + text
	out := s.draft(whole)
	s.showDraft(whole)
	return out
}
