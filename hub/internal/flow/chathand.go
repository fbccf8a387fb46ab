package flow

import (
	"context"
	"errors"
	"slices"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// act is a step of somebody of the staff, under a key.
type act struct {
	who    staff.Actor
	key    id.Command
	name   string
	thread id.Thread
	// request is what was asked, text what of it is to be judged.
	request any
	text    string
	// prepare, if any, looks at the scene before the step.
	prepare func(ctx context.Context, sc scene) error
	do      func(ctx context.Context, t *turn) error
}

// act runs it once. The conversation may change hands in it, and who did what
// is on record.
func (f *Flow) act(ctx context.Context, a act) (wire.Thread, error) {
	speaker := Speaker{Staff: &a.who}
	c := command{actor: a.who, key: a.key, name: a.name, action: staff.AnswerChat, target: a.thread.String(), request: a.request}
	var sc scene
	var t *turn
	after, _, err := perform(ctx, f, c, effect[wire.Thread]{
		prepare: func(ctx context.Context) (err error) {
			if sc, err = f.sceneWithDuties(ctx, speaker, a.thread); err != nil {
				return err
			}
			if a.text != "" {
				if err := f.allowed(ctx, speaker, sc.thread, a.text); err != nil {
					return err
				}
			}
			if a.prepare != nil {
				return a.prepare(ctx, sc)
			}
			return nil
		},
		do: func(ctx context.Context, tx *mysql.Tx) (_ wire.Thread, _ []outbox.Event, err error) {
			if t, err = f.turn(ctx, tx, sc); err != nil {
				return wire.Thread{}, nil, err
			}
			if err := a.do(ctx, t); err != nil {
				return wire.Thread{}, nil, err
			}
			if err := t.store(ctx); err != nil {
				return wire.Thread{}, nil, err
			}
			return wordless(t.thread.Wire()), nil, nil
		},
		also: func(ctx context.Context, _ *mysql.Tx, _ wire.Thread) error { return t.tell(ctx) },
	})
	return after, err
}

// wordless is a conversation without what the driver wrote of it: results of
// commands are kept as they are, and outlive what their member wishes to be
// forgotten. Screens have it from the conversation's channel.
func wordless(t wire.Thread) wire.Thread {
	if t.Rating != nil {
		t.Rating = &wire.Rating{Stars: t.Rating.Stars, At: t.Rating.At}
	}
	return t
}

// Take gives the caller a conversation that waits. One that another agent has
// is wire.ProblemThreadTaken, but the head takes it over.
func (f *Flow) Take(ctx context.Context, who staff.Actor, key id.Command, thread id.Thread) (wire.Thread, error) {
	return f.act(ctx, act{who: who, key: key, name: "chat.take", thread: thread, do: func(_ context.Context, t *turn) error {
		event, err := t.thread.Take(agentOf(who), t.now)
		if err == nil {
			t.announce(event, chat.AgentName(who.Number))
		}
		return err
	}})
}

// Transfer gives a conversation to another agent, who has to be connected, or
// back into the queue. The note goes along for agents, never to the driver.
func (f *Flow) Transfer(ctx context.Context, who staff.Actor, key id.Command, thread id.Thread, req wire.TransferRequest) (wire.Thread, error) {
	note, err := chat.CleanNote(req.Note)
	if err != nil {
		return wire.Thread{}, err
	}
	a := act{who: who, key: key, name: "chat.transfer", thread: thread, request: req, text: note}
	a.do = func(_ context.Context, t *turn) error {
		if req.To.IsZero() {
			event, err := t.thread.PutBack(agentOf(who), note, t.now)
			if err == nil {
				t.announce(event, "")
			}
			return err
		}
		to, err := receiver(t.scene.duties, req.To)
		if err != nil {
			return err
		}
		event, err := t.thread.Transfer(agentOf(who), to, note, t.now)
		if err == nil {
			t.announce(event, chat.AgentName(to.Number))
		}
		return err
	}
	return f.act(ctx, a)
}

// receiver is the agent a conversation is given to: one of the station's, and
// connected.
func receiver(duties []chat.Duty, to id.Staff) (chat.Agent, error) {
	i := slices.IndexFunc(duties, func(d chat.Duty) bool { return d.Staff == to })
	if i < 0 {
		return chat.Agent{}, bad("%s answers nobody at this station", to)
	}
	if !duties[i].Online {
		return chat.Agent{}, bad("agent %s is not connected", duties[i].Number)
	}
	return duties[i].Agent, nil
}

// CloseThread ends a conversation. A driver ends their own; of the staff, who
// has it in hand, or the head. The driver is invited to rate it. key counts
// for staff; what a driver does is the same the second time.
func (f *Flow) CloseThread(ctx context.Context, who Speaker, key id.Command, thread id.Thread) (wire.Thread, error) {
	if who.Staff != nil {
		return f.act(ctx, act{who: *who.Staff, key: key, name: "chat.close", thread: thread, do: func(ctx context.Context, t *turn) error {
			return t.close(ctx, agentOf(*who.Staff))
		}})
	}
	sc, err := f.sceneWithDuties(ctx, who, thread)
	if err != nil {
		return wire.Thread{}, err
	}
	return f.take(ctx, "closing a conversation", sc, func(_ context.Context, t *turn) error {
		if t.thread.Close(t.now) {
			t.announce(wire.ChatEnded, "")
		}
		return nil
	})
}

// close ends a conversation for somebody of the staff.
func (t *turn) close(ctx context.Context, by chat.Agent) error {
	if t.thread.State == wire.ThreadClosed {
		return nil
	}
	if !by.Head {
		if err := t.thread.MayAnswer(by.Staff); err != nil {
			return err
		}
	}
	t.thread.Close(t.now)
	t.announce(wire.ChatEnded, chat.AgentName(by.Number))
	return t.notify(ctx, wire.NoticeChatClosed)
}

// ReopenThread opens a closed conversation again: for a driver, soon enough
// after, into the queue; for somebody of the staff into their own hand. One
// that is open stays as it is.
func (f *Flow) ReopenThread(ctx context.Context, who Speaker, key id.Command, thread id.Thread) (wire.Thread, error) {
	if who.Staff != nil {
		return f.reopenBy(ctx, *who.Staff, key, thread)
	}
	for try := 1; ; try++ {
		sc, err := f.scene(ctx, who, thread)
		if err != nil {
			return wire.Thread{}, err
		}
		if err := f.mayReopen(ctx, sc.thread); err != nil {
			return wire.Thread{}, err
		}
		welcome, err := f.welcome(ctx, sc.thread.Station)
		if err != nil {
			return wire.Thread{}, err
		}
		after, err := f.take(ctx, "reopening a conversation", sc, func(_ context.Context, t *turn) error {
			if t.thread.State != wire.ThreadClosed {
				return nil
			}
			if err := t.thread.Reopen(t.now); err != nil {
				return err
			}
			t.announce(wire.ChatReopened, "")
			t.say(welcome)
			return nil
		})
		if !mysql.IsDuplicate(err) || try == commandTries {
			return after, err
		}
	}
}

func (f *Flow) reopenBy(ctx context.Context, who staff.Actor, key id.Command, thread id.Thread) (wire.Thread, error) {
	a := act{who: who, key: key, name: "chat.reopen", thread: thread}
	a.prepare = func(ctx context.Context, sc scene) error {
		if sc.thread.State != wire.ThreadClosed {
			return nil
		}
		newer, err := f.chat.store.OpenOf(ctx, f.DB, sc.thread.Station, sc.thread.Member)
		if err == nil {
			return wire.NewProblem(wire.ProblemThreadOpen, "thread "+newer.ID.String()+" is open instead")
		}
		if errors.Is(err, chat.ErrNone) {
			return nil
		}
		return err
	}
	a.do = func(_ context.Context, t *turn) error {
		if t.thread.State != wire.ThreadClosed {
			return nil
		}
		t.thread.ReopenBy(agentOf(who), t.now)
		t.announce(wire.ChatReopened, chat.AgentName(who.Number))
		return nil
	}
	return f.act(ctx, a)
}
