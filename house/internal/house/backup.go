package house

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"forecourt/house/internal/process"
)

// The two sheets that a head keeps away from the machine.
const (
	recoverySheet = "recovery-sheet.txt"
	backupSheet   = "backup-sheet.txt"
)

// data is the directory of everything the hub keeps.
func (h *House) data() string { return h.path("hub") }

// PrintSheets prints the recovery sheet of the master key and the key of the
// backups, and begins the hub again, as the sheet says.
func (h *House) PrintSheets(ctx context.Context) error {
	for file, command := range map[string][]string{
		recoverySheet: {"keys", "sheet", "--yes"},
		backupSheet:   {"backup", "key", "--yes"},
	} {
		out, err := h.hub(ctx, command...)
		if err != nil {
			return err
		}
		if err := os.WriteFile(h.path(file), []byte(out), 0o600); err != nil {
			return fmt.Errorf("keeping a sheet: %w", err)
		}
	}
	if err := h.Hub.Stop(); err != nil {
		return err
	}
	if err := h.Hub.Start(); err != nil {
		return err
	}
	return h.AwaitHub(ctx)
}

// BackUp makes a backup at the command line, and says what it printed.
func (h *House) BackUp(ctx context.Context) (string, error) { return h.hub(ctx, "backup", "run") }

// ListBackups says what the command line lists of the backups.
func (h *House) ListBackups(ctx context.Context) (string, error) { return h.hub(ctx, "backup", "list") }

// LoseMachine ends the hub and its database as a power cut would, and destroys
// everything the hub kept. It says when.
func (h *House) LoseMachine(ctx context.Context) (time.Time, error) {
	pid := h.databasePID()
	if pid == 0 || h.Hub.PID() == 0 {
		return time.Time{}, errors.New("losing the machine: the hub and its database do not run")
	}
	err := errors.Join(syscall.Kill(h.Hub.PID(), syscall.SIGKILL), syscall.Kill(pid, syscall.SIGKILL))
	lost := time.Now()
	h.Hub.Kill()
	if err != nil {
		return lost, fmt.Errorf("losing the machine: %w", err)
	}
	err = Await(ctx, "the killed database to be gone", time.Millisecond, func() (bool, error) { return !h.ours(pid), nil })
	if err != nil {
		return lost, fmt.Errorf("losing the machine: %w", err)
	}
	if err := os.RemoveAll(h.data()); err != nil {
		return lost, fmt.Errorf("losing the machine: %w", err)
	}
	return lost, nil
}

// RecoverKeys types the recovery sheet on a machine that has nothing.
func (h *House) RecoverKeys(ctx context.Context) error {
	sheet, err := os.ReadFile(h.path(recoverySheet))
	if err != nil {
		return fmt.Errorf("reading the recovery sheet: %w", err)
	}
	typed, err := keyLines(string(sheet))
	if err != nil {
		return err
	}
	_, err = process.Type(ctx, typed, filepath.Join(h.opts.Bin, "hub"), "keys", "recover", "--config", h.config)
	return err
}

// keyLines are the lines of the key on a recovery sheet: each begins with its
// number.
func keyLines(sheet string) (string, error) {
	const lines = 4
	var typed strings.Builder
	n := 0
	for line := range strings.Lines(sheet) {
		number, groups, found := strings.Cut(strings.TrimSpace(line), "   ")
		if !found || n == lines || number != fmt.Sprint(n+1) {
			continue
		}
		n++
		typed.WriteString(strings.TrimSpace(groups) + "\n")
	}
	if n != lines {
		return "", fmt.Errorf("the recovery sheet has %d lines of a key", n)
	}
	return typed.String(), nil
}

// RestoreLost restores on a machine that has nothing but the master key, with
// the sheet of the backups' key, and says what was printed.
func (h *House) RestoreLost(ctx context.Context) (string, error) {
	return h.hub(ctx, "restore", "--identity", h.path(backupSheet), "--yes")
}

// RestoreSet restores a backup beside the hub at work, which takes it over when
// it begins the next time.
func (h *House) RestoreSet(ctx context.Context, set string) (string, error) {
	return h.hub(ctx, "restore", "--set", set, "--yes")
}

// Beside lists what lies restored, or half so, beside the live data.
func (h *House) Beside() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(h.data(), "restore"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}
