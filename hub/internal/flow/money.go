package flow

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"forecourt/hub/internal/domain/ledger"
	"forecourt/hub/internal/domain/payment"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// maxNote bounds the words of a resolution, in characters.
const maxNote = 400

// Pay takes money for an unpaid sale. The key is also the id of the attempt.
// Whoever asks, and however often, a sale is paid once.
func (f *Flow) Pay(ctx context.Context, actor staff.Actor, key id.Command, which id.Sale, req wire.PayRequest) (wire.Sale, error) {
	var s sale.Sale
	var attempt payment.Attempt
	var place station.Station
	c := command{actor: actor, key: key, name: "pay", action: staff.TakePayment, target: which.String(), request: req}
	c.audit.Note = string(req.Tender) + " " + req.Due.String()
	paid, repeat, err := perform(ctx, f, c, effect[wire.Sale]{
		prepare: func(ctx context.Context) (err error) {
			if s, err = ofStation(ctx, f.DB, actor.Station, which); err != nil {
				return err
			}
			if attempt, err = f.attempt(s, actor, key, req); err != nil {
				return err
			}
			place, err = f.stationFor(ctx, s)
			return err
		},
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Sale, []outbox.Event, error) {
			paid, events, err := f.pay(ctx, tx, s, attempt)
			if err == nil {
				err = f.noteFuelling(ctx, tx, s, place)
			}
			return paid, events, err
		},
		also: func(ctx context.Context, tx *mysql.Tx, paid wire.Sale) error {
			settled := s
			settled.State = paid.State
			return f.tellOrder(ctx, tx, settled, place.Name, paid.Payment, attempt.At)
		},
		describe: func(row *audit.Row) {
			settled := s
			settled.State = wire.SalePaid
			row.Digest = settled.Digest()
		},
	})
	if err == nil && !repeat {
		f.counts.payments.Add(1)
	}
	if errors.Is(err, payment.ErrPaid) {
		err = wire.NewProblem(wire.ProblemSaleAlreadyPaid, which.String())
	}
	return paid, err
}

// attempt is the try to pay, if the sale can be paid so.
func (f *Flow) attempt(s sale.Sale, actor staff.Actor, key id.Command, req wire.PayRequest) (payment.Attempt, error) {
	var none payment.Attempt
	switch {
	case req.Tender != wire.TenderCash:
		return none, bad("tender %q", req.Tender)
	case s.State == wire.SalePaid:
		return none, wire.NewProblem(wire.ProblemSaleAlreadyPaid, s.ID.String())
	case s.State == wire.SaleQuarantined:
		return none, wire.NewProblem(wire.ProblemSaleQuarantined, s.ID.String())
	case s.State != wire.SaleUnpaid:
		return none, wire.NewProblem(wire.ProblemSaleNotPayable, fmt.Sprintf("sale %s is %s", s.ID, s.State))
	case req.Due != s.Charge:
		return none, wire.NewProblem(wire.ProblemAmountChanged, fmt.Sprintf("due %s, asked for %s", s.Charge, req.Due))
	}
	change, err := payment.Cash(s.Charge, req.Tendered)
	switch {
	case errors.Is(err, payment.ErrTooLittle):
		return none, wire.NewProblem(wire.ProblemTenderTooSmall, err.Error())
	case err != nil:
		return none, bad("%v", err)
	}
	return payment.Attempt{
		ID: id.Attempt(key), Sale: s.ID, Tender: req.Tender, State: payment.Succeeded,
		Amount: s.Charge, Tendered: req.Tendered, Change: change,
		Staff: actor.Staff, StaffNumber: actor.Number, At: f.now(),
	}, nil
}

// pay moves the money and the sale, or answers sale.ErrChanged.
func (f *Flow) pay(ctx context.Context, tx *mysql.Tx, s sale.Sale, a payment.Attempt) (wire.Sale, []outbox.Event, error) {
	var none wire.Sale
	move := f.transfer(s, ledger.CodeDrawer, ledger.CodeReceivable, "cash", a.At)
	if err := guarded(ledger.Record(ctx, tx, move)); err != nil {
		return none, nil, err
	}
	s.State = wire.SalePaid
	if err := sale.Advance(ctx, tx, s, wire.SaleUnpaid); err != nil {
		return none, nil, err
	}
	if err := payment.Succeed(ctx, tx, id.New[id.Payable](f.IDs), a); err != nil {
		return none, nil, err
	}
	paid := s.Wire(a.Wire())
	return paid, []outbox.Event{{Kind: wire.KindSale, Body: paid, At: a.At}}, nil
}

// guarded reads a refusal by an account's guard as what it is here: somebody
// else has just settled the sale, and nothing is owed for it any more.
func guarded(err error) error {
	if errors.Is(err, ledger.ErrGuard) {
		return fmt.Errorf("%w: %w", sale.ErrChanged, err)
	}
	return err
}

// Resolve lets a sale leave the open list without money, or become payable.
func (f *Flow) Resolve(ctx context.Context, actor staff.Actor, key id.Command, which id.Sale, req wire.ResolveRequest) (wire.Sale, error) {
	if n := utf8.RuneCountInString(req.Note); n == 0 || n > maxNote || !utf8.ValidString(req.Note) {
		return wire.Sale{}, bad("a note of 1 to %d characters is needed", maxNote)
	}
	var was, next sale.Sale
	var name string
	c := command{actor: actor, key: key, name: "resolve", action: staff.ResolveSale, target: which.String(), request: req}
	c.audit.Note = string(req.Act)
	resolved, _, err := perform(ctx, f, c, effect[wire.Sale]{
		prepare: func(ctx context.Context) (err error) {
			if was, err = ofStation(ctx, f.DB, actor.Station, which); err != nil {
				return err
			}
			prices, err := f.pricesOf(ctx, f.DB, was)
			if err != nil {
				return err
			}
			if next, err = was.Resolve(req, prices); err != nil {
				return resolveProblem(was, err)
			}
			name, err = f.nameFor(ctx, was)
			return err
		},
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Sale, []outbox.Event, error) {
			return f.resolve(ctx, tx, was, next)
		},
		also: func(ctx context.Context, tx *mysql.Tx, _ wire.Sale) error {
			return f.tellOrder(ctx, tx, next, name, nil, f.now())
		},
		describe: func(row *audit.Row) { row.Digest = next.Digest() },
	})
	return resolved, err
}

// pricesOf is the price that a sale's set says, or for a sale without a known
// set the price in force; zero if there is none.
func (f *Flow) pricesOf(ctx context.Context, q reader, s sale.Sale) (unit.FenPerLitre, error) {
	prices, err := station.PricesOf(ctx, q, s.Station, s.PriceSet)
	if err != nil || len(prices) > 0 {
		return prices[s.Grade], err
	}
	st, err := station.Load(ctx, q, s.Station)
	if err != nil {
		return 0, err
	}
	prices, err = station.PricesOf(ctx, q, s.Station, st.PriceSet)
	return prices[s.Grade], err
}

// resolveProblem is what a person is told when a sale is not to be resolved so.
func resolveProblem(s sale.Sale, err error) error {
	switch {
	case errors.Is(err, sale.ErrState):
		return wire.NewProblem(wire.ProblemNotResolvable, fmt.Sprintf("sale %s is %s", s.ID, s.State))
	case errors.Is(err, sale.ErrVolume):
		return bad("the volume to charge has to be the metered %s L", s.Counted)
	case errors.Is(err, sale.ErrAmount):
		return bad("the amount to charge has to be price times volume")
	}
	return err
}

// resolve stores a resolution, or answers sale.ErrChanged.
func (f *Flow) resolve(ctx context.Context, tx *mysql.Tx, was, next sale.Sale) (wire.Sale, []outbox.Event, error) {
	var none wire.Sale
	at := f.now()
	var events []outbox.Event
	var chain *sale.Chain
	if next.Bucket != was.Bucket {
		// The chain comes before the accounts in the lock order.
		chains, err := sale.LockChains(ctx, tx, was.Station, []int{was.Nozzle})
		if err != nil || len(chains) == 0 {
			return none, nil, errors.Join(sale.ErrChanged, err)
		}
		chain = &chains[0]
		chain.Settle(was.Bucket, was.Counted, next.Booked)
		events = append(events, outbox.Event{Kind: wire.KindProof, Body: chain.Proof(), At: at})
	}
	if move, moves := f.consequence(next, at); moves {
		if err := guarded(ledger.Record(ctx, tx, move)); err != nil {
			return none, nil, err
		}
	}
	if err := sale.Advance(ctx, tx, next, was.State); err != nil {
		return none, nil, err
	}
	if chain != nil {
		if err := sale.SaveChains(ctx, tx, was.Station, []sale.Chain{*chain}); err != nil {
			return none, nil, err
		}
	}
	resolved := next.Wire(nil)
	return resolved, append(events, outbox.Event{Kind: wire.KindSale, Body: resolved, At: at}), nil
}

// consequence is what a resolution means for the ledger: an accepted sale is
// owed, a drive-off is lost, a test was no sale and is taken back by a
// transfer of its own.
func (f *Flow) consequence(s sale.Sale, at time.Time) (ledger.Transfer, bool) {
	switch s.State {
	case wire.SaleUnpaid:
		return f.transfer(s, ledger.CodeReceivable, ledger.CodeSales, "accept", at), true
	case wire.SaleDriveOff:
		return f.transfer(s, ledger.CodeDriveOff, ledger.CodeReceivable, "drive_off", at), true
	case wire.SaleTest:
		return f.transfer(s, ledger.CodeSales, ledger.CodeReceivable, "test", at), true
	}
	return ledger.Transfer{}, false
}
