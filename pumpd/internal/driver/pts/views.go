package pts

import (
	"fmt"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// The statuses and delayed answers that PumpGetStatus may bring (jsonPTS
// document, PumpGetStatus).
const (
	TypeIdle    = "PumpIdleStatus"
	TypeFilling = "PumpFillingStatus"
	TypeEnd     = "PumpEndOfTransactionStatus"
	TypeOffline = "PumpOfflineStatus"
	TypeTotals  = "PumpTotals"
	TypePrices  = "PumpPrices"
)

// Status is one of the four statuses of a pump.
type Status struct {
	// Type is TypeIdle, TypeFilling, TypeEnd or TypeOffline.
	Type string
	// Pump is the pump's number, NozzleUp the lifted nozzle, 0 for none.
	Pump     int
	NozzleUp int
	// Request is what the controller is doing with the pump for a user:
	// "PumpAuthorize", "PumpLock", "PumpGetTotals"; User is who.
	Request string
	User    string
	// Ordered is whether the pump was authorised and waits for fuel to flow.
	Ordered bool
	// Suspended is whether the delivery pauses.
	Suspended bool
	// Record holds the delivery in hand: running while filling, complete at
	// the end of the transaction.
	Record Record
	// LastTransaction and LastStart name the last complete delivery.
	LastTransaction int
	LastStart       WallTime
}

// Record is one delivery as the controller tells it, in a status, a report,
// an upload or a transaction information.
type Record struct {
	// Pump, Nozzle and Transaction say where and which.
	Pump        int
	Nozzle      int
	Transaction int
	// State is the transaction's state, in a transaction information only.
	State string
	// Start and End bound it, by the controller's clock.
	Start WallTime
	End   WallTime
	// Volume, Amount and Price as displayed.
	Volume unit.Millilitre
	Amount unit.Fen
	Price  unit.FenPerLitre
	// Total is the nozzle's volume totalizer after it, if HasTotal.
	Total    unit.Millilitre
	HasTotal bool
}

// stateFinished is a transaction information's State of a closed delivery.
const stateFinished = "Finished"

// isStatus reports whether a packet type is one of the four statuses.
func isStatus(kind string) bool {
	return kind == TypeIdle || kind == TypeFilling || kind == TypeEnd || kind == TypeOffline
}

// ReadStatus reads one of the four statuses.
func ReadStatus(p Packet) (Status, error) {
	kind := p.Type()
	if !isStatus(kind) {
		return Status{}, fmt.Errorf("%w: %.40q is no status of a pump", ErrField, kind)
	}
	r := reader{from: p.Data()}
	s := Status{
		Type: kind, Pump: r.number("Pump"), NozzleUp: r.number("NozzleUp", "Nozzle"),
		Request: r.from.Text("Request"), User: r.from.Text("User"), Suspended: r.from.Flag("IsSuspended"),
		LastTransaction: r.number("LastTransaction"), LastStart: r.wall("LastDateTimeStart"),
	}
	s.Ordered = s.Request == "PumpAuthorize" || r.number("OrderedNozzle") > 0 ||
		r.from.Text("OrderedType", "OrderedTypeAmount") != ""
	if kind == TypeFilling || kind == TypeEnd {
		s.Record, r.err = readRecord(r)
	}
	if kind == TypeEnd {
		s.NozzleUp = r.number("NozzleUp")
	}
	if r.err != nil {
		return Status{}, fmt.Errorf("%s of pump %d: %w", kind, s.Pump, r.err)
	}
	return s, nil
}

// ReadRecord reads a delivery from the data of a status, a transaction
// information, an upload or a line of a report.
func ReadRecord(o Object) (Record, error) {
	rec, err := readRecord(reader{from: o})
	if err != nil {
		return Record{}, fmt.Errorf("transaction %d of pump %d: %w", rec.Transaction, rec.Pump, err)
	}
	return rec, nil
}

func readRecord(r reader) (Record, error) {
	rec := Record{
		Pump: r.number("Pump"), Nozzle: r.number("Nozzle"), Transaction: r.number("Transaction"),
		State: r.from.Text("State"), Start: r.wall("DateTimeStart"), End: r.wall("DateTime"),
		Volume: r.volume("Volume"), Amount: r.money("Amount"), Price: r.price("Price"),
	}
	total, ok := r.scaled(3, "TotalVolume")
	rec.Total, rec.HasTotal = unit.Millilitre(total), ok
	return rec, r.err
}

// Key is the sale's identity: see wire.SaleEnded.DeviceKey. The transaction
// number alone has 16 bits and comes round again.
func (rec Record) Key(controller string) string {
	return fmt.Sprintf("pts:%s:%d:%d:%s", controller, rec.Pump, rec.Transaction, rec.Start)
}

// Sale is the record in the contract's words.
func (rec Record) Sale(controller string, zone *time.Location) driver.Sale {
	return driver.Sale{
		Key: rec.Key(controller), Nozzle: rec.Nozzle,
		Volume: rec.Volume, Amount: rec.Amount, Price: rec.Price,
		TotalAfter: rec.Total, HasTotal: rec.HasTotal,
		StartedAt: rec.Start.In(zone), EndedAt: rec.End.In(zone),
	}
}

// Totals is a nozzle's totalizer, read on request.
type Totals struct {
	Pump   int
	Nozzle int
	// Volume is in millilitres; HasVolume says whether it came at all.
	Volume    unit.Millilitre
	HasVolume bool
}

// ReadTotals reads a PumpTotals answer.
func ReadTotals(p Packet) (Totals, error) {
	r := reader{from: p.Data()}
	volume, ok := r.scaled(3, "Volume", "TotalVolume")
	t := Totals{Pump: r.number("Pump"), Nozzle: r.number("Nozzle"), Volume: unit.Millilitre(volume), HasVolume: ok}
	if r.err != nil {
		return Totals{}, fmt.Errorf("totals of pump %d: %w", t.Pump, r.err)
	}
	return t, nil
}

// ReadPriceList reads a PumpPrices answer, in nozzle order.
func ReadPriceList(p Packet) ([]unit.FenPerLitre, error) {
	texts := p.Data().Strings("Prices")
	if len(texts) == 0 {
		return nil, fmt.Errorf("%w: no prices in %s", ErrField, p.Type())
	}
	prices := make([]unit.FenPerLitre, len(texts))
	for i, s := range texts {
		n, err := Scaled(s, 2)
		if err != nil {
			return nil, fmt.Errorf("price of nozzle %d: %w", i+1, err)
		}
		prices[i] = unit.FenPerLitre(n)
	}
	return prices, nil
}
