package disaster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/reckon"
	"forecourt/house/internal/robot"
	"forecourt/house/internal/scenario"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// till is a robot that begins and ends its work when it is told, at a till that
// stays the same.
type till struct {
	client *link.Client
	robot  *robot.Robot

	work  context.Context // of follow and takeMoney
	stop  context.CancelFunc
	ended chan error

	mu     sync.Mutex
	epochs map[wire.Channel]id.Epoch // of the last snapshot of each channel
}

func openTill(ctx context.Context, h *house.House) (*till, error) {
	client, session, err := h.Till(ctx, "till 1")
	if err != nil {
		return nil, err
	}
	t := &till{client: client, epochs: map[wire.Channel]id.Epoch{}}
	t.robot = robot.New(client, session, h.IDs(), t.see)
	return t, nil
}

// see notes the epoch of a snapshot.
func (t *till) see(f wire.Frame) {
	if f.K != wire.KindSnap {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.epochs[f.Ch] = f.Ep
}

// seen copies the epochs of the last snapshots.
func (t *till) seen() map[wire.Channel]id.Epoch {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.epochs)
}

// follow has it follow the hub.
func (t *till) follow(ctx context.Context) {
	t.work, t.stop = context.WithCancel(ctx)
	t.ended = make(chan error, 2)
	go func() { t.ended <- t.robot.Follow(t.work) }()
}

// takeMoney has it take money too. After a restore it waits for what the hub
// shows now: of sales that pumpd has not told it again yet the hub knows nothing.
func (t *till) takeMoney() {
	go func() { t.ended <- t.robot.TakeMoney(t.work) }()
}

// failed says why it has ended by itself, nil while it works.
func (t *till) failed() error {
	select {
	case err := <-t.ended:
		t.ended <- err // for end
		return err
	default:
		return nil
	}
}

// end stops both, and says what went wrong until then.
func (t *till) end() error {
	t.stop()
	return errors.Join(<-t.ended, <-t.ended)
}

// stale says which channels have had no snapshot of another epoch since.
func (t *till) stale(since map[wire.Channel]id.Epoch) []wire.Channel {
	now := t.seen()
	var left []wire.Channel
	for _, ch := range t.robot.Channels() {
		if now[ch] == since[ch] {
			left = append(left, ch)
		}
	}
	return left
}

// signInAgain signs the cashier and the head in after a restore, which has ended
// the sessions of everybody: one that still counts is a miss.
func (d *disaster) signInAgain(ctx context.Context) error {
	for _, who := range []struct {
		client *link.Client
		number string
	}{{d.till.client, house.Cashier}, {d.office, house.Head}} {
		_, err := who.client.Proofs(ctx)
		if p := robot.Refusal(err); p == nil || p.Type != wire.ProblemUnauthorized {
			return fmt.Errorf("the session of %s from before the restore is not ended: %v", who.number, err)
		}
		if _, err := who.client.Login(ctx, wire.LoginRequest{Number: who.number, Password: d.h.Password()}); err != nil {
			return fmt.Errorf("signing %s in again: %w", who.number, err)
		}
	}
	return nil
}

// remember notes the sales that the hub shows now.
func (d *disaster) remember(ctx context.Context) error {
	sales, err := reckon.Sales(ctx, d.till.client)
	for _, s := range sales {
		d.known[s.ID] = s
	}
	return err
}

// comeBack signs in at a restored hub, compares it with the receipts, has what
// was lost paid again, and waits until all is quiet and counted. The till has
// ended its work.
func (d *disaster) comeBack(ctx context.Context, r *Return) error {
	if err := d.signInAgain(ctx); err != nil {
		return err
	}
	for _, m := range d.erased {
		if err := d.stillErased(ctx, m); err != nil {
			return err
		}
	}
	receipts := d.till.robot.Receipts()
	sales, err := reckon.Sales(ctx, d.till.client)
	if err != nil {
		return err
	}
	r.Lost.Payments = unpaid(receipts, sales)
	if err := r.Lost.Err(); err != nil {
		return err
	}
	for _, p := range r.Lost.Payments {
		d.till.robot.Again(p.Sale)
	}
	before := d.till.seen()
	d.till.follow(ctx)
	err = house.Await(ctx, "snapshots of new epochs", 20*time.Millisecond, func() (bool, error) {
		return len(d.till.stale(before)) == 0, d.till.failed()
	})
	if err != nil {
		return fmt.Errorf("%w: %v", err, d.till.stale(before))
	}
	d.till.takeMoney()
	return d.count(ctx, r)
}

// count stops the cars, waits until all is quiet, counts, and lets the cars come
// again.
func (d *disaster) count(ctx context.Context, r *Return) error {
	if err := d.h.Truth.Cars(ctx, false); err != nil {
		return err
	}
	var last error
	err := house.Await(ctx, "the station to settle down", 200*time.Millisecond, func() (bool, error) {
		last = scenario.Settled(ctx, d.h, d.till.client)
		return last == nil, d.till.failed()
	})
	if err != nil {
		return errors.Join(err, last, d.till.robot.FoldError())
	}
	if r.Count, err = scenario.Count(ctx, d.h, d.till.client, d.till.robot); err != nil {
		return err
	}
	if err := r.Count.Err(); err != nil {
		return err
	}
	if c := r.Count; c.Dispensed == 0 || c.Dispensed != c.Stored || c.Stored != c.Paid {
		return fmt.Errorf("dispensed %d, stored %d, paid %d are not equal", c.Dispensed, c.Stored, c.Paid)
	}
	if err := d.remember(ctx); err != nil {
		return err
	}
	return d.h.Truth.Cars(ctx, true)
}
