package place

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"forecourt/hub/internal/platform/background"
)

// Check proves that a place takes an object under key, gives it back, refuses
// another of its name, lists it and lets it be removed; that it is locked is no
// fault. Give it a key that was never used. For starting up and for checking a
// configuration.
func Check(ctx context.Context, p Place, key string) error {
	const content = "forecourt"
	put := func() error { return p.Put(ctx, key, strings.NewReader(content), int64(len(content))) }
	if err := put(); err != nil {
		return fmt.Errorf("trying to store an object: %w", err)
	}
	same, err := Same(ctx, p, key, int64(len(content)), sha256.Sum256([]byte(content)))
	if err != nil {
		return fmt.Errorf("trying to read an object back: %w", err)
	}
	if !same {
		return fmt.Errorf("an object of %s came back as another", p.Where())
	}
	if err := put(); !errors.Is(err, ErrExists) {
		return fmt.Errorf("an object of %s could be overwritten: %w", p.Where(), err)
	}
	found, err := p.List(ctx, key)
	if err != nil {
		return fmt.Errorf("trying to list an object: %w", err)
	}
	if len(found) != 1 || found[0].Size != int64(len(content)) {
		return fmt.Errorf("%s lists %d objects of one", p.Where(), len(found))
	}
	if err := p.Delete(ctx, key); err != nil && !errors.Is(err, ErrLocked) {
		return fmt.Errorf("trying to remove an object: %w", err)
	}
	return nil
}

// PutFile stores a file that is on the disk whole and never changes again. A
// directory on the same disk gives it a second name, which costs nothing, if no
// other has done so; any other place stores a copy.
func PutFile(ctx context.Context, p Place, key string, f *os.File) error {
	if d, ok := p.(*Dir); ok {
		if err := d.take(ctx, key, f.Name()); !errors.Is(err, errElsewhere) {
			return err
		}
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("measuring %s: %w", key, err)
	}
	return p.Put(ctx, key, background.Read(f), info.Size())
}

// Same says whether what lies under a key is exactly size bytes of that
// SHA-256, by reading it. For a Put that was answered by ErrExists after
// another that failed: it may have been only the answer that was lost.
func Same(ctx context.Context, p Place, key string, size int64, sum [sha256.Size]byte) (same bool, err error) {
	object, err := p.Get(ctx, key)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	hash := sha256.New()
	n, err := io.Copy(hash, io.LimitReader(object, size+1))
	if err != nil {
		return false, err
	}
	return n == size && bytes.Equal(hash.Sum(nil), sum[:]), nil
}

// Tidy removes what a crash left half written at a place a day ago or longer,
// and counts it. Nothing of it was ever an object.
func Tidy(ctx context.Context, p Place) (removed int, err error) {
	if tidier, ok := p.(interface {
		Tidy(ctx context.Context) (removed int, err error)
	}); ok {
		return tidier.Tidy(ctx)
	}
	return 0, nil
}
