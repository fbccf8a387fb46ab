package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/shared/wire"
)

// Bounds of the work behind a link.
const (
	// takeTimeout bounds one try of a batch; a commit on a slow disk takes a
	// fraction of it.
	takeTimeout = 30 * time.Second
	// The waits between tries while the database is away.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Link is one connection of a pumpd. Take and Close are called by the socket's
// reader; the worker talks to the database beside it.
type Link struct {
	intake *Intake
	src    flow.Source
	board  Board
	out    Out

	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
	wake   chan struct{} // holds one: there is something to do

	last uint64 // last fact that came; the reader's
	any  bool   // one has come; the reader's

	mu      sync.Mutex
	queue   []flow.Fact // came and are not committed
	acked   uint64
	wantDue bool
}

func newLink(i *Intake, src flow.Source, board Board, out Out, acked uint64) *Link {
	l := &Link{intake: i, src: src, board: board, out: out, wake: make(chan struct{}, 1), acked: acked, wantDue: true}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.nudge()
	return l
}

func (l *Link) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Take takes the frames of one message, received at the given instant. What
// cannot be taken ends the connection.
func (l *Link) Take(ctx context.Context, received time.Time, frames []wire.Frame) {
	for _, f := range frames {
		if err := l.takeOne(ctx, received, f); err != nil {
			l.refuse(f, err)
			return
		}
	}
}

// refuse ends the connection for a frame.
func (l *Link) refuse(f wire.Frame, err error) {
	l.intake.deps.Metrics.refused.Inc()
	l.intake.deps.Log.Warn("a pumpd's frame was refused", "device", l.src.Device, "kind", f.K, "seq", f.Seq, "error", err)
	code, kind := wire.CloseBadFrame, wire.ProblemBadRequest
	if errors.Is(err, flow.ErrFactOrder) {
		code = wire.CloseFactOrder
	}
	if errors.Is(err, errUnknownField) {
		kind = wire.ProblemUnknownField
	}
	l.out.End(code, wire.NewProblem(kind, err.Error()))
}

func (l *Link) takeOne(ctx context.Context, received time.Time, f wire.Frame) error {
	if f.K == wire.KindStatus {
		status, err := wire.Read[wire.Status](f.D)
		if err != nil {
			return err
		}
		l.intake.deps.Metrics.statuses.Inc()
		if err := l.board.Report(ctx, received, status); err != nil {
			l.intake.deps.Log.Debug("a status reached no board", "station", l.src.Station, "error", err)
		}
		return nil
	}
	fact, err := Decode(f)
	if err != nil {
		return err
	}
	return l.enqueue(fact)
}

// errTooMany says that a pumpd sent more than it may before an ack.
var errTooMany = fmt.Errorf("ingest: more than %d facts in flight", wire.MaxFactsInFlight)

// enqueue puts a fact in its order. A repeated one is dropped; if it is
// committed already pumpd has missed the ack and gets it again.
func (l *Link) enqueue(fact flow.Fact) error {
	l.intake.deps.Metrics.facts.WithLabelValues(string(fact.Kind)).Inc()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case fact.Seq <= l.acked:
		l.out.Ack(l.acked)
		return nil
	case l.any && fact.Seq <= l.last:
		return nil
	case l.any && fact.Seq != l.last+1:
		return fmt.Errorf("%w: %d after %d", flow.ErrFactOrder, fact.Seq, l.last)
	case len(l.queue) >= wire.MaxFactsInFlight:
		return errTooMany
	}
	l.queue = append(l.queue, fact)
	l.last, l.any = fact.Seq, true
	l.nudge()
	return nil
}

func (l *Link) wantChanged() {
	l.mu.Lock()
	l.wantDue = true
	l.mu.Unlock()
	l.nudge()
}

// Close says that the connection is gone. A batch on its way is finished; what
// waits behind it pumpd will send again.
func (l *Link) Close() {
	l.cancel()
	l.intake.dismiss(l)
}

// work takes facts and sends wishes until the connection ends.
func (l *Link) work() {
	for failures := 0; ; {
		select {
		case <-l.ctx.Done():
			return
		case <-l.wake:
		}
		err := l.step()
		if errors.Is(err, flow.ErrFactOrder) {
			l.out.End(wire.CloseFactOrder, wire.NewProblem(wire.ProblemBadRequest, err.Error()))
			return
		}
		if err == nil {
			failures = 0
			continue
		}
		l.intake.deps.Metrics.retries.Inc()
		l.intake.deps.Log.Error("facts or wishes wait for the database", "device", l.src.Device, "failures", failures+1, "error", err)
		if clock.Sleep(l.ctx, clock.Backoff(failures, firstRetry, lastRetry)) != nil {
			return
		}
		failures++
		l.nudge()
	}
}

// step takes the facts that wait, then sends the desired state if it is due.
// It does not end with the connection: a transaction cut in the middle would
// leave open whether it stands.
func (l *Link) step() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), takeTimeout)
	defer cancel()
	if err := l.settle(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	due := l.wantDue
	l.wantDue = false
	l.mu.Unlock()
	if !due {
		return nil
	}
	want, err := l.intake.deps.Facts.Want(ctx, l.src.Station)
	if err != nil {
		l.mu.Lock()
		l.wantDue = true
		l.mu.Unlock()
		return fmt.Errorf("reading what is wanted: %w", err)
	}
	l.out.Want(want)
	return nil
}

// settle commits what waits and acknowledges it.
func (l *Link) settle(ctx context.Context) error {
	l.mu.Lock()
	batch := append([]flow.Fact(nil), l.queue...)
	l.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	began := l.intake.deps.Now()
	acked, err := l.intake.deps.Facts.TakeFacts(ctx, l.src, batch)
	if acked > 0 && (err == nil || errors.Is(err, flow.ErrFactOrder)) {
		l.committed(acked)
	}
	if err != nil {
		return fmt.Errorf("taking %d facts from %d on: %w", len(batch), batch[0].Seq, err)
	}
	l.intake.deps.Metrics.took(len(batch), l.intake.deps.Now().Sub(began))
	return nil
}

// committed forgets facts that are safe and acknowledges them.
func (l *Link) committed(acked uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked = max(l.acked, acked)
	kept := 0
	for kept < len(l.queue) && l.queue[kept].Seq <= l.acked {
		kept++
	}
	l.queue = append([]flow.Fact(nil), l.queue[kept:]...)
	l.out.Ack(l.acked)
}
