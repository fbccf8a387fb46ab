package placetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// tool is the S3 server: Apache-2.0, a tool and no part of the product.
	tool        = "github.com/versity/versitygw/cmd/versitygw"
	toolVersion = "v1.8.0"
	// buildTimeout bounds building it: three minutes on two idle cores.
	buildTimeout = 15 * time.Minute
)

// versitygw is the path of the S3 server's program, which is built once for
// each user and version and kept in the user's cache.
func versitygw(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "forecourt", "tools", "versitygw-"+toolVersion)
	program := filepath.Join(dir, "versitygw")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	unlock, err := lock(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(program); err == nil { // another test was faster
		return program, nil
	}
	return program, build(ctx, dir, program)
}

// build installs the program into a directory of its own and moves it to its
// place when it is whole.
func build(ctx context.Context, dir, program string) error {
	bin, err := os.MkdirTemp(dir, "building-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(bin) }()
	cmd := exec.CommandContext(ctx, "go", "install", tool+"@"+toolVersion)
	cmd.Env = append(cmd.Environ(), "GOBIN="+bin, "GOWORK=off", "GOFLAGS=")
	cmd.Dir = bin
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go install %s@%s: %w\n%s", tool, toolVersion, err, said)
	}
	return os.Rename(filepath.Join(bin, filepath.Base(program)), program)
}

// lock waits until no other process builds.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(err, file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), file.Close())
		case <-time.After(poll):
		}
	}
}
