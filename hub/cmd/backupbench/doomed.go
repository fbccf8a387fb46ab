package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"forecourt/hub/internal/platform/mysql"
)

// rowEvery is how often the machine that will be lost commits a row.
const rowEvery = 5 * time.Millisecond

// beDoomed is a machine that will be lost: a server, one backup, and the log
// shipped as hub serve ships it, while rows are committed. It prints the number
// of the server's process, then the microsecond at which each row was committed.
func beDoomed(ctx context.Context, dir string) (err error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	go closeAfter(os.Stdin, end)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	h, err := openHouse(ctx, dir, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(ctx)) }()
	admin, err := mysql.OpenAdmin(ctx, h.server.AdminDSN(mysql.Database), log)
	if err != nil {
		return err
	}
	_, err = admin.ExecContext(ctx, "CREATE TABLE bench_row (id BIGINT PRIMARY KEY, at DATETIME(6) NOT NULL)")
	if err := errors.Join(err, admin.Close()); err != nil {
		return err
	}
	k, err := h.keeper(filepath.Join(h.cfg.Data, "keep"), h.cfg.Backup.Dir, &prover{house: h})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close()) }()
	if _, err := k.Make(ctx); err != nil {
		return err
	}
	var shipping sync.WaitGroup
	defer shipping.Wait()
	shipping.Go(func() {
		if err := k.Ship(ctx); err != nil {
			log.Error("the log is not shipped", "error", err)
		}
		end()
	})
	fmt.Println(h.server.PID())
	return h.commitRows(ctx)
}

// commitRows commits a row at a time and tells when each was.
func (h *house) commitRows(ctx context.Context) error {
	tick := time.NewTicker(rowEvery)
	defer tick.Stop()
	for n := int64(1); ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if _, err := h.db.ExecContext(ctx, "INSERT INTO bench_row (id, at) VALUES (?, ?)", n, time.Now().UTC()); err != nil {
			return fmt.Errorf("committing row %d: %w", n, err)
		}
		fmt.Println(time.Now().UnixMicro())
	}
}
