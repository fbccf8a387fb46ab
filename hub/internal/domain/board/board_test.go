package board

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/station"
	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tape is a Sink that keeps everything.
type tape struct {
	mu     sync.Mutex
	frames []wire.Frame
	keys   []int
}

func (p *tape) Event(f wire.Frame)         { p.add(-1, f) }
func (p *tape) Tick(key int, f wire.Frame) { p.add(key, f) }

func (p *tape) add(key int, f wire.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frames, p.keys = append(p.frames, f), append(p.keys, key)
}

// take hands out what came to the tills since the last take, without beats.
func (p *tape) take() []wire.Frame { return p.takeOf("forecourt") }

// takeOf hands out what came in channels of a family since the last take, of
// any family, without beats.
func (p *tape) takeOf(family string) []wire.Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	var news []wire.Frame
	for _, f := range p.frames {
		if of, _ := f.Ch.Split(); of == family && f.K != wire.KindBeat {
			news = append(news, f)
		}
	}
	p.frames, p.keys = nil, nil
	return news
}

func ids() *id.Maker {
	return id.NewMaker(func() time.Time { return time.UnixMilli(1_790_000_000_000) }, rand.NewChaCha8([32]byte{2}))
}

var noon = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

// start runs a board of the given nozzles until the test ends.
func start(t interface {
	Cleanup(func())
	Helper()
}, numbers ...int,
) (*Board, *tape) {
	t.Helper()
	makes, sink := ids(), &tape{}
	b := New(id.New[id.Station](makes), nozzles(numbers...), func() id.Epoch { return id.New[id.Epoch](makes) }, sink, func() time.Time { return noon })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return b, sink
}

func nozzles(numbers ...int) []station.Nozzle {
	var list []station.Nozzle
	for _, n := range numbers {
		list = append(list, station.Nozzle{Number: n, Dispenser: (n + 1) / 2, Grade: "92#", Mode: wire.ModeAttended, Hold: wire.HoldNone})
	}
	return list
}

// report hands a status in and waits until it has taken effect.
func report(t testing.TB, b *Board, at time.Time, entries ...wire.NozzleStatus) wire.ForecourtSnap {
	t.Helper()
	if err := b.Report(t.Context(), at, wire.Status{Nozzles: entries}); err != nil {
		t.Fatal(err)
	}
	snap, _, err := b.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// A tick carries when the dispenser answered: what its age and the latency
// from pump to screen are measured from.
func TestI007ATickSaysWhenTheDispenserAnswered(t *testing.T) {
	b, sink := start(t, 3)
	status := wire.NozzleStatus{Nozzle: 3, State: wire.NozzleFuelling, Volume: 1000, Amount: 750, Price: 750, SeenAt: noon}
	report(t, b, noon, status)
	sink.take()
	status.Volume, status.SeenAt = 1100, noon.Add(90*time.Millisecond)
	report(t, b, noon.Add(100*time.Millisecond), status)
	got := sink.take()
	if len(got) != 1 {
		t.Fatalf("it sent %v, want one reading", got)
	}
	reading, err := wire.Read[wire.Reading](got[0].D)
	if err != nil || !reading.SeenAt.Equal(status.SeenAt) {
		t.Errorf("seen at %v, want %v, %v", reading.SeenAt, status.SeenAt, err)
	}
}

func TestEventOrTickOrNothing(t *testing.T) {
	makes := ids()
	base := wire.NozzleStatus{
		Nozzle: 3, State: wire.NozzleFuelling, Sale: id.New[id.Sale](makes), Volume: 1000, Amount: 750,
		Price: 750, Preset: wire.Preset{Kind: wire.PresetNone}, Totalizer: 5_000_000, SeenAt: noon,
	}
	for name, test := range map[string]struct {
		change func(*wire.NozzleStatus)
		want   wire.Kind
	}{
		"nothing":     {func(*wire.NozzleStatus) {}, ""},
		"seen again":  {func(s *wire.NozzleStatus) { s.SeenAt = noon.Add(time.Second) }, ""},
		"price set":   {func(s *wire.NozzleStatus) { s.PriceSet = id.New[id.PriceSet](makes) }, ""},
		"litres run":  {func(s *wire.NozzleStatus) { s.Volume += 100; s.Amount += 75 }, wire.KindReading},
		"money runs":  {func(s *wire.NozzleStatus) { s.Amount++ }, wire.KindReading},
		"state":       {func(s *wire.NozzleStatus) { s.State = wire.NozzlePaused }, wire.KindNozzle},
		"sale":        {func(s *wire.NozzleStatus) { s.Sale = id.New[id.Sale](makes) }, wire.KindNozzle},
		"price":       {func(s *wire.NozzleStatus) { s.Price = 760 }, wire.KindNozzle},
		"preset":      {func(s *wire.NozzleStatus) { s.Preset = wire.Preset{Kind: wire.PresetMoney, Money: 20000} }, wire.KindNozzle},
		"totalizer":   {func(s *wire.NozzleStatus) { s.Totalizer++ }, wire.KindNozzle},
		"fault":       {func(s *wire.NozzleStatus) { s.Fault = "door open" }, wire.KindNozzle},
		"all at once": {func(s *wire.NozzleStatus) { s.State = wire.NozzleFinished; s.Volume = 2000; s.Totalizer += 2000 }, wire.KindNozzle},
	} {
		t.Run(name, func(t *testing.T) {
			b, sink := start(t, 3)
			report(t, b, noon, base)
			sink.take()
			changed := base
			test.change(&changed)
			report(t, b, noon.Add(time.Second), changed)
			got := sink.take()
			if test.want == "" {
				if len(got) != 0 {
					t.Errorf("it sent %v", got)
				}
				return
			}
			if len(got) != 1 || got[0].K != test.want {
				t.Fatalf("it sent %v, want one %s", got, test.want)
			}
			wantSeq := uint64(1)
			if test.want == wire.KindNozzle {
				wantSeq = 2
			}
			if got[0].Seq != wantSeq || !got[0].At.Equal(noon.Add(time.Second)) || got[0].Ep.IsZero() {
				t.Errorf("frame %+v, want seq %d at the arrival", got[0], wantSeq)
			}
		})
	}
}

func TestSinceIsWhenTheStateBegan(t *testing.T) {
	b, _ := start(t, 1)
	report(t, b, noon, wire.NozzleStatus{Nozzle: 1, State: wire.NozzleIdle})
	report(t, b, noon.Add(time.Minute), wire.NozzleStatus{Nozzle: 1, State: wire.NozzleIdle, Totalizer: 7})
	snap := report(t, b, noon.Add(2*time.Minute), wire.NozzleStatus{Nozzle: 1, State: wire.NozzleCalling, Totalizer: 7})
	if got := snap.Nozzles[0].Since; !got.Equal(noon.Add(2 * time.Minute)) {
		t.Errorf("calling since %v", got)
	}
	snap = report(t, b, noon.Add(3*time.Minute), wire.NozzleStatus{Nozzle: 1, State: wire.NozzleCalling, Totalizer: 8})
	if got := snap.Nozzles[0].Since; !got.Equal(noon.Add(2 * time.Minute)) {
		t.Errorf("still calling, since %v", got)
	}
}

func TestUnbelievableEntriesAreLeftOutAndCounted(t *testing.T) {
	b, sink := start(t, 1, 2)
	good := wire.NozzleStatus{Nozzle: 1, State: wire.NozzleIdle}
	entries := []wire.NozzleStatus{good}
	for _, spoil := range []func(*wire.NozzleStatus){
		func(s *wire.NozzleStatus) { s.Nozzle = 99 },
		func(s *wire.NozzleStatus) { s.Nozzle = -1 },
		func(s *wire.NozzleStatus) { s.State = "" },
		func(s *wire.NozzleStatus) { s.State = "dancing" },
		func(s *wire.NozzleStatus) { s.Volume = -1 },
		func(s *wire.NozzleStatus) { s.Amount = unit.Max + 1 },
		func(s *wire.NozzleStatus) { s.Totalizer = -5 },
		func(s *wire.NozzleStatus) { s.Price = -1 },
		func(s *wire.NozzleStatus) { s.Preset.Money = -1 },
		func(s *wire.NozzleStatus) { s.Preset.Volume = unit.Max + 1 },
		func(s *wire.NozzleStatus) { s.Fault = string(make([]byte, maxFaultText+1)) },
	} {
		bad := wire.NozzleStatus{Nozzle: 2, State: wire.NozzleFuelling}
		spoil(&bad)
		entries = append(entries, bad)
	}
	snap := report(t, b, noon, entries...)
	if snap.Nozzles[0].State != wire.NozzleIdle || snap.Nozzles[1].State != wire.NozzleOffline {
		t.Errorf("board: %+v", snap.Nozzles)
	}
	h, err := b.Health(t.Context())
	if err != nil || h.Ignored != uint64(len(entries)-1) || h.Offline != 1 || h.Nozzles != 2 || !h.DeviceSeenAt.Equal(noon) {
		t.Errorf("health %+v, %v", h, err)
	}
	if got := sink.take(); len(got) != 1 {
		t.Errorf("it sent %d frames", len(got))
	}
}

func TestDeviceAwayTakesEveryNozzleOfflineAndKeepsFigures(t *testing.T) {
	b, sink := start(t, 1, 2, 3)
	sale := id.New[id.Sale](ids())
	report(t, b, noon,
		wire.NozzleStatus{Nozzle: 1, State: wire.NozzleFuelling, Sale: sale, Volume: 12340, Amount: 9687, Price: 785},
		wire.NozzleStatus{Nozzle: 2, State: wire.NozzleFault, Fault: "no pulser"})
	sink.take()
	if err := b.DeviceAway(t.Context()); err != nil {
		t.Fatal(err)
	}
	snap, at, err := b.Snapshot(t.Context())
	if err != nil || at.Seq != 4 {
		t.Fatalf("position %v, %v", at, err)
	}
	for _, n := range snap.Nozzles {
		if n.State != wire.NozzleOffline || n.Fault != "" {
			t.Errorf("nozzle %d: %+v", n.Number, n)
		}
	}
	if n := snap.Nozzles[0]; n.Volume != 12340 || n.Amount != 9687 || n.Sale != sale {
		t.Errorf("the figures were lost: %+v", n)
	}
	if got := sink.take(); len(got) != 2 {
		t.Errorf("%d events; nozzle 3 was offline before", len(got))
	}
	if h, _ := b.Health(t.Context()); !h.DeviceSeenAt.IsZero() {
		t.Errorf("the device is away and was seen at %v", h.DeviceSeenAt)
	}
}

func TestConfigure(t *testing.T) {
	b, sink := start(t, 1, 2)
	report(t, b, noon, wire.NozzleStatus{Nozzle: 1, State: wire.NozzleIdle, Totalizer: 5})
	sink.take()
	_, before, _ := b.Snapshot(t.Context())

	changed := nozzles(1, 2, 3)
	changed[0].Hold = wire.HoldStop
	changed[1].Mode = wire.ModeClosed
	if err := b.Configure(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	snap, at, _ := b.Snapshot(t.Context())
	if at.Ep != before.Ep || at.Seq != before.Seq+3 || len(snap.Nozzles) != 3 {
		t.Fatalf("at %v with %d nozzles", at, len(snap.Nozzles))
	}
	if n := snap.Nozzles[0]; n.Hold != wire.HoldStop || n.State != wire.NozzleIdle || n.Totalizer != 5 {
		t.Errorf("nozzle 1: %+v", n)
	}
	if n := snap.Nozzles[1]; n.Mode != wire.ModeClosed {
		t.Errorf("nozzle 2: %+v", n)
	}
	if err := b.Configure(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	if _, again, _ := b.Snapshot(t.Context()); again != at {
		t.Errorf("the same station again moved the board to %v", again)
	}

	sink.take()
	if err := b.Configure(t.Context(), changed[1:]); err != nil {
		t.Fatal(err)
	}
	snap, at, _ = b.Snapshot(t.Context())
	if at.Ep == before.Ep || at.Seq != 0 || len(snap.Nozzles) != 2 {
		t.Errorf("taking a nozzle away left the board at %v with %d nozzles", at, len(snap.Nozzles))
	}
}

func TestBeatEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		makes, sink := ids(), &tape{}
		b := New(id.New[id.Station](makes), nozzles(1), func() id.Epoch { return id.New[id.Epoch](makes) }, sink, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		go b.Run(ctx)
		synctest.Wait()
		heard := time.Now()
		if err := b.Report(ctx, heard, wire.Status{OldestUnackedMS: 1200}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*BeatEvery + BeatEvery/2)
		synctest.Wait()
		if len(sink.frames) != 11 {
			t.Errorf("%d beats in ten seconds", len(sink.frames))
		}
		last := sink.frames[len(sink.frames)-1]
		beat, err := wire.Read[wire.Beat](last.D)
		if err != nil || !beat.DeviceSeenAt.Equal(heard) || beat.OldestUnackedMS != 1200 || sink.keys[len(sink.keys)-1] != BeatKey {
			t.Errorf("beat %s, %v", last.D, err)
		}
		cancel()
		synctest.Wait()
		if err := b.Report(t.Context(), heard, wire.Status{}); !errors.Is(err, ErrStopped) {
			t.Errorf("after the end: %v", err)
		}
		if _, _, err := b.Snapshot(t.Context()); !errors.Is(err, ErrStopped) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// TestSnapshotAndEventsFoldToTheSnapshot drives a board at random and checks
// that any snapshot followed by the frames after it, folded as screens fold
// them, is the board as it is.
func TestSnapshotAndEventsFoldToTheSnapshot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, sink := start(t, 1, 2, 3)
		ctx := context.Background()
		screens := map[*mirror.Forecourt]id.Epoch{}
		follow := func(t *rapid.T) {
			for _, f := range sink.take() {
				for screen, epoch := range screens {
					if _, err := screen.Apply(f); err != nil && f.Ep == epoch {
						t.Fatalf("%s %d: %v", f.K, f.Seq, err)
					}
				}
			}
		}
		look := func(t *rapid.T) (wire.ForecourtSnap, wire.Position) {
			snap, at, err := b.Snapshot(ctx)
			if err != nil {
				t.Fatal(err)
			}
			follow(t) // what came before the snapshot belongs to the others
			for screen, epoch := range screens {
				if epoch != at.Ep {
					delete(screens, screen) // a nozzle went away: a screen takes a new snapshot
				} else if screen.Position() != at || !reflect.DeepEqual(screen.Snap(), snap) {
					t.Fatalf("folded to %v\n%+v\nthe board is at %v\n%+v", screen.Position(), screen.Snap(), at, snap)
				}
			}
			return snap, at
		}
		clock := noon
		states := []wire.NozzleState{wire.NozzleIdle, wire.NozzleCalling, wire.NozzleFuelling, wire.NozzleFinished, wire.NozzleFault}
		t.Repeat(map[string]func(*rapid.T){
			"report": func(t *rapid.T) {
				clock = clock.Add(time.Second)
				s := wire.Status{Nozzles: []wire.NozzleStatus{{
					Nozzle:    rapid.IntRange(1, 4).Draw(t, "nozzle"),
					State:     rapid.SampledFrom(states).Draw(t, "state"),
					Volume:    unit.Millilitre(rapid.Int64Range(0, 3).Draw(t, "volume")),
					Amount:    unit.Fen(rapid.Int64Range(0, 3).Draw(t, "amount")),
					Totalizer: unit.Millilitre(rapid.Int64Range(0, 1).Draw(t, "totalizer")),
				}}}
				if err := b.Report(ctx, clock, s); err != nil {
					t.Fatal(err)
				}
			},
			"away": func(t *rapid.T) {
				if err := b.DeviceAway(ctx); err != nil {
					t.Fatal(err)
				}
			},
			"configure": func(t *rapid.T) {
				list := nozzles(1, 2, 3, 4)[:rapid.IntRange(2, 4).Draw(t, "nozzles")]
				list[0].Hold = rapid.SampledFrom([]wire.Hold{wire.HoldNone, wire.HoldStop}).Draw(t, "hold")
				if err := b.Configure(ctx, list); err != nil {
					t.Fatal(err)
				}
			},
			"snapshot": func(t *rapid.T) {
				snap, at := look(t)
				screen := mirror.NewForecourt()
				if _, err := screen.Apply(wire.Frame{K: wire.KindSnap, Ch: at.Ch, Ep: at.Ep, Seq: at.Seq, D: wire.Body(snap)}); err != nil {
					t.Fatal(err)
				}
				screens[screen] = at.Ep
			},
			"": func(t *rapid.T) { look(t) },
		})
	})
}
