package flow_test

import (
	"testing"
	"time"

	"forecourt/hub/internal/domain/ledger"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestExpiredReservationIsReleasedOnce(t *testing.T) {
	h := newHouse(t)
	h.take(h.sale(1, 20_000)) // 150.00 are owed
	hold := ledger.Transfer{
		ID: id.New[id.Transfer](h.ids), Kind: ledger.Pending, Amount: 10000, Purpose: "test", At: start,
		Debit:     ledger.AccountID(h.station, ledger.CodeDrawer),
		Credit:    ledger.AccountID(h.station, ledger.CodeReceivable),
		ExpiresAt: start.Add(time.Minute),
	}
	if err := ledger.Transact(t.Context(), h.db, hold); err != nil {
		t.Fatal(err)
	}
	if n, err := h.flow.ExpirePending(t.Context()); n != 0 || err != nil {
		t.Errorf("before its time: %d, %v", n, err)
	}
	h.later(time.Minute)
	for _, want := range []int{1, 0} {
		if n, err := h.flow.ExpirePending(t.Context()); n != want || err != nil {
			t.Errorf("%d expired, want %d, %v", n, want, err)
		}
	}
	var kind ledger.Kind
	if err := h.db.GetContext(t.Context(), &kind, "SELECT kind FROM ledger_transfer WHERE resolves IS NOT NULL"); err != nil || kind != ledger.Expire {
		t.Errorf("the reservation ended by %q, %v", kind, err)
	}
	accounts, err := ledger.Accounts(t.Context(), h.db, h.station)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		if a.DebitPending != 0 || a.CreditPending != 0 {
			t.Errorf("still reserved on %s", a.Code)
		}
	}
	h.sound()
}

func TestPrunedResultDoesNotPayTwice(t *testing.T) {
	h := newHouse(t)
	e := h.sale(1, 20_000)
	h.take(e)
	key := h.key()
	if _, err := h.flow.Pay(t.Context(), h.cashier(), key, e.Sale, cash(15000, 15000)); err != nil {
		t.Fatal(err)
	}
	h.later(48 * time.Hour)
	if n, err := h.flow.PruneResults(t.Context(), 72*time.Hour); n != 0 || err != nil {
		t.Errorf("pruned %d too early, %v", n, err)
	}
	if n, err := h.flow.PruneResults(t.Context(), 24*time.Hour); n != 1 || err != nil {
		t.Errorf("pruned %d, %v", n, err)
	}
	_, err := h.flow.Pay(t.Context(), h.cashier(), key, e.Sale, cash(15000, 15000))
	wantProblem(t, err, wire.ProblemSaleAlreadyPaid)
	h.sound()
}
