package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
)

// atRest is the key that the own database is encrypted with on disk. It lies in
// two places: the first counts, the second is its copy.
func atRest(cfg config.Config) wrappedKey {
	return wrappedKey{
		block: "FORECOURT DATABASE KEY", purpose: "database", files: []string{cfg.AtRestKeyFile(), cfg.AtRestKeyCopy()},
	}
}

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
	kept := atRest(cfg)
	for _, path := range kept.files {
		key, err := kept.read(path, masters)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return key, kept.copyFrom(path)
	}
	if state.Encrypted {
		return nil, fmt.Errorf("%w (%s)", errNoAtRestKey, cfg.AtRestKeyFile())
	}
	var key [vault.SecretBytes]byte
	if _, err := io.ReadFull(random, key[:]); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return key[:], kept.write(key, random, masters[len(masters)-1])
}
