package mysql_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"forecourt/hub/internal/platform/mysql"
)

// told is a text that is written and then looked for on the disk.
const told = "a text that stands on no disk"

func keyOf(b byte) []byte { return bytes.Repeat([]byte{b}, mysql.AtRestBytes) }

func encrypted(dir string, key []byte) mysql.ServerOptions {
	o := options(dir)
	o.AtRest = key
	return o
}

// run starts a server, works on it and stops it.
func run(t *testing.T, o mysql.ServerOptions, work func(*mysql.Server, *mysql.DB)) {
	t.Helper()
	server, err := mysql.StartServer(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	db := paper(t, server)
	work(server, db)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// paper is a database with one table to write on.
func paper(t *testing.T, server *mysql.Server) *mysql.DB {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	root, err := mysql.OpenAdmin(t.Context(), server.AdminDSN(""), log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	for _, statement := range []string{
		"CREATE DATABASE IF NOT EXISTS paper",
		"CREATE TABLE IF NOT EXISTS paper.told (n INT PRIMARY KEY, word VARCHAR(100) NOT NULL, KEY (word)) ENGINE=InnoDB",
	} {
		if _, err := root.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	db, err := mysql.OpenAdmin(t.Context(), server.AdminDSN("paper"), log)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func tell(t *testing.T, db *mysql.DB, n int) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "INSERT INTO told (n, word) VALUES (?, ?)", n, told); err != nil {
		t.Fatal(err)
	}
}

func wantTold(t *testing.T, db *mysql.DB, want int) {
	t.Helper()
	var n int
	if err := db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM told WHERE word = ?", told); err != nil || n != want {
		t.Errorf("%d rows, %v; want %d", n, err, want)
	}
}

// filesWith lists the files under dir that hold what was told.
func filesWith(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !d.Type().IsRegular()) {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // a temporary file that went
			return nil
		}
		if bytes.Contains(content, []byte(told)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestS073AtRestSurvivesKillsAndStandsOnNoDisk(t *testing.T) {
	dir := shortDir(t)
	run(t, encrypted(dir, keyOf(1)), func(server *mysql.Server, db *mysql.DB) {
		tell(t, db, 1)
		if err := syscall.Kill(server.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		await(t, "the server to come back, the key handed over anew", func() bool { return server.Restarts() == 1 && db.Health(t.Context()) == nil })
		wantTold(t, db, 1)
		tell(t, db, 2)
		if found := filesWith(t, dir); len(found) > 0 {
			t.Errorf("in clear while it runs: %v", found)
		}
	})
	run(t, encrypted(dir, keyOf(1)), func(_ *mysql.Server, db *mysql.DB) { wantTold(t, db, 2) })
	if found := filesWith(t, dir); len(found) > 0 {
		t.Errorf("in clear after it ended: %v", found)
	}
	if bytes.Contains(mustRead(t, filepath.Join(dir, "encrypted")), []byte("010101")) {
		t.Error("the fingerprint tells the key")
	}
	// The control: the same words in a server without a key are found.
	plain := shortDir(t)
	run(t, options(plain), func(_ *mysql.Server, db *mysql.DB) { tell(t, db, 1) })
	if len(filesWith(t, plain)) < 3 {
		t.Errorf("found in %v only, want tables, redo and binary log", filesWith(t, plain))
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestAtRestIsRefusedWithAnotherKeyOrNone: and a refusal spoils nothing.
func TestAtRestIsRefusedWithAnotherKeyOrNone(t *testing.T) {
	dir := shortDir(t)
	run(t, encrypted(dir, keyOf(1)), func(_ *mysql.Server, db *mysql.DB) { tell(t, db, 1) })
	marker := filepath.Join(dir, "encrypted")
	mark := mustRead(t, marker)
	refused := func(name string, key []byte, want error) {
		t.Helper()
		server, err := mysql.StartServer(t.Context(), encrypted(dir, key))
		if server != nil {
			_ = server.Stop(context.Background())
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	refused("another key", keyOf(2), mysql.ErrWrongKey)
	refused("no key", nil, mysql.ErrEncrypted)
	if err := os.Remove(marker); err != nil {
		t.Fatal(err)
	}
	refused("without fingerprint", keyOf(1), mysql.ErrNoMarker)
	refused("without fingerprint, another key", keyOf(2), mysql.ErrNoMarker)
	refused("without fingerprint, no key", nil, mysql.ErrEncrypted)
	if _, err := mysql.StartServer(t.Context(), encrypted(dir, []byte("short"))); err == nil {
		t.Error("a key of five bytes was taken")
	}
	if err := os.WriteFile(marker, mark, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, encrypted(dir, keyOf(1)), func(_ *mysql.Server, db *mysql.DB) { wantTold(t, db, 1) })
}

// TestAtRestBeginsAnewWhereThereIsNoData: the fingerprint of an installation
// that never ended binds nobody.
func TestAtRestBeginsAnewWhereThereIsNoData(t *testing.T) {
	dir := shortDir(t)
	if err := os.WriteFile(filepath.Join(dir, "encrypted"), []byte("of a key that is gone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if state, err := mysql.StateOf(dir); err != nil || state != (mysql.State{}) {
		t.Errorf("before: %+v, %v", state, err)
	}
	run(t, encrypted(dir, keyOf(1)), func(_ *mysql.Server, db *mysql.DB) { tell(t, db, 1) })
	if state, err := mysql.StateOf(dir); err != nil || state != (mysql.State{Installed: true, Encrypted: true}) {
		t.Errorf("after: %+v, %v", state, err)
	}
}

// TestAtRestAdoptsWhatWasInClear: tables each in a file of their own, as a
// station has them.
func TestAtRestAdoptsWhatWasInClear(t *testing.T) {
	dir := shortDir(t)
	asStation := func(key []byte) mysql.ServerOptions {
		return mysql.ServerOptions{Dir: dir, Tiny: true, AtRest: key, Log: slog.New(slog.DiscardHandler)}
	}
	run(t, asStation(nil), func(_ *mysql.Server, db *mysql.DB) { tell(t, db, 1) })
	if len(filesWith(t, dir)) == 0 {
		t.Fatal("nothing is in clear to begin with")
	}
	run(t, asStation(keyOf(1)), func(server *mysql.Server, db *mysql.DB) {
		wantTold(t, db, 1)
		tell(t, db, 2)
		await(t, "the background to encrypt every table", func() bool { return clearFiles(t, server) == 0 })
	})
	if found := filesWith(t, dir); len(found) > 0 {
		t.Errorf("still in clear: %v", found)
	}
	run(t, asStation(keyOf(1)), func(_ *mysql.Server, db *mysql.DB) { wantTold(t, db, 2) })
}

// clearFiles counts those of the two files that the test reads again which are
// not yet encrypted. A file that the background has not begun with is not listed
// at all: once, nothing was in work for a moment, and the test went on with both
// still in clear.
func clearFiles(t *testing.T, server *mysql.Server) int {
	t.Helper()
	admin, err := mysql.OpenAdmin(t.Context(), server.AdminDSN(""), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	files, done := []string{"innodb_system", "paper/told"}, 0
	err = admin.GetContext(t.Context(), &done, `SELECT COUNT(*) FROM information_schema.INNODB_TABLESPACES_ENCRYPTION
		WHERE NAME IN (?, ?) AND ENCRYPTION_SCHEME = 1 AND MIN_KEY_VERSION >= 1 AND ROTATING_OR_FLUSHING = 0 AND KEY_ROTATION_PAGE_NUMBER IS NULL`,
		files[0], files[1])
	if err != nil {
		t.Fatal(err)
	}
	return len(files) - done
}

// BenchmarkAtRest compares, in one run, starting a server and committing rows
// one by one with and without encryption.
func BenchmarkAtRest(b *testing.B) {
	for name, key := range map[string][]byte{"clear": nil, "encrypted": keyOf(1)} {
		b.Run(name, func(b *testing.B) { benchAtRest(b, key) })
	}
}

func benchAtRest(b *testing.B, key []byte) {
	dir, err := os.MkdirTemp("", "fdb")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	o := mysql.ServerOptions{Dir: dir, Tiny: true, AtRest: key, Log: slog.New(slog.DiscardHandler)}
	var took [2]time.Duration
	var server *mysql.Server
	for i := range took { // from nothing, and again
		if server != nil {
			if err := server.Stop(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		began := time.Now()
		if server, err = mysql.StartServer(b.Context(), o); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(began)
	}
	defer func() { _ = server.Stop(context.Background()) }()
	db, err := mysql.Provision(b.Context(), server.Endpoint, mysql.Database, o.Log)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	n := 0
	for b.Loop() {
		if _, err := db.ExecContext(b.Context(), "INSERT INTO outbox (channel, seq, kind, body, at) VALUES ('bench', ?, 'k', ?, NOW(3))",
			n, bytes.Repeat([]byte("x"), 400)); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(took[0].Milliseconds()), "first-start-ms")
	b.ReportMetric(float64(took[1].Milliseconds()), "start-ms")
}
