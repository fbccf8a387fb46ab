package config

import "path/filepath"

// Audit says where the security log is anchored.
type Audit struct {
	AnchorDir string `yaml:"anchor_dir" env:"FORECOURT_ANCHOR_DIR" doc:"second place for the security log's signed checkpoints, best on another machine (a mounted share): without them a cut-off end of the log would not be missed; empty: anchors under data"`
}

// AnchorDirectory is where the security log is anchored.
func (c *Config) AnchorDirectory() string {
	if c.Audit.AnchorDir != "" {
		return c.Audit.AnchorDir
	}
	return filepath.Join(c.Data, "anchors")
}
