package main

import (
	"context"
	"time"

	"forecourt/hub/internal/domain/board"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// view is what every driver may see of a station, and when it was last heard
// of.
func (b *boards) view(ctx context.Context, s id.Station) (wire.StationSnap, time.Time, error) {
	b.mu.Lock()
	found, ok := b.byID[s]
	b.mu.Unlock()
	if !ok {
		return wire.StationSnap{}, time.Time{}, errNoBoard(s)
	}
	return found.View(ctx)
}

// count keeps how many cars wait at a station.
func (b *boards) count(ctx context.Context, s id.Station, waiting int) (wire.Queue, error) {
	b.mu.Lock()
	found, ok := b.byID[s]
	b.mu.Unlock()
	if !ok {
		return wire.Queue{}, errNoBoard(s)
	}
	return found.Count(ctx, waiting)
}

// renamed says what a station is called now. Phones learn it with their next
// snapshot, which is made anew.
func (h *hub) renamed(s id.Station, name string) {
	h.boards.renamed(s, name)
	h.live.Forget(wire.PublicStation(s))
}

// renamed says what a station is called now.
func (b *boards) renamed(s id.Station, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.byID[s]; ok {
		b.names[s] = name
	}
}

// maxOdd bounds the nozzles that wait for their alert while the database is
// away; a board tells of them again.
const maxOdd = 1000

// mispriced hears of a nozzle that shows another price than the one in force.
// It returns at once.
func (b *boards) mispriced(s id.Station, m board.Mispriced) {
	b.mu.Lock()
	if len(b.odd) < maxOdd {
		b.odd = append(b.odd, flow.Mispriced{Station: s, Nozzle: m.Nozzle, Shown: m.Shown, InForce: m.InForce, At: m.At})
	}
	b.mu.Unlock()
	b.nudge()
}

// raise raises the alerts of nozzles that show another price. Those that could
// not be raised wait for the next time.
func (b *boards) raise(ctx context.Context) error {
	b.mu.Lock()
	odd := b.odd
	b.odd = nil
	b.mu.Unlock()
	for i, m := range odd {
		if err := b.alarm(ctx, m); err != nil {
			b.mu.Lock()
			b.odd = append(odd[i:], b.odd...)
			b.mu.Unlock()
			return err
		}
	}
	return nil
}
