package link

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// seenRequest is what a hub saw of a call.
type seenRequest struct{ Method, Path, Key, Bearer, Device, Body string }

// record serves the same reply to every request and keeps what it saw.
func record(t *testing.T, reply any) (url string, seen *seenRequest) {
	t.Helper()
	seen = new(seenRequest)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*seen = seenRequest{
			r.Method, r.URL.RequestURI(), r.Header.Get(wire.HeaderIdempotencyKey),
			strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get(wire.HeaderDevice), string(body),
		}
		answer(w, http.StatusOK, reply)
	}))
	t.Cleanup(s.Close)
	return s.URL, seen
}

// recorder is a Client of a hub that answers every request with the same reply.
func recorder(t *testing.T, reply any) (*Client, *seenRequest) {
	t.Helper()
	url, seen := record(t, reply)
	return newTestClient(t, Options{BaseURL: url}), seen
}

func TestEveryCallGoesWhereItsContractSays(t *testing.T) {
	ctx := t.Context()
	key, sale := id.New[id.Command](testIDs), id.New[id.Sale](testIDs)
	tests := []struct {
		name string
		call func(*Client) error
		want seenRequest
	}{
		{"ticket", func(c *Client) error { _, err := c.Ticket(ctx); return err }, seenRequest{"POST", "/v1/tickets", "", "", "", ""}},
		{"logout", func(c *Client) error { return c.Logout(ctx) }, seenRequest{"POST", "/v1/logout", "", "", "", ""}},
		{"pay", func(c *Client) error {
			_, err := c.Pay(ctx, key, sale, wire.PayRequest{Tender: wire.TenderCash, Due: 1, Tendered: 2})
			return err
		}, seenRequest{"POST", "/v1/sales/" + sale.String() + "/payments", key.String(), "", "", `{"tender":"cash","due_fen":1,"tendered_fen":2}`}},
		{"resolve", func(c *Client) error {
			_, err := c.Resolve(ctx, key, sale, wire.ResolveRequest{Act: wire.ResolveTest, Note: "n"})
			return err
		}, seenRequest{"POST", "/v1/sales/" + sale.String() + "/resolution", key.String(), "", "", `{"act":"test","note":"n"}`}},
		{"authorize", func(c *Client) error {
			_, err := c.Authorize(ctx, key, 3, wire.AuthorizeRequest{Preset: wire.Preset{Kind: wire.PresetNone}, ValidSeconds: 60})
			return err
		}, seenRequest{"POST", "/v1/nozzles/3/authorization", key.String(), "", "", `{"preset":{"kind":"none"},"valid_seconds":60}`}},
		{"hold", func(c *Client) error {
			_, err := c.SetHold(ctx, key, 3, wire.HoldRequest{Hold: wire.HoldStop})
			return err
		}, seenRequest{"POST", "/v1/nozzles/3/hold", key.String(), "", "", `{"hold":"stop"}`}},
		{"hold all", func(c *Client) error {
			_, err := c.SetHoldAll(ctx, key, wire.HoldRequest{Hold: wire.HoldStop})
			return err
		}, seenRequest{"POST", "/v1/station/hold", key.String(), "", "", `{"hold":"stop"}`}},
		{"mode", func(c *Client) error {
			_, err := c.SetMode(ctx, key, 3, wire.ModeRequest{Mode: wire.ModeClosed})
			return err
		}, seenRequest{"POST", "/v1/nozzles/3/mode", key.String(), "", "", `{"mode":"closed"}`}},
		{"set prices", func(c *Client) error {
			_, err := c.SetPrices(ctx, key, wire.PriceRequest{Prices: []wire.GradePriceRequest{{Grade: "92#", Price: 750}}})
			return err
		}, seenRequest{"POST", "/v1/prices", key.String(), "", "", `{"prices":[{"grade":"92#","price_fen_per_l":750}]}`}},
		{"sales", func(c *Client) error {
			_, err := c.Sales(ctx, SaleQuery{State: wire.SaleUnpaid, Nozzle: 3, Before: sale, Limit: 20})
			return err
		}, seenRequest{"GET", "/v1/sales?before=" + sale.String() + "&limit=20&nozzle=3&state=unpaid", "", "", "", ""}},
		{"all sales", func(c *Client) error { _, err := c.Sales(ctx, SaleQuery{}); return err }, seenRequest{"GET", "/v1/sales", "", "", "", ""}},
		{"sale", func(c *Client) error { _, err := c.Sale(ctx, sale); return err }, seenRequest{"GET", "/v1/sales/" + sale.String(), "", "", "", ""}},
		{"prices", func(c *Client) error { _, err := c.Prices(ctx); return err }, seenRequest{"GET", "/v1/prices", "", "", "", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, seen := recorder(t, struct{}{})
			if err := tt.call(c); err != nil {
				t.Fatal(err)
			}
			tt.want.Bearer = "device-token"
			if diff := cmp.Diff(tt.want, *seen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProofsAreAList(t *testing.T) {
	c, seen := recorder(t, []wire.NozzleProof{{Nozzle: 1}, {Nozzle: 2}})
	proofs, err := c.Proofs(t.Context())
	if err != nil || len(proofs) != 2 || proofs[1].Nozzle != 2 || seen.Path != "/v1/proofs" {
		t.Errorf("%v %v %v", proofs, err, seen)
	}
}

func TestLoginSpeaksForThePersonUntilLogout(t *testing.T) {
	ctx := t.Context()
	c, seen := recorder(t, wire.Session{Token: "session-token", Name: "王晓燕"})
	session, err := c.Login(ctx, wire.LoginRequest{Number: "2001", Password: "p"})
	if err != nil || session.Name != "王晓燕" {
		t.Fatal(session, err)
	}
	if seen.Bearer != "device-token" || seen.Device != "device-token" {
		t.Errorf("a login names the device: %+v", *seen)
	}
	if _, err := c.Prices(ctx); err != nil || seen.Bearer != "session-token" || seen.Device != "device-token" {
		t.Errorf("signed in: %+v, %v", *seen, err)
	}
	if _, err := c.Login(ctx, wire.LoginRequest{Number: "2002", Password: "p"}); err != nil || seen.Bearer != "device-token" {
		t.Errorf("a login is not made in the name of who was here before: %+v", *seen)
	}
	if err := c.Logout(ctx); err != nil || seen.Bearer != "session-token" {
		t.Errorf("logout: %+v, %v", *seen, err)
	}
	if _, err := c.Prices(ctx); err != nil || seen.Bearer != "device-token" || seen.Device != "" {
		t.Errorf("signed out: %+v, %v", *seen, err)
	}
}

func TestCommandWithoutAKeyIsNotSent(t *testing.T) {
	c, seen := recorder(t, struct{}{})
	if _, err := c.Pay(t.Context(), id.Command{}, id.New[id.Sale](testIDs), wire.PayRequest{}); err == nil || seen.Method != "" {
		t.Errorf("%v, %+v", err, *seen)
	}
}

func TestRefusalsAreProblemsAndTheRestIsUnknown(t *testing.T) {
	tests := []struct {
		name    string
		reply   http.HandlerFunc
		problem wire.ProblemType
		text    string
	}{
		{"problem", func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusConflict, wire.NewProblem(wire.ProblemSaleAlreadyPaid, "by 2001"))
		}, wire.ProblemSaleAlreadyPaid, "by 2001"},
		{"proxy", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>", http.StatusBadGateway)
		}, "", "502 Bad Gateway"},
		{"problem without a type", func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusConflict, &wire.Problem{})
		}, "", "409 Conflict"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, "", "307 Temporary Redirect"},
		{"not JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "", "invalid character"},
		{"too large", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`"` + strings.Repeat("x", maxReplyBytes) + `"`))
		}, "", "larger than"},
		{"cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "", "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(tt.reply)
			t.Cleanup(s.Close)
			_, err := newTestClient(t, Options{BaseURL: s.URL}).Prices(t.Context())
			var problem *wire.Problem
			isProblem := errors.As(err, &problem)
			if err == nil || isProblem != (tt.problem != "") || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("got %v", err)
			}
			if isProblem && problem.Type != tt.problem {
				t.Errorf("got %+v", problem)
			}
		})
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel(); <-release }))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(release) })
	if _, err := newTestClient(t, Options{BaseURL: s.URL}).Prices(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestOnlyTheGivenAuthorityIsTrusted(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	s := startTLS(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, wire.PriceBoard{}) }), ours)
	if _, err := newTestClient(t, Options{BaseURL: s.URL, CA: ours.pem}).Prices(t.Context()); err != nil {
		t.Error(err)
	}
	for name, ca := range map[string][]byte{"another authority": other.pem, "the system's": nil} {
		if _, err := newTestClient(t, Options{BaseURL: s.URL, CA: ca}).Prices(t.Context()); err == nil {
			t.Errorf("%s: trusted", name)
		}
	}
}

func TestNewRefusesWhatCannotBeSafe(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no clock":          func(o *Options) { o.Now = nil },
		"no randomness":     func(o *Options) { o.Random = nil },
		"plain http":        func(o *Options) { o.BaseURL = "http://hub.example" },
		"no scheme":         func(o *Options) { o.BaseURL = "hub.example:8443" },
		"no host":           func(o *Options) { o.BaseURL = "https://" },
		"another scheme":    func(o *Options) { o.BaseURL = "ftp://hub.example" },
		"a password":        func(o *Options) { o.BaseURL = "https://a:topsecret@hub.example" },
		"not a URL":         func(o *Options) { o.BaseURL = "https://[topsecret" },
		"CA that is no PEM": func(o *Options) { o.CA = []byte("x") },
	} {
		o := Options{BaseURL: "https://hub.example", Now: testNow, Random: strings.NewReader("")}
		if _, err := New(o); err != nil {
			t.Fatal(err)
		}
		change(&o)
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, base := range []string{"http://127.0.0.1:8080", "http://localhost", "http://[::1]:1", "https://hub.example/behind/a/proxy"} {
		if _, err := New(Options{BaseURL: base, Now: testNow, Random: strings.NewReader("")}); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestEnrolPinsTheHubByTheCode(t *testing.T) {
	ours, other := newAuthority(t), newAuthority(t)
	var got wire.EnrolRequest
	reply := wire.EnrolReply{Token: "secret", Kind: wire.DeviceTill, CA: string(ours.pem)}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&got)
		answer(w, http.StatusOK, reply)
	})
	s := startTLS(t, handler, ours)

	enrolled, err := Enrol(t.Context(), s.URL, "ABCD-EFGH-JKLM."+ours.fingerprint+"\n", "till 1")
	if err != nil || enrolled.Token != "secret" {
		t.Fatal(enrolled, err)
	}
	if got != (wire.EnrolRequest{Code: "ABCD-EFGH-JKLM", Name: "till 1"}) {
		t.Errorf("the fingerprint stays at home: %+v", got)
	}

	got = wire.EnrolRequest{}
	for name, code := range map[string]string{
		"another hub": "A." + other.fingerprint, "no fingerprint": "ABCD-EFGH-JKLM", "half a fingerprint": "A.00ff", "not hexadecimal": "A.zz",
	} {
		if _, err := Enrol(t.Context(), s.URL, code, "till 1"); err == nil {
			t.Errorf("%s: enrolled", name)
		}
	}
	if got != (wire.EnrolRequest{}) {
		t.Error("a code was told to a hub it did not come from")
	}

	reply.CA = string(other.pem)
	if _, err := Enrol(t.Context(), s.URL, "A."+ours.fingerprint, "till 1"); !errors.Is(err, errNotPinned) {
		t.Errorf("an authority that is not the code's: %v", err)
	}
	named := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	if _, err := Enrol(t.Context(), named, "A."+ours.fingerprint, "till 1"); err == nil {
		t.Error("a certificate for another name was accepted")
	}
}

func TestEnrolOnLoopbackNeedsNoFingerprint(t *testing.T) {
	reply := any(wire.EnrolReply{Token: "secret"})
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, status, reply) }))
	t.Cleanup(s.Close)
	if enrolled, err := Enrol(t.Context(), s.URL, "ABCD-EFGH-JKLM", "pumpd"); err != nil || enrolled.Token != "secret" {
		t.Error(enrolled, err)
	}
	status, reply = http.StatusForbidden, wire.NewProblem(wire.ProblemEnrolmentRefused, "")
	var problem *wire.Problem
	if _, err := Enrol(t.Context(), s.URL, "ABCD-EFGH-JKLM", "pumpd"); !errors.As(err, &problem) || problem.Type != wire.ProblemEnrolmentRefused {
		t.Error(err)
	}
}
