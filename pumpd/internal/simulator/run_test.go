package simulator_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/dart"
	"forecourt/pumpd/internal/port"
	"forecourt/pumpd/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a whole simulated station in this process.
type running struct {
	*testing.T
	simulator.Listening
	stop func()
}

// start runs a station fast, without cars, on ports of its own choice.
func start(t *testing.T, c simulator.Config) *running {
	t.Helper()
	c.Now, c.Random, c.Log = time.Now, rand.Reader, slog.New(slog.DiscardHandler)
	c.Speed, c.Cars, c.Control = 200, false, "127.0.0.1:0"
	r := &running{T: t}
	ready := make(chan struct{})
	c.Ready = func(l simulator.Listening) { r.Listening = l; close(ready) }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- simulator.Run(ctx, c) }()
	select {
	case <-ready:
	case err := <-done:
		cancel()
		t.Fatalf("Run: %v", err)
	}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	}
	t.Cleanup(r.stop)
	return r
}

func (r *running) post(path, body string, want int) {
	r.Helper()
	resp, err := http.Post("http://"+r.Control+path, "application/json", bytes.NewBufferString(body))
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	if said, _ := io.ReadAll(resp.Body); resp.StatusCode != want {
		r.Fatalf("POST %s %s: %d %s, want %d", path, body, resp.StatusCode, said, want)
	}
}

func (r *running) truth(nozzle int) simulator.NozzleTruth {
	r.Helper()
	var body struct{ Nozzles []simulator.NozzleTruth }
	r.get("/truth", &body)
	for _, n := range body.Nozzles {
		if n.Nozzle == nozzle {
			return n
		}
	}
	r.Fatalf("no nozzle %d in %+v", nozzle, body)
	return simulator.NozzleTruth{}
}

func (r *running) get(path string, into any) {
	r.Helper()
	resp, err := http.Get("http://" + r.Control + path)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		r.Fatal(err)
	}
}

// drive makes a driver for nozzles 9 and 10 of the demonstration station.
func (r *running) drive(c port.Config) *dart.Driver {
	r.Helper()
	line, err := port.Open(r.Context(), c, port.Options{Now: time.Now})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = line.Close() })
	d, err := dart.New(line, dart.Config{
		Points: []dart.Side{{Address: 0x50, Nozzles: 2}}, Now: time.Now,
		Timings: dart.Timings{Answer: time.Second, InterByte: time.Second}, // the machine may be busy
	})
	if err != nil {
		r.Fatal(err)
	}
	return d
}

// until polls until a state is there; the bound is for a driver that hangs.
func (r *running) until(d *dart.Driver, want driver.State) driver.Reading {
	r.Helper()
	const most = 20_000
	var last driver.Reading
	var lastErr error
	for range most {
		got, err := d.Poll(r.Context(), 0x50)
		last, lastErr = got, err
		if err != nil && !errors.Is(err, driver.ErrNoAnswer) && !errors.Is(err, driver.ErrGarbled) {
			r.Fatal(err)
		}
		if err == nil && got.State == want {
			return got
		}
	}
	r.Fatalf("never %v; last %+v, %v, %+v", want, last, lastErr, d.Traffic())
	return driver.Reading{}
}

// sell sells once from nozzle 10 and checks it against the truth.
func (r *running) sell(d *dart.Driver) {
	r.Helper()
	before := r.truth(10)
	r.until(d, driver.Idle)
	r.post("/pumps", `{"nozzle":10,"do":"lift"}`, http.StatusOK)
	r.until(d, driver.Calling)
	err := d.Authorize(r.Context(), 0x50, driver.Order{Nozzle: 2, Limit: driver.ByMoney, Money: 20000})
	if err != nil {
		r.Fatal(err)
	}
	sale := r.until(d, driver.Finished).Finished[0]
	after := r.truth(10)
	if sale.Amount != 20000 || int64(sale.Volume) != after.Totalizer-before.Totalizer || after.Deliveries != before.Deliveries+1 || !after.Held {
		r.Fatalf("sold %+v, the truth went from %+v to %+v", sale, before, after)
	}
	r.post("/pumps", `{"nozzle":10,"do":"hang"}`, http.StatusOK)
	if err := d.Release(r.Context(), 0x50, sale); err != nil {
		r.Fatal(err)
	}
	r.until(d, driver.Idle)
}

// TestDARTOverTCP: the real port and driver against the running simulator,
// with the connection made anew in between, and totals kept over a restart.
func TestDARTOverTCP(t *testing.T) {
	c := simulator.Demo("127.0.0.1:0", "127.0.0.1:0")
	c.StateFile = filepath.Join(t.TempDir(), "state.json")
	r := start(t, c)
	r.sell(r.drive(port.Config{TCP: r.Faces["dart"]}))
	r.sell(r.drive(port.Config{TCP: r.Faces["dart"]}))
	kept := r.truth(10)
	r.stop()
	r = start(t, c)
	again := r.truth(10)
	if kept.Held = false; again != kept {
		t.Fatalf("after a restart %+v, before %+v", again, kept)
	}
	r.sell(r.drive(port.Config{TCP: r.Faces["dart"]}))
}

// TestDARTOverPTY: the same over a pseudo-terminal, opened as a serial port.
func TestDARTOverPTY(t *testing.T) {
	c := simulator.Demo("127.0.0.1:0", "")
	link := filepath.Join(t.TempDir(), "line")
	c.Faces[1].Listen, c.Faces[1].PTY = "", link
	r := start(t, c)
	r.sell(r.drive(port.Config{Serial: link}))
	r.stop()
	if _, err := os.Lstat(link); !os.IsNotExist(err) {
		t.Fatalf("the link is still there: %v", err)
	}
}

// TestI012FaultsOnDemand: each fault of the control interface is seen by a
// driver as what it is.
func TestI012FaultsOnDemand(t *testing.T) {
	r := start(t, simulator.Demo("127.0.0.1:0", "127.0.0.1:0"))
	d := r.drive(port.Config{TCP: r.Faces["dart"]})
	r.sell(d)
	r.post("/faults", `{"nozzle":10,"do":"repeat-last-sale"}`, http.StatusOK)
	told := r.until(d, driver.Finished).Finished[0]
	if before := r.truth(10); before.Deliveries != 1 || int64(told.TotalAfter) != before.Totalizer {
		t.Fatalf("told again: %+v, truth %+v", told, before)
	}
	if err := d.Release(t.Context(), 0x50, told); err != nil {
		t.Fatal(err)
	}
	r.post("/faults", `{"face":"dart","odds":{"lose":50,"repeat":50,"tear":50,"late":0,"noise":50},"next":["lose","tear","repeat","noise","none"]}`, http.StatusOK)
	r.post("/faults", `{"face":"dart","odds":{}}`, http.StatusOK)
	r.sell(d)
	for _, do := range []string{"keep-price", "take-price", "sell-dearer"} {
		r.post("/faults", `{"nozzle":10,"do":"`+do+`"}`, http.StatusOK)
	}
	r.post("/faults", `{"nozzle":10,"do":"power-cut","for_ms":1}`, http.StatusOK)
	again := r.until(d, driver.Finished).Finished[0] // what its memory still shows, under the old key
	if int64(again.TotalAfter) != r.truth(10).Totalizer {
		t.Fatalf("after the power cut: %+v", again)
	}
	if err := d.Release(t.Context(), 0x50, again); err != nil {
		t.Fatal(err)
	}
	r.sell(d)
}

func TestControlRefuses(t *testing.T) {
	r := start(t, simulator.Demo("127.0.0.1:0", "127.0.0.1:0"))
	for _, bad := range [][2]string{
		{"/cars", `{}`},
		{"/cars", `{"run":true,"fast":true}`},
		{"/cars", `nonsense`},
		{"/pumps", `{"nozzle":99,"do":"lift"}`},
		{"/pumps", `{"nozzle":1,"do":"paint"}`},
		{"/pumps", `{"nozzle":1,"do":"preset"}`},
		{"/pumps", `{"nozzle":1,"do":"preset","money":1,"volume_ml":1}`},
		{"/faults", `{}`},
		{"/faults", `{"face":"nobody","odds":{"lose":1}}`},
		{"/faults", `{"face":"dart","odds":{"lose":1001}}`},
		{"/faults", `{"face":"dart","next":["explode"]}`},
		{"/faults", `{"face":"dart","nozzle":1,"do":"power-cut"}`},
		{"/faults", `{"nozzle":1,"do":"explode"}`},
		{"/faults", `{"nozzle":99,"do":"power-cut"}`},
	} {
		r.post(bad[0], bad[1], http.StatusUnprocessableEntity)
	}
	r.post("/cars", `{"run":false}`, http.StatusOK)
	r.post("/pumps", `{"nozzle":3,"do":"preset","volume_ml":5000}`, http.StatusOK)
	r.post("/pumps", `{"nozzle":4,"do":"lift"}`, http.StatusOK)
	var body struct{ Pumps []simulator.PumpNow }
	r.get("/pumps", &body)
	if len(body.Pumps) != 10 || body.Pumps[1].Lifted != 4 || body.Pumps[1].State != "calling" || !body.Pumps[1].Power {
		t.Fatalf("pumps = %+v", body.Pumps)
	}
}

func TestConfigRefuses(t *testing.T) {
	good := func() simulator.Config { return simulator.Demo("127.0.0.1:0", "127.0.0.1:0") }
	for name, spoil := range map[string]func(*simulator.Config){
		"open control":   func(c *simulator.Config) { c.Control = "0.0.0.0:0" },
		"speed":          func(c *simulator.Config) { c.Speed = 5000 },
		"protocol":       func(c *simulator.Config) { c.Faces[0].Protocol = "telepathy" },
		"nowhere":        func(c *simulator.Config) { c.Faces[0].Listen = "" },
		"pts on a pty":   func(c *simulator.Config) { c.Faces[0].Listen, c.Faces[0].PTY = "", "x" },
		"no points":      func(c *simulator.Config) { c.Faces[1].Points = nil },
		"no nozzles":     func(c *simulator.Config) { c.Faces[1].Points[0].Nozzles = nil },
		"address":        func(c *simulator.Config) { c.Faces[1].Points[0].Address = 0x150 },
		"address twice":  func(c *simulator.Config) { c.Faces[1].Points[1].Address = 0x50 },
		"nozzle twice":   func(c *simulator.Config) { c.Faces[1].Points[1].Nozzles[0].Nozzle = 1 },
		"face twice":     func(c *simulator.Config) { c.Faces[1].Name = "pts" },
		"faults":         func(c *simulator.Config) { c.Faces[1].Faults.Lose = 2000 },
		"state is a dir": func(c *simulator.Config) { c.StateFile = t.TempDir() },
	} {
		c := good()
		spoil(&c)
		c.Now, c.Random, c.Log = time.Now, rand.Reader, slog.New(slog.DiscardHandler)
		ctx, cancel := context.WithCancel(t.Context())
		c.Ready = func(simulator.Listening) { cancel() }
		if err := simulator.Run(ctx, c); err == nil {
			t.Errorf("%s was taken", name)
		}
		cancel()
	}
}
