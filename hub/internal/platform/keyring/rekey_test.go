package keyring_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/vault"
)

func TestAnotherMasterKeyChangesNothingElse(t *testing.T) {
	h := newHouse(t)
	hub, tool := h.open(t), h.open(t)
	m := h.register(t, hub, 1)
	before := h.phones(t, hub)
	was, err := keyring.Wanted(t.Context(), h.db)
	if err != nil {
		t.Fatal(err)
	}
	is, err := tool.Rekey(t.Context(), vault.File{Dir: h.dir}, nil)
	if err != nil || is == was {
		t.Fatalf("the master key is %s, was %s (%v)", is, was, err)
	}
	// The hub at work goes on, and finds the new one when it needs it.
	if _, err := hub.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ring, err := hub.Status(t.Context()); err != nil || ring.Fingerprint != is {
		t.Errorf("the hub's master key: %+v, %v", ring, err)
	}
	if _, err := tool.RotateAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.phones(t, h.open(t)); got[m] != before[m] {
		t.Errorf("the phones read %v", got)
	}
}

// TestRekeyMayBeCutOffAnywhere: before its secret is on disk, between the file
// and the commit, and after it.
func TestRekeyMayBeCutOffAnywhere(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	m := h.register(t, r, 1)
	for name, to := range map[string]vault.Source{
		"no file":          broken{err: errors.New("disk full")},
		"between the two":  broken{Source: vault.File{Dir: h.dir}, after: true},
		"and once more so": broken{Source: vault.File{Dir: h.dir}, after: true},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if b, ok := to.(broken); ok && b.after {
			b.cut = cancel
			to = b
		}
		if _, err := r.Rekey(ctx, to, nil); err == nil {
			t.Errorf("%s: it succeeded", name)
		}
		cancel()
		if got := h.phones(t, h.open(t))[m]; got != phoneOf(1) {
			t.Errorf("%s: the phone reads %q", name, got)
		}
	}
	if _, err := r.Rekey(t.Context(), vault.File{Dir: h.dir}, nil); err != nil {
		t.Fatal(err)
	}
	if got := h.phones(t, h.open(t))[m]; got != phoneOf(1) {
		t.Errorf("after it was done: %q", got)
	}
}

// broken is a source that is cut off: before, or after it has made a secret.
type broken struct {
	vault.Source
	after bool
	cut   context.CancelFunc
	err   error
}

func (b broken) Add(random io.Reader) (*vault.Master, error) {
	if !b.after {
		return nil, b.err
	}
	defer b.cut()
	return b.Source.Add(random)
}

// TestFromFileToPassphraseAndBack, with the passphrase wrong in between.
func TestFromFileToPassphraseAndBack(t *testing.T) {
	h := newHouse(t)
	r := h.open(t)
	m := h.register(t, r, 1)
	phrase := "correct horse battery"
	by := vault.Passphrase{Dir: h.dir, Ask: func() ([]byte, error) { return []byte(phrase), nil }}
	if _, err := r.Rekey(t.Context(), by, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), h.options(mysqltest.Log(t))); !errors.Is(err, vault.ErrWrongKey) {
		t.Errorf("with the key file of before: %v", err)
	}
	o := h.options(mysqltest.Log(t))
	o.Source = by
	again, err := keyring.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.phones(t, again)[m]; got != phoneOf(1) {
		t.Errorf("the phone reads %q", got)
	}
	phrase = "wrong horse battery"
	if _, err := keyring.Open(t.Context(), o); !errors.Is(err, vault.ErrPassphrase) {
		t.Errorf("with a wrong passphrase: %v", err)
	}
	if err := os.Remove(filepath.Join(h.dir, vault.PassphraseFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), o); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("without its salt: %v", err)
	}
	if _, err := again.Rekey(t.Context(), vault.File{Dir: h.dir}, nil); err != nil {
		t.Fatal(err)
	}
	h.open(t)
}

// TestTheSheetBringsTheKeyBack: the key file is lost, the sheet is not.
func TestTheSheetBringsTheKeyBack(t *testing.T) {
	h := newHouse(t)
	h.dir = filepath.Join(t.TempDir(), "keys")
	r := h.open(t)
	m := h.register(t, r, 1)
	if _, err := r.Rekey(t.Context(), vault.File{Dir: h.dir}, nil); err != nil {
		t.Fatal(err)
	}
	master, err := r.Master(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lines := vault.Sheet(master.Secret())
	h.dir = filepath.Join(t.TempDir(), "another machine's")
	secret, err := vault.ReadSheet(lines)
	if err == nil {
		err = vault.File{Dir: h.dir}.Restore(secret)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := h.phones(t, h.open(t))[m]; got != phoneOf(1) {
		t.Errorf("the phone reads %q", got)
	}
	if err := (vault.File{Dir: h.dir}).Restore(secret); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a key file: %v", err)
	}
}
