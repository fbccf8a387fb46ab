package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// PassphraseFile is the name, in the key directory, of the salts and
// parameters that a passphrase needs to become a secret. It holds no secret.
const PassphraseFile = "vault.kdf"

// What argon2id is run with: half a second and 64 MiB on a small box, once at
// the start.
const (
	argonMemory  = 64 << 10 // KiB
	argonTime    = 3
	argonThreads = 4
	saltBytes    = 16
	checkBytes   = 16
)

// Bounds of what a file may ask for: a damaged one must not take all memory.
const (
	maxArgonMemory = 1 << 20 // KiB
	maxArgonTime   = 16
	// maxSalts bounds the file: the passphrase now, those that older backups
	// need, and one that a change broke off at. Each costs half a second.
	maxSalts = 4
	// minPassphrase is the least number of characters: with argon2id it is
	// guessed only when it is a common one.
	minPassphrase = 12
)

// What may be wrong with a passphrase.
var (
	// ErrPassphrase says that a passphrase is not the one.
	ErrPassphrase = errors.New("vault: the passphrase is wrong")
	// ErrPassphraseShort says that a new passphrase is too easily guessed.
	ErrPassphraseShort = fmt.Errorf("vault: a passphrase needs %d characters or more", minPassphrase)
)

// Passphrase is a passphrase as a Source, made into secrets by argon2id.
type Passphrase struct {
	// Dir is the key directory.
	Dir string
	// Ask returns the passphrase. A new one is made of what it returns too.
	Ask func() ([]byte, error)
}

// salted is one secret that a passphrase makes.
type salted struct {
	Memory  uint32 `json:"memory_kib"`
	Time    uint32 `json:"time"`
	Threads uint8  `json:"threads"`
	Salt    []byte `json:"salt"`
	// Check tells whether a passphrase is the right one.
	Check []byte `json:"check"`
}

// saltFile is the content of PassphraseFile.
type saltFile struct {
	Algorithm string   `json:"algorithm"`
	Secrets   []salted `json:"secrets"`
}

const argon2id = "argon2id"

// Name implements Source.
func (Passphrase) Name() string { return "passphrase" }

// Path is where the salts lie.
func (p Passphrase) Path() string { return filepath.Join(p.Dir, PassphraseFile) }

// Masters implements Source. A passphrase that makes none of the secrets is
// refused with ErrPassphrase.
func (p Passphrase) Masters() ([]*Master, error) {
	file, err := p.read()
	if err != nil {
		return nil, err
	}
	phrase, err := p.ask()
	if err != nil {
		return nil, err
	}
	var masters []*Master
	for i, s := range file.Secrets {
		secret := s.secret(phrase)
		if !hmac.Equal(check(secret), s.Check) {
			continue
		}
		m, err := newMaster(uint32(i)+firstKey, secret)
		if err != nil {
			return nil, err
		}
		masters = append(masters, m)
	}
	if len(masters) == 0 {
		return nil, ErrPassphrase
	}
	return masters, nil
}

// Create implements Source.
func (p Passphrase) Create(random io.Reader) error {
	_, err := p.Add(random)
	return err
}

// Add implements Source: a further salt for the passphrase that Ask returns,
// which may be another one than before.
func (p Passphrase) Add(random io.Reader) (*Master, error) {
	phrase, err := p.ask()
	if err != nil {
		return nil, err
	}
	if utf8.RuneCount(phrase) < minPassphrase {
		return nil, ErrPassphraseShort
	}
	unlock, err := lockDir(p.Dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	file, err := p.read()
	if err != nil && !errors.Is(err, ErrNoKey) {
		return nil, err
	}
	s := salted{Memory: argonMemory, Time: argonTime, Threads: argonThreads, Salt: make([]byte, saltBytes)}
	if _, err := io.ReadFull(random, s.Salt); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	secret := s.secret(phrase)
	s.Check = check(secret)
	if len(file.Secrets) == maxSalts {
		file.Secrets = file.Secrets[1:]
	}
	file.Algorithm, file.Secrets = argon2id, append(file.Secrets, s)
	if err := p.write(file); err != nil {
		return nil, err
	}
	return newMaster(firstKey, secret)
}

// ask is the passphrase in one of the forms that it may be typed in.
func (p Passphrase) ask() ([]byte, error) {
	phrase, err := p.Ask()
	if err != nil {
		return nil, fmt.Errorf("asking for the passphrase: %w", err)
	}
	return norm.NFKC.Bytes(phrase), nil
}

// read reads the salts, or answers ErrNoKey.
func (p Passphrase) read() (file saltFile, err error) {
	content, err := readFile(p.Path(), private)
	if errors.Is(err, os.ErrNotExist) {
		return file, fmt.Errorf("%w (%s)", ErrNoKey, p.Path())
	}
	if err != nil {
		return file, err
	}
	if err := json.Unmarshal(content, &file); err != nil || file.Algorithm != argon2id || len(file.Secrets) == 0 {
		return file, fmt.Errorf("vault: %s is damaged: it holds no %s parameters", p.Path(), argon2id)
	}
	for _, s := range file.Secrets {
		if s.Memory == 0 || s.Memory > maxArgonMemory || s.Time == 0 || s.Time > maxArgonTime || s.Threads == 0 ||
			len(s.Salt) != saltBytes || len(s.Check) != checkBytes {
			return file, fmt.Errorf("vault: %s is damaged: its parameters are out of bounds", p.Path())
		}
	}
	return file, nil
}

func (p Passphrase) write(file saltFile) error {
	content, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", p.Path(), err)
	}
	if err := writeFile(p.Path(), append(content, '\n'), os.Rename); err != nil {
		return fmt.Errorf("writing %s: %w", p.Path(), err)
	}
	return nil
}

func (s salted) secret(phrase []byte) [SecretBytes]byte {
	return [SecretBytes]byte(argon2.IDKey(phrase, s.Salt, s.Time, s.Memory, s.Threads, SecretBytes))
}

// check is what tells a right passphrase from a wrong one. It fails for no
// secret.
func check(secret [SecretBytes]byte) []byte {
	sum, err := hkdf.Key(sha256.New, secret[:], []byte(saltMaster), "forecourt/v2/passphrase/check", checkBytes)
	if err != nil {
		panic(fmt.Sprintf("vault: deriving a check value: %v", err))
	}
	return sum
}
