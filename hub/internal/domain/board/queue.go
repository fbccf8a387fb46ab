package board

import (
	"cmp"
	"context"
	"slices"
	"time"

	"forecourt/shared/wire"
)

// CountFor is how long a count of waiting cars is believed: a queue is another
// one after that, and an old number is worse than none.
const CountFor = 10 * time.Minute

// counted is what somebody on the forecourt counted; at is zero while nobody
// did lately.
type counted struct {
	waiting int
	at      time.Time
}

// Count takes how many cars wait, as somebody counted them just now, and
// answers with the queue as the public sees it from then on. The tills learn of
// it with the beat, which does not wait for its second.
func (b *Board) Count(ctx context.Context, waiting int) (wire.Queue, error) {
	var queue wire.Queue
	err := b.wait(ctx, func() {
		at := b.now()
		b.public.counted = counted{waiting, at.UTC().Truncate(time.Millisecond)}
		b.recount(at)
		b.tick(at)
		queue = b.public.queue
	})
	return queue, err
}

// forgetCount forgets a count that is too old, and tells the public.
func (b *Board) forgetCount(now time.Time) {
	c := b.public.counted
	if !c.at.IsZero() && now.Sub(c.at) >= CountFor {
		b.public.counted = counted{}
		b.recount(now)
	}
}

// recount tells the public how busy it is, if that has changed.
func (b *Board) recount(at time.Time) {
	queue := b.public.count()
	if sameQueue(queue, b.public.queue) {
		return
	}
	b.public.queue = queue
	b.tell(at, wire.KindQueue, queue)
}

// sameQueue reports whether two queues say the same. One that was never sent
// is like no other.
func sameQueue(x, y wire.Queue) bool {
	return y.Grades != nil && slices.Equal(x.Grades, y.Grades) && x.Waiting == y.Waiting && x.CountedAt.Equal(y.CountedAt)
}

// count counts the nozzles of each grade by state, the grades in the order of
// the nozzles, and estimates the waits.
func (p public) count() wire.Queue {
	grades := []wire.GradeQueue{}
	for _, pump := range p.all() {
		i := slices.IndexFunc(grades, func(g wire.GradeQueue) bool { return g.Grade == pump.Grade })
		if i < 0 {
			i = len(grades)
			grades = append(grades, wire.GradeQueue{Grade: pump.Grade})
		}
		switch pump.State {
		case wire.PumpFree:
			grades[i].Free++
		case wire.PumpBusy:
			grades[i].Busy++
		default:
			grades[i].Off++
		}
	}
	for i, minutes := range waits(grades, p.counted.waiting, p.spells.mean) {
		grades[i].WaitMinutes = minutes
	}
	return wire.Queue{Grades: grades, Waiting: p.counted.waiting, CountedAt: p.counted.at}
}

// all is every pump, by number.
func (p public) all() []wire.Pump {
	pumps := make([]wire.Pump, 0, len(p.pumps))
	for _, pump := range p.pumps {
		pumps = append(pumps, pump)
	}
	slices.SortFunc(pumps, func(x, y wire.Pump) int { return cmp.Compare(x.Number, y.Number) })
	return pumps
}
