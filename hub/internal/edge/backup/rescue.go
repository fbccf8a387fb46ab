package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
)

// Rescue reads the small files, the wrapped keys above all, of the set that is
// to be restored on a machine that has nothing: the one named, or the newest
// that is not after the moment. Nothing here can tell yet whether it is this
// station's own: prove is given the files and answers the key that its manifest
// has to be signed with.
func Rescue(ctx context.Context, spots []Spot, ids archive.Identities, set string, moment time.Time,
	prove func(files []File) (archive.PublicKey, error),
) ([]File, error) {
	var errs []error
	for _, s := range spots {
		files, err := rescueFrom(ctx, s, ids, set, moment, prove)
		if err == nil {
			return files, nil
		}
		errs = append(errs, fmt.Errorf("place %s: %w", s.Name, err))
	}
	return nil, errors.Join(errs...)
}

// rescueTries is how many sets of a place are tried, from the newest on.
const rescueTries = 20

func rescueFrom(ctx context.Context, s Spot, ids archive.Identities, set string, moment time.Time,
	prove func(files []File) (archive.PublicKey, error),
) (files []File, err error) {
	at, err := s.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, at.Close()) }()
	objects, err := at.List(ctx, archive.SetPrefix)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, o := range slices.Backward(objects) { // ids rise with time
		id, name, _ := strings.Cut(strings.TrimPrefix(o.Key, archive.SetPrefix), "/")
		if name != archive.ManifestName || set != "" && id != set || len(errs) >= rescueTries {
			continue
		}
		files, err := rescueSet(ctx, at, o.Key, ids, moment, prove)
		if err == nil {
			return files, nil
		}
		if !errors.Is(err, ErrNoSet) {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 {
		return nil, ErrNoSet
	}
	return nil, errors.Join(errs...)
}

// rescueSet reads the small files of the set with a manifest, and those that
// came after it.
func rescueSet(ctx context.Context, at place.Place, manifest string, ids archive.Identities, moment time.Time,
	prove func(files []File) (archive.PublicKey, error),
) ([]File, error) {
	text, err := getSmall(ctx, at, manifest, archive.MaxManifestBytes)
	if err != nil {
		return nil, err
	}
	m, err := archive.DecodeUnproved(text)
	switch {
	case err != nil:
		return nil, err
	case !moment.IsZero() && m.At.After(moment.Add(time.Second-1)):
		return nil, fmt.Errorf("%w: %s is of later", ErrNoSet, m.ID)
	case !ids.Opens(m.Recipients):
		return nil, fmt.Errorf("backup %s: %w", m.ID, archive.ErrWrongKey)
	}
	keys, ok := m.Component(archive.Keys)
	if !ok {
		return nil, fmt.Errorf("%w: it has no keys", errDamagedCopy)
	}
	r, err := archive.NewReader(keys, ids, partsAt(ctx, at, m.ID))
	if err != nil {
		return nil, err
	}
	files, err := readTar(r)
	if err = errors.Join(err, drained(r, err)); err != nil {
		return nil, damaged(err)
	}
	public, err := prove(files)
	if err == nil {
		_, err = public.Decode(text)
	}
	if err != nil {
		return nil, err
	}
	later, when, err := readLatest(ctx, at, ids, public)
	if err == nil && when.After(m.At) {
		files = newest(files, later)
	}
	return files, err
}
