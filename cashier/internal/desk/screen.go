package desk

import (
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Face is how a pump's state looks: colour, icon and word belong together.
type Face string

// The faces.
const (
	FaceIdle        Face = "idle"
	FaceCalling     Face = "calling"
	FaceAuthorized  Face = "authorized"
	FaceFuelling    Face = "fuelling"
	FacePaused      Face = "paused"
	FaceFinished    Face = "finished"
	FaceUnpaid      Face = "unpaid"
	FaceReserved    Face = "reserved"
	FaceQuarantined Face = "quarantined"
	FaceFault       Face = "fault"
	FaceStopped     Face = "stopped"
	FaceOffline     Face = "offline"
	FaceClosed      Face = "closed"
	FaceNoData      Face = "no-data" // the till itself hears nothing
)

// Faces lists them all.
var Faces = [...]Face{
	FaceIdle, FaceCalling, FaceAuthorized, FaceFuelling, FacePaused, FaceFinished, FaceUnpaid,
	FaceReserved, FaceQuarantined, FaceFault, FaceStopped, FaceOffline, FaceClosed, FaceNoData,
}

// Tone is the weight of a text.
type Tone string

// The tones.
const (
	TonePlain Tone = ""
	ToneSoft  Tone = "soft"
	ToneGood  Tone = "good"
	ToneWarn  Tone = "warn"
	ToneBad   Tone = "bad"
	ToneBusy  Tone = "busy"
)

// Screen is everything the window shows, in words and figures ready to be
// drawn. It is a plain value; two equal screens look the same.
type Screen struct {
	Lang     Lang
	Dark     bool
	SignedIn bool
	Page     Page
	Login    LoginForm
	Header   Header
	Rail     []RailItem
	Prices   []PriceTag
	Queue    *Queue // over the board; nil for who does not count
	Tiles    []Tile
	Unpaid   Table // under the board, and the page of its own
	Table    Table // the page's table: sales, proof or prices
	Panel    Panel
	Dialog   *Dialog
	Settings Settings
	Toasts   []Toast
	// Chat is the support page; nil on every other.
	Chat *Chat
	// Office is the members page or the office page; nil on every other.
	Office *Office
	// Pulse is the step of the pulse, 0 to PulseSteps-1, zero when nothing pulses.
	Pulse int
}

// PulseSteps divide the pulse of 1.2 s, so that a calling pump costs three or
// four repaints a second and not sixty.
const PulseSteps = 4

// LoginForm is the login page.
type LoginForm struct {
	Title, Station, Hub string
	Number, Password    string // labels
	Button              string
	Busy, Enrolled      bool
	Problem, How        string
	// Code is the label of the field for a code of the authenticator, CodeHelp
	// what stands under it; "" while none is asked for. Number and password stay
	// as they were typed and need not be sent again with the code.
	Code, CodeHelp string
}

// Header is the bar at the top.
type Header struct {
	Station, Staff  string
	Connection      string
	ConnectionTone  Tone
	Unpaid          Count
	Held, Unsettled Count
	Support         Count  // drivers who wait, and messages not read
	Alerts          Count  // alerts nobody has taken note of, for the head
	Post            string // the nozzles an attendant is responsible for, until when
	StopAll         string // empty: not for this role
	StopWhat        Holding
	StopBusy        bool
	Progress        int // of the hold-to-confirm, percent
}

// Count is a number that wants attention: in words, and as a figure for where
// there is no room. None has no text.
type Count struct{ Text, Figure string }

// RailItem is one page in the left rail.
type RailItem struct {
	Page   Page
	Label  string
	Badge  string
	Chosen bool
	Leave  bool // signs out instead
}

// PriceTag is one grade's price over the board.
type PriceTag struct {
	Grade, Price, Acked string
	Share               string // Acked where there is no room: "3/4"
	Tone                Tone
}

// Tile is one nozzle on the board.
type Tile struct {
	Nozzle   int
	Face     Face
	Word     string
	Money    string // "126.31"; empty hides the figures
	Litres   string // "15.87 L"
	Grade    string
	Price    string // "7.50"
	Note     string // preset, waiting time, fault
	Badge    string // another sale waits here
	BadgeBad bool
	Calm     bool // the figures are those of the last sale
	Pulse    bool
	Chosen   bool
}

// Toast is a short message.
type Toast struct {
	Text string
	Tone Tone
}

// Button is a button of the panel or of a dialog.
type Button struct {
	Label, Hint string
	On, Busy    bool
	Hidden      bool
}

// Column is a column of a table. Weight is its share of the width.
type Column struct {
	Title  string
	Weight int
	Right  bool
	Spare  bool // left out where the table is narrow
}

// Cell is one text of a table.
type Cell struct {
	Text string
	Tone Tone
	Bold bool
}

// Row is one row of a table; Sale, Grade or Key is what a touch chooses.
type Row struct {
	Cells  []Cell
	Sale   id.Sale
	Grade  string
	Key    string // of a list of the office
	Chosen bool
}

// Table is a list of any page.
type Table struct {
	Title, Note string
	NoteTone    Tone
	Columns     []Column
	Rows        []Row
	Empty       string // said when there are no rows
	More        Button // for the next page
}

// Screen draws the state into words.
func (s *State) Screen() Screen {
	out := Screen{Lang: s.prefs.Lang, Dark: s.prefs.Dark, SignedIn: s.session != nil, Page: s.page}
	for _, t := range s.toasts {
		out.Toasts = append(out.Toasts, Toast{t.text, t.tone})
	}
	if s.session == nil {
		out.Login = s.loginForm()
		return out
	}
	out.Header = s.header()
	out.Rail = s.rail()
	out.Panel = s.panel()
	out.Dialog = s.dialogForm()
	switch s.page {
	case PageBoard:
		out.Tiles, out.Prices, out.Queue = s.tiles(), s.priceTags(), s.queueStepper()
		out.Unpaid = s.unpaidTable()
	case PageUnpaid:
		out.Unpaid = s.unpaidTable()
	case PageSales:
		out.Table = s.salesTable()
	case PageProof:
		out.Table = s.proofTable()
	case PagePrices:
		out.Table = s.pricesTable()
	case PageSupport:
		out.Chat = s.chatScreen()
	case PageMembers, PageOffice:
		out.Office = s.officeScreen()
	case PageSettings:
		out.Settings = s.settings()
	}
	for _, t := range out.Tiles {
		if t.Pulse {
			out.Pulse = int(s.now.UnixMilli() / (1200 / PulseSteps) % PulseSteps)
		}
	}
	return out
}

func (s *State) loginForm() LoginForm {
	f := LoginForm{
		Title: s.text(WordLoginTitle), Station: s.enrol.Station,
		Number: s.text(WordStaffNumber), Password: s.text(WordPassword), Button: s.text(WordSignIn),
		Busy: s.login.busy, Enrolled: s.enrol.Enrolled, Problem: s.login.problem,
	}
	if s.login.code {
		f.Code, f.CodeHelp = s.text(WordCode), s.text(WordCodeHelp)
	}
	if f.Station == "" {
		f.Station = s.text(WordAppName)
	}
	if s.enrol.HubURL != "" {
		f.Hub = s.text(WordHub, s.enrol.HubURL)
	}
	if f.Busy {
		f.Button = s.text(WordSigningIn)
	}
	if !f.Enrolled {
		f.Problem, f.How = s.text(WordNotEnrolled), s.text(WordNotEnrolledHow)
	}
	return f
}

// roleWords names the roles.
var roleWords = map[wire.Role]Word{
	wire.RoleHead: WordRoleHead, wire.RoleCashier: WordRoleCashier,
	wire.RoleAttendant: WordRoleAttendant, wire.RoleAgent: WordRoleAgent, wire.RoleGroup: WordRoleGroup,
}

func (s *State) header() Header {
	h := Header{
		Station: s.session.StationName,
		Staff:   s.session.Name + " · " + s.text(roleWords[s.session.Role]),
		StopAll: s.text(WordStopAll), StopWhat: HoldingStopAll, Progress: s.holdProgress(),
		StopBusy: s.flights[slot{kind: CommandHoldAll}].busy(),
	}
	h.Connection, h.ConnectionTone = s.connectionText()
	if s.HubFresh() {
		unpaid, held := s.countWaiting()
		if unpaid > 0 {
			h.Unpaid = s.count(WordUnpaidCount, unpaid)
		}
		if held > 0 {
			h.Held = s.count(WordQuarantinedCount, held)
		}
		if s.allStopped() {
			h.StopAll, h.StopWhat = s.text(WordReleaseAll), HoldingReleaseAll
		}
	}
	if n := s.chatCount(); n > 0 {
		h.Support = s.count(WordSupportCount, n)
	}
	if n := len(s.security.Alerts()); n > 0 {
		h.Alerts = s.count(WordAlertCount, n)
	}
	h.Post = s.postText()
	if n := s.unsettled(); n > 0 {
		h.Unsettled = s.count(WordUnsettledCount, n)
	}
	if s.holding.what != HoldingNothing {
		h.StopAll, h.StopWhat = s.text(WordHoldDown), s.holding.what
	}
	if !s.laysHand() {
		h.StopAll = ""
	}
	return h
}

func (s *State) count(w Word, n int) Count { return Count{s.text(w, n), fmt.Sprint(n)} }

func (s *State) countWaiting() (unpaid, held int) {
	for _, sale := range s.waiting() {
		if sale.State == wire.SaleUnpaid {
			unpaid++
		} else {
			held++
		}
	}
	return unpaid, held
}

// connectionText says how fresh the screen is.
func (s *State) connectionText() (string, Tone) {
	switch {
	case s.must():
		return "", TonePlain // the till goes live when that is done
	case s.link.final && s.link.code == wire.CloseTooOld:
		return s.text(WordTooOldProgram), ToneBad
	case s.link.final && s.link.code == wire.CloseForbidden:
		return s.text(WordForbiddenStation), ToneBad
	case s.PumpsFresh():
		return s.text(WordOnline, tenths(s.link.shownAge)), ToneGood
	case s.HubFresh():
		return s.text(WordPumpsAway), ToneWarn
	case !s.link.ever, s.link.up && !s.mirrors.deskReady():
		return s.text(WordConnecting), ToneBusy
	}
	since := s.now.Sub(s.link.downAt)
	if s.link.up {
		since = s.now.Sub(s.link.heardAt)
	}
	if since >= time.Minute {
		return s.text(WordDisconnectedLong, int(since/time.Minute)), ToneBad
	}
	return s.text(WordDisconnected, int(since/time.Second)), ToneBad
}

// tenths prints seconds with one decimal: "0.1".
func tenths(d time.Duration) string {
	n := (d + 50*time.Millisecond) / (100 * time.Millisecond)
	return fmt.Sprintf("%d.%d", n/10, n%10)
}

// pageWords names the pages.
var pageWords = map[Page]Word{
	PageBoard: WordPageBoard, PageUnpaid: WordPageUnpaid, PageSales: WordPageSales,
	PageProof: WordPageProof, PagePrices: WordPagePrices,
	PageSupport: WordPageSupport, PageMembers: WordPageMembers, PageOffice: WordPageOffice,
	PageSettings: WordPageSettings,
}

func (s *State) rail() []RailItem {
	out := make([]RailItem, 0, len(Pages)+1)
	for _, p := range Pages {
		if !s.offers(p) {
			continue
		}
		item := RailItem{Page: p, Label: s.text(pageWords[p]), Chosen: p == s.page}
		if p == PageUnpaid && s.HubFresh() {
			if unpaid, held := s.countWaiting(); unpaid+held > 0 {
				item.Badge = fmt.Sprint(unpaid + held)
			}
		}
		if n := s.chatCount(); p == PageSupport && n > 0 {
			item.Badge = fmt.Sprint(n)
		}
		if n := len(s.security.Alerts()); p == PageOffice && n > 0 {
			item.Badge = fmt.Sprint(n)
		}
		out = append(out, item)
	}
	return append(out, RailItem{Label: s.text(WordSignOut), Leave: true})
}

// money prints an amount without the sign: it is drawn smaller, beside it.
func money(f unit.Fen) string { return f.String() }

// clockOrDay prints the time of day for today and the day as well for others.
func (s *State) clockOrDay(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	local, today := t.In(s.zone), s.hubNow().In(s.zone)
	if local.YearDay() == today.YearDay() && local.Year() == today.Year() {
		return local.Format("15:04:05")
	}
	return local.Format("01-02 15:04")
}
