package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// NozzleState is what a nozzle is doing: the nine states of the IFSF
// dispenser application (Part 3-01, fuelling point states) as far as a
// station can tell them apart, and offline.
type NozzleState string

// The states.
const (
	NozzleOffline    NozzleState = "offline"    // no answer; figures are old
	NozzleFault      NozzleState = "fault"      // answers, but inoperative or not programmed
	NozzleClosed     NozzleState = "closed"     // taken out of use by the station
	NozzleIdle       NozzleState = "idle"       // in its holster
	NozzleCalling    NozzleState = "calling"    // lifted, waiting for permission
	NozzleAuthorized NozzleState = "authorized" // may dispense, does not yet
	NozzleFuelling   NozzleState = "fuelling"   // litres run
	NozzlePaused     NozzleState = "paused"     // suspended, may resume
	NozzleStopped    NozzleState = "stopped"    // stopped by the station; needs a release
	NozzleFinished   NozzleState = "finished"   // sale complete, nozzle still out or sale not yet stored
)

// Mode says who lets a nozzle dispense.
type Mode string

// The modes.
const (
	// ModeAttended: pumpd authorizes each lift by itself at verified prices.
	ModeAttended Mode = "attended"
	// ModeControlled: only with an authorization from the hub.
	ModeControlled Mode = "controlled"
	// ModeClosed: never.
	ModeClosed Mode = "closed"
)

// Hold is the station's hand on a nozzle.
type Hold string

// The holds.
const (
	HoldNone  Hold = "none"
	HoldPause Hold = "pause" // suspend what flows; resume continues the sale
	HoldStop  Hold = "stop"  // end the delivery and allow no other until released
)

// PresetKind says what bounds a delivery.
type PresetKind string

// The presets.
const (
	PresetNone   PresetKind = "none"   // full tank
	PresetMoney  PresetKind = "money"  // 定额
	PresetVolume PresetKind = "volume" // 定量
)

// Preset bounds a delivery by money or by volume.
type Preset struct {
	// Kind says which of the two counts.
	Kind PresetKind `json:"kind" enum:"none,money,volume"`
	// Money is the bound in fen, for PresetMoney.
	Money unit.Fen `json:"money_fen,omitempty"`
	// Volume is the bound in millilitres, for PresetVolume.
	Volume unit.Millilitre `json:"volume_ml,omitempty"`
}

// SaleStarted is the fact that fuel began to flow.
type SaleStarted struct {
	// Sale is the id that pumpd made for the delivery.
	Sale id.Sale `json:"sale"`
	// Nozzle is the station's nozzle number (枪号).
	Nozzle int `json:"nozzle"`
	// StartedAt is when, by pumpd's clock.
	StartedAt time.Time `json:"started_at"`
	// Before is the totalizer reading, in millilitres, that the delivery starts from.
	Before unit.Millilitre `json:"before_ml"`
	// Price is the unit price it runs at, PriceSet the set that price came with.
	Price    unit.FenPerLitre `json:"price_fen_per_l"`
	PriceSet id.PriceSet      `json:"price_set,omitzero"`
	// Authorization is the permission it spends; none in the attended mode.
	Authorization id.Authorization `json:"authorization,omitzero"`
}

// ReadingSource says how a sale's first totalizer reading is known.
type ReadingSource string

// The sources.
const (
	// SourceRead: read from the dispenser at the lift.
	SourceRead ReadingSource = "read"
	// SourceChain: the reading after the nozzle's previous sale; the
	// dispenser could not be asked before the fuel ran.
	SourceChain ReadingSource = "chain"
	// SourceDerived: after minus volume, for a sale found after an outage.
	SourceDerived ReadingSource = "derived"
)

// SaleEnded is the fact that a delivery is complete. Its figures are the
// dispenser's own and are stored as they came.
type SaleEnded struct {
	// Sale is the delivery; the same id as in SaleStarted, if there was one.
	Sale id.Sale `json:"sale"`
	// Nozzle is the station's nozzle number.
	Nozzle int `json:"nozzle"`
	// StartedAt and EndedAt bound the delivery; for a backfilled sale of a
	// protocol without times both are when it was found.
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
	// Volume, Amount and Price as displayed.
	Volume unit.Millilitre  `json:"volume_ml"`
	Amount unit.Fen         `json:"amount_fen"`
	Price  unit.FenPerLitre `json:"price_fen_per_l"`
	// PriceSet is the price set in force on the nozzle when it was lifted.
	PriceSet id.PriceSet `json:"price_set,omitzero"`
	// Authorization is the permission it spent.
	Authorization id.Authorization `json:"authorization,omitzero"`
	// Before and After are the totalizer readings around it, BeforeFrom how
	// the first is known.
	Before     unit.Millilitre `json:"before_ml"`
	After      unit.Millilitre `json:"after_ml"`
	BeforeFrom ReadingSource   `json:"before_from" enum:"read,chain,derived"`
	// DeviceKey is the protocol's own identity of the sale, for the record:
	// "pts:<controller>:<pump>:<transaction>:<start>" or "dart:<address>:<nozzle>:<totalizer>".
	DeviceKey string `json:"device_key"`
	// Backfilled marks a sale found after an outage, not watched.
	Backfilled bool `json:"backfilled,omitempty"`
	// Trace is the figures as they ran, oldest first, as far as they were
	// watched.
	Trace []TracePoint `json:"trace,omitempty" maxItems:"64"`
}

// Gap is the fact that a nozzle's totalizer moved without a sale: an offline
// or manual delivery. It is never turned into a sale by pumpd.
type Gap struct {
	// Sale is the id that the missing sale will have if it is entered.
	Sale id.Sale `json:"sale"`
	// Nozzle is the station's nozzle number.
	Nozzle int `json:"nozzle"`
	// FoundAt is when it was noticed.
	FoundAt time.Time `json:"found_at"`
	// Before and After are the readings it lies between. After below Before
	// means the totalizer was reset or exchanged.
	Before unit.Millilitre `json:"before_ml"`
	After  unit.Millilitre `json:"after_ml"`
}

// PriceApplied is the fact that a nozzle shows a price, read back from it.
type PriceApplied struct {
	// Nozzle is the station's nozzle number.
	Nozzle int `json:"nozzle"`
	// PriceSet is the set asked for.
	PriceSet id.PriceSet `json:"price_set"`
	// Price is what the dispenser answered when it was read back.
	Price unit.FenPerLitre `json:"price_fen_per_l"`
	// AppliedAt is when.
	AppliedAt time.Time `json:"applied_at"`
}

// AuthorizationOutcome is what became of an authorization.
type AuthorizationOutcome string

// The outcomes.
const (
	// AuthorizationSpent: handed to the dispenser, once. Written down before
	// the nozzle was released; never handed out again.
	AuthorizationSpent AuthorizationOutcome = "spent"
	// AuthorizationExpired: its time ran out before anyone lifted.
	AuthorizationExpired AuthorizationOutcome = "expired"
	// AuthorizationRefused: the dispenser would not take it.
	AuthorizationRefused AuthorizationOutcome = "refused"
)

// AuthorizationUsed is the fact of what became of an authorization.
type AuthorizationUsed struct {
	// Authorization is which.
	Authorization id.Authorization `json:"authorization"`
	// Nozzle is the station's nozzle number.
	Nozzle int `json:"nozzle"`
	// Outcome is what became of it.
	Outcome AuthorizationOutcome `json:"outcome" enum:"spent,expired,refused"`
	// At is when.
	At time.Time `json:"at"`
}

// Status is a device's live view, sent on change and at least every second.
// It replaces what was sent before for the nozzles it names.
type Status struct {
	// Nozzles holds the nozzles that changed, or all after a (re)connect.
	Nozzles []NozzleStatus `json:"nozzles"`
	// OldestUnackedMS is the age of the oldest fact not yet acknowledged.
	OldestUnackedMS int64 `json:"oldest_unacked_ms,omitempty"`
}

// NozzleStatus is one nozzle as pumpd sees it.
type NozzleStatus struct {
	// Nozzle is the station's nozzle number.
	Nozzle int `json:"nozzle"`
	// State is what it is doing.
	State NozzleState `json:"state"`
	// Sale is the delivery in hand, if any.
	Sale id.Sale `json:"sale,omitzero"`
	// Volume and Amount are the running figures, or those of the last sale.
	Volume unit.Millilitre `json:"volume_ml"`
	Amount unit.Fen        `json:"amount_fen"`
	// Price is what the dispenser shows, PriceSet the set it was applied with.
	Price    unit.FenPerLitre `json:"price_fen_per_l"`
	PriceSet id.PriceSet      `json:"price_set,omitzero"`
	// Preset bounds the delivery in hand.
	Preset Preset `json:"preset,omitzero"`
	// Totalizer is the last reading.
	Totalizer unit.Millilitre `json:"totalizer_ml"`
	// SeenAt is when the dispenser last answered, by pumpd's clock.
	SeenAt time.Time `json:"seen_at"`
	// Fault says why State is fault, in a word a technician knows.
	Fault string `json:"fault,omitempty"`
}

// Want is the whole desired state of a station, sent on connect and on every
// change. pumpd works until it is true and reports what is true.
type Want struct {
	// Rev rises with every change; a smaller one than already seen is old.
	Rev uint64 `json:"rev"`
	// Nozzles holds every nozzle of the station.
	Nozzles []WantNozzle `json:"nozzles"`
}

// WantNozzle is what should be true of one nozzle.
type WantNozzle struct {
	// Nozzle is the station's nozzle number.
	Nozzle int `json:"nozzle"`
	// Mode says who lets it dispense.
	Mode Mode `json:"mode" enum:"attended,controlled,closed"`
	// Hold is the station's hand on it.
	Hold Hold `json:"hold" enum:"none,pause,stop"`
	// Price is what it should sell at, PriceSet the set that says so.
	Price    unit.FenPerLitre `json:"price_fen_per_l"`
	PriceSet id.PriceSet      `json:"price_set"`
	// Authorization is a permission waiting to be spent.
	Authorization *Authorization `json:"authorization,omitempty"`
}

// Authorization permits one delivery. It can be spent once, and not after a
// restart of pumpd that finds it spent, nor after its expiry.
type Authorization struct {
	// ID is what is spent.
	ID id.Authorization `json:"id"`
	// Preset bounds the delivery.
	Preset Preset `json:"preset"`
	// ExpiresAt ends it if nobody lifted.
	ExpiresAt time.Time `json:"expires_at"`
}
