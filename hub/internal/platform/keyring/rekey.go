package keyring

import (
	"context"
	"fmt"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
)

// Rekey wraps every data key with a new master key of a source, which may be
// another one than until now, and returns its fingerprint. What the data keys
// sealed stays as it is.
//
// The new secret is on disk beside the old ones before anything is committed,
// and the old ones stay, so whatever cuts it off, the secret that the database
// wants is there. also, if not nil, is done in between with the new master key:
// it prepares whatever else the old one wraps, outside the database, for either.
// Processes at work notice by themselves, as long as their source is the same.
func (r *Ring) Rekey(ctx context.Context, to vault.Source, also func(fresh *vault.Master) error) (fingerprint string, err error) {
	fresh, err := to.Add(r.random)
	if err == nil && also != nil {
		err = also(fresh)
	}
	if err != nil {
		return "", fmt.Errorf("making a new master key: %w", err)
	}
	err = r.db.InTx(ctx, "wrapping the data keys anew", func(ctx context.Context, tx *mysql.Tx) error {
		rows, err := readDataKeys(ctx, tx, " FOR UPDATE")
		if err != nil {
			return err
		}
		for _, row := range rows {
			secret, err := r.unwrap(row)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "UPDATE data_key SET kek = ?, wrapped = ? WHERE purpose = ? AND id = ?",
				fresh.Fingerprint(), fresh.Wrap(row.Purpose, row.ID, secret, r.random), row.Purpose, row.ID)
			if err != nil {
				return fmt.Errorf("keeping %s key %d: %w", row.Purpose, row.ID, err)
			}
		}
		// The sheet that was printed shows the old one.
		if _, err := tx.ExecContext(ctx, "DELETE FROM key_mark WHERE mark = ?", markSheet); err != nil {
			return fmt.Errorf("noting that the recovery sheet is of no use: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.source, r.master = to, fresh
	return fresh.Fingerprint(), nil
}

// Master is the master key in use, for the recovery sheet.
func (r *Ring) Master(ctx context.Context) (*vault.Master, error) {
	print, err := Wanted(ctx, r.db)
	if err != nil {
		return nil, err
	}
	return r.masterOf(print)
}

// Wanted is the fingerprint of the master key that a database is sealed with,
// "" if it has no keys yet. It needs no key.
func Wanted(ctx context.Context, db *mysql.DB) (fingerprint string, err error) {
	rows, err := readDataKeys(ctx, db, "")
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].KEK, nil
}

// NoteSheet notes that the recovery sheet was printed.
func (r *Ring) NoteSheet(ctx context.Context, tx *mysql.Tx) error { return r.mark(ctx, tx, markSheet) }

// markSheet is set when the recovery sheet is printed.
const markSheet = "sheet"
