package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// PhoneRequest asks for a one-time code by text message.
type PhoneRequest struct {
	// Phone is a mobile number, as people write it.
	Phone string `json:"phone" minLength:"5" maxLength:"30"`
}

// CodeSent says that a code is on its way; it says so for any number, so that
// nobody learns who is a member.
type CodeSent struct {
	// ExpiresAt ends the code.
	ExpiresAt time.Time `json:"expires_at"`
	// AgainSeconds is how long to wait before asking for another.
	AgainSeconds int `json:"again_seconds"`
}

// DriverLogin opens a member's session; a number not seen before becomes a
// member.
type DriverLogin struct {
	// Phone is the number the code went to, Code what arrived.
	Phone string `json:"phone" minLength:"5" maxLength:"30"`
	Code  string `json:"code" minLength:"4" maxLength:"10"`
	// WeChat is a fresh code of wx.login, if the member signs in inside WeChat:
	// from then on WeChat's own identity opens a session too.
	WeChat string `json:"wechat_code,omitempty" maxLength:"128"`
}

// WeChatLogin opens a session with WeChat's word for who it is.
type WeChatLogin struct {
	// Code is what wx.login gave: good once, for five minutes.
	Code string `json:"code" minLength:"1" maxLength:"128"`
	// PhoneCode is what the button getPhoneNumber gave. It is needed once, for
	// an identity that is not a member's yet (ProblemWeChatPhone).
	PhoneCode string `json:"phone_code,omitempty" maxLength:"256"`
}

// DriverSession is an open session of a member.
type DriverSession struct {
	// Token authenticates the member.
	Token string `json:"token"`
	// ExpiresAt ends it.
	ExpiresAt time.Time `json:"expires_at"`
	// Member is who.
	Member Member `json:"member"`
}

// Member is a member as they see themselves. No other audience gets this type.
type Member struct {
	// ID names the member; Number is what people say: "M000123".
	ID     id.Member `json:"id"`
	Number string    `json:"number"`
	// Name is as given, "" until then.
	Name string `json:"name,omitempty"`
	// Phone is the mobile number, masked: "138****0001". OwnPhone has all of it;
	// in a MemberExport it is in clear.
	Phone string `json:"phone,omitempty"`
	// IDNumber is the ID number, masked, and Accounts the accounts to pay from;
	// both are there only with consent.
	IDNumber string           `json:"id_number,omitempty"`
	Accounts []PaymentAccount `json:"accounts,omitempty"`
	// Vehicles holds the member's vehicles, oldest first.
	Vehicles []Vehicle `json:"vehicles"`
	// Since is when they joined.
	Since time.Time `json:"since"`
}

// OwnPhone is a member's mobile number in clear, for themselves: it is shown for
// a moment and not kept.
type OwnPhone struct {
	// Phone has 11 digits.
	Phone string `json:"phone"`
}

// SessionsEnded says how many of a member's other sessions were ended.
type SessionsEnded struct {
	// Ended counts them; 0 if this was the only one.
	Ended int `json:"ended"`
}

// PlateKind says what a number plate is.
type PlateKind string

// The kinds.
const (
	PlateFuel      PlateKind = "fuel"       // 7 characters
	PlateNewEnergy PlateKind = "new_energy" // 8 characters (新能源)
)

// Vehicle is a member's vehicle.
type Vehicle struct {
	// ID names it.
	ID id.Vehicle `json:"id"`
	// Plate is the number plate, "云A12345", Kind what it is.
	Plate string    `json:"plate"`
	Kind  PlateKind `json:"kind"`
	// Model is as given: "大众朗逸 1.5L".
	Model string `json:"model,omitempty"`
	// Tank is what its tank holds, zero if nobody said.
	Tank unit.Millilitre `json:"tank_ml,omitempty"`
}

// ProfileRequest changes what a member says of themselves.
type ProfileRequest struct {
	// Name is how to be addressed.
	Name string `json:"name" maxLength:"40"`
}

// VehicleRequest adds a vehicle.
type VehicleRequest struct {
	// Plate is the number plate as typed.
	Plate string `json:"plate" minLength:"6" maxLength:"20"`
	// Model is free text.
	Model string `json:"model,omitempty" maxLength:"60"`
	// Tank is what its tank holds: 20 to 1500 L, or zero.
	Tank unit.Millilitre `json:"tank_ml,omitempty" minimum:"0" maximum:"1500000"`
}

// ClaimRequest says that the member stands at a nozzle.
type ClaimRequest struct {
	// Code is on the sticker at the nozzle.
	Code string `json:"code" minLength:"6" maxLength:"20"`
}

// Claim is a member's word that they stand at a nozzle: the next delivery
// there is theirs, if it begins in time.
type Claim struct {
	// ID names it.
	ID id.Claim `json:"id"`
	// Station is where, by id and name; Nozzle and Grade at what.
	Station     id.Station `json:"station"`
	StationName string     `json:"station_name"`
	Nozzle      int        `json:"nozzle"`
	Grade       string     `json:"grade"`
	// Until ends it.
	Until time.Time `json:"until"`
	// Sale is the delivery that it was spent on at once, because fuel ran
	// already; zero while it waits.
	Sale id.Sale `json:"sale,omitzero"`
}

// MemberBrief is a member as lists of agents name them: nothing by which a
// stranger is recognised.
type MemberBrief struct {
	// ID names the member, Number is what people say.
	ID     id.Member `json:"id"`
	Number string    `json:"number"`
	// Name is the surname only: "王**".
	Name string `json:"name,omitempty"`
}

// MemberCard is what an agent sees of the member they talk to. Who looked is
// on record.
type MemberCard struct {
	// Member is who.
	Member MemberBrief `json:"member"`
	// Phone is masked: "138****0001".
	Phone string `json:"phone,omitempty"`
	// Vehicles holds the vehicles, plates masked: "云A***45".
	Vehicles []Vehicle `json:"vehicles"`
	// Since is when they joined.
	Since time.Time `json:"since"`
	// Fuellings counts all sales, Spent adds up what was paid.
	Fuellings int64    `json:"fuellings"`
	Spent     unit.Fen `json:"spent_fen"`
	// Orders holds the last fuellings, newest first.
	Orders []Order `json:"orders"`
}

// MaxOrdersInCard bounds the orders of a MemberCard.
const MaxOrdersInCard = 10

// FeeKind says what a line of a fee is.
type FeeKind string

// The kinds, in the order of the lines.
const (
	FeeGross    FeeKind = "gross"    // litres times the price on the dispenser
	FeeDiscount FeeKind = "discount" // off the unit price
	FeeCampaign FeeKind = "campaign" // off by a campaign
	FeeCoupon   FeeKind = "coupon"   // off by a coupon
	FeePoints   FeeKind = "points"   // off by points
	FeeDue      FeeKind = "due"      // what is owed after all that
	FeePaid     FeeKind = "paid"     // what was paid
)

// FeeLine is one line of a fee.
type FeeLine struct {
	// Kind says what it is.
	Kind FeeKind `json:"kind"`
	// Amount is signed: what takes off is negative.
	Amount unit.Fen `json:"amount_fen"`
	// Note explains it: "26.67 L x 7.50", "cash", the campaign's name.
	Note string `json:"note,omitempty"`
}

// Fee is how what a sale cost is made up (费用构成). Gross and the four lines
// that take off come to Due; every line is there, also when it is zero.
type Fee struct {
	// Order is the sale.
	Order Order `json:"order"`
	// Lines holds every FeeKind once, in order.
	Lines []FeeLine `json:"lines"`
	// Before and After are the totalizer readings that prove the litres.
	Before unit.Millilitre `json:"before_ml"`
	After  unit.Millilitre `json:"after_ml"`
}
