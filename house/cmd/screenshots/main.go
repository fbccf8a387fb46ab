// Command screenshots starts a station, opens the till's real window on a
// virtual display, works it by keyboard as a cashier would, and photographs
// it into docs/screenshots/.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/robot"
	"forecourt/shared/wire"
)

func main() {
	out := flag.String("out", "docs/screenshots", "where the pictures go")
	only := flag.String("only", "", "only the till's pages (till), the agent's (support) or the head's (office)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *out, *only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, only string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "fc-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	h, err := house.Open(ctx, house.Options{Bin: filepath.Dir(self), Dir: dir, Speed: 4, Seed: 5, Cars: true, Baud: 9600})
	if err != nil {
		return err
	}
	defer h.Close()
	watch, cancel := context.WithCancel(ctx)
	defer cancel()
	busy, err := watchBoard(watch, h)
	if err != nil {
		return err
	}
	screen, err := openScreen(ctx, dir)
	if err != nil {
		return err
	}
	defer screen.close()
	s := &session{h: h, screen: screen, out: out, board: busy}
	for _, part := range []struct {
		name string
		do   func(context.Context) error
	}{{"till", s.chinese}, {"till", s.others}, {"support", s.support}, {"office", s.office}} {
		if only != "" && only != part.name {
			continue
		}
		if err := part.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// watchBoard follows the station beside the window, to know when there is
// something to photograph.
func watchBoard(ctx context.Context, h *house.House) (*robot.Robot, error) {
	client, session, err := h.Till(ctx, "photographer")
	if err != nil {
		return nil, err
	}
	r := robot.New(client, session, h.IDs(), nil)
	go func() {
		if err := r.Follow(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "screenshots:", err)
		}
	}()
	return r, nil
}

// session photographs one thing after the other.
type session struct {
	h      *house.House
	screen *screen
	out    string
	board  *robot.Robot
}

// chinese works the window as it comes: sign in, the busy board, a payment in
// cash, and the hub lost and found.
func (s *session) chinese(ctx context.Context) error {
	w, err := s.openWindow(ctx, "zh")
	if err != nil {
		return err
	}
	defer w.close()
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"login", nil},
		{"board-busy", func(ctx context.Context) error { return s.signIn(ctx, w, true) }},
		{"cash", func(ctx context.Context) error {
			return w.keys(ctx, "F5", "F1", "5", "0", "0")
		}},
		{"cash-paid", func(ctx context.Context) error {
			if err := w.keys(ctx, "F8"); err != nil {
				return err
			}
			return w.await(ctx, "pay confirmed")
		}},
		{"disconnected", func(ctx context.Context) error {
			s.h.Hub.Kill()
			return w.await(ctx, "connection lost")
		}},
		{"connected-again", func(ctx context.Context) error {
			if err := s.h.Hub.Start(); err != nil {
				return err
			}
			return w.await(ctx, "snapshot")
		}},
	}
	for _, step := range steps {
		if step.do != nil {
			if err := step.do(ctx); err != nil {
				return fmt.Errorf("%s: %w", step.name, err)
			}
		}
		if err := s.photograph(ctx, step.name); err != nil {
			return err
		}
	}
	return nil
}

// others shows the board in English, in the dark, and large.
func (s *session) others(ctx context.Context) error {
	for _, look := range []struct {
		name string
		env  []string
	}{
		{"board-english", []string{"FORECOURT_CASHIER_LANGUAGE=en"}},
		{"board-dark", []string{"FORECOURT_CASHIER_DARK=true"}},
		{"board-large", []string{"FORECOURT_CASHIER_SCALE=150", "FORECOURT_CASHIER_WIDTH=911", "FORECOURT_CASHIER_HEIGHT=512"}},
	} {
		w, err := s.openWindow(ctx, look.name, look.env...)
		if err != nil {
			return err
		}
		err = s.signIn(ctx, w, true)
		if err == nil {
			err = s.photograph(ctx, look.name)
		}
		w.close()
		if err != nil {
			return fmt.Errorf("%s: %w", look.name, err)
		}
	}
	return nil
}

// signIn signs the cashier in and, if asked, waits for a busy minute.
func (s *session) signIn(ctx context.Context, w *window, busy bool) error {
	if err := s.signInAs(ctx, w, house.Cashier); err != nil || !busy {
		return err
	}
	return s.awaitBusy(ctx)
}

// signInAs types somebody's number and password.
func (s *session) signInAs(ctx context.Context, w *window, number string) error {
	if err := w.text(ctx, number); err != nil {
		return err
	}
	if err := w.keys(ctx, "Return"); err != nil {
		return err
	}
	if err := w.text(ctx, s.h.Password()); err != nil {
		return err
	}
	if err := w.keys(ctx, "Return"); err != nil {
		return err
	}
	return w.await(ctx, "snapshot")
}

// awaitBusy waits until cars fuel and sales wait for their money.
func (s *session) awaitBusy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	const fuelling, waiting = 4, 3
	for {
		n := 0
		for _, nozzle := range s.board.Nozzles() {
			if nozzle.State == wire.NozzleFuelling {
				n++
			}
		}
		if n >= fuelling && len(s.board.Sales(wire.SaleUnpaid)) >= waiting {
			return nil
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for a busy minute: %w", err)
		}
	}
}

// photograph takes the picture once the window has settled.
func (s *session) photograph(ctx context.Context, name string) error {
	if err := pause(ctx, 900*time.Millisecond); err != nil {
		return err
	}
	path := filepath.Join(s.out, name+".png")
	if err := s.screen.shoot(ctx, path); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
