package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"forecourt/pumpd/internal/driver/dart"
	"forecourt/pumpd/internal/port"
)

// TotalsForm is how a dispenser lays out its answer about totalizers; makers
// differ.
type TotalsForm int

// The forms.
const (
	// LongTotals is total and two meters, five bytes each.
	LongTotals TotalsForm = iota
	// ChineseTotals is volume and amount, six bytes each.
	ChineseTotals
	// ShortTotals is five bytes of total.
	ShortTotals
)

// DefaultTurnaround is how long a simulated dispenser thinks before it
// answers. Real ones take up to 25 ms.
const DefaultTurnaround = 5 * time.Millisecond

// DARTConfig describes a DART line of some of a station's pumps.
type DARTConfig struct {
	// Name of the face, by which faults are set.
	Name string
	// Sides in any order.
	Sides []DARTSide
	// Decimals of the displays; the zero value is two everywhere.
	Decimals dart.Decimals
	// Turnaround before an answer; 0 is none.
	Turnaround time.Duration
	// Totals is the maker's form.
	Totals TotalsForm
	// Baud paces what is sent over a connection that is itself faster; 0
	// does not.
	Baud int
	// Now is the clock.
	Now func() time.Time
}

// DARTSide joins an address to a pump of the station.
type DARTSide struct {
	Address byte
	Pump    int
}

// DART is the DART face of a station: dispensers on one line. It is safe for
// concurrent use.
type DART struct {
	station *Station
	config  DARTConfig
	mu      sync.Mutex
	sides   map[byte]*dartSide
}

// NewDART makes the face. It serves nothing yet.
func NewDART(s *Station, config DARTConfig) (*DART, error) {
	if config.Decimals == (dart.Decimals{}) {
		config.Decimals = dart.DefaultDecimals()
	}
	f := &DART{station: s, config: config, sides: make(map[byte]*dartSide)}
	for _, side := range config.Sides {
		if side.Address < dart.FirstAddress || side.Address > dart.LastAddress || f.sides[side.Address] != nil {
			return nil, fmt.Errorf("simulator: address %02X is out of range or used twice", side.Address)
		}
		if !s.Do(side.Pump, func(*Pump) {}) {
			return nil, fmt.Errorf("simulator: address %02X has no pump %d", side.Address, side.Pump)
		}
		f.sides[side.Address] = &dartSide{face: f, address: side.Address, pump: side.Pump, hostTX: -1}
	}
	return f, nil
}

// Serve answers on one connection until it ends or ctx does, and closes it.
func (f *DART) Serve(ctx context.Context, conn io.ReadWriteCloser) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	unhook := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer unhook()
	defer func() { _ = conn.Close() }()
	mouth := &mouth{face: f, to: port.Pace(ctx, conn, f.config.Baud, f.config.Now)}
	defer mouth.shut()
	var ears dart.Decoder
	var buf [256]byte
	for {
		n, err := conn.Read(buf[:])
		if err != nil {
			return ended(ctx, err)
		}
		_, _ = ears.Write(buf[:n]) // never fails
		for frame, ok := ears.Next(); ok; frame, ok = ears.Next() {
			answer, speak := f.hear(frame)
			if !speak {
				continue
			}
			if !pause(ctx, f.config.Turnaround) {
				return nil
			}
			if err := mouth.say(answer); err != nil {
				return ended(ctx, err)
			}
		}
	}
}

// ended makes nothing of the ways in which a connection ends by itself.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, os.ErrClosed) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return fmt.Errorf("serving DART: %w", err)
}

// hear hands a frame to its side.
func (f *DART) hear(frame dart.Frame) (answer dart.Frame, speak bool) {
	if f.station.Swallow(f.config.Name) {
		return dart.Frame{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	side := f.sides[frame.Address]
	if side == nil {
		return dart.Frame{}, false
	}
	return side.hear(frame)
}

// mouth writes frames to one connection, with the faults of the line.
type mouth struct {
	face  *DART
	mu    sync.Mutex
	to    io.Writer
	late  []*time.Timer
	ended bool
}

// say sends a frame as the line lets it.
func (m *mouth) say(frame dart.Frame) error {
	raw := frame.Append(nil)
	name := m.face.config.Name
	switch m.face.station.Roll(name) {
	case LoseFrame:
		return nil
	case TearFrame:
		return m.write(raw[:len(raw)/2])
	case RepeatFrame:
		return m.write(append(raw, raw...))
	case NoiseFrame:
		return m.write(append(m.face.station.Rubbish(name), raw...))
	case LateFrame:
		m.later(raw)
		return nil
	}
	return m.write(raw)
}

func (m *mouth) write(raw []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended {
		return io.ErrClosedPipe
	}
	_, err := m.to.Write(raw)
	return err
}

// later sends a frame when nobody waits for it any more.
func (m *mouth) later(raw []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.late = append(m.late, time.AfterFunc(lateBy, func() {
		_ = m.write(raw) // if the connection ended, reading it says so
	}))
	const kept = 16 // older ones have long gone off
	m.late = m.late[max(0, len(m.late)-kept):]
}

// shut ends what is still to be said.
func (m *mouth) shut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	for _, t := range m.late {
		t.Stop()
	}
}
