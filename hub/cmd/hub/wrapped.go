package main

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/platform/vault"
)

// wrappedKey is a key in a file of its own: one block with the key, wrapped by
// the master key whose fingerprint stands in it, and after a change of that one
// more, by the master key before.
type wrappedKey struct {
	block, purpose string
	files          []string // the first counts, others are its copies
}

const (
	wrappedMaster  = "Master-Key"
	wrappedID      = 1
	maxWrappedFile = 4 << 10
)

// copyFrom has all files be as the one that was read.
func (w wrappedKey) copyFrom(from string) error {
	content, err := readPrivate(from, maxWrappedFile)
	if err != nil {
		return fmt.Errorf("reading the %s key: %w", w.purpose, err)
	}
	for _, path := range w.files {
		if has, err := readPrivate(path, maxWrappedFile); err == nil && bytes.Equal(has, content) {
			continue
		}
		if err := writePrivate(path, content); err != nil {
			return err
		}
	}
	return nil
}

// rewrapKeys has a new master key wrap the keys that lie in files, as part of
// changing it. What the old one wrapped stays beside it, so that they open
// whichever of the two the change leaves in use. A key that is not there is
// left out.
func rewrapKeys(cfg config.Config, old []*vault.Master, to *vault.Master, random io.Reader) error {
	for _, w := range []wrappedKey{atRest(cfg), backupSeal(cfg)} {
		key, err := w.read(w.files[0], append(slices.Clone(old), to))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		by := []*vault.Master{to}
		if len(old) > 0 && old[len(old)-1].Fingerprint() != to.Fingerprint() {
			by = append(by, old[len(old)-1])
		}
		if err := w.write([vault.SecretBytes]byte(key), random, by...); err != nil {
			return err
		}
	}
	return nil
}

// read unwraps the key with any of some master keys, or answers os.ErrNotExist.
func (w wrappedKey) read(path string, masters []*vault.Master) ([]byte, error) {
	content, err := readPrivate(path, maxWrappedFile)
	if err != nil {
		return nil, fmt.Errorf("reading the %s key: %w", w.purpose, err)
	}
	return w.open(path, content, masters)
}

// open unwraps what a file holds.
func (w wrappedKey) open(path string, content []byte, masters []*vault.Master) ([]byte, error) {
	var wanted []string
	for len(content) > 0 {
		block, rest := pem.Decode(content)
		if block == nil || block.Type != w.block {
			return nil, fmt.Errorf("%s holds something that is no %s key, or was cut off", path, w.purpose)
		}
		print := block.Headers[wrappedMaster]
		wanted, content = append(wanted, print), rest
		at := slices.IndexFunc(masters, func(m *vault.Master) bool { return m.Fingerprint() == print })
		if at < 0 {
			continue
		}
		key, err := masters[at].Unwrap(w.purpose, wrappedID, block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("opening %s: %w", path, err)
		}
		return key[:], nil
	}
	return nil, fmt.Errorf("%w: %s wants the key with fingerprint %s", vault.ErrWrongKey, path, strings.Join(wanted, " or "))
}

// readPrivate reads a file that nobody but its owner may read.
func readPrivate(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 || info.Size() > limit {
		return nil, fmt.Errorf("%s has mode %04o and %d bytes; run chmod 600 on it, and think about who may have read it",
			path, mode.Perm(), info.Size())
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// write keeps the key, wrapped by some master keys.
func (w wrappedKey) write(key [vault.SecretBytes]byte, random io.Reader, by ...*vault.Master) error {
	var content []byte
	for _, master := range by {
		content = append(content, pem.EncodeToMemory(&pem.Block{
			Type: w.block, Headers: map[string]string{wrappedMaster: master.Fingerprint()},
			Bytes: master.Wrap(w.purpose, wrappedID, key, random),
		})...)
	}
	for _, path := range w.files {
		if err := writePrivate(path, content); err != nil {
			return err
		}
	}
	return nil
}

// writePrivate writes a file whole or not at all. It is on disk when
// writePrivate returns: a key that is lost with the power takes what it opens
// along.
func writePrivate(path string, content []byte) error {
	if err := writeKey(path, content); err != nil {
		return fmt.Errorf("keeping a key: %w", err)
	}
	return nil
}

func writeKey(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
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
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
