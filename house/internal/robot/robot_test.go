package robot_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"forecourt/house/internal/robot"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// TestItEndsWhileASaleWaits: told to stop in the middle of a payment, the robot
// found the same sale unpaid again, did not pay it for there was no time left, and
// so on for ever. Of many kills one hit that moment.
func TestItEndsWhileASaleWaits(t *testing.T) {
	client, err := link.New(link.Options{BaseURL: "http://127.0.0.1:1", Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	ids := id.NewMaker(time.Now, rand.Reader)
	session := wire.Session{Station: id.New[id.Station](ids)}
	r := robot.New(client, session, ids, nil)
	waiting := wire.DeskSnap{Sales: []wire.Sale{{ID: id.New[id.Sale](ids), State: wire.SaleUnpaid, Due: 10_000}}}
	r.Frame(wire.Frame{
		K: wire.KindSnap, Ch: wire.Desk(session.Station), Ep: id.New[id.Epoch](ids), Seq: 1, D: wire.Body(waiting),
	})
	if err := r.FoldError(); err != nil || len(r.Sales(wire.SaleUnpaid)) != 1 {
		t.Fatalf("%d sales wait, %v", len(r.Sales(wire.SaleUnpaid)), err)
	}
	over, end := context.WithCancel(t.Context())
	end()
	if err := r.TakeMoney(over); err != nil {
		t.Error(err)
	}
}
