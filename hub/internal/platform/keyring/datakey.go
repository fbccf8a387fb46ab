package keyring

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/wire"
)

const (
	// firstID is the id of an installation's first data key, and of its index
	// key.
	firstID = 1
	// lookTimeout bounds looking for a key that a field names.
	lookTimeout = 5 * time.Second
	// maxLost bounds how many keys are remembered as not there.
	maxLost = 1000
)

// dataKey is a row of table data_key.
type dataKey struct {
	Purpose   string
	ID        uint32
	State     wire.KeyState
	KEK       string `db:"kek"`
	Wrapped   []byte
	Adopted   bool
	CreatedAt time.Time    `db:"created_at"`
	SweptAt   sql.NullTime `db:"swept_at"`
}

const dataKeys = "SELECT purpose, id, state, kek, wrapped, adopted, created_at, swept_at FROM data_key"

func readDataKeys(ctx context.Context, q sqlx.QueryerContext, more string) ([]dataKey, error) {
	var rows []dataKey
	if err := sqlx.SelectContext(ctx, q, &rows, dataKeys+" ORDER BY purpose, id"+more); err != nil {
		return nil, fmt.Errorf("reading the data keys: %w", err)
	}
	return rows, nil
}

// active is the row of the data key that seals.
func active(rows []dataKey) (dataKey, error) {
	for _, row := range rows {
		if row.Purpose == vault.PurposeSeal && row.State == wire.KeyActive {
			return row, nil
		}
	}
	return dataKey{}, errors.New("keyring: no data key is active")
}

// openDataKeys makes the vault of the data keys, which are made where there
// are none.
func (r *Ring) openDataKeys(ctx context.Context) error {
	rows, err := readDataKeys(ctx, r.db, "")
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		if err := r.begin(ctx); err != nil {
			return err
		}
		if rows, err = readDataKeys(ctx, r.db, ""); err != nil {
			return err
		}
	}
	parts := vault.Parts{Random: r.random, Missing: r.lookAgain}
	for _, row := range rows {
		secret, err := r.unwrap(row)
		if err != nil {
			return err
		}
		if row.Purpose == vault.PurposeIndex {
			parts.Index = secret
			continue
		}
		parts.Keys = append(parts.Keys, vault.DataKey{ID: row.ID, Secret: secret})
	}
	seals, err := active(rows)
	if err != nil {
		return err
	}
	if rows[0].Purpose != vault.PurposeIndex {
		return errors.New("keyring: the index key is missing from the database")
	}
	parts.Active = seals.ID
	r.Vault, err = vault.New(parts)
	return err
}

// unwrap is the key of a row.
func (r *Ring) unwrap(row dataKey) ([vault.SecretBytes]byte, error) {
	master, err := r.masterOf(row.KEK)
	if err != nil {
		return [vault.SecretBytes]byte{}, err
	}
	return master.Unwrap(row.Purpose, row.ID, row.Wrapped)
}

// masterOf is the master key with a fingerprint. The source is asked again
// when it is another than the one in use: somebody has changed it.
func (r *Ring) masterOf(print string) (*vault.Master, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.master != nil && r.master.Fingerprint() == print {
		return r.master, nil
	}
	masters, err := r.source.Masters()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, m := range masters {
		if m.Fingerprint() == print {
			r.master = m
			return m, nil
		}
		found = append(found, m.Fingerprint())
	}
	return nil, fmt.Errorf("%w: it wants the key with fingerprint %s, the %s has %s",
		vault.ErrWrongKey, print, r.source.Name(), strings.Join(found, ", "))
}

// begin makes the first data keys. When another process does so at the same
// time, its keys stand.
func (r *Ring) begin(ctx context.Context) error {
	keys, index, adopted, err := r.firstKeys(ctx)
	if err != nil {
		return err
	}
	row := dataKey{Purpose: vault.PurposeIndex, ID: firstID, State: wire.KeyActive, Adopted: adopted}
	err = r.db.InTx(ctx, "keeping the first data keys", func(ctx context.Context, tx *mysql.Tx) error {
		if err := r.insert(ctx, tx, row, index); err != nil {
			return err
		}
		for i, k := range keys {
			row := dataKey{Purpose: vault.PurposeSeal, ID: k.ID, State: wire.KeyOpening, Adopted: adopted}
			if i == len(keys)-1 {
				row.State = wire.KeyActive
			}
			if err := r.insert(ctx, tx, row, k.Secret); err != nil {
				return err
			}
		}
		return nil
	})
	if mysql.IsDuplicate(err) {
		return nil
	}
	return err
}

// insert adds a data key, wrapped with the master key in use.
func (r *Ring) insert(ctx context.Context, tx *mysql.Tx, row dataKey, secret [vault.SecretBytes]byte) error {
	r.mu.Lock()
	master := r.master
	r.mu.Unlock()
	_, err := tx.ExecContext(ctx, `INSERT INTO data_key (purpose, id, state, kek, wrapped, adopted, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, row.Purpose, row.ID, row.State, master.Fingerprint(),
		master.Wrap(row.Purpose, row.ID, secret, r.random), row.Adopted, r.now())
	if err != nil {
		return fmt.Errorf("keeping %s key %d: %w", row.Purpose, row.ID, err)
	}
	return nil
}

// firstKeys is the data keys of an installation that has none yet, and its
// index key: those it used until now, which are adopted, or random ones.
func (r *Ring) firstKeys(ctx context.Context) (keys []vault.DataKey, index [vault.SecretBytes]byte, adopted bool, err error) {
	was, err := r.before(ctx)
	if err != nil {
		return nil, index, false, err
	}
	masters, err := r.source.Masters()
	made := errors.Is(err, vault.ErrNoKey) && !was.Sealed
	if made {
		if err := r.source.Create(r.random); err != nil {
			return nil, index, false, err
		}
		masters, err = r.source.Masters()
	}
	if err != nil {
		return nil, index, false, err
	}
	r.mu.Lock()
	r.master = masters[len(masters)-1]
	r.mu.Unlock()
	if made || !was.Used {
		keys, index, err = r.randomKeys()
		return keys, index, false, err
	}
	if _, phrase := r.source.(vault.Passphrase); phrase {
		return nil, index, false, errFromFile
	}
	if keys, index, err = vault.Legacy(masters...); err != nil {
		return nil, index, false, err
	}
	return keys, index, true, r.tryKeys(ctx, keys, index)
}

// errFromFile says that the keys cannot be taken over from here.
var errFromFile = errors.New("keyring: this installation was sealed with its key file; " +
	"start once with keys.source: file, and then run `hub keys rekey --passphrase`")

// randomKeys is the keys of a new installation.
func (r *Ring) randomKeys() (keys []vault.DataKey, index [vault.SecretBytes]byte, err error) {
	first := vault.DataKey{ID: firstID}
	for _, secret := range [][]byte{first.Secret[:], index[:]} {
		if _, err := io.ReadFull(r.random, secret); err != nil {
			return nil, index, fmt.Errorf("reading randomness: %w", err)
		}
	}
	return []vault.DataKey{first}, index, nil
}

// before is what an installation without wrapped keys did until now. One that
// is Used has printed codes for its nozzles, if nothing else; one that has
// Sealed something must not lose its key.
type before struct{ Used, Sealed bool }

func (r *Ring) before(ctx context.Context) (was before, err error) {
	err = r.db.GetContext(ctx, &was, `SELECT EXISTS (SELECT 1 FROM station) AS used,
		EXISTS (SELECT 1 FROM member) OR EXISTS (SELECT 1 FROM media) AS sealed`)
	if err != nil {
		return was, fmt.Errorf("looking whether anything is sealed: %w", err)
	}
	was.Used = was.Used || was.Sealed || r.adopt
	return was, nil
}

// triedFields is how many fields keys are tried on: one alone may be damaged.
const triedFields = 20

// tryKeys tries keys that are about to be taken over on fields that they must
// have sealed: those of another installation would hide that the right ones are
// gone.
func (r *Ring) tryKeys(ctx context.Context, keys []vault.DataKey, index [vault.SecretBytes]byte) error {
	var rows []struct{ ID, Phone []byte }
	err := r.db.SelectContext(ctx, &rows, "SELECT id, phone FROM member WHERE phone IS NOT NULL ORDER BY id LIMIT ?", triedFields)
	if err != nil {
		return fmt.Errorf("looking for a sealed field: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	v, err := vault.New(vault.Parts{Random: r.random, Index: index, Keys: keys, Active: keys[len(keys)-1].ID})
	if err != nil {
		return err
	}
	for _, row := range rows {
		_, err = v.Open(vault.Cell{Table: "member", Column: "phone", Row: [16]byte(row.ID)}, row.Phone)
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: the %s does not open what is there: %w", vault.ErrWrongKey, r.source.Name(), err)
}

// refresh takes up what other processes did to the data keys.
func (r *Ring) refresh(ctx context.Context) ([]dataKey, error) {
	rows, err := readDataKeys(ctx, r.db, "")
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Purpose != vault.PurposeSeal || r.Has(row.ID) {
			continue
		}
		secret, err := r.unwrap(row)
		if err != nil {
			return nil, fmt.Errorf("taking up data key %d, which another process made: %w", row.ID, err)
		}
		if err := r.Take(vault.DataKey{ID: row.ID, Secret: secret}); err != nil {
			return nil, err
		}
	}
	seals, err := active(rows)
	if err != nil {
		return nil, err
	}
	if seals.ID != r.Active() {
		r.log.Info("another data key seals from now on", "key", seals.ID)
	}
	return rows, r.Activate(seals.ID)
}

// lookAgain looks for a data key that a field names and the vault does not
// have. What is not found is not looked for again until the next round.
func (r *Ring) lookAgain(key uint32) {
	r.mu.Lock()
	vain := r.lost[key]
	r.mu.Unlock()
	if vain {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	if _, err := r.refresh(ctx); err != nil {
		r.log.Error("looking for a data key", "key", key, "error", err)
		return
	}
	if r.Has(key) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lost) < maxLost {
		r.lost[key] = true
	}
}

// forgetLost has keys that were looked for in vain be looked for again.
func (r *Ring) forgetLost() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.lost)
}
