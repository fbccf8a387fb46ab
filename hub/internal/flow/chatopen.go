package flow

import (
	"context"
	"errors"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// OpenThread answers the member's open conversation with a station's support,
// or begins one with the first automatic answer. Two at once get the same.
func (f *Flow) OpenThread(ctx context.Context, who member.Actor, req wire.OpenThread) (wire.Thread, error) {
	st, err := station.Load(ctx, f.DB, req.Station)
	if err != nil {
		return wire.Thread{}, problemOf(err)
	}
	counted := false
	for try := 1; ; try++ {
		open, err := f.chat.store.OpenOf(ctx, f.DB, st.ID, who.Member)
		if err == nil {
			return open.Wire(), nil
		}
		if !errors.Is(err, chat.ErrNone) {
			return wire.Thread{}, err
		}
		if !counted {
			if err := within(f.chat.newThreads, who.Member, "conversations"); err != nil {
				return wire.Thread{}, err
			}
			counted = true
		}
		t, err := f.begin(ctx, who, st)
		if !mysql.IsDuplicate(err) || try == commandTries {
			return t, err
		}
	}
}

// begin begins a conversation. A duplicate key means that there is one.
func (f *Flow) begin(ctx context.Context, who member.Actor, st station.Station) (wire.Thread, error) {
	brief, err := f.brief(ctx, f.DB, who.Member)
	if err != nil {
		return wire.Thread{}, err
	}
	welcome, err := f.welcome(ctx, st.ID)
	if err != nil {
		return wire.Thread{}, err
	}
	var after wire.Thread
	err = f.DB.InTx(ctx, "opening a conversation", func(ctx context.Context, tx *mysql.Tx) error {
		now := f.now()
		thread := chat.NewThread(id.New[id.Thread](f.IDs), st.ID, st.Name, who.Member, now)
		if err := f.chat.store.Insert(ctx, tx, thread); err != nil {
			return err
		}
		t := &turn{f: f, tx: tx, now: now, thread: thread, scene: scene{thread: thread, brief: brief}}
		t.say(welcome)
		if err := t.store(ctx); err != nil {
			return err
		}
		after = t.thread.Wire()
		return t.tell(ctx)
	})
	return after, err
}

// welcome is the first automatic answer at a station now: how long it takes,
// or when somebody will be there.
func (f *Flow) welcome(ctx context.Context, at id.Station) (chat.Message, error) {
	m := chat.Message{Message: wire.Message{
		ID: id.New[id.Message](f.IDs), From: wire.PartySystem, Kind: wire.MessageEvent,
	}}
	err := f.read(ctx, "preparing the first answer", func(ctx context.Context, q reader) error {
		settings, err := f.chat.store.Settings(ctx, q, at)
		if err != nil {
			return err
		}
		st, err := station.Load(ctx, q, at)
		if err != nil {
			return err
		}
		zone, err := st.Location()
		if err != nil {
			return err
		}
		if now := f.now(); !chat.Open(settings.Hours, now, zone) {
			m.Event, m.Text = wire.ChatAway, chat.AwayText(settings, now, zone)
			return nil
		}
		m.Event, m.Text = wire.ChatGreeting, settings.Greeting
		wait, err := f.expectedWait(ctx, q, at)
		m.WaitSeconds = int(wait / time.Second)
		return err
	})
	return m, err
}

// expectedWait is how long one more driver would wait.
func (f *Flow) expectedWait(ctx context.Context, q reader, at id.Station) (time.Duration, error) {
	waiting, err := f.chat.store.CountWaiting(ctx, q, at)
	if err != nil {
		return 0, err
	}
	handled, err := f.chat.store.Handled(ctx, q, at)
	if err != nil {
		return 0, err
	}
	duties, err := f.chat.store.Duties(ctx, q, at)
	if err != nil {
		return 0, err
	}
	return chat.ExpectedWait(waiting+1, handled, chat.Ready(f.online(duties))), nil
}

// Threads lists the member's conversations, newest first.
func (f *Flow) Threads(ctx context.Context, who member.Actor) (wire.ThreadList, error) {
	found, err := f.chat.store.OfMember(ctx, f.DB, who.Member, wire.MaxThreadsInSnap)
	list := wire.ThreadList{Threads: make([]wire.Thread, len(found))}
	for i, t := range found {
		list.Threads[i] = t.Wire()
	}
	return list, err
}

// Messages reads a page of a conversation before message number before, zero
// meaning the end, for a party of it.
func (f *Flow) Messages(ctx context.Context, who Speaker, t id.Thread, before uint64, limit int) (wire.MessageList, error) {
	if limit <= 0 || limit > wire.MaxMessagePage {
		limit = wire.MaxMessagePage
	}
	var page wire.MessageList
	err := f.read(ctx, "reading messages", func(ctx context.Context, q reader) error {
		if _, err := f.heard(ctx, q, who, t); err != nil {
			return err
		}
		found, err := f.chat.store.Page(ctx, q, t, before, limit)
		page = wire.MessageList{Messages: plain(found), More: len(found) > 0 && found[0].N > 1}
		return err
	})
	return page, err
}

// plain is messages as both parties see them.
func plain(found []chat.Message) []wire.Message {
	list := make([]wire.Message, len(found))
	for i, m := range found {
		list[i] = m.Message
	}
	return list
}

// ReadUpTo notes how far a party has read. It only rises.
func (f *Flow) ReadUpTo(ctx context.Context, who Speaker, t id.Thread, req wire.ReadRequest) (wire.Thread, error) {
	sc, err := f.scene(ctx, who, t)
	if err != nil {
		return wire.Thread{}, err
	}
	if !isParty(who, sc.thread) {
		return wire.Thread{}, wire.NewProblem(wire.ProblemNotYourThread, "thread "+t.String())
	}
	return f.take(ctx, "noting what was read", sc, func(ctx context.Context, t *turn) error {
		if !isParty(who, t.thread) {
			return wire.NewProblem(wire.ProblemNotYourThread, "thread "+t.thread.ID.String())
		}
		return t.read(ctx, who.party(), req.N)
	})
}

// Rate keeps the driver's judgement of a closed conversation, once for each
// time it was closed.
func (f *Flow) Rate(ctx context.Context, who member.Actor, t id.Thread, req wire.RatingRequest) (wire.Thread, error) {
	speaker := Speaker{Member: &who}
	sc, err := f.scene(ctx, speaker, t)
	if err != nil {
		return wire.Thread{}, err
	}
	note, err := chat.CleanNote(req.Note)
	if err != nil {
		return wire.Thread{}, err
	}
	if note != "" {
		if err := f.allowed(ctx, speaker, sc.thread, note); err != nil {
			return wire.Thread{}, err
		}
	}
	return f.take(ctx, "rating a conversation", sc, func(ctx context.Context, t *turn) error {
		if err := t.thread.Rate(wire.Rating{Stars: req.Stars, Note: note, At: t.now}); err != nil {
			return err
		}
		return f.chat.store.InsertRating(ctx, t.tx, t.thread)
	})
}
