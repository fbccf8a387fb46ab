package staff

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

func FuzzVerifyPassword(f *testing.F) {
	good, err := hashPassword("secret", Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}, bytes.NewReader(make([]byte, saltBytes)))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		good, "", "$", "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
		"$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=64,t=1,p=0$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, phc string) {
		if cost, _, _, err := parseHash(phc); err == nil && cost.MemoryKiB*cost.Passes > 1024 {
			return // honest, and slow
		}
		if ok, _, err := verifyPassword("another", phc); ok && err == nil && phc == good {
			t.Error("another password was accepted")
		}
	})
}

func TestVerifyPassword(t *testing.T) {
	cost := Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}
	phc, err := hashPassword("密码 secret", cost, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"密码 secret": true, "密码 secre": false, "": false, "密码 secret ": false} {
		ok, got, err := verifyPassword(password, phc)
		if err != nil || ok != want || got != cost {
			t.Errorf("verify(%q) = %v, %+v, %v; want %v", password, ok, got, err, want)
		}
	}
	again, err := hashPassword("密码 secret", cost, rand.Reader)
	if err != nil || again == phc {
		t.Errorf("two hashes of one password are equal (%v)", err)
	}
	for _, bad := range []string{
		"", "secret", strings.Replace(phc, "argon2id", "argon2i", 1), strings.Replace(phc, "v=19", "v=16", 1),
		strings.Replace(phc, "m=64", "m=4294967295", 1), strings.Replace(phc, "t=1", "t=0", 1), phc[:len(phc)-30], phc + "$x",
	} {
		if _, _, err := verifyPassword("密码 secret", bad); !errors.Is(err, errHash) {
			t.Errorf("verify with hash %q: %v, want a refusal", bad, err)
		}
	}
}

// TestVerifyAgainstAnotherImplementation pins the string form: this hash was
// made by the reference argon2 program (password "password", salt "somesalt").
func TestVerifyAgainstAnotherImplementation(t *testing.T) {
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	ok, _, err := verifyPassword("password", phc)
	if err != nil || !ok {
		t.Errorf("the reference hash was not verified: %v, %v", ok, err)
	}
}

func TestWaitAfter(t *testing.T) {
	for _, c := range []struct {
		n    int
		want string
	}{{0, "0s"}, {4, "0s"}, {5, "5s"}, {6, "10s"}, {7, "20s"}, {12, "10m40s"}, {13, "15m0s"}, {1000000, "15m0s"}} {
		if got := waitAfter(c.n, freeByNumber).String(); got != c.want {
			t.Errorf("after %d failures wait %s, want %s", c.n, got, c.want)
		}
	}
}
