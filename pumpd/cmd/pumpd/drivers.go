package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"forecourt/pumpd/internal/config"
	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/dart"
	"forecourt/pumpd/internal/driver/pts"
	"forecourt/pumpd/internal/line"
	"forecourt/pumpd/internal/port"
)

// wiring is how a configured line becomes a driver.
type wiring struct {
	connect   func(ctx context.Context) (line.Conn, error)
	totalKeys bool
	// keyPrefix begins a point's keys where the driver gives none.
	keyPrefix func(address int) string
	// incoming takes what a controller sends by itself; nil if it does not.
	incoming http.Handler
	close    func() error
}

// connectorOf makes what a line needs. It opens nothing yet.
func connectorOf(l config.Line, now func() time.Time, log *slog.Logger) (wiring, error) {
	switch l.Protocol {
	case config.ProtocolDART:
		return wireDART(l, now)
	case config.ProtocolPTS:
		return wirePTS(l, now, log)
	}
	return wiring{}, fmt.Errorf("no driver speaks %q", l.Protocol)
}

// wireDART opens a port and puts a new driver on it each time.
func wireDART(l config.Line, now func() time.Time) (wiring, error) {
	cfg := dart.Config{
		NoTotals: l.NoTotals, Decimals: dart.Decimals(l.Decimals),
		Timings: dart.Timings{Baud: l.Port.Baud, Answer: l.Answer}, Now: now,
	}
	for _, p := range l.Points {
		cfg.Points = append(cfg.Points, dart.Side{Address: byte(p.Address), Nozzles: len(p.Nozzles)})
	}
	if _, err := dart.New(nil, cfg); err != nil {
		return wiring{}, err
	}
	return wiring{
		totalKeys: true,
		keyPrefix: func(address int) string { return fmt.Sprintf("dart:%02x", address) },
		close:     func() error { return nil },
		connect: func(ctx context.Context) (line.Conn, error) {
			bytes, err := port.Open(ctx, l.PortConfig(), port.Options{Now: now})
			if err != nil {
				return line.Conn{}, err
			}
			d, err := dart.New(bytes, cfg)
			if err != nil {
				return line.Conn{}, errors.Join(err, bytes.Close())
			}
			return line.Conn{Driver: d, Close: func() error { return errors.Join(d.Close(), bytes.Close()) }}, nil
		},
	}, nil
}

// wirePTS makes one driver for good: a controller may dial in at any time.
func wirePTS(l config.Line, now func() time.Time, log *slog.Logger) (wiring, error) {
	zone, err := l.Location()
	if err != nil {
		return wiring{}, fmt.Errorf("zone: %w", err)
	}
	cfg := pts.Config{
		Zone: zone,
		URL:  l.URL, User: l.User, Password: l.Password, Scheme: pts.Scheme(l.Auth),
		Fingerprint: l.Fingerprint, AnyCertificate: l.AnyCertificate, Controller: l.Controller,
		IncomingUser: l.IncomingUser, IncomingPassword: l.IncomingPassword,
		Now: now, Random: rand.Reader, Log: log.With("line", l.Name),
	}
	for _, p := range l.Points {
		cfg.Points = append(cfg.Points, pts.Point{Pump: driver.Point(p.Address), Nozzles: len(p.Nozzles)})
	}
	d, err := pts.New(cfg)
	if err != nil {
		return wiring{}, err
	}
	w := wiring{
		keyPrefix: func(address int) string { return fmt.Sprintf("pts:%s:%d", l.Name, address) },
		close:     d.Close,
		connect: func(context.Context) (line.Conn, error) {
			return line.Conn{Driver: d, Close: func() error { return nil }}, nil
		},
	}
	if l.IncomingPassword != "" {
		w.incoming = d.Handler()
	}
	return w, nil
}

// linePoint is a configured point as a line takes it.
func linePoint(p config.Point, keyPrefix string) line.Point {
	return line.Point{Address: driver.Point(p.Address), Nozzles: p.Nozzles, KeyPrefix: keyPrefix}
}

// checkDrivers lets every driver check its part of the configuration.
func checkDrivers(cfg config.Config, now func() time.Time) error {
	var errs []error
	for _, l := range cfg.Lines {
		w, err := connectorOf(l, now, slog.New(slog.DiscardHandler))
		if err != nil {
			errs = append(errs, fmt.Errorf("line %s: %w", l.Name, err))
			continue
		}
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}
