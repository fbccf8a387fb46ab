package vault_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"forecourt/hub/internal/platform/vault"
)

func prints(t *testing.T, s vault.Source) []string {
	t.Helper()
	masters, err := s.Masters()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range masters {
		all = append(all, m.Fingerprint())
	}
	return all
}

// TestSecretsAreAddedBesideTheOldOnes by several at once: none is lost.
func TestSecretsAreAddedBesideTheOldOnes(t *testing.T) {
	file := vault.File{Dir: filepath.Join(t.TempDir(), "keys")}
	if _, err := file.Masters(); !errors.Is(err, vault.ErrNoKey) {
		t.Fatalf("without a file: %v", err)
	}
	if err := file.Create(rand.Reader); err != nil {
		t.Fatal(err)
	}
	first := prints(t, file)[0]
	var mu sync.Mutex
	added := map[string]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			m, err := file.Add(rand.Reader)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			added[m.Fingerprint()] = true
		})
	}
	wg.Wait()
	all := prints(t, file)
	if len(all) != 9 || all[0] != first || len(added) != 8 {
		t.Fatalf("the file has %v, first was %s", all, first)
	}
	for _, print := range all[1:] {
		if !added[print] {
			t.Errorf("%s was added by nobody", print)
		}
	}
	if entries, err := os.ReadDir(file.Dir); err != nil || len(entries) != 1 {
		t.Errorf("the directory holds %v (%v), want the key alone", entries, err)
	}
	if err := file.Create(rand.Reader); err != nil || len(prints(t, file)) != 9 {
		t.Errorf("creating it again changed it: %v", err)
	}
}

// TestACredentialIsAKeyFileWhoeverMayReadIt.
func TestACredentialIsAKeyFileWhoeverMayReadIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), vault.CredentialName)
	credential := vault.Credential{Path: path}
	for _, c := range []vault.Credential{{}, credential} {
		if _, err := c.Masters(); !errors.Is(err, vault.ErrNoKey) {
			t.Errorf("without one: %v", err)
		}
		if err := c.Create(rand.Reader); !errors.Is(err, vault.ErrNoKey) {
			t.Errorf("it was made: %v", err)
		}
	}
	if err := os.WriteFile(path, []byte(key(1)), 0o440); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, vault.FileName), []byte(key(1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := prints(t, credential), prints(t, vault.File{Dir: dir}); got[0] != want[0] {
		t.Errorf("the same content has fingerprints %s and %s", got, want)
	}
	if _, err := credential.Add(rand.Reader); err == nil {
		t.Error("something was added to a credential")
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := credential.Masters(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("damaged: %v", err)
	}
}

func TestAPassphraseMakesASecret(t *testing.T) {
	phrase := "too short"
	p := vault.Passphrase{Dir: filepath.Join(t.TempDir(), "keys"), Ask: func() ([]byte, error) { return []byte(phrase), nil }}
	if _, err := p.Masters(); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("without its file: %v", err)
	}
	if err := p.Create(rand.Reader); !errors.Is(err, vault.ErrPassphraseShort) {
		t.Errorf("a short one: %v", err)
	}
	phrase = "加油站的密钥口令一二三四"
	if err := p.Create(rand.Reader); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(p.Path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its file: %v, %v", info, err)
	}
	first := prints(t, p)
	if again := prints(t, p); len(again) != 1 || again[0] != first[0] {
		t.Errorf("the second time the key is %v, was %v", again, first)
	}
	content, err := os.ReadFile(p.Path())
	if err != nil || bytes.Contains(content, []byte(phrase)) || !bytes.Contains(content, []byte(`"memory_kib": 65536`)) {
		t.Errorf("the file holds %s (%v)", content, err)
	}
	phrase = "another passphrase"
	if _, err := p.Masters(); !errors.Is(err, vault.ErrPassphrase) {
		t.Errorf("a wrong one: %v", err)
	}
	m, err := p.Add(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got := prints(t, p); len(got) != 1 || got[0] != m.Fingerprint() {
		t.Errorf("the new one makes %v, want %s", got, m.Fingerprint())
	}
	phrase = "加油站的密钥口令一二三四"
	if got := prints(t, p); len(got) != 1 || got[0] != first[0] {
		t.Errorf("the old one makes %v, want %v", got, first)
	}
}

func TestADamagedPassphraseFileIsRefused(t *testing.T) {
	for name, content := range map[string]string{
		"empty":            "",
		"no secrets":       `{"algorithm":"argon2id","secrets":[]}`,
		"another":          `{"algorithm":"md5","secrets":[{}]}`,
		"all the memory":   `{"algorithm":"argon2id","secrets":[{"memory_kib":4294967295,"time":3,"threads":4,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","check":"AAAAAAAAAAAAAAAAAAAAAA=="}]}`,
		"no time":          `{"algorithm":"argon2id","secrets":[{"memory_kib":65536,"time":0,"threads":4,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","check":"AAAAAAAAAAAAAAAAAAAAAA=="}]}`,
		"a salt too short": `{"algorithm":"argon2id","secrets":[{"memory_kib":65536,"time":3,"threads":4,"salt":"AA==","check":"AAAAAAAAAAAAAAAAAAAAAA=="}]}`,
	} {
		p := vault.Passphrase{Dir: t.TempDir(), Ask: func() ([]byte, error) { return []byte("long enough, surely"), nil }}
		if err := os.WriteFile(p.Path(), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Masters(); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := p.Add(rand.Reader); err == nil {
			t.Errorf("%s: it was overwritten", name)
		}
	}
}

// TestTheSheetIsReadBackAndFindsSlips: any one letter wrong, any two beside
// each other exchanged, lines in another order.
func TestTheSheetIsReadBackAndFindsSlips(t *testing.T) {
	const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	rapid.Check(t, func(t *rapid.T) {
		secret := [vault.SecretBytes]byte(rapid.SliceOfN(rapid.Byte(), vault.SecretBytes, vault.SecretBytes).Draw(t, "secret"))
		lines := vault.Sheet(secret)
		written := lines
		for i := range written {
			written[i] = strings.NewReplacer("0", "o", "1", "l", " ", "-").Replace(strings.ToLower(written[i]))
		}
		if got, err := vault.ReadSheet(written); err != nil || got != secret {
			t.Fatalf("read as %x, %v", got, err)
		}
		i := rapid.IntRange(0, vault.SheetLines-1).Draw(t, "line")
		text := []byte(strings.ReplaceAll(lines[i], " ", ""))
		at := rapid.IntRange(0, len(text)-2).Draw(t, "letter")
		if rapid.Bool().Draw(t, "exchanged") {
			text[at], text[at+1] = text[at+1], text[at]
		} else {
			text[at] = letters[rapid.IntRange(0, len(letters)-1).Draw(t, "wrong")]
		}
		slipped := lines
		slipped[i] = string(text)
		if same := string(text) == strings.ReplaceAll(lines[i], " ", ""); !same {
			if _, err := vault.ReadSheet(slipped); !errors.Is(err, vault.ErrSheet) || !strings.Contains(err.Error(), "line") {
				t.Fatalf("%q for %q: %v", text, lines[i], err)
			}
		}
		lines[0], lines[1] = lines[1], lines[0]
		if _, err := vault.ReadSheet(lines); lines[0] != lines[1] && !errors.Is(err, vault.ErrSheet) {
			t.Fatalf("lines exchanged: %v", err)
		}
	})
}

// TestGoldenSheet holds what is printed: a sheet is read for as long as paper
// lasts.
func TestGoldenSheet(t *testing.T) {
	var secret [vault.SecretBytes]byte
	for i := range secret {
		secret[i] = byte(i)
	}
	want := [vault.SheetLines]string{"000G 40R4 0M30 FNF2", "104G M2RC 1M70 YQKX", "208H 44RM 2MB1 EKGJ", "30CH M6RW 3MF1 YPB2"}
	if got := vault.Sheet(secret); got != want {
		t.Errorf("printed %q", got)
	}
	for i, line := range []string{"", "0000 0000 0000 000", "0000 0000 0000 0000 0", "UUUU UUUU UUUU UUUU", "王王王王"} {
		if err := vault.CheckSheetLine(0, line); !errors.Is(err, vault.ErrSheet) {
			t.Errorf("bad line %d: %v", i, err)
		}
	}
}
