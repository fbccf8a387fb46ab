// Package objects is where media's objects lie: a directory (Dir) or a bucket
// of an S3 store (S3). Both keep the contract of media.Objects:
//
//   - An object is there whole or not at all. After Put it is durable.
//   - A key is checked before it is used: letters, digits, ".", "-" and "_",
//     in parts separated by "/". No key leads out of the directory.
//   - A call ends in bounded time.
//
// What lies there is sealed by whoever puts it; this package adds nothing to
// that and knows nothing of it.
package objects

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"forecourt/hub/internal/domain/media"
)

// maxKey bounds a key, in bytes.
const maxKey = 200

// ErrKey says that a key cannot be the name of an object.
var ErrKey = errors.New("objects: not a key")

var (
	_ media.Objects = (*Dir)(nil)
	_ media.Objects = (*S3)(nil)
)

// checkKey refuses what is not made of plain parts.
func checkKey(key string) error {
	if key == "" || len(key) > maxKey {
		return fmt.Errorf("%w: %d bytes", ErrKey, len(key))
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part[0] == '.' || strings.ContainsFunc(part, strange) {
			return fmt.Errorf("%w: %q", ErrKey, key)
		}
	}
	return nil
}

// strange says whether a character may not be in a key.
func strange(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '.' && r != '-' && r != '_'
}

// Check proves that a place takes an object, gives it back and lets it be
// removed. For starting up and for checking a configuration.
func Check(ctx context.Context, place media.Objects) error {
	const key, content = "check/written-at-start", "forecourt"
	if err := place.Put(ctx, key, []byte(content)); err != nil {
		return fmt.Errorf("trying to store an object: %w", err)
	}
	got, err := place.Get(ctx, key, int64(len(content)))
	if err != nil {
		return fmt.Errorf("trying to read an object back: %w", err)
	}
	if string(got) != content {
		return fmt.Errorf("an object came back as %d other bytes", len(got))
	}
	if err := place.Delete(ctx, key); err != nil {
		return fmt.Errorf("trying to remove an object: %w", err)
	}
	return nil
}
