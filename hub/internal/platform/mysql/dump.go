package mysql

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	driver "github.com/go-sql-driver/mysql"
)

const (
	// sandboxMark begins the first line of MariaDB's dumps since 2024. Other
	// clients, MySQL's among them, stop at it.
	sandboxMark = "/*M!999999"
	// dumpEnd is the last line of a whole dump.
	dumpEnd = "-- Dump completed"
	// firstLineBytes is more than that line has.
	firstLineBytes = 4 << 10
	// optionsDescriptor is where a program that is handed options reads them.
	optionsDescriptor = 3
)

// Errors of logical dumps.
var (
	// ErrCut says that a logical dump does not reach its end.
	ErrCut = errors.New("mysql: the dump is cut off: its last line is missing")
	// ErrNotEmpty says that a dump would go into a database that holds tables.
	ErrNotEmpty = errors.New("mysql: the database to load into is not empty")
)

// Dump writes a logical dump of a database, taken in one consistent snapshot
// while others go on writing: statements that any MariaDB of this or a later
// version and, the schema being portable, MySQL can run. Load applies one.
func Dump(ctx context.Context, e Endpoint, database string, w io.Writer) error {
	return dump(ctx, []string{"--no-defaults", "--user=root", "--socket=" + e.Socket}, nil, database, w)
}

// DumpDSN is Dump for a server that is not ours, named by a DSN as Open takes
// it. The password stands in no command line, environment or file.
func DumpDSN(ctx context.Context, dsn string, w io.Writer) error {
	cfg, err := driver.ParseDSN(dsn)
	if err != nil || cfg.DBName == "" {
		// The driver's own error may quote the DSN, and with it the password.
		return errors.New("mysql: the DSN is not of the form user:password@tcp(host:port)/database")
	}
	options, err := clientOptions(cfg)
	if err != nil {
		return err
	}
	lent, err := inMemory("forecourt-dump", []byte(options))
	if err != nil {
		return err
	}
	first := fmt.Sprintf("--defaults-file=/proc/self/fd/%d", optionsDescriptor)
	return dump(ctx, []string{first}, []*os.File{lent}, cfg.DBName, w)
}

// clientOptions is a DSN as a file of options for MariaDB's programs.
func clientOptions(cfg *driver.Config) (string, error) {
	var b strings.Builder
	b.WriteString("[client]\n")
	set := func(name, value string) {
		fmt.Fprintf(&b, "%s=\"%s\"\n", name, optionEscapes.Replace(value))
	}
	set("user", cfg.User)
	set("password", cfg.Passwd)
	switch cfg.Net {
	case "unix":
		set("socket", cfg.Addr)
	case "tcp":
		host, port, err := net.SplitHostPort(cfg.Addr)
		if err != nil {
			return "", errors.New("mysql: the DSN's address is not host:port")
		}
		set("protocol", "tcp")
		set("host", host)
		set("port", port)
	default:
		return "", fmt.Errorf("mysql: a dump cannot be taken over %q", cfg.Net)
	}
	switch cfg.TLSConfig {
	case "", "false":
	case "preferred", "skip-verify":
		b.WriteString("ssl\nskip-ssl-verify-server-cert\n")
	default:
		b.WriteString("ssl\nssl-verify-server-cert\n")
	}
	return b.String(), nil
}

// optionEscapes are what a quoted value of a file of options cannot hold as it is.
var optionEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

func dump(ctx context.Context, server []string, lent []*os.File, database string, w io.Writer) error {
	// No --routines, --events or --triggers to speak of: the schema has none.
	args := append(server, "--single-transaction", "--quick", "--hex-blob", "--default-character-set=utf8mb4",
		"--no-tablespaces", "--skip-triggers", "--skip-lock-tables", "--skip-add-locks", "--skip-dump-date",
		"--max-allowed-packet="+maxPacket, "--", database)
	if err := streamDump(ctx, args, lent, w); err != nil {
		return fmt.Errorf("dumping the database: %w", err)
	}
	return nil
}

func streamDump(ctx context.Context, args []string, lent []*os.File, w io.Writer) error {
	end := &endOfDump{}
	t := task{name: dumpProgram, args: args, lent: lent, gentle: true}
	if err := pipeOut(ctx, t, &withoutSandbox{w: io.MultiWriter(w, end)}); err != nil {
		return err
	}
	return end.check()
}

// withoutSandbox leaves out the first line of a dump if it is one that only
// MariaDB's newest clients take.
type withoutSandbox struct {
	w    io.Writer
	head []byte // the first line until it is decided on
	past bool   // it is
}

// Write passes on what comes after that line.
func (s *withoutSandbox) Write(piece []byte) (int, error) {
	if s.past {
		return s.w.Write(piece)
	}
	s.head = append(s.head, piece...)
	end := bytes.IndexByte(s.head, '\n') + 1
	if end == 0 && len(s.head) < firstLineBytes {
		return len(piece), nil
	}
	s.past = true
	if bytes.HasPrefix(s.head, []byte(sandboxMark)) {
		s.head = s.head[end:]
	}
	if _, err := s.w.Write(s.head); err != nil {
		return 0, err
	}
	s.head = nil
	return len(piece), nil
}

// endOfDump keeps the last bytes written to it.
type endOfDump struct{ last []byte }

// endBytes hold the last line of a dump, with what may follow it.
const endBytes = 128

// Write keeps the end of what it is given. It never fails.
func (e *endOfDump) Write(piece []byte) (int, error) {
	e.last = append(e.last, piece[max(0, len(piece)-endBytes):]...)
	e.last = e.last[max(0, len(e.last)-endBytes):]
	return len(piece), nil
}

// check is ErrCut unless what was written ended as a whole dump does.
func (e *endOfDump) check() error {
	lines := strings.Split(strings.TrimRight(string(e.last), "\n"), "\n")
	if !strings.HasPrefix(lines[len(lines)-1], dumpEnd) {
		return ErrCut
	}
	return nil
}

// Load applies a dump of Dump to an empty database, which is made if it is not
// there. ErrNotEmpty when it holds a table, ErrCut when the dump does not
// reach its end; a load that failed leaves a part behind. An error of r is
// returned as it is.
func Load(ctx context.Context, e Endpoint, database string, r io.Reader) error {
	if err := makeEmpty(ctx, e, database); err != nil {
		return err
	}
	end := &endOfDump{}
	t := task{name: clientProgram, args: append(clientArguments(e), "--database="+database)}
	err := pipeInto(ctx, t, func(w io.Writer) error {
		_, err := io.Copy(w, io.TeeReader(r, end))
		return err
	})
	if err == nil {
		err = end.check()
	}
	if err != nil {
		return fmt.Errorf("loading the dump: %w", err)
	}
	return nil
}

// makeEmpty makes a database, or finds that it is empty.
func makeEmpty(ctx context.Context, e Endpoint, database string) error {
	log := slog.New(slog.DiscardHandler)
	if err := createDatabase(ctx, e, database, log); err != nil {
		return err
	}
	admin, err := OpenAdmin(ctx, e.AdminDSN(database), log)
	if err != nil {
		return err
	}
	defer func() { _ = admin.Close() }()
	var tables int
	if err := admin.GetContext(ctx, &tables, "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?", database); err != nil {
		return fmt.Errorf("looking into the database to load into: %w", err)
	}
	if tables > 0 {
		return fmt.Errorf("%w: %s has %d tables", ErrNotEmpty, database, tables)
	}
	return nil
}
