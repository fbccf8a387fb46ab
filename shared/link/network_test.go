package link

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"forecourt/shared/wire"
)

// behindProxy serves a hub over TLS behind a proxy that can spoil the
// network, and follows it through that.
func behindProxy(t *testing.T, h *fakeHub) (*toxiproxy.Proxy, *tape) {
	t.Helper()
	ca := newAuthority(t)
	server := startTLS(t, h.mux, ca)
	proxies := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(proxies, t.Name(), "127.0.0.1:0", server.Listener.Addr().String())
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	told := newTape()
	run(t, newTestClient(t, Options{BaseURL: "https://" + proxy.Listen, CA: ca.pem}), LiveOptions{
		Handler: told, Silence: 400 * time.Millisecond,
	})
	return proxy, told
}

// toxin spoils both directions until the returned function is called.
func toxin(t *testing.T, proxy *toxiproxy.Proxy, kind, attributes string) (heal func()) {
	t.Helper()
	for _, way := range []string{"upstream", "downstream"} {
		text := fmt.Sprintf(`{"name":%q,"type":%q,"stream":%q,"attributes":%s}`, way, kind, way, attributes)
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		for _, way := range []string{"upstream", "downstream"} {
			if err := proxy.Toxics.RemoveToxic(context.Background(), way); err != nil {
				t.Error(err)
			}
		}
	}
}

// cuts are the ways a network goes away. Each returns what brings it back. A
// try into a network that swallows fails only when that ends.
var cuts = []struct {
	name      string
	triesFail bool
	make      func(*testing.T, *toxiproxy.Proxy) func()
}{
	{"refused", true, func(t *testing.T, p *toxiproxy.Proxy) func() {
		p.Stop()
		return func() {
			if err := p.Start(); err != nil {
				t.Error(err)
			}
		}
	}},
	{"reset", true, func(t *testing.T, p *toxiproxy.Proxy) func() { return toxin(t, p, "reset_peer", `{"timeout":0}`) }},
	{"swallowed", false, func(t *testing.T, p *toxiproxy.Proxy) func() { return toxin(t, p, "timeout", `{"timeout":0}`) }},
}

// follower checks that events are dense and remembers the last.
type follower struct {
	t    *testing.T
	told *tape
	last uint64
}

// until reads news until the event numbered seq is there.
func (f *follower) until(seq uint64) {
	f.t.Helper()
	for f.last < seq {
		frame := f.told.next(f.t)
		if frame.K != wire.KindSnap && frame.Seq != f.last+1 {
			f.t.Fatalf("a hole: %d follows %d", frame.Seq, f.last)
		}
		f.last = frame.Seq
	}
}

func TestC016BackAndCompleteWithinASecondOfTheNetworksReturn(t *testing.T) {
	const cutsMade = 21
	h := newFakeHub()
	proxy, told := behindProxy(t, h)
	take(t, told.connected)
	f := follower{t: t, told: told}
	var back []time.Duration
	for i := range cutsMade {
		f.until(h.publish())
		cut := cuts[i%len(cuts)]
		returns := cut.make(t, proxy)
		take(t, told.lost)
		for range i / len(cuts) % 3 {
			if cut.triesFail {
				take(t, told.lost)
			}
		}
		for range 50 {
			h.publish() // what happens meanwhile
		}
		returns()
		began := time.Now()
		f.until(h.publish())
		back = append(back, time.Since(began))
	}
	slices.Sort(back)
	p50, p95 := back[len(back)/2], back[len(back)*95/100]
	t.Logf("back after %d cuts: p50 %v, p95 %v, worst %v", cutsMade, p50, p95, back[len(back)-1])
	if p95 > time.Second {
		t.Errorf("p95 is %v", p95)
	}
}

func TestABadLineSlowsTheStreamButLosesNothing(t *testing.T) {
	for name, attributes := range map[string]string{
		"latency": `{"latency":30,"jitter":20}`,
		"slicer":  `{"average_size":40,"size_variation":20,"delay":100}`,
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeHub()
			proxy, told := behindProxy(t, h)
			take(t, told.connected)
			heal := toxin(t, proxy, name, attributes)
			f := follower{t: t, told: told}
			for range 20 {
				for range 10 {
					h.publish()
				}
				f.until(h.publish())
			}
			heal()
			f.until(h.publish())
			if len(told.lost) != 0 {
				t.Errorf("a slow line was taken for a dead one: %v", <-told.lost)
			}
		})
	}
}
