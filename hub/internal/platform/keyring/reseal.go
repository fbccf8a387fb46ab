package keyring

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// swap is one field and what it is to become.
type swap struct{ key, old, new []byte }

// rewrapPage wraps the next members' keys with the active data key. What the
// keys sealed stays as it is.
func (r *Ring) rewrapPage(ctx context.Context) (int, error) {
	s := &r.sweep
	var rows []memberKey
	// One index range for each old key would be a little faster; there are few
	// old keys and this is read once a rotation.
	err := r.db.SelectContext(ctx, &rows, `SELECT member, version, data_key, wrapped FROM member_key
		WHERE member > ? AND data_key <> ? ORDER BY member LIMIT ?`, least(s.after), s.to, batch)
	if err != nil {
		return 0, fmt.Errorf("reading members' keys: %w", err)
	}
	var swaps []swap
	for _, row := range rows {
		wrapped, _, err := r.RewrapKey(row.Member, row.Version, row.Wrapped)
		if refused(err) {
			s.broken++
			r.log.Error("a member's key does not open", "member", row.Member, "error", err)
			continue
		}
		if err != nil {
			return 0, err
		}
		swaps = append(swaps, swap{key: bytesOf(row.Member), old: row.Wrapped, new: wrapped})
	}
	done, err := r.swapAll(ctx, "wrapping members' keys", func(ctx context.Context, tx *mysql.Tx, w swap) (sql.Result, error) {
		by, _ := vault.House(w.new)
		return tx.ExecContext(ctx, "UPDATE member_key SET data_key = ?, wrapped = ? WHERE member = ? AND wrapped = ?", by, w.new, w.key, w.old)
	}, swaps)
	if err != nil {
		return 0, err
	}
	if len(rows) < batch {
		s.next()
	} else {
		s.after = bytesOf(rows[len(rows)-1].Member)
	}
	return done, nil
}

// field is a sealed field that is to be sealed anew.
type field struct {
	ID, Sealed []byte
	Owner      id.Member
}

// resealPage looks at the next rows of a column and seals anew what is sealed
// with an old data key, or with one though it belongs to a member.
func (r *Ring) resealPage(ctx context.Context, c column) (int, error) {
	s := &r.sweep
	fields, end, err := r.page(ctx, c)
	if err != nil {
		return 0, err
	}
	swaps, err := r.resealed(ctx, c, fields)
	if err != nil {
		return 0, err
	}
	statement := c.swap()
	done, err := r.swapAll(ctx, "sealing "+c.String()+" anew", func(ctx context.Context, tx *mysql.Tx, w swap) (sql.Result, error) {
		return tx.ExecContext(ctx, statement, w.new, w.key, w.old)
	}, swaps)
	if err != nil {
		return 0, err
	}
	if end == nil {
		s.next()
	} else {
		s.after = end
	}
	return done, nil
}

// page reads the next page of a column: what of it is to be sealed anew, and
// its last key, nil if it is the last page.
func (r *Ring) page(ctx context.Context, c column) (fields []field, end []byte, err error) {
	s := &r.sweep
	err = r.db.GetContext(ctx, &end, c.end(), least(s.after), batch-1)
	last := errors.Is(err, sql.ErrNoRows)
	if err != nil && !last {
		return nil, nil, fmt.Errorf("looking through %s: %w", c, err)
	}
	args := []any{least(s.after), idBytes(s.to)}
	if !last {
		args = append(args, end)
	}
	if err := r.db.SelectContext(ctx, &fields, c.page(last), args...); err != nil {
		return nil, nil, fmt.Errorf("looking through %s: %w", c, err)
	}
	return fields, end, nil
}

// resealed seals fields anew.
func (r *Ring) resealed(ctx context.Context, c column, fields []field) ([]swap, error) {
	var owners []id.Member
	for _, f := range fields {
		if !f.Owner.IsZero() {
			owners = append(owners, f.Owner)
		}
	}
	keys, err := r.MemberKeys(ctx, r.db, owners...)
	if err != nil {
		return nil, err
	}
	var swaps []swap
	for _, f := range fields {
		at := vault.Cell{Table: c.table, Column: c.name, Row: [16]byte(f.ID)}
		sealed, err := r.reseal(ctx, at, f, keys[f.Owner])
		if refused(err) || errors.Is(err, vault.ErrErased) {
			r.sweep.broken++
			r.log.Error("a field does not open", "column", c, "row", hex.EncodeToString(f.ID), "error", err)
			continue
		}
		if err != nil {
			return nil, err
		}
		swaps = append(swaps, swap{key: f.ID, old: f.Sealed, new: sealed})
	}
	return swaps, nil
}

// reseal is a field sealed anew: with the active data key, or with its
// member's own key. What is left of an erased member from before members had
// keys is sealed with a key that nobody keeps.
func (r *Ring) reseal(ctx context.Context, at vault.Cell, f field, key *vault.Key) ([]byte, error) {
	plain, err := r.Vault.Open(at, f.Sealed)
	if err != nil {
		return nil, err
	}
	switch {
	case f.Owner.IsZero():
		return r.Vault.Seal(at, plain), nil
	case key != nil:
		return key.Seal(at, plain), nil
	}
	var gone bool
	err = r.db.GetContext(ctx, &gone, "SELECT EXISTS (SELECT 1 FROM member WHERE id = ? AND erased_at IS NOT NULL)", f.Owner)
	if err != nil {
		return nil, fmt.Errorf("looking whether a member was erased: %w", err)
	}
	if !gone && !r.erasures.has(f.Owner) {
		return nil, vault.ErrErased
	}
	thrown, _, err := r.NewKey(f.Owner, keyVersion)
	if err != nil {
		return nil, err
	}
	return thrown.Seal(at, plain), nil
}

// swapAll replaces fields in one transaction and counts those that were as
// they had been read.
func (r *Ring) swapAll(ctx context.Context, what string, update func(context.Context, *mysql.Tx, swap) (sql.Result, error), swaps []swap) (done int, err error) {
	if len(swaps) == 0 {
		return 0, nil
	}
	r.sweep.changed += len(swaps)
	err = r.db.InTx(ctx, what, func(ctx context.Context, tx *mysql.Tx) error {
		done = 0
		for _, w := range swaps {
			result, err := update(ctx, tx, w)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			done += int(n)
		}
		return nil
	})
	return done, err
}
