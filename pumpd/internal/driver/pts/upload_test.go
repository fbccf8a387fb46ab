package pts_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/icholy/digest"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/drivertest"
	"forecourt/pumpd/internal/driver/pts"
	"forecourt/pumpd/internal/simulator"
)

// shelf stores uploaded sales, and fails as often as it is told to.
type shelf struct {
	mu    sync.Mutex
	fail  int
	tries int
	sales map[string]driver.Sale
	pumps []driver.Point
}

var errDisk = errors.New("disk full")

func (s *shelf) store(_ context.Context, p driver.Point, sale driver.Sale) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.fail > 0 {
		s.fail--
		return errDisk
	}
	if s.sales == nil {
		s.sales = map[string]driver.Sale{}
	}
	s.sales[sale.Key] = sale
	s.pumps = append(s.pumps, p)
	return nil
}

func (s *shelf) read(key string) (sale driver.Sale, tries, kept int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sales[key], s.tries, len(s.sales)
}

// incoming is the driver's handler on a network of its own.
func (b *bench) incoming() *memoryNet { return serve(b.T, b.driver.Handler()) }

// upload sends a body as a controller with good credentials would.
func upload(t *testing.T, n *memoryNet, body string) (int, string) {
	t.Helper()
	client := n.client()
	client.Transport = &digest.Transport{Username: "pts", Password: secret, Transport: client.Transport}
	defer client.CloseIdleConnections()
	resp, err := client.Post("http://pumpd/ptsPumpTransactions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(reply)
}

// uploaded is an upload of one sale.
func uploaded(id, pump string) string {
	return `{"Protocol":"jsonPTS","PtsId":"` + id + `","Packets":[{"Id":901,"Type":"UploadPumpTransaction","Data":{"DateTimeStart":"2026-11-03T07:14:22",` +
		`"DateTime":"2026-11-03T07:15:31","Pump":` + pump + `,"Nozzle":1,"Transaction":41007,"Volume":25.06,"Price":7.98,"Amount":200,"TotalVolume":881204.37}}]}`
}

// TestC001UploadIsAcknowledgedOnlyWhenStored: while nothing stores it there is
// no OK, so the controller keeps it; after that there is.
func TestC001UploadIsAcknowledgedOnlyWhenStored(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		b.poll(1)
		n := b.incoming()
		good := uploaded(controller, "1")
		if code, reply := upload(b.T, n, good); code != http.StatusServiceUnavailable || strings.Contains(reply, "OK") {
			b.Fatalf("nobody stores: %d %s", code, reply)
		}
		kept := &shelf{fail: 2}
		b.driver.OnUpload(kept.store)
		for range 2 {
			if code, reply := upload(b.T, n, good); code != http.StatusServiceUnavailable || strings.Contains(reply, "OK") {
				b.Fatalf("not stored: %d %s", code, reply)
			}
		}
		const want = `{"Protocol":"jsonPTS","Packets":[{"Id":901,"Type":"UploadPumpTransaction","Message":"OK"}]}`
		for range 2 { // the second is a repeat, as after a lost acknowledgement
			if code, reply := upload(b.T, n, good); code != http.StatusOK || reply != want {
				b.Fatalf("stored: %d %s", code, reply)
			}
		}
		sale, tries, sales := kept.read("pts:" + controller + ":1:41007:2026-11-03T07:14:22")
		if tries != 4 || sales != 1 || sale.Volume != 25060 || sale.Amount != 20000 || sale.TotalAfter != 881204370 {
			b.Fatalf("%d tries, %d sales, %+v", tries, sales, sale)
		}
		if c := b.driver.Counts(); c.Stored != 2 || c.Refused != 3 {
			b.Fatalf("counts %+v", c)
		}
	})
}

// The line's owner stores an uploaded sale, and registers anew each time the
// line opens. A controller that uploaded before it had dialled in stopped the
// line for ever: registering waited for a sale that waited for the owner.
func TestAnUploadUnderWayDoesNotHoldUpTheOwner(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		b.poll(1)
		n := b.incoming()
		storing, opened := make(chan struct{}), make(chan struct{})
		b.driver.OnUpload(func(context.Context, driver.Point, driver.Sale) error {
			close(storing)
			<-opened
			return nil
		})
		go func() {
			<-storing
			b.driver.OnUpload((&shelf{}).store) // waited for ever
			close(opened)
		}()
		if code, reply := upload(b.T, n, uploaded(controller, "1")); code != http.StatusOK {
			b.Errorf("%d %s", code, reply)
		}
	})
}

func TestUploadsThatAreNotTaken(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		kept := &shelf{}
		b.driver.OnUpload(kept.store)
		n := b.incoming()
		if code, _ := upload(b.T, n, uploaded(controller, "1")); code != http.StatusServiceUnavailable {
			b.Errorf("before the controller is known: %d", code)
		}
		b.poll(1)
		for _, c := range []struct {
			name, body string
			want       int
		}{
			{"another controller", uploaded("FFFF", "1"), 503},
			{"no controller", uploaded("", "1"), 503},
			{"a pump that is not configured", uploaded(controller, "2"), 503},
			{"no pump", uploaded(controller, "null"), 503},
			{"a pump that is a word", uploaded(controller, `"one"`), 503},
			{"an answer", `{"Protocol":"jsonPTS","PtsId":"` + controller + `","Packets":[{"Id":1,"Type":"PumpIdleStatus"}]}`, 503},
			{"an amount that would be rounded", strings.Replace(uploaded(controller, "1"), `"Amount":200`, `"Amount":200.005`, 1), 503},
			{"a torn body", uploaded(controller, "1")[:80], 400},
			{"garbage", "\x00\xff", 400},
			{"oversize", uploaded(controller, "1") + strings.Repeat(" ", 300<<10), 413},
		} {
			if code, reply := upload(b.T, n, c.body); code != c.want || strings.Contains(reply, `"OK"`) {
				b.Errorf("%s: %d %s, want %d", c.name, code, reply, c.want)
			}
		}
		if _, tries, _ := kept.read(""); tries != 0 {
			b.Errorf("%d of them were stored", tries)
		}
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			r, err := http.NewRequestWithContext(b.Context(), method, "http://pumpd/ptsStatus", nil)
			if err != nil {
				b.Fatal(err)
			}
			r.SetBasicAuth("pts", secret)
			client := n.client()
			resp, err := client.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			_ = resp.Body.Close()
			client.CloseIdleConnections()
			if resp.StatusCode != http.StatusMethodNotAllowed {
				b.Errorf("%s: %d", method, resp.StatusCode)
			}
		}
	})
}

// TestOtherRecordsAreAcknowledged: a message with several is judged packet by
// packet.
func TestOtherRecordsAreAcknowledged(t *testing.T) {
	virtually(t, 1, func(b *bench) {
		b.poll(1)
		body := `{"Protocol":"jsonPTS","PtsId":"` + controller + `","Packets":[{"Id":1,"Type":"UploadTankMeasurement","Data":{"Tank":1}},` +
			`{"Id":"2","Type":"UploadStatus"},{"Id":3,"Type":"UploadPumpTransaction","Data":{"Pump":1}},` +
			`{"Id":4,"Type":"RequestTagsInformation","Data":{"Tags":[{"Tag":"0A","Pump":1}]}}]}`
		const want = `{"Protocol":"jsonPTS","Packets":[{"Id":1,"Type":"UploadTankMeasurement","Message":"OK"},` +
			`{"Id":"2","Type":"UploadStatus","Message":"OK"},{"Id":4,"Type":"TagsInformation","Message":"OK","Data":{"Tags":[{"Tag":"0A","Valid":false}]}}]}`
		if code, reply := upload(b.T, b.incoming(), body); code != http.StatusOK || reply != want {
			b.Fatalf("%d %s", code, reply)
		}
		if c := b.driver.Counts(); c.Other != 2 || c.Refused != 1 || c.Stored != 0 {
			b.Fatalf("counts %+v", c)
		}
	})
}

// TestC002UploadedIsThePolledSale: the controller uploads, repeats and loses
// acknowledgements; each sale is one key, the polled one.
func TestC002I012UploadedIsThePolledSale(t *testing.T) {
	virtually(t, 2, func(b *bench) {
		kept := &shelf{fail: 3}
		b.driver.OnUpload(kept.store)
		c := face(b.T, b.station, func(c *simulator.PTSConfig) {
			c.Name, c.Pumps = "uploads", map[int]int{1: 1, 2: 2}
			c.Server = simulator.PTSServer{
				UploadURL: "http://pumpd/ptsPumpTransactions", User: "pts", Password: secret,
				Pause: 100 * time.Millisecond, Client: b.incoming().client(),
			}
		})
		if err := b.station.SetFaults("uploads", simulator.LineFaults{Lose: 100, Repeat: 100, Tear: 100, Late: 100, Noise: 100}); err != nil {
			b.Fatal(err)
		}
		b.face = c // polled and uploading: one controller
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = c.Run(ctx) }()
		defer func() { cancel(); <-done }()
		const sales = 6
		for i := range sales {
			var sale driver.Sale
			b.station.Inject("uploads", simulator.NoFault, simulator.NoFault, simulator.NoFault)
			sale = b.sellNoisy(1 + i%2)
			b.wait(30 * time.Second)
			if stored, _, n := kept.read(sale.Key); stored != sale || n != i+1 {
				b.Fatalf("sale %d: %d stored, %+v, polled %+v", i, n, stored, sale)
			}
			b.releaseNoisy(driver.Point(1+i%2), sale)
		}
	})
}

// sellNoisy sells on a line with faults.
func (b *bench) sellNoisy(p int) driver.Sale {
	b.Helper()
	b.station.Do(p, func(m *simulator.Pump) { m.Lift(1) })
	for range 40 {
		if err := b.driver.Authorize(b.Context(), driver.Point(p), driver.Order{Nozzle: 1, Price: 750}); err == nil {
			break
		}
	}
	b.wait(2 * time.Second)
	b.station.Do(p, (*simulator.Pump).Hang)
	for range 40 {
		b.wait(time.Second)
		if r, err := b.driver.Poll(b.Context(), driver.Point(p)); err == nil && len(r.Finished) == 1 {
			return r.Finished[0]
		}
	}
	b.Fatalf("no sale on pump %d", p)
	return driver.Sale{}
}

func (b *bench) releaseNoisy(p driver.Point, s driver.Sale) {
	b.Helper()
	for range 40 {
		if b.driver.Release(b.Context(), p, s) == nil {
			return
		}
	}
	b.Fatalf("pump %d could not be released", p)
}

// reverse is a driver that a simulated controller dials, with its sales sent
// up the same link.
func reverse(t *testing.T, change func(*simulator.PTSConfig), test func(t *testing.T, s *simulator.Station, d *pts.Driver, n *memoryNet)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := station(t, 1)
		offline := &memoryNet{}
		d := newDriver(t, offline, func(c *pts.Config) { c.URL, c.Controller = "", controller })
		n := serve(t, d.Handler())
		c := face(t, s, func(c *simulator.PTSConfig) {
			c.Server = simulator.PTSServer{
				LinkURL: "ws://pumpd/ptsWebSocket", LinkUser: user, UploadOnLink: true, User: controller, Password: secret,
				Pause: 50 * time.Millisecond, Client: n.client(),
			}
			if change != nil {
				change(c)
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = c.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
		t.Cleanup(func() { _ = d.Close() })
		test(t, s, d, n)
	})
}

// TestC001UploadOverTheLink: answers to polls and uploads share the link, and
// storing does not stand in the way of polling.
func TestC001UploadOverTheLink(t *testing.T) {
	reverse(t, nil, func(t *testing.T, s *simulator.Station, d *pts.Driver, _ *memoryNet) {
		kept := &shelf{fail: 2}
		d.OnUpload(kept.store)
		untilDialled(t, d)
		s.Do(1, func(m *simulator.Pump) { m.Lift(1) })
		if err := d.Authorize(t.Context(), 3, driver.Order{Nozzle: 1}); err != nil {
			t.Fatal(err)
		}
		<-time.After(3 * time.Second)
		s.Do(1, (*simulator.Pump).Hang)
		<-time.After(10 * time.Second)
		r, err := d.Poll(t.Context(), 3)
		if err != nil || len(r.Finished) != 1 {
			t.Fatalf("%+v, %v", r, err)
		}
		if sale, tries, n := kept.read(r.Finished[0].Key); sale != r.Finished[0] || tries != 3 || n != 1 {
			t.Fatalf("%d tries, %d stored, %+v", tries, n, sale)
		}
	})
}

// TestLinkIsCutWhenSilent, so that the controller dials again.
func TestLinkIsCutWhenSilent(t *testing.T) {
	reverse(t, nil, func(t *testing.T, s *simulator.Station, d *pts.Driver, _ *memoryNet) {
		untilDialled(t, d)
		<-time.After(time.Second)
		s.Inject(drivertest.Face, simulator.LoseFrame, simulator.LoseFrame, simulator.LoseFrame)
		for range 3 {
			if _, err := d.Poll(t.Context(), 3); !errors.Is(err, driver.ErrNoAnswer) {
				t.Fatalf("silent link: %v", err)
			}
			<-time.After(time.Second)
		}
		untilDialled(t, d)
		if r, err := d.Poll(t.Context(), 3); err != nil || r.State != driver.Idle {
			t.Fatalf("dialled again: %+v, %v", r, err)
		}
	})
}

// TestLinksThatAreRefused: wrong password, wrong controller.
func TestLinksThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*simulator.PTSConfig){
		"password":   func(c *simulator.PTSConfig) { c.Server.Password = "guess" },
		"controller": func(c *simulator.PTSConfig) { c.ID = "FFFF" },
	} {
		t.Run(name, func(t *testing.T) {
			reverse(t, change, func(t *testing.T, _ *simulator.Station, d *pts.Driver, _ *memoryNet) {
				<-time.After(time.Second)
				if _, err := d.Poll(t.Context(), 3); !errors.Is(err, driver.ErrLine) || !strings.Contains(err.Error(), "not dialled in") {
					t.Fatalf("Poll: %v", err)
				}
			})
		})
	}
}

// TestLinkRubbish: garbage, stale answers and floods do no harm, and a new
// link replaces the old one.
func TestLinkRubbish(t *testing.T) {
	reverse(t, func(c *simulator.PTSConfig) { c.Server.LinkURL = "" }, func(t *testing.T, _ *simulator.Station, d *pts.Driver, n *memoryNet) {
		dial := func() *websocket.Conn {
			client := n.client()
			client.Transport = &digest.Transport{Username: "pts", Password: secret, Transport: client.Transport}
			conn, _, err := websocket.Dial(t.Context(), "ws://pumpd/x", &websocket.DialOptions{
				HTTPClient: client, HTTPHeader: http.Header{pts.HeaderPtsID: {strings.ToLower(controller)}},
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.CloseNow() })
			return conn
		}
		old := dial()
		// Dialling ends with the hub's answer, before the driver has noted the
		// link: without this the second could be noted first, and the first
		// would stay for ever.
		synctest.Wait()
		now := dial()
		if _, _, err := old.Read(t.Context()); err == nil {
			t.Error("the old link still lives")
		}
		const upload = `{"Protocol":"jsonPTS","Packets":[{"Id":5,"Type":"UploadStatus"}]}`
		for _, m := range []string{"rubbish", `{"Protocol":"jsonPTS","Packets":[{"Id":4242,"Type":"PumpIdleStatus"}]}`, upload} {
			if err := now.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
				t.Fatal(err)
			}
		}
		_, reply, err := now.Read(t.Context())
		if err != nil || !strings.Contains(string(reply), `{"Id":5,"Type":"UploadStatus","Message":"OK"}`) {
			t.Fatalf("%s, %v", reply, err)
		}
		if c := d.Counts(); c.Garbled != 1 || c.Stale != 1 || c.Other != 1 {
			t.Errorf("counts %+v", c)
		}
	})
}
