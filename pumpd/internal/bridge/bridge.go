// Package bridge joins the journal and the lines to the hub: facts and live
// state go up, the desired state comes down.
//
// # What it promises
//
//   - Facts go in order, at most wire.MaxFactsInFlight ahead of the hub's
//     acknowledgement, again from the hub's own position after every
//     reconnection. What the hub acknowledged is acknowledged in the journal.
//   - Live state goes at once when the line is quiet, else gathered for
//     StatusEvery; all of it on connect and every FullEvery. It waits for
//     nobody and nobody waits for it.
//   - The desired state is handed on first and then journaled, so that pumpd
//     sells at its last verified prices when it starts without the hub.
//
// It knows frames and no protocol of any dispenser. It implements the handler
// of shared/link.
package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"forecourt/pumpd/internal/journal"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Paces.
const (
	// StatusEvery is the least time between two reports of live state.
	StatusEvery = 5 * time.Millisecond
	// FullEvery is how often everything is reported.
	FullEvery = time.Second
	// nozzlesPerStatus bounds one status frame well below
	// wire.MaxFrameInBytes.
	nozzlesPerStatus = 100
)

// wantName is the desired state's name in the journal.
const wantName = "want"

// Sender sends frames to the hub; link.Live is one.
type Sender interface {
	Send(wire.Frame) error
}

// Journal is what the bridge needs of the journal.
type Journal interface {
	Append(journal.Batch) ([]journal.Fact, error)
	Unacked(from uint64, limit int) ([]journal.Fact, error)
	Acknowledge(seq uint64) error
	Last() uint64
	OldestUnacked() (time.Time, bool)
	Watch() <-chan struct{}
	Local(name string) (json.RawMessage, bool)
}

// Config is what a bridge is made from.
type Config struct {
	// Journal holds the facts and the last desired state.
	Journal Journal
	// Device is who we are to the hub: a desired state kept for another
	// device is not ours.
	Device id.Device
	// Want is handed every new desired state; it must not wait.
	Want func(wire.Want)
	Now  func() time.Time
	Log  *slog.Logger
}

// Bridge joins one journal to one hub.
type Bridge struct {
	cfg  Config
	poke chan struct{} // something to send may have come

	// gate is held while a frame is sent and while the connection changes,
	// so that nothing meant for one connection goes out on the next.
	gate      sync.Mutex
	connected bool
	sent      uint64 // last fact sent on this connection
	stuck     bool   // the hub's position does not fit the journal
	full      time.Time
	partial   time.Time

	mu      sync.Mutex
	acked   uint64
	want    wire.Want
	first   bool // no wish came yet on this connection
	status  map[int]wire.NozzleStatus
	changed map[int]bool
}

// New makes a bridge and hands on the desired state that was kept.
func New(cfg Config) (*Bridge, error) {
	b := &Bridge{
		cfg: cfg, poke: make(chan struct{}, 1),
		status: map[int]wire.NozzleStatus{}, changed: map[int]bool{},
	}
	kept, err := b.kept()
	if err != nil {
		return nil, err
	}
	if kept != nil {
		b.want = *kept
		cfg.Want(*kept)
	}
	return b, nil
}

// keptWant is the desired state as the journal keeps it.
type keptWant struct {
	Device id.Device `json:"device"`
	Want   wire.Want `json:"want"`
}

// kept reads the desired state back, nil if there is none of ours.
func (b *Bridge) kept() (*wire.Want, error) {
	data, ok := b.cfg.Journal.Local(wantName)
	if !ok {
		return nil, nil
	}
	var v keptWant
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, fmt.Errorf("reading the desired state that was kept: %w", err)
	}
	if v.Device != b.cfg.Device {
		return nil, nil
	}
	return &v.Want, nil
}

// Publish takes the live state of some nozzles. It never waits.
func (b *Bridge) Publish(list []wire.NozzleStatus) {
	news := false
	b.mu.Lock()
	for _, v := range list {
		was, known := b.status[v.Nozzle]
		b.status[v.Nozzle] = v
		was.SeenAt = v.SeenAt // being seen again is no news by itself
		if !known || was != v {
			b.changed[v.Nozzle] = true
			news = true
		}
	}
	b.mu.Unlock()
	if news {
		b.wake()
	}
}

func (b *Bridge) wake() {
	select {
	case b.poke <- struct{}{}:
	default:
	}
}

// Connected begins a connection: facts go on from where the hub stands.
func (b *Bridge) Connected(w wire.Welcome) {
	b.gate.Lock()
	b.connected, b.stuck = true, false
	b.sent = w.Acked
	b.full, b.partial = time.Time{}, time.Time{}
	if last := b.cfg.Journal.Last(); w.Acked > last {
		b.stuck = true
		b.cfg.Log.Error("the hub holds facts that this journal does not: an older copy of the data directory was put back; facts are held until it is replaced",
			"hub", w.Acked, "journal", last)
	}
	stuck := b.stuck
	b.gate.Unlock()
	b.mu.Lock()
	b.first = true
	b.acked = w.Acked
	b.mu.Unlock()
	if !stuck {
		b.acknowledge(w.Acked)
	}
	b.wake()
}

// Lost ends a connection.
func (b *Bridge) Lost(error) {
	b.gate.Lock()
	defer b.gate.Unlock()
	b.connected = false
}

// Frame takes news from the hub.
func (b *Bridge) Frame(f wire.Frame) {
	switch f.K {
	case wire.KindAck:
		b.mu.Lock()
		b.acked = max(b.acked, f.Seq)
		b.mu.Unlock()
		b.acknowledge(f.Seq)
		b.wake()
	case wire.KindWant:
		w, err := wire.Read[wire.Want](f.D)
		if err != nil {
			b.cfg.Log.Error("the desired state could not be read", "error", err)
			return
		}
		b.takeWant(w)
	}
}

func (b *Bridge) acknowledge(seq uint64) {
	if err := b.cfg.Journal.Acknowledge(seq); err != nil {
		b.cfg.Log.Error("noting an acknowledgement", "seq", seq, "error", err)
	}
}

// takeWant hands a newer desired state on and keeps it. The first on a
// connection always counts: it is what the hub wants now, even if the hub was
// set back by a restore.
func (b *Bridge) takeWant(w wire.Want) {
	b.mu.Lock()
	old := w.Rev < b.want.Rev
	first := b.first
	b.first = false
	same := w.Rev == b.want.Rev && slices.EqualFunc(w.Nozzles, b.want.Nozzles, sameWant)
	if !old || first {
		b.want = w
	}
	b.mu.Unlock()
	if old && !first {
		b.cfg.Log.Warn("an old desired state was ignored", "rev", w.Rev)
		return
	}
	if old {
		b.cfg.Log.Warn("the hub's desired state is older than the one kept; the hub was restored", "rev", w.Rev)
	}
	b.cfg.Want(w)
	if same {
		return
	}
	data, err := json.Marshal(keptWant{b.cfg.Device, w})
	if err == nil {
		_, err = b.cfg.Journal.Append(journal.Batch{Save: map[string]json.RawMessage{wantName: data}})
	}
	if err != nil {
		b.cfg.Log.Error("keeping the desired state", "rev", w.Rev, "error", err)
	}
}

// sameWant compares two wishes for a nozzle by what they say.
func sameWant(x, y wire.WantNozzle) bool {
	if (x.Authorization == nil) != (y.Authorization == nil) {
		return false
	}
	if x.Authorization != nil && *x.Authorization != *y.Authorization {
		return false
	}
	x.Authorization, y.Authorization = nil, nil
	return x == y
}

// Run sends what there is to send until ctx ends.
func (b *Bridge) Run(ctx context.Context, to Sender) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait := b.sendStatus(to)
		b.sendFacts(to)
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.poke:
		case <-b.cfg.Journal.Watch():
		case <-timer.C:
		}
	}
}

// sendFacts sends as many facts as may be in flight.
func (b *Bridge) sendFacts(to Sender) {
	b.gate.Lock()
	defer b.gate.Unlock()
	if !b.connected || b.stuck {
		return
	}
	b.mu.Lock()
	acked := b.acked
	b.mu.Unlock()
	// The hub may have acknowledged in advance of what we noted as sent.
	b.sent = max(b.sent, acked)
	room := wire.MaxFactsInFlight - int(min(b.sent-acked, wire.MaxFactsInFlight))
	if room == 0 || b.sent >= b.cfg.Journal.Last() {
		return
	}
	facts, err := b.cfg.Journal.Unacked(b.sent+1, room)
	if err != nil {
		b.stuck = errors.Is(err, journal.ErrGone)
		b.cfg.Log.Error("reading facts for the hub", "from", b.sent+1, "error", err)
	}
	for _, f := range facts {
		if err := to.Send(wire.Frame{K: f.Kind, Seq: f.Seq, At: f.At, D: f.Body}); err != nil {
			b.connected = false // Connected comes again
			return
		}
		b.sent = f.Seq
	}
}

// sendStatus sends the live state that is due, and says when to come again.
func (b *Bridge) sendStatus(to Sender) (wait time.Duration) {
	b.gate.Lock()
	defer b.gate.Unlock()
	if !b.connected {
		return FullEvery
	}
	now := b.cfg.Now()
	untilFull := FullEvery - now.Sub(b.full)
	if untilFull <= 0 {
		b.full, b.partial = now, now
		b.report(to, b.gather(true))
		return FullEvery
	}
	if wait := StatusEvery - now.Sub(b.partial); wait > 0 {
		return min(wait, untilFull)
	}
	if list := b.gather(false); len(list) > 0 {
		b.partial = now
		b.report(to, list)
	}
	return untilFull
}

// gather takes the nozzles to report, by number.
func (b *Bridge) gather(all bool) []wire.NozzleStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []wire.NozzleStatus
	for number, v := range b.status {
		if all || b.changed[number] {
			list = append(list, v)
		}
	}
	clear(b.changed)
	slices.SortFunc(list, func(x, y wire.NozzleStatus) int { return x.Nozzle - y.Nozzle })
	return list
}

// report sends the list in frames of a bounded size. An empty list is sent
// too: it tells the age of the oldest fact.
func (b *Bridge) report(to Sender, list []wire.NozzleStatus) {
	status := wire.Status{}
	if at, ok := b.cfg.Journal.OldestUnacked(); ok {
		status.OldestUnackedMS = max(0, b.cfg.Now().Sub(at).Milliseconds())
	}
	for first := true; first || len(list) > 0; first = false {
		n := min(len(list), nozzlesPerStatus)
		status.Nozzles = append([]wire.NozzleStatus{}, list[:n]...)
		list = list[n:]
		if err := to.Send(wire.Frame{K: wire.KindStatus, At: b.cfg.Now().UTC(), D: wire.Body(status)}); err != nil {
			b.connected = false // Connected comes again
			return
		}
	}
}
