package flow

import (
	"context"
	"fmt"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/notice"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// turn is one step of a conversation inside a transaction: what it was, what
// it is, what was said. It holds the conversation's row. Do what the step
// does, then store, then, as the last of the transaction, tell.
type turn struct {
	f      *Flow
	tx     *mysql.Tx
	now    time.Time
	scene  scene
	was    chat.Thread
	thread chat.Thread
	last   *wire.Preview // of what a person said in this turn
	said   []chat.Message
	reads  []wire.ReadMark
	told   []wire.Notice
	// held says that the duty rows are held, handed that they changed.
	held, handed bool
}

// turn begins a step: it holds the duty rows, if the scene has them, and the
// conversation's row.
func (f *Flow) turn(ctx context.Context, tx *mysql.Tx, sc scene) (*turn, error) {
	t := &turn{f: f, tx: tx, now: f.now(), scene: sc, held: sc.duties != nil}
	var err error
	if t.held {
		if t.scene.duties, err = f.chat.store.LockDuty(ctx, tx, sc.thread.Station, sc.duties); err != nil {
			return nil, err
		}
	}
	t.was, err = f.chat.store.Lock(ctx, tx, sc.thread)
	t.thread = t.was
	return t, err
}

// take runs a step of somebody who needs no key: what they do is the same the
// second time.
func (f *Flow) take(ctx context.Context, what string, sc scene, do func(ctx context.Context, t *turn) error) (wire.Thread, error) {
	var after wire.Thread
	err := f.DB.InTx(ctx, what, func(ctx context.Context, tx *mysql.Tx) error {
		t, err := f.turn(ctx, tx, sc)
		if err != nil {
			return err
		}
		if err := do(ctx, t); err != nil {
			return err
		}
		if err := t.store(ctx); err != nil {
			return err
		}
		after = t.thread.Wire()
		return t.tell(ctx)
	})
	return after, err
}

// say adds a message of a person or of the system.
func (t *turn) say(m chat.Message) wire.Message {
	m.Thread, m.At = t.thread.ID, t.now
	m.N = t.thread.Say(m.From, t.now)
	if m.From != wire.PartySystem {
		t.last = m.Preview()
	}
	t.said = append(t.said, m)
	return m.Message
}

// announce has the system say that something happened; agent is whose doing
// it is, if anybody's.
func (t *turn) announce(event wire.ChatEvent, agent string) {
	if event == "" {
		return
	}
	t.say(chat.Message{Message: wire.Message{
		ID: id.New[id.Message](t.f.IDs), From: wire.PartySystem, Kind: wire.MessageEvent, Event: event, Agent: agent,
	}})
}

// read notes how far a party has read, and counts what it has not.
func (t *turn) read(ctx context.Context, by wire.Party, n uint64) error {
	waited := !t.thread.NeedsNotice()
	if !t.thread.Read(by, n) {
		return nil
	}
	n = min(n, t.thread.Last)
	t.reads = append(t.reads, wire.ReadMark{By: by, N: n})
	other := wire.PartyAgent
	if by == wire.PartyAgent {
		other = wire.PartyDriver
	}
	unread := 0
	if n < t.thread.Last {
		var err error
		if unread, err = t.f.chat.store.Unread(ctx, t.tx, t.thread.ID, other, n); err != nil {
			return err
		}
	}
	t.thread.Unread(by, unread)
	if by == wire.PartyDriver && waited && t.thread.NeedsNotice() {
		return t.f.Notices.Withdraw(ctx, t.tx, t.thread.Member, t.thread.ID)
	}
	return nil
}

// notify keeps a notice for a member who is not there. Of what agents write
// there is one for each stretch that the member has not read.
func (t *turn) notify(ctx context.Context, kind wire.NoticeKind) error {
	if t.f.Rooms.MemberOnline(t.thread.Member) {
		return nil
	}
	if kind == wire.NoticeChatMessage {
		if !t.thread.NeedsNotice() {
			return nil
		}
		t.thread.Told = t.thread.Last
	}
	title, text := notice.Words(kind)
	kept, added, err := t.f.Notices.Add(ctx, t.tx, notice.Notice{
		Member: t.thread.Member, Kind: kind, Thread: t.thread.ID, Title: title, Text: text,
	})
	if added {
		t.told = append(t.told, kept)
	}
	return err
}

// changed reports whether the step did anything.
func (t *turn) changed() bool { return t.thread != t.was }

// store writes what the step did.
func (t *turn) store(ctx context.Context) error {
	if !t.changed() {
		return nil
	}
	if err := t.hand(ctx); err != nil {
		return err
	}
	store := t.f.chat.store
	if err := store.Save(ctx, t.tx, t.thread); err != nil {
		return err
	}
	if t.thread.Agent != t.was.Agent {
		t.tx.AfterCommit(func() { t.f.partiesChanged(t.thread.ID) })
	}
	return store.InsertMessages(ctx, t.tx, t.thread.Member, t.said)
}

// hand counts what passed from one agent's hands to another's.
func (t *turn) hand(ctx context.Context) error {
	before, after := inHand(t.was), inHand(t.thread)
	if before == after {
		return nil
	}
	if !t.held {
		return fmt.Errorf("flow: thread %s changes hands without the duty rows", t.thread.ID)
	}
	t.handed = true
	store, at := t.f.chat.store, t.thread.Station
	if !before.IsZero() {
		if err := store.Freed(ctx, t.tx, at, before); err != nil {
			return err
		}
	}
	if !after.IsZero() {
		if err := store.Given(ctx, t.tx, at, after, t.now); err != nil {
			return err
		}
	}
	for i := range t.scene.duties {
		switch d := &t.scene.duties[i]; d.Staff {
		case before:
			d.Active = max(d.Active-1, 0)
		case after:
			d.Active++
		}
	}
	return nil
}

// inHand is who has a conversation in hand, zero if nobody.
func inHand(t chat.Thread) id.Staff {
	if t.State != wire.ThreadActive {
		return id.Staff{}
	}
	return t.Agent
}

// tell writes the events of the step: to both parties, to the member, to the
// station's agents. Nothing comes after it in the transaction.
func (t *turn) tell(ctx context.Context) error {
	if !t.changed() {
		return nil
	}
	c, err := t.asCase(ctx)
	if err != nil {
		return err
	}
	support := []outbox.Event{t.event(wire.KindCase, c)}
	if t.handed {
		support = append(support, t.event(wire.KindAgents, agentList(t.scene.duties)))
	}
	mine := []outbox.Event{t.event(wire.KindThread, c.Thread)}
	for _, n := range t.told {
		mine = append(mine, t.event(wire.KindNotice, n))
	}
	for _, news := range []struct {
		ch     wire.Channel
		events []outbox.Event
	}{
		{wire.Chat(t.thread.ID), t.spoken(c.Thread)},
		{wire.DriverOf(t.thread.Member), mine},
		{wire.Support(t.thread.Station), support},
	} {
		if err := outbox.Append(ctx, t.tx, t.f.Feed, news.ch, news.events...); err != nil {
			return err
		}
	}
	return nil
}

func (t *turn) event(kind wire.Kind, body any) outbox.Event {
	return outbox.Event{Kind: kind, Body: body, At: t.now}
}

// spoken is the news of the conversation's own channel: the messages, and the
// conversation itself where more has changed than they tell.
func (t *turn) spoken(after wire.Thread) []outbox.Event {
	var events []outbox.Event
	for _, m := range t.said {
		events = append(events, t.event(wire.KindMessage, m.Message))
	}
	for _, mark := range t.reads {
		events = append(events, t.event(wire.KindRead, mark))
	}
	was, is := t.was, t.thread
	// Who reads part of it may have more unread than a screen holds messages.
	partly := len(t.reads) > 0 && t.reads[0].N < is.Last
	if partly || was.State != is.State || was.Agent != is.Agent || was.Rating != is.Rating || was.Closings != is.Closings {
		events = append(events, t.event(wire.KindThread, after))
	}
	return events
}

// asCase is the conversation as agents list it.
func (t *turn) asCase(ctx context.Context) (wire.Case, error) {
	c := wire.Case{Thread: t.thread.Wire(), Member: t.scene.brief, Last: t.last, Note: t.thread.Note}
	if c.Last == nil && t.thread.Spoken > 0 {
		m, err := t.f.chat.store.At(ctx, t.tx, t.thread.ID, t.thread.Spoken)
		if err != nil {
			return c, err
		}
		c.Last = m.Preview()
	}
	return c, nil
}
