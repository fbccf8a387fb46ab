package flow

import (
	"context"
	"errors"
	"fmt"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/notice"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// maxAssigned and maxReturned bound what one look at a station does.
	maxAssigned = 50
	maxReturned = 200
	// maxNotices bounds the notices that one look sends.
	maxNotices = 100
)

// PresenceChanged takes who came and went. It does not block.
func (f *Flow) PresenceChanged(changes []chat.Presence) {
	f.Rooms.Presence(changes)
	for _, c := range changes {
		if !c.Staff.IsZero() && !c.Station.IsZero() {
			f.markMoved(c.Station)
		}
	}
}

// markMoved has the agents of a station told who is there at the next look.
func (f *Flow) markMoved(at id.Station) {
	f.chat.mu.Lock()
	defer f.chat.mu.Unlock()
	f.chat.moved[at] = true
}

// movedStations is where staff came or went since the last call.
func (f *Flow) movedStations() map[id.Station]bool {
	f.chat.mu.Lock()
	defer f.chat.mu.Unlock()
	moved := f.chat.moved
	f.chat.moved = map[id.Station]bool{}
	return moved
}

// Tend looks after the queues: a conversation whose agent has been gone for a
// while waits again, waiting ones go to who is least busy, and agents are told
// who of them came and went. It is run every few seconds.
func (f *Flow) Tend(ctx context.Context) error {
	stations, err := f.chat.store.Served(ctx, f.DB)
	if err != nil {
		return err
	}
	var errs []error
	for at := range f.movedStations() {
		if _, err := f.tellAgents(ctx, at, nil); err != nil {
			f.markMoved(at)
			errs = append(errs, fmt.Errorf("telling who is there at station %s: %w", at, err))
		}
	}
	for _, at := range stations {
		if err := f.tend(ctx, at); err != nil {
			errs = append(errs, fmt.Errorf("tending the queue of station %s: %w", at, err))
		}
	}
	return errors.Join(errs...)
}

func (f *Flow) tend(ctx context.Context, at id.Station) error {
	if err := f.returnGone(ctx, at); err != nil {
		return err
	}
	settings, err := f.chat.store.Settings(ctx, f.DB, at)
	if err != nil || settings.Assign != wire.AssignLeastBusy {
		return err
	}
	return f.assign(ctx, at, settings.MaxEach)
}

// returnGone puts back what agents have in hand who have been gone too long.
func (f *Flow) returnGone(ctx context.Context, at id.Station) error {
	active, err := f.chat.store.Active(ctx, f.DB, at, maxReturned)
	if err != nil {
		return err
	}
	for _, thread := range active {
		if f.Rooms.GoneFor(thread.Agent) < chat.ReturnAfter {
			continue
		}
		err := f.step(ctx, "returning a conversation", thread, func(t *turn) {
			if t.thread.State == wire.ThreadActive && t.thread.Agent == thread.Agent {
				t.thread.Return(t.now)
				t.announce(wire.ChatReturned, "")
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// assign gives what waits to who is least busy.
func (f *Flow) assign(ctx context.Context, at id.Station, most int) error {
	waiting, err := f.chat.store.Waiting(ctx, f.DB, at, maxAssigned)
	if err != nil || len(waiting) == 0 {
		return err
	}
	duties, err := f.duties(ctx, at)
	if err != nil {
		return err
	}
	if chat.Ready(duties) == 0 {
		return nil
	}
	for _, thread := range waiting {
		err := f.step(ctx, "assigning a conversation", thread, func(t *turn) {
			to := chat.LeastBusy(t.scene.duties, most, t.thread.LeftBy)
			if t.thread.State != wire.ThreadWaiting || to == nil {
				return
			}
			event, err := t.thread.Take(to.Agent, t.now)
			if err == nil {
				t.announce(event, chat.AgentName(to.Number))
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// step runs a step of the hub itself.
func (f *Flow) step(ctx context.Context, what string, thread chat.Thread, do func(t *turn)) error {
	brief, err := f.brief(ctx, f.DB, thread.Member)
	if err != nil {
		return err
	}
	duties, err := f.duties(ctx, thread.Station)
	if err != nil {
		return err
	}
	_, err = f.take(ctx, what, scene{thread: thread, brief: brief, duties: duties}, func(_ context.Context, t *turn) error {
		do(t)
		return nil
	})
	return err
}

// SendNotices sends the due notices of members who are not there. Who is there
// has seen them. It is run every few seconds.
func (f *Flow) SendNotices(ctx context.Context) error {
	due, err := f.Notices.Due(ctx, f.now(), maxNotices)
	if err != nil {
		return err
	}
	var errs []error
	for _, n := range due {
		if err := f.send(ctx, n); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// send sends one notice. A notifier that fails is tried again later.
func (f *Flow) send(ctx context.Context, n notice.Due) error {
	if f.Rooms.MemberOnline(n.Member) {
		return f.Notices.Shown(ctx, n.ID)
	}
	phone, err := f.Members.Phone(ctx, f.DB, n.Member)
	if err == nil {
		err = f.Notifier.Send(ctx, notice.To{Member: n.Member, Phone: phone}, n.Message())
	}
	if err != nil {
		f.Log.Warn("a notice was not sent", "notice", n.ID, "kind", n.Kind, "tries", n.Tries+1, "error", err)
		return f.Notices.Failed(ctx, n)
	}
	return f.Notices.Sent(ctx, n.ID)
}
