package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Purposes of the keys that a Master wraps.
const (
	// PurposeSeal is a data key: it seals fields and wraps members' keys.
	PurposeSeal = "seal"
	// PurposeIndex is the index key.
	PurposeIndex = "index"
)

const (
	// WrappedBytes is the length of a key that a Master wrapped:
	//
	//	ver 1 | alg 1 | nonce 12 random | key 32, encrypted | tag 16
	//
	// The bytes bound to it are "dk1|", the length and text of the purpose, the
	// id (4 BE) and the two header bytes.
	WrappedBytes = masterHeader + nonceBytes + SecretBytes + tagBytes

	masterHeader = 2 // ver, alg
	// saltMaster keeps the master key apart from what older installations made
	// of the same secret: their data keys.
	saltMaster  = "forecourt/v2/master"
	labelMaster = "forecourt/v2/master/wrap"
	labelPrint  = "forecourt/v2/master/fingerprint"
	// printBytes is the length of a fingerprint before it is written in hex:
	// enough to tell a handful of keys apart, and of no use to guess one.
	printBytes = 4
)

// ErrWrongKey says that the secret that is there is not the one that the data
// keys were wrapped with.
var ErrWrongKey = errors.New("vault: this is not the key that the database was sealed with")

// Master is the key over all keys: it wraps the data keys and does nothing
// else. It is made of one secret.
type Master struct {
	number uint32 // of the secret in its file
	secret [SecretBytes]byte
	wrap   cipher.AEAD
	print  string
}

// NewMaster makes the master key of a secret.
func NewMaster(secret [SecretBytes]byte) (*Master, error) { return newMaster(firstKey, secret) }

func newMaster(number uint32, secret [SecretBytes]byte) (*Master, error) {
	root, err := hkdf.Extract(sha256.New, secret[:], []byte(saltMaster))
	if err != nil {
		return nil, fmt.Errorf("deriving the master key: %w", err)
	}
	wrap, err := newCipher(derive(root, labelMaster))
	if err != nil {
		return nil, fmt.Errorf("making the master key's cipher: %w", err)
	}
	return &Master{
		number: number, secret: secret, wrap: wrap, print: hex.EncodeToString(derive(root, labelPrint)[:printBytes]),
	}, nil
}

// Fingerprint tells one master key from another: eight hexadecimal digits.
func (m *Master) Fingerprint() string { return m.print }

// Secret is what the master key is made of, for the recovery sheet. It never
// goes into a log.
func (m *Master) Secret() [SecretBytes]byte { return m.secret }

// Wrap encrypts a key, bound to its purpose and id. It panics when randomness
// fails.
func (m *Master) Wrap(purpose string, id uint32, key [SecretBytes]byte, random io.Reader) []byte {
	header := []byte{version1, algAESGCM}
	return seal(m.wrap, random, header, boundMaster(purpose, id, header), key[:])
}

// Unwrap is the key that was wrapped for a purpose and id, or ErrRefused.
func (m *Master) Unwrap(purpose string, id uint32, wrapped []byte) (key [SecretBytes]byte, err error) {
	if len(wrapped) != WrappedBytes || wrapped[0] != version1 || wrapped[1] != algAESGCM {
		return key, fmt.Errorf("%w (%s key %d)", ErrRefused, purpose, id)
	}
	body := masterHeader + nonceBytes
	plain, err := m.wrap.Open(nil, wrapped[masterHeader:body], wrapped[body:], boundMaster(purpose, id, wrapped[:masterHeader]))
	if err != nil {
		return key, fmt.Errorf("%w (%s key %d)", ErrRefused, purpose, id)
	}
	return [SecretBytes]byte(plain), nil
}

// boundMaster is what a wrapped key is bound to.
func boundMaster(purpose string, id uint32, header []byte) []byte {
	return slices.Concat([]byte("dk1|"), []byte{byte(len(purpose))}, []byte(purpose), binary.BigEndian.AppendUint32(nil, id), header)
}

// root is what installations older than wrapped keys derived everything from.
func (m *Master) root() ([]byte, error) {
	root, err := hkdf.Extract(sha256.New, m.secret[:], nil)
	if err != nil {
		return nil, fmt.Errorf("deriving from key %d: %w", m.number, err)
	}
	return root, nil
}

// Legacy is the keys that an installation older than wrapped keys made of its
// secrets, given in ascending order of their numbers: each secret's data key,
// under its number, and the oldest's index key.
func Legacy(masters ...*Master) (keys []DataKey, index [SecretBytes]byte, err error) {
	for i, m := range masters {
		root, err := m.root()
		if err != nil {
			return nil, index, err
		}
		keys = append(keys, DataKey{ID: m.number, Secret: [SecretBytes]byte(derive(root, labelSeal))})
		if i == 0 {
			index = [SecretBytes]byte(root)
		}
	}
	return keys, index, nil
}

// adopt makes a Vault of a key file alone, as installations older than wrapped
// keys did.
func adopt(masters []*Master, random io.Reader) (*Vault, error) {
	keys, index, err := Legacy(masters...)
	if err != nil {
		return nil, err
	}
	return New(Parts{Random: random, Index: index, Keys: keys, Active: keys[len(keys)-1].ID})
}
