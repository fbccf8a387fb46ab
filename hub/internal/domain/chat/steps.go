package chat

import (
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Say numbers the next message. What a person says counts as unread for the
// other side.
func (t *Thread) Say(from wire.Party, at time.Time) (n uint64) {
	t.Last++
	t.LastAt = at
	switch from {
	case wire.PartyDriver:
		t.AgentUnread++
		t.Spoken = t.Last
	case wire.PartyAgent:
		t.DriverUnread++
		t.Spoken = t.Last
	case wire.PartySystem: // its events are nobody's to read
	}
	return t.Last
}

// MayAnswer refuses an agent who does not have the conversation in hand.
func (t *Thread) MayAnswer(by id.Staff) error {
	switch {
	case t.State == wire.ThreadClosed:
		return problem(wire.ProblemThreadClosed, "thread %s", t.ID)
	case t.State == wire.ThreadWaiting:
		return problem(wire.ProblemNotYourThread, "thread %s waits to be taken", t.ID)
	case t.Agent != by:
		return problem(wire.ProblemThreadTaken, "thread %s", t.ID)
	}
	return nil
}

// Take gives the conversation to an agent who reaches for it, and answers the
// event to be said, "" if they have it already. A waiting one is anybody's; an
// active one only the head may take over.
func (t *Thread) Take(by Agent, now time.Time) (wire.ChatEvent, error) {
	switch {
	case t.State == wire.ThreadClosed:
		return "", problem(wire.ProblemThreadClosed, "thread %s", t.ID)
	case t.State == wire.ThreadWaiting:
		t.give(by, now)
		return wire.ChatTaken, nil
	case t.Agent == by.Staff:
		return "", nil
	case !by.Head:
		return "", problem(wire.ProblemThreadTaken, "thread %s", t.ID)
	}
	t.give(by, now)
	return wire.ChatTransferred, nil
}

// Transfer gives the conversation from one agent to another, with a note that
// the driver never sees. Only who has it in hand, or the head, may do so; the
// head also gives a waiting one to somebody.
func (t *Thread) Transfer(by, to Agent, note string, now time.Time) (wire.ChatEvent, error) {
	if err := t.mayGive(by); err != nil {
		return "", err
	}
	if t.Agent == to.Staff {
		return "", badRequest("the agent has it already")
	}
	event := wire.ChatTransferred
	if t.State == wire.ThreadWaiting {
		event = wire.ChatTaken
	}
	t.give(to, now)
	t.Note = note
	return event, nil
}

// PutBack lets the conversation wait again because its agent gives it up.
func (t *Thread) PutBack(by Agent, note string, now time.Time) (wire.ChatEvent, error) {
	if err := t.mayGive(by); err != nil {
		return "", err
	}
	if t.State == wire.ThreadWaiting {
		return "", badRequest("thread %s waits already", t.ID)
	}
	left := t.Agent
	t.Return(now)
	t.LeftBy, t.Note = left, note
	return wire.ChatReturned, nil
}

func (t *Thread) mayGive(by Agent) error {
	if by.Head && t.State != wire.ThreadClosed {
		return nil
	}
	return t.MayAnswer(by.Staff)
}

// give puts the conversation into an agent's hand.
func (t *Thread) give(to Agent, now time.Time) {
	if t.TakenAt.IsZero() {
		t.TakenAt = now
	}
	t.State, t.WaitingSince = wire.ThreadActive, time.Time{}
	t.Agent, t.AgentNumber, t.LeftBy = to.Staff, to.Number, id.Staff{}
}

// Return lets a conversation wait again, from now, in nobody's hand.
func (t *Thread) Return(now time.Time) {
	t.State, t.WaitingSince = wire.ThreadWaiting, now
	t.Agent, t.AgentNumber = id.Staff{}, ""
}

// Close ends the conversation and reports whether it was open.
func (t *Thread) Close(now time.Time) bool {
	if t.State == wire.ThreadClosed {
		return false
	}
	t.State, t.WaitingSince, t.ClosedAt = wire.ThreadClosed, time.Time{}, now
	t.Closings++
	t.Rating = nil
	return true
}

// Reopen lets a closed conversation wait again, on the driver's word.
// wire.ProblemThreadClosed says that it was closed too long ago.
func (t *Thread) Reopen(now time.Time) error {
	if t.State != wire.ThreadClosed {
		return nil
	}
	if now.Sub(t.ClosedAt) > ReopenWithin {
		return problem(wire.ProblemThreadClosed, "thread %s was closed more than %v ago", t.ID, ReopenWithin)
	}
	t.reopen()
	t.Return(now)
	return nil
}

// ReopenBy opens a closed conversation again in an agent's own hand, however
// long ago it was closed.
func (t *Thread) ReopenBy(by Agent, now time.Time) {
	t.reopen()
	t.give(by, now)
}

func (t *Thread) reopen() {
	t.TakenAt, t.LeftBy, t.Note = time.Time{}, id.Staff{}, ""
}

// Read notes how far a party has read and reports whether that is news: it
// only rises, and not beyond the last message. The caller then counts what is
// unread.
func (t *Thread) Read(by wire.Party, n uint64) bool {
	mark := &t.DriverRead
	if by == wire.PartyAgent {
		mark = &t.AgentRead
	}
	n = min(n, t.Last)
	if n <= *mark {
		return false
	}
	*mark = n
	return true
}

// Unread stores how much a party has not read.
func (t *Thread) Unread(by wire.Party, count int) {
	if by == wire.PartyAgent {
		t.AgentUnread = count
		return
	}
	t.DriverUnread = count
}

// NeedsNotice reports whether the member is to be sent a notice of what was
// just said: one for each stretch they have not read.
func (t *Thread) NeedsNotice() bool { return t.Told <= t.DriverRead }

// Rate keeps the driver's judgement of the last closing.
func (t *Thread) Rate(r wire.Rating) error {
	switch {
	case t.State != wire.ThreadClosed:
		return problem(wire.ProblemThreadOpen, "thread %s", t.ID)
	case t.Rating != nil:
		return problem(wire.ProblemAlreadyRated, "thread %s", t.ID)
	case r.Stars < 1 || r.Stars > 5:
		return badRequest("stars are 1 to 5")
	}
	t.Rating = &r
	return nil
}

func problem(kind wire.ProblemType, format string, args ...any) error {
	return wire.NewProblem(kind, fmt.Sprintf(format, args...))
}

func badRequest(format string, args ...any) error {
	return problem(wire.ProblemBadRequest, format, args...)
}
