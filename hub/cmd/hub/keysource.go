package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"golang.org/x/term"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
)

// maxPassphrase bounds what is read as a passphrase, in bytes.
const maxPassphrase = 1 << 10

// keySource is where the key over all keys comes from, as configured. A
// passphrase is asked for once, when it is first needed.
func keySource(cfg config.Config, in *os.File, prompt io.Writer) vault.Source {
	switch cfg.Keys.Source {
	case config.KeysCredential:
		return vault.Credential{Path: cfg.CredentialFile()}
	case config.KeysPassphrase:
		return vault.Passphrase{Dir: cfg.VaultDir(), Ask: sync.OnceValues(func() ([]byte, error) {
			if cfg.Keys.PassphraseFile != "" {
				return readPassphrase(cfg.Keys.PassphraseFile)
			}
			return askHidden(in, prompt, "Passphrase of the keys: ")
		})}
	}
	return vault.File{Dir: cfg.VaultDir()}
}

// readPassphrase is the first line of a file, which may be a pipe.
func readPassphrase(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others than its owner may read %s (mode %04o); run chmod 600 on it", path, info.Mode().Perm())
	}
	return firstLine(f)
}

// firstLine reads a secret that is one line.
func firstLine(r io.Reader) ([]byte, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxPassphrase)).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// errNoTerminal says that nobody can be asked.
var errNoTerminal = errors.New("there is no terminal to ask at; name a file in keys.passphrase_file")

// askHidden asks for a secret at the terminal.
func askHidden(in *os.File, prompt io.Writer, question string) ([]byte, error) {
	if in == nil || !term.IsTerminal(int(in.Fd())) {
		return nil, errNoTerminal
	}
	fmt.Fprint(prompt, question)
	secret, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(prompt)
	return secret, err
}

// openRing opens the keys of everything sealed.
func openRing(ctx context.Context, cfg config.Config, db *mysql.DB, source vault.Source, log *slog.Logger) (*keyring.Ring, error) {
	return openRingWith(ctx, cfg.ErasuresFile(), db, source, log)
}

// openRingWith is openRing with another file of erasures.
func openRingWith(ctx context.Context, erasures string, db *mysql.DB, source vault.Source, log *slog.Logger) (*keyring.Ring, error) {
	return keyring.Open(ctx, keyring.Options{
		DB: db, Source: source, Random: clock.Random(), Now: clock.Now, Log: log, Erasures: erasures,
	})
}

// openVault opens the keys for whoever needs the house's only.
func openVault(ctx context.Context, cfg config.Config, db *database) (*vault.Vault, error) {
	ring, err := openRing(ctx, cfg, db.DB, db.source, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return nil, err
	}
	return ring.Vault, nil
}
