package realtime

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/shared/id"
)

const (
	// goingGrace is how long somebody without a connection still counts as
	// there: a phone that changes cells has not gone.
	goingGrace = 5 * time.Second
	// changesApart is the least time between two reports.
	changesApart = time.Second
)

// User is a person as presence knows them, however many connections they have.
type User struct {
	// Staff is an employee at Station.
	Staff   id.Staff
	Station id.Station
	// Member is a driver; then the others are zero.
	Member id.Member
}

// Change says that somebody came or went.
type Change struct {
	// User is who.
	User User
	// Online is whether they are there now.
	Online bool
}

// presence counts the connections of each person. Somebody is there from the
// first of them until goingGrace after the last; changes are reported in
// batches. What has changed back before it was told is not told.
type presence struct {
	now     func() time.Time
	report  func([]Change) // may be nil
	gauge   *prometheus.GaugeVec
	counted prometheus.Counter
	wake    chan struct{} // holds one: something has changed

	mu      sync.Mutex
	people  map[User]*person
	drivers int
	changed []User   // what was told of them may be wrong
	leaving []leaver // in the order of leaving
}

// person is somebody who is there, or whose going is not told yet.
type person struct {
	connections int
	online      bool
	told        bool      // as online
	changed     bool      // on the list
	left        time.Time // when the last connection ended
}

// leaver is somebody who had no connection from an instant on.
type leaver struct {
	user User
	left time.Time
}

func newPresence(now func() time.Time, report func([]Change), m *Metrics) *presence {
	return &presence{
		now: now, report: report, gauge: m.online, counted: m.changes, wake: make(chan struct{}, 1),
		people: map[User]*person{},
	}
}

// come counts one more connection of somebody; of a device by itself, none.
func (p *presence) come(u User) {
	if u == (User{}) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[u]
	if who == nil {
		who = &person{}
		p.people[u] = who
	}
	who.connections++
	p.set(u, who, true)
}

// gone counts one connection less.
func (p *presence) gone(u User) {
	if u == (User{}) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[u]
	if who.connections--; who.connections > 0 {
		return
	}
	who.left = p.now()
	p.leaving = append(p.leaving, leaver{u, who.left})
	p.nudge()
}

// set notes whether somebody is there; p is locked.
func (p *presence) set(u User, who *person, online bool) {
	if who.online == online {
		return
	}
	who.online = online
	by := 1
	if !online {
		by = -1
	}
	kind := "staff"
	if !u.Member.IsZero() {
		kind = "driver"
		p.drivers += by
	}
	p.gauge.WithLabelValues(kind).Add(float64(by))
	if !who.changed {
		who.changed = true
		p.changed = append(p.changed, u)
	}
	p.nudge()
}

func (p *presence) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// online reports whether somebody is there.
func (p *presence) online(u User) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.people[u]
	return who != nil && who.online
}

// driversOnline counts the members who are there.
func (p *presence) driversOnline() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drivers
}

// run reports the changes until ctx ends.
func (p *presence) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var last time.Time // of the last report
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-timer.C:
		}
		now := p.now()
		p.expire(now)
		if now.Sub(last) >= changesApart {
			if changes := p.take(); len(changes) > 0 {
				last = now
				p.tell(changes)
			}
		}
		if wait, due := p.wait(p.now(), last); due {
			timer.Reset(wait)
		}
	}
}

func (p *presence) tell(changes []Change) {
	p.counted.Add(float64(len(changes)))
	if p.report != nil {
		p.report(changes)
	}
}

// expire lets those go whose grace is over.
func (p *presence) expire(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.leaving) > 0 && now.Sub(p.leaving[0].left) >= goingGrace {
		l := p.leaving[0]
		p.leaving[0] = leaver{}
		p.leaving = p.leaving[1:]
		who := p.people[l.user]
		if who != nil && who.connections == 0 && who.left.Equal(l.left) {
			p.set(l.user, who, false)
		}
	}
}

// take lists what is not as it was told.
func (p *presence) take() []Change {
	p.mu.Lock()
	defer p.mu.Unlock()
	var changes []Change
	for _, u := range p.changed {
		who := p.people[u]
		who.changed = false
		if who.online != who.told {
			who.told = who.online
			changes = append(changes, Change{u, who.online})
		}
		if !who.online {
			delete(p.people, u)
		}
	}
	p.changed = nil
	return changes
}

// wait is how long nothing is to be done, if anything is to be done at all.
func (p *presence) wait(now, last time.Time) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case len(p.changed) > 0:
		return max(0, last.Add(changesApart).Sub(now)), true
	case len(p.leaving) > 0:
		return max(0, p.leaving[0].left.Add(goingGrace).Sub(now)), true
	}
	return 0, false
}
