package backup

import (
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
// it in the end. The spool is cleared once all have it.
func (k *Keeper) storeAll(ctx context.Context, j *job, m archive.Manifest) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	errs := make([]error, len(k.spots))
	have := 0
	j.of(2 * m.Stored() * int64(len(k.spots)))
	for i, s := range k.spots {
		wg.Go(func() {
			err := k.storeAt(ctx, j, s, m)
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
// removes there what has expired.
func (k *Keeper) storeAt(ctx context.Context, j *job, s *spot, m archive.Manifest) error {
	err := s.with(ctx, func(ctx context.Context, at place.Place) error {
		if err := k.storeMedia(ctx, at); err != nil {
			return err
		}
		for _, c := range m.Components {
			for _, p := range c.Parts {
				if err := k.putPart(ctx, at, m.ID, p.Key); err != nil {
					return err
				}
				j.add(p.Bytes)
			}
		}
		return k.putPart(ctx, at, m.ID, archive.ManifestName)
	})
	if err == nil {
		err = k.verifyAt(ctx, s, m, j.add)
	}
	if err != nil {
		return err
	}
	return k.prune(ctx, s)
}

// putPart stores a file of the spool. One that is there with its size is from
// a try before; reading back tells whether it is right.
func (k *Keeper) putPart(ctx context.Context, at place.Place, set, name string) error {
	f, err := os.Open(filepath.Join(k.spool(set), name))
	if err != nil {
		return errors.Join(errHere, err)
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil {
		return errors.Join(errHere, err)
	}
	err = at.Put(ctx, archive.SetKey(set, name), f, info.Size())
	if errors.Is(err, place.ErrExists) {
		return nil
	}
	return err
}

// verifyAt reads back every byte of a set at a place, and notes what it found.
func (k *Keeper) verifyAt(ctx context.Context, s *spot, m archive.Manifest, progress func(int64)) error {
	err := s.with(ctx, func(ctx context.Context, at place.Place) error {
		if err := k.verifyManifest(ctx, at, m.ID); err != nil {
			return err
		}
		for _, c := range m.Components {
			if err := archive.Verify(ctx, c, partsAt(ctx, at, m.ID), progress); err != nil {
				return damaged(err)
			}
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	problem := ""
	if err != nil {
		problem = firstLine(err.Error())
	}
	if err == nil || errors.Is(err, errDamagedCopy) {
		k.checked(s.Name, m.ID, problem)
	}
	return err
}

// verifyManifest reads a manifest anew, whatever was read before.
func (k *Keeper) verifyManifest(ctx context.Context, at place.Place, set string) error {
	k.known.mu.Lock()
	delete(k.known.manifests, set)
	k.known.mu.Unlock()
	_, err := k.manifest(ctx, at, set)
	return damaged(err)
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
	err = s.with(ctx, func(ctx context.Context, at place.Place) error {
		for _, set := range expired {
			if err := removeSet(ctx, at, set); err != nil {
				return err
			}
			k.Log.Info("a backup has expired", "set", set, "place", s.Name)
		}
		return k.pruneLog(ctx, at, all, expired)
	})
	if err == nil && len(expired) > 0 {
		_, err = k.look(ctx, s)
	}
	return err
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

// BeginVerifying has every copy read back, and returns at once.
func (k *Keeper) BeginVerifying() error {
	return k.run(wire.BackupVerifying, "", func(ctx context.Context, j *job) error { return k.verify(ctx, j) })
}

// Verify reads every copy at every place back and fails if one is not right.
func (k *Keeper) Verify(ctx context.Context) error {
	return k.did(ctx, wire.BackupVerifying, "", func(ctx context.Context, j *job) error { return k.verify(ctx, j) })
}

func (k *Keeper) verify(ctx context.Context, j *job) error {
	j.to(wire.StepFetch)
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
			errs = append(errs, fmt.Errorf("place %s: %s", s.Name, s.trouble()))
			continue
		}
		for _, h := range all.sets {
			err := k.verifyAt(ctx, s, h.Manifest, j.add)
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

// trouble is why a place cannot be used.
func (s *spot) trouble() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem
}
