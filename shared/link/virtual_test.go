package link

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestSilenceOfFiveSecondsIsALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHub()
		h.beat = time.Second
		h.script = func(ctx context.Context, c *websocket.Conn, at []wire.Position) {
			// A minute of beats, then nothing.
			minute, cancel := context.WithTimeout(ctx, 60*time.Second+time.Millisecond)
			defer cancel()
			h.follow(minute, c, at)
			<-ctx.Done()
		}
		_, told, end := startVirtual(t, h, newPipes(), LiveOptions{})
		defer end()
		<-told.connected
		began := time.Now()
		if err := <-told.lost; !errors.Is(err, ErrSilent) {
			t.Errorf("got %v", err)
		}
		if after := time.Since(began); after != 65*time.Second {
			t.Errorf("lost after %v, want 5 s after the last beat", after)
		}
		if <-told.connected; time.Since(began) != 65*time.Second+firstRetry {
			t.Errorf("back after %v", time.Since(began))
		}
	})
}

func TestNoWelcomeIsALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHub()
		h.welcome = func(c *websocket.Conn, _ wire.Hello) bool {
			<-c.CloseRead(context.Background()).Done()
			return true
		}
		_, told, end := startVirtual(t, h, newPipes(), LiveOptions{Silence: 3 * time.Second})
		defer end()
		began := time.Now()
		if err := <-told.lost; !errors.Is(err, ErrSilent) || time.Since(began) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// A handler at work is not a silent hub.
func TestASlowHandlerIsNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHub()
		epoch := id.New[id.Epoch](testIDs)
		h.script = func(ctx context.Context, c *websocket.Conn, _ []wire.Position) {
			send(c, snapshot(epoch, 1))
			<-time.After(time.Minute)
			send(c, event(2))
			<-ctx.Done()
		}
		told, slow := newTape(), make(chan struct{})
		told.onFrame = func(f wire.Frame) {
			if f.Seq == 1 {
				<-time.After(time.Minute - time.Second)
				return
			}
			close(slow)
		}
		_, _, end := startVirtual(t, h, newPipes(), LiveOptions{Handler: told})
		defer end()
		<-slow
		if len(told.lost) != 0 {
			t.Errorf("lost: %v", <-told.lost)
		}
	})
}

func TestAHubThatRefusesIsLeftAloneLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHub()
		h.refuse = func(w http.ResponseWriter, n int) bool {
			if n <= 8 {
				answer(w, http.StatusServiceUnavailable, wire.NewProblem(wire.ProblemStorage, ""))
			}
			return n <= 8
		}
		_, told, end := startVirtual(t, h, newPipes(), LiveOptions{})
		defer end()
		last := time.Now()
		for i, want := range []time.Duration{0, 250, 500, 1000, 2000, 4000, 5000, 5000} {
			<-told.lost
			if waited := time.Since(last); waited != want*time.Millisecond {
				t.Errorf("try %d came after %v, want %v ms", i+1, waited, int64(want))
			}
			last = time.Now()
		}
		<-told.connected
	})
}

// However long the network was away, tries come often enough to be back
// within a second of its return.
func TestC016AHubOutOfReachIsTriedEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		returns := time.Now().Add(10 * time.Minute)
		p.down = func() bool { return time.Now().Before(returns) }
		_, told, end := startVirtual(t, newFakeHub(), p, LiveOptions{})
		defer end()
		<-told.connected
		if late := time.Since(returns); late > time.Second {
			t.Errorf("back %v after the network", late)
		}
		tries := len(told.lost)
		if least := int(10 * time.Minute / time.Second); tries < least || tries > 2*least {
			t.Errorf("%d tries in ten minutes", tries)
		}
	})
}

// The same where packets vanish: a dial started before the return is given up
// soon, except now and then for the sake of very slow lines.
func TestADialIntoNothingIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		began := time.Now()
		_ = p.Close() // nobody accepts: dials hang
		told := newTape()
		c, err := New(Options{BaseURL: "http://127.0.0.1", Now: time.Now, Random: chance{}, Dial: p.dial})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Live(LiveOptions{Handler: told}).Run(ctx) }()
		for i, want := range []time.Duration{900, 1800, 2700, 7700, 8600} {
			<-told.lost
			if after := time.Since(began); after != want*time.Millisecond {
				t.Errorf("dial %d was given up after %v, want %d ms", i+1, after, int64(want))
			}
		}
		cancel()
		<-ended
	})
}

func TestAPeerThatDoesNotReadIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newFakeHub()
		stuck := make(chan struct{})
		h.welcome = func(c *websocket.Conn, _ wire.Hello) bool {
			send(c, wire.Frame{K: wire.KindWelcome, D: wire.Body(wire.Welcome{V: wire.Version})})
			<-stuck // reads nothing
			return true
		}
		live, told, end := startVirtual(t, h, newPipes(), LiveOptions{Silence: time.Minute})
		defer end()
		defer close(stuck)
		<-told.connected
		began := time.Now()
		var err error
		for range 100 { // what fits in buffers may be taken
			if err = live.Send(wire.Frame{K: wire.KindStatus, D: wire.Body(wire.Status{})}); err != nil {
				break
			}
		}
		if !errors.Is(err, ErrNotConnected) || time.Since(began) != sendTimeout {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		<-told.lost
	})
}
