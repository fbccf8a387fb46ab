// Package token makes the secrets that authenticate a person's session, a
// member's or a device: random, told once, kept only as a hash, so that who
// reads a table cannot sign in with it.
package token

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
)

// secretBytes is beyond guessing.
const secretBytes = 32

// New makes a token and the hash to keep of it. prefix tells kinds of tokens
// apart, for people and for scanners that look for leaked secrets.
func New(random io.Reader, prefix string) (token string, hash [sha256.Size]byte, err error) {
	secret := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, secret); err != nil {
		return "", hash, fmt.Errorf("reading randomness for a token: %w", err)
	}
	token = prefix + base64.RawURLEncoding.EncodeToString(secret)
	return token, sha256.Sum256([]byte(token)), nil
}
