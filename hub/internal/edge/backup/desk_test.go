package backup_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// office is the backups of a house as the office uses them.
type office struct {
	*house
	desk     *backup.Desk
	stations int
	ids      *id.Maker
}

func newOffice(h *house) *office {
	o := &office{house: h, stations: 1, ids: id.NewMaker(h.now, h.deps.Random)}
	o.desk = &backup.Desk{Keeper: h.Keeper, Stations: func(context.Context) (int, error) { return o.stations, nil }}
	return o
}

func (o *office) key() id.Command { return id.New[id.Command](o.ids) }

func (o *office) idle() {
	o.t.Helper()
	await(o.t, "the work to be done", func() bool { return o.State(o.t.Context()).Work == nil })
}

// row is the last row of an action.
func (o *office) row(action string) (found audit.Row) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.rows {
		if r.Action == action {
			found = r
		}
	}
	return found
}

func problemIs(err error, want wire.ProblemType) bool {
	var p *wire.Problem
	return errors.As(err, &p) && p.Type == want
}

// TestS082TheOfficeRestores: what the head chooses is brought back beside the
// live data, takes over when it is said, and every step is in the log with who
// asked for it. Asking twice with one key does it once.
func TestS082TheOfficeRestores(t *testing.T) {
	h := newHouse(t)
	switched := 0
	h.deps.Switch = func() { switched++ }
	h.keep()
	o := newOffice(h)
	head := staff.Actor{Staff: id.New[id.Staff](o.ids), Station: id.New[id.Station](o.ids), Role: wire.RoleHead}
	key := o.key()
	for range 2 {
		if _, err := o.desk.Make(t.Context(), head, key); err != nil {
			t.Fatal(err)
		}
		o.idle()
	}
	if n := o.sets(); n != 1 {
		t.Fatalf("asked twice with one key it made %d backups", n)
	}
	set := o.Fresh(t.Context()).Sets[0].ID
	if r := o.row("backup.make"); r.Staff != head.Staff || r.Station != head.Station || r.Result != audit.OK {
		t.Errorf("the log says %+v", r)
	}
	if _, err := o.desk.Verify(t.Context(), head, o.key()); err != nil {
		t.Error(err)
	}
	o.idle()
	if _, err := o.desk.Drill(t.Context(), head, o.key(), set); err != nil {
		t.Error(err)
	}
	if _, err := o.desk.Make(t.Context(), head, o.key()); !problemIs(err, wire.ProblemBackupBusy) || o.row("backup.make").Result != string(wire.ProblemBackupBusy) {
		t.Errorf("while one is rehearsed: %v, %+v", err, o.row("backup.make"))
	}
	o.idle()

	if _, err := o.desk.Restore(t.Context(), head, o.key(), wire.RestoreAsk{Set: set}); err != nil {
		t.Fatal(err)
	}
	o.idle()
	r := o.State(t.Context()).Restore
	if r == nil || r.State != wire.RestoreReady {
		t.Fatalf("restored as %+v", r)
	}
	if _, err := o.desk.Switch(t.Context(), head, o.key(), "another"); !problemIs(err, wire.ProblemNotRestorable) {
		t.Errorf("switching to another: %v", err)
	}
	key = o.key()
	for range 2 {
		if _, err := o.desk.Switch(t.Context(), head, key, r.ID); err != nil {
			t.Fatal(err)
		}
	}
	if switched != 1 || o.State(t.Context()).Restore.State != wire.RestoreSwitching {
		t.Errorf("switched %d times, %+v", switched, o.State(t.Context()).Restore)
	}
	if _, err := o.desk.PutAway(t.Context(), head, o.key(), r.ID); !problemIs(err, wire.ProblemBackupBusy) {
		t.Errorf("putting away what takes over: %v", err)
	}
	for _, action := range []string{"backup.verify", "backup.rehearse", "backup.bring", "backup.switch", "backup.away"} {
		if r := o.row(action); r.Staff != head.Staff && action != "backup.switch" {
			t.Errorf("%s is in the log as %+v", action, r)
		}
	}
}

// TestWhatTheOfficeMayNotIsRefused in words a till can show.
func TestWhatTheOfficeMayNotIsRefused(t *testing.T) {
	h := newHouse(t)
	set := h.made()
	o := newOffice(h)
	o.stations = 2
	head, group := staff.Actor{Role: wire.RoleHead}, staff.Actor{Role: wire.RoleGroup}
	ask := wire.RestoreAsk{Set: set}
	for name, do := range map[string]func(who staff.Actor) error{
		"restore":  func(who staff.Actor) error { _, err := o.desk.Restore(t.Context(), who, o.key(), ask); return err },
		"switch":   func(who staff.Actor) error { _, err := o.desk.Switch(t.Context(), who, o.key(), "none"); return err },
		"put away": func(who staff.Actor) error { _, err := o.desk.PutAway(t.Context(), who, o.key(), "none"); return err },
	} {
		if err := do(head); !problemIs(err, wire.ProblemForbidden) {
			t.Errorf("%s, by the head of one of two stations: %v", name, err)
		}
		if err := do(group); problemIs(err, wire.ProblemForbidden) {
			t.Errorf("%s, by the manager of both: %v", name, err)
		}
		o.idle()
	}
	o.stations = 1
	for name, c := range map[string]struct {
		ask  wire.RestoreAsk
		want wire.ProblemType
	}{
		"none such":  {wire.RestoreAsk{Set: "01M84K6JMBJAVDVM7T388JVDZV"}, wire.ProblemNoBackup},
		"the future": {wire.RestoreAsk{At: h.now().Add(time.Hour)}, wire.ProblemNoBackup},
	} {
		if _, err := o.desk.Restore(t.Context(), head, o.key(), c.ask); !problemIs(err, c.want) || o.row("backup.bring").Result != string(c.want) {
			t.Errorf("%s: %v, %+v", name, err, o.row("backup.bring"))
		}
	}
	if _, err := o.desk.SetSchedule(t.Context(), head, o.key(), wire.BackupSchedule{Every: "hourly", At: "03:30"}); !problemIs(err, wire.ProblemBadRequest) {
		t.Errorf("an hourly plan: %v", err)
	}
	b, err := o.desk.SetSchedule(t.Context(), head, o.key(), wire.BackupSchedule{Every: wire.BackupWeekly, At: "04:00", Weekday: 2})
	if err != nil || b.Schedule.Weekday != 2 || !strings.Contains(o.row("backup.schedule").Note, "weekly 04:00 2") {
		t.Errorf("a weekly plan: %+v, %v, %+v", b.Schedule, err, o.row("backup.schedule"))
	}
	good := h.deps
	h.deps.Identities = archive.Identities{}
	h.keep()
	o = newOffice(h)
	if _, err := o.desk.Restore(t.Context(), head, o.key(), ask); !problemIs(err, wire.ProblemBackupKey) {
		t.Errorf("without a key: %v", err)
	}
	h.deps = good
	h.deps.Source.Schema = 1
	h.keep()
	o = newOffice(h)
	if _, err := o.desk.Restore(t.Context(), head, o.key(), ask); !problemIs(err, wire.ProblemBackupUnfit) {
		t.Errorf("of a newer hub: %v", err)
	}
}

// TestAnothersServer: of a database server that is not the hub's own there are
// portable backups, which are rehearsed here and restored there.
func TestAnothersServer(t *testing.T) {
	h := newHouse(t)
	h.deps.Source.DSN, h.deps.Source.Copy, h.deps.Source.Endpoint = h.server.AdminDSN(mysql.Database), mysql.Copy{}, mysql.Endpoint{}
	h.keep()
	set := h.made()
	if d, err := h.Drill(t.Context(), ""); err != nil || d.Set != set || !d.OK {
		t.Errorf("rehearsed as %+v, %v", d, err)
	}
	b := h.Fresh(t.Context())
	if len(b.Sets) != 1 || b.Sets[0].Kind != wire.BackupLogical || !b.Sets[0].Good || b.Sets[0].Refused == "" || b.RestoresHere || !b.From.IsZero() {
		t.Errorf("told of as %+v", b)
	}
	for _, ask := range []wire.RestoreAsk{{Set: set}, {At: h.now()}} {
		if _, err := h.Restore(t.Context(), ask); !errors.Is(err, backup.ErrUnfit) || !strings.Contains(err.Error(), "age -d") {
			t.Errorf("restored with %v", err)
		}
	}
	if err := h.Ship(t.Context()); err != nil { // there is no log to ship
		t.Error(err)
	}
}

// TestPicturesAfterTheBackupComeBackToo: those that the restored data names and
// that had come to the place before the machine was lost.
func TestPicturesAfterTheBackupComeBackToo(t *testing.T) {
	h := newHouse(t)
	h.media["media/2026/03/A"] = []byte("before the backup")
	h.media["media/2026/03/B"] = []byte("gone by then")
	h.made()
	h.media["media/2026/03/C"] = []byte("after it")
	delete(h.media, "media/2026/03/B")
	if err := h.ShipMedia(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.media = map[string][]byte{}
	h.named = []string{"media/2026/03/A", "media/2026/03/C", "media/2026/03/D"} // the last never came there
	if _, err := h.Restore(t.Context(), wire.RestoreAsk{At: h.now()}); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for key := range h.media {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if !slices.Equal(keys, []string{"media/2026/03/A", "media/2026/03/C"}) || string(h.media["media/2026/03/C"]) != "after it" {
		t.Errorf("back are %q", keys)
	}
}

// TestAnotherRestoreKeepsTheDataFromBeforeTheFirst: who chose wrong can still
// have what there was.
func TestAnotherRestoreKeepsTheDataFromBeforeTheFirst(t *testing.T) {
	h := newHouse(t)
	set := h.made()
	h.exec("INSERT INTO people (name) VALUES ('live')")
	var last wire.BackupRestore
	var asides []string
	for range 2 {
		r, err := h.Restore(t.Context(), wire.RestoreAsk{Set: set})
		if err != nil {
			t.Fatal(err)
		}
		h.switchOver(r)
		last, asides = r, append(asides, h.in("before-"+r.ID))
	}
	for _, aside := range asides {
		if !there(aside) {
			t.Errorf("%s is gone", aside)
		}
	}
	if err := h.PutAway(t.Context(), last.ID); err != nil {
		t.Fatal(err)
	}
	for _, aside := range asides {
		if there(aside) {
			t.Errorf("%s is still there", aside)
		}
	}
}
