package trip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// rig is the notes of two members, each with a vehicle.
type rig struct {
	*Store
	t    *testing.T
	db   *mysql.DB
	keys *keyring.Ring
	who  id.Member
	car  id.Vehicle
	also id.Member
	van  id.Vehicle
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, db: mysqltest.New(t), who: id.Member{15: 1}, car: id.Vehicle{15: 1}, also: id.Member{15: 2}, van: id.Vehicle{15: 2}}
	r.keys = keyringtest.New(t, r.db)
	r.Store = &Store{Keys: r.keys}
	for m, v := range map[id.Member]id.Vehicle{r.who: r.car, r.also: r.van} {
		r.exec("INSERT INTO member (id, number, phone, phone_index, created_at) VALUES (?, ?, 'x', ?, ?)", m, fmt.Sprintf("M%06d", m[15]), m[:], noon)
		r.exec("INSERT INTO vehicle (id, member, plate, plate_index, kind, created_at) VALUES (?, ?, 'x', ?, 'fuel', ?)", v, m, v[:], noon)
		r.tx(func(ctx context.Context, tx *mysql.Tx) error {
			_, err := r.keys.NewMemberKey(ctx, tx, m)
			return err
		})
	}
	return r
}

func (r *rig) exec(query string, args ...any) {
	r.t.Helper()
	if _, err := r.db.ExecContext(r.t.Context(), query, args...); err != nil {
		r.t.Fatal(err)
	}
}

// tx runs do in a transaction and fails the test if that is refused.
func (r *rig) tx(do func(ctx context.Context, tx *mysql.Tx) error) {
	r.t.Helper()
	if err := r.db.InTx(r.t.Context(), "testing", do); err != nil {
		r.t.Fatal(err)
	}
}

// sale puts the nth sale of a member there, which ended on the nth day.
func (r *rig) sale(n int, m id.Member) Note {
	r.t.Helper()
	s, when := id.Sale{0: 9, 15: byte(n)}, noon.AddDate(0, 0, n)
	r.exec(`INSERT INTO sale (id, station, day, ordinal, nozzle, grade, tank, state, reasons, volume_ml, amount_fen, price_fen_per_l,
			before_ml, after_ml, counted_ml, booked_ml, booked_fen, bucket, started_at, ended_at, backfilled, note, member)
		VALUES (?, ?, ?, ?, 1, '92#', 1, 'paid', '', 1000, 750, 750, 0, 1000, 1000, 1000, 750, 'booked', ?, ?, 0, '', ?)`,
		s, id.Station{1}, when.Format(time.DateOnly), n, when, when, m)
	return Note{Sale: s, Member: m, At: when}
}

func (r *rig) put(n Note) {
	r.t.Helper()
	r.tx(func(ctx context.Context, tx *mysql.Tx) error { return r.Put(ctx, tx, n) })
}

func (r *rig) all(m id.Member) []Note {
	r.t.Helper()
	list, err := r.Last(r.t.Context(), r.db, m, 100)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

func (r *rig) want(what string, got, want []Note) {
	r.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Error(what, diff)
	}
}

func TestNotesAreKept(t *testing.T) {
	r := newRig(t)
	first, second, third, theirs := r.sale(1, r.who), r.sale(2, r.who), r.sale(3, r.who), r.sale(4, r.also)
	first.Vehicle, first.Odometer, first.Full = r.car, 10_000, true
	second.Vehicle = r.car
	theirs.Vehicle, theirs.Odometer = r.van, MaxOdometer
	for _, n := range []Note{second, theirs, first} {
		r.put(n)
	}
	r.want("a member's, newest first", r.all(r.who), []Note{second, first})
	r.want("another's", r.all(r.also), []Note{theirs})
	last, err := r.Last(t.Context(), r.db, r.who, 1)
	if err != nil {
		t.Fatal(err)
	}
	r.want("the last", last, []Note{second})
	first.Odometer, first.Full = 9_000, false
	r.put(first)
	second.Odometer = 9_100
	r.put(second)
	list, err := r.Vehicle(t.Context(), r.db, r.who, r.car)
	if err != nil {
		t.Fatal(err)
	}
	r.want("replaced, of the vehicle, oldest first", list, []Note{first, second})
	of, err := r.Of(t.Context(), r.db, r.who, first.Sale, third.Sale, theirs.Sale)
	if err != nil || len(of) != 1 || of[first.Sale] != first {
		t.Errorf("of three sales: %+v, %v", of, err)
	}
	if of, err := r.Of(t.Context(), r.db, r.who); err != nil || len(of) != 0 {
		t.Errorf("of none: %+v, %v", of, err)
	}
	r.tx(func(ctx context.Context, tx *mysql.Tx) error {
		held, err := r.Held(ctx, tx, r.who, second.Sale)
		if err != nil || held == nil || *held != second {
			t.Errorf("held %+v, %v", held, err)
		}
		for _, other := range []id.Sale{theirs.Sale, third.Sale} {
			if held, err := r.Held(ctx, tx, r.who, other); err != nil || held != nil {
				t.Errorf("held %+v, %v", held, err)
			}
		}
		return errors.Join(r.Remove(ctx, tx, r.who, first.Sale), r.Remove(ctx, tx, r.who, theirs.Sale))
	})
	r.want("one taken away", r.all(r.who), []Note{second})
	r.want("another's is not", r.all(r.also), []Note{theirs})
	r.tx(func(ctx context.Context, tx *mysql.Tx) error { return r.Forget(ctx, tx, r.who) })
	r.want("forgotten", r.all(r.who), []Note{})
	r.want("another's are not", r.all(r.also), []Note{theirs})
}

func TestADroppedVehicleLeavesItsNotes(t *testing.T) {
	r := newRig(t)
	n := r.sale(1, r.who)
	n.Vehicle, n.Odometer, n.Full = r.car, 10_000, true
	r.put(n)
	r.exec("DELETE FROM vehicle WHERE id = ?", r.car)
	n.Vehicle = id.Vehicle{}
	r.want("of no vehicle", r.all(r.who), []Note{n})
	if diff := cmp.Diff(&wire.Trip{Odometer: 10_000, Full: true}, n.Trip()); diff != "" {
		t.Error(diff)
	}
}

// TestS074AnOdometerIsSealed under its member's own key: it opens in its own row
// only, says nothing by its length, and is gone with the key.
func TestS074AnOdometerIsSealed(t *testing.T) {
	r := newRig(t)
	small, large, theirs := r.sale(1, r.who), r.sale(2, r.who), r.sale(3, r.also)
	small.Vehicle, small.Odometer = r.car, 7
	large.Vehicle, large.Odometer = r.car, 8_675_309
	theirs.Vehicle, theirs.Odometer = r.van, 8_675_309
	for _, n := range []Note{small, large, theirs} {
		r.put(n)
	}
	var sealed [][]byte
	if err := r.db.SelectContext(t.Context(), &sealed, "SELECT odometer_km FROM sale_trip ORDER BY sale"); err != nil {
		t.Fatal(err)
	}
	if len(sealed) != 3 || len(sealed[0]) != len(sealed[1]) || bytes.Contains(sealed[1], []byte("8675309")) || bytes.Equal(sealed[1], sealed[2]) {
		t.Errorf("kept are %x", sealed)
	}
	r.exec("UPDATE sale_trip SET odometer_km = ? WHERE sale = ?", sealed[0], large.Sale)
	if _, err := r.Last(t.Context(), r.db, r.who, 9); err == nil {
		t.Error("a reading was moved to another row, and opens")
	}
	r.tx(func(ctx context.Context, tx *mysql.Tx) error { return r.keys.DestroyMemberKey(ctx, tx, r.who) })
	if _, err := r.Last(t.Context(), r.db, r.who, 9); !errors.Is(err, vault.ErrErased) {
		t.Errorf("without the key: %v", err)
	}
	r.want("another's", r.all(r.also), []Note{theirs})
}
