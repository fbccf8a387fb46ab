package chat

import (
	"bytes"
	"context"
	"slices"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// desks is what the audiences of the stations are made of. It is the owner's.
type desks struct {
	started bool // what was there at the start is known
	reading bool
	byID    map[id.Station]*desk
	// touched are the conversations whose news came while reading.
	touched map[id.Thread]bool
	open    int
}

// desk is one station's.
type desk struct {
	seq    uint64
	agents []id.Staff
	open   map[id.Thread]id.Member
	shown  []byte // the audience told last, encoded
}

func newDesks() *desks {
	return &desks{byID: map[id.Station]*desk{}, touched: map[id.Thread]bool{}}
}

func (d *desks) of(s id.Station) *desk {
	if d.byID[s] == nil {
		d.byID[s] = &desk{open: map[id.Thread]id.Member{}}
	}
	return d.byID[s]
}

// loadDesks reads what is there, beside the owner.
func (r *Rooms) loadDesks() {
	if r.desks.reading || r.source == nil {
		return
	}
	r.desks.reading = true
	clear(r.desks.touched)
	r.read(func(ctx context.Context) load {
		found, err := r.source.Desks(ctx)
		return load{desks: found, err: err}
	})
}

// loaded takes what was there; news that came meanwhile counts more.
func (d *desks) loaded(l load) {
	d.reading = false
	if l.err != nil {
		return
	}
	d.started = true
	for _, at := range d.byID {
		for t := range at.open {
			if !d.touched[t] {
				d.drop(at, t)
			}
		}
	}
	for _, found := range l.desks {
		at := d.of(found.Station)
		if at.seq <= found.At.Seq {
			at.seq, at.agents = found.At.Seq, found.Agents
		}
		for _, t := range found.Open {
			if !d.touched[t.ID] {
				d.put(at, t.ID, t.Member)
			}
		}
	}
	clear(d.touched)
}

func (d *desks) put(at *desk, t id.Thread, m id.Member) {
	if _, known := at.open[t]; !known {
		if d.open >= maxOpen {
			return
		}
		d.open++
	}
	at.open[t] = m
}

func (d *desks) drop(at *desk, t id.Thread) {
	if _, known := at.open[t]; known {
		d.open--
		delete(at.open, t)
	}
}

// fold takes an event of a station's support.
func (d *desks) fold(f wire.Frame) {
	_, name := f.Ch.Split()
	station, err := id.Parse[id.Station](name)
	if err != nil {
		return
	}
	at := d.of(station)
	at.seq = max(at.seq, f.Seq)
	switch f.K {
	case wire.KindCase:
		c, err := wire.Read[wire.Case](f.D)
		if err != nil {
			return
		}
		if d.reading {
			d.touched[c.Thread.ID] = true
		}
		if c.Thread.State == wire.ThreadClosed {
			d.drop(at, c.Thread.ID)
		} else {
			d.put(at, c.Thread.ID, c.Member.ID)
		}
	case wire.KindAgents:
		list, err := wire.Read[wire.AgentList](f.D)
		if err != nil {
			return
		}
		at.agents = at.agents[:0:0]
		for _, a := range list.Agents {
			at.agents = append(at.agents, a.Staff)
		}
	}
}

// showAudience tells every station whose audience has changed who is there.
func (r *Rooms) showAudience() {
	drivers := r.Drivers()
	for station, at := range r.desks.byID {
		body := wire.Body(r.audience(at, drivers))
		if bytes.Equal(body, at.shown) {
			continue
		}
		at.shown = body
		r.sink.Tick(TickAudience, wire.Frame{
			K: wire.KindAudience, Ch: wire.Support(station), Seq: at.seq, At: r.now(), D: body,
		})
	}
}

func (r *Rooms) audience(at *desk, drivers int) wire.Audience {
	a := wire.Audience{Agents: r.OnlineOf(at.agents), Threads: []id.Thread{}, Drivers: drivers}
	for t, m := range at.open {
		if r.MemberOnline(m) {
			a.Threads = append(a.Threads, t)
		}
	}
	slices.SortFunc(a.Threads, func(x, y id.Thread) int { return bytes.Compare(x[:], y[:]) })
	return a
}
