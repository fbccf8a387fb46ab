package device_test

import (
	"context"
	"crypto/rand"
	"errors"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// rig is a station without devices and a clock of its own.
type rig struct {
	*device.Store
	now     time.Time
	station id.Station
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{now: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return r.now }
	r.Store = device.NewStore(device.Deps{
		DB: mysqltest.New(t), Now: clock, Random: rand.Reader, IDs: id.NewMaker(clock, rand.Reader),
	})
	r.station = id.New[id.Station](r.IDs)
	if _, err := r.DB.ExecContext(t.Context(), `INSERT INTO station (id, name, zone, minimum_ml, want_rev, created_at)
		VALUES (?, '昆明示范加油站', 'Asia/Shanghai', 5000, 0, ?)`, r.station, r.now); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) code(t *testing.T) string {
	t.Helper()
	code, err := r.NewCode(t.Context(), r.station, wire.DeviceTill, device.DefaultTTL)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func (r *rig) enrol(t *testing.T) wire.EnrolReply {
	t.Helper()
	reply, err := r.Enrol(t.Context(), r.code(t), "till 1")
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func wantProblem(t *testing.T, err error, want wire.ProblemType) {
	t.Helper()
	var p *wire.Problem
	if !errors.As(err, &p) || p.Type != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestEnrolThenResolve(t *testing.T) {
	r := newRig(t)
	code := r.code(t)
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$`).MatchString(code) {
		t.Errorf("code is %q", code)
	}
	reply, err := r.Enrol(t.Context(), code, " till 1 ")
	if err != nil {
		t.Fatal(err)
	}
	if reply.Kind != wire.DeviceTill || reply.Station != r.station || reply.StationName != "昆明示范加油站" || reply.Device.IsZero() {
		t.Errorf("enrolled %+v", reply)
	}
	actor, err := r.Resolve(t.Context(), reply.Token)
	if err != nil || actor != (device.Actor{Device: reply.Device, Kind: wire.DeviceTill, Name: "till 1", Station: r.station}) {
		t.Errorf("resolved %+v, %v", actor, err)
	}
	for name, token := range map[string]string{
		"empty": "", "made up": "fcd_" + strings.Repeat("A", 43), "changed": reply.Token[:len(reply.Token)-1] + "!",
		"a session's": "fcs_" + strings.Repeat("A", 43),
	} {
		if _, err := r.Resolve(t.Context(), token); err == nil {
			t.Errorf("a token that is %s was accepted", name)
		} else {
			wantProblem(t, err, wire.ProblemUnauthorized)
		}
	}
}

func TestEnrolAcceptsACodeAsPeopleTypeIt(t *testing.T) {
	for _, typed := range []func(string) string{
		strings.ToLower,
		func(c string) string { return strings.ReplaceAll(c, "-", " ") },
		func(c string) string { return strings.ReplaceAll(c, "-", "") },
		func(c string) string { return c + "." + strings.Repeat("ab", 32) },
		func(c string) string { return strings.NewReplacer("0", "o", "1", "l").Replace(c) },
	} {
		r := newRig(t)
		text := typed(r.code(t))
		if _, err := r.Enrol(t.Context(), text, "till 1"); err != nil {
			t.Errorf("code typed as %q: %v", text, err)
		}
	}
}

func TestACodeWorksOnceAndForAWhile(t *testing.T) {
	r := newRig(t)
	spent, late := r.code(t), r.code(t)
	if _, err := r.Enrol(t.Context(), spent, "till 1"); err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(15 * time.Minute)
	for name, code := range map[string]string{
		"spent": spent, "expired": late, "unknown": "0000-0000-0000", "empty": "", "short": spent[:9], "long": spent + "-0000",
		"not a code": strings.Repeat("U", 12),
	} {
		if _, err := r.Enrol(t.Context(), code, "till 2"); err == nil {
			t.Errorf("a code that is %s was accepted", name)
		} else {
			wantProblem(t, err, wire.ProblemEnrolmentRefused)
		}
	}
}

func TestACodeCannotBeGuessed(t *testing.T) {
	r := newRig(t)
	code := r.code(t)
	for i := range 5 {
		guess := code[:len(code)-1] + string("0123456789"[i])
		if guess == code {
			guess = code[:len(code)-1] + "Z"
		}
		_, err := r.Enrol(t.Context(), guess, "till 1")
		wantProblem(t, err, wire.ProblemEnrolmentRefused)
	}
	_, err := r.Enrol(t.Context(), code, "till 1")
	wantProblem(t, err, wire.ProblemEnrolmentRefused)
}

func TestACodeRacedForEnrolsOne(t *testing.T) {
	r := newRig(t)
	code := r.code(t)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := r.Enrol(t.Context(), code, "till"); err == nil {
				won.Add(1)
			} else {
				wantProblem(t, err, wire.ProblemEnrolmentRefused)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("one code enrolled %d devices", won.Load())
	}
}

func TestNewCodeChecksWhatItIsFor(t *testing.T) {
	r := newRig(t)
	for name, make := range map[string]func() (string, error){
		"kind":     func() (string, error) { return r.NewCode(t.Context(), r.station, "fridge", time.Minute) },
		"no time":  func() (string, error) { return r.NewCode(t.Context(), r.station, wire.DeviceTill, 0) },
		"too long": func() (string, error) { return r.NewCode(t.Context(), r.station, wire.DeviceTill, 48*time.Hour) },
	} {
		_, err := make()
		if err == nil {
			t.Errorf("%s: a code was made", name)
		}
		wantProblem(t, err, wire.ProblemBadRequest)
	}
	if _, err := r.Enrol(t.Context(), r.code(t), " "); err == nil {
		t.Error("a device without a name was enrolled")
	}
}

func TestARevokedDeviceIsRefused(t *testing.T) {
	r := newRig(t)
	reply := r.enrol(t)
	revoke := func(d id.Device) error {
		return r.DB.InTx(t.Context(), "revoking", func(ctx context.Context, tx *mysql.Tx) error { return r.Revoke(ctx, tx, d) })
	}
	for range 2 { // twice is no error
		if err := revoke(reply.Device); err != nil {
			t.Fatal(err)
		}
	}
	_, err := r.Resolve(t.Context(), reply.Token)
	wantProblem(t, err, wire.ProblemUnauthorized)
	wantProblem(t, revoke(id.New[id.Device](r.IDs)), wire.ProblemNotFound)

	entries, err := r.List(t.Context(), r.station)
	if err != nil || len(entries) != 1 || entries[0].RevokedAt == nil || entries[0].Name != "till 1" {
		t.Errorf("listed %+v, %v", entries, err)
	}
}

func TestResolveKnowsDevicesWhileTheDatabaseIsAway(t *testing.T) {
	r := newRig(t)
	seen, unseen := r.enrol(t), r.enrol(t)
	want, err := r.Resolve(t.Context(), seen.Token)
	if err != nil {
		t.Fatal(err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if actor, err := r.Resolve(late, seen.Token); err != nil || actor != want {
		t.Errorf("a device just seen: %+v, %v", actor, err)
	}
	if _, err := r.Resolve(late, unseen.Token); !mysql.Unavailable(err) {
		t.Errorf("a device never seen: %v, want that the database is away", err)
	}
	r.now = r.now.Add(time.Hour)
	if _, err := r.Resolve(late, seen.Token); !mysql.Unavailable(err) {
		t.Errorf("a device seen too long ago: %v, want that the database is away", err)
	}
}

func TestNothingSecretIsStored(t *testing.T) {
	r := newRig(t)
	code := r.code(t)
	reply := r.enrol(t)
	var stored []string
	if err := r.DB.SelectContext(t.Context(), &stored, `SELECT HEX(code_hash) FROM enrolment
		UNION ALL SELECT HEX(token_hash) FROM device`); err != nil {
		t.Fatal(err)
	}
	if len(stored) != 2 {
		t.Fatalf("%d secrets are stored, want two hashes", len(stored))
	}
	for _, s := range stored {
		if len(s) != 64 || strings.Contains(reply.Token, s) || strings.Contains(code, s) {
			t.Errorf("stored %q", s)
		}
	}
}
