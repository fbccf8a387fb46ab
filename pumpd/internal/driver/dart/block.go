package dart

import (
	"context"
	"errors"
	"time"

	"forecourt/pumpd/internal/driver"
)

const (
	// sendTries is how often a block that may be repeated is sent with the
	// same number before the host gives up.
	sendTries = 3
	// drainMost bounds how many blocks are taken until a dispenser has
	// nothing more to tell; it has at most one of each kind.
	drainMost = 16
)

// command is a block with one CD1.
func command(c Command) []byte {
	return Transaction{Code: cdCommand, Data: []byte{byte(c)}}.Append(nil)
}

// request sends an order that may be repeated and polls until it shows.
func (d *Driver) request(ctx context.Context, s *side, body []byte, shown func() bool) error {
	if err := d.order(ctx, s, body, sendTries); err != nil {
		return err
	}
	return d.await(ctx, s, shown)
}

// await polls until something is seen. driver.ErrRefused says that the
// dispenser answers but does not do it.
func (d *Driver) await(ctx context.Context, s *side, shown func() bool) error {
	end := d.config.Now().Add(d.config.Timings.Settle)
	for {
		_, err := d.poll(ctx, s)
		switch {
		case err == nil && shown():
			return nil
		case err != nil && !errors.Is(err, driver.ErrNoAnswer) && !errors.Is(err, driver.ErrGarbled):
			return err
		case d.config.Now().Before(end):
			continue
		case err != nil:
			return err
		}
		return driver.ErrRefused
	}
}

// drain polls until the dispenser has nothing more to tell, so that what was
// seen last is the last word and not one that was waiting in the queue.
func (d *Driver) drain(ctx context.Context, s *side) error {
	for range drainMost {
		more, err := d.pollTwice(ctx, s)
		if err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	return driver.ErrGarbled
}

// order sends a block and waits until it is acknowledged. With tries above 1
// it is sent again under the same number, which the dispenser takes once. A
// block that was refused was not taken, so it is sent anew after the two
// sides have agreed on numbers.
func (d *Driver) order(ctx context.Context, s *side, body []byte, tries int) error {
	err := d.orderOnce(ctx, s, body, tries)
	if errors.Is(err, errNak) {
		err = d.orderOnce(ctx, s, body, tries)
	}
	if errors.Is(err, errNak) {
		return driver.ErrRefused
	}
	return err
}

// errNak says that the dispenser refused a block.
var errNak = errors.New("dart: not acknowledged")

func (d *Driver) orderOnce(ctx context.Context, s *side, body []byte, tries int) error {
	if !s.synced {
		if err := d.agree(ctx, s); err != nil {
			return err
		}
	}
	if err := d.pause(ctx, s.orderAt.Add(d.config.Timings.CommandGap)); err != nil {
		return err
	}
	var err error
	for range tries {
		if err = d.block(ctx, s, body); err == nil {
			s.hostTX = nextTX(s.hostTX)
			return nil
		}
		if errors.Is(err, errNak) {
			break
		}
	}
	s.synced = false
	return err
}

// agree starts the numbering over with a question that does no harm however
// often it is taken. Whatever was sent before and perhaps not heard, the next
// block has another number than it.
func (d *Driver) agree(ctx context.Context, s *side) error {
	s.hostTX = 0
	var err error
	for range sendTries {
		if err = d.block(ctx, s, command(ReturnStatus)); err == nil {
			s.hostTX, s.synced = 1, true
			return nil
		}
	}
	if errors.Is(err, errNak) {
		err = driver.ErrRefused
	}
	return err
}

// block sends one block once and reads the acknowledgement.
func (d *Driver) block(ctx context.Context, s *side, body []byte) error {
	f, err := d.wire.ask(ctx, Frame{Address: s.config.Address, Kind: Data, TX: s.hostTX, Body: body})
	s.orderAt = d.config.Now()
	switch {
	case err != nil:
		return err
	case f.Kind == Ack && f.TX == s.hostTX:
		return nil
	case f.Kind == Nak:
		return errNak
	}
	d.wire.traffic.Strays++
	return driver.ErrGarbled
}

// pause waits for a moment on the line, where late bytes are dropped.
func (d *Driver) pause(ctx context.Context, until time.Time) error {
	if until.After(d.wire.free) {
		d.wire.free = until
	}
	return d.wire.hush(ctx)
}
