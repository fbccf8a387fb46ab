package pts_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/drivertest"
	"forecourt/pumpd/internal/driver/pts"
	"forecourt/pumpd/internal/simulator"
	"forecourt/shared/unit"
)

// station has pumps 1..n with two nozzles each.
func station(t *testing.T, n int) *simulator.Station {
	t.Helper()
	config := simulator.StationConfig{Seed: 1, Now: time.Now}
	for i := 1; i <= n; i++ {
		config.Pumps = append(config.Pumps, simulator.PumpConfig{
			Number: i, FlowMLPerSecond: 600,
			Nozzles: []simulator.NozzleConfig{{Nozzle: 2*i - 1, Price: 750, Total: 1000}, {Nozzle: 2 * i, Price: 798, Total: 2000}},
		})
	}
	s, err := simulator.NewStation(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bench is a controller with n pumps and a driver for it.
type bench struct {
	*testing.T
	station  *simulator.Station
	face     *simulator.PTS
	net      *memoryNet
	driver   *pts.Driver
	mu       sync.Mutex
	messages []string
	points   []pts.Point
}

// virtually runs a test with a bench of n pumps in virtual time.
func virtually(t *testing.T, n int, test func(*bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{T: t, station: station(t, n)}
		pumps := map[int]int{}
		for i := 1; i <= n; i++ {
			pumps[i] = i
			b.points = append(b.points, pts.Point{Pump: driver.Point(i), Nozzles: 2})
		}
		b.face = face(t, b.station, func(c *simulator.PTSConfig) { c.Pumps = pumps })
		b.net = serve(t, http.HandlerFunc(b.listen))
		b.open()
		t.Cleanup(func() { _ = b.driver.Close() })
		test(b)
	})
}

// open makes a driver, as a restarted process would.
func (b *bench) open() {
	if b.driver != nil {
		_ = b.driver.Close()
	}
	b.driver = newDriver(b.T, b.net, func(c *pts.Config) { c.Points = b.points })
}

// listen keeps what the controller was asked.
func (b *bench) listen(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Error(err)
	}
	if r.Header.Get("Authorization") != "" {
		b.mu.Lock()
		b.messages = append(b.messages, string(body))
		b.mu.Unlock()
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	b.face.ServeHTTP(w, r)
}

// asked takes the messages since the last call.
func (b *bench) asked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.messages
	b.messages = nil
	return out
}

func (b *bench) poll(p driver.Point) driver.Reading {
	b.Helper()
	r, err := b.driver.Poll(b.Context(), p)
	if err != nil {
		b.Fatalf("Poll(%d): %v", p, err)
	}
	return r
}

// wait lets virtual time pass.
func (b *bench) wait(d time.Duration) { <-time.After(d) }

// sell dispenses on nozzle 1 of a pump and answers the sale as polled.
func (b *bench) sell(p int) driver.Sale {
	b.Helper()
	b.station.Do(p, func(m *simulator.Pump) { m.Lift(1) })
	if err := b.driver.Authorize(b.Context(), driver.Point(p), driver.Order{Nozzle: 1, Price: 750}); err != nil {
		b.Fatal(err)
	}
	b.wait(2 * time.Second)
	b.station.Do(p, (*simulator.Pump).Hang)
	b.wait(time.Second)
	r := b.poll(driver.Point(p))
	if r.State != driver.Finished || len(r.Finished) != 1 {
		b.Fatalf("after the sale: %+v", r)
	}
	return r.Finished[0]
}

// ask asks the controller as another user, past the driver.
func (b *bench) ask(user, packets string) string {
	b.Helper()
	answer, err := b.face.Answer(user, []byte(`{"Protocol":"jsonPTS","Packets":[`+packets+`]}`))
	if err != nil {
		b.Fatal(err)
	}
	return string(answer)
}

func TestOneMessageForAllPumps(t *testing.T) {
	virtually(t, 8, func(b *bench) {
		b.poll(1) // also says who it is
		for range 3 {
			b.wait(time.Second)
			b.asked()
			for _, p := range b.driver.Points() {
				if r := b.poll(p); r.State != driver.Idle {
					b.Fatalf("pump %d: %+v", p, r)
				}
			}
			if asked := b.asked(); len(asked) != 1 || strings.Count(asked[0], "PumpGetStatus") != 8 {
				b.Fatalf("a cycle of 8 pumps asked %d messages: %s", len(asked), asked)
			}
		}
	})
}

// A look made in an earlier round is not shown as if it were now.
func TestAnOldLookIsNotShown(t *testing.T) {
	virtually(t, 2, func(b *bench) {
		b.poll(1)
		b.poll(2)
		b.wait(time.Second)
		b.poll(1) // also looks at 2
		b.asked()
		b.wait(100 * time.Millisecond) // a poll's pace
		b.poll(2)
		if asked := b.asked(); len(asked) != 1 {
			b.Errorf("after a pace pump 2 asked %d messages, want a look of its own", len(asked))
		}
	})
}

func TestLimitsOfTheController(t *testing.T) {
	virtually(t, 120, func(b *bench) {
		for _, p := range b.driver.Points() {
			b.poll(p)
		}
		if err := b.driver.StopAll(b.Context()); err != nil {
			b.Fatal(err)
		}
		if b.face.Refused() != 0 {
			b.Fatal("the controller dropped a message that was too long")
		}
		if asked := b.asked(); len(asked) != 1+2+2 {
			b.Fatalf("%d messages for 120 pumps, want 5", len(asked))
		}
	})
}

func TestSilenceIsWaitedForOnce(t *testing.T) {
	virtually(t, 8, func(b *bench) {
		b.poll(1)
		b.station.Inject(drivertest.Face, simulator.LateFrame)
		b.wait(time.Second)
		began := time.Now()
		for _, p := range b.driver.Points() {
			if _, err := b.driver.Poll(b.Context(), p); !errors.Is(err, driver.ErrNoAnswer) {
				b.Fatalf("Poll(%d) of a silent controller: %v", p, err)
			}
		}
		if took := time.Since(began); took > quick.Request {
			b.Fatalf("8 pumps waited %v for one silence", took)
		}
	})
}

func TestOfflinePumpIsAlone(t *testing.T) {
	virtually(t, 2, func(b *bench) {
		b.station.Do(2, (*simulator.Pump).PowerCut)
		if r := b.poll(1); r.State != driver.Idle {
			b.Fatalf("the other pump: %+v", r)
		}
		if _, err := b.driver.Poll(b.Context(), 2); !errors.Is(err, driver.ErrNoAnswer) {
			b.Fatalf("offline pump: %v", err)
		}
	})
}

// TestDelayedAnswerIsNotLossOfStatus: totals that someone else asked for
// stand in for one status; the reading must come all the same.
func TestDelayedAnswerIsNotLossOfStatus(t *testing.T) {
	virtually(t, 2, func(b *bench) {
		b.poll(1)
		b.ask("other", `{"Id":1,"Type":"PumpGetTotals","Data":{"Pump":1,"Nozzle":1}}`)
		b.wait(time.Second)
		if r := b.poll(1); r.State != driver.Idle {
			b.Fatalf("reading %+v", r)
		}
	})
}

// TestOldTotalsAreNotTakenForNew: an answer that was given up on shows an old
// moment.
func TestOldTotalsAreNotTakenForNew(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		b.poll(1)
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Millisecond)
		defer cancel()
		if total, err := b.driver.ReadTotal(ctx, 1, 2); !errors.Is(err, driver.ErrNoAnswer) {
			b.Fatalf("given up on: %v, %v", total, err)
		}
		if total, err := b.driver.ReadTotal(b.Context(), 1, 1); err != nil || total != 1000 {
			b.Fatalf("totalizer of nozzle 1: %v, %v", total, err)
		}
		b.open()
		b.ask("pos", `{"Id":1,"Type":"PumpGetTotals","Data":{"Pump":1,"Nozzle":1}}`)
		if total, err := b.driver.ReadTotal(b.Context(), 1, 1); err != nil || total != 1000 {
			b.Fatalf("after a restart: %v, %v", total, err)
		}
	})
}

// TestC001KilledBeforeClosing: a sale that was stored but not closed when the
// process died is there again, under the same key, until it is closed.
func TestC001KilledBeforeClosing(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		sale := b.sell(1)
		b.open()
		again := b.poll(1)
		if len(again.Finished) != 1 || again.Finished[0] != sale {
			b.Fatalf("after the restart %+v, was %+v", again.Finished, sale)
		}
		b.asked()
		if err := b.driver.Release(b.Context(), 1, sale); err != nil {
			b.Fatal(err)
		}
		if asked := strings.Join(b.asked(), ""); !strings.Contains(asked, `"PumpCloseTransaction","Data":{"Pump":1,"Transaction":65533}`) {
			b.Fatalf("asked %s", asked)
		}
		b.open()
		if r := b.poll(1); len(r.Finished) != 0 || r.State != driver.Idle {
			b.Fatalf("closed, and yet %+v", r)
		}
		recalled, err := b.driver.Recall(b.Context(), 1, time.Now().Add(-time.Hour))
		if err != nil || len(recalled) != 1 || recalled[0] != sale {
			b.Fatalf("recalled %+v, %v; want %+v", recalled, err, sale)
		}
	})
}

// TestC002TransactionNumbersComeRound: 65535 is followed by 1, and a number
// that comes again names another sale.
func TestC002TransactionNumbersComeRound(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		keys := map[string]bool{}
		var last driver.Sale
		for range 4 {
			last = b.sell(1)
			keys[last.Key] = true
			if err := b.driver.Release(b.Context(), 1, last); err != nil {
				b.Fatal(err)
			}
		}
		if len(keys) != 4 || !strings.Contains(last.Key, ":1:1:") {
			b.Fatalf("keys %v, last %s", keys, last.Key)
		}
		recalled, err := b.driver.Recall(b.Context(), 1, time.Time{})
		if err != nil || len(recalled) != 4 || recalled[3] != last {
			b.Fatalf("recalled %+v, %v", recalled, err)
		}
	})
}

// TestC001SaleClosedByAnotherUser: a delivery that never showed its end here
// is fetched by its number and reported until released.
func TestC001SaleClosedByAnotherUser(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		if r := b.poll(1); len(r.Finished) != 0 {
			b.Fatalf("%+v", r)
		}
		b.ask("other", `{"Id":1,"Type":"PumpAuthorize","Data":{"Pump":1,"Nozzle":2,"Type":"Volume","Dose":5,"AutoCloseTransaction":true}}`)
		b.station.Do(1, func(m *simulator.Pump) { m.Lift(2) })
		b.wait(20 * time.Second)
		b.station.Do(1, (*simulator.Pump).Hang)
		for range 2 {
			r := b.poll(1)
			if r.State != driver.Idle || len(r.Finished) != 1 || r.Finished[0].Volume != 5000 || r.Finished[0].TotalAfter != 7000 {
				b.Fatalf("reading %+v", r)
			}
			b.wait(time.Second)
		}
		sale := b.poll(1).Finished[0]
		if err := b.driver.Release(b.Context(), 1, sale); err != nil {
			b.Fatal(err)
		}
		b.wait(time.Second)
		if r := b.poll(1); len(r.Finished) != 0 {
			b.Fatalf("released, and yet %+v", r)
		}
	})
}

func TestPumpHeldByAnotherUser(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		b.ask("other", `{"Id":1,"Type":"PumpLock","Data":{"Pump":1}}`)
		err := b.driver.Authorize(b.Context(), 1, driver.Order{Nozzle: 1})
		if !errors.Is(err, driver.ErrRefused) || !strings.Contains(err.Error(), "BUSY_OTHER_USER") || !strings.Contains(err.Error(), "other") {
			b.Fatalf("Authorize of a pump that is held: %v", err)
		}
		if err := b.driver.StopAll(b.Context()); err != nil { // overrides everything
			b.Fatal(err)
		}
		if err := b.driver.Authorize(b.Context(), 1, driver.Order{Nozzle: 1}); err != nil {
			b.Fatal(err)
		}
	})
}

// TestLapsedPermissionGivesThePumpBack: nobody lifted, so others may use it.
func TestLapsedPermissionGivesThePumpBack(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		if err := b.driver.Authorize(b.Context(), 1, driver.Order{Nozzle: 1}); err != nil {
			b.Fatal(err)
		}
		if err := b.driver.Stop(b.Context(), 1); err != nil {
			b.Fatal(err)
		}
		if r := b.poll(1); r.State != driver.Idle {
			b.Fatalf("%+v", r)
		}
		if answer := b.ask("other", `{"Id":1,"Type":"PumpLock","Data":{"Pump":1}}`); !strings.Contains(answer, `"OK"`) {
			b.Fatalf("still held: %s", answer)
		}
	})
}

func TestPresetsAndPricesAsTheControllerReadsThem(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		b.poll(1)
		b.asked()
		order := driver.Order{Nozzle: 2, Limit: driver.ByMoney, Money: 20005, Price: 798}
		if err := b.driver.Authorize(b.Context(), 1, order); err != nil {
			b.Fatal(err)
		}
		if err := b.driver.SetPrices(b.Context(), 1, []unit.FenPerLitre{751, 1005}); err != nil {
			b.Fatal(err)
		}
		asked := strings.Join(b.asked(), "")
		for _, want := range []string{
			`{"Pump":1,"Nozzle":2,"Type":"Amount","Dose":200.05,"Price":7.98}`, `{"Pump":1,"Prices":[7.51,10.05]}`,
		} {
			if !strings.Contains(asked, want) {
				b.Errorf("asked %s, want %s in it", asked, want)
			}
		}
	})
}

// answering is a controller that always answers the same.
func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// TestBadControllers: what is not a good answer is an error that says what to
// do, and never a reading.
func TestBadControllers(t *testing.T) {
	const digits = `{"Id":1,"Type":"UniqueIdentifier","Data":{"Id":"AB"}},{"Id":3,"Type":"DateTime"},`
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   error
		words  string
	}{
		{"password", 401, "", driver.ErrLine, "DIP switch"},
		{"permission", 403, "", driver.ErrLine, "permissions"},
		{"moved", 302, "", driver.ErrLine, "302"},
		{"garbage", 200, "<html>", driver.ErrGarbled, "not a jsonPTS message"},
		{"empty", 200, "", driver.ErrGarbled, "not a jsonPTS message"},
		{"oversize", 200, strings.Repeat(" ", pts.MaxMessage+1), driver.ErrGarbled, "limit"},
		{"stale", 200, `{"Protocol":"jsonPTS","Packets":[{"Id":77,"Type":"PumpIdleStatus","Data":{"Pump":3}}]}`, driver.ErrGarbled, "none of 1"},
		{"nameless", 200, `{"Protocol":"jsonPTS","Packets":[{"Id":1,"Type":"UniqueIdentifier","Data":{}}]}`, driver.ErrGarbled, "who it is"},
		{"half", 200, `{"Protocol":"jsonPTS","Packets":[` + digits + `{"Id":2,"Type":"SystemDecimalDigits"}]}`, driver.ErrGarbled, "none of 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDriver(t, serve(t, answering(c.status, c.body)), nil)
				defer func() { _ = d.Close() }()
				r, err := d.Poll(t.Context(), 3)
				if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.words) {
					t.Errorf("Poll = %+v, %v; want %v with %q", r, err, c.want, c.words)
				}
			})
		})
	}
}

// TestDigitsThatCannotBeKept: a controller set to three decimals of money is
// told so in words; nothing is rounded.
func TestDigitsThatCannotBeKept(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		b.ask(user, `{"Id":1,"Type":"SetSystemDecimalDigits","Data":{"Price":3,"Amount":2,"Volume":2}}`)
		if r := b.poll(1); r.State != driver.Inoperative || !strings.Contains(r.Fault, "3 decimals of Price") {
			b.Fatalf("%+v", r)
		}
		b.ask(user, `{"Id":1,"Type":"SetSystemDecimalDigits","Data":{"Price":2,"Amount":2,"Volume":2}}`)
		b.wait(time.Second)
		if r := b.poll(1); r.State != driver.Idle {
			b.Fatalf("set right, and yet %+v", r)
		}
	})
}

func TestOtherControllerIsRefused(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		d := newDriver(b.T, b.net, func(c *pts.Config) { c.Controller = "FFFF" })
		defer func() { _ = d.Close() }()
		if _, err := d.Poll(b.Context(), 3); !errors.Is(err, driver.ErrLine) || !strings.Contains(err.Error(), controller) {
			b.Fatalf("Poll: %v", err)
		}
	})
}

// TestCertificateIsPinned against a real TLS listener.
func TestCertificateIsPinned(t *testing.T) {
	s := station(t, 1)
	server := httptest.NewUnstartedServer(face(t, s, nil))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what is tested
	server.StartTLS()
	defer server.Close()
	sum := sha256.Sum256(server.Certificate().Raw)
	pin := hex.EncodeToString(sum[:])
	for _, c := range []struct {
		name   string
		change func(*pts.Config)
		ok     bool
		words  string
	}{
		{"pinned", func(c *pts.Config) { c.Fingerprint = strings.ToUpper(pin) }, true, ""},
		{"another", func(c *pts.Config) { c.Fingerprint = strings.Repeat("ab", 32) }, false, pin},
		{"any", func(c *pts.Config) { c.AnyCertificate = true }, true, ""},
		{"unknown", func(*pts.Config) {}, false, "certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := pts.Config{URL: server.URL, User: user, Password: password, Now: time.Now, Random: rand.Reader, Points: []pts.Point{{Pump: 3, Nozzles: 2}}}
			c.change(&config)
			d, err := pts.New(config)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			r, err := d.Poll(t.Context(), 3)
			if (err == nil) != c.ok || (!c.ok && (!errors.Is(err, driver.ErrLine) || !strings.Contains(err.Error(), c.words))) {
				t.Errorf("Poll = %+v, %v", r, err)
			}
		})
	}
}

func TestUnreachableIsLineDown(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	d, err := pts.New(pts.Config{URL: server.URL, Now: time.Now, Random: rand.Reader, Points: []pts.Point{{Pump: 1, Nozzles: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if _, err := d.Poll(t.Context(), 1); !errors.Is(err, driver.ErrLine) {
		t.Errorf("Poll: %v, want ErrLine", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := pts.Config{URL: "https://192.0.2.10", Now: time.Now, Random: rand.Reader, Points: []pts.Point{{Pump: 1, Nozzles: 2}}}
	for _, c := range []struct {
		words  string
		change func(*pts.Config)
	}{
		{"clock", func(c *pts.Config) { c.Now = nil }},
		{"no pumps", func(c *pts.Config) { c.Points = nil }},
		{"each once", func(c *pts.Config) { c.Points = []pts.Point{{1, 2}, {1, 2}} }},
		{"1..120", func(c *pts.Config) { c.Points = []pts.Point{{121, 2}} }},
		{"nozzles", func(c *pts.Config) { c.Points = []pts.Point{{1, 7}} }},
		{"authentication", func(c *pts.Config) { c.Scheme = "bearer" }},
		{"address", func(c *pts.Config) { c.URL = "192.0.2.10" }},
		{"address", func(c *pts.Config) { c.URL = "ftp://192.0.2.10" }},
		{"64 hex", func(c *pts.Config) { c.Fingerprint = "ab:cd" }},
		{"dials in", func(c *pts.Config) { c.URL = "" }},
		{"dials in", func(c *pts.Config) { c.URL, c.Controller = "", "AB" }},
	} {
		config := good
		c.change(&config)
		if _, err := pts.New(config); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("New(%s): %v, want %q", fmt.Sprintf("%+v", config.Points), err, c.words)
		}
	}
	if d, err := pts.New(good); err != nil {
		t.Error(err)
	} else {
		_ = d.Close()
	}
}
