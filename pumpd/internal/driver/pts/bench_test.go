package pts_test

import (
	"crypto/rand"
	"net/http/httptest"
	"testing"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/pts"
	"forecourt/pumpd/internal/simulator"
)

// BenchmarkPollCycle is one look at 8 pumps over loopback HTTP with digest.
func BenchmarkPollCycle(b *testing.B) {
	config := simulator.StationConfig{Now: time.Now}
	numbers := map[int]int{}
	var points []pts.Point
	for i := 1; i <= 8; i++ {
		config.Pumps = append(config.Pumps, simulator.PumpConfig{
			Number: i, Nozzles: []simulator.NozzleConfig{{Nozzle: i, Price: 750}},
		})
		numbers[i] = i
		points = append(points, pts.Point{Pump: driver.Point(i), Nozzles: 1})
	}
	s, err := simulator.NewStation(config)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(face(b, s, func(c *simulator.PTSConfig) { c.Pumps = numbers }))
	defer server.Close()
	d, err := pts.New(pts.Config{URL: server.URL, User: user, Password: password, Points: points, Now: time.Now, Random: rand.Reader})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	for b.Loop() {
		for _, p := range points {
			if _, err := d.Poll(b.Context(), p.Pump); err != nil {
				b.Fatal(err)
			}
		}
	}
}
