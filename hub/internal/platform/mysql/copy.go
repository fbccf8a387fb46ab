package mysql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"forecourt/hub/internal/platform/background"
)

const (
	// copyDir is where mariadb-backup keeps what it cannot stream at once.
	copyDir = "copy"
	// unpackedDir holds a copy that is not ready to be started.
	unpackedDir = "data.unpacked"
	// copyDone is the last word of a mariadb-backup that did all of its work;
	// its exit code alone is not enough.
	copyDone = "completed OK!"
	// keyDescriptor is where every server of ours reads its key (runChild lends
	// it a lock, then the key). mariadb-backup takes the path over from the
	// server, and into the copy, so it must find its key at the same number.
	keyDescriptor = 4
	// logCopyMillis is how often mariadb-backup looks for more of the redo log,
	// in milliseconds. At the end of a copy nobody can commit until it has
	// looked once more: with the default, for up to a whole second. Each look
	// costs the server a little, and one that comes while the log is flushed for
	// the last time costs 200 ms (see pulse).
	logCopyMillis = "50"
	// readThroughCache has mariadb-backup read data files the ordinary way, so that
	// it finds in memory what ReadAhead has read. What it has read it lets go.
	readThroughCache = "fsync"
	// prepareMemory is what mariadb-backup may use to apply the redo log: as
	// much as the server itself has for its pages.
	prepareMemory = "256M"
)

// Errors of copies.
var (
	// ErrNoCopy says that what was unpacked is not a whole copy of a server.
	ErrNoCopy = errors.New("mysql: this is not a whole copy of a database server")
	// ErrOtherVersion says that a physical copy comes from another version.
	ErrOtherVersion = errors.New("mysql: a physical copy can only be restored by the version of MariaDB that it was made with; " +
		"install that version, or restore a logical backup")
)

// Copy says which private server is to be copied: one of this process or of
// another, such as a hub at work beside a command line.
type Copy struct {
	// Dir is the server's directory.
	Dir string
	// AtRest is the key of its encryption at rest, nil for none.
	AtRest []byte
	// Log receives what the copying program remarks, at debug.
	Log *slog.Logger
}

// Stream writes a hot physical copy (xbstream) of the running server to w and
// answers the position of its binary log that the copy is of: everything
// before it is in the copy, nothing after it. The server goes on working.
//
// What was written to w is no copy unless the error is nil. An error of w is
// returned as it is; when ctx ends, the copying ends.
func (c Copy) Stream(ctx context.Context, w io.Writer) (Position, error) {
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return Position{}, fmt.Errorf("locating the database directory: %w", err)
	}
	if err := matchKey(dir, c.AtRest); err != nil {
		return Position{}, err
	}
	// In the server's own directory for temporary files, which is on the disk
	// that the data is on anyway.
	temporary := filepath.Join(dir, tmpDir, copyDir)
	if err := os.MkdirAll(temporary, 0o700); err != nil {
		return Position{}, fmt.Errorf("making a directory for the copy's temporary files: %w", err)
	}
	beside, err := preparePulse(ctx, endpointIn(dir))
	if err != nil {
		return Position{}, err
	}
	defer beside.close()
	heard := &copyRemarks{log: c.Log}
	args := []string{
		"--no-defaults", "--backup", "--stream=xbstream", "--target-dir=" + temporary, "--tmpdir=" + temporary,
		"--user=root", "--socket=" + endpointIn(dir).Socket, "--log-copy-interval=" + logCopyMillis,
		"--innodb-flush-method=" + readThroughCache,
	}
	lent, err := lendKey(c.AtRest)
	if err != nil {
		return Position{}, err
	}
	t := task{name: backupProgram, args: args, lent: lent, gentle: true, hear: func(remark string) {
		beside.hear(ctx, remark)
		heard.line(remark)
	}}
	if err = pipeOut(ctx, t, w); err == nil {
		err = heard.completed()
	}
	if err == nil {
		err = streamMarkers(ctx, dir, w)
	}
	if err != nil {
		return Position{}, fmt.Errorf("copying the database: %w", err)
	}
	return heard.position()
}

// ReadAhead reads the data files that Stream is about to read, so gently that no
// commit waits for the disk: mariadb-backup itself asks for 10 MiB at a time and
// takes no other size. What does not fit into memory (background.Room) is left to
// mariadb-backup. told hears of all bytes, those that are left too.
//
// The server writes its files past the memory of the system, which drops what it
// holds of a page when that is written; a copy of an older one would not pass for
// the tables that it is held against.
func (c Copy) ReadAhead(ctx context.Context, told func(int64)) error {
	left := background.Room()
	return filepath.WalkDir(filepath.Join(c.Dir, dataDir), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !isDataFile(e) {
			return ignoreMissing(err)
		}
		info, err := e.Info()
		if err != nil {
			return ignoreMissing(err)
		}
		if info.Size() > left {
			told(info.Size())
			return nil
		}
		left -= info.Size()
		return ignoreMissing(background.Fetch(ctx, path, told))
	})
}

// isDataFile tells InnoDB's files of pages from all others.
func isDataFile(e fs.DirEntry) bool {
	name := e.Name()
	return e.Type().IsRegular() &&
		(strings.HasSuffix(name, ".ibd") || strings.HasPrefix(name, "ibdata") || strings.HasPrefix(name, "undo"))
}

// ignoreMissing: a table may go away while the files are listed.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// streamMarkers appends what we noted beside the data: the server's version,
// and which key it is encrypted with. Streams of this kind follow one another
// as their files do. Their end is also what tells a whole copy from one that
// was cut between two files.
func streamMarkers(ctx context.Context, dir string, w io.Writer) error {
	args := []string{"-c", "-C", dir}
	if _, err := os.Stat(filepath.Join(dir, atRestFile)); err == nil {
		args = append(args, atRestFile)
	}
	return pipeOut(ctx, task{name: streamProgram, args: append(args, versionFile)}, w)
}

// matchKey compares a key with the data in the directory of a server.
func matchKey(dir string, atRest []byte) error {
	s := &Server{dir: dir}
	was, encrypted, err := s.atRestState()
	switch {
	case err != nil:
		return err
	case encrypted && atRest == nil:
		return fmt.Errorf("%w (%s)", ErrEncrypted, dir)
	case was != "" && atRest != nil && was != fingerprint(atRest):
		return fmt.Errorf("%w (%s)", ErrWrongKey, dir)
	}
	return nil
}

// lendKey is what a program of MariaDB's inherits so that it finds the key
// where the server found it; nothing without a key.
func lendKey(atRest []byte) ([]*os.File, error) {
	if atRest == nil {
		return nil, nil
	}
	lent := make([]*os.File, 0, keyDescriptor-2) // from 3 to keyDescriptor
	for len(lent) < cap(lent)-1 {
		null, err := os.Open(os.DevNull)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("opening %s: %w", os.DevNull, err), closeAll(lent))
		}
		lent = append(lent, null)
	}
	key, err := keyInMemory(atRest)
	if err != nil {
		return nil, errors.Join(err, closeAll(lent))
	}
	return append(lent, key), nil
}

func closeAll(files []*os.File) (err error) {
	for _, f := range files {
		err = errors.Join(err, f.Close())
	}
	return err
}

// copyRemarks reads what mariadb-backup remarks.
type copyRemarks struct {
	log *slog.Logger

	mu    sync.Mutex
	at    Position
	ended string // the last line
}

func (r *copyRemarks) line(line string) {
	r.log.Debug("copying the database", "remark", line)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = line
	if at, ok := parsePosition(line); ok {
		r.at = at
	}
}

// completed is nil when the program said at last that it did all of its work.
func (r *copyRemarks) completed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !strings.HasSuffix(r.ended, copyDone) {
		return fmt.Errorf("%s did not say %q at its end but %q", backupProgram, copyDone, r.ended)
	}
	return nil
}

func (r *copyRemarks) position() (Position, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at.IsZero() {
		return Position{}, fmt.Errorf("copying the database: %w", ErrNoLog)
	}
	return r.at, nil
}
