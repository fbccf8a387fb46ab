package dart

import (
	"errors"
	"slices"
	"testing"

	"forecourt/pumpd/internal/driver"
)

// TestRepeatedBlock: a block that comes again is acknowledged again, and
// taken once.
func TestRepeatedBlock(t *testing.T) {
	pump := ready()
	deaf := 0
	d, s := scripted(t, Config{}, func(f Frame) []byte {
		if f.Kind == Ack && deaf > 0 {
			deaf--
			return nil // the acknowledgement is lost
		}
		return pump.hear(f)
	})
	mustPoll(t, d)
	pump.news, deaf = [][]byte{{3, 4, 0, 7, 0x98, 0x11}}, 2
	for range 4 {
		if r := mustPoll(t, d); r.State != driver.Calling || r.Nozzle != 1 {
			t.Fatalf("reading = %+v", r)
		}
	}
	acks := s.sent(func(f Frame) bool { return f.Kind == Ack && f.TX == 1 })
	if got := d.Traffic().Repeats; got != 2 || acks != 3 {
		t.Fatalf("%d repeats counted, %d acknowledgements, want 2 and 3", got, acks)
	}
}

// TestNumbersWrap: after F the paper wants 1 and the street sends 0; both are
// taken, and neither as a start from scratch.
func TestNumbersWrap(t *testing.T) {
	for _, wrap := range []byte{0, 1} {
		pump := ready()
		d, s := scripted(t, Config{}, pump.hear)
		mustPoll(t, d)
		for range 40 {
			if pump.tx == 0 && wrap == 1 {
				pump.tx = 1
			}
			pump.news = [][]byte{{3, 4, 0, 7, 0x98, 0x11}}
			mustPoll(t, d)
		}
		if naks := s.sent(func(f Frame) bool { return f.Kind == Nak }); naks != 0 || len(pump.news) != 0 {
			t.Errorf("F then %d: %d refused, %d left over", wrap, naks, len(pump.news))
		}
		if asked := s.sent(ordered(ReturnStatus)); asked != 1 {
			t.Errorf("F then %d: the status was asked for %d times, want once", wrap, asked)
		}
	}
}

// TestOutOfOrder: a block that cannot follow the last one is refused and does
// not count; the dispenser starts over and then it does.
func TestOutOfOrder(t *testing.T) {
	pump := ready()
	d, _ := scripted(t, Config{}, func(f Frame) []byte {
		if f.Kind == Nak {
			pump.tx = 0
			return nil
		}
		return pump.hear(f)
	})
	mustPoll(t, d)
	pump.tx, pump.news = 9, [][]byte{{1, 1, 4}}
	pump.onCD1[ReturnStatus] = []byte{1, 1, 4}
	pump.onCD1[ReturnFilling] = []byte{2, 8, 0, 0, 0x40, 0x78, 0, 3, 0x25, 0x42, 3, 4, 0, 7, 0x98, 0x11}
	r := mustPoll(t, d)
	if r.State != driver.Fuelling || d.Traffic().Refused != 1 {
		t.Fatalf("reading = %+v, refused %d", r, d.Traffic().Refused)
	}
}

// TestLateBlock: a block of long ago that arrives in place of an answer is
// not taken for news.
func TestLateBlock(t *testing.T) {
	pump := ready()
	var late []byte
	d, _ := scripted(t, Config{}, func(f Frame) []byte {
		if f.Kind == Poll && late != nil {
			out := late
			late = nil
			return out
		}
		return pump.hear(f)
	})
	mustPoll(t, d)
	pump.news = [][]byte{{3, 4, 0, 7, 0x98, 0x11}, {3, 4, 0, 7, 0x98, 0x01}, {3, 4, 0, 7, 0x98, 0x12}}
	for range 3 {
		mustPoll(t, d)
	}
	late = Frame{Address: 0x53, Kind: Data, TX: 1, Body: []byte{3, 4, 0, 7, 0x98, 0x11}}.Append(nil)
	if r := mustPoll(t, d); r.Nozzle != 2 {
		t.Fatalf("an old block won: %+v", r)
	}
}

// TestWrongAddress: another dispenser's words are not this one's.
func TestWrongAddress(t *testing.T) {
	d, _ := scripted(t, Config{}, func(f Frame) []byte {
		return Frame{Address: 0x54, Kind: EOT}.Append(nil)
	})
	if _, err := d.Poll(t.Context(), 0x53); !errors.Is(err, driver.ErrGarbled) {
		t.Fatalf("Poll: %v, want ErrGarbled", err)
	}
	if d.Traffic().Strays == 0 {
		t.Fatal("not counted")
	}
}

// TestRefusedBlock: a dispenser that answers NAK did not take the block, so
// the numbers are agreed on and it is sent anew; even AUTHORIZE.
func TestRefusedBlock(t *testing.T) {
	pump := ready()
	refuse := 0
	d, s := scripted(t, Config{}, func(f Frame) []byte {
		if ordered(Authorize)(f) && refuse > 0 {
			refuse--
			return Frame{Address: f.Address, Kind: Nak, TX: f.TX}.Append(nil)
		}
		return pump.hear(f)
	})
	mustPoll(t, d)
	refuse = 1
	if err := d.Authorize(t.Context(), 0x53, driver.Order{Nozzle: 1}); err != nil {
		t.Fatal(err)
	}
	last := s.heard[slices.IndexFunc(s.heard, ordered(Authorize))+1:]
	if again := slices.IndexFunc(last, ordered(Authorize)); again < 1 || last[again].TX != 1 || last[again-1].TX != 0 {
		t.Fatalf("after the refusal: %+v", last)
	}
}
