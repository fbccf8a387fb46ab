package desk

import (
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Step advances the state by one event at a time of this machine's clock and
// returns what the outside must do, in order.
func (s *State) Step(at time.Time, e Event) []Effect {
	if at.After(s.now) {
		s.now = at
	}
	var out []Effect
	switch e := e.(type) {
	case Tick:
	case Press:
		out = s.press(e)
	case Choose:
		s.choose(e.Nozzle)
	case ChooseSale:
		s.chooseSale(e.Sale)
	case GoTo:
		out = s.goTo(e.Page)
	case HoldStart:
		s.startHolding(e.What)
	case HoldEnd:
		s.holding.what = HoldingNothing
	case OpenResolve:
		s.openResolve(e.Act)
	case OpenPrice:
		s.openPrice(e.Grade)
	case Confirm:
		out = s.confirm(e)
	case Cancel:
		s.dialog = nil
	case SetPrefs:
		s.prefs = e.Prefs
		out = []Effect{SavePrefs(e)}
	default:
		out = s.fromOutside(e)
	}
	return append(out, s.settle()...)
}

// fromOutside takes what the hub and the disk say.
func (s *State) fromOutside(e Event) []Effect {
	switch e := e.(type) {
	case SignIn:
		return s.signIn(e)
	case SignOut:
		return s.signOut()
	case SignedIn:
		return s.signedIn(e)
	case SignInFailed:
		return s.signInFailed(e)
	case Enrolment:
		s.enrol = e
	case Connected:
		return s.connected(e)
	case Arrived:
		return s.arrived(e)
	case Lost:
		return s.lost(e)
	case Sent:
		return s.sent(e)
	case Answered:
		return s.answered(e)
	case Refused:
		return s.refused(e)
	case Unknown:
		return s.unknown(e)
	case GivenUp:
		return s.givenUp(e)
	case SessionEnded:
		return s.sessionEnded()
	case MoreSales:
		return s.moreSales()
	case SalesLoaded:
		s.salesLoaded(e)
	case RefuelsLoaded:
		s.salesLoaded(SalesLoaded{List: wire.SaleList{Sales: salesOf(s.own(e.List.Refuels)), Next: e.List.Next}, Before: e.Before})
	case SalesFailed:
		s.sales.loading = false
		s.sales.problem = s.problemText(e.Problem, WordNoAnswer)
	default:
		return append(s.chatEvent(e), s.officeEvent(e)...)
	}
	return nil
}

// settle does what every event may have made due: holds that were held long
// enough, sales that now wait too long, toasts that have been seen, and the
// sale that has come up on the chosen nozzle.
func (s *State) settle() []Effect {
	out := s.finishHolding()
	out = append(out, s.callOverdue()...)
	out = append(out, s.tendChat()...)
	out = append(out, s.tendOffice()...)
	out = append(out, s.tendQueue()...)
	s.tendLogin()
	s.dropToasts()
	s.followNozzle()
	s.takeAge()
	return out
}

// takeAge takes the age that the screen shows once a second: a figure that
// changed ten times a second would repaint the window ten times a second.
func (s *State) takeAge() {
	if s.now.Sub(s.link.shownAt) >= time.Second || s.link.shownAge > StaleAfter {
		s.link.shownAge, s.link.shownAt = s.age(), s.now
	}
}

// goTo opens a page; the sales page loads itself anew each time.
func (s *State) goTo(p Page) []Effect {
	if s.session == nil || !s.offers(p) || s.holdsCodes() {
		return nil
	}
	var out []Effect
	if p != s.page {
		out = s.leaveChat()
	}
	s.page = p
	s.dialog = nil
	out = append(out, s.openOffice()...)
	if p != PageSales {
		return out
	}
	s.sales = salesList{loading: true}
	return append(out, s.fetchSales(id.Sale{}))
}

// fetchSales asks for a page of sales, or of an attendant's own deliveries.
func (s *State) fetchSales(before id.Sale) Effect {
	if s.attends() {
		return FetchRefuels{Before: before}
	}
	return FetchSales{Before: before}
}

// salesLoaded appends a page, or starts the list with the first one.
func (s *State) salesLoaded(e SalesLoaded) {
	if e.Before.IsZero() {
		s.sales.sales = nil
	}
	s.sales.sales = append(s.sales.sales, e.List.Sales...)
	s.sales.next = e.List.Next
	s.sales.loading = false
	s.sales.problem = ""
}

// moreSales asks for the next page of the sales list.
func (s *State) moreSales() []Effect {
	if s.sales.loading || s.sales.next.IsZero() {
		return nil
	}
	s.sales.loading = true
	return []Effect{s.fetchSales(s.sales.next)}
}

// say shows a toast.
func (s *State) say(tone Tone, text string) {
	stay := toastFor
	if tone != ToneGood && tone != TonePlain {
		stay = warningFor
	}
	if n := len(s.toasts); n > 0 && s.toasts[n-1].text == text {
		s.toasts[n-1].until = s.now.Add(stay) // said again, not twice
		return
	}
	s.toasts = append(s.toasts, toast{text: text, tone: tone, until: s.now.Add(stay)})
	if len(s.toasts) > maxToasts {
		s.toasts = s.toasts[len(s.toasts)-maxToasts:]
	}
}

func (s *State) dropToasts() {
	kept := s.toasts[:0]
	for _, t := range s.toasts {
		if t.until.After(s.now) {
			kept = append(kept, t)
		}
	}
	s.toasts = kept
}

// play returns the sound unless it is muted.
func (s *State) play(sound Sound) []Effect {
	if s.prefs.Mutes(sound) {
		return nil
	}
	return []Effect{Play{sound}}
}
