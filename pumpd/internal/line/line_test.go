package line

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/id"
	"forecourt/shared/wire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench runs a line on a fake driver inside a synctest bubble.
type bench struct {
	*testing.T
	driver   *fakeDriver
	journal  *fakeJournal
	meter    *fakeMeter
	line     *Line
	cfg      Config
	connects int
	refuse   bool

	mu     sync.Mutex
	status map[int]wire.NozzleStatus
}

// run starts a line of n points, station nozzles 1..n, lets test drive it, and
// ends it.
func run(t *testing.T, n int, test func(b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{T: t, meter: &fakeMeter{}, status: map[int]wire.NozzleStatus{}}
		var addresses []driver.Point
		want := map[int]wire.WantNozzle{}
		for i := range n {
			p := driver.Point(0x50 + i)
			addresses = append(addresses, p)
			b.cfg.Points = append(b.cfg.Points, Point{Address: p, Nozzles: []int{i + 1}, KeyPrefix: "dart:50"})
			want[i+1] = wire.WantNozzle{Nozzle: i + 1, Mode: wire.ModeAttended, Hold: wire.HoldNone, Price: 750, PriceSet: id.PriceSet{1}}
		}
		b.driver = newFakeDriver(addresses...)
		b.journal = &fakeJournal{driver: b.driver, locals: map[string]json.RawMessage{}}
		maker := id.NewMaker(time.Now, rand.Reader)
		b.cfg.Name, b.cfg.Connect, b.cfg.Journal, b.cfg.Meter = "test", b.connect, b.journal, b.meter
		b.cfg.Publish, b.cfg.Now, b.cfg.Log = b.publish, time.Now, slog.New(slog.DiscardHandler)
		b.cfg.NewSale = func() id.Sale { return id.New[id.Sale](maker) }
		line, err := New(b.cfg)
		if err != nil {
			t.Fatal(err)
		}
		b.line = line
		line.Want(want)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- line.Run(ctx) }()
		test(b)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
}

func (b *bench) connect(context.Context) (Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.connects++
	if b.refuse {
		return Conn{}, driver.ErrLine
	}
	return Conn{Driver: b.driver, Close: func() error { return nil }}, nil
}

func (b *bench) publish(list []wire.NozzleStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, v := range list {
		b.status[v.Nozzle] = v
	}
}

func (b *bench) state(n int) wire.NozzleState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.status[n].State
}

// after lets virtual time pass.
func (b *bench) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (b *bench) expect(n int, want wire.NozzleState) {
	b.Helper()
	if got := b.state(n); got != want {
		b.Errorf("nozzle %d is %s, want %s", n, got, want)
	}
}

func TestSaleOnALine(t *testing.T) {
	run(t, 1, func(b *bench) {
		b.after(time.Second)
		b.expect(1, wire.NozzleIdle)
		b.driver.with(0x50, func(p *fakePoint) { p.reading = driver.Reading{State: driver.Calling, Nozzle: 1} })
		b.after(time.Second)
		b.expect(1, wire.NozzleAuthorized)
		b.driver.with(0x50, func(p *fakePoint) {
			p.reading = driver.Reading{State: driver.Fuelling, Nozzle: 1, Volume: 3000, Amount: 2250, Price: 750}
		})
		b.after(time.Second)
		b.expect(1, wire.NozzleFuelling)
		sale := driver.Sale{Nozzle: 1, Volume: 5000, Amount: 3750, Price: 750}
		b.driver.with(0x50, func(p *fakePoint) {
			p.total += 5000
			p.reading = driver.Reading{State: driver.Finished, Finished: []driver.Sale{sale}}
		})
		b.after(time.Second)
		b.expect(1, wire.NozzleIdle)
		want := []string{"fact.price", "authorize", "fact.start", "fact.sale", "release"}
		if !slices.Equal(b.driver.order, want) {
			b.Errorf("the order was %v, want %v", b.driver.order, want)
		}
		if b.meter.looked == 0 {
			b.Error("no look was counted")
		}
	})
}

func TestOfflineAndBack(t *testing.T) {
	run(t, 2, func(b *bench) {
		b.after(time.Second)
		b.driver.with(0x51, func(p *fakePoint) { p.there = false })
		b.after(2 * time.Second)
		b.expect(1, wire.NozzleIdle)
		b.expect(2, wire.NozzleOffline)
		b.driver.with(0x51, func(p *fakePoint) { p.there = true })
		b.after(LongestRest)
		b.expect(2, wire.NozzleIdle)
		b.driver.with(0x51, func(p *fakePoint) { p.garbled = true })
		b.after(2 * time.Second)
		b.expect(2, wire.NozzleOffline)
		if b.meter.garbled == 0 || b.meter.missed == 0 {
			b.Errorf("counted %d garbled, %d missed", b.meter.garbled, b.meter.missed)
		}
	})
}

func TestDeadPointsLeaveTheLineToTheLiving(t *testing.T) {
	run(t, 16, func(b *bench) {
		for i := 1; i < 16; i++ {
			b.driver.with(driver.Point(0x50+i), func(p *fakePoint) { p.there = false })
		}
		b.after(30 * time.Second)
		before := 0
		b.driver.with(0x50, func(p *fakePoint) { before = p.looks })
		b.after(10 * time.Second)
		b.driver.with(0x50, func(p *fakePoint) {
			if got, whole := p.looks-before, int(10*time.Second/fakeAnswer); got < whole*8/10 {
				b.Errorf("%d looks of at most %d", got, whole)
			}
		})
	})
}

func TestBrokenLineIsOpenedAgain(t *testing.T) {
	run(t, 1, func(b *bench) {
		b.after(time.Second)
		b.mu.Lock()
		b.refuse = true
		b.mu.Unlock()
		b.driver.mu.Lock()
		b.driver.broken = true
		b.driver.mu.Unlock()
		b.after(time.Minute)
		b.expect(1, wire.NozzleOffline)
		b.mu.Lock()
		if b.connects < 6 || b.connects > 15 {
			b.Errorf("opened %d times in a minute", b.connects)
		}
		b.refuse = false
		b.mu.Unlock()
		b.driver.mu.Lock()
		b.driver.broken = false
		b.driver.mu.Unlock()
		b.after(longestReopen + time.Second)
		b.expect(1, wire.NozzleIdle)
		b.driver.with(0x50, func(p *fakePoint) { p.reading = driver.Reading{State: driver.Calling, Nozzle: 1} })
		b.after(time.Second)
		b.expect(1, wire.NozzleAuthorized)
	})
}

func TestNoPermissionWithoutRoomInTheJournal(t *testing.T) {
	run(t, 1, func(b *bench) {
		b.after(time.Second)
		b.journal.set(true, false)
		b.driver.with(0x50, func(p *fakePoint) { p.reading = driver.Reading{State: driver.Calling, Nozzle: 1} })
		b.after(5 * time.Second)
		b.expect(1, wire.NozzleCalling)
		b.journal.set(false, false)
		b.after(time.Second)
		b.expect(1, wire.NozzleAuthorized)
	})
}

func TestUploadIsAnsweredWhenItIsJournaled(t *testing.T) {
	run(t, 1, func(b *bench) {
		b.after(time.Second)
		sale := driver.Sale{Key: "pts:x:1:1", Nozzle: 1, Volume: 2000, Amount: 1500, Price: 750, TotalAfter: 1_002_000, HasTotal: true}
		b.journal.set(false, true)
		if err := b.driver.store(b.Context(), 0x50, sale); !errors.Is(err, errNotStored) {
			b.Errorf("answered %v while the disk fails", err)
		}
		b.journal.set(false, false)
		if err := b.driver.store(b.Context(), 0x50, sale); err != nil {
			b.Error(err)
		}
		if !slices.Contains(b.journal.kinds(), wire.KindSaleEnded) {
			b.Error("answered before it was journaled")
		}
		if err := b.driver.store(b.Context(), 0x77, sale); err == nil {
			b.Error("took a sale of an unknown point")
		}
	})
}

func TestStopAllGoesFirst(t *testing.T) {
	run(t, 2, func(b *bench) {
		b.after(time.Second)
		b.driver.with(0x50, func(p *fakePoint) { p.reading = driver.Reading{State: driver.Fuelling, Nozzle: 1} })
		b.after(time.Second)
		want := map[int]wire.WantNozzle{}
		for n := range 2 {
			want[n+1] = wire.WantNozzle{Nozzle: n + 1, Mode: wire.ModeAttended, Hold: wire.HoldStop, Price: 750, PriceSet: id.PriceSet{1}}
		}
		b.line.Want(want)
		b.line.Want(want)
		b.after(time.Second)
		b.driver.with(0x50, func(p *fakePoint) {
			if b.driver.stopAll != 1 || p.stops == 0 {
				b.Errorf("stopped all %d times, one %d times", b.driver.stopAll, p.stops)
			}
		})
	})
}

func TestStateSurvivesARestart(t *testing.T) {
	run(t, 1, func(b *bench) {
		b.after(time.Second)
		b.driver.with(0x50, func(p *fakePoint) { p.total += 7000 })
		again, err := New(b.cfg)
		if err != nil {
			b.Fatal(err)
		}
		if v := again.points[0].session.Status()[0]; v.Totalizer != 1_000_000 || v.Price != 750 {
			b.Errorf("restored as %+v", v)
		}
		b.journal.locals["nozzle/1"] = json.RawMessage(`[]`)
		if _, err := New(b.cfg); err == nil {
			b.Error("unreadable state was taken for none")
		}
	})
}
