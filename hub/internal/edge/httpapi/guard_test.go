package httpapi

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"forecourt/shared/wire"
)

func read[T any](t testing.TB, r *http.Response) T {
	t.Helper()
	var v T
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		t.Fatalf("%d: %v", r.StatusCode, err)
	}
	return v
}

func TestLoginLogout(t *testing.T) {
	s := newSite(t)
	login := `{"number":"2001","password":"` + password + `"}`
	got := s.call("till", "POST", "/v1/login", login)
	if session := read[wire.Session](t, got); got.StatusCode != http.StatusOK || session.Token != sessionToken(wire.RoleCashier) {
		t.Errorf("%d %+v", got.StatusCode, session)
	}
	if p := problem(t, s.call("till", "POST", "/v1/login", `{"number":"2001","password":"secret-guess"}`)); p.Type != wire.ProblemLoginRefused {
		t.Errorf("%v", p)
	}
	if p := problem(t, s.call("pumpd", "POST", "/v1/login", login)); p.Type != wire.ProblemForbidden {
		t.Errorf("at a pumpd: %v", p)
	}
	if p := problem(t, s.call("", "POST", "/v1/login", login)); p.Type != wire.ProblemUnauthorized {
		t.Errorf("from nowhere: %v", p)
	}
	if got := s.call("cashier", "POST", "/v1/logout", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("logout: %d", got.StatusCode)
	}
	if len(s.people.out) != 2 || s.people.out[0] != sessionToken(wire.RoleCashier) || s.people.out[1] != "sockets" {
		t.Errorf("signed out: %v", s.people.out)
	}
}

func TestLoginsAndEnrolmentsAreLimitedByAddress(t *testing.T) {
	for path, body := range map[string]string{
		"/v1/login": `{"number":"2001","password":"secret-guess"}`,
		"/v1/enrol": `{"code":"ABCD-EFGH-0000","name":"till"}`,

		"/v1/driver/codes": `{"phone":"` + phone + `"}`,
		"/v1/driver/login": `{"phone":"` + phone + `","code":"000000"}`,

		"/v1/driver/wechat": `{"code":"secret-guess"}`,
	} {
		s := newSite(t)
		from := func(addr string) func(*http.Request) {
			return func(r *http.Request) { r.RemoteAddr = addr }
		}
		for i := range strangerTries {
			if got := s.call("till", "POST", path, body, from(fmt.Sprintf("10.0.0.7:%d", 1000+i))); got.StatusCode == http.StatusTooManyRequests {
				t.Fatalf("%s: try %d was too many", path, i+1)
			}
		}
		got := s.call("till", "POST", path, body, from("10.0.0.7:9999"))
		if p := problem(t, got); p.Type != wire.ProblemTooMany || got.Header.Get("Retry-After") != "3" {
			t.Errorf("%s: %v, Retry-After %q", path, p, got.Header.Get("Retry-After"))
		}
		if got := s.call("till", "POST", path, body, from("10.0.0.8:9999")); got.StatusCode == http.StatusTooManyRequests {
			t.Errorf("%s: another address is locked out too", path)
		}
		s.now = s.now.Add(strangerEvery)
		if got := s.call("till", "POST", path, body, from("10.0.0.7:9999")); got.StatusCode == http.StatusTooManyRequests {
			t.Errorf("%s: still too many after %v", path, strangerEvery)
		}
	}
}

func TestAProxyOnThisMachineSaysWhoAsks(t *testing.T) {
	for _, test := range []struct{ remote, forwarded, want string }{
		{"10.0.0.7:1", "", "10.0.0.7"},
		{"10.0.0.7:1", "203.0.113.9", "10.0.0.7"}, // no proxy of ours
		{"127.0.0.1:1", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:1", "1.2.3.4, 203.0.113.9", "203.0.113.9"}, // the first is the client's own word
		{"[::1]:1", "2001:db8::1", "2001:db8::1"},
		{"127.0.0.1:1", "::ffff:203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:1", "unknown", "127.0.0.1"},
		{"127.0.0.1:1", "", "127.0.0.1"},
		{"nonsense", "203.0.113.9", "nonsense"},
	} {
		s := newSite(t)
		s.call("", "POST", "/v1/driver/codes", `{"phone":"`+phone+`"}`, func(r *http.Request) {
			r.RemoteAddr = test.remote
			r.Header.Set("X-Forwarded-For", test.forwarded)
		})
		if len(s.people.codes) != 1 || s.people.codes[0] != test.want+" "+phone {
			t.Errorf("%+v: asked from %q", test, s.people.codes)
		}
	}
}

func TestLimiterForgetsWhoIsDone(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimiter(2, time.Second, func() time.Time { return now })
	for i := range maxBuckets {
		l.allow(fmt.Sprint(i))
	}
	if _, ok := l.allow("one more"); ok {
		t.Error("the memory of addresses has no bound")
	}
	now = now.Add(time.Second)
	if _, ok := l.allow("one more"); !ok || len(l.buckets) != 1 {
		t.Errorf("%d addresses are remembered", len(l.buckets))
	}
}

func TestEnrol(t *testing.T) {
	s := newSite(t)
	got := s.call("", "POST", "/v1/enrol", `{"code":"ABCD-EFGH-JKLM","name":"till 1"}`)
	if e := read[wire.EnrolReply](t, got); e.Token != tillToken || !strings.HasPrefix(e.CA, "-----BEGIN") {
		t.Errorf("%d %+v", got.StatusCode, e)
	}
	if p := problem(t, s.call("", "POST", "/v1/enrol", `{"code":"ABCD-EFGH-0000","name":"till 1"}`)); p.Type != wire.ProblemEnrolmentRefused {
		t.Errorf("%v", p)
	}
	if p := problem(t, s.call("", "POST", "/v1/enrol", `{"code":"short","name":""}`)); p.Type != wire.ProblemBadRequest {
		t.Errorf("%v", p)
	}
}

func TestTickets(t *testing.T) {
	s := newSite(t)
	for as, want := range map[string]int{"cashier": 200, "agent": 200, "pumpd": 200, "till": 401, "": 401, "driver": 401, "driver at a till": 401} {
		got := s.call(as, "POST", "/v1/tickets", "")
		if got.StatusCode != want {
			t.Errorf("as %q: %d", as, got.StatusCode)
			continue
		}
		if want != 200 {
			problem(t, got)
			continue
		}
		holder, ok := s.booth.Spend(read[wire.Ticket](t, got).Ticket)
		if !ok || (holder.Staff == nil) != (as == "pumpd") || (as == "pumpd") != (holder.Device.Kind == wire.DevicePumpd) {
			t.Errorf("as %q: ticket for %+v", as, holder)
		}
	}
}

func TestI001ProofsAreExported(t *testing.T) {
	s := newSite(t)
	got := s.call("head", "GET", "/v1/proofs.csv", "")
	rows, err := csv.NewReader(got.Body).ReadAll()
	if err != nil || len(rows) != 2 || got.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%v %v %v", rows, err, got.Header)
	}
	if text := strings.Join(rows[1], " "); text != "3 1000.000 1040.780 13.600 27.180 0.000 0.000 2" {
		t.Errorf("%s", text)
	}
	s.desk.fail = errors.New("broken")
	problem(t, s.call("head", "GET", "/v1/proofs.csv", ""))
}

func TestHealth(t *testing.T) {
	s := newSite(t)
	s.stations = []StationHealth{{Station: s.people.station, DeviceSeenMS: 300, Nozzles: 16}}
	check := func(code int, status, database string) {
		t.Helper()
		if h := read[Health](t, s.call("", "GET", "/healthz", "")); h.Status != status || len(h.Stations) != 0 || h.Version != "" {
			t.Errorf("a stranger is told %+v", h)
		}
		got := s.call("", "GET", "/healthz", "", func(r *http.Request) { r.RemoteAddr = "[::1]:1" })
		if h := read[Health](t, got); got.StatusCode != code || h.Status != status || h.Database != database || len(h.Stations) != len(s.stations) {
			t.Errorf("%d %+v", got.StatusCode, h)
		}
	}
	check(200, "ok", "ok")
	s.down = io.EOF
	check(200, "degraded", "away")
	s.down = nil
	s.stations[0].DeviceSeenMS = -1
	check(200, "degraded", "ok")
	s.stations, s.boardErr = nil, errors.New("the boards are gone")
	check(503, "down", "ok")
}

func TestMetricsAreReadHereOrFromTheConfiguration(t *testing.T) {
	s := newSite(t)
	s.call("head", "GET", "/v1/prices", "")
	from := func(addr string, header ...string) *http.Response {
		return s.call("", "GET", "/metrics", "", func(r *http.Request) {
			r.RemoteAddr = addr
			for _, h := range header {
				r.Header.Set(h, "10.0.0.1")
			}
		})
	}
	text, err := io.ReadAll(from("127.0.0.1:1").Body)
	if err != nil || !strings.Contains(string(text), `forecourt_http_request_seconds_count{route="GET /v1/prices",status="200"} 1`) {
		t.Errorf("%v: %s", err, text)
	}
	for _, r := range []*http.Response{from("192.168.1.5:1"), from("127.0.0.1:1", "X-Forwarded-For"), from("nonsense")} {
		if p := problem(t, r); p.Type != wire.ProblemForbidden {
			t.Errorf("%v", p)
		}
	}
	allowed := &api{deps: Deps{MetricsFrom: []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24")}}}
	r, _ := http.NewRequest(http.MethodGet, "/metrics", nil)
	r.RemoteAddr = "192.168.1.5:1"
	if !allowed.inside(r) {
		t.Error("an address of the configuration is refused")
	}
}

func TestEveryAnswerCarriesItsHeaders(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/v1/prices", "/nothing", "/healthz", "/openapi.json", "/v1/proofs.csv", "/v1/live"} {
		h := s.call("head", "GET", path, "").Header
		for _, name := range []string{"Request-Id", "X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "X-Frame-Options"} {
			if h.Get(name) == "" {
				t.Errorf("%s: no %s", path, name)
			}
		}
		if h.Get("Cache-Control") != "no-store" || h.Get("Server") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// TestNoSecretReachesTheLog sends secrets in every place a client has, in good
// requests and bad, and searches the log for them.
func TestNoSecretReachesTheLog(t *testing.T) {
	s := newSite(t)
	s.call("till", "POST", "/v1/login", `{"number":"2001","password":"`+password+`"}`)
	s.call("till", "POST", "/v1/login", `{"number":"2001","password":"secret-guess"}`)
	s.call("till", "POST", "/v1/login", `{"number":"2001","password":"secret-guess","field":"secret-value"`)
	s.call("till", "POST", "/v1/login", `{"number":"2001","more":{"password":"secret-guess"}}`)
	s.call("till", "POST", "/v1/login?password=secret-query", `{"number":7,"password":["secret-guess"]}`)
	s.call("", "POST", "/v1/enrol", `{"code":"secret-code-12","name":"till"}`)
	s.call("secret-role", "GET", "/v1/prices", "")
	s.call("cashier", "POST", "/v1/tickets", "")
	s.call("pumpd", "POST", "/v1/tickets", "")
	s.call("cashier", "POST", "/v1/logout", "")
	s.call("cashier", "GET", "/v1/live?ticket=secret-ticket", "")
	s.call("", "POST", "/v1/driver/login", `{"phone":"`+phone+`","code":"secret-1"}`)
	s.call("", "POST", "/v1/driver/login", `{"phone":"`+phone+`","code":"`+code+`"}`)
	s.call("", "POST", "/v1/driver/codes", `{"phone":"`+phone+`"}`)
	s.call("driver", "POST", "/v1/driver/tickets", "")
	s.call("driver", "POST", "/v1/driver/threads/"+aThread+"/messages", `{"id":"`+aMessage+`","kind":"text","text":"secret-words"}`)
	s.call("driver", "POST", "/v1/driver/threads/"+aThread+"/media", aForm, route{kind: formType}.as)
	s.call("", "GET", "/v1/media/"+aMedia+"?until=9&sig="+signature, "")
	s.call("", "GET", "/v1/media/"+aMedia+"/thumb?until=8&sig="+signature, "")
	s.call("", "GET", "/v1/media/"+aMedia+"?until=9&sig="+signature+"&more=secret-more", "")
	s.call("driver", "POST", "/v1/driver/logout", "")
	for _, line := range strings.Split(s.log.String(), "\n") {
		if strings.Contains(strings.ReplaceAll(line, "secret-role", ""), "secret") || strings.Contains(line, phone) || strings.Contains(line, code) {
			t.Errorf("the log says %s", line)
		}
	}
	if strings.Count(s.log.String(), "msg=request") != 21 {
		t.Errorf("the log has not a line a request:\n%s", s.log)
	}
}

// TestDocument checks that the OpenAPI document has every route and every
// payload of the socket.
func TestDocument(t *testing.T) {
	s := newSite(t)
	type doc struct {
		OpenAPI    string                    `json:"openapi"`
		Paths      map[string]map[string]any `json:"paths"`
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
		Live struct {
			Kinds map[string]struct {
				Class string `json:"class"`
				Ref   string `json:"$ref"`
			} `json:"kinds"`
		} `json:"x-forecourt-live"`
	}
	d := read[doc](t, s.call("", "GET", "/openapi.json", ""))
	if d.OpenAPI != "3.1.0" {
		t.Errorf("version %q", d.OpenAPI)
	}
	all := append(append(routes(), driverRoutes()...), route{method: "POST", path: "/v1/enrol"}, route{method: "POST", path: "/v1/login"},
		route{method: "POST", path: "/v1/logout"}, route{method: "POST", path: "/v1/tickets"},
		route{method: "POST", path: "/v1/driver/codes"}, route{method: "POST", path: "/v1/driver/login"},
		route{method: "POST", path: "/v1/driver/logout"}, route{method: "POST", path: "/v1/driver/tickets"},
		route{method: "POST", path: "/v1/driver/me/erasure"},
		route{method: "GET", path: "/v1/media/" + aMedia}, route{method: "GET", path: "/v1/media/" + aMedia + "/thumb"})
	for _, r := range all {
		path, _, _ := strings.Cut(r.path, "?")
		path = strings.NewReplacer(aSale, "{sale}", "/3/", "/{nozzle}/", aThread, "{thread}", aMedia, "{media}",
			aVehicle, "{vehicle}", aCanned, "{canned}", aPerson, "{staff}", aSession, "{session}", aSegment, "{segment}", anAlert, "{alert}", anOffer, "{offer}", aRestore, "{restore}",
			aMember, "{member}", aAccount, "{account}", "consents/id_number", "consents/{purpose}", "numbers/7/", "numbers/{number}/").Replace(path)
		if d.Paths[path][strings.ToLower(r.method)] == nil {
			t.Errorf("%s %s is not in the document", r.method, path)
		}
	}
	for kind, info := range wire.Kinds {
		got, ok := d.Live.Kinds[string(kind)]
		if !ok || got.Class == "" {
			t.Errorf("kind %s is not in the document", kind)
		}
		name, _ := strings.CutPrefix(got.Ref, "#/components/schemas/")
		if info.Body != nil && len(d.Components.Schemas[name].Properties) == 0 {
			t.Errorf("kind %s refers to %q, which has no fields", kind, got.Ref)
		}
	}
	for _, name := range []string{"Frame", "DeskSnap", "ForecourtSnap", "StationSnap", "DriverSnap", "ChatSnap", "SupportSnap", "Problem", "Sale"} {
		if len(d.Components.Schemas[name].Properties) == 0 {
			t.Errorf("%s is not in the document", name)
		}
	}
	text, err := Document("1.0")
	if err != nil || !json.Valid(text) {
		t.Errorf("the generated document: %v", err)
	}
}

// FuzzBodies feeds bodies to every command: whatever comes, the answer is the
// desk's or a problem, and the hub stays up.
func FuzzBodies(f *testing.F) {
	for i, r := range routes() {
		f.Add(uint8(i), []byte(r.body))
	}
	f.Add(uint8(3), []byte(`{"tender":"cash","due_fen":9007199254740993,"tendered_fen":1e400}`))
	f.Add(uint8(9), []byte(`{"prices":[{"grade":"92#","price_fen_per_l":760},{"grade":"92#"}]}`))
	s := newSite(f) // making one is dearer than thousands of requests
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		s.desk.calls = nil
		s.log.Reset()
		r := routes()[int(which)%len(routes())]
		got := s.call("head", r.method, r.path, string(body), r.as)
		if got.StatusCode >= 500 {
			t.Errorf("%s %s %q: %d", r.method, r.path, body, got.StatusCode)
		}
		if got.StatusCode != http.StatusOK {
			problem(t, got)
			if len(s.desk.calls) != 0 {
				t.Errorf("a refused body reached the desk: %v", s.desk.calls)
			}
		}
	})
}
