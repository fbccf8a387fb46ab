package dart_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/dart"
	"forecourt/pumpd/internal/driver/drivertest"
	"forecourt/pumpd/internal/port"
	"forecourt/pumpd/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const address = 0x50

// lineKind is a way in which a line of simulated dispensers can be built.
type lineKind struct {
	baud   int
	echoes bool
	totals simulator.TotalsForm
}

// start connects the station's pump to a line in memory.
func (k lineKind) start(t *testing.T, s *simulator.Station) drivertest.Bench {
	wire := port.NewWire(k.baud, k.echoes, time.Now)
	face, err := simulator.NewDART(s, simulator.DARTConfig{
		Name: drivertest.Face, Sides: []simulator.DARTSide{{Address: address, Pump: drivertest.Pump}},
		Turnaround: simulator.DefaultTurnaround, Totals: k.totals, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := face.Serve(context.Background(), wire.Device()); err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	t.Cleanup(func() {
		_ = wire.Close()
		running.Wait()
	})
	line := wire.Host()
	return drivertest.Bench{
		Point: address,
		Open: func() driver.Driver {
			d, err := dart.New(line, dart.Config{Points: []dart.Side{{Address: address, Nozzles: 2}}, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
	}
}

// TestI012DriverConformance runs the suite, line faults included, over every
// kind of line.
func TestI012DriverConformance(t *testing.T) {
	kinds := map[string]lineKind{
		"instant":        {},
		"9600 baud":      {baud: 9600},
		"echo":           {baud: 9600, echoes: true},
		"Chinese totals": {totals: simulator.ChineseTotals},
		"short totals":   {totals: simulator.ShortTotals},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			drivertest.Run(t, drivertest.Rig{Virtual: true, Start: kind.start})
		})
	}
}
