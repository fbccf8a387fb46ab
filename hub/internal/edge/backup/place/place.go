// Package place is where backups are kept: a directory of this machine or of
// another disk (Dir), a bucket of an S3 store (S3), a directory reached by SFTP
// (SFTP). Every one of them keeps the contract of Place:
//
//   - An object is there whole or not at all, and after Put it is durable.
//   - It is written once: a key that is taken is never overwritten.
//   - Keys are checked before they are used: letters, digits, ".", "-" and "_",
//     in parts separated by "/". No key leads out of the place.
//   - Objects are streamed: none is ever held in memory.
//   - A call to another machine ends when its context does, and by itself when
//     nothing has moved for a while (ErrStalled).
//
// What lies there is sealed and signed by whoever puts it; this package adds
// nothing to that and trusts no place: reading back what was stored and
// comparing it is the reader's business.
package place

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// What a place may answer.
var (
	// ErrNotFound says that nothing lies under a key.
	ErrNotFound = errors.New("place: no such object")
	// ErrExists says that a key is taken.
	ErrExists = errors.New("place: there is an object of that name already")
	// ErrLocked says that an object cannot be removed before its time.
	ErrLocked = errors.New("place: the object is locked")
	// ErrKey says that a key cannot be the name of an object.
	ErrKey = errors.New("place: not a key")
	// ErrSize says that an object has another size than was said.
	ErrSize = errors.New("place: another size than was said")
	// ErrStalled says that nothing moved for too long.
	ErrStalled = errors.New("place: nothing has moved for too long")
	// ErrTooMany says that more lies there than can be listed.
	ErrTooMany = errors.New("place: too many objects")
)

const (
	// DefaultStall is how long nothing may move before a call to another
	// machine is given up. A line of a station's kind comes back within it or
	// not at all.
	DefaultStall = time.Minute
	// MaxKey bounds a key, in bytes.
	MaxKey = 200
	// MaxObject bounds an object: what an S3 store takes in one request, 5 GiB
	// (Amazon S3 User Guide, "Uploading objects").
	MaxObject = 5 << 30
	// maxListed bounds a list. The log makes an object a minute at most, half
	// a million in the year that backups are kept.
	maxListed = 2_000_000
	// unfinished begins the name of a file that is being written. No key has a
	// part that begins like that, so none is ever taken for an object.
	unfinished = ".put-"
	// unfinishedAge is how old an unfinished file is when nobody can still be
	// writing it: the largest object on the slowest of lines.
	unfinishedAge = 24 * time.Hour
)

// Object is what a place says of an object.
type Object struct {
	// Key is its name there.
	Key string
	// Size is its length in bytes.
	Size int64
	// At is when it was stored, by the place's clock.
	At time.Time
}

// Place keeps objects under keys. It is safe for concurrent use.
type Place interface {
	// Put stores exactly size bytes of r, which must hold neither fewer nor
	// more (ErrSize): whole or not at all, durable on return. ErrExists if the
	// key is taken. After any other error the object may be there whole all the
	// same, when it was only the answer that was lost; see Same.
	Put(ctx context.Context, key string, r io.Reader, size int64) error
	// Get opens an object from its beginning. The caller closes it. The context
	// holds for the reading too. ErrNotFound.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// List lists the objects whose keys begin with prefix, ascending by key;
	// unfinished ones are not among them. ErrTooMany.
	List(ctx context.Context, prefix string) ([]Object, error)
	// Delete removes an object; one that is not there is no error. ErrLocked.
	Delete(ctx context.Context, key string) error
	// Free is how many bytes are free, -1 when the place cannot say.
	Free(ctx context.Context) (int64, error)
	// Where says where it is, for an operator, without a secret.
	Where() string
	// Close gives back what the place holds. Objects that are being read are
	// closed by their readers.
	Close() error
}

var (
	_ Place = (*Dir)(nil)
	_ Place = (*S3)(nil)
	_ Place = (*SFTP)(nil)
)

// checkKey refuses what is not made of plain parts.
func checkKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return fmt.Errorf("%w: %d bytes", ErrKey, len(key))
	}
	for part := range strings.SplitSeq(key, "/") {
		if !plainPart(part) {
			return fmt.Errorf("%w: %q", ErrKey, key)
		}
	}
	return nil
}

// checkPrefix refuses what no key begins with. Nothing begins every key.
func checkPrefix(prefix string) error {
	whole := strings.TrimSuffix(prefix, "/")
	if prefix == "" {
		return nil
	}
	return checkKey(whole)
}

// checkPut refuses what Put cannot store.
func checkPut(key string, size int64) error {
	if size < 0 || size > MaxObject {
		return fmt.Errorf("%w: %d bytes cannot be stored as one object", ErrSize, size)
	}
	return checkKey(key)
}

func plainPart(part string) bool {
	return part != "" && part[0] != '.' && !strings.ContainsFunc(part, strange)
}

// strange says whether a character may not be in a key.
func strange(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '.' && r != '-' && r != '_'
}

// above is the directory part of a prefix, "." for none: where what begins with
// it lies.
func above(prefix string) string {
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		return prefix[:i]
	}
	return "."
}
