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

func rescueFrom(ctx context.Context, s Spot, ids archive.Identities, set string, moment time.Time,
	prove func(files []File) (archive.PublicKey, error),
) (files []File, err error) {
	at, err := s.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, at.Close()) }()
	m, text, err := candidate(ctx, at, ids, set, moment)
	if err != nil {
		return nil, err
	}
	keys, ok := m.Component(archive.Keys)
	if !ok {
		return nil, fmt.Errorf("%w: it has no keys", errDamagedCopy)
	}
	r, err := archive.NewReader(keys, ids, partsAt(ctx, at, m.ID))
	if err != nil {
		return nil, err
	}
	files, err = readTar(r)
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

// candidate is the manifest, as yet unproved, of the set to be restored.
func candidate(ctx context.Context, at place.Place, ids archive.Identities, set string, moment time.Time) (best archive.Manifest, text []byte, err error) {
	objects, err := at.List(ctx, archive.SetPrefix)
	if err != nil {
		return best, nil, err
	}
	why := ErrNoSet
	for _, o := range slices.Backward(objects) { // ids rise with time
		id, name, _ := strings.Cut(strings.TrimPrefix(o.Key, archive.SetPrefix), "/")
		if name != archive.ManifestName || set != "" && id != set {
			continue
		}
		content, err := getSmall(ctx, at, o.Key, archive.MaxManifestBytes)
		if err != nil {
			return best, nil, err
		}
		m, err := archive.DecodeUnproved(content)
		switch {
		case err != nil:
			why = err
		case !moment.IsZero() && m.At.After(moment.Add(time.Second-1)):
		case !ids.Opens(m.Recipients):
			why = archive.ErrWrongKey
		default:
			return m, content, nil
		}
	}
	return best, nil, why
}
