package archive_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"filippo.io/age"
	"pgregory.net/rapid"

	"forecourt/hub/internal/edge/backup/archive"
)

// The texts are test vectors of BIP 173.
func TestBech32(t *testing.T) {
	for _, c := range []struct{ prefix, data, want string }{
		{"a", "", "a12uel5l"},
		{"abcdef", "00443214c74254b635cf84653a56d7c675be77df", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"},
	} {
		data, err := hex.DecodeString(c.data)
		if err != nil {
			t.Fatal(err)
		}
		if got := archive.Bech32(c.prefix, data); got != c.want {
			t.Errorf("bech32(%q, %s) = %s, want %s", c.prefix, c.data, got, c.want)
		}
	}
}

func TestNewIdentityIsAKeyOfAge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "random")
		secret, public, err := archive.NewIdentity(bytes.NewReader(random))
		if err != nil {
			t.Fatal(err)
		}
		key, err := age.ParseX25519Identity(secret)
		if err != nil {
			t.Fatal("age does not take the secret key")
		}
		if key.String() != secret || key.Recipient().String() != public {
			t.Fatalf("the public key is %s, age says %s", public, key.Recipient())
		}
	})
	if _, _, err := archive.NewIdentity(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("a key was made of 31 bytes")
	}
}

func TestKeysAsPeopleWriteThem(t *testing.T) {
	secret, public, err := archive.NewIdentity(bytes.NewReader(noise(32)))
	if err != nil {
		t.Fatal(err)
	}
	file := "# created: 2026-01-01\r\n# public key: " + public + "\r\n\n  " + secret + "\r\n"
	ids, err := archive.ReadIdentities(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if got := ids.Public(); len(got) != 1 || got[0] != public {
		t.Errorf("read %v", got)
	}
	_, other := keyPair(t, 9)
	to := recipients(t, " "+public+"\n", other, public)
	if got := to.Texts(); len(got) != 2 || got[0] != public || got[1] != other {
		t.Errorf("recipients are %v", got)
	}
	if !ids.Opens(to.Texts()) || ids.Opens([]string{other}) || ids.Opens(nil) {
		t.Error("it is not known which key opens what")
	}
}

func TestNoErrorAndNoLogTellsASecretKey(t *testing.T) {
	secret, public, err := archive.NewIdentity(bytes.NewReader(noise(32)))
	if err != nil {
		t.Fatal(err)
	}
	ids, err := archive.ReadIdentities(strings.NewReader(secret))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	tell := func(err error) {
		if err == nil {
			t.Error("it was taken")
			return
		}
		said = append(said, err.Error())
	}
	for _, text := range []string{secret, strings.ToLower(secret), " " + secret, secret[1:], public[:60] + secret[40:]} {
		_, err := archive.ParseRecipients(text)
		tell(err)
	}
	for _, text := range []string{secret[:70], secret[1:], "x" + secret, secret + secret} {
		_, err := archive.ReadIdentities(strings.NewReader(text))
		tell(err)
	}
	said = append(said, fmt.Sprintf("%v %+v %#v %s", ids, ids, ids, ids))
	seed := signer(7)
	said = append(said, fmt.Sprintf("%v %+v %#v %s", seed, seed, seed, seed))
	for _, text := range said {
		if strings.Contains(strings.ToUpper(text), secret[20:40]) || strings.Contains(text, "[7 ") || strings.Contains(text, "0x7,") {
			t.Errorf("a secret in %q", text)
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	if _, err := archive.ParseRecipients(); err == nil {
		t.Error("no recipient was taken")
	}
	var many []string
	for i := range archive.MaxRecipients + 1 {
		_, public := keyPair(t, byte(i+1))
		many = append(many, public)
	}
	if _, err := archive.ParseRecipients(many...); !errors.Is(err, archive.ErrTooLarge) {
		t.Errorf("too many recipients: %v", err)
	}
	if _, err := archive.ReadIdentities(strings.NewReader("# nothing\n")); err == nil {
		t.Error("a file without a key was taken")
	}
	if _, err := archive.ReadIdentities(strings.NewReader(strings.Repeat("\n", 1<<17))); !errors.Is(err, archive.ErrTooLarge) {
		t.Errorf("a large file: %v", err)
	}
	if _, err := archive.NewWriter(archive.Database, archive.Recipients{}, newShelf().cut); err == nil {
		t.Error("sealed to nobody")
	}
}

func TestPublicKeyOfTheSigner(t *testing.T) {
	key := signer(3).Public()
	again, err := archive.ParsePublicKey(key.String() + "\n")
	if err != nil || again.String() != key.String() {
		t.Errorf("%v was read as %v, %v", key, again, err)
	}
	for _, text := range []string{"", "x", key.String()[2:], key.String() + "AAAA"} {
		if _, err := archive.ParsePublicKey(text); !errors.Is(err, archive.ErrSignature) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := (archive.Signer{}).Encode(manifest()); !errors.Is(err, archive.ErrSignature) {
		t.Errorf("signed without a key: %v", err)
	}
}
