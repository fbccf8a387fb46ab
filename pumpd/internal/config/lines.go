package config

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Bounds of a station.
const (
	// maxNozzle bounds station nozzle numbers: what is painted on a pump.
	maxNozzle = 999
	// maxLines and maxPoints bound what one process polls.
	maxLines  = 256
	maxPoints = 120
	// maxPace keeps a lifted nozzle from waiting too long.
	maxPace = 5 * time.Second
	// maxAnswer keeps a silent address from holding the line.
	maxAnswer = time.Second
	// Addresses of DART ("Dart Pump Interface", addresses) and pump numbers
	// of a PTS-2 (jsonPTS document, PumpsConfiguration).
	firstDART, lastDART = 0x50, 0x6F
	firstPTS, lastPTS   = 1, 120
	maxDARTNozzles      = 8
	maxPTSNozzles       = 6
)

// checkLines checks the lines one by one and against each other: no nozzle, no
// name and no port is used twice.
func (c *Config) checkLines() error {
	if len(c.Lines) == 0 {
		return errors.New("lines: none is configured, so there is no dispenser")
	}
	if len(c.Lines) > maxLines {
		return fmt.Errorf("lines: at most %d", maxLines)
	}
	var errs []error
	names, nozzles, places := uses{}, uses{}, uses{}
	for i := range c.Lines {
		l := &c.Lines[i]
		key := fmt.Sprintf("lines[%d]", i)
		errs = append(errs, names.claim("name", l.Name, key), places.claim("port", l.place(), key), l.check(key, c.Uploads))
		for k, p := range l.Points {
			for _, n := range p.Nozzles {
				errs = append(errs, nozzles.claim("nozzle", fmt.Sprint(n), fmt.Sprintf("%s.points[%d]", key, k)))
			}
		}
	}
	return errors.Join(errs...)
}

// uses remembers who uses what.
type uses map[string]string

func (u uses) claim(what, value, by string) error {
	if value == "" {
		return nil
	}
	if first, taken := u[value]; taken {
		return fmt.Errorf("%s: %s %s is already used by %s", by, what, value, first)
	}
	u[value] = by
	return nil
}

// place is what only one line can be at.
func (l *Line) place() string {
	switch {
	case l.Protocol == ProtocolPTS && l.URL != "":
		return l.URL
	case l.Port.Serial != "":
		return l.Port.Serial
	}
	return l.Port.TCP
}

func (l *Line) check(key, uploads string) error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf(key+format, args...))
	}
	if !plainName(l.Name) {
		wrong(".name: %q must be letters, digits and dashes", l.Name)
	}
	if l.Pace < 0 || l.Pace > maxPace {
		wrong(".pace: %v is not between 0 and %v", l.Pace, maxPace)
	}
	if l.Answer < 0 || l.Answer > maxAnswer {
		wrong(".answer: %v is not between 0 and %v", l.Answer, maxAnswer)
	}
	switch l.Protocol {
	case ProtocolDART:
		port := l.PortConfig()
		if err := port.Check(); err != nil {
			wrong(".port: %w", err)
		}
		if l.URL != "" || l.User != "" || l.Controller != "" || l.IncomingPassword != "" {
			wrong(": url, user, controller and incoming_password belong to pts")
		}
		errs = append(errs, l.checkPoints(key, firstDART, lastDART, maxDARTNozzles))
	case ProtocolPTS:
		if l.Port != (Port{}) || l.NoTotals || l.Answer != 0 || l.Decimals != (Decimals{}) {
			wrong(": port, no_totals, answer and decimals belong to dart")
		}
		if (l.URL == "" || l.IncomingPassword != "") && uploads == "" {
			wrong(": the controller uploads or dials in, but uploads is not set")
		}
		if _, err := l.Location(); err != nil {
			wrong(".zone: %w", err)
		}
		errs = append(errs, l.checkPoints(key, firstPTS, lastPTS, maxPTSNozzles))
	default:
		wrong(".protocol: %q is neither dart nor pts", l.Protocol)
	}
	return errors.Join(errs...)
}

// Location is the zone of a controller's clock, nil for the driver's own default.
func (l *Line) Location() (*time.Location, error) {
	if l.Zone == "" {
		return nil, nil
	}
	return time.LoadLocation(l.Zone)
}

func (l *Line) checkPoints(key string, first, last, most int) error {
	if len(l.Points) == 0 || len(l.Points) > maxPoints {
		return fmt.Errorf("%s.points: %d are configured, must be 1 to %d", key, len(l.Points), maxPoints)
	}
	var errs []error
	addresses := uses{}
	for i, p := range l.Points {
		at := fmt.Sprintf("%s.points[%d]", key, i)
		if p.Address < first || p.Address > last {
			errs = append(errs, fmt.Errorf("%s.address: %#x is not %#x to %#x (%d to %d)", at, p.Address, first, last, first, last))
		}
		errs = append(errs, addresses.claim("address", fmt.Sprintf("%#x", p.Address), at))
		if len(p.Nozzles) == 0 || len(p.Nozzles) > most {
			errs = append(errs, fmt.Errorf("%s.nozzles: %d are configured, must be 1 to %d", at, len(p.Nozzles), most))
		}
		for _, n := range p.Nozzles {
			if n < 1 || n > maxNozzle {
				errs = append(errs, fmt.Errorf("%s.nozzles: %d is not 1 to %d", at, n, maxNozzle))
			}
		}
	}
	return errors.Join(errs...)
}

// plainName reports whether a name can stand in a path and a metric.
func plainName(name string) bool {
	const longest = 40
	return name != "" && len(name) <= longest && strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
	}) < 0
}
