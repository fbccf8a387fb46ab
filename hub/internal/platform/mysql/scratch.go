package mysql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

// Scratch is a server with an empty, migrated database, and a directory for
// what else is needed; all of it is gone after the work.
type Scratch struct {
	*DB
	Endpoint
	// Dir is the directory; the server has a part of it to itself.
	Dir string
}

// WithScratch runs work on a Scratch: for benchmarks.
func WithScratch(ctx context.Context, log *slog.Logger, work func(Scratch) error) (err error) {
	dir, err := os.MkdirTemp("", "scratch")
	if err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := StartServer(ctx, ServerOptions{Dir: filepath.Join(dir, "db"), Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	db, err := Provision(ctx, server.Endpoint, Database, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return work(Scratch{DB: db, Endpoint: server.Endpoint, Dir: dir})
}
