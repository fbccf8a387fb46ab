package flow

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"forecourt/hub/internal/domain/post"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// maxPostHours bounds a post: nobody works longer than a day.
const maxPostHours = 24

// Roster is who is responsible for which nozzles of a station.
func (f *Flow) Roster(ctx context.Context, at id.Station) (wire.Roster, error) {
	return f.roster(ctx, f.DB, at)
}

// roster reads it from a snapshot or a transaction.
func (f *Flow) roster(ctx context.Context, q reader, at id.Station) (wire.Roster, error) {
	if f.Staff == nil {
		return wire.Roster{Posts: []wire.Post{}}, nil
	}
	people, err := f.Staff.At(ctx, q, at)
	if err != nil {
		return wire.Roster{}, err
	}
	posts, err := post.At(ctx, q, at, f.now())
	if err != nil {
		return wire.Roster{}, err
	}
	roster := wire.Roster{Posts: []wire.Post{}}
	for _, p := range people {
		if p.Active && p.Role == wire.RoleAttendant {
			roster.Posts = append(roster.Posts, posts[p.Staff].Wire(p.Staff, p.Number, p.Name))
		}
	}
	slices.SortFunc(roster.Posts, func(a, b wire.Post) int { return cmp.Compare(a.Number, b.Number) })
	return roster, nil
}

// AssignNozzles makes an attendant responsible for nozzles for some hours, in
// the place of those before; with none the post ends.
func (f *Flow) AssignNozzles(ctx context.Context, who staff.Actor, key id.Command, to id.Staff, req wire.PostRequest) (wire.Roster, error) {
	if to.IsZero() {
		return wire.Roster{}, bad("an attendant is needed")
	}
	if req.Hours < 1 || req.Hours > maxPostHours || len(req.Nozzles) > post.MaxNozzles {
		return wire.Roster{}, bad("a post has at most %d nozzles and lasts 1 to %d hours", post.MaxNozzles, maxPostHours)
	}
	c := command{
		actor: who, key: key, name: "post.assign", action: staff.AssignNozzles, target: to.String(), request: req,
		audit: audit.Row{Object: "staff", ObjectID: to.String(), Note: fmt.Sprintf("nozzles %v, %d h", req.Nozzles, req.Hours)},
	}
	// What is kept of the command is not the roster, which has names in it.
	_, _, err := perform(ctx, f, c, effect[wire.Done]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Done, []outbox.Event, error) {
			p := post.Post{
				Staff: to, Station: who.Station, Nozzles: post.NozzlesOf(req.Nozzles), By: who.Number,
				Since: f.now(), Until: f.now().Add(time.Duration(req.Hours) * time.Hour),
			}
			if err := f.assignable(ctx, tx, p); err != nil {
				return wire.Done{}, nil, err
			}
			if err := post.Assign(ctx, tx, p); err != nil {
				return wire.Done{}, nil, err
			}
			roster, err := f.roster(ctx, tx, who.Station)
			return wire.Done{Command: key}, []outbox.Event{{Kind: wire.KindRoster, Body: roster, At: f.now()}}, err
		},
	})
	if err != nil {
		return wire.Roster{}, err
	}
	return f.Roster(ctx, who.Station)
}

// assignable refuses a post of somebody who is no attendant there, or at
// nozzles the station does not have.
func (f *Flow) assignable(ctx context.Context, tx *mysql.Tx, p post.Post) error {
	people, err := f.Staff.At(ctx, tx, p.Station)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(people, func(who staff.Person) bool {
		return who.Staff == p.Staff && who.Active && who.Role == wire.RoleAttendant
	}) {
		return wire.NewProblem(wire.ProblemNotFound, "no attendant "+p.Staff.String())
	}
	nozzles, err := station.Nozzles(ctx, tx, p.Station)
	if err != nil {
		return err
	}
	for _, number := range p.Nozzles {
		if !slices.ContainsFunc(nozzles, func(n station.Nozzle) bool { return n.Number == number }) {
			return wire.NewProblem(wire.ProblemNotFound, fmt.Sprintf("no nozzle %d", number))
		}
	}
	return nil
}

// AnnounceRoster tells the station's screens who is responsible for which
// nozzles now: after a post has ended by itself, or the staff has changed.
func (f *Flow) AnnounceRoster(ctx context.Context, at id.Station) error {
	return f.DB.InTx(ctx, "announcing the roster", func(ctx context.Context, tx *mysql.Tx) error {
		roster, err := f.roster(ctx, tx, at)
		if err != nil {
			return err
		}
		return outbox.Append(ctx, tx, f.Feed, wire.Desk(at), outbox.Event{Kind: wire.KindRoster, Body: roster, At: f.now()})
	})
}

// Post is what an attendant is responsible for.
func (f *Flow) Post(ctx context.Context, who staff.Actor) (wire.Post, error) {
	p, err := post.Of(ctx, f.DB, who.Staff, f.now())
	return p.Wire(who.Staff, who.Number, who.Name), err
}

// PostRefuels reads a page of the deliveries at an attendant's nozzles, newest
// first; nozzle narrows it, zero means all of theirs. Another's nozzle is
// wire.ProblemNotYourNozzle.
func (f *Flow) PostRefuels(ctx context.Context, who staff.Actor, nozzle int, before id.Sale, limit int) (wire.RefuelList, error) {
	page := wire.RefuelList{Refuels: []wire.Refuel{}}
	err := f.read(ctx, "listing refuels", func(ctx context.Context, q reader) error {
		p, err := post.Of(ctx, q, who.Staff, f.now())
		if err != nil {
			return err
		}
		nozzles := []int(p.Nozzles)
		if nozzle != 0 {
			if !p.Nozzles.Has(nozzle) {
				return wire.NewProblem(wire.ProblemNotYourNozzle, fmt.Sprintf("nozzle %d", nozzle))
			}
			nozzles = []int{nozzle}
		}
		return f.refuels(ctx, q, sale.Query{Station: who.Station, Nozzles: nozzles, Before: before}, limit, &page)
	})
	return page, err
}

// refuels reads a page of deliveries; without nozzles there are none.
func (f *Flow) refuels(ctx context.Context, q reader, ask sale.Query, limit int, into *wire.RefuelList) error {
	if len(ask.Nozzles) == 0 {
		return nil
	}
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	ask.Limit = limit + 1 // one more than asked tells whether there is a following page
	found, err := sale.List(ctx, q, ask)
	if err != nil {
		return err
	}
	if len(found) > limit {
		found = found[:limit]
		into.Next = found[limit-1].ID
	}
	for _, s := range found {
		into.Refuels = append(into.Refuels, wire.RefuelOf(s.Wire(nil)))
	}
	return nil
}

// PostSnapshot is what an attendant's till needs, and the position in their
// channel that it stands at: that of the station's desk channel, whose events
// they see in part.
func (f *Flow) PostSnapshot(ctx context.Context, who id.Staff) (wire.PostSnap, wire.Position, error) {
	var snap wire.PostSnap
	var pos wire.Position
	err := f.read(ctx, "reading a post", func(ctx context.Context, q reader) error {
		person, err := f.Staff.One(ctx, q, who)
		if err != nil {
			return err
		}
		if pos, err = f.Feed.Position(ctx, q, wire.Desk(person.Station)); err != nil {
			return err
		}
		pos.Ch = wire.PostOf(who)
		p, err := post.Of(ctx, q, who, f.now())
		if err != nil {
			return err
		}
		snap.Post = p.Wire(who, person.Number, person.Name)
		st, err := station.Load(ctx, q, person.Station)
		if err != nil {
			return err
		}
		snap.Station = st.Name
		if snap.Prices, err = station.Board(ctx, q, st); err != nil {
			return err
		}
		snap.Refuels, err = f.waitingAt(ctx, q, person.Station, p.Nozzles)
		return err
	})
	return snap, pos, err
}

// waitingAt is what waits at some nozzles, oldest first, and the last settled
// deliveries there.
func (f *Flow) waitingAt(ctx context.Context, q reader, at id.Station, nozzles post.Nozzles) ([]wire.Refuel, error) {
	list := []wire.Refuel{}
	if len(nozzles) == 0 {
		return list, nil
	}
	sales, err := sale.Desk(ctx, q, at, nozzles, maxWaiting, wire.MaxSettledInSnap)
	if err != nil {
		return nil, err
	}
	for _, s := range sales {
		list = append(list, wire.RefuelOf(s.Wire(nil)))
	}
	return list, nil
}
