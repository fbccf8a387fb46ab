package chat

import (
	"slices"
	"sync"
	"time"

	"forecourt/shared/id"
)

// Presence says that somebody came or went: a person of the staff, with their
// station, or a member.
type Presence struct {
	Staff   id.Staff
	Station id.Station
	Member  id.Member
	Online  bool
}

// people is who is connected now. It is safe for concurrent use.
type people struct {
	now func() time.Time

	mu      sync.RWMutex
	since   time.Time // from when on it is known who is gone
	members map[id.Member]bool
	staff   map[id.Staff]id.Station
	gone    map[id.Staff]time.Time
}

func newPeople(now func() time.Time) *people {
	return &people{
		now: now, since: now(), members: map[id.Member]bool{},
		staff: map[id.Staff]id.Station{}, gone: map[id.Staff]time.Time{},
	}
}

func (p *people) change(changes []Presence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	for _, c := range changes {
		switch {
		case !c.Member.IsZero() && c.Online:
			p.members[c.Member] = true
		case !c.Member.IsZero():
			delete(p.members, c.Member)
		case c.Online:
			p.staff[c.Staff] = c.Station
			delete(p.gone, c.Staff)
		default:
			delete(p.staff, c.Staff)
			p.gone[c.Staff] = now
		}
	}
}

// MemberOnline reports whether a member is connected.
func (r *Rooms) MemberOnline(m id.Member) bool {
	r.people.mu.RLock()
	defer r.people.mu.RUnlock()
	return r.people.members[m]
}

// StaffOnline reports whether a person of the staff is connected.
func (r *Rooms) StaffOnline(s id.Staff) bool {
	r.people.mu.RLock()
	defer r.people.mu.RUnlock()
	_, online := r.people.staff[s]
	return online
}

// GoneFor is how long a person of the staff has been away; after a restart
// everybody is away from then on.
func (r *Rooms) GoneFor(s id.Staff) time.Duration {
	p := r.people
	p.mu.RLock()
	defer p.mu.RUnlock()
	if _, online := p.staff[s]; online {
		return 0
	}
	since, known := p.gone[s]
	if !known {
		since = p.since
	}
	return p.now().Sub(since)
}

// Drivers counts the members who are connected.
func (r *Rooms) Drivers() int {
	r.people.mu.RLock()
	defer r.people.mu.RUnlock()
	return len(r.people.members)
}

// OnlineOf lists who of some staff is connected, in the order of their ids.
func (r *Rooms) OnlineOf(staff []id.Staff) []id.Staff {
	r.people.mu.RLock()
	defer r.people.mu.RUnlock()
	online := []id.Staff{}
	for _, s := range staff {
		if _, is := r.people.staff[s]; is {
			online = append(online, s)
		}
	}
	slices.SortFunc(online, func(a, b id.Staff) int { return slices.Compare(a[:], b[:]) })
	return online
}
