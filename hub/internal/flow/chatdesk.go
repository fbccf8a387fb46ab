package flow

import (
	"context"
	"slices"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// CaseQuery asks for a page of a station's conversations.
type CaseQuery struct {
	// State narrows it; empty means all.
	State wire.ThreadState
	// Before asks for conversations begun before this one; zero begins at the newest.
	Before id.Thread
	// Limit bounds the page; zero means MaxPage, which it may not exceed.
	Limit int
}

// Cases reads a page of the conversations of the caller's station, newest first.
func (f *Flow) Cases(ctx context.Context, who staff.Actor, ask CaseQuery) (wire.CaseList, error) {
	if err := mayAnswer(who); err != nil {
		return wire.CaseList{}, err
	}
	switch ask.State {
	case "", wire.ThreadWaiting, wire.ThreadActive, wire.ThreadClosed:
	default:
		return wire.CaseList{}, bad("state %q", ask.State)
	}
	if ask.Limit <= 0 || ask.Limit > MaxPage {
		ask.Limit = MaxPage
	}
	var page wire.CaseList
	err := f.read(ctx, "listing conversations", func(ctx context.Context, q reader) error {
		found, err := f.chat.store.List(ctx, q, chat.Query{
			Station: who.Station, State: ask.State, Before: ask.Before, Limit: ask.Limit + 1,
		})
		if err != nil {
			return err
		}
		if len(found) > ask.Limit {
			found = found[:ask.Limit]
			page.Next = found[ask.Limit-1].ID
		}
		page.Cases, err = f.cases(ctx, q, found)
		return err
	})
	return page, err
}

// cases is conversations as agents list them.
func (f *Flow) cases(ctx context.Context, q reader, threads []chat.Thread) ([]wire.Case, error) {
	previews, err := f.chat.store.Previews(ctx, q, threads)
	if err != nil {
		return nil, err
	}
	members := make([]id.Member, len(threads))
	for i, t := range threads {
		members[i] = t.Member
	}
	briefs, err := f.Members.Brief(ctx, q, members...)
	if err != nil {
		return nil, err
	}
	list := make([]wire.Case, len(threads))
	for i, t := range threads {
		b, known := briefs[t.Member]
		if !known {
			b.ID = t.Member
		}
		list[i] = wire.Case{Thread: t.Wire(), Member: b, Last: previews[t.ID], Note: t.Note}
	}
	return list, nil
}

// Agents lists who answers at a station, by number.
func (f *Flow) Agents(ctx context.Context, at id.Station) (wire.AgentList, error) {
	duties, err := f.chat.store.Duties(ctx, f.DB, at)
	return agentList(f.online(duties)), err
}

// SetDuty notes whether the caller takes conversations. What they have in hand
// stays theirs.
func (f *Flow) SetDuty(ctx context.Context, who staff.Actor, req wire.DutyRequest) (wire.AgentList, error) {
	if err := mayAnswer(who); err != nil {
		return wire.AgentList{}, err
	}
	return f.tellAgents(ctx, who.Station, func(ctx context.Context, tx *mysql.Tx, duties []chat.Duty) error {
		for i := range duties {
			if duties[i].Staff == who.Staff {
				duties[i].OnDuty = req.OnDuty
			}
		}
		return f.chat.store.SetDuty(ctx, tx, who.Station, who.Staff, req.OnDuty)
	})
}

// tellAgents tells a station's agents who answers, after a change, if any.
func (f *Flow) tellAgents(ctx context.Context, at id.Station, change func(context.Context, *mysql.Tx, []chat.Duty) error) (wire.AgentList, error) {
	before, err := f.duties(ctx, at)
	if err != nil {
		return wire.AgentList{}, err
	}
	var list wire.AgentList
	err = f.DB.InTx(ctx, "telling who answers", func(ctx context.Context, tx *mysql.Tx) error {
		duties, err := f.chat.store.LockDuty(ctx, tx, at, before)
		if err != nil {
			return err
		}
		if change != nil {
			if err := change(ctx, tx, duties); err != nil {
				return err
			}
		}
		list = agentList(duties)
		return outbox.Append(ctx, tx, f.Feed, wire.Support(at), outbox.Event{Kind: wire.KindAgents, Body: list, At: f.now()})
	})
	return list, err
}

// SupportSettings reads how a station's support works.
func (f *Flow) SupportSettings(ctx context.Context, at id.Station) (wire.SupportSettings, error) {
	return f.chat.store.Settings(ctx, f.DB, at)
}

// SetSupport changes how the caller's station's support works.
func (f *Flow) SetSupport(ctx context.Context, who staff.Actor, key id.Command, req wire.SupportSettings) (wire.SupportSettings, error) {
	clean, err := chat.CleanSettings(req)
	if err != nil {
		return wire.SupportSettings{}, err
	}
	c := command{actor: who, key: key, name: "chat.settings", action: staff.ManageSupport, request: clean}
	settings, _, err := perform(ctx, f, c, effect[wire.SupportSettings]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.SupportSettings, []outbox.Event, error) {
			if err := f.chat.store.SaveSettings(ctx, tx, who.Station, clean, f.now()); err != nil {
				return clean, nil, err
			}
			return clean, nil, nil
		},
		also: func(ctx context.Context, tx *mysql.Tx, s wire.SupportSettings) error {
			return outbox.Append(ctx, tx, f.Feed, wire.Support(who.Station), outbox.Event{Kind: wire.KindSupport, Body: s, At: f.now()})
		},
	})
	return settings, err
}

// CannedReplies lists the replies a station keeps ready.
func (f *Flow) CannedReplies(ctx context.Context, at id.Station) (wire.CannedList, error) {
	list, err := f.chat.store.CannedOf(ctx, f.DB, at)
	return wire.CannedList{Canned: list}, err
}

// PutCanned adds a reply to those kept ready, or replaces one. Tutorials that
// were sent stay as they were.
func (f *Flow) PutCanned(ctx context.Context, who staff.Actor, key id.Command, which id.Canned, req wire.CannedRequest) (wire.Canned, error) {
	clean, err := chat.CleanCanned(req)
	if err != nil {
		return wire.Canned{}, err
	}
	c := command{actor: who, key: key, name: "chat.canned", action: staff.ManageSupport, target: which.String(), request: clean}
	var parts []wire.Part
	var list []wire.Canned
	named := which // a new reply gets its id in the transaction
	put, _, err := perform(ctx, f, c, effect[wire.Canned]{
		prepare: func(ctx context.Context) (err error) {
			parts, err = f.pictured(ctx, who, clean.Parts)
			return err
		},
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Canned, []outbox.Event, error) {
			canned := wire.Canned{ID: which, Title: clean.Title, Keys: clean.Keys, Parts: parts}
			list, err = f.putCanned(ctx, tx, who, &canned)
			named = canned.ID
			return canned, nil, err
		},
		describe: func(row *audit.Row) { row.ObjectID = named.String() },
		also: func(ctx context.Context, tx *mysql.Tx, _ wire.Canned) error {
			return f.tellCanned(ctx, tx, who.Station, list)
		},
	})
	return put, err
}

// pictured fills in the pictures of a reply: uploads for the station's tutorials.
func (f *Flow) pictured(ctx context.Context, who staff.Actor, asked []wire.CannedPart) ([]wire.Part, error) {
	parts := make([]wire.Part, len(asked))
	for i, p := range asked {
		parts[i].Text = p.Text
		if p.Picture.IsZero() {
			continue
		}
		item, err := f.Media.Load(ctx, f.DB, p.Picture)
		if err != nil {
			return nil, err
		}
		if item.Owner.Station != who.Station || !item.Owner.Thread.IsZero() || item.Kind != wire.MediaPicture {
			return nil, bad("upload %s is no picture for this station's tutorials", p.Picture)
		}
		parts[i].Picture = &item.Media
	}
	return parts, nil
}

// putCanned stores a reply, which gets its id if it has none, and answers the
// station's list as it is then.
func (f *Flow) putCanned(ctx context.Context, tx *mysql.Tx, who staff.Actor, c *wire.Canned) ([]wire.Canned, error) {
	for _, p := range c.Parts {
		if p.Picture != nil {
			if err := f.Media.Use(ctx, tx, p.Picture.ID); err != nil {
				return nil, err
			}
		}
	}
	list, err := f.chat.store.LockCanned(ctx, tx, who.Station)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(has wire.Canned) bool { return has.ID == c.ID })
	switch {
	case i >= 0:
		list[i] = *c
	case !c.ID.IsZero():
		return nil, wire.NewProblem(wire.ProblemNotFound, "canned reply "+c.ID.String())
	case len(list) >= wire.MaxCanned:
		return nil, bad("a station keeps at most %d replies ready", wire.MaxCanned)
	default:
		c.ID = id.New[id.Canned](f.IDs)
		list = append(list, *c)
	}
	if err := f.chat.store.PutCanned(ctx, tx, who.Station, *c, f.now()); err != nil {
		return nil, err
	}
	return list, nil
}

func (f *Flow) tellCanned(ctx context.Context, tx *mysql.Tx, at id.Station, list []wire.Canned) error {
	return outbox.Append(ctx, tx, f.Feed, wire.Support(at),
		outbox.Event{Kind: wire.KindCanned, Body: wire.CannedList{Canned: list}, At: f.now()})
}

// DropCanned removes a reply from those kept ready.
func (f *Flow) DropCanned(ctx context.Context, who staff.Actor, key id.Command, which id.Canned) (wire.Done, error) {
	c := command{actor: who, key: key, name: "chat.canned.drop", action: staff.ManageSupport, target: which.String()}
	var list []wire.Canned
	_, repeat, err := perform(ctx, f, c, effect[wire.Done]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Done, []outbox.Event, error) {
			var err error
			if list, err = f.chat.store.LockCanned(ctx, tx, who.Station); err != nil {
				return wire.Done{}, nil, err
			}
			list = slices.DeleteFunc(list, func(c wire.Canned) bool { return c.ID == which })
			found, err := f.chat.store.DropCanned(ctx, tx, who.Station, which)
			if err == nil && !found {
				err = wire.NewProblem(wire.ProblemNotFound, "canned reply "+which.String())
			}
			if err != nil {
				return wire.Done{}, nil, err
			}
			return wire.Done{Command: key}, nil, nil
		},
		also: func(ctx context.Context, tx *mysql.Tx, _ wire.Done) error {
			return f.tellCanned(ctx, tx, who.Station, list)
		},
	})
	return done(c, repeat, err)
}
