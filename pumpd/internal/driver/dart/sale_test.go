package dart

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// withTotal lets a dispenser answer for its totalizers with one figure.
func (o *obedient) withTotal(hundredths byte) *obedient {
	o.other = func(t Transaction) []byte {
		return []byte{dcTotals, totalsShort, t.Data[0], 0, 0, 0x76, 0x54, hundredths}
	}
	return o
}

// TestStartOver: a dispenser that begins anew at block 0 is asked how things
// are; the block itself may be an old one.
func TestStartOver(t *testing.T) {
	pump := ready()
	d, s := scripted(t, Config{}, pump.hear)
	mustPoll(t, d)
	for range 3 {
		pump.news = [][]byte{{3, 4, 0, 7, 0x98, 1}}
		mustPoll(t, d)
	}
	pump.tx, pump.news = 0, [][]byte{{1, 1, 4}}
	if r := mustPoll(t, d); r.State != driver.Idle {
		t.Fatalf("one block of an unknown age was believed: %+v", r)
	}
	if asked := s.sent(ordered(ReturnStatus)); asked != 2 {
		t.Fatalf("the status was asked for %d times, want again", asked)
	}
}

// TestStaleBytes: what came after the last answer is not the next one.
func TestStaleBytes(t *testing.T) {
	pump := ready()
	d, s := scripted(t, Config{}, pump.hear)
	mustPoll(t, d)
	s.now = s.now.Add(time.Second)
	s.coming = Frame{Address: 0x53, Kind: EOT}.Append(nil)
	pump.news = [][]byte{{3, 4, 0, 7, 0x98, 0x11}}
	if r := mustPoll(t, d); r.State != driver.Calling {
		t.Fatalf("reading = %+v", r)
	}
}

// TestWrongAcknowledgement: an acknowledgement of another block is none.
func TestWrongAcknowledgement(t *testing.T) {
	pump := ready()
	wrong := false
	d, s := scripted(t, Config{}, func(f Frame) []byte {
		if wrong && f.Kind == Data {
			return Frame{Address: f.Address, Kind: Ack, TX: f.TX ^ 4}.Append(nil)
		}
		return pump.hear(f)
	})
	mustPoll(t, d)
	wrong = true
	if err := d.Authorize(t.Context(), 0x53, driver.Order{Nozzle: 1}); !errors.Is(err, driver.ErrGarbled) {
		t.Fatalf("Authorize: %v, want ErrGarbled", err)
	}
	wrong = false
	if err := d.Stop(t.Context(), 0x53); err != nil {
		t.Fatal(err)
	}
	if s.sent(ordered(Authorize)) != 1 {
		t.Fatal("AUTHORIZE was repeated")
	}
}

// TestCommandGap: two blocks of orders to one address keep their distance.
func TestCommandGap(t *testing.T) {
	pump := ready()
	last, s := time.Time{}, (*script)(nil)
	orders := 0
	d, s := scripted(t, Config{}, func(f Frame) []byte {
		if f.Kind == Data {
			if gap := s.now.Sub(last); orders > 0 && gap < DefaultCommandGap {
				t.Errorf("%v between two blocks", gap)
			}
			last = s.now
			orders++
		}
		return pump.hear(f)
	})
	mustPoll(t, d)
	for range 3 {
		if err := d.Stop(t.Context(), 0x53); err != nil {
			t.Fatal(err)
		}
	}
	if orders < 4 {
		t.Fatalf("%d blocks", orders)
	}
}

// TestDisplayStartsAtZero: the figures of the last sale are not those of the
// next delivery, even before the dispenser has shown new ones.
func TestDisplayStartsAtZero(t *testing.T) {
	pump := ended().withTotal(0x32)
	d, _ := scripted(t, Config{}, pump.hear)
	sale := mustPoll(t, d).Finished[0]
	if err := d.Release(t.Context(), 0x53, sale); err != nil {
		t.Fatal(err)
	}
	for _, status := range []Status{Authorized, Filling} {
		pump.news = [][]byte{{1, 1, byte(status)}}
		if r := mustPoll(t, d); r.Volume != 0 || r.Amount != 0 || len(r.Finished) != 0 {
			t.Fatalf("%v: %+v", status, r)
		}
	}
}

// TestResetWaitsForTheNozzle: released with its nozzle out, a sale is told no
// more, but RESET waits; a driver that starts meanwhile would otherwise see
// a nozzle that calls.
func TestResetWaitsForTheNozzle(t *testing.T) {
	pump := ended().withTotal(0x32)
	pump.onCD1[ReturnFilling][15] = 0x12 // nozzle 2 is out
	d, s := scripted(t, Config{}, pump.hear)
	sale := mustPoll(t, d).Finished[0]
	if err := d.Release(t.Context(), 0x53, sale); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if r := mustPoll(t, d); r.State != driver.Finished || len(r.Finished) != 0 {
			t.Fatalf("reading = %+v", r)
		}
	}
	if s.sent(ordered(Reset)) != 0 {
		t.Fatal("RESET was sent with the nozzle out")
	}
	pump.news = [][]byte{{3, 4, 0, 8, 0x95, 2}}
	if r := mustPoll(t, d); r.State != driver.Idle || s.sent(ordered(Reset)) != 1 {
		t.Fatalf("with the nozzle in: %+v, RESET sent %d times", r, s.sent(ordered(Reset)))
	}
}

// TestSoldWhileAway: a dispenser that was silent may have sold meanwhile; its
// new figures are a sale of their own, and the old one is not forgotten.
func TestSoldWhileAway(t *testing.T) {
	pump := ended().withTotal(0x32)
	away := false
	d, s := scripted(t, Config{}, func(f Frame) []byte {
		if away {
			return nil
		}
		return pump.hear(f)
	})
	first := mustPoll(t, d).Finished
	away = true
	for range awayAfter {
		if _, err := d.Poll(t.Context(), 0x53); !errors.Is(err, driver.ErrNoAnswer) {
			t.Fatal(err)
		}
	}
	away = false
	if again := mustPoll(t, d).Finished; !cmp.Equal(again, first) {
		t.Fatalf("the same sale came back as %+v", again)
	}
	away = true
	for range awayAfter {
		_, _ = d.Poll(t.Context(), 0x53)
	}
	away = false
	pump.withTotal(0x82)
	pump.onCD1[ReturnFilling] = []byte{2, 8, 0, 0, 0, 0x50, 0, 0, 4, 0x48, 3, 4, 0, 8, 0x95, 2}
	both := mustPoll(t, d).Finished
	if len(both) != 2 || !cmp.Equal(both[0], first[0]) || both[1].Volume != 500 || both[1].Key == both[0].Key {
		t.Fatalf("finished = %+v", both)
	}
	if err := d.Release(t.Context(), 0x53, first[0]); err != nil || s.sent(ordered(Reset)) != 0 {
		t.Fatalf("releasing the one that the dispenser has forgotten: %v, RESET sent %d times", err, s.sent(ordered(Reset)))
	}
	if err := d.Release(t.Context(), 0x53, both[1]); err != nil || s.sent(ordered(Reset)) != 1 {
		t.Fatalf("releasing the one that it holds: %v, RESET sent %d times", err, s.sent(ordered(Reset)))
	}
}

// TestNozzleBesideTheFigures: a sale belongs to the nozzle told beside its
// figures, whichever is out by now.
func TestNozzleBesideTheFigures(t *testing.T) {
	pump := ended().withTotal(0x32)
	pump.onCD1[ReturnStatus] = []byte{1, 1, 5, 3, 4, 0, 7, 0x98, 0x11}
	d, _ := scripted(t, Config{}, pump.hear)
	r := mustPoll(t, d)
	if len(r.Finished) != 1 || r.Finished[0].Nozzle != 2 || r.Finished[0].Price != 895 || r.Nozzle != 1 {
		t.Fatalf("reading = %+v", r)
	}
	if err := d.Release(t.Context(), 0x53, r.Finished[0]); err != nil {
		t.Fatal(err)
	}
	if r = mustPoll(t, d); r.State != driver.Calling || r.Nozzle != 1 || r.Price != unit.FenPerLitre(798) {
		t.Fatalf("after Release: %+v", r)
	}
}
