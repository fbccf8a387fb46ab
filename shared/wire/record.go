package wire

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
)

// MemberNumber is all that a cashier knows of who a member is.
type MemberNumber struct {
	// ID names the member; Number is what people say: "M000123".
	ID     id.Member `json:"id"`
	Number string    `json:"number"`
}

// MemberRefuels is a member as a cashier sees them: the number and the
// fuellings at this station.
type MemberRefuels struct {
	// Member is who.
	Member MemberNumber `json:"member"`
	// Refuels holds a page of fuellings, newest first; Next is the sale to ask
	// before for the following page, zero at the end.
	Refuels []Refuel `json:"refuels"`
	Next    id.Sale  `json:"next,omitzero"`
}

// MemberRow is a member in a list of the office.
type MemberRow struct {
	// ID names the member, Number is what people say.
	ID     id.Member `json:"id"`
	Number string    `json:"number"`
	// Name is as given, Phone masked: "138****0001".
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
	// Plates holds the number plates.
	Plates []string `json:"plates,omitempty"`
	// Refuels counts the fuellings, LastAt is the last one.
	Refuels int64     `json:"refuels"`
	LastAt  time.Time `json:"last_at,omitzero"`
}

// MemberSearch asks for members. It travels in a body, so that no number or
// plate stands in an address. Of the first four at most one is given.
type MemberSearch struct {
	// Number is a member number, or its digits: "123". Phone, Plate and
	// IDNumber are as people write them, and whole: what is sealed is found
	// whole or not at all.
	Number   string `json:"number,omitempty" maxLength:"20"`
	Phone    string `json:"phone,omitempty" maxLength:"30"`
	Plate    string `json:"plate,omitempty" maxLength:"20"`
	IDNumber string `json:"id_number,omitempty" maxLength:"30"`
	// Segment asks for the members of a saved segment.
	Segment id.Segment `json:"segment,omitzero"`
	// Before is the last member of the page before.
	Before id.Member `json:"before,omitzero"`
	// Limit bounds the page.
	Limit int `json:"limit,omitempty" minimum:"0" maximum:"100"`
}

// MemberPage is a page of members, newest first.
type MemberPage struct {
	// Members holds the page.
	Members []MemberRow `json:"members"`
	// Next is the member to ask before for the following page; zero at the end.
	Next id.Member `json:"next,omitzero"`
}

// Habits is how a member fuels.
type Habits struct {
	// Refuels counts the paid fuellings, Spent and Volume add them up.
	Refuels int64           `json:"refuels"`
	Spent   unit.Fen        `json:"spent_fen"`
	Volume  unit.Millilitre `json:"volume_ml"`
	// Usual is the grade fuelled most, the last of those if several; "" while
	// there is none. Grades holds all, most first.
	Usual  string       `json:"usual,omitempty"`
	Grades []GradeCount `json:"grades"`
	// IntervalMS is the mean time between two fuellings, zero with fewer than two.
	IntervalMS int64 `json:"interval_ms"`
	// Average is the mean amount, rounded half up.
	Average unit.Fen `json:"average_fen"`
	// FirstAt and LastAt bound them, zero if there was none.
	FirstAt time.Time `json:"first_at,omitzero"`
	LastAt  time.Time `json:"last_at,omitzero"`
	// Times holds the favourite times, most first, at most MaxHabitTimes.
	Times []HabitTime `json:"times"`
}

// MaxHabitTimes bounds the times of Habits.
const MaxHabitTimes = 3

// GradeCount is how often a grade was fuelled.
type GradeCount struct {
	// Grade is "92#", Refuels counts its fuellings.
	Grade   string `json:"grade"`
	Refuels int64  `json:"refuels"`
}

// HabitTime is an hour of a weekday, by the station's clock.
type HabitTime struct {
	// Weekday counts from 0, Sunday; Hour is 0 to 23.
	Weekday int `json:"weekday"`
	Hour    int `json:"hour"`
	// Refuels counts the fuellings that ended within it.
	Refuels int64 `json:"refuels"`
}

// ConsentPurpose is what a member may or may not agree to, each by itself.
type ConsentPurpose string

// The purposes.
const (
	ConsentIDNumber  ConsentPurpose = "id_number"         // keep the ID number
	ConsentAccount   ConsentPurpose = "payment_account"   // keep accounts to pay from
	ConsentLocation  ConsentPurpose = "location"          // use where the phone is
	ConsentPlate     ConsentPurpose = "plate_recognition" // recognise the plate at the pump
	ConsentMarketing ConsentPurpose = "marketing"         // be chosen for offers by one's habits
)

// Consent is what a member said to one purpose. Without any, nothing is
// agreed to.
type Consent struct {
	// Purpose is what it is about, Version the text that was shown.
	Purpose ConsentPurpose `json:"purpose"`
	Version int            `json:"version"`
	// Given is whether they agree, At since when.
	Given bool      `json:"given"`
	At    time.Time `json:"at,omitzero"`
}

// ConsentText is what a member is asked to agree to.
type ConsentText struct {
	// Purpose is what it is about, Version which text this is.
	Purpose ConsentPurpose `json:"purpose"`
	Version int            `json:"version"`
	// Title and Text are the words: what is kept, what for, how long, and
	// what does not change when they refuse.
	Title string `json:"title"`
	Text  string `json:"text"`
}

// ConsentList is every purpose with its text and what the member said.
type ConsentList struct {
	// Texts and Consents hold one entry a purpose, in the same order.
	Texts    []ConsentText `json:"texts"`
	Consents []Consent     `json:"consents"`
}

// ConsentRequest agrees to a purpose, or no longer: what was kept for it goes.
type ConsentRequest struct {
	// Given is whether they agree, Version the text they saw.
	Given   bool `json:"given"`
	Version int  `json:"version" minimum:"1" maximum:"100000"`
}

// IDNumberRequest gives one's ID number (身份证号), "" takes it away.
type IDNumberRequest struct {
	// IDNumber has 18 characters.
	IDNumber string `json:"id_number" maxLength:"30"`
}

// AccountKind is what a payment account is.
type AccountKind string

// The kinds.
const (
	AccountWeChat AccountKind = "wechat"
	AccountAlipay AccountKind = "alipay"
	AccountBank   AccountKind = "bank"
)

// PaymentAccount is an account that a member pays from, masked.
type PaymentAccount struct {
	// ID names it, Kind says what it is.
	ID   id.PaymentAccount `json:"id"`
	Kind AccountKind       `json:"kind"`
	// Account shows its last four characters: "****6789".
	Account string `json:"account"`
}

// PaymentAccountRequest adds an account.
type PaymentAccountRequest struct {
	// Kind says what it is, Account which.
	Kind    AccountKind `json:"kind" enum:"wechat,alipay,bank"`
	Account string      `json:"account" minLength:"4" maxLength:"64"`
}

// MemberRecord is a member as the station's head sees them. Who looked is on
// record.
type MemberRecord struct {
	// ID names the member, Number is what people say.
	ID     id.Member `json:"id"`
	Number string    `json:"number"`
	// Name is as given. Phone, IDNumber and Accounts are masked: each is
	// revealed by itself, with a reason.
	Name     string           `json:"name,omitempty"`
	Phone    string           `json:"phone,omitempty"`
	IDNumber string           `json:"id_number,omitempty"`
	Accounts []PaymentAccount `json:"accounts"`
	// Vehicles holds the vehicles, oldest first.
	Vehicles []Vehicle `json:"vehicles"`
	// Since is when they joined.
	Since time.Time `json:"since"`
	// Habits is how they fuel, everywhere; Consents what they agreed to.
	Habits   Habits    `json:"habits"`
	Consents []Consent `json:"consents"`
	// Refuels holds the last fuellings at this station, newest first, at most
	// MaxOrdersInCard.
	Refuels []Refuel `json:"refuels"`
}

// PersonalField is what can be revealed of a member.
type PersonalField string

// The fields.
const (
	FieldPhone    PersonalField = "phone"
	FieldIDNumber PersonalField = "id_number"
	FieldAccount  PersonalField = "account"
)

// RevealRequest asks for a field in clear.
type RevealRequest struct {
	// Field is which; Account names the account of FieldAccount.
	Field   PersonalField     `json:"field" enum:"phone,id_number,account"`
	Account id.PaymentAccount `json:"account,omitzero"`
	// Reason says why, in words; it goes on record.
	Reason string `json:"reason" minLength:"2" maxLength:"200"`
}

// Revealed is a field in clear, to be shown for a moment.
type Revealed struct {
	// Field is which, Value what it holds.
	Field PersonalField `json:"field"`
	Value string        `json:"value"`
	// Until is when a screen hides it again.
	Until time.Time `json:"until"`
}

// EraseRequest erases a member: everything personal becomes unreadable for
// good, here and in every backup. Sales and money stay, without a name.
type EraseRequest struct {
	// Number is the member's number, typed once more by who asks.
	Number string `json:"number" minLength:"1" maxLength:"20"`
	// Reason says why; it goes on record. A member's own wish needs none.
	Reason string `json:"reason,omitempty" maxLength:"200"`
}

// MemberExport is everything that is kept of a member.
type MemberExport struct {
	// At is when it was made; Member, IDNumber and Accounts are in clear.
	At       time.Time      `json:"at"`
	Member   Member         `json:"member"`
	IDNumber string         `json:"id_number,omitempty"`
	Accounts []ClearAccount `json:"accounts"`
	// WeChat is whether the member's identity at WeChat opens a session too; the
	// name WeChat knows them by says nothing to anybody else.
	WeChat   bool                   `json:"wechat,omitempty"`
	Consents []Consent              `json:"consents"`
	Habits   Habits                 `json:"habits"`
	Orders   []Order                `json:"orders"`
	Notices  []Notice               `json:"notices"`
	Threads  []ExportedConversation `json:"threads"`
	// Cut is whether there was more than one answer may hold.
	Cut bool `json:"cut,omitempty"`
}

// ClearAccount is a payment account in clear.
type ClearAccount struct {
	// Kind says what it is, Account which.
	Kind    AccountKind `json:"kind"`
	Account string      `json:"account"`
}

// ExportedConversation is a conversation with all that was said.
type ExportedConversation struct {
	// Thread is the conversation, Messages holds it, oldest first.
	Thread   Thread    `json:"thread"`
	Messages []Message `json:"messages"`
}

// Segment is members chosen by a rule.
type Segment struct {
	// ID names it, Name is what the station calls it.
	ID   id.Segment `json:"id"`
	Name string     `json:"name"`
	// Rule chooses them.
	Rule SegmentRule `json:"rule"`
	// Members counts them, as of CountedAt.
	Members   int       `json:"members"`
	CountedAt time.Time `json:"counted_at,omitzero"`
	// By is who made it (staff number).
	By string `json:"by"`
}

// SegmentList is a station's segments, by name.
type SegmentList struct {
	// Segments holds them.
	Segments []Segment `json:"segments"`
}

// SegmentRule chooses members: all conditions must hold. Without a condition
// it chooses nobody.
type SegmentRule struct {
	// Conditions holds them.
	Conditions []SegmentCondition `json:"conditions" minItems:"1" maxItems:"8"`
}

// SegmentKind says what a condition looks at.
type SegmentKind string

// The kinds.
const (
	// SegmentRefuels counts fuellings that match Weekdays, FromHour to
	// UntilHour, Grade and Each within the last Days: between AtLeast and AtMost.
	SegmentRefuels SegmentKind = "refuels"
	// SegmentIdle asks that the last fuelling is at least Days ago. Who never
	// fuelled counts from the day they joined.
	SegmentIdle SegmentKind = "idle"
	// SegmentSpent adds up what was paid within the last Days: at least Each.
	SegmentSpent SegmentKind = "spent"
	// SegmentAverage asks for a mean amount of at least Each within the last Days.
	SegmentAverage SegmentKind = "average"
	// SegmentUsual asks that Grade is the usual one.
	SegmentUsual SegmentKind = "usual"
)

// SegmentCondition is one condition. Fields its kind does not use are left out.
type SegmentCondition struct {
	// Kind says what it looks at.
	Kind SegmentKind `json:"kind" enum:"refuels,idle,spent,average,usual"`
	// Days is how far back it looks.
	Days int `json:"days,omitempty" minimum:"0" maximum:"3650"`
	// Weekdays holds the days that count, 0 is Sunday; none means all.
	Weekdays []int `json:"weekdays,omitempty" maxItems:"7"`
	// FromHour and UntilHour bound the hour of the day; both 0 means all day.
	FromHour  int `json:"from_hour,omitempty" minimum:"0" maximum:"23"`
	UntilHour int `json:"until_hour,omitempty" minimum:"0" maximum:"24"`
	// Grade is the grade that counts; "" means all.
	Grade string `json:"grade,omitempty" maxLength:"10"`
	// Each is the least amount of one fuelling, of the sum or of the mean.
	Each unit.Fen `json:"each_fen,omitempty" minimum:"0" maximum:"9007199254740991"`
	// AtLeast and AtMost bound the count; AtMost 0 means no bound unless
	// AtLeast is 0 as well: then nobody who ever matched.
	AtLeast int `json:"at_least,omitempty" minimum:"0" maximum:"100000"`
	AtMost  int `json:"at_most,omitempty" minimum:"0" maximum:"100000"`
}

// SegmentRequest saves a segment.
type SegmentRequest struct {
	// Name is what the station calls it, Rule chooses.
	Name string      `json:"name" minLength:"1" maxLength:"60"`
	Rule SegmentRule `json:"rule"`
}

// SegmentPreview is whom a rule would choose now.
type SegmentPreview struct {
	// Members counts them; Some are the first few.
	Members int         `json:"members"`
	Some    []MemberRow `json:"some"`
}
