package dart

import (
	"errors"
	"fmt"
	"time"

	"forecourt/pumpd/internal/driver"
)

// Side is one fuelling side on the line.
type Side struct {
	// Address on the line, 50 to 6F hex; it is also the driver.Point.
	Address byte
	// Nozzles is how many it has, 1 to 8.
	Nozzles int
}

// Timings of the line. The zero value of a field takes its default.
type Timings struct {
	// Answer is how long the first byte of an answer may take once the
	// question is out. A dispenser answers within about 25 ms ("Dart Pump
	// Interface", line timing); the rest is for a USB adapter's own 16 ms
	// and for scheduling. A gateway over a slow network needs more.
	Answer time.Duration
	// InterByte is the silence within a frame after which it is torn.
	InterByte time.Duration
	// Gap is the silence the host keeps between an answer and its next
	// word: a little over four characters at 9600, for the turn of an
	// RS-485 transceiver.
	Gap time.Duration
	// CommandGap is the least time between two blocks of orders to one
	// address; 50 ms is known to be safe.
	CommandGap time.Duration
	// Settle is how long a dispenser may take to show that an order worked.
	Settle time.Duration
	// Refresh is how often a status is asked for that would anyway be told
	// on change: it heals whatever was missed.
	Refresh time.Duration
	// Baud tells how long sent bytes are on their way, at 11 bits each.
	Baud int
}

// Defaults of Timings.
const (
	DefaultAnswer     = 60 * time.Millisecond
	DefaultInterByte  = 30 * time.Millisecond
	DefaultGap        = 5 * time.Millisecond
	DefaultCommandGap = 50 * time.Millisecond
	DefaultSettle     = 500 * time.Millisecond
	DefaultRefresh    = time.Minute // 32 addresses then spend a twentieth of the line on it
	DefaultBaud       = 9600
)

// BitsPerByte on the line: start, eight, odd parity, stop.
const BitsPerByte = 11

// transmit is how long n bytes are on the line.
func (t Timings) transmit(n int) time.Duration {
	return time.Duration(n) * BitsPerByte * time.Second / time.Duration(t.Baud)
}

func (t Timings) withDefaults() Timings {
	for _, d := range []struct {
		field *time.Duration
		usual time.Duration
	}{
		{&t.Answer, DefaultAnswer},
		{&t.InterByte, DefaultInterByte},
		{&t.Gap, DefaultGap},
		{&t.CommandGap, DefaultCommandGap},
		{&t.Settle, DefaultSettle},
		{&t.Refresh, DefaultRefresh},
	} {
		if *d.field <= 0 {
			*d.field = d.usual
		}
	}
	if t.Baud <= 0 {
		t.Baud = DefaultBaud
	}
	return t
}

// Config describes a line of DART sides.
type Config struct {
	// Points in the order in which they are listed and stopped.
	Points []Side
	// Decimals of the displays; the zero value is DefaultDecimals. It is
	// ignored where AskDecimals finds an answer.
	Decimals Decimals
	// AskDecimals takes the decimals from each dispenser's own parameters
	// (DC7). Their place in the block is not confirmed on a real line.
	AskDecimals bool
	// NoTotals is for dispensers that cannot tell their totalizers. Sales
	// then come without key and total.
	NoTotals bool
	// Timings of the line.
	Timings Timings
	// Now is the clock.
	Now func() time.Time
}

// maxNozzles is how many nozzles volume totals can be asked for (COUN 01 to 08).
const maxNozzles = 8

func (c Config) check() error {
	if c.Now == nil {
		return errors.New("dart: no clock")
	}
	if len(c.Points) == 0 {
		return errors.New("dart: no addresses")
	}
	seen := make(map[byte]bool)
	for _, p := range c.Points {
		switch {
		case p.Address < FirstAddress || p.Address > LastAddress:
			return fmt.Errorf("dart: address %02X is not 50 to 6F", p.Address)
		case p.Nozzles < 1 || p.Nozzles > maxNozzles:
			return fmt.Errorf("dart: address %02X has %d nozzles, must be 1 to %d", p.Address, p.Nozzles, maxNozzles)
		case seen[p.Address]:
			return fmt.Errorf("dart: address %02X is listed twice", p.Address)
		}
		seen[p.Address] = true
	}
	return c.Decimals.check()
}

// Driver is a driver.Driver for one DART line, with every capability but
// Recaller and Uploader: a dispenser remembers one sale only, and speaks only
// when it is asked.
type Driver struct {
	config Config
	wire   *wire
	sides  map[driver.Point]*side
}

var (
	_ driver.Driver           = (*Driver)(nil)
	_ driver.Authorizer       = (*Driver)(nil)
	_ driver.Stopper          = (*Driver)(nil)
	_ driver.EmergencyStopper = (*Driver)(nil)
	_ driver.Suspender        = (*Driver)(nil)
	_ driver.Pricer           = (*Driver)(nil)
	_ driver.Totalizer        = (*Driver)(nil)
)

// New makes a driver on a line. It sends nothing yet.
func New(line driver.Line, config Config) (*Driver, error) {
	if config.Decimals == (Decimals{}) {
		config.Decimals = DefaultDecimals()
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	config.Timings = config.Timings.withDefaults()
	d := &Driver{
		config: config,
		wire:   &wire{line: line, now: config.Now, timings: config.Timings},
		sides:  make(map[driver.Point]*side),
	}
	for _, p := range config.Points {
		d.sides[driver.Point(p.Address)] = newSide(p, config)
	}
	return d, nil
}

// Points lists the configured addresses in their order.
func (d *Driver) Points() []driver.Point {
	var out []driver.Point
	for _, p := range d.config.Points {
		out = append(out, driver.Point(p.Address))
	}
	return out
}

// Close frees nothing: the line is its owner's.
func (d *Driver) Close() error { return nil }

// Traffic tells how the line does since the driver was made.
type Traffic struct {
	Counters
	// Strays were good frames that nobody had asked for, or from another
	// address.
	Strays uint64
	// Repeats were blocks that a dispenser sent again.
	Repeats uint64
	// Refused were blocks out of order, answered with NAK.
	Refused uint64
}

// Traffic reads the counters. Call it from the line's goroutine.
func (d *Driver) Traffic() Traffic {
	t := d.wire.traffic
	t.Counters = d.wire.decoder.Counters
	return t
}

// find answers the side of a point.
func (d *Driver) find(p driver.Point) (*side, error) {
	s := d.sides[p]
	if s == nil {
		return nil, fmt.Errorf("dart: address %02X is not configured", int(p))
	}
	return s, nil
}
