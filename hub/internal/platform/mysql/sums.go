package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"forecourt/hub/internal/platform/background"
)

// TableSum is what a table holds, in short: equal sums on servers of one
// version mean equal rows, in whatever order.
type TableSum struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
	Sum  uint64 `json:"sum"`
}

// Sums is what a database holds at one moment.
type Sums struct {
	// At is that moment in the server's binary log, zero where it keeps none.
	At Position `json:"at"`
	// Tables are all tables, by name.
	Tables []TableSum `json:"tables"`
}

// sameMoment is how often two connections try to begin a snapshot at the same
// moment. On a station they meet the first time.
const sameMoment = 20

// TakeSums counts and sums every table of a database in one consistent
// snapshot and says which position of the binary log that is: what was
// committed before it is counted, nothing after it. Others go on writing, and the
// threads of the server that count let them go first.
func TakeSums(ctx context.Context, e Endpoint, database string) (Sums, error) {
	admin, err := OpenAdmin(ctx, e.AdminDSN(database), slog.New(slog.DiscardHandler))
	if err != nil {
		return Sums{}, err
	}
	defer func() { _ = admin.Close() }()
	var conns [2]*sql.Conn
	for i := range conns {
		if conns[i], err = admin.Conn(ctx); err != nil {
			return Sums{}, fmt.Errorf("connecting to sum the tables: %w", err)
		}
		defer func() { _ = conns[i].Close() }() // it ends the snapshot too
		if err := standBack(ctx, e, conns[i]); err != nil {
			return Sums{}, err
		}
	}
	tables, err := listTables(ctx, conns[0], database)
	if err != nil {
		return Sums{}, err
	}
	at, same, err := beginSnapshots(ctx, conns[0], conns[1])
	if err != nil {
		return Sums{}, err
	}
	working := conns[:1]
	if same {
		working = conns[:]
	}
	err = share(ctx, working, tables)
	slices.SortFunc(tables, func(a, b TableSum) int { return strings.Compare(a.Name, b.Name) })
	return Sums{At: at, Tables: tables}, err
}

// share has connections take turns at the tables: first the sums, then the counts,
// which take a third of that.
func share(ctx context.Context, conns []*sql.Conn, tables []TableSum) error {
	const steps = 2
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for _, conn := range conns {
		group.Go(func() error {
			for {
				turn := int(next.Add(1)) - 1
				if turn >= steps*len(tables) {
					return nil
				}
				do := sumTable
				if turn >= len(tables) {
					do = countTable
				}
				if err := do(ctx, conn, &tables[turn%len(tables)]); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// standBack has the thread that serves a connection let all others go first, for
// as long as it lives: a server that keeps threads for other connections is left
// as it is, and so is one on a system that refuses.
func standBack(ctx context.Context, e Endpoint, conn *sql.Conn) error {
	var thread, kept int
	err := conn.QueryRowContext(ctx,
		"SELECT TID, @@GLOBAL.thread_cache_size FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()").Scan(&thread, &kept)
	if err != nil {
		return fmt.Errorf("asking for the thread of a connection: %w", err)
	}
	if pid, err := e.pid(); err == nil && kept == 0 {
		_ = background.StandBackThread(pid, thread)
	}
	return nil
}

// beginSnapshots begins a snapshot on each of two connections and says whether
// they are the same: no transaction of the binary log lies between them.
func beginSnapshots(ctx context.Context, one, other *sql.Conn) (at Position, same bool, err error) {
	for range sameMoment {
		if at, err = beginSnapshot(ctx, one); err != nil || at.IsZero() {
			return at, false, err
		}
		beside, err := beginSnapshot(ctx, other)
		if err != nil || beside == at {
			return at, err == nil, err
		}
	}
	return at, false, nil
}

// beginSnapshot begins a snapshot and answers its position.
func beginSnapshot(ctx context.Context, conn *sql.Conn) (Position, error) {
	for _, statement := range []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", // the only one that has snapshots
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return Position{}, fmt.Errorf("beginning a snapshot: %w", err)
		}
	}
	return snapshotPosition(ctx, conn)
}

// listTables lists the tables of a database, those that hold most first: what is
// begun last is done soon.
func listTables(ctx context.Context, conn *sql.Conn, database string) (tables []TableSum, err error) {
	rows, err := conn.QueryContext(ctx,
		"SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE' ORDER BY DATA_LENGTH DESC", database)
	if err != nil {
		return nil, fmt.Errorf("listing the tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t TableSum
		if err := rows.Scan(&t.Name); err != nil {
			return nil, fmt.Errorf("listing the tables: %w", err)
		}
		tables = append(tables, t)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing the tables: %w", err)
	}
	return tables, nil
}

// snapshotPosition is the position of the snapshot that the connection is in.
// MariaDB keeps it per connection, beside the snapshot.
func snapshotPosition(ctx context.Context, conn *sql.Conn) (Position, error) {
	var at Position
	var text string
	for _, of := range []struct {
		name string
		to   *string
	}{{"binlog_snapshot_file", &at.File}, {"binlog_snapshot_position", &text}} {
		var name string
		err := conn.QueryRowContext(ctx, "SHOW SESSION STATUS LIKE '"+of.name+"'").Scan(&name, of.to)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return Position{}, fmt.Errorf("asking for the position of the snapshot: %w", err)
		}
	}
	if at.File == "" {
		return Position{}, nil
	}
	place, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return Position{}, fmt.Errorf("reading the position of the snapshot: %w", err)
	}
	at.At = place
	return at, nil
}

// countTable and sumTable note different fields: two connections may be at one
// table at the same time.
func countTable(ctx context.Context, conn *sql.Conn, t *TableSum) error {
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quote(t.Name)).Scan(&t.Rows); err != nil {
		return fmt.Errorf("counting table %s: %w", t.Name, err)
	}
	return nil
}

func sumTable(ctx context.Context, conn *sql.Conn, t *TableSum) error {
	var name string
	var value sql.Null[uint64] // NULL for a table that went away meanwhile
	if err := conn.QueryRowContext(ctx, "CHECKSUM TABLE "+quote(t.Name)+" EXTENDED").Scan(&name, &value); err != nil {
		return fmt.Errorf("summing table %s: %w", t.Name, err)
	}
	if !value.Valid {
		return fmt.Errorf("summing table %s: the server cannot read it", t.Name)
	}
	t.Sum = value.V
	return nil
}
