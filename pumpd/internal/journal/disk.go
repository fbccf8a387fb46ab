package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Disk is the little of a file system that a journal needs. Tests make it
// fail on purpose.
type Disk interface {
	// List names the files.
	List() ([]string, error)
	// ReadFile reads a whole file; ReadAt fills b from an offset.
	ReadFile(name string) ([]byte, error)
	ReadAt(name string, b []byte, offset int64) error
	// Create makes an empty file, whose writes go to its end.
	Create(name string) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	// Sync makes renames and removals durable.
	Sync() error
	// Close lets the directory go.
	Close() error
}

// File is a segment being written.
type File interface {
	io.Writer
	Sync() error
	Truncate(size int64) error
	Close() error
}

// replace puts a file under name, whole or not at all, and keeps it open.
func replace(d Disk, name string, content []byte) (File, error) {
	f, err := d.Create(name + newSuffix)
	if err != nil {
		return nil, fmt.Errorf("making %s: %w", name, err)
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = d.Rename(name+newSuffix, name)
	}
	if err == nil {
		err = d.Sync()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making %s: %w", name, err), f.Close())
	}
	return f, nil
}

// dirDisk is a locked directory.
type dirDisk struct {
	dir  string
	lock *os.File
}

// lockDir makes the directory if needed and takes its lock.
func lockDir(dir string) (*dirDisk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrLocked
		}
		return nil, errors.Join(fmt.Errorf("locking %s: %w", dir, err), lock.Close())
	}
	return &dirDisk{dir, lock}, nil
}

func (d *dirDisk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *dirDisk) List() ([]string, error) {
	entries, err := os.ReadDir(d.dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (d *dirDisk) ReadFile(name string) ([]byte, error) { return os.ReadFile(d.path(name)) }

func (d *dirDisk) ReadAt(name string, b []byte, offset int64) error {
	f, err := os.Open(d.path(name))
	if err != nil {
		return err
	}
	_, err = io.ReadFull(io.NewSectionReader(f, offset, int64(len(b))), b)
	return errors.Join(err, f.Close())
}

func (d *dirDisk) Create(name string) (File, error) {
	return os.OpenFile(d.path(name), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
}

func (d *dirDisk) Rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d *dirDisk) Remove(name string) error { return os.Remove(d.path(name)) }

func (d *dirDisk) Sync() error {
	f, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (d *dirDisk) Close() error { return d.lock.Close() }
