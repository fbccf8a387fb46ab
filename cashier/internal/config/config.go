// Package config is everything about the till that an operator can set
// outside its window: where its files are, where the hub is, how it begins.
// It is read from a file, the environment and flags by package settings, and
// checked as a whole. What is set in the window itself overrides language,
// appearance and size from here.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/settings"
)

// Config is the till's configuration.
type Config struct {
	settings.Origins
	// Data is the directory of what the till keeps.
	Data string `yaml:"data" env:"FORECOURT_CASHIER_DATA" doc:"directory for what the till keeps: commands on their way, its settings"`
	// Credentials is the file that enrolment writes.
	Credentials string `yaml:"credentials" env:"FORECOURT_CASHIER_CREDENTIALS" doc:"file with the till's credentials; empty: credentials.json in data"`
	// HubURL overrides where the hub is.
	HubURL string `yaml:"hub_url" env:"FORECOURT_HUB_URL" doc:"where the hub is, https://host:port; empty: where the till was enrolled"`
	// Language, Dark and ScalePercent are how the screen begins.
	Language     string `yaml:"language" env:"FORECOURT_CASHIER_LANGUAGE" doc:"language of the screen until it is chosen in the window: zh or en"`
	Dark         bool   `yaml:"dark" env:"FORECOURT_CASHIER_DARK" doc:"dark colours until they are chosen in the window"`
	ScalePercent int    `yaml:"scale_percent" env:"FORECOURT_CASHIER_SCALE" doc:"size of everything, 100, 125 or 150, until it is chosen in the window; 0: by the screen"`
	// Fullscreen, Width and Height are the window.
	Fullscreen bool `yaml:"fullscreen" env:"FORECOURT_CASHIER_FULLSCREEN" doc:"fill the whole screen (F11 changes it)"`
	Width      int  `yaml:"width" env:"FORECOURT_CASHIER_WIDTH" doc:"width of the window in points"`
	Height     int  `yaml:"height" env:"FORECOURT_CASHIER_HEIGHT" doc:"height of the window in points"`
	// Zone is the station's time zone.
	Zone string `yaml:"zone" env:"FORECOURT_ZONE" doc:"the station's time zone"`
	// EventLog is where scripts look.
	EventLog string `yaml:"event_log" env:"FORECOURT_CASHIER_LOG" doc:"file that takes one JSON object a line for everything that happens at the till; empty: none"`
	// LogLevel is of the log on standard error.
	LogLevel slog.Level `yaml:"log_level" env:"FORECOURT_CASHIER_LOG_LEVEL" doc:"least level of the log on standard error: DEBUG, INFO, WARN or ERROR"`
}

// Default is the configuration of a till whose user's data directory is data.
func Default(data string) Config {
	return Config{
		Data: filepath.Join(data, "forecourt-cashier"), Language: string(desk.Chinese),
		Width: 1366, Height: 768, Zone: "Asia/Shanghai", LogLevel: slog.LevelInfo,
	}
}

// The sizes a window may have, in points: the least that everything fits
// into, and the largest screen there is.
const (
	minWidth, maxWidth   = 860, 7680
	minHeight, maxHeight = 480, 4320
)

// Load reads and checks the configuration. It returns what it read even when
// there are mistakes, so that it can be explained.
func Load(data string, src settings.Source) (Config, error) {
	cfg := Default(data)
	err := settings.Load(&cfg, src)
	if cfg.Credentials == "" {
		cfg.Credentials = filepath.Join(cfg.Data, "credentials.json")
	}
	return cfg, errors.Join(err, cfg.check())
}

func (c Config) check() error {
	var mistakes []error
	mistake := func(format string, args ...any) { mistakes = append(mistakes, fmt.Errorf(format, args...)) }
	if c.Language != string(desk.Chinese) && c.Language != string(desk.English) {
		mistake("language: %q is neither zh nor en", c.Language)
	}
	if c.Width < minWidth || c.Width > maxWidth || c.Height < minHeight || c.Height > maxHeight {
		mistake("width, height: %d x %d is not between %d x %d and %d x %d", c.Width, c.Height, minWidth, minHeight, maxWidth, maxHeight)
	}
	if c.ScalePercent != 0 && (c.ScalePercent < 75 || c.ScalePercent > 300) {
		mistake("scale_percent: %d is not between 75 and 300", c.ScalePercent)
	}
	if c.HubURL != "" && !strings.HasPrefix(c.HubURL, "https://") && !strings.HasPrefix(c.HubURL, "http://") {
		mistake("hub_url: %q does not begin with https://", c.HubURL)
	}
	return errors.Join(mistakes...)
}

// Prefs are the window's settings before anything was chosen in it.
func (c Config) Prefs() desk.Prefs {
	return desk.Prefs{Lang: desk.Lang(c.Language), Dark: c.Dark, ScalePercent: c.ScalePercent}
}
