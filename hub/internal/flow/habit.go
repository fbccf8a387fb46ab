package flow

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// habitBatch bounds how many members' habits one transaction makes anew: a
// payment of one of them waits for no more than that.
const habitBatch = 200

// stationFor is the station of a sale, for the member it belongs to; zero if it
// is nobody's.
func (f *Flow) stationFor(ctx context.Context, s sale.Sale) (station.Station, error) {
	if s.Member.IsZero() {
		return station.Station{}, nil
	}
	return station.Load(ctx, f.DB, s.Station)
}

// noteFuelling adds a sale that this transaction made paid to its member's
// habits. A sale is never given to a member once it has ended (package sale),
// so becoming paid is the one moment at which a paid fuelling comes to be
// somebody's.
func (f *Flow) noteFuelling(ctx context.Context, tx *mysql.Tx, s sale.Sale, at station.Station) error {
	if s.Member.IsZero() {
		return nil
	}
	zone, err := at.Location()
	if err != nil {
		return err
	}
	return f.Members.NoteFuelling(ctx, tx, s.Member, member.Fuelling{
		Sale: s.ID, At: s.EndedAt, Zone: zone, Grade: s.Grade, Volume: s.Booked, Amount: s.Charge,
	})
}

// FillHabits makes all habits anew if they do not add up to the paid sales of
// members, as in a database from before habits were kept; it answers how many
// members that were. What is interrupted is done again by the next call.
func (f *Flow) FillHabits(ctx context.Context) (members int, err error) {
	var sold, kept struct {
		Refuels int64
		Spent   unit.Fen
	}
	err = f.read(ctx, "adding up habits", func(ctx context.Context, q reader) error {
		err := sqlx.GetContext(ctx, q, &sold, `SELECT COUNT(*) AS refuels, CAST(COALESCE(SUM(booked_fen), 0) AS SIGNED) AS spent
			FROM sale WHERE state = 'paid' AND member IS NOT NULL
				AND member NOT IN (SELECT id FROM member WHERE erased_at IS NOT NULL)`)
		if err != nil {
			return fmt.Errorf("adding up members' sales: %w", err)
		}
		err = sqlx.GetContext(ctx, q, &kept, `SELECT CAST(COALESCE(SUM(refuels), 0) AS SIGNED) AS refuels,
				CAST(COALESCE(SUM(spent_fen), 0) AS SIGNED) AS spent FROM member_habit`)
		if err != nil {
			return fmt.Errorf("adding up members' habits: %w", err)
		}
		return nil
	})
	if err != nil || sold == kept {
		return 0, err
	}
	f.Log.Info("members' habits are made anew from their sales", "kept", kept.Refuels, "sold", sold.Refuels)
	return f.RebuildHabits(ctx)
}

// RebuildHabits makes every member's habits anew from their paid sales and
// counts the members. It may run while sales are settled.
func (f *Flow) RebuildHabits(ctx context.Context) (members int, err error) {
	zones, err := f.zones(ctx)
	if err != nil {
		return 0, err
	}
	err = eachFueller(ctx, f.DB, func(ms []id.Member) error {
		members += len(ms)
		return f.DB.InTx(ctx, "making habits anew", func(ctx context.Context, tx *mysql.Tx) error {
			return f.Members.SetHabits(ctx, tx, ms, zones.tallies)
		})
	})
	return members, err
}

// CheckHabits recomputes every member's habits from their paid sales, of one
// moment, and answers whose are kept otherwise.
func (f *Flow) CheckHabits(ctx context.Context) ([]id.Member, error) {
	zones, err := f.zones(ctx)
	if err != nil {
		return nil, err
	}
	var wrong []id.Member
	err = f.read(ctx, "checking habits", func(ctx context.Context, q reader) error {
		return eachFueller(ctx, q, func(ms []id.Member) error {
			differ, err := f.checkHabits(ctx, q, zones, ms)
			wrong = append(wrong, differ...)
			return err
		})
	})
	return wrong, err
}

func (f *Flow) checkHabits(ctx context.Context, q reader, zones zones, ms []id.Member) (wrong []id.Member, err error) {
	sold, err := zones.tallies(ctx, q, ms)
	if err != nil {
		return nil, err
	}
	gone, err := member.ErasedAmong(ctx, q, ms)
	if err != nil {
		return nil, err
	}
	for _, m := range gone {
		delete(sold, m)
	}
	kept, err := f.Members.Tallies(ctx, q, ms...)
	for _, m := range ms {
		if !kept[m].Equal(sold[m]) {
			wrong = append(wrong, m)
		}
	}
	return wrong, err
}

// eachFueller calls fn with the members who paid for fuel or have habits, some
// at a time, in ascending order.
func eachFueller(ctx context.Context, q sqlx.QueryerContext, fn func([]id.Member) error) error {
	var after id.Member
	for {
		var ms []id.Member
		err := sqlx.SelectContext(ctx, q, &ms, `(SELECT DISTINCT member FROM sale FORCE INDEX (sale_member)
				WHERE member > ? ORDER BY member LIMIT ?)
			UNION (SELECT member FROM member_habit WHERE member > ? ORDER BY member LIMIT ?)
			ORDER BY member LIMIT ?`, after[:], habitBatch, after[:], habitBatch, habitBatch)
		if err != nil {
			return fmt.Errorf("listing who fuelled: %w", err)
		}
		if len(ms) == 0 {
			return nil
		}
		if err := fn(ms); err != nil {
			return err
		}
		after = ms[len(ms)-1]
	}
}

// zones is the clock of each station.
type zones map[id.Station]*time.Location

func (f *Flow) zones(ctx context.Context) (zones, error) {
	all, err := station.All(ctx, f.DB)
	if err != nil {
		return nil, err
	}
	z := make(zones, len(all))
	for _, st := range all {
		if z[st.ID], err = st.Location(); err != nil {
			return nil, err
		}
	}
	return z, nil
}

// tallies adds up the paid sales of members.
func (z zones) tallies(ctx context.Context, q sqlx.QueryerContext, ms []id.Member) (map[id.Member]member.Tally, error) {
	query, args, err := sqlx.In(`SELECT id, station, member, grade, booked_ml, booked_fen, ended_at
		FROM sale FORCE INDEX (sale_member) WHERE member IN (?) AND state = 'paid'`, ms)
	if err != nil {
		return nil, fmt.Errorf("adding up members' sales: %w", err)
	}
	rows, err := q.QueryxContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("adding up members' sales: %w", err)
	}
	defer rows.Close()
	tallies := make(map[id.Member]member.Tally, len(ms))
	for rows.Next() {
		var m id.Member
		var at id.Station
		var paid member.Fuelling
		if err := rows.Scan(&paid.Sale, &at, &m, &paid.Grade, &paid.Volume, &paid.Amount, &paid.At); err != nil {
			return nil, fmt.Errorf("adding up members' sales: %w", err)
		}
		if paid.Zone = z[at]; paid.Zone == nil {
			return nil, fmt.Errorf("adding up members' sales: sale %s is of no station", paid.Sale)
		}
		t := tallies[m]
		t.Add(paid)
		tallies[m] = t
	}
	return tallies, rows.Err()
}
