package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forecourt/hub/internal/config"
	"forecourt/shared/settings"
)

func TestSiteIsADirectoryOfPages(t *testing.T) {
	dir := t.TempDir()
	load := func(dir string) error {
		_, err := config.Load(settings.Source{Env: []string{"FORECOURT_SITE_DIR=" + dir}})
		return err
	}
	if err := load(""); err != nil {
		t.Errorf("without pages: %v", err)
	}
	for name, at := range map[string]string{"nothing in it": dir, "not there": filepath.Join(dir, "none"), "a file": filepath.Join(dir, "index.html", "x")} {
		if err := load(at); err == nil || !strings.Contains(err.Error(), "site.dir") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "index.html"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := load(dir); err == nil || !strings.Contains(err.Error(), "site.dir") {
		t.Errorf("a directory for a page: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "index.html")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("<!doctype html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := load(dir); err != nil {
		t.Errorf("with pages: %v", err)
	}
}
