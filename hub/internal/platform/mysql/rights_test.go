package mysql_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
)

// TestTheApplicationMayNotChangeWhatIsWritten holds the rights of the user the
// hub works as: it reads and writes rows, and can neither change the schema
// nor the past of the ledger and the log.
func TestTheApplicationMayNotChangeWhatIsWritten(t *testing.T) {
	db := mysqltest.New(t)
	for statement, allowed := range map[string]bool{
		"SELECT COUNT(*) FROM ledger_transfer":        true,
		"UPDATE ledger_transfer SET amount_fen = 1":   false,
		"DELETE FROM ledger_transfer":                 false,
		"TRUNCATE TABLE ledger_transfer":              false,
		"DROP TABLE ledger_transfer":                  false,
		"ALTER TABLE ledger_transfer ADD extra INT":   false,
		"SELECT COUNT(*) FROM audit":                  true,
		"UPDATE audit SET result = 'ok'":              false,
		"DELETE FROM audit":                           false,
		"UPDATE price SET price_fen_per_l = 1":        false,
		"DELETE FROM price_set":                       false,
		"UPDATE goose_db_version SET is_applied = 0":  false,
		"CREATE TABLE own (id INT)":                   false,
		"CREATE USER other@localhost":                 false,
		"GRANT ALL ON *.* TO forecourt@localhost":     false,
		"UPDATE stream SET seq = 1 WHERE channel='x'": true,
		"DELETE FROM outbox WHERE channel = 'x'":      true,
		"UPDATE ledger_account SET debit_fen = 0":     true,
		"SELECT COUNT(*) FROM mysql.global_priv":      false,
		"SET GLOBAL sync_binlog = 0":                  false,
		"SELECT 'x' INTO OUTFILE '/var/tmp/x'":        false,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		if allowed && err != nil {
			t.Errorf("%s: %v", statement, err)
		}
		if denied := err != nil && strings.Contains(err.Error(), "denied"); !allowed && !denied {
			t.Errorf("%s: %v, want that it is denied", statement, err)
		}
	}
}

func TestDurableSettingsAreOn(t *testing.T) {
	db := mysqltest.New(t)
	for variable, want := range map[string]string{
		"innodb_flush_log_at_trx_commit": "1", "sync_binlog": "1", "log_bin": "1", "binlog_format": "ROW",
		"innodb_snapshot_isolation": "1", "innodb_doublewrite": "1", "skip_networking": "1", "time_zone": "+00:00",
		"character_set_server": "utf8mb4", "collation_connection": "utf8mb4_bin",
	} {
		var got string
		if err := db.GetContext(t.Context(), &got, "SELECT @@"+variable); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", variable, got, err, want)
		}
	}
}

func TestSnapshotIsolationIsForcedOnAServerThatHasItOff(t *testing.T) {
	server := startServer(t, shortDir(t))
	admin, err := mysql.OpenAdmin(t.Context(), server.AdminDSN(""), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if _, err := admin.ExecContext(t.Context(), "SET GLOBAL innodb_snapshot_isolation = OFF"); err != nil {
		t.Fatal(err)
	}
	db, err := mysql.Open(t.Context(), server.AdminDSN("mysql"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for range 3 {
		var on bool
		if err := db.GetContext(t.Context(), &on, "SELECT @@SESSION.innodb_snapshot_isolation"); err != nil || !on {
			t.Errorf("a connection has it off (%v)", err)
		}
	}
}

func TestMigrateFromSeveralHubsAtOnce(t *testing.T) {
	server := startServer(t, shortDir(t))
	provision(t, server) // goose reports a missing table when several begin from nothing
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			db, err := mysql.Provision(context.WithoutCancel(t.Context()), server.Endpoint, mysql.Database, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestANewerSchemaIsRefused(t *testing.T) {
	server := startServer(t, shortDir(t))
	provision(t, server)
	admin, err := mysql.OpenAdmin(t.Context(), server.AdminDSN(mysql.Database), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if _, err := admin.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := mysql.Migrate(t.Context(), admin); !errors.Is(err, mysql.ErrNewerSchema) {
		t.Errorf("Migrate = %v, want %v", err, mysql.ErrNewerSchema)
	}
}

func TestOpenNamesNoPassword(t *testing.T) {
	for _, dsn := range []string{"user:s3cret@tcp(127.0.0.1:1)/x", "user:s3cret@@@/", "user:s3cret@tcp(127.0.0.1:1"} {
		_, err := mysql.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Open(%q) = %v", dsn, err)
		}
	}
}
