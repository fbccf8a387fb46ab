package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// StationCard is a station as drivers choose it. Anybody may see it, signed in
// or not.
type StationCard struct {
	// ID names it, Name is over its door.
	ID   id.Station `json:"id"`
	Name string     `json:"name"`
	// City, Address, Phone and Place are as in Site.
	City    string `json:"city,omitempty"`
	Address string `json:"address,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Place   *Place `json:"place,omitempty"`
	// Tariff is the prices in force, Queue how busy it is now.
	Tariff Tariff `json:"tariff"`
	Queue  Queue  `json:"queue"`
	// Pumps holds every nozzle, by number.
	Pumps []Pump `json:"pumps"`
	// Offers holds what it offers now, the one that began last first.
	Offers []Offer `json:"offers"`
	// SeenAt is when the forecourt was last heard of: the age of Queue and
	// Pumps. Zero while it is not, and then they say nothing.
	SeenAt time.Time `json:"seen_at,omitzero"`
}

// Site is a station's name and where it is.
type Site struct {
	// Name is over its door.
	Name string `json:"name" minLength:"1" maxLength:"60"`
	// City and Address are for people, "" until somebody enters them.
	City    string `json:"city,omitempty" maxLength:"40"`
	Address string `json:"address,omitempty" maxLength:"120"`
	// Phone is what drivers may call.
	Phone string `json:"phone,omitempty" maxLength:"30"`
	// Place is where it is on a map.
	Place *Place `json:"place,omitempty"`
}

// Place is a point on a map, in millionths of a degree, in the coordinates
// that maps in China use (GCJ-02).
type Place struct {
	// LatitudeE6 is north of the equator, LongitudeE6 east of Greenwich.
	LatitudeE6  int `json:"latitude_e6" minimum:"-90000000" maximum:"90000000"`
	LongitudeE6 int `json:"longitude_e6" minimum:"-180000000" maximum:"180000000"`
}

// OfferKind says what an offer is about.
type OfferKind string

// The kinds.
const (
	OfferRecharge OfferKind = "recharge" // more on the card than is paid in
	OfferDiscount OfferKind = "discount" // off the price
	OfferGift     OfferKind = "gift"     // something with it
	OfferNews     OfferKind = "news"     // worth knowing: hours, works, a closed nozzle
)

// Offer is something a station tells every driver. It promises in words; what
// a price becomes is said where it is paid.
type Offer struct {
	// ID names it.
	ID id.Offer `json:"id"`
	// Kind says what it is about; Title is one line, Text says more.
	Kind  OfferKind `json:"kind"`
	Title string    `json:"title"`
	Text  string    `json:"text,omitempty"`
	// From and Until bound it.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// OfferRequest makes an offer.
type OfferRequest struct {
	// Kind says what it is about.
	Kind OfferKind `json:"kind" enum:"recharge,discount,gift,news"`
	// Title is one line, Text says more.
	Title string `json:"title" minLength:"1" maxLength:"40"`
	Text  string `json:"text,omitempty" maxLength:"400"`
	// From and Until bound it.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// OfferList is a station's offers that have not ended, the one that begins
// last first.
type OfferList struct {
	// Offers holds them, at most MaxOffers.
	Offers []Offer `json:"offers"`
}

// MaxOffers bounds the offers of a station that have not ended.
const MaxOffers = 20

// QueueCount says how many cars wait on the forecourt.
type QueueCount struct {
	// Waiting counts those that wait for a nozzle, not those at one.
	Waiting int `json:"waiting" minimum:"0" maximum:"99"`
}

// PriceHistory is the last changes of a station's prices, newest first.
type PriceHistory struct {
	// Changes holds them.
	Changes []PriceChange `json:"changes"`
}

// MaxPriceChanges bounds a PriceHistory.
const MaxPriceChanges = 100

// PriceChange is one change of a grade's price.
type PriceChange struct {
	// At is when it took effect.
	At time.Time `json:"at"`
	// Grade is "92#", Price what it has cost since.
	Grade string           `json:"grade"`
	Price unit.FenPerLitre `json:"price_fen_per_l"`
}
