package realtime

import (
	"testing"

	"forecourt/shared/wire"
)

func TestDeviceLink(t *testing.T) {
	h := newHub(t, Limits{})
	c := dial(t, h.url, nil)
	c.say(h.hello(h.pumpd()))
	welcome := c.frame()
	if w, err := wire.Read[wire.Welcome](welcome.D); err != nil || w.Acked != 41 {
		t.Fatalf("welcome %s", welcome.D)
	}
	d := h.device(0)
	c.say(
		wire.Frame{K: wire.KindStatus, D: wire.Body(wire.Status{})},
		wire.Frame{K: wire.KindGap, Seq: 42, D: wire.Body(wire.Gap{})},
	)
	if got := <-d.took; len(got) != 2 || got[0].K != wire.KindStatus || got[1].Seq != 42 {
		t.Fatalf("the session took %v", got)
	}
	d.out.Ack(42)
	if f := c.frame(); f.K != wire.KindAck || f.Seq != 42 {
		t.Fatalf("got %s %d", f.K, f.Seq)
	}
	d.out.Want(wire.Want{Rev: 7, Nozzles: []wire.WantNozzle{{Nozzle: 1, Mode: wire.ModeAttended}}})
	f := c.frame()
	if w, err := wire.Read[wire.Want](f.D); f.K != wire.KindWant || err != nil || w.Rev != 7 {
		t.Fatalf("got %s %s", f.K, f.D)
	}
	d.out.End(wire.CloseFactOrder, wire.NewProblem(wire.ProblemBadRequest, "fact 44 after 42"))
	if f := c.frame(); f.K != wire.KindProblem {
		t.Fatalf("got %s", f.K)
	}
	if code := c.code(); code != wire.CloseFactOrder {
		t.Errorf("closed with %d", code)
	}
	<-d.closed
	d.out.Ack(43) // after the end: nothing happens
	d.out.Want(wire.Want{})
}
