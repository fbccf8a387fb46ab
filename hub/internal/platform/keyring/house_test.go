package keyring_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// house is an installation: a database, a key directory and a clock.
type house struct {
	db           *mysql.DB
	dir          string
	fileWasThere bool
	now          func() time.Time
	ids          *id.Maker
}

// newHouse is one whose key file was there before keys were wrapped.
func newHouse(t *testing.T) *house {
	t.Helper()
	return &house{db: mysqltest.New(t), dir: keyringtest.Dir(t), fileWasThere: true, now: clock.Now, ids: id.NewMaker(clock.Now, rand.Reader)}
}

func (h *house) options(log *slog.Logger) keyring.Options {
	return keyring.Options{
		DB: h.db, Source: vault.File{Dir: h.dir}, Random: rand.Reader, Now: h.now, Log: log,
		Erasures: filepath.Join(h.dir, "erasures"), Adopt: h.fileWasThere,
	}
}

func (h *house) open(t *testing.T) *keyring.Ring {
	t.Helper()
	r, err := keyring.Open(t.Context(), h.options(mysqltest.Log(t)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// legacy is the vault of the key file alone: how fields were sealed before.
func (h *house) legacy(t *testing.T) *vault.Vault {
	t.Helper()
	v, err := vault.Load(h.dir, rand.Reader, vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func phoneCell(m id.Member) vault.Cell { return vault.Cell{Table: "member", Column: "phone", Row: m} }

func nameCell(m id.Member) vault.Cell { return vault.Cell{Table: "member", Column: "name", Row: m} }

func plateCell(v id.Vehicle) vault.Cell {
	return vault.Cell{Table: "vehicle", Column: "plate", Row: v}
}

// sealer seals a member's field.
type sealer interface {
	Seal(at vault.Cell, plain []byte) []byte
}

// phoneOf is the phone of the n-th member.
func phoneOf(n int) string { return fmt.Sprintf("138%08d", n) }

// enter adds member n as a row, sealed by whoever is given.
func (h *house) enter(ctx context.Context, tx *mysql.Tx, m id.Member, n int, by sealer) error {
	index := [16]byte(id.New[id.Command](h.ids))
	_, err := tx.ExecContext(ctx, "INSERT INTO member (id, number, name, phone, phone_index, created_at) VALUES (?, ?, ?, ?, ?, ?)",
		m, fmt.Sprintf("M%06d", n), by.Seal(nameCell(m), []byte("王小明")), by.Seal(phoneCell(m), []byte(phoneOf(n))), index[:], h.now())
	return err
}

// register enters member n with a key of their own.
func (h *house) register(t *testing.T, r *keyring.Ring, n int) id.Member {
	t.Helper()
	m := id.New[id.Member](h.ids)
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		key, err := r.NewMemberKey(ctx, tx, m)
		if err != nil {
			return err
		}
		return h.enter(ctx, tx, m, n, key)
	})
	return m
}

// old enters member n as it was done before members had keys, with a vehicle.
func (h *house) old(t *testing.T, v *vault.Vault, n int) id.Member {
	t.Helper()
	m, car := id.New[id.Member](h.ids), id.New[id.Vehicle](h.ids)
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		if err := h.enter(ctx, tx, m, n, v); err != nil {
			return err
		}
		index := [16]byte(car)
		_, err := tx.ExecContext(ctx, "INSERT INTO vehicle (id, member, plate, plate_index, kind, created_at) VALUES (?, ?, ?, ?, 'fuel', ?)",
			car, m, v.Seal(plateCell(car), []byte("云A12345")), index[:], h.now())
		return err
	})
	return m
}

func (h *house) must(t *testing.T, work func(context.Context, *mysql.Tx) error) {
	t.Helper()
	if err := h.db.InTx(t.Context(), "test", work); err != nil {
		t.Fatal(err)
	}
}

// phones reads the phone of every member with a ring.
func (h *house) phones(t *testing.T, r *keyring.Ring) map[id.Member]string {
	t.Helper()
	found, err := phones(t.Context(), h.db, r)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func phones(ctx context.Context, db *mysql.DB, r *keyring.Ring) (map[id.Member]string, error) {
	var rows []struct {
		ID    id.Member
		Phone []byte
	}
	if err := db.SelectContext(ctx, &rows, "SELECT id, phone FROM member WHERE phone IS NOT NULL"); err != nil {
		return nil, err
	}
	found := map[id.Member]string{}
	for _, row := range rows {
		key, err := r.MemberKey(ctx, db, row.ID)
		if err != nil {
			return nil, err
		}
		plain, err := key.Open(phoneCell(row.ID), row.Phone)
		if err != nil {
			return nil, err
		}
		found[row.ID] = string(plain)
	}
	return found, nil
}

// sealedBy is the first byte and the data key of a member's phone as it is
// stored.
func (h *house) sealedBy(t *testing.T, m id.Member) (version byte, key uint32) {
	t.Helper()
	var sealed []byte
	if err := h.db.GetContext(t.Context(), &sealed, "SELECT phone FROM member WHERE id = ?", m); err != nil {
		t.Fatal(err)
	}
	key, _ = vault.House(sealed)
	return sealed[0], key
}

// states is the data keys and where they stand, as "1 opening, 2 active".
func (h *house) states(t *testing.T) string {
	t.Helper()
	var states string
	err := h.db.GetContext(t.Context(), &states, "SELECT GROUP_CONCAT(CONCAT(id, ' ', state) ORDER BY id SEPARATOR ', ') FROM data_key WHERE purpose = 'seal'")
	if err != nil {
		t.Fatal(err)
	}
	return states
}

// copyFile copies a file as a backup would.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// discard is a log nobody reads.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
