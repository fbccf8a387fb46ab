package pts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"forecourt/pumpd/internal/driver"
)

// orderData is the data of PumpAuthorize.
type orderData struct {
	Pump   driver.Point
	Nozzle int
	Type   string
	Dose   json.RawMessage `json:",omitempty"`
	Price  json.RawMessage `json:",omitempty"`
}

// Authorize locks the pump for us and permits one delivery, in one message.
// It is sent once. The lock of a permission that was refused or lapses is
// given back when the pump is next seen at rest.
func (d *Driver) Authorize(ctx context.Context, p driver.Point, o driver.Order) error {
	m, err := d.pump(p)
	if err != nil {
		return err
	}
	if o.Nozzle < 1 || o.Nozzle > m.nozzles {
		return fmt.Errorf("pts: pump %d has no nozzle %d", p, o.Nozzle)
	}
	data := orderData{Pump: p, Nozzle: o.Nozzle, Type: "FullTank"}
	switch o.Limit {
	case driver.ByMoney:
		data.Type, data.Dose = "Amount", json.RawMessage(o.Money.String())
	case driver.ByVolume:
		data.Type, data.Dose = "Volume", json.RawMessage(o.Volume.String())
	}
	if o.Price > 0 {
		data.Price = json.RawMessage(o.Price.String())
	}
	delete(d.seen, p)
	answers, err := d.request(ctx, ask{"PumpLock", pumpData{p}}, ask{"PumpAuthorize", data})
	if err != nil {
		return err
	}
	m.locked = m.locked || d.verdict("PumpLock", answers[0]) == nil
	return d.verdict("PumpAuthorize", answers[1])
}

// unlock gives the pump back to other users, as far as that works.
func (d *Driver) unlock(ctx context.Context, p driver.Point) {
	d.pumps[p].locked = false
	if _, err := d.command(ctx, p, ask{"PumpUnlock", pumpData{p}}); err != nil {
		d.log.Debug("pump not unlocked", "pump", p, "err", err)
	}
}

// Stop ends what flows and withdraws what was permitted. The lock goes with
// the sale's Release, or when the pump is next seen at rest.
func (d *Driver) Stop(ctx context.Context, p driver.Point) error {
	_, err := d.command(ctx, p, ask{"PumpStop", pumpData{p}})
	if errors.Is(err, driver.ErrRefused) && d.atRest(ctx, p) {
		return nil // there was nothing to stop
	}
	return err
}

// atRest looks whether nothing flows or may flow on the pump.
func (d *Driver) atRest(ctx context.Context, p driver.Point) bool {
	delete(d.seen, p)
	s, err := d.look(ctx, p)
	return err == nil && s.fault == "" && (s.status.Type == TypeEnd || s.status.Type == TypeIdle && !s.status.Ordered)
}

// StopAll stops every pump, whoever holds it, with as few messages as the
// controller's limits allow: one for up to sixty pumps.
func (d *Driver) StopAll(ctx context.Context) error {
	var refused []error
	for group := range slices.Chunk(d.Points(), pumpsPerMessage) {
		asks := make([]ask, len(group))
		for i, p := range group {
			asks[i] = ask{"PumpEmergencyStop", pumpData{p}}
			delete(d.seen, p)
		}
		answers, err := d.request(ctx, asks...)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		for i, p := range group {
			if err := d.verdict("PumpEmergencyStop", answers[i]); err != nil {
				refused = append(refused, fmt.Errorf("pump %d: %w", p, err))
			}
		}
	}
	return errors.Join(refused...)
}

// Suspend pauses the delivery.
func (d *Driver) Suspend(ctx context.Context, p driver.Point) error {
	_, err := d.command(ctx, p, ask{"PumpSuspend", pumpData{p}})
	return err
}

// Resume lets a paused delivery go on.
func (d *Driver) Resume(ctx context.Context, p driver.Point) error {
	_, err := d.command(ctx, p, ask{"PumpResume", pumpData{p}})
	return err
}
