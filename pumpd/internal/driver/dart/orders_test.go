package dart

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// TestAuthorizeIsSentOnce: when nobody acknowledges, the order is not
// repeated, and the two sides agree on numbers before the next block.
func TestAuthorizeIsSentOnce(t *testing.T) {
	pump := ready()
	deaf := false
	d, s := scripted(t, Config{}, func(f Frame) []byte {
		if deaf && f.Kind == Data {
			return nil
		}
		return pump.hear(f)
	})
	mustPoll(t, d)
	deaf = true
	err := d.Authorize(t.Context(), 0x53, driver.Order{Nozzle: 1, Limit: driver.ByMoney, Money: 20000})
	if !errors.Is(err, driver.ErrNoAnswer) {
		t.Fatalf("Authorize: %v, want ErrNoAnswer", err)
	}
	if n := s.sent(ordered(Authorize)); n != 1 {
		t.Fatalf("sent %d times", n)
	}
	deaf = false
	if err := d.Stop(t.Context(), 0x53); err != nil {
		t.Fatal(err)
	}
	if n := s.sent(ordered(Authorize)); n != 1 {
		t.Fatalf("sent %d times after the line came back", n)
	}
	after := s.heard[slices.IndexFunc(s.heard, ordered(Authorize))+1:]
	agreed := slices.IndexFunc(after, func(f Frame) bool { return ordered(ReturnStatus)(f) && f.TX == 0 })
	if stopped := slices.IndexFunc(after, ordered(Stop)); agreed < 0 || stopped < agreed {
		t.Fatalf("STOP was sent before the numbers were agreed on, so it could pass for a repeat: %+v", after)
	}
}

// TestAuthorizeBlock: nozzle, preset and AUTHORIZE travel in one block, in
// this order.
func TestAuthorizeBlock(t *testing.T) {
	tests := map[string]struct {
		order driver.Order
		body  []byte
	}{
		"full tank": {driver.Order{Nozzle: 2}, []byte{2, 1, 2, 1, 1, 6}},
		"money":     {driver.Order{Nozzle: 1, Limit: driver.ByMoney, Money: 32542}, []byte{2, 1, 1, 4, 4, 0, 3, 0x25, 0x42, 1, 1, 6}},
		"volume":    {driver.Order{Nozzle: 1, Limit: driver.ByVolume, Volume: 40780}, []byte{2, 1, 1, 3, 4, 0, 0, 0x40, 0x78, 1, 1, 6}},
	}
	for name, tt := range tests {
		d, s := scripted(t, Config{}, ready().hear)
		mustPoll(t, d)
		if err := d.Authorize(t.Context(), 0x53, tt.order); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := s.heard[slices.IndexFunc(s.heard, ordered(Authorize))].Body
		if diff := cmp.Diff(tt.body, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	d, s := scripted(t, Config{}, ready().hear)
	for name, o := range map[string]driver.Order{
		"no such nozzle":      {Nozzle: 3},
		"half a display unit": {Nozzle: 1, Limit: driver.ByVolume, Volume: 40785},
		"beyond the display":  {Nozzle: 1, Limit: driver.ByMoney, Money: 100_000_000},
	} {
		if err := d.Authorize(t.Context(), 0x53, o); err == nil {
			t.Errorf("%s was sent", name)
		}
	}
	if len(s.heard) != 0 {
		t.Errorf("the line heard %+v", s.heard)
	}
}

// TestAuthorizeNeedsThePrice: a dispenser that shows another price than the
// order's is not authorized.
func TestAuthorizeNeedsThePrice(t *testing.T) {
	pump := ready()
	d, s := scripted(t, Config{}, pump.hear)
	mustPoll(t, d)
	pump.news = [][]byte{{3, 4, 0, 7, 0x98, 0x11}}
	mustPoll(t, d)
	for _, o := range []driver.Order{{Nozzle: 1, Price: 750}, {Nozzle: 2, Price: 798}} {
		if err := d.Authorize(t.Context(), 0x53, o); !errors.Is(err, driver.ErrRefused) {
			t.Errorf("%+v: %v, want ErrRefused", o, err)
		}
	}
	if n := s.sent(ordered(Authorize)); n != 0 {
		t.Fatalf("sent %d times", n)
	}
}

// TestPricesInOneList: some makers answer the question for prices with one
// list instead of nozzle by nozzle.
func TestPricesInOneList(t *testing.T) {
	pump := ready()
	pump.onCD1[ReturnPrices] = []byte{5, 6, 0, 7, 0x98, 0, 8, 0x95}
	d, _ := scripted(t, Config{}, pump.hear)
	mustPoll(t, d)
	got, err := d.ReadPrices(t.Context(), 0x53)
	if diff := cmp.Diff([]unit.FenPerLitre{798, 895}, got); diff != "" || err != nil {
		t.Fatalf("%s %v", diff, err)
	}
	pump.onCD1[ReturnPrices] = nil
	if got, err := d.ReadPrices(t.Context(), 0x53); !errors.Is(err, driver.ErrRefused) {
		t.Fatalf("a dispenser that does not tell: %v, %v", got, err)
	}
}

// TestDecimalsAreAsked: with AskDecimals nothing is read before they are known.
func TestDecimalsAreAsked(t *testing.T) {
	params := make([]byte, 53)
	params[0], params[1] = dcParams, 51
	params[2+22], params[2+23], params[2+24] = 3, 2, 2
	pump := ready()
	pump.onCD1[ReturnParameters] = params
	pump.onCD1[ReturnStatus] = []byte{1, 1, 4}
	pump.onCD1[ReturnFilling] = []byte{2, 8, 0, 4, 0x07, 0x85, 0, 3, 0x25, 0x46, 3, 4, 0, 7, 0x98, 0x11}
	d, _ := scripted(t, Config{AskDecimals: true}, pump.hear)
	if r := mustPoll(t, d); r.Volume != 40785 || r.Amount != 32546 {
		t.Fatalf("reading = %+v", r)
	}
	delete(pump.onCD1, ReturnParameters)
	d, _ = scripted(t, Config{AskDecimals: true}, pump.hear)
	if r, err := d.Poll(t.Context(), 0x53); !errors.Is(err, driver.ErrGarbled) {
		t.Fatalf("read without decimals: %+v, %v", r, err)
	}
}

// ended answers like a dispenser that finished a sale of nozzle 2.
func ended() *obedient {
	pump := ready()
	pump.onCD1[ReturnStatus] = []byte{1, 1, 5}
	pump.onCD1[ReturnFilling] = []byte{2, 8, 0, 0, 0x40, 0x78, 0, 3, 0x64, 0x98, 3, 4, 0, 8, 0x95, 2}
	pump.onCD1[Reset] = []byte{1, 1, 1}
	return pump
}

// TestSaleWaitsForItsTotal: without the totalizer a sale has no identity, so
// it is not told, and the dispenser is asked again; it never gets a RESET.
func TestSaleWaitsForItsTotal(t *testing.T) {
	pump := ended()
	d, s := scripted(t, Config{}, pump.hear)
	for range 50 {
		if r := mustPoll(t, d); r.State != driver.Finished || len(r.Finished) != 0 || r.Fault == "" {
			t.Fatalf("reading = %+v", r)
		}
	}
	pump.other = func(tr Transaction) []byte {
		return []byte{dcTotals, 6, tr.Data[0], 0, 0, 0x76, 0x54, 0x32}
	}
	s.now = s.now.Add(tidyAgain)
	want := driver.Sale{
		Key: "dart:53:2:7654320", Nozzle: 2, Volume: 40780, Amount: 36498, Price: 895,
		TotalAfter: 7_654_320, HasTotal: true,
	}
	for range 5 {
		if diff := cmp.Diff([]driver.Sale{want}, mustPoll(t, d).Finished); diff != "" {
			t.Fatal(diff)
		}
	}
	if n := s.sent(ordered(Reset)); n != 0 {
		t.Fatalf("RESET was sent %d times before Release", n)
	}
	if err := d.Release(t.Context(), 0x53, want); err != nil {
		t.Fatal(err)
	}
	if r := mustPoll(t, d); r.State != driver.Idle || len(r.Finished) != 0 || s.sent(ordered(Reset)) != 1 {
		t.Fatalf("after Release: %+v, RESET sent %d times", r, s.sent(ordered(Reset)))
	}
}

// TestNoTotals: a dispenser configured without totalizers tells its sale
// without a key.
func TestNoTotals(t *testing.T) {
	d, _ := scripted(t, Config{NoTotals: true}, ended().hear)
	want := []driver.Sale{{Nozzle: 2, Volume: 40780, Amount: 36498, Price: 895}}
	if diff := cmp.Diff(want, mustPoll(t, d).Finished); diff != "" {
		t.Fatal(diff)
	}
}

// TestResetLost: when RESET is not seen to work, Release says so, and the
// sale is told on.
func TestResetLost(t *testing.T) {
	pump := ended()
	pump.other = func(tr Transaction) []byte { return []byte{dcTotals, 6, tr.Data[0], 0, 0, 0x76, 0x54, 0x32} }
	d, _ := scripted(t, Config{}, pump.hear)
	sales := mustPoll(t, d).Finished
	delete(pump.onCD1, Reset)
	if err := d.Release(t.Context(), 0x53, sales[0]); !errors.Is(err, driver.ErrRefused) {
		t.Fatalf("Release: %v, want ErrRefused", err)
	}
	if diff := cmp.Diff(sales, mustPoll(t, d).Finished); diff != "" {
		t.Fatal(diff)
	}
	pump.onCD1[Reset] = []byte{1, 1, 1}
	if err := d.Release(t.Context(), 0x53, sales[0]); err != nil {
		t.Fatal(err)
	}
	if err := d.Release(t.Context(), 0x53, sales[0]); err != nil {
		t.Fatalf("Release of a sale that is gone: %v", err)
	}
}

// TestInoperative tells why.
func TestInoperative(t *testing.T) {
	for status, fault := range map[byte]string{0: "not programmed", 7: "switched off", 3: "status 3"} {
		pump := ready()
		pump.onCD1[ReturnStatus] = []byte{1, 1, status}
		d, _ := scripted(t, Config{}, pump.hear)
		if r := mustPoll(t, d); r.State != driver.Inoperative || r.Fault != fault {
			t.Errorf("status %d: %+v", status, r)
		}
	}
	pump := ready()
	d, _ := scripted(t, Config{}, pump.hear)
	mustPoll(t, d)
	pump.news = [][]byte{{5, 1, 0x0B}}
	if r := mustPoll(t, d); r.State != driver.Idle || r.Fault != "alarm 0B" {
		t.Errorf("alarm: %+v", r)
	}
}

// TestStopAll reaches every address, those that dispense first, and names the
// one that did not answer.
func TestStopAll(t *testing.T) {
	pumps := map[byte]*obedient{0x53: ready(), 0x55: ready()}
	pumps[0x55].onCD1[ReturnStatus] = []byte{1, 1, 4}
	d, s := scripted(t, Config{Points: []Side{{0x53, 1}, {0x54, 1}, {0x55, 1}}}, func(f Frame) []byte {
		if pumps[f.Address] == nil {
			return nil
		}
		return pumps[f.Address].hear(f)
	})
	for _, p := range []driver.Point{0x53, 0x55} {
		if _, err := d.Poll(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	s.heard = nil
	began := s.now
	err := d.StopAll(t.Context())
	if !errors.Is(err, driver.ErrNoAnswer) || !bytes.Contains([]byte(err.Error()), []byte("54")) {
		t.Errorf("StopAll: %v", err)
	}
	if s.heard[0].Address != 0x55 || !ordered(Stop)(s.heard[0]) {
		t.Errorf("the first word was %+v", s.heard[0])
	}
	for address := range pumps {
		if s.sent(func(f Frame) bool { return f.Address == address && ordered(Stop)(f) }) == 0 {
			t.Errorf("%02X was not stopped", address)
		}
	}
	if took := s.now.Sub(began); took > time.Second {
		t.Errorf("it took %v with one dead address", took)
	}
}

// TestDeadAddressIsCheap: an address that is silent costs one answer time.
func TestDeadAddressIsCheap(t *testing.T) {
	d, s := scripted(t, Config{}, func(Frame) []byte { return nil })
	for range 10 {
		began := s.now
		if _, err := d.Poll(t.Context(), 0x53); !errors.Is(err, driver.ErrNoAnswer) {
			t.Fatalf("Poll: %v", err)
		}
		if took := s.now.Sub(began); took > DefaultAnswer+20*time.Millisecond {
			t.Fatalf("a dead address cost %v", took)
		}
	}
	if len(s.heard) != 10 {
		t.Fatalf("%d frames for 10 polls", len(s.heard))
	}
}

func TestConfig(t *testing.T) {
	now := func() time.Time { return goldenTime }
	for name, c := range map[string]Config{
		"no clock":         {Points: []Side{{0x50, 1}}},
		"no addresses":     {Now: now},
		"address":          {Now: now, Points: []Side{{0x4F, 1}}},
		"no nozzles":       {Now: now, Points: []Side{{0x50, 0}}},
		"too many nozzles": {Now: now, Points: []Side{{0x50, 9}}},
		"twice":            {Now: now, Points: []Side{{0x50, 1}, {0x50, 1}}},
		"decimals":         {Now: now, Points: []Side{{0x50, 1}}, Decimals: Decimals{4, 2, 2}},
	} {
		if _, err := New(&script{}, c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
