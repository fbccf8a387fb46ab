package flow_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// refuel has a member claim a nozzle and fuel there now; the sale waits to be
// paid.
func (h *house) refuel(who member.Actor, nozzle int, volume unit.Millilitre) wire.SaleEnded {
	h.t.Helper()
	h.claim(who, nozzle)
	e := h.sale(nozzle, volume)
	h.take(e)
	return e
}

// settle pays a sale in cash and fails the test if it cannot.
func (h *house) settle(e wire.SaleEnded) id.Command {
	h.t.Helper()
	key := h.key()
	if _, err := h.flow.Pay(h.t.Context(), h.cashier(), key, e.Sale, cash(e.Amount, e.Amount)); err != nil {
		h.t.Fatalf("paying sale %s: %v", e.Sale, err)
	}
	return key
}

// habits is what is kept of a member's fuelling.
func (h *house) habits(who member.Actor) wire.Habits {
	h.t.Helper()
	habits, err := h.members.Habits(h.t.Context(), h.db, who.Member)
	if err != nil {
		h.t.Fatal(err)
	}
	return habits
}

// habitsSound fails the test unless all habits are what the sales say.
func (h *house) habitsSound() {
	h.t.Helper()
	if wrong, err := h.flow.CheckHabits(h.t.Context()); err != nil || len(wrong) != 0 {
		h.t.Errorf("the habits of %v are not what their sales say, %v", wrong, err)
	}
}

// TestS034TenWeeklyRefuels: 10 refuels, a week apart, 8 of them 92#, 2864.00 in
// all.
func TestS034TenWeeklyRefuels(t *testing.T) {
	h := newHouse(t)
	who, other := h.driver("13800000001"), h.driver("13800000002")
	if got := h.habits(who); got.Refuels != 0 || got.Usual != "" || !got.LastAt.IsZero() || got.Grades == nil || got.Times == nil {
		t.Errorf("before the first: %+v", got)
	}
	var last wire.SaleEnded
	for week := range 10 {
		if week > 0 {
			h.later(7 * 24 * time.Hour)
		}
		nozzle, volume := 1, unit.Millilitre(40_000) // 92#, 300.00
		if week == 3 || week == 9 {
			nozzle, volume = 2, 29_073 // 95#, 232.00
		}
		last = h.refuel(who, nozzle, volume)
		key := h.settle(last)
		if _, err := h.flow.Pay(t.Context(), h.cashier(), key, last.Sale, cash(last.Amount, last.Amount)); err != nil {
			t.Fatalf("the repeat of a payment: %v", err)
		}
		_, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), last.Sale, cash(last.Amount, last.Amount))
		wantProblem(t, err, wire.ProblemSaleAlreadyPaid)
	}
	h.refuel(who, 1, 50_000) // not paid
	h.settle(h.refuel(other, 3, 10_000))
	got := h.habits(who)
	if got.Usual != "92#" || !slices.Equal(got.Grades, []wire.GradeCount{{Grade: "92#", Refuels: 8}, {Grade: "95#", Refuels: 2}}) {
		t.Errorf("usual %s of %+v", got.Usual, got.Grades)
	}
	if interval := time.Duration(got.IntervalMS) * time.Millisecond; interval != 7*24*time.Hour {
		t.Errorf("every %v, want 7.0 days", interval)
	}
	if got.Average.String() != "286.40" || got.Spent.String() != "2864.00" || got.Volume != 8*40_000+2*29_073 || got.Refuels != 10 {
		t.Errorf("mean %s, sum %s of %s L in %d", got.Average, got.Spent, got.Volume, got.Refuels)
	}
	if !got.FirstAt.Equal(start) || !got.LastAt.Equal(last.EndedAt) {
		t.Errorf("from %v until %v", got.FirstAt, got.LastAt)
	}
	// 2026-03-12 01:00 UTC is a Thursday, 9 o'clock, in Shanghai.
	if !slices.Equal(got.Times, []wire.HabitTime{{Weekday: 4, Hour: 9, Refuels: 10}}) {
		t.Errorf("times %+v", got.Times)
	}
	brief, err := h.members.HabitBrief(t.Context(), h.db, who.Member, id.New[id.Member](h.ids))
	if want := (member.HabitBrief{Refuels: 10, LastAt: last.EndedAt}); err != nil || len(brief) != 1 || brief[who.Member] != want {
		t.Errorf("in brief %+v, %v", brief, err)
	}
	h.habitsSound()
	h.sound()
}

// TestWhatIsNoPurchaseIsNoHabit: a pump test, a drive-off and a refused payment
// leave no trace.
func TestWhatIsNoPurchaseIsNoHabit(t *testing.T) {
	h := newHouse(t)
	who := h.driver("13800000001")
	test, left, refused := h.refuel(who, 1, 20_000), h.refuel(who, 1, 20_000), h.refuel(who, 1, 20_000)
	for which, act := range map[id.Sale]wire.ResolveAct{test.Sale: wire.ResolveTest, left.Sale: wire.ResolveDriveOff} {
		if _, err := h.flow.Resolve(t.Context(), h.cashier(), h.key(), which, wire.ResolveRequest{Act: act, Note: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), refused.Sale, cash(15000, 14999))
	wantProblem(t, err, wire.ProblemTenderTooSmall)
	if got := h.habits(who); got.Refuels != 0 || got.Spent != 0 {
		t.Errorf("habits %+v", got)
	}
	h.habitsSound()
}

// TestAnAcceptedSaleCountsWhatWasCharged: the display lied, and a person set it
// right.
func TestAnAcceptedSaleCountsWhatWasCharged(t *testing.T) {
	h := newHouse(t)
	who := h.driver("13800000001")
	h.claim(who, 1)
	lied := h.figures(1, 0, 20_000, 30_000, 750)
	h.take(lied)
	if _, err := h.flow.Resolve(t.Context(), h.head(), h.key(), lied.Sale, wire.ResolveRequest{
		Act: wire.ResolveAccept, Note: "x", Volume: 20_000, Amount: 15000,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), lied.Sale, cash(15000, 15000)); err != nil {
		t.Fatal(err)
	}
	if got := h.habits(who); got.Refuels != 1 || got.Spent != 15000 || got.Volume != 20_000 {
		t.Errorf("habits %+v", got)
	}
	h.habitsSound()
}

// TestS034ManyTillsSettleManyMembersAtOnce pays sales of several members at
// many tills, each sale at two of them, while habits are made anew over and
// over: every paid sale counts once, and nobody is stuck.
func TestS034ManyTillsSettleManyMembersAtOnce(t *testing.T) {
	h := newHouse(t)
	const people, each, tills = 4, 12, 8
	members := make([]member.Actor, people)
	var sales []wire.SaleEnded
	for i := range members {
		members[i] = h.driver(fmt.Sprintf("1380000000%d", i))
	}
	for n := range people * each {
		h.later(7 * time.Hour)
		sales = append(sales, h.refuel(members[n%people], 1+n%8, unit.Millilitre(10_000+n*100)))
	}
	deadlocks := h.deadlocks()
	queue := make(chan wire.SaleEnded, 2*len(sales))
	for i := range sales {
		queue <- sales[(i*29)%len(sales)] // not in the order of their coming
		queue <- sales[(i*31)%len(sales)]
	}
	close(queue)
	var paid atomic.Int64
	var wg, rebuilding sync.WaitGroup
	done := make(chan struct{})
	rebuilding.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := h.flow.RebuildHabits(t.Context()); err != nil {
				t.Errorf("making habits anew meanwhile: %v", err)
				return
			}
		}
	})
	for range tills {
		wg.Go(func() {
			for e := range queue {
				_, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), e.Sale, cash(e.Amount, e.Amount))
				if err == nil {
					paid.Add(1)
					continue
				}
				wantProblem(t, err, wire.ProblemSaleAlreadyPaid)
			}
		})
	}
	wg.Wait()
	close(done)
	rebuilding.Wait()
	if paid.Load() != people*each {
		t.Fatalf("%d of %d sales were paid", paid.Load(), people*each)
	}
	for _, who := range members {
		if got := h.habits(who); got.Refuels != each {
			t.Errorf("%d fuellings of %d are kept", got.Refuels, each)
		}
	}
	if n := h.deadlocks() - deadlocks; n != 0 {
		t.Errorf("%d deadlocks", n)
	}
	h.habitsSound()
	h.sound()
}

// deadlocks is how often the server had to break one.
func (h *house) deadlocks() int {
	h.t.Helper()
	var status struct {
		Name  string `db:"Variable_name"`
		Value int    `db:"Value"`
	}
	if err := h.db.GetContext(h.t.Context(), &status, "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'"); err != nil {
		h.t.Fatal(err)
	}
	return status.Value
}

// TestHabitsAreFilledFromSalesOfBefore: a database from before habits were kept
// has them made once, after an interruption as well; who was erased is left
// out.
func TestHabitsAreFilledFromSalesOfBefore(t *testing.T) {
	h := newHouse(t)
	var members []member.Actor
	for n := range 3 {
		members = append(members, h.driver(fmt.Sprintf("1380000000%d", n)))
		for range n + 1 {
			h.later(50 * time.Hour)
			h.settle(h.refuel(members[n], 1+n, 20_000))
		}
	}
	want := h.habits(members[2])
	fill := func(want int) {
		t.Helper()
		if got, err := h.flow.FillHabits(t.Context()); err != nil || got != want {
			t.Errorf("the habits of %d members were made, want %d; %v", got, want, err)
		}
	}
	fill(0)
	for _, table := range []string{"member_habit", "member_habit_grade", "member_habit_time"} {
		h.exec("DELETE FROM " + table)
	}
	if wrong, err := h.flow.CheckHabits(t.Context()); err != nil || len(wrong) != 3 {
		t.Errorf("without habits %d members differ, %v", len(wrong), err)
	}
	fill(3)
	h.habitsSound()
	if got := h.habits(members[2]); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("made anew: %+v, want %+v", got, want)
	}
	h.exec("DELETE FROM member_habit WHERE member = ?", members[0].Member) // half done
	h.exec("UPDATE member_habit_time SET refuels = refuels + 1 WHERE member = ?", members[1].Member)
	if wrong, err := h.flow.CheckHabits(t.Context()); err != nil || len(wrong) != 2 {
		t.Errorf("%v differ, %v", wrong, err)
	}
	fill(3)
	h.habitsSound()
	h.forget(members[1])
	if wrong, err := h.flow.CheckHabits(t.Context()); err != nil || !slices.Equal(wrong, []id.Member{members[1].Member}) {
		t.Errorf("with habits of somebody erased %v differ, %v", wrong, err)
	}
	fill(3)
	fill(0)
	h.habitsSound()
	if got := h.habits(members[1]); got.Refuels != 0 || len(got.Grades) != 0 {
		t.Errorf("of somebody erased there is %+v", got)
	}
}

// erase takes everything personal from a member, and their habits.
func (h *house) erase(who member.Actor) {
	h.t.Helper()
	h.forget(who)
	err := h.db.InTx(h.t.Context(), "erasing", func(ctx context.Context, tx *mysql.Tx) error {
		return h.members.DropHabits(ctx, tx, who.Member)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// forget takes everything personal from a member but for the habits.
func (h *house) forget(who member.Actor) {
	h.t.Helper()
	h.exec("UPDATE member SET phone = NULL, phone_index = NULL, name = NULL, erased_at = ? WHERE id = ?", h.now(), who.Member)
}

// exec changes the database behind everybody's back.
func (h *house) exec(statement string, args ...any) {
	h.t.Helper()
	if _, err := h.db.ExecContext(h.t.Context(), statement, args...); err != nil {
		h.t.Fatal(err)
	}
}
