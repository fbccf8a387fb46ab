package audit_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
)

// room is a log with its sealer, second place and an administrator who can do
// what the hub's own user may not.
type room struct {
	t       *testing.T
	db      *mysql.DB
	admin   *mysql.DB
	key     *audit.Key
	anchors *audit.Anchors
	dir     string
	sealer  *audit.Sealer
	mu      sync.Mutex
	clock   time.Time
}

func newRoom(t *testing.T) *room {
	r := &room{t: t, db: mysqltest.New(t), clock: morning(), dir: filepath.Join(t.TempDir(), "second")}
	var name string
	err := r.db.GetContext(t.Context(), &name, "SELECT DATABASE()")
	if err == nil {
		r.admin, err = mysql.OpenAdmin(t.Context(), mysqltest.Server(t).AdminDSN(name), mysqltest.Log(t))
	}
	if err == nil {
		r.key, err = audit.NewKey([32]byte{7})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.admin.Close() })
	r.anchors = audit.NewAnchors(r.dir)
	r.sealer = r.another()
	return r
}

// another is a sealer of another process.
func (r *room) another() *audit.Sealer {
	return audit.NewSealer(audit.SealerDeps{DB: r.db, Key: r.key, Anchors: r.anchors, Now: r.now, Log: mysqltest.Log(r.t)})
}

func (r *room) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock
}

func (r *room) later(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock = r.clock.Add(d)
}

// acts writes n rows, each a second after the one before.
func (r *room) acts(n int) {
	r.t.Helper()
	for range n {
		r.later(time.Second)
		row := looked(1, 0)
		row.At, row.Digest = r.now(), [32]byte{1}
		write(r.t, r.db, row)
	}
}

func (r *room) seal() int {
	r.t.Helper()
	n, err := r.sealer.Seal(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// close ends with a checkpoint in the second place.
func (r *room) close() {
	r.t.Helper()
	if err := r.sealer.Close(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) verify() audit.Report {
	r.t.Helper()
	report, err := audit.Verify(r.t.Context(), r.db, r.key, r.anchors)
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

func (r *room) sound(rows int64) audit.Report {
	r.t.Helper()
	report := r.verify()
	if report.Finding != nil || report.Size != rows || report.Waiting != 0 {
		r.t.Errorf("the log is found %+v (%v), want %d rows and nothing found", report, report.Finding, rows)
	}
	return report
}

func TestRowsAreSealedSignedAndAnchored(t *testing.T) {
	r := newRoom(t)
	r.acts(3)
	if n := r.seal(); n != 3 {
		t.Errorf("%d rows sealed, want 3", n)
	}
	if n := r.seal(); n != 0 {
		t.Errorf("%d rows sealed again", n)
	}
	if got := r.verify(); got.Unsigned != 3 || got.Finding != nil {
		t.Errorf("before a checkpoint: %+v", got)
	}
	r.close()
	r.acts(2)
	r.close()
	report := r.sound(5)
	if report.Checkpoints != 2 || report.Anchors != 2 || report.Unsigned != 0 {
		t.Errorf("proved against %+v", report)
	}
	entries := find(t, r.db, audit.Query{})
	if len(entries) != 5 || entries[0].N != 5 || entries[4].N != 1 {
		t.Errorf("rows are numbered %v", entries)
	}
	state, err := r.sealer.State(t.Context())
	if err != nil || state.Size != 5 || state.Root != report.Root || state.Problem != "" || state.AnchoredAt.IsZero() || state.Waiting != 0 {
		t.Errorf("state %+v, %v", state, err)
	}
}

// TestLateRowsAndHoles: what commits late is sealed late, numbers of rows that
// were rolled back are no hole, and a clock set back changes nothing.
func TestLateRowsAndHoles(t *testing.T) {
	r := newRoom(t)
	r.acts(2)
	long, err := r.db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.Write(t.Context(), &mysql.Tx{Tx: long}, looked(3, 3)); err != nil {
		t.Fatal(err)
	}
	gone, err := r.db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.Write(t.Context(), &mysql.Tx{Tx: gone}, looked(4, 3)); err != nil {
		t.Fatal(err)
	}
	if err := gone.Rollback(); err != nil {
		t.Fatal(err)
	}
	r.acts(3)
	if n := r.seal(); n != 5 {
		t.Errorf("%d rows sealed beside a transaction under way, want 5", n)
	}
	r.later(-30 * time.Minute)
	r.acts(1)
	if n := r.seal(); n != 1 {
		t.Errorf("%d rows sealed after the clock was set back, want 1", n)
	}
	if err := long.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := r.seal(); n != 1 {
		t.Errorf("%d rows sealed after the long transaction, want 1", n)
	}
	r.close()
	if report := r.sound(7); report.LateCount != 0 {
		t.Errorf("late are %v", report.Late)
	}
	if newest := find(t, r.db, audit.Query{Staff: person(3)}); len(newest) != 1 || newest[0].N != 7 {
		t.Errorf("the long transaction's row is %v", newest)
	}
}

// TestManyRoundsLater: rows are found however many rounds have passed, by a
// sealer that has just begun too.
func TestManyRoundsLater(t *testing.T) {
	r := newRoom(t)
	r.acts(1)
	for range 1300 {
		r.seal()
	}
	r.acts(2)
	if n := r.seal(); n != 2 {
		t.Errorf("%d rows sealed, want 2", n)
	}
	r.sealer = r.another()
	r.acts(1)
	if n := r.seal(); n != 1 {
		t.Errorf("%d rows sealed by a new sealer, want 1", n)
	}
	r.close()
	r.sound(4)
}

// TestSealersOfTwoProcesses seal at once, while rows are written.
func TestSealersOfTwoProcesses(t *testing.T) {
	r := newRoom(t)
	r.acts(1) // the clock stands still from here on
	var wg sync.WaitGroup
	const writers, each = 4, 40
	writing, done := context.WithCancel(t.Context())
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				if err := audit.Record(t.Context(), r.db, looked(byte(w+1), n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var sealing sync.WaitGroup
	for range 3 {
		s := r.another()
		sealing.Go(func() {
			for writing.Err() == nil {
				if _, err := s.Seal(t.Context()); err != nil && !mysql.Retryable(err) {
					t.Error(err)
				}
				if err := s.Sign(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	done()
	sealing.Wait()
	r.close()
	r.sound(writers*each + 1)
}

// TestTheSecondPlaceMayBeAway: sealing goes on, it is said, and made good.
func TestTheSecondPlaceMayBeAway(t *testing.T) {
	r := newRoom(t)
	if err := os.WriteFile(r.dir, []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.sealer = audit.NewSealer(audit.SealerDeps{DB: r.db, Key: r.key, Anchors: r.anchors, Now: r.now, Log: discard()})
	r.acts(2)
	if err := r.sealer.Close(t.Context()); err == nil || !strings.Contains(err.Error(), "anchors") {
		t.Errorf("closing says %v", err)
	}
	state, err := r.sealer.State(t.Context())
	if err != nil || state.Problem == "" || state.Size != 2 || !state.AnchoredAt.IsZero() {
		t.Errorf("state %+v, %v", state, err)
	}
	if err := os.Remove(r.dir); err != nil {
		t.Fatal(err)
	}
	r.close()
	if report := r.sound(2); report.Anchors != 1 {
		t.Errorf("%d anchors, want 1", report.Anchors)
	}
	if state, err = r.sealer.State(t.Context()); err != nil || state.Problem != "" || state.AnchoredAt.IsZero() {
		t.Errorf("state %+v, %v", state, err)
	}
}

// TestATornAnchorCountsForNothing: a crash in the middle of writing.
func TestATornAnchorCountsForNothing(t *testing.T) {
	r := newRoom(t)
	r.acts(2)
	r.close()
	path := r.anchors.String()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(path, slices.Concat(whole, whole[:cut]), 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := audit.Verify(t.Context(), r.db, r.key, r.anchors)
		signed := strings.Contains(string(whole[:cut]), "\n— ")
		if err != nil || !signed && (report.Finding != nil || report.Anchors != 1) {
			t.Fatalf("cut after %d bytes: %+v %v (%v)", cut, report, report.Finding, err)
		}
	}
	// The next one is written behind what was cut short.
	if err := os.WriteFile(path, slices.Concat(whole, whole[:20]), 0o600); err != nil {
		t.Fatal(err)
	}
	r.acts(1)
	r.close()
	if report := r.sound(3); report.Anchors != 2 {
		t.Errorf("%d anchors, want 2", report.Anchors)
	}
	public := mustRead(t, filepath.Join(r.dir, "forecourt-log.pub"))
	if string(public) != r.key.Public()+"\n" {
		t.Errorf("the public key beside it is %q", public)
	}
}

// TestRun seals by itself and ends with everything in the second place.
func TestRun(t *testing.T) {
	r := newRoom(t)
	r.acts(3)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.sealer.Run(ctx) }()
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if report := r.sound(3); report.Anchors != 1 {
		t.Errorf("%d anchors, want 1", report.Anchors)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
