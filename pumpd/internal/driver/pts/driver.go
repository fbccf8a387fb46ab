package pts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"forecourt/pumpd/internal/driver"
)

// Driver drives the pumps of one controller. Its driver methods belong to the
// line's owner goroutine; Handler serves others at the same time.
type Driver struct {
	cfg     Config
	log     *slog.Logger
	via     exchanger
	link    *link // the reverse link; also takes connections when via is HTTP
	uploads *uploads
	nextID  int
	known   identity
	seen    map[driver.Point]sighting
	pumps   map[driver.Point]*memory
	counts  counters
	close   context.CancelFunc

	mu      sync.Mutex // guards closed, so that serving never grows behind Close
	closed  bool
	serving sync.WaitGroup
}

// exchanger sends one message to the controller and brings its answer. Its
// errors are ErrNoAnswer, ErrGarbled or ErrLine.
type exchanger interface {
	exchange(ctx context.Context, m Message) ([]Packet, error)
	close()
}

// sighting is one look at a pump that Poll has not handed out yet.
type sighting struct {
	status Status
	fault  string // the controller's error instead of a status
	err    error
	at     time.Time
}

// memory is what the driver remembers of a pump between looks.
type memory struct {
	nozzles int
	// end is the key of the delivery at the end of its transaction, "" if none.
	end string
	// spent is the nozzle of the last sale while it is still out.
	spent int
	// based says that lastTransaction and lastStart were seen at least once;
	// a later change that was not watched is a missed delivery.
	based           bool
	lastTransaction int
	lastStart       WallTime
	missed          []driver.Sale
	// tries counts failures to read a missed delivery.
	tries int
	// owed says that a delayed answer was given up on, perhaps by an earlier
	// run, and may still come.
	owed bool
	// locked says that we hold the pump's lock.
	locked bool
}

// Counts are the driver's counters since it was made.
type Counts struct {
	// Requests counts messages sent, Garbled answers that were unreadable or
	// did not fit, Stale answers to requests that had been given up.
	Requests uint64
	Garbled  uint64
	Stale    uint64
	// Stored counts uploaded sales that were stored and acknowledged,
	// Refused uploads that were not acknowledged, Other acknowledged records
	// that are not sales.
	Stored  uint64
	Refused uint64
	Other   uint64
}

type counters struct {
	requests, garbled, stale, stored, refused, other atomic.Uint64
}

// New makes a driver. It does not touch the network.
func New(cfg Config) (*Driver, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	users := []string{cfg.IncomingUser, cfg.Controller}
	guard, err := NewGuard("forecourt", users, cfg.IncomingPassword, []Scheme{Digest, Basic}, cfg.Now, cfg.Random)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	d := &Driver{
		cfg: cfg, log: cfg.Log.With("driver", "pts"), close: cancel,
		seen: map[driver.Point]sighting{}, pumps: map[driver.Point]*memory{},
	}
	for _, p := range cfg.Points {
		d.pumps[p.Pump] = &memory{nozzles: p.Nozzles, owed: true}
	}
	d.uploads = &uploads{ctx: ctx, guard: guard, driver: d}
	d.uploads.controller.Store(&cfg.Controller)
	d.link = &link{ctx: ctx, driver: d, pending: map[string]chan Packet{}}
	d.via = d.link
	if cfg.URL != "" {
		d.via = newHTTPExchanger(cfg)
	}
	return d, nil
}

// Points lists the pumps in the order of the configuration.
func (d *Driver) Points() []driver.Point {
	points := make([]driver.Point, len(d.cfg.Points))
	for i, p := range d.cfg.Points {
		points[i] = p.Pump
	}
	return points
}

// Close ends the reverse link and waits for what it serves.
func (d *Driver) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.close()
	d.via.close()
	d.serving.Wait()
	return nil
}

// enter counts a request from the controller in; false once closed.
func (d *Driver) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.serving.Add(1)
	}
	return !d.closed
}

// Counts reads the counters.
func (d *Driver) Counts() Counts {
	c := &d.counts
	return Counts{
		Requests: c.requests.Load(), Garbled: c.garbled.Load(), Stale: c.stale.Load(),
		Stored: c.stored.Load(), Refused: c.refused.Load(), Other: c.other.Load(),
	}
}

func (d *Driver) pump(p driver.Point) (*memory, error) {
	m := d.pumps[p]
	if m == nil {
		return nil, fmt.Errorf("pts: pump %d is not configured", p)
	}
	return m, nil
}

// ask is one request before it has an Id.
type ask struct {
	kind string
	data any
}

// pumpData is the data of most requests.
type pumpData struct {
	Pump driver.Point
}

// request sends asks in one message and answers their packets in the same
// order. A packet that says Error is no error here: each is judged on its own.
func (d *Driver) request(ctx context.Context, asks ...ask) ([]Packet, error) {
	return d.requestWithin(ctx, d.cfg.Timings.Request, asks...)
}

func (d *Driver) requestWithin(ctx context.Context, limit time.Duration, asks ...ask) ([]Packet, error) {
	m := NewMessage()
	ids := make([]string, len(asks))
	for i, a := range asks {
		packet, err := NewRequest(d.takeID(), a.kind, a.data)
		if err != nil {
			return nil, err
		}
		ids[i] = packet.ID()
		m.Packets = append(m.Packets, packet)
	}
	d.counts.requests.Add(1)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answers, err := d.via.exchange(ctx, m)
	if err != nil {
		d.known.stale = true
		if errors.Is(err, driver.ErrGarbled) {
			d.counts.garbled.Add(1)
		}
		return nil, fmt.Errorf("asking the controller for %s: %w", asks[0].kind, err)
	}
	return d.inOrder(ids, answers)
}

// inOrder finds each request's answer by its Id; nil where one is missing.
func (d *Driver) inOrder(ids []string, answers []Packet) ([]Packet, error) {
	out := make([]Packet, len(ids))
	found := 0
	for _, a := range answers {
		if i := slices.Index(ids, a.ID()); i >= 0 && out[i] == nil {
			out[i] = a
			found++
		}
	}
	if found == 0 {
		d.counts.garbled.Add(1)
		return nil, fmt.Errorf("%w: none of %d packets answers what was asked", driver.ErrGarbled, len(answers))
	}
	return out, nil
}

// takeID numbers requests 1..65535, so that a late answer cannot be taken for
// a new one.
func (d *Driver) takeID() int {
	const most = 1<<16 - 1
	d.nextID = d.nextID%most + 1
	return d.nextID
}

// command sends asks in one message, the first of which decides.
func (d *Driver) command(ctx context.Context, p driver.Point, asks ...ask) (Packet, error) {
	if _, err := d.pump(p); err != nil {
		return nil, err
	}
	delete(d.seen, p)
	answers, err := d.request(ctx, asks...)
	if err != nil {
		return nil, err
	}
	return answers[0], d.verdict(asks[0].kind, answers[0])
}

// verdict turns a failed packet into ErrRefused.
func (d *Driver) verdict(kind string, answer Packet) error {
	if answer == nil {
		return fmt.Errorf("%w: no answer to %s among the packets", driver.ErrGarbled, kind)
	}
	if !answer.Failed() {
		return nil
	}
	d.log.Debug("controller refused", "request", kind, "message", answer.Message(), "code", Object(answer).Text("Code"))
	by := ""
	if user := answer.Data().Text("User"); user != "" {
		by = " (held by user " + user + ")"
	}
	return fmt.Errorf("%w: %s: %s%s", driver.ErrRefused, kind, answer.Message(), by)
}

// encode writes a message and keeps it within the controller's limits. One
// that exceeds them is a defect of this package, found by its tests.
func encode(m Message) ([]byte, error) {
	body, err := m.MarshalJSON()
	if err != nil {
		return nil, err
	}
	tokens, err := Tokens(body)
	if err != nil {
		return nil, err
	}
	if len(body) > MaxRequest || tokens > MaxTokens {
		return nil, fmt.Errorf("pts: message of %d bytes, %d tokens exceeds the controller's %d and %d", len(body), tokens, MaxRequest, MaxTokens)
	}
	return body, nil
}
