package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

const (
	// copyConfig is the file of a copy that says how its server kept its data;
	// it names the plugin of keys when that is encrypted.
	copyConfig = "backup-my.cnf"
	// copySmall bounds what is read of that and of the markers.
	copySmall = 1 << 20
)

// copyNotes are files of a copy that a server has no use for.
var copyNotes = []string{
	copyConfig, versionFile, atRestFile, "xtrabackup_binlog_info", "xtrabackup_checkpoints", "xtrabackup_info",
}

// Unpack reads an xbstream into dir, which becomes the directory of a private
// server once Prepare has made it startable. dir is made if it is missing, and
// must not hold a server's data. It returns when it no longer reads r; an
// error of r is returned as it is.
func Unpack(ctx context.Context, dir string, r io.Reader) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("locating the directory to restore to: %w", err)
	}
	if err := checkPlace(dir); err != nil {
		return err
	}
	if (&Server{dir: dir}).installed() {
		return fmt.Errorf("mysql: there is a database in %s already", dir)
	}
	to := filepath.Join(dir, unpackedDir)
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("clearing an unfinished restore: %w", err)
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		return fmt.Errorf("making a directory for the copy: %w", err)
	}
	err = pipeInto(ctx, task{name: streamProgram, args: []string{"-x", "-C", to}}, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
	if err != nil {
		return fmt.Errorf("unpacking the copy of the database: %w", err)
	}
	return nil
}

// Prepare makes an unpacked copy startable: it applies the redo log that was
// copied along and notes, for StartServer, the server's version and the key
// that it is encrypted with. It can be called again after it failed.
//
// atRest is the key of the server that was copied. It is not used when that
// was in clear; StartServer then encrypts what it finds.
func Prepare(ctx context.Context, dir string, atRest []byte, log *slog.Logger) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("locating the restored directory: %w", err)
	}
	version, err := Tools(ctx)
	if err != nil {
		return err
	}
	unpacked := filepath.Join(dir, unpackedDir)
	if atRest, err = checkCopy(unpacked, version, atRest); err != nil {
		return fmt.Errorf("looking at the restored database: %w", err)
	}
	if err := applyRedo(ctx, unpacked, atRest, log); err != nil {
		return fmt.Errorf("preparing the restored database: %w", err)
	}
	return finishPrepare(dir, version, atRest)
}

// checkCopy looks at an unpacked copy before anything is done to it, and
// answers the key to prepare it with, nil when it is in clear.
func checkCopy(unpacked, version string, atRest []byte) ([]byte, error) {
	was, err := readSmall(filepath.Join(unpacked, versionFile))
	if err != nil {
		return nil, err
	}
	if was != version {
		return nil, fmt.Errorf("%w: it was made by MariaDB %s, this machine has %s", ErrOtherVersion, was, version)
	}
	settings, err := readSmall(filepath.Join(unpacked, copyConfig))
	if err != nil {
		return nil, err
	}
	if !strings.Contains(settings, atRestPlugin) {
		return nil, nil
	}
	mark, err := readSmall(filepath.Join(unpacked, atRestFile))
	switch {
	case err != nil:
		return nil, err
	case atRest == nil:
		return nil, ErrEncrypted
	case mark != fingerprint(atRest):
		return nil, ErrWrongKey
	}
	return atRest, nil
}

// readSmall reads a file that a whole copy has.
func readSmall(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%w: %s is missing", ErrNoCopy, filepath.Base(path))
	}
	if err != nil {
		return "", fmt.Errorf("opening %s of the copy: %w", filepath.Base(path), err)
	}
	defer func() { _ = f.Close() }() // it is only read
	content, err := io.ReadAll(io.LimitReader(f, copySmall))
	if err != nil {
		return "", fmt.Errorf("reading %s of the copy: %w", filepath.Base(path), err)
	}
	return strings.TrimSpace(string(content)), nil
}

func applyRedo(ctx context.Context, unpacked string, atRest []byte, log *slog.Logger) error {
	lent, err := lendKey(atRest)
	if err != nil {
		return err
	}
	heard := &copyRemarks{log: log}
	args := []string{"--no-defaults"}
	if atRest != nil { // the plugin's settings are taken from nowhere else
		args = []string{"--defaults-file=" + filepath.Join(unpacked, copyConfig)}
	}
	args = append(args, "--prepare", "--target-dir="+unpacked, "--use-memory="+prepareMemory)
	p, err := begin(ctx, task{name: backupProgram, args: args, lent: lent, hear: heard.line})
	if err != nil {
		return err
	}
	if err := p.end(ctx); err != nil {
		return err
	}
	return heard.completed()
}

// finishPrepare writes the markers first: data that is there is whole.
func finishPrepare(dir, version string, atRest []byte) error {
	if err := writeWhole(filepath.Join(dir, versionFile), []byte(version+"\n")); err != nil {
		return err
	}
	marker := filepath.Join(dir, atRestFile)
	var err error
	if atRest != nil {
		err = writeWhole(marker, []byte(fingerprint(atRest)+"\n"))
	} else if err = os.Remove(marker); errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("noting the restored database's key: %w", err)
	}
	final := filepath.Join(dir, dataDir)
	if err := os.Rename(filepath.Join(dir, unpackedDir), final); err != nil {
		return fmt.Errorf("finishing the restored database: %w", err)
	}
	for _, note := range copyNotes {
		if err := os.Remove(filepath.Join(final, note)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("tidying the restored database: %w", err)
		}
	}
	return syncDir(dir)
}
