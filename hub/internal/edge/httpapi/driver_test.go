package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// everyone is every way to come.
func everyone() []string {
	return []string{"head", "cashier", "attendant", "agent", "owner", "", "pumpd", "till", "driver", "driver at a till"}
}

// TestS054EveryDriverRouteIsForDriversAlone: a member is served; nobody else
// is, and nothing of theirs is reached.
func TestS054EveryDriverRouteIsForDriversAlone(t *testing.T) {
	for _, r := range driverRoutes() {
		s := newSite(t)
		for _, as := range everyone() {
			s.desk.calls = nil
			got := s.call(as, r.method, r.path, r.body, r.as)
			if as == "driver" {
				if got.StatusCode != http.StatusOK || len(s.desk.calls) != 1 || s.desk.calls[0] != r.call {
					t.Errorf("%s %s: %d, heard %q, want %q", r.method, r.path, got.StatusCode, s.desk.calls, r.call)
				}
				continue
			}
			if p := problem(t, got); p.Type != wire.ProblemUnauthorized || len(s.desk.calls) != 0 {
				t.Errorf("%s %s as %q: %v, heard %q", r.method, r.path, as, p, s.desk.calls)
			}
		}
	}
}

// TestEveryOperationOfTheDocumentIsGuarded walks the document, so that an
// operation that is added is found here: what it says about who may is what is
// done about who may not.
func TestEveryOperationOfTheDocumentIsGuarded(t *testing.T) {
	fill := strings.NewReplacer("{sale}", aSale, "{nozzle}", "3", "{thread}", aThread, "{media}", aMedia, "{vehicle}", aVehicle, "{canned}", aCanned, "{staff}", aPerson, "{session}", aSession, "{segment}", aSegment,
		"{member}", aMember, "{account}", aAccount, "{purpose}", "location", "{number}", "7")
	open := map[string]bool{ // to whoever comes; the two of media want a signature
		"POST /v1/enrol": true, "POST /v1/login": true, // by a till's token, after its body; see TestLoginLogout
		"POST /v1/driver/codes": true, "POST /v1/driver/login": true, "POST /v1/driver/wechat": true,
		"GET /v1/driver/evidence-key": true,
		"GET /v1/driver/stations":     true, "GET /v1/driver/stations/{station}": true, "GET /v1/driver/stations/{station}/prices": true,
		"POST /v1/driver/guest-tickets": true,
		"GET /v1/media/{media}":         true, "GET /v1/media/{media}/thumb": true,
	}
	seen := 0
	for path, item := range newSite(t).inside.huma.OpenAPI().Paths {
		for method, op := range map[string]any{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete} {
			if fmt.Sprint(op) == "<nil>" {
				continue
			}
			seen++
			name := method + " " + path
			if open[name] {
				continue
			}
			s := newSite(t)
			for _, as := range everyone() {
				mine := (as == "driver") == strings.HasPrefix(path, "/v1/driver/")
				s.desk.calls = nil
				got := s.call(as, method, fill.Replace(path), "")
				refused := got.StatusCode == http.StatusUnauthorized || got.StatusCode == http.StatusForbidden
				stranger := as == "" || as == "driver at a till"
				if (stranger || !mine) && (!refused || len(s.desk.calls) != 0) {
					t.Errorf("%s as %q: %d, heard %q", name, as, got.StatusCode, s.desk.calls)
				}
				if as == "driver" && mine && refused {
					t.Errorf("%s refuses a driver: %d", name, got.StatusCode)
				}
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d operations were found", seen)
	}
}

func TestS054ADriverSignsInAndOut(t *testing.T) {
	s := newSite(t)
	got := s.call("", "POST", "/v1/driver/codes", `{"phone":"`+phone+`"}`, func(r *http.Request) { r.RemoteAddr = "[2001:db8::7]:40000" })
	if sent := read[wire.CodeSent](t, got); sent.AgainSeconds != 60 || s.people.codes[0] != "2001:db8::7 "+phone {
		t.Errorf("%+v, asked for %q", sent, s.people.codes)
	}
	if p := problem(t, s.call("", "POST", "/v1/driver/login", `{"phone":"`+phone+`","code":"000000"}`)); p.Type != wire.ProblemCodeRefused {
		t.Errorf("%v", p)
	}
	session := read[wire.DriverSession](t, s.call("", "POST", "/v1/driver/login", `{"phone":"`+phone+`","code":"`+code+`"}`))
	if session.Token != driverToken {
		t.Errorf("%+v", session)
	}
	ticket := read[wire.Ticket](t, s.call("driver", "POST", "/v1/driver/tickets", ""))
	holder, ok := s.booth.Spend(ticket.Ticket)
	if !ok || holder.Driver == nil || holder.Driver.Number != "M000007" || holder.Driver.Session != member.SessionOf(driverToken) || holder.Staff != nil || !holder.Device.Device.IsZero() {
		t.Errorf("a ticket for %+v", holder)
	}
	if got := s.call("driver", "POST", "/v1/driver/logout", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("logout: %d", got.StatusCode)
	}
	if len(s.people.out) != 2 || s.people.out[0] != driverToken || s.people.out[1] != "sockets of "+(id.Member{7}).String() {
		t.Errorf("signed out: %q", s.people.out)
	}
	for _, as := range []string{"", "head", "pumpd", "till", "driver at a till"} {
		for _, path := range []string{"/v1/driver/logout", "/v1/driver/tickets"} {
			if p := problem(t, s.call(as, "POST", path, "")); p.Type != wire.ProblemUnauthorized {
				t.Errorf("%s as %q: %v", path, as, p)
			}
		}
	}
	if len(s.people.out) != 2 {
		t.Errorf("somebody else was signed out: %q", s.people.out)
	}
}

func TestEndingOtherSessionsEndsTheirSockets(t *testing.T) {
	s := newSite(t)
	if told := read[wire.SessionsEnded](t, s.call("driver", "DELETE", "/v1/driver/sessions", "")); told.Ended != 2 {
		t.Errorf("told %+v", told)
	}
	if want := "sockets of " + (id.Member{7}).String(); len(s.people.out) != 1 || s.people.out[0] != want {
		t.Errorf("signed out: %q", s.people.out)
	}
	s.desk.fail = wire.NewProblem(wire.ProblemStorage, "")
	if p := problem(t, s.call("driver", "DELETE", "/v1/driver/sessions", "")); p.Type != wire.ProblemStorage || len(s.people.out) != 1 {
		t.Errorf("%v, signed out: %q", p, s.people.out)
	}
}

func TestTicketsOfOneDriverAreLimited(t *testing.T) {
	s := newSite(t)
	for range strangerTries {
		if got := s.call("driver", "POST", "/v1/driver/tickets", ""); got.StatusCode != http.StatusOK {
			t.Fatal(got.StatusCode)
		}
	}
	if p := problem(t, s.call("driver", "POST", "/v1/driver/tickets", "")); p.Type != wire.ProblemTooMany || !p.Retry {
		t.Errorf("%v", p)
	}
	other := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+driverToken+"-") }
	if got := s.call("driver", "POST", "/v1/driver/tickets", "", other); got.StatusCode != http.StatusOK {
		t.Errorf("another driver: %d", got.StatusCode)
	}
}

func TestErrorsOfConversations(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want wire.ProblemType
	}{
		"not theirs":        {fmt.Errorf("saying: %w", wire.NewProblem(wire.ProblemNotYourThread, "")), wire.ProblemNotYourThread},
		"closed":            {wire.NewProblem(wire.ProblemThreadClosed, ""), wire.ProblemThreadClosed},
		"words":             {wire.NewProblem(wire.ProblemContentRefused, ""), wire.ProblemContentRefused},
		"too fast":          {wire.NewProblem(wire.ProblemTooMany, ""), wire.ProblemTooMany},
		"the database away": {fmt.Errorf("saying: %w", errAway), wire.ProblemStorage},
		"anything else":     {errors.New("secret-detail of the inside"), wire.ProblemInternal},
		"a panic":           {errors.New("crash"), wire.ProblemInternal},
	} {
		s := newSite(t)
		s.desk.fail = test.err
		for _, r := range append(driverRoutes(), supportRoutes()...) {
			as := "driver"
			if r.action != "" {
				as = "head"
			}
			p := problem(t, s.call(as, r.method, r.path, r.body, r.as))
			if p.Type != test.want || p.Status != wire.Problems[test.want].Status || strings.Contains(p.Detail, "secret") {
				t.Errorf("%s: %s %s: %+v", name, r.method, r.path, p)
			}
		}
	}
}

func TestMembersWhileTheDatabaseIsAway(t *testing.T) {
	s := newSite(t)
	s.people.away = fmt.Errorf("finding a session: %w", errAway)
	if p := problem(t, s.call("driver", "GET", "/v1/driver/me", "")); p.Type != wire.ProblemStorage || !p.Retry {
		t.Errorf("%v", p)
	}
}

func TestBadRequestsOfDrivers(t *testing.T) {
	in := "/v1/driver/threads/" + aThread
	for _, test := range []struct {
		method, path, body string
		want               wire.ProblemType
	}{
		{"GET", "/v1/driver/threads/nonsense/messages", "", wire.ProblemBadRequest},
		{"GET", in + "/messages?before=0", "", wire.ProblemBadRequest},
		{"GET", in + "/messages?limit=101", "", wire.ProblemBadRequest},
		{"GET", in + "/messages?colour=red", "", wire.ProblemBadRequest},
		{"GET", "/v1/driver/orders?limit=1000", "", wire.ProblemBadRequest},
		{"POST", in + "/messages", `{"id":"x","kind":"text"}`, wire.ProblemBadRequest},
		{"POST", in + "/messages", `{"id":"` + aMessage + `","kind":"text","text":"a","at":"2026-01-01T00:00:00Z"}`, wire.ProblemUnknownField},
		{"POST", in + "/messages", `{"id":"` + aMessage + `","kind":"text","text":"` + strings.Repeat("a", 5000) + `"}`, wire.ProblemBadRequest},
		{"POST", in + "/read", `{"n":-1}`, wire.ProblemBadRequest},
		{"POST", in + "/rating", `{"stars":6}`, wire.ProblemBadRequest},
		{"POST", "/v1/driver/codes", `{"phone":"1"}`, wire.ProblemBadRequest},
		{"DELETE", "/v1/driver/vehicles/x", "", wire.ProblemBadRequest},
	} {
		s := newSite(t)
		if p := problem(t, s.call("driver", test.method, test.path, test.body)); p.Type != test.want || len(s.desk.calls) != 0 {
			t.Errorf("%s %s %.60s: %v, heard %q", test.method, test.path, test.body, p, s.desk.calls)
		}
	}
	for _, test := range []struct{ method, path, body string }{
		{"GET", "/v1/support/threads?state=lost", ""},
		{"PUT", "/v1/support/settings", `{"greeting":"g","away":"a","hours":[{"day":7,"from":"08:00","to":"09:00"}],"assign":"by_hand","max_each":1,"blocked":[]}`},
		{"PUT", "/v1/support/settings", `{"greeting":"g","away":"a","hours":[{"day":1,"from":"8:00","to":"09:00"}],"assign":"by_hand","max_each":1,"blocked":[]}`},
		{"PUT", "/v1/support/settings", `{"greeting":"g","away":"a","hours":[],"assign":"by_dice","max_each":1,"blocked":[]}`},
		{"POST", "/v1/support/canned", `{"title":"","parts":[{"text":"p"}]}`},
		{"POST", "/v1/support/canned", `{"title":"t","parts":[]}`},
	} {
		s := newSite(t)
		if p := problem(t, s.call("head", test.method, test.path, test.body)); p.Type != wire.ProblemBadRequest || len(s.desk.calls) != 0 {
			t.Errorf("%s %s %.60s: %v, heard %q", test.method, test.path, test.body, p, s.desk.calls)
		}
	}
}

// TestS057OnlyThoseWhoTalkSeeMembers: the card and the fee are behind an
// action of their own.
func TestS057OnlyThoseWhoTalkSeeMembers(t *testing.T) {
	for _, r := range supportRoutes() {
		about := strings.HasSuffix(r.path, "/member") || strings.HasSuffix(r.path, "/fee")
		if about != (r.action == staff.SeeMember) {
			t.Errorf("%s is behind %s", r.path, r.action)
		}
	}
}
