package backup

import (
	"context"
	"sync"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
)

// headStart is what is stored of a set while the rest of it is still being made: the
// copy of the database goes to the places while its tables are summed. What fails
// here is tried again with the whole set.
type headStart struct {
	set   string
	ended map[*spot]chan struct{} // closed when nothing more is sent ahead to a place
	stop  context.CancelFunc

	mu   sync.Mutex
	read map[*spot]map[string]bool // components that are there and were read back
	sent int64                     // bytes that were stored or read back before told was known
	told func(int64)               // who counts them from then on
}

// sendAhead begins to store components of a set at every place.
func (k *Keeper) sendAhead(ctx context.Context, set string, components []archive.Component) *headStart {
	a := &headStart{set: set, ended: map[*spot]chan struct{}{}, read: map[*spot]map[string]bool{}}
	ctx, a.stop = context.WithCancel(ctx)
	for _, s := range k.spots {
		ended := make(chan struct{})
		a.ended[s] = ended
		go func() {
			defer close(ended)
			_ = k.storeAhead(ctx, s, a, components) // it is tried again, and told of then
		}()
	}
	return a
}

// storeAhead stores components at one place and reads them back.
func (k *Keeper) storeAhead(ctx context.Context, s *spot, a *headStart, components []archive.Component) error {
	return s.try(ctx, storing, func(ctx context.Context, at place.Place) error {
		for _, c := range components {
			if err := k.putComponent(ctx, at, a.set, c, a.add); err != nil {
				return err
			}
			if err := archive.Verify(ctx, c, partsAt(ctx, at, a.set), a.add); err != nil {
				return damaged(err)
			}
			a.has(s, c.Name)
		}
		return nil
	})
}

// add counts what was stored or read back.
func (a *headStart) add(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told != nil {
		a.told(n)
	} else {
		a.sent += n
	}
}

// tell has a job count what was sent ahead and what still is.
func (a *headStart) tell(told func(int64)) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	told(a.sent)
	a.told = told
}

func (a *headStart) has(s *spot, component string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.read[s] == nil {
		a.read[s] = map[string]bool{}
	}
	a.read[s][component] = true
}

// at waits until nothing more is sent ahead to a place and answers which
// components are there whole.
func (a *headStart) at(s *spot) map[string]bool {
	if a == nil {
		return nil
	}
	<-a.ended[s]
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.read[s]
}

// end breaks off what is still being sent ahead.
func (a *headStart) end() {
	if a != nil {
		a.stop()
	}
}

// takeBack removes what was sent ahead of a set that was not made in the end. A
// place that fails keeps it for a day, as it keeps what a crash leaves.
func (k *Keeper) takeBack(ctx context.Context, a *headStart) {
	if a == nil {
		return
	}
	for _, s := range k.spots {
		<-a.ended[s]
		if err := s.with(ctx, func(ctx context.Context, at place.Place) error { return removeSet(ctx, at, a.set) }); err != nil {
			k.Log.Warn("what was stored of a backup that failed was not removed", "place", s.Name, "error", err)
		}
	}
}
