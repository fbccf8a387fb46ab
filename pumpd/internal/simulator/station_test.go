package simulator_test

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/simulator"
)

// town runs a station with cars for a virtual hour. An attendant authorizes
// whoever calls and takes note of every sale.
func town(t *testing.T, seed uint64) (sold map[int][]driver.Sale, s *simulator.Station) {
	t.Helper()
	now := opening
	config := simulator.StationConfig{Seed: seed, Cars: true, Pace: 1, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler)}
	for n := 1; n <= 4; n++ {
		config.Pumps = append(config.Pumps, simulator.PumpConfig{
			Number: n, FlowMLPerSecond: 667, StartDelay: time.Second,
			Nozzles: []simulator.NozzleConfig{{Nozzle: 2*n - 1, Price: 750}, {Nozzle: 2 * n, Price: 798}},
		})
	}
	s, err := simulator.NewStation(config)
	if err != nil {
		t.Fatal(err)
	}
	sold = make(map[int][]driver.Sale)
	for range int(time.Hour / (50 * time.Millisecond)) {
		now = now.Add(50 * time.Millisecond)
		s.Advance()
		for n := 1; n <= 4; n++ {
			s.Do(n, func(p *simulator.Pump) {
				switch v := p.View(); v.State {
				case driver.Calling:
					if err := p.Authorize(driver.Order{Nozzle: v.Nozzle}); err != nil {
						t.Fatal(err)
					}
				case driver.Finished:
					sold[n] = append(sold[n], v.Last)
					p.Release()
				}
			})
		}
	}
	return sold, s
}

// TestCars: cars come, buy what people buy, and leave; the same seed is the
// same hour, another seed is another.
func TestCars(t *testing.T) {
	sold, s := town(t, 7)
	again, _ := town(t, 7)
	if diff := cmp.Diff(sold, again); diff != "" {
		t.Fatalf("the same seed sold otherwise: %s", diff)
	}
	if other, _ := town(t, 8); cmp.Equal(sold, other) {
		t.Fatal("another seed sold the same")
	}
	exact, deliveries := 0, 0
	for _, sales := range sold {
		if len(sales) < 5 {
			t.Errorf("a pump sold only %d times in an hour", len(sales))
		}
		for _, sale := range sales {
			deliveries++
			if sale.Amount == 10000 || sale.Amount == 20000 || sale.Amount == 30000 {
				exact++
			}
		}
	}
	if exact == 0 || exact == deliveries {
		t.Errorf("%d of %d sales were keyed in, want some", exact, deliveries)
	}
	told := 0
	for _, nozzle := range s.Truth() {
		told += nozzle.Deliveries
	}
	if told != deliveries {
		t.Errorf("the truth counts %d deliveries, %d were sold", told, deliveries)
	}
}

// TestCarsGiveUp: nobody authorizes, so they hang up and leave; closed, nobody
// comes.
func TestCarsGiveUp(t *testing.T) {
	now := opening
	s, err := simulator.NewStation(simulator.StationConfig{
		Cars: true, Seed: 3, Now: func() time.Time { return now },
		Pumps: []simulator.PumpConfig{{Number: 1, FlowMLPerSecond: 667, Nozzles: []simulator.NozzleConfig{{Nozzle: 1, Price: 750}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	lifted := func(d time.Duration) (times int) {
		was := s.View(1).Lifted
		for range int(d / (50 * time.Millisecond)) {
			now = now.Add(50 * time.Millisecond)
			s.Advance()
			is := s.View(1).Lifted
			if is && !was {
				times++
			}
			was = is
		}
		return times
	}
	if n := lifted(time.Hour); n < 3 {
		t.Fatalf("lifted %d times in an hour, want several that gave up", n)
	}
	s.SetCars(false)
	lifted(10 * time.Minute)
	if n := lifted(time.Hour); n != 0 || s.View(1).Lifted {
		t.Fatalf("lifted %d times at a closed station", n)
	}
}

func TestFaultFeed(t *testing.T) {
	roll := func(seed uint64) (out []simulator.Fault) {
		s, err := simulator.NewStation(simulator.StationConfig{Seed: seed, Now: func() time.Time { return opening }})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetFaults("a", simulator.LineFaults{Lose: 100, Repeat: 100, Tear: 100, Late: 100, Noise: 100}); err != nil {
			t.Fatal(err)
		}
		s.Inject("a", simulator.TearFrame, simulator.LoseFrame)
		for range 2000 {
			out = append(out, s.Roll("a"))
		}
		for _, f := range []simulator.Fault{simulator.NoFault, simulator.LoseFrame, simulator.RepeatFrame, simulator.TearFrame, simulator.LateFrame, simulator.NoiseFrame} {
			if n := s.Rolled("a", f); n < 100 {
				t.Errorf("fault %d happened %d times of 2000", f, n)
			}
		}
		if s.Roll("b") != simulator.NoFault {
			t.Error("another face has faults")
		}
		return out
	}
	one := roll(1)
	if one[0] != simulator.TearFrame || one[1] != simulator.LoseFrame {
		t.Errorf("injected faults came as %v", one[:2])
	}
	if !cmp.Equal(one, roll(1)) || cmp.Equal(one, roll(2)) {
		t.Error("faults do not follow the seed")
	}
	s, _ := simulator.NewStation(simulator.StationConfig{Now: func() time.Time { return opening }})
	for _, bad := range []simulator.LineFaults{{Lose: -1}, {Lose: 600, Tear: 500}} {
		if s.SetFaults("a", bad) == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestStationRefusesDoubles(t *testing.T) {
	now := func() time.Time { return opening }
	pump := func(number, nozzle int) simulator.PumpConfig {
		return simulator.PumpConfig{Number: number, Nozzles: []simulator.NozzleConfig{{Nozzle: nozzle}}}
	}
	for name, pumps := range map[string][]simulator.PumpConfig{
		"pump": {pump(1, 1), pump(1, 2)}, "nozzle": {pump(1, 1), pump(2, 1)},
	} {
		if _, err := simulator.NewStation(simulator.StationConfig{Pumps: pumps, Now: now}); err == nil {
			t.Errorf("the same %s twice was taken", name)
		}
	}
}

// TestRunMoves: Run lets fuel flow without anybody asking.
func TestRunMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := simulator.NewStation(simulator.StationConfig{
			Now:   time.Now,
			Pumps: []simulator.PumpConfig{{Number: 1, FlowMLPerSecond: 600, Nozzles: []simulator.NozzleConfig{{Nozzle: 1, Price: 750}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		go func() { _ = s.Run(t.Context()) }()
		s.Do(1, func(p *simulator.Pump) {
			p.Lift(1)
			err = p.Authorize(driver.Order{Nozzle: 1, Limit: driver.ByVolume, Volume: 6000})
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if v := s.View(1); !v.Held || v.Last.Volume != 6000 {
			t.Fatalf("after 11 s: %+v", v)
		}
	})
}
