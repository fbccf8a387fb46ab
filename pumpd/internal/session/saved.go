package session

import (
	"slices"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Saved is the durable state of one nozzle.
type Saved struct {
	// Nozzle is the station's number.
	Nozzle int `json:"nozzle"`
	// Chain is the totalizer up to which everything is in a fact; Known says
	// that there is one.
	Chain unit.Millilitre `json:"chain_ml"`
	Known bool            `json:"known,omitempty"`
	// Price and PriceSet are what was last read back and told to the hub.
	Price    unit.FenPerLitre `json:"price,omitempty"`
	PriceSet id.PriceSet      `json:"price_set,omitzero"`
	// Keys are the last sales journaled, Used the last authorizations used,
	// newest at the end.
	Keys []string           `json:"keys,omitempty"`
	Used []id.Authorization `json:"used,omitempty"`
	// Open is the delivery in hand.
	Open *Open `json:"open,omitempty"`
	// HangUp says that the nozzle must be hung up before it may dispense again.
	HangUp bool `json:"hang_up,omitempty"`
	// LastVolume, LastAmount and LastEnd are the last sale's.
	LastVolume unit.Millilitre `json:"last_ml,omitempty"`
	LastAmount unit.Fen        `json:"last_fen,omitempty"`
	LastEnd    time.Time       `json:"last_end,omitzero"`
}

// Open is a delivery that was permitted or seen to flow and has not ended.
type Open struct {
	// Sale is its id.
	Sale id.Sale `json:"sale"`
	// Before is where the totalizer stood, From how that is known.
	Before unit.Millilitre    `json:"before_ml"`
	From   wire.ReadingSource `json:"from"`
	// Price and PriceSet are what it runs at.
	Price    unit.FenPerLitre `json:"price"`
	PriceSet id.PriceSet      `json:"price_set,omitzero"`
	// Authorization is the permission it spent, Preset its bound.
	Authorization id.Authorization `json:"authorization,omitzero"`
	Preset        wire.Preset      `json:"preset,omitzero"`
	// Started says that fuel flowed and SaleStarted is journaled, At when.
	Started bool      `json:"started,omitempty"`
	At      time.Time `json:"at"`
}

// clone copies everything that a change could reach.
func (v Saved) clone() Saved {
	v.Keys = slices.Clone(v.Keys)
	v.Used = slices.Clone(v.Used)
	if v.Open != nil {
		open := *v.Open
		v.Open = &open
	}
	return v
}

// knows reports whether a sale was journaled.
func (v *Saved) knows(key string) bool { return slices.Contains(v.Keys, key) }

// remember adds a journaled sale and forgets the oldest.
func (v *Saved) remember(key string) { v.Keys = bounded(append(v.Keys, key), MaxKeys) }

// use notes that an authorization is used up, however.
func (v *Saved) use(a id.Authorization) { v.Used = bounded(append(v.Used, a), MaxUsed) }

func bounded[T any](list []T, most int) []T { return list[max(0, len(list)-most):] }
