package keyring

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/wire"
)

// Status is the keys and their state. It counts what is sealed with each data
// key, which looks at every row of the house's own sealed columns.
func (r *Ring) Status(ctx context.Context) (wire.KeyRing, error) {
	rows, err := r.refresh(ctx)
	if err != nil {
		return wire.KeyRing{}, err
	}
	master, err := r.masterOf(rows[0].KEK)
	if err != nil {
		return wire.KeyRing{}, err
	}
	r.mu.Lock()
	source := r.source.Name()
	r.mu.Unlock()
	ring := wire.KeyRing{Source: source, Fingerprint: master.Fingerprint(), Erased: int64(len(r.erasures.in(erased)))}
	uses, pending, err := r.uses(ctx, rows)
	if err != nil {
		return ring, err
	}
	for _, row := range slices.Backward(rows) {
		ring.Keys = append(ring.Keys, wire.DataKey{
			ID: int(row.ID), Purpose: row.Purpose, State: row.State, Since: row.CreatedAt, Uses: uses[row.use()],
		})
	}
	if rotating(rows) {
		seals, err := active(rows)
		if err != nil {
			return ring, err
		}
		ring.Rotation = &wire.Rotation{To: int(seals.ID), Done: uses[seals.use()], Left: pending, Since: seals.CreatedAt}
	}
	return ring, r.addFigures(ctx, &ring)
}

// use is what a row's uses are counted under. The index key has none that
// could be counted.
func (k dataKey) use() uint32 {
	if k.Purpose != vault.PurposeSeal {
		return 0
	}
	return k.ID
}

// addFigures adds what single questions answer.
func (r *Ring) addFigures(ctx context.Context, ring *wire.KeyRing) error {
	if err := r.db.GetContext(ctx, &ring.Members, "SELECT COUNT(*) FROM member_key"); err != nil {
		return fmt.Errorf("counting members' keys: %w", err)
	}
	var sheet time.Time
	err := r.db.GetContext(ctx, &sheet, "SELECT at FROM key_mark WHERE mark = ?", markSheet)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("asking for the recovery sheet: %w", err)
	}
	ring.SheetAt = sheet
	var setting struct {
		Name  string `db:"Variable_name"`
		Value string `db:"Value"`
	}
	err = r.db.GetContext(ctx, &setting, "SHOW GLOBAL VARIABLES LIKE 'innodb_encrypt_tables'")
	if err != nil && !errors.Is(err, sql.ErrNoRows) { // a server that does not know it does not do it
		return fmt.Errorf("asking for encryption at rest: %w", err)
	}
	ring.AtRest = setting.Value == "ON" || setting.Value == "FORCE"
	return nil
}

// uses counts what is sealed with each data key, and what of that is still to
// be sealed anew. Members' columns are looked at only while something of them
// may be sealed with a data key, events only while an old key is in use.
func (r *Ring) uses(ctx context.Context, rows []dataKey) (uses map[uint32]int64, pending int64, err error) {
	uses = map[uint32]int64{}
	var wrapped []struct {
		DataKey uint32 `db:"data_key"`
		N       int64
	}
	if err := r.db.SelectContext(ctx, &wrapped, "SELECT data_key, COUNT(*) AS n FROM member_key GROUP BY data_key"); err != nil {
		return nil, 0, fmt.Errorf("counting members' keys: %w", err)
	}
	for _, w := range wrapped {
		uses[w.DataKey] += w.N
		if w.DataKey != r.Active() {
			pending += w.N
		}
	}
	own, err := r.marked(ctx, markOwn)
	if err != nil {
		return nil, 0, err
	}
	columns, err := r.presentColumns(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, c := range columns {
		if c.owner != "" && !c.mixed && own {
			continue
		}
		left, err := r.usesOf(ctx, c, uses)
		if err != nil {
			return nil, 0, err
		}
		pending += left
	}
	if opening(rows) { // what keeps an old key in use
		_, err = r.usesOf(ctx, column{table: "outbox", name: "body"}, uses)
	}
	return uses, pending, err
}

// usesOf adds the uses of data keys in a column, and returns how many of them
// are to be sealed anew.
func (r *Ring) usesOf(ctx context.Context, c column, uses map[uint32]int64) (left int64, err error) {
	var found []struct {
		Key     []byte
		N, Left int64
	}
	err = r.db.SelectContext(ctx, &found, c.count(), idBytes(r.Active()))
	if err != nil {
		return 0, fmt.Errorf("counting what is sealed in %s: %w", c, err)
	}
	for _, f := range found {
		if len(f.Key) == 4 {
			uses[binary.BigEndian.Uint32(f.Key)] += f.N
			left += f.Left
		}
	}
	return left, nil
}
