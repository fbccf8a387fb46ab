package place

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
)

// Put stores an object, on the condition that there is none of its name, and
// asks the store what it holds then. It does not read r any more when it
// returns.
func (s *S3) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	if err := checkPut(key, size); err != nil {
		return err
	}
	w := newWatch(ctx, s.o.Stall)
	defer w.stop()
	if err := s.put(w, key, r, size); err != nil {
		return fmt.Errorf("storing %s in %s: %w", key, s.Where(), explain(w.why(err)))
	}
	return nil
}

func (s *S3) put(w *watch, key string, r io.Reader, size int64) error {
	// Asked beforehand too: it spares sending what would be refused, and not
	// every store knows the condition.
	if err := s.vacant(w, key); err != nil {
		return err
	}
	if err := s.send(w, key, r, size); err != nil {
		return err
	}
	w.moved()
	stored, err := s.find(w.ctx, key)
	if err != nil {
		return fmt.Errorf("the store took it, and then: %w", err)
	}
	if stored.Size != size {
		err := fmt.Errorf("%w: the store took %d bytes and holds %d", ErrSize, size, stored.Size)
		return errors.Join(err, s.remove(w, key))
	}
	return nil
}

// vacant answers ErrExists if the key is taken, and an error if the bucket
// does not lock although it should.
func (s *S3) vacant(w *watch, key string) error {
	if s.o.LockDays > 0 && !s.locks.Load() {
		state, _, _, _, err := s.core.GetObjectLockConfig(w.ctx, s.o.Bucket)
		if err != nil {
			return fmt.Errorf("asking whether the bucket locks objects: %w", err)
		}
		if state != "Enabled" {
			return errors.New("the bucket does not lock objects")
		}
		s.locks.Store(true)
	}
	w.moved()
	_, err := s.find(w.ctx, key)
	w.moved()
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil {
		return ErrExists
	}
	return err
}

// send stores an object in one request, on the condition that there is none. A
// store that knows no conditions is remembered and asked again without, if r
// can be read again.
func (s *S3) send(w *watch, key string, r io.Reader, size int64) error {
	seeker, again := r.(io.Seeker)
	var start int64
	if again {
		var err error
		if start, err = seeker.Seek(0, io.SeekCurrent); err != nil {
			again = false // a pipe has the method and cannot do it
		}
	}
	simple := s.simple.Load()
	err := s.sendOnce(w, key, r, size)
	if code(err) != minio.NotImplemented || simple {
		return err
	}
	s.simple.Store(true)
	if !again {
		return err
	}
	if _, err := seeker.Seek(start, io.SeekStart); err != nil {
		return err
	}
	return s.sendOnce(w, key, r, size)
}

func (s *S3) sendOnce(w *watch, key string, r io.Reader, size int64) error {
	o := minio.PutObjectOptions{ContentType: "application/octet-stream"}
	if !s.simple.Load() {
		o.SetMatchETagExcept("*")
	}
	var sum string
	if s.o.LockDays > 0 {
		o.Mode = minio.Compliance
		o.RetainUntilDate = s.now().UTC().AddDate(0, 0, s.o.LockDays).Truncate(time.Second)
		file, md5, err := spool(r, size)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		r, sum = file, md5
	}
	body := &sending{r: &exact{r, size}, w: w}
	if size == 0 { // no body, which nobody would read
		if _, err := body.Read(make([]byte, 1)); err != io.EOF {
			return err
		}
		o.DisableContentSha256 = true // a signature of its pieces needs one too
	}
	_, err := s.core.PutObject(w.ctx, s.o.Bucket, s.o.Prefix+key, body, size, sum, "", o)
	err = body.finish(err)
	if status(err) == http.StatusPreconditionFailed {
		return ErrExists
	}
	return err
}

// spool copies r to a file without a name and sums it up: a store wants to know
// the sum of what it locks before it sees it (Amazon S3 API Reference,
// "PutObject": Content-MD5 is required with retention).
func spool(r io.Reader, size int64) (file *os.File, sum string, err error) {
	file, err = os.CreateTemp("", "forecourt-backup-")
	if err != nil {
		return nil, "", fmt.Errorf("making a temporary file: %w", err)
	}
	hash := md5.New() //nolint:gosec // the store's choice, against damage on the way
	err = os.Remove(file.Name())
	if err == nil {
		_, err = io.Copy(io.MultiWriter(file, hash), &exact{r, size})
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("copying to a temporary file: %w", err), file.Close())
	}
	return file, base64.StdEncoding.EncodeToString(hash.Sum(nil)), nil
}
