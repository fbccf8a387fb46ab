package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/shared/wire"
)

// errDamagedCopy says that a copy is not what was stored.
var errDamagedCopy = errors.New("backup: the copy is damaged")

// errHere says that it was this side that failed, not the place.
var errHere = errors.New("backup: what is to be stored cannot be read")

// storeAll stores a set of the spool at every place that lacks it, all at the
// same time, reads it back and removes what has expired. It fails when none has
// it in the end. The spool is cleared once all have it. What was sent ahead, if
// anything, is not stored again.
func (k *Keeper) storeAll(ctx context.Context, j *job, m archive.Manifest, a *headStart) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	errs := make([]error, len(k.spots))
	have := 0
	j.of(2 * m.Stored() * int64(len(k.spots)))
	a.tell(j.add)
	for i, s := range k.spots {
		wg.Go(func() {
			err := k.storeAt(ctx, j, s, m, a.at(s))
			mu.Lock()
			defer mu.Unlock()
			if errs[i] = err; err == nil {
				have++
			}
		})
	}
	wg.Wait()
	switch err := errors.Join(errs...); {
	case have == 0:
		return fmt.Errorf("storing the backup: %w", errors.Join(err, ctx.Err()))
	case err == nil:
		k.dropSpool(m.ID)
	}
	return nil
}

// storeAt stores a set at one place, the manifest last, reads it back and
// removes there what has expired. Components that are there, and were read back
// just now, are left as they are.
func (k *Keeper) storeAt(ctx context.Context, j *job, s *spot, m archive.Manifest, there map[string]bool) error {
	s.mu.Lock()
	s.stored = k.Now()
	s.mu.Unlock()
	err := s.try(ctx, storing, func(ctx context.Context, at place.Place) error {
		if c, read := k.checkOf(s.Name, m.ID); read && c.Problem != "" {
			if err := removeSet(ctx, at, m.ID); err != nil { // it lies there altered
				return err
			}
		}
		if err := k.storeMedia(ctx, at); err != nil {
			return err
		}
		for _, c := range m.Components {
			if there[c.Name] {
				continue
			}
			if err := k.putComponent(ctx, at, m.ID, c, j.add); err != nil {
				return err
			}
		}
		return k.putPart(ctx, at, m.ID, archive.ManifestName)
	})
	if err == nil {
		err = k.verifyAt(ctx, s, m, there, j.add)
	}
	if err != nil {
		return err
	}
	// That nothing can be removed there makes the set no worse.
	if err := k.prune(ctx, s); err != nil {
		k.Log.Warn("what has expired at a place was not removed", "place", s.Name, "error", err)
	}
	return ctx.Err()
}

// putComponent stores the parts of a component.
func (k *Keeper) putComponent(ctx context.Context, at place.Place, set string, c archive.Component, progress func(int64)) error {
	for _, p := range c.Parts {
		if err := k.putPart(ctx, at, set, p.Key); err != nil {
			return err
		}
		progress(p.Bytes)
	}
	return nil
}

// putPart stores a file of the spool. One that is there with its size is from
// a try before; reading back tells whether it is right.
func (k *Keeper) putPart(ctx context.Context, at place.Place, set, name string) error {
	f, err := os.Open(filepath.Join(k.spool(set), name))
	if err != nil {
		return errors.Join(errHere, err)
	}
	defer func() { _ = f.Close() }() // it is only read
	err = place.PutFile(ctx, at, archive.SetKey(set, name), f)
	if errors.Is(err, place.ErrExists) {
		return nil
	}
	return err
}

// verifyAt reads back every byte of a set at a place, but for components that were
// read just now, and notes what it found.
func (k *Keeper) verifyAt(ctx context.Context, s *spot, m archive.Manifest, read map[string]bool, progress func(int64)) error {
	err := s.with(ctx, func(ctx context.Context, at place.Place) error {
		if _, err := k.readManifest(ctx, at, m.ID); err != nil {
			return damaged(err)
		}
		for _, c := range m.Components {
			if read[c.Name] {
				continue
			}
			if err := archive.Verify(ctx, c, partsAt(ctx, at, m.ID), progress); err != nil {
				return damaged(err)
			}
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		k.checked(s.Name, m.ID, "")
	} else {
		k.bad(ctx, s, m.ID, err)
	}
	return err
}

// bad notes that a copy is damaged, if that is what an error says, and tells of
// it once.
func (k *Keeper) bad(ctx context.Context, s *spot, set string, err error) {
	if !errors.Is(err, errDamagedCopy) {
		return
	}
	was, _ := k.checkOf(s.Name, set)
	k.checked(s.Name, set, firstLine(err.Error()))
	if was.Problem == "" {
		s.tell(ctx, firstLine("backup "+set+": "+err.Error()))
	}
}

// damaged marks what says that a copy is damaged.
func damaged(err error) error {
	if err == nil {
		return nil
	}
	for _, sign := range []error{archive.ErrDamaged, archive.ErrSignature, archive.ErrFormat, archive.ErrTooLarge, place.ErrNotFound, place.ErrSize} {
		if errors.Is(err, sign) {
			return fmt.Errorf("%w: %w", errDamagedCopy, err)
		}
	}
	return err
}

// partsAt opens the parts of a set at a place.
func partsAt(ctx context.Context, at place.Place, set string) func(archive.Part) (io.ReadCloser, error) {
	return func(p archive.Part) (io.ReadCloser, error) {
		r, err := at.Get(ctx, archive.SetKey(set, p.Key))
		if errors.Is(err, place.ErrNotFound) {
			return nil, fmt.Errorf("%w: %w", archive.ErrMissing, err)
		}
		return r, err
	}
}

// BeginVerifying has every copy read back, and returns at once.
func (k *Keeper) BeginVerifying() error { return k.send(ErrandVerify, "") }

// Verify reads every copy at every place back and fails if one is not right.
func (k *Keeper) Verify(ctx context.Context) error {
	return k.did(ctx, wire.BackupVerifying, "", func(ctx context.Context, j *job) error { return k.verify(ctx, j) })
}

func (k *Keeper) verify(ctx context.Context, j *job) error {
	j.to(wire.StepFetch)
	k.remember(func(s *state) { s.Verified = k.Now().UTC() })
	at := k.everywhere(ctx)
	var total int64
	for _, all := range at {
		for _, h := range all.sets {
			total += h.Stored()
		}
	}
	j.of(total)
	var errs []error
	for _, s := range k.spots {
		all, reached := at[s]
		if !reached {
			errs = append(errs, fmt.Errorf("place %s: %s", s.Name, cmp.Or(s.trouble(), "it did not answer in time")))
			continue
		}
		for _, h := range all.sets {
			err := k.verifyAt(ctx, s, h.Manifest, nil, j.add)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("backup %s: %w", h.ID, err))
			}
		}
	}
	err := errors.Join(errs...)
	k.tell(ctx, resultRow("backup.verified", "", err))
	return err
}
