package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/mysql"
)

// pace is how the log is cut into pieces.
type pace struct {
	// mergeAfter and mergeBytes are when small segments are put together into
	// one: a day then has some hundreds of them, and few are lost to a reader
	// who must open them all.
	mergeAfter time.Duration
	mergeBytes int
	// segment is about how large a segment gets, in bytes, pending how much
	// waits in memory for a place that is slow; beyond it the server waits.
	segment, pending int
}

func usualPace() pace {
	return pace{mergeAfter: 10 * time.Minute, mergeBytes: 8 << 20, segment: 8 << 20, pending: 16 << 20}
}

// small is a segment that is to be merged with its neighbours.
type small struct {
	name   archive.SegmentName
	events []mysql.LogEvent
}

// merge puts the small segments together into one and removes them. A crash in
// between leaves both: a reader takes the widest.
func (h *shipper) merge(ctx context.Context) error {
	if len(h.open) < 2 || h.s.Locked || h.merged < h.k.pace.mergeBytes && h.k.Now().Sub(h.opened) < h.k.pace.mergeAfter {
		return nil
	}
	first, last := h.open[0].name, h.open[len(h.open)-1].name
	name := first
	name.Through, name.To, name.Last = last.Through, last.To, last.Last
	var events []mysql.LogEvent
	for _, s := range h.open {
		events = append(events, s.events...)
	}
	h.mu.Lock()
	format := h.format
	h.mu.Unlock()
	if err := h.put(ctx, name, format, events); err != nil {
		return err
	}
	old := h.open
	h.open, h.merged = nil, 0
	// What cannot be removed is left to be pruned: readers pass it over.
	err := h.s.with(ctx, func(ctx context.Context, at place.Place) error {
		for _, s := range old {
			if err := at.Delete(ctx, s.name.Key()); err != nil && !errors.Is(err, place.ErrLocked) {
				return fmt.Errorf("removing a segment that was merged: %w", err)
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		h.k.Log.Warn("small pieces of the log stay at a place", "place", h.s.Name, "error", err)
	}
	return nil
}
