package desk

import (
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// thumb is a small picture: on its way, there, or not to be had.
type thumb struct {
	image  *Image
	failed bool
}

// viewer is the picture that is looked at in full.
type viewer struct {
	media   id.Media
	image   *Image
	problem string
}

// recording is the microphone at work for a conversation.
type recording struct {
	number   int
	since    time.Time
	finished bool // told to stop; what was recorded is on its way
}

// voice is the recording that is heard, or could not be.
type voice struct {
	media, failed id.Media
	loading       bool
	problem       string
}

// pictures lists the pictures of a message.
func pictures(m wire.Message) []wire.Media {
	var out []wire.Media
	if m.Media != nil && m.Media.Kind == wire.MediaPicture {
		out = append(out, *m.Media)
	}
	for _, part := range m.Parts {
		if part.Picture != nil {
			out = append(out, *part.Picture)
		}
	}
	return out
}

// fetchThumbs asks for the small pictures of the open conversation that are
// not there yet, the newest first.
func (s *State) fetchThumbs(c *conversation) []Effect {
	if c == nil || c.thread != s.chat.open {
		return nil
	}
	var out []Effect
	list := c.mirror.Messages()
	s.boundThumbs(list)
	for _, m := range slices.Backward(list) {
		for _, p := range pictures(m) {
			if s.chat.thumbs[p.ID] == nil {
				s.chat.thumbs[p.ID] = &thumb{}
				out = append(out, FetchImage{Media: p.ID})
			}
		}
	}
	return out
}

// boundThumbs forgets the small pictures of other conversations once there
// are too many.
func (s *State) boundThumbs(list []wire.Message) {
	if len(s.chat.thumbs) < maxThumbs {
		return
	}
	keep := map[id.Media]*thumb{}
	for _, m := range list {
		for _, p := range pictures(m) {
			if t := s.chat.thumbs[p.ID]; t != nil {
				keep[p.ID] = t
			}
		}
	}
	s.chat.thumbs = keep
}

// imageLoaded takes a picture, or that there is none.
func (s *State) imageLoaded(e ChatImageLoaded) {
	if !e.Full {
		s.chat.thumbs[e.Media] = &thumb{image: e.Image, failed: e.Image == nil}
		return
	}
	if v := s.chat.viewer; v != nil && v.media == e.Media {
		v.image, v.problem = e.Image, ""
		if e.Image == nil {
			v.problem = s.problemText(e.Problem, WordNoAnswer)
		}
	}
}

// view opens a picture in full, or closes it; one whose small copy did not
// come is asked for again instead.
func (s *State) view(media id.Media) []Effect {
	if media.IsZero() {
		s.chat.viewer = nil
		return nil
	}
	if t := s.chat.thumbs[media]; t != nil && t.failed {
		s.chat.thumbs[media] = &thumb{}
		return []Effect{FetchImage{Media: media}}
	}
	s.chat.picker, s.chat.transfer = nil, nil
	s.chat.viewer = &viewer{media: media}
	return []Effect{FetchImage{Media: media, Full: true}}
}

// toggleRecording begins a recording, or ends and sends it.
func (s *State) toggleRecording() []Effect {
	r := s.chat.recording
	switch {
	case r == nil && !s.composes():
		return nil
	case r == nil:
		s.chat.problem = ""
		s.chat.recorded++
		s.chat.recording = &recording{number: s.chat.recorded, since: s.now}
		return []Effect{StartRecording{Number: s.chat.recorded}}
	case r.finished:
		return nil
	case s.now.Sub(r.since) < wire.MinVoiceMS*time.Millisecond:
		out := s.discard()
		s.chat.problem = s.text(WordChatVoiceTooShort)
		return out
	}
	r.finished = true
	return []Effect{StopRecording{Keep: true}}
}

// discard throws a recording away.
func (s *State) discard() []Effect {
	if s.chat.recording == nil {
		return nil
	}
	s.chat.recording = nil
	return []Effect{StopRecording{}}
}

// endLongRecording ends and sends a recording that has reached its bound.
func (s *State) endLongRecording() []Effect {
	r := s.chat.recording
	if r == nil || r.finished || s.now.Sub(r.since) < wire.MaxVoiceMS*time.Millisecond {
		return nil
	}
	r.finished = true
	return []Effect{StopRecording{Keep: true}}
}

// recorded sends a finished recording.
func (s *State) recorded(e ChatRecorded) []Effect {
	if r := s.chat.recording; r == nil || r.number != e.Number {
		return nil // thrown away in the meantime
	}
	s.chat.recording = nil
	switch {
	case e.Problem != "":
		s.chat.problem = s.soundless(e.Problem, WordChatNoMicrophone, WordChatMicrophoneFailed)
	case wavLength(len(e.Data)) < wire.MinVoiceMS*time.Millisecond:
		s.chat.problem = s.text(WordChatVoiceTooShort)
	case s.composes():
		return s.write(wire.SendRequest{Kind: wire.MessageVoice}, &Upload{Name: "voice.wav", Data: e.Data})
	}
	return nil
}

// soundless is a problem of the machine's sound in words.
func (s *State) soundless(problem string, missing, failed Word) string {
	if problem == SoundlessNoProgram {
		return s.text(missing)
	}
	return s.text(failed)
}

// wavLength is how long a recording of this till lasts: 16 kHz, 16 bit, mono,
// after a header of 44 bytes.
func wavLength(size int) time.Duration {
	const header, bytesPerMS = 44, 32
	return time.Duration(max(0, size-header)/bytesPerMS) * time.Millisecond
}

// playVoice plays a recording, or stops it.
func (s *State) playVoice(media id.Media) []Effect {
	if media.IsZero() {
		return nil
	}
	if s.chat.voice.media == media {
		s.chat.voice = voice{}
		return []Effect{StopVoice{}}
	}
	s.chat.voice = voice{media: media, loading: true}
	return []Effect{PlayVoice{Media: media}}
}

func (s *State) playing(e ChatPlaying) {
	if s.chat.voice.media == e.Media {
		s.chat.voice.loading = false
	}
}

func (s *State) played(e ChatPlayed) {
	if s.chat.voice.media != e.Media {
		return
	}
	s.chat.voice = voice{}
	if e.Problem != "" {
		s.chat.voice = voice{failed: e.Media, problem: s.soundless(e.Problem, WordChatNoPlayer, WordChatNotPlayed)}
	}
}
