// Package sale keeps every delivery of fuel and the proof that none was lost,
// invented or counted twice.
//
// # What it promises
//
//   - The dispenser's own volume, amount, price and totalizer readings are
//     stored as they came and never changed. What is charged stands beside
//     them and is theirs, or was entered by a person for a sale whose figures
//     did not agree.
//   - Each nozzle has a chain (Chain): what its totalizer moved is at all times
//     exactly what was booked, quarantined and found missing, plus what
//     displays rounded away. The database refuses a chain that is not exact.
//   - A sale is judged once, when it ends, by its own readings, by the chain,
//     by price times volume and by its price set (Chain.Take). Nothing is ever
//     charged from a sale that does not agree.
//   - The same delivery told twice has one row: the id of pumpd and the
//     dispenser's own key are both unique.
//   - A sale gets its member while it is open, or with its end, once; it is
//     never given to another.
//
// The rules (this file, chain.go, fee.go) do no I/O; store.go, chainstore.go
// and memberstore.go are the SQL.
package sale

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Bucket is where the litres of a sale stand in its nozzle's proof.
type Bucket string

// The buckets.
const (
	// BucketNone: the sale is open, its figures are not judged.
	BucketNone Bucket = "none"
	// BucketBooked: charged, to be charged, or knowingly not charged.
	BucketBooked Bucket = "booked"
	// BucketQuarantined: the figures did not agree; counted as metered.
	BucketQuarantined Bucket = "quarantined"
	// BucketMissing: the totalizer moved without a sale; counted as metered.
	BucketMissing Bucket = "missing"
)

// Sale is one delivery.
type Sale struct {
	ID      id.Sale
	Station id.Station
	// Day is the station's calendar day that Ordinal counts in, both given
	// when the sale first became known.
	Day     time.Time
	Ordinal int
	// Nozzle, Grade and Tank are where it came from; Grade is empty and Tank
	// zero for a nozzle the station does not have.
	Nozzle int
	Grade  string
	Tank   int
	// State is where it stands, Reasons why it is flagged.
	State   wire.SaleState
	Reasons Reasons
	// Volume, Amount and Price are the dispenser's own figures.
	Volume unit.Millilitre  `db:"volume_ml"`
	Amount unit.Fen         `db:"amount_fen"`
	Price  unit.FenPerLitre `db:"price_fen_per_l"`
	// PriceSet is the set it was sold under.
	PriceSet id.PriceSet `db:"price_set"`
	// Before and After are the totalizer readings around it.
	Before unit.Millilitre `db:"before_ml"`
	After  unit.Millilitre `db:"after_ml"`
	// Counted is what the nozzle's chain moved for it, Bucket where that stands.
	Counted unit.Millilitre `db:"counted_ml"`
	Bucket  Bucket
	// Booked and Charge are the volume and money that count for it, zero
	// unless Bucket is BucketBooked.
	Booked unit.Millilitre `db:"booked_ml"`
	Charge unit.Fen        `db:"booked_fen"`
	// StartedAt and EndedAt bound it; EndedAt is zero while it is open.
	StartedAt time.Time
	EndedAt   time.Time
	// Authorization is the permission it spent.
	Authorization id.Authorization `db:"auth_id"`
	// DeviceKey is the protocol's identity of it, empty if there is none.
	DeviceKey  string
	Backfilled bool
	// Note is what was written when it was resolved.
	Note string
	// Member is whose delivery it is, zero if nobody said so at the nozzle.
	Member id.Member
}

// Reasons is why a sale is flagged, in the order of finding.
type Reasons []wire.Reason

// Text is the reasons as stored: separated by commas.
func (r Reasons) Text() string {
	parts := make([]string, len(r))
	for i, reason := range r {
		parts[i] = string(reason)
	}
	return strings.Join(parts, ",")
}

// reasonsOf reads what Text wrote.
func reasonsOf(text string) Reasons {
	if text == "" {
		return nil
	}
	var r Reasons
	for part := range strings.SplitSeq(text, ",") {
		r = append(r, wire.Reason(part))
	}
	return r
}

// Number is the short number people say, unique in a station's day: "0312-0047".
func (s Sale) Number() string {
	return fmt.Sprintf("%02d%02d-%04d", s.Day.Month(), s.Day.Day(), s.Ordinal)
}

// Wire is the sale as a till sees it. What was entered for a sale shows in the
// place of figures that were refused.
func (s Sale) Wire(p *wire.Payment) wire.Sale {
	w := wire.Sale{
		ID: s.ID, Number: s.Number(), Nozzle: s.Nozzle, Grade: s.Grade,
		State: s.State, Reasons: slices.Clone(s.Reasons),
		Volume: s.Volume, Amount: s.Amount, Price: s.Price, PriceSet: s.PriceSet,
		Before: s.Before, After: s.After, StartedAt: s.StartedAt, EndedAt: s.EndedAt,
		Payment: p, Note: s.Note,
	}
	if s.Bucket == BucketBooked {
		w.Volume, w.Amount = s.Booked, s.Charge
	}
	if s.State == wire.SaleUnpaid {
		w.Due = s.Charge
	}
	return w
}

// Day is the calendar day of t in loc, as the midnight of it in UTC.
func Day(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.In(loc).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// waiting is the states of sales that wait for somebody's hand.
var waiting = []wire.SaleState{wire.SaleOpen, wire.SaleUnpaid, wire.SaleQuarantined, wire.SaleMissing}
