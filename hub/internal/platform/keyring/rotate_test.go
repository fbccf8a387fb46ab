package keyring_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

func TestRotationReachesEverything(t *testing.T) {
	h := newHouse(t)
	legacy := h.legacy(t)
	want := map[id.Member]string{}
	for n := range 3 {
		want[h.old(t, legacy, n)] = phoneOf(n)
	}
	r := h.open(t)
	for n := range 3 {
		want[h.register(t, r, 10+n)] = phoneOf(10 + n)
	}
	staff := h.staff(t, r, "李四")
	for round := range 2 {
		if _, err := r.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Two entered by hand between the key and its work.
		want[h.register(t, r, 20+round)] = phoneOf(20 + round)
		if _, err := r.RotateAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.states(t); got != "1 retired, 2 retired, 3 active" {
		t.Errorf("the data keys: %s", got)
	}
	again := h.open(t)
	if got := h.phones(t, again); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the phones read %v, want %v", got, want)
	}
	if name, by := h.staffName(t, again, staff); name != "李四" || by != 3 {
		t.Errorf("the name of staff reads %q, sealed with %d", name, by)
	}
	var old int
	if err := h.db.GetContext(t.Context(), &old, "SELECT COUNT(*) FROM member_key WHERE data_key <> 3"); err != nil || old != 0 {
		t.Errorf("%d members' keys are wrapped with an old key (%v)", old, err)
	}
	if done, err := r.Step(t.Context()); done != 0 || err != nil {
		t.Errorf("and then a step did %d (%v)", done, err)
	}
}

func staffCell(s id.Staff) vault.Cell { return vault.Cell{Table: "staff", Column: "name", Row: s} }

// staff enters somebody whose name the house's key seals.
func (h *house) staff(t *testing.T, r *keyring.Ring, name string) id.Staff {
	t.Helper()
	station, who := id.New[id.Station](h.ids), id.New[id.Staff](h.ids)
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO station (id, name, zone, minimum_ml, want_rev, created_at) VALUES (?, ?, 'Asia/Shanghai', 5000, 0, ?)", station, who.String(), h.now())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO staff (id, station, number, name, role, password, created_at) VALUES (?, ?, '1', ?, 'agent', '', ?)",
			who, station, r.Seal(staffCell(who), []byte(name)), h.now())
		return err
	})
	return who
}

func (h *house) staffName(t *testing.T, r *keyring.Ring, who id.Staff) (name string, by uint32) {
	t.Helper()
	var sealed []byte
	if err := h.db.GetContext(t.Context(), &sealed, "SELECT name FROM staff WHERE id = ?", who); err != nil {
		t.Fatal(err)
	}
	plain, err := r.Open(staffCell(who), sealed)
	if err != nil {
		t.Fatal(err)
	}
	by, _ = vault.House(sealed)
	return string(plain), by
}

// TestAnOldKeyStaysWhileEventsNeedIt: bodies of the outbox are pruned and not
// sealed anew.
func TestAnOldKeyStaysWhileEventsNeedIt(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO outbox (channel, seq, kind, body, at) VALUES ('chat/x', 1, 'k', ?, ?)",
			r.Seal(vault.Cell{Table: "outbox", Column: "body"}, []byte("{}")), h.now())
		return err
	})
	if _, err := r.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.RotateAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.states(t); got != "1 opening, 2 active" {
		t.Errorf("with an event left: %s", got)
	}
	ring, err := r.Status(t.Context())
	if err != nil || ring.Rotation != nil || ring.Keys[1].Uses != 1 {
		t.Errorf("the rotation is not over: %+v, %v", ring, err)
	}
	if _, err := h.db.ExecContext(t.Context(), "DELETE FROM outbox"); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := r.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.states(t); got != "1 retired, 2 active" {
		t.Errorf("with none left: %s", got)
	}
}

// TestADamagedFieldStopsNothing: it is left as it is, its key stays, and the
// next rotation may begin.
func TestADamagedFieldStopsNothing(t *testing.T) {
	h := newHouse(t)
	legacy := h.legacy(t)
	bad, good := h.old(t, legacy, 1), h.old(t, legacy, 2)
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE member SET phone = CONCAT(SUBSTRING(phone, 1, 20), 0x00, SUBSTRING(phone, 22)) WHERE id = ?", bad)
		return err
	})
	o := h.options(slog.New(slog.DiscardHandler))
	r, err := keyring.Open(t.Context(), o)
	if err == nil {
		_, err = r.Rotate(t.Context())
	}
	if err == nil {
		_, err = r.RotateAll(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if version, _ := h.sealedBy(t, good); version != 2 {
		t.Error("the good field was left")
	}
	if version, key := h.sealedBy(t, bad); version != 1 || key != 1 {
		t.Errorf("the bad field was touched: version %d, key %d", version, key)
	}
	if got := h.states(t); got != "1 opening, 2 active" {
		t.Errorf("the keys: %s", got)
	}
	if _, err := r.Rotate(t.Context()); err != nil {
		t.Errorf("the next rotation: %v", err)
	}
}

// TestConcurrentWritesAreNotLost: members are entered and changed while keys
// rotate, by a process that knows and by one that does not.
func TestConcurrentWritesAreNotLost(t *testing.T) {
	h := newHouse(t)
	hub, tool := h.open(t), h.open(t)
	people := make([]id.Member, 40)
	for n := range people {
		people[n] = h.register(t, hub, n)
	}
	staff := h.staff(t, hub, "nobody")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for w := range 4 {
		ring := []*keyring.Ring{hub, tool}[w%2]
		wg.Go(func() {
			for n := w; n < 400; n += 4 {
				if err := h.change(ctx, ring, people[n%len(people)], staff, n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	rotations := 0
	var rotator sync.WaitGroup
	rotator.Go(func() {
		for ctx.Err() == nil {
			if _, err := tool.Rotate(ctx); err == nil {
				rotations++
			} else if ctx.Err() == nil {
				t.Error(err)
				return
			}
			if _, err := tool.RotateAll(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	wg.Wait()
	cancel()
	rotator.Wait()
	if rotations == 0 {
		t.Error("no key was rotated meanwhile")
	}
	if _, err := hub.RotateAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := h.phones(t, h.open(t))
	for n, m := range people {
		if want := phoneOf(360 + n); got[m] != want {
			t.Errorf("member %d has phone %s, want the last written, %s", n, got[m], want)
		}
	}
	h.staffName(t, h.open(t), staff) // it opens
}

// change writes phone n to a member, and a name to somebody of the staff.
func (h *house) change(ctx context.Context, r *keyring.Ring, m id.Member, staff id.Staff, n int) error {
	return h.db.InTx(ctx, "changing", func(ctx context.Context, tx *mysql.Tx) error {
		key, err := r.MemberKey(ctx, tx, m)
		if err != nil {
			return err
		}
		// The latest stands, whoever comes late.
		at := time.Date(2026, 11, 1, 0, 0, n, 0, time.UTC)
		_, err = tx.ExecContext(ctx, "UPDATE member SET phone = ?, seen_at = ? WHERE id = ? AND seen_at < ?",
			key.Seal(phoneCell(m), []byte(phoneOf(n))), at, m, at)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE staff SET name = ? WHERE id = ?", r.Seal(staffCell(staff), fmt.Append(nil, n)), staff)
		return err
	})
}

// TestAClockSetBackDoesNoHarm: rotations and erasures by a clock that goes a
// year back each time it is asked.
func TestAClockSetBackDoesNoHarm(t *testing.T) {
	h := newHouse(t)
	at := clock.Now()
	h.now = func() time.Time { at = at.AddDate(-1, 0, 0); return at }
	r := h.open(t)
	m, gone := h.register(t, r, 1), h.register(t, r, 2)
	for range 2 {
		if _, err := r.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.RotateAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h.erase(t, r, gone)
	if got := h.states(t); got != "1 retired, 2 retired, 3 active" {
		t.Errorf("the keys: %s", got)
	}
	again := h.open(t)
	if got := h.phones(t, again); len(got) != 1 || got[m] != phoneOf(1) {
		t.Errorf("the phones: %v", got)
	}
	if ring, err := again.Status(t.Context()); err != nil || ring.Erased != 1 {
		t.Errorf("the erasure: %+v, %v", ring, err)
	}
}
