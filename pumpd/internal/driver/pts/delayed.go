package pts

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// pricesData is the data of PumpSetPrices.
type pricesData struct {
	Pump   driver.Point
	Prices []json.RawMessage
}

// SetPrices sets the price of every nozzle, in nozzle order.
func (d *Driver) SetPrices(ctx context.Context, p driver.Point, prices []unit.FenPerLitre) error {
	m, err := d.pump(p)
	if err != nil {
		return err
	}
	if len(prices) != m.nozzles {
		return fmt.Errorf("pts: %d prices for the %d nozzles of pump %d", len(prices), m.nozzles, p)
	}
	data := pricesData{Pump: p}
	for _, price := range prices {
		data.Prices = append(data.Prices, json.RawMessage(price.String()))
	}
	_, err = d.command(ctx, p, ask{"PumpSetPrices", data})
	return err
}

// ReadPrices reads the prices back from the pump, in nozzle order.
func (d *Driver) ReadPrices(ctx context.Context, p driver.Point) ([]unit.FenPerLitre, error) {
	answer, err := d.delayed(ctx, p, ask{"PumpGetPrices", pumpData{p}}, func(a Packet) bool { return a.Type() == TypePrices })
	if err != nil {
		return nil, err
	}
	prices, err := ReadPriceList(answer)
	if err != nil {
		return nil, fmt.Errorf("%w: prices of pump %d: %w", driver.ErrGarbled, p, err)
	}
	m := d.pumps[p]
	if len(prices) < m.nozzles {
		return nil, fmt.Errorf("%w: %d prices for the %d nozzles of pump %d", driver.ErrGarbled, len(prices), m.nozzles, p)
	}
	return prices[:m.nozzles], nil // a controller may fill up to its own six
}

// nozzleData is the data of requests about one nozzle.
type nozzleData struct {
	Pump   driver.Point
	Nozzle int
}

// ReadTotal reads the volume totalizer of one nozzle from the pump.
func (d *Driver) ReadTotal(ctx context.Context, p driver.Point, nozzle int) (unit.Millilitre, error) {
	var read Totals
	var unreadable error
	_, err := d.delayed(ctx, p, ask{"PumpGetTotals", nozzleData{p, nozzle}}, func(a Packet) bool {
		if a.Type() != TypeTotals {
			return false
		}
		read, unreadable = ReadTotals(a)
		return unreadable != nil || read.Nozzle == nozzle
	})
	switch {
	case err != nil:
		return 0, err
	case unreadable != nil:
		return 0, fmt.Errorf("%w: %w", driver.ErrGarbled, unreadable)
	case read.Pump != int(p) || !read.HasVolume:
		return 0, fmt.Errorf("%w: totals of pump %d without a volume", driver.ErrGarbled, read.Pump)
	}
	return read.Volume, nil
}

// drain waits for a delayed answer that an earlier call, or an earlier run,
// gave up on: it shows an old moment and must not be taken for a new one. It
// is over when it came, or when the controller no longer works on it.
func (d *Driver) drain(ctx context.Context, p driver.Point, m *memory) error {
	if !m.owed {
		return nil
	}
	_, err := d.await(ctx, p, func(a Packet) bool {
		return !isStatus(a.Type()) || !strings.HasPrefix(a.Data().Text("Request"), "PumpGet")
	})
	if err == nil {
		m.owed = false
	}
	return err
}

// delayed sends a request whose answer comes instead of a later status.
func (d *Driver) delayed(ctx context.Context, p driver.Point, a ask, wanted func(Packet) bool) (Packet, error) {
	m, err := d.pump(p)
	if err != nil {
		return nil, err
	}
	if err := d.drain(ctx, p, m); err != nil {
		return nil, err
	}
	m.owed = true
	answer, err := d.command(ctx, p, a)
	if err == nil && !wanted(answer) {
		answer, err = d.await(ctx, p, wanted)
	}
	if err == nil {
		m.owed = false
	}
	return answer, err
}

// await looks at the pump's status until what is wanted comes in its place.
func (d *Driver) await(ctx context.Context, p driver.Point, wanted func(Packet) bool) (Packet, error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timings.Delayed)
	defer cancel()
	again := time.NewTicker(d.cfg.Timings.Again)
	defer again.Stop()
	for {
		answers, err := d.request(ctx, ask{"PumpGetStatus", pumpData{p}})
		if err != nil {
			return nil, err
		}
		if err := d.verdict("PumpGetStatus", answers[0]); err != nil {
			return nil, err
		}
		if wanted(answers[0]) {
			return answers[0], nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: pump %d: delayed answer did not come: %w", driver.ErrNoAnswer, p, ctx.Err())
		case <-again.C:
		}
	}
}
