package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

// measureRestore holds rehearsals of one backup against loading one dump.
func (h *house) measureRestore(ctx context.Context, s settings, r *report) error {
	dumped := filepath.Join(h.dir, "dump.sql")
	took, err := timed(func() error { return h.dump(ctx, dumped) })
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(dumped) }() // its directory goes anyway
	info, err := os.Stat(dumped)
	if err != nil {
		return fmt.Errorf("measuring the dump: %w", err)
	}
	note("dumped %.0f MiB in %v", mebibytes(info.Size()), took.Round(10*time.Millisecond))
	return h.withKeeper("m", func(k *backup.Keeper) error {
		set, err := k.Make(ctx)
		if err != nil {
			return err
		}
		return h.compareRestores(ctx, k, set, dumped, s.rounds, r)
	})
}

func (h *house) dump(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making the dump's file: %w", err)
	}
	return errors.Join(mysql.Dump(ctx, h.server.Endpoint, mysql.Database, f), f.Close())
}

// compareRestores rehearses and loads. The first rehearsal also makes and proves
// the weekly set of statements, after its figures are taken.
func (h *house) compareRestores(ctx context.Context, k *backup.Keeper, set, dumped string, rounds int, r *report) error {
	up := &figure{name: "restored, every table proved, s", form: "%.1f"}
	proved := &figure{name: "everything proved, s", form: "%.1f"}
	loaded := &figure{name: "dump loaded, s", form: "%.1f"}
	ratio := &figure{name: "ratio", form: "%.3f"}
	for round := range rounds {
		var d wire.BackupDrill
		var load time.Duration
		err := inTurn(round, func() (err error) {
			d, err = k.Drill(ctx, set)
			return err
		}, func() (err error) {
			load, err = h.load(ctx, dumped)
			return err
		})
		if err != nil {
			return err
		}
		note("round %d: up in %d ms, proved in %d ms, dump loaded in %v", round+1, d.UpMS, d.TookMS, load.Round(10*time.Millisecond))
		up.add(float64(d.UpMS) / 1000)
		proved.add(float64(d.TookMS) / 1000)
		loaded.seconds(load)
		ratio.add(float64(d.UpMS) / float64(load.Milliseconds()))
	}
	table("bringing it back", up, loaded, ratio, proved)
	r.line(fmt.Sprintf("ratio %.3f, goal: at most %.2f", median(ratio.taken), float64(goalRestore)/100), median(ratio.taken)*100 <= goalRestore)
	return nil
}

// load loads the dump on a new server of the same settings but for those that
// would cost it time, and answers how long that took without starting it.
func (h *house) load(ctx context.Context, dumped string) (took time.Duration, err error) {
	dir := filepath.Join(h.dir, "l")
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := mysql.StartServer(ctx, mysql.ServerOptions{Dir: dir, AtRest: h.sheet.AtRest, Replaying: true, Log: h.log})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	admin, err := mysql.OpenAdmin(ctx, server.AdminDSN(""), h.log)
	if err != nil {
		return 0, err
	}
	_, err = admin.ExecContext(ctx, "SET GLOBAL innodb_flush_log_at_trx_commit = 2")
	if err := errors.Join(err, admin.Close()); err != nil {
		return 0, err
	}
	f, err := os.Open(dumped)
	if err != nil {
		return 0, fmt.Errorf("opening the dump: %w", err)
	}
	defer func() { _ = f.Close() }() // it is only read
	return timed(func() error { return mysql.Load(ctx, server.Endpoint, mysql.Database, bufio.NewReader(f)) })
}
