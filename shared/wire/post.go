package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// Post is the nozzles an attendant is responsible for.
type Post struct {
	// Staff, Number and Name are who.
	Staff  id.Staff `json:"staff"`
	Number string   `json:"number"`
	Name   string   `json:"name"`
	// Nozzles holds the nozzle numbers, ascending; none when they have no post.
	Nozzles []int `json:"nozzles"`
	// Since is when they were assigned, By by whom (staff number), Until when
	// the post ends by itself: no later than the shift.
	Since time.Time `json:"since,omitzero"`
	By    string    `json:"by,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

// Roster is who is responsible for which nozzles: every attendant of the
// station who may sign in, by number.
type Roster struct {
	// Posts holds one entry an attendant.
	Posts []Post `json:"posts"`
}

// PostRequest assigns nozzles to an attendant for a shift. Two attendants may
// share a nozzle.
type PostRequest struct {
	// Nozzles holds the nozzle numbers; none ends the post.
	Nozzles []int `json:"nozzles" maxItems:"512"`
	// Hours is how long it lasts.
	Hours int `json:"hours" minimum:"1" maximum:"24"`
}

// Refuel is a delivery as those see it who need not know who paid how: no
// money handed over, no person.
type Refuel struct {
	// Sale names it; Number is the short number people say.
	Sale   id.Sale `json:"sale"`
	Number string  `json:"number"`
	// Nozzle and Grade are where and what.
	Nozzle int    `json:"nozzle"`
	Grade  string `json:"grade"`
	// State is where it stands.
	State SaleState `json:"state"`
	// Volume, Amount and Price as they count for it.
	Volume unit.Millilitre  `json:"volume_ml"`
	Amount unit.Fen         `json:"amount_fen"`
	Price  unit.FenPerLitre `json:"price_fen_per_l"`
	// StartedAt and EndedAt bound it.
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// RefuelOf is a sale without what not everybody needs to know.
func RefuelOf(s Sale) Refuel {
	return Refuel{
		Sale: s.ID, Number: s.Number, Nozzle: s.Nozzle, Grade: s.Grade, State: s.State,
		Volume: s.Volume, Amount: s.Amount, Price: s.Price, StartedAt: s.StartedAt, EndedAt: s.EndedAt,
	}
}

// RefuelList is a page of refuels, newest first.
type RefuelList struct {
	// Refuels holds the page.
	Refuels []Refuel `json:"refuels"`
	// Next is the sale to ask before for the following page; zero at the end.
	Next id.Sale `json:"next,omitzero"`
}

// PostSnap is the snapshot of channel post/STAFF: what an attendant's till
// shows besides the live pumps.
type PostSnap struct {
	// Station is the name over the door.
	Station string `json:"station"`
	// Post is what they are responsible for.
	Post Post `json:"post"`
	// Refuels holds what waits at their nozzles (open, unpaid, quarantined,
	// missing), oldest first, and the last few settled ones.
	Refuels []Refuel `json:"refuels"`
	// Prices is the price board.
	Prices PriceBoard `json:"prices"`
}
