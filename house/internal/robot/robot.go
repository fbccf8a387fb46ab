// Package robot is a till without a screen: it follows the live channels as a
// cashier's window does, pays every unpaid sale in cash, and remembers which
// payments were acknowledged to it.
//
// It keeps the rule of every sender: a command's id is made and remembered
// before it is first sent, and sent again unchanged until it is answered.
package robot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// retryPause is how long the robot waits before it sends a command again.
const retryPause = 100 * time.Millisecond

// Robot is one till. Make it with New.
type Robot struct {
	client  *link.Client
	station id.Station
	ids     *id.Maker
	// onFrame, if set, sees every frame as it comes.
	onFrame func(wire.Frame)

	live *link.Live

	mu        sync.Mutex
	forecourt *mirror.Forecourt
	desk      *mirror.Desk
	keys      map[id.Sale]id.Command
	paid      map[id.Sale]Receipt
	wake      chan struct{}
	foldError error
}

// Receipt is a payment that the hub acknowledged.
type Receipt struct {
	// Sale is what was paid, Paid how much, At when the answer came.
	Sale id.Sale
	Paid unit.Fen
	At   time.Time
}

// New makes a robot for a client that has signed in.
func New(client *link.Client, session wire.Session, ids *id.Maker, onFrame func(wire.Frame)) *Robot {
	r := &Robot{
		client: client, station: session.Station, ids: ids, onFrame: onFrame,
		forecourt: mirror.NewForecourt(), desk: mirror.NewDesk(),
		keys: map[id.Sale]id.Command{}, paid: map[id.Sale]Receipt{},
		wake: make(chan struct{}, 1),
	}
	r.live = client.Live(link.LiveOptions{Channels: r.Channels(), Handler: r})
	return r
}

// Channels is what it follows.
func (r *Robot) Channels() []wire.Channel {
	return []wire.Channel{wire.Forecourt(r.station), wire.Desk(r.station)}
}

// Follow folds the live channels until ctx ends. Once more it goes on from where
// it was.
func (r *Robot) Follow(ctx context.Context) error {
	if err := r.live.Run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("robot: following the hub: %w", err)
	}
	return nil
}

// Connected is called by the link.
func (r *Robot) Connected(wire.Welcome) {}

// Lost is called by the link.
func (r *Robot) Lost(error) {}

// Frame folds one frame.
func (r *Robot) Frame(f wire.Frame) {
	if r.onFrame != nil {
		r.onFrame(f)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var err error
	switch family, _ := f.Ch.Split(); family {
	case "forecourt":
		_, err = r.forecourt.Apply(f)
	case "desk":
		_, err = r.desk.Apply(f)
	}
	if err != nil {
		r.foldError = errors.Join(r.foldError, fmt.Errorf("robot: folding %s %d on %s: %w", f.K, f.Seq, f.Ch, err))
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// FoldError tells what could not be folded, if anything ever.
func (r *Robot) FoldError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.foldError
}

// Nozzles copies the live board.
func (r *Robot) Nozzles() []wire.Nozzle {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.forecourt.Nozzles()
}

// Sales copies the sales in one state, oldest first.
func (r *Robot) Sales(state wire.SaleState) []wire.Sale {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.desk.Sales()), func(s wire.Sale) bool { return s.State != state })
}

// Prices is the price board.
func (r *Robot) Prices() wire.PriceBoard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.desk.Prices()
}

// NewKey makes a command's id.
func (r *Robot) NewKey() id.Command { return id.New[id.Command](r.ids) }

// Refusal is the problem that an error carries, nil if the hub refused nothing.
func Refusal(err error) *wire.Problem {
	var problem *wire.Problem
	errors.As(err, &problem)
	return problem
}

// Paid copies the payments that the hub acknowledged, by sale.
func (r *Robot) Paid() map[id.Sale]unit.Fen {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[id.Sale]unit.Fen, len(r.paid))
	for s, receipt := range r.paid {
		out[s] = receipt.Paid
	}
	return out
}

// Receipts copies the payments that the hub acknowledged, oldest first.
func (r *Robot) Receipts() []Receipt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedFunc(maps.Values(r.paid), func(a, b Receipt) int { return a.At.Compare(b.At) })
}

// Again has it take the money for a sale once more, with the same command: a
// hub that was restored may not know of the payment.
func (r *Robot) Again(sale id.Sale) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.paid, sale)
}

// TakeMoney pays every unpaid sale as it appears, until ctx ends.
func (r *Robot) TakeMoney(ctx context.Context) error {
	for ctx.Err() == nil { // also while a sale waits: it may be one that could not be paid in time
		sale, ok := r.nextUnpaid()
		if !ok {
			select {
			case <-ctx.Done():
				return nil
			case <-r.wake:
				continue
			}
		}
		if err := r.pay(ctx, sale); err != nil {
			return err
		}
	}
	return nil
}

// nextUnpaid picks the oldest unpaid sale not yet paid by this robot.
func (r *Robot) nextUnpaid() (wire.Sale, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.desk.Sales() {
		if _, done := r.paid[s.ID]; s.State == wire.SaleUnpaid && !done {
			return s, true
		}
	}
	return wire.Sale{}, false
}

// pay sends one payment until it is answered: the same id every time.
func (r *Robot) pay(ctx context.Context, s wire.Sale) error {
	r.mu.Lock()
	key, known := r.keys[s.ID]
	if !known {
		key = r.NewKey()
		r.keys[s.ID] = key
	}
	r.mu.Unlock()
	const note unit.Fen = 10000 // a cashier is handed whole hundred-yuan notes
	tendered := (s.Due + note - 1) / note * note
	for ctx.Err() == nil {
		got, err := r.client.Pay(ctx, key, s.ID, wire.PayRequest{Tender: wire.TenderCash, Due: s.Due, Tendered: tendered})
		if err == nil {
			return r.acknowledge(s, got)
		}
		if problem := Refusal(err); problem != nil && !problem.Retry {
			return fmt.Errorf("robot: paying sale %s: %w", s.ID, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryPause):
		}
	}
	return nil
}

// acknowledge checks the answer and remembers it.
func (r *Robot) acknowledge(asked, got wire.Sale) error {
	if got.State != wire.SalePaid || got.Payment == nil || got.Payment.Paid != asked.Due {
		return fmt.Errorf("robot: sale %s: paid %s but the answer says %s", asked.ID, asked.Due, got.State)
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paid[asked.ID] = Receipt{Sale: asked.ID, Paid: got.Payment.Paid, At: now}
	return nil
}
