package place

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
)

// walk calls each for every regular file below base. Directories that are no
// part of a key are left out: a disk has its own, such as lost+found. What goes
// away meanwhile is passed over.
func (d *Dir) walk(ctx context.Context, base string, each func(root *os.Root, name string, info fs.FileInfo) error) (err error) {
	root, err := d.root()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return fs.WalkDir(root.FS(), base, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if entry.IsDir() && name != "." && !plainPart(entry.Name()) {
			return fs.SkipDir
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return each(root, name, info)
	})
}

// ascending sorts objects by key.
func ascending(objects []Object) []Object {
	slices.SortFunc(objects, func(a, b Object) int { return cmp.Compare(a.Key, b.Key) })
	return objects
}
