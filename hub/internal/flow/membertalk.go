package flow

import (
	"bytes"
	"context"
	"slices"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// talks is the conversations of a member who is being erased.
type talks struct {
	f *Flow
	// whose they are: a number, and nobody's name.
	whose wire.MemberBrief
	// ids is all of them. shown is those that agents may have on a screen: the
	// open ones and the last closed ones, by station and id.
	ids   []id.Thread
	shown []chat.Thread
	// duties is who answers at the stations where one is in hand.
	duties map[id.Station][]chat.Duty
	// closed is where those stand that were shown, once they are closed; freed
	// where somebody has one less in hand.
	closed []chat.Thread
	freed  map[id.Station][]chat.Duty
}

// maxShownTalks bounds the conversations whose end agents are told of.
const maxShownTalks = wire.MaxCasesInSnap

// talksOf reads the conversations of a member.
func (f *Flow) talksOf(ctx context.Context, m id.Member) (talks, error) {
	t := talks{f: f, duties: map[id.Station][]chat.Duty{}}
	known, err := f.brief(ctx, f.DB, m)
	if err != nil {
		return t, err
	}
	t.whose = wire.MemberBrief{ID: known.ID, Number: known.Number}
	if t.ids, err = f.chat.store.ThreadsOf(ctx, f.DB, m); err != nil || len(t.ids) == 0 {
		return t, err
	}
	if t.shown, err = f.chat.store.OfMember(ctx, f.DB, m, maxShownTalks); err != nil {
		return t, err
	}
	slices.SortFunc(t.shown, func(a, b chat.Thread) int {
		if c := bytes.Compare(a.Station[:], b.Station[:]); c != 0 {
			return c
		}
		return bytes.Compare(a.ID[:], b.ID[:])
	})
	for _, thread := range t.shown {
		if thread.State == wire.ThreadClosed || t.duties[thread.Station] != nil {
			continue
		}
		if t.duties[thread.Station], err = f.duties(ctx, thread.Station); err != nil {
			return t, err
		}
	}
	return t, nil
}

// hush closes the conversations and removes all that was said, and what was
// sent to the member. Its rows come in the package's lock order, station by
// station.
func (t *talks) hush(ctx context.Context, tx *mysql.Tx) error {
	t.closed, t.freed = nil, map[id.Station][]chat.Duty{}
	for _, thread := range t.shown {
		after, err := t.end(ctx, tx, thread)
		if err != nil {
			return err
		}
		t.closed = append(t.closed, after)
	}
	if err := t.f.chat.store.Forget(ctx, tx, t.whose.ID); err != nil {
		return err
	}
	if err := t.f.Media.Forget(ctx, tx, t.whose.ID); err != nil {
		return err
	}
	return t.f.Notices.Forget(ctx, tx, t.whose.ID)
}

// end closes one conversation, if it is open, and takes its words away.
func (t *talks) end(ctx context.Context, tx *mysql.Tx, from chat.Thread) (chat.Thread, error) {
	store := t.f.chat.store
	duties := t.duties[from.Station]
	if duties != nil && t.freed[from.Station] == nil {
		held, err := store.LockDuty(ctx, tx, from.Station, duties)
		if err != nil {
			return from, err
		}
		t.freed[from.Station] = held
	}
	thread, err := store.Lock(ctx, tx, from)
	if err != nil {
		return thread, err
	}
	agent := inHand(thread)
	thread.Note = ""
	if thread.Rating != nil {
		thread.Rating = &wire.Rating{Stars: thread.Rating.Stars, At: thread.Rating.At}
	}
	if !thread.Close(t.f.now()) {
		return thread, nil
	}
	if !agent.IsZero() {
		if err := store.Freed(ctx, tx, thread.Station, agent); err != nil {
			return thread, err
		}
		for i := range t.freed[thread.Station] {
			if d := &t.freed[thread.Station][i]; d.Staff == agent {
				d.Active = max(d.Active-1, 0)
			}
		}
	}
	return thread, store.Save(ctx, tx, thread)
}

// tellEnd tells agents that the conversations have ended and whose they were:
// nobody's. Then the channels in which something was said are emptied, so that
// nothing of it stays in the database; who follows them has been told, or takes
// a snapshot.
func (t *talks) tellEnd(ctx context.Context, tx *mysql.Tx) error {
	f := t.f
	channels := []wire.Channel{wire.DriverOf(t.whose.ID)}
	for _, which := range t.ids {
		channels = append(channels, wire.Chat(which))
	}
	byChannel := func(a, b chat.Thread) int { return bytes.Compare(a.ID[:], b.ID[:]) }
	for _, thread := range slices.SortedFunc(slices.Values(t.closed), byChannel) {
		event := outbox.Event{Kind: wire.KindThread, Body: thread.Wire(), At: f.now()}
		if err := outbox.Append(ctx, tx, f.Feed, wire.Chat(thread.ID), event); err != nil {
			return err
		}
	}
	stations, news := t.forAgents()
	for _, at := range stations {
		if err := outbox.Append(ctx, tx, f.Feed, wire.Support(at), news[at]...); err != nil {
			return err
		}
		channels = append(channels, wire.Support(at))
	}
	return outbox.Forget(ctx, tx, channels...)
}

// forAgents is what the agents of each station are told, and the stations in
// ascending order.
func (t *talks) forAgents() (stations []id.Station, news map[id.Station][]outbox.Event) {
	news = map[id.Station][]outbox.Event{}
	at := t.f.now()
	for _, thread := range t.closed { // in the order of their stations
		if news[thread.Station] == nil {
			stations = append(stations, thread.Station)
		}
		c := wire.Case{Thread: thread.Wire(), Member: t.whose}
		news[thread.Station] = append(news[thread.Station], outbox.Event{Kind: wire.KindCase, Body: c, At: at})
	}
	for _, s := range stations {
		if held := t.freed[s]; held != nil {
			news[s] = append(news[s], outbox.Event{Kind: wire.KindAgents, Body: agentList(held), At: at})
		}
	}
	return stations, news
}
