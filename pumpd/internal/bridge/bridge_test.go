package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/pumpd/internal/journal"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hub takes frames and acknowledges as it likes.
type hub struct {
	mu     sync.Mutex
	frames []wire.Frame
	times  []time.Time
	fail   bool
}

var errAway = errors.New("away")

func (h *hub) Send(f wire.Frame) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail {
		return errAway
	}
	h.frames = append(h.frames, f)
	h.times = append(h.times, time.Now())
	return nil
}

// take removes what came of one class.
func (h *hub) take(status bool) (frames []wire.Frame, times []time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, f := range h.frames {
		if (f.K == wire.KindStatus) == status {
			frames, times = append(frames, f), append(times, h.times[i])
		}
	}
	h.frames, h.times = nil, nil
	return frames, times
}

func (h *hub) seqs() (list []uint64) {
	frames, _ := h.take(false)
	for _, f := range frames {
		list = append(list, f.Seq)
	}
	return list
}

// bench is a bridge with a journal on disk and a hub in memory.
type bench struct {
	*testing.T
	journal *journal.Journal
	bridge  *Bridge
	hub     *hub
	mu      sync.Mutex
	wants   []wire.Want
}

func newBench(t *testing.T, j *journal.Journal) *bench {
	b := &bench{T: t, journal: j, hub: &hub{}}
	bridge, err := New(Config{Journal: j, Device: id.Device{7}, Want: b.want, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b.bridge = bridge
	return b
}

func (b *bench) want(w wire.Want) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wants = append(b.wants, w)
}

func openJournal(t testing.TB, dir string, opt journal.Options) *journal.Journal {
	opt.NewID = func() id.Journal { return id.Journal{1} }
	j, err := journal.Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// run lets test drive a running bridge in virtual time.
func run(t *testing.T, test func(b *bench)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, openJournal(t, dir, journal.Options{}))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.bridge.Run(ctx, b.hub) }()
		test(b)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func (b *bench) add(n int) {
	var batch journal.Batch
	for range n {
		batch.Facts = append(batch.Facts, journal.Fact{Kind: wire.KindGap, At: time.Now(), Body: wire.Body(wire.Gap{Nozzle: 1})})
	}
	if _, err := b.journal.Append(batch); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func span(from, to uint64) (list []uint64) {
	for n := from; n <= to; n++ {
		list = append(list, n)
	}
	return list
}

func (b *bench) expect(want []uint64) {
	b.Helper()
	synctest.Wait()
	if got := b.hub.seqs(); !slices.Equal(got, want) {
		b.Errorf("facts %v were sent, want %v", got, want)
	}
}

func TestC001FactsGoUntilAcknowledged(t *testing.T) {
	run(t, func(b *bench) {
		b.add(3)
		b.expect(nil) // not connected
		b.bridge.Connected(wire.Welcome{})
		b.expect(span(1, 3))
		b.add(1)
		b.expect(span(4, 4))
		b.bridge.Frame(wire.Frame{K: wire.KindAck, Seq: 2})
		if b.journal.Acked() != 2 {
			b.Errorf("acknowledged up to %d", b.journal.Acked())
		}
		b.bridge.Lost(errAway)
		b.add(1)
		b.expect(nil)
		b.bridge.Connected(wire.Welcome{Acked: 3})
		b.expect(span(4, 5)) // again from the hub's own position
		if b.journal.Acked() != 3 {
			b.Errorf("acknowledged up to %d", b.journal.Acked())
		}
	})
}

func TestFactsInFlightAreBounded(t *testing.T) {
	run(t, func(b *bench) {
		b.add(wire.MaxFactsInFlight + 10)
		b.bridge.Connected(wire.Welcome{})
		b.expect(span(1, wire.MaxFactsInFlight))
		b.bridge.Frame(wire.Frame{K: wire.KindAck, Seq: 4})
		b.expect(span(wire.MaxFactsInFlight+1, wire.MaxFactsInFlight+4))
		b.bridge.Frame(wire.Frame{K: wire.KindAck, Seq: wire.MaxFactsInFlight + 4})
		b.expect(span(wire.MaxFactsInFlight+5, wire.MaxFactsInFlight+10))
	})
}

func TestNothingGoesOutAfterAFailedSend(t *testing.T) {
	run(t, func(b *bench) {
		b.bridge.Connected(wire.Welcome{})
		b.after(time.Millisecond)
		b.hub.fail = true
		b.add(1)
		synctest.Wait()
		b.hub.fail = false
		b.add(1)
		b.after(2 * FullEvery)
		if frames, _ := b.hub.take(false); len(frames) != 0 {
			b.Errorf("%d facts on a connection that had failed", len(frames))
		}
		b.bridge.Connected(wire.Welcome{})
		b.expect(span(1, 2))
	})
}

func TestHubAheadOfTheJournal(t *testing.T) {
	run(t, func(b *bench) {
		b.add(2)
		b.bridge.Connected(wire.Welcome{Acked: 9})
		b.after(time.Second)
		b.expect(nil)
		if b.journal.Acked() != 0 {
			b.Errorf("acknowledged up to %d", b.journal.Acked())
		}
	})
}

func TestHubThatWasSetBackBeyondTheHistory(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, openJournal(t, dir, journal.Options{SegmentBytes: 1, KeepBytes: 1}))
		for range 5 {
			b.add(1)
		}
		if err := b.journal.Acknowledge(4); err != nil {
			t.Fatal(err)
		}
		b.bridge.Connected(wire.Welcome{})
		b.bridge.sendFacts(b.hub)
		if !b.bridge.stuck {
			t.Error("went on without the facts")
		}
		b.bridge.Connected(wire.Welcome{Acked: 4})
		b.bridge.sendFacts(b.hub)
		if got := b.hub.seqs(); !slices.Equal(got, span(5, 5)) {
			t.Errorf("sent %v", got)
		}
	})
}

func nozzle(n int, ml unit.Millilitre) wire.NozzleStatus {
	return wire.NozzleStatus{Nozzle: n, State: wire.NozzleFuelling, Volume: ml, SeenAt: time.Now()}
}

func TestI007StatusGoesAtOnceAndIsGathered(t *testing.T) {
	run(t, func(b *bench) {
		b.bridge.Publish([]wire.NozzleStatus{nozzle(1, 0), nozzle(2, 0)})
		b.bridge.Connected(wire.Welcome{})
		synctest.Wait()
		frames, _ := b.hub.take(true)
		if len(frames) != 1 || len(read(b.T, frames[0]).Nozzles) != 2 {
			b.Fatalf("on connect came %d frames", len(frames))
		}
		b.after(100 * time.Millisecond)
		began := time.Now()
		for i := range 4 { // four readings in three milliseconds
			b.bridge.Publish([]wire.NozzleStatus{nozzle(1, unit.Millilitre(10+i))})
			b.after(time.Millisecond)
		}
		b.after(StatusEvery)
		frames, times := b.hub.take(true)
		if len(frames) != 2 || !times[0].Equal(began) || times[1].Sub(times[0]) != StatusEvery {
			b.Fatalf("came %d frames at %v, began %v", len(frames), times, began)
		}
		if last := read(b.T, frames[1]).Nozzles; len(last) != 1 || last[0].Volume != 13 {
			b.Errorf("the last is %+v", last)
		}
	})
}

func TestStatusIsFullEverySecond(t *testing.T) {
	run(t, func(b *bench) {
		var list []wire.NozzleStatus
		for n := range 250 {
			list = append(list, nozzle(n+1, 0))
		}
		b.bridge.Publish(list)
		b.add(1)
		b.bridge.Connected(wire.Welcome{})
		b.after(time.Millisecond)
		b.hub.take(true)
		b.after(10 * FullEvery)
		frames, _ := b.hub.take(true)
		nozzles := 0
		for _, f := range frames {
			message, err := wire.Encode(f)
			if err != nil || len(message) > wire.MaxFrameInBytes {
				b.Errorf("a frame of %d bytes: %v", len(message), err)
			}
			nozzles += len(read(b.T, f).Nozzles)
		}
		if nozzles != 10*250 {
			b.Errorf("%d nozzles in ten seconds", nozzles)
		}
		if age := read(b.T, frames[len(frames)-1]).OldestUnackedMS; age < 9000 {
			b.Errorf("the oldest fact is %d ms old", age)
		}
	})
}

func TestBeingSeenIsNoNews(t *testing.T) {
	run(t, func(b *bench) {
		b.bridge.Publish([]wire.NozzleStatus{nozzle(1, 5)})
		b.bridge.Connected(wire.Welcome{})
		b.after(FullEvery / 2)
		b.hub.take(true)
		b.bridge.Publish([]wire.NozzleStatus{nozzle(1, 5)})
		b.after(FullEvery / 4)
		if frames, _ := b.hub.take(true); len(frames) != 0 {
			b.Errorf("%d frames without news", len(frames))
		}
	})
}

func read(t *testing.T, f wire.Frame) wire.Status {
	t.Helper()
	s, err := wire.ReadStrict[wire.Status](f.D)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wish(rev uint64, price unit.FenPerLitre) wire.Frame {
	return wire.Frame{K: wire.KindWant, D: wire.Body(wire.Want{Rev: rev, Nozzles: []wire.WantNozzle{{Nozzle: 1, Price: price}}})}
}

func TestWantIsKeptAndMonotonic(t *testing.T) {
	dir := t.TempDir()
	j := openJournal(t, dir, journal.Options{})
	b := newBench(t, j)
	b.bridge.Connected(wire.Welcome{})
	b.bridge.Frame(wish(5, 750))
	b.bridge.Frame(wish(4, 740)) // late
	b.bridge.Frame(wish(6, 760))
	b.bridge.Frame(wire.Frame{K: wire.KindWant, D: json.RawMessage(`{"rev":"x"}`)})
	if len(b.wants) != 2 || b.wants[1].Rev != 6 {
		t.Errorf("handed on %+v", b.wants)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	j = openJournal(t, dir, journal.Options{})
	b = newBench(t, j)
	if len(b.wants) != 1 || b.wants[0].Rev != 6 || b.wants[0].Nozzles[0].Price != 760 {
		t.Fatalf("kept %+v", b.wants)
	}
	// A hub restored from a backup wants what it wants.
	b.bridge.Connected(wire.Welcome{})
	b.bridge.Frame(wish(3, 730))
	if len(b.wants) != 2 || b.wants[1].Rev != 3 {
		t.Errorf("handed on %+v", b.wants)
	}
	bytes := j.Bytes()
	b.bridge.Frame(wish(3, 730))
	if j.Bytes() != bytes {
		t.Error("the same wish was written again")
	}
	// Another device's wishes are not ours.
	other, err := New(Config{Journal: j, Device: id.Device{8}, Want: func(wire.Want) { t.Error("took another device's wish") }, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil || other == nil {
		t.Fatal(err)
	}
}

// TestC002EveryFactOnceAndInOrder lets connections break at random; the hub
// commits what comes in order, as ingest does.
func TestC002EveryFactOnceAndInOrder(t *testing.T) {
	j := openJournal(t, t.TempDir(), journal.Options{})
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t, j)
		committed := j.Acked()
		rt.Repeat(map[string]func(*rapid.T){
			"fact":    func(rt *rapid.T) { b.add(rapid.IntRange(1, 100).Draw(rt, "n")) },
			"lost":    func(*rapid.T) { b.bridge.Lost(errAway) },
			"connect": func(*rapid.T) { b.bridge.Connected(wire.Welcome{Acked: committed}) },
			"send":    func(*rapid.T) { b.bridge.sendFacts(b.hub) },
			"fail": func(rt *rapid.T) {
				b.hub.fail = true
				b.bridge.sendFacts(b.hub)
				b.hub.fail = false
			},
			"commit": func(rt *rapid.T) {
				seqs := b.hub.seqs()
				keep := rapid.IntRange(0, len(seqs)).Draw(rt, "keep")
				for _, seq := range seqs[:keep] {
					if seq > committed+1 {
						rt.Fatal(fmt.Sprintf("fact %d after %d", seq, committed))
					}
					committed = max(committed, seq)
				}
				if keep < len(seqs) {
					b.bridge.Lost(errAway) // what was on its way is gone with the connection
					return
				}
				if len(seqs) > 0 {
					b.bridge.Frame(wire.Frame{K: wire.KindAck, Seq: committed})
				}
			},
		})
		for committed < j.Last() {
			before := committed
			b.hub.seqs()
			b.bridge.Connected(wire.Welcome{Acked: committed})
			b.bridge.sendFacts(b.hub)
			for _, seq := range b.hub.seqs() {
				committed = max(committed, seq)
			}
			if committed == before {
				rt.Fatal("no progress")
			}
		}
		b.bridge.Connected(wire.Welcome{Acked: committed})
		if j.Acked() != j.Last() {
			rt.Fatalf("acknowledged %d of %d", j.Acked(), j.Last())
		}
	})
}
