package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
)

// erasures is the file of destroyed members' keys. Lines are only ever added,
// each on disk before its writer goes on:
//
//	STATE MEMBER TIME CRC
//
// STATE is erasing before the transaction that destroys the key, erased after
// it, and kept if it turned out never to have been committed; the last line of
// a member counts. CRC is the CRC-32 (IEEE, hex) of what stands before it.
type erasures struct {
	path string
	now  func() time.Time
	log  *slog.Logger

	mu    sync.Mutex
	state map[id.Member]erasure
}

// erasure is how far a member's erasing got.
type erasure string

const (
	erasing erasure = "erasing"
	erased  erasure = "erased"
	kept    erasure = "kept"
)

// maxErasures bounds the file: a million members erased.
const maxErasures = 128 << 20

// readErasures reads the file, which need not be there.
func readErasures(path string, now func() time.Time, log *slog.Logger) (*erasures, error) {
	e := &erasures{path: path, now: now, log: log, state: map[id.Member]erasure{}}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the file of erased members: %w", err)
	}
	defer func() { _ = f.Close() }() // it is only read
	content, err := io.ReadAll(io.LimitReader(f, maxErasures+1))
	if err != nil || len(content) > maxErasures {
		return nil, fmt.Errorf("reading the file of erased members %s (%d bytes): %w", path, len(content), err)
	}
	for n := 1; len(content) > 0; n++ {
		line, rest, whole := bytes.Cut(content, []byte("\n"))
		who, state, ok := parseErasure(string(line))
		switch {
		case ok && whole:
			e.state[who] = state
		case whole && len(line) > 0:
			// A line that was torn when the power failed has others behind it
			// once somebody was erased again.
			log.Warn("a line of the file of erased members cannot be read", "file", path, "line", n)
		}
		content = rest
	}
	return e, nil
}

// parseErasure reads a line.
func parseErasure(line string) (who id.Member, state erasure, ok bool) {
	parts := strings.Split(line, " ")
	if len(parts) != 4 || parts[3] != crcOf(strings.Join(parts[:3], " ")) {
		return who, "", false
	}
	who, err := id.Parse[id.Member](parts[1])
	state = erasure(parts[0])
	return who, state, err == nil && (state == erasing || state == erased || state == kept)
}

func crcOf(text string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(text))) }

// note adds a line. It is on disk when note returns.
func (e *erasures) note(who id.Member, state erasure) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if was := e.state[who]; was == state || was == erased {
		return nil
	}
	text := fmt.Sprintf("%s %s %s", state, who, e.now().UTC().Format(time.RFC3339Nano))
	if err := e.append(text + " " + crcOf(text) + "\n"); err != nil {
		return fmt.Errorf("noting an erasure: %w", err)
	}
	e.state[who] = state
	return nil
}

func (e *erasures) append(line string) error {
	if err := os.MkdirAll(filepath.Dir(e.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(e.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	torn, err := endsTorn(f)
	if err == nil {
		if torn {
			line = "\n" + line
		}
		_, err = f.WriteString(line)
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(e.path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// endsTorn reports whether a file ends in the middle of a line.
func endsTorn(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return last[0] != '\n', err
}

// has reports whether a member was erased.
func (e *erasures) has(who id.Member) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state[who] == erased
}

// in lists the members whose erasing got as far as one of states.
func (e *erasures) in(states ...erasure) []id.Member {
	e.mu.Lock()
	defer e.mu.Unlock()
	var ms []id.Member
	for who, state := range e.state {
		if slices.Contains(states, state) {
			ms = append(ms, who)
		}
	}
	slices.SortFunc(ms, func(a, b id.Member) int { return bytes.Compare(a[:], b[:]) })
	return ms
}

// Replay destroys the keys of erased members that are back, as after a restore
// from a backup, and returns the members of whom more than a number is back:
// that is for package flow to remove. Open has done the first already; Replay
// answers the same again until the second is done.
func (r *Ring) Replay(ctx context.Context) ([]id.Member, error) {
	if err := r.settleErasures(ctx); err != nil {
		return nil, err
	}
	var back []id.Member
	for chunk := range slices.Chunk(r.erasures.in(erased), batch) {
		query, args, err := sqlx.In("DELETE FROM member_key WHERE member IN (?)", raw(chunk))
		if err != nil {
			return nil, fmt.Errorf("preparing to destroy keys: %w", err)
		}
		err = r.db.InTx(ctx, "destroying keys again", func(ctx context.Context, tx *mysql.Tx) error {
			_, err := tx.ExecContext(ctx, query, args...)
			return err
		})
		if err != nil {
			return nil, err
		}
		query, args, err = sqlx.In("SELECT id FROM member WHERE erased_at IS NULL AND id IN (?) ORDER BY id", raw(chunk))
		var found []id.Member
		if err == nil {
			err = r.db.SelectContext(ctx, &found, query, args...)
		}
		if err != nil {
			return nil, fmt.Errorf("finding erased members that are back: %w", err)
		}
		back = append(back, found...)
	}
	for _, m := range back {
		r.opened.ban(m)
	}
	return back, nil
}

// settleErasures finds out what became of erasures that a crash or an error
// broke off: the key is gone if they were committed.
func (r *Ring) settleErasures(ctx context.Context) error {
	for chunk := range slices.Chunk(r.erasures.in(erasing, kept), batch) {
		query, args, err := sqlx.In("SELECT member FROM member_key WHERE member IN (?)", raw(chunk))
		var there []id.Member
		if err == nil {
			err = r.db.SelectContext(ctx, &there, query, args...)
		}
		if err != nil {
			return fmt.Errorf("settling erasures: %w", err)
		}
		for _, m := range chunk {
			state := erased
			if slices.Contains(there, m) {
				state = kept
			}
			if err := r.erasures.note(m, state); err != nil {
				return err
			}
		}
	}
	return nil
}

// Erased counts the members who were erased, and those of them whose key is in
// the database all the same: none, after Replay.
func (r *Ring) Erased(ctx context.Context) (left, erasures int, err error) {
	members := r.erasures.in(erased)
	for chunk := range slices.Chunk(members, batch) {
		query, args, err := sqlx.In("SELECT COUNT(*) FROM member_key WHERE member IN (?)", raw(chunk))
		var n int
		if err == nil {
			err = r.db.GetContext(ctx, &n, query, args...)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("counting the keys of erased members: %w", err)
		}
		left += n
	}
	return left, len(members), nil
}
