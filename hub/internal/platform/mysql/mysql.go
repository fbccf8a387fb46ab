// Package mysql is the hub's way to its database: opening it so that every
// connection keeps the house rules, the one helper that runs transactions,
// the migrations, and the private mariadbd that the hub runs for itself when
// it is not told of another server.
//
// # What it promises
//
//   - Times are UTC to the millisecond, text is utf8mb4, the SQL mode is
//     strict, and rows affected means rows matched: a conditional UPDATE that
//     finds its row answers 1 also when it changes nothing.
//   - Snapshot isolation is on wherever the server knows it; a MariaDB that
//     does not is refused, because there two transactions that read, compute
//     and write would both commit.
//   - InTx runs its function again, whole, when the server asks for it, and
//     says ErrUnknownOutcome when a connection broke around COMMIT.
//   - With a key, a private server writes nothing to disk in clear: tables,
//     logs, temporary files. The key itself is handed over in memory. Data that
//     is encrypted is never touched without its key, or with another.
//   - A private server can be copied while it works (Copy.Stream) and restored
//     to any moment since (Unpack, Prepare, Replay of what Follow handed on).
//     TakeSums proves the result. A copy, a dump or a log that is not whole is
//     an error, whichever program noticed it, and a restored directory can be
//     started only when it is whole.
//   - The programs of MariaDB that this takes end when the hub ends. None sees
//     a secret in its command line or environment.
//   - Losing the server makes calls fail at once with an error for which
//     Unavailable is true; they succeed again when it is back. Nothing has to
//     be reopened.
package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	driver "github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
)

// Limits of the pool and of waiting.
const (
	// maxConnections bounds the pool: the bank test writes with 64 at once and
	// a station never needs more than a few.
	maxConnections = 64
	// maxIdleConnections are kept for the next burst.
	maxIdleConnections = 16
	// idleTimeout lets the rest of a burst go.
	idleTimeout = 5 * time.Minute
	// dialTimeout bounds one try to connect.
	dialTimeout = 5 * time.Second
	// ioTimeout bounds one answer of the server, so that a disk that hangs
	// shows as an error and not as a till that waits for ever.
	ioTimeout = 10 * time.Second
	// lockWaitSeconds is how long a statement waits for another's row lock
	// before the transaction is run again.
	lockWaitSeconds = 5
)

// sqlMode is strict: a cut-off plate number or amount is a data loss.
const sqlMode = "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY," +
	"NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO"

// DB is an open database. It is safe for concurrent use.
type DB struct {
	*sqlx.DB
	log     *slog.Logger
	retries atomic.Uint64
}

// ErrSnapshotIsolation says that the server cannot keep two transactions from
// losing each other's updates.
var ErrSnapshotIsolation = errors.New("mysql: innodb_snapshot_isolation is not available; " +
	"use MariaDB 10.6.18, 10.11.8 or newer, or MySQL 8")

// Open connects to the server named by dsn, in the driver's form
// user:password@tcp(host:3306)/database, and checks that it can be trusted
// with money. Whatever the DSN says of times, modes and isolation is
// overridden.
func Open(ctx context.Context, dsn string, log *slog.Logger) (*DB, error) {
	return open(ctx, dsn, log, ioTimeout)
}

// OpenAdmin is Open for migrations: a change of a large table may take longer
// than any answer a till waits for.
func OpenAdmin(ctx context.Context, dsn string, log *slog.Logger) (*DB, error) {
	return open(ctx, dsn, log, 0)
}

func open(ctx context.Context, dsn string, log *slog.Logger, timeout time.Duration) (*DB, error) {
	cfg, err := config(dsn, log, timeout)
	if err != nil {
		return nil, err
	}
	for _, force := range []bool{false, true} {
		if force {
			cfg.Params["innodb_snapshot_isolation"] = "ON"
		}
		db, err := connect(ctx, cfg, log)
		if err != nil {
			return nil, err
		}
		on, err := snapshotIsolation(ctx, db)
		if err == nil && on {
			return db, nil
		}
		_ = db.Close()
		if err != nil {
			return nil, err
		}
	}
	return nil, ErrSnapshotIsolation
}

// config turns a DSN into the driver's configuration under the house rules.
func config(dsn string, log *slog.Logger, timeout time.Duration) (*driver.Config, error) {
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		// The driver's own error may quote the DSN, and with it the password.
		return nil, errors.New("mysql: the DSN is not of the form user:password@tcp(host:port)/database")
	}
	cfg.ParseTime, cfg.Loc = true, time.UTC
	cfg.InterpolateParams, cfg.ClientFoundRows = true, true
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = dialTimeout, timeout, timeout
	cfg.Collation = "utf8mb4_bin"
	cfg.Logger = driverLog{log}
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	cfg.Params["time_zone"] = "'+00:00'"
	cfg.Params["sql_mode"] = "'" + sqlMode + "'"
	cfg.Params["innodb_lock_wait_timeout"] = fmt.Sprint(lockWaitSeconds)
	return cfg, nil
}

func connect(ctx context.Context, cfg *driver.Config, log *slog.Logger) (*DB, error) {
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("preparing the database connection: %w", err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxIdleConnections)
	pool.SetConnMaxIdleTime(idleTimeout)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	return &DB{DB: sqlx.NewDb(pool, "mysql"), log: log}, nil
}

// snapshotIsolation reports whether connections of db are safe from lost
// updates. MySQL does not know the variable; there the rule that money moves
// only under a lock or by a conditional UPDATE stands alone.
func snapshotIsolation(ctx context.Context, db *DB) (bool, error) {
	var version string
	if err := db.GetContext(ctx, &version, "SELECT VERSION()"); err != nil {
		return false, fmt.Errorf("asking the database's version: %w", err)
	}
	if !strings.Contains(version, "MariaDB") {
		return true, nil
	}
	var on bool
	err := db.GetContext(ctx, &on, "SELECT @@SESSION.innodb_snapshot_isolation")
	if number(err) == errUnknownVariable {
		return false, ErrSnapshotIsolation
	}
	if err != nil {
		return false, fmt.Errorf("asking for snapshot isolation: %w", err)
	}
	return on, nil
}

// Health answers nil when the database answers. It is what /healthz asks.
func (db *DB) Health(ctx context.Context) error {
	var one int
	if err := db.GetContext(ctx, &one, "SELECT 1"); err != nil {
		return fmt.Errorf("asking the database: %w", err)
	}
	return nil
}

// Retries counts the transactions that InTx had to run again since Open.
func (db *DB) Retries() uint64 { return db.retries.Load() }

// driverLog hands the driver's remarks on broken connections to the log.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Print(v ...any) { l.log.Debug("database driver", "remark", fmt.Sprint(v...)) }
