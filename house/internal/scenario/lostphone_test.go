package scenario_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// lostPhoneWithin is how long a phone that was lost may go on hearing.
const lostPhoneWithin = 30 * time.Second

// line is a phone's socket: what came, and how it ended.
type line struct {
	t      *testing.T
	frames chan wire.Frame
	lost   chan error
	ended  chan error
}

func (l *line) Connected(wire.Welcome) {}
func (l *line) Frame(f wire.Frame)     { l.frames <- f }
func (l *line) Lost(err error)         { l.lost <- err }

// follow opens a socket to a member's own channel and waits for the snapshot.
func follow(t *testing.T, phone *link.Driver, m wire.Member) *line {
	t.Helper()
	l := &line{t: t, frames: make(chan wire.Frame, 100), lost: make(chan error, 100), ended: make(chan error, 1)}
	live := phone.Live(link.LiveOptions{Channels: []wire.Channel{wire.DriverOf(m.ID)}, Handler: l})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { l.ended <- live.Run(ctx) }()
	t.Cleanup(cancel)
	l.hears(wire.KindSnap)
	return l
}

// hears waits for news of a kind on the connection there is.
func (l *line) hears(kind wire.Kind) {
	l.t.Helper()
	late := time.After(lostPhoneWithin)
	for {
		select {
		case f := <-l.frames:
			if f.K == kind {
				return
			}
		case err := <-l.lost:
			l.t.Fatalf("the socket was lost: %v", err)
		case err := <-l.ended:
			l.t.Fatalf("the socket ended: %v", err)
		case <-late:
			l.t.Fatalf("no %s came", kind)
		}
	}
}

// aLostPhoneIsSignedOut from the one in hand: its session and its socket end at
// once, those of the phone in hand stay, and it is on record.
func (p *phones) aLostPhoneIsSignedOut(inHand *link.Driver, member wire.Member) {
	t, ctx := p.t, p.t.Context()
	t.Helper()
	lost, _, err := p.signIn("js-"+wechatName+"-lost", "")
	if err != nil {
		t.Fatal(err)
	}
	here, there := follow(t, inHand, member), follow(t, lost, member)
	if told := must[wire.SessionsEnded](t)(inHand.EndOthers(ctx)); told.Ended != 2 { // with the one it came back with
		t.Errorf("told %+v", told)
	}
	select {
	case err := <-there.ended:
		var terminal *link.TerminalError
		if !errors.As(err, &terminal) || terminal.Code != wire.CloseRevoked {
			t.Errorf("the lost phone's socket ended with %v", err)
		}
	case <-time.After(lostPhoneWithin):
		t.Error("the lost phone goes on hearing")
	}
	_, err = lost.Me(ctx)
	refused(t, err, wire.ProblemUnauthorized)
	stations := must[[]wire.StationCard](t)(inHand.Stations(ctx))
	must[wire.Thread](t)(inHand.OpenThread(ctx, wire.OpenThread{Station: stations[0].ID}))
	here.hears(wire.KindThread)
	if again := must[wire.SessionsEnded](t)(inHand.EndOthers(ctx)); again.Ended != 0 {
		t.Errorf("once more: %+v", again)
	}
}
