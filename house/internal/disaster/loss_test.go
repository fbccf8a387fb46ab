package disaster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forecourt/house/internal/robot"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// saleID is the n-th of some ids.
func saleID(n byte) (s id.Sale) {
	s[0] = n
	return s
}

func paid(n byte, fen unit.Fen) wire.Sale {
	return wire.Sale{ID: saleID(n), State: wire.SalePaid, Amount: fen, Payment: &wire.Payment{Paid: fen}}
}

func TestReceiptsWithoutTheirPaymentAreFound(t *testing.T) {
	open := paid(2, 200)
	open.State, open.Payment = wire.SaleUnpaid, nil
	sales := []wire.Sale{paid(1, 100), open, paid(4, 399)}
	var receipts []robot.Receipt
	for n := range byte(4) {
		receipts = append(receipts, robot.Receipt{Sale: saleID(n + 1), Paid: unit.Fen(n+1) * 100})
	}
	got := unpaid(receipts, sales)
	if len(got) != 3 || got[0].Sale != saleID(2) || got[1].Sale != saleID(3) || got[2].Sale != saleID(4) {
		t.Errorf("unpaid: %+v", got)
	}
}

func TestPaymentsFromBeforeTheLastThatSurvivedMustBeThere(t *testing.T) {
	end := time.Date(2026, 3, 12, 14, 3, 27, 0, time.UTC)
	for _, c := range []struct {
		name   string
		before []time.Duration
		faults int
	}{
		{"none", nil, 0},
		{"within the loss", []time.Duration{299 * time.Millisecond, 10 * time.Millisecond}, 0},
		{"one older", []time.Duration{301 * time.Millisecond, 10 * time.Millisecond}, 1},
		{"two older", []time.Duration{time.Hour, time.Second}, 2},
	} {
		l := Loss{At: end, Until: end.Add(-300 * time.Millisecond)}
		for _, d := range c.before {
			l.Payments = append(l.Payments, robot.Receipt{Paid: 100, At: end.Add(-d)})
		}
		got := 0
		if err := l.Err(); err != nil {
			got = strings.Count(err.Error(), "is not there")
		}
		if got != c.faults {
			t.Errorf("%s: %d faults, want %d", c.name, got, c.faults)
		}
		if l.Changes() != 300*time.Millisecond {
			t.Errorf("%s: %v of changes", c.name, l.Changes())
		}
	}
}

func TestEverySaleThatWasShownHasToBeThereAsItWas(t *testing.T) {
	known := map[id.Sale]wire.Sale{saleID(1): paid(1, 100), saleID(2): paid(2, 200)}
	if n, err := kept(known, []wire.Sale{paid(2, 200), paid(1, 100), paid(3, 300)}); n != 2 || err != nil {
		t.Errorf("all there: %d, %v", n, err)
	}
	if n, err := kept(known, []wire.Sale{paid(2, 200)}); n != 1 || err == nil {
		t.Errorf("one gone: %d, %v", n, err)
	}
	if n, err := kept(known, []wire.Sale{paid(1, 100), paid(2, 201)}); n != 1 || err == nil {
		t.Errorf("one altered: %d, %v", n, err)
	}
}

func TestWhatWasForetoldIsHeldAgainstWhatWasLost(t *testing.T) {
	asked := time.Date(2026, 3, 12, 14, 3, 27, 0, time.UTC)
	l := Loss{Payments: []robot.Receipt{{At: asked.Add(-time.Second)}, {At: asked.Add(-time.Millisecond)}, {At: asked.Add(time.Second)}}}
	for told, ok := range map[int64]bool{0: false, 1: false, 2: true, 3: true, 4: true, 5: false} {
		if err := foretold(l, wire.RestoreLoss{Payments: told}, asked); (err == nil) != ok {
			t.Errorf("told %d: %v", told, err)
		}
	}
}

func TestErrorsInTheHubsLogAreComplaints(t *testing.T) {
	log := filepath.Join(t.TempDir(), "hub.log")
	text := "time=1 level=INFO msg=a\ntime=2 level=ERROR msg=b\ntime=3 level=WARN msg=\"level=ERROR\"\n"
	if err := os.WriteFile(log, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := complaints(log); err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "msg=b") {
		t.Errorf("complaints: %v", err)
	}
	if err := complaints(log + "-missing"); err == nil {
		t.Error("a log that is not there has no complaints")
	}
}
