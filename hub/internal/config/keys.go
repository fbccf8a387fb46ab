package config

import (
	"errors"
	"fmt"
	"path/filepath"
)

// Where the key over all keys comes from.
const (
	KeysFile       = "file"
	KeysCredential = "credential"
	KeysPassphrase = "passphrase"
)

// credentialName is what the service manager's credential is called.
const credentialName = "forecourt-vault"

// Keys says where the key over all keys comes from. Whoever has it and the
// database can read everything; without it nobody can.
type Keys struct {
	Source         string `yaml:"source" env:"FORECOURT_KEYS" doc:"file (vault.key in keys under data), credential (handed over by systemd: LoadCredential=forecourt-vault:FILE) or passphrase; change it with hub keys rekey"`
	PassphraseFile string `yaml:"passphrase_file" env:"FORECOURT_PASSPHRASE_FILE" doc:"file that the passphrase is read from, such as /dev/fd/3 or one on a disk that is taken away; empty: the terminal is asked"`
	Credentials    string `yaml:"credentials" env:"CREDENTIALS_DIRECTORY" doc:"directory of credentials; systemd sets it"`
}

func (c *Config) checkKeys() error {
	switch k := c.Keys; {
	case k.Source != KeysFile && k.Source != KeysCredential && k.Source != KeysPassphrase:
		return fmt.Errorf("keys.source: %q is not %s, %s or %s", k.Source, KeysFile, KeysCredential, KeysPassphrase)
	case k.Source == KeysCredential && k.Credentials == "":
		return errors.New("keys.source: credential is for a hub that systemd starts with LoadCredential=" + credentialName + ":FILE")
	}
	return nil
}

// CredentialFile is where the service manager's credential lies.
func (c *Config) CredentialFile() string { return filepath.Join(c.Keys.Credentials, credentialName) }

// ErasuresFile is where erased members are noted. It lies beside the keys and
// not in the database: a restored backup is shredded again by it.
func (c *Config) ErasuresFile() string { return filepath.Join(c.VaultDir(), "erasures") }
