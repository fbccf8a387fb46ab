package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
)

// mediaPrefix begins the keys of pictures and recordings, in the object store
// and at a place alike. They never change and are sealed before they are kept:
// each is stored once, whichever sets it belongs to, and named by all of them.
const mediaPrefix = "media/"

// maxMedia bounds one object: the largest upload, sealed.
const maxMedia = 64 << 20

// mediaNote is what is known of an object.
type mediaNote struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Gone is when the database no longer named it; sets from before still do.
	Gone time.Time `json:"gone,omitzero"`
}

// mediaLine is an object in the list of a set.
type mediaLine struct {
	Key    string `json:"key"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// mediaIndex is what is known of all objects, kept in a file: reading them all
// again for each set would take longer with every picture.
type mediaIndex struct {
	path string

	mu  sync.Mutex
	all map[string]mediaNote
}

// load reads the file the first time; one that cannot be read is worked out
// anew.
func (x *mediaIndex) load() {
	if x.all != nil {
		return
	}
	if err := readJSON(x.path, &x.all); err != nil || x.all == nil {
		x.all = map[string]mediaNote{}
	}
}

// indexMedia learns of objects that are new since the last time, and of those
// that are gone.
func (k *Keeper) indexMedia(ctx context.Context) error {
	if k.Source.Media == nil {
		return nil
	}
	x := &k.media
	x.mu.Lock()
	defer x.mu.Unlock()
	x.load()
	keys, err := k.Source.Media.Keys(ctx)
	if err != nil {
		return fmt.Errorf("listing pictures and recordings: %w", err)
	}
	named, changed := map[string]bool{}, false
	for _, key := range keys {
		named[key] = true
		if note, known := x.all[key]; known && note.Gone.IsZero() {
			continue
		}
		content, err := k.Source.Media.Get(ctx, key)
		if err != nil && k.Source.Media.IsGone(err) {
			continue // removed this moment
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", key, err)
		}
		sum := sha256.Sum256(content)
		x.all[key], changed = mediaNote{Bytes: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}, true
	}
	for key, note := range x.all {
		if !named[key] && note.Gone.IsZero() {
			note.Gone = k.Now().UTC()
			x.all[key], changed = note, true
		}
	}
	if !changed {
		return nil
	}
	return writeJSON(x.path, x.all)
}

// live is every object that the database names.
func (x *mediaIndex) live() map[string]mediaNote {
	x.mu.Lock()
	defer x.mu.Unlock()
	found := map[string]mediaNote{}
	for key, note := range x.all {
		if note.Gone.IsZero() {
			found[key] = note
		}
	}
	return found
}

// addMedia adds the list of the objects that belong to a set.
func (k *Keeper) addMedia(ctx context.Context, m *archive.Manifest) error {
	if err := k.indexMedia(ctx); err != nil {
		return err
	}
	return k.component(m, archive.MediaIn, func(w io.Writer) error {
		list := json.NewEncoder(w)
		for key, note := range k.media.live() {
			if err := list.Encode(mediaLine{key, note.Bytes, note.SHA256}); err != nil {
				return fmt.Errorf("listing pictures and recordings: %w", err)
			}
			m.Media.Objects++
			m.Media.Bytes += note.Bytes
		}
		return nil
	})
}

// storeMedia stores every object at a place that lacks it.
func (k *Keeper) storeMedia(ctx context.Context, at place.Place) error {
	live := k.media.live()
	if len(live) == 0 {
		return nil
	}
	objects, err := at.List(ctx, mediaPrefix)
	if err != nil {
		return err
	}
	for _, o := range objects {
		note, wanted := live[o.Key]
		if wanted && note.Bytes != o.Size {
			if err := at.Delete(ctx, o.Key); err != nil && !errors.Is(err, place.ErrLocked) {
				return fmt.Errorf("removing %s, which is not of its size: %w", o.Key, err)
			}
			continue
		}
		delete(live, o.Key)
	}
	for key := range live {
		content, err := k.Source.Media.Get(ctx, key)
		if err != nil && k.Source.Media.IsGone(err) {
			continue
		}
		if err != nil {
			return errors.Join(errHere, err)
		}
		err = at.Put(ctx, key, bytes.NewReader(content), int64(len(content)))
		if err != nil && !errors.Is(err, place.ErrExists) {
			return err
		}
	}
	return nil
}

// pruneMedia removes objects from a place that no set there names any more:
// those that were gone before the oldest of them was made.
func (k *Keeper) pruneMedia(ctx context.Context, at place.Place, oldest time.Time) error {
	old := k.media.goneBefore(oldest)
	if len(old) == 0 {
		return nil
	}
	objects, err := at.List(ctx, mediaPrefix)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if !old[o.Key] {
			continue
		}
		if err := at.Delete(ctx, o.Key); err != nil && !errors.Is(err, place.ErrLocked) {
			return fmt.Errorf("removing %s: %w", o.Key, err)
		}
	}
	return nil
}

// goneBefore is every object that the database has not named since a moment.
func (x *mediaIndex) goneBefore(moment time.Time) map[string]bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	old := map[string]bool{}
	for key, note := range x.all {
		if !note.Gone.IsZero() && note.Gone.Before(moment) {
			old[key] = true
		}
	}
	return old
}

// ShipMedia stores new pictures and recordings at every place. It is done every
// few minutes, so that little is to be done when a set is made.
func (k *Keeper) ShipMedia(ctx context.Context) error {
	if err := k.indexMedia(ctx); err != nil {
		return err
	}
	return k.each(func(s *spot) error { return s.with(ctx, k.storeMedia) })
}

// each does something with all places at once, each for itself.
func (k *Keeper) each(do func(s *spot) error) error {
	var wg sync.WaitGroup
	errs := make([]error, len(k.spots))
	for i, s := range k.spots {
		wg.Go(func() { errs[i] = do(s) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// mediaOf goes through the list of a set at a place.
func mediaOf(ctx context.Context, c copyOf, at place.Place, ids archive.Identities, each func(mediaLine) error) error {
	part, ok := c.Component(archive.MediaIn)
	if !ok {
		return nil
	}
	r, err := archive.NewReader(part, ids, partsAt(ctx, at, c.ID))
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it is only read
	for lines := json.NewDecoder(r); ; {
		var line mediaLine
		err := lines.Decode(&line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = each(line)
		}
		if err != nil {
			return err
		}
	}
}

// proveMedia holds the list of a set against what lies at a place: all of it
// has to be there, with its size, and one in sampleEvery is read and compared.
func (k *Keeper) proveMedia(ctx context.Context, c copyOf, at place.Place) (count int64, err error) {
	objects, err := at.List(ctx, mediaPrefix)
	if err != nil {
		return 0, err
	}
	there := map[string]int64{}
	for _, o := range objects {
		there[o.Key] = o.Size
	}
	err = mediaOf(ctx, c, at, k.Identities, func(line mediaLine) error {
		size, ok := there[line.Key]
		if !ok || size != line.Bytes {
			return fmt.Errorf("%w: the picture or recording %s is not there or has another size", errDamagedCopy, line.Key)
		}
		count++
		if count%sampleEvery == 1 {
			_, err := getMedia(ctx, at, line)
			return err
		}
		return nil
	})
	return count, err
}

// sampleEvery is how many objects lie between two that are read for a proof.
const sampleEvery = 50

// getMedia reads an object from a place and holds it against the list.
func getMedia(ctx context.Context, at place.Place, line mediaLine) ([]byte, error) {
	content, err := getSmall(ctx, at, line.Key, maxMedia)
	if err != nil {
		return nil, damaged(err)
	}
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != line.SHA256 {
		return nil, fmt.Errorf("%w: the picture or recording %s was altered", errDamagedCopy, line.Key)
	}
	return content, nil
}

// bringMedia puts back every object that the restored data names and the object
// store lacks: those of the set, and those that came to the place after it. What
// has not come there before the machine was lost is told of and no more.
func (k *Keeper) bringMedia(ctx context.Context, b *brought) error {
	if k.Source.Media == nil {
		return nil
	}
	keys, err := k.Source.Media.KeysIn(ctx, b.server.Endpoint)
	if err != nil {
		return fmt.Errorf("listing the restored pictures and recordings: %w", err)
	}
	named := map[string]bool{}
	for _, key := range keys {
		named[key] = true
	}
	return b.copyOf.at.with(ctx, func(ctx context.Context, at place.Place) error {
		err := mediaOf(ctx, b.copyOf, at, k.Identities, func(line mediaLine) error {
			if !named[line.Key] {
				return nil
			}
			delete(named, line.Key)
			return k.bringOne(ctx, line.Key, func() ([]byte, error) { return getMedia(ctx, at, line) })
		})
		if err != nil {
			return err
		}
		missing := 0
		for key := range named { // sealed, so that whoever opens one finds what was altered
			err := k.bringOne(ctx, key, func() ([]byte, error) { return getSmall(ctx, at, key, maxMedia) })
			if errors.Is(err, place.ErrNotFound) {
				missing++
			} else if err != nil {
				return err
			}
		}
		if missing > 0 {
			k.Log.Warn("pictures and recordings of the last minutes are lost", "objects", missing)
		}
		return nil
	})
}

// bringOne puts an object back if the object store lacks it.
func (k *Keeper) bringOne(ctx context.Context, key string, get func() ([]byte, error)) error {
	_, err := k.Source.Media.Get(ctx, key)
	if err == nil || !k.Source.Media.IsGone(err) {
		return err
	}
	content, err := get()
	if err != nil {
		return err
	}
	return k.Source.Media.Put(ctx, key, content)
}

func (k *Keeper) mediaFile() string { return filepath.Join(k.Dir, "media.json") }
