package dart

import (
	"context"
	"errors"
	"fmt"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// Authorize permits one delivery: nozzle, bound and AUTHORIZE in one block,
// sent once. It refuses while a sale is held, while the last sale's nozzle is
// out, and when the dispenser shows another price than the order's.
func (d *Driver) Authorize(ctx context.Context, p driver.Point, o driver.Order) error {
	s, err := d.find(p)
	if err != nil {
		return err
	}
	body, err := s.permission(o)
	if err != nil {
		return fmt.Errorf("authorizing %02X: %w", s.config.Address, err)
	}
	if err := d.permit(ctx, s, o, body); err != nil {
		return fmt.Errorf("authorizing %02X: %w", s.config.Address, err)
	}
	return nil
}

func (d *Driver) permit(ctx context.Context, s *side, o driver.Order, body []byte) error {
	if !s.known || s.settle {
		if err := d.look(ctx, s); err != nil {
			return err
		}
	}
	if why := s.unfit(o); why != "" {
		return fmt.Errorf("%w: %s", driver.ErrRefused, why)
	}
	// RESET wipes presets, so it comes before them, and only where there
	// is nothing left to forget.
	if s.atEnd() {
		if err := d.reset(ctx, s); err != nil {
			return err
		}
	}
	if s.status != ResetDone {
		return fmt.Errorf("%w: %s", driver.ErrRefused, s.status)
	}
	if err := d.order(ctx, s, body, 1); err != nil {
		return err
	}
	return d.await(ctx, s, func() bool { return s.status != ResetDone })
}

// unfit says why the side must not be authorized now, "" if it may.
func (s *side) unfit(o driver.Order) string {
	switch {
	case len(s.held) > 0 || s.settle:
		return "it holds a sale"
	case s.nozzle.Out && s.spent:
		return "the nozzle of the last sale is not back"
	case s.nozzle.Out && s.nozzle.Number != o.Nozzle:
		return fmt.Sprintf("nozzle %d is out, not %d", s.nozzle.Number, o.Nozzle)
	case s.nozzle.Out && o.Price != 0 && s.nozzle.Price != o.Price:
		return fmt.Sprintf("it shows a price of %s, not %s", s.nozzle.Price, o.Price)
	}
	return ""
}

// permission is the block that authorizes.
func (s *side) permission(o driver.Order) ([]byte, error) {
	if o.Nozzle < 1 || o.Nozzle > s.config.Nozzles {
		return nil, fmt.Errorf("it has no nozzle %d", o.Nozzle)
	}
	body := Transaction{Code: cdNozzles, Data: []byte{byte(o.Nozzle)}}.Append(nil)
	var preset []byte
	var err error
	switch o.Limit {
	case driver.ByMoney:
		if preset, err = s.decimals.AppendAmount(nil, o.Money, figureSize); err == nil {
			body = Transaction{Code: cdAmount, Data: preset}.Append(body)
		}
	case driver.ByVolume:
		if preset, err = s.decimals.AppendVolume(nil, o.Volume, figureSize); err == nil {
			body = Transaction{Code: cdVolume, Data: preset}.Append(body)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("preset: %w", err)
	}
	return append(body, command(Authorize)...), nil
}

// Stop ends what flows and withdraws what was permitted. It is sent whatever
// the state is thought to be.
func (d *Driver) Stop(ctx context.Context, p driver.Point) error {
	s, err := d.find(p)
	if err != nil {
		return err
	}
	stopped := func() bool { return s.status != Authorized && s.status != Filling && s.status != Suspended }
	if err := d.request(ctx, s, command(Stop), stopped); err != nil {
		return fmt.Errorf("stopping %02X: %w", s.config.Address, err)
	}
	return nil
}

// StopAll sends STOP to every address, those that dispense first, and does
// not wait for the effect; what did not acknowledge is tried again after the
// others. The error names every address that never acknowledged.
func (d *Driver) StopAll(ctx context.Context) error {
	left := d.byUrgency()
	failed := make(map[*side]error)
	for range sendTries {
		var again []*side
		for _, s := range left {
			if failed[s] = d.stopNow(ctx, s); failed[s] != nil {
				again = append(again, s)
			}
		}
		left = again
	}
	var errs []error
	for _, s := range left {
		errs = append(errs, fmt.Errorf("stopping %02X: %w", s.config.Address, failed[s]))
	}
	return errors.Join(errs...)
}

// byUrgency lists the sides, those that dispense or may do so first.
func (d *Driver) byUrgency() []*side {
	var flowing, others []*side
	for _, p := range d.Points() {
		s := d.sides[p]
		if s.status == Authorized || s.status == Filling || s.status == Suspended {
			flowing = append(flowing, s)
		} else {
			others = append(others, s)
		}
	}
	return append(flowing, others...)
}

// stopNow sends STOP without asking anything first. Where the numbering is
// open it is sent under two numbers, of which the dispenser takes at least one.
func (d *Driver) stopNow(ctx context.Context, s *side) error {
	if !s.synced {
		s.hostTX = 0
		if err := d.block(ctx, s, command(Stop)); err != nil {
			return err
		}
		s.hostTX, s.synced = 1, true
	}
	err := d.block(ctx, s, command(Stop))
	s.synced = err == nil
	if err == nil {
		s.hostTX = nextTX(s.hostTX)
	}
	return err
}

// Suspend pauses a delivery.
func (d *Driver) Suspend(ctx context.Context, p driver.Point) error {
	return d.turnTo(ctx, p, Suspend, Suspended)
}

// Resume lets a paused delivery go on.
func (d *Driver) Resume(ctx context.Context, p driver.Point) error {
	return d.turnTo(ctx, p, Resume, Filling)
}

func (d *Driver) turnTo(ctx context.Context, p driver.Point, c Command, want Status) error {
	s, err := d.find(p)
	if err != nil {
		return err
	}
	if err := d.request(ctx, s, command(c), func() bool { return s.status == want }); err != nil {
		return fmt.Errorf("%s of %02X: %w", commandWords(c), s.config.Address, err)
	}
	return nil
}

// SetPrices programs the price of every nozzle. A dispenser ignores a list
// that does not cover all nozzles, so such a list is not sent.
func (d *Driver) SetPrices(ctx context.Context, p driver.Point, prices []unit.FenPerLitre) error {
	s, err := d.find(p)
	if err != nil {
		return err
	}
	if len(prices) != s.config.Nozzles {
		return fmt.Errorf("setting prices of %02X: %d prices for %d nozzles", s.config.Address, len(prices), s.config.Nozzles)
	}
	var data []byte
	for _, price := range prices {
		if data, err = s.decimals.AppendPrice(data, price); err != nil {
			return fmt.Errorf("setting prices of %02X: %w", s.config.Address, err)
		}
	}
	if err := d.order(ctx, s, Transaction{Code: cdPrices, Data: data}.Append(nil), sendTries); err != nil {
		return fmt.Errorf("setting prices of %02X: %w", s.config.Address, err)
	}
	return nil
}

// ReadPrices asks for all prices. A dispenser may answer nozzle by nozzle or
// with one list; both are taken.
func (d *Driver) ReadPrices(ctx context.Context, p driver.Point) ([]unit.FenPerLitre, error) {
	s, err := d.find(p)
	if err != nil {
		return nil, err
	}
	s.news = news{prices: make(map[int]unit.FenPerLitre)}
	all := func() bool { return s.news.list != nil || len(s.news.prices) == s.config.Nozzles }
	if err = d.request(ctx, s, command(ReturnPrices), all); err == nil {
		err = d.drain(ctx, s)
	}
	found := s.news
	s.news, s.known, s.hasNozzle = news{}, false, false // the answer may have hidden which nozzle is out
	if err != nil {
		return nil, fmt.Errorf("reading prices of %02X: %w", s.config.Address, err)
	}
	if found.list != nil {
		return found.list, nil
	}
	out := make([]unit.FenPerLitre, s.config.Nozzles)
	for n, price := range found.prices {
		out[n-1] = price
	}
	return out, nil
}

// ReadTotal asks for the volume totalizer of one nozzle.
func (d *Driver) ReadTotal(ctx context.Context, p driver.Point, nozzle int) (unit.Millilitre, error) {
	s, err := d.find(p)
	if err != nil {
		return 0, err
	}
	if nozzle < 1 || nozzle > s.config.Nozzles {
		return 0, fmt.Errorf("reading the total of %02X: it has no nozzle %d", s.config.Address, nozzle)
	}
	total, err := d.total(ctx, s, nozzle)
	if err != nil {
		return 0, fmt.Errorf("reading the total of %02X: %w", s.config.Address, err)
	}
	return total, nil
}

// total asks for a totalizer; nothing told before the question counts.
func (d *Driver) total(ctx context.Context, s *side, nozzle int) (unit.Millilitre, error) {
	counter := byte(nozzle) // COUN 01 to 08 are the volumes of nozzles 1 to 8
	s.news.totals = make(map[byte]Totals)
	answered := func() bool { _, ok := s.news.totals[counter]; return ok }
	body := Transaction{Code: cdTotals, Data: []byte{counter}}.Append(nil)
	if err := d.request(ctx, s, body, answered); err != nil {
		return 0, fmt.Errorf("asking for the totalizer of nozzle %d: %w", nozzle, err)
	}
	return s.news.totals[counter].Volume, nil
}
