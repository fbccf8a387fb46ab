package desk

import (
	"strings"

	"forecourt/shared/wire"
)

// signIn sends the form, once.
func (s *State) signIn(e SignIn) []Effect {
	number := strings.TrimSpace(e.Number)
	switch {
	case s.login.busy || s.session != nil:
		return nil
	case !s.enrol.Enrolled:
		s.login.problem = s.text(WordNotEnrolled)
		return nil
	case number == "" || e.Password == "":
		s.login.problem = s.text(WordFillBoth)
		return nil
	}
	s.login.busy = true
	s.login.problem = ""
	return []Effect{Login{Number: number, Password: e.Password}}
}

func (s *State) signedIn(e SignedIn) []Effect {
	session := e.Session
	session.Token = "" // the link keeps it; a screen has no use for it
	s.session = &session
	s.login.busy, s.login.problem = false, ""
	s.page = s.firstPage()
	s.link = connection{downAt: s.now}
	return []Effect{Record{"login ok", []any{"staff", session.Number, "role", string(session.Role)}}}
}

func (s *State) signInFailed(e SignInFailed) []Effect {
	s.login.busy = false
	s.login.problem = s.problemText(e.Problem, WordHubUnreachable)
	return []Effect{Record{"login refused", []any{"problem", problemName(e.Problem)}}}
}

func (s *State) signOut() []Effect {
	if s.session == nil {
		return nil
	}
	s.forget()
	return []Effect{Logout{}, Record{"signed out", nil}}
}

// sessionEnded goes back to the login page. Commands whose end is unknown
// stay saved and are asked again after the next login.
func (s *State) sessionEnded() []Effect {
	if s.session == nil {
		return nil
	}
	s.forget()
	s.login.problem = s.text(WordSignInAgain)
	return []Effect{Logout{}, Record{"session ended", nil}}
}

// forget drops everything that belongs to a session.
func (s *State) forget() {
	s.session = nil
	s.login.busy, s.login.problem = false, ""
	s.link = connection{downAt: s.now}
	s.mirrors = newMirrors()
	s.picked, s.tender, s.dialog = pick{}, tender{}, nil
	s.flights = map[slot]flight{}
	s.holding.what = HoldingNothing
	s.toasts = nil
	s.sales = salesList{}
	s.chat = newChat()
	clear(s.overdue)
}

// problemText is a problem in the screen's language, or other when there was
// no answer.
func (s *State) problemText(p *wire.Problem, other Word) string {
	if p == nil {
		return s.text(other)
	}
	info, known := wire.Problems[p.Type]
	switch {
	case !known:
		return s.text(WordUnknownProblem)
	case s.prefs.Lang == English:
		return info.Title
	default:
		return info.Chinese
	}
}

// problemName is what the log calls it.
func problemName(p *wire.Problem) string {
	if p == nil {
		return "no answer"
	}
	return string(p.Type)
}
