package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Site says what the hub shows to browsers.
type Site struct {
	Dir string `yaml:"dir" env:"FORECOURT_SITE_DIR" doc:"directory of the drivers' browser pages (the mini-program's h5 build); they are served below /m/; empty: none are"`
}

// siteIndex is the page that everything begins with.
const siteIndex = "index.html"

func (c *Config) checkSite() error {
	if c.Site.Dir == "" {
		return nil
	}
	info, err := os.Stat(filepath.Join(c.Site.Dir, siteIndex))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("site.dir: there is no %s in %s", siteIndex, c.Site.Dir)
	case err != nil:
		return fmt.Errorf("site.dir: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("site.dir: %s in %s is not a file", siteIndex, c.Site.Dir)
	}
	return nil
}
