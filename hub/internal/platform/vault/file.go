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

// ErrNoKey says that the key file is not there and may not be made.
var ErrNoKey = errors.New("vault: the key file is missing; what was sealed cannot be opened without it: " +
	"bring it back from where keys are kept")

// Options says what Load may do.
type Options struct {
	// MayCreate permits a new key file where there is none. It is for the
	// first start: a new secret beside fields sealed with a lost one would
	// hide the loss.
	MayCreate bool
}

// Load opens the vault of the key file in dir. A file that is missing, cut, or
// open to others than its owner is refused.
func Load(dir string, random io.Reader, o Options) (*Vault, error) {
	path := filepath.Join(dir, FileName)
	content, err := readFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if !o.MayCreate {
			return nil, fmt.Errorf("%w (%s)", ErrNoKey, path)
		}
		if err := create(path, random); err != nil {
			return nil, fmt.Errorf("making the key file %s: %w", path, err)
		}
		content, err = readFile(path)
	}
	if err != nil {
		return nil, err
	}
	v, err := Parse(content, random)
	if err != nil {
		return nil, fmt.Errorf("reading the key file %s: %w", path, err)
	}
	return v, nil
}

// Parse opens the vault of a key file's content: one PEM block a secret, with
// its number in the header Key-Id, numbers ascending.
func Parse(content []byte, random io.Reader) (*Vault, error) {
	secrets, err := parse(content)
	if err != nil {
		return nil, err
	}
	return newVault(secrets, random)
}

// readFile reads the key file if nobody but its owner can.
func readFile(path string) ([]byte, error) {
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
	case mode.Perm()&0o077 != 0:
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

// create writes a key file with one new secret, whole or not at all. A file
// that somebody else has made meanwhile is left alone.
func create(path string, random io.Reader) error {
	fresh := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, fresh); err != nil {
		return fmt.Errorf("reading randomness: %w", err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the key directory: %w", err)
	}
	f, err := os.CreateTemp(dir, "."+FileName+"-") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // linked or not, this name goes
	_, err = f.Write(encode(secret{firstKey, fresh}))
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return syncDir(dir)
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

func encode(s secret) []byte {
	return pem.EncodeToMemory(&pem.Block{
		Type: blockType, Headers: map[string]string{headerID: strconv.FormatUint(uint64(s.id), 10)}, Bytes: s.bytes,
	})
}

// parse reads the secrets of a key file, which stand in ascending order of ids.
func parse(content []byte) ([]secret, error) {
	var secrets []secret
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
		case len(block.Bytes) != secretBytes:
			return nil, fmt.Errorf("vault: key %d has %d bytes, a key has %d", key, len(block.Bytes), secretBytes)
		}
		secrets = append(secrets, secret{uint32(key), block.Bytes})
		last, content = key, rest
	}
	if len(secrets) == 0 {
		return nil, errors.New("vault: it holds no key")
	}
	return secrets, nil
}
