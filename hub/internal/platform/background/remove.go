package background

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"forecourt/hub/internal/platform/clock"
)

// A large file is cut down by cutBytes at a time, and between two cuts lies a
// rest, in which the journal frees that much and no more.
const (
	cutBytes = 8 << 20
	cutRest  = 12 * time.Millisecond
)

// Empty cuts a file down to nothing, bit by bit, before it is removed. One that
// has another name elsewhere stays as it is: to remove this name frees nothing.
// What cannot be cut, or is left when ctx ends, goes when the file is removed.
func Empty(ctx context.Context, f *os.File) {
	info, err := f.Stat()
	if err != nil {
		return
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || stat.Nlink > 1 {
		return
	}
	for size := info.Size() - cutBytes; size > 0; size -= cutBytes {
		if f.Truncate(size) != nil || clock.Sleep(ctx, cutRest) != nil {
			return
		}
	}
}

// RemoveAll is os.RemoveAll for what is large. When ctx ends the rest goes at
// once.
func RemoveAll(ctx context.Context, path string) error {
	_ = filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // RemoveAll says what cannot be removed
		}
		if f, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil {
			Empty(ctx, f)
			_ = f.Close()
		}
		return nil
	})
	return os.RemoveAll(path)
}
