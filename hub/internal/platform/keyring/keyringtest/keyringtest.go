// Package keyringtest gives tests a ring of keys whose master key is known to
// everyone. Products do not import it.
package keyringtest

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
)

// keyFile holds a secret of ones, as that of package vaulttest.
const keyFile = `-----BEGIN FORECOURT VAULT KEY-----
Key-Id: 1

AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=
-----END FORECOURT VAULT KEY-----
`

// New makes a ring on a migrated database: what one of them seals another on
// the same database opens, and vaulttest.ForTest too as far as the house's key
// sealed it. Its indexes are those of vaulttest.ForTest.
func New(t testing.TB, db *mysql.DB) *keyring.Ring {
	t.Helper()
	dir := Dir(t)
	r, err := keyring.Open(t.Context(), keyring.Options{
		DB: db, Source: vault.File{Dir: dir}, Random: clock.Random(), Now: clock.Now,
		Log:      slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Erasures: filepath.Join(dir, "erasures"), Adopt: true,
	})
	if err != nil {
		t.Fatalf("keyringtest: opening the keys: %v", err)
	}
	return r
}

// Dir makes a key directory that holds the known key.
func Dir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, vault.FileName), []byte(keyFile), 0o600); err != nil {
		t.Fatalf("keyringtest: %v", err)
	}
	return dir
}
