package keyring

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

const (
	// keyVersion is the version of every member's key: it is destroyed, never
	// changed.
	keyVersion = 1
	// batch bounds the rows of one statement or transaction.
	batch = 500
)

// Keys is members' keys.
type Keys map[id.Member]*vault.Key

// memberKey is a row of table member_key.
type memberKey struct {
	Member  id.Member
	Version uint32
	DataKey uint32 `db:"data_key"`
	Wrapped []byte
}

// NewMemberKey makes a member's key, as part of the transaction that enters
// the member.
func (r *Ring) NewMemberKey(ctx context.Context, tx *mysql.Tx, m id.Member) (*vault.Key, error) {
	key, wrapped, err := r.NewKey(m, keyVersion)
	if err != nil {
		return nil, err
	}
	by, _ := vault.House(wrapped)
	_, err = tx.ExecContext(ctx, "INSERT INTO member_key (member, version, data_key, wrapped, created_at) VALUES (?, ?, ?, ?, ?)",
		m, keyVersion, by, wrapped, r.now())
	if err != nil {
		return nil, fmt.Errorf("keeping the key of member %s: %w", m, err)
	}
	tx.AfterCommit(func() { r.opened.put(m, key) })
	return key, nil
}

// MemberKey is a member's key, or vault.ErrErased.
func (r *Ring) MemberKey(ctx context.Context, q sqlx.QueryerContext, m id.Member) (*vault.Key, error) {
	keys, err := r.MemberKeys(ctx, q, m)
	if err != nil {
		return nil, err
	}
	if key, ok := keys[m]; ok {
		return key, nil
	}
	return nil, fmt.Errorf("%w (member %s)", vault.ErrErased, m)
}

// MemberKeys is the keys of members, by one query for those that are not ready
// (one for every five hundred). Erased members are missing from it.
func (r *Ring) MemberKeys(ctx context.Context, q sqlx.QueryerContext, ms ...id.Member) (Keys, error) {
	keys := make(Keys, len(ms))
	var wanted []id.Member
	for _, m := range ms {
		if _, twice := keys[m]; twice {
			continue
		}
		if keys[m] = r.opened.get(m); keys[m] == nil {
			wanted = append(wanted, m)
		}
	}
	for chunk := range slices.Chunk(wanted, batch) {
		if err := r.load(ctx, q, chunk, keys); err != nil {
			return nil, err
		}
	}
	for _, m := range wanted {
		if keys[m] == nil {
			delete(keys, m)
		}
	}
	return keys, nil
}

// load adds the keys of members that are in the database.
func (r *Ring) load(ctx context.Context, q sqlx.QueryerContext, ms []id.Member, keys Keys) error {
	var rows []memberKey
	query, args, err := sqlx.In("SELECT member, version, data_key, wrapped FROM member_key WHERE member IN (?)", raw(ms))
	if err == nil {
		err = sqlx.SelectContext(ctx, q, &rows, query, args...)
	}
	if err != nil {
		return fmt.Errorf("reading members' keys: %w", err)
	}
	for _, row := range rows {
		key, err := r.OpenKey(row.Member, row.Version, row.Wrapped)
		if err != nil {
			return fmt.Errorf("opening the key of member %s: %w", row.Member, err)
		}
		keys[row.Member] = key
		r.opened.put(row.Member, key)
	}
	return nil
}

// raw is ids as a statement's values.
func raw(ms []id.Member) [][]byte {
	values := make([][]byte, len(ms))
	for i, m := range ms {
		values[i] = bytesOf(m)
	}
	return values
}

func bytesOf(m id.Member) []byte { return m[:] }

// DestroyMemberKey destroys a member's key as part of the transaction that
// erases the member. It is noted outside the database first, so that a backup
// cannot bring it back; when tx does not commit, the key stays as it was.
func (r *Ring) DestroyMemberKey(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	if err := r.erasures.note(m, erasing); err != nil {
		return err
	}
	r.opened.ban(m)
	if _, err := tx.ExecContext(ctx, "DELETE FROM member_key WHERE member = ?", m); err != nil {
		return fmt.Errorf("destroying the key of member %s: %w", m, err)
	}
	tx.AfterCommit(func() {
		if err := r.erasures.note(m, erased); err != nil {
			r.log.Error("noting an erasure outside the database; the next start makes up for it", "member", m, "error", err)
		}
	})
	return nil
}

// giveKeys gives a key to every member who has none: those entered before
// members had keys.
func (r *Ring) giveKeys(ctx context.Context) error {
	var after id.Member
	for given := 0; ; {
		var ms []id.Member
		err := r.db.SelectContext(ctx, &ms, `SELECT m.id FROM member m LEFT JOIN member_key k ON k.member = m.id
			WHERE m.id > ? AND k.member IS NULL AND m.erased_at IS NULL ORDER BY m.id LIMIT ?`, after[:], batch)
		if err != nil {
			return fmt.Errorf("finding members without a key: %w", err)
		}
		if len(ms) == 0 {
			if given > 0 {
				r.log.Info("members have keys of their own now", "members", given)
			}
			return nil
		}
		after = ms[len(ms)-1]
		ms = slices.DeleteFunc(ms, r.erasures.has)
		if err := r.insertKeys(ctx, ms); err != nil {
			return err
		}
		given += len(ms)
	}
}

// insertKeys makes keys for members. Who got one meanwhile keeps that.
func (r *Ring) insertKeys(ctx context.Context, ms []id.Member) error {
	if len(ms) == 0 {
		return nil
	}
	rows := make([]map[string]any, len(ms))
	for i, m := range ms {
		_, wrapped, err := r.NewKey(m, keyVersion)
		if err != nil {
			return err
		}
		by, _ := vault.House(wrapped)
		rows[i] = map[string]any{"member": m[:], "version": keyVersion, "data_key": by, "wrapped": wrapped, "created_at": r.now()}
	}
	return r.db.InTx(ctx, "giving members keys", func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.NamedExecContext(ctx, `INSERT INTO member_key (member, version, data_key, wrapped, created_at)
			VALUES (:member, :version, :data_key, :wrapped, :created_at) ON DUPLICATE KEY UPDATE version = version`, rows)
		return err
	})
}
