// Package line owns one line of dispensers: one goroutine polls its fuelling
// points, steps their sessions and performs what these decide.
//
// # What it promises
//
//   - Every call to the driver is made by the goroutine that runs Run.
//   - What a session decides is performed in order, each answer fed back
//     before anything else happens at that point.
//   - A point that does not answer is offline after MissesToOffline looks and
//     takes little of the line from the others.
//   - A line that breaks is opened again, with growing waits up to ten seconds.
//   - An uploaded sale is answered with nil only when it is in the journal.
package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/journal"
	"forecourt/pumpd/internal/session"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Waits of the owner.
const (
	// lookTimeout and commandTimeout bound one call to the driver, well past
	// any protocol's own time-out.
	lookTimeout    = 10 * time.Second
	commandTimeout = 20 * time.Second
	// firstReopen and longestReopen bound the wait before a broken line is
	// opened again; it doubles in between.
	firstReopen   = 250 * time.Millisecond
	longestReopen = 10 * time.Second
	// steadyAfter is how long a line must have worked for the next wait to
	// be short again.
	steadyAfter = 30 * time.Second
)

// Journal is what a line needs of the journal.
type Journal interface {
	Append(journal.Batch) ([]journal.Fact, error)
	Room() error
	Local(name string) (json.RawMessage, bool)
}

// Meter counts; it must be quick and safe for concurrent use.
type Meter interface {
	// Looked counts answered looks, Missed unanswered and Garbled unreadable ones.
	Looked(line string)
	Missed(line string)
	Garbled(line string)
	// Journaled counts facts.
	Journaled(kind wire.Kind)
}

// Conn is an open line with its driver.
type Conn struct {
	Driver driver.Driver
	// Close closes driver and line.
	Close func() error
}

// Point is one fuelling point of the line.
type Point struct {
	// Address is the protocol's.
	Address driver.Point
	// Nozzles holds the station's number of each nozzle, in the point's order.
	Nozzles []int
	// KeyPrefix is session.Config.KeyPrefix.
	KeyPrefix string
}

// Config is what a line is made from.
type Config struct {
	// Name tells lines apart in logs and metrics.
	Name string
	// Connect opens the line. It is called again after the line broke.
	Connect func(ctx context.Context) (Conn, error)
	// Points are polled in this order.
	Points []Point
	// TotalKeys is session.Config.TotalKeys.
	TotalKeys bool
	// Pace is the least time between two looks at one point; 0: back to back.
	Pace time.Duration
	// Journal keeps facts and state.
	Journal Journal
	// Publish takes the live state of nozzles; it must not wait.
	Publish func([]wire.NozzleStatus)
	// NewSale makes ids, Now is the clock.
	NewSale func() id.Sale
	Now     func() time.Time
	Log     *slog.Logger
	Meter   Meter
}

// Line is one line. Run owns it; Want may be called from anywhere.
type Line struct {
	cfg      Config
	points   []*point
	schedule *schedule
	uploads  chan upload
	poke     chan struct{} // a wish came

	mu   sync.Mutex
	want map[int]wire.WantNozzle

	conn    Conn // valid within Run
	stopped bool // every nozzle was wanted stopped at the last wish
}

// point is one fuelling point and its session.
type point struct {
	Point
	session *session.Session
	online  bool
	sick    string // last failure logged, so that it is logged once
}

// upload is a sale that the device told by itself.
type upload struct {
	address driver.Point
	sale    driver.Sale
	reply   chan error
}

// New makes a line, with what the journal knows of its nozzles.
func New(cfg Config) (*Line, error) {
	l := &Line{
		cfg: cfg, schedule: newSchedule(len(cfg.Points), cfg.Pace),
		uploads: make(chan upload), poke: make(chan struct{}, 1),
	}
	l.cfg.Log = cfg.Log.With("line", cfg.Name)
	for _, p := range cfg.Points {
		saved, err := l.restore(p.Nozzles)
		if err != nil {
			return nil, fmt.Errorf("line %s: %w", cfg.Name, err)
		}
		l.points = append(l.points, &point{Point: p, session: session.New(session.Config{
			Nozzles: p.Nozzles, TotalKeys: cfg.TotalKeys, KeyPrefix: p.KeyPrefix, NewSale: cfg.NewSale,
		}, saved)})
	}
	return l, nil
}

// savedName is the name of a nozzle's state in the journal.
func savedName(nozzle int) string { return fmt.Sprintf("nozzle/%d", nozzle) }

// restore reads the nozzles' state back.
func (l *Line) restore(nozzles []int) (map[int]session.Saved, error) {
	saved := map[int]session.Saved{}
	for _, n := range nozzles {
		data, ok := l.cfg.Journal.Local(savedName(n))
		if !ok {
			continue
		}
		var v session.Saved
		if err := json.Unmarshal(data, &v); err != nil {
			return nil, fmt.Errorf("reading the saved state of nozzle %d: %w", n, err)
		}
		saved[n] = v
	}
	return saved, nil
}

// Want sets the desired state, by station nozzle number. The latest counts.
func (l *Line) Want(want map[int]wire.WantNozzle) {
	l.mu.Lock()
	l.want = want
	l.mu.Unlock()
	select {
	case l.poke <- struct{}{}:
	default:
	}
}

// Run polls until ctx ends.
func (l *Line) Run(ctx context.Context) error {
	for _, p := range l.points {
		l.cfg.Publish(p.session.Status())
	}
	wait := firstReopen
	for {
		opened := l.cfg.Now()
		err := l.once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if l.cfg.Now().Sub(opened) >= steadyAfter {
			wait = firstReopen
		}
		l.cfg.Log.Warn("the line is down", "error", err, "again_in", wait)
		l.down(ctx)
		if !rest(ctx, wait) {
			return ctx.Err()
		}
		wait = min(2*wait, longestReopen)
	}
}

// rest waits, and reports whether ctx still goes on.
func rest(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// once opens the line and polls until it breaks.
func (l *Line) once(ctx context.Context) (err error) {
	conn, err := l.cfg.Connect(ctx)
	if err != nil {
		return fmt.Errorf("opening the line: %w", err)
	}
	l.conn = conn
	defer func() {
		l.conn = Conn{}
		err = errors.Join(err, conn.Close())
	}()
	l.cfg.Log.Info("the line is open", "points", len(l.points))
	l.schedule.reset()
	can := abilities(conn.Driver)
	for _, p := range l.points {
		p.session.Enable(can)
	}
	if u, ok := conn.Driver.(driver.Uploader); ok {
		u.OnUpload(l.store)
	}
	l.pokeAgain()
	return l.poll(ctx)
}

// pokeAgain makes the sessions hear the latest wish on a new connection too.
func (l *Line) pokeAgain() {
	l.mu.Lock()
	want := l.want
	l.mu.Unlock()
	l.Want(want)
}

// down tells every session that nothing answers any more.
func (l *Line) down(ctx context.Context) {
	for _, p := range l.points {
		if p.online {
			p.online = false
			_ = l.step(ctx, p, session.Offline{}) // there is no line left to break
		}
	}
}

// poll looks at point after point until the line breaks.
func (l *Line) poll(ctx context.Context) error {
	for {
		i, wait := l.schedule.next(l.cfg.Now())
		if err := l.serve(ctx, wait); err != nil {
			return err
		}
		if wait > 0 {
			continue // a wish or an upload may have come before the time was up
		}
		if err := l.look(ctx, i); err != nil {
			return err
		}
	}
}

// serve takes one wish or upload if there is one, waiting for at most wait.
func (l *Line) serve(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.poke:
			return l.takeWant(ctx)
		case u := <-l.uploads:
			return l.takeUpload(ctx, u)
		default:
			return nil
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-l.poke:
		return l.takeWant(ctx)
	case u := <-l.uploads:
		return l.takeUpload(ctx, u)
	case <-timer.C:
		return nil
	}
}

// look polls one point and steps its session.
func (l *Line) look(ctx context.Context, i int) error {
	p := l.points[i]
	began := l.cfg.Now()
	bounded, cancel := context.WithTimeout(ctx, lookTimeout)
	reading, err := l.conn.Driver.Poll(bounded, p.Address)
	cancel()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		l.cfg.Meter.Looked(l.cfg.Name)
		l.schedule.answered(i, began)
		if !p.online {
			p.online = true
			l.cfg.Log.Info("the point answers", "point", int(p.Address), "nozzles", p.Nozzles)
		}
		return l.step(ctx, p, session.Looked{Reading: reading})
	}
	if errors.Is(err, driver.ErrLine) {
		return err
	}
	if errors.Is(err, driver.ErrGarbled) {
		l.cfg.Meter.Garbled(l.cfg.Name)
	}
	l.cfg.Meter.Missed(l.cfg.Name)
	if l.schedule.missed(i, began, l.cfg.Now()) {
		l.cfg.Log.Warn("the point is offline", "point", int(p.Address), "nozzles", p.Nozzles, "error", err)
		p.online = false
		return l.step(ctx, p, session.Offline{})
	}
	return nil
}
