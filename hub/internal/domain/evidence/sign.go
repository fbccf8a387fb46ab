package evidence

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"forecourt/shared/wire"
)

// KeyLabel is the label that the key of evidence is derived by, so that it is
// no other key of the hub's.
const KeyLabel = "evidence/v1"

// algorithm is the one there is.
const algorithm = "ed25519"

// maxTextBytes bounds a signed text that is looked at; one is about 2 KiB.
const maxTextBytes = 64 << 10

// Errors of checking.
var (
	// ErrSignature says that a text is not, or no longer, what was signed.
	ErrSignature = errors.New("evidence: the text is not what the key signed")
	// ErrBeside says that a text is what was signed, and that the figures
	// beside it are others.
	ErrBeside = errors.New("evidence: the figures beside the signed text are not the text's")
)

// Key signs evidence. The first line of every text says what it is, so that a
// signature is worth nothing for anything else.
type Key struct{ private ed25519.PrivateKey }

// NewKey makes the key of a seed, which is a secret of the hub.
func NewKey(seed [ed25519.SeedSize]byte) Key {
	return Key{ed25519.NewKeyFromSeed(seed[:])}
}

// Public is the public half.
func (k Key) Public() wire.EvidenceKey {
	return wire.EvidenceKey{Algorithm: algorithm, Key: base64.StdEncoding.EncodeToString(k.private[ed25519.SeedSize:])}
}

// Sign is the evidence with its text, the times in zone, under the key.
func (k Key) Sign(e wire.Evidence, zone *time.Location) wire.Evidence {
	text := Text(e, zone)
	e.Signed = wire.SignedText{
		Text: text, Algorithm: algorithm, Key: k.Public().Key,
		Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, []byte(text))),
	}
	return e
}

// Verify checks that a text is one of evidence and what the key, base64,
// signed. The key that came with the text says nothing: whoever makes a text up
// makes a key up. The error is ErrSignature.
func Verify(s wire.SignedText, key string) error {
	public, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(key))
	if err != nil || len(public) != ed25519.PublicKeySize {
		return errors.New("evidence: the key is not the base64 of 32 bytes")
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(s.Signature)
	switch {
	case s.Algorithm != algorithm:
		return fmt.Errorf("%w: the algorithm is %.20q", ErrSignature, s.Algorithm)
	case err != nil || len(signature) != ed25519.SignatureSize:
		return fmt.Errorf("%w: the signature is not the base64 of 64 bytes", ErrSignature)
	case len(s.Text) > maxTextBytes || !strings.HasPrefix(s.Text, version+"\n"):
		return fmt.Errorf("%w: it is no text of evidence", ErrSignature)
	case !ed25519.Verify(public, []byte(s.Text), signature):
		return ErrSignature
	}
	return nil
}

// Beside checks that the figures of evidence are those of its signed text,
// which was verified. The error is ErrBeside.
func Beside(e wire.Evidence) error {
	zone, err := zoneOf(e.Signed.Text)
	if err != nil {
		return err
	}
	if Text(e, zone) != e.Signed.Text {
		return ErrBeside
	}
	return nil
}
