package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"syscall"

	"forecourt/hub/internal/edge/backup/place"
)

// errDown is what an unruly place says when it is down.
var errDown = errors.New("nobody answers")

// unruly is a place that misbehaves when it is told to.
type unruly struct {
	place.Place

	mu   sync.Mutex
	ways map[string]bool
}

// The ways in which a place may misbehave.
const (
	down     = "down"     // every call fails
	hangs    = "hangs"    // every call lasts until its context ends
	full     = "full"     // nothing can be stored
	lies     = "lies"     // what is stored is not what was said
	forgets  = "forgets"  // what is read is not what was stored
	keepsAll = "keepsAll" // nothing can be removed
	locks    = "locks"    // nothing can be removed before its time
)

func (u *unruly) set(ways ...string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ways = map[string]bool{}
	for _, way := range ways {
		u.ways[way] = true
	}
}

func (u *unruly) is(way string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.ways[way]
}

// answers fails or hangs if it is to.
func (u *unruly) answers(ctx context.Context) error {
	if u.is(hangs) {
		<-ctx.Done()
		return ctx.Err()
	}
	if u.is(down) {
		return errDown
	}
	return nil
}

// Put stores, or does not.
func (u *unruly) Put(ctx context.Context, key string, r io.Reader, size int64) error {
	if err := u.answers(ctx); err != nil {
		return err
	}
	if u.is(full) {
		return syscall.ENOSPC
	}
	if u.is(lies) && strings.Contains(key, "database") {
		r = bytes.NewReader(make([]byte, size))
	}
	return u.Place.Put(ctx, key, r, size)
}

// Get reads, or something else.
func (u *unruly) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := u.answers(ctx); err != nil {
		return nil, err
	}
	r, err := u.Place.Get(ctx, key)
	if err == nil && u.is(forgets) && strings.Contains(key, "database") {
		return other{r}, nil
	}
	return r, err
}

// other is something else than what is read.
type other struct{ io.ReadCloser }

// Read reads and alters.
func (o other) Read(b []byte) (int, error) {
	n, err := o.ReadCloser.Read(b)
	for i := range b[:n] {
		b[i] ^= 1
	}
	return n, err
}

// List lists.
func (u *unruly) List(ctx context.Context, prefix string) ([]place.Object, error) {
	if err := u.answers(ctx); err != nil {
		return nil, err
	}
	return u.Place.List(ctx, prefix)
}

// Delete removes, or not.
func (u *unruly) Delete(ctx context.Context, key string) error {
	if err := u.answers(ctx); err != nil {
		return err
	}
	switch {
	case u.is(keepsAll):
		return errors.New("that is not allowed here")
	case u.is(locks):
		return place.ErrLocked
	}
	return u.Place.Delete(ctx, key)
}

// Close closes nothing: the test goes on with it.
func (u *unruly) Close() error { return nil }

// withUnruly adds a place that misbehaves when it is told to.
func (h *house) withUnruly(name string) *unruly {
	h.t.Helper()
	s := h.spot(name)
	at, err := s.Open()
	if err != nil {
		h.t.Fatal(err)
	}
	u := &unruly{Place: at}
	s.Open = func() (place.Place, error) { return u, nil }
	h.deps.Spots = append(h.deps.Spots, s)
	h.keep()
	return u
}
