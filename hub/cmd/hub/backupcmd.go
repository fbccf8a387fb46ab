package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/clock"
	"forecourt/shared/wire"
)

// backupWork is what a command does with the backups.
type backupWork func(ctx context.Context, cfg config.Config, k *backup.Keeper) error

// withBackups runs a command's work on the backups, beside the hub at work if
// there is one.
func (p *program) withBackups(cmd *cobra.Command, work backupWork) error {
	return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
		k, closeAll, err := p.keeper(ctx, cfg, db, archive.Identities{})
		if err != nil {
			return err
		}
		return errors.Join(work(ctx, cfg, k), k.Close(), closeAll())
	})
}

// keeper makes a keeper for a command. ids open backups in place of the hub's
// own key, if there are any.
func (p *program) keeper(ctx context.Context, cfg config.Config, db *database, ids archive.Identities) (*backup.Keeper, func() error, error) {
	log := p.quiet()
	pictures, closeAll, err := openPictures(ctx, cfg, db, log)
	if err != nil {
		return nil, nil, err
	}
	k, err := newKeeper(ctx, cfg, backupParts{
		db: db, media: pictures, prover: &prover{cfg: cfg, source: db.source, live: db.DB, log: log}, ids: ids, version: version, log: log,
	})
	return k, closeAll, err
}

func (p *program) backupCommand() *cobra.Command {
	group := &cobra.Command{Use: "backup", Short: "Look after the backups"}
	group.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the places and the backups there", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return p.withBackups(cmd, p.backupList) },
		},
		&cobra.Command{
			Use: "run", Short: "Make a backup now and store it at every place", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return p.withBackups(cmd, p.backupRun) },
		},
		&cobra.Command{
			Use: "verify", Short: "Read every backup at every place back", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return p.withBackups(cmd, func(ctx context.Context, _ config.Config, k *backup.Keeper) error {
					stop := p.showProgress(ctx, k)
					err := k.Verify(ctx)
					stop()
					if err != nil {
						return err
					}
					_, err = fmt.Fprintln(p.out, "Every copy of every backup is as it was stored.")
					return err
				})
			},
		},
		p.drillCommand(), p.workCommand(), p.backupKeyCommand(),
		&cobra.Command{
			Use: "accept PLACE", Short: "Take a place that was emptied, or a new disk, for the place it is configured as", Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				return p.withBackups(cmd, func(ctx context.Context, _ config.Config, k *backup.Keeper) error {
					return k.Accept(ctx, args[0])
				})
			},
		},
	)
	return group
}

func (p *program) backupRun(ctx context.Context, _ config.Config, k *backup.Keeper) error {
	stop := p.showProgress(ctx, k)
	set, err := k.Make(ctx)
	stop()
	if err != nil {
		return err
	}
	b := k.Fresh(ctx)
	for _, s := range b.Sets {
		if s.ID != set {
			continue
		}
		fmt.Fprintf(p.out, "%s  %s, %d sales, made in %v\n", s.ID, size(s.Bytes), s.Sales, ms(s.TookMS))
		for _, c := range s.Copies {
			fmt.Fprintf(p.out, "  %s\n", copyText(c))
		}
	}
	return p.warnings(b)
}

// warnings says what an operator should know and might not want to hear.
func (p *program) warnings(b wire.Backups) error {
	for _, place := range b.Places {
		if place.SameDevice {
			fmt.Fprintf(p.out, "WARNING: %s (%s) is on the disk that the data is on: both are lost together\n", place.Name, place.Where)
		}
		if place.Problem != "" {
			fmt.Fprintf(p.out, "WARNING: %s cannot be used: %s\n", place.Name, place.Problem)
		}
	}
	if !b.KeyAway {
		fmt.Fprintln(p.out, "WARNING: nothing but this hub opens the backups; run: hub backup key")
	}
	return nil
}

func (p *program) backupList(ctx context.Context, cfg config.Config, k *backup.Keeper) error {
	b := k.Fresh(ctx)
	zone, err := clock.Zone(cfg.Station.Zone)
	if err != nil {
		return err
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.In(zone).Format(time.DateTime)
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PLACE\tWHERE\tBACKUPS\tSIZE\tFREE")
	for _, s := range b.Places {
		free := "-"
		if s.FreeBytes >= 0 {
			free = size(s.FreeBytes)
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", s.Name, s.Where, s.Sets, size(s.Bytes), free)
	}
	fmt.Fprintln(table, "\nBACKUP\tMOMENT\tKIND\tSIZE\tSALES\tPROVED\tCOPIES")
	for _, s := range b.Sets {
		var copies []string
		for _, c := range s.Copies {
			copies = append(copies, copyText(c))
		}
		proved := "not yet"
		switch {
		case s.Good:
			proved = "yes, in " + ms(s.Drill.TookMS).String()
		case s.Drill != nil:
			proved = "NO: " + s.Drill.Problem
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", s.ID, at(s.At), s.Kind, size(s.Bytes), s.Sales, proved, strings.Join(copies, ", "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "\nNext: %s. ", at(b.NextAt))
	if b.Until.IsZero() {
		fmt.Fprintln(p.out, "No moment between backups can be restored to.")
	} else {
		fmt.Fprintf(p.out, "Any second from %s to %s can be restored to", at(b.From), at(b.Until))
		for _, g := range b.Gaps {
			fmt.Fprintf(p.out, ", except from %s to %s", at(g.From), at(g.Until))
		}
		fmt.Fprintln(p.out, ".")
	}
	return p.warnings(b)
}

func copyText(c wire.BackupCopy) string {
	text := c.Place + " " + string(c.State)
	if c.Problem != "" {
		text += " (" + c.Problem + ")"
	}
	return text
}

// ms is milliseconds as people read them.
func ms(n int64) time.Duration {
	return (time.Duration(n) * time.Millisecond).Round(100 * time.Millisecond)
}

// size is bytes as people read them.
func size(n int64) string {
	const kib = 1 << 10
	switch {
	case n >= kib*kib*kib:
		return fmt.Sprintf("%d.%d GiB", n/(kib*kib*kib), n%(kib*kib*kib)*10/(kib*kib*kib))
	case n >= kib*kib:
		return fmt.Sprintf("%d.%d MiB", n/(kib*kib), n%(kib*kib)*10/(kib*kib))
	}
	return fmt.Sprintf("%d KiB", (n+kib-1)/kib)
}

func (p *program) drillCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "drill [BACKUP]", Short: "Restore a backup, or the newest, beside the live data, prove everything and throw it away", Args: cobra.MaximumNArgs(1),
		Long: "Restore a backup beside the live data and prove all of it: the rows and sums of every table, the ledger, the\n" +
			"security log, the sales against the totalizers, the pictures. Then it is thrown away. It ends with an error when\n" +
			"anything is not as it was. With backup.drill: elsewhere, name the key that opens backups with --identity.",
	}
	identity := cmd.Flags().String("identity", "", "file with the key that opens the backups, if this hub has none")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
			ids, err := readIdentity(*identity)
			if err != nil {
				return err
			}
			k, closeAll, err := p.keeper(ctx, cfg, db, ids)
			if err != nil {
				return err
			}
			stop := p.showProgress(ctx, k)
			d, err := k.Drill(ctx, strings.Join(args, ""))
			stop()
			if d.Set != "" {
				p.printDrill(d)
			}
			return errors.Join(err, k.Close(), closeAll())
		})
	}
	return cmd
}

func (p *program) printDrill(d wire.BackupDrill) {
	fmt.Fprintf(p.out, "%s from %s: up in %v, proved in %v\n", d.Set, d.Place, ms(d.UpMS), ms(d.TookMS))
	p.printChecks(d.Checks)
}

func (p *program) printChecks(checks []wire.BackupCheck) {
	for _, c := range checks {
		verdict := "as it was"
		if !c.OK {
			verdict = "WRONG: " + c.Problem
		}
		fmt.Fprintf(p.out, "  %-9s %8d  %s\n", c.Proof, c.Count, verdict)
	}
}

// readIdentity reads the key that opens backups from a file; "" is none.
func readIdentity(path string) (archive.Identities, error) {
	if path == "" {
		return archive.Identities{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return archive.Identities{}, fmt.Errorf("reading the key of the backups: %w", err)
	}
	defer func() { _ = f.Close() }() // it is only read
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return archive.Identities{}, fmt.Errorf("reading the key of the backups: %w", err)
	}
	// The sheet that it was printed on is as good as the line alone.
	var keys strings.Builder
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "AGE-SECRET-KEY-1") {
			keys.WriteString(line + "\n")
		}
	}
	return archive.ReadIdentities(strings.NewReader(keys.String()))
}
