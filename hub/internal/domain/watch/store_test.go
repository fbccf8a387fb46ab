package watch_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/watch"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var serial byte

func put(t *testing.T, db *mysql.DB, r watch.Raise) (a watch.Alert, isNew, changed bool) {
	t.Helper()
	serial++
	fresh := id.Alert{0: 1, 15: serial}
	err := db.InTx(t.Context(), "raising", func(ctx context.Context, tx *mysql.Tx) (err error) {
		a, isNew, changed, err = watch.Put(ctx, tx, fresh, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, isNew, changed
}

func reason(upto uint64, at time.Duration) watch.Raise {
	return watch.Raise{
		Station: station, Rule: wire.AlertPersonal, Subject: cashier.String(), Staff: cashier, Object: "member", ObjectID: "1",
		Count: 1, Upto: upto, At: morning.Add(at), Note: "member.look",
	}
}

// TestOneAlertCountsUp: within its window, once a row, until somebody takes
// note.
func TestOneAlertCountsUp(t *testing.T) {
	db := mysqltest.New(t)
	first, isNew, _ := put(t, db, reason(5, 0))
	if !isNew || first.Count != 1 {
		t.Fatalf("first %+v", first)
	}
	if _, _, changed := put(t, db, reason(5, 0)); changed {
		t.Error("a row was counted twice")
	}
	again, isNew, changed := put(t, db, reason(6, 50*time.Minute))
	if isNew || !changed || again.ID != first.ID || again.Count != 2 || !again.LastAt.Equal(morning.Add(50*time.Minute)) {
		t.Errorf("counted up %+v", again)
	}
	if _, _, changed := put(t, db, reason(4, 0)); changed {
		t.Error("an older row was counted")
	}
	if late, isNew, _ := put(t, db, reason(7, 3*time.Hour)); !isNew || late.ID == first.ID {
		t.Errorf("hours later %+v", late)
	}
	other := reason(8, 3*time.Hour)
	other.Subject = head.String()
	if _, isNew, _ := put(t, db, other); !isNew {
		t.Error("somebody else's is no new alert")
	}
	list, err := watch.List(t.Context(), db, watch.Query{Station: station, Open: true, Limit: 2})
	if err != nil || len(list) != 2 || list[0].Subject != head.String() {
		t.Errorf("open are %+v, %v", list, err)
	}
	rest, err := watch.List(t.Context(), db, watch.Query{Station: station, Open: true, Before: list[1].ID, Limit: 2})
	if err != nil || len(rest) != 1 || rest[0].ID != first.ID {
		t.Errorf("before are %+v, %v", rest, err)
	}
}

// TestTakingNote: the first to do so stays, of the own station only.
func TestTakingNote(t *testing.T) {
	db := mysqltest.New(t)
	a, _, _ := put(t, db, reason(5, 0))
	see := func(at id.Station, by id.Staff, when time.Duration) (seen watch.Alert, err error) {
		err = db.InTx(t.Context(), "seeing", func(ctx context.Context, tx *mysql.Tx) (err error) {
			seen, err = watch.See(ctx, tx, at, a.ID, by, morning.Add(when))
			return err
		})
		return seen, err
	}
	if _, err := see(id.Station{15: 9}, head, 0); !errors.Is(err, watch.ErrNone) {
		t.Errorf("another station: %v", err)
	}
	if seen, err := see(station, head, time.Minute); err != nil || seen.SeenBy != head || !seen.SeenAt.Time.Equal(morning.Add(time.Minute)) {
		t.Errorf("seen %+v, %v", seen, err)
	}
	if seen, err := see(station, cashier, time.Hour); err != nil || seen.SeenBy != head {
		t.Errorf("the second to see it: %+v, %v", seen, err)
	}
	if next, isNew, _ := put(t, db, reason(6, 2*time.Minute)); !isNew || next.Count != 1 {
		t.Errorf("what comes after is %+v", next)
	}
	// What was counted before it was seen is not raised anew by a restart.
	if _, _, changed := put(t, db, reason(5, 0)); changed {
		t.Error("a row was counted twice")
	}
}

// TestTamperingIsSaidOnce, however long it stays.
func TestTamperingIsSaidOnce(t *testing.T) {
	db := mysqltest.New(t)
	r := watch.Raise{
		Station: station, Rule: wire.AlertTampered, Subject: "sale", Object: "sale", ObjectID: "1", Count: 1, At: morning,
		Note: strings.Repeat("长", 500),
	}
	a, isNew, _ := put(t, db, r)
	if !isNew || a.Staff != (id.Staff{}) {
		t.Fatalf("first %+v", a)
	}
	r.At = morning.Add(48 * time.Hour)
	if _, _, changed := put(t, db, r); changed {
		t.Error("it was said again")
	}
	r.Note = "something else"
	if _, isNew, _ := put(t, db, r); !isNew {
		t.Error("something else was not said")
	}
}

// TestTwoProcessesRaiseOneAlert.
func TestTwoProcessesRaiseOneAlert(t *testing.T) {
	db := mysqltest.New(t)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			err := db.InTx(t.Context(), "raising", func(ctx context.Context, tx *mysql.Tx) error {
				_, _, _, err := watch.Put(ctx, tx, id.Alert{0: 2, 15: byte(n)}, reason(5, 0))
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if list, err := watch.List(t.Context(), db, watch.Query{Station: station, Limit: 10}); err != nil || len(list) != 1 || list[0].Count != 1 {
		t.Errorf("alerts %+v, %v", list, err)
	}
}
