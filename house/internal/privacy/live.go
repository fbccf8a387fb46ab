package privacy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"forecourt/house/internal/house"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// ear keeps what comes on an attendant's socket.
type ear struct {
	mu     sync.Mutex
	frames []wire.Frame
}

// Connected is called by the link.
func (e *ear) Connected(wire.Welcome) {}

// Lost is called by the link.
func (e *ear) Lost(error) {}

// Frame keeps a frame.
func (e *ear) Frame(f wire.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.frames = append(e.frames, f)
}

func (e *ear) heard(match func(wire.Frame) bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.frames {
		if match(f) {
			return true
		}
	}
	return false
}

// watch has the attendant follow their channel, and try to follow the desk's.
func (s *show) watch(ctx context.Context) error {
	client, session, err := s.h.TillAs(ctx, "the attendant's screen", house.Attendant)
	if err != nil {
		return err
	}
	s.ear = &ear{}
	live := client.Live(link.LiveOptions{Channels: []wire.Channel{wire.PostOf(session.Staff)}, Handler: s.ear})
	go func() {
		_ = live.Run(ctx) // it ends with the run
	}()
	if err := house.Await(ctx, "the attendant's channel", 30*time.Millisecond, func() (bool, error) {
		return s.ear.heard(func(f wire.Frame) bool { return f.K == wire.KindSnap && f.Ch == wire.PostOf(session.Staff) }), nil
	}); err != nil {
		return err
	}
	return s.knock(ctx, client, wire.Desk(session.Station))
}

// knock tries to follow a channel that is not the attendant's: the hub closes
// the connection for good.
func (s *show) knock(ctx context.Context, client *link.Client, ch wire.Channel) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	live := client.Live(link.LiveOptions{Channels: []wire.Channel{ch}, Handler: s.ear})
	err := live.Run(ctx)
	var closed *link.TerminalError
	if !errors.As(err, &closed) || closed.Code != wire.CloseForbidden {
		return fmt.Errorf("following %s as an attendant: %w", ch, err)
	}
	return nil
}

// patience bounds every wait.
const patience = time.Minute

// hear waits until the attendant's channel has told of the paid delivery.
func (s *show) hear(ctx context.Context) error {
	err := house.Await(ctx, "the paid delivery on the attendant's channel", 30*time.Millisecond, func() (bool, error) {
		return s.ear.heard(func(f wire.Frame) bool {
			return f.K == wire.KindRefuel && strings.Contains(string(f.D), `"state":"paid"`)
		}), nil
	})
	s.ear.mu.Lock()
	defer s.ear.mu.Unlock()
	s.report.Live = s.ear.frames
	return err
}

// checkLive says what came on the attendant's socket that should not have.
func (r Report) checkLive() error {
	for _, f := range r.Live {
		if family, _ := f.Ch.Split(); family != "post" && f.Ch != "" {
			return fmt.Errorf("the attendant heard %s of %s", f.K, f.Ch)
		}
		for _, secret := range []string{"payment", "tender", "before_ml", "booked_ml", Phone, Plate, Name} {
			if strings.Contains(string(f.D), secret) {
				return fmt.Errorf("the attendant heard %q in %s: %s", secret, f.K, f.D)
			}
		}
	}
	return nil
}
