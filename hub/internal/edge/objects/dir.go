package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"forecourt/hub/internal/domain/media"
)

// Rights of what Dir makes: its owner's alone.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// unfinished begins the name of a file that is being written. No key begins
// like that, so none is ever read.
const unfinished = ".put-"

// unfinishedAge is how old an unfinished file is when nobody can still be
// writing it.
const unfinishedAge = time.Hour

// Dir keeps objects as files under one directory. It is safe for concurrent
// use. Close it at the end.
type Dir struct {
	root *os.Root
	disk disk
	puts atomic.Uint64 // names unfinished files
}

// OpenDir opens the directory and makes it if there is none. It refuses one
// that others may read or write.
func OpenDir(dir string) (*Dir, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("making the directory of objects: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("looking at the directory of objects: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the directory of objects %s is open to others (%v); run chmod 700 on it", dir, info.Mode().Perm())
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the directory of objects: %w", err)
	}
	return &Dir{root: root, disk: rootDisk{root}}, nil
}

// Close gives the directory back.
func (d *Dir) Close() error {
	if err := d.root.Close(); err != nil {
		return fmt.Errorf("closing the directory of objects: %w", err)
	}
	return nil
}

// Put stores an object: written beside its place, synced, moved there, and the
// directories synced that lead to it.
func (d *Dir) Put(ctx context.Context, key string, content []byte) error {
	if err := errors.Join(checkKey(key), ctx.Err()); err != nil {
		return fmt.Errorf("storing object %s: %w", key, err)
	}
	if err := d.put(key, content); err != nil {
		return fmt.Errorf("storing object %s: %w", key, err)
	}
	return nil
}

func (d *Dir) put(key string, content []byte) error {
	if err := d.makeParents(key); err != nil {
		return err
	}
	dir, name := path.Split(key)
	half := dir + unfinished + strconv.FormatUint(d.puts.Add(1), 10) + "-" + name
	if err := d.disk.write(half, content); err != nil {
		return errors.Join(err, d.clear(half))
	}
	if err := d.disk.rename(half, key); err != nil {
		return errors.Join(err, d.clear(half))
	}
	if err := d.disk.sync(path.Clean(dir)); err != nil {
		return errors.Join(err, d.clear(key))
	}
	return nil
}

// clear removes what a failure left, so that nobody takes it for an object.
func (d *Dir) clear(name string) error {
	if err := d.disk.remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// makeParents makes the directories of a key that are not there yet, each
// durable in the one above before the next.
func (d *Dir) makeParents(key string) error {
	for i, c := range key {
		if c != '/' {
			continue
		}
		err := d.disk.mkdir(key[:i])
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := d.disk.sync(path.Dir(key[:i])); err != nil {
			return err
		}
	}
	return nil
}

// Get reads an object.
func (d *Dir) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := errors.Join(checkKey(key), ctx.Err()); err != nil {
		return nil, fmt.Errorf("reading object %s: %w", key, err)
	}
	content, err := d.read(key, limit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", media.ErrNoObject, key)
	}
	if err != nil {
		return nil, fmt.Errorf("reading object %s: %w", key, err)
	}
	return content, nil
}

func (d *Dir) read(key string, limit int64) ([]byte, error) {
	file, err := d.root.Open(key)
	if err != nil {
		return nil, err
	}
	content, err := readAtMost(file, limit)
	return content, errors.Join(err, file.Close())
}

// readAtMost reads r to its end, or answers media.ErrTooLarge.
func readAtMost(r io.Reader, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(content)) > limit {
		return nil, fmt.Errorf("%w of %d bytes", media.ErrTooLarge, limit)
	}
	return content, err
}

// Delete removes an object.
func (d *Dir) Delete(ctx context.Context, key string) error {
	if err := errors.Join(checkKey(key), ctx.Err()); err != nil {
		return fmt.Errorf("removing object %s: %w", key, err)
	}
	if err := d.clear(key); err != nil {
		return fmt.Errorf("removing object %s: %w", key, err)
	}
	return nil
}

// Tidy removes what a crash left half written, as of now, and counts it. Call
// it at the start.
func (d *Dir) Tidy(ctx context.Context, now time.Time) (removed int, err error) {
	err = fs.WalkDir(d.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil || entry.IsDir() || !strings.HasPrefix(entry.Name(), unfinished) {
			return err
		}
		info, err := entry.Info()
		if err != nil || now.Sub(info.ModTime()) < unfinishedAge {
			return err
		}
		removed++
		return d.root.Remove(name)
	})
	if err != nil {
		return removed, fmt.Errorf("clearing away unfinished objects: %w", err)
	}
	return removed, nil
}
