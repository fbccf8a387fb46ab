package mysql_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
)

// TestDumpIsTheDatabase: the hub's own schema and bytes of every kind come
// back equal, and while money moves a dump is of one moment.
func TestDumpIsTheDatabase(t *testing.T) {
	b, stop := openBank(t, keyOf(7))
	b.awaitMoves(t, 20)
	provision(t, b.Server)
	var early bytes.Buffer
	if err := mysql.Dump(t.Context(), b.Endpoint, "paper", &early); err != nil {
		t.Fatal(err)
	}
	stop()
	to := startServer(t, shortDir(t))
	if err := mysql.Load(t.Context(), to.Endpoint, "paper", &early); err != nil {
		t.Fatal(err)
	}
	if total := totalOf(t, to.Endpoint); total != bankAccounts*bankStart {
		t.Errorf("the dump holds %d fen, want %d: it is not of one moment", total, bankAccounts*bankStart)
	}
	for from, as := range map[string]string{"paper": "later", mysql.Database: mysql.Database} {
		var content bytes.Buffer
		if err := mysql.Dump(t.Context(), b.Endpoint, from, &content); err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(content.String(), "\n")
		if strings.Contains(first, "sandbox") || !strings.HasPrefix(first, "--") {
			t.Errorf("the dump begins with %q", first)
		}
		if err := mysql.Load(t.Context(), to.Endpoint, as, &content); err != nil {
			t.Fatal(err)
		}
		want, err := mysql.TakeSums(t.Context(), b.Endpoint, from)
		if err != nil {
			t.Fatal(err)
		}
		got, err := mysql.TakeSums(t.Context(), to.Endpoint, as)
		if err != nil || len(got.Tables) == 0 || !reflect.DeepEqual(got.Tables, want.Tables) {
			t.Errorf("%s: %v\nloaded %+v\nwant   %+v", from, err, got.Tables, want.Tables)
		}
	}
}

func TestDumpAndLoadFailWhole(t *testing.T) {
	server := mysqltest.Server(t)
	db := paper(t, server)
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "REPLACE INTO told (n, word) VALUES (1, ?)", told); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	var whole bytes.Buffer
	if err := mysql.Dump(ctx, server.Endpoint, "paper", &whole); err != nil {
		t.Fatal(err)
	}
	if err := mysql.Dump(ctx, server.Endpoint, "nowhere", io.Discard); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a database that is not there: %v", err)
	}
	if err := mysql.Dump(ctx, server.Endpoint, "paper", &failing{left: 100, err: syscall.ENOSPC}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk: %v", err)
	}
	load := func(r io.Reader) error {
		t.Helper()
		if _, err := db.ExecContext(ctx, "DROP DATABASE IF EXISTS loaded"); err != nil {
			t.Fatal(err)
		}
		return mysql.Load(ctx, server.Endpoint, "loaded", r)
	}
	if err := load(bytes.NewReader(whole.Bytes())); err != nil {
		t.Errorf("whole: %v", err)
	}
	if err := mysql.Load(ctx, server.Endpoint, "loaded", bytes.NewReader(whole.Bytes())); !errors.Is(err, mysql.ErrNotEmpty) {
		t.Errorf("a second time: %v", err)
	}
	for _, cut := range []int{30, 200, whole.Len() - 5, whole.Len()} {
		if err := load(bytes.NewReader(whole.Bytes()[:whole.Len()-cut])); !errors.Is(err, mysql.ErrCut) && !strings.Contains(err.Error(), "mariadb: exit") {
			t.Errorf("cut by %d: %v", cut, err)
		}
	}
	broken := errors.New("a part is altered")
	if err := load(reading{bytes.NewReader(whole.Bytes()[:whole.Len()/2]), broken}); !errors.Is(err, broken) {
		t.Errorf("the reader's own error: %v", err)
	}
	wrong := bytes.Replace(whole.Bytes(), []byte("INSERT INTO"), []byte("INSERT INFO"), 1)
	if err := load(bytes.NewReader(append(wrong, bytes.Repeat([]byte("-- more\n"), 1<<20)...))); err == nil || !strings.Contains(err.Error(), "syntax") {
		t.Errorf("a statement that is wrong: %v", err)
	}
}

// TestDumpDSNHandsOverThePasswordUnseen: whatever characters it has.
func TestDumpDSNHandsOverThePasswordUnseen(t *testing.T) {
	server := mysqltest.Server(t)
	db := paper(t, server)
	defer func() { _ = db.Close() }()
	// More than pipes hold, so that it is still there to be looked at.
	if _, err := db.ExecContext(t.Context(), "REPLACE INTO told (n, word) SELECT seq, REPEAT('x', 90) FROM seq_1000_to_9000"); err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"simple", `a "quoted" one`, `back\slash\n`, "# no comment", " spaces ", "'tis", "=;%$", "密码"} {
		cfg := driver.NewConfig()
		cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.DBName = "dumper", password, "unix", server.Socket, "paper"
		escaped := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password)
		for _, statement := range []string{
			"CREATE OR REPLACE USER dumper@localhost IDENTIFIED BY '" + escaped + "'", "GRANT SELECT, SHOW VIEW ON paper.* TO dumper@localhost",
		} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		seen := &watching{t: t, secret: password}
		if err := mysql.DumpDSN(t.Context(), cfg.FormatDSN(), seen); err != nil {
			t.Errorf("password %q: %v", password, err)
		}
		if seen.looked == 0 {
			t.Error("the dumping program was never looked at")
		}
		cfg.Passwd = "wrong" + password
		err := mysql.DumpDSN(t.Context(), cfg.FormatDSN(), io.Discard)
		if err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("a wrong password: %v", err)
		}
	}
	for _, dsn := range []string{"", "secret@@nonsense", "user:secret@tcp(127.0.0.1:3306)/"} {
		if err := mysql.DumpDSN(t.Context(), dsn, io.Discard); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("DSN %q: %v", dsn, err)
		}
	}
}

// watching is a writer that looks at what the dumping program shows of itself.
type watching struct {
	t      *testing.T
	secret string
	looked int
}

func (w *watching) Write(p []byte) (int, error) {
	for _, pid := range childrenNamed(w.t, "mariadb-dump") {
		for _, of := range []string{"cmdline", "environ"} {
			content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/" + of)
			if err != nil {
				continue // it ended meanwhile
			}
			w.looked++
			if bytes.Contains(content, []byte(w.secret)) {
				w.t.Errorf("%s shows the password", of)
			}
		}
	}
	return len(p), nil
}

// TestReplayFailsWithTheReason of whichever program has it.
func TestReplayFailsWithTheReason(t *testing.T) {
	b, stop := openBank(t, nil)
	from, err := mysql.LogPosition(t.Context(), b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	b.awaitMoves(t, 50)
	stop()
	to, err := mysql.LogPosition(t.Context(), b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	log := logFile(t, b.Endpoint, from, to)
	empty := startServer(t, shortDir(t))
	broken := errors.New("a segment is altered")
	for name, of := range map[string]struct {
		write func(io.Writer) error
		want  string
	}{
		"not of this database": {writeAll(log), "mariadb: exit status"},
		"no log at all":        {writeAll([]byte("this is no log, and never was")), "mariadb-binlog: exit status"},
		"cut off":              {writeAll(log[:len(log)-10]), ""},
		"own error": {func(w io.Writer) error {
			return errors.Join(writeAll(log[:200])(w), broken)
		}, broken.Error()},
	} {
		if err := mysql.Replay(t.Context(), empty.Endpoint, of.write); err == nil || !strings.Contains(err.Error(), of.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := mysql.Replay(t.Context(), empty.Endpoint, writeAll(mysql.LogHeader())); err != nil {
		t.Errorf("a log of nothing: %v", err)
	}
	if err := mysql.Replay(t.Context(), mysql.Endpoint{Socket: "/nowhere/s.sock"}, writeAll(log)); err == nil || !strings.Contains(err.Error(), "/nowhere/s.sock") {
		t.Errorf("no server: %v", err)
	}
}

func TestSumsTellTablesApart(t *testing.T) {
	server := mysqltest.Server(t)
	db := paper(t, server)
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "DELETE FROM told"); err != nil {
		t.Fatal(err)
	}
	empty := sumsOf(t, server.Endpoint)
	tell(t, db, 1)
	one := sumsOf(t, server.Endpoint)
	if _, err := db.ExecContext(t.Context(), "UPDATE told SET n = 2"); err != nil {
		t.Fatal(err)
	}
	other := sumsOf(t, server.Endpoint)
	if len(empty.Tables) != 1 || empty.Tables[0] != (mysql.TableSum{Name: "told"}) || one.Tables[0].Rows != 1 || other.Tables[0].Rows != 1 ||
		one.Tables[0].Sum == other.Tables[0].Sum || one.Tables[0].Sum == 0 {
		t.Errorf("empty %+v, one %+v, other %+v", empty, one, other)
	}
	if empty.At.Compare(one.At) >= 0 || one.At.Compare(other.At) >= 0 {
		t.Errorf("at %s, %s, %s", empty.At, one.At, other.At)
	}
	if _, err := mysql.TakeSums(t.Context(), server.Endpoint, "nowhere"); err == nil {
		t.Error("a database that is not there has sums")
	}
}

func TestToolsAreThere(t *testing.T) {
	version, err := mysql.Tools(t.Context())
	if err != nil || !strings.Contains(version, ".") {
		t.Errorf("version %q, %v", version, err)
	}
	t.Setenv("PATH", "/nowhere")
	if _, err := mysql.Tools(t.Context()); err != nil {
		t.Errorf("with an empty PATH: %v", err)
	}
}
