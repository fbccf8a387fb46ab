package vault_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"forecourt/hub/internal/platform/vault"
	"forecourt/hub/internal/platform/vault/vaulttest"
)

// numbered is a source of bytes for golden files: 0, 1, 2, ...
type numbered struct{ next byte }

func (n *numbered) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = n.next
		n.next++
	}
	return len(p), nil
}

// ones is n ones, twos or so.
func ones(n byte) [vault.SecretBytes]byte {
	return [vault.SecretBytes]byte(bytes.Repeat([]byte{n}, vault.SecretBytes))
}

// known is a vault with known keys 1, which is active, and 2.
func known(t testing.TB) *vault.Vault {
	t.Helper()
	v, err := vault.New(vault.Parts{
		Random: new(numbered), Index: ones(9), Active: 1,
		Keys: []vault.DataKey{{ID: 1, Secret: ones(1)}, {ID: 2, Secret: ones(2)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// member is a member's id for tests.
func member(n byte) [16]byte { return [16]byte{15: n} }

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGoldenBytesOfMembersKeys holds the forms of version 2: what this version
// writes every later one must open.
func TestGoldenBytesOfMembersKeys(t *testing.T) {
	v := known(t)
	const wantKey = "010100000001" + // version, algorithm, data key
		"202122232425262728292a2b" + // nonce
		"798e4925c37fc9c77dddb39abb916ac6b17d9c9da4f84067902f5a935d7ff19e" +
		"6f66704b8ff945062781100ceef2a134"
	const wantCell = "020100000003" + // version, algorithm, version of the member's key
		"2c2d2e2f3031323334353637" +
		"63ce1d2652a1d4fc06f8ac4295f509aba5744d46bc75ae527b35c2"
	key, wrapped, err := v.NewKey(member(7), 3)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(wrapped); got != wantKey {
		t.Errorf("the key is wrapped as %s, want %s", got, wantKey)
	}
	if got := hex.EncodeToString(key.Seal(phoneCell(), []byte("13800000001"))); got != wantCell {
		t.Errorf("sealed as %s, want %s", got, wantCell)
	}
	again, err := v.OpenKey(member(7), 3, fromHex(t, wantKey))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Open(phoneCell(), fromHex(t, wantCell)); err != nil || string(plain) != "13800000001" {
		t.Errorf("opened as %q, %v", plain, err)
	}
	derived := v.Derive("audit/v1")
	if got, want := hex.EncodeToString(derived[:]), "89353a97c9d149911899d34dc02686a91e4ac85820ac94d72e60eeac9e6a8a41"; got != want {
		t.Errorf("derived %s, want %s", got, want)
	}
}

// TestGoldenBytesOfAMasterKey holds the form of wrapped data keys, and what a
// secret makes.
func TestGoldenBytesOfAMasterKey(t *testing.T) {
	m, err := vault.NewMaster(ones(1))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Fingerprint(); got != "a156b51c" {
		t.Errorf("the fingerprint is %s", got)
	}
	const want = "0101" + "000102030405060708090a0b" + "32bdd9bdb47f0112ed50786ccc7872a928a2b0b7f8d261e434a674d105dbc734" +
		"79700c3b79928d40cf6e41907b772bc4"
	if got := hex.EncodeToString(m.Wrap(vault.PurposeSeal, 5, ones(4), new(numbered))); got != want {
		t.Errorf("wrapped as %s, want %s", got, want)
	}
	if key, err := m.Unwrap(vault.PurposeSeal, 5, fromHex(t, want)); err != nil || key != ones(4) {
		t.Errorf("unwrapped as %x, %v", key, err)
	}
}

// TestS074TamperedKeysAndFieldsAreRefused: every changed bit, every cut.
func TestS074TamperedKeysAndFieldsAreRefused(t *testing.T) {
	v := known(t)
	key, wrapped, err := v.NewKey(member(1), 1)
	if err != nil {
		t.Fatal(err)
	}
	master, err := vault.NewMaster(ones(1))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		sealed []byte
		open   func([]byte) error
	}{
		"a field": {key.Seal(phoneCell(), []byte("13800000001")), func(b []byte) error {
			_, err := key.Open(phoneCell(), b)
			return err
		}},
		"a member's key": {wrapped, func(b []byte) error {
			_, err := v.OpenKey(member(1), 1, b)
			return err
		}},
		"a data key": {master.Wrap(vault.PurposeSeal, 1, ones(2), rand.Reader), func(b []byte) error {
			_, err := master.Unwrap(vault.PurposeSeal, 1, b)
			return err
		}},
	} {
		if err := c.open(c.sealed); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range c.sealed {
			for bit := range 8 {
				changed := bytes.Clone(c.sealed)
				changed[i] ^= 1 << bit
				if err := c.open(changed); !errors.Is(err, vault.ErrRefused) && !errors.Is(err, vault.ErrUnknownKey) {
					t.Fatalf("%s, byte %d, bit %d: %v", name, i, bit, err)
				}
			}
			if err := c.open(c.sealed[:i]); err == nil {
				t.Fatalf("%s cut to %d bytes was opened", name, i)
			}
		}
		if err := c.open(append(bytes.Clone(c.sealed), 0)); err == nil {
			t.Errorf("%s with a byte more was opened", name)
		}
	}
}

// TestS074NothingOpensElsewhere: fields and keys moved to another member, row,
// column, table, number or purpose.
func TestS074NothingOpensElsewhere(t *testing.T) {
	v := known(t)
	key, wrapped, err := v.NewKey(member(1), 1)
	if err != nil {
		t.Fatal(err)
	}
	other, otherWrapped, err := v.NewKey(member(2), 1)
	if err != nil {
		t.Fatal(err)
	}
	master, err := vault.NewMaster(ones(1))
	if err != nil {
		t.Fatal(err)
	}
	sealed := key.Seal(phoneCell(), []byte("13800000001"))
	moved := func(change func(*vault.Cell)) error {
		at := phoneCell()
		change(&at)
		_, err := key.Open(at, sealed)
		return err
	}
	data := master.Wrap(vault.PurposeSeal, 1, ones(2), rand.Reader)
	for name, err := range map[string]error{
		"another row":              moved(func(c *vault.Cell) { c.Row[0] ^= 1 }),
		"another column":           moved(func(c *vault.Cell) { c.Column = "name" }),
		"another table":            moved(func(c *vault.Cell) { c.Table = "vehicle" }),
		"another member's field":   errorOf(other.Open(phoneCell(), sealed)),
		"the house's":              errorOf(v.Open(phoneCell(), sealed)),
		"another member's key":     errorOf(v.OpenKey(member(1), 1, otherWrapped)),
		"another version":          errorOf(v.OpenKey(member(1), 2, wrapped)),
		"another data key's id":    errorOf(master.Unwrap(vault.PurposeSeal, 2, data)),
		"another purpose":          errorOf(master.Unwrap(vault.PurposeIndex, 1, data)),
		"purposes that run into":   errorOf(master.Unwrap(vault.PurposeSeal+"\x00", 1, data)),
		"a key in a field":         errorOf(v.Open(phoneCell(), wrapped)),
		"a field in a key's row":   errorOf(v.OpenKey(member(1), 1, sealed)),
		"a data key in a field":    errorOf(v.Open(phoneCell(), data)),
		"a short wrapped data key": errorOf(master.Unwrap(vault.PurposeSeal, 1, nil)),
	} {
		// A data key has no id of a key where fields have it.
		if !errors.Is(err, vault.ErrRefused) && !(name == "a data key in a field" && errors.Is(err, vault.ErrUnknownKey)) {
			t.Errorf("%s: %v, want %v", name, err, vault.ErrRefused)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// TestAMembersKeyOpensWhatTheHouseSealedBefore and nobody else's.
func TestAMembersKeyOpensWhatTheHouseSealedBefore(t *testing.T) {
	v := known(t)
	key, _, err := v.NewKey(member(1), 1)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := key.Open(phoneCell(), v.Seal(phoneCell(), []byte("13800000001")))
	if err != nil || string(plain) != "13800000001" {
		t.Errorf("opened as %q, %v", plain, err)
	}
	if _, err := key.Open(phoneCell(), nil); !errors.Is(err, vault.ErrRefused) {
		t.Errorf("nothing at all: %v", err)
	}
}

func TestAnotherDataKeyWrapsAnew(t *testing.T) {
	v := known(t)
	key, wrapped, err := v.NewKey(member(1), 1)
	if err != nil {
		t.Fatal(err)
	}
	sealed := key.Seal(phoneCell(), []byte("13800000001"))
	if err := v.Activate(3); !errors.Is(err, vault.ErrUnknownKey) {
		t.Errorf("a key that is not here seals: %v", err)
	}
	if err := errors.Join(v.Take(vault.DataKey{ID: 3, Secret: ones(3)}), v.Activate(3)); err != nil {
		t.Fatal(err)
	}
	anew, by, err := v.RewrapKey(member(1), 1, wrapped)
	if err != nil || by != 3 || v.Active() != 3 {
		t.Fatalf("wrapped with %d, %v", by, err)
	}
	for _, w := range [][]byte{wrapped, anew} {
		again, err := v.OpenKey(member(1), 1, w)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := again.Open(phoneCell(), sealed); err != nil || string(plain) != "13800000001" {
			t.Errorf("opened as %q, %v", plain, err)
		}
	}
	if _, err := known(t).OpenKey(member(1), 1, anew); !errors.Is(err, vault.ErrUnknownKey) {
		t.Errorf("where the new key is not: %v", err)
	}
}

// TestAMissingKeyIsAskedFor once for a field, and the field is tried again.
func TestAMissingKeyIsAskedFor(t *testing.T) {
	full := known(t)
	if err := full.Activate(2); err != nil {
		t.Fatal(err)
	}
	sealed := full.Seal(phoneCell(), []byte("13800000001"))
	var v *vault.Vault
	asked := 0
	v, err := vault.New(vault.Parts{
		Random: rand.Reader, Keys: []vault.DataKey{{ID: 1, Secret: ones(1)}}, Active: 1,
		Missing: func(key uint32) {
			if asked++; asked == 2 {
				if err := v.Take(vault.DataKey{ID: key, Secret: ones(2)}); err != nil {
					t.Error(err)
				}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(phoneCell(), sealed); !errors.Is(err, vault.ErrUnknownKey) {
		t.Errorf("while nobody has it: %v", err)
	}
	for range 2 {
		if plain, err := v.Open(phoneCell(), sealed); err != nil || string(plain) != "13800000001" {
			t.Errorf("then: %q, %v", plain, err)
		}
	}
	if asked != 2 || v.Active() != 1 || !v.Has(2) {
		t.Errorf("asked %d times, key %d seals", asked, v.Active())
	}
}

func TestTheHouseAndMembersAreToldApart(t *testing.T) {
	v := vaulttest.ForTest()
	key, _, err := v.NewKey(member(1), 1)
	if err != nil {
		t.Fatal(err)
	}
	house, own := v.Seal(phoneCell(), nil), key.Seal(phoneCell(), nil)
	if id, ok := vault.House(house); !ok || id != 1 || !vault.IsSealed(house) {
		t.Errorf("the house's: %d, %t", id, ok)
	}
	if _, ok := vault.House(own); ok || !vault.IsSealed(own) {
		t.Error("a member's passes for the house's, or for clear")
	}
	for _, clear := range [][]byte{nil, {}, []byte("{}"), []byte("王")} {
		if _, ok := vault.House(clear); ok || vault.IsSealed(clear) {
			t.Errorf("%q passes for sealed", clear)
		}
	}
}

func TestSealThenOpenWithAMembersKey(t *testing.T) {
	v := vaulttest.ForTest()
	rapid.Check(t, func(t *rapid.T) {
		who := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "member"))
		version := rapid.Uint32().Draw(t, "version")
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		key, wrapped, err := v.NewKey(who, version)
		if err != nil || len(wrapped) != vault.WrappedKeyBytes {
			t.Fatalf("%d bytes, %v", len(wrapped), err)
		}
		again, err := v.OpenKey(who, version, wrapped)
		if err != nil {
			t.Fatal(err)
		}
		sealed := key.Seal(phoneCell(), plain)
		if opened, err := again.Open(phoneCell(), sealed); err != nil || !bytes.Equal(opened, plain) || len(sealed) != len(plain)+vault.Overhead {
			t.Fatalf("opened as %x, %v", opened, err)
		}
	})
}

func FuzzOpenKey(f *testing.F) {
	v := vaulttest.ForTest()
	_, wrapped, err := v.NewKey(member(2), 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wrapped)
	f.Add([]byte{})
	f.Add(make([]byte, vault.WrappedKeyBytes))
	f.Fuzz(func(t *testing.T, wrapped []byte) {
		if _, err := v.OpenKey(member(1), 1, wrapped); err == nil {
			t.Errorf("%x opened without having been wrapped for this member", wrapped)
		}
	})
}

func BenchmarkOpenKey(b *testing.B) {
	v := fresh(b)
	_, wrapped, err := v.NewKey(member(1), 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := v.OpenKey(member(1), 1, wrapped); err != nil {
			b.Fatal(err)
		}
	}
}
