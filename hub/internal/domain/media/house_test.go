package media_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// start is a morning in Shanghai.
var start = time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC)

// shelf keeps objects in memory. What refuse answers for, fails.
type shelf struct {
	mu      sync.Mutex
	objects map[string][]byte
	refuse  func(what, key string) error
	wait    func() // before anything is put
}

func (s *shelf) may(what, key string) error {
	if s.refuse == nil {
		return nil
	}
	return s.refuse(what, key)
}

func (s *shelf) Put(_ context.Context, key string, content []byte) error {
	if s.wait != nil {
		s.wait()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.may("put", key); err != nil {
		return err
	}
	s.objects[key] = slices.Clone(content)
	return nil
}

func (s *shelf) Get(_ context.Context, key string, limit int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.may("get", key); err != nil {
		return nil, err
	}
	content, ok := s.objects[key]
	switch {
	case !ok:
		return nil, fmt.Errorf("%w: %s", media.ErrNoObject, key)
	case int64(len(content)) > limit:
		return nil, media.ErrTooLarge
	}
	return slices.Clone(content), nil
}

func (s *shelf) Delete(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.may("delete", key); err != nil {
		return err
	}
	delete(s.objects, key)
	return nil
}

// keys lists what lies there.
func (s *shelf) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.objects))
}

// house is a Store with what it works on.
type house struct {
	*media.Store
	t     *testing.T
	db    *mysql.DB
	keys  *keyring.Ring
	shelf *shelf
	owner media.Owner
	mu    sync.Mutex
	clock time.Time
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, db: mysqltest.New(t), clock: start, shelf: &shelf{objects: map[string][]byte{}}}
	ids := id.NewMaker(h.now, rand.Reader)
	who := id.New[id.Member](ids)
	h.owner = media.Owner{Station: id.New[id.Station](ids), Thread: id.New[id.Thread](ids), Subject: who, Member: who}
	h.keys = keyringtest.New(t, h.db)
	h.tx(func(ctx context.Context, tx *mysql.Tx) error {
		_, err := h.keys.NewMemberKey(ctx, tx, who)
		return err
	})
	h.Store = media.New(media.Deps{DB: h.db, Keys: h.keys, Objects: h.shelf, Random: rand.Reader, Now: h.now, IDs: ids})
	return h
}

// tx runs do in a transaction and fails the test if that is refused.
func (h *house) tx(do func(ctx context.Context, tx *mysql.Tx) error) {
	h.t.Helper()
	if err := h.db.InTx(h.t.Context(), "testing", do); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// put uploads and fails the test if that is refused.
func (h *house) put(content []byte) wire.Media {
	h.t.Helper()
	m, err := h.Put(h.t.Context(), h.owner, content)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// read reads back and fails the test if that is refused.
func (h *house) read(m wire.Media, thumb bool) (content []byte, mime string) {
	h.t.Helper()
	content, mime, err := h.Read(h.t.Context(), m.ID, thumb)
	if err != nil {
		h.t.Fatal(err)
	}
	return content, mime
}

// use marks an upload as used.
func (h *house) use(m id.Media) error {
	return h.db.InTx(h.t.Context(), "using", func(ctx context.Context, tx *mysql.Tx) error { return h.Use(ctx, tx, m) })
}

// sweep sweeps until nothing is left to do and counts.
func (h *house) sweep() int {
	h.t.Helper()
	total := 0
	for {
		n, err := h.Sweep(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		if n == 0 {
			return total
		}
		total += n
	}
}

// rows counts the rows of a table.
func (h *house) rows(table string) (n int) {
	h.t.Helper()
	if err := h.db.GetContext(h.t.Context(), &n, "SELECT COUNT(*) FROM "+table); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// errFull is what a shelf that takes nothing says.
var errFull = errors.New("no space left")
