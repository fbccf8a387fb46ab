package realtime

import (
	"container/list"
	"time"
)

// keptBatches is how many batches a ring keeps. Readers stand at a few
// positions at most: those who keep up, at one.
const keptBatches = 4

// batch is what is new behind one position of a ring, as a ready frame: built
// once, and sent to everybody who stands there. It never changes.
type batch struct {
	fromSeq, fromRev uint64 // where a reader stands before it
	seq, rev         uint64 // and after it

	frame   []byte
	frames  int
	skipped uint64      // ticks that newer ones replaced before it was built
	stamps  []time.Time // when its frames were published
	last    bool        // nothing is new behind it
}

// batchAt is the batch behind a position, and whether it was there already.
func (r *ring) batchAt(seq, rev uint64) (b *batch, again bool) {
	for _, b := range r.batches {
		if b != nil && b.fromSeq == seq && b.fromRev == rev {
			return b, true
		}
	}
	b = r.build(seq, rev)
	r.batches[r.oldest] = b
	r.oldest = (r.oldest + 1) % keptBatches
	return b, false
}

// forgetBatches drops those that newer news would belong to: all but the full
// ones without a tick, which a newer tick might replace.
func (r *ring) forgetBatches(all bool) {
	for i, b := range r.batches {
		if b != nil && (all || b.last || b.rev != b.fromRev) {
			r.batches[i] = nil
		}
	}
}

// build packs what is new behind a position: all events first, then the latest
// ticks, so that a tick is never ahead of an event it knows of.
func (r *ring) build(seq, rev uint64) *batch {
	b := &batch{fromSeq: seq, fromRev: rev, seq: seq, rev: rev}
	var p packer
	b.last = r.packEvents(b, &p) && r.packTicks(b, &p)
	b.frame, b.frames = p.frame(), p.frames
	return b
}

// packEvents reports whether all fitted.
func (r *ring) packEvents(b *batch, p *packer) bool {
	for b.seq < r.hi {
		e := r.events[b.seq-r.lo]
		if !p.add(e.line) {
			return false
		}
		b.stamp(e.at)
		b.seq++
	}
	return true
}

// packTicks reports whether all fitted. It touches the changed ones only,
// however many keys there are.
func (r *ring) packTicks(b *batch, p *packer) bool {
	for el := r.ticksAfter(b.rev); el != nil; el = el.Next() {
		t := el.Value.(tick)
		if !p.add(t.line) {
			return false
		}
		b.stamp(t.at)
		b.skipped += t.rev - b.rev - 1
		b.rev = t.rev
	}
	return true
}

// ticksAfter is the oldest tick newer than rev.
func (r *ring) ticksAfter(rev uint64) *list.Element {
	var first *list.Element
	for el := r.ticks.Back(); el != nil && el.Value.(tick).rev > rev; el = el.Prev() {
		first = el
	}
	return first
}

func (b *batch) stamp(at time.Time) {
	if !at.IsZero() {
		b.stamps = append(b.stamps, at)
	}
}
