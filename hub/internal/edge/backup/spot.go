package backup

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// markKey is the object by which a place is known again: a disk that is not
// mounted looks like an empty directory, and would be filled in its stead.
const markKey = "forecourt-place.json"

// maxMark bounds it.
const maxMark = 4 << 10

// againEvery is how often a place that goes on failing is told of again.
const againEvery = 24 * time.Hour

// errNotThere says that a place is not the one that was met before.
var errNotThere = errors.New("backup: what was stored there is gone: its disk is not mounted, or it was emptied; " +
	"if it is meant to begin anew, run hub backup accept with its name")

// spot is a place at work.
type spot struct {
	Spot
	k *Keeper

	looking sync.Mutex    // held while it is looked at in the background
	opening chan struct{} // taken by whoever opens the place, which may take long

	mu     sync.Mutex
	at     place.Place // nil until it is needed, and after it failed
	fails  [2]failure  // by what was tried
	told   time.Time   // when it was last told of
	stored time.Time   // when a set was last begun to be stored
	logAt  time.Time
	free   int64
	bytes  int64
	where  string
	same   bool
	// outcome is what became of storing there, in a process that does an errand.
	outcome *string
	// filesSum is of the small files that were last stored there.
	filesSum [sha256.Size]byte
}

// attempt is what is tried at a place. That it can be looked at does not say
// that it takes a set: its disk may be full.
type attempt int

const (
	reaching attempt = iota
	storing
)

// failure is why something cannot be done at a place, "" if it can.
type failure struct {
	problem string
	since   time.Time
}

func newSpot(s Spot, k *Keeper) *spot {
	return &spot{Spot: s, k: k, free: -1, opening: make(chan struct{}, 1)}
}

// mark is what the object of a place's mark says.
type mark struct {
	ID string `json:"id"`
}

// use answers the place, open and known to be the one it was. While one opens
// it the others wait, but nobody who only wants to know how it is.
func (s *spot) use(ctx context.Context) (place.Place, error) {
	select {
	case s.opening <- struct{}{}:
		defer func() { <-s.opening }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if at := s.opened(); at != nil {
		return at, nil
	}
	at, err := s.Open()
	if err != nil {
		return nil, err
	}
	if err := s.meet(ctx, at); err != nil {
		return nil, errors.Join(err, at.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.where = at, at.Where()
	s.same = s.onDataDevice(at)
	return at, nil
}

func (s *spot) opened() place.Place {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// onDataDevice reports whether a place lies on the very device of the data.
func (s *spot) onDataDevice(at place.Place) bool {
	dir, ok := at.(*place.Dir)
	if !ok {
		return false
	}
	there, err := dir.Device()
	here, err2 := place.DeviceOf(s.k.DataDir)
	return err == nil && err2 == nil && there == here
}

// meet reads the place's mark, or leaves one the first time.
func (s *spot) meet(ctx context.Context, at place.Place) error {
	known := ""
	s.k.recall(func(st *state) { known = st.Places[s.Name] })
	found, err := readMark(ctx, at)
	switch {
	case err != nil && !errors.Is(err, place.ErrNotFound):
		return err
	case err == nil && (known == "" || known == found.ID):
		// As it was, or met again by a hub that has forgotten.
	case known != "":
		return errNotThere
	default:
		found = mark{ID: id.New[id.Command](s.k.ids).String()}
		text, err := json.Marshal(found)
		if err != nil {
			return fmt.Errorf("marking the place: %w", err)
		}
		if err := at.Put(ctx, markKey, strings.NewReader(string(text)), int64(len(text))); err != nil {
			return fmt.Errorf("marking the place: %w", err)
		}
	}
	if known == "" {
		s.k.remember(func(st *state) {
			if st.Places == nil {
				st.Places = map[string]string{}
			}
			st.Places[s.Name] = found.ID
		})
	}
	return nil
}

func readMark(ctx context.Context, at place.Place) (m mark, err error) {
	text, err := getSmall(ctx, at, markKey, maxMark)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err == nil && m.ID == "" {
		err = errors.New("backup: the place's mark is empty")
	}
	return m, err
}

// getSmall reads a small object whole.
func getSmall(ctx context.Context, at place.Place, key string, limit int64) ([]byte, error) {
	r, err := at.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("backup: %s is larger than %d bytes", key, limit)
	}
	return content, nil
}

// with does something with the place and notes how it went. A place that failed
// is opened anew the next time.
func (s *spot) with(ctx context.Context, do func(ctx context.Context, at place.Place) error) error {
	return s.try(ctx, reaching, do)
}

// try is with for one thing or another.
func (s *spot) try(ctx context.Context, what attempt, do func(ctx context.Context, at place.Place) error) error {
	at, err := s.use(ctx)
	if err == nil {
		err = do(ctx, at)
	}
	if ctx.Err() == nil {
		s.note(ctx, what, at, err)
	}
	if err != nil {
		return fmt.Errorf("place %s: %w", s.Name, err)
	}
	return nil
}

// ours reports whether an error says nothing of the place: the copy there is
// bad, or the work was broken off.
func ours(err error) bool {
	return errors.Is(err, ErrUnproved) || errors.Is(err, errDamagedCopy) || errors.Is(err, context.Canceled) || errors.Is(err, errHere)
}

// note keeps what became of trying something at the place, and tells of it in
// the log when it begins to fail, once a day while it does, and when all is
// well again.
func (s *spot) note(ctx context.Context, what attempt, at place.Place, err error) {
	if err != nil && ours(err) {
		return
	}
	if s.k.apart.Load() {
		s.report(what, at, err)
		return
	}
	now := s.k.Now().UTC()
	s.mu.Lock()
	was := s.problem()
	if err != nil {
		s.drop(at)
		s.fails[what].problem = firstLine(err.Error())
		if s.fails[what].since.IsZero() {
			s.fails[what].since = now
		}
	} else {
		s.fails[what], s.fails[reaching] = failure{}, failure{}
	}
	is := s.problem()
	tell := is.problem == "" && was.problem != "" || is.problem != "" && now.Sub(s.told).Abs() >= againEvery
	switch {
	case is.problem == "":
		s.told = time.Time{}
	case tell:
		s.told = now
	}
	s.mu.Unlock()
	if tell {
		s.tell(ctx, is.problem)
	}
}

// report keeps what became of storing for the hub, which knows what was told of.
func (s *spot) report(what attempt, at place.Place, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	problem := ""
	if err != nil {
		s.drop(at)
		problem = firstLine(err.Error())
		s.fails[what] = failure{problem: problem, since: s.k.Now().UTC()}
	} else {
		s.fails[what], s.fails[reaching] = failure{}, failure{}
	}
	if what == storing {
		s.outcome = &problem
	}
}

// drop closes the place if it is still the one that failed: another may have
// opened it anew meanwhile. The caller holds mu.
func (s *spot) drop(failed place.Place) {
	if s.at != nil && s.at == failed {
		_ = s.at.Close() // it failed already
		s.at = nil
	}
}

// problem is why the place cannot be used. The caller holds mu.
func (s *spot) problem() failure {
	for _, f := range s.fails {
		if f.problem != "" {
			return f
		}
	}
	return failure{}
}

// tell tells of the place in the log.
func (s *spot) tell(ctx context.Context, problem string) {
	row := audit.Row{Action: "backup.place", Object: objectBackup, ObjectID: s.Name, Result: audit.OK}
	if problem != "" {
		row.Result, row.Note = string(wire.ProblemStorage), problem
		s.k.Log.Error("a place of the backups is in trouble", "place", s.Name, "error", problem)
	} else {
		s.k.Log.Info("a place of the backups can be used again", "place", s.Name)
	}
	s.k.tell(ctx, row)
}

// trouble is why a place cannot be reached, "" if it can.
func (s *spot) trouble() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fails[reaching].problem
}

// lacking is why a place may lack what it should have.
func (s *spot) lacking() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problem().problem
}

// maxNote bounds what the log says of an error, in bytes.
const maxNote = 300

// firstLine is an error in a line, not too long.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if len(line) > maxNote {
		line = strings.ToValidUTF8(line[:maxNote], "") + "…"
	}
	return line
}

func (s *spot) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		return nil
	}
	err := s.at.Close()
	s.at = nil
	return err
}

// objectBackup is what the log calls a backup.
const objectBackup = "backup"

// noteTimeout bounds writing a row of the log while the database is away.
const noteTimeout = 15 * time.Second

// tell writes to the security log. That the database is away keeps no backup
// from being made.
func (k *Keeper) tell(ctx context.Context, row audit.Row) {
	if k.Note == nil {
		return
	}
	row.At = k.Now()
	if row.ObjectID == "" {
		row.Object = "" // a row has a whole object or none
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	if err := k.Note(ctx, row); err != nil {
		k.Log.Error("the log does not know what became of a backup", "action", row.Action, "error", err)
	}
}
