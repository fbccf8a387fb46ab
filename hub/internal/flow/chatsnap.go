package flow

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"forecourt/hub/internal/domain/chat"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ChatSnapshot is a conversation as it stands, and the position in its channel:
// exactly the events up to there are in it. It comes from memory where the
// conversation is live.
func (f *Flow) ChatSnapshot(ctx context.Context, t id.Thread) (wire.ChatSnap, wire.Position, error) {
	if snap, at, ok := f.Rooms.Snapshot(ctx, t); ok {
		return snap, at, nil
	}
	stored, err := source{f}.Room(ctx, t)
	return stored.Snap, stored.At, err
}

// source is where chat.Rooms reads from.
type source struct{ f *Flow }

// Room implements chat.Source.
func (s source) Room(ctx context.Context, t id.Thread) (chat.Loaded, error) {
	var l chat.Loaded
	err := s.f.read(ctx, "reading a conversation", func(ctx context.Context, q reader) (err error) {
		thread, err := s.f.chat.store.Load(ctx, q, t)
		if errors.Is(err, chat.ErrNone) {
			return wire.NewProblem(wire.ProblemNotFound, "thread "+t.String())
		}
		if err != nil {
			return err
		}
		// Asked last: a counter is made for conversations only.
		if l.At, err = s.f.Feed.Position(ctx, q, wire.Chat(t)); err != nil {
			return err
		}
		found, err := s.f.chat.store.Page(ctx, q, t, 0, wire.MaxMessagesInSnap)
		l.Member = thread.Member
		l.Snap = wire.ChatSnap{Thread: thread.Wire(), Messages: chat.Recent(plain(found))}
		l.Snap.Presence = wire.Presence{
			Driver: s.f.Rooms.MemberOnline(thread.Member),
			Agent:  !thread.Agent.IsZero() && s.f.Rooms.StaffOnline(thread.Agent),
		}
		return err
	})
	return l, err
}

// Desks implements chat.Source.
func (s source) Desks(ctx context.Context) ([]chat.Desk, error) {
	var list []chat.Desk
	err := s.f.read(ctx, "reading what is open", func(ctx context.Context, q reader) error {
		stations, err := s.f.chat.store.Served(ctx, q)
		if err != nil {
			return err
		}
		for _, at := range stations {
			desk := chat.Desk{Station: at}
			if desk.At, err = s.f.Feed.Position(ctx, q, wire.Support(at)); err != nil {
				return err
			}
			duties, err := s.f.chat.store.Duties(ctx, q, at)
			if err != nil {
				return err
			}
			desk.Agents = staffOf(duties)
			if desk.Open, err = s.f.chat.store.OpenAt(ctx, q, at); err != nil {
				return err
			}
			list = append(list, desk)
		}
		return nil
	})
	return list, err
}

func staffOf(duties []chat.Duty) []id.Staff {
	list := make([]id.Staff, len(duties))
	for i, d := range duties {
		list[i] = d.Staff
	}
	return list
}

// SupportSnapshot is what an agent's screen needs, and the position in the
// station's support channel: exactly the events up to there are in it. Who is
// there is of the moment.
func (f *Flow) SupportSnapshot(ctx context.Context, at id.Station) (wire.SupportSnap, wire.Position, error) {
	var snap wire.SupportSnap
	var pos wire.Position
	err := f.read(ctx, "reading a support snapshot", func(ctx context.Context, q reader) (err error) {
		if pos, err = f.Feed.Position(ctx, q, wire.Support(at)); err != nil {
			return err
		}
		threads, err := f.chat.store.Desk(ctx, q, at, wire.MaxCasesInSnap, wire.MaxClosedInSnap)
		if err != nil {
			return err
		}
		if snap.Cases, err = f.cases(ctx, q, threads); err != nil {
			return err
		}
		if snap.Canned, err = f.chat.store.CannedOf(ctx, q, at); err != nil {
			return err
		}
		if snap.Settings, err = f.chat.store.Settings(ctx, q, at); err != nil {
			return err
		}
		duties, err := f.chat.store.Duties(ctx, q, at)
		snap.Agents = agentList(f.online(duties)).Agents
		snap.Audience = f.audience(threads, duties)
		return err
	})
	return snap, pos, err
}

// audience is who is connected of those who answer, and of those who ask.
func (f *Flow) audience(threads []chat.Thread, duties []chat.Duty) wire.Audience {
	a := wire.Audience{Agents: f.Rooms.OnlineOf(staffOf(duties)), Threads: []id.Thread{}, Drivers: f.Rooms.Drivers()}
	for _, t := range threads {
		if t.State != wire.ThreadClosed && f.Rooms.MemberOnline(t.Member) {
			a.Threads = append(a.Threads, t.ID)
		}
	}
	slices.SortFunc(a.Threads, func(x, y id.Thread) int { return bytes.Compare(x[:], y[:]) })
	return a
}
