package config

import "path/filepath"

// EncryptsDatabase reports whether the hub's own database is encrypted on
// disk. Another's server is for whoever runs it to encrypt.
func (c *Config) EncryptsDatabase() bool { return c.Database.DSN == "" && c.Database.AtRest }

// AtRestKeyFile is where the key of that encryption is kept, wrapped.
func (c *Config) AtRestKeyFile() string { return filepath.Join(c.VaultDir(), atRestName) }

// AtRestKeyCopy is where it is kept once more: beside the data, which is of no
// use without it.
func (c *Config) AtRestKeyCopy() string { return filepath.Join(c.DatabaseDir(), atRestName) }

const atRestName = "database.key"
