package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/domain/segment"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Names of acts in the log and of commands.
const (
	actionSegmentSave    = "segment.save"
	actionSegmentDrop    = "segment.drop"
	actionSegmentPreview = "segment.preview"
)

// previewRows bounds the members that a preview shows: enough to see that a
// rule means what was meant, too few to be a list of the customers.
const previewRows = 20

// Segments lists a station's segments.
func (f *Flow) Segments(ctx context.Context, at id.Station) (wire.SegmentList, error) {
	list, err := segment.List(ctx, f.DB, at)
	return wire.SegmentList{Segments: list}, err
}

// PreviewSegment is whom a rule would choose now. That somebody looked is on
// record, with how many there were.
func (f *Flow) PreviewSegment(ctx context.Context, who staff.Actor, req wire.SegmentRequest) (wire.SegmentPreview, error) {
	preview := wire.SegmentPreview{Some: []wire.MemberRow{}}
	if !staff.May(who.Role, staff.ManageSegments) {
		return preview, wire.NewProblem(wire.ProblemForbidden, string(staff.ManageSegments))
	}
	if err := segment.Check(req.Rule); err != nil {
		return preview, err
	}
	err := f.read(ctx, "trying a segment", func(ctx context.Context, q reader) error {
		chosen, err := f.choose(ctx, q, who.Station, req.Rule, f.now())
		if err != nil {
			return err
		}
		preview.Members = len(chosen)
		if len(chosen) == 0 {
			return nil
		}
		preview.Some, err = f.Members.Rows(ctx, q, chosen[:min(len(chosen), previewRows)]...)
		return err
	})
	if err != nil {
		return wire.SegmentPreview{}, err
	}
	return preview, audit.Record(ctx, f.DB, audit.Row{
		At: f.now(), Station: who.Station, Staff: who.Staff, Action: actionSegmentPreview,
		Result: audit.OK, Note: membersNote(preview.Members),
	})
}

// SaveSegment adds a segment, or with an id replaces one; it answers with the
// segment and how many it chooses now.
func (f *Flow) SaveSegment(ctx context.Context, who staff.Actor, key id.Command, which id.Segment, req wire.SegmentRequest) (wire.Segment, error) {
	clean, err := segment.Clean(req)
	if err != nil {
		return wire.Segment{}, err
	}
	next := wire.Segment{ID: which, Name: clean.Name, Rule: clean.Rule, By: who.Number}
	if which.IsZero() {
		next.ID = id.New[id.Segment](f.IDs)
	}
	c := command{
		actor: who, key: key, name: actionSegmentSave, action: staff.ManageSegments, target: which.String(), request: clean,
	}
	saved, _, err := perform(ctx, f, c, effect[wire.Segment]{
		prepare: func(ctx context.Context) error {
			return f.read(ctx, "counting a segment", func(ctx context.Context, q reader) error {
				now := f.now()
				chosen, err := f.choose(ctx, q, who.Station, next.Rule, now)
				next.Members, next.CountedAt = len(chosen), now
				return err
			})
		},
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Segment, []outbox.Event, error) {
			return next, nil, f.saveSegment(ctx, tx, who.Station, next, which.IsZero())
		},
		describe: func(row *audit.Row) {
			row.Object, row.ObjectID, row.Note = "segment", next.ID.String(), membersNote(next.Members)
		},
	})
	return saved, err
}

// membersNote is what the log says of whom a rule chose.
func membersNote(n int) string { return fmt.Sprintf("members %d", n) }

// saveSegment stores a segment if the station's others leave it room and its
// name. The station's row is locked, so that two heads do not add at once.
func (f *Flow) saveSegment(ctx context.Context, tx *mysql.Tx, at id.Station, s wire.Segment, added bool) error {
	if _, err := station.Lock(ctx, tx, at); err != nil {
		return problemOf(err)
	}
	others, err := segment.List(ctx, tx, at)
	if err != nil {
		return err
	}
	known := slices.ContainsFunc(others, func(o wire.Segment) bool { return o.ID == s.ID })
	switch {
	case !added && !known:
		return noSegment(s.ID)
	case added && len(others) >= segment.MaxSegments:
		return bad("a station has at most %d segments", segment.MaxSegments)
	case slices.ContainsFunc(others, func(o wire.Segment) bool { return o.ID != s.ID && o.Name == s.Name }):
		return wire.NewProblem(wire.ProblemNameTaken, "there is a segment of this name")
	}
	return segment.Put(ctx, tx, at, s, f.now())
}

// DropSegment removes a segment. Its members are not touched.
func (f *Flow) DropSegment(ctx context.Context, who staff.Actor, key id.Command, which id.Segment) (wire.Done, error) {
	c := command{actor: who, key: key, name: actionSegmentDrop, action: staff.ManageSegments, target: which.String()}
	_, repeat, err := perform(ctx, f, c, effect[wire.Done]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Done, []outbox.Event, error) {
			err := segment.Drop(ctx, tx, who.Station, which)
			if errors.Is(err, segment.ErrNone) {
				err = noSegment(which)
			}
			return wire.Done{Command: key}, nil, err
		},
	})
	return done(c, repeat, err)
}

// CountSegments counts the members of every segment anew, as is done each
// night, and counts the segments.
func (f *Flow) CountSegments(ctx context.Context) (counted int, err error) {
	stations, err := station.All(ctx, f.DB)
	if err != nil {
		return 0, err
	}
	for _, st := range stations {
		list, err := segment.List(ctx, f.DB, st.ID)
		if err != nil {
			return counted, err
		}
		for _, s := range list {
			if err := f.countSegment(ctx, st.ID, s); err != nil {
				return counted, err
			}
			counted++
		}
	}
	return counted, nil
}

func (f *Flow) countSegment(ctx context.Context, at id.Station, s wire.Segment) error {
	now := f.now()
	var chosen []id.Member
	err := f.read(ctx, "counting a segment", func(ctx context.Context, q reader) (err error) {
		chosen, err = f.choose(ctx, q, at, s.Rule, now)
		return err
	})
	if err != nil {
		return err
	}
	return segment.Count(ctx, f.DB, s.ID, len(chosen), now)
}

// segmentMembers is whom a saved segment chooses now, newest member first, or
// wire.ProblemNotFound.
func (f *Flow) segmentMembers(ctx context.Context, q sqlx.QueryerContext, at id.Station, which id.Segment) ([]id.Member, error) {
	s, err := segment.Load(ctx, q, at, which)
	if errors.Is(err, segment.ErrNone) {
		return nil, noSegment(which)
	}
	if err != nil {
		return nil, err
	}
	return f.choose(ctx, q, at, s.Rule, f.now())
}

func noSegment(which id.Segment) error {
	return wire.NewProblem(wire.ProblemNotFound, "segment "+which.String())
}

// choose is whom a rule chooses at now by a station's clock, newest member
// first. Fuellings count wherever they were, as they do in the habits that the
// station sees; members who were erased, or who did not agree to be chosen for
// offers, are never in it.
func (f *Flow) choose(ctx context.Context, q sqlx.QueryerContext, at id.Station, rule wire.SegmentRule, now time.Time) ([]id.Member, error) {
	st, err := station.Load(ctx, q, at)
	if err != nil {
		return nil, problemOf(err)
	}
	zone, err := st.Location()
	if err != nil {
		return nil, err
	}
	facts, err := f.segmentFacts(ctx, q, rule, now)
	if err != nil {
		return nil, err
	}
	chosen := segment.Choose(rule, facts, now, zone)
	if len(chosen) == 0 {
		return nil, nil
	}
	agreed, err := f.Members.Consenting(ctx, q, wire.ConsentMarketing, chosen...)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(chosen, func(m id.Member) bool { return !agreed[m] }), nil
}

// segmentFacts is what a rule looks at of every member, newest first.
func (f *Flow) segmentFacts(ctx context.Context, q sqlx.QueryerContext, rule wire.SegmentRule, now time.Time) ([]segment.Facts, error) {
	roll, err := f.Members.Roll(ctx, q, segment.NeedsUsual(rule))
	if err != nil {
		return nil, err
	}
	facts := make([]segment.Facts, len(roll))
	for i, m := range roll {
		facts[i] = segment.Facts{Member: m.Member, Joined: m.Since, LastAt: m.LastAt, Usual: m.Usual}
	}
	since, needed := segment.Since(rule, now)
	if !needed {
		return facts, nil
	}
	return facts, addFuellings(ctx, q, facts, since)
}

// fuellings reads members' paid sales out of an index of their own, without
// touching the sales.
const fuellings = `SELECT member, ended_at, booked_fen, grade FROM sale FORCE INDEX (sale_fuelling)
	WHERE state = 'paid' AND ended_at > ? AND member IS NOT NULL`

// addFuellings adds the paid sales that ended after since to their members.
func addFuellings(ctx context.Context, q sqlx.QueryerContext, facts []segment.Facts, since time.Time) error {
	place := make(map[id.Member]int, len(facts))
	for i := range facts {
		place[facts[i].Member] = i
	}
	rows, err := q.QueryxContext(ctx, fuellings, since)
	if err != nil {
		return fmt.Errorf("reading members' fuellings: %w", err)
	}
	defer rows.Close()
	grades := map[string]string{} // one copy of each
	for rows.Next() {
		var m id.Member
		var at time.Time
		var amount unit.Fen
		var grade []byte
		if err := rows.Scan(&m, &at, &amount, &grade); err != nil {
			return fmt.Errorf("reading members' fuellings: %w", err)
		}
		code, known := grades[string(grade)]
		if !known {
			code = string(grade)
			grades[code] = code
		}
		if i, ok := place[m]; ok {
			facts[i].Fuellings = append(facts[i].Fuellings, segment.Fuelling{At: at, Amount: amount, Grade: code})
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading members' fuellings: %w", err)
	}
	return nil
}
