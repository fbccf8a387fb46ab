package link

import (
	"crypto/rand"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestWaitsDoubleUpToTheirLimit(t *testing.T) {
	ms := time.Millisecond
	tests := []struct {
		name    string
		refused bool
		want    []time.Duration
	}{
		{"refused", true, []time.Duration{250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 5000 * ms, 5000 * ms}},
		{"unreached", false, []time.Duration{250 * ms, 500 * ms, 800 * ms, 800 * ms}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := pace{Backoff: Backoff{}.orDefaults(), random: rand.Reader}
			for i, want := range tt.want {
				if got := p.next(tt.refused, 0); got > want || got < want/2 {
					t.Errorf("wait %d is %v, want %v to %v", i+1, got, want/2, want)
				}
			}
		})
	}
}

func TestRefusalsAreForgivenAfterAConnectionThatStood(t *testing.T) {
	p := pace{Backoff: Backoff{}.orDefaults(), random: chance{}}
	for range 10 {
		p.next(true, time.Second)
	}
	if got := p.next(true, time.Second); got != maxRetry {
		t.Errorf("a hub that keeps closing at once is left alone: %v", got)
	}
	if got := p.next(true, settled); got != firstRetry {
		t.Errorf("after a good connection: %v", got)
	}
	p.unreached = 9
	p.connected()
	if got := p.next(false, time.Millisecond); got != firstRetry {
		t.Errorf("after any connection a cut is new: %v", got)
	}
}

func TestEveryFourthDialIsPatient(t *testing.T) {
	p := pace{Backoff: Backoff{}.orDefaults(), random: rand.Reader}
	for i := range 12 {
		want := dialPatience
		if i%4 == 3 {
			want = longPatience
		}
		if got := p.patience(); got != want {
			t.Errorf("dial %d: %v, want %v", i+1, got, want)
		}
		p.next(false, 0)
	}
}

func TestPositionsTakeEachEventOnce(t *testing.T) {
	epoch, other := id.New[id.Epoch](testIDs), id.New[id.Epoch](testIDs)
	frame := func(k wire.Kind, seq uint64) wire.Frame { return wire.Frame{K: k, Ch: testChannel, Seq: seq} }
	elsewhere := frame(wire.KindNozzle, 1)
	elsewhere.Ch = "desk/other"
	ofEpoch := func(ep id.Epoch) wire.Frame { f := frame(wire.KindNozzle, 6); f.Ep = ep; return f }
	tests := []struct {
		name  string
		begun bool // a snapshot at 5 was taken
		frame wire.Frame
		news  bool
		gap   bool
		seq   uint64 // afterwards
	}{
		{"snapshot", false, snapshot(epoch, 5), true, false, 5},
		{"event before a snapshot", false, frame(wire.KindNozzle, 1), false, true, 0},
		{"tick before a snapshot", false, frame(wire.KindReading, 5), false, false, 0},
		{"ack", false, wire.Frame{K: wire.KindAck, Seq: 3}, true, false, 0},
		{"next", true, frame(wire.KindNozzle, 6), true, false, 6},
		{"next, saying its epoch", true, ofEpoch(epoch), true, false, 6},
		{"of another epoch", true, ofEpoch(other), false, true, 5},
		{"repeated", true, frame(wire.KindNozzle, 5), false, false, 5},
		{"hole", true, frame(wire.KindNozzle, 7), false, true, 5},
		{"tick", true, frame(wire.KindReading, 5), true, false, 5},
		{"late tick", true, frame(wire.KindReading, 4), true, false, 5},
		{"new snapshot", true, snapshot(other, 2), true, false, 2},
		{"unknown event", true, frame("novelty", 6), true, false, 6},
		{"unknown event after a hole", true, frame("novelty", 8), false, true, 5},
		{"unknown tick", true, frame("novelty", 5), true, false, 5},
		{"another channel", true, elsewhere, false, false, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPositions([]wire.Channel{testChannel})
			if tt.begun {
				_, _ = p.take(snapshot(epoch, 5))
			}
			news, err := p.take(tt.frame)
			if news != tt.news || (err != nil) != tt.gap || p.resume()[0].Seq != tt.seq {
				t.Errorf("news %v, error %v, position %+v", news, err, p.resume()[0])
			}
		})
	}
}

// Whatever is repeated on the way, the news are dense.
func TestPositionsGiveADenseSequence(t *testing.T) {
	epoch := id.New[id.Epoch](testIDs)
	rapid.Check(t, func(t *rapid.T) {
		p := newPositions([]wire.Channel{testChannel})
		first := rapid.Uint64Range(0, 5).Draw(t, "first")
		_, _ = p.take(snapshot(epoch, first))
		last := first
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			f := event(last + rapid.Uint64Range(0, 1).Draw(t, "ahead"))
			news, err := p.take(f)
			if err != nil || news != (f.Seq == last+1) {
				t.Fatalf("at %d: %+v is news: %v, %v", last, f, news, err)
			}
			last = max(last, f.Seq)
		}
		if _, err := p.take(event(last + 2)); err == nil {
			t.Fatal("a hole was not seen")
		}
	})
}
