// Package desk is the till's screen without a screen: the state that every
// page is drawn from, the rules that change it, and the words it shows.
//
// # What it promises
//
//   - Step is deterministic: the same events at the same times give the same
//     state and the same effects. It reads no clock, opens nothing and knows
//     no widget.
//   - One command at a time for one thing: while a payment of a sale is on
//     its way, or its end is unknown, no key and no touch sends another.
//   - A figure older than StaleAfter is never shown: Screen leaves it out.
//   - Nothing is payable but an unpaid sale; a quarantined or missing one says
//     in words why it is not.
//   - What was revealed of a member is gone after RevealFor, and when the
//     person turns to anything else; nothing of any member outlives the page
//     it was looked at on, nor the session.
package desk

import (
	"io"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

const (
	// StaleAfter is the age beyond which live figures are hidden: the hub
	// sends a beat every second, so five are lost by then.
	StaleAfter = 5 * time.Second
	// OverdueAfter is how long a sale may wait for its money before it calls.
	OverdueAfter = 5 * time.Minute
	// digitWindow is how long a second digit still belongs to the first:
	// 1, 2 within it is nozzle 12.
	digitWindow = 1200 * time.Millisecond
	// HoldToConfirm is how long the stop-all button is held down.
	HoldToConfirm = 800 * time.Millisecond
	// underFinger is how long a sale that appeared by itself is not payable:
	// a key on its way down was meant for what stood there before.
	underFinger = 400 * time.Millisecond
	// maxChange is the largest change a till gives without a second look;
	// above it the amount was probably mistyped or scanned.
	maxChange unit.Fen = 1000_00
	// toastFor and warningFor are how long toasts stay, maxToasts how many.
	toastFor   = 4 * time.Second
	warningFor = 8 * time.Second
	maxToasts  = 3
	// authorizeFor is how long an authorization given here waits for a lift.
	authorizeFor = 120
)

// Page is what the middle of the window shows.
type Page string

// The pages, in the order of the rail.
const (
	PageBoard    Page = "board"
	PageUnpaid   Page = "unpaid"
	PageSales    Page = "sales"
	PageProof    Page = "proof"
	PagePrices   Page = "prices"
	PageSupport  Page = "support"
	PageMembers  Page = "members"
	PageOffice   Page = "office"
	PageSettings Page = "settings"
)

// Pages lists them in the order of the rail.
var Pages = [...]Page{PageBoard, PageUnpaid, PageSales, PageProof, PagePrices, PageSupport, PageMembers, PageOffice, PageSettings}

// Prefs is what a till remembers for itself.
type Prefs struct {
	// Lang is the language of the screen.
	Lang Lang `json:"lang"`
	// Dark turns the light colours dark.
	Dark bool `json:"dark"`
	// ScalePercent is the size of everything: 100, 125, 150. It counts from
	// the next start. Zero leaves it to the screen.
	ScalePercent int `json:"scale_percent,omitempty"`
	// Muted holds the sounds that are switched off.
	Muted []Sound `json:"muted,omitempty"`
}

// Mutes reports whether s is switched off.
func (p Prefs) Mutes(s Sound) bool {
	for _, m := range p.Muted {
		if m == s {
			return true
		}
	}
	return false
}

// Holding is what a hold-to-confirm will do.
type Holding string

// What can be held.
const (
	HoldingNothing    Holding = ""
	HoldingStopAll    Holding = "stop-all"
	HoldingReleaseAll Holding = "release-all"
)

// Phase says where a command stands.
type Phase string

// The phases.
const (
	PhaseSending Phase = "sending" // on its way
	PhaseUnknown Phase = "unknown" // no answer; being asked again with its key
	PhaseDone    Phase = "done"    // the hub said yes
	PhaseRefused Phase = "refused" // the hub said no
)

// flight is a command on its way, or how it ended.
type flight struct {
	command Command
	phase   Phase
	problem *wire.Problem
	sale    *wire.Sale // the hub's answer, where it is a sale
}

// busy reports whether its end is not yet known.
func (f flight) busy() bool { return f.phase == PhaseSending || f.phase == PhaseUnknown }

// pick is what the right-hand panel belongs to.
type pick struct {
	nozzle int
	sale   id.Sale
	// appeared is when the sale came up without being chosen; zero if a hand chose it.
	appeared time.Time
	digits   string
	digitAt  time.Time
}

// tender is the money being typed.
type tender struct {
	active bool
	text   string
}

// connection is how fresh the live news is, by this machine's clock.
type connection struct {
	up       bool
	ever     bool
	final    bool
	code     int
	downAt   time.Time
	heardAt  time.Time     // when the hub last said anything
	dataAt   time.Time     // when the pumps' state was last known true
	away     bool          // the hub says that the bridge to the pumps is away
	hubAhead time.Duration // the hub's clock before this one
	shownAge time.Duration // the age on the screen, taken once a second
	shownAt  time.Time
}

// toast is a short message at the bottom.
type toast struct {
	text  string
	tone  Tone
	until time.Time
}

// dialog is the open dialog, if any.
type dialog struct {
	act     wire.ResolveAct // resolve a sale, or
	sale    id.Sale
	grade   string // set this grade's price
	problem Word
}

// salesList is the loaded part of the sales page.
type salesList struct {
	sales   []wire.Sale
	next    id.Sale
	loading bool
	problem string
}

// State is everything the screen depends on. Make it with New.
type State struct {
	now     time.Time
	zone    *time.Location
	prefs   Prefs
	page    Page
	enrol   Enrolment
	session *wire.Session
	login   login
	link    connection
	mirrors *mirrors
	picked  pick
	tender  tender
	flights map[slot]flight
	dialog  *dialog
	holding struct {
		what  Holding
		since time.Time
	}
	toasts  []toast
	overdue map[id.Sale]bool // already called out
	sales   salesList
	ids     *id.Maker // of messages
	chat    *chat

	security *mirror.Security // for those who lead
	office   *office
	asked    int // questions of office pages so far
	queue    queue
}

// New makes the state of a till that has just started.
func New(now time.Time, zone *time.Location, prefs Prefs) *State {
	return &State{
		now: now, zone: zone, prefs: prefs, page: PageBoard,
		mirrors: newMirrors(), flights: map[slot]flight{}, overdue: map[id.Sale]bool{}, chat: newChat(),
		security: mirror.NewSecurity(), office: newOffice(),
	}
}

// Identify gives the state the randomness that its messages' ids are made of.
// Until then no message can be sent.
func (s *State) Identify(entropy io.Reader) {
	s.ids = id.NewMaker(func() time.Time { return s.now }, entropy)
}

// Prefs returns the till's settings.
func (s *State) Prefs() Prefs { return s.prefs }

// SignedIn reports whether someone is signed in.
func (s *State) SignedIn() bool { return s.session != nil }

// hubNow is the hub's clock, as far as the last beat tells.
func (s *State) hubNow() time.Time { return s.now.Add(s.link.hubAhead) }

// age is how old the pumps' state is.
func (s *State) age() time.Duration {
	if s.link.dataAt.IsZero() {
		return 0
	}
	return max(0, s.now.Sub(s.link.dataAt))
}

// HubFresh reports whether sales and prices may be shown and money taken: the
// hub is there and spoke within StaleAfter.
func (s *State) HubFresh() bool {
	return s.link.up && s.mirrors.deskReady() && s.now.Sub(s.link.heardAt) <= StaleAfter
}

// PumpsFresh reports whether live figures of pumps may be shown: the hub is
// fresh, and so is what it knows of the pumps.
func (s *State) PumpsFresh() bool {
	return s.HubFresh() && s.mirrors.pumpsReady() && !s.link.away && s.age() <= StaleAfter
}
