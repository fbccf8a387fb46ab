// Package vault seals what is personal, so that a stolen database says
// nothing: fields are encrypted with keys that are of no use without a secret
// outside the database, and looked up by keyed hashes.
//
// # The keys
//
//	secret: a key file, a systemd credential, or a passphrase by argon2id
//	  master key, made of the secret         wraps the data keys
//	    data keys, numbered                  seal the house's own fields, wrap the members' keys
//	    index key                            makes Blind, MAC and Derive; it never changes
//	      member keys, one a member          seal what belongs to that member
//
// This package is the cryptography; package keyring keeps the wrapped keys in
// the database, and knows which there are. Whoever destroys a member's key has
// destroyed everything sealed with it, wherever copies lie.
//
// # What it promises
//
//   - A sealed field opens only where it was sealed: it is bound to its table,
//     its column and its row. Moved, cut or changed in any bit it is refused.
//     So is a wrapped key under another number, purpose or member.
//   - Two fields with the same content are sealed differently; the same
//     content under the same purpose has the same Blind, and under another
//     purpose another one.
//   - Whoever has the database without the secret has nothing; whoever loses
//     the secret has lost what was sealed.
//   - The active data key seals, all of them open; a new one moves no index.
//
// # The sealed form
//
//	ver 1 | alg 1 | key id 4 BE | nonce 12 random | ciphertext | tag 16
//
// ver 1 was sealed with the data key of that id, ver 2 with the member's own
// key, whose version the id is. Rows are named by 16 bytes; the bytes bound to
// it are "v1|" or "v2|", the lengths and texts of table and column, the row,
// and the six header bytes. alg 1 is AES-256-GCM. One key seals fewer than 2^32
// fields: at a hundred thousand a day that takes a century.
//
// A Vault and a Key are safe for concurrent use.
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
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	version1  = 0x01 // by a data key; rows of 16 bytes
	version2  = 0x02 // by a member's key; rows of 16 bytes
	algAESGCM = 0x01 // AES-256-GCM

	headerBytes = 6 // ver, alg, key id
	nonceBytes  = 12
	tagBytes    = 16
	// Overhead is how many bytes longer the sealed form is.
	Overhead = headerBytes + nonceBytes + tagBytes

	// SecretBytes is the length of a secret and of every key.
	SecretBytes = 32
	// BlindBytes is the length of a Blind: long enough that two contents
	// never meet, so that nothing need be compared after opening.
	BlindBytes = 16
	// maxName bounds the names of tables and columns; SQL allows 64.
	maxName = 64
)

// First is the first byte of what a data key sealed: no JSON and no text in
// UTF-8 that people write begins with it.
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
	// ErrUnknownKey says that the field was sealed with a key that nobody has
	// here.
	ErrUnknownKey = errors.New("vault: sealed with a key that is not here")
)

// Vault seals and opens.
type Vault struct {
	random  io.Reader
	index   []byte // what Blind, MAC and Derive are made of
	missing func(key uint32)

	change sync.Mutex // one change of the keys at a time
	state  atomic.Pointer[keys]
}

// keys is the data keys at one moment. It never changes.
type keys struct {
	active uint32
	all    map[uint32]dataKey
}

// dataKey is a data key, ready for use: one cipher seals fields, another made
// of it wraps members' keys.
type dataKey struct{ seal, wrap cipher.AEAD }

// DataKey is a data key as it is kept.
type DataKey struct {
	// ID is what the fields that it sealed name it by.
	ID uint32
	// Secret is the key itself.
	Secret [SecretBytes]byte
}

// Parts is what a Vault is made of.
type Parts struct {
	// Random is the source of nonces and new keys.
	Random io.Reader
	// Index is the index key.
	Index [SecretBytes]byte
	// Keys holds the data keys, Active is the id of the one that seals.
	Keys   []DataKey
	Active uint32
	// Missing is told of a key that a field names and nobody has here; it may
	// Take that key, and the field is tried again. It may be nil.
	Missing func(key uint32)
}

// New makes a Vault of its keys.
func New(p Parts) (*Vault, error) {
	v := &Vault{random: p.Random, index: bytes.Clone(p.Index[:]), missing: p.Missing}
	v.state.Store(&keys{all: map[uint32]dataKey{}})
	for _, k := range p.Keys {
		if err := v.Take(k); err != nil {
			return nil, err
		}
	}
	return v, v.Activate(p.Active)
}

// Take adds a data key: it opens from now on.
func (v *Vault) Take(k DataKey) error {
	seal, err := newCipher(k.Secret[:])
	if err != nil {
		return fmt.Errorf("making the cipher of key %d: %w", k.ID, err)
	}
	wrap, err := newCipher(derive(k.Secret[:], labelWrap))
	if err != nil {
		return fmt.Errorf("making the cipher of key %d: %w", k.ID, err)
	}
	v.change.Lock()
	defer v.change.Unlock()
	was := v.state.Load()
	all := maps.Clone(was.all)
	all[k.ID] = dataKey{seal: seal, wrap: wrap}
	v.state.Store(&keys{active: was.active, all: all})
	return nil
}

// Activate has the data key with an id seal from now on.
func (v *Vault) Activate(key uint32) error {
	v.change.Lock()
	defer v.change.Unlock()
	was := v.state.Load()
	if _, ok := was.all[key]; !ok {
		return fmt.Errorf("%w (key %d)", ErrUnknownKey, key)
	}
	v.state.Store(&keys{active: key, all: was.all})
	return nil
}

// Active is the id of the data key that seals.
func (v *Vault) Active() uint32 { return v.state.Load().active }

// Has reports whether a data key is here.
func (v *Vault) Has(key uint32) bool {
	_, ok := v.state.Load().all[key]
	return ok
}

// key is a data key by id.
func (v *Vault) key(id uint32) (dataKey, bool) {
	k, ok := v.state.Load().all[id]
	if !ok && v.missing != nil {
		v.missing(id)
		k, ok = v.state.Load().all[id]
	}
	return k, ok
}

// sealing is the data key that seals, and its id.
func (v *Vault) sealing() (uint32, dataKey) {
	s := v.state.Load()
	return s.active, s.all[s.active]
}

// Labels keep what is derived from one secret apart.
const (
	labelSeal   = "forecourt/v1/seal"
	labelWrap   = "forecourt/v1/wrap"
	labelBlind  = "forecourt/v1/blind/"
	labelMAC    = "forecourt/v1/mac/"
	labelDerive = "forecourt/v1/derive/"
)

// newCipher is AES-256-GCM under a key.
func newCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// derive makes the key of a label. It fails only for keys longer than any here.
func derive(root []byte, label string) []byte {
	key, err := hkdf.Expand(sha256.New, root, label, SecretBytes)
	if err != nil {
		panic(fmt.Sprintf("vault: deriving %q: %v", label, err))
	}
	return key
}

// Seal seals plain for a cell with the active data key; Overhead bytes are
// added. It panics when randomness fails, which a process cannot outlive.
func (v *Vault) Seal(at Cell, plain []byte) []byte {
	id, key := v.sealing()
	header := header(version1, id)
	return seal(key.seal, v.random, header[:], at.bound("v1|", header[:]), plain)
}

// Open is what was sealed for a cell, or ErrRefused, or ErrUnknownKey.
func (v *Vault) Open(at Cell, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != version1 || sealed[1] != algAESGCM {
		return nil, fmt.Errorf("%w (%s.%s)", ErrRefused, at.Table, at.Column)
	}
	id := binary.BigEndian.Uint32(sealed[2:])
	key, ok := v.key(id)
	if !ok {
		return nil, fmt.Errorf("%w (%s.%s, key %d)", ErrUnknownKey, at.Table, at.Column, id)
	}
	plain, err := open(key.seal, sealed, at.bound("v1|", sealed[:headerBytes]))
	if err != nil {
		return nil, fmt.Errorf("%w (%s.%s)", ErrRefused, at.Table, at.Column)
	}
	return plain, nil
}

// header begins everything sealed.
func header(version byte, key uint32) (h [headerBytes]byte) {
	h[0], h[1] = version, algAESGCM
	binary.BigEndian.PutUint32(h[2:], key)
	return h
}

// seal is header, nonce, ciphertext and tag.
func seal(with cipher.AEAD, random io.Reader, header, bound, plain []byte) []byte {
	sealed := make([]byte, len(header)+nonceBytes, len(header)+nonceBytes+len(plain)+tagBytes)
	copy(sealed, header)
	nonce := sealed[len(header):]
	if _, err := io.ReadFull(random, nonce); err != nil {
		panic(fmt.Sprintf("vault: reading randomness: %v", err))
	}
	return with.Seal(sealed, nonce, plain, bound)
}

// open is what seal sealed behind a header of six bytes; sealed has Overhead
// bytes at least.
func open(with cipher.AEAD, sealed, bound []byte) ([]byte, error) {
	body := headerBytes + nonceBytes
	return with.Open(nil, sealed[headerBytes:body], sealed[body:], bound)
}

// bound is what a field of this cell is bound to. The lengths keep one pair of
// names from reading like another.
func (c Cell) bound(form string, header []byte) []byte {
	if len(c.Table) > maxName || len(c.Column) > maxName {
		panic(fmt.Sprintf("vault: %q.%q is no column", c.Table, c.Column))
	}
	return slices.Concat([]byte(form),
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

// Derive makes a key for another use, one for each label ("audit/v1"). It is
// the same for as long as the installation lives.
func (v *Vault) Derive(label string) [SecretBytes]byte {
	return [SecretBytes]byte(derive(v.index, labelDerive+label))
}

func (v *Vault) sum(label string, message []byte) [sha256.Size]byte {
	mac := hmac.New(sha256.New, derive(v.index, label))
	mac.Write(message)
	return [sha256.Size]byte(mac.Sum(nil))
}

// IsSealed reports whether content begins as everything sealed does, whoever's
// key it was sealed with.
func IsSealed(content []byte) bool {
	return len(content) > 0 && (content[0] == version1 || content[0] == version2)
}

// House is the id of the data key that sealed something, and whether it was a
// data key and no member's that did.
func House(sealed []byte) (key uint32, ok bool) {
	if len(sealed) < Overhead || sealed[0] != version1 {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[2:]), true
}
