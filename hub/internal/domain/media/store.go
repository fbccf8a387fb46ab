package media

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// thumbSuffix makes the key of a thumbnail from that of its picture.
const thumbSuffix = ".thumb"

// maxUploads bounds the uploads taken at once. Each is in memory as long as it
// waits for its turn to be decoded.
const maxUploads = 32

// sealRoom is more than sealing adds to an object, in bytes.
const sealRoom = 256

// Deps is what a Store works with.
type Deps struct {
	DB *mysql.DB
	// Keys seal the keys of uploads, and sign links.
	Keys    *keyring.Ring
	Objects Objects
	// Random is the source of the keys of uploads.
	Random io.Reader
	Now    func() time.Time
	IDs    *id.Maker
}

// Store keeps uploads: rows in table media, contents in the object store. It
// is safe for concurrent use.
type Store struct {
	Deps
	uploads chan struct{} // a place for each that is under way
	decodes *decodes
}

// New makes a Store.
func New(d Deps) *Store {
	return &Store{Deps: d, uploads: make(chan struct{}, maxUploads), decodes: newDecodes()}
}

// Put takes an upload: it looks at it, cleans it, seals it and keeps it. It
// answers the problems of Inspect, wire.ProblemMediaType for a picture that
// cannot be read to its end, and wire.ProblemStorage when the object store
// does not take it; then nothing of it is kept. With too many uploads under
// way it answers wire.ProblemTooMany at once.
func (s *Store) Put(ctx context.Context, owner Owner, content []byte) (wire.Media, error) {
	select {
	case s.uploads <- struct{}{}:
		defer leave(s.uploads)
	default:
		return wire.Media{}, wire.NewProblem(wire.ProblemTooMany, "too many uploads at once")
	}
	ready, err := s.prepare(ctx, content)
	if err != nil {
		return wire.Media{}, err
	}
	m := wire.Media{
		ID: id.New[id.Media](s.IDs), Kind: ready.found.Kind, Type: ready.found.Type, Bytes: len(ready.content),
		Width: ready.found.Width, Height: ready.found.Height, DurationMS: ready.found.Duration.Milliseconds(),
	}
	key, sealed, err := s.newContentKey(ctx, s.DB, m.ID, owner.Subject)
	if err != nil {
		return wire.Media{}, fmt.Errorf("making a key for an upload: %w", err)
	}
	keys := keysOf(keyOf(m.ID), m.Kind)
	if err := s.announce(ctx, keys); err != nil {
		return wire.Media{}, err
	}
	if err := s.putObjects(ctx, m, key, ready); err != nil {
		// What may have been stored is known to media_orphan and swept away.
		return wire.Media{}, fmt.Errorf("%w: %w", wire.NewProblem(wire.ProblemStorage, "the object store did not take it"), err)
	}
	if err := s.insert(ctx, owner, m, sealed, keys); err != nil {
		return wire.Media{}, err
	}
	return m, nil
}

// ready is an upload as it is kept.
type ready struct {
	found          Found
	content, thumb []byte
}

// prepare looks at an upload and cuts it down to what is kept.
func (s *Store) prepare(ctx context.Context, content []byte) (ready, error) {
	found, err := Inspect(content)
	if err != nil {
		return ready{}, err
	}
	if found.Kind == wire.MediaVoice {
		found, clean, err := inspectVoice(found.Type, content)
		return ready{found: found, content: clean}, err
	}
	return s.decodes.picture(ctx, found, content)
}

// ObjectKeys lists the keys of every object that a row names, thumbnails too.
func (s *Store) ObjectKeys(ctx context.Context) ([]string, error) {
	var rows []struct {
		Kind wire.MediaKind
		Key  string `db:"object_key"`
	}
	if err := s.DB.SelectContext(ctx, &rows, "SELECT kind, object_key FROM media ORDER BY id"); err != nil {
		return nil, fmt.Errorf("listing objects: %w", err)
	}
	var keys []string
	for _, r := range rows {
		keys = append(keys, keysOf(r.Key, r.Kind)...)
	}
	return keys, nil
}

// keyOf is where an object lies, by the month of its id.
func keyOf(m id.Media) string { return m.Time().Format("media/2006/01/") + m.String() }

// keysOf is every key an upload takes.
func keysOf(key string, kind wire.MediaKind) []string {
	if kind == wire.MediaPicture {
		return []string{key, key + thumbSuffix}
	}
	return []string{key}
}

// putObjects seals and stores the content and the thumbnail.
func (s *Store) putObjects(ctx context.Context, m wire.Media, with contentKey, r ready) error {
	if err := s.putObject(ctx, keyOf(m.ID), with, cell(m.ID, false), r.content); err != nil {
		return err
	}
	if m.Kind != wire.MediaPicture {
		return nil
	}
	return s.putObject(ctx, keyOf(m.ID)+thumbSuffix, with, cell(m.ID, true), r.thumb)
}

func (s *Store) putObject(ctx context.Context, key string, with contentKey, at vault.Cell, content []byte) error {
	sealed, err := with.seal(at, content, s.Random)
	if err != nil {
		return err
	}
	if err := s.Objects.Put(ctx, key, sealed); err != nil {
		return fmt.Errorf("storing %s: %w", key, err)
	}
	return nil
}

// insert adds the row and takes its objects off the list of those nobody
// holds. An upload that took longer than uploadAge is left to the sweep.
func (s *Store) insert(ctx context.Context, owner Owner, m wire.Media, contentKey []byte, keys []string) error {
	return s.DB.InTx(ctx, "keeping an upload", func(ctx context.Context, tx *mysql.Tx) error {
		for _, key := range keys {
			result, err := tx.ExecContext(ctx, "DELETE FROM media_orphan WHERE object_key = ? AND at > ?", key, s.now().Add(-uploadAge))
			if err != nil {
				return fmt.Errorf("taking hold of an object: %w", err)
			}
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				return errors.Join(wire.NewProblem(wire.ProblemStorage, "the upload took too long"), err)
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO media
			(id, station, thread, member, staff, subject, kind, type, bytes, width, height, duration_ms, object_key, content_key, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			m.ID, owner.Station, owner.Thread, owner.Member, owner.Staff, owner.Subject, m.Kind, m.Type, m.Bytes,
			m.Width, m.Height, m.DurationMS, keys[0], contentKey, s.now())
		if err != nil {
			return fmt.Errorf("inserting an upload: %w", err)
		}
		return nil
	})
}

// now is the clock, as the database keeps times.
func (s *Store) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// row is a row of table media.
type row struct {
	ID       id.Media
	Station  id.Station
	Thread   id.Thread
	Member   id.Member
	Staff    id.Staff
	Subject  id.Member
	Kind     wire.MediaKind
	Type     string
	Bytes    int
	Width    int
	Height   int
	Duration int64  `db:"duration_ms"`
	Key      string `db:"object_key"`
	// ContentKey is sealed; empty for what was kept before there were any.
	ContentKey []byte `db:"content_key"`
}

const rowQuery = `SELECT id, station, thread, member, staff, subject, kind, type, bytes, width, height, duration_ms, object_key, content_key
	FROM media`

func load(ctx context.Context, q sqlx.QueryerContext, m id.Media) (row, error) {
	var r row
	err := sqlx.GetContext(ctx, q, &r, rowQuery+" WHERE id = ?", m)
	if errors.Is(err, sql.ErrNoRows) {
		return r, gone("%s is not there", m)
	}
	if err != nil {
		return r, fmt.Errorf("reading upload %s: %w", m, err)
	}
	return r, nil
}

// Load reads what an upload is and whose, or answers wire.ProblemMediaGone.
func (s *Store) Load(ctx context.Context, q sqlx.QueryerContext, m id.Media) (Item, error) {
	r, err := load(ctx, q, m)
	if err != nil {
		return Item{}, err
	}
	return Item{
		Media: wire.Media{
			ID: r.ID, Kind: r.Kind, Type: r.Type, Bytes: r.Bytes, Width: r.Width, Height: r.Height, DurationMS: r.Duration,
		},
		Owner: Owner{Station: r.Station, Thread: r.Thread, Subject: r.Subject, Member: r.Member, Staff: r.Staff},
	}, nil
}

// Read reads an upload's content, or a picture's thumbnail, and its type. It
// answers wire.ProblemMediaGone when there is none, or the member it belongs to
// was erased, and wire.ProblemStorage
// when the object store does not answer. An object that was changed or
// exchanged does not open: an error, and nothing of it is handed out.
func (s *Store) Read(ctx context.Context, m id.Media, thumb bool) (content []byte, mime string, err error) {
	r, err := load(ctx, s.DB, m)
	if err != nil {
		return nil, "", err
	}
	key, mime := r.Key, r.Type
	if thumb {
		if r.Kind != wire.MediaPicture {
			return nil, "", gone("%s has no thumbnail", m)
		}
		key, mime = key+thumbSuffix, TypeJPEG
	}
	open, err := s.opener(ctx, s.DB, r)
	if err != nil {
		return nil, "", err
	}
	sealed, err := s.Objects.Get(ctx, key, MaxUpload+sealRoom)
	if errors.Is(err, ErrNoObject) {
		return nil, "", fmt.Errorf("%w: %w", gone("the object of %s is not there", m), err)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%w: reading %s: %w", wire.NewProblem(wire.ProblemStorage, "the object store did not answer"), key, err)
	}
	content, err = open(cell(m, thumb), sealed)
	if err != nil {
		return nil, "", fmt.Errorf("opening %s: %w", key, err)
	}
	return content, mime, nil
}

// Use marks an upload as used by a message or a tutorial, in the transaction
// that writes it: from then on it is kept. It answers wire.ProblemMediaGone
// when it has been swept away.
func (s *Store) Use(ctx context.Context, tx sqlx.ExecerContext, m id.Media) error {
	result, err := tx.ExecContext(ctx, "UPDATE media SET used_at = COALESCE(used_at, ?) WHERE id = ?", s.now(), m)
	if err != nil {
		return fmt.Errorf("marking upload %s as used: %w", m, err)
	}
	// The driver counts rows found, not rows changed.
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("marking upload %s as used: %w", m, err)
	}
	if n == 0 {
		return gone("%s was never used and is gone", m)
	}
	return nil
}

// gone says that an upload is not to be had.
func gone(format string, args ...any) error {
	return wire.NewProblem(wire.ProblemMediaGone, fmt.Sprintf(format, args...))
}
