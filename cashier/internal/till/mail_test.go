package till

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// chatHub takes messages as it is told and remembers them.
type chatHub struct {
	Hub
	mu      sync.Mutex
	say     func(try int, m wire.SendRequest) error
	upload  func(try int) error
	said    []wire.SendRequest // every try
	uploads int
	reads   []uint64
	hold    chan struct{} // a read mark waits for it
	staff   string
	during  func()
}

func (h *chatHub) Login(context.Context, wire.LoginRequest) (wire.Session, error) {
	return wire.Session{Number: h.staff, Role: wire.RoleAgent, Station: id.New[id.Station](testIDs(9))}, nil
}

func (h *chatHub) Logout(context.Context) error { return nil }

func (h *chatHub) Say(ctx context.Context, t id.Thread, m wire.SendRequest) (wire.Message, error) {
	if h.during != nil {
		h.during()
	}
	h.mu.Lock()
	h.said = append(h.said, m)
	try := len(h.said)
	h.mu.Unlock()
	if h.say != nil {
		if err := h.say(try, m); err != nil {
			return wire.Message{}, err
		}
	}
	return wire.Message{ID: m.ID, Thread: t, Kind: m.Kind, N: uint64(try)}, ctx.Err()
}

func (h *chatHub) Upload(context.Context, id.Thread, string, []byte) (wire.Media, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.uploads++
	if h.upload != nil {
		if err := h.upload(h.uploads); err != nil {
			return wire.Media{}, err
		}
	}
	return wire.Media{ID: id.New[id.Media](testIDs(byte(h.uploads))), Kind: wire.MediaPicture}, nil
}

func (h *chatHub) ReadUpTo(ctx context.Context, _ id.Thread, r wire.ReadRequest) (wire.Thread, error) {
	h.mu.Lock()
	h.reads = append(h.reads, r.N)
	h.mu.Unlock()
	select {
	case <-h.hold:
	case <-ctx.Done():
	}
	return wire.Thread{}, ctx.Err()
}

// texts lists the texts of every try.
func (h *chatHub) texts() (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.said {
		out = append(out, m.Text)
	}
	return out
}

// letter is a message of an agent, with something to upload if data is given.
func letter(ids *id.Maker, thread id.Thread, text string, data []byte) desk.Command {
	m := id.New[id.Message](ids)
	c := desk.Command{
		Key: id.Command(m), Kind: desk.CommandSay, Thread: thread, Staff: "4001", At: time.Now(),
		Say: &wire.SendRequest{ID: m, Kind: wire.MessageText, Text: text},
	}
	if data != nil {
		c.Say.Kind, c.Upload = wire.MessagePicture, &desk.Upload{Name: "a.jpg", Data: data}
	}
	return c
}

// events lists the till's events of a type.
func events[E desk.Event](r *rig) (out []E) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e, ok := e.(E); ok {
			out = append(out, e)
		}
	}
	return out
}

// mailbox runs a till in a bubble, on a store at path.
func mailbox(t *testing.T, path string, hub *chatHub, play func(*rig)) {
	t.Helper()
	if hub.staff == "" {
		hub.staff = "4001"
	}
	store := openStore(t, path)
	r := newRig(t, hub, store)
	r.signIn()
	play(r)
	r.Close()
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

func TestS055MessageIsOnTheDiskBeforeItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &chatHub{}
		mailbox(t, filepath.Join(t.TempDir(), "till.db"), hub, func(r *rig) {
			var saved []desk.Command
			hub.during = func() { saved, _ = r.Store.Messages() }
			c := letter(r.IDs, id.New[id.Thread](r.IDs), "您好", nil)
			r.Do(desk.Send{Command: c})
			synctest.Wait()
			if len(saved) != 1 || saved[0].Say.ID != c.Say.ID || saved[0].Say.Text != "您好" {
				t.Errorf("while the hub took it, the disk held %+v", saved)
			}
			left, err := r.Store.Messages()
			if err != nil || len(left) != 0 {
				t.Errorf("after the answer: %v, %v", left, err)
			}
			got := events[desk.Answered](r)
			if len(got) != 1 || got[0].Message == nil || got[0].Message.ID != c.Say.ID || count[desk.Sent](r) != 1 {
				t.Errorf("answered %+v", got)
			}
		})
	})
}

func TestMessagesOfOneConversationGoOutInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &chatHub{say: func(try int, _ wire.SendRequest) error {
			if try < 4 {
				return errLine
			}
			return nil
		}}
		mailbox(t, filepath.Join(t.TempDir(), "till.db"), hub, func(r *rig) {
			thread := id.New[id.Thread](r.IDs)
			for i := range 5 {
				r.Do(desk.Send{Command: letter(r.IDs, thread, fmt.Sprint(i), nil)})
			}
			pass(time.Minute)
			synctest.Wait()
			if got := hub.texts(); !slices.Equal(got, []string{"0", "0", "0", "0", "1", "2", "3", "4"}) {
				t.Errorf("the hub was told %v", got)
			}
			if count[desk.Answered](r) != 5 || count[desk.Unknown](r) != 3 {
				t.Errorf("%d answers, %d times unknown", count[desk.Answered](r), count[desk.Unknown](r))
			}
		})
	})
}

func TestOneConversationDoesNotHoldUpAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &chatHub{say: func(_ int, m wire.SendRequest) error {
			if m.Text == "stuck" {
				return errLine
			}
			return nil
		}}
		mailbox(t, filepath.Join(t.TempDir(), "till.db"), hub, func(r *rig) {
			r.Do(desk.Send{Command: letter(r.IDs, id.New[id.Thread](r.IDs), "stuck", nil)})
			r.Do(desk.Send{Command: letter(r.IDs, id.New[id.Thread](r.IDs), "free", nil)})
			synctest.Wait()
			if count[desk.Answered](r) != 1 {
				t.Errorf("%d delivered", count[desk.Answered](r))
			}
		})
	})
}

func TestMessagesAreSentAgainAfterACrashWithTheSameIDsAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "till.db")
		dead := &chatHub{say: func(int, wire.SendRequest) error { return errLine }}
		var want []id.Message
		picture := []byte("\xff\xd8\xff picture")
		mailbox(t, path, dead, func(r *rig) {
			thread := id.New[id.Thread](r.IDs)
			for i, data := range [][]byte{nil, picture, nil} {
				c := letter(r.IDs, thread, fmt.Sprint(i), data)
				want = append(want, c.Say.ID)
				r.Do(desk.Send{Command: c})
			}
			pass(10 * time.Second)
		})
		pass(time.Hour) // the till is off
		alive := &chatHub{}
		mailbox(t, path, alive, func(r *rig) {
			synctest.Wait()
			var got []id.Message
			for _, m := range alive.said {
				got = append(got, m.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("sent %v, want %v", got, want)
			}
			sent := events[desk.Sent](r)
			if len(sent) != 3 || string(sent[1].Command.Upload.Data) != string(picture) {
				t.Errorf("the screen was told %+v", sent)
			}
			left, err := r.Store.Messages()
			if alive.uploads != 1 || len(left) != 0 || err != nil {
				t.Errorf("%d uploads, %d left, %v", alive.uploads, len(left), err)
			}
		})
	})
}

func TestSomebodyElsesMessagesWaitForThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "till.db")
		mailbox(t, path, &chatHub{say: func(int, wire.SendRequest) error { return errLine }}, func(r *rig) {
			r.Do(desk.Send{Command: letter(r.IDs, id.New[id.Thread](r.IDs), "mine", nil)})
			synctest.Wait()
		})
		other := &chatHub{staff: "4002"}
		mailbox(t, path, other, func(r *rig) {
			synctest.Wait()
			if len(other.said) != 0 || count[desk.Sent](r) != 0 {
				t.Errorf("sent in another's name: %+v", other.said)
			}
		})
		mine := &chatHub{}
		mailbox(t, path, mine, func(*rig) {
			synctest.Wait()
			if len(mine.said) != 1 {
				t.Errorf("said %+v", mine.said)
			}
		})
	})
}

func TestMessageThatIsTooOldIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "till.db")
		hub := &chatHub{say: func(int, wire.SendRequest) error { return errLine }}
		mailbox(t, path, hub, func(r *rig) {
			r.Do(desk.Send{Command: letter(r.IDs, id.New[id.Thread](r.IDs), "old", nil)})
			synctest.Wait()
		})
		pass(25 * time.Hour)
		later := &chatHub{}
		mailbox(t, path, later, func(r *rig) {
			synctest.Wait()
			left, err := r.Store.Messages()
			if len(later.said) != 0 || count[desk.GivenUp](r) != 1 || len(left) != 0 || err != nil {
				t.Errorf("said %v, %d given up, %d left, %v", later.said, count[desk.GivenUp](r), len(left), err)
			}
		})
	})
}

func TestRefusalsDecideWhatBecomesOfAMessage(t *testing.T) {
	for name, c := range map[string]struct {
		problem              wire.ProblemType
		kept, refused, ended int
		next                 int
	}{
		"a word that may not be said": {wire.ProblemContentRefused, 0, 1, 0, 1},
		"closed":                      {wire.ProblemThreadClosed, 0, 1, 0, 1},
		"too fast":                    {wire.ProblemTooMany, 2, 0, 0, 0},
		"nobody is signed in":         {wire.ProblemUnauthorized, 2, 0, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hub := &chatHub{say: func(_ int, m wire.SendRequest) error {
					if m.Text == "first" {
						return wire.NewProblem(c.problem, "")
					}
					return nil
				}}
				mailbox(t, filepath.Join(t.TempDir(), "till.db"), hub, func(r *rig) {
					thread := id.New[id.Thread](r.IDs)
					r.Do(desk.Send{Command: letter(r.IDs, thread, "first", nil)})
					r.Do(desk.Send{Command: letter(r.IDs, thread, "second", nil)})
					pass(20 * time.Second)
					synctest.Wait()
					left, err := r.Store.Messages()
					got := [4]int{len(left), count[desk.Refused](r), count[desk.SessionEnded](r), count[desk.Answered](r)}
					if err != nil || got != [4]int{c.kept, c.refused, c.ended, c.next} {
						t.Errorf("kept, refused, ended, answered: %v, %v", got, err)
					}
				})
			})
		})
	}
}

func TestPictureThatTheHubLostIsUploadedAgainWhenSentOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &chatHub{say: func(try int, _ wire.SendRequest) error {
			if try == 1 {
				return wire.NewProblem(wire.ProblemMediaGone, "")
			}
			return nil
		}}
		mailbox(t, filepath.Join(t.TempDir(), "till.db"), hub, func(r *rig) {
			r.Do(desk.Send{Command: letter(r.IDs, id.New[id.Thread](r.IDs), "", []byte("data"))})
			synctest.Wait()
			refused := events[desk.Refused](r)
			if len(refused) != 1 {
				t.Fatalf("%+v", refused)
			}
			r.Do(desk.Send{Command: refused[0].Command})
			synctest.Wait()
			if hub.uploads != 2 || count[desk.Answered](r) != 1 || hub.said[0].ID != hub.said[1].ID || hub.said[0].Media == hub.said[1].Media {
				t.Errorf("%d uploads, said %+v", hub.uploads, hub.said)
			}
		})
	})
}

func TestReadMarksThatWaitBecomeOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &chatHub{hold: make(chan struct{})}
		mailbox(t, filepath.Join(t.TempDir(), "till.db"), hub, func(r *rig) {
			thread := id.New[id.Thread](r.IDs)
			for n := uint64(1); n <= 9; n++ {
				r.Do(desk.MarkRead{Thread: thread, N: n})
				synctest.Wait()
			}
			close(hub.hold)
			synctest.Wait()
			if !slices.Equal(hub.reads, []uint64{1, 9}) {
				t.Errorf("told %v", hub.reads)
			}
		})
	})
}

func TestMessageThatCannotBeSavedIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &chatHub{say: func(int, wire.SendRequest) error { return errLine }}
		mailbox(t, filepath.Join(t.TempDir(), "till.db"), hub, func(r *rig) {
			thread := id.New[id.Thread](r.IDs)
			for range maxUploads + 1 {
				r.Do(desk.Send{Command: letter(r.IDs, thread, "", []byte("x"))})
			}
			synctest.Wait()
			if count[desk.GivenUp](r) != 1 || count[desk.Sent](r) != maxUploads {
				t.Errorf("%d given up, %d sent", count[desk.GivenUp](r), count[desk.Sent](r))
			}
		})
	})
}
