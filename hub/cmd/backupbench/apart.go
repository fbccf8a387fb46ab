package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/platform/background"
	"forecourt/shared/wire"
)

// apart does the errands of a keeper in a process of its own, as the hub has them
// done: this program again.
func (h *house) apart(at string) backup.Apart {
	return func(ctx context.Context, errand backup.Errand, set string, told func(backup.Told)) error {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding this program: %w", err)
		}
		cmd := exec.CommandContext(ctx, self, "-working", at, string(errand), set)
		cmd.Stderr = os.Stderr
		return backup.Follow(func(output io.Writer) error {
			cmd.Stdout = output
			return background.Run(cmd)
		}, told)
	}
}

// work does an errand for a keeper whose things lie below at, in a house.
func work(ctx context.Context, at string, args []string) error {
	h, err := newHouse(filepath.Dir(at), slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	k, err := h.keeper(at, filepath.Join(at, "place"), &prover{house: h})
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	err = k.Work(ctx, backup.Errand(args[0]), strings.Join(args[1:], ""), func(t backup.Told) error { return out.Encode(t) })
	return errors.Join(err, k.Close())
}

// askEvery is how often a backup is asked how far it is.
const askEvery = 20 * time.Millisecond

// haveMade has a first backup made, as the hub does, and tells of each step when
// it is seen to begin, "" before the first.
func haveMade(ctx context.Context, k *backup.Keeper, step func(wire.BackupStep)) (wire.BackupSet, error) {
	if err := k.BeginMaking(); err != nil {
		return wire.BackupSet{}, err
	}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for last := wire.BackupStep("none"); ; {
		w := k.State(ctx).Work
		if w == nil {
			break
		}
		if w.Step != last {
			step(w.Step)
			last = w.Step
		}
		select {
		case <-ctx.Done():
			return wire.BackupSet{}, ctx.Err()
		case <-tick.C:
		}
	}
	for _, set := range k.Fresh(ctx).Sets {
		return set, nil
	}
	return wire.BackupSet{}, errors.New("no backup was made")
}
