package desk

import (
	"strings"
	"time"

	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

// codePatience is how long a password waits for the code that goes with it.
const codePatience = 2 * time.Minute

// login is the state of the login page.
type login struct {
	busy    bool
	problem string
	// code says that a code is asked for; number and password wait for it,
	// until a moment.
	code             bool
	number, password string
	until            time.Time
}

// signIn sends the form, once.
func (s *State) signIn(e SignIn) []Effect {
	number, code := strings.TrimSpace(e.Number), strings.ReplaceAll(strings.TrimSpace(e.Code), " ", "")
	if s.login.code && e.Password == "" && number == s.login.number {
		e.Password = s.login.password
	}
	switch {
	case s.login.busy || s.session != nil:
		return nil
	case !s.enrol.Enrolled:
		s.login.problem = s.text(WordNotEnrolled)
		return nil
	case number == "" || e.Password == "":
		s.login.problem = s.text(WordFillBoth)
		return nil
	case s.login.code && number != s.login.number:
		s.login, code = login{}, "" // somebody else
	case s.login.code && code == "":
		s.login.problem = s.text(WordCodeNeeded)
		return nil
	case !s.login.code:
		code = ""
	}
	s.login.busy, s.login.problem = true, ""
	s.login.number, s.login.password, s.login.until = number, e.Password, s.now.Add(codePatience)
	return []Effect{Login{Number: number, Password: e.Password, Code: code}}
}

func (s *State) signedIn(e SignedIn) []Effect {
	session := e.Session
	session.Token = "" // the link keeps it; a screen has no use for it
	s.session = &session
	s.login = login{}
	s.mirrors = newMirrors()
	if s.attends() {
		s.mirrors = newPostMirrors()
	}
	s.link = connection{downAt: s.now}
	out := []Effect{Record{"login ok", []any{"staff", session.Number, "role", string(session.Role)}}}
	s.page = s.firstPage()
	return append(out, s.openOffice()...)
}

// signInFailed says why; a code that is asked for is no failure, and a wrong
// one may be typed again without the password.
func (s *State) signInFailed(e SignInFailed) []Effect {
	s.login.busy = false
	asked := e.Problem != nil && e.Problem.Type == wire.ProblemSecondFactor
	refused := s.login.code && (e.Problem == nil || e.Problem.Type == wire.ProblemSecondRefused || e.Problem.Retry)
	problem := s.problemText(e.Problem, WordHubUnreachable)
	switch {
	case asked:
		s.login.code = true
	case refused:
		s.login.problem = problem
	default:
		s.login = login{problem: problem}
	}
	return []Effect{Record{"login refused", []any{"problem", problemName(e.Problem)}}}
}

// tendLogin forgets a password that has waited for its code too long.
func (s *State) tendLogin() {
	if s.login.code && !s.login.busy && !s.now.Before(s.login.until) {
		s.login = login{}
	}
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
	s.login = login{}
	s.link = connection{downAt: s.now}
	s.mirrors, s.security = newMirrors(), mirror.NewSecurity()
	s.office = newOffice()
	s.picked, s.tender, s.dialog = pick{}, tender{}, nil
	s.flights = map[slot]flight{}
	s.holding.what = HoldingNothing
	s.toasts = nil
	s.sales = salesList{}
	s.chat = newChat()
	clear(s.overdue)
	s.queue.typed = false // the count itself is the till's, and stays
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
