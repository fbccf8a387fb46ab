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

	looking sync.Mutex // held while it is looked at in the background

	mu      sync.Mutex
	at      place.Place // nil until it is needed, and after it failed
	problem string
	since   time.Time
	told    time.Time
	logAt   time.Time
	free    int64
	bytes   int64
	where   string
	same    bool
	// filesSum tells the small files that lie there.
	filesSum [sha256.Size]byte
}

func newSpot(s Spot, k *Keeper) *spot { return &spot{Spot: s, k: k, free: -1} }

// mark is what the object of a place's mark says.
type mark struct {
	ID string `json:"id"`
}

// use answers the place, open and known to be the one it was.
func (s *spot) use(ctx context.Context) (place.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at != nil {
		return s.at, nil
	}
	at, err := s.Open()
	if err != nil {
		return nil, err
	}
	if err := s.meet(ctx, at); err != nil {
		return nil, errors.Join(err, at.Close())
	}
	s.at, s.where = at, at.Where()
	s.same = s.onDataDevice(at)
	return at, nil
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
	s.k.mu.Lock()
	known := s.k.state.Places[s.Name]
	s.k.mu.Unlock()
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
	at, err := s.use(ctx)
	if err == nil {
		err = do(ctx, at)
	}
	if ctx.Err() == nil {
		s.note(ctx, err)
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

// note keeps what became of using the place, and tells of it in the log when it
// begins to fail, once a day while it does, and when it is back.
func (s *spot) note(ctx context.Context, err error) {
	if err != nil && ours(err) {
		return
	}
	now := s.k.Now().UTC()
	s.mu.Lock()
	was := s.problem
	tell := false
	switch {
	case err == nil:
		s.problem, s.since, s.told = "", time.Time{}, time.Time{}
		tell = was != ""
	default:
		if s.at != nil {
			_ = s.at.Close() // it failed already
			s.at = nil
		}
		s.problem = firstLine(err.Error())
		if was == "" {
			s.since = now
		}
		if tell = now.Sub(s.told).Abs() >= againEvery; tell {
			s.told = now
		}
	}
	s.mu.Unlock()
	if !tell {
		return
	}
	row := audit.Row{Action: "backup.place", Object: objectBackup, ObjectID: s.Name, Result: audit.OK}
	if err != nil {
		row.Result, row.Note = string(wire.ProblemStorage), firstLine(err.Error())
		s.k.Log.Error("a place of the backups cannot be used", "place", s.Name, "error", err)
	} else {
		s.k.Log.Info("a place of the backups can be used again", "place", s.Name)
	}
	s.k.tell(ctx, row)
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

// tell writes to the security log. That the database is away keeps no backup
// from being made.
func (k *Keeper) tell(ctx context.Context, row audit.Row) {
	if k.Note == nil {
		return
	}
	row.At = k.Now()
	if err := k.Note(context.WithoutCancel(ctx), row); err != nil {
		k.Log.Error("the log does not know what became of a backup", "action", row.Action, "error", err)
	}
}
