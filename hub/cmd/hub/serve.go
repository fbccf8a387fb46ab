package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/platform/vault"
)

func (p *program) serveCommand() *cobra.Command {
	var demo bool
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the hub", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config(cmd)
			if err != nil {
				return err
			}
			return p.serve(cmd.Context(), cfg, demo)
		},
	}
	cmd.Flags().BoolVar(&demo, "demo", false, "set up the demonstration station if there is no station")
	return cmd
}

// serve runs the hub until ctx ends or a part of it fails. When restored data is
// to take over it ends the hub and begins it again.
func (p *program) serve(ctx context.Context, cfg config.Config, demo bool) error {
	log := p.logger(cfg)
	source := keySource(cfg, p.in, p.errs) // kept, so that a passphrase is asked for once
	for {
		err := p.serveOnce(ctx, cfg, source, demo, log)
		if !errors.Is(err, errSwitch) || ctx.Err() != nil {
			return err
		}
		log.Warn("the hub begins again with restored data")
	}
}

func (p *program) serveOnce(ctx context.Context, cfg config.Config, source vault.Source, demo bool, log *slog.Logger) error {
	log.Info("the hub starts", "version", version, "data", cfg.Data, "own database", cfg.Database.DSN == "")
	if err := finishSwitch(cfg, log); err != nil {
		return err
	}
	db, err := openDatabase(ctx, cfg, source, log)
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	if demo {
		if err := p.seed(ctx, cfg, db); err != nil {
			return errors.Join(fmt.Errorf("setting up the demonstration station: %w", err), db.close())
		}
	}
	err = p.run(ctx, cfg, db, log)
	log.Info("the hub stops")
	return errors.Join(err, db.close())
}

// run puts the hub together on an open database and serves.
func (p *program) run(ctx context.Context, cfg config.Config, db *database, log *slog.Logger) error {
	h, err := newHub(ctx, cfg, db, p.now, p.errands(db.source, log), log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	h.again = func() { cancel(errSwitch) }
	if err := h.start(ctx); err != nil {
		return errors.Join(err, h.stop())
	}
	listeners, err := h.listen(ctx)
	if err != nil {
		return errors.Join(err, h.stop())
	}
	for _, l := range listeners {
		h.work.Go(func() {
			if err := l.serve(); err != nil {
				cancel(err)
			}
		})
	}
	<-ctx.Done()
	h.closeDoors(listeners)
	err = h.stop()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}
