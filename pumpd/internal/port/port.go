// Package port opens the byte lines that dispensers hang on: a serial port,
// or a TCP connection to a gateway that has the serial port. Both are a
// driver.Line.
//
// A Port belongs to one goroutine, the line's owner, who opens it, closes it
// and opens it anew when it answers driver.ErrLine; a Port never reopens
// itself. Close may be called from any goroutine and ends what waits.
//
// What an adapter echoes of our own bytes is dropped by comparing, not by
// counting: bytes that differ from what was sent are somebody else's and are
// handed over.
//
// Wire is the same line in memory, at a chosen baud rate, for simulations,
// tests and measurements; Pace slows a real connection down to one.
package port

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"go.bug.st/serial"

	"forecourt/pumpd/internal/driver"
)

// Config says where a line is. Exactly one of TCP and Serial is set.
type Config struct {
	// TCP is the host:port of a serial gateway.
	TCP string `yaml:"tcp"`
	// Serial is the device file of a serial port.
	Serial string `yaml:"serial"`
	// Baud is the serial speed; 0 is 9600.
	Baud int `yaml:"baud"`
	// Frame is data bits, parity (N, E, O, M, S) and stop bits, such as
	// 8N1; empty is 8O1, what DART and most Chinese dispensers use.
	Frame string `yaml:"frame"`
	// Echo says that the adapter sends our own bytes back.
	Echo bool `yaml:"echo"`
}

// Defaults of a serial line ("Dart Pump Interface", transport).
const (
	defaultBaud  = 9600
	defaultFrame = "8O1"
)

// Check says what is wrong with the configuration, nil if nothing is.
func (c Config) Check() error {
	if (c.TCP == "") == (c.Serial == "") {
		return errors.New("port: give either tcp or serial")
	}
	if c.TCP != "" {
		if _, _, err := net.SplitHostPort(c.TCP); err != nil {
			return fmt.Errorf("port: tcp must be host:port: %w", err)
		}
		return nil
	}
	_, err := c.Mode()
	return err
}

// Mode is the serial mode that the port is asked for.
func (c Config) Mode() (serial.Mode, error) {
	const slowest, fastest = 300, 230400
	m := serial.Mode{BaudRate: c.Baud}
	if m.BaudRate == 0 {
		m.BaudRate = defaultBaud
	}
	if m.BaudRate < slowest || m.BaudRate > fastest {
		return m, fmt.Errorf("port: baud must be %d to %d, not %d", slowest, fastest, m.BaudRate)
	}
	frame := strings.ToUpper(c.Frame)
	if frame == "" {
		frame = defaultFrame
	}
	if len(frame) != 3 || frame[0] < '5' || frame[0] > '8' {
		return m, fmt.Errorf("port: frame must be like 8O1, not %q", c.Frame)
	}
	m.DataBits = int(frame[0] - '0')
	switch frame[1] {
	case 'N':
		m.Parity = serial.NoParity
	case 'O':
		m.Parity = serial.OddParity
	case 'E':
		m.Parity = serial.EvenParity
	case 'M':
		m.Parity = serial.MarkParity
	case 'S':
		m.Parity = serial.SpaceParity
	default:
		return m, fmt.Errorf("port: parity must be N, O, E, M or S in %q", c.Frame)
	}
	switch frame[2] {
	case '1':
		m.StopBits = serial.OneStopBit
	case '2':
		m.StopBits = serial.TwoStopBits
	default:
		return m, fmt.Errorf("port: stop bits must be 1 or 2 in %q", c.Frame)
	}
	return m, nil
}

// Options are what a Port needs of its surroundings.
type Options struct {
	// Now is the clock; deadlines of TCP need the real one.
	Now func() time.Time
	// OpenSerial opens a serial port; nil is serial.Open.
	OpenSerial func(path string, mode *serial.Mode) (serial.Port, error)
}

const (
	// dialWithin bounds the opening of a TCP line.
	dialWithin = 5 * time.Second
	// writeWithin bounds one Send: a frame at 9600 baud takes a third of it.
	writeWithin = 2 * time.Second
	// slice is how long one wait lasts at most before the context is
	// looked at again.
	slice = 50 * time.Millisecond
)

// Open opens the line. An error wraps driver.ErrLine unless the
// configuration itself is wrong.
func Open(ctx context.Context, c Config, o Options) (*Port, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.TCP != "" {
		d := net.Dialer{Timeout: dialWithin, KeepAlive: dialWithin}
		conn, err := d.DialContext(ctx, "tcp", c.TCP)
		if err != nil {
			return nil, fmt.Errorf("%w: opening tcp %s: %w", driver.ErrLine, c.TCP, err)
		}
		return newPort(&tcpMedium{conn: conn, now: o.Now}, o.Now, c.Echo), nil
	}
	mode, err := c.Mode()
	if err != nil {
		return nil, err
	}
	open := o.OpenSerial
	if open == nil {
		open = serial.Open
	}
	sp, err := open(c.Serial, &mode)
	if err != nil {
		return nil, fmt.Errorf("%w: opening serial %s: %w", driver.ErrLine, c.Serial, err)
	}
	return newPort(&serialMedium{port: sp}, o.Now, c.Echo), nil
}

// medium is what a Port sits on.
type medium interface {
	// read waits at most d; 0 and nil is nothing in time.
	read(buf []byte, d time.Duration) (int, error)
	write(b []byte) error
	drop()
	close() error
}

// Port is an open line.
type Port struct {
	medium medium
	now    func() time.Time
	echo   *echo
	spare  []byte // received, and not handed over for want of room
}

var _ driver.Line = (*Port)(nil)

func newPort(m medium, now func() time.Time, echoes bool) *Port {
	p := &Port{medium: m, now: now}
	if echoes {
		p.echo = &echo{}
	}
	return p
}

// Send writes all of frame.
func (p *Port) Send(ctx context.Context, frame []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.echo != nil {
		p.echo.expect(frame)
	}
	if err := p.medium.write(frame); err != nil {
		return fmt.Errorf("%w: writing: %w", driver.ErrLine, err)
	}
	return nil
}

// Receive waits for at least one byte that is not our own echo.
func (p *Port) Receive(ctx context.Context, buf []byte, timeout time.Duration) (int, error) {
	if len(p.spare) > 0 {
		n := copy(buf, p.spare)
		p.spare = p.spare[n:]
		return n, nil
	}
	end := p.now().Add(timeout)
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		left := end.Sub(p.now())
		if left <= 0 {
			return 0, driver.ErrNoAnswer
		}
		n, err := p.medium.read(buf, min(left, slice))
		if err != nil {
			return 0, fmt.Errorf("%w: reading: %w", driver.ErrLine, err)
		}
		if p.echo != nil && n > 0 {
			n = p.withoutEcho(buf, n)
		}
		if n > 0 {
			return n, nil
		}
	}
}

// withoutEcho takes our own bytes out of the first n of buf.
func (p *Port) withoutEcho(buf []byte, n int) int {
	foreign := p.echo.filter(buf[:n])
	n = copy(buf, foreign)
	p.spare = foreign[n:]
	return n
}

// Discard drops what has come and was not read.
func (p *Port) Discard() {
	p.spare = nil
	p.medium.drop()
}

// Close ends the line and whatever waits on it.
func (p *Port) Close() error {
	if err := p.medium.close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing the line: %w", err)
	}
	return nil
}
