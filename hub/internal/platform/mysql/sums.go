package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
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

// TakeSums counts and sums every table of a database in one consistent
// snapshot and says which position of the binary log that is: what was
// committed before it is counted, nothing after it. Others go on writing.
func TakeSums(ctx context.Context, e Endpoint, database string) (Sums, error) {
	admin, err := OpenAdmin(ctx, e.AdminDSN(database), slog.New(slog.DiscardHandler))
	if err != nil {
		return Sums{}, err
	}
	defer func() { _ = admin.Close() }()
	conn, err := admin.Conn(ctx)
	if err != nil {
		return Sums{}, fmt.Errorf("connecting to sum the tables: %w", err)
	}
	defer func() { _ = conn.Close() }() // it ends the snapshot too
	tables, err := tableNames(ctx, conn, database)
	if err != nil {
		return Sums{}, err
	}
	for _, statement := range []string{
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", // the only one that has snapshots
		"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return Sums{}, fmt.Errorf("beginning a snapshot: %w", err)
		}
	}
	var sums Sums
	if sums.At, err = snapshotPosition(ctx, conn); err != nil {
		return Sums{}, err
	}
	for _, table := range tables {
		sum, err := sumTable(ctx, conn, table)
		if err != nil {
			return Sums{}, fmt.Errorf("summing table %s: %w", table, err)
		}
		sums.Tables = append(sums.Tables, sum)
	}
	return sums, nil
}

func tableNames(ctx context.Context, conn *sql.Conn, database string) (names []string, err error) {
	rows, err := conn.QueryContext(ctx,
		"SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME", database)
	if err != nil {
		return nil, fmt.Errorf("listing the tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("listing the tables: %w", err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing the tables: %w", err)
	}
	return names, nil
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

func sumTable(ctx context.Context, conn *sql.Conn, table string) (TableSum, error) {
	sum := TableSum{Name: table}
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quote(table)).Scan(&sum.Rows); err != nil {
		return TableSum{}, fmt.Errorf("counting: %w", err)
	}
	var name string
	var value sql.Null[uint64] // NULL for a table that went away meanwhile
	if err := conn.QueryRowContext(ctx, "CHECKSUM TABLE "+quote(table)+" EXTENDED").Scan(&name, &value); err != nil {
		return TableSum{}, fmt.Errorf("reading all of it: %w", err)
	}
	if !value.Valid {
		return TableSum{}, errors.New("the server cannot read it")
	}
	sum.Sum = value.V
	return sum, nil
}
