package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// Pump is one nozzle as every driver may see it: what it is doing, never what
// anybody pays.
type Pump struct {
	// Number is the station's nozzle number (枪号).
	Number int `json:"number"`
	// Grade is what it sells: "92#".
	Grade string `json:"grade"`
	// State is what it is doing.
	State PumpState `json:"state"`
	// Since is when State began, by the hub's clock.
	Since time.Time `json:"since"`
	// Price is what the dispenser itself shows, zero while that is not known.
	// It is what will be paid, whatever the tariff says.
	Price unit.FenPerLitre `json:"price_fen_per_l,omitempty"`
}

// PumpState is the public state of a nozzle.
type PumpState string

// The states.
const (
	PumpFree PumpState = "free" // ready for the next car
	PumpBusy PumpState = "busy" // a car is at it
	PumpOff  PumpState = "off"  // closed, stopped, faulty or not answering
)

// Tariff is the prices in force as drivers see them.
type Tariff struct {
	// Since is when they took effect.
	Since time.Time `json:"since"`
	// Prices holds one price a grade, in the station's order of grades.
	Prices []GradePrice `json:"prices"`
}

// Queue is how busy the forecourt is.
type Queue struct {
	// Grades holds one line a grade, in the order of the station's nozzles.
	Grades []GradeQueue `json:"grades"`
	// Waiting counts the cars that wait for a nozzle, as somebody on the
	// forecourt counted them at CountedAt; without that time nobody did lately.
	Waiting   int       `json:"waiting,omitempty"`
	CountedAt time.Time `json:"counted_at,omitzero"`
}

// GradeQueue is how busy the nozzles of one grade are.
type GradeQueue struct {
	// Grade is "92#".
	Grade string `json:"grade"`
	// Free, Busy and Off count its nozzles by state.
	Free int `json:"free"`
	Busy int `json:"busy"`
	Off  int `json:"off"`
	// WaitMinutes is how long the next car is expected to wait for a nozzle,
	// rounded up; zero if one is free for it, or nothing can be said.
	WaitMinutes int `json:"wait_minutes,omitempty"`
}

// StationSnap is the snapshot of channel station/ID.
type StationSnap struct {
	// Station is its name.
	Station string `json:"station"`
	// Pumps holds every nozzle, by number.
	Pumps []Pump `json:"pumps"`
	// Tariff is the prices, Queue how busy it is.
	Tariff Tariff `json:"tariff"`
	Queue  Queue  `json:"queue"`
}

// Fuelling is the delivery on a member's nozzle as it runs.
type Fuelling struct {
	// Station is where, Nozzle the number, Grade what.
	Station id.Station `json:"station"`
	Nozzle  int        `json:"nozzle"`
	Grade   string     `json:"grade"`
	// State is what the nozzle is doing.
	State NozzleState `json:"state"`
	// Sale is the delivery, zero before fuel runs.
	Sale id.Sale `json:"sale,omitzero"`
	// Volume, Amount and Price are the running figures.
	Volume unit.Millilitre  `json:"volume_ml"`
	Amount unit.Fen         `json:"amount_fen"`
	Price  unit.FenPerLitre `json:"price_fen_per_l"`
	// SeenAt is when the dispenser answered.
	SeenAt time.Time `json:"seen_at,omitzero"`
	// Over says that the delivery has ended and its order follows or has come;
	// without a Sale, that the member is no longer expected at the nozzle.
	Over bool `json:"over,omitempty"`
}

// Order is one of a member's sales as the member sees it.
type Order struct {
	// Sale names it; Number is the short number people say.
	Sale   id.Sale `json:"sale"`
	Number string  `json:"number"`
	// Station is where, by id and name; Nozzle and Grade at what.
	Station     id.Station `json:"station"`
	StationName string     `json:"station_name"`
	Nozzle      int        `json:"nozzle"`
	Grade       string     `json:"grade"`
	// State is where it stands.
	State SaleState `json:"state"`
	// Volume, Amount and Price as the dispenser showed them.
	Volume unit.Millilitre  `json:"volume_ml"`
	Amount unit.Fen         `json:"amount_fen"`
	Price  unit.FenPerLitre `json:"price_fen_per_l"`
	// Due is what is still owed, Paid what was paid.
	Due  unit.Fen `json:"due_fen"`
	Paid unit.Fen `json:"paid_fen"`
	// StartedAt and EndedAt bound it; PaidAt is when it was settled.
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
	PaidAt    time.Time `json:"paid_at,omitzero"`
	// Tender is how it was paid, empty until then.
	Tender Tender `json:"tender,omitempty"`
	// Trip is what the member noted beside it.
	Trip *Trip `json:"trip,omitempty"`
}

// OrderList is a page of orders, newest first.
type OrderList struct {
	// Orders holds the page.
	Orders []Order `json:"orders"`
	// Next is the sale to ask before for the following page; zero at the end.
	Next id.Sale `json:"next,omitzero"`
}

// NoticeKind says what a notice is about.
type NoticeKind string

// The kinds.
const (
	NoticeChatMessage NoticeKind = "chat.message" // an agent wrote
	NoticeChatClosed  NoticeKind = "chat.closed"  // the conversation was closed; it can be rated
)

// Notice is something a member is told.
type Notice struct {
	// ID names it.
	ID id.Notice `json:"id"`
	// Kind says what it is about, Thread which conversation.
	Kind   NoticeKind `json:"kind"`
	Thread id.Thread  `json:"thread,omitzero"`
	// Title and Text are for people, in Chinese.
	Title string `json:"title"`
	Text  string `json:"text"`
	// At is when.
	At time.Time `json:"at"`
}

// NoticeList is what a member was told lately, newest first.
type NoticeList struct {
	// Notices holds them, at most MaxNoticeList.
	Notices []Notice `json:"notices"`
}

// MaxNoticeList bounds a NoticeList.
const MaxNoticeList = 50

// DriverSnap is the snapshot of channel driver/ID.
type DriverSnap struct {
	// Member is the driver.
	Member Member `json:"member"`
	// Threads holds the member's conversations: the open ones and the last
	// few closed ones, newest first.
	Threads []Thread `json:"threads"`
	// Orders holds the last few orders, newest first.
	Orders []Order `json:"orders"`
	// Fuelling is the delivery on the nozzle the member stands at, if any.
	Fuelling *Fuelling `json:"fuelling,omitempty"`
}

// Limits of a DriverSnap.
const (
	MaxThreadsInSnap = 20
	MaxOrdersInSnap  = 20
)
