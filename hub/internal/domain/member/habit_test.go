package member_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// firstFuelling is a Sunday, 7:30 in the morning in Shanghai.
var firstFuelling = time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// tally adds fuellings up.
func tally(fuellings ...member.Fuelling) member.Tally {
	var t member.Tally
	for _, f := range fuellings {
		t.Add(f)
	}
	return t
}

// fuelled is a fuelling some hours after the first.
func fuelled(t testing.TB, hours int, grade string, amount unit.Fen) member.Fuelling {
	return member.Fuelling{
		At: firstFuelling.Add(time.Duration(hours) * time.Hour), Zone: shanghai(t), Grade: grade, Volume: 1000, Amount: amount,
	}
}

func TestS034TheUsualGrade(t *testing.T) {
	for name, tt := range map[string]struct{ grades, want string }{
		"none":                       {"", ""},
		"one":                        {"92#", "92#"},
		"the most":                   {"92# 95# 92#", "92#"},
		"of two, the last":           {"92# 95#", "95#"},
		"of two, the last again":     {"92# 95# 95# 92#", "92#"},
		"the last is not the most":   {"92# 92# 95#", "92#"},
		"an unknown nozzle's is not": {"? ? 92#", "92#"},
	} {
		t.Run(name, func(t *testing.T) {
			var fuellings []member.Fuelling
			for i, grade := range strings.Fields(tt.grades) {
				fuellings = append(fuellings, fuelled(t, i, strings.Trim(grade, "?"), 100))
			}
			got := tally(fuellings...).Habits()
			if got.Usual != tt.want || got.Refuels != int64(len(fuellings)) {
				t.Errorf("usual %q of %d", got.Usual, got.Refuels)
			}
			slices.Reverse(fuellings)
			if again := tally(fuellings...).Habits(); again.Usual != tt.want {
				t.Errorf("told in another order: %q", again.Usual)
			}
		})
	}
}

func TestS034TheMeanIsRoundedHalfUp(t *testing.T) {
	for _, tt := range []struct {
		amounts []unit.Fen
		want    unit.Fen
	}{
		{nil, 0},
		{[]unit.Fen{7}, 7},
		{[]unit.Fen{1, 2}, 2},             // 1.5
		{[]unit.Fen{1, 1, 2}, 1},          // 1.33
		{[]unit.Fen{1, 2, 2}, 2},          // 1.67
		{[]unit.Fen{28640, 28641}, 28641}, // half a fen
		{[]unit.Fen{unit.Max, unit.Max - 1}, unit.Max},
	} {
		var fuellings []member.Fuelling
		for i, amount := range tt.amounts {
			fuellings = append(fuellings, fuelled(t, i, "92#", amount))
		}
		if got := tally(fuellings...).Habits().Average; got != tt.want {
			t.Errorf("the mean of %v is %d, want %d", tt.amounts, got, tt.want)
		}
	}
}

func TestFavouriteTimesAreTheThreeMostByTheStationsClock(t *testing.T) {
	var fuellings []member.Fuelling
	add := func(hours ...int) {
		for _, h := range hours {
			fuellings = append(fuellings, fuelled(t, h, "92#", 100))
		}
	}
	const week = 7 * 24
	add(16, 16+week, 16+2*week) // Sunday, 23:30
	add(17, 17+week)            // Monday, 00:30
	add(0)                      // Sunday, 07:30
	add(50, 4*week+50)          // Tuesday, 09:30
	got := tally(fuellings...).Habits().Times
	want := []wire.HabitTime{{Weekday: 0, Hour: 23, Refuels: 3}, {Weekday: 1, Hour: 0, Refuels: 2}, {Weekday: 2, Hour: 9, Refuels: 2}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestOneFuellingHasNoInterval(t *testing.T) {
	got := tally(fuelled(t, 5, "92#", 100)).Habits()
	if got.IntervalMS != 0 || !got.FirstAt.Equal(got.LastAt) || got.FirstAt.IsZero() {
		t.Errorf("%+v", got)
	}
	if got := tally(fuelled(t, 72, "92#", 100), fuelled(t, 0, "92#", 100)).Habits(); got.IntervalMS != 72*3600*1000 {
		t.Errorf("three days apart: %d ms", got.IntervalMS)
	}
}

// note settles a fuelling in a transaction of its own.
func (r *rig) note(t *testing.T, m id.Member, f member.Fuelling) {
	t.Helper()
	err := r.db.InTx(t.Context(), "settling", func(ctx context.Context, tx *mysql.Tx) error { return r.NoteFuelling(ctx, tx, m, f) })
	if err != nil {
		t.Fatal(err)
	}
}

// TestS034KeptHabitsAreWhatTheSalesSay settles fuellings in any order: what is
// kept step by step is what adding them up in the order of time says, and what
// making them anew leaves.
func TestS034KeptHabitsAreWhatTheSalesSay(t *testing.T) {
	r := newRig(t)
	ids, zone, tokyo := id.NewMaker(func() time.Time { return r.now }, rand.NewChaCha8([32]byte{1})), shanghai(t), time.FixedZone("UTC+9", 9*3600)
	rapid.Check(t, func(rt *rapid.T) {
		who := id.New[id.Member](ids)
		var fuellings []member.Fuelling
		for range rapid.IntRange(1, 6).Draw(rt, "fuellings") {
			fuellings = append(fuellings, member.Fuelling{
				Sale: id.New[id.Sale](ids),
				At:   firstFuelling.Add(time.Duration(rapid.IntRange(0, 3*7*24*4).Draw(rt, "quarters")) * 15 * time.Minute),
				Zone: rapid.SampledFrom([]*time.Location{zone, tokyo}).Draw(rt, "zone"),
				// The nozzle of "" is not known.
				Grade:  rapid.SampledFrom([]string{"92#", "95#", "0#", ""}).Draw(rt, "grade"),
				Volume: unit.Millilitre(rapid.IntRange(5_000, 90_000).Draw(rt, "volume")),
				Amount: unit.Fen(rapid.IntRange(1, 90_000).Draw(rt, "amount")),
			})
		}
		for _, f := range fuellings {
			r.note(t, who, f)
		}
		slices.SortFunc(fuellings, func(a, b member.Fuelling) int { return a.At.Compare(b.At) })
		want := tally(fuellings...)
		check := func(when string) {
			kept, err := r.Tallies(t.Context(), r.db, who)
			if err != nil || !kept[who].Equal(want) {
				rt.Fatalf("%s: kept %+v, want %+v, %v", when, kept[who].Habits(), want.Habits(), err)
			}
		}
		check("step by step")
		r.set(t, who, want)
		check("made anew")
		habits, err := r.Habits(t.Context(), r.db, who)
		if err != nil || habits.Refuels != int64(len(fuellings)) || !habits.LastAt.Equal(fuellings[len(fuellings)-1].At) {
			rt.Fatalf("shown as %+v, %v", habits, err)
		}
	})
}

// set makes a member's habits anew out of a tally.
func (r *rig) set(t *testing.T, m id.Member, to member.Tally) {
	t.Helper()
	err := r.db.InTx(t.Context(), "making habits anew", func(ctx context.Context, tx *mysql.Tx) error {
		return r.SetHabits(ctx, tx, []id.Member{m}, func(context.Context, sqlx.QueryerContext, []id.Member) (map[id.Member]member.Tally, error) {
			return map[id.Member]member.Tally{m: to}, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestHabitsOfNobodyAndOfTheErased(t *testing.T) {
	r := newRig(t)
	r.note(t, id.Member{}, fuelled(t, 0, "92#", 100))
	var rows int
	if err := r.db.GetContext(t.Context(), &rows, "SELECT COUNT(*) FROM member_habit"); err != nil || rows != 0 {
		t.Errorf("nobody's habits have %d rows, %v", rows, err)
	}
	who, other := r.join(t, phone).Member, r.join(t, otherPhone).Member
	for _, m := range []id.Member{who, other} {
		r.note(t, m, fuelled(t, 0, "92#", 100))
		r.note(t, m, fuelled(t, 1, "95#", 100))
	}
	err := r.db.InTx(t.Context(), "erasing", func(ctx context.Context, tx *mysql.Tx) error { return r.DropHabits(ctx, tx, who) })
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"member_habit", "member_habit_grade", "member_habit_time"} {
		var left []id.Member
		if err := r.db.SelectContext(t.Context(), &left, "SELECT DISTINCT member FROM "+table); err != nil || !slices.Equal(left, []id.Member{other}) {
			t.Errorf("%s holds rows of %v, %v", table, left, err)
		}
	}
	// Who fuelled nothing that counts is left without a row.
	r.set(t, other, member.Tally{})
	if brief, err := r.HabitBrief(t.Context(), r.db, other); err != nil || len(brief) != 0 {
		t.Errorf("of no fuelling there is %+v, %v", brief, err)
	}
	if habits, err := r.Habits(t.Context(), r.db, other); err != nil || habits.Refuels != 0 || habits.Grades == nil || habits.Times == nil {
		t.Errorf("of no fuelling there is %+v, %v", habits, err)
	}
}

// TestRollIsNewestFirstAndWithoutTheErased: with the usual grade where it is
// asked for.
func TestRollIsNewestFirstAndWithoutTheErased(t *testing.T) {
	r := newRig(t)
	first, second, gone := r.join(t, phone).Member, r.join(t, otherPhone).Member, r.join(t, "13700000003").Member
	r.note(t, first, fuelled(t, 0, "92#", 100))
	r.note(t, first, fuelled(t, 1, "95#", 100))
	if _, err := r.db.ExecContext(t.Context(),
		"UPDATE member SET phone = NULL, phone_index = NULL, name = NULL, erased_at = ? WHERE id = ?", r.now, gone); err != nil {
		t.Fatal(err)
	}
	roll, err := r.Roll(t.Context(), r.db, true)
	want := []member.Standing{
		{Member: second, Since: r.now},
		{Member: first, Since: r.now, LastAt: firstFuelling.Add(time.Hour), Usual: "95#"},
	}
	if err != nil || !slices.Equal(roll, want) {
		t.Errorf("%+v, %v; want %+v", roll, err, want)
	}
	if roll, err := r.Roll(t.Context(), r.db, false); err != nil || roll[1].Usual != "" {
		t.Errorf("%+v, %v", roll, err)
	}
}
