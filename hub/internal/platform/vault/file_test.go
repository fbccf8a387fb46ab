package vault_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"forecourt/hub/internal/platform/vault"
)

func load(dir string, mayCreate bool) (*vault.Vault, error) {
	return vault.Load(dir, rand.Reader, vault.Options{MayCreate: mayCreate})
}

// key is one block of a key file; its secret is n repeated.
func key(n int) string {
	return fmt.Sprintf("-----BEGIN FORECOURT VAULT KEY-----\nKey-Id: %d\n\n%s\n-----END FORECOURT VAULT KEY-----\n",
		n, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{byte(n)}, 32)))
}

func TestTheKeyFileIsMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := load(dir, false); !errors.Is(err, vault.ErrNoKey) || !strings.Contains(err.Error(), dir) {
		t.Fatalf("without a file: %v, want %v and where", err, vault.ErrNoKey)
	}
	first, err := load(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, vault.FileName): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v (%v), want %v", path, info.Mode().Perm(), err, mode)
		}
	}
	sealed := first.Seal(phoneCell(), []byte("13800000001"))
	for _, mayCreate := range []bool{false, true} {
		again, err := load(dir, mayCreate)
		if err != nil {
			t.Fatal(err)
		}
		if got := mustOpen(t, again, phoneCell(), sealed); got != "13800000001" {
			t.Errorf("opened as %q", got)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the directory holds %v (%v), want the key alone", entries, err)
	}
}

// TestTwoFirstStartsAgreeOnOneKey: whoever comes second takes the other's.
func TestTwoFirstStartsAgreeOnOneKey(t *testing.T) {
	dir := t.TempDir()
	vaults := make([]*vault.Vault, 16)
	var wg sync.WaitGroup
	for i := range vaults {
		wg.Go(func() {
			var err error
			if vaults[i], err = load(dir, true); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	sealed := vaults[0].Seal(phoneCell(), []byte("one"))
	for _, v := range vaults {
		mustOpen(t, v, phoneCell(), sealed)
	}
}

func TestABadKeyFileIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		mode    os.FileMode
		says    string
	}{
		"empty":              {"", 0o600, "no key"},
		"cut":                {key(1)[:80], 0o600, "cut off"},
		"short secret":       {strings.Replace(key(1), "AQEB", "", 1), 0o600, "32"},
		"something else":     {strings.ReplaceAll(key(1), "FORECOURT VAULT KEY", "PRIVATE KEY"), 0o600, "no key"},
		"junk after":         {key(1) + "junk", 0o600, "cut off"},
		"no number":          {strings.Replace(key(1), "Key-Id: 1\n", "Key-Id: x\n", 1), 0o600, "out of order"},
		"number nought":      {key(0), 0o600, "out of order"},
		"numbers descending": {key(2) + key(1), 0o600, "out of order"},
		"the same twice":     {key(1) + key(1), 0o600, "out of order"},
		"read by the group":  {key(1), 0o640, "0640"},
		"read by everyone":   {key(1), 0o604, "0604"},
		"written by others":  {key(1), 0o602, "0602"},
		"far too long":       {strings.Repeat(key(1), 1000), 0o600, "no key file"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, vault.FileName)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := load(dir, true) // and it is not replaced
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want it to say %q", name, err, c.says)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != c.content {
			t.Errorf("%s: the file was changed", name)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, vault.FileName), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := load(dir, true); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a directory: %v", err)
	}
}

// TestSeveralKeysAreReadable: a new secret seals, the old one still opens, and
// what was indexed is still found.
func TestSeveralKeysAreReadable(t *testing.T) {
	before, err := vault.Parse([]byte(key(1)), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	after, err := vault.Parse([]byte(key(1)+key(7)), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old, recent := before.Seal(phoneCell(), []byte("old")), after.Seal(phoneCell(), []byte("new"))
	if got := mustOpen(t, after, phoneCell(), old); got != "old" {
		t.Errorf("opened as %q", got)
	}
	if got := mustOpen(t, after, phoneCell(), recent); got != "new" || recent[5] != 7 {
		t.Errorf("opened as %q, sealed with key %d", got, recent[5])
	}
	if _, err := before.Open(phoneCell(), recent); !errors.Is(err, vault.ErrUnknownKey) {
		t.Errorf("without the new secret: %v, want %v", err, vault.ErrUnknownKey)
	}
	recent[5] = 1 // the other key's number on it does not help
	if _, err := after.Open(phoneCell(), recent); !errors.Is(err, vault.ErrRefused) {
		t.Errorf("with another key's number: %v, want %v", err, vault.ErrRefused)
	}
	if before.Blind("p", "x") != after.Blind("p", "x") || before.MAC("p", nil) != after.MAC("p", nil) {
		t.Error("a new secret moved the indexes")
	}
}
