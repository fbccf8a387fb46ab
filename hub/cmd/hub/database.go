package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
)

// stopTimeout is how long the hub's own database may take to end.
const stopTimeout = time.Minute

// database is an open database and, if it is the hub's own and this process
// started it, its server.
type database struct {
	*mysql.DB
	server *mysql.Server
	// source is where the key over all keys comes from: asked for the own
	// database's files, and again for what is sealed in it.
	source vault.Source
}

// close closes the database and stops the server.
func (d *database) close() error {
	err := d.Close()
	if d.server == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return errors.Join(err, d.server.Stop(ctx))
}

// restarts counts how often the own server had to be started again.
func (d *database) restarts() int {
	if d.server == nil {
		return 0
	}
	return d.server.Restarts()
}

// openDatabase opens the configured database, migrated. Without a DSN it
// starts the hub's own server, encrypted on disk unless that is off.
func openDatabase(ctx context.Context, cfg config.Config, source vault.Source, log *slog.Logger) (*database, error) {
	if cfg.Database.DSN != "" {
		db, err := openExternal(ctx, cfg.Database, log)
		return &database{DB: db, source: source}, err
	}
	key, err := atRestKey(cfg, source, clock.Random())
	if err != nil {
		return nil, err
	}
	server, err := mysql.StartServer(ctx, mysql.ServerOptions{Dir: cfg.DatabaseDir(), Tiny: cfg.Database.Tiny, AtRest: key, Log: log})
	if err != nil {
		return nil, err
	}
	db, err := mysql.Provision(ctx, server.Endpoint, mysql.Database, log)
	if err != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		return nil, errors.Join(err, server.Stop(stopping))
	}
	return &database{DB: db, server: server, source: source}, nil
}

// openExternal migrates and opens somebody else's server.
func openExternal(ctx context.Context, cfg config.Database, log *slog.Logger) (*mysql.DB, error) {
	dsn := cfg.MigrateDSN
	if dsn == "" {
		dsn = cfg.DSN
	}
	admin, err := mysql.OpenAdmin(ctx, dsn, log)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(mysql.Migrate(ctx, admin), admin.Close()); err != nil {
		return nil, err
	}
	return mysql.Open(ctx, cfg.DSN, log)
}

// joinTimeout is how long a command waits for a hub that is just starting.
const joinTimeout = 30 * time.Second

// joinDatabase opens the database for a command: that of the hub at work if
// there is one, else by starting what is needed for the moment.
func joinDatabase(ctx context.Context, cfg config.Config, source vault.Source, log *slog.Logger) (*database, error) {
	if cfg.Database.DSN != "" {
		return openDatabase(ctx, cfg, source, log)
	}
	endpoint, running, err := mysql.Running(cfg.DatabaseDir())
	if err != nil || !running {
		return openOr(err, func() (*database, error) {
			// What a crash left of a switch is finished first, or a new database
			// would be made where the restored one belongs.
			if err := finishSwitch(cfg, log); err != nil {
				return nil, err
			}
			return openDatabase(ctx, cfg, source, log)
		})
	}
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	for try := 0; ; try++ {
		db, err := mysql.Open(ctx, endpoint.DSN(mysql.Database), log)
		if err == nil {
			return &database{DB: db, source: source}, nil
		}
		if clock.Sleep(ctx, clock.Backoff(try, 50*time.Millisecond, time.Second)) != nil {
			return nil, fmt.Errorf("joining the running hub's database: %w", err)
		}
	}
}

func openOr(err error, open func() (*database, error)) (*database, error) {
	if err != nil {
		return nil, err
	}
	return open()
}

func (p *program) migrateCommand() *cobra.Command {
	var demo bool
	cmd := &cobra.Command{
		Use: "migrate", Short: "Bring the database to what this version needs, without serving", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
				if !demo {
					return nil
				}
				return p.seed(ctx, cfg, db)
			})
		},
	}
	cmd.Flags().BoolVar(&demo, "demo", false, "also set up the demonstration station if there is no station")
	return cmd
}

// withDatabase runs a command's work on the database.
func (p *program) withDatabase(cmd *cobra.Command, work func(context.Context, config.Config, *database) error) error {
	cfg, err := p.config(cmd)
	if err != nil {
		return err
	}
	db, err := joinDatabase(cmd.Context(), cfg, keySource(cfg, p.in, p.errs), p.quiet())
	if err != nil {
		return err
	}
	return errors.Join(work(cmd.Context(), cfg, db), db.close())
}
