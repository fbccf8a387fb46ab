package flow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Speaker is who acts in a conversation: a member or a person of the staff,
// exactly one.
type Speaker struct {
	Member *member.Actor
	Staff  *staff.Actor
}

// party is the side they speak for.
func (who Speaker) party() wire.Party {
	if who.Member != nil {
		return wire.PartyDriver
	}
	return wire.PartyAgent
}

// staffID is who of the staff they are; zero for a member.
func (who Speaker) staffID() id.Staff {
	if who.Staff == nil {
		return id.Staff{}
	}
	return who.Staff.Staff
}

// key is what their tries are counted under.
func (who Speaker) key() [16]byte {
	if who.Member != nil {
		return who.Member.Member
	}
	return who.Staff.Staff
}

// agentOf is a signed-in person as conversations know them.
func agentOf(who staff.Actor) chat.Agent {
	return chat.Agent{Staff: who.Staff, Number: who.Number, Head: staff.Leads(who.Role)}
}

// How often people may speak, send uploads and open conversations: well above
// what a person does, well below what a program would.
const (
	driverMessages = 20  // a minute
	agentMessages  = 120 // a minute
	uploads        = 5   // a minute
	agentUploads   = 60  // a minute
	newThreads     = 10  // a day
)

// conversations is what a Flow keeps for chat.
type conversations struct {
	store *chat.Store

	driverMessages, agentMessages *chat.Limit
	uploads, agentUploads         *chat.Limit
	newThreads                    *chat.Limit

	mu sync.Mutex
	// moved holds the stations whose staff came or went since the last look.
	moved map[id.Station]bool
}

func newConversations(d Deps) *conversations {
	const day = 24 * time.Hour
	return &conversations{
		store:          chat.NewStore(d.Keys),
		driverMessages: chat.NewLimit(driverMessages, time.Minute, d.Now),
		agentMessages:  chat.NewLimit(agentMessages, time.Minute, d.Now),
		uploads:        chat.NewLimit(uploads, time.Minute, d.Now),
		agentUploads:   chat.NewLimit(agentUploads, time.Minute, d.Now),
		newThreads:     chat.NewLimit(newThreads, day, d.Now),
		moved:          map[id.Station]bool{},
	}
}

// maySay takes one of the speaker's messages of this minute.
func (f *Flow) maySay(who Speaker) error {
	limit := f.chat.driverMessages
	if who.Staff != nil {
		limit = f.chat.agentMessages
	}
	return within(limit, who.key(), "messages")
}

// mayUpload takes one of the speaker's uploads of this minute.
func (f *Flow) mayUpload(who Speaker) error {
	limit := f.chat.uploads
	if who.Staff != nil {
		limit = f.chat.agentUploads
	}
	return within(limit, who.key(), "uploads")
}

func within(limit *chat.Limit, key [16]byte, what string) error {
	if !limit.Take(key) {
		return wire.NewProblem(wire.ProblemTooMany, "too many "+what)
	}
	return nil
}

// scene is a conversation as it was read before a step, and who asks in it.
// The step holds the row and looks again.
type scene struct {
	thread chat.Thread
	brief  wire.MemberBrief
	// duties are who answers; for steps that change who has it in hand.
	duties []chat.Duty
}

// scene reads a conversation. wire.ProblemNotFound is also what everybody gets
// who is neither its member nor of its station's staff.
func (f *Flow) scene(ctx context.Context, who Speaker, t id.Thread) (scene, error) {
	thread, err := f.threadFor(ctx, f.DB, who, t)
	if err != nil {
		return scene{}, err
	}
	brief, err := f.brief(ctx, f.DB, thread.Member)
	return scene{thread: thread, brief: brief}, err
}

// sceneWithDuties is scene with who answers, each with a row to hold.
func (f *Flow) sceneWithDuties(ctx context.Context, who Speaker, t id.Thread) (scene, error) {
	sc, err := f.scene(ctx, who, t)
	if err != nil {
		return sc, err
	}
	sc.duties, err = f.duties(ctx, sc.thread.Station)
	return sc, err
}

// threadFor reads a conversation for somebody who may know of it.
func (f *Flow) threadFor(ctx context.Context, q reader, who Speaker, t id.Thread) (chat.Thread, error) {
	thread, err := f.chat.store.Load(ctx, q, t)
	stranger := err == nil && (who.Member != nil && thread.Member != who.Member.Member ||
		who.Staff != nil && thread.Station != who.Staff.Station || who.Member == nil && who.Staff == nil)
	if errors.Is(err, chat.ErrNone) || stranger {
		return chat.Thread{}, wire.NewProblem(wire.ProblemNotFound, "thread "+t.String())
	}
	if err == nil && who.Staff != nil {
		err = mayAnswer(*who.Staff)
	}
	return thread, err
}

// mayAnswer refuses staff who do not talk with drivers.
func mayAnswer(who staff.Actor) error {
	if !staff.May(who.Role, staff.AnswerChat) {
		return wire.NewProblem(wire.ProblemForbidden, string(staff.AnswerChat))
	}
	return nil
}

// isParty reports whether somebody may follow a conversation: its member, or
// the agent who has it in hand, or had it last when it is closed.
func isParty(who Speaker, t chat.Thread) bool {
	if who.Member != nil {
		return who.Member.Member == t.Member
	}
	return who.Staff != nil && who.Staff.Station == t.Station && who.Staff.Staff == t.Agent
}

// MayFollow reports whether somebody may follow a conversation's channel.
func (f *Flow) MayFollow(ctx context.Context, who Speaker, t id.Thread) (bool, error) {
	thread, err := f.threadFor(ctx, f.DB, who, t)
	var refused *wire.Problem
	if errors.As(err, &refused) {
		return false, nil
	}
	return err == nil && isParty(who, thread), err
}

// heard reads a conversation for a party of it.
func (f *Flow) heard(ctx context.Context, q reader, who Speaker, t id.Thread) (chat.Thread, error) {
	thread, err := f.threadFor(ctx, q, who, t)
	if err == nil && !isParty(who, thread) {
		err = wire.NewProblem(wire.ProblemNotYourThread, "thread "+t.String())
	}
	return thread, err
}

// brief is a member as agents list them.
func (f *Flow) brief(ctx context.Context, q reader, m id.Member) (wire.MemberBrief, error) {
	found, err := f.Members.Brief(ctx, q, m)
	if err != nil {
		return wire.MemberBrief{}, fmt.Errorf("reading who asks: %w", err)
	}
	if b, ok := found[m]; ok {
		return b, nil
	}
	return wire.MemberBrief{ID: m}, nil
}

// duties is who answers at a station, each with a row to hold, and whether
// they are connected.
func (f *Flow) duties(ctx context.Context, at id.Station) ([]chat.Duty, error) {
	if err := f.enlist(ctx, at); err != nil {
		return nil, err
	}
	list, err := f.chat.store.Duties(ctx, f.DB, at)
	return f.online(list), err
}

// enlist gives everybody who answers a row to hold, if they have none: the
// first time at a station, and when somebody was hired.
func (f *Flow) enlist(ctx context.Context, at id.Station) error {
	done, err := f.chat.store.Enlisted(ctx, f.DB, at)
	if done || err != nil {
		return err
	}
	err = f.DB.InTx(ctx, "enlisting who answers", func(ctx context.Context, tx *mysql.Tx) error {
		return f.chat.store.Enlist(ctx, tx, at)
	})
	if mysql.IsDuplicate(err) {
		return nil
	}
	return err
}

// online notes who of a list is connected.
func (f *Flow) online(list []chat.Duty) []chat.Duty {
	for i := range list {
		list[i].Online = f.Rooms.StaffOnline(list[i].Staff)
	}
	return list
}

// agentList is who answers, as screens show it.
func agentList(duties []chat.Duty) wire.AgentList {
	list := wire.AgentList{Agents: make([]wire.Agent, len(duties))}
	for i, d := range duties {
		list.Agents[i] = wire.Agent{
			Staff: d.Staff, Number: d.Number, Name: d.Name, Online: d.Online, OnDuty: d.OnDuty, Active: d.Active,
		}
	}
	return list
}

// allowed has a text judged. A refusal is on record, without the text; no
// judgement stops nobody.
func (f *Flow) allowed(ctx context.Context, who Speaker, t chat.Thread, text string) error {
	settings, err := f.chat.store.Settings(ctx, f.DB, t.Station)
	if err != nil {
		return err
	}
	err = f.Words.CheckText(f.speaking(ctx, who), text, settings.Blocked)
	var refused *wire.Problem
	if !errors.As(err, &refused) {
		if err != nil {
			f.Log.Warn("a text was not judged; it is let through", "thread", t.ID, "error", err)
		}
		return nil
	}
	row := audit.Row{
		At: f.now(), Station: t.Station, Action: "chat.refused", Object: "thread", ObjectID: t.ID.String(),
		Result: string(refused.Type), Staff: who.staffID(),
	}
	if who.Member != nil {
		row.Member = who.Member.Member
	}
	if recorded := audit.Record(ctx, f.DB, row); recorded != nil {
		return recorded
	}
	return err
}

// speaking is ctx with who speaks, for members whom WeChat knows. Who they are
// to it is never worth a message: if that cannot be read, the own list of words
// judges.
func (f *Flow) speaking(ctx context.Context, who Speaker) context.Context {
	if f.Speaking == nil || who.Member == nil {
		return ctx
	}
	openID, err := f.Members.OpenID(ctx, f.DB, who.Member.Member)
	if err != nil {
		f.Log.Warn("it could not be read who speaks, as WeChat knows them", "error", err)
		return ctx
	}
	if openID == "" {
		return ctx
	}
	return f.Speaking(ctx, openID)
}
