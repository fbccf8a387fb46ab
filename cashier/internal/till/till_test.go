package till

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// fakeHub answers as it is told and remembers what it was asked.
type fakeHub struct {
	Hub
	mu     sync.Mutex
	answer func(try int) error // for commands
	keys   []id.Command
	holds  []wire.Hold
	during func() // while a command is being answered
	sale   wire.Sale
}

var errLine = errors.New("connection reset by peer")

func (h *fakeHub) take(ctx context.Context, key id.Command) error {
	h.mu.Lock()
	h.keys = append(h.keys, key)
	try := len(h.keys)
	h.mu.Unlock()
	if h.during != nil {
		h.during()
	}
	if err := h.answer(try); err != nil {
		return err
	}
	return ctx.Err()
}

func (h *fakeHub) Login(context.Context, wire.LoginRequest) (wire.Session, error) {
	return wire.Session{Number: "2001", Role: wire.RoleCashier}, nil
}

func (h *fakeHub) Logout(context.Context) error { return nil }

func (h *fakeHub) Pay(ctx context.Context, key id.Command, sale id.Sale, _ wire.PayRequest) (wire.Sale, error) {
	return wire.Sale{ID: sale, State: wire.SalePaid}, h.take(ctx, key)
}

func (h *fakeHub) SetHold(ctx context.Context, key id.Command, _ int, r wire.HoldRequest) (wire.Done, error) {
	h.mu.Lock()
	h.holds = append(h.holds, r.Hold)
	h.mu.Unlock()
	return wire.Done{}, h.take(ctx, key)
}

func (h *fakeHub) Sale(context.Context, id.Sale) (wire.Sale, error) { return h.sale, nil }

// still is a live socket on which nothing happens.
type still struct{}

func (still) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
func (still) Resync(wire.Channel)           {}
func (still) Join(wire.Channel) error       { return nil }
func (still) Leave(wire.Channel)            {}
func (still) Typing(id.Thread)              {}

// rig is a till with a fake hub, on a store that can outlive it.
type rig struct {
	*Till
	mu     sync.Mutex
	events []desk.Event
}

func newRig(t *testing.T, hub Hub, store *Store) *rig {
	t.Helper()
	r := &rig{}
	chance := rand.NewChaCha8([32]byte{1})
	r.Till = New(Options{
		Hub: hub, Stream: func(link.LiveOptions) Stream { return still{} }, Store: store,
		IDs: id.NewMaker(time.Now, chance), Now: time.Now, Random: chance, Player: Silent{},
		Log: slog.New(slog.DiscardHandler), Events: slog.New(slog.DiscardHandler),
		Post: func(e desk.Event) { r.mu.Lock(); defer r.mu.Unlock(); r.events = append(r.events, e) },
	})
	return r
}

// signIn signs in and waits until it is quiet; it only works in a bubble.
func (r *rig) signIn() {
	r.Do(desk.Login{Number: "2001", Password: "x"})
	synctest.Wait()
}

// count counts the events of a type.
func count[E desk.Event](r *rig) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if _, ok := e.(E); ok {
			n++
		}
	}
	return n
}

func openStore(t *testing.T, path string) *Store {
	t.Helper()
	s, err := OpenStore(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func payment(ids *id.Maker) desk.Command {
	return desk.Command{
		Kind: desk.CommandPay, Sale: id.New[id.Sale](ids), Staff: "2001",
		Pay: &wire.PayRequest{Tender: wire.TenderCash, Due: 192_00, Tendered: 200_00},
	}
}

func TestPaymentIsOnTheDiskBeforeItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
		hub := &fakeHub{answer: func(int) error { return nil }}
		var saved []desk.Command
		hub.during = func() { saved, _ = store.Commands() }
		r := newRig(t, hub, store)
		r.signIn()
		r.Do(desk.Send{Command: payment(r.IDs)})
		synctest.Wait()
		if len(saved) != 1 || saved[0].Key != hub.keys[0] || saved[0].Pay.Tendered != 200_00 {
			t.Errorf("while the hub answered, the disk held %+v; the hub was asked with %v", saved, hub.keys)
		}
		left, err := store.Commands()
		if err != nil || len(left) != 0 || count[desk.Answered](r) != 1 {
			t.Errorf("after the answer: %v, %v, %d answers", left, err, count[desk.Answered](r))
		}
		r.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestLostAnswerIsAskedForAgainWithTheSameKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
		hub := &fakeHub{answer: func(try int) error {
			if try < 6 {
				return errLine
			}
			return nil
		}}
		r := newRig(t, hub, store)
		r.signIn()
		r.Do(desk.Send{Command: payment(r.IDs)})
		pass(time.Minute)
		synctest.Wait()
		if len(hub.keys) != 6 || count[desk.Answered](r) != 1 || count[desk.Unknown](r) < 5 {
			t.Fatalf("%d sends, %d answers, %d times unknown", len(hub.keys), count[desk.Answered](r), count[desk.Unknown](r))
		}
		for _, key := range hub.keys {
			if key != hub.keys[0] {
				t.Errorf("asked with another key: %s and %s", key, hub.keys[0])
			}
		}
		r.Close()
		store.Close()
	})
}

func TestPaymentIsAskedForAgainAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "till.db")
		store := openStore(t, path)
		dead := &fakeHub{answer: func(int) error { return errLine }}
		first := newRig(t, dead, store)
		first.signIn()
		first.Do(desk.Send{Command: payment(first.IDs)})
		synctest.Wait()
		first.Close() // as a crash leaves it: nothing but the store
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}

		store = openStore(t, path)
		alive := &fakeHub{answer: func(int) error { return nil }}
		second := newRig(t, alive, store)
		if len(alive.keys) != 0 {
			t.Error("sent before anybody signed in")
		}
		second.signIn()
		if len(alive.keys) != 1 || alive.keys[0] != dead.keys[0] {
			t.Errorf("asked with %v, before the crash with %v", alive.keys, dead.keys)
		}
		if count[desk.Sent](second) != 1 || count[desk.Answered](second) != 1 {
			t.Errorf("events: %+v", second.events)
		}
		second.Close()
		store.Close()
	})
}

func TestAnswersDecideWhatBecomesOfASavedCommand(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		kept    int
		refused int
		ended   int
	}{
		"refused for good":       {wire.NewProblem(wire.ProblemAmountChanged, ""), 0, 1, 0},
		"storage away":           {wire.NewProblem(wire.ProblemStorage, ""), 1, 0, 0},
		"no answer":              {errLine, 1, 0, 0},
		"session no longer good": {wire.NewProblem(wire.ProblemUnauthorized, ""), 1, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
				hub := &fakeHub{answer: func(int) error { return c.err }}
				r := newRig(t, hub, store)
				r.signIn()
				r.Do(desk.Send{Command: payment(r.IDs)})
				pass(30 * time.Second)
				synctest.Wait()
				left, err := store.Commands()
				if err != nil || len(left) != c.kept || count[desk.Refused](r) != c.refused || count[desk.SessionEnded](r) != c.ended {
					t.Errorf("kept %d, refused %d, session ended %d, want %+v", len(left), count[desk.Refused](r), count[desk.SessionEnded](r), c)
				}
				r.Close()
				store.Close()
			})
		})
	}
}

func TestSlowAnswerIsSaidToBeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
		hub := &fakeHub{answer: func(int) error { return nil }, during: func() { pass(unknownAfter + time.Second) }}
		r := newRig(t, hub, store)
		r.signIn()
		r.Do(desk.Send{Command: payment(r.IDs)})
		pass(unknownAfter + 100*time.Millisecond)
		synctest.Wait()
		if count[desk.Unknown](r) != 1 || len(hub.keys) != 1 {
			t.Errorf("%d times unknown, %d sends: the screen must say so, and the same send goes on", count[desk.Unknown](r), len(hub.keys))
		}
		pass(time.Second)
		synctest.Wait()
		if count[desk.Answered](r) != 1 {
			t.Error("the answer was not taken")
		}
		r.Close()
		store.Close()
	})
}

func TestHandOnAPumpIsGivenUpAndNeverKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
		hub := &fakeHub{answer: func(int) error { return errLine }}
		r := newRig(t, hub, store)
		r.signIn()
		r.Do(desk.Send{Command: desk.Command{Kind: desk.CommandHold, Nozzle: 3, Hold: &wire.HoldRequest{Hold: wire.HoldNone}}})
		synctest.Wait()
		if left, _ := store.Commands(); len(left) != 0 {
			t.Error("a release was saved; it could let fuel run long after")
		}
		pass(HandPatience + time.Second)
		synctest.Wait()
		tries := len(hub.keys)
		pass(time.Hour)
		if count[desk.GivenUp](r) != 1 || tries < 2 || len(hub.keys) != tries {
			t.Errorf("given up %d times after %d sends, %d later", count[desk.GivenUp](r), tries, len(hub.keys)-tries)
		}
		r.Close()
		store.Close()
	})
}

func TestLaterHandEndsTheEarlierOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
		hub := &fakeHub{answer: func(int) error { return errLine }}
		r := newRig(t, hub, store)
		r.signIn()
		hold := func(h wire.Hold) {
			r.Do(desk.Send{Command: desk.Command{Kind: desk.CommandHold, Nozzle: 3, Hold: &wire.HoldRequest{Hold: h}}})
			pass(2 * time.Second)
		}
		hold(wire.HoldNone)
		hold(wire.HoldStop)
		hub.mu.Lock()
		first := 0
		for i, h := range hub.holds {
			if h == wire.HoldStop && first == 0 {
				first = i
			}
			if first > 0 && h == wire.HoldNone {
				t.Error("a release was sent after the stop")
			}
		}
		hub.mu.Unlock()
		r.Close()
		store.Close()
	})
}

func TestSignOutStopsAskingAndKeepsWhatIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
		hub := &fakeHub{answer: func(int) error { return errLine }}
		r := newRig(t, hub, store)
		r.signIn()
		r.Do(desk.Send{Command: payment(r.IDs)})
		pass(time.Second)
		r.Do(desk.Logout{})
		synctest.Wait()
		sends := len(hub.keys)
		pass(time.Hour)
		left, _ := store.Commands()
		if len(hub.keys) != sends || len(left) != 1 {
			t.Errorf("%d more sends, %d kept", len(hub.keys)-sends, len(left))
		}
		r.Do(desk.Send{Command: payment(r.IDs)})
		synctest.Wait()
		if len(hub.keys) != sends {
			t.Error("a command was sent for nobody")
		}
		r.Close()
		store.Close()
	})
}

func TestSomebodyElsesPaymentIsAskedOfTheSaleNotSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		sale                       func(desk.Command) wire.Sale
		answered, refused, givenUp int
	}{
		"it had arrived": {func(c desk.Command) wire.Sale {
			return wire.Sale{State: wire.SalePaid, Payment: &wire.Payment{Attempt: id.Attempt(c.Key)}}
		}, 1, 0, 0},
		"paid by another": {func(desk.Command) wire.Sale {
			return wire.Sale{State: wire.SalePaid, Payment: &wire.Payment{}}
		}, 0, 1, 0},
		"it never arrived": {func(desk.Command) wire.Sale { return wire.Sale{State: wire.SaleUnpaid} }, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
				hub := &fakeHub{answer: func(int) error { return nil }}
				r := newRig(t, hub, store)
				left := payment(r.IDs)
				left.Key, left.Staff, left.At = id.New[id.Command](r.IDs), "2002", time.Now()
				hub.sale = c.sale(left)
				if err := store.Save(left); err != nil {
					t.Fatal(err)
				}
				r.signIn()
				if name == "it never arrived" && count[desk.GivenUp](r) > 0 {
					t.Error("given up while it could still arrive")
				}
				pass(arrives + time.Minute)
				synctest.Wait()
				kept, _ := store.Commands()
				if len(hub.keys) != 0 || len(kept) != 0 || count[desk.Answered](r) != c.answered ||
					count[desk.Refused](r) != c.refused || count[desk.GivenUp](r) != c.givenUp {
					t.Errorf("sent %v, kept %d, events %+v", hub.keys, len(kept), r.events)
				}
				r.Close()
				store.Close()
			})
		})
	}
}
