package mysql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	driver "github.com/go-sql-driver/mysql"
)

// Database is the name of the hub's database on its private server.
const Database = "forecourt"

// appUser is the user the hub works as on its private server. It may not
// change the schema, nor change or remove a row of an append-only table.
const appUser = "forecourt"

// appendOnly names the tables whose rows are never changed or removed, by
// anyone: a correction is a further row.
var appendOnly = []string{
	"audit", "audit_check", "audit_checkpoint", "audit_node", "audit_seal", "ledger_transfer", "price", "price_set",
}

// toolTables belong to the migrations; the application only reads them.
var toolTables = []string{"goose_db_version", "goose_lock"}

// Endpoint is where a private server listens: a socket in a directory that
// only the hub's user may enter, which is the lock on its door. Neither of its
// two users has a password.
type Endpoint struct {
	// Socket is the path of the Unix socket.
	Socket string
}

// DSN names a database for the application's user.
func (e Endpoint) DSN(database string) string { return e.dsn(appUser, database) }

// AdminDSN names a database, or none, for the user that migrates.
func (e Endpoint) AdminDSN(database string) string { return e.dsn("root", database) }

func (e Endpoint) dsn(user, database string) string {
	cfg := driver.NewConfig()
	cfg.User, cfg.Net, cfg.Addr, cfg.DBName = user, "unix", e.Socket, database
	return cfg.FormatDSN()
}

// EndpointIn is the endpoint of the private server whose directory is dir.
func EndpointIn(dir string) Endpoint { return endpointIn(dir) }

// endpointIn is the endpoint of the server whose directory is dir.
func endpointIn(dir string) Endpoint { return Endpoint{Socket: filepath.Join(dir, socketFile)} }

// pid is the process that serves the endpoint.
func (e Endpoint) pid() (int, error) {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(e.Socket), pidFile))
	if err != nil {
		return 0, fmt.Errorf("finding the server's process: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// Provision creates the database if it is not there, migrates it and gives
// the application's user its rights. It returns the database opened as that
// user.
func Provision(ctx context.Context, e Endpoint, database string, log *slog.Logger) (*DB, error) {
	if err := createDatabase(ctx, e, database, log); err != nil {
		return nil, err
	}
	admin, err := OpenAdmin(ctx, e.AdminDSN(database), log)
	if err != nil {
		return nil, err
	}
	err = errors.Join(Migrate(ctx, admin), grant(ctx, admin, database))
	if err := errors.Join(err, admin.Close()); err != nil {
		return nil, err
	}
	return Open(ctx, e.DSN(database), log)
}

func createDatabase(ctx context.Context, e Endpoint, database string, log *slog.Logger) error {
	root, err := OpenAdmin(ctx, e.AdminDSN(""), log)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	for _, statement := range []string{
		"CREATE DATABASE IF NOT EXISTS " + quote(database) + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
		"CREATE USER IF NOT EXISTS " + appUser + "@localhost",
		"GRANT SELECT, INSERT ON " + quote(database) + ".* TO " + appUser + "@localhost",
	} {
		if _, err := root.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("preparing database %s: %w", database, err)
		}
	}
	return nil
}

// grant lets the application's user change and remove rows table by table, for
// SQL knows no "all but these". What it already may is not granted again: each
// grant is a write.
func grant(ctx context.Context, admin *DB, database string) error {
	const missing = `SELECT t.TABLE_NAME FROM information_schema.TABLES t
		WHERE t.TABLE_SCHEMA = ? AND t.TABLE_TYPE = 'BASE TABLE' AND NOT EXISTS (
			SELECT 1 FROM information_schema.TABLE_PRIVILEGES p
			WHERE p.TABLE_SCHEMA = t.TABLE_SCHEMA AND p.TABLE_NAME = t.TABLE_NAME
			AND p.PRIVILEGE_TYPE = 'UPDATE' AND p.GRANTEE = ?)
		ORDER BY t.TABLE_NAME`
	var tables []string
	grantee := "'" + appUser + "'@'localhost'"
	if err := admin.SelectContext(ctx, &tables, missing, database, grantee); err != nil {
		return fmt.Errorf("listing tables to grant: %w", err)
	}
	for _, table := range tables {
		if slices.Contains(appendOnly, table) || slices.Contains(toolTables, table) {
			continue
		}
		statement := "GRANT UPDATE, DELETE ON " + quote(database) + "." + quote(table) + " TO " + grantee
		if _, err := admin.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("granting on %s: %w", table, err)
		}
	}
	return nil
}

// quote makes a name of a database or table safe inside a statement.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
