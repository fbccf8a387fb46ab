// Package vault seals what is personal, so that a stolen database says
// nothing: fields are encrypted with keys that live outside the database, and
// looked up by keyed hashes.
//
// # What it promises
//
//   - A sealed field opens only where it was sealed: it is bound to its table,
//     its column and its row. Moved, cut or changed in any bit it is refused.
//   - Two fields with the same content are sealed differently; the same
//     content under the same purpose has the same Blind, and under another
//     purpose another one.
//   - The secret is a file of its own. Whoever has the database without the
//     file has nothing; whoever loses the file has lost what was sealed.
//   - A file may hold several secrets. The newest seals, all of them open, and
//     the oldest makes Blind and MAC, so that a new secret moves no index.
//
// # The sealed form
//
//	ver 1 | alg 1 | key id 4 BE | nonce 12 random | ciphertext | tag 16
//
// ver 1 means rows named by 16 bytes; the bytes bound to it are "v1|", the
// lengths and texts of table and column, the row, and the six header bytes.
// alg 1 is AES-256-GCM. One secret seals fewer than 2^32 fields: at a hundred
// thousand a day that takes a century.
//
// A Vault is safe for concurrent use.
package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	version1  = 0x01 // rows of 16 bytes
	algAESGCM = 0x01 // AES-256-GCM

	headerBytes = 6 // ver, alg, key id
	nonceBytes  = 12
	tagBytes    = 16
	// Overhead is how many bytes longer the sealed form is.
	Overhead = headerBytes + nonceBytes + tagBytes

	// secretBytes is the length of a secret and of every key made of it.
	secretBytes = 32
	// BlindBytes is the length of a Blind: long enough that two contents
	// never meet, so that nothing need be compared after opening.
	BlindBytes = 16
	// maxName bounds the names of tables and columns; SQL allows 64.
	maxName = 64
)

// First is the first byte of everything sealed: no JSON and no text in UTF-8
// that people write begins with it.
const First byte = version1

// Cell is the place of a sealed field.
type Cell struct {
	// Table and Column name it in the database.
	Table, Column string
	// Row is the id of its row.
	Row [16]byte
}

// What may be wrong with a sealed field.
var (
	// ErrRefused says that a field does not open here: it was changed, cut, or
	// sealed for another place.
	ErrRefused = errors.New("vault: the sealed field was changed, or belongs to another place")
	// ErrUnknownKey says that the field was sealed with a secret that the key
	// file does not hold.
	ErrUnknownKey = errors.New("vault: sealed with a key that is not here")
)

// Vault seals and opens.
type Vault struct {
	random io.Reader
	newest uint32
	seals  map[uint32]cipher.AEAD
	index  []byte // what Blind and MAC are derived from
}

// secret is one secret of the key file.
type secret struct {
	id    uint32
	bytes []byte
}

// Labels keep what is derived from one secret apart.
const (
	labelSeal  = "forecourt/v1/seal"
	labelBlind = "forecourt/v1/blind/"
	labelMAC   = "forecourt/v1/mac/"
)

// newVault makes a Vault of secrets, at least one, in ascending order of ids.
func newVault(secrets []secret, random io.Reader) (*Vault, error) {
	v := &Vault{random: random, seals: map[uint32]cipher.AEAD{}, newest: secrets[len(secrets)-1].id}
	for i, s := range secrets {
		root, err := hkdf.Extract(sha256.New, s.bytes, nil)
		if err != nil {
			return nil, fmt.Errorf("deriving from key %d: %w", s.id, err)
		}
		block, err := aes.NewCipher(derive(root, labelSeal))
		if err != nil {
			return nil, fmt.Errorf("making the cipher of key %d: %w", s.id, err)
		}
		if v.seals[s.id], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("making the cipher of key %d: %w", s.id, err)
		}
		if i == 0 {
			v.index = root
		}
	}
	return v, nil
}

// derive makes the key of a label. It fails only for keys longer than any here.
func derive(root []byte, label string) []byte {
	key, err := hkdf.Expand(sha256.New, root, label, secretBytes)
	if err != nil {
		panic(fmt.Sprintf("vault: deriving %q: %v", label, err))
	}
	return key
}

// Seal seals plain for a cell; Overhead bytes are added. It panics when
// randomness fails, which a process cannot outlive.
func (v *Vault) Seal(at Cell, plain []byte) []byte {
	sealed := make([]byte, headerBytes+nonceBytes, len(plain)+Overhead)
	sealed[0], sealed[1] = version1, algAESGCM
	binary.BigEndian.PutUint32(sealed[2:], v.newest)
	nonce := sealed[headerBytes:]
	if _, err := io.ReadFull(v.random, nonce); err != nil {
		panic(fmt.Sprintf("vault: reading randomness: %v", err))
	}
	return v.seals[v.newest].Seal(sealed, nonce, plain, at.bound(sealed[:headerBytes]))
}

// Open is what was sealed for a cell, or ErrRefused, or ErrUnknownKey.
func (v *Vault) Open(at Cell, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != version1 || sealed[1] != algAESGCM {
		return nil, fmt.Errorf("%w (%s.%s)", ErrRefused, at.Table, at.Column)
	}
	key := binary.BigEndian.Uint32(sealed[2:])
	seal, ok := v.seals[key]
	if !ok {
		return nil, fmt.Errorf("%w (%s.%s, key %d)", ErrUnknownKey, at.Table, at.Column, key)
	}
	body := headerBytes + nonceBytes
	plain, err := seal.Open(nil, sealed[headerBytes:body], sealed[body:], at.bound(sealed[:headerBytes]))
	if err != nil {
		return nil, fmt.Errorf("%w (%s.%s)", ErrRefused, at.Table, at.Column)
	}
	return plain, nil
}

// bound is what a field of this cell is bound to. The lengths keep one pair of
// names from reading like another.
func (c Cell) bound(header []byte) []byte {
	if len(c.Table) > maxName || len(c.Column) > maxName {
		panic(fmt.Sprintf("vault: %q.%q is no column", c.Table, c.Column))
	}
	return slices.Concat([]byte("v1|"),
		[]byte{byte(len(c.Table))}, []byte(c.Table), []byte{byte(len(c.Column))}, []byte(c.Column), c.Row[:], header)
}

// Blind is the keyed hash that finds a sealed value again: HMAC-SHA256 of the
// normalised value, cut to 16 bytes, under a key of purpose's own
// ("member.phone"). It tells equal from different and nothing else.
func (v *Vault) Blind(purpose, normalised string) [BlindBytes]byte {
	sum := v.sum(labelBlind+purpose, []byte(normalised))
	return [BlindBytes]byte(sum[:BlindBytes])
}

// MAC authenticates a message under a key of purpose's own: signed links, the
// codes at the nozzles.
func (v *Vault) MAC(purpose string, message []byte) [sha256.Size]byte {
	return v.sum(labelMAC+purpose, message)
}

func (v *Vault) sum(label string, message []byte) [sha256.Size]byte {
	mac := hmac.New(sha256.New, derive(v.index, label))
	mac.Write(message)
	return [sha256.Size]byte(mac.Sum(nil))
}

// IsSealed reports whether content begins as everything sealed does.
func IsSealed(content []byte) bool { return bytes.HasPrefix(content, []byte{First}) }
