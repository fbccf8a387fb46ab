package config_test

import (
	"strings"
	"testing"

	"forecourt/cashier/internal/config"
	"forecourt/cashier/internal/desk"
	"forecourt/shared/settings"
)

func TestDefaultsAreGood(t *testing.T) {
	cfg, err := config.Load("/data", settings.Source{})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Credentials != "/data/forecourt-cashier/credentials.json" || cfg.Prefs().Lang != desk.Chinese {
		t.Errorf("%+v", cfg)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	for env, want := range map[string]string{
		"FORECOURT_CASHIER_LANGUAGE=fr":        "language",
		"FORECOURT_CASHIER_WIDTH=200":          "width",
		"FORECOURT_CASHIER_HEIGHT=99999":       "height",
		"FORECOURT_CASHIER_SCALE=20":           "scale_percent",
		"FORECOURT_HUB_URL=hub.example:8443":   "hub_url",
		"FORECOURT_CASHIER_FULLSCREEN=perhaps": "fullscreen",
	} {
		if _, err := config.Load("/data", settings.Source{Env: []string{env}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want a word about %s", env, err, want)
		}
	}
}

func TestEverySettingIsExplained(t *testing.T) {
	cfg, err := config.Load("/data", settings.Source{Env: []string{"FORECOURT_CASHIER_LANGUAGE=en"}})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := settings.Explain(&out, &cfg); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FORECOURT_CASHIER_DATA", "FORECOURT_CASHIER_LOG", "language", "en"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("explanation lacks %q", want)
		}
	}
	if cfg.Prefs().Lang != desk.English {
		t.Errorf("language %q", cfg.Prefs().Lang)
	}
}
