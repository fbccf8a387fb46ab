package till

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"

	"pgregory.net/rapid"
)

// mediaHub serves pictures and recordings.
type mediaHub struct {
	chatHub
	links   []id.Media
	fetched []string
	serve   func(url string) ([]byte, error)
}

func (h *mediaHub) MediaLink(_ context.Context, m id.Media) (wire.MediaLink, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.links = append(h.links, m)
	return wire.MediaLink{URL: "/full/" + m.String(), Thumb: "/thumb/" + m.String()}, nil
}

func (h *mediaHub) Fetch(_ context.Context, url string, _ int64) ([]byte, error) {
	h.mu.Lock()
	h.fetched = append(h.fetched, url)
	h.mu.Unlock()
	return h.serve(url)
}

// played is a speaker that takes its time.
type played struct {
	mu    sync.Mutex
	heard [][]byte
	takes time.Duration
}

func (p *played) Speak(ctx context.Context, wav []byte) error {
	p.mu.Lock()
	p.heard = append(p.heard, wav)
	p.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(p.takes):
		return nil
	}
}

// gallery runs a till with pictures in a bubble.
func gallery(t *testing.T, hub *mediaHub, play func(*rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		hub.staff = "4001"
		store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
		r := newRig(t, hub, store)
		r.signIn()
		play(r)
		r.Close()
		store.Close()
	})
}

func TestPicturesAreFetchedOnceAndKept(t *testing.T) {
	hub := &mediaHub{serve: func(url string) ([]byte, error) { return []byte(url), nil }}
	gallery(t, hub, func(r *rig) {
		m := id.New[id.Media](r.IDs)
		for range 2 {
			r.Do(desk.FetchImage{Media: m})
			synctest.Wait()
			r.Do(desk.FetchImage{Media: m, Full: true})
			synctest.Wait()
		}
		got := events[desk.ChatImageLoaded](r)
		if len(got) != 4 || len(hub.fetched) != 2 || got[0].Image != got[2].Image || got[1].Image != got[3].Image {
			t.Errorf("%d answers from %v", len(got), hub.fetched)
		}
		if !strings.HasPrefix(string(got[0].Image.Data), "/thumb/") || !strings.HasPrefix(string(got[1].Image.Data), "/full/") {
			t.Errorf("%s, %s", got[0].Image.Data, got[1].Image.Data)
		}
	})
}

func TestPictureThatCannotBeFetchedSaysWhy(t *testing.T) {
	answers := map[string]error{"gone": wire.NewProblem(wire.ProblemMediaGone, ""), "no answer": errLine}
	for name, err := range answers {
		t.Run(name, func(t *testing.T) {
			gallery(t, &mediaHub{serve: func(string) ([]byte, error) { return nil, err }}, func(r *rig) {
				r.Do(desk.FetchImage{Media: id.New[id.Media](r.IDs)})
				synctest.Wait()
				if got := events[desk.ChatImageLoaded](r); len(got) != 1 || got[0].Image != nil || got[0].Problem == nil {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

func TestFewPicturesAtATime(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	hub := &mediaHub{serve: func(string) ([]byte, error) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		pass(time.Second)
		mu.Lock()
		now--
		mu.Unlock()
		return []byte("x"), nil
	}}
	gallery(t, hub, func(r *rig) {
		for range 20 {
			r.Do(desk.FetchImage{Media: id.New[id.Media](r.IDs)})
		}
		pass(time.Minute)
		synctest.Wait()
		if most != maxImagesAtOnce || count[desk.ChatImageLoaded](r) != 20 {
			t.Errorf("%d at once, %d loaded", most, count[desk.ChatImageLoaded](r))
		}
	})
}

func TestRecordingIsPlayedToItsEndOrStopped(t *testing.T) {
	wav := wavOf(make([]byte, 3200), voiceRate, 1)
	hub := &mediaHub{serve: func(string) ([]byte, error) { return wav, nil }}
	gallery(t, hub, func(r *rig) {
		loud := &played{takes: 3 * time.Second}
		r.Speaker = loud
		first, second := id.New[id.Media](r.IDs), id.New[id.Media](r.IDs)
		r.Do(desk.PlayVoice{Media: first})
		pass(time.Second)
		r.Do(desk.PlayVoice{Media: second}) // ends the first
		pass(10 * time.Second)
		synctest.Wait()
		ends := events[desk.ChatPlayed](r)
		if len(ends) != 1 || ends[0] != (desk.ChatPlayed{Media: second}) || count[desk.ChatPlaying](r) != 2 {
			t.Errorf("%+v", ends)
		}
		r.Do(desk.PlayVoice{Media: first})
		pass(time.Second)
		r.Do(desk.StopVoice{})
		synctest.Wait()
		if count[desk.ChatPlayed](r) != 1 || len(hub.fetched) != 2 {
			t.Errorf("%d ends, fetched %v", count[desk.ChatPlayed](r), hub.fetched)
		}
		r.Speaker = nil
		r.Do(desk.PlayVoice{Media: first})
		synctest.Wait()
		if ends := events[desk.ChatPlayed](r); ends[len(ends)-1].Problem != desk.SoundlessNoProgram {
			t.Errorf("without a program: %+v", ends)
		}
	})
}

// tone is a microphone that hears for as long as it is held.
type tone struct{ err error }

func (m tone) Record(ctx context.Context) ([]byte, error) {
	<-ctx.Done()
	return []byte("RIFF"), m.err
}

func TestMicrophoneIsStoppedAndItsRecordingKeptOrNot(t *testing.T) {
	gallery(t, &mediaHub{}, func(r *rig) {
		r.Do(desk.StartRecording{Number: 1})
		synctest.Wait()
		r.Microphone = tone{}
		r.Do(desk.StartRecording{Number: 2})
		r.Do(desk.StopRecording{})
		synctest.Wait()
		r.Do(desk.StartRecording{Number: 3})
		r.Do(desk.StopRecording{Keep: true})
		synctest.Wait()
		r.Microphone = tone{err: errors.New("unplugged")}
		r.Do(desk.StartRecording{Number: 4})
		r.Do(desk.StopRecording{Keep: true})
		synctest.Wait()
		r.Do(desk.StartRecording{Number: 5}) // and the till is closed
		var got []string
		for _, e := range events[desk.ChatRecorded](r) {
			got = append(got, fmt.Sprintf("%d %s %q", e.Number, e.Data, e.Problem))
		}
		want := []string{`1  "no program"`, `3 RIFF ""`, `4 RIFF "failed"`}
		if strings.Join(got, ";") != strings.Join(want, ";") {
			t.Errorf("%q", got)
		}
	})
}

func TestCacheIsBoundedAndKeepsWhatWasUsedLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const limit = 50
		c := newCache(limit)
		var order []byte // the least used first
		sizes := map[byte]int{}
		touch := func(n byte) { order = append(bytes.ReplaceAll(order, []byte{n}, nil), n) }
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			n := byte(rapid.IntRange(1, 9).Draw(t, "piece"))
			p := piece{media: id.Media{n}}
			image, ok := c.get(p)
			if _, held := sizes[n]; ok != held {
				t.Fatalf("%d is kept: %v, want %v", n, ok, held)
			}
			if ok {
				touch(n)
				if again := c.put(p, nil); again != image {
					t.Fatal("another pointer for the same piece")
				}
				continue
			}
			size := rapid.IntRange(1, limit+10).Draw(t, "size")
			c.put(p, make([]byte, size))
			if size > limit {
				continue
			}
			sizes[n] = size
			touch(n)
			total := 0
			for _, s := range sizes {
				total += s
			}
			for ; total > limit; order = order[1:] {
				total -= sizes[order[0]]
				delete(sizes, order[0])
			}
			if c.size != total || c.size > limit {
				t.Fatalf("%d bytes, want %d", c.size, total)
			}
		}
	})
}

// joiner remembers what the socket was asked.
type joiner struct {
	still
	mu    sync.Mutex
	asked []string
	full  error
}

func (j *joiner) note(what string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked = append(j.asked, what)
}
func (j *joiner) Join(ch wire.Channel) error { j.note("join " + string(ch)); return j.full }
func (j *joiner) Leave(ch wire.Channel)      { j.note("leave " + string(ch)) }
func (j *joiner) Typing(t id.Thread)         { j.note("typing " + t.String()) }

func TestChannelsFollowTheRoleAndTheScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &chatHub{staff: "4001"}
		store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
		defer store.Close()
		r := newRig(t, hub, store)
		line := &joiner{}
		var opened link.LiveOptions
		r.Stream = func(o link.LiveOptions) Stream { opened = o; return line }
		r.signIn()
		if len(opened.Channels) != 3 || !strings.HasPrefix(string(opened.Channels[2]), "support/") {
			t.Errorf("an agent follows %v", opened.Channels)
		}
		thread := id.New[id.Thread](r.IDs)
		r.Do(desk.Follow{Channel: wire.Chat(thread)})
		r.Do(desk.SayTyping{Thread: thread})
		r.Do(desk.Unfollow{Channel: wire.Chat(thread)})
		line.full = link.ErrTooMany
		r.Do(desk.Follow{Channel: wire.Chat(thread)})
		name := thread.String()
		if want := []string{"join chat/" + name, "typing " + name, "leave chat/" + name, "join chat/" + name}; strings.Join(line.asked, ";") != strings.Join(want, ";") {
			t.Errorf("%v", line.asked)
		}
		refused := wire.NewProblem(wire.ProblemNotYourThread, "")
		opened.Handler.Frame(wire.Frame{K: wire.KindRefused, Ch: wire.Chat(thread), D: wire.Body(refused)})
		got := events[desk.ChannelRefused](r)
		if len(got) != 2 || got[1].Problem.Type != wire.ProblemNotYourThread || count[desk.Arrived](r) != 0 {
			t.Errorf("%+v", got)
		}
		if got := channels(wire.Session{Role: wire.RoleCashier}); len(got) != 2 {
			t.Errorf("a cashier follows %v", got)
		}
		r.Close()
	})
}
