package flow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/domain/ledger"
	"forecourt/hub/internal/domain/payment"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Bounds of what is read at once.
const (
	// MaxPage bounds a page of sales.
	MaxPage = 200
	// maxWaiting bounds the waiting sales in a snapshot; wire.MaxFrameOutBytes
	// is made for as many. More are found by asking for pages.
	maxWaiting = 500
)

// reader is a snapshot to read from.
type reader = sqlx.ExtContext

// read runs fn on one snapshot of the database.
func (f *Flow) read(ctx context.Context, what string, fn func(ctx context.Context, q reader) error) error {
	tx, err := f.DB.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	// Nothing was written: how it ends does not matter.
	defer func() { _ = tx.Rollback() }()
	if err := fn(ctx, tx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// DeskSnapshot is what a till needs to work, and the position in the desk
// channel that it stands at: exactly the events up to there are in it.
func (f *Flow) DeskSnapshot(ctx context.Context, s id.Station) (wire.DeskSnap, wire.Position, error) {
	var snap wire.DeskSnap
	var pos wire.Position
	err := f.read(ctx, "reading a desk snapshot", func(ctx context.Context, q reader) (err error) {
		if pos, err = f.Feed.Position(ctx, q, wire.Desk(s)); err != nil {
			return err
		}
		st, err := station.Load(ctx, q, s)
		if err != nil {
			return err
		}
		snap.Station = st.Name
		sales, err := sale.Desk(ctx, q, s, nil, maxWaiting, wire.MaxSettledInSnap)
		if err != nil {
			return err
		}
		if snap.Sales, err = wireSales(ctx, q, sales); err != nil {
			return err
		}
		if snap.Prices, err = station.Board(ctx, q, st); err != nil {
			return err
		}
		if snap.Proofs, err = proofs(ctx, q, s); err != nil {
			return err
		}
		snap.Roster, err = f.roster(ctx, q, s)
		return err
	})
	return snap, pos, err
}

// wireSales is sales as tills see them, with their payments.
func wireSales(ctx context.Context, q reader, sales []sale.Sale) ([]wire.Sale, error) {
	var paid []id.Sale
	for _, s := range sales {
		if s.State == wire.SalePaid {
			paid = append(paid, s.ID)
		}
	}
	payments, err := payment.Of(ctx, q, paid)
	if err != nil {
		return nil, err
	}
	list := make([]wire.Sale, len(sales))
	for i, s := range sales {
		list[i] = s.Wire(payments[s.ID])
	}
	return list, nil
}

func proofs(ctx context.Context, q reader, s id.Station) ([]wire.NozzleProof, error) {
	chains, err := sale.Chains(ctx, q, s)
	list := make([]wire.NozzleProof, len(chains))
	for i, c := range chains {
		list[i] = c.Proof()
	}
	return list, err
}

// SaleQuery asks for a page of a station's sales.
type SaleQuery struct {
	// State and Nozzle narrow it; empty and zero mean all.
	State  wire.SaleState
	Nozzle int
	// Before asks for sales older than this one; zero begins at the newest.
	Before id.Sale
	// Limit bounds the page; zero means MaxPage, which it may not exceed.
	Limit int
}

// Sales reads a page of the station's sales, newest first.
func (f *Flow) Sales(ctx context.Context, s id.Station, ask SaleQuery) (wire.SaleList, error) {
	if ask.Limit <= 0 || ask.Limit > MaxPage {
		ask.Limit = MaxPage
	}
	var page wire.SaleList
	err := f.read(ctx, "listing sales", func(ctx context.Context, q reader) error {
		// One more than asked tells whether there is a following page.
		found, err := sale.List(ctx, q, sale.Query{
			Station: s, State: ask.State, Nozzle: ask.Nozzle, Before: ask.Before, Limit: ask.Limit + 1,
		})
		if err != nil {
			return err
		}
		if len(found) > ask.Limit {
			found = found[:ask.Limit]
			page.Next = found[ask.Limit-1].ID
		}
		page.Sales, err = wireSales(ctx, q, found)
		return err
	})
	return page, err
}

// Sale reads one sale of the station, or answers wire.ProblemNotFound.
func (f *Flow) Sale(ctx context.Context, s id.Station, which id.Sale) (wire.Sale, error) {
	var out wire.Sale
	err := f.read(ctx, "reading a sale", func(ctx context.Context, q reader) error {
		found, err := ofStation(ctx, q, s, which)
		if err != nil {
			return err
		}
		list, err := wireSales(ctx, q, []sale.Sale{found})
		if err == nil {
			out = list[0]
		}
		return err
	})
	return out, err
}

// ofStation reads a sale of a station; another station's is not found.
func ofStation(ctx context.Context, q sqlx.QueryerContext, s id.Station, which id.Sale) (sale.Sale, error) {
	found, err := sale.Load(ctx, q, which)
	if errors.Is(err, sale.ErrNone) || err == nil && found.Station != s {
		return sale.Sale{}, wire.NewProblem(wire.ProblemNotFound, "sale "+which.String())
	}
	return found, err
}

// Prices reads the station's price board.
func (f *Flow) Prices(ctx context.Context, s id.Station) (wire.PriceBoard, error) {
	var board wire.PriceBoard
	err := f.read(ctx, "reading prices", func(ctx context.Context, q reader) error {
		st, err := station.Load(ctx, q, s)
		if err != nil {
			return err
		}
		board, err = station.Board(ctx, q, st)
		return err
	})
	return board, err
}

// Proofs reads the proof of every nozzle, by number.
func (f *Flow) Proofs(ctx context.Context, s id.Station) ([]wire.NozzleProof, error) {
	return proofs(ctx, f.DB, s)
}

// Audit is the station's books added up a second way.
type Audit struct {
	// Ledger is what the accounts say against their transfers.
	Ledger ledger.Report
	// Nozzles names every nozzle whose chain is not the sum of its sales.
	Nozzles []int
	// Owed is what unpaid sales come to, and Receivable what the ledger has
	// as owed at the pump; a sound station has them equal.
	Owed, Receivable unit.Fen
}

// Sound reports whether everything agrees.
func (a Audit) Sound() bool {
	return a.Ledger.Sound() && len(a.Nozzles) == 0 && a.Owed == a.Receivable
}

// Audit adds up every transfer and every sale again and compares.
func (f *Flow) Audit(ctx context.Context, s id.Station) (Audit, error) {
	var a Audit
	report, err := ledger.Verify(ctx, f.DB)
	if err != nil {
		return a, err
	}
	a.Ledger = report
	err = f.read(ctx, "auditing sales", func(ctx context.Context, q reader) error {
		chains, err := sale.Chains(ctx, q, s)
		if err != nil {
			return err
		}
		counts, err := sale.RecountAll(ctx, q, s)
		if err != nil {
			return err
		}
		a.Nozzles = differing(chains, counts)
		if a.Owed, err = sale.Owed(ctx, q, s); err != nil {
			return err
		}
		accounts, err := ledger.Accounts(ctx, q, s)
		for _, account := range accounts {
			if account.Code == ledger.CodeReceivable {
				a.Receivable = account.Debit - account.Credit
			}
		}
		return err
	})
	return a, err
}

// differing is the nozzles whose chain is not what their sales add up to.
func differing(chains []sale.Chain, counts []sale.Recount) []int {
	byNozzle := map[int]sale.Recount{}
	for _, c := range counts {
		byNozzle[c.Nozzle] = c
	}
	var list []int
	for _, c := range chains {
		r := byNozzle[c.Nozzle]
		r.Nozzle = c.Nozzle
		if !r.Matches(c) {
			list = append(list, c.Nozzle)
		}
	}
	return list
}

// Outflows is what left each tank through sales that ended in [from, to), and
// what pump tests brought back.
func (f *Flow) Outflows(ctx context.Context, s id.Station, from, to time.Time) ([]sale.Outflow, error) {
	return sale.Outflows(ctx, f.DB, s, from, to)
}
