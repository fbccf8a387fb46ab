package objects

import (
	"errors"
	"os"
)

// disk is what Dir does to a file system: the steps a crash or a full disk can
// come between.
type disk interface {
	// mkdir makes one directory, or answers fs.ErrExist.
	mkdir(name string) error
	// write makes a file with that content, durable when it returns nil.
	write(name string, content []byte) error
	// rename puts a file in the place of another.
	rename(from, to string) error
	// sync makes the entries of a directory durable.
	sync(dir string) error
	// remove removes a file, or answers fs.ErrNotExist.
	remove(name string) error
}

// rootDisk is a directory that no name leads out of.
type rootDisk struct{ root *os.Root }

func (d rootDisk) mkdir(name string) error      { return d.root.Mkdir(name, dirMode) }
func (d rootDisk) rename(from, to string) error { return d.root.Rename(from, to) }
func (d rootDisk) remove(name string) error     { return d.root.Remove(name) }

func (d rootDisk) write(name string, content []byte) error {
	file, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func (d rootDisk) sync(dir string) error {
	file, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
