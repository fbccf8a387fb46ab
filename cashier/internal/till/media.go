package till

import (
	"context"
	"errors"
	"fmt"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// maxImagesAtOnce is how many pictures are read at a time: a conversation full
// of them must not hold up its messages.
const maxImagesAtOnce = 4

// fetchImage brings a picture, from memory if it was seen before.
func (t *Till) fetchImage(e desk.FetchImage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.session
	if s == nil {
		return
	}
	if image, ok := t.media.get(piece{e.Media, e.Full}); ok {
		t.Post(desk.ChatImageLoaded{Media: e.Media, Full: e.Full, Image: image})
		return
	}
	t.running.Go(func() { t.readImage(s, e) })
}

func (t *Till) readImage(s *session, e desk.FetchImage) {
	select {
	case <-s.ctx.Done():
		return
	case s.images <- struct{}{}:
	}
	defer func() { <-s.images }()
	asked(s.ctx, t, "picture", func(ctx context.Context) (*desk.Image, error) {
		return t.fetch(ctx, piece{e.Media, e.Full}, wire.MaxPictureBytes)
	}, func(image *desk.Image, problem *wire.Problem) {
		t.Post(desk.ChatImageLoaded{Media: e.Media, Full: e.Full, Image: image, Problem: problem})
	})
}

// fetch reads a piece by a link that is good for a few minutes, and keeps it.
func (t *Till) fetch(ctx context.Context, p piece, limit int64) (*desk.Image, error) {
	if kept, ok := t.media.get(p); ok {
		return kept, nil
	}
	link, err := t.Hub.MediaLink(ctx, p.media)
	if err != nil {
		return nil, err
	}
	address := link.URL
	if !p.full && link.Thumb != "" {
		address = link.Thumb
	}
	data, err := t.Hub.Fetch(ctx, address, limit)
	if err != nil {
		return nil, err
	}
	return t.media.put(p, data), nil
}

// playVoice plays a recording and ends the one before it.
func (t *Till) playVoice(e desk.PlayVoice) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.session
	if s == nil {
		return
	}
	if s.voice != nil {
		s.voice()
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.voice = cancel
	t.running.Go(func() {
		defer cancel()
		err := t.hear(ctx, e.Media)
		if ctx.Err() != nil {
			return // stopped: whoever stopped it knows
		}
		if err != nil {
			t.Log.Info("recording not played", "media", e.Media, "error", err)
		}
		t.Post(desk.ChatPlayed{Media: e.Media, Problem: soundless(err)})
	})
}

// hear fetches a recording and plays it to its end.
func (t *Till) hear(ctx context.Context, media id.Media) error {
	if t.Speaker == nil {
		return ErrNoProgram
	}
	asking, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	voice, err := t.fetch(asking, piece{media, true}, wire.MaxVoiceBytes)
	if err != nil {
		return fmt.Errorf("fetching it: %w", err)
	}
	wav, err := toWAV(voice.Data)
	if err != nil {
		return err
	}
	t.Post(desk.ChatPlaying{Media: media})
	return t.Speaker.Speak(ctx, wav)
}

func (t *Till) stopVoice() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.session; s != nil && s.voice != nil {
		s.voice()
		s.voice = nil
	}
}

// soundless is what the screen says of a sound that was not made or heard.
func soundless(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrNoProgram):
		return desk.SoundlessNoProgram
	}
	return "failed"
}

// taping is the microphone at work.
type taping struct {
	stop   context.CancelFunc
	wanted bool // guarded by the till's lock
}

// startRecording works the microphone until it is stopped, the recording is as
// long as it may be, or the session ends.
func (t *Till) startRecording(e desk.StartRecording) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.session
	if s == nil {
		return
	}
	if s.taping != nil {
		s.taping.stop()
	}
	ctx, cancel := context.WithCancel(s.ctx)
	tape := &taping{stop: cancel, wanted: true}
	s.taping = tape
	t.running.Go(func() {
		defer cancel()
		wav, err := t.tape(ctx)
		t.mu.Lock()
		wanted := tape.wanted && s.ctx.Err() == nil
		if s.taping == tape {
			s.taping = nil
		}
		t.mu.Unlock()
		if !wanted {
			return
		}
		if err != nil {
			t.Log.Info("nothing recorded", "error", err)
		}
		t.Post(desk.ChatRecorded{Number: e.Number, Data: wav, Problem: soundless(err)})
	})
}

func (t *Till) tape(ctx context.Context) ([]byte, error) {
	if t.Microphone == nil {
		return nil, ErrNoProgram
	}
	return t.Microphone.Record(ctx)
}

// stopRecording ends a recording; what was recorded is kept or thrown away.
func (t *Till) stopRecording(e desk.StopRecording) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.session; s != nil && s.taping != nil {
		s.taping.wanted = e.Keep
		s.taping.stop()
	}
}
