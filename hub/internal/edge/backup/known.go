package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/shared/wire"
)

// maxDrillNote bounds the note of a rehearsal.
const maxDrillNote = 64 << 10

// known is what was last seen at the places. Manifests and notes never change:
// each is read once.
type known struct {
	mu        sync.Mutex
	manifests map[string]archive.Manifest // by set
	drills    map[string]wire.BackupDrill // by key
	at        map[string]seen             // by place
}

// seen is what was last seen at a place.
type seen struct {
	when time.Time
	sets []held
	// halves are parts without a manifest, by what would be their set.
	halves []string
	// pieces are all pieces of the log, logs those that are not within another.
	pieces, logs []archive.SegmentName
	covers       []cover
}

// held is a set as it lies at a place.
type held struct {
	archive.Manifest
	// missing is what of it is not there, or is not of its size; "" for nothing.
	missing string
	// drill is its last rehearsal, nil before the first.
	drill *wire.BackupDrill
	bytes int64
}

func newKnown() *known {
	return &known{manifests: map[string]archive.Manifest{}, drills: map[string]wire.BackupDrill{}, at: map[string]seen{}}
}

// look looks what lies at a place and remembers it.
func (k *Keeper) look(ctx context.Context, s *spot) (seen, error) {
	var all seen
	err := s.with(ctx, func(ctx context.Context, at place.Place) error {
		objects, err := at.List(ctx, archive.SetPrefix)
		if err != nil {
			return err
		}
		logs, err := at.List(ctx, archive.LogPrefix)
		if err != nil {
			return err
		}
		all = seen{when: k.Now(), pieces: segmentsOf(logs)}
		all.logs = archive.Widest(all.pieces)
		if all.sets, all.halves, err = k.setsOf(ctx, at, objects); err != nil {
			return err
		}
		all.covers = coverage(all)
		s.measure(ctx, at, append(objects, logs...))
		return nil
	})
	if err != nil {
		return seen{}, err
	}
	k.known.mu.Lock()
	defer k.known.mu.Unlock()
	k.known.at[s.Name] = all
	return all, nil
}

// measure notes how much lies at a place and how much is free.
func (s *spot) measure(ctx context.Context, at place.Place, objects []place.Object) {
	var sum int64
	for _, o := range objects {
		sum += o.Size
	}
	free, err := at.Free(ctx)
	if err != nil {
		free = -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes, s.free = sum, free
}

// last is what was last seen at a place; nothing before the first look.
func (k *Keeper) last(s *spot) seen {
	k.known.mu.Lock()
	defer k.known.mu.Unlock()
	return k.known.at[s.Name]
}

func segmentsOf(objects []place.Object) []archive.SegmentName {
	var list []archive.SegmentName
	for _, o := range objects {
		if name, ok := archive.ParseSegmentName(o.Key); ok {
			name.Bytes = o.Size
			list = append(list, name)
		}
	}
	return list
}

// setsOf makes sets of the objects below them, oldest first. What has no
// manifest is no set but a half of one; one whose manifest does not prove itself
// is passed over.
func (k *Keeper) setsOf(ctx context.Context, at place.Place, objects []place.Object) (sets []held, halves []string, err error) {
	bySet := map[string]map[string]int64{}
	for _, o := range objects {
		set, name, ok := strings.Cut(strings.TrimPrefix(o.Key, archive.SetPrefix), "/")
		if !ok {
			continue
		}
		if bySet[set] == nil {
			bySet[set] = map[string]int64{}
		}
		bySet[set][name] = o.Size
	}
	for set, names := range bySet {
		if _, whole := names[archive.ManifestName]; !whole {
			halves = append(halves, set)
			continue
		}
		m, err := k.manifest(ctx, at, set)
		if err != nil {
			if errors.Is(err, archive.ErrDamaged) || errors.Is(err, archive.ErrSignature) || errors.Is(err, archive.ErrFormat) {
				k.Log.Warn("a backup is passed over", "set", set, "place", at.Where(), "error", err)
				continue
			}
			return nil, nil, err
		}
		h := held{Manifest: m}
		for _, size := range names {
			h.bytes += size
		}
		h.missing = without(m, names)
		if h.drill, err = k.lastDrill(ctx, at, set, names); err != nil {
			return nil, nil, err
		}
		sets = append(sets, h)
	}
	slices.SortFunc(sets, func(a, b held) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return sets, halves, nil
}

// without is the first part of a set that is not there or is not of its size.
func without(m archive.Manifest, names map[string]int64) string {
	for _, c := range m.Components {
		for _, p := range c.Parts {
			switch size, there := names[p.Key]; {
			case !there:
				return p.Key + " is missing"
			case size != p.Bytes:
				return fmt.Sprintf("%s has %d bytes, not %d", p.Key, size, p.Bytes)
			}
		}
	}
	return ""
}

// manifest is the manifest of a set, read once.
func (k *Keeper) manifest(ctx context.Context, at place.Place, set string) (archive.Manifest, error) {
	k.known.mu.Lock()
	m, ok := k.known.manifests[set]
	k.known.mu.Unlock()
	if ok {
		return m, nil
	}
	m, err := k.readManifest(ctx, at, set)
	if err != nil {
		return m, err
	}
	k.known.mu.Lock()
	defer k.known.mu.Unlock()
	k.known.manifests[set] = m
	return m, nil
}

// readManifest reads the manifest of a set at a place and proves it.
func (k *Keeper) readManifest(ctx context.Context, at place.Place, set string) (m archive.Manifest, err error) {
	text, err := getSmall(ctx, at, archive.SetKey(set, archive.ManifestName), archive.MaxManifestBytes)
	if err != nil {
		return m, fmt.Errorf("reading the manifest of %s: %w", set, err)
	}
	if m, err = k.Signer.Public().Decode(text); err != nil {
		return m, fmt.Errorf("the manifest of %s: %w", set, err)
	}
	if m.ID != set {
		return m, fmt.Errorf("the manifest of %s: %w: it is that of %s", set, archive.ErrDamaged, m.ID)
	}
	return m, nil
}

// drillPrefix begins the names of the notes of a set's rehearsals.
const drillPrefix = "drill-"

// lastDrill is a set's last rehearsal as noted at a place.
func (k *Keeper) lastDrill(ctx context.Context, at place.Place, set string, names map[string]int64) (*wire.BackupDrill, error) {
	newest := ""
	for name := range names {
		if strings.HasPrefix(name, drillPrefix) && name > newest {
			newest = name
		}
	}
	if newest == "" {
		return nil, nil
	}
	key := archive.SetKey(set, newest)
	k.known.mu.Lock()
	d, ok := k.known.drills[key]
	k.known.mu.Unlock()
	if ok {
		return &d, nil
	}
	text, err := getSmall(ctx, at, key, maxDrillNote)
	if err != nil {
		return nil, fmt.Errorf("reading the note of a rehearsal: %w", err)
	}
	if err := k.Signer.Public().DecodeNote(drillContext, text, &d); err != nil || d.Set != set {
		k.Log.Warn("the note of a rehearsal is not this hub's", "set", set, "place", at.Where(), "error", err)
		return nil, nil
	}
	k.known.mu.Lock()
	defer k.known.mu.Unlock()
	k.known.drills[key] = d
	return &d, nil
}

// drillContext is what a note of a rehearsal is signed as.
const drillContext = "drill"

// lookWait is how long somebody who waits for an answer waits for a place.
const lookWait = 30 * time.Second

// everywhere looks at all places at once, each for itself. A place that fails
// is left out and told of, one that takes its time is left out.
func (k *Keeper) everywhere(ctx context.Context) map[*spot]seen {
	ctx, cancel := context.WithTimeout(ctx, lookWait)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	found := map[*spot]seen{}
	for _, s := range k.spots {
		wg.Go(func() {
			all, err := k.look(ctx, s)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			found[s] = all
		})
	}
	wg.Wait()
	return found
}

// copyOf is a set at a place.
type copyOf struct {
	held
	at *spot
}

// find finds a set at a place, or the best of all places for it: proved by
// reading back first, then whatever is whole.
func (k *Keeper) find(ctx context.Context, set, place string) (copyOf, error) {
	var best copyOf
	for s, all := range k.everywhere(ctx) {
		i := slices.IndexFunc(all.sets, func(h held) bool { return h.ID == set })
		if i < 0 || place != "" && s.Name != place {
			continue
		}
		c := copyOf{held: all.sets[i], at: s}
		if best.at == nil || k.rank(c) > k.rank(best) || k.rank(c) == k.rank(best) && k.order(c.at) < k.order(best.at) {
			best = c
		}
	}
	if best.at == nil {
		return best, fmt.Errorf("%w: %s", ErrNoSet, strings.TrimSpace(set+" "+place))
	}
	return best, nil
}

// order is where a place stands in the configuration.
func (k *Keeper) order(s *spot) int { return slices.Index(k.spots, s) }

// rank is how much a copy is to be trusted.
func (k *Keeper) rank(c copyOf) int {
	checked, ok := k.checkOf(c.at.Name, c.ID)
	switch {
	case c.missing != "" || ok && checked.Problem != "":
		return 0
	case ok:
		return 2
	}
	return 1
}
