package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"forecourt/hub/internal/edge/backup"
	"forecourt/shared/wire"
)

// measureCopy holds whole backups against mariadb-backup alone.
func (h *house) measureCopy(ctx context.Context, s settings, r *report) error {
	made := &figure{name: "a whole backup, s", form: "%.1f"}
	alone := &figure{name: "mariadb-backup alone, s", form: "%.1f"}
	ratio := &figure{name: "ratio", form: "%.2f"}
	size := &figure{name: "stored, MiB", form: "%.0f"}
	raw := &figure{name: "of mariadb-backup, MiB", form: "%.0f"}
	for round := range s.rounds {
		var ours, theirs time.Duration
		var stored, copied int64
		err := inTurn(round, func() (err error) {
			ours, stored, err = h.makeOne(ctx)
			return errors.Join(err, settleDisk(ctx))
		}, func() (err error) {
			theirs, copied, err = h.copyAlone(ctx)
			return errors.Join(err, settleDisk(ctx))
		})
		if err != nil {
			return err
		}
		note("round %d: made in %v, mariadb-backup alone in %v", round+1, ours.Round(10*time.Millisecond), theirs.Round(10*time.Millisecond))
		made.seconds(ours)
		alone.seconds(theirs)
		ratio.add(ours.Seconds() / theirs.Seconds())
		size.add(mebibytes(stored))
		raw.add(mebibytes(copied))
	}
	table("making a backup", made, alone, ratio, size, raw)
	r.line(fmt.Sprintf("ratio %.2f, goal: at most %.2f", median(ratio.taken), float64(goalCopy)/100), median(ratio.taken)*100 <= goalCopy)
	return nil
}

// diskRest is how long a disk may go on freeing what was removed: some tell it
// block by block, and whoever copies meanwhile takes twice as long.
const diskRest = 5 * time.Second

// settleDisk lets the disk come to rest, so that neither side pays for what the
// other removed.
func settleDisk(ctx context.Context) error {
	unix.Sync()
	return sleeping(diskRest)(ctx)
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// makeOne makes a backup in a new directory, which is gone afterwards.
func (h *house) makeOne(ctx context.Context) (took time.Duration, stored int64, err error) {
	err = h.withKeeper("m", func(k *backup.Keeper) error {
		var set wire.BackupSet
		took, err = timed(func() (err error) {
			set, err = haveMade(ctx, k, func(wire.BackupStep) {})
			return err
		})
		stored = set.Bytes
		return err
	})
	return took, stored, err
}

// copyAlone has mariadb-backup write its stream to a file, asked as the hub asks
// it, but with nobody in between, at no lower priority, and without a sync.
func (h *house) copyAlone(ctx context.Context) (took time.Duration, size int64, err error) {
	at := filepath.Join(h.dir, "alone")
	defer func() { err = errors.Join(err, os.RemoveAll(at)) }()
	if err := os.MkdirAll(at, 0o700); err != nil {
		return 0, 0, fmt.Errorf("making room for a copy: %w", err)
	}
	out, err := os.Create(filepath.Join(at, "stream"))
	if err != nil {
		return 0, 0, fmt.Errorf("making the copy's file: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	// The server tells it to read the key from descriptor 4.
	key := filepath.Join(at, "key")
	if err := os.WriteFile(key, fmt.Appendf(nil, "1;%x\n", h.sheet.AtRest), 0o600); err != nil {
		return 0, 0, fmt.Errorf("lending the key: %w", err)
	}
	var lent []*os.File
	for _, name := range []string{os.DevNull, key} {
		f, err := os.Open(name)
		if err != nil {
			return 0, 0, fmt.Errorf("lending the key: %w", err)
		}
		defer func() { _ = f.Close() }() // it is only read
		lent = append(lent, f)
	}
	cmd := exec.CommandContext(ctx, "mariadb-backup", "--no-defaults", "--backup", "--stream=xbstream",
		"--target-dir="+at, "--user=root", "--socket="+h.server.Socket, "--log-copy-interval=10")
	cmd.Stdout, cmd.ExtraFiles = out, lent
	said := &tail{}
	cmd.Stderr = said
	if took, err = timed(cmd.Run); err != nil {
		return took, 0, fmt.Errorf("mariadb-backup: %w\n%s", err, said)
	}
	info, err := out.Stat()
	if err != nil {
		return took, 0, fmt.Errorf("measuring the copy: %w", err)
	}
	return took, info.Size(), nil
}

// tail keeps the end of what a program says.
type tail struct{ text []byte }

// tailBytes is a dozen lines.
const tailBytes = 2 << 10

// Write keeps the end. It never fails.
func (t *tail) Write(piece []byte) (int, error) {
	t.text = append(t.text, piece...)
	t.text = t.text[max(0, len(t.text)-tailBytes):]
	return len(piece), nil
}

// String is what was kept.
func (t *tail) String() string { return string(t.text) }
