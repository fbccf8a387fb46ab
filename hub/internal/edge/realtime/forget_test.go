package realtime

import (
	"bytes"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// A member who is erased takes the words of their conversation out of the
// hub's memory as well: no batch, no event and no snapshot holds them.
func TestS074AForgottenChannelHoldsNothing(t *testing.T) {
	ids := newIDs()
	r := newRing(wire.Chat(id.New[id.Thread](ids)), 1, 16, 4096)
	epoch, secret := id.New[id.Epoch](ids), []byte(`"text":"my plate"`)
	for seq := uint64(1); seq <= 3; seq++ {
		r.event(epoch, seq, secret, time.Time{})
	}
	r.tick(epoch, 3, 1, secret, time.Time{})
	cur := &cursor{ring: r, life: r.lives, seq: 1}
	if _, verdict := r.next(cur); verdict == lost {
		t.Fatal("the cursor did not stand in the channel")
	}
	r.keep(r.lives, &snapshot{epoch: epoch, seq: 3, frame: secret})
	r.forget()
	if len(r.events) != 0 || r.ticks.Len() != 0 || len(r.latest) != 0 || r.snap != nil || r.hi != 3 {
		t.Errorf("%d events, %d ticks, snapshot %v, at %d", len(r.events), r.ticks.Len(), r.snap, r.hi)
	}
	for _, b := range r.batches {
		if b != nil && bytes.Contains(b.frame, secret) {
			t.Error("a batch still holds the words")
		}
	}
	late := &cursor{ring: r, life: r.lives, seq: 1}
	if _, verdict := r.next(late); verdict != lost {
		t.Errorf("who had not read them is %v, not sent for a snapshot", verdict)
	}
	r.event(epoch, 4, []byte("later"), time.Time{})
	current := &cursor{ring: r, life: r.lives, seq: 3}
	if taken, _ := r.next(current); taken.batch == nil || !bytes.Contains(taken.batch.frame, []byte("later")) {
		t.Error("who had read them does not go on")
	}
}
