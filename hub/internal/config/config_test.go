package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/config"
	"forecourt/shared/settings"
)

func TestDefaultsAreValid(t *testing.T) {
	cfg, err := config.Load(settings.Source{})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.DatabaseDir() != "/var/lib/forecourt-hub/db" || cfg.KeyDir() != "/var/lib/forecourt-hub/pki" {
		t.Errorf("directories %s and %s", cfg.DatabaseDir(), cfg.KeyDir())
	}
}

func TestFileEnvironmentAndFlagsOverrideInThatOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hub.yaml")
	text := "listen: 0.0.0.0:1\nplain: 127.0.0.1:2\nsessions:\n  idle: 30m\nlog:\n  level: debug\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(settings.Source{
		File: file, Env: []string{"FORECOURT_PLAIN=127.0.0.1:3", "FORECOURT_LISTEN=0.0.0.0:3"},
		Flags: map[string]string{"listen": "0.0.0.0:4"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Listen != "0.0.0.0:4" || cfg.Plain != "127.0.0.1:3" || cfg.Sessions.Idle != 30*time.Minute || cfg.Log.Level.String() != "DEBUG" {
		t.Errorf("loaded %+v", cfg)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for flag, want := range map[string]string{
		"data=":                          "data: a directory",
		"listen=8443":                    "listen: \"8443\"",
		"plain=0.0.0.0:80":               "plain: \"0.0.0.0:80\" is not a loopback",
		"plain=localhost:80":             "not a loopback",
		"plain=192.168.1.2:80":           "not a loopback",
		"tls.cert_file=x":                "belong together",
		"tls.acme=true":                  "tls.public_name: is needed",
		"tls.public_name=hub.example":    "set acme, or cert_file",
		"database.migrate_dsn=x":         "of no use",
		"station.zone=Nowhere/Land":      "station.zone",
		"station.zone=":                  "station.zone",
		"station.minimum_ml=-1":          "station.minimum_ml",
		"log.format=xml":                 "log.format",
		"allow_origins=station.example":  "allow_origins",
		"allow_origins=https://a/b":      "allow_origins",
		"sessions.idle=1s":               "sessions.idle",
		"sessions.lifetime=1h":           "sessions.lifetime",
		"keep.events=1m":                 "keep.events",
		"keep.commands=10000h":           "keep.commands",
		"metrics_from=192.0.2.300/24":    "metrics_from",
		"log.level=loud":                 "log.level",
		"no.such=1":                      "no.such",
		"tls.public_name=https://x.test": "not a host name",
	} {
		key, value, _ := strings.Cut(flag, "=")
		flags := map[string]string{key: value}
		if key == "tls.public_name" && strings.Contains(want, "host name") {
			flags["tls.acme"] = "true"
		}
		_, err := config.Load(settings.Source{Flags: flags})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--%s: %v, want %q in it", flag, err, want)
		}
	}
}

func TestExplainHidesSecrets(t *testing.T) {
	cfg, err := config.Load(settings.Source{Env: []string{
		"FORECOURT_DSN=user:s3cret@tcp(db:3306)/x", "FORECOURT_MIGRATE_DSN=root:t0psecret@tcp(db:3306)/x",
	}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := settings.Explain(&out, &cfg); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.Contains(text, "s3cret") || strings.Contains(text, "t0psecret") {
		t.Errorf("a secret is explained:\n%s", text)
	}
	for _, key := range []string{"listen", "tls.public_name", "database.dsn", "station.minimum_ml", "keep.events", "FORECOURT_DSN"} {
		if !strings.Contains(text, key) {
			t.Errorf("%s is not explained:\n%s", key, text)
		}
	}
}
