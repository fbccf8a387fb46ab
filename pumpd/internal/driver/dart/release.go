package dart

import (
	"context"
	"fmt"

	"forecourt/pumpd/internal/driver"
)

// conclude reads the final figures and the totalizer of a filling that ended.
func (d *Driver) conclude(ctx context.Context, s *side) error {
	s.news = news{totals: make(map[byte]Totals)}
	if err := d.request(ctx, s, command(ReturnFilling), func() bool { return s.news.filled }); err != nil {
		return fmt.Errorf("asking for the final figures: %w", err)
	}
	if err := d.drain(ctx, s); err != nil {
		return fmt.Errorf("waiting for the last figures: %w", err)
	}
	if s.filled == (Filled{}) {
		s.settle = false // nothing was dispensed
		return nil
	}
	sale, err := s.finished()
	if err != nil {
		return err
	}
	mark := fmt.Sprintf("dart:%02x:%d:%d:%d", s.config.Address, sale.Nozzle, sale.Volume, sale.Amount)
	if !s.noTotals {
		total, err := d.total(ctx, s, sale.Nozzle)
		if err != nil {
			return err
		}
		sale.TotalAfter, sale.HasTotal = total, true
		sale.Key = fmt.Sprintf("dart:%02x:%d:%d", s.config.Address, sale.Nozzle, total)
		mark = sale.Key
	}
	if !s.atEnd() {
		return driver.ErrGarbled // it went on meanwhile: these figures belong to nothing
	}
	s.hold(mark, sale)
	return nil
}

// finished makes a sale of the figures that were read.
func (s *side) finished() (driver.Sale, error) {
	n := s.fill
	if n.Number == 0 {
		n = s.nozzle // after a restart: the last one used
	}
	if n.Number == 0 && s.config.Nozzles == 1 {
		n.Number = 1
	}
	if n.Number == 0 {
		return driver.Sale{}, fmt.Errorf("%w: a sale without its nozzle", driver.ErrGarbled)
	}
	return driver.Sale{Nozzle: n.Number, Volume: s.filled.Volume, Amount: s.filled.Amount, Price: n.Price}, nil
}

// hold adds a finished sale to those that are told, once.
func (s *side) hold(mark string, sale driver.Sale) {
	s.settle, s.current, s.forget = false, mark, false
	s.spent = s.nozzle.Out && s.nozzle.Number == sale.Nozzle
	for _, h := range s.held {
		if h.mark == mark {
			return
		}
	}
	s.held = append(s.held, held{mark: mark, sale: sale})
}

// Release lets the dispenser forget a sale. With the sale's nozzle still out,
// RESET waits until it is back, so that the nozzle cannot call again at once.
func (d *Driver) Release(ctx context.Context, p driver.Point, sale driver.Sale) error {
	s, err := d.find(p)
	if err != nil {
		return err
	}
	if !s.known || s.settle {
		if err := d.look(ctx, s); err != nil {
			return fmt.Errorf("releasing a sale of %02X: %w", s.config.Address, err)
		}
	}
	at := s.holds(sale)
	if at < 0 {
		return nil
	}
	if s.held[at].mark == s.current && s.atEnd() {
		if s.forget = s.spent && s.nozzle.Out; !s.forget {
			if err := d.reset(ctx, s); err != nil {
				return fmt.Errorf("releasing a sale of %02X: %w", s.config.Address, err)
			}
		}
	}
	s.held = append(s.held[:at:at], s.held[at+1:]...)
	return nil
}

// holds finds a sale among those that are told; -1 if it is not.
func (s *side) holds(sale driver.Sale) int {
	for i, h := range s.held {
		if h.sale.Key == sale.Key && h.sale.Nozzle == sale.Nozzle && h.sale.Volume == sale.Volume && h.sale.Amount == sale.Amount {
			return i
		}
	}
	return -1
}

// reset sends RESET and waits until it is done.
func (d *Driver) reset(ctx context.Context, s *side) error {
	if err := d.request(ctx, s, command(Reset), func() bool { return s.status == ResetDone }); err != nil {
		return fmt.Errorf("resetting: %w", err)
	}
	return nil
}
