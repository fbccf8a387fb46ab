package realtime

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// watched is a presence in virtual time, and what it told when.
type watched struct {
	*presence
	began time.Time
	told  []told
}

type told struct {
	after   time.Duration
	changes []Change
}

func watch(t *testing.T) *watched {
	w := &watched{began: time.Now()}
	w.presence = newPresence(time.Now, func(c []Change) {
		w.told = append(w.told, told{time.Since(w.began), c})
	}, NewMetrics(prometheus.NewRegistry()))
	done := make(chan struct{})
	go func() { w.run(t.Context()); close(done) }()
	return w
}

// after lets time pass and lists what was told meanwhile.
func (w *watched) after(d time.Duration) []told {
	time.Sleep(d)
	synctest.Wait()
	got := w.told
	w.told = nil
	return got
}

func (w *watched) wants(t *testing.T, got []told, want ...told) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("told %v, want %v", got, want)
	}
	for i := range want {
		same := got[i].after == want[i].after && len(got[i].changes) == len(want[i].changes)
		for j := 0; same && j < len(want[i].changes); j++ {
			same = got[i].changes[j] == want[i].changes[j]
		}
		if !same {
			t.Fatalf("told %v, want %v", got, want)
		}
	}
}

func TestPresenceByUserWithAGracePeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		ids := newIDs()
		driver := User{Member: id.New[id.Member](ids)}
		agent := User{Staff: id.New[id.Staff](ids), Station: id.New[id.Station](ids)}
		w.come(driver)
		w.wants(t, w.after(0), told{0, []Change{{driver, true}}})
		w.come(driver) // a second phone
		w.come(agent)
		w.come(User{}) // a device is nobody
		w.wants(t, w.after(3*time.Second), told{time.Second, []Change{{agent, true}}})
		if !w.online(driver) || !w.online(agent) || w.online(User{}) || w.driversOnline() != 1 {
			t.Error("not everybody is there")
		}
		w.gone(driver)
		w.wants(t, w.after(10*time.Second))
		w.gone(driver)
		w.wants(t, w.after(goingGrace-time.Millisecond))
		if !w.online(driver) {
			t.Error("gone before the grace is over")
		}
		w.come(driver) // changed cells
		w.wants(t, w.after(time.Minute))
		w.gone(driver)
		left := time.Since(w.began)
		w.wants(t, w.after(time.Minute), told{left + goingGrace, []Change{{driver, false}}})
		if w.online(driver) || w.driversOnline() != 0 || !w.online(agent) {
			t.Error("the wrong people are there")
		}
		if len(w.people) != 1 || len(w.leaving) != 0 || len(w.changed) != 0 {
			t.Errorf("%d people, %d leaving, %d changed are held", len(w.people), len(w.leaving), len(w.changed))
		}
	})
}

// TestPresenceIsToldInBatches has a hundred people come and go at random for a
// minute: reports come at most once a second, never contradict themselves and
// are right in the end.
func TestPresenceIsToldInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		ids, chance := newIDs(), rand.New(rand.NewPCG(1, 2))
		people := make([]User, 100)
		here := map[User]int{}
		for i := range people {
			people[i].Member = id.New[id.Member](ids)
		}
		for range 6000 {
			u := people[chance.IntN(len(people))]
			if here[u] > 0 && chance.IntN(2) == 0 {
				here[u]--
				w.gone(u)
			} else {
				here[u]++
				w.come(u)
			}
			time.Sleep(time.Duration(chance.IntN(20)) * time.Millisecond)
		}
		for u, n := range here { // some leave for good
			for ; n > 0 && chance.IntN(3) == 0; n-- {
				w.gone(u)
				here[u]--
			}
		}
		online, last := map[User]bool{}, -changesApart
		for _, report := range w.after(time.Minute) {
			if report.after-last < changesApart {
				t.Errorf("reports after %v and %v", last, report.after)
			}
			last = report.after
			for _, c := range report.changes {
				if online[c.User] == c.Online {
					t.Errorf("told twice: %v", c)
				}
				online[c.User] = c.Online
			}
		}
		count := 0
		for _, u := range people {
			if online[u] != (here[u] > 0) || w.online(u) != online[u] {
				t.Errorf("%v: told %v, is %v, has %d", u, online[u], w.online(u), here[u])
			}
			if here[u] > 0 {
				count++
			}
		}
		if w.driversOnline() != count {
			t.Errorf("%d drivers, want %d", w.driversOnline(), count)
		}
	})
}

func TestPresenceFollowsTheConnections(t *testing.T) {
	bubble(t, Limits{}, func(t *testing.T, h *hub, p *pipes) {
		driver, agent := h.driver(), h.agent()
		c := p.dial(t)
		c.say(h.hello(driver))
		if f := c.frame(); f.K != wire.KindWelcome {
			t.Fatal(f.K)
		}
		if got := <-h.changes; len(got) != 1 || got[0] != (Change{User{Member: driver.Member}, true}) {
			t.Errorf("told %v", got)
		}
		a := p.dial(t)
		a.say(h.hello(agent))
		a.frame()
		if got := <-h.changes; len(got) != 1 || got[0] != (Change{User{Staff: agent.Staff, Station: agent.Station}, true}) {
			t.Errorf("told %v", got)
		}
		if !h.server.Online(User{Member: driver.Member}) || h.server.Drivers() != 1 {
			t.Error("the driver is not there")
		}
		_ = c.ws.CloseNow()
		_ = a.ws.CloseNow()
		if got := <-h.changes; len(got) != 2 || got[0].Online || got[1].Online {
			t.Errorf("told %v", got)
		}
		if h.server.Online(User{Member: driver.Member}) || h.server.Drivers() != 0 {
			t.Error("the driver is still there")
		}
	})
}

func TestAMembersPhonesAreBounded(t *testing.T) {
	h := newHub(t, Limits{PerPeer: 2})
	driver := h.driver()
	first := h.enter(driver)
	h.enter(driver)
	h.enter(driver)
	other := h.enter(h.driver())
	if code := first.code(); code != wire.CloseGoingAway {
		t.Errorf("the oldest was closed with %d", code)
	}
	if err := pinged(other); err != nil {
		t.Error(err)
	}
}
