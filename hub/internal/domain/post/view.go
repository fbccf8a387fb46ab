package post

import (
	"slices"
	"sync"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// View makes the channels of attendants out of the desk channels of their
// stations. It is safe for concurrent use.
type View struct {
	mu      sync.Mutex
	rosters map[wire.Channel][]wire.Post // by desk channel
}

// NewView makes a View that knows nobody yet.
func NewView() *View { return &View{rosters: map[wire.Channel][]wire.Post{}} }

// Begin tells the View who is at a station, before its first event. What the
// station's events have told is newer and stays.
func (v *View) Begin(station id.Station, roster wire.Roster) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if desk := wire.Desk(station); v.rosters[desk] == nil {
		v.rosters[desk] = append([]wire.Post{}, roster.Posts...)
	}
}

// Differs reports whether a roster is another than the one last told of.
func (v *View) Differs(station id.Station, roster wire.Roster) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !slices.EqualFunc(v.rosters[wire.Desk(station)], roster.Posts, same)
}

// Follow is the events of every attendant's channel that committed frames of a
// desk channel come to, in order; frames of other channels come to none.
func (v *View) Follow(frames []wire.Frame) []wire.Frame {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []wire.Frame
	for _, f := range frames {
		if family, _ := f.Ch.Split(); family == "desk" {
			out = append(out, v.follow(f)...)
		}
	}
	return out
}

func (v *View) follow(f wire.Frame) []wire.Frame {
	before := v.rosters[f.Ch]
	if f.K != wire.KindRoster {
		return fanOut(f, before)
	}
	roster, err := wire.Read[wire.Roster](f.D)
	if err != nil { // nobody wrote that; who follows sees a hole and takes a snapshot
		return nil
	}
	v.rosters[f.Ch] = roster.Posts
	return changes(f, before, roster.Posts)
}

// changes tells everybody who was or is on the roster whether their post is
// another one now.
func changes(f wire.Frame, before, after []wire.Post) []wire.Frame {
	out := make([]wire.Frame, 0, len(after))
	for _, now := range after {
		next := as(f, now.Staff, wire.KindSkip)
		if was, found := find(before, now.Staff); !found || !same(was, now) {
			next.K, next.D = wire.KindPost, wire.Body(now)
		}
		out = append(out, next)
	}
	for _, was := range before {
		if _, stays := find(after, was.Staff); !stays {
			gone := as(f, was.Staff, wire.KindPost)
			gone.D = wire.Body(Post{}.Wire(was.Staff, was.Number, was.Name))
			out = append(out, gone)
		}
	}
	return out
}

// fanOut is what an event is to each of the attendants.
func fanOut(f wire.Frame, posts []wire.Post) []wire.Frame {
	if len(posts) == 0 {
		return nil
	}
	var refuel wire.Refuel
	nozzle := 0
	if f.K == wire.KindSale {
		if s, err := wire.Read[wire.Sale](f.D); err == nil {
			refuel, nozzle = wire.RefuelOf(s), s.Nozzle
		}
	}
	out := make([]wire.Frame, len(posts))
	for i, p := range posts {
		out[i] = as(f, p.Staff, wire.KindSkip)
		switch {
		case f.K == wire.KindPrices:
			out[i].K, out[i].D = f.K, f.D
		case nozzle != 0 && Nozzles(p.Nozzles).Has(nozzle):
			out[i].K, out[i].D = wire.KindRefuel, wire.Body(refuel)
		}
	}
	return out
}

// as is an empty event of an attendant's channel in the place of one of the desk.
func as(f wire.Frame, who id.Staff, k wire.Kind) wire.Frame {
	return wire.Frame{K: k, Ch: wire.PostOf(who), Ep: f.Ep, Seq: f.Seq, At: f.At}
}

func find(posts []wire.Post, who id.Staff) (wire.Post, bool) {
	i := slices.IndexFunc(posts, func(p wire.Post) bool { return p.Staff == who })
	if i < 0 {
		return wire.Post{}, false
	}
	return posts[i], true
}

// same reports whether two posts are the same to a screen.
func same(a, b wire.Post) bool {
	return a.Staff == b.Staff && a.Number == b.Number && a.Name == b.Name && slices.Equal(a.Nozzles, b.Nozzles) &&
		a.Until.Equal(b.Until)
}
