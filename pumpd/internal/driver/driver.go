// Package driver is the contract between pumpd and a dispenser protocol.
//
// A driver turns one protocol on one line into the vocabulary of this package.
// The mandatory part is small: what is each fuelling point doing, and forget
// the sale that is now safe. Everything else a protocol may or may not be able
// to do is a one-method (or one-pair) capability, found by type assertion.
//
// # What a driver promises
//
//   - Codec and line are apart: a codec turns bytes into values and back, pure;
//     the poller owns the line's state machine.
//   - One goroutine, the line's owner, makes every call. A call returns within
//     its context or the protocol's own time-out; it never sleeps otherwise.
//   - It invents nothing. What could not be read is an error; garbage on the
//     line is ErrGarbled and counted, never a Reading and never a Sale.
//   - A finished sale is reported by every Poll until Release, and Release is
//     called only when the sale is on disk. Release of a sale that is already
//     gone is not an error.
//   - Commands that are not idempotent are never retried by the driver.
//   - Figures are integers in shared/unit, as the dispenser shows them.
//
// Package drivertest holds the conformance suite that every driver runs.
package driver

import (
	"context"
	"errors"
	"time"

	"forecourt/shared/unit"
)

// Point is the protocol's address of a fuelling point (加油点): a DART address
// such as 0x50, or a PTS pump number. A point fuels with one nozzle at a time.
type Point int

// State is what a fuelling point is doing: the states of the IFSF dispenser
// application (Part 3-01), plus what a finished sale needs.
type State int

// The states.
const (
	Inoperative State = iota + 1 // answers but cannot work: not programmed, switched off
	Idle                         // all nozzles in
	Calling                      // a nozzle is lifted and waits for permission
	Authorized                   // may dispense, nothing flows yet
	Fuelling                     // flowing
	Paused                       // suspended with the sale open
	Finished                     // complete; the figures are still held
)

// String names the state for logs.
func (s State) String() string {
	names := [...]string{"unknown", "inoperative", "idle", "calling", "authorized", "fuelling", "paused", "finished"}
	if s < 0 || int(s) >= len(names) {
		s = 0
	}
	return names[s]
}

// Limit is what bounds a delivery.
type Limit int

// The limits.
const (
	FullTank Limit = iota
	ByMoney
	ByVolume
)

// Order is a permission to dispense once.
type Order struct {
	// Nozzle is the nozzle of the point that may dispense, 1-based.
	Nozzle int
	// Limit says which of Money and Volume bounds it.
	Limit  Limit
	Money  unit.Fen
	Volume unit.Millilitre
	// Price is the verified unit price it will run at.
	Price unit.FenPerLitre
}

// Reading is one look at a fuelling point.
type Reading struct {
	// State is what it is doing.
	State State
	// Nozzle is the nozzle lifted or in use, 1-based; 0 when all are in.
	Nozzle int
	// Volume, Amount and Price are the figures on the display.
	Volume unit.Millilitre
	Amount unit.Fen
	Price  unit.FenPerLitre
	// Finished holds complete sales that the dispenser still remembers and
	// that Release has not been called for, oldest first.
	Finished []Sale
	// Fault says why State is Inoperative, in a technician's word.
	Fault string
}

// Sale is a finished delivery as the dispenser tells it.
type Sale struct {
	// Key is the protocol's identity of the sale, equal each time the same
	// sale is reported, different for every other: see wire.SaleEnded.DeviceKey.
	// A protocol without transaction numbers leaves it empty and the line
	// makes one from the totalizer.
	Key string
	// Nozzle is the nozzle of the point, 1-based.
	Nozzle int
	// Volume, Amount and Price as displayed.
	Volume unit.Millilitre
	Amount unit.Fen
	Price  unit.FenPerLitre
	// TotalAfter is the nozzle's volume totalizer after the sale, where the
	// protocol sends it with the sale; HasTotal says so.
	TotalAfter unit.Millilitre
	HasTotal   bool
	// StartedAt and EndedAt are the dispenser's own times, zero if it has none.
	StartedAt time.Time
	EndedAt   time.Time
}

// Driver is the mandatory part. See the package comment for its promises.
type Driver interface {
	// Points lists the fuelling points it was configured with.
	Points() []Point
	// Poll looks at one point. ErrNoAnswer, ErrGarbled and ErrLine say why
	// it could not; any other error is a defect.
	Poll(ctx context.Context, p Point) (Reading, error)
	// Release tells the dispenser that the sale is durable and may be forgotten.
	Release(ctx context.Context, p Point, s Sale) error
	// Close frees what the driver holds. The line is not its to close.
	Close() error
}

// Authorizer can permit a delivery.
type Authorizer interface {
	// Authorize permits one delivery. It is sent once; after an error the
	// caller polls to see what is true.
	Authorize(ctx context.Context, p Point, o Order) error
}

// Stopper can end a delivery.
type Stopper interface {
	// Stop ends what flows and withdraws what was permitted.
	Stop(ctx context.Context, p Point) error
}

// EmergencyStopper can stop every point at once, faster than one by one.
type EmergencyStopper interface {
	// StopAll stops every point, whoever holds it.
	StopAll(ctx context.Context) error
}

// Suspender can pause a delivery and let it go on.
type Suspender interface {
	Suspend(ctx context.Context, p Point) error
	Resume(ctx context.Context, p Point) error
}

// Pricer can set prices and read them back.
type Pricer interface {
	// SetPrices sets the price of every nozzle of the point, in nozzle
	// order. Only called while the point is Idle.
	SetPrices(ctx context.Context, p Point, prices []unit.FenPerLitre) error
	// ReadPrices reads them back from the dispenser, in nozzle order.
	ReadPrices(ctx context.Context, p Point) ([]unit.FenPerLitre, error)
}

// Totalizer can read a nozzle's electronic totalizer.
type Totalizer interface {
	// ReadTotal reads the volume totalizer of one nozzle.
	ReadTotal(ctx context.Context, p Point, nozzle int) (unit.Millilitre, error)
}

// Recaller can list sales that ended while nobody listened.
type Recaller interface {
	// Recall lists the point's finished sales since a time, oldest first.
	// Sales already released may be among them; Key tells.
	Recall(ctx context.Context, p Point, since time.Time) ([]Sale, error)
}

// Uploader is told of sales by the device itself, besides polling.
type Uploader interface {
	// OnUpload registers what stores an uploaded sale. The device is
	// answered only after store returned nil; otherwise it will repeat.
	// store may be called from another goroutine, one at a time.
	OnUpload(store func(ctx context.Context, p Point, s Sale) error)
}

var (
	// ErrNoAnswer says that a point did not answer in time. It counts
	// towards offline.
	ErrNoAnswer = errors.New("driver: no answer")
	// ErrGarbled says that what came was not a good frame.
	ErrGarbled = errors.New("driver: garbled answer")
	// ErrRefused says that the dispenser understood and would not.
	ErrRefused = errors.New("driver: refused by the dispenser")
	// ErrLine says that the line itself is gone: closed port, broken socket.
	ErrLine = errors.New("driver: line down")
)

// Line is the byte line a driver is given: a serial port or a TCP connection.
// It belongs to the line's owner, who opens, reopens and closes it. It hands
// over bytes as they come, split and merged in any way; on half-duplex
// adapters that echo, the echo of what was sent is already gone.
type Line interface {
	// Send writes all of frame, or answers ErrLine.
	Send(ctx context.Context, frame []byte) error
	// Receive waits until at least one byte has come, at most timeout, and
	// reads what is there into buf. Nothing in time is ErrNoAnswer, a line
	// that is gone ErrLine.
	Receive(ctx context.Context, buf []byte, timeout time.Duration) (int, error)
	// Discard drops what has come and was not read, to resynchronise.
	Discard()
}
