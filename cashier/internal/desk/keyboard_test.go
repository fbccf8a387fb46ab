package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

func TestDigitsChooseANozzle(t *testing.T) {
	for _, c := range []struct {
		keys string
		want int
	}{
		{"3", 3}, {"1", 1}, {"1 2", 12}, {"1 6", 16}, {"0 3", 3}, {"2 3", 3}, {"3 0", 3}, {"1 * 2", 2}, {"1 7", 7},
	} {
		s := lookbook.Busy(desk.Prefs{})
		press(s, c.keys)
		if got := chosen(s); got != c.want {
			t.Errorf("%q chose %d, want %d", c.keys, got, c.want)
		}
	}
	s := lookbook.Busy(desk.Prefs{})
	press(s, "1")
	s.Wait(2 * time.Second)
	press(s, "2")
	if got := chosen(s); got != 2 {
		t.Errorf("after a pause the next digit begins anew: %d", got)
	}
	small := lookbook.NewStage(desk.Prefs{})
	small.SignIn(wire.RoleCashier)
	f := lookbook.Idle(4)
	small.Connect(f, wire.DeskSnap{Prices: small.PriceBoard(f)})
	press(small, "7")
	if chosen(small) != 0 || !strings.Contains(said(small), "没有 7 号枪") {
		t.Errorf("a nozzle that is not there: chose %d, said %q", chosen(small), said(small))
	}
}

func TestCashByKeyboardAlone(t *testing.T) {
	for _, c := range []struct {
		keys     string
		tendered unit.Fen
	}{
		{"3 F8", 192_00},          // two keys: exactly what is due
		{"3 F1 2 0 0 F8", 200_00}, // digits
		{"3 F1 2 00 F8", 200_00},  // 00
		{"3 enter 2 00 enter", 200_00},
		{"3 F1 2 1 back 00 F8", 200_00},
		{"3 F1 1 9 2 . 5 F8", 192_50},
		{"3 F1 1 9 2 . 5 0 9 F8", 192_50}, // a third decimal is not taken
		{"3 F1 +100 +100 F8", 200_00},     // two red notes
		{"3 F1 9 9 9 clear 2 00 F8", 200_00},
		{"3 F1 exact F8", 192_00},
		{"F5 F8", 348_91}, // the oldest unpaid sale
		{"3 F1 escape F8", 192_00},
	} {
		s := lookbook.Busy(desk.Prefs{})
		got := press(s, c.keys)
		if len(got) != 1 || got[0].Kind != desk.CommandPay || got[0].Pay.Tendered != c.tendered || got[0].Pay.Tender != wire.TenderCash {
			t.Errorf("%q sent %+v, want one payment of %s", c.keys, got, c.tendered)
		}
		if len(got) == 1 && got[0].Staff != "2001" {
			t.Errorf("%q by %q", c.keys, got[0].Staff)
		}
	}
}

func TestAmountsThatCannotBeRightAreNotSent(t *testing.T) {
	for keys, word := range map[string]string{
		"3 F1 1 0 0 F8":             "实收不足",
		"3 F1 0 F8":                 "实收不足",
		"3 F1 1 2 0 0 F8":           "实收过大，请核对",
		"3 F1 6 9 0 1 2 3 4 5 6 F8": "实收过大，请核对", // a scanned barcode
		"F8":                        "请先选择油枪",
		"10 F8":                     "请先选择油枪",
	} {
		s := lookbook.Busy(desk.Prefs{})
		if got := press(s, keys); len(got) != 0 {
			t.Errorf("%q sent %+v", keys, got)
		}
		if !strings.Contains(said(s), word) {
			t.Errorf("%q said %q, want %q", keys, said(s), word)
		}
	}
}

func TestChangeIsShownBeforeAndAfter(t *testing.T) {
	s := lookbook.Cash(desk.Prefs{})
	p := s.State.Screen().Panel
	if p.Amount != "192.00" || p.Tender.Value != "200" || p.Change.Value != "8.00" || !p.Pay.On {
		t.Errorf("while typing: %+v", p)
	}
	c := s.Pay()
	if p := s.State.Screen().Panel; !p.Pay.Busy || p.Pay.On || p.Amount != "192.00" {
		t.Errorf("in flight: %+v", p)
	}
	s.Effects = nil
	s.Do(desk.Answered{Command: c})
	p = s.State.Screen().Panel
	if p.Caption != "找零" || p.Amount != "8.00" || p.Word != "已收款" {
		t.Errorf("receipt: %+v", p)
	}
	if !slices.Equal(played(s), []desk.Sound{desk.SoundPaid}) {
		t.Errorf("played %v", played(s))
	}
	s.Effects = nil
	s.Do(desk.Answered{Command: c})
	if len(s.Effects) != 0 {
		t.Errorf("a repeated answer did something: %v", s.Effects)
	}
}

func TestSecondF8WhileAPaymentIsInFlightDoesNothing(t *testing.T) {
	s := lookbook.Cash(desk.Prefs{})
	first := s.Pay()
	again := func(when string) {
		t.Helper()
		for _, keys := range []string{"F8", "enter", "F1 3 00 F8", "* 3 F8", "escape 3 F8", "F5 down up 3 F8"} {
			for _, c := range press(s, keys) {
				if c.Sale == first.Sale {
					t.Errorf("%s: %q sent another payment", when, keys)
				}
			}
			s.Do(desk.Choose{Nozzle: 3})
		}
	}
	again("sending")
	s.Do(desk.Unknown{Command: first})
	s.Wait(time.Second)
	s.Beat()
	s.Do(desk.Choose{Nozzle: 3})
	p := s.State.Screen().Panel
	if p.Status != "支付未确认，请勿重复支付，正在查询…" || !p.Pay.Busy {
		t.Errorf("unknown: %+v", p)
	}
	if got := s.State.Screen().Header.Unsettled.Text; got != "待确认 1" {
		t.Errorf("header says %q", got)
	}
	again("unknown")
}

func TestPaymentWhoseAnswerWasLostIsConfirmedByTheSaleItself(t *testing.T) {
	s := lookbook.Cash(desk.Prefs{})
	c := s.Pay()
	s.Do(desk.Unknown{Command: c})
	sale := waitingSale(t, s, c.Sale)
	sale.State, sale.Due = wire.SalePaid, 0
	sale.Payment = &wire.Payment{Attempt: id.Attempt(id.New[id.Attempt](s.IDs)), Paid: c.Pay.Due, Tendered: c.Pay.Due}
	s.Sale(sale) // somebody else's payment is not ours
	if got := s.State.Screen().Header.Unsettled.Text; got != "待确认 1" {
		t.Errorf("another till's payment settled ours: %q", got)
	}
	sale.Payment.Attempt = id.Attempt(c.Key)
	sale.State = wire.SaleUnpaid
	s.Sale(sale)
	sale.State = wire.SalePaid
	s.Sale(sale)
	if got := s.State.Screen(); got.Header.Unsettled.Text != "" || got.Panel.Word != "已收款" {
		t.Errorf("not confirmed: %q, %q", got.Header.Unsettled.Text, got.Panel.Word)
	}
}

// waitingSale finds a sale as the till knows it.
func waitingSale(t *testing.T, s *lookbook.Stage, sale id.Sale) wire.Sale {
	t.Helper()
	for _, row := range s.State.Screen().Unpaid.Rows {
		if row.Sale == sale {
			return wire.Sale{
				ID: sale, Number: "0322", Nozzle: 3, Grade: "92#", State: wire.SaleUnpaid, Volume: 25_600,
				Amount: 192_00, Due: 192_00, Price: 750, EndedAt: s.At().Add(-2 * time.Minute),
			}
		}
	}
	t.Fatalf("sale %s does not wait", sale)
	return wire.Sale{}
}

func TestSaleThatComesUpUnderTheFingerIsNotPaid(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	press(s, "4")
	n := lookbook.Idle(16).Nozzles[3]
	s.Nozzle(n)
	s.Sale(s.SaleOf(n, wire.SaleUnpaid, 15_870, 0))
	if got := press(s, "F8"); len(got) != 0 {
		t.Errorf("paid what nobody had seen: %+v", got)
	}
	s.Wait(time.Second)
	if got := press(s, "F8"); len(got) != 1 {
		t.Errorf("sent %+v", got)
	}
}
