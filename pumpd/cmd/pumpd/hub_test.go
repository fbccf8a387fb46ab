package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// fakeHub takes facts in order and acknowledges them, as ingest does, and
// wants what it is told to want.
type fakeHub struct {
	t     *testing.T
	token string

	mu       sync.Mutex
	journal  id.Journal
	facts    []wire.Frame
	statuses map[int]wire.NozzleStatus
	want     wire.Want
	wants    chan struct{} // the wish changed
	welcomes int
}

func newFakeHub(t *testing.T) *fakeHub {
	h := &fakeHub{t: t, token: "device-token", statuses: map[int]wire.NozzleStatus{}, wants: make(chan struct{}, 1)}
	h.wish(map[int]unit.FenPerLitre{})
	return h
}

// wish wants every nozzle of the demonstration station attended, at its price.
func (h *fakeHub) wish(prices map[int]unit.FenPerLitre) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.want = wire.Want{Rev: h.want.Rev + 1}
	for n := 1; n <= 16; n++ {
		price := prices[n]
		if price == 0 {
			price = 750
		}
		h.want.Nozzles = append(h.want.Nozzles, wire.WantNozzle{
			Nozzle: n, Mode: wire.ModeAttended, Hold: wire.HoldNone, Price: price, PriceSet: id.PriceSet{1, byte(h.want.Rev)},
		})
	}
	select {
	case h.wants <- struct{}{}:
	default:
	}
}

func (h *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/v1/enrol":
		_ = json.NewEncoder(w).Encode(wire.EnrolReply{Device: id.Device{3}, Kind: wire.DevicePumpd, StationName: "test", Token: h.token})
	case r.Header.Get("Authorization") != "Bearer "+h.token && r.URL.Path == "/v1/tickets":
		http.Error(w, "who are you", http.StatusUnauthorized)
	case r.URL.Path == "/v1/tickets":
		_ = json.NewEncoder(w).Encode(wire.Ticket{Ticket: "once", ExpiresAt: time.Now().Add(time.Minute)})
	case r.URL.Path == "/v1/live":
		if err := h.live(w, r); err != nil && r.Context().Err() == nil && websocket.CloseStatus(err) < 0 {
			h.t.Log("socket:", err)
		}
	default:
		http.NotFound(w, r)
	}
}

func (h *fakeHub) live(w http.ResponseWriter, r *http.Request) error {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(wire.MaxFrameInBytes)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	var writing sync.Mutex
	send := func(f wire.Frame) error {
		message, err := wire.Encode(f)
		if err != nil {
			return err
		}
		writing.Lock()
		defer writing.Unlock()
		return conn.Write(ctx, websocket.MessageText, message)
	}
	acked, err := h.greet(ctx, conn)
	if err != nil {
		return err
	}
	if err := send(wire.Frame{K: wire.KindWelcome, D: wire.Body(wire.Welcome{V: wire.Version, Now: time.Now(), Acked: acked})}); err != nil {
		return err
	}
	go h.wish2device(ctx, send)
	for {
		_, message, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		frames, err := wire.Decode(message)
		if err != nil {
			return err
		}
		for _, f := range frames {
			if err := h.take(f, send); err != nil {
				return err
			}
		}
	}
}

// greet reads the hello and looks up where the journal stands.
func (h *fakeHub) greet(ctx context.Context, conn *websocket.Conn) (acked uint64, err error) {
	_, message, err := conn.Read(ctx)
	if err != nil {
		return 0, err
	}
	frames, err := wire.Decode(message)
	if err != nil || len(frames) != 1 || frames[0].K != wire.KindHello {
		return 0, fmt.Errorf("no hello: %s %w", message, err)
	}
	hello, err := wire.Read[wire.Hello](frames[0].D)
	if err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.journal.IsZero() && h.journal != hello.Journal {
		h.t.Errorf("another journal: %v after %v", hello.Journal, h.journal)
	}
	h.journal = hello.Journal
	h.welcomes++
	return uint64(len(h.facts)), nil
}

// wish2device sends the wish at once, on every change and once a second, which
// also keeps the connection from falling silent.
func (h *fakeHub) wish2device(ctx context.Context, send func(wire.Frame) error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		h.mu.Lock()
		body := wire.Body(h.want)
		h.mu.Unlock()
		if send(wire.Frame{K: wire.KindWant, D: body}) != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-h.wants:
		}
	}
}

var errFactOrder = errors.New("a fact came out of order")

func (h *fakeHub) take(f wire.Frame, send func(wire.Frame) error) error {
	h.mu.Lock()
	if f.K == wire.KindStatus {
		status, err := wire.ReadStrict[wire.Status](f.D)
		for _, v := range status.Nozzles {
			h.statuses[v.Nozzle] = v
		}
		h.mu.Unlock()
		return err
	}
	last := uint64(len(h.facts))
	if f.Seq == last+1 {
		h.facts = append(h.facts, f)
		last++
	}
	h.mu.Unlock()
	if f.Seq > last {
		h.t.Errorf("fact %d after %d", f.Seq, last)
		return errFactOrder
	}
	return send(wire.Frame{K: wire.KindAck, Seq: last})
}

// moved is what the facts say of each nozzle: where they begin and end.
type moved struct {
	first, last unit.Millilitre
	sales       int
}

// fold reads the facts as the proof does, and checks that they are a chain.
func (h *fakeHub) fold() map[int]moved {
	h.mu.Lock()
	defer h.mu.Unlock()
	nozzles := map[int]moved{}
	ids, keys := map[id.Sale]bool{}, map[string]bool{}
	for _, f := range h.facts {
		var n int
		var sale id.Sale
		var before, after unit.Millilitre
		isSale := false
		switch f.K {
		case wire.KindSaleEnded:
			s, err := wire.ReadStrict[wire.SaleEnded](f.D)
			if err != nil || keys[s.DeviceKey] {
				h.t.Errorf("sale %s: %v", f.D, err)
			}
			keys[s.DeviceKey] = true
			if off := s.After - s.Before - s.Volume; off > 10 || off < -10 {
				h.t.Errorf("sale is off by %v: %+v", off, s)
			}
			n, sale, before, after, isSale = s.Nozzle, s.Sale, s.Before, s.After, s.Volume > 0 // a nozzle hung up at once is an empty sale to us, and none to the dispenser
		case wire.KindGap:
			g, err := wire.ReadStrict[wire.Gap](f.D)
			if err != nil {
				h.t.Errorf("gap %s: %v", f.D, err)
			}
			h.t.Errorf("a gap without a cause: %+v", g)
			n, sale, before, after = g.Nozzle, g.Sale, g.Before, g.After
		default:
			continue
		}
		m, known := nozzles[n]
		if ids[sale] || (known && m.last != before) {
			h.t.Errorf("nozzle %d: %s after %v", n, f.D, m.last)
		}
		if !known {
			m.first = before
		}
		if isSale {
			m.sales++
		}
		ids[sale], m.last = true, after
		nozzles[n] = m
	}
	return nozzles
}

// traced counts the sales that carry how they ran, by protocol, and checks that
// each ends with the figure of its sale.
func (h *fakeHub) traced() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	by := map[string]int{}
	for _, f := range h.facts {
		if f.K != wire.KindSaleEnded {
			continue
		}
		s, err := wire.ReadStrict[wire.SaleEnded](f.D)
		if err != nil || len(s.Trace) > wire.MaxTrace || len(s.Trace) > 0 && s.Trace[len(s.Trace)-1].Volume != s.Volume {
			h.t.Errorf("the trace of %s: %v", f.D, err)
		}
		if protocol, _, _ := strings.Cut(s.DeviceKey, ":"); len(s.Trace) > 1 {
			by[protocol]++
		}
	}
	return by
}

// count counts facts of a kind.
func (h *fakeHub) count(kind wire.Kind) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, f := range h.facts {
		if f.K == kind {
			n++
		}
	}
	return n
}

// history is every fact of a nozzle, for a failure to be understood.
func (h *fakeHub) history(nozzle int) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := ""
	for _, f := range h.facts {
		if strings.Contains(string(f.D), fmt.Sprintf(`"nozzle":%d,`, nozzle)) {
			out += fmt.Sprintf("%d %s %s\n", f.Seq, f.K, f.D)
		}
	}
	return out
}
