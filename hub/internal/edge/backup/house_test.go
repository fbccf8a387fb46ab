package backup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

func TestMain(m *testing.M) {
	if plan := os.Getenv(doomedPlan); plan != "" {
		doomed(plan)
		return
	}
	goleak.VerifyTestMain(m)
}

// known is a text that no backup may show: what a driver is called.
const known = "Zhang Wei 13912345678"

// house is a database with a table of people, places for its backups and a
// keeper of them.
type house struct {
	t      *testing.T
	dir    string
	atRest []byte
	server *mysql.Server
	db     *mysql.DB
	deps   backup.Deps
	*backup.Keeper

	mu    sync.Mutex
	clock time.Time
	rows  []audit.Row
	media map[string][]byte
	named []string         // pictures that restored data names
	wrong wire.BackupProof // that proving finds wrong
}

// identity is the one key of all these tests: making one takes as long as
// anything.
var identity = sync.OnceValues(func() ([2]string, error) {
	secret, public, err := archive.NewIdentity(rand.Reader)
	return [2]string{secret, public}, err
})

// newHouse makes a house with a directory as its one place, "local". Each test
// has its own, beside others: most of the time they wait for a server.
func newHouse(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	dir, err := os.MkdirTemp("", "fbk") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, dir: dir, atRest: make([]byte, mysql.AtRestBytes), clock: time.Now().Truncate(time.Second), media: map[string][]byte{}}
	if _, err := rand.Read(h.atRest); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h.open()
	t.Cleanup(h.shut)
	h.exec("CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(60))")
	h.exec("INSERT INTO people (name) VALUES (?)", known)
	h.deps = h.newDeps()
	h.keep()
	return h
}

func (h *house) newDeps() backup.Deps {
	keys, err := identity()
	if err != nil {
		h.t.Fatal(err)
	}
	to, err := archive.ParseRecipients(keys[1])
	if err != nil {
		h.t.Fatal(err)
	}
	ids, err := archive.ReadIdentities(strings.NewReader(keys[0]))
	if err != nil {
		h.t.Fatal(err)
	}
	return h.depsWith(h.server.Endpoint, to, ids)
}

func (h *house) depsWith(server mysql.Endpoint, to archive.Recipients, ids archive.Identities) backup.Deps {
	d := backup.Deps{
		Source: backup.Source{
			Copy: mysql.Copy{Dir: h.data(), AtRest: h.atRest, Log: quiet()}, Endpoint: server,
			Files: func() ([]backup.File, error) {
				return []backup.File{{Name: "keys/wrapped", Content: []byte("a wrapped key")}}, nil
			},
			Media: h, Version: "test", Schema: 100, Master: "abcd",
		},
		Prover: h, Dir: h.in("backup"), Beside: h.in("restore"), DataDir: h.dir,
		Signer: archive.NewSigner([32]byte{1}), Recipients: to, Identities: ids,
		Policy: archive.Policy{Daily: 7, Weekly: 5, Monthly: 12}, KeepLog: 7 * 24 * time.Hour,
		Schedule: wire.BackupSchedule{Every: wire.BackupDaily, At: "03:30"}, Zone: time.FixedZone("+08", 8*3600),
		Now: h.now, Random: rand.Reader, Log: quiet(), Switch: func() {},
		Note: func(_ context.Context, row audit.Row) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			if err := row.Check(); err != nil {
				h.t.Errorf("the log refuses %+v: %v", row, err)
			}
			h.rows = append(h.rows, row)
			return nil
		},
	}
	d.Spots = []backup.Spot{h.spot("local")}
	return d
}

// spot is a directory as a place.
func (h *house) spot(name string) backup.Spot {
	return backup.Spot{Name: name, Kind: "dir", LogEvery: 20 * time.Millisecond, Open: func() (place.Place, error) {
		return place.OpenDir(h.in(name), h.now)
	}}
}

// keep begins a keeper with the deps as they are.
func (h *house) keep() {
	h.t.Helper()
	if h.Keeper != nil {
		if err := h.Keeper.Close(); err != nil {
			h.t.Error(err)
		}
	}
	k, err := backup.New(h.deps)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Keeper = k
	h.t.Cleanup(func() {
		if err := k.Close(); err != nil {
			h.t.Error(err)
		}
	})
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (h *house) in(name string) string { return filepath.Join(h.dir, name) }
func (h *house) data() string          { return h.in("db") }

// open starts the server, shut stops it.
func (h *house) open() {
	h.t.Helper()
	var err error
	h.server, err = mysql.StartServer(h.t.Context(), mysql.ServerOptions{Dir: h.data(), Tiny: true, AtRest: h.atRest, Log: quiet()})
	if err != nil {
		h.t.Fatal(err)
	}
	root, err := mysql.OpenAdmin(h.t.Context(), h.server.AdminDSN(""), quiet())
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	if _, err := root.ExecContext(h.t.Context(), "CREATE DATABASE IF NOT EXISTS "+mysql.Database); err != nil {
		h.t.Fatal(err)
	}
	if h.db, err = mysql.OpenAdmin(h.t.Context(), h.server.AdminDSN(mysql.Database), quiet()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) shut() {
	if h.server == nil {
		return
	}
	err := errors.Join(h.db.Close(), h.server.Stop(context.WithoutCancel(h.t.Context())))
	if err != nil {
		h.t.Error(err)
	}
	h.server = nil
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	if _, err := h.db.ExecContext(h.t.Context(), query, args...); err != nil {
		h.t.Fatal(err)
	}
}

// at writes a name as if it were that second.
func (h *house) at(second time.Time, name string) {
	h.t.Helper()
	conn, err := h.db.Conn(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, do := range []struct {
		query string
		args  []any
	}{
		{"SET timestamp = ?", []any{second.Unix()}},
		{"INSERT INTO people (name) VALUES (?)", []any{name}},
		{"SET timestamp = DEFAULT", nil},
	} {
		if _, err := conn.ExecContext(h.t.Context(), do.query, do.args...); err != nil {
			h.t.Fatal(err)
		}
	}
}

// names is who is in the table.
func (h *house) names() (list []string) {
	h.t.Helper()
	if err := h.db.SelectContext(h.t.Context(), &list, "SELECT name FROM people ORDER BY id"); err != nil {
		h.t.Fatal(err)
	}
	return list
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// noted is whether the log has a row of an action with a result.
func (h *house) noted(action string, ok bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.rows, func(r audit.Row) bool { return r.Action == action && (r.Result == audit.OK) == ok })
}

// made makes a set and fails the test if that fails.
func (h *house) made() string {
	h.t.Helper()
	set, err := h.Make(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return set
}

// set is how a set is seen.
func (h *house) set(id string) wire.BackupSet {
	h.t.Helper()
	for _, s := range h.Fresh(h.t.Context()).Sets {
		if s.ID == id {
			return s
		}
	}
	h.t.Fatalf("backup %s is not there", id)
	return wire.BackupSet{}
}

// switchOver lets a restore take over, as the hub does when it begins again.
func (h *house) switchOver(r wire.BackupRestore) {
	h.t.Helper()
	if err := h.PlanSwitch(r); err != nil {
		h.t.Fatal(err)
	}
	h.shut()
	done, err := h.switching().Finish()
	if err != nil || !done {
		h.t.Fatalf("the switch was done: %v, %v", done, err)
	}
	h.open()
	h.keep()
}

func (h *house) switching() backup.Switch {
	return backup.Switch{Dir: h.in("backup"), Restore: h.in("restore"), Live: h.data(), DataDir: h.dir, Now: h.now, Log: quiet()}
}

// Prove proves that the restored data has the person who was there first.
func (h *house) Prove(ctx context.Context, e mysql.Endpoint) ([]wire.BackupCheck, error) {
	db, err := mysql.OpenAdmin(ctx, e.AdminDSN(mysql.Database), quiet())
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	check := wire.BackupCheck{Proof: wire.ProofLedger, OK: h.wrong != wire.ProofLedger, Problem: "made up"}
	err = db.GetContext(ctx, &check.Count, "SELECT COUNT(*) FROM people WHERE name = ?", known)
	if err == nil && check.Count != 1 {
		err = fmt.Errorf("%s is there %d times", known, check.Count)
	}
	if check.OK {
		check.Problem = ""
	}
	return []wire.BackupCheck{check}, err
}

// Loss counts people.
func (h *house) Loss(ctx context.Context, e mysql.Endpoint) (lost wire.RestoreLoss, err error) {
	db, err := mysql.OpenAdmin(ctx, e.AdminDSN(mysql.Database), quiet())
	if err != nil {
		return lost, err
	}
	defer func() { _ = db.Close() }()
	var was int64
	err = db.GetContext(ctx, &was, "SELECT COUNT(*) FROM people")
	if h.server != nil && err == nil {
		err = h.db.GetContext(ctx, &lost.Members, "SELECT COUNT(*) FROM people")
		lost.Members -= was
	}
	return lost, err
}

// Settle does nothing: nobody is signed in here.
func (h *house) Settle(context.Context, mysql.Endpoint, time.Time) error { return nil }

// errNoPicture says that a picture is gone.
var errNoPicture = errors.New("no such picture")

// Keys lists the pictures.
func (h *house) Keys(context.Context) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var keys []string
	for key := range h.media {
		keys = append(keys, key)
	}
	return keys, nil
}

// KeysIn lists the pictures that the restored data names.
func (h *house) KeysIn(context.Context, mysql.Endpoint) ([]string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.named, nil
}

// Get reads a picture.
func (h *house) Get(_ context.Context, key string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	content, ok := h.media[key]
	if !ok {
		return nil, errNoPicture
	}
	return content, nil
}

// Put puts one back.
func (h *house) Put(_ context.Context, key string, content []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.media[key] = content
	return nil
}

// IsGone tells a picture that is gone.
func (h *house) IsGone(err error) bool { return errors.Is(err, errNoPicture) }
