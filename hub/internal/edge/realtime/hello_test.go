package realtime

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestHelloIsRefused(t *testing.T) {
	h := newHub(t, Limits{})
	hello := func(change func(*wire.Hello)) string {
		v := wire.Hello{V: wire.Version, Min: wire.MinVersion, Ticket: h.ticket(h.cashier())}
		change(&v)
		line, err := wire.Encode(wire.Frame{K: wire.KindHello, D: wire.Body(v)})
		if err != nil {
			t.Fatal(err)
		}
		return string(line)
	}
	good := hello(func(*wire.Hello) {})
	many := make([]wire.Position, wire.MaxResume+1)
	for i := range many {
		many[i].Ch = wire.Forecourt(id.New[id.Station](h.ids))
	}
	for name, test := range map[string]struct {
		message string
		code    int
	}{
		"garbage":             {"not json", wire.CloseBadFrame},
		"empty":               {"", wire.CloseBadFrame},
		"truncated":           {good[:len(good)-3], wire.CloseBadFrame},
		"an array":            {"[" + good + "]", wire.CloseBadFrame},
		"two hellos":          {good + "\n" + good, wire.CloseBadFrame},
		"another kind":        {`{"k":"fact.sale","seq":1,"d":{}}`, wire.CloseBadFrame},
		"no body":             {`{"k":"hello"}`, wire.CloseBadFrame},
		"wrong body":          {`{"k":"hello","d":{"v":"one"}}`, wire.CloseBadFrame},
		"too old":             {hello(func(v *wire.Hello) { v.V = wire.MinVersion - 1 }), wire.CloseTooOld},
		"too new":             {hello(func(v *wire.Hello) { v.V, v.Min = wire.Version+2, wire.Version+1 }), wire.CloseTooOld},
		"bad ticket":          {hello(func(v *wire.Hello) { v.Ticket = "stolen" }), wire.CloseBadTicket},
		"no ticket":           {hello(func(v *wire.Hello) { v.Ticket = "" }), wire.CloseBadTicket},
		"too many channels":   {hello(func(v *wire.Hello) { v.Resume = many }), wire.CloseBadFrame},
		"one channel twice":   {hello(func(v *wire.Hello) { v.Resume = []wire.Position{{Ch: h.desk.ch}, {Ch: h.desk.ch}} }), wire.CloseBadFrame},
		"another station":     {hello(func(v *wire.Hello) { v.Resume = many[:1] }), wire.CloseForbidden},
		"no such family":      {hello(func(v *wire.Hello) { v.Resume = []wire.Position{{Ch: wire.Channel("ledger/" + h.station.String())}} }), wire.CloseForbidden},
		"pumpd, no journal":   {hello(func(v *wire.Hello) { v.Ticket = h.ticket(h.pumpd()) }), wire.CloseBadFrame},
		"pumpd, with channel": {hello(func(v *wire.Hello) { v.Ticket = h.ticket(h.pumpd()); v.Resume = []wire.Position{{Ch: h.forecourt.ch}} }), wire.CloseForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, h.url, nil)
			c.raw(websocket.MessageText, test.message)
			told := false
			for {
				f, err := c.try()
				if err != nil {
					if got := int(websocket.CloseStatus(err)); got != test.code {
						t.Errorf("closed with %d (%v), want %d", got, err, test.code)
					}
					break
				}
				told = told || f.K == wire.KindProblem
			}
			if !told {
				t.Error("it was not told why")
			}
		})
	}
}

func TestATicketIsSpentByItsHello(t *testing.T) {
	h := newHub(t, Limits{})
	hello := h.hello(h.cashier())
	c := dial(t, h.url, nil)
	c.say(hello)
	if f := c.frame(); f.K != wire.KindWelcome {
		t.Fatalf("got %s", f.K)
	}
	again := dial(t, h.url, nil)
	again.say(hello)
	if code := again.code(); code != wire.CloseBadTicket {
		t.Errorf("the second hello was closed with %d", code)
	}
}

func TestANewerPeerMaySayMoreInItsHello(t *testing.T) {
	h := newHub(t, Limits{})
	c := dial(t, h.url, nil)
	c.raw(websocket.MessageText, fmt.Sprintf(`{"k":"hello","x":1,"d":{"v":%d,"min":1,"ticket":%q,"colour":"red"}}`, wire.Version+1, h.ticket(h.cashier())))
	f := c.frame()
	if w, err := wire.Read[wire.Welcome](f.D); f.K != wire.KindWelcome || err != nil || w.V != wire.Version {
		t.Errorf("got %s %s", f.K, f.D)
	}
}

func TestAScreenSaysNoFacts(t *testing.T) {
	h := newHub(t, Limits{})
	c := h.enter(h.cashier(), h.ask(h.forecourt.ch))
	c.say(wire.Frame{K: wire.KindSaleEnded, Seq: 1, D: wire.Body(wire.SaleEnded{})})
	if code := c.code(); code != wire.CloseBadFrame {
		t.Errorf("closed with %d", code)
	}
}

func TestBinaryAndOversizedMessagesCloseTheSocket(t *testing.T) {
	h := newHub(t, Limits{})
	c := h.enter(h.cashier())
	c.raw(websocket.MessageBinary, "{}")
	if code := c.code(); code != wire.CloseBadFrame {
		t.Errorf("a binary message was closed with %d", code)
	}
	c = h.enter(h.cashier())
	big := make([]byte, wire.MaxFrameInBytes+10)
	for i := range big {
		big[i] = ' '
	}
	c.raw(websocket.MessageText, string(big))
	if code := c.code(); code != int(websocket.StatusMessageTooBig) {
		t.Errorf("an oversized message was closed with %d", code)
	}
}

func TestOrigins(t *testing.T) {
	h := newHub(t, Limits{})
	h.server.deps.Origins = []string{"pages.example.cn"}
	for origin, want := range map[string]int{
		"":                         0,
		"https://pages.example.cn": 0,
		"https://evil.example.com": http.StatusForbidden,
		"null":                     http.StatusForbidden,
	} {
		opts := &websocket.DialOptions{HTTPHeader: http.Header{}}
		if origin != "" {
			opts.HTTPHeader.Set("Origin", origin)
		}
		ws, resp, err := websocket.Dial(context.Background(), h.url, opts)
		if err == nil {
			_ = ws.CloseNow()
		}
		if (err == nil) != (want == 0) || (want != 0 && resp.StatusCode != want) {
			t.Errorf("origin %q: %v", origin, err)
		}
	}
}
