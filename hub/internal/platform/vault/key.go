package vault

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// WrappedKeyBytes is the length of a member's key as the database holds it:
//
//	ver 1 | alg 1 | data key id 4 BE | nonce 12 random | key 32, encrypted | tag 16
//
// The bytes bound to it are "mk1|", the member, the key's version (4 BE) and
// the six header bytes.
const WrappedKeyBytes = Overhead + SecretBytes

// ErrErased says that the member's key was destroyed.
var ErrErased = errors.New("vault: the member's key was destroyed: what it sealed is gone for good")

// Key is one member's own key. What it seals carries version byte 2.
type Key struct {
	vault   *Vault
	version uint32
	seal    cipher.AEAD
}

// NewKey makes a key for a member, and the form in which it is kept.
func (v *Vault) NewKey(member [16]byte, version uint32) (*Key, []byte, error) {
	var secret [SecretBytes]byte
	if _, err := io.ReadFull(v.random, secret[:]); err != nil {
		return nil, nil, fmt.Errorf("reading randomness: %w", err)
	}
	key, err := v.memberKey(version, secret[:])
	if err != nil {
		return nil, nil, err
	}
	return key, v.wrapKey(member, version, secret[:]), nil
}

// OpenKey is a member's key from the form in which it is kept, or ErrRefused,
// or ErrUnknownKey.
func (v *Vault) OpenKey(member [16]byte, version uint32, wrapped []byte) (*Key, error) {
	secret, err := v.unwrapKey(member, version, wrapped)
	if err != nil {
		return nil, err
	}
	return v.memberKey(version, secret)
}

// RewrapKey wraps a member's key with the active data key, whose id it
// returns. What the key sealed stays as it is.
func (v *Vault) RewrapKey(member [16]byte, version uint32, wrapped []byte) (rewrapped []byte, by uint32, err error) {
	secret, err := v.unwrapKey(member, version, wrapped)
	if err != nil {
		return nil, 0, err
	}
	rewrapped = v.wrapKey(member, version, secret)
	return rewrapped, binary.BigEndian.Uint32(rewrapped[2:]), nil
}

func (v *Vault) memberKey(version uint32, secret []byte) (*Key, error) {
	c, err := newCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("making the cipher of a member's key: %w", err)
	}
	return &Key{vault: v, version: version, seal: c}, nil
}

func (v *Vault) wrapKey(member [16]byte, version uint32, secret []byte) []byte {
	id, key := v.sealing()
	header := header(version1, id)
	return seal(key.wrap, v.random, header[:], boundKey(member, version, header[:]), secret)
}

func (v *Vault) unwrapKey(member [16]byte, version uint32, wrapped []byte) ([]byte, error) {
	if len(wrapped) != WrappedKeyBytes || wrapped[0] != version1 || wrapped[1] != algAESGCM {
		return nil, fmt.Errorf("%w (a member's key)", ErrRefused)
	}
	id := binary.BigEndian.Uint32(wrapped[2:])
	key, ok := v.key(id)
	if !ok {
		return nil, fmt.Errorf("%w (a member's key, wrapped with %d)", ErrUnknownKey, id)
	}
	secret, err := open(key.wrap, wrapped, boundKey(member, version, wrapped[:headerBytes]))
	if err != nil {
		return nil, fmt.Errorf("%w (a member's key)", ErrRefused)
	}
	return secret, nil
}

// boundKey is what a wrapped key of a member is bound to.
func boundKey(member [16]byte, version uint32, header []byte) []byte {
	return slices.Concat([]byte("mk1|"), member[:], binary.BigEndian.AppendUint32(nil, version), header)
}

// Seal seals plain for a cell with the member's key; Overhead bytes are added.
func (k *Key) Seal(at Cell, plain []byte) []byte {
	header := header(version2, k.version)
	return seal(k.seal, k.vault.random, header[:], at.bound("v2|", header[:]), plain)
}

// Open is what was sealed for a cell with the member's key, or with a data key
// before members had keys. It answers ErrRefused for anything else, and
// ErrUnknownKey for what another version of the member's key sealed.
func (k *Key) Open(at Cell, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != version2 {
		return k.vault.Open(at, sealed)
	}
	if sealed[1] != algAESGCM {
		return nil, fmt.Errorf("%w (%s.%s)", ErrRefused, at.Table, at.Column)
	}
	if version := binary.BigEndian.Uint32(sealed[2:]); version != k.version {
		return nil, fmt.Errorf("%w (%s.%s, member's key %d)", ErrUnknownKey, at.Table, at.Column, version)
	}
	plain, err := open(k.seal, sealed, at.bound("v2|", sealed[:headerBytes]))
	if err != nil {
		return nil, fmt.Errorf("%w (%s.%s)", ErrRefused, at.Table, at.Column)
	}
	return plain, nil
}
