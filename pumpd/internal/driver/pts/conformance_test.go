package pts_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/drivertest"
	"forecourt/pumpd/internal/driver/pts"
	"forecourt/pumpd/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	controller = "00AA11BB22CC33DD44EE55FF"
	user       = "pos"
	password   = "correct horse"
	secret     = "battery staple"
)

// quick are timings for a simulated controller: a late answer (0.4 s) comes
// after the driver gave up.
var quick = pts.Timings{Request: 300 * time.Millisecond, Delayed: 2 * time.Second, Again: 50 * time.Millisecond}

// face makes a simulated controller in front of the drivertest pump.
func face(t testing.TB, s *simulator.Station, change func(*simulator.PTSConfig)) *simulator.PTS {
	t.Helper()
	config := simulator.PTSConfig{
		Name: drivertest.Face, Station: s, Pumps: map[int]int{3: drivertest.Pump}, ID: controller,
		Users: []string{user, "other"}, Password: password, FirstTransaction: 65533,
		DelayedAfter: 120 * time.Millisecond, Now: time.Now, Random: rand.Reader,
	}
	if change != nil {
		change(&config)
	}
	c, err := simulator.NewPTS(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newDriver makes a driver that reaches a network in memory.
func newDriver(t *testing.T, n *memoryNet, change func(*pts.Config)) *pts.Driver {
	t.Helper()
	config := pts.Config{
		URL: "http://controller", User: user, Password: password, HTTPClient: n.client(),
		IncomingUser: "pts", IncomingPassword: secret, Zone: time.UTC,
		Points: []pts.Point{{Pump: 3, Nozzles: 2}}, Timings: quick, Now: time.Now, Random: rand.Reader,
	}
	if change != nil {
		change(&config)
	}
	d, err := pts.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestC001C002I012ConformsByHTTP runs the suite that every driver runs: no
// sale lost, none twice, under every fault of the line.
func TestC001C002I012ConformsByHTTP(t *testing.T) {
	for _, scheme := range []pts.Scheme{pts.Digest, pts.Basic} {
		t.Run(string(scheme), func(t *testing.T) {
			drivertest.Run(t, drivertest.Rig{Virtual: true, Start: func(t *testing.T, s *simulator.Station) drivertest.Bench {
				n := serve(t, face(t, s, func(c *simulator.PTSConfig) { c.Scheme = scheme }))
				return drivertest.Bench{Point: 3, Open: func() driver.Driver {
					return newDriver(t, n, func(c *pts.Config) { c.Scheme = scheme })
				}}
			}})
		})
	}
}

// TestC001C002I012ConformsByReverseLink runs it with a controller that dials in.
func TestC001C002I012ConformsByReverseLink(t *testing.T) {
	drivertest.Run(t, drivertest.Rig{Virtual: true, Start: func(t *testing.T, s *simulator.Station) drivertest.Bench {
		var now atomic.Pointer[pts.Driver]
		n := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { now.Load().Handler().ServeHTTP(w, r) }))
		c := face(t, s, func(c *simulator.PTSConfig) {
			c.Server = simulator.PTSServer{
				LinkURL: "ws://pumpd/ptsWebSocket", LinkUser: user, User: "pts", Password: secret,
				Pause: 20 * time.Millisecond, Client: n.client(),
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		t.Cleanup(func() { cancel(); running.Wait() })
		return drivertest.Bench{Point: 3, Open: func() driver.Driver {
			d := newDriver(t, n, func(c *pts.Config) { c.URL, c.Controller = "", controller })
			if now.Swap(d) == nil {
				running.Go(func() { _ = c.Run(ctx) })
			}
			untilDialled(t, d)
			return d
		}}
	}})
}

// untilDialled waits for the controller's link.
func untilDialled(t *testing.T, d *pts.Driver) {
	t.Helper()
	for range 100 {
		if _, err := d.Poll(t.Context(), 3); !errors.Is(err, driver.ErrLine) {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	t.Fatal("the controller never dialled in")
}
