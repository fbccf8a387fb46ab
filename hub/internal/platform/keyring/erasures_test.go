package keyring_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// erase erases a member as package flow does.
func (h *house) erase(t *testing.T, r *keyring.Ring, m id.Member) {
	t.Helper()
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error { return eraseIn(ctx, tx, r, m) })
}

func eraseIn(ctx context.Context, tx *mysql.Tx, r *keyring.Ring, m id.Member) error {
	_, err := tx.ExecContext(ctx, "UPDATE member SET name = NULL, phone = NULL, phone_index = NULL, erased_at = created_at WHERE id = ?", m)
	if err != nil {
		return err
	}
	return r.DestroyMemberKey(ctx, tx, m)
}

func TestAnErasedMembersKeyIsGone(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	m := h.register(t, r, 1)
	key, err := r.MemberKey(t.Context(), h.db, m)
	if err != nil {
		t.Fatal(err)
	}
	kept := key.Seal(phoneCell(m), []byte("a copy somewhere"))
	h.erase(t, r, m)
	for name, ring := range map[string]*keyring.Ring{"the same": r, "another": h.open(t)} {
		if _, err := ring.MemberKey(t.Context(), h.db, m); !errors.Is(err, vault.ErrErased) {
			t.Errorf("%s process: %v, want %v", name, err, vault.ErrErased)
		}
		if _, err := ring.Open(phoneCell(m), kept); !errors.Is(err, vault.ErrRefused) {
			t.Errorf("%s process opens a copy: %v", name, err)
		}
	}
	h.erase(t, r, m) // once more does nothing
	if lines := h.lines(t); len(lines) != 2 || !strings.HasPrefix(lines[0], "erasing "+m.String()) || !strings.HasPrefix(lines[1], "erased "+m.String()) {
		t.Errorf("the file says %q", lines)
	}
}

// lines is the file of erasures.
func (h *house) lines(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(h.dir, "erasures"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
}

// TestARestoredBackupIsShreddedAgain: the rows of an erased member come back
// from a backup, key and all.
func TestARestoredBackupIsShreddedAgain(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	gone, stays := h.register(t, r, 1), h.register(t, r, 2)
	restore := h.backup(t, gone)
	h.erase(t, r, gone)
	restore()
	again := h.open(t)
	if _, err := again.MemberKey(t.Context(), h.db, gone); !errors.Is(err, vault.ErrErased) {
		t.Errorf("the key is back: %v", err)
	}
	if _, err := again.MemberKey(t.Context(), h.db, stays); err != nil {
		t.Errorf("who was not erased: %v", err)
	}
	for range 2 { // until somebody has removed the rest
		if back, err := again.Replay(t.Context()); err != nil || !slices.Equal(back, []id.Member{gone}) {
			t.Errorf("back are %v, %v", back, err)
		}
	}
	h.erase(t, again, gone)
	if back, err := again.Replay(t.Context()); err != nil || len(back) != 0 {
		t.Errorf("then %v are back, %v", back, err)
	}
}

// backup keeps a member's rows and returns what brings them back.
func (h *house) backup(t *testing.T, m id.Member) (restore func()) {
	t.Helper()
	var row struct {
		Number, Name, Phone, PhoneIndex, Wrapped []byte
		DataKey                                  uint32
	}
	err := h.db.QueryRowxContext(t.Context(), `SELECT m.number, m.name, m.phone, m.phone_index, k.wrapped, k.data_key
		FROM member m JOIN member_key k ON k.member = m.id WHERE m.id = ?`, m).
		Scan(&row.Number, &row.Name, &row.Phone, &row.PhoneIndex, &row.Wrapped, &row.DataKey)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE member SET name = ?, phone = ?, phone_index = ?, erased_at = NULL WHERE id = ?",
				row.Name, row.Phone, row.PhoneIndex, m)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "INSERT INTO member_key (member, version, data_key, wrapped, created_at) VALUES (?, 1, ?, ?, ?)",
				m, row.DataKey, row.Wrapped, h.now())
			return err
		})
	}
}

// TestAnErasureThatWasRefusedIsNone: its transaction was rolled back.
func TestAnErasureThatWasRefusedIsNone(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	m, refused := h.register(t, r, 1), errors.New("money is owed")
	err := h.db.InTx(t.Context(), "test", func(ctx context.Context, tx *mysql.Tx) error {
		return errors.Join(eraseIn(ctx, tx, r, m), refused)
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if _, err := r.MemberKey(t.Context(), h.db, m); err != nil {
		t.Errorf("the same process: %v", err)
	}
	again := h.open(t)
	if got := h.phones(t, again)[m]; got != phoneOf(1) {
		t.Errorf("the phone reads %q", got)
	}
	if lines := h.lines(t); len(lines) != 2 || !strings.HasPrefix(lines[1], "kept ") {
		t.Errorf("the file says %q", lines)
	}
	h.erase(t, again, m) // a second try holds
	if back, err := h.open(t).Replay(t.Context()); err != nil || len(back) != 0 {
		t.Errorf("%v are back, %v", back, err)
	}
	if lines := h.lines(t); !strings.HasPrefix(lines[len(lines)-1], "erased ") {
		t.Errorf("the file says %q", lines)
	}
}

// TestACrashAfterTheCommitIsMadeUpFor: the key is gone, the second line was
// never written, or is torn.
func TestACrashAfterTheCommitIsMadeUpFor(t *testing.T) {
	for name, cut := range map[string]func(lines []string) string{
		"no second line": func(lines []string) string { return lines[0] + "\n" },
		"a torn one":     func(lines []string) string { return lines[0] + "\n" + lines[1][:20] },
		"a torn first":   func(lines []string) string { return lines[0] + "\n" + lines[1][:1] },
	} {
		h := newHouse(t)
		r := h.open(t)
		m, other := h.register(t, r, 1), h.register(t, r, 2)
		restore := h.backup(t, m)
		h.erase(t, r, m)
		path := filepath.Join(h.dir, "erasures")
		if err := os.WriteFile(path, []byte(cut(h.lines(t))), 0o600); err != nil {
			t.Fatal(err)
		}
		r = h.open(t)
		h.erase(t, r, other)
		restore()
		again, err := keyring.Open(t.Context(), h.options(discard()))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := again.Replay(t.Context()); err != nil || !slices.Equal(back, []id.Member{m}) {
			t.Errorf("%s: back are %v, %v", name, back, err)
		}
		if ring, err := again.Status(t.Context()); err != nil || ring.Erased != 2 {
			t.Errorf("%s: %d were erased, %v", name, ring.Erased, err)
		}
	}
}

// TestWhatAnErasedMemberLeftFromBefore: fields that the house's key sealed do
// not outlive their member.
func TestWhatAnErasedMemberLeftFromBefore(t *testing.T) {
	h := newHouse(t)
	legacy := h.legacy(t)
	m := h.old(t, legacy, 1)
	r := h.open(t)
	h.erase(t, r, m) // the vehicle stays
	if _, err := r.RotateAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	var sealed []byte
	if err := h.db.GetContext(t.Context(), &sealed, "SELECT plate FROM vehicle WHERE member = ?", m); err != nil {
		t.Fatal(err)
	}
	if _, house := vault.House(sealed); house {
		t.Error("the plate is still sealed with the house's key")
	}
}
