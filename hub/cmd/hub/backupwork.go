package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/background"
	"forecourt/hub/internal/platform/vault"
)

// workName is the command by which a hub has an errand of its backups done.
const workName = "work"

// workCommand does an errand of the backups for a hub that is at work. The hub
// writes the passphrase of the keys on its input, an empty line where there is
// none; what it tells is a line of JSON each.
func (p *program) workCommand() *cobra.Command {
	return &cobra.Command{
		Use: workName + " ERRAND [BACKUP]", Short: "Do a job for the hub at work", Args: cobra.RangeArgs(1, 2), Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			cfg, err := p.config(cmd)
			if err != nil {
				return err
			}
			passphrase, err := firstLine(p.in)
			if err != nil {
				return fmt.Errorf("reading the passphrase of the keys: %w", err)
			}
			db, err := joinDatabase(cmd.Context(), cfg, handedSource(cfg, passphrase), p.quiet())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.close()) }()
			k, closeAll, err := p.keeper(cmd.Context(), cfg, db, archive.Identities{})
			if err != nil {
				return err
			}
			out := json.NewEncoder(p.out)
			err = k.Work(cmd.Context(), backup.Errand(args[0]), strings.Join(args[1:], ""), func(t backup.Told) error { return out.Encode(t) })
			return errors.Join(err, k.Close(), closeAll())
		},
	}
}

// handedSource is where the key over all keys comes from when a passphrase was
// handed over by a process that asked for it.
func handedSource(cfg config.Config, passphrase []byte) vault.Source {
	if cfg.Keys.Source != config.KeysPassphrase {
		return keySource(cfg, nil, io.Discard)
	}
	return vault.Passphrase{Dir: cfg.VaultDir(), Ask: func() ([]byte, error) { return passphrase, nil }}
}

// stopsWithin is how long an errand has to end by itself when the hub ends.
const stopsWithin = 10 * time.Second

// errands does jobs of the backups in processes of their own: this program again,
// with what it was started with.
func (p *program) errands(source vault.Source, log *slog.Logger) backup.Apart {
	if p.self == "" {
		return nil
	}
	return func(ctx context.Context, errand backup.Errand, set string, told func(backup.Told)) error {
		cmd, err := p.errand(ctx, errand, set, source)
		if err != nil {
			return err
		}
		cmd.Stderr = &remarks{log: log}
		log.Info("an errand of the backups begins", "errand", string(errand), "backup", set)
		err = backup.Follow(func(output io.Writer) error {
			cmd.Stdout = output
			return background.Run(cmd)
		}, told)
		if err != nil {
			return fmt.Errorf("running an errand of the backups (%s): %w", errand, err)
		}
		return nil
	}
}

// errand is the process that does one. It is asked to end when ctx does.
func (p *program) errand(ctx context.Context, errand backup.Errand, set string, source vault.Source) (*exec.Cmd, error) {
	var passphrase []byte
	if s, ok := source.(vault.Passphrase); ok {
		var err error
		if passphrase, err = s.Ask(); err != nil {
			return nil, err
		}
	}
	args := slices.Concat([]string{"backup", workName}, p.given, []string{string(errand)})
	if set != "" {
		args = append(args, set)
	}
	cmd := exec.CommandContext(ctx, p.self, args...)
	cmd.Env, cmd.Stdin = p.env, bytes.NewReader(append(slices.Clone(passphrase), '\n'))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopsWithin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C meant for the hub is the hub's to handle
	return cmd, nil
}

// remarks logs what an errand remarks.
type remarks struct{ log *slog.Logger }

// Write logs lines. It never fails.
func (r *remarks) Write(piece []byte) (int, error) {
	for lines := bufio.NewScanner(strings.NewReader(string(piece))); lines.Scan(); {
		r.log.Warn("an errand of the backups remarks", "line", lines.Text())
	}
	return len(piece), nil
}
