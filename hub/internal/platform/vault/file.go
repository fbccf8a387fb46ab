package vault

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// FileName is the key file's name in the key directory.
const FileName = "vault.key"

const (
	blockType = "FORECOURT VAULT KEY"
	headerID  = "Key-Id"
	// maxFileBytes bounds the key file: hundreds of secrets fit.
	maxFileBytes = 64 << 10
	firstKey     = 1
)

// Source is where the secret of the master key comes from.
type Source interface {
	// Name is "file", "credential" or "passphrase".
	Name() string
	// Masters is the master keys of the secrets there are, the oldest first;
	// the database says which of them it was sealed with. ErrNoKey: there is
	// none.
	Masters() ([]*Master, error)
	// Create makes a first secret where there is none.
	Create(random io.Reader) error
	// Add makes a further secret beside those there are, on disk when it
	// returns.
	Add(random io.Reader) (*Master, error)
}

// ErrNoKey says that the key is not there and may not be made.
var ErrNoKey = errors.New("vault: the key file is missing; what was sealed cannot be opened without it: " +
	"bring it back from where keys are kept")

// Options says what Load may do.
type Options struct {
	// MayCreate permits a new key file where there is none. It is for the
	// first start: a new secret beside fields sealed with a lost one would
	// hide the loss.
	MayCreate bool
}

// Load opens the vault of the key file in dir alone, as installations without
// wrapped keys did. A file that is missing, cut, or open to others than its
// owner is refused.
func Load(dir string, random io.Reader, o Options) (*Vault, error) {
	file := File{Dir: dir}
	masters, err := file.Masters()
	if errors.Is(err, ErrNoKey) && o.MayCreate {
		if err := file.Create(random); err != nil {
			return nil, err
		}
		masters, err = file.Masters()
	}
	if err != nil {
		return nil, err
	}
	return adopt(masters, random)
}

// Parse opens the vault of a key file's content: one PEM block a secret, with
// its number in the header Key-Id, numbers ascending.
func Parse(content []byte, random io.Reader) (*Vault, error) {
	masters, err := parse(content)
	if err != nil {
		return nil, err
	}
	return adopt(masters, random)
}

// File is the key file as a Source. It may hold several secrets: the one that
// the data keys are wrapped with, those before it, which older backups need,
// and one that a change broke off at.
type File struct {
	// Dir is the key directory.
	Dir string
}

// Name implements Source.
func (File) Name() string { return "file" }

// Path is where the key file lies.
func (f File) Path() string { return filepath.Join(f.Dir, FileName) }

// Masters implements Source.
func (f File) Masters() ([]*Master, error) {
	content, err := readFile(f.Path(), private)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w (%s)", ErrNoKey, f.Path())
	}
	if err != nil {
		return nil, err
	}
	masters, err := parse(content)
	if err != nil {
		return nil, fmt.Errorf("reading the key file %s: %w", f.Path(), err)
	}
	return masters, nil
}

// Create implements Source. A file that somebody else has made meanwhile is
// left alone.
func (f File) Create(random io.Reader) error {
	fresh, err := newSecret(random)
	if err != nil {
		return err
	}
	if err := f.Restore(fresh); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}

// Restore makes the key file of a secret, whole or not at all. A file that is
// there is left alone and os.ErrExist answered.
func (f File) Restore(secret [SecretBytes]byte) error {
	err := writeFile(f.Path(), encode(firstKey, secret), os.Link)
	if err != nil {
		return fmt.Errorf("making the key file %s: %w", f.Path(), err)
	}
	return nil
}

// Add implements Source: the new secret stands behind those that are there.
func (f File) Add(random io.Reader) (*Master, error) {
	unlock, err := lockDir(f.Dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	masters, err := f.Masters()
	if err != nil && !errors.Is(err, ErrNoKey) {
		return nil, err
	}
	fresh, err := newSecret(random)
	if err != nil {
		return nil, err
	}
	number, content := uint32(firstKey), []byte(nil)
	for _, m := range masters {
		number, content = m.number+1, append(content, encode(m.number, m.secret)...)
	}
	if err := writeFile(f.Path(), append(content, encode(number, fresh)...), os.Rename); err != nil {
		return nil, fmt.Errorf("adding to the key file %s: %w", f.Path(), err)
	}
	return newMaster(number, fresh)
}

// Credential is a file that the service manager hands over as a Source:
// $CREDENTIALS_DIRECTORY/forecourt-vault of systemd. Its content is a key
// file's; who may read it is the service manager's business.
type Credential struct {
	// Path is where it lies.
	Path string
}

// CredentialName is what the credential is called.
const CredentialName = "forecourt-vault"

// Name implements Source.
func (Credential) Name() string { return "credential" }

// Masters implements Source.
func (c Credential) Masters() ([]*Master, error) {
	if c.Path == "" {
		return nil, fmt.Errorf("%w (no credential was handed over: the unit needs LoadCredential=%s:FILE)", ErrNoKey, CredentialName)
	}
	content, err := readFile(c.Path, handedOver)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w (credential %s)", ErrNoKey, c.Path)
	}
	if err != nil {
		return nil, err
	}
	masters, err := parse(content)
	if err != nil {
		return nil, fmt.Errorf("reading the credential %s: %w", c.Path, err)
	}
	return masters, nil
}

// Create implements Source: a credential is made by whoever hands it over.
func (c Credential) Create(io.Reader) error {
	_, err := c.Masters()
	return err
}

// Add implements Source.
func (c Credential) Add(io.Reader) (*Master, error) {
	return nil, errors.New("vault: a credential is changed by whoever hands it over: make a key file and hand that over")
}

// Who may read a file.
const (
	private    = true  // its owner alone
	handedOver = false // whoever handed it over has decided
)

// readFile reads a key file if nobody but its owner can.
func readFile(path string, private bool) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the key file: %w", err)
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the key file: %w", err)
	}
	switch mode := info.Mode(); {
	case !mode.IsRegular():
		return nil, fmt.Errorf("vault: %s is not a file", path)
	case private && mode.Perm()&0o077 != 0:
		return nil, fmt.Errorf("vault: others than its owner may read or change %s (mode %04o); run chmod 600 on it, "+
			"and think about who may have read it", path, mode.Perm())
	case info.Size() > maxFileBytes:
		return nil, fmt.Errorf("vault: %s has %d bytes and is no key file", path, info.Size())
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFileBytes))
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	return content, nil
}

// writeFile writes a file whole or not at all: under a name of its own first,
// then moved to its place by os.Link, which leaves what is there, or by
// os.Rename, which replaces it. It is on disk when writeFile returns.
func writeFile(path string, content []byte, move func(from, to string) error) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the key directory: %w", err)
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // moved or not, this name goes
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := move(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// newSecret makes a secret.
func newSecret(random io.Reader) (secret [SecretBytes]byte, err error) {
	if _, err := io.ReadFull(random, secret[:]); err != nil {
		return secret, fmt.Errorf("reading randomness: %w", err)
	}
	return secret, nil
}

// lockDir keeps others from changing the files of a directory until unlock is
// called, or the process ends.
func lockDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the key directory: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("locking the key directory: %w", err)
	}
	if err := unix.Flock(int(d.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("locking the key directory: %w", err), d.Close())
	}
	return func() { _ = d.Close() }, nil // closing releases the lock; nothing was written through it
}

// syncDir has the directory's entries on disk: a key that is lost with the
// power takes everything sealed along.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func encode(number uint32, secret [SecretBytes]byte) []byte {
	return pem.EncodeToMemory(&pem.Block{
		Type: blockType, Headers: map[string]string{headerID: strconv.FormatUint(uint64(number), 10)}, Bytes: secret[:],
	})
}

// parse reads the secrets of a key file, which stand in ascending order of ids.
func parse(content []byte) ([]*Master, error) {
	var masters []*Master
	last := uint64(0)
	for len(bytes.TrimSpace(content)) > 0 {
		block, rest := pem.Decode(content)
		if block == nil || block.Type != blockType {
			return nil, errors.New("vault: it holds something that is no key, or was cut off")
		}
		key, err := strconv.ParseUint(block.Headers[headerID], 10, 32)
		switch {
		case err != nil || key <= last:
			return nil, fmt.Errorf("vault: key %q is out of order", block.Headers[headerID])
		case len(block.Bytes) != SecretBytes:
			return nil, fmt.Errorf("vault: key %d has %d bytes, a key has %d", key, len(block.Bytes), SecretBytes)
		}
		m, err := newMaster(uint32(key), [SecretBytes]byte(block.Bytes))
		if err != nil {
			return nil, err
		}
		masters, last, content = append(masters, m), key, rest
	}
	if len(masters) == 0 {
		return nil, errors.New("vault: it holds no key")
	}
	return masters, nil
}
