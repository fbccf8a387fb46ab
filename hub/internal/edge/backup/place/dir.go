package place

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
	"sync"
	"sync/atomic"
	"time"

	"forecourt/hub/internal/platform/background"
)

// Rights of what Dir makes: its owner's alone.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// Dir keeps objects as files under one directory.
//
// It remembers on which disk the directory lay when it was opened and refuses
// another one: a disk that was unplugged leaves an empty directory behind, and
// a backup written there would be on the data's own disk without a word.
//
// A file system that hangs, such as a network's, hangs the call with it: the
// system gives no way out. Reach another machine by SFTP.
type Dir struct {
	path   string
	device uint64
	now    func() time.Time
	disk   func(*os.Root) disk
	puts   atomic.Uint64 // names unfinished files
	// parents is held while directories are made for a file or removed after
	// one, so that none goes in between.
	parents sync.Mutex
}

// OpenDir opens the directory and makes it if there is none, with rights for
// its owner alone. It refuses one that others may read or write.
func OpenDir(dir string, now func() time.Time) (*Dir, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("making the directory of backups: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("looking at the directory of backups: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the directory of backups %s is open to others (%v); run chmod 700 on it", dir, info.Mode().Perm())
	}
	device, err := DeviceOf(dir)
	if err != nil {
		return nil, err
	}
	return &Dir{path: dir, device: device, now: now, disk: func(r *os.Root) disk { return rootDisk{r} }}, nil
}

// Device is the number of the disk that the directory lies on, to compare with
// that of the data.
func (d *Dir) Device() (uint64, error) { return DeviceOf(d.path) }

// Where is the directory's path.
func (d *Dir) Where() string { return d.path }

// Close does nothing: between calls a Dir holds nothing open.
func (d *Dir) Close() error { return nil }

// root opens the directory, if it is still on the disk it was on.
func (d *Dir) root() (*os.Root, error) {
	device, err := DeviceOf(d.path)
	if err != nil {
		return nil, err
	}
	if device != d.device {
		return nil, fmt.Errorf("another disk lies at %s than when it was opened: it was unplugged, or another one mounted", d.path)
	}
	return os.OpenRoot(d.path)
}

// Put stores an object: written beside its place, synced, moved there, and the
// directories synced that lead to it.
func (d *Dir) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	if err := checkPut(key, size); err != nil {
		return err
	}
	if err := d.put(key, within{ctx, &exact{r, size}}); err != nil {
		return fmt.Errorf("storing %s in %s: %w", key, d.path, err)
	}
	return nil
}

func (d *Dir) put(key string, r io.Reader) (err error) {
	root, err := d.root()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	disk := d.disk(root)
	if _, err := root.Lstat(key); err == nil {
		return ErrExists
	}
	file, half, err := d.create(disk, key)
	if err != nil {
		return errors.Join(err, d.clear(disk, half))
	}
	if err := fill(file, r); err != nil {
		return errors.Join(err, d.clear(disk, half))
	}
	if err := disk.publish(path.Dir(key), path.Base(half), path.Base(key)); err != nil {
		return errors.Join(err, d.clear(disk, half))
	}
	return d.settle(disk, key)
}

// settle makes the name of an object durable, or takes it back.
func (d *Dir) settle(disk disk, key string) error {
	if err := disk.sync(path.Dir(key)); err != nil {
		return errors.Join(err, d.clear(disk, key))
	}
	return nil
}

// take stores a file of this machine, which is on the disk whole, by giving it a
// second name. It answers errElsewhere where that cannot be.
func (d *Dir) take(ctx context.Context, key, file string) (err error) {
	if err := errors.Join(checkKey(key), ctx.Err()); err != nil {
		return err
	}
	root, err := d.root()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	disk := d.disk(root)
	if err := d.adopt(disk, key, file); err != nil {
		d.prune(disk, key)
		return err
	}
	return d.settle(disk, key)
}

// adopt makes the directories of a key and gives a file its name there.
func (d *Dir) adopt(disk disk, key, file string) error {
	d.parents.Lock()
	defer d.parents.Unlock()
	if err := makeParents(disk, key); err != nil {
		return err
	}
	return disk.adopt(file, key)
}

// create makes the directories of a key and the file to write it to at first.
func (d *Dir) create(disk disk, key string) (file diskFile, half string, err error) {
	d.parents.Lock()
	defer d.parents.Unlock()
	if err := makeParents(disk, key); err != nil {
		return nil, "", err
	}
	for {
		half = path.Join(path.Dir(key), unfinished+strconv.FormatUint(d.puts.Add(1), 10)+"-"+path.Base(key))
		file, err = disk.create(half)
		if !errors.Is(err, fs.ErrExist) { // left by a crash, or being written by another process
			return file, half, err
		}
	}
}

// makeParents makes the directories of a key that are not there yet, each
// durable in the one above before the next.
func makeParents(disk disk, key string) error {
	for i, c := range key {
		if c != '/' {
			continue
		}
		err := disk.mkdir(key[:i])
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := disk.sync(path.Dir(key[:i])); err != nil {
			return err
		}
	}
	return nil
}

// fill writes r to a file and makes it durable.
func fill(file diskFile, r io.Reader) error {
	_, err := io.Copy(file, r)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// clear removes what a failure left, so that nobody takes it for an object, and
// the directories that it leaves empty.
func (d *Dir) clear(disk disk, name string) error {
	if name == "" {
		return nil
	}
	if err := disk.remove(context.Background(), name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	d.prune(disk, name)
	return nil
}

// prune removes the directories above name that are empty.
func (d *Dir) prune(disk disk, name string) {
	d.parents.Lock()
	defer d.parents.Unlock()
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if disk.rmdir(dir) != nil { // not empty, most likely
			return
		}
	}
}

// Get opens an object.
func (d *Dir) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := errors.Join(checkKey(key), ctx.Err()); err != nil {
		return nil, err
	}
	file, err := d.open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s in %s", ErrNotFound, key, d.path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s in %s: %w", key, d.path, err)
	}
	quiet := background.Read(file)
	return struct {
		io.Reader
		io.Closer
	}{within{ctx, quiet}, quiet}, nil
}

// open opens a regular file: anything else is no object, and a pipe would hang.
func (d *Dir) open(key string) (file *os.File, err error) {
	root, err := d.root()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	info, err := root.Lstat(key)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	return root.Open(key)
}

// Delete removes an object, and the directories that it leaves empty.
func (d *Dir) Delete(ctx context.Context, key string) error {
	if err := errors.Join(checkKey(key), ctx.Err()); err != nil {
		return err
	}
	if err := d.remove(ctx, key); err != nil {
		return fmt.Errorf("removing %s in %s: %w", key, d.path, err)
	}
	return nil
}

func (d *Dir) remove(ctx context.Context, key string) (err error) {
	root, err := d.root()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	disk := d.disk(root)
	err = disk.remove(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// Somebody else may have removed the last of the directory meanwhile.
	if err := disk.sync(path.Dir(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	d.prune(disk, key)
	return nil
}

// List lists objects.
func (d *Dir) List(ctx context.Context, prefix string) ([]Object, error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	var found []Object
	err := d.walk(ctx, above(prefix), func(_ *os.Root, name string, info fs.FileInfo) error {
		if !strings.HasPrefix(name, prefix) || checkKey(name) != nil {
			return nil
		}
		if len(found) == maxListed {
			return ErrTooMany
		}
		found = append(found, Object{name, info.Size(), info.ModTime()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", d.path, err)
	}
	return ascending(found), nil
}

// Tidy removes what a crash left half written, and counts it.
func (d *Dir) Tidy(ctx context.Context) (removed int, err error) {
	now := d.now()
	err = d.walk(ctx, ".", func(root *os.Root, name string, info fs.FileInfo) error {
		if !strings.HasPrefix(path.Base(name), unfinished) || now.Sub(info.ModTime()) < unfinishedAge {
			return nil
		}
		removed++
		return d.clear(d.disk(root), name)
	})
	if err != nil {
		return removed, fmt.Errorf("tidying %s: %w", d.path, err)
	}
	return removed, nil
}
