package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault"
	"forecourt/hub/internal/platform/vault/vaulttest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// TestWhatTheKeyFileSealedOpensAndIsFound: an installation from before keys
// were wrapped goes on.
func TestWhatTheKeyFileSealedOpensAndIsFound(t *testing.T) {
	h := newHouse(t)
	before := h.legacy(t)
	m := h.old(t, before, 1)
	r := h.open(t)
	if got := h.phones(t, r)[m]; got != phoneOf(1) {
		t.Errorf("the phone reads %q", got)
	}
	if r.Blind("member.phone", phoneOf(1)) != before.Blind("member.phone", phoneOf(1)) || r.MAC("nozzle", nil) != before.MAC("nozzle", nil) {
		t.Error("the indexes moved")
	}
	if r.Blind("p", "x") != vaulttest.ForTest().Blind("p", "x") {
		t.Error("the ring for tests and the vault for tests differ")
	}
	if version, _ := h.sealedBy(t, m); version != 1 {
		t.Error("opening the keys sealed something anew")
	}
	done, err := r.RotateAll(t.Context())
	if err != nil || done != 3 {
		t.Fatalf("sealed %d fields anew (%v), want name, phone and plate", done, err)
	}
	if version, _ := h.sealedBy(t, m); version != 2 {
		t.Error("the phone is still sealed with the house's key")
	}
	if got := h.phones(t, h.open(t))[m]; got != phoneOf(1) {
		t.Errorf("then the phone reads %q", got)
	}
}

// TestANewInstallationHasRandomKeys: they have nothing to do with the file,
// whether that was made for them or just before, and stay.
func TestANewInstallationHasRandomKeys(t *testing.T) {
	for name, dir := range map[string]string{"no file": filepath.Join(t.TempDir(), "keys"), "a file": keyringtest.Dir(t)} {
		h := newHouse(t)
		h.dir, h.fileWasThere = dir, false
		r := h.open(t)
		if r.Blind("p", "x") == h.legacy(t).Blind("p", "x") {
			t.Errorf("%s: the index key is made of the file", name)
		}
		again := h.open(t)
		if r.Blind("p", "x") != again.Blind("p", "x") || r.Derive("audit/v1") != again.Derive("audit/v1") {
			t.Errorf("%s: the second time the keys are others", name)
		}
		if r.Derive("audit/v1") == r.Derive("audit/v2") {
			t.Errorf("%s: two labels derive the same", name)
		}
	}
}

// TestAStationFromBeforeKeepsItsCodes: codes at the nozzles are made with the
// index key, and may be all that the key file was ever used for.
func TestAStationFromBeforeKeepsItsCodes(t *testing.T) {
	h := newHouse(t)
	h.fileWasThere = false // but a station was
	if err := h.station(t); err != nil {
		t.Fatal(err)
	}
	if h.open(t).MAC("nozzle", nil) != h.legacy(t).MAC("nozzle", nil) {
		t.Error("the codes changed")
	}
	h = newHouse(t)
	h.dir = t.TempDir()
	if err := h.station(t); err != nil {
		t.Fatal(err)
	}
	o := h.options(mysqltest.Log(t))
	o.Source = vault.Passphrase{Dir: h.dir, Ask: func() ([]byte, error) { return []byte("long enough, surely"), nil }}
	if err := o.Source.Create(new(counting)); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "rekey") {
		t.Errorf("with a passphrase at once: %v", err)
	}
}

func (h *house) station(t *testing.T) error {
	_, err := h.db.ExecContext(t.Context(), "INSERT INTO station (id, name, zone, minimum_ml, want_rev, created_at) VALUES (?, '站', 'Asia/Shanghai', 5000, 0, ?)",
		id.New[id.Station](h.ids), h.now())
	return err
}

// TestS074ALostOrWrongKeyIsRefused and nothing is written.
func TestS074ALostOrWrongKeyIsRefused(t *testing.T) {
	h := newHouse(t)
	h.dir = filepath.Join(t.TempDir(), "keys")
	r := h.open(t)
	h.register(t, r, 1)
	before := h.dump(t)
	key := filepath.Join(h.dir, vault.FileName)
	if err := os.Rename(key, key+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), h.options(mysqltest.Log(t))); !errors.Is(err, vault.ErrNoKey) || !strings.Contains(err.Error(), key) {
		t.Errorf("without its key: %v", err)
	}
	if _, err := os.Stat(key); !errors.Is(err, os.ErrNotExist) {
		t.Error("a new key was made beside what a lost one sealed")
	}
	copyFile(t, filepath.Join(keyringtest.Dir(t), vault.FileName), key)
	_, err := keyring.Open(t.Context(), h.options(mysqltest.Log(t)))
	if !errors.Is(err, vault.ErrWrongKey) {
		t.Fatalf("with another key: %v", err)
	}
	wanted, err2 := keyring.Wanted(t.Context(), h.db)
	masters, err3 := vault.File{Dir: h.dir}.Masters()
	if err := errors.Join(err2, err3); err != nil {
		t.Fatal(err)
	}
	for _, print := range []string{wanted, masters[0].Fingerprint()} {
		if !strings.Contains(err.Error(), print) {
			t.Errorf("%q does not name %s", err, print)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the keys were changed:\n%s\nbecame\n%s", before, after)
	}
	if err := os.Rename(key+".away", key); err != nil {
		t.Fatal(err)
	}
	h.open(t)
}

// dump is everything about keys in the database.
func (h *house) dump(t *testing.T) string {
	t.Helper()
	var lines []string
	err := h.db.SelectContext(t.Context(), &lines, `SELECT CONCAT(purpose, id, state, kek, HEX(wrapped)) FROM data_key
		UNION ALL SELECT CONCAT(HEX(member), data_key, HEX(wrapped)) FROM member_key ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// TestTheFileOfAnotherInstallationIsNotTakenOver: before keys were wrapped
// nothing in the database named the file.
func TestTheFileOfAnotherInstallationIsNotTakenOver(t *testing.T) {
	h := newHouse(t)
	h.old(t, h.legacy(t), 1)
	h.dir = t.TempDir()
	if err := (vault.File{Dir: h.dir}).Create(new(counting)); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), h.options(mysqltest.Log(t))); !errors.Is(err, vault.ErrWrongKey) {
		t.Errorf("another installation's file: %v", err)
	}
	if dump := h.dump(t); dump != "" {
		t.Errorf("keys were written:\n%s", dump)
	}
}

// counting is a source of bytes for tests.
type counting struct{ n byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

// TestS074KeysDoNotMoveBetweenMembers: rows of the database exchanged by
// whoever holds it open nothing.
func TestS074KeysDoNotMoveBetweenMembers(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	one, other := h.register(t, r, 1), h.register(t, r, 2)
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE member_key a JOIN member_key b ON b.member = ?
			SET a.wrapped = b.wrapped WHERE a.member = ?`, other, one)
		return err
	})
	if _, err := h.open(t).MemberKey(t.Context(), h.db, one); !errors.Is(err, vault.ErrRefused) {
		t.Errorf("with another member's key: %v", err)
	}
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE member a JOIN member b ON b.id = ? SET a.phone = b.phone WHERE a.id = ?", other, one)
		return err
	})
	key, err := r.MemberKey(t.Context(), h.db, one) // still remembered
	if err != nil {
		t.Fatal(err)
	}
	var sealed []byte
	if err := h.db.GetContext(t.Context(), &sealed, "SELECT phone FROM member WHERE id = ?", one); err != nil {
		t.Fatal(err)
	}
	if plain, err := key.Open(phoneCell(one), sealed); !errors.Is(err, vault.ErrRefused) {
		t.Errorf("another member's phone opened as %q, %v", plain, err)
	}
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE data_key SET wrapped = (SELECT w FROM (SELECT wrapped AS w FROM data_key WHERE purpose = 'index') x) WHERE purpose = 'seal'")
		return err
	})
	if _, err := keyring.Open(t.Context(), h.options(mysqltest.Log(t))); !errors.Is(err, vault.ErrRefused) {
		t.Errorf("with the index key in the seal key's place: %v", err)
	}
}

func TestMembersKeysAreReadTogether(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	one, other := h.register(t, r, 1), h.register(t, r, 2)
	unknown := id.New[id.Member](h.ids)
	for _, ring := range []*keyring.Ring{r, h.open(t)} {
		keys, err := ring.MemberKeys(t.Context(), h.db, one, other, one, unknown)
		if err != nil || len(keys) != 2 || keys[one] == nil || keys[other] == nil {
			t.Errorf("keys %v, %v", keys, err)
		}
		if _, err := ring.MemberKey(t.Context(), h.db, unknown); !errors.Is(err, vault.ErrErased) {
			t.Errorf("nobody's key: %v", err)
		}
	}
	if keys, err := r.MemberKeys(t.Context(), h.db); err != nil || len(keys) != 0 {
		t.Errorf("no members: %v, %v", keys, err)
	}
}

func TestAKeyMadeInARolledBackTransactionIsGone(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	m, refused := id.New[id.Member](h.ids), errors.New("refused")
	err := h.db.InTx(t.Context(), "test", func(ctx context.Context, tx *mysql.Tx) error {
		if _, err := r.NewMemberKey(ctx, tx, m); err != nil {
			return err
		}
		if _, err := r.MemberKey(ctx, tx, m); err != nil {
			t.Errorf("within its transaction: %v", err)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if _, err := h.open(t).MemberKey(t.Context(), h.db, m); !errors.Is(err, vault.ErrErased) {
		t.Errorf("then: %v", err)
	}
}

// TestAnotherProcessesKeyIsFound: a field sealed with a data key that was made
// since is opened.
func TestAnotherProcessesKeyIsFound(t *testing.T) {
	h := newHouse(t)
	hub, tool := h.open(t), h.open(t)
	if _, err := tool.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := vault.Cell{Table: "staff", Column: "name"}
	sealed := tool.Seal(at, []byte("李四"))
	if by, _ := vault.House(sealed); by != 2 || hub.Active() != 1 {
		t.Fatalf("sealed with %d, the hub seals with %d", by, hub.Active())
	}
	if plain, err := hub.Open(at, sealed); err != nil || string(plain) != "李四" {
		t.Errorf("opened as %q, %v", plain, err)
	}
	if hub.Active() != 2 {
		t.Error("the hub seals with the old key though it knows better")
	}
	forged := bytes.Clone(sealed)
	forged[2] = 0x7f
	for range 3 {
		if _, err := hub.Open(at, forged); !errors.Is(err, vault.ErrUnknownKey) {
			t.Errorf("a key that nobody has: %v", err)
		}
	}
}

func TestStatusTellsWhereKeysStand(t *testing.T) {
	h := newHouse(t)
	h.old(t, h.legacy(t), 1)
	r := h.open(t)
	m := h.register(t, r, 2)
	ring, err := r.Rotate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if ring.Source != "file" || len(ring.Fingerprint) != 8 || ring.Members != 2 || ring.Rotation == nil {
		t.Fatalf("after the rotation began: %+v", ring)
	}
	// Two members' keys, and the old member's name, phone and plate.
	if ro := *ring.Rotation; ro.To != 2 || ro.Done != 0 || ro.Left != 5 || ro.Since.IsZero() {
		t.Errorf("the rotation: %+v", ro)
	}
	var problem *wire.Problem
	if _, err := r.Rotate(t.Context()); !errors.As(err, &problem) || problem.Type != wire.ProblemRotating {
		t.Errorf("a second rotation at once: %v", err)
	}
	if _, err := r.RotateAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.must(t, func(ctx context.Context, tx *mysql.Tx) error {
		return errors.Join(r.NoteSheet(ctx, tx), r.DestroyMemberKey(ctx, tx, m))
	})
	if ring, err = r.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ring.Rotation != nil || ring.Members != 1 || ring.Erased != 1 || ring.SheetAt.IsZero() {
		t.Errorf("in the end: %+v", ring)
	}
	var keys []string
	for _, k := range ring.Keys {
		keys = append(keys, k.Purpose+" "+string(k.State))
	}
	if got := strings.Join(keys, ", "); got != "seal active, seal retired, index active" {
		t.Errorf("the keys: %s", got)
	}
	if ring.Keys[0].Uses != 1 || ring.Keys[1].Uses != 0 {
		t.Errorf("their uses: %+v", ring.Keys)
	}
}
