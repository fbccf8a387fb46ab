package place

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"forecourt/hub/internal/platform/background"
)

// disk is what Dir does to a file system: the steps a crash or a full disk can
// come between. Names are below the directory.
type disk interface {
	// mkdir makes one directory, or answers fs.ErrExist.
	mkdir(name string) error
	// create makes a file that was not there, or answers fs.ErrExist.
	create(name string) (diskFile, error)
	// adopt gives a file that has one name elsewhere a second one here, or answers
	// ErrExists if the name is taken, and errElsewhere if it cannot be.
	adopt(path, name string) error
	// publish gives a file of dir its name, or answers ErrExists if the name is
	// taken.
	publish(dir, from, to string) error
	// sync makes the entries of a directory durable.
	sync(dir string) error
	// remove removes a file, or answers fs.ErrNotExist. A large one goes bit by
	// bit, and at once when ctx ends.
	remove(ctx context.Context, name string) error
	// rmdir removes a directory that is empty.
	rmdir(name string) error
}

// diskFile is a file that is being written.
type diskFile interface {
	io.WriteCloser
	// Sync makes what was written durable.
	Sync() error
}

// rootDisk is a directory that no name leads out of.
type rootDisk struct{ root *os.Root }

func (d rootDisk) mkdir(name string) error { return d.root.Mkdir(name, dirMode) }
func (d rootDisk) rmdir(name string) error { return d.root.Remove(name) }

func (d rootDisk) create(name string) (diskFile, error) {
	file, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, err
	}
	return background.Write(file), nil
}

func (d rootDisk) remove(ctx context.Context, name string) error {
	info, err := d.root.Lstat(name)
	if err != nil {
		return err
	}
	if info.IsDir() { // no object, so there is none of that name
		return fs.ErrNotExist
	}
	if info.Mode().IsRegular() && info.Size() >= largeBytes {
		if name, err = d.empty(ctx, name); err != nil {
			return err
		}
	}
	return d.root.Remove(name)
}

// largeBytes is the size of a file whose removal others would notice.
const largeBytes = 16 << 20

// empty cuts a file down, under a name that is no object's any more: Tidy removes
// what a crash leaves of it.
func (d rootDisk) empty(ctx context.Context, name string) (now string, err error) {
	dir, base := path.Split(name)
	now = name
	if !strings.HasPrefix(base, unfinished) {
		now = dir + unfinished + "gone-" + base
		if err := d.root.Rename(name, now); err != nil {
			return name, err
		}
	}
	file, err := d.root.OpenFile(now, os.O_WRONLY, 0)
	if err != nil {
		return now, err
	}
	background.Empty(ctx, file)
	return now, file.Close()
}

// errElsewhere says that a file cannot have a second name in a directory: that
// lies on another disk, or in a file system that knows no second names.
var errElsewhere = errors.New("place: the file cannot have a second name there")

// adopt links. It never replaces. A file that a directory has already is no copy
// for another: what damages the one would damage both.
func (d rootDisk) adopt(file, name string) error {
	if names(file) != 1 {
		return errElsewhere
	}
	if err := d.linkFrom(file, name); err != nil {
		return err
	}
	if names(file) != 2 { // two directories at the same time
		return errors.Join(errElsewhere, d.root.Remove(name))
	}
	return nil
}

// names counts the names that a file has.
func names(file string) uint64 {
	info, err := os.Lstat(file)
	if err != nil {
		return 0
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink)
	}
	return 0
}

func (d rootDisk) linkFrom(file, name string) error {
	dir, err := d.root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	err = unix.Linkat(unix.AT_FDCWD, file, int(dir.Fd()), path.Base(name), 0)
	switch {
	case errors.Is(err, fs.ErrExist):
		err = ErrExists
	case errors.Is(err, unix.EXDEV), errors.Is(err, unix.EPERM), errors.Is(err, unix.EMLINK),
		errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
		err = errElsewhere
	}
	return errors.Join(err, dir.Close())
}

// publish renames without ever replacing. File systems that cannot do that
// (NFS) can link, and the other way round (FAT).
func (d rootDisk) publish(dir, from, to string) error {
	at, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	fd := int(at.Fd())
	err = unix.Renameat2(fd, from, fd, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		err = d.link(path.Join(dir, from), path.Join(dir, to))
	}
	if errors.Is(err, fs.ErrExist) {
		err = ErrExists
	}
	return errors.Join(err, at.Close())
}

func (d rootDisk) link(from, to string) error {
	if err := d.root.Link(from, to); err != nil {
		return err
	}
	return d.root.Remove(from)
}

func (d rootDisk) sync(dir string) error {
	file, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// DeviceOf is the number of the disk that a path lies on.
func DeviceOf(path string) (uint64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("asking which disk %s is on: %w", path, err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, fmt.Errorf("this system does not say which disk %s is on", path)
	}
	return stat.Dev, nil
}

// Free is what the disk has left for its owner.
func (d *Dir) Free(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	root, err := d.root()
	if err != nil {
		return 0, err
	}
	var stat unix.Statfs_t
	err = errors.Join(unix.Statfs(d.path, &stat), root.Close())
	if err != nil {
		return 0, fmt.Errorf("asking what is free in %s: %w", d.path, err)
	}
	return bytesOf(stat.Bavail, uint64(stat.Bsize)), nil
}

// bytesOf multiplies blocks by their size; what is beyond counting is the most
// that can be counted.
func bytesOf(blocks, size uint64) int64 {
	if size != 0 && blocks > math.MaxInt64/size {
		return math.MaxInt64
	}
	return int64(blocks * size)
}
