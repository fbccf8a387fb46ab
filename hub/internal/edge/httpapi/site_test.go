package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/hub/internal/domain/admission"
	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var _ Desk = (*flow.Flow)(nil)

var (
	_ Staff   = (*staff.Store)(nil)
	_ Devices = (*device.Store)(nil)
	_ Tickets = (*admission.Booth)(nil)
)

// The tokens of tests hold the word secret, so that a log can be searched.
const (
	tillToken  = "secret-till-token"
	pumpdToken = "secret-pumpd-token"
	password   = "secret-password"
)

func sessionToken(r wire.Role) string { return "secret-session-" + string(r) }

// people is a station's staff and devices, in memory.
type people struct {
	mu      sync.Mutex
	station id.Station
	till    device.Actor
	other   device.Actor // a second till
	pumpd   device.Actor
	away    error // when set, the database is
	out     []string
	must    []wire.Must // what whoever is signed in must do first
	refused []string    // what a role was refused
	codes   []string    // sent, and where they were asked for
	desk    *desk       // hears what members do to their own entry
}

func (p *people) Login(_ context.Context, till staff.DeviceActor, req wire.LoginRequest) (wire.Session, error) {
	if req.Password != password || till.Device != p.till.Device {
		return wire.Session{}, wire.NewProblem(wire.ProblemLoginRefused, "")
	}
	return wire.Session{Token: sessionToken(wire.RoleCashier), Number: req.Number, Role: wire.RoleCashier, Station: p.station}, nil
}

func (p *people) Logout(_ context.Context, token string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = append(p.out, token)
	return nil
}

// staffStore and deviceStore are the two faces of people.
type staffStore struct{ *people }

func (s staffStore) Resolve(_ context.Context, token string) (staff.Actor, error) {
	role, ok := strings.CutPrefix(token, "secret-session-")
	if !ok {
		return staff.Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "no such session")
	}
	return staff.Actor{
		Staff: id.Staff{1}, Number: "2001", Role: wire.Role(role), Station: s.station, Device: s.till.Device, Must: s.must,
	}, s.away
}

type deviceStore struct{ *people }

func (d deviceStore) Resolve(_ context.Context, token string) (device.Actor, error) {
	switch token {
	case tillToken:
		return d.till, d.away
	case tillToken + "-other":
		return d.other, nil
	case pumpdToken:
		return d.pumpd, nil
	}
	return device.Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "no such device")
}

func (d deviceStore) Enrol(_ context.Context, code, name string) (wire.EnrolReply, error) {
	if code != "ABCD-EFGH-JKLM" {
		return wire.EnrolReply{}, wire.NewProblem(wire.ProblemEnrolmentRefused, "wrong")
	}
	return wire.EnrolReply{Device: d.till.Device, Kind: wire.DeviceTill, Station: d.station, StationName: name, Token: tillToken}, nil
}

// desk answers every command and remembers it.
type desk struct {
	mu    sync.Mutex
	calls []string
	fail  error
}

func (d *desk) did(format string, args ...any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprintf(format, args...))
	if d.fail != nil && d.fail.Error() == "crash" {
		panic("secret-in-a-panic")
	}
	return d.fail
}

func (d *desk) Sales(_ context.Context, _ id.Station, q flow.SaleQuery) (wire.SaleList, error) {
	return wire.SaleList{Sales: []wire.Sale{}}, d.did("sales %s %d %s %d", q.State, q.Nozzle, q.Before, q.Limit)
}

func (d *desk) Sale(_ context.Context, _ id.Station, s id.Sale) (wire.Sale, error) {
	return wire.Sale{ID: s}, d.did("sale %s", s)
}

func (d *desk) Pay(_ context.Context, who staff.Actor, key id.Command, s id.Sale, req wire.PayRequest) (wire.Sale, error) {
	return wire.Sale{ID: s, State: wire.SalePaid}, d.did("pay %s %s %s %d %d by %s", key, s, req.Tender, req.Due, req.Tendered, who.Number)
}

func (d *desk) Resolve(_ context.Context, _ staff.Actor, key id.Command, s id.Sale, req wire.ResolveRequest) (wire.Sale, error) {
	return wire.Sale{ID: s}, d.did("resolve %s %s %s", key, s, req.Act)
}

func (d *desk) Authorize(_ context.Context, _ staff.Actor, key id.Command, n int, req wire.AuthorizeRequest) (wire.Authorization, error) {
	return wire.Authorization{}, d.did("authorize %s %d %s", key, n, req.Preset.Kind)
}

func (d *desk) SetHold(_ context.Context, _ staff.Actor, key id.Command, n int, req wire.HoldRequest) (wire.Done, error) {
	return wire.Done{Command: key}, d.did("hold %s %d %s", key, n, req.Hold)
}

func (d *desk) SetHoldAll(_ context.Context, _ staff.Actor, key id.Command, req wire.HoldRequest) (wire.Done, error) {
	return wire.Done{Command: key}, d.did("hold all %s %s", key, req.Hold)
}

func (d *desk) SetMode(_ context.Context, _ staff.Actor, key id.Command, n int, req wire.ModeRequest) (wire.Done, error) {
	return wire.Done{Command: key}, d.did("mode %s %d %s", key, n, req.Mode)
}

func (d *desk) SetPrices(_ context.Context, _ staff.Actor, key id.Command, req wire.PriceRequest) (wire.Done, error) {
	return wire.Done{Command: key}, d.did("prices %s %v", key, req.Prices)
}

func (d *desk) Prices(context.Context, id.Station) (wire.PriceBoard, error) {
	return wire.PriceBoard{Prices: []wire.GradePrice{{Grade: "92#", Price: 750}}, Nozzles: []wire.NozzlePrice{}}, d.did("look at prices")
}

func (d *desk) Proofs(context.Context, id.Station) ([]wire.NozzleProof, error) {
	return []wire.NozzleProof{{Nozzle: 3, First: 1_000_000, Last: 1_040_780, Booked: 13_600, Quarantined: 27_180, Sales: 2}}, d.did("look at proofs")
}

// site is the API with everything around it.
type site struct {
	t        testing.TB
	api      http.Handler
	inside   *api
	people   *people
	desk     *desk
	log      *bytes.Buffer
	metrics  *prometheus.Registry
	down     error // of the database
	stations []StationHealth
	boardErr error
	booth    *admission.Booth
	now      time.Time
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, desk: &desk{}, log: &bytes.Buffer{}, metrics: prometheus.NewRegistry(), now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}
	chance := rand.NewChaCha8([32]byte{4})
	makes := id.NewMaker(func() time.Time { return s.now }, chance)
	station := id.New[id.Station](makes)
	till := func(kind wire.DeviceKind) device.Actor {
		return device.Actor{Device: id.New[id.Device](makes), Kind: kind, Name: "till 1", Station: station}
	}
	s.people = &people{station: station, till: till(wire.DeviceTill), other: till(wire.DeviceTill), pumpd: till(wire.DevicePumpd), desk: s.desk}
	s.booth = admission.New(func() time.Time { return s.now }, chance)
	requests := 0
	s.inside = assemble(Deps{
		Staff:   staffStore{s.people},
		Devices: deviceStore{s.people},
		Tickets: s.booth,
		Desk:    s.desk,
		People:  crew{s.desk},
		Refused: func(_ context.Context, who staff.Actor, action staff.Action, object string) {
			s.people.refused = append(s.people.refused, fmt.Sprintf("%s %s %s", who.Number, action, object))
		},
		Members:    memberStore{s.people},
		Driver:     talk{s.desk},
		Support:    talk{s.desk},
		Media:      shelf{s.desk},
		Segments:   chooser{s.desk},
		Places:     atlas{s.desk},
		Security:   guardian{s.desk},
		Backups:    keeper{s.desk},
		MemberDesk: memberBook{s.desk},
		Self:       memberBook{s.desk},
		Records:    ledger{s.desk},
		Evidence:   witness{s.desk},
		Live:       http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
		CA:         "-----BEGIN CERTIFICATE-----",
		SignedOut:  func(id.Device, id.Staff) { s.people.out = append(s.people.out, "sockets") },
		MemberSignedOut: func(_ context.Context, who id.Member) {
			s.people.out = append(s.people.out, "sockets of "+who.String())
		},
		Ping:         func(context.Context) error { return s.down },
		Stations:     func(context.Context) ([]StationHealth, error) { return s.stations, s.boardErr },
		Version:      "test",
		Metrics:      s.metrics,
		NewRequestID: func() string { requests++; return fmt.Sprintf("request-%d", requests) },
		Now:          func() time.Time { return s.now },
		Log:          slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	s.serve()
	return s
}

func (s *site) serve() { s.api = s.inside.around(http.HandlerFunc(s.inside.route)) }

// rebuild is the same site with other dependencies.
func (s *site) rebuild(d Deps) {
	s.inside = assemble(d)
	s.serve()
}

// call is a request by a role ("" nobody, "pumpd" or "till" a device alone,
// "driver" a member, "driver at a till" one with a till's token beside).
func (s *site) call(as, method, path, body string, change ...func(*http.Request)) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	switch as {
	case "":
	case "pumpd":
		r.Header.Set("Authorization", "Bearer "+pumpdToken)
	case "till":
		r.Header.Set("Authorization", "Bearer "+tillToken)
		r.Header.Set(wire.HeaderDevice, tillToken)
	case "driver":
		r.Header.Set("Authorization", "Bearer "+driverToken)
	case "driver at a till":
		r.Header.Set("Authorization", "Bearer "+driverToken)
		r.Header.Set(wire.HeaderDevice, tillToken)
	default:
		r.Header.Set("Authorization", "Bearer "+sessionToken(wire.Role(as)))
		r.Header.Set(wire.HeaderDevice, tillToken)
	}
	if method != http.MethodGet {
		r.Header.Set(wire.HeaderIdempotencyKey, aKey)
	}
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return w.Result()
}

const (
	aKey  = "01J0000000000000000000000K"
	aSale = "01J0000000000000000000000A"
)

// problem reads an answer that has to be one.
func problem(t testing.TB, r *http.Response) wire.Problem {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p wire.Problem
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatalf("%d %s: %v", r.StatusCode, text, err)
	}
	if r.Header.Get("Content-Type") != "application/problem+json" || p.Status != r.StatusCode || p.Title == "" ||
		p.Instance == "" || p.Instance != r.Header.Get("Request-Id") {
		t.Errorf("answered %d %s %s", r.StatusCode, r.Header.Get("Content-Type"), text)
	}
	return p
}
