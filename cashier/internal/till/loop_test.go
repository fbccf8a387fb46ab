package till

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/wire"
)

// stage runs a loop in a bubble; drawn counts what was shown.
func stage(t *testing.T, play func(l *Loop, drawn func() int)) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		drawn := 0
		ui := make(chan func(), 16)
		l := NewLoop(LoopOptions{
			State: desk.New(time.Now(), time.UTC, desk.Prefs{}), Now: time.Now, Do: func(desk.Effect) {},
			OnUI: func(fn func()) { ui <- fn },
			Show: func(desk.Screen) { mu.Lock(); drawn++; mu.Unlock() },
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { l.Run(ctx) })
		running.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case fn := <-ui:
					fn()
				}
			}
		})
		play(l, func() int { mu.Lock(); defer mu.Unlock(); return drawn })
		cancel()
		running.Wait()
	})
}

func TestManyEventsAreDrawnTogether(t *testing.T) {
	stage(t, func(l *Loop, drawn func() int) {
		pass(time.Second)
		before := drawn()
		for i := range 1000 {
			l.Post(desk.Enrolment{Enrolled: true, Station: time.Duration(i).String()})
			pass(time.Millisecond)
		}
		synctest.Wait()
		if got := drawn() - before; got < 4 || got > 12 {
			t.Errorf("1000 events in a second were drawn %d times, want about five", got)
		}
	})
}

func TestNewsAfterAPauseIsDrawnAtOnceAndNothingIsDrawnTwice(t *testing.T) {
	stage(t, func(l *Loop, drawn func() int) {
		pass(DrawEvery*10 + DrawEvery/2)
		synctest.Wait()
		before := drawn()
		pass(time.Hour)
		synctest.Wait()
		if got := drawn() - before; got != 0 {
			t.Errorf("an hour of nothing was drawn %d times", got)
		}
		l.Post(desk.Enrolment{Enrolled: true, Station: "new"})
		pass(DrawEvery)
		synctest.Wait()
		if got := drawn() - before; got != 1 {
			t.Errorf("news was drawn %d times", got)
		}
	})
}

func TestEffectsAreCarriedOutInOrderOffTheScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		slow := make(chan struct{})
		l := NewLoop(LoopOptions{
			State: desk.New(time.Now(), time.UTC, desk.Prefs{}), Now: time.Now,
			Do: func(e desk.Effect) {
				<-slow
				if r, ok := e.(desk.Record); ok {
					got = append(got, r.What)
				}
			},
			OnUI: func(fn func()) { fn() }, Show: func(desk.Screen) {},
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { l.Run(ctx) })
		l.Send(desk.SignedIn{Session: wire.Session{Role: wire.RoleHead}}) // returns although the disk hangs
		l.Post(desk.Connected{})
		l.Post(desk.Lost{})
		close(slow)
		synctest.Wait()
		cancel()
		running.Wait()
		want := []string{"login ok", "connected", "connection lost"}
		if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("carried out %v, want %v", got, want)
		}
	})
}

func TestSoundIsPlayedByAProgramOrNotAtAll(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	missing := func(string) (string, error) { return "", os.ErrNotExist }
	if p := FindPlayer(missing, log); p != (Silent{}) {
		t.Errorf("without a program the player is %T", p)
	}
	heard := filepath.Join(t.TempDir(), "heard.wav")
	fake := filepath.Join(t.TempDir(), "aplay")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\ncat >'"+heard+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := FindPlayer(func(name string) (string, error) {
		if name == "aplay" {
			return fake, nil
		}
		return "", os.ErrNotExist
	}, log).(*programPlayer)
	p.Play(desk.SoundPaid)
	p.busy <- struct{}{} // wait for the end: the place is free again
	got, err := os.ReadFile(heard)
	if err != nil || string(got) != string(recordings[desk.SoundPaid]) {
		t.Errorf("the program heard %d bytes, %v", len(got), err)
	}
	for _, s := range desk.Sounds {
		if len(recordings[s]) == 0 {
			t.Errorf("no recording of %s", s)
		}
	}
}
