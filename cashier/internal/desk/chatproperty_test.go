package desk_test

import (
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"
	"forecourt/shared/wire"

	"pgregory.net/rapid"
)

// Whatever the network does, a message stands in its conversation once, and
// what was written is never gone.
func TestWhateverHappensNoMessageIsShownTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := talk()
		k := c.Mine[0]
		w := &postman{c: c, k: k, open: map[id.Message]desk.Command{}, taken: map[id.Message]wire.Message{}, written: map[id.Message]bool{}}
		t.Repeat(map[string]func(*rapid.T){
			"write":   func(*rapid.T) { c.Do(desk.ChatSend{Text: "您好"}); w.collect() },
			"picture": func(*rapid.T) { c.Do(desk.ChatAttach{Name: "x", Data: []byte("\xff\xd8\xff")}); w.collect() },
			"driver":  func(*rapid.T) { c.Says(k, wire.Message{Kind: wire.MessageText, Text: "在"}) },
			"unknown": func(t *rapid.T) { w.some(t, func(l desk.Command) { c.Do(desk.Unknown{Command: l}) }) },
			"refuse": func(t *rapid.T) {
				w.some(t, func(l desk.Command) {
					c.Do(desk.Refused{Command: l, Problem: wire.NewProblem(wire.ProblemContentRefused, "")}, desk.ChatRetry{Message: l.Say.ID})
					w.collect()
				})
			},
			"answer": func(t *rapid.T) {
				w.some(t, func(l desk.Command) { w.taken[l.Say.ID] = c.Take(l); delete(w.open, l.Say.ID) })
			},
			"again": func(t *rapid.T) { // an answer, or the till's own word, that comes late
				for m, said := range w.taken {
					c.Do(desk.Sent{Command: desk.Command{Kind: desk.CommandSay, Thread: k.Thread.ID, Say: &wire.SendRequest{ID: m, Kind: said.Kind}, Staff: "4001"}})
					c.Do(desk.Answered{Command: desk.Command{Kind: desk.CommandSay, Thread: k.Thread.ID, Say: &wire.SendRequest{ID: m}}, Message: &said})
				}
			},
			"snapshot": func(*rapid.T) { c.Snap(k); clear(w.taken) },
			"elsewhere": func(*rapid.T) {
				c.Do(desk.ChatChoose{Thread: c.Mine[1].Thread.ID})
				c.Do(desk.ChatChoose{Thread: k.Thread.ID})
			},
			"": func(t *rapid.T) { w.check(t) },
		})
	})
}

// postman knows which messages were written and where they are.
type postman struct {
	c       *lookbook.Counter
	k       wire.Case
	open    map[id.Message]desk.Command
	taken   map[id.Message]wire.Message
	written map[id.Message]bool
}

func (w *postman) collect() {
	for _, l := range w.c.Letters() {
		w.open[l.Say.ID], w.written[l.Say.ID] = l, true
	}
}

// some does something with one message on its way.
func (w *postman) some(t *rapid.T, do func(desk.Command)) {
	if len(w.open) == 0 {
		return
	}
	var ids []id.Message
	for m := range w.open {
		ids = append(ids, m)
	}
	slices.SortFunc(ids, func(a, b id.Message) int { return strings.Compare(a.String(), b.String()) })
	do(w.open[rapid.SampledFrom(ids).Draw(t, "message")])
}

func (w *postman) check(t *rapid.T) {
	seen := map[id.Message]bool{}
	for _, b := range w.c.State.Screen().Chat.Open.Bubbles {
		if seen[b.ID] {
			t.Fatalf("message %s stands there twice", b.ID)
		}
		seen[b.ID] = true
	}
	for m := range w.written {
		// A long conversation shows its end; what has left it was taken.
		if _, gone := w.open[m]; gone && !seen[m] {
			t.Fatalf("message %s is gone", m)
		}
	}
}
