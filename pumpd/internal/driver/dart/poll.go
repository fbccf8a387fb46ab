package dart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/pumpd/internal/driver"
)

// Poll asks the address once and answers what is known by then. When a sale
// has just ended it also reads the final figures and the totalizer; until it
// could, the state is Finished without a sale, and Fault says so.
func (d *Driver) Poll(ctx context.Context, p driver.Point) (driver.Reading, error) {
	s, err := d.find(p)
	if err != nil {
		return driver.Reading{}, err
	}
	err = d.look(ctx, s)
	if errors.Is(err, driver.ErrRefused) {
		err = fmt.Errorf("%w: it does not tell (%w)", driver.ErrGarbled, err)
	}
	if err != nil {
		return driver.Reading{}, fmt.Errorf("polling %02X: %w", s.config.Address, err)
	}
	return s.reading(), nil
}

// look brings the side up to date, or says why it could not.
func (d *Driver) look(ctx context.Context, s *side) error {
	if _, err := d.pollTwice(ctx, s); err != nil {
		return err
	}
	if !s.known || d.config.Now().Sub(s.statusAt) >= d.config.Timings.Refresh {
		if err := d.learn(ctx, s); err != nil {
			return err
		}
	}
	if err := d.tidy(ctx, s); errors.Is(err, driver.ErrLine) || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	return nil
}

// tidy does what a finished sale asks for: read it, or let it be forgotten.
// A dispenser that will not is asked again later, not at every poll, so that
// it does not hold up the line.
func (d *Driver) tidy(ctx context.Context, s *side) (err error) {
	if d.config.Now().Before(s.tidyAt) {
		return nil
	}
	switch {
	case s.settle:
		err = d.conclude(ctx, s)
	case s.forget && s.atEnd() && !s.nozzle.Out:
		err = d.reset(ctx, s)
	}
	if errors.Is(err, driver.ErrRefused) {
		s.tidyAt = d.config.Now().Add(tidyAgain)
	}
	return err
}

// tidyAgain is the pause before a dispenser is asked again for what it did
// not tell.
const tidyAgain = 2 * time.Second

// pollTwice polls, and once more if the answer was garbled: the dispenser
// repeats what was not acknowledged.
func (d *Driver) pollTwice(ctx context.Context, s *side) (bool, error) {
	got, err := d.poll(ctx, s)
	if errors.Is(err, driver.ErrGarbled) {
		got, err = d.poll(ctx, s)
	}
	return got, err
}

// poll asks once what is new, and takes and acknowledges it. It answers
// whether there was anything.
func (d *Driver) poll(ctx context.Context, s *side) (bool, error) {
	f, err := d.wire.ask(ctx, Frame{Address: s.config.Address, Kind: Poll})
	if err != nil {
		if errors.Is(err, driver.ErrNoAnswer) {
			s.lost()
		}
		return false, err
	}
	s.silent = 0
	switch f.Kind {
	case EOT:
		return false, nil
	case Data:
		return true, d.take(ctx, s, f)
	}
	d.wire.traffic.Strays++
	return false, driver.ErrGarbled
}

// take acknowledges a block and merges it, unless it was sent again or does
// not follow the last one.
func (d *Driver) take(ctx context.Context, s *side, f Frame) error {
	reply := Frame{Address: f.Address, Kind: Ack, TX: f.TX}
	if int(f.TX) == s.pumpTX && bytes.Equal(f.Body, s.pumpBody) {
		d.wire.traffic.Repeats++
		return d.wire.tell(ctx, reply)
	}
	if !s.expects(f.TX) {
		d.wire.traffic.Refused++
		reply.Kind = Nak
		if err := d.wire.tell(ctx, reply); err != nil {
			return err
		}
		return driver.ErrGarbled
	}
	if f.TX == 0 && s.pumpTX >= 0 && s.pumpTX != maxTX {
		s.known = false // it started over: ask, rather than trust one block
	}
	s.pumpTX, s.pumpBody = int(f.TX), f.Body
	list, shape := ParseTransactions(f.Body)
	if err := s.apply(list, d.config.Now()); err != nil && shape == nil {
		shape = err
	}
	if err := d.wire.tell(ctx, reply); err != nil {
		return err
	}
	if shape != nil {
		return fmt.Errorf("%w: %w", driver.ErrGarbled, shape)
	}
	return nil
}

// learn asks for everything a reading needs.
func (d *Driver) learn(ctx context.Context, s *side) error {
	if err := d.learnStatus(ctx, s); err != nil {
		return fmt.Errorf("asking for the status: %w", err)
	}
	if !s.asked {
		if err := d.request(ctx, s, command(ReturnParameters), func() bool { return s.news.params }); err != nil {
			return fmt.Errorf("asking for the decimals: %w", err)
		}
	}
	running := s.status == Filling || s.status == Suspended
	if !s.hasNozzle || (running && !s.hasFilled) {
		err := d.request(ctx, s, command(ReturnFilling), func() bool { return s.news.filled })
		if err != nil && !errors.Is(err, driver.ErrRefused) {
			return fmt.Errorf("asking for the display: %w", err)
		}
		// What is not told now will be told when it changes; a nozzle
		// that was never told is in its place.
		s.hasNozzle = true
	}
	s.known = true
	return nil
}

// learnStatus asks for the status. Agreeing on numbers asks for it already,
// unless the dispenser took that for a repeat.
func (d *Driver) learnStatus(ctx context.Context, s *side) error {
	s.news = news{}
	if !s.synced {
		if err := d.agree(ctx, s); err != nil {
			return err
		}
		if _, err := d.pollTwice(ctx, s); err != nil {
			return err
		}
	}
	if s.news.status {
		return nil
	}
	return d.request(ctx, s, command(ReturnStatus), func() bool { return s.news.status })
}
