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
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
)

// The file of the key that the own database is encrypted with on disk: one
// block with that key, wrapped by the master key whose fingerprint stands in it,
// and after a change of that one more, by the master key before.
const (
	atRestBlock   = "FORECOURT DATABASE KEY"
	atRestMaster  = "Master-Key"
	atRestPurpose = "database"
	atRestID      = 1
	maxAtRestFile = 4 << 10
)

// errNoAtRestKey says that what the own database was encrypted with is gone.
var errNoAtRestKey = errors.New("the database on disk is encrypted and its key file is missing; " +
	"bring it back from where keys are kept")

// atRestKey is the key of the own database's encryption on disk, nil if that is
// off. It is made on the first start, and so is the master key where there is
// no database yet. It lies beside the other keys, and a copy beside the data; a
// lost one is made of the other.
func atRestKey(cfg config.Config, source vault.Source, random io.Reader) ([]byte, error) {
	if !cfg.EncryptsDatabase() {
		return nil, nil
	}
	state, err := mysql.StateOf(cfg.DatabaseDir())
	if err != nil {
		return nil, err
	}
	masters, err := source.Masters()
	if errors.Is(err, vault.ErrNoKey) && !state.Installed {
		if err := source.Create(random); err != nil {
			return nil, err
		}
		masters, err = source.Masters()
	}
	if err != nil {
		return nil, err
	}
	for _, path := range atRestFiles(cfg) {
		key, err := readAtRestKey(path, masters)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return key, copyAtRestKey(cfg, path)
	}
	if state.Encrypted {
		return nil, fmt.Errorf("%w (%s)", errNoAtRestKey, cfg.AtRestKeyFile())
	}
	var key [vault.SecretBytes]byte
	if _, err := io.ReadFull(random, key[:]); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return key[:], writeAtRestKey(cfg, key, random, masters[len(masters)-1])
}

// atRestFiles is where the key lies: the first counts, the second is its copy.
func atRestFiles(cfg config.Config) []string {
	return []string{cfg.AtRestKeyFile(), cfg.AtRestKeyCopy()}
}

// copyAtRestKey has both files be as the one that was read.
func copyAtRestKey(cfg config.Config, from string) error {
	content, err := readPrivate(from, maxAtRestFile)
	if err != nil {
		return fmt.Errorf("reading the database's key: %w", err)
	}
	for _, path := range atRestFiles(cfg) {
		if has, err := readPrivate(path, maxAtRestFile); err == nil && bytes.Equal(has, content) {
			continue
		}
		if err := writePrivate(path, content); err != nil {
			return err
		}
	}
	return nil
}

// rewrapAtRestKey has a new master key wrap the key, as part of changing that.
// What the old one wrapped stays beside it, so that the database opens whichever
// of the two the change leaves in use. Without a key there is nothing to do.
func rewrapAtRestKey(cfg config.Config, old []*vault.Master, to *vault.Master, random io.Reader) error {
	key, err := readAtRestKey(cfg.AtRestKeyFile(), append(slices.Clone(old), to))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	by := []*vault.Master{to}
	if len(old) > 0 && old[len(old)-1].Fingerprint() != to.Fingerprint() {
		by = append(by, old[len(old)-1])
	}
	return writeAtRestKey(cfg, [vault.SecretBytes]byte(key), random, by...)
}

// readAtRestKey unwraps the key with any of some master keys, or answers
// os.ErrNotExist.
func readAtRestKey(path string, masters []*vault.Master) ([]byte, error) {
	content, err := readPrivate(path, maxAtRestFile)
	if err != nil {
		return nil, fmt.Errorf("reading the database's key: %w", err)
	}
	var wanted []string
	for len(content) > 0 {
		block, rest := pem.Decode(content)
		if block == nil || block.Type != atRestBlock {
			return nil, fmt.Errorf("%s holds something that is no key of a database, or was cut off", path)
		}
		print := block.Headers[atRestMaster]
		wanted, content = append(wanted, print), rest
		at := slices.IndexFunc(masters, func(m *vault.Master) bool { return m.Fingerprint() == print })
		if at < 0 {
			continue
		}
		key, err := masters[at].Unwrap(atRestPurpose, atRestID, block.Bytes)
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

// writeAtRestKey keeps the key, wrapped by some master keys.
func writeAtRestKey(cfg config.Config, key [vault.SecretBytes]byte, random io.Reader, by ...*vault.Master) error {
	var content []byte
	for _, master := range by {
		content = append(content, pem.EncodeToMemory(&pem.Block{
			Type: atRestBlock, Headers: map[string]string{atRestMaster: master.Fingerprint()},
			Bytes: master.Wrap(atRestPurpose, atRestID, key, random),
		})...)
	}
	for _, path := range atRestFiles(cfg) {
		if err := writePrivate(path, content); err != nil {
			return err
		}
	}
	return nil
}

// writePrivate writes a file whole or not at all. It is on disk when
// writePrivate returns: a key that is lost with the power takes the database
// along.
func writePrivate(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keeping the database's key: %w", err)
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-") // made with mode 0600
	if err != nil {
		return fmt.Errorf("keeping the database's key: %w", err)
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
		return fmt.Errorf("keeping the database's key: %w", err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keeping the database's key: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
