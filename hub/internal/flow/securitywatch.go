package flow

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/domain/watch"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	actionAlertRaised = "alert.raised"
	actionAlertSeen   = "alert.seen"
	objectAlert       = "alert"
	// watchBatch bounds the rows that are judged at once.
	watchBatch = 500
	// maxReaders bounds how many readers of the log are remembered.
	maxReaders = 1000
)

// guards is what is remembered of who reads the log and of what is unusual.
type guards struct {
	mu      sync.Mutex
	readers map[id.Staff]time.Time // when it was last written down

	judging sync.Mutex
	judge   *watch.Judge
	upto    uint64 // the last row judged
}

// reads reports whether a look at the log is to be written down.
func (g *guards) reads(who id.Staff, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if last, known := g.readers[who]; known && now.Sub(last).Abs() < readEvery {
		return false
	}
	if g.readers == nil || len(g.readers) >= maxReaders {
		g.readers = map[id.Staff]time.Time{}
	}
	g.readers[who] = now
	return true
}

// Refused writes down that somebody was refused an action for their role.
// object is the id that the request was about, "" if it had none.
func (f *Flow) Refused(ctx context.Context, who staff.Actor, action staff.Action, object string) {
	row := audit.Row{
		At: f.now(), Station: who.Station, Staff: who.Staff, Action: refusedAct(action),
		Result: string(wire.ProblemForbidden), Note: string(action),
	}
	row.Object, row.ObjectID = objectOf(row.Action), object
	if object == "" {
		row.Object = ""
	}
	if err := f.record(ctx, row); err != nil {
		f.Log.Error("a refusal was not written down", "staff", who.Staff, "action", action, "error", err)
	}
}

// refusedAct is what the log calls an action that was refused before it was
// known which act of it was meant.
func refusedAct(action staff.Action) string {
	switch action {
	case staff.SeeMember, staff.SeeMembers:
		return actionMemberLook
	case staff.SeeMemberRefuels:
		return actionMemberRefuels
	case staff.RevealMember:
		return actionMemberReveal
	case staff.EraseMember:
		return "member.erase"
	case staff.ManageSegments:
		return "segment.see"
	case staff.TakePayment:
		return "sale.pay"
	case staff.ResolveSale:
		return "sale.resolve"
	case staff.EditOffers:
		return actionOfferAdd
	case staff.EditSite:
		return actionSiteSet
	case staff.CountQueue:
		return actionQueueCount
	case staff.SetPrices:
		return "prices.set"
	case staff.HoldNozzle, staff.SetMode, staff.Authorize:
		return "nozzle.change"
	case staff.StopAll:
		return "station.hold"
	case staff.AssignNozzles:
		return "post.assign"
	case staff.ManageStaff:
		return "staff.manage"
	case staff.SeeLog:
		return actionLogRead
	case staff.SeeKeys, staff.RotateKeys:
		return "keys.see"
	case staff.SeeBackups:
		return "backup.see"
	case staff.MakeBackups:
		return "backup.make"
	case staff.RestoreBackups:
		return "backup.restore"
	}
	return "refused." + string(action)
}

// Watch judges the rows that were sealed since it was last called and raises
// alerts. After a start it goes through the last rows again, so that nothing
// is forgotten; what was counted then is not counted again.
func (f *Flow) Watch(ctx context.Context) error {
	g := &f.guards
	g.judging.Lock()
	defer g.judging.Unlock()
	if g.judge == nil {
		size, err := audit.SealedSize(ctx, f.DB)
		if err != nil {
			return err
		}
		g.judge, g.upto = watch.NewJudge(), size-min(size, watch.Refill)
	}
	for {
		rows, err := audit.Sealed(ctx, f.DB, g.upto, watchBatch)
		if err == nil && len(rows) > 0 {
			err = f.judge(ctx, g.judge, rows)
		}
		if err != nil {
			g.judge = nil // some are judged and not told of: begin again
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		g.upto = rows[len(rows)-1].N
	}
}

// judge judges rows and raises what they give reason to.
func (f *Flow) judge(ctx context.Context, j *watch.Judge, rows []audit.Entry) error {
	heads, err := f.headsIn(ctx, rows)
	if err != nil {
		return err
	}
	for _, row := range rows {
		for _, r := range j.Take(watch.Act{Entry: row, OfHead: heads[row.ObjectID]}) {
			if err := f.alarm(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// headsIn is whose accounts among those that rows are about are a head's.
func (f *Flow) headsIn(ctx context.Context, rows []audit.Entry) (map[string]bool, error) {
	var accounts []id.Staff
	for _, row := range rows {
		if watch.AboutAccount(row) {
			accounts = appendID(accounts, row, "staff")
		}
	}
	if len(accounts) == 0 || f.Staff == nil {
		return nil, nil
	}
	people, err := f.Staff.Names(ctx, f.DB, unique(accounts)...)
	heads := map[string]bool{}
	for key, p := range people {
		heads[key.String()] = p.Role == wire.RoleHead || p.Role == wire.RoleGroup
	}
	return heads, err
}

// alarm makes an alert of a reason, or counts it up, and tells of it. A reason
// at no station is one at each.
func (f *Flow) alarm(ctx context.Context, r watch.Raise) error {
	if !r.Station.IsZero() {
		return f.alarmAt(ctx, r)
	}
	stations, err := station.All(ctx, f.DB)
	for _, st := range stations {
		r.Station = st.ID
		err = errors.Join(err, f.alarmAt(ctx, r))
	}
	return err
}

func (f *Flow) alarmAt(ctx context.Context, r watch.Raise) error {
	who, err := f.alertNames(ctx, f.DB, r.Staff)
	if err != nil {
		return err
	}
	fresh := id.New[id.Alert](f.IDs)
	return f.DB.InTx(ctx, "raising an alert", func(ctx context.Context, tx *mysql.Tx) error {
		a, isNew, changed, err := watch.Put(ctx, tx, fresh, r)
		if err != nil || !changed {
			return err
		}
		if isNew {
			f.Log.Warn("an unusual act", "rule", r.Rule, "station", r.Station, "staff", r.Staff, "object", r.Object, "object_id", r.ObjectID)
			err := audit.Write(ctx, tx, audit.Row{
				At: f.now(), Station: r.Station, Action: actionAlertRaised, Object: objectAlert, ObjectID: a.ID.String(),
				Result: audit.OK, Note: string(r.Rule),
			})
			if err != nil {
				return err
			}
		}
		return f.tellAlert(ctx, tx, r.Station, named(a, who))
	})
}

func (f *Flow) tellAlert(ctx context.Context, tx *mysql.Tx, at id.Station, a wire.Alert) error {
	return outbox.Append(ctx, tx, f.Feed, wire.Security(at), outbox.Event{Kind: wire.KindAlert, Body: a, At: f.now()})
}

// alertNames is who alerts name.
func (f *Flow) alertNames(ctx context.Context, q reader, who ...id.Staff) (map[id.Staff]staff.Person, error) {
	who = slices.DeleteFunc(slices.Clone(who), id.Staff.IsZero)
	if f.Staff == nil || len(who) == 0 {
		return nil, nil
	}
	return f.Staff.Names(ctx, q, unique(who)...)
}

// named is an alert with who it names.
func named(a watch.Alert, who map[id.Staff]staff.Person) wire.Alert {
	w := a.Wire()
	w.Number, w.Name = who[a.Staff].Number, who[a.Staff].Name
	w.SeenBy = who[a.SeenBy].Number
	return w
}

// alerts reads a page of alerts as screens see them.
func (f *Flow) alerts(ctx context.Context, q reader, ask watch.Query) ([]wire.Alert, error) {
	found, err := watch.List(ctx, q, ask)
	if err != nil {
		return nil, err
	}
	var who []id.Staff
	for _, a := range found {
		who = append(who, a.Staff, a.SeenBy)
	}
	people, err := f.alertNames(ctx, q, who...)
	list := make([]wire.Alert, len(found))
	for i, a := range found {
		list[i] = named(a, people)
	}
	return list, err
}

// AlertQuery asks for a page of alerts.
type AlertQuery struct {
	// Open asks for those that nobody has taken note of.
	Open bool
	// Before asks for alerts older than this one; zero begins at the newest.
	Before id.Alert
}

// Alerts reads a page of the station's alerts, newest first.
func (f *Flow) Alerts(ctx context.Context, who staff.Actor, ask AlertQuery) (wire.AlertList, error) {
	page := wire.AlertList{Alerts: []wire.Alert{}}
	err := f.read(ctx, "listing alerts", func(ctx context.Context, q reader) (err error) {
		page.Alerts, err = f.alerts(ctx, q, watch.Query{Station: who.Station, Open: ask.Open, Before: ask.Before, Limit: MaxPage + 1})
		return err
	})
	if len(page.Alerts) > MaxPage {
		page.Alerts = page.Alerts[:MaxPage]
		page.Next = page.Alerts[MaxPage-1].ID
	}
	return page, err
}

// SecuritySnapshot is the alerts that nobody has taken note of, and the
// position in the security channel that they stand at.
func (f *Flow) SecuritySnapshot(ctx context.Context, s id.Station) (wire.SecuritySnap, wire.Position, error) {
	var snap wire.SecuritySnap
	var pos wire.Position
	err := f.read(ctx, "reading a security snapshot", func(ctx context.Context, q reader) (err error) {
		if pos, err = f.Feed.Position(ctx, q, wire.Security(s)); err != nil {
			return err
		}
		snap.Alerts, err = f.alerts(ctx, q, watch.Query{Station: s, Open: true, Limit: wire.MaxAlertsInSnap})
		return err
	})
	return snap, pos, err
}

// NoteAlert says that the caller has taken note of an alert of their station.
// The first to do so stays.
func (f *Flow) NoteAlert(ctx context.Context, who staff.Actor, key id.Command, which id.Alert) (wire.Alert, error) {
	c := command{actor: who, key: key, name: actionAlertSeen, action: staff.SeeLog, target: which.String()}
	var seen watch.Alert
	// Results are kept in clear, and alerts name people: only which it was is.
	_, _, err := perform(ctx, f, c, effect[id.Alert]{
		do: func(ctx context.Context, tx *mysql.Tx) (_ id.Alert, _ []outbox.Event, err error) {
			seen, err = watch.See(ctx, tx, who.Station, which, who.Staff, f.now())
			if errors.Is(err, watch.ErrNone) {
				err = wire.NewProblem(wire.ProblemNotFound, "alert "+which.String())
			}
			return which, nil, err
		},
		also: func(ctx context.Context, tx *mysql.Tx, _ id.Alert) error {
			people, err := f.alertNames(ctx, tx, seen.Staff, seen.SeenBy)
			if err != nil {
				return err
			}
			return f.tellAlert(ctx, tx, who.Station, named(seen, people))
		},
	})
	if err != nil {
		return wire.Alert{}, err
	}
	return f.alert(ctx, who.Station, which)
}

// alert reads one alert as it is now.
func (f *Flow) alert(ctx context.Context, at id.Station, which id.Alert) (wire.Alert, error) {
	var out wire.Alert
	err := f.read(ctx, "reading an alert", func(ctx context.Context, q reader) error {
		a, err := watch.One(ctx, q, at, which)
		if errors.Is(err, watch.ErrNone) {
			return wire.NewProblem(wire.ProblemNotFound, "alert "+which.String())
		}
		if err != nil {
			return err
		}
		people, err := f.alertNames(ctx, q, a.Staff, a.SeenBy)
		out = named(a, people)
		return err
	})
	return out, err
}

// KeyState tells which keys there are and how they stand. No key is in it.
func (f *Flow) KeyState(ctx context.Context) (wire.KeyRing, error) { return f.Keys.Status(ctx) }

// RotateKeys begins to seal with a new key. It is begun before it is written
// down: if the hub ends between the two, a repeat is told that it is under way.
func (f *Flow) RotateKeys(ctx context.Context, who staff.Actor, key id.Command) (wire.KeyRing, error) {
	c := command{actor: who, key: key, name: "keys.rotate", action: staff.RotateKeys}
	var ring wire.KeyRing
	begun := false
	_, repeat, err := perform(ctx, f, c, effect[struct{}]{
		prepare: func(ctx context.Context) (err error) {
			if !begun {
				ring, err = f.Keys.Rotate(ctx)
				begun = err == nil
			}
			return err
		},
		do: func(context.Context, *mysql.Tx) (struct{}, []outbox.Event, error) { return struct{}{}, nil, nil },
	})
	if err == nil && repeat {
		return f.KeyState(ctx)
	}
	return ring, err
}
