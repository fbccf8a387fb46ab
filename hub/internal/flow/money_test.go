package flow_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/ledger"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// balance is what an account of the house stands at, debit over credit.
func (h *house) balance(code string) unit.Fen {
	h.t.Helper()
	accounts, err := ledger.Accounts(h.t.Context(), h.db, h.station)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, a := range accounts {
		if a.Code == code {
			return a.Debit - a.Credit
		}
	}
	h.t.Fatalf("no account %s", code)
	return 0
}

func TestPayTakesCashAndGivesChange(t *testing.T) {
	h := newHouse(t)
	e := h.sale(1, 20_000)
	h.take(e)
	if got := h.balance(ledger.CodeReceivable); got != 15000 {
		t.Errorf("receivable %s before paying", got)
	}
	key := h.key()
	paid, err := h.flow.Pay(t.Context(), h.cashier(), key, e.Sale, cash(15000, 20000))
	if err != nil || paid.State != wire.SalePaid || paid.Due != 0 || paid.Payment == nil {
		t.Fatalf("paid as %+v, %v", paid, err)
	}
	want := wire.Payment{
		Attempt: id.Attempt(key), Tender: wire.TenderCash, Paid: 15000, Tendered: 20000, Change: 5000, At: start, By: "cashier",
	}
	if *paid.Payment != want {
		t.Errorf("payment %+v", *paid.Payment)
	}
	if s := h.stored(e.Sale); s.Payment == nil || *s.Payment != want {
		t.Errorf("read back as %+v", s.Payment)
	}
	if h.balance(ledger.CodeReceivable) != 0 || h.balance(ledger.CodeDrawer) != 15000 || h.balance(ledger.CodeSales) != -15000 {
		t.Error("the ledger does not show the cash")
	}
	h.sound()
}

func TestRefusedPayments(t *testing.T) {
	h := newHouse(t)
	e := h.sale(1, 20_000)
	open := wire.SaleStarted{Sale: id.New[id.Sale](h.ids), Nozzle: 2, StartedAt: h.now(), Price: 798, PriceSet: h.set}
	h.take(e, open)
	pay := func(which id.Sale, req wire.PayRequest) error {
		_, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), which, req)
		return err
	}
	wantProblem(t, pay(e.Sale, cash(14000, 20000)), wire.ProblemAmountChanged)
	wantProblem(t, pay(e.Sale, cash(15000, 14999)), wire.ProblemTenderTooSmall)
	wantProblem(t, pay(e.Sale, cash(15000, unit.Max+1)), wire.ProblemBadRequest)
	wantProblem(t, pay(e.Sale, wire.PayRequest{Tender: "shells", Due: 15000, Tendered: 15000}), wire.ProblemBadRequest)
	wantProblem(t, pay(open.Sale, cash(0, 0)), wire.ProblemSaleNotPayable)
	wantProblem(t, pay(id.New[id.Sale](h.ids), cash(15000, 15000)), wire.ProblemNotFound)
	_, err := h.flow.Pay(t.Context(), h.cashier(), id.Command{}, e.Sale, cash(15000, 15000))
	wantProblem(t, err, wire.ProblemKeyMissing)
	_, err = h.flow.Pay(t.Context(), h.actor(wire.RoleAgent), h.key(), e.Sale, cash(15000, 15000))
	wantProblem(t, err, wire.ProblemForbidden)
	stranger := h.cashier()
	stranger.Station = id.New[id.Station](h.ids)
	_, err = h.flow.Pay(t.Context(), stranger, h.key(), e.Sale, cash(15000, 15000))
	wantProblem(t, err, wire.ProblemNotFound)
	if got := h.balance(ledger.CodeDrawer); got != 0 {
		t.Errorf("%s in the drawer after refusals", got)
	}
	h.sound()
}

func TestRepeatedCommandHasItsFirstResult(t *testing.T) {
	h := newHouse(t)
	a, b := h.sale(1, 20_000), h.sale(1, 20_000)
	h.take(a, b)
	key := h.key()
	first, err := h.flow.Pay(t.Context(), h.cashier(), key, a.Sale, cash(15000, 20000))
	if err != nil {
		t.Fatal(err)
	}
	h.later(time.Hour)
	again, err := h.flow.Pay(t.Context(), h.cashier(), key, a.Sale, cash(15000, 20000))
	if err != nil || *again.Payment != *first.Payment {
		t.Errorf("the repeat was answered %+v, %v", again, err)
	}
	_, err = h.flow.Pay(t.Context(), h.cashier(), key, a.Sale, cash(15000, 15000))
	wantProblem(t, err, wire.ProblemKeyReused)
	_, err = h.flow.Pay(t.Context(), h.cashier(), key, b.Sale, cash(15000, 20000))
	wantProblem(t, err, wire.ProblemKeyReused)
	_, err = h.flow.Pay(t.Context(), h.head(), key, a.Sale, cash(15000, 20000))
	wantProblem(t, err, wire.ProblemKeyReused)
	_, err = h.flow.SetHoldAll(t.Context(), h.cashier(), key, wire.HoldRequest{Hold: wire.HoldStop})
	wantProblem(t, err, wire.ProblemKeyReused)
	h.sound()
}

// TestC002TwoTillsPayOneSale has many tills pay the same sale at once, each
// twice with its own key: one payment is taken, and every repeat of the winner
// gets the winner's answer.
func TestC002TwoTillsPayOneSale(t *testing.T) {
	h := newHouse(t)
	const tills = 8
	for range 5 {
		e := h.sale(1, 20_000)
		h.take(e)
		var wg sync.WaitGroup
		errs := make([]error, 2*tills)
		for i := range tills {
			key := h.key()
			for j := range 2 {
				wg.Go(func() {
					_, errs[2*i+j] = h.flow.Pay(t.Context(), h.cashier(), key, e.Sale, cash(15000, 15000))
				})
			}
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			wantProblem(t, err, wire.ProblemSaleAlreadyPaid)
		}
		if won != 2 {
			t.Errorf("%d calls succeeded, want the two with the winning key", won)
		}
	}
	if got := h.balance(ledger.CodeDrawer); got != 5*15000 {
		t.Errorf("%s in the drawer", got)
	}
	if got := h.flow.Counts().Payments; got != 5 {
		t.Errorf("%d payments counted", got)
	}
	h.sound()
}

func TestOneWinnerIsARuleOfTheDatabase(t *testing.T) {
	h := newHouse(t)
	e := h.sale(1, 20_000)
	h.take(e)
	if _, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), e.Sale, cash(15000, 15000)); err != nil {
		t.Fatal(err)
	}
	_, err := h.db.ExecContext(t.Context(), `INSERT INTO payment_attempt (id, payable, tender, state, amount_fen,
			tendered_fen, change_fen, staff, staff_number, at, won)
		SELECT ?, payable, tender, state, amount_fen, tendered_fen, change_fen, staff, staff_number, at, won
		FROM payment_attempt`, h.key())
	if err == nil {
		t.Error("the database took a second winner")
	}
	if _, err := h.db.ExecContext(t.Context(), "UPDATE ledger_transfer SET amount_fen = 1"); err == nil {
		t.Error("the application may change a transfer")
	}
	if _, err := h.db.ExecContext(t.Context(), "UPDATE nozzle_chain SET last_ml = last_ml + 1 WHERE last_ml IS NOT NULL"); err == nil {
		t.Error("the database took a chain that is not exact")
	}
}

func TestD009PumpTestIsNoSale(t *testing.T) {
	h := newHouse(t)
	e := h.sale(1, 20_000)
	h.take(e)
	before := h.proof(1).First
	req := wire.ResolveRequest{Act: wire.ResolveTest, Note: "回罐"}
	s, err := h.flow.Resolve(t.Context(), h.cashier(), h.key(), e.Sale, req)
	if err != nil || s.State != wire.SaleTest || s.Due != 0 {
		t.Fatalf("resolved as %+v, %v", s, err)
	}
	if got := h.balance(ledger.CodeSales); got != 0 {
		t.Errorf("sales stand at %s", got)
	}
	flows, err := h.flow.Outflows(t.Context(), h.station, start.Add(-time.Hour), start.Add(time.Hour))
	if err != nil || len(flows) != 1 {
		t.Fatalf("outflows %+v, %v", flows, err)
	}
	if o := flows[0]; o.Tank != 1 || o.Sold != 0 || o.Net() != 0 || o.Tests != 20_000 {
		t.Errorf("outflow %+v", o)
	}
	if p := h.proof(1); p.Last-before != 20_000 || p.Booked != 20_000 {
		t.Errorf("proof %+v", p)
	}
	_, err = h.flow.Pay(t.Context(), h.cashier(), h.key(), e.Sale, cash(15000, 15000))
	wantProblem(t, err, wire.ProblemSaleNotPayable)
	h.sound()
}

func TestDriveOffIsALoss(t *testing.T) {
	h := newHouse(t)
	e := h.sale(1, 20_000)
	h.take(e)
	req := wire.ResolveRequest{Act: wire.ResolveDriveOff, Note: "川A12345 逃单"}
	key := h.key()
	s, err := h.flow.Resolve(t.Context(), h.cashier(), key, e.Sale, req)
	if err != nil || s.State != wire.SaleDriveOff || s.Note != req.Note {
		t.Fatalf("resolved as %+v, %v", s, err)
	}
	if _, err := h.flow.Resolve(t.Context(), h.cashier(), key, e.Sale, req); err != nil {
		t.Errorf("the repeat: %v", err)
	}
	if h.balance(ledger.CodeDriveOff) != 15000 || h.balance(ledger.CodeReceivable) != 0 {
		t.Error("the ledger does not show the loss")
	}
	_, err = h.flow.Resolve(t.Context(), h.cashier(), h.key(), e.Sale, req)
	wantProblem(t, err, wire.ProblemNotResolvable)
	h.sound()
}

func TestDismissedSaleStaysProved(t *testing.T) {
	h := newHouse(t)
	lied := h.figures(1, 0, 20_000, 40_000, 750)
	h.take(lied)
	s, err := h.flow.Resolve(t.Context(), h.cashier(), h.key(), lied.Sale, wire.ResolveRequest{Act: wire.ResolveDismiss, Note: "x"})
	if err != nil || s.State != wire.SaleVoid || s.Due != 0 {
		t.Fatalf("resolved as %+v, %v", s, err)
	}
	if p := h.proof(1); p.Quarantined != 20_000 {
		t.Errorf("proof %+v", p)
	}
	_, err = h.flow.Resolve(t.Context(), h.cashier(), h.key(), lied.Sale, wire.ResolveRequest{Act: wire.ResolveDismiss})
	wantProblem(t, err, wire.ProblemBadRequest)
	h.sound()
}

// TestPayAndResolveAtOnce lets two people settle one sale differently: one of
// them does, the other is told.
func TestPayAndResolveAtOnce(t *testing.T) {
	h := newHouse(t)
	for range 10 {
		e := h.sale(1, 20_000)
		h.take(e)
		var wg sync.WaitGroup
		var payErr, leftErr error
		wg.Go(func() {
			_, payErr = h.flow.Pay(t.Context(), h.cashier(), h.key(), e.Sale, cash(15000, 15000))
		})
		wg.Go(func() {
			_, leftErr = h.flow.Resolve(t.Context(), h.head(), h.key(), e.Sale,
				wire.ResolveRequest{Act: wire.ResolveDriveOff, Note: "x"})
		})
		wg.Wait()
		if (payErr == nil) == (leftErr == nil) {
			t.Errorf("paying: %v; driving off: %v", payErr, leftErr)
		}
		for _, err := range []error{payErr, leftErr} {
			var p *wire.Problem
			if err != nil && !errors.As(err, &p) {
				t.Errorf("the loser was told %v", err)
			}
		}
	}
	h.sound()
}
