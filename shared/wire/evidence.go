package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// Evidence is everything that shows what a dispenser delivered (加油凭证): for
// the driver who doubts it, and for whoever they show it to.
type Evidence struct {
	// Order is the sale.
	Order Order `json:"order"`
	// Dispenser is the machine that the nozzle hangs on, DeviceKey the
	// protocol's own identity of the delivery.
	Dispenser int    `json:"dispenser"`
	DeviceKey string `json:"device_key,omitempty"`
	// Shown and ShownAmount are what the dispenser itself displayed at the
	// end. The order's figures are others where a person set them right.
	Shown       unit.Millilitre `json:"shown_ml"`
	ShownAmount unit.Fen        `json:"shown_fen"`
	// Before and After are the totalizer readings (泵码) around it; Previous is
	// where the delivery before it at this nozzle ended, if that is known.
	Before   unit.Millilitre  `json:"before_ml"`
	After    unit.Millilitre  `json:"after_ml"`
	Previous *unit.Millilitre `json:"previous_ml,omitempty"`
	// PriceSet is the set of prices it was sold under, Listed the price of the
	// grade in it and PriceSince when that took effect; zero if unknown.
	PriceSet   id.PriceSet      `json:"price_set,omitzero"`
	Listed     unit.FenPerLitre `json:"listed_fen_per_l"`
	PriceSince time.Time        `json:"price_since,omitzero"`
	// Checks holds every EvidenceCheck once, in order.
	Checks []EvidenceCheck `json:"checks"`
	// Lines is how what it cost is made up: every FeeKind once, in order.
	Lines []FeeLine `json:"lines"`
	// Trace is the figures as they ran; empty if nobody watched it.
	Trace []TracePoint `json:"trace"`
	// Signed is all of this in words, under the hub's signature.
	Signed SignedText `json:"signed"`
}

// CheckKind is one thing that has to agree.
type CheckKind string

// The checks.
const (
	CheckTotalizer CheckKind = "totalizer" // after - before is the volume
	CheckChain     CheckKind = "chain"     // before is where the delivery before it ended
	CheckAmount    CheckKind = "amount"    // the amount is price times volume
	CheckPrice     CheckKind = "price"     // the price is the one in force
)

// EvidenceCheck is whether one thing agrees.
type EvidenceCheck struct {
	// Kind says what, Result how it came out.
	Kind   CheckKind   `json:"kind"`
	Result CheckResult `json:"result"`
}

// CheckResult is how a check came out.
type CheckResult string

// The results.
const (
	CheckAgrees  CheckResult = "agrees"
	CheckDiffers CheckResult = "differs"
	CheckUnknown CheckResult = "unknown" // there is nothing to compare with
)

// TracePoint is what a dispenser showed at one moment of a delivery.
type TracePoint struct {
	// AfterMS is how long after the delivery's start.
	AfterMS int64 `json:"t_ms" minimum:"0" maximum:"86400000"`
	// Volume is what had run by then.
	Volume unit.Millilitre `json:"v_ml" minimum:"0" maximum:"9007199254740991"`
}

// MaxTrace bounds the trace of a delivery: enough for a curve on a phone.
// Whoever records it thins it out as it grows.
const MaxTrace = 64

// SignedText is a text and the hub's signature of exactly its bytes. Anybody
// with the public key can check it, for ever, without the hub.
type SignedText struct {
	// Text is UTF-8, lines end with LF.
	Text string `json:"text"`
	// Algorithm is "ed25519"; Key is the public key and Signature that of
	// Text, both base64 (RFC 8032).
	Algorithm string `json:"algorithm"`
	Key       string `json:"key"`
	Signature string `json:"signature"`
}

// EvidenceKey is what evidence of this hub is signed with, for whoever checks.
type EvidenceKey struct {
	// Algorithm is "ed25519"; Key is the public key, base64 (RFC 8032).
	Algorithm string `json:"algorithm"`
	Key       string `json:"key"`
}
