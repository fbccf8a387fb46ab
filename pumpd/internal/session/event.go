package session

import (
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Event is what a session is told.
type Event interface{ event() }

type (
	// Looked is a look at the point.
	Looked struct{ Reading driver.Reading }
	// Offline says that the point, or its line, no longer answers.
	Offline struct{}
	// Wanted is the desired state, by station nozzle number. A nozzle that is
	// not in it is not permitted anything.
	Wanted struct{ Nozzles map[int]wire.WantNozzle }
	// Uploaded is a sale that the device told by itself.
	Uploaded struct{ Sale driver.Sale }
	// Answer is what became of the last effect asked for: Err, or the value
	// that the effect was to bring.
	Answer struct {
		Err    error
		Total  unit.Millilitre
		Prices []unit.FenPerLitre
		Sales  []driver.Sale
	}
)

func (Looked) event()   {}
func (Offline) event()  {}
func (Wanted) event()   {}
func (Uploaded) event() {}
func (Answer) event()   {}

// Effect is what a session wants done.
type Effect interface{ effect() }

// Effects that cannot fail.
type (
	// Publish is the live state of the point's nozzles.
	Publish struct{ Nozzles []wire.NozzleStatus }
	// Note is a line for the log.
	Note struct {
		Text string
		Args []any
	}
)

// Effects that are answered. Everything but Append goes to the driver.
type (
	// Append makes facts and saved state durable together.
	Append struct {
		Facts []Fact
		Save  []Saved
		// Permit marks the append that precedes a permission: it may not
		// use the journal's reserve.
		Permit bool
	}
	// Authorize permits a delivery.
	Authorize struct{ Order driver.Order }
	// Stop ends what flows and withdraws what was permitted.
	Stop struct{}
	// Suspend and Resume pause a delivery and let it go on.
	Suspend struct{}
	Resume  struct{}
	// SetPrices sets the prices of all nozzles, ReadPrices reads them back.
	SetPrices  struct{ Prices []unit.FenPerLitre }
	ReadPrices struct{}
	// ReadTotal reads the totalizer of a nozzle of the point, 1-based.
	ReadTotal struct{ Nozzle int }
	// Recall lists sales that ended since a time.
	Recall struct{ Since time.Time }
	// Release lets the dispenser forget a sale.
	Release struct{ Sale driver.Sale }
)

func (Publish) effect()    {}
func (Note) effect()       {}
func (Append) effect()     {}
func (Authorize) effect()  {}
func (Stop) effect()       {}
func (Suspend) effect()    {}
func (Resume) effect()     {}
func (SetPrices) effect()  {}
func (ReadPrices) effect() {}
func (ReadTotal) effect()  {}
func (Recall) effect()     {}
func (Release) effect()    {}

// Fact is something for the hub: Body is one of wire's fact types.
type Fact struct {
	Kind wire.Kind
	At   time.Time
	Body any
}
