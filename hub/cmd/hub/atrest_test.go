package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/platform/vault"
)

// vaultIn is a configuration in a directory, and the key file of it.
func vaultIn(t *testing.T) (config.Config, vault.File) {
	t.Helper()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	return cfg, vault.File{Dir: cfg.VaultDir()}
}

func mustKey(t *testing.T, cfg config.Config, source vault.Source) []byte {
	t.Helper()
	key, err := atRestKey(cfg, source, rand.Reader)
	if err != nil || len(key) != vault.SecretBytes {
		t.Fatalf("a key of %d bytes, %v", len(key), err)
	}
	return key
}

// hasData makes the database's directory look as one with data, encrypted or
// not.
func hasData(t *testing.T, cfg config.Config, encrypted bool) {
	t.Helper()
	err := os.MkdirAll(filepath.Join(cfg.DatabaseDir(), "data"), 0o700)
	if err == nil && encrypted {
		err = os.WriteFile(filepath.Join(cfg.DatabaseDir(), "encrypted"), []byte("x\n"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheDatabasesKeyIsMadeOnceAndWrapped(t *testing.T) {
	cfg, file := vaultIn(t)
	key := mustKey(t, cfg, file)
	for _, path := range atRest(cfg).files {
		content, err := os.ReadFile(path)
		if err != nil || bytes.Contains(content, key) {
			t.Errorf("%s: %q, %v", path, content, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", path, info.Mode(), err)
		}
	}
	hasData(t, cfg, true)
	if again := mustKey(t, cfg, file); !bytes.Equal(again, key) {
		t.Error("the next start has another key")
	}
	for _, lost := range atRest(cfg).files { // each is made of the other
		if err := os.Remove(lost); err != nil {
			t.Fatal(err)
		}
		if again := mustKey(t, cfg, file); !bytes.Equal(again, key) {
			t.Errorf("without %s it is another key", lost)
		}
		if _, err := os.Stat(lost); err != nil {
			t.Error(err)
		}
	}
	cfg.Database.AtRest = false
	if key, err := atRestKey(cfg, file, rand.Reader); key != nil || err != nil {
		t.Errorf("switched off: %d bytes, %v", len(key), err)
	}
	cfg.Database.AtRest, cfg.Database.DSN = true, "x"
	if key, err := atRestKey(cfg, file, rand.Reader); key != nil || err != nil {
		t.Errorf("with another's server: %d bytes, %v", len(key), err)
	}
}

// TestALostKeyIsNeverReplaced: beside what it encrypted, a new one would hide
// the loss.
func TestALostKeyIsNeverReplaced(t *testing.T) {
	cfg, file := vaultIn(t)
	mustKey(t, cfg, file)
	hasData(t, cfg, true)
	for _, path := range atRest(cfg).files {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := atRestKey(cfg, file, rand.Reader); !errors.Is(err, errNoAtRestKey) {
		t.Errorf("without its file: %v", err)
	}
	if err := os.Remove(file.Path()); err != nil {
		t.Fatal(err)
	}
	if _, err := atRestKey(cfg, file, rand.Reader); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("without the master key: %v", err)
	}
	clear, file := vaultIn(t)
	hasData(t, clear, false)
	if _, err := atRestKey(clear, file, rand.Reader); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("data in clear, whose key file is gone: %v", err)
	}
	if err := file.Create(rand.Reader); err != nil {
		t.Fatal(err)
	}
	mustKey(t, clear, file)
}

// TestTheDatabasesKeyOutlivesAChangeOfTheMasterKey, wherever that is cut off.
func TestTheDatabasesKeyOutlivesAChangeOfTheMasterKey(t *testing.T) {
	cfg, file := vaultIn(t)
	key := mustKey(t, cfg, file)
	hasData(t, cfg, true)
	old, err := file.Masters()
	if err != nil {
		t.Fatal(err)
	}
	phrase := vault.Passphrase{Dir: cfg.VaultDir(), Ask: func() ([]byte, error) { return []byte("seven quiet lamps at night"), nil }}
	fresh, err := phrase.Add(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := rewrapKeys(cfg, old, fresh, rand.Reader); err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]vault.Source{"the new master key": phrase, "the old one": file} {
		if got := mustKey(t, cfg, source); !bytes.Equal(got, key) {
			t.Errorf("%s opens another key", name)
		}
	}
	third, err := file.Add(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := rewrapKeys(cfg, []*vault.Master{fresh}, third, rand.Reader); err != nil {
		t.Fatal(err)
	}
	if _, err := atRest(cfg).read(cfg.AtRestKeyFile(), old); !errors.Is(err, vault.ErrWrongKey) || !strings.Contains(err.Error(), third.Fingerprint()) {
		t.Errorf("the first master key: %v", err)
	}
	if got := mustKey(t, cfg, file); !bytes.Equal(got, key) {
		t.Error("the third opens another key")
	}
	empty, _ := vaultIn(t)
	if err := rewrapKeys(empty, old, fresh, rand.Reader); err != nil {
		t.Errorf("where there is no key: %v", err)
	}
}

func TestABadKeyFileOfTheDatabaseIsRefused(t *testing.T) {
	cfg, file := vaultIn(t)
	mustKey(t, cfg, file)
	path := cfg.AtRestKeyFile()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(cfg.AtRestKeyCopy()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		mode    os.FileMode
	}{
		"cut":         {good[:len(good)-20], 0o600},
		"empty block": {bytes.Replace(good, good[60:90], nil, 1), 0o600},
		"readable":    {good, 0o640},
	} {
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := atRest(cfg).read(path, mastersOf(t, file)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func mastersOf(t *testing.T, source vault.Source) []*vault.Master {
	t.Helper()
	masters, err := source.Masters()
	if err != nil {
		t.Fatal(err)
	}
	return masters
}
