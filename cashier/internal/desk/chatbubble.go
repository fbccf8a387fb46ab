package desk

import (
	"fmt"
	"time"

	"forecourt/shared/wire"
)

// bubbles draws a conversation: its messages, then this till's own that it
// does not show yet. No message stands there twice.
func (s *State) bubbles(c *conversation) []Bubble {
	read := c.mirror.Thread().DriverRead
	var out []Bubble
	var day, agent string
	add := func(b Bubble, at time.Time) {
		if d := s.dayWord(at); d != day {
			b.Day, day = d, d
		}
		b.When = at.In(s.zone).Format("15:04")
		out = append(out, b)
	}
	for _, m := range c.mirror.Messages() {
		b := s.bubble(m)
		if b.Mine {
			b.Status, b.Tone = s.text(WordChatDelivered), ToneSoft
			if m.N <= read {
				b.Status = s.text(WordChatRead)
			}
			if m.Agent != agent {
				b.Who, agent = m.Agent, m.Agent
			}
		}
		add(b, m.At)
	}
	for _, l := range s.chat.letters {
		if l.command.Thread == c.thread && !c.mirror.Has(l.command.Say.ID) {
			add(s.letterBubble(l), l.at)
		}
	}
	return out
}

// dayWord names a day where it changes.
func (s *State) dayWord(t time.Time) string {
	switch d := s.day(t); d {
	case s.day(s.hubNow()):
		return s.text(WordChatToday)
	case s.day(s.hubNow().AddDate(0, 0, -1)):
		return s.text(WordChatYesterday)
	default:
		return d
	}
}

// bubble draws a message.
func (s *State) bubble(m wire.Message) Bubble {
	b := Bubble{ID: m.ID, Kind: m.Kind, Text: m.Text, Mine: m.From == wire.PartyAgent, System: m.From == wire.PartySystem}
	if m.Kind == wire.MessageEvent {
		b.System, b.Mine, b.Text = true, false, s.eventText(m)
	}
	if m.Media != nil {
		switch m.Kind {
		case wire.MessagePicture:
			b.Image = s.picture(*m.Media)
		case wire.MessageVoice:
			b.Voice = s.voiceBubble(*m.Media)
		}
	}
	for _, part := range m.Parts {
		p := BubblePart{Text: part.Text}
		if part.Picture != nil {
			p.Picture = s.picture(*part.Picture)
		}
		b.Parts = append(b.Parts, p)
	}
	return b
}

// eventText is what the system says, in words. A note is for agents.
func (s *State) eventText(m wire.Message) string {
	switch m.Event {
	case wire.ChatGreeting, wire.ChatAway:
		if m.WaitSeconds > 0 {
			return s.text(WordChatWait, m.Text, (m.WaitSeconds+59)/60)
		}
		return m.Text
	case wire.ChatTaken:
		return s.text(WordChatSaidTaken, m.Agent)
	case wire.ChatTransferred:
		said := s.text(WordChatSaidTransferred, m.Agent)
		if m.Text != "" {
			said += " · " + s.text(WordChatNote, m.Text)
		}
		return said
	case wire.ChatReturned:
		return s.text(WordChatSaidReturned)
	case wire.ChatEnded:
		return s.text(WordChatSaidEnded)
	case wire.ChatReopened:
		return s.text(WordChatSaidReopened)
	}
	if m.Text != "" {
		return m.Text
	}
	return s.text(WordChatSaidOther)
}

func (s *State) picture(m wire.Media) *Picture {
	p := &Picture{Media: m.ID, Width: m.Width, Height: m.Height}
	if t := s.chat.thumbs[m.ID]; t != nil {
		p.Image = t.image
		if t.failed {
			p.Failed = s.text(WordChatPictureGone)
		}
	}
	return p
}

func (s *State) voiceBubble(m wire.Media) *Voice {
	v := spoken(time.Duration(m.DurationMS) * time.Millisecond)
	v.Media = m.ID
	playing := s.chat.voice.media == m.ID
	v.Loading, v.Playing = playing && s.chat.voice.loading, playing && !s.chat.voice.loading
	if s.chat.voice.failed == m.ID {
		v.Failed = s.chat.voice.problem
	}
	return v
}

// spoken is a recording's length: "12″".
func spoken(d time.Duration) *Voice {
	seconds := int((d + time.Second - 1) / time.Second)
	return &Voice{Length: fmt.Sprintf("%d″", seconds), Seconds: seconds}
}

// letterBubble draws a message that the conversation does not show yet.
func (s *State) letterBubble(l *letter) Bubble {
	say := l.command.Say
	b := Bubble{ID: say.ID, Mine: true, Kind: say.Kind, Text: say.Text}
	if l.message != nil {
		b = s.bubble(*l.message)
	} else {
		s.letterContent(&b, l)
	}
	switch l.phase {
	case PhaseDone:
		b.Status, b.Tone = s.text(WordChatDelivered), ToneSoft
	case PhaseRefused:
		b.Status, b.Tone, b.Retry = s.whyNotDelivered(l), ToneBad, true
	default:
		b.Status, b.Tone = s.text(WordChatSending), ToneBusy
		if l.phase == PhaseUnknown {
			b.Tone = ToneWarn
		}
		if l.command.Upload != nil && l.media == nil && say.Media.IsZero() {
			b.Uploading, b.Status = true, s.text(WordChatUploading)
		}
	}
	return b
}

// letterContent draws what a message carries before the hub has it.
func (s *State) letterContent(b *Bubble, l *letter) {
	switch l.command.Say.Kind {
	case wire.MessagePicture:
		b.Image = &Picture{Image: l.image}
		if l.media != nil {
			b.Image.Media, b.Image.Width, b.Image.Height = l.media.ID, l.media.Width, l.media.Height
		}
	case wire.MessageVoice:
		var size int
		if l.command.Upload != nil {
			size = len(l.command.Upload.Data)
		}
		b.Voice = spoken(wavLength(size))
		if l.media != nil {
			b.Voice = s.voiceBubble(*l.media)
		}
	case wire.MessageTutorial:
		s.tutorialContent(b, l)
	}
}

// tutorialContent shows a reply kept ready as it is here.
func (s *State) tutorialContent(b *Bubble, l *letter) {
	for _, c := range s.chat.support.Canned() {
		if c.ID == l.command.Say.Canned {
			shown := s.bubble(wire.Message{Kind: wire.MessageTutorial, Text: c.Title, Parts: c.Parts})
			b.Text, b.Parts = shown.Text, shown.Parts
		}
	}
}
