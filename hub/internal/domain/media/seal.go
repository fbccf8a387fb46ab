package media

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// The sealed form of an object:
//
//	ver 3 | nonce 12 random | ciphertext | tag 16
//
// sealed by AES-256-GCM with the upload's own key (vault.SecretBytes). Bound to
// it are "o3|", which of the upload's objects it is ("content|", "thumb|") and
// the upload's id. Version 1 is the house's: what was kept before uploads had
// keys of their own (package vault).
const (
	objectVersion = 0x03
	objectNonce   = 12
)

// contentKey is one upload's key.
type contentKey [vault.SecretBytes]byte

// newContentKey makes a key and the form in which its row keeps it: sealed with
// the key of the member whose conversation it belongs to, or the house's. It
// answers wire.ProblemErased for a member who was erased.
func (s *Store) newContentKey(ctx context.Context, q sqlx.QueryerContext, m id.Media, subject id.Member) (key contentKey, sealed []byte, err error) {
	if _, err := io.ReadFull(s.Random, key[:]); err != nil {
		return key, nil, fmt.Errorf("reading randomness: %w", err)
	}
	if subject.IsZero() {
		return key, s.Keys.Seal(keyCell(m), key[:]), nil
	}
	members, err := s.Keys.MemberKey(ctx, q, subject)
	if errors.Is(err, vault.ErrErased) {
		return key, nil, fmt.Errorf("%w: %w", wire.NewProblem(wire.ProblemErased, "member "+subject.String()), err)
	}
	if err != nil {
		return key, nil, err
	}
	return key, members.Seal(keyCell(m), key[:]), nil
}

// opener opens the objects of an upload. It answers wire.ProblemMediaGone when
// the key of the member they belong to was destroyed.
func (s *Store) opener(ctx context.Context, q sqlx.QueryerContext, r row) (func(at vault.Cell, sealed []byte) ([]byte, error), error) {
	house := s.Keys.Open
	if !r.Subject.IsZero() {
		members, err := s.Keys.MemberKey(ctx, q, r.Subject)
		if errors.Is(err, vault.ErrErased) {
			return nil, fmt.Errorf("%w: %w", gone("%s was erased", r.ID), err)
		}
		if err != nil {
			return nil, err
		}
		house = members.Open // which opens what the house sealed as well
	}
	if len(r.ContentKey) == 0 {
		return house, nil
	}
	secret, err := house(keyCell(r.ID), r.ContentKey)
	if err != nil {
		return nil, fmt.Errorf("opening the key of upload %s: %w", r.ID, err)
	}
	if len(secret) != vault.SecretBytes {
		return nil, fmt.Errorf("the key of upload %s has %d bytes", r.ID, len(secret))
	}
	return contentKey(secret).open, nil
}

// cell is where an object belongs: sealed for one id and one use.
func cell(m id.Media, thumb bool) vault.Cell {
	if thumb {
		return vault.Cell{Table: "media", Column: "thumb", Row: m}
	}
	return vault.Cell{Table: "media", Column: "content", Row: m}
}

// keyCell is where an upload's key belongs.
func keyCell(m id.Media) vault.Cell {
	return vault.Cell{Table: "media", Column: "content_key", Row: m}
}

// seal seals an object.
func (k contentKey) seal(at vault.Cell, plain []byte, random io.Reader) ([]byte, error) {
	aead, err := k.cipher()
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, 1+objectNonce, len(plain)+sealRoom)
	sealed[0] = objectVersion
	if _, err := io.ReadFull(random, sealed[1:]); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return aead.Seal(sealed, sealed[1:], plain, boundObject(at)), nil
}

// open opens an object, or answers vault.ErrRefused.
func (k contentKey) open(at vault.Cell, sealed []byte) ([]byte, error) {
	aead, err := k.cipher()
	if err != nil {
		return nil, err
	}
	if len(sealed) < 1+objectNonce || sealed[0] != objectVersion {
		return nil, fmt.Errorf("%w (%s.%s)", vault.ErrRefused, at.Table, at.Column)
	}
	plain, err := aead.Open(nil, sealed[1:1+objectNonce], sealed[1+objectNonce:], boundObject(at))
	if err != nil {
		return nil, fmt.Errorf("%w (%s.%s)", vault.ErrRefused, at.Table, at.Column)
	}
	return plain, nil
}

func (k contentKey) cipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		return nil, fmt.Errorf("making an upload's cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

// boundObject is what an object is bound to.
func boundObject(at vault.Cell) []byte {
	return slices.Concat([]byte("o3|"), []byte(at.Column), []byte("|"), at.Row[:])
}
