package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/wire"
)

// route is a guarded route as a client calls it.
type route struct {
	method, path, body string
	action             staff.Action
	call               string // what the desk hears
	kind               string // of the body, if it is not JSON
	keyless            bool   // it names itself in its body, or may be done twice
}

func routes() []route {
	return append([]route{
		{method: "GET", path: "/v1/sales?state=unpaid&nozzle=3&before=" + aSale + "&limit=20", action: staff.SeeSales, call: "sales unpaid 3 " + aSale + " 20"},
		{method: "GET", path: "/v1/sales", action: staff.SeeSales, call: "sales  0  50"},
		{method: "GET", path: "/v1/sales/" + aSale, action: staff.SeeSales, call: "sale " + aSale},
		{method: "POST", path: "/v1/sales/" + aSale + "/payments", body: `{"tender":"cash","due_fen":20000,"tendered_fen":20100}`, action: staff.TakePayment, call: "pay " + aKey + " " + aSale + " cash 20000 20100 by 2001"},
		{method: "POST", path: "/v1/sales/" + aSale + "/resolution", body: `{"act":"drive_off","note":"left at once"}`, action: staff.ResolveSale, call: "resolve " + aKey + " " + aSale + " drive_off"},
		{method: "POST", path: "/v1/nozzles/3/authorization", body: `{"preset":{"kind":"money","money_fen":20000},"valid_seconds":60}`, action: staff.Authorize, call: "authorize " + aKey + " 3 money"},
		{method: "POST", path: "/v1/nozzles/3/hold", body: `{"hold":"stop"}`, action: staff.HoldNozzle, call: "hold " + aKey + " 3 stop"},
		{method: "POST", path: "/v1/station/hold", body: `{"hold":"pause"}`, action: staff.StopAll, call: "hold all " + aKey + " pause"},
		{method: "POST", path: "/v1/nozzles/3/mode", body: `{"mode":"closed"}`, action: staff.SetMode, call: "mode " + aKey + " 3 closed"},
		{method: "POST", path: "/v1/prices", body: `{"prices":[{"grade":"92#","price_fen_per_l":760}]}`, action: staff.SetPrices, call: "prices " + aKey + " [{92# 7.60}]"},
		{method: "GET", path: "/v1/prices", action: staff.SeeBoard, call: "look at prices"},
		{method: "GET", path: "/v1/proofs", action: staff.SeeProof, call: "look at proofs"},
		{method: "GET", path: "/v1/proofs.csv", action: staff.SeeProof, call: "look at proofs"},
	}, slices.Concat(supportRoutes(), segmentRoutes(), securityRoutes(), backupRoutes(), staffRoutes(), memberRoutes(), placeRoutes())...)
}

// TestEveryRouteForEveryRole is the permission table once more, from outside:
// who may is served, who may not is told so, and the desk hears of nothing else.
func TestEveryRouteForEveryRole(t *testing.T) {
	for _, r := range routes() {
		for _, as := range []string{"head", "group", "cashier", "attendant", "agent", "owner", "", "pumpd", "till", "driver", "driver at a till"} {
			s := newSite(t)
			got := s.call(as, r.method, r.path, r.body, r.as)
			want := http.StatusOK
			switch as {
			case "", "pumpd", "till", "driver", "driver at a till":
				want = http.StatusUnauthorized
			default:
				if !staff.May(wire.Role(as), r.action) {
					want = http.StatusForbidden
				}
			}
			if got.StatusCode != want {
				t.Errorf("%s %s as %q: %d, want %d", r.method, r.path, as, got.StatusCode, want)
			}
			if want != http.StatusOK {
				problem(t, got)
				if len(s.desk.calls) != 0 {
					t.Errorf("%s %s as %q reached the desk: %v", r.method, r.path, as, s.desk.calls)
				}
			} else if len(s.desk.calls) != 1 || s.desk.calls[0] != r.call {
				t.Errorf("%s %s as %q: the desk heard %q, want %q", r.method, r.path, as, s.desk.calls, r.call)
			}
		}
	}
}

func TestASessionBelongsToItsTill(t *testing.T) {
	s := newSite(t)
	for name, change := range map[string]func(*http.Request){
		"no till":         func(r *http.Request) { r.Header.Del(wire.HeaderDevice) },
		"another till":    func(r *http.Request) { r.Header.Set(wire.HeaderDevice, tillToken+"-other") },
		"a pumpd":         func(r *http.Request) { r.Header.Set(wire.HeaderDevice, pumpdToken) },
		"no bearer":       func(r *http.Request) { r.Header.Del("Authorization") },
		"basic":           func(r *http.Request) { r.Header.Set("Authorization", "Basic "+sessionToken("head")) },
		"a token of 1 MB": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+strings.Repeat("a", 1<<20)) },
	} {
		if p := problem(t, s.call("head", "GET", "/v1/prices", "", change)); p.Type != wire.ProblemUnauthorized {
			t.Errorf("%s: %v", name, p)
		}
	}
}

func TestCommandsNeedAKey(t *testing.T) {
	for _, r := range routes() {
		if r.method == http.MethodGet || r.keyless {
			continue
		}
		s := newSite(t)
		without := s.call("head", r.method, r.path, r.body, func(q *http.Request) { q.Header.Del(wire.HeaderIdempotencyKey) })
		if p := problem(t, without); p.Type != wire.ProblemKeyMissing {
			t.Errorf("%s without a key: %v", r.path, p)
		}
		for _, key := range []string{"1", strings.Repeat("Z", 26), "00000000000000000000000000", "01J000000000000000000000I!"} {
			bad := s.call("head", r.method, r.path, r.body, func(q *http.Request) { q.Header.Set(wire.HeaderIdempotencyKey, key) })
			if p := problem(t, bad); p.Type != wire.ProblemBadRequest {
				t.Errorf("%s with key %q: %v", r.path, key, p)
			}
		}
		if len(s.desk.calls) != 0 {
			t.Errorf("%s reached the desk: %v", r.path, s.desk.calls)
		}
	}
}

func TestBadBodies(t *testing.T) {
	pay := "/v1/sales/" + aSale + "/payments"
	for name, test := range map[string]struct {
		body string
		want wire.ProblemType
	}{
		"empty":               {"", wire.ProblemBadRequest},
		"garbage":             {"\x00\xff{]", wire.ProblemBadRequest},
		"truncated":           {`{"tender":"cash","due_fen":2`, wire.ProblemBadRequest},
		"two bodies":          {`{"tender":"cash","due_fen":1,"tendered_fen":1}{}`, wire.ProblemBadRequest},
		"null":                {"null", wire.ProblemBadRequest},
		"a list":              {"[]", wire.ProblemBadRequest},
		"unknown field":       {`{"tender":"cash","due_fen":1,"tendered_fen":1,"discount_fen":1}`, wire.ProblemUnknownField},
		"missing field":       {`{"tender":"cash","due_fen":1}`, wire.ProblemBadRequest},
		"unknown tender":      {`{"tender":"shells","due_fen":1,"tendered_fen":1}`, wire.ProblemBadRequest},
		"negative":            {`{"tender":"cash","due_fen":-1,"tendered_fen":1}`, wire.ProblemBadRequest},
		"beyond 2^53":         {`{"tender":"cash","due_fen":9007199254740993,"tendered_fen":1}`, wire.ProblemBadRequest},
		"decimals":            {`{"tender":"cash","due_fen":1.5,"tendered_fen":1}`, wire.ProblemBadRequest},
		"text for money":      {`{"tender":"cash","due_fen":"1","tendered_fen":1}`, wire.ProblemBadRequest},
		"oversized":           {`{"tender":"cash","due_fen":1,"tendered_fen":1,"x":"` + strings.Repeat("a", MaxBodyBytes) + `"}`, wire.ProblemTooLarge},
		"deeply nested":       {strings.Repeat("[", 30_000), wire.ProblemBadRequest},
		"a number for a list": {"7", wire.ProblemBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			p := problem(t, s.call("cashier", "POST", pay, test.body))
			if p.Type != test.want {
				t.Errorf("%v", p)
			}
			if len(s.desk.calls) != 0 {
				t.Errorf("it reached the desk: %v", s.desk.calls)
			}
		})
	}
}

// TestBodyOfExactlyTheLimitIsRead tells the bound from one byte less.
func TestBodyOfExactlyTheLimitIsRead(t *testing.T) {
	s := newSite(t)
	body := `{"hold":"stop"}`
	body += strings.Repeat(" ", MaxBodyBytes-len(body))
	if got := s.call("head", "POST", "/v1/station/hold", body); got.StatusCode != http.StatusOK {
		t.Errorf("64 KiB: %d", got.StatusCode)
	}
	if p := problem(t, s.call("head", "POST", "/v1/station/hold", body+" ")); p.Type != wire.ProblemTooLarge {
		t.Errorf("64 KiB and a byte: %v", p)
	}
}

func TestBodyThatEndsEarly(t *testing.T) {
	s := newSite(t)
	got := s.call("head", "POST", "/v1/station/hold", `{"hold":"stop"}`, func(r *http.Request) {
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"ho`), failing{io.ErrUnexpectedEOF}))
	})
	if p := problem(t, got); p.Type != wire.ProblemBadRequest {
		t.Errorf("%v", p)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestBadAddressesAndParameters(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		method, path string
		status       int
		want         wire.ProblemType
	}{
		{"GET", "/", 404, wire.ProblemNotFound},
		{"GET", "/v1/nothing", 404, wire.ProblemNotFound},
		{"GET", "/v1/sales/", 404, wire.ProblemNotFound},
		{"GET", "/docs", 404, wire.ProblemNotFound},
		{"DELETE", "/v1/prices", 405, wire.ProblemBadRequest},
		{"POST", "/v1/live", 405, wire.ProblemBadRequest},
		{"PUT", "/healthz", 405, wire.ProblemBadRequest},
		{"GET", "/v1/sales/not-an-id", 422, wire.ProblemBadRequest},
		{"GET", "/v1/sales?state=lost", 422, wire.ProblemBadRequest},
		{"GET", "/v1/sales?limit=100000", 422, wire.ProblemBadRequest},
		{"GET", "/v1/sales?nozzle=-1", 422, wire.ProblemBadRequest},
		{"GET", "/v1/sales?nozzle=x", 422, wire.ProblemBadRequest},
		{"GET", "/v1/sales?before=x", 422, wire.ProblemBadRequest},
		{"GET", "/v1/sales?colour=red", 422, wire.ProblemBadRequest},
		{"POST", "/v1/nozzles/0/hold", 422, wire.ProblemBadRequest},
		{"POST", "/v1/nozzles/99999999999999999999/hold", 422, wire.ProblemBadRequest},
	} {
		got := s.call("head", test.method, test.path, "")
		if p := problem(t, got); p.Type != test.want || got.StatusCode != test.status {
			t.Errorf("%s %s: %d %v", test.method, test.path, got.StatusCode, p)
		}
	}
	if allow := s.call("head", "DELETE", "/v1/prices", "").Header.Get("Allow"); !strings.Contains(allow, "POST") {
		t.Errorf("Allow: %q", allow)
	}
	xml := s.call("head", "POST", "/v1/station/hold", "<hold/>", func(r *http.Request) { r.Header.Set("Content-Type", "text/xml") })
	if p := problem(t, xml); xml.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("XML: %v", p)
	}
}

func TestErrorsOfTheDesk(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want wire.ProblemType
	}{
		"a problem":         {wire.NewProblem(wire.ProblemSaleAlreadyPaid, "by 2002"), wire.ProblemSaleAlreadyPaid},
		"a wrapped problem": {fmt.Errorf("paying: %w", wire.NewProblem(wire.ProblemAmountChanged, "")), wire.ProblemAmountChanged},
		"the database away": {fmt.Errorf("paying: %w", io.ErrUnexpectedEOF), wire.ProblemStorage},
		"out of time":       {context.DeadlineExceeded, wire.ProblemStorage},
		"anything else":     {errors.New("secret-detail of the inside"), wire.ProblemInternal},
		"a panic":           {errors.New("crash"), wire.ProblemInternal},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.desk.fail = test.err
			got := s.call("cashier", "POST", "/v1/sales/"+aSale+"/payments", `{"tender":"cash","due_fen":1,"tendered_fen":1}`)
			p := problem(t, got)
			if p.Type != test.want || p.Status != wire.Problems[test.want].Status || p.Retry != wire.Problems[test.want].Retry {
				t.Errorf("%+v", p)
			}
			if strings.Contains(p.Detail, "secret") || strings.Contains(p.Detail, "goroutine") {
				t.Errorf("the client is told %q", p.Detail)
			}
			if p.Status >= 500 && !strings.Contains(s.log.String(), "level=ERROR") {
				t.Errorf("the log has no error: %s", s.log)
			}
		})
	}
}

// TestWhoeverHungUpIsNoErrorOfTheHub: tills that were switched off in the middle of a
// payment filled the log with errors, and the count of failed requests with them. An
// error of the hub's own stays one, whoever still listens.
func TestWhoeverHungUpIsNoErrorOfTheHub(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		heard bool // somebody waits for the answer
		error bool
	}{
		"gone":                     {fmt.Errorf("paying: %w", context.Canceled), false, false},
		"there":                    {fmt.Errorf("paying: %w", context.Canceled), true, true},
		"gone, for another reason": {errors.New("a table is broken"), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.desk.fail = test.err
			s.call("cashier", "POST", "/v1/sales/"+aSale+"/payments", `{"tender":"cash","due_fen":1,"tendered_fen":1}`, func(r *http.Request) {
				if !test.heard {
					ctx, hangUp := context.WithCancel(r.Context())
					hangUp()
					*r = *r.WithContext(ctx)
				}
			})
			log := s.log.String()
			if strings.Contains(log, "level=ERROR") != test.error || strings.Contains(log, "status=499") == test.error || !strings.Contains(log, test.err.Error()) {
				t.Errorf("the log says %s", log)
			}
		})
	}
}

func TestTheDatabaseAwayWhileResolving(t *testing.T) {
	s := newSite(t)
	s.people.away = fmt.Errorf("finding a device: %w", io.ErrUnexpectedEOF)
	if p := problem(t, s.call("cashier", "GET", "/v1/prices", "")); p.Type != wire.ProblemStorage || !p.Retry {
		t.Errorf("%v", p)
	}
}
