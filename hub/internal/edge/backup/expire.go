package backup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/shared/id"
)

// prune removes the sets and the log that have expired at a place. What is
// locked stays until its time has come.
func (k *Keeper) prune(ctx context.Context, s *spot) error {
	all, err := k.look(ctx, s)
	if err != nil {
		return err
	}
	var kept []archive.Kept
	for _, h := range all.sets {
		kept = append(kept, archive.Kept{ID: h.ID, At: h.At, Kind: h.Kind, Good: k.good(h, s), Stored: h.missing == ""})
	}
	expired := archive.Expired(kept, k.Policy, k.Zone, k.Now())
	removed := len(expired)
	err = s.with(ctx, func(ctx context.Context, at place.Place) error {
		if _, err := place.Tidy(ctx, at); err != nil {
			return err
		}
		for _, set := range expired {
			if err := removeSet(ctx, at, set); err != nil {
				return err
			}
			k.Log.Info("a backup has expired", "set", set, "place", s.Name)
		}
		for _, set := range all.halves {
			if !k.abandoned(set) {
				continue
			}
			if err := removeSet(ctx, at, set); err != nil {
				return err
			}
			removed++
		}
		return k.pruneLog(ctx, at, s, all, expired)
	})
	if err == nil && removed > 0 {
		k.forget(s.Name, append(expired, all.halves...))
		_, err = k.look(ctx, s)
	}
	return err
}

// halfAge is how old the half of a set is when nothing will make it whole.
const halfAge = 24 * time.Hour

// abandoned reports whether parts without a manifest are left of a set that was
// broken off, or that was being removed.
func (k *Keeper) abandoned(set string) bool {
	made, err := id.Parse[id.Command](set)
	return err == nil && !exists(k.spool(set)) && k.Now().Sub(made.Time()) > halfAge
}

// good reports whether a set was proved by a rehearsal and is whole at a place.
func (k *Keeper) good(h held, s *spot) bool {
	c, read := k.checkOf(s.Name, h.ID)
	return h.drill != nil && h.drill.OK && h.missing == "" && (!read || c.Problem == "")
}

// removeSet removes a set: the manifest first, so that no half of it is ever
// taken for a set.
func removeSet(ctx context.Context, at place.Place, set string) error {
	err := at.Delete(ctx, archive.SetKey(set, archive.ManifestName))
	if errors.Is(err, place.ErrLocked) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("removing backup %s: %w", set, err)
	}
	objects, err := at.List(ctx, archive.SetKey(set, ""))
	if err != nil {
		return fmt.Errorf("removing backup %s: %w", set, err)
	}
	for _, o := range objects {
		if err := at.Delete(ctx, o.Key); err != nil && !errors.Is(err, place.ErrLocked) {
			return fmt.Errorf("removing backup %s: %w", set, err)
		}
	}
	return nil
}

// leftAfter is how old a piece of the log that lies within another must be to be
// no work of this moment.
const leftAfter = time.Hour

// pruneLog removes the log that is older than it is kept for. What the newest
// good set needs to be brought up to now stays, and so does it for the newest
// set where none is good.
func (k *Keeper) pruneLog(ctx context.Context, at place.Place, s *spot, all seen, expired []string) error {
	gone := map[string]bool{}
	for _, set := range expired {
		gone[set] = true
	}
	oldest, newest, good := k.Now(), time.Time{}, time.Time{}
	for _, h := range all.sets {
		if gone[h.ID] {
			continue
		}
		if h.At.Before(oldest) {
			oldest = h.At
		}
		if h.Timeline == "" {
			continue // the log does not go on from statements
		}
		if h.At.After(newest) {
			newest = h.At
		}
		if h.At.After(good) && k.good(h, s) {
			good = h.At
		}
	}
	if !good.IsZero() {
		newest = good
	}
	until := k.Now().Add(-k.KeepLog)
	if newest.Before(until) {
		until = newest
	}
	wide := map[string]bool{}
	for _, name := range all.logs {
		wide[name.Key()] = true
	}
	for _, name := range all.pieces {
		left := !wide[name.Key()] && k.Now().Sub(name.Last) > leftAfter // merged, and not removed
		if !left && !name.Last.Before(until) {
			continue
		}
		if err := at.Delete(ctx, name.Key()); err != nil && !errors.Is(err, place.ErrLocked) {
			return fmt.Errorf("removing an old piece of the log: %w", err)
		}
	}
	return k.pruneMedia(ctx, at, oldest)
}
