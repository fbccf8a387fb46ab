package backup

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/shared/id"
)

// The small files between two sets: whenever one of them changes, all of them go
// to every place anew. Above all, who was erased after the last set was made is
// erased for good even when the machine is lost in the next minute.
const (
	// latestPrefix begins the keys of these, latestNote is the signed note of a
	// stored one, written last.
	latestPrefix = "files/"
	latestNote   = "manifest.json"
	// latestContext is what that note is signed as.
	latestContext = "files"
	// keptLatest is how many of them a place keeps.
	keptLatest = 3
	// settingsFile says nothing that is needed, and the anchors of the log grow
	// every minute: neither is a reason to store all of them again.
	settingsFile = "settings.txt"
	// anchorsPrefix begins the names of the log's anchors, which change all the
	// time: they go along, and are no reason.
	anchorsPrefix = "anchors/"
	anchorsDir    = "anchors/"
)

// latest is the note of small files as they were stored.
type latest struct {
	At    time.Time         `json:"at"`
	Files archive.Component `json:"files"`
}

// ShipFiles stores the small files at every place that has not got them as they
// are now.
func (k *Keeper) ShipFiles(ctx context.Context) error {
	if len(k.Recipients.Texts()) == 0 {
		return nil // that there is no key is told of when a backup is made
	}
	files, err := k.Source.Files()
	if err != nil {
		return fmt.Errorf("gathering keys: %w", err)
	}
	sum := sumOf(files)
	return k.each(func(s *spot) error {
		s.mu.Lock()
		same := s.filesSum == sum
		s.mu.Unlock()
		if same {
			return nil
		}
		err := s.with(ctx, func(ctx context.Context, at place.Place) error { return k.storeLatest(ctx, at, files) })
		if err == nil {
			s.mu.Lock()
			s.filesSum = sum
			s.mu.Unlock()
		}
		return err
	})
}

// sumOf tells whether any of some files has changed.
func sumOf(files []File) [sha256.Size]byte {
	sorted := slices.Clone(files)
	slices.SortFunc(sorted, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	sum := sha256.New()
	for _, f := range sorted {
		if f.Name != settingsFile && !strings.HasPrefix(f.Name, anchorsDir) {
			fmt.Fprintf(sum, "%q %d\n", f.Name, len(f.Content))
			sum.Write(f.Content)
		}
	}
	return [sha256.Size]byte(sum.Sum(nil))
}

// storeLatest stores small files at a place, and removes older ones.
func (k *Keeper) storeLatest(ctx context.Context, at place.Place, files []File) error {
	name := latestPrefix + id.New[id.Command](k.ids).String() + "/"
	parts := map[string]*bytes.Buffer{}
	w, err := archive.NewWriter(archive.Keys, k.Recipients, func(key string) (io.WriteCloser, error) {
		parts[key] = new(bytes.Buffer)
		return inMemory{parts[key]}, nil
	})
	if err != nil {
		return errors.Join(errHere, err)
	}
	now := k.Now().UTC()
	if err := writeTar(w, files, now); err != nil {
		return errors.Join(errHere, err, w.Abort())
	}
	c, err := w.Close()
	if err != nil {
		return errors.Join(errHere, err)
	}
	note, err := k.Signer.EncodeNote(latestContext, latest{At: now, Files: c})
	if err != nil {
		return errors.Join(errHere, err)
	}
	for key, content := range parts {
		if err := at.Put(ctx, name+key, content, int64(content.Len())); err != nil {
			return err
		}
	}
	if err := at.Put(ctx, name+latestNote, bytes.NewReader(note), int64(len(note))); err != nil {
		return err
	}
	return pruneLatest(ctx, at)
}

// inMemory is a part in memory: small files are small.
type inMemory struct{ *bytes.Buffer }

// Close does nothing.
func (inMemory) Close() error { return nil }

// pruneLatest removes all but the newest small files of a place.
func pruneLatest(ctx context.Context, at place.Place) error {
	objects, err := at.List(ctx, latestPrefix)
	if err != nil {
		return err
	}
	var names []string
	for _, o := range objects {
		name, _, _ := strings.Cut(strings.TrimPrefix(o.Key, latestPrefix), "/")
		names = append(names, name)
	}
	names = slices.Compact(names) // ids rise with time, and so do the keys of a list
	old := names[:max(0, len(names)-keptLatest)]
	for _, o := range objects {
		name, _, _ := strings.Cut(strings.TrimPrefix(o.Key, latestPrefix), "/")
		if !slices.Contains(old, name) {
			continue
		}
		if err := at.Delete(ctx, o.Key); err != nil && !errors.Is(err, place.ErrLocked) {
			return fmt.Errorf("removing old keys: %w", err)
		}
	}
	return nil
}

// readLatest reads the newest small files of a place that a hub has signed; none
// is no error.
func readLatest(ctx context.Context, at place.Place, ids archive.Identities, public archive.PublicKey) ([]File, time.Time, error) {
	objects, err := at.List(ctx, latestPrefix)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, o := range slices.Backward(objects) {
		name, ok := strings.CutSuffix(o.Key, latestNote)
		if !ok {
			continue
		}
		text, err := getSmall(ctx, at, o.Key, archive.MaxManifestBytes)
		if err != nil {
			return nil, time.Time{}, err
		}
		var l latest
		if public.DecodeNote(latestContext, text, &l) != nil {
			continue // not this hub's
		}
		r, err := archive.NewReader(l.Files, ids, func(p archive.Part) (io.ReadCloser, error) { return at.Get(ctx, name+p.Key) })
		if errors.Is(err, archive.ErrWrongKey) {
			continue // of before the key was made
		}
		var files []File
		if err == nil {
			files, err = readTar(r)
			err = errors.Join(err, drained(r, err))
		}
		if errors.Is(damaged(err), errDamagedCopy) {
			continue // the one before it is better than none
		}
		return files, l.At, err
	}
	return nil, time.Time{}, nil
}

// newest puts later files over those of a set.
func newest(of, later []File) []File {
	out := slices.Clone(later)
	for _, f := range of {
		if !slices.ContainsFunc(later, func(l File) bool { return l.Name == f.Name }) {
			out = append(out, f)
		}
	}
	return out
}
