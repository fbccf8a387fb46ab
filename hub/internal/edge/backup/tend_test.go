package backup_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/shared/wire"
)

// tend does what is due now, and waits until it is done.
func (h *house) tend() {
	h.t.Helper()
	if err := h.Tend(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	await(h.t, "what was due to be done", func() bool { return h.State(h.t.Context()).Work == nil })
}

// counted is how many rows of an action the log has.
func (h *house) counted(action string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.rows {
		if r.Action == action {
			n++
		}
	}
	return n
}

// sets is how many sets there are.
func (h *house) sets() int { return len(h.Fresh(h.t.Context()).Sets) }

// setTo sets the clock to the next time of day.
func (h *house) setTo(clock string) {
	h.t.Helper()
	at, err := time.Parse("15:04", clock)
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.clock.In(h.deps.Zone)
	then := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, h.deps.Zone)
	if !then.After(now) {
		then = then.AddDate(0, 0, 1)
	}
	h.clock = then
}

// TestS080BackupsAreMadeByThemselves through the days of a hub: one every day at
// its time, one that failed again half an hour later, one that was missed told of
// once and made up for, and when the office says weekly, once a week.
func TestS080BackupsAreMadeByThemselves(t *testing.T) {
	h := newHouse(t)
	h.deps.Identities = archive.Identities{} // no rehearsals
	files, broken := h.deps.Source.Files, false
	h.deps.Source.Files = func() ([]backup.File, error) {
		if broken {
			return nil, errors.New("the keys cannot be read")
		}
		return files()
	}
	h.keep()
	has := func(when string, sets, failed, missed int) {
		t.Helper()
		if n := h.sets(); n != sets {
			t.Errorf("%s there are %d backups, not %d", when, n, sets)
		}
		if f, m := h.counted("backup.failed"), h.counted("backup.missed"); f != failed || m != missed {
			t.Errorf("%s the log tells of %d that failed and %d that were missed, not %d and %d", when, f, m, failed, missed)
		}
	}
	h.tend()
	has("before its time", 0, 0, 0)
	h.setTo("03:29")
	h.tend()
	has("a minute before", 0, 0, 0)
	h.later(time.Minute)
	h.tend()
	has("in time", 1, 0, 0)
	h.later(time.Minute)
	h.tend()
	has("a minute after", 1, 0, 0)

	broken = true
	h.setTo("03:30")
	h.tend()
	has("when it failed", 1, 1, 0)
	h.later(10 * time.Minute)
	h.tend()
	has("soon after", 1, 1, 0)
	broken = false
	h.later(20 * time.Minute)
	if !h.State(t.Context()).Missed {
		t.Error("the office does not see that it was missed")
	}
	h.tend()
	has("half an hour later", 2, 1, 1)
	if h.State(t.Context()).Missed {
		t.Error("it is made, and counts as missed")
	}

	h.later(3 * 24 * time.Hour) // the hub is off
	h.keep()
	h.tend()
	h.tend()
	has("after days without power", 3, 1, 2)

	monday := h.now().In(h.deps.Zone)
	for monday.Weekday() != time.Monday {
		monday = monday.AddDate(0, 0, 1)
	}
	if err := h.SetPlan(wire.BackupSchedule{Every: wire.BackupWeekly, At: "05:00", Weekday: int(time.Monday)}); err != nil {
		t.Fatal(err)
	}
	h.keep() // the hub ends and begins again
	if s := h.State(t.Context()); s.Schedule.Every != wire.BackupWeekly || s.NextAt.In(h.deps.Zone).Weekday() != time.Monday {
		t.Errorf("after a restart it is %+v, next %v", s.Schedule, s.NextAt)
	}
	h.tend()
	has("as soon as it is weekly", 3, 1, 2)
	for range 14 {
		h.setTo("05:00")
		h.tend()
	}
	has("two weeks later", 5, 1, 2)
	if err := h.SetPlan(wire.BackupSchedule{Every: wire.BackupOff, At: "05:00"}); err != nil {
		t.Fatal(err)
	}
	h.later(30 * 24 * time.Hour)
	h.tend()
	has("a month after it was switched off", 5, 1, 2)
}

// TestS080ANewPlanMissesNothing: what it would have planned for this morning was
// not missed when it is set at noon; what the old one did miss still is.
func TestS080ANewPlanMissesNothing(t *testing.T) {
	h := newHouse(t)
	h.deps.Schedule = wire.BackupSchedule{Every: wire.BackupOff, At: "03:30"}
	h.keep()
	h.later(48 * time.Hour)
	h.setTo("12:00")
	daily := wire.BackupSchedule{Every: wire.BackupDaily, At: "03:30"}
	if err := h.SetPlan(daily); err != nil {
		t.Fatal(err)
	}
	if h.State(t.Context()).Missed {
		t.Error("this morning counts as missed")
	}
	h.later(24 * time.Hour)
	if !h.State(t.Context()).Missed {
		t.Fatal("the next morning is not missed")
	}
	daily.At = "04:00"
	if err := h.SetPlan(daily); err != nil {
		t.Fatal(err)
	}
	if !h.State(t.Context()).Missed {
		t.Error("another time of day makes up for what was missed")
	}
}

// TestTheNightsWork: a minute after the backup it is rehearsed, a portable one is
// made of it each week, and neither is done twice.
func TestTheNightsWork(t *testing.T) {
	h := newHouse(t)
	h.setTo("03:30")
	h.tend()
	h.tend()
	if n := h.counted("backup.drill"); n != 0 {
		t.Errorf("rehearsed %d times at once", n)
	}
	h.later(backup.AfterMaking)
	h.Look(t.Context())
	h.tend()
	s := h.Fresh(t.Context())
	if len(s.Sets) != 2 || !s.Sets[0].Good || !s.Sets[1].Good || len(s.Drills) != 2 {
		t.Fatalf("after the first night: %+v, rehearsals %+v", s.Sets, s.Drills)
	}
	portable := s.Sets[0]
	if portable.Kind != wire.BackupLogical {
		portable = s.Sets[1]
	}
	h.later(time.Hour)
	h.tend()
	if n := h.counted("backup.drill"); n != 2 {
		t.Errorf("rehearsed %d times in one night", n)
	}
	h.setTo("03:30")
	h.tend()
	h.later(backup.RetryAfter)
	h.Look(t.Context())
	h.tend()
	if s := h.Fresh(t.Context()); len(s.Sets) != 3 || len(s.Drills) != 3 {
		t.Errorf("after the second night: %d backups, %d rehearsals", len(s.Sets), len(s.Drills))
	}

	// Any MariaDB takes the portable one: on an empty server it is the same.
	h.exec("INSERT INTO people (name) VALUES ('later')")
	r, err := h.Restore(t.Context(), wire.RestoreAsk{Set: portable.ID})
	if err != nil {
		t.Fatal(err)
	}
	h.switchOver(r)
	if got := h.names(); len(got) != 1 || got[0] != known {
		t.Errorf("restored %q", got)
	}
}

// TestS083RestoredDataIsBackedUpAtOnce: it is another life of the database, and
// until there is a backup of it nothing leads to any of its seconds.
func TestS083RestoredDataIsBackedUpAtOnce(t *testing.T) {
	h := newHouse(t)
	r, err := h.Restore(t.Context(), wire.RestoreAsk{Set: h.made()})
	if err != nil {
		t.Fatal(err)
	}
	h.later(time.Minute)
	h.switchOver(r)
	h.tend()
	if n := h.sets(); n != 2 {
		t.Errorf("%d backups after the switch, want 2", n)
	}
	h.later(time.Minute)
	if h.tend(); h.counted("backup.made") != 2 {
		t.Errorf("%d were made, want one of before and one of after", h.counted("backup.made"))
	}
}

// TestS081EveryCopyIsReadBackEveryWeek: what a disk loses without a word is found
// before it is needed.
func TestS081EveryCopyIsReadBackEveryWeek(t *testing.T) {
	h := newHouse(t)
	h.deps.Identities = archive.Identities{} // no rehearsals, which would find it too
	h.deps.Schedule.Every = wire.BackupOff
	h.keep()
	set := h.made()
	if err := flip(filepath.Join(h.in("local"), "sets", set, "database.0001.zst.age")); err != nil {
		t.Fatal(err)
	}
	for _, day := range []struct {
		later time.Duration
		want  wire.BackupCopyState
	}{{6 * 24 * time.Hour, wire.CopyVerified}, {2 * 24 * time.Hour, wire.CopyDamaged}} {
		h.later(day.later)
		h.Look(t.Context())
		h.tend()
		if got := h.set(set).Copies[0].State; got != day.want {
			t.Errorf("after %v more the copy is %s, want %s", day.later, got, day.want)
		}
	}
	if !h.noted("backup.verified", false) {
		t.Error("nobody was told")
	}
}
