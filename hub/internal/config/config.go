// Package config is everything about the hub that an operator can set: the
// settings with their defaults and meanings, read from a file, the environment
// and flags by package settings, and checked as a whole.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/shared/settings"
	"forecourt/shared/unit"
)

// Config is the hub's configuration.
type Config struct {
	settings.Origins
	// Data is the directory of everything the hub keeps.
	Data string `yaml:"data" env:"FORECOURT_DATA" doc:"directory for the database, keys and certificates; a short path on a local disk"`
	// Listen is the HTTPS address.
	Listen string `yaml:"listen" env:"FORECOURT_LISTEN" doc:"address for HTTPS and WebSockets, host:port"`
	// Plain is an HTTP address, loopback only.
	Plain string `yaml:"plain" env:"FORECOURT_PLAIN" doc:"further address for plain HTTP, on loopback only, for a proxy or a till on this machine; empty for none"`
	// AllowOrigins lists browser origins that may open sockets.
	AllowOrigins []string `yaml:"allow_origins" env:"FORECOURT_ALLOW_ORIGINS" doc:"web addresses whose pages may open sockets, such as https://station.example; the hub's own are always allowed"`

	// MetricsFrom lists who may read /metrics.
	MetricsFrom []netip.Prefix `yaml:"metrics_from" env:"FORECOURT_METRICS_FROM" doc:"networks that may read /metrics, such as 192.0.2.0/24; this machine always may"`

	TLS      TLS      `yaml:"tls"`
	Database Database `yaml:"database"`
	Station  Station  `yaml:"station"`
	Sessions Sessions `yaml:"sessions"`
	Staff    Staff    `yaml:"staff"`
	Keys     Keys     `yaml:"keys"`
	Audit    Audit    `yaml:"audit"`
	Live     Live     `yaml:"live"`
	Notify   Notify   `yaml:"notify"`
	Media    Media    `yaml:"media"`
	WeChat   WeChat   `yaml:"wechat"`
	Site     Site     `yaml:"site"`
	Keep     Keep     `yaml:"keep"`
	Backup   Backup   `yaml:"backup"`
	Log      Log      `yaml:"log"`
}

// TLS says how the hub proves who it is.
type TLS struct {
	Names      []string `yaml:"names" env:"FORECOURT_TLS_NAMES" doc:"further host names and addresses that devices call the hub by; this machine's are found by themselves"`
	PublicName string   `yaml:"public_name" env:"FORECOURT_PUBLIC_NAME" doc:"name the hub has on the internet; its certificate comes from cert_file or by ACME"`
	ACME       bool     `yaml:"acme" env:"FORECOURT_ACME" doc:"get the public name's certificate by ACME; port 443 of that name must reach this hub, and its authority's terms are accepted"`
	ACMEMail   string   `yaml:"acme_mail" env:"FORECOURT_ACME_MAIL" doc:"mail address the certificate authority may write to"`
	CertFile   string   `yaml:"cert_file" env:"FORECOURT_CERT_FILE" doc:"certificate chain (PEM) for the public name; a renewed file is taken up by itself"`
	KeyFile    string   `yaml:"key_file" env:"FORECOURT_KEY_FILE" doc:"its private key (PEM)"`
}

// Database says where rows live.
type Database struct {
	DSN        string `yaml:"dsn" env:"FORECOURT_DSN" secret:"true" doc:"MariaDB or MySQL to use, user:password@tcp(host:3306)/forecourt; empty: the hub runs its own under data"`
	MigrateDSN string `yaml:"migrate_dsn" env:"FORECOURT_MIGRATE_DSN" secret:"true" doc:"the same database as a user who may change tables; empty: dsn is used for that too"`
	Tiny       bool   `yaml:"tiny" env:"FORECOURT_DB_TINY" doc:"run the own database in as little memory as possible (about 60 MB)"`
	AtRest     bool   `yaml:"at_rest" env:"FORECOURT_DB_AT_REST" doc:"encrypt everything the own database writes to disk, with a key kept beside the others; needs MariaDB's plugin file_key_management"`
}

// Station holds what a new station begins with; afterwards its own row counts.
type Station struct {
	Zone    string          `yaml:"zone" env:"FORECOURT_ZONE" doc:"time zone of a new station; its midnight ends the day"`
	Minimum unit.Millilitre `yaml:"minimum_ml" env:"FORECOURT_MINIMUM_ML" doc:"minimum measured quantity of a new station's dispensers in millilitres; smaller sales are flagged"`
}

// Sessions says how long people stay signed in.
type Sessions struct {
	Idle     time.Duration `yaml:"idle" env:"FORECOURT_SESSION_IDLE" doc:"a session that is not used ends after this"`
	Lifetime time.Duration `yaml:"lifetime" env:"FORECOURT_SESSION_LIFETIME" doc:"any session ends after this"`
}

// Keep says how long the hub keeps what it could do without.
type Keep struct {
	Events   time.Duration `yaml:"events" env:"FORECOURT_KEEP_EVENTS" doc:"events for screens that catch up; later ones take a snapshot"`
	Commands time.Duration `yaml:"commands" env:"FORECOURT_KEEP_COMMANDS" doc:"results of commands, so that a repeat from an offline till gets the same answer"`
	Members  time.Duration `yaml:"members" env:"FORECOURT_KEEP_MEMBERS" doc:"a member who neither comes nor signs in for so long is erased; sales stay, without a name"`
}

// Log says what is written about the hub's work.
type Log struct {
	Level  slog.Level `yaml:"level" env:"FORECOURT_LOG_LEVEL" doc:"debug, info, warn or error"`
	Format string     `yaml:"format" env:"FORECOURT_LOG_FORMAT" doc:"text or json"`
}

// Default is the configuration of a station that sets nothing.
func Default() Config {
	return Config{
		Data:     "/var/lib/forecourt-hub",
		Listen:   "0.0.0.0:8443",
		Station:  Station{Zone: clock.StationZone, Minimum: 5000},
		Database: Database{AtRest: true},
		// A till stays signed in over a quiet night shift, and not over two.
		Sessions: Sessions{Idle: 12 * time.Hour, Lifetime: 16 * time.Hour},
		Staff:    defaultStaff(),
		// Fast enough that nobody sees it, long enough that a busy minute
		// leaves in few messages.
		Live:   Live{Window: 10 * time.Millisecond, Connections: 20_000},
		Keys:   Keys{Source: KeysFile},
		Notify: Notify{Kind: NotifyOff},
		Media:  Media{Kind: MediaDir},
		Keep:   Keep{Events: 72 * time.Hour, Commands: 30 * 24 * time.Hour, Members: defaultKeepMembers},
		Backup: defaultBackup(),
		Log:    Log{Format: "text"},
	}
}

// Load reads the configuration over the defaults and checks it. Every mistake
// is in the error.
func Load(src settings.Source) (Config, error) {
	cfg := Default()
	if err := settings.Load(&cfg, src); err != nil {
		return cfg, fmt.Errorf("reading the configuration: %w", err)
	}
	if err := cfg.Check(); err != nil {
		return cfg, fmt.Errorf("checking the configuration: %w", err)
	}
	return cfg, nil
}

// Bounds of durations: shorter ones make the hub unusable, longer ones keep
// what nobody needs.
const (
	minSession = time.Minute
	maxSession = 7 * 24 * time.Hour
	minKeep    = time.Hour
	maxKeep    = 400 * 24 * time.Hour
	maxMinimum = 1_000_000
)

// Check says everything that is wrong with the configuration.
func (c *Config) Check() error {
	return errors.Join(
		c.checkAddresses(), c.checkTLS(), c.checkOrigins(), c.checkStation(),
		between("sessions.idle", c.Sessions.Idle, minSession, maxSession),
		between("sessions.lifetime", c.Sessions.Lifetime, c.Sessions.Idle, maxSession),
		between("keep.events", c.Keep.Events, minKeep, maxKeep),
		between("keep.commands", c.Keep.Commands, minKeep, maxKeep), c.checkKeep(),
		c.checkStaff(), c.checkKeys(), c.checkLive(), c.checkNotify(), c.checkMedia(), c.checkWeChat(), c.checkSite(), c.checkBackup(),
	)
}

func (c *Config) checkAddresses() error {
	var errs []error
	if c.Data == "" {
		errs = append(errs, errors.New("data: a directory is needed"))
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		errs = append(errs, fmt.Errorf("listen: %q is not host:port", c.Listen))
	}
	if c.Plain != "" && !loopback(c.Plain) {
		errs = append(errs, fmt.Errorf("plain: %q is not a loopback address such as 127.0.0.1:8480; without TLS the hub speaks to this machine only", c.Plain))
	}
	if c.Database.MigrateDSN != "" && c.Database.DSN == "" {
		errs = append(errs, errors.New("database.migrate_dsn: is of no use without database.dsn"))
	}
	return errors.Join(errs...)
}

// loopback reports whether address is host:port with a loopback IP as host. A
// name is not enough: what it means is decided elsewhere.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

func (c *Config) checkTLS() error {
	t := c.TLS
	files := t.CertFile != "" || t.KeyFile != ""
	switch {
	case (t.CertFile == "") != (t.KeyFile == ""):
		return errors.New("tls: cert_file and key_file belong together")
	case files && t.ACME:
		return errors.New("tls: the certificate comes from cert_file or by ACME, not both")
	case (files || t.ACME) && t.PublicName == "":
		return errors.New("tls.public_name: is needed for cert_file and for acme")
	case t.PublicName != "" && !files && !t.ACME:
		return errors.New("tls.public_name: set acme, or cert_file and key_file")
	case net.ParseIP(t.PublicName) != nil || strings.ContainsAny(t.PublicName, "/: "):
		return fmt.Errorf("tls.public_name: %q is not a host name", t.PublicName)
	}
	return nil
}

func (c *Config) checkOrigins() error {
	for _, origin := range c.AllowOrigins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Path != "" || u.RawQuery != "" {
			return fmt.Errorf("allow_origins: %q is not of the form https://host", origin)
		}
	}
	return nil
}

func (c *Config) checkStation() error {
	var errs []error
	if _, err := clock.Zone(c.Station.Zone); err != nil || c.Station.Zone == "" {
		errs = append(errs, fmt.Errorf("station.zone: %q is not a time zone such as %s", c.Station.Zone, clock.StationZone))
	}
	if c.Station.Minimum < 0 || c.Station.Minimum > maxMinimum {
		errs = append(errs, fmt.Errorf("station.minimum_ml: %d is not between 0 and %d", c.Station.Minimum, maxMinimum))
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		errs = append(errs, fmt.Errorf("log.format: %q is neither text nor json", c.Log.Format))
	}
	return errors.Join(errs...)
}

func between(key string, d, low, high time.Duration) error {
	if d < low || d > high {
		return fmt.Errorf("%s: %v is not between %v and %v", key, d, low, high)
	}
	return nil
}

// DatabaseDir is where the hub's own database server lives.
func (c *Config) DatabaseDir() string { return filepath.Join(c.Data, "db") }

// KeyDir is where the hub's own authority and certificates live.
func (c *Config) KeyDir() string { return filepath.Join(c.Data, "pki") }

// ACMEDir is where certificates from the internet are cached.
func (c *Config) ACMEDir() string { return filepath.Join(c.Data, "acme") }
