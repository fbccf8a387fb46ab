package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/wire"
)

// keysWork is what a command does with the keys.
type keysWork func(ctx context.Context, cfg config.Config, db *database, ring *keyring.Ring) error

// withKeys runs a command's work on the keys.
func (p *program) withKeys(cmd *cobra.Command, work keysWork) error {
	return p.withDatabase(cmd, func(ctx context.Context, cfg config.Config, db *database) error {
		ring, err := openRing(ctx, cfg, db.DB, db.source, p.quiet())
		if err != nil {
			return err
		}
		return work(ctx, cfg, db, ring)
	})
}

func (p *program) keysCommand() *cobra.Command {
	group := &cobra.Command{Use: "keys", Short: "Look after the keys that everything personal is sealed with"}
	group.AddCommand(
		&cobra.Command{
			Use: "status", Short: "Say which keys there are and what is sealed with each", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return p.withKeys(cmd, p.keysStatus) },
		},
		p.rotateCommand(), p.rekeyCommand(), p.sheetCommand(), p.recoverCommand(),
	)
	return group
}

func (p *program) keysStatus(ctx context.Context, _ config.Config, _ *database, ring *keyring.Ring) error {
	s, err := ring.Status(ctx)
	if err != nil {
		return err
	}
	sheet := "never printed; run `hub keys sheet`"
	if !s.SheetAt.IsZero() {
		sheet = "printed " + s.SheetAt.Local().Format(time.DateTime)
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Master key:\t%s, fingerprint %s\n", s.Source, s.Fingerprint)
	fmt.Fprintf(table, "Recovery sheet:\t%s\n", sheet)
	fmt.Fprintf(table, "Members' keys:\t%d, and %d destroyed\n", s.Members, s.Erased)
	fmt.Fprintf(table, "Database files:\t%s\n", map[bool]string{true: "encrypted", false: "not encrypted"}[s.AtRest])
	if r := s.Rotation; r != nil {
		fmt.Fprintf(table, "Rotation:\tto key %d since %s; %d left\n", r.To, r.Since.Local().Format(time.DateTime), r.Left)
	}
	fmt.Fprintln(table, "\nKEY\tPURPOSE\tSTATE\tSINCE\tUSES")
	for _, k := range s.Keys {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", k.ID, k.Purpose, k.State, k.Since.Local().Format(time.DateTime), usesOf(k))
	}
	return table.Flush()
}

// usesOf is how often a key is used, as far as that can be counted.
func usesOf(k wire.DataKey) string {
	if k.Purpose != vault.PurposeSeal {
		return "-"
	}
	return strconv.FormatInt(k.Uses, 10)
}

func (p *program) rotateCommand() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use: "rotate", Short: "Make a new data key and have everything sealed anew with it", Args: cobra.NoArgs,
		Long: "Make a new data key. A hub that serves seals everything anew by itself, without a pause for anybody; it\n" +
			"may be stopped at any time and goes on when it is started again. With --wait this command does the work.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withKeys(cmd, func(ctx context.Context, _ config.Config, db *database, ring *keyring.Ring) error {
				return p.rotate(ctx, db.DB, ring, wait)
			})
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "seal everything anew before this command ends")
	return cmd
}

func (p *program) rotate(ctx context.Context, db *mysql.DB, ring *keyring.Ring, wait bool) error {
	s, err := ring.Rotate(ctx)
	var problem *wire.Problem
	if underWay := errors.As(err, &problem) && problem.Type == wire.ProblemRotating; err != nil && (!underWay || !wait) {
		return errors.Join(err, noteKeys(ctx, db, "keys.rotate", "rotation", string(resultOf(err)), "by command line"))
	} else if err == nil {
		if err := noteKeys(ctx, db, "keys.rotate", strconv.Itoa(s.Keys[0].ID), audit.OK, "by command line"); err != nil {
			return err
		}
	}
	if !wait {
		_, err := fmt.Fprintf(p.out, "Key %d seals from now on. A serving hub seals the rest anew; `hub keys status` says how far it is.\n", s.Keys[0].ID)
		return err
	}
	done, err := ring.RotateAll(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "Key %d seals from now on; %d rows were sealed anew.\n", ring.Active(), done)
	return err
}

// resultOf is what the log calls a failure.
func resultOf(err error) wire.ProblemType {
	var problem *wire.Problem
	if errors.As(err, &problem) {
		return problem.Type
	}
	return wire.ProblemInternal
}

// noteKeys writes to the security log what was done to the keys.
func noteKeys(ctx context.Context, db *mysql.DB, action, which, result, note string) error {
	return audit.Record(ctx, db, keysRow(action, which, result, note))
}

func keysRow(action, which, result, note string) audit.Row {
	return audit.Row{At: clock.Now(), Action: action, Object: "keys", ObjectID: which, Result: result, Note: note}
}

func (p *program) rekeyCommand() *cobra.Command {
	var phrase, file bool
	cmd := &cobra.Command{
		Use: "rekey", Short: "Change the master key, or where it comes from", Args: cobra.NoArgs,
		Long: "Make a new master key, in the key file or of a passphrase, and wrap the data keys with it. Nothing else\n" +
			"changes. The secret before stays in its file: backups from before need it. The passphrase is asked for at the\n" +
			"terminal, or is the first line of standard input.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withKeys(cmd, func(ctx context.Context, cfg config.Config, db *database, ring *keyring.Ring) error {
				var to vault.Source = vault.File{Dir: cfg.VaultDir()}
				if phrase {
					to = vault.Passphrase{Dir: cfg.VaultDir(), Ask: p.askNewPassphrase}
				}
				return p.rekey(ctx, cfg, db.DB, ring, to)
			})
		},
	}
	cmd.Flags().BoolVar(&phrase, "passphrase", false, "the master key is made of a passphrase")
	cmd.Flags().BoolVar(&file, "file", false, "the master key lies in the key file")
	cmd.MarkFlagsOneRequired("passphrase", "file")
	cmd.MarkFlagsMutuallyExclusive("passphrase", "file")
	return cmd
}

func (p *program) rekey(ctx context.Context, cfg config.Config, db *mysql.DB, ring *keyring.Ring, to vault.Source) error {
	old, err := ring.Master(ctx)
	if err != nil {
		return err
	}
	print, err := ring.Rekey(ctx, to, func(fresh *vault.Master) error {
		return rewrapKeys(cfg, []*vault.Master{old}, fresh, clock.Random())
	})
	if err != nil {
		return errors.Join(err, noteKeys(ctx, db, "keys.rekey", old.Fingerprint(), string(resultOf(err)), "to "+to.Name()))
	}
	if err := noteKeys(ctx, db, "keys.rekey", print, audit.OK, "to "+to.Name()); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "The master key has fingerprint %s now.\n", print)
	switch {
	case cfg.Keys.Source == config.KeysCredential && to.Name() == config.KeysFile:
		fmt.Fprintf(p.out, "Hand %s over as the credential, or set keys.source: file. Then restart the hub.\n", vault.File{Dir: cfg.VaultDir()}.Path())
	case cfg.Keys.Source != to.Name():
		fmt.Fprintf(p.out, "Set keys.source: %s, and restart the hub.\n", to.Name())
	}
	if file := (vault.File{Dir: cfg.VaultDir()}).Path(); to.Name() == config.KeysPassphrase {
		fmt.Fprintf(p.out, "%s, if it is there, opens backups from before only: take it to where their keys are kept.\n", file)
	}
	_, err = fmt.Fprintln(p.out, "Print a new recovery sheet: hub keys sheet. The old one opens backups from before only.")
	return err
}

// askNewPassphrase asks twice at the terminal, or reads the first line of
// standard input.
func (p *program) askNewPassphrase() ([]byte, error) {
	first, err := askHidden(p.in, p.errs, "New passphrase (12 characters or more): ")
	if errors.Is(err, errNoTerminal) {
		return firstLine(p.in)
	}
	if err != nil {
		return nil, err
	}
	again, err := askHidden(p.in, p.errs, "Once more: ")
	if err == nil && string(first) != string(again) {
		err = errors.New("the two passphrases differ")
	}
	return first, err
}

// confirmed asks at the terminal whether to go on.
func (p *program) confirmed(question string) (bool, error) {
	fmt.Fprint(p.errs, question, " [yes/no] ")
	answer, err := firstLine(p.in)
	return strings.EqualFold(strings.TrimSpace(string(answer)), "yes"), err
}
