package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/pumpd/internal/simulator"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client keeps no connection that would outlive a test.
func client() *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}

// run runs a command line and returns what it printed.
func run(t *testing.T, in string, args ...string) (out string, err error) {
	t.Helper()
	var printed bytes.Buffer
	p := &program{in: strings.NewReader(in), out: &printed, errs: io.Discard, now: time.Now}
	cmd := p.command()
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(t.Context())
	return printed.String(), err
}

func TestDecode(t *testing.T) {
	poll := "52 20 FA"
	if out, err := run(t, poll, "decode", "--protocol", "dart"); err != nil || !strings.Contains(out, `"POLL"`) {
		t.Errorf("%s: %v", out, err)
	}
	torn := "52 31 01 01 05 00 00 03 FA" // its checksum is not zero
	if out, err := run(t, torn, "decode", "--protocol", "dart"); err == nil {
		t.Errorf("a bad checksum passed: %s", out)
	}
	if _, err := run(t, "{]", "decode", "--protocol", "jsonpts"); err == nil {
		t.Error("what is no message passed")
	}
	if _, err := run(t, "", "decode", "--protocol", "morse"); err == nil {
		t.Error("an unknown protocol passed")
	}
}

func TestCheckConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pumpd.yaml")
	text := "data: /srv/pumpd\nlines:\n  - {name: a, protocol: dart, port: {tcp: \"127.0.0.1:1\"}, points: [{address: 0x50, nozzles: [1]}]}\n" +
		"  - {name: b, protocol: pts, url: \"http://192.0.2.1\", password: not-to-be-seen, points: [{address: 1, nozzles: [2]}]}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, "", "check-config", "--config", file)
	if err != nil || !strings.Contains(out, "is good") || strings.Contains(out, "not-to-be-seen") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := run(t, "", "check-config", "--config", file, "--set", "log.format=xml"); err == nil || !strings.Contains(out, "log.format") {
		t.Errorf("a bad setting passed: %v\n%s", err, out)
	}
	bad := strings.Replace(text, "protocol: pts,", "protocol: pts, auth: none,", 1)
	if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "", "check-config", "--config", file); err == nil || !strings.Contains(err.Error(), "line b") {
		t.Errorf("what only the driver knows passed: %v", err)
	}
}

func TestServeWithoutCredentials(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pumpd.yaml")
	text := fmt.Sprintf("data: %s\nlines:\n  - {name: a, protocol: dart, port: {tcp: \"127.0.0.1:1\"}, points: [{address: 0x50, nozzles: [1]}]}\n", dir)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "", "serve", "--config", file); err == nil || !strings.Contains(err.Error(), "pumpd enrol") {
		t.Errorf("answered %v", err)
	}
}

func TestEnrol(t *testing.T) {
	server := httptest.NewServer(newFakeHub(t))
	defer server.Close()
	dir := t.TempDir()
	if out, err := run(t, "", "enrol", "--hub", server.URL, "--set", "data="+dir, "ABCD-EFGH-JKLM"); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	file := filepath.Join(dir, "credentials.json")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	c, err := readCredentials(file)
	if err != nil || c.Token != "device-token" || c.HubURL != server.URL || c.Device != (id.Device{3}) {
		t.Errorf("%+v %v", c, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".credentials-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// bench is a simulated station, a hub and the pumpd between them.
type bench struct {
	*testing.T
	hub    *fakeHub
	where  simulator.Listening
	config string
	stop   func()
}

// openStation starts the demonstration station many times faster than life.
func openStation(t *testing.T) *bench {
	b := &bench{T: t, hub: newFakeHub(t)}
	server := httptest.NewServer(b.hub)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(context.Background())
	sim := simulator.Demo("127.0.0.1:0", "127.0.0.1:0")
	sim.Control, sim.Speed, sim.Seed = "127.0.0.1:0", 100, 7
	sim.Now, sim.Random, sim.Log = time.Now, rand.Reader, slog.New(slog.DiscardHandler)
	ready, done := make(chan simulator.Listening, 1), make(chan error, 1)
	sim.Ready = func(where simulator.Listening) { ready <- where }
	go func() { done <- simulator.Run(ctx, sim) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case b.where = <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	b.configure(server.URL)
	return b
}

func (b *bench) configure(hub string) {
	dir := b.TempDir()
	b.config = filepath.Join(dir, "pumpd.yaml")
	text := fmt.Sprintf(`
data: %s
listen: 127.0.0.1:0
log: {level: warn}
lines:
  - name: dart
    protocol: dart
    port: {tcp: "%s"}
    points: [{address: 0x50, nozzles: [9, 10]}, {address: 0x51, nozzles: [11, 12]}, {address: 0x52, nozzles: [13]},
      {address: 0x53, nozzles: [14]}, {address: 0x54, nozzles: [15]}, {address: 0x55, nozzles: [16]}]
  - name: pts
    protocol: pts
    url: http://%s
    user: admin
    password: admin
    points: [{address: 1, nozzles: [1, 2]}, {address: 2, nozzles: [3, 4]}, {address: 3, nozzles: [5, 6]}, {address: 4, nozzles: [7, 8]}]
`, dir, b.where.Faces["dart"], b.where.Faces["pts"])
	if err := os.WriteFile(b.config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	c := credentials{HubURL: hub}
	c.Device, c.Token, c.Kind = id.Device{3}, b.hub.token, wire.DevicePumpd
	if err := c.write(filepath.Join(dir, "credentials.json")); err != nil {
		b.Fatal(err)
	}
}

// start runs pumpd until stop.
func (b *bench) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	p := &program{in: strings.NewReader(""), out: io.Discard, errs: b.Output(), now: time.Now}
	cmd := p.command()
	cmd.SetArgs([]string{"serve", "--config", b.config})
	ended.Go(func() {
		if err := cmd.ExecuteContext(ctx); err != nil {
			b.Errorf("pumpd ended with %v", err)
		}
	})
	b.stop = sync.OnceFunc(func() {
		cancel()
		ended.Wait()
	})
	b.Cleanup(b.stop)
}

// until waits for something, looking again and again.
func (b *bench) until(what string, is func() bool) {
	b.Helper()
	const patience = 40 * time.Second
	deadline, tick := time.NewTimer(patience), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline.C:
			b.dump()
			b.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// dump prints what everyone sees, for a failure to be understood.
func (b *bench) dump() {
	for _, path := range []string{"/truth", "/pumps"} {
		reply, err := client().Get("http://" + b.where.Control + path)
		if err != nil {
			b.Log(err)
			continue
		}
		text, err := io.ReadAll(reply.Body)
		b.Logf("%s: %s %v %v", path, text, err, reply.Body.Close())
	}
	b.hub.mu.Lock()
	statuses := maps.Clone(b.hub.statuses)
	b.hub.mu.Unlock()
	for _, n := range slices.Sorted(maps.Keys(statuses)) {
		b.Logf("%+v\n%s", statuses[n], b.hub.history(n))
	}
}

func (b *bench) truth() (list []simulator.NozzleTruth) {
	b.Helper()
	reply, err := client().Get("http://" + b.where.Control + "/truth")
	if err != nil {
		b.Fatal(err)
	}
	defer reply.Body.Close()
	var body struct {
		Nozzles []simulator.NozzleTruth `json:"nozzles"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&body); err != nil {
		b.Fatal(err)
	}
	return body.Nozzles
}

func (b *bench) post(path, body string) {
	b.Helper()
	reply, err := client().Post("http://"+b.where.Control+path, "application/json", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	defer reply.Body.Close()
	if reply.StatusCode >= 300 {
		b.Fatalf("%s answered %s", path, reply.Status)
	}
}

// agrees reports whether everything that left the nozzles is in facts.
func (b *bench) agrees() bool {
	facts := b.hub.fold()
	for _, n := range b.truth() {
		m, sold := facts[n.Nozzle]
		switch {
		case n.Busy, n.Held, sold && int64(m.last) != n.Totalizer, !sold && n.Totalizer != n.First, m.sales < n.Deliveries:
			return false
		}
	}
	return true
}

// The whole of pumpd, both protocols, cars that come and go, lost and torn
// frames, prices that change, and pumpd stopped and started in between: every
// millilitre of every totalizer arrives once.
func TestC001C005D011I012EveryLitreArrivesThroughBothProtocols(t *testing.T) {
	b := openStation(t)
	b.post("/faults", `{"face":"dart","odds":{"lose":40,"repeat":10,"tear":20,"noise":10}}`)
	b.start()
	sold := func(n int) func() bool { return func() bool { return b.hub.count(wire.KindSaleEnded) >= n } }
	b.until("the first sales", sold(8))
	for i := range 2 {
		b.stop()
		b.hub.wish(map[int]unit.FenPerLitre{1: 760 + unit.FenPerLitre(i), 9: 770 + unit.FenPerLitre(i)})
		b.start()
		b.until("more sales", sold(16+8*i))
	}
	b.post("/cars", `{"run":false}`)
	b.until("rest", b.agrees)
	for n, m := range b.hub.fold() {
		for _, truth := range b.truth() {
			if truth.Nozzle == n && (int64(m.first) != truth.First || m.sales != truth.Deliveries) {
				b.Errorf("nozzle %d: facts %+v, truth %+v\n%s", n, m, truth, b.hub.history(n))
			}
		}
	}
	prices := func() bool {
		b.hub.mu.Lock()
		defer b.hub.mu.Unlock()
		for _, w := range b.hub.want.Nozzles {
			if v := b.hub.statuses[w.Nozzle]; v.Price != w.Price || v.PriceSet != w.PriceSet || v.State != wire.NozzleIdle {
				return false
			}
		}
		return true
	}
	b.until("every nozzle at its price and at rest", prices)
	// Cars fuel in a blink here: on the torn serial line few looks meet one.
	if by := b.hub.traced(); by["pts"] == 0 {
		b.Errorf("sales that say how they ran: %v", by)
	}
	b.Logf("%d facts, %d sales, %d connections", len(b.hub.facts), b.hub.count(wire.KindSaleEnded), b.hub.welcomes)
}
