package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func (p *program) loadCannedCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use: "load-canned FILE", Short: "Keep replies and tutorials ready for the support agents (YAML)", Args: cobra.ExactArgs(1),
		Long: "Keep replies ready for a station's support agents, from a file that describes them; pictures lie beside it.\n" +
			"A reply whose title is known replaces the one there is.",
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("reading the replies: %w", err)
			}
			replies, err := setup.Replies(text)
			if err != nil {
				return err
			}
			return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
				at, err := findStation(ctx, db, name)
				if err != nil {
					return err
				}
				return p.loadCanned(ctx, cfg, db, at, replies, os.DirFS(filepath.Dir(args[0])))
			})
		},
	}
	cmd.Flags().StringVar(&name, "station", "", "the station, by name or id, if there are several")
	return cmd
}

// silent takes live ticks of a program that has no sockets.
type silent struct{}

// Tick forgets it.
func (silent) Tick(int, wire.Frame) {}

// loadCanned keeps replies ready at a station, in the name of its head. A hub
// that serves meanwhile finds what is new by itself.
func (p *program) loadCanned(ctx context.Context, cfg config.Config, db *database, at station.Station, replies []setup.Reply, dir fs.FS) error {
	keys, err := openRing(ctx, cfg, db.DB, db.source, p.quiet())
	if err != nil {
		return err
	}
	people, err := people(cfg, db.DB, keys.Vault)
	if err != nil {
		return err
	}
	head, err := setup.HeadOf(ctx, people, at)
	if err != nil {
		return err
	}
	ids := id.NewMaker(clock.Now, clock.Random())
	t, err := newTalk(cfg, db, keys, ids, silent{}, p.quiet())
	if err != nil {
		return err
	}
	defer t.close(p.quiet())
	f := flow.New(flow.Deps{
		DB: db.DB, Feed: outbox.NewFeed(db.DB, keys.Vault, p.quiet()), Now: clock.Now, IDs: ids, Log: p.quiet(),
		Vault: keys.Vault, Keys: keys, Members: t.members, Notices: t.notices, Notifier: t.notifier, Media: t.media, Rooms: t.rooms, Words: t.words,
	})
	if err := setup.Load(ctx, f, head, ids, replies, dir); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "%d replies are kept ready at %s\n", len(replies), at.Name)
	return err
}
