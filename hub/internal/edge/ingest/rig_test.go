package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errAway = errors.New("the database is away")

// store is a database of facts: it commits what follows, all of it or nothing.
type store struct {
	mu       sync.Mutex
	position uint64
	taken    []flow.Fact
	batches  []int
	away     bool
	gate     chan struct{} // when set, a commit waits for it
	wants    uint64
}

func (s *store) Acked(context.Context, flow.Source) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return 0, errAway
	}
	return s.position, nil
}

func (s *store) TakeFacts(_ context.Context, _ flow.Source, facts []flow.Fact) (uint64, error) {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	if gate != nil {
		<-gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return 0, errAway
	}
	s.batches = append(s.batches, len(facts))
	for _, f := range facts {
		if f.Seq <= s.position {
			continue
		}
		if f.Seq != s.position+1 {
			return s.position, fmt.Errorf("%w: %d after %d", flow.ErrFactOrder, f.Seq, s.position)
		}
		s.position = f.Seq
		s.taken = append(s.taken, f)
	}
	return s.position, nil
}

func (s *store) Want(context.Context, id.Station) (wire.Want, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return wire.Want{}, errAway
	}
	s.wants++
	return wire.Want{Rev: s.wants}, nil
}

// committed is the last fact that is in.
func (s *store) committed() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.position
}

func (s *store) set(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// tray is a board that remembers.
type tray struct {
	mu       sync.Mutex
	statuses []wire.Status
	at       []time.Time
	away     int
}

func (b *tray) Report(_ context.Context, at time.Time, s wire.Status) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.statuses, b.at = append(b.statuses, s), append(b.at, at)
	return nil
}

func (b *tray) DeviceAway(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away++
	return nil
}

func (b *tray) gone() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.away
}

// out is a connection that remembers.
type out struct {
	mu      sync.Mutex
	acks    []uint64
	wants   []wire.Want
	code    int
	problem *wire.Problem
}

func (o *out) Ack(seq uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acks = append(o.acks, seq)
}

func (o *out) Want(w wire.Want) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wants = append(o.wants, w)
}

func (o *out) End(code int, p *wire.Problem) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.code == 0 {
		o.code, o.problem = code, p
	}
}

func (o *out) ended() (int, *wire.Problem) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.code, o.problem
}

// rig is an intake with its surroundings.
type rig struct {
	intake *Intake
	store  *store
	board  *tray
	ids    *id.Maker
	src    flow.Source
}

func newRig() *rig {
	makes := id.NewMaker(func() time.Time { return time.UnixMilli(1_790_000_000_000) }, rand.NewChaCha8([32]byte{3}))
	r := &rig{store: &store{}, board: &tray{}, ids: makes}
	r.src = flow.Source{Device: id.New[id.Device](makes), Station: id.New[id.Station](makes), Journal: id.New[id.Journal](makes)}
	r.intake = New(Deps{
		Facts:   r.store,
		Board:   func(s id.Station) (Board, bool) { return r.board, s == r.src.Station },
		Metrics: NewMetrics(prometheus.NewRegistry()),
		Log:     slog.New(slog.DiscardHandler),
		Now:     time.Now,
	})
	return r
}

func (r *rig) open(t testing.TB) (*Link, *out, uint64) {
	t.Helper()
	o := &out{}
	l, acked, err := r.intake.Open(t.Context(), r.src, o)
	if err != nil {
		t.Fatal(err)
	}
	return l, o, acked
}

// gap is a small honest fact.
func (r *rig) gap(seq uint64) wire.Frame {
	return wire.Frame{K: wire.KindGap, Seq: seq, At: time.Now(), D: wire.Body(wire.Gap{Sale: id.New[id.Sale](r.ids), Nozzle: 3, Before: 10, After: 20})}
}

// bubble runs a test in virtual time and ends the link work in it.
func bubble(t *testing.T, test func(t *testing.T, r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		test(t, r)
		r.intake.Wait()
	})
}
