package desk

import (
	"strconv"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Event is something that happened: a key, a touch, a frame, an answer, or
// simply time. Only the types of this package are events.
type Event interface{ event() }

type (
	// Tick says that time has passed; nothing else happened.
	Tick struct{}

	// Press is a key of the keyboard, or a button that stands for one.
	Press struct {
		Key Key
		// Pad marks the keypad on the screen, whose digits always mean money.
		Pad bool
		// Alt says that Alt is held down.
		Alt bool
	}
	// Choose picks a nozzle by touch.
	Choose struct{ Nozzle int }
	// ChooseSale picks a sale in a list by touch.
	ChooseSale struct{ Sale id.Sale }
	// GoTo opens a page.
	GoTo struct{ Page Page }

	// SignIn is a filled-in login form. Once a code is asked for, Password may
	// be empty: it stays the one that was typed before.
	SignIn struct{ Number, Password, Code string }
	// SignOut closes the session.
	SignOut struct{}
	// SignedIn is the hub's yes to a login.
	SignedIn struct{ Session wire.Session }
	// SignInFailed is the hub's no, or no answer at all (Problem nil).
	SignInFailed struct{ Problem *wire.Problem }
	// Enrolment tells whether this till has credentials, and for which station.
	Enrolment struct {
		Enrolled bool
		Station  string
		HubURL   string
		Version  string
	}

	// HoldStart begins a hold-to-confirm, HoldEnd lets go.
	HoldStart struct{ What Holding }
	HoldEnd   struct{}

	// OpenResolve opens the dialog for a sale that leaves without money.
	OpenResolve struct{ Act wire.ResolveAct }
	// OpenPrice opens the dialog for a grade's new price.
	OpenPrice struct{ Grade string }
	// Confirm confirms the open dialog with what was typed into it.
	Confirm struct{ Note, Volume, Amount string }
	// Cancel closes it.
	Cancel struct{}

	// SetPrefs changes the till's own settings.
	SetPrefs struct{ Prefs Prefs }

	// Connected says that the live socket is up.
	Connected struct{ Welcome wire.Welcome }
	// Arrived is one frame of the live socket.
	Arrived struct{ Frame wire.Frame }
	// Lost says that the live socket is down. Final means it will not come
	// back by itself; Code is the socket's close code then.
	Lost struct {
		Reason string
		Final  bool
		Code   int
	}

	// Sent says that a command has its key, is saved and is on its way.
	Sent struct{ Command Command }
	// Answered is the hub's yes; Sale is the sale's new state where there is
	// one, Message the message as the hub has it, Queue the queue.
	Answered struct {
		Command Command
		Sale    *wire.Sale
		Message *wire.Message
		Queue   *wire.Queue
	}
	// Refused is the hub's no.
	Refused struct {
		Command Command
		Problem *wire.Problem
	}
	// Unknown says that no answer came: the same command with the same key
	// is being asked again until it is known.
	Unknown struct{ Command Command }
	// GivenUp says that a command that does not outlive its moment was not
	// answered in time and will not be sent again.
	GivenUp struct{ Command Command }

	// SalesLoaded is a page of the sales list.
	SalesLoaded struct {
		List wire.SaleList
		// Before is the id it was asked with; zero for the first page.
		Before id.Sale
	}
	// RefuelsLoaded is such a page of an attendant's own deliveries.
	RefuelsLoaded struct {
		List   wire.RefuelList
		Before id.Sale
	}
	// SalesFailed says that the page did not come.
	SalesFailed struct{ Problem *wire.Problem }
	// MoreSales asks for the page of older sales.
	MoreSales struct{}

	// SessionEnded says that the hub no longer knows the session.
	SessionEnded struct{}
)

func (Tick) event()          {}
func (Press) event()         {}
func (Choose) event()        {}
func (ChooseSale) event()    {}
func (GoTo) event()          {}
func (SignIn) event()        {}
func (SignOut) event()       {}
func (SignedIn) event()      {}
func (SignInFailed) event()  {}
func (Enrolment) event()     {}
func (HoldStart) event()     {}
func (HoldEnd) event()       {}
func (OpenResolve) event()   {}
func (OpenPrice) event()     {}
func (Confirm) event()       {}
func (Cancel) event()        {}
func (SetPrefs) event()      {}
func (Connected) event()     {}
func (Arrived) event()       {}
func (Lost) event()          {}
func (Sent) event()          {}
func (Answered) event()      {}
func (Refused) event()       {}
func (Unknown) event()       {}
func (GivenUp) event()       {}
func (SalesLoaded) event()   {}
func (RefuelsLoaded) event() {}
func (SalesFailed) event()   {}
func (MoreSales) event()     {}
func (SessionEnded) event()  {}

// Effect is something the outside must do. Only the types below are effects.
type Effect interface{ effect() }

type (
	// Login asks the hub for a session.
	Login struct{ Number, Password, Code string }
	// Logout ends it.
	Logout struct{}
	// Send gives a command its key, saves it and sends it.
	Send struct{ Command Command }
	// FetchSales asks for a page of sales before an id (zero: the newest).
	FetchSales struct{ Before id.Sale }
	// FetchRefuels asks for a page of the deliveries at an attendant's nozzles.
	FetchRefuels struct{ Before id.Sale }
	// Proceed says that what had to be done first is done: the session is good
	// for everything now.
	Proceed struct{}
	// Play plays a sound.
	Play struct{ Sound Sound }
	// Resync asks for a snapshot of a channel that could not be followed.
	Resync struct{ Channel wire.Channel }
	// SavePrefs keeps the till's settings.
	SavePrefs struct{ Prefs Prefs }
	// Fullscreen turns the full screen on or off.
	Fullscreen struct{}
	// Record writes a line to the event log: what happened, in words a
	// script can look for.
	Record struct {
		What string
		Args []any
	}
)

func (Login) effect()        {}
func (Logout) effect()       {}
func (Send) effect()         {}
func (FetchSales) effect()   {}
func (FetchRefuels) effect() {}
func (Proceed) effect()      {}
func (Play) effect()         {}
func (Resync) effect()       {}
func (SavePrefs) effect()    {}
func (Fullscreen) effect()   {}
func (Record) effect()       {}

// CommandKind says what a command does.
type CommandKind string

// The commands.
const (
	CommandPay       CommandKind = "pay"
	CommandResolve   CommandKind = "resolve"
	CommandHold      CommandKind = "hold"
	CommandHoldAll   CommandKind = "hold_all"
	CommandAuthorize CommandKind = "authorize"
	CommandPrices    CommandKind = "prices"
	CommandQueue     CommandKind = "queue"
	CommandSay       CommandKind = "message"
	CommandTake      CommandKind = "take"
	CommandTransfer  CommandKind = "transfer"
	CommandClose     CommandKind = "close"
	CommandReopen    CommandKind = "reopen"
	CommandDuty      CommandKind = "duty"

	CommandStaffAdd      CommandKind = "staff_add"
	CommandStaffSet      CommandKind = "staff_set"
	CommandStaffPassword CommandKind = "staff_password"
	CommandSessionEnd    CommandKind = "session_end"
	CommandAssign        CommandKind = "assign"
	CommandSegmentPut    CommandKind = "segment_put"
	CommandSegmentDrop   CommandKind = "segment_drop"
	CommandErase         CommandKind = "erase"
	CommandAlertSeen     CommandKind = "alert_seen"
	CommandRotate        CommandKind = "rotate"
	CommandOfferAdd      CommandKind = "offer_add"
	CommandOfferEnd      CommandKind = "offer_end"
	CommandSite          CommandKind = "site"
	CommandSchedule      CommandKind = "backup_schedule"
	CommandBackup        CommandKind = "backup"
	CommandVerify        CommandKind = "backup_verify"
	CommandDrill         CommandKind = "backup_drill"
	CommandRestore       CommandKind = "restore"
	CommandSwitch        CommandKind = "restore_switch"
	CommandPutAway       CommandKind = "restore_away"
)

// Office reports whether a command is an act of the members page or the office.
func (k CommandKind) Office() bool {
	switch k {
	case CommandStaffAdd, CommandStaffSet, CommandStaffPassword, CommandSessionEnd, CommandAssign,
		CommandSegmentPut, CommandSegmentDrop, CommandErase, CommandAlertSeen, CommandRotate,
		CommandOfferAdd, CommandOfferEnd, CommandSite,
		CommandSchedule, CommandBackup, CommandVerify, CommandDrill, CommandRestore, CommandSwitch, CommandPutAway:
		return true
	}
	return false
}

// Command is one command to the hub, in the shape in which it is saved
// before it is first sent.
type Command struct {
	// Key is its id and Idempotency-Key; the till fills it in. A message's is
	// the message's own id, known from the beginning.
	Key id.Command `json:"key,omitzero"`
	// Kind says which of the bodies below counts.
	Kind CommandKind `json:"kind"`
	// Sale, Nozzle or Thread is what it is about.
	Sale   id.Sale   `json:"sale,omitzero"`
	Nozzle int       `json:"nozzle,omitempty"`
	Thread id.Thread `json:"thread,omitzero"`
	// Object is the id of what an act of the office is about, in text.
	Object string `json:"object,omitempty"`
	// The body.
	Pay       *wire.PayRequest       `json:"pay,omitempty"`
	Resolve   *wire.ResolveRequest   `json:"resolve,omitempty"`
	Hold      *wire.HoldRequest      `json:"hold,omitempty"`
	Authorize *wire.AuthorizeRequest `json:"authorize,omitempty"`
	Prices    *wire.PriceRequest     `json:"prices,omitempty"`
	Queue     *wire.QueueCount       `json:"queue,omitempty"`
	Say       *wire.SendRequest      `json:"say,omitempty"`
	Upload    *Upload                `json:"upload,omitempty"` // before Say
	Transfer  *wire.TransferRequest  `json:"transfer,omitempty"`
	Duty      *wire.DutyRequest      `json:"duty,omitempty"`
	// The body of an act of the office. It is never written down: it may hold a
	// password.
	Office OfficeBody `json:"-"`
	// Staff is the number of whoever gave it, At when.
	Staff string    `json:"staff,omitempty"`
	At    time.Time `json:"at,omitzero"`
}

// OfficeBody is what an act of the office says; its kind tells which counts.
type OfficeBody struct {
	NewStaff *wire.NewStaffRequest
	Staff    *wire.StaffRequest
	Password *wire.PasswordRequest
	Assign   *wire.PostRequest
	Segment  *wire.SegmentRequest
	Erase    *wire.EraseRequest
	Offer    *wire.OfferRequest
	Site     *wire.Site
	Schedule *wire.BackupSchedule
	Restore  *wire.RestoreAsk
}

// Upload is a picture or a recording that must reach the hub before the
// message that carries it.
type Upload struct {
	// Name is the file's, for the log.
	Name string `json:"name"`
	// Data is its content. The till saves it beside the command.
	Data []byte `json:"-"`
}

// Outlives reports whether the command must reach a known end even after a
// crash or a long outage. What settles a sale does, and so does a message. A
// hand laid on a pump does not, nor does a price: a release or a price that
// arrives long after it was meant could do harm, and the screen shows what is
// true.
func (c Command) Outlives() bool {
	return c.Kind == CommandPay || c.Kind == CommandResolve || c.Kind == CommandSay
}

// slot is what only one command at a time may be about.
type slot struct {
	kind   CommandKind
	sale   id.Sale
	nozzle int
	thread id.Thread
	object string
}

func (c Command) slot() slot { return slot{c.Kind, c.Sale, c.Nozzle, c.Thread, c.Object} }

// Sound is an event's tone; each has a text twin on the screen.
type Sound string

// The sounds.
const (
	SoundCalling Sound = "calling"
	SoundPaid    Sound = "paid"
	SoundOverdue Sound = "overdue"
	SoundAlarm   Sound = "alarm"
	SoundMessage Sound = "message"
)

// Sounds lists them in the order of the settings page.
var Sounds = [...]Sound{SoundCalling, SoundPaid, SoundOverdue, SoundMessage, SoundAlarm}

// Key is a key by its meaning to the till.
type Key string

// The keys. Digits, "00" and the point are themselves.
const (
	KeyEnter   Key = "enter" // main and keypad
	KeyEscape  Key = "escape"
	KeyBack    Key = "back"
	KeyClear   Key = "clear"
	KeyStar    Key = "*"
	KeyPoint   Key = "."
	KeyZeros   Key = "00"
	KeyHundred Key = "+100" // one more red note
	KeyExact   Key = "exact"
	KeyMore    Key = "+" // one more car waits
	KeyLess    Key = "-" // one fewer
	KeyUp      Key = "up"
	KeyDown    Key = "down"
	KeyF1      Key = "F1"  // cash
	KeyF2      Key = "F2"  // take a conversation
	KeyF3      Key = "F3"  // transfer it
	KeyF4      Key = "F4"  // close it, or reopen it
	KeyF5      Key = "F5"  // the oldest unpaid sale, the conversation that waits longest
	KeyF6      Key = "F6"  // send a picture
	KeyF7      Key = "F7"  // authorize, in the controlled mode; record, on the support page
	KeyF8      Key = "F8"  // pay
	KeyF9      Key = "F9"  // stop the chosen nozzle
	KeyF10     Key = "F10" // pause, resume, release
	KeyF11     Key = "F11" // full screen
)

// nthPrefix begins the keys that choose a conversation by its place.
const nthPrefix = "ctrl+"

// NthKey is the key that chooses the n-th conversation, 1 to 9.
func NthKey(n int) Key { return Key(nthPrefix + strconv.Itoa(n)) }

// maxAmount bounds what can be typed as money: no note drawer holds more,
// and a scanned barcode must not become a payment.
const maxAmount unit.Fen = 99_999_99
