package desk

import (
	"slices"
	"strconv"
	"strings"

	"forecourt/shared/wire"
)

// postText says in the header which nozzles an attendant is responsible for;
// "" for everybody else, and until it is known.
func (s *State) postText() string {
	if s.mirrors.post == nil || !s.mirrors.post.Started() {
		return ""
	}
	p := s.mirrors.post.Post()
	if len(p.Nozzles) == 0 {
		return s.text(WordNoPost)
	}
	if p.Until.IsZero() {
		return s.text(WordPost, numbers(p.Nozzles))
	}
	return s.text(WordPostUntil, numbers(p.Nozzles), s.clockShort(p.Until))
}

// numbers lists nozzle numbers: "1 2 3 4".
func numbers(nozzles []int) string {
	words := make([]string, len(nozzles))
	for i, n := range nozzles {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " ")
}

// postNews takes that an attendant's post has changed: what waits at the new
// nozzles comes with a snapshot.
func (s *State) postNews(f wire.Frame) []Effect {
	s.say(TonePlain, s.postText())
	if s.picked.nozzle != 0 || !s.picked.sale.IsZero() {
		s.unpick() // what was chosen may belong to somebody else now
	}
	s.sales = salesList{}
	out := []Effect{Resync{f.Ch}, Record{"post changed", []any{"nozzles", numbers(s.mirrors.post.Post().Nozzles)}}}
	if s.page == PageSales {
		s.sales.loading = true
		out = append(out, s.fetchSales(s.sales.next))
	}
	return append(out, s.play(SoundMessage)...)
}

// own leaves out deliveries at nozzles that are no longer an attendant's: a
// page that was asked for before the post changed.
func (s *State) own(refuels []wire.Refuel) []wire.Refuel {
	if s.mirrors.post == nil || !s.mirrors.post.Started() {
		return refuels
	}
	return slices.DeleteFunc(slices.Clone(refuels), func(r wire.Refuel) bool { return !s.mirrors.post.Has(r.Nozzle) })
}
