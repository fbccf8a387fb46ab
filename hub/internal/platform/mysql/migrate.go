package mysql

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	petrolsql "forecourt/sql"
)

// The migration lock. Its lease is short because a hub that was killed while
// migrating must not keep the next one waiting; the holder renews it.
const (
	migrateLease   = 15 * time.Second
	migrateRenewal = 3 * time.Second
	migrateWait    = 500 * time.Millisecond
	// migrateWaits bounds the wait for another hub's migration: five minutes.
	migrateWaits = 600
)

// ErrNewerSchema says that a newer hub has migrated this database; an older
// one could misread what it finds there.
var ErrNewerSchema = errors.New("mysql: the database was migrated by a newer hub; update this one")

// Migrate brings the schema to what this build needs. It is safe to call from
// several hubs at once: one applies what is missing while the others wait.
// db must be allowed to create and alter tables.
func Migrate(ctx context.Context, db *DB) error {
	provider, err := newProvider(db)
	if err != nil {
		return err
	}
	has, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", err)
	}
	if has > target {
		return fmt.Errorf("%w (schema %d, this build knows %d)", ErrNewerSchema, has, target)
	}
	// Asking first spares the lock, and with it the wait for a dead holder's
	// lease, on every start that has nothing to do.
	pending, err := provider.HasPending(ctx)
	if err != nil {
		return fmt.Errorf("comparing migrations: %w", err)
	}
	if !pending {
		return nil
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	for _, r := range results {
		db.log.Debug("migration applied", "file", r.Source.Path, "took", r.Duration)
	}
	db.log.Info("migrated the database", "from", has, "to", target, "files", len(results))
	return nil
}

// Schema is the number of the last migration that this build knows.
func Schema() (int64, error) {
	files, err := fs.Glob(petrolsql.Migrations, petrolsql.MigrationsDir+"/*.sql")
	if err != nil {
		return 0, fmt.Errorf("listing the migrations: %w", err)
	}
	var last int64
	for _, file := range files {
		n, err := goose.NumericComponent(file)
		if err != nil {
			return 0, fmt.Errorf("numbering the migrations: %w", err)
		}
		last = max(last, n)
	}
	return last, nil
}

func newProvider(db *DB) (*goose.Provider, error) {
	files, err := fs.Sub(petrolsql.Migrations, petrolsql.MigrationsDir)
	if err != nil {
		return nil, fmt.Errorf("opening the migrations: %w", err)
	}
	locker, err := lock.NewMySQLTableLocker(
		lock.WithTableLeaseDuration(migrateLease),
		lock.WithTableHeartbeatInterval(migrateRenewal),
		lock.WithTableLockTimeout(migrateWait, migrateWaits),
		lock.WithTableUnlockTimeout(migrateWait, migrateWaits),
		lock.WithTableLogger(db.log),
	)
	if err != nil {
		return nil, fmt.Errorf("preparing the migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectMySQL, db.DB.DB, files,
		goose.WithLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		return nil, fmt.Errorf("preparing the migrations: %w", err)
	}
	return provider, nil
}
