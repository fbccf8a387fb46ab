package pts

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"forecourt/pumpd/internal/driver"
)

// Scheme is a way of HTTP authentication, chosen on the controller by DIP switch.
type Scheme string

// The schemes.
const (
	Digest Scheme = "digest" // the controller's default
	Basic  Scheme = "basic"
)

// Point is one pump of the controller and how many nozzles it has.
type Point struct {
	// Pump is the controller's pump number, 1..120.
	Pump driver.Point
	// Nozzles counts its nozzles, 1..6.
	Nozzles int
}

// Config says how to reach one controller. With URL empty the controller
// dials us (reverse mode) and every request goes down that link.
type Config struct {
	// URL is the controller's address: "https://192.0.2.10". A missing path
	// becomes /jsonPTS.
	URL string
	// User and Password open the controller; Scheme says how, Digest if empty.
	User     string
	Password string
	Scheme   Scheme
	// Fingerprint pins the controller's self-signed certificate: SHA-256 of
	// its DER, in hex. AnyCertificate accepts whatever it shows instead.
	Fingerprint    string
	AnyCertificate bool

	// Controller is the controller's own identifier (PtsId), 24 hex digits.
	// Reverse mode needs it; otherwise it is read, and checked if given.
	Controller string
	// IncomingUser and IncomingPassword are what the controller shows when
	// it uploads or dials in. Without a password nothing incoming is taken.
	// The controller's identifier counts as a user name too, as its setting
	// "use device identifier as login" makes it.
	IncomingUser     string
	IncomingPassword string

	// Points lists the pumps, in the order in which Points answers.
	Points []Point
	// Zone is the controller's wall clock; Asia/Shanghai if nil.
	Zone *time.Location

	// HTTPClient carries requests; nil makes one. Its Transport is wrapped.
	HTTPClient *http.Client
	// Timings are the protocol's waits; zero ones take their defaults.
	Timings Timings
	// Now and Random are the clock and the source of nonces; both are needed.
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// Timings are how long the driver waits.
type Timings struct {
	// Request bounds one exchange: 3 s. The controller answers from memory,
	// so a second is already slow.
	Request time.Duration
	// Report bounds a report, which the controller reads from its card: 15 s.
	Report time.Duration
	// Delayed bounds the wait for a delayed answer, which needs the pump: 4 s.
	Delayed time.Duration
	// Again is the pause between two looks for a delayed answer: 100 ms.
	Again time.Duration
	// Fresh is how old a look at all pumps may be when Poll of another
	// point answers from it: 25 ms. The points of a line are looked at back
	// to back, so that is one round; an older look would be shown to a
	// cashier as if it were now.
	Fresh time.Duration
}

// Bounds of a configuration (jsonPTS document, PumpsConfiguration).
const (
	maxPump    = 120
	maxNozzles = 6
)

func (c Config) withDefaults() Config {
	defaults := [...]struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.Timings.Request, 3 * time.Second},
		{&c.Timings.Report, 15 * time.Second},
		{&c.Timings.Delayed, 4 * time.Second},
		{&c.Timings.Again, 100 * time.Millisecond},
		{&c.Timings.Fresh, 25 * time.Millisecond},
	}
	for _, d := range defaults {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	c.Controller = controllerID(c.Controller)
	if c.Scheme == "" {
		c.Scheme = Digest
	}
	if c.Zone == nil {
		c.Zone = DefaultZone()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// DefaultZone is the zone of the mainland, also where the system has no zone
// files: it has had no daylight saving since 1991.
func DefaultZone() *time.Location {
	const east = 8 * 60 * 60
	if zone, err := time.LoadLocation("Asia/Shanghai"); err == nil {
		return zone
	}
	return time.FixedZone("Asia/Shanghai", east)
}

func (c Config) check() error {
	if c.Now == nil || c.Random == nil {
		return errors.New("pts: no clock or no source of randomness given")
	}
	if len(c.Points) == 0 {
		return errors.New("pts: no pumps configured")
	}
	seen := map[driver.Point]bool{}
	for _, p := range c.Points {
		if p.Pump < 1 || p.Pump > maxPump || seen[p.Pump] {
			return fmt.Errorf("pts: pump %d: numbers are 1..%d, each once", p.Pump, maxPump)
		}
		if p.Nozzles < 1 || p.Nozzles > maxNozzles {
			return fmt.Errorf("pts: pump %d: %d nozzles, must be 1..%d", p.Pump, p.Nozzles, maxNozzles)
		}
		seen[p.Pump] = true
	}
	if c.Scheme != Digest && c.Scheme != Basic {
		return fmt.Errorf("pts: authentication %q: must be %q or %q", c.Scheme, Digest, Basic)
	}
	return c.checkPeer()
}

func (c Config) checkPeer() error {
	if c.URL == "" {
		if c.Controller == "" || c.IncomingPassword == "" {
			return errors.New("pts: without a URL the controller dials in: its identifier (PtsId) and a password for it must be configured")
		}
		return nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("pts: %q is not an address such as https://192.0.2.10", c.URL)
	}
	if n := len(c.fingerprint()); n != 0 && n != 64 {
		return errors.New("pts: the certificate's fingerprint must be 64 hex digits (SHA-256)")
	}
	return nil
}

// fingerprint is the pin in plain lower-case hex.
func (c Config) fingerprint() string {
	return strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(c.Fingerprint))
}
