// Package config is everything about pumpd that an operator can set: the
// settings with their defaults and meanings, read by package settings from a
// file, the environment and flags, and checked as a whole, so that a station
// does not start half right.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"forecourt/pumpd/internal/port"
	"forecourt/shared/settings"
)

// Config is pumpd's configuration.
type Config struct {
	settings.Origins
	// Data is the directory of the journal and the credentials.
	Data string `yaml:"data" env:"FORECOURT_PUMPD_DATA" doc:"directory for the journal and the hub's credentials, on a local disk"`
	// Listen is the address of metrics and health.
	Listen string `yaml:"listen" env:"FORECOURT_PUMPD_LISTEN" doc:"address for /metrics and /healthz, host:port; empty for none"`
	// Uploads is the address that PTS controllers upload and dial to.
	Uploads string `yaml:"uploads" env:"FORECOURT_PUMPD_UPLOADS" doc:"address that PTS controllers upload to and dial in at, host:port, path /pts/LINE; empty for none"`

	Hub   Hub    `yaml:"hub"`
	Log   Log    `yaml:"log"`
	Lines []Line `yaml:"lines" doc:"the lines that dispensers hang on"`
}

// Hub says where the hub is and who we are to it.
type Hub struct {
	URL         string `yaml:"url" env:"FORECOURT_PUMPD_HUB" doc:"the hub, https://host:port; empty: as it was when pumpd was enrolled"`
	Credentials string `yaml:"credentials" env:"FORECOURT_PUMPD_CREDENTIALS" doc:"file that pumpd enrol wrote; empty: credentials.json in data"`
}

// Log says what is written about pumpd's work.
type Log struct {
	Level  slog.Level `yaml:"level" env:"FORECOURT_PUMPD_LOG_LEVEL" doc:"debug, info, warn or error"`
	Format string     `yaml:"format" env:"FORECOURT_PUMPD_LOG_FORMAT" doc:"text or json"`
}

// Protocols of lines.
const (
	ProtocolDART = "dart"
	ProtocolPTS  = "pts"
)

// Line is one line of dispensers, or one PTS controller.
type Line struct {
	Name     string        `yaml:"name" doc:"tells lines apart in logs and metrics: letters, digits and dashes"`
	Protocol string        `yaml:"protocol" doc:"dart (Wayne DART) or pts (Technotrade PTS-2, jsonPTS)"`
	Pace     time.Duration `yaml:"pace" doc:"least time between two looks at one fuelling point; 0 is the protocol's own"`

	// For dart.
	Port     Port          `yaml:"port"`
	Answer   time.Duration `yaml:"answer" doc:"dart: how long a dispenser's answer may take to begin; 0 is 60ms, a gateway over a slow network needs more"`
	Decimals Decimals      `yaml:"decimals"`
	NoTotals bool          `yaml:"no_totals" doc:"dart: the dispensers cannot tell their totalizers; they are then watched, never permitted"`

	// For pts.
	URL              string `yaml:"url" doc:"pts: the controller, https://192.0.2.10; empty: it dials in"`
	User             string `yaml:"user" doc:"pts: the user that may ask it"`
	Password         string `yaml:"password" secret:"true" doc:"pts: that user's password"`
	Auth             string `yaml:"auth" doc:"pts: digest or basic, as its switch is set; empty is digest"`
	Fingerprint      string `yaml:"fingerprint" doc:"pts: SHA-256 of its own certificate, hexadecimal, to recognise it by"`
	AnyCertificate   bool   `yaml:"any_certificate" doc:"pts: take whatever certificate it shows"`
	Controller       string `yaml:"controller" doc:"pts: its identifier, 24 hexadecimal digits; needed if it dials in"`
	Zone             string `yaml:"zone" doc:"pts: zone of the controller's clock; empty is Asia/Shanghai"`
	IncomingUser     string `yaml:"incoming_user" doc:"pts: the user it shows when it uploads or dials in"`
	IncomingPassword string `yaml:"incoming_password" secret:"true" doc:"pts: and that user's password; empty: nothing incoming is taken"`

	Points []Point `yaml:"points" doc:"the fuelling points on the line"`
}

// Decimals is how many decimals the displays on a DART line have.
type Decimals struct {
	Volume int `yaml:"volume" doc:"dart: decimals of litres; all three 0 is 2, 2 and 2"`
	Amount int `yaml:"amount" doc:"dart: decimals of yuan"`
	Price  int `yaml:"price" doc:"dart: decimals of yuan per litre"`
}

// Port is where a line's bytes come and go.
type Port struct {
	TCP    string `yaml:"tcp" doc:"dart: host:port of a serial gateway"`
	Serial string `yaml:"serial" doc:"dart: device of a serial port, /dev/ttyS0"`
	Baud   int    `yaml:"baud" doc:"dart: serial speed; 0 is 9600"`
	Frame  string `yaml:"frame" doc:"dart: data bits, parity and stop bits; empty is 8O1"`
	Echo   bool   `yaml:"echo" doc:"dart: the adapter sends our own bytes back"`
}

// Point is one fuelling point.
type Point struct {
	Address int   `yaml:"address" doc:"dart: the address, 0x50 to 0x6F; pts: the controller's pump number"`
	Nozzles []int `yaml:"nozzles" doc:"the station's numbers of its nozzles, in the point's order"`
}

// Paces where none is set: a DART line is as fast as its dispensers answer and
// this only keeps a fast gateway from spinning; a PTS-2 has all its pumps in
// one answer, which its driver keeps for as long.
const (
	defaultPaceDART = 10 * time.Millisecond
	defaultPacePTS  = 100 * time.Millisecond
)

// Default is the configuration of a station that sets nothing.
func Default() Config {
	return Config{
		Data:   "/var/lib/forecourt-pumpd",
		Listen: "127.0.0.1:9180",
		Log:    Log{Format: "text"},
	}
}

// Load reads the configuration over the defaults and checks it. Every mistake
// is in the error; what could be read is returned all the same.
func Load(src settings.Source) (Config, error) {
	cfg := Default()
	if err := settings.Load(&cfg, src); err != nil {
		return cfg, fmt.Errorf("reading the configuration: %w", err)
	}
	cfg.complete()
	if err := cfg.Check(); err != nil {
		return cfg, fmt.Errorf("checking the configuration: %w", err)
	}
	return cfg, nil
}

// complete fills in what follows from the rest.
func (c *Config) complete() {
	if c.Hub.Credentials == "" && c.Data != "" {
		c.Hub.Credentials = filepath.Join(c.Data, "credentials.json")
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		switch {
		case l.Pace != 0:
		case l.Protocol == ProtocolDART:
			l.Pace = defaultPaceDART
		default:
			l.Pace = defaultPacePTS
		}
	}
}

// JournalDir is the directory of the journal.
func (c *Config) JournalDir() string { return filepath.Join(c.Data, "journal") }

// PortConfig is a line's port as package port takes it.
func (l *Line) PortConfig() port.Config {
	return port.Config{TCP: l.Port.TCP, Serial: l.Port.Serial, Baud: l.Port.Baud, Frame: l.Port.Frame, Echo: l.Port.Echo}
}

// Check says everything that is wrong with the configuration.
func (c *Config) Check() error {
	var errs []error
	if c.Data == "" {
		errs = append(errs, errors.New("data: a directory is needed"))
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		errs = append(errs, fmt.Errorf("log.format: %q is neither text nor json", c.Log.Format))
	}
	errs = append(errs, hostPort("listen", c.Listen), hostPort("uploads", c.Uploads), c.checkLines())
	return errors.Join(errs...)
}

func hostPort(key, address string) error {
	if address == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("%s: %q is not host:port", key, address)
	}
	return nil
}
