package pts

import (
	"context"
	"fmt"
	"time"

	"forecourt/pumpd/internal/driver"
)

// identity is what is read of a controller before it is used.
type identity struct {
	// controller is its PtsId, "" before it was read. stale asks to read
	// again, because the connection broke in between.
	controller string
	stale      bool
	// skew is how far its clock is ahead of ours.
	skew time.Duration
	// fault says why its pumps cannot be used, "" if they can.
	fault string
}

// maxSkew is how far the clocks may differ before it is worth a warning.
const maxSkew = 2 * time.Minute

// identify reads who the controller is, how it counts and what its clock
// shows; again after every broken connection, for it may have been replaced
// or configured anew, and at every look while its configuration is no good.
func (d *Driver) identify(ctx context.Context) error {
	if d.known.controller != "" && !d.known.stale && d.known.fault == "" {
		return nil
	}
	answers, err := d.request(ctx, ask{kind: "GetUniqueIdentifier"}, ask{kind: "GetSystemDecimalDigits"}, ask{kind: "GetDateTime"})
	if err != nil {
		return err
	}
	if err := d.verdict("GetUniqueIdentifier", answers[0]); err != nil {
		return fmt.Errorf("%w: %w", driver.ErrLine, err)
	}
	id := controllerID(answers[0].Data().Text("Id", "PtsId"))
	if id == "" {
		return fmt.Errorf("%w: the controller does not say who it is", driver.ErrGarbled)
	}
	if want := d.cfg.Controller; want != "" && id != want {
		return fmt.Errorf("%w: controller %s answers instead of %s", driver.ErrLine, id, want)
	}
	if old := d.known.controller; old != "" && old != id {
		d.log.Warn("another controller answers now", "before", old, "now", id)
	}
	d.known = identity{controller: id, fault: d.checkDigits(answers[1]), skew: d.checkClock(answers[2])}
	d.uploads.controller.Store(&id)
	return nil
}

// checkDigits says what is wrong if the controller shows more digits than
// money and litres are kept in here. Rounding them would invent figures.
func (d *Driver) checkDigits(answer Packet) string {
	limits := [...]struct {
		name string
		most int
	}{{"Price", 2}, {"Amount", 2}, {"Volume", 3}, {"VolumeTotal", 3}}
	if answer == nil || answer.Failed() {
		return "" // an old firmware; figures that do not fit are refused one by one
	}
	r := reader{from: answer.Data()}
	for _, l := range limits {
		if n := r.number(l.name); n > l.most {
			return fmt.Sprintf("controller shows %d decimals of %s, at most %d can be kept: set its decimal digits", n, l.name, l.most)
		}
	}
	return ""
}

// checkClock measures the controller's clock against ours, and warns where
// its zone is not the configured one.
func (d *Driver) checkClock(answer Packet) time.Duration {
	if answer == nil || answer.Failed() {
		return 0
	}
	r := reader{from: answer.Data()}
	now := d.cfg.Now()
	shown := r.wall("DateTime").In(d.cfg.Zone)
	offset, ok := r.scaled(0, "UTCOffset")
	if _, seconds := now.In(d.cfg.Zone).Zone(); ok && int64(seconds) != offset*60 {
		d.log.Warn("controller's zone is not the configured one", "utc_offset_minutes", offset, "zone", d.cfg.Zone.String())
	}
	if shown.IsZero() {
		return 0
	}
	skew := shown.Sub(now)
	if skew.Abs() > maxSkew {
		d.log.Warn("controller's clock is off", "by", skew.Round(time.Second).String())
	}
	return skew
}
