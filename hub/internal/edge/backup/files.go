package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Rights of what is made here: the owner's alone.
const (
	dirMode  = 0o700
	fileMode = 0o600
)

// writeFile writes a small file so that it is there whole or not at all, also
// after a power cut.
func writeFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-") // made with mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // moved or not, this name goes
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// writeJSON and readJSON keep a value in a file. A file that is missing leaves
// the value as it is; one that cannot be read is told of.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return writeFile(path, text)
}

func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

// lock takes the directory's lock for a job, or answers ErrBusy: a command and
// the hub never work at the same time. It ends with the process.
func lock(path string) (*os.File, error) { return lockFile(path, unix.LOCK_EX|unix.LOCK_NB) }

func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, fileMode)
	if err != nil {
		return nil, fmt.Errorf("locking the backups: %w", err)
	}
	for {
		err = unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrBusy
	}
	return nil, fmt.Errorf("locking the backups: %w", err)
}

// syncAll makes all that was written to a directory's disk durable, as its
// files were not made by this program.
func syncAll(dir string) error {
	d, err := os.Open(dir)
	if err == nil {
		err = errors.Join(unix.Syncfs(int(d.Fd())), d.Close())
	}
	if err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return nil
}

// free is how many bytes are free where a directory lies.
func free(dir string) (int64, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("asking for free space at %s: %w", dir, err)
	}
	return int64(disk.Bavail) * disk.Bsize, nil
}

// room refuses work that needs so many bytes beside reserveBytes.
func (k *Keeper) room(dir string, needs int64) error {
	has, err := k.free(dir)
	if err != nil {
		return err
	}
	if has < needs+reserveBytes {
		return fmt.Errorf("%w at %s: %d MiB are free, %d are needed and %d stay for the database",
			ErrNoRoom, dir, has>>20, needs>>20, int64(reserveBytes)>>20)
	}
	return nil
}

// reserveBytes stays free on the data's disk whatever a backup needs: the
// station's database needs it to go on selling.
const reserveBytes = 512 << 20

// sizeOf adds up the files below a directory.
func sizeOf(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			if errors.Is(err, os.ErrNotExist) {
				return nil // a temporary file that has gone meanwhile
			}
			return err
		}
		if info, err := e.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum, err
}
