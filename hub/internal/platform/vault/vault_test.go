package vault_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"forecourt/hub/internal/platform/vault"
	"forecourt/hub/internal/platform/vault/vaulttest"
)

// phoneCell is a cell for tests: a member's phone in row 1.
func phoneCell() vault.Cell {
	return vault.Cell{Table: "member", Column: "phone", Row: [16]byte{15: 1}}
}

func mustOpen(t *testing.T, v *vault.Vault, at vault.Cell, sealed []byte) string {
	t.Helper()
	plain, err := v.Open(at, sealed)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// TestGoldenBytes holds the sealed form: what this version writes every later
// one must open.
func TestGoldenBytes(t *testing.T) {
	v := vaulttest.ForTest()
	const want = "010100000001" + // version, algorithm, key
		"000000000000000000000001" + // nonce
		"4d4c797fed07fb351d3a2cb04399078b35698e0a8179764c6780eb"
	sealed := v.Seal(phoneCell(), []byte("13800000001"))
	if got := hex.EncodeToString(sealed); got != want {
		t.Errorf("sealed as %s, want %s", got, want)
	}
	golden, err := hex.DecodeString(want)
	if err != nil {
		t.Fatal(err)
	}
	if got := mustOpen(t, v, phoneCell(), golden); got != "13800000001" {
		t.Errorf("opened as %q", got)
	}
	blind := v.Blind("member.phone", "13800000001")
	if got, want := hex.EncodeToString(blind[:]), "0aad1dbb5307789f13f3d6f689b35399"; got != want {
		t.Errorf("blind is %s, want %s", got, want)
	}
	mac := v.MAC("link", []byte("message"))
	if got, want := hex.EncodeToString(mac[:]), "d87a0a4d88d37a97f64c54fdfce3d860596b0fb7a396bacfa428847f2c68844c"; got != want {
		t.Errorf("mac is %s, want %s", got, want)
	}
}

func TestSealedFieldsOpenOnlyWhereTheyWereSealed(t *testing.T) {
	v := vaulttest.ForTest()
	sealed := v.Seal(phoneCell(), []byte("13800000001"))
	for name, move := range map[string]func(*vault.Cell){
		"another table":  func(c *vault.Cell) { c.Table = "memher" },
		"another column": func(c *vault.Cell) { c.Column = "name" },
		"another row":    func(c *vault.Cell) { c.Row[15] = 2 },
		// The same letters with the boundary elsewhere.
		"names that run together": func(c *vault.Cell) { c.Table, c.Column = "memberp", "hone" },
	} {
		at := phoneCell()
		move(&at)
		if plain, err := v.Open(at, sealed); !errors.Is(err, vault.ErrRefused) || plain != nil {
			t.Errorf("%s: opened as %q, %v", name, plain, err)
		}
	}
}

func TestEveryChangedBitIsRefused(t *testing.T) {
	v := vaulttest.ForTest()
	sealed := v.Seal(phoneCell(), []byte("13800000001"))
	for i := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1 << bit
			plain, err := v.Open(phoneCell(), changed)
			if plain != nil || (!errors.Is(err, vault.ErrRefused) && !errors.Is(err, vault.ErrUnknownKey)) {
				t.Fatalf("byte %d, bit %d: opened as %q, %v", i, bit, plain, err)
			}
		}
	}
	for n := range sealed {
		if plain, err := v.Open(phoneCell(), sealed[:n]); err == nil {
			t.Fatalf("cut to %d bytes: opened as %q", n, plain)
		}
	}
}

func TestSealThenOpenIsIdentity(t *testing.T) {
	v := vaulttest.ForTest()
	rapid.Check(t, func(t *rapid.T) {
		at := vault.Cell{
			Table: rapid.StringMatching(`[a-z_]{0,64}`).Draw(t, "table"), Column: rapid.StringMatching(`[a-z_]{0,64}`).Draw(t, "column"),
			Row: [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "row")),
		}
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		first, second := v.Seal(at, plain), v.Seal(at, plain)
		if bytes.Equal(first, second) {
			t.Fatal("the same content was sealed to the same bytes")
		}
		if len(first) != len(plain)+vault.Overhead || !vault.IsSealed(first) {
			t.Fatalf("%d bytes became %d, first %#x", len(plain), len(first), first[0])
		}
		opened, err := v.Open(at, first)
		if err != nil || !bytes.Equal(opened, plain) {
			t.Fatalf("opened as %x, %v", opened, err)
		}
	})
}

func TestBlindAndMACDependOnPurposeValueAndSecret(t *testing.T) {
	one, other := vaulttest.ForTest(), fresh(t)
	seen := map[string]string{}
	note := func(name string, sum []byte) {
		if was, ok := seen[string(sum)]; ok {
			t.Errorf("%s equals %s", name, was)
		}
		seen[string(sum)] = name
	}
	for vaultName, v := range map[string]*vault.Vault{"one": one, "other": other} {
		for _, purpose := range []string{"member.phone", "vehicle.plate"} {
			for _, value := range []string{"13800000001", "13800000002"} {
				blind, mac := v.Blind(purpose, value), v.MAC(purpose, []byte(value))
				note(strings.Join([]string{"blind", vaultName, purpose, value}, " "), blind[:])
				note(strings.Join([]string{"mac", vaultName, purpose, value}, " "), mac[:vault.BlindBytes])
				if again := v.Blind(purpose, value); again != blind {
					t.Errorf("%s %s: blind differs from one time to the next", purpose, value)
				}
			}
		}
	}
}

// fresh is a vault with a secret of its own, on real randomness.
func fresh(t testing.TB) *vault.Vault {
	t.Helper()
	v, err := vault.Load(t.TempDir(), rand.Reader, vault.Options{MayCreate: true})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func FuzzOpen(f *testing.F) {
	v := vaulttest.ForTest()
	f.Add([]byte{})
	f.Add([]byte{1, 1, 0, 0, 0, 1})
	f.Add(make([]byte, vault.Overhead))
	f.Add([]byte(`{"text":"clear"}`))
	for _, text := range []string{"", "13800000001", strings.Repeat("长", 400)} {
		f.Add(v.Seal(vault.Cell{Table: "elsewhere", Column: "phone"}, []byte(text)))
	}
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if plain, err := v.Open(phoneCell(), sealed); err == nil {
			t.Errorf("%x opened as %q without having been sealed here", sealed, plain)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	v := fresh(b)
	for b.Loop() {
		v.Seal(phoneCell(), []byte("13800000001"))
	}
}

func BenchmarkOpen(b *testing.B) {
	v := fresh(b)
	sealed := v.Seal(phoneCell(), []byte("13800000001"))
	for b.Loop() {
		if _, err := v.Open(phoneCell(), sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBlind(b *testing.B) {
	v := fresh(b)
	for b.Loop() {
		v.Blind("member.phone", "13800000001")
	}
}
