package place

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/minio/minio-go/v7"
)

// lockedUntil is the head in which a store says how long an object is locked.
const lockedUntil = "X-Amz-Object-Lock-Retain-Until-Date"

// maxWords bounds what is repeated of a store's words, in bytes.
const maxWords = 400

// Get opens an object.
func (s *S3) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	w := newWatch(ctx, s.o.Stall)
	object, err := s.get(w, key)
	if err != nil {
		err = explain(w.why(err))
		w.stop()
		return nil, fmt.Errorf("reading %s in %s: %w", key, s.Where(), err)
	}
	w.pause()
	return object, nil
}

func (s *S3) get(w *watch, key string) (*opened, error) {
	var o minio.GetObjectOptions
	if s.o.LockDays > 0 {
		first, err := s.find(w.ctx, key)
		if err != nil {
			return nil, err
		}
		o.VersionID = first.VersionID
	}
	w.moved()
	body, info, _, err := s.core.GetObject(w.ctx, s.o.Bucket, s.o.Prefix+key, o)
	if code(err) == minio.NoSuchKey {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return &opened{r: body, left: info.Size, w: w, close: func(error) error { return body.Close() }}, nil
}

// find says what lies under a key, or ErrNotFound. With a lock it is what was
// put there first.
func (s *S3) find(ctx context.Context, key string) (minio.ObjectInfo, error) {
	if s.o.LockDays == 0 {
		info, err := s.core.StatObject(ctx, s.o.Bucket, s.o.Prefix+key, minio.StatObjectOptions{})
		if code(err) == minio.NoSuchKey {
			return info, ErrNotFound
		}
		return info, err
	}
	versions, err := s.versions(ctx, key)
	for i := len(versions) - 1; err == nil && i >= 0; i-- {
		if !versions[i].IsDeleteMarker {
			return versions[i], nil
		}
	}
	if err == nil {
		err = ErrNotFound
	}
	return minio.ObjectInfo{}, err
}

// versions lists all that was ever put under a key or hid it, the newest first.
func (s *S3) versions(ctx context.Context, key string) ([]minio.ObjectInfo, error) {
	var found []minio.ObjectInfo
	err := s.each(ctx, key, func(name string, info minio.ObjectInfo) error {
		if name == key {
			found = append(found, info)
		}
		return nil
	})
	return found, err
}

// each calls f for every object whose key begins with prefix, ascending by key;
// with a lock for every version of each, the newest first.
func (s *S3) each(ctx context.Context, prefix string, f func(key string, info minio.ObjectInfo) error) error {
	seen := 0
	for info := range s.core.ListObjectsIter(ctx, s.o.Bucket, minio.ListObjectsOptions{
		Prefix: s.o.Prefix + prefix, Recursive: true, WithVersions: s.o.LockDays > 0,
	}) {
		if info.Err != nil {
			return info.Err
		}
		if seen++; seen > maxListed {
			return ErrTooMany
		}
		key, below := strings.CutPrefix(info.Key, s.o.Prefix)
		if !below || checkKey(key) != nil {
			continue // somebody else's
		}
		if err := f(key, info); err != nil {
			return err
		}
	}
	return context.Cause(ctx) // the list ends without a word when the context does
}

// List lists objects.
func (s *S3) List(ctx context.Context, prefix string) ([]Object, error) {
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	w := newWatch(ctx, s.o.Stall)
	defer w.stop()
	var found []Object
	err := s.each(w.ctx, prefix, func(key string, info minio.ObjectInfo) error {
		w.moved()
		if info.IsDeleteMarker {
			return nil
		}
		if last := len(found) - 1; last >= 0 && found[last].Key == key {
			found = found[:last] // an older version: what was put there before
		}
		found = append(found, Object{key, info.Size, info.LastModified})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", s.Where(), explain(w.why(err)))
	}
	return ascending(found), nil
}

// Delete removes an object.
func (s *S3) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	w := newWatch(ctx, s.o.Stall)
	defer w.stop()
	if err := s.remove(w, key); err != nil {
		return fmt.Errorf("removing %s in %s: %w", key, s.Where(), explain(w.why(err)))
	}
	return nil
}

// remove removes an object; with a lock every version of it, the first last, so
// that none that was put over it ever takes its place.
func (s *S3) remove(w *watch, key string) error {
	if s.o.LockDays == 0 {
		return s.removeVersion(w, key, "")
	}
	versions, err := s.versions(w.ctx, key)
	for _, v := range versions {
		if err != nil {
			break
		}
		w.moved()
		err = s.removeVersion(w, key, v.VersionID)
	}
	return err
}

func (s *S3) removeVersion(w *watch, key, version string) error {
	err := s.core.RemoveObject(w.ctx, s.o.Bucket, s.o.Prefix+key, minio.RemoveObjectOptions{VersionID: version})
	if err == nil || code(err) == minio.NoSuchKey || code(err) == minio.NoSuchVersion {
		return nil
	}
	if status(err) == 0 || s.o.LockDays == 0 {
		return err
	}
	w.moved()
	info, asking := s.core.StatObject(w.ctx, s.o.Bucket, s.o.Prefix+key, minio.StatObjectOptions{VersionID: version})
	if until := info.Metadata.Get(lockedUntil); asking == nil && until != "" {
		return fmt.Errorf("%w until %s: %w", ErrLocked, until, err)
	}
	return errors.Join(err, asking)
}

// status is the HTTP status of a store's answer, 0 if it was not the store that
// answered.
func status(err error) int {
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		return answer.StatusCode
	}
	return 0
}

// code is the store's word for an error, "" if it was not the store that
// answered.
func code(err error) string {
	var answer minio.ErrorResponse
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}

// refusal is a store's answer with its HTTP status, and of its words as many as
// anybody reads: a gateway before it may have sent a page.
type refusal struct {
	error
	status int
}

func (r refusal) Error() string {
	text := r.error.Error()
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "") + "..."
	}
	return fmt.Sprintf("%s (HTTP %d)", text, r.status)
}

func (r refusal) Unwrap() error { return r.error }

// explain adds to a store's answer what it leaves out.
func explain(err error) error {
	if n := status(err); n != 0 {
		return refusal{err, n}
	}
	return err
}
