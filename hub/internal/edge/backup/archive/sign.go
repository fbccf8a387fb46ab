package archive

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
)

// KeyLabel is the label that the seed of the signing key is derived by, so that
// it is no other key of the hub's.
const KeyLabel = "backup/sign/v1"

// What is signed begins with what it is, so that a signature is worth nothing
// for anything else.
const (
	manifestContext = "forecourt-backup-manifest\n"
	segmentContext  = "forecourt-backup-segment\n"
	noteContext     = "forecourt-backup-note/" // and what the note is about, and a new line
)

// Signer signs manifests and segments. It prints as its public key.
type Signer struct{ private ed25519.PrivateKey }

// NewSigner makes the signer of a seed, which is a secret of the hub.
func NewSigner(seed [32]byte) Signer { return Signer{ed25519.NewKeyFromSeed(seed[:])} }

// Public is the key that checks what the signer signs.
func (s Signer) Public() PublicKey {
	if len(s.private) != ed25519.PrivateKeySize {
		return PublicKey{}
	}
	return PublicKey{ed25519.PublicKey(s.private[ed25519.SeedSize:])}
}

// String tells nothing secret.
func (s Signer) String() string { return s.Public().String() }

// GoString tells nothing secret either.
func (s Signer) GoString() string { return s.String() }

// sign is the signature over what something is and its bytes, as base64.
func (s Signer) sign(context string, body []byte) (string, error) {
	if len(s.private) != ed25519.PrivateKeySize {
		return "", fmt.Errorf("%w: there is no key to sign with", ErrSignature)
	}
	signature := ed25519.Sign(s.private, append([]byte(context), body...))
	return base64.StdEncoding.EncodeToString(signature), nil
}

// PublicKey checks signatures. The zero value refuses all of them.
type PublicKey struct{ key ed25519.PublicKey }

// ParsePublicKey reads what String writes.
func ParsePublicKey(text string) (PublicKey, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return PublicKey{}, fmt.Errorf("%w: the key is not the base64 of 32 bytes", ErrSignature)
	}
	return PublicKey{key}, nil
}

// String is the base64 of the key.
func (k PublicKey) String() string { return base64.StdEncoding.EncodeToString(k.key) }

// check checks a signature of sign's.
func (k PublicKey) check(context string, body []byte, text string) error {
	signature, err := base64.StdEncoding.Strict().DecodeString(text)
	switch {
	case len(k.key) != ed25519.PublicKeySize:
		return fmt.Errorf("%w: there is no key to check it with", ErrSignature)
	case err != nil || len(signature) != ed25519.SignatureSize:
		return fmt.Errorf("%w: it is not the base64 of 64 bytes", ErrSignature)
	case !ed25519.Verify(k.key, append([]byte(context), body...), signature):
		return ErrSignature
	}
	return nil
}
