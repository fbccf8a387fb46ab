package place

import (
	"context"
	"errors"
	"syscall"
)

// faultyDisk is a disk whose steps fail as a full or dying disk's do, when
// fails says so. A write that fails has left half of what it was given.
type faultyDisk struct {
	disk
	fails func() bool
}

func (d faultyDisk) mkdir(name string) error {
	if d.fails() {
		return syscall.ENOSPC
	}
	return d.disk.mkdir(name)
}

func (d faultyDisk) create(name string) (diskFile, error) {
	if d.fails() {
		return nil, syscall.ENOSPC
	}
	file, err := d.disk.create(name)
	if err != nil {
		return nil, err
	}
	return faultyFile{file, d.fails}, nil
}

func (d faultyDisk) publish(dir, from, to string) error {
	if d.fails() {
		return syscall.ENOSPC
	}
	return d.disk.publish(dir, from, to)
}

func (d faultyDisk) sync(dir string) error {
	if d.fails() {
		return syscall.EIO
	}
	return d.disk.sync(dir)
}

func (d faultyDisk) adopt(file, name string) error {
	if d.fails() {
		return syscall.ENOSPC
	}
	return d.disk.adopt(file, name)
}

func (d faultyDisk) remove(ctx context.Context, name string) error {
	if d.fails() {
		return syscall.EIO
	}
	return d.disk.remove(ctx, name)
}

func (d faultyDisk) rmdir(name string) error {
	if d.fails() {
		return syscall.EIO
	}
	return d.disk.rmdir(name)
}

type faultyFile struct {
	diskFile
	fails func() bool
}

func (f faultyFile) Write(p []byte) (int, error) {
	if f.fails() {
		n, err := f.diskFile.Write(p[:len(p)/2])
		return n, errors.Join(syscall.ENOSPC, err)
	}
	return f.diskFile.Write(p)
}

func (f faultyFile) Sync() error {
	if f.fails() {
		return syscall.EIO
	}
	return f.diskFile.Sync()
}

func (f faultyFile) Close() error {
	if f.fails() {
		return errors.Join(syscall.EIO, f.diskFile.Close())
	}
	return f.diskFile.Close()
}
