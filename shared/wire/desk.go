package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// Nozzle is one nozzle on the board: what screens draw a tile from.
type Nozzle struct {
	// Number is the station's nozzle number (枪号), Dispenser the machine it hangs on.
	Number    int `json:"number"`
	Dispenser int `json:"dispenser"`
	// Grade is what it sells: "92#".
	Grade string `json:"grade"`
	// State is what it is doing.
	State NozzleState `json:"state"`
	// Mode and Hold are what the station asked for.
	Mode Mode `json:"mode"`
	Hold Hold `json:"hold"`
	// Sale is the delivery in hand, if any.
	Sale id.Sale `json:"sale,omitzero"`
	// Volume and Amount are the running figures, or those of the last sale.
	Volume unit.Millilitre `json:"volume_ml"`
	Amount unit.Fen        `json:"amount_fen"`
	// Price is what the dispenser shows.
	Price unit.FenPerLitre `json:"price_fen_per_l"`
	// Preset bounds the delivery in hand.
	Preset Preset `json:"preset,omitzero"`
	// Totalizer is the last reading.
	Totalizer unit.Millilitre `json:"totalizer_ml"`
	// Since is when State began, by the hub's clock.
	Since time.Time `json:"since"`
	// Fault says why State is fault.
	Fault string `json:"fault,omitempty"`
}

// Reading is a tick: the figures of one nozzle as they run.
type Reading struct {
	// Number is the nozzle.
	Number int `json:"number"`
	// Volume and Amount are the running figures.
	Volume unit.Millilitre `json:"volume_ml"`
	Amount unit.Fen        `json:"amount_fen"`
	// SeenAt is when the dispenser answered, by pumpd's clock: the age of the
	// figures, and the start of what pump-to-screen latency measures.
	SeenAt time.Time `json:"seen_at,omitzero"`
}

// Beat is a tick: the hub's clock, how the bridge is doing, and what somebody
// counted.
type Beat struct {
	// Now is the hub's clock.
	Now time.Time `json:"now"`
	// DeviceSeenAt is when pumpd last spoke; zero if it is away.
	DeviceSeenAt time.Time `json:"device_seen_at,omitzero"`
	// OldestUnackedMS is the age of the oldest fact pumpd still holds.
	OldestUnackedMS int64 `json:"oldest_unacked_ms,omitempty"`
	// Waiting and CountedAt are the count of waiting cars that drivers see, as
	// in Queue: every till shows the same one.
	Waiting   int       `json:"waiting,omitempty"`
	CountedAt time.Time `json:"counted_at,omitzero"`
}

// ForecourtSnap is the snapshot of channel forecourt/ID.
type ForecourtSnap struct {
	// Nozzles holds every nozzle, by number.
	Nozzles []Nozzle `json:"nozzles"`
}

// SaleState is where a sale stands.
type SaleState string

// The states.
const (
	SaleOpen        SaleState = "open"        // fuel runs
	SaleUnpaid      SaleState = "unpaid"      // complete, proved, waiting for money
	SalePaid        SaleState = "paid"        // settled
	SaleQuarantined SaleState = "quarantined" // its figures do not agree; nothing is charged
	SaleMissing     SaleState = "missing"     // the totalizer moved without a sale: a draft to be entered (补录)
	SaleTest        SaleState = "test"        // pump test returned to the tank (回罐)
	SaleDriveOff    SaleState = "drive_off"   // left without paying (逃单)
	SaleVoid        SaleState = "void"        // nothing was dispensed, or a dismissed quarantine
)

// Reason says why a sale is flagged.
type Reason string

// The reasons.
const (
	ReasonTotalizer Reason = "totalizer" // after - before is not the volume
	ReasonAmount    Reason = "amount"    // the amount is not price times volume
	ReasonChain     Reason = "chain"     // the totalizer went backwards
	ReasonPrice     Reason = "price"     // sold at another price than the set says
	ReasonSmall     Reason = "small"     // below the minimum measured quantity; only a flag
	ReasonFigures   Reason = "figures"   // a figure is negative or beyond its range
)

// Sale is one delivery as a till sees it.
type Sale struct {
	// ID names it; Number is the short number people say, unique in a station's day.
	ID     id.Sale `json:"id"`
	Number string  `json:"number"`
	// Nozzle and Grade are where and what.
	Nozzle int    `json:"nozzle"`
	Grade  string `json:"grade"`
	// State is where it stands, Reasons why it is flagged.
	State   SaleState `json:"state"`
	Reasons []Reason  `json:"reasons,omitempty"`
	// Volume, Amount and Price as the dispenser showed them.
	Volume unit.Millilitre  `json:"volume_ml"`
	Amount unit.Fen         `json:"amount_fen"`
	Price  unit.FenPerLitre `json:"price_fen_per_l"`
	// PriceSet is the price set it was sold under.
	PriceSet id.PriceSet `json:"price_set,omitzero"`
	// Before and After are the totalizer readings around it.
	Before unit.Millilitre `json:"before_ml"`
	After  unit.Millilitre `json:"after_ml"`
	// StartedAt and EndedAt bound it.
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	// Due is what is still owed.
	Due unit.Fen `json:"due_fen"`
	// Payment is how it was paid.
	Payment *Payment `json:"payment,omitempty"`
	// Note is what was written when it was resolved.
	Note string `json:"note,omitempty"`
}

// Tender is a way to pay.
type Tender string

// TenderCash is money over the counter; other tenders come with their own issues of trust.
const TenderCash Tender = "cash"

// Payment is a successful payment of a sale.
type Payment struct {
	// Attempt is the till's id of the act of paying.
	Attempt id.Attempt `json:"attempt"`
	// Tender is how.
	Tender Tender `json:"tender"`
	// Paid is what counts, Tendered what was handed over, Change what was given back.
	Paid     unit.Fen `json:"paid_fen"`
	Tendered unit.Fen `json:"tendered_fen"`
	Change   unit.Fen `json:"change_fen"`
	// At and By are when and by whom it was taken (staff number).
	At time.Time `json:"at"`
	By string    `json:"by"`
}

// PriceBoard is the station's prices and how far they have got.
type PriceBoard struct {
	// Set is the price set in force.
	Set id.PriceSet `json:"set"`
	// Since is when it took effect.
	Since time.Time `json:"since"`
	// Prices holds one price a grade, in the station's order of grades.
	Prices []GradePrice `json:"prices"`
	// Nozzles holds each nozzle's acknowledgement.
	Nozzles []NozzlePrice `json:"nozzles"`
}

// GradePrice is the price of one grade.
type GradePrice struct {
	// Grade is "92#", Name "92号汽油".
	Grade string `json:"grade"`
	Name  string `json:"name"`
	// Price is in fen per litre.
	Price unit.FenPerLitre `json:"price_fen_per_l"`
}

// NozzlePrice is whether a nozzle sells at the price in force.
type NozzlePrice struct {
	// Nozzle is the number.
	Nozzle int `json:"nozzle"`
	// Applied is the set it last acknowledged, Price what it read back.
	Applied id.PriceSet      `json:"applied,omitzero"`
	Price   unit.FenPerLitre `json:"price_fen_per_l"`
	// Acked is whether that is the set in force at its price.
	Acked bool `json:"acked"`
}

// NozzleProof is the live proof of one nozzle: what its totalizer moved
// against what was booked. Difference is zero when no litre was lost or invented.
type NozzleProof struct {
	// Nozzle is the number.
	Nozzle int `json:"nozzle"`
	// First and Last are the first and last totalizer readings that the hub knows.
	First unit.Millilitre `json:"first_ml"`
	Last  unit.Millilitre `json:"last_ml"`
	// Booked is the volume of sales, tests and drive-offs as displayed.
	Booked unit.Millilitre `json:"booked_ml"`
	// Quarantined is the metered volume of quarantined sales.
	Quarantined unit.Millilitre `json:"quarantined_ml"`
	// Missing is the metered volume of missing sales.
	Missing unit.Millilitre `json:"missing_ml"`
	// Rounding is what the displays of booked sales rounded away against
	// their metered volumes: at most a hundredth of a litre a sale.
	Rounding unit.Millilitre `json:"rounding_ml,omitempty"`
	// Difference is (Last - First) - (Booked + Quarantined + Missing + Rounding).
	Difference unit.Millilitre `json:"difference_ml"`
	// Sales counts them.
	Sales int64 `json:"sales"`
}

// DeskSnap is the snapshot of channel desk/ID: what a till needs to work.
type DeskSnap struct {
	// Station is the name over the door.
	Station string `json:"station"`
	// Sales holds every sale that waits for a hand (open, unpaid,
	// quarantined, missing), oldest first, and the last few settled ones.
	Sales []Sale `json:"sales"`
	// Prices is the price board.
	Prices PriceBoard `json:"prices"`
	// Proofs holds one proof a nozzle, by number.
	Proofs []NozzleProof `json:"proofs"`
	// Roster is who is responsible for which nozzles.
	Roster Roster `json:"roster"`
}

// MaxSettledInSnap bounds the settled sales a DeskSnap carries.
const MaxSettledInSnap = 50
