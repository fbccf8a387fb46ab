package archive

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
)

// secretPrefix begins every secret key of age.
const secretPrefix = "AGE-SECRET-KEY-"

// maxIdentityBytes bounds a file of secret keys; a key has 75.
const maxIdentityBytes = 64 << 10

// Recipients are the public keys that something is sealed to. Each of their
// secret halves opens it alone. The zero value seals to nobody and is refused.
type Recipients struct {
	keys  []age.Recipient
	texts []string
}

// ParseRecipients reads public keys, "age1…"; one that is named twice counts
// once. No error holds a secret key, not even one that was given by mistake.
func ParseRecipients(texts ...string) (Recipients, error) {
	var r Recipients
	for i, text := range texts {
		text = strings.TrimSpace(text)
		if strings.HasPrefix(strings.ToUpper(text), secretPrefix) {
			return Recipients{}, fmt.Errorf("archive: public key %d is a secret key: the hub is given the public one", i+1)
		}
		key, err := age.ParseX25519Recipient(text)
		if err != nil {
			return Recipients{}, fmt.Errorf("archive: public key %d is none: one begins with age1 and has 62 characters", i+1)
		}
		if slices.Contains(r.texts, key.String()) {
			continue
		}
		r.keys, r.texts = append(r.keys, key), append(r.texts, key.String())
	}
	switch {
	case len(r.keys) == 0:
		return Recipients{}, errors.New("archive: no public key to seal to")
	case len(r.keys) > MaxRecipients:
		return Recipients{}, fmt.Errorf("%w: %d public keys, at most %d", ErrTooLarge, len(r.keys), MaxRecipients)
	}
	return r, nil
}

// Texts are the keys as they were read, for a manifest.
func (r Recipients) Texts() []string { return slices.Clone(r.texts) }

// seal opens a writer that seals to the keys what is written to it, into w.
func (r Recipients) seal(w io.Writer) (io.WriteCloser, error) {
	if len(r.keys) == 0 {
		return nil, errors.New("archive: no public key to seal to")
	}
	sealed, err := age.Encrypt(w, r.keys...)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return sealed, nil
}

// Identities are secret keys. The zero value opens nothing. They print as how
// many they are.
type Identities struct {
	keys   []age.Identity
	public []string
}

// ReadIdentities reads secret keys, one a line, as age-keygen writes them:
// empty lines and such that begin with # do not count. No error holds a key.
func ReadIdentities(r io.Reader) (Identities, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxIdentityBytes+1))
	if err != nil {
		return Identities{}, fmt.Errorf("reading secret keys: %w", err)
	}
	if len(text) > maxIdentityBytes {
		return Identities{}, fmt.Errorf("%w: a file of secret keys above %d bytes", ErrTooLarge, maxIdentityBytes)
	}
	var ids Identities
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := age.ParseX25519Identity(line)
		if err != nil {
			return Identities{}, fmt.Errorf("archive: line %d is no secret key: one begins with %s1 and has 74 characters", i+1, secretPrefix)
		}
		ids.keys, ids.public = append(ids.keys, key), append(ids.public, key.Recipient().String())
	}
	if len(ids.keys) == 0 {
		return Identities{}, errors.New("archive: no secret key in it")
	}
	return ids, nil
}

// Public are the public halves, in order.
func (i Identities) Public() []string { return slices.Clone(i.public) }

// Opens says whether one of them opens what is sealed to recipients.
func (i Identities) Opens(recipients []string) bool {
	return slices.ContainsFunc(i.public, func(key string) bool { return slices.Contains(recipients, key) })
}

// String tells nothing secret.
func (i Identities) String() string { return fmt.Sprintf("%d secret keys", len(i.keys)) }

// GoString tells nothing secret either.
func (i Identities) GoString() string { return i.String() }

// unseal opens what was sealed. The error is ErrWrongKey if no key fits.
func (i Identities) unseal(r io.Reader) (io.Reader, error) {
	if len(i.keys) == 0 {
		return nil, fmt.Errorf("%w: there is none", ErrWrongKey)
	}
	clear, err := age.Decrypt(r, i.keys...)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, ErrWrongKey
	}
	if err != nil {
		return nil, fmt.Errorf("unsealing: %w", err)
	}
	return clear, nil
}

// NewIdentity makes a key of 32 bytes of random: the secret half to be kept
// away, and the public half to be given to the hub.
func NewIdentity(random io.Reader) (secret, public string, err error) {
	var scalar [32]byte
	if _, err := io.ReadFull(random, scalar[:]); err != nil {
		return "", "", fmt.Errorf("drawing a secret key: %w", err)
	}
	secret = strings.ToUpper(bech32(strings.ToLower(secretPrefix), scalar[:]))
	key, err := age.ParseX25519Identity(secret)
	if err != nil {
		return "", "", errors.New("archive: age does not take the secret key that was made") // its words would hold the key
	}
	return secret, key.Recipient().String(), nil
}
