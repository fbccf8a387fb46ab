package token_test

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"forecourt/hub/internal/platform/token"
)

func TestATokenIsAllOfTheRandomnessAndKeptAsAHash(t *testing.T) {
	random := bytes.NewReader(bytes.Repeat([]byte{1, 2, 3, 4}, 24)[:70])
	first, hash, err := token.New(random, "fcx_")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(first, "fcx_") || len(first) != len("fcx_")+43 { // 32 bytes in base 64
		t.Errorf("made %q", first)
	}
	if hash != sha256.Sum256([]byte(first)) {
		t.Error("the hash is not the token's")
	}
	if _, _, err := token.New(random, "fcx_"); err != nil {
		t.Errorf("64 of 70 bytes: %v", err)
	}
	if got, _, err := token.New(random, "fcx_"); err == nil || got != "" {
		t.Errorf("without randomness it made %q", got)
	}
}
