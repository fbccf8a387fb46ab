package httpapi

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var (
	_ Records = (*flow.Flow)(nil)
	_ Records = ledger{}
)

// ledger is what a driver fuelled, in memory: it remembers what was asked.
type ledger struct{ *desk }

// times writes bounds in one form, whatever zone they came in.
func times(from, until time.Time) string {
	var parts []string
	for _, t := range []time.Time{from, until} {
		part := "-"
		if !t.IsZero() {
			part = t.UTC().Format(time.RFC3339Nano)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

func (d ledger) Orders(_ context.Context, who member.Actor, ask flow.OrderQuery) (wire.OrderList, error) {
	return wire.OrderList{}, d.did("orders %s %s %d %s", who.Number, ask.Before, ask.Limit, times(ask.From, ask.Until))
}

func (d ledger) NoteTrip(_ context.Context, who member.Actor, which id.Sale, noted wire.Trip) (wire.Order, error) {
	return wire.Order{}, d.did("trip %s %s %s %d %v", who.Number, which, noted.Vehicle, noted.Odometer, noted.Full)
}

func (d ledger) Consumption(_ context.Context, who member.Actor, ask flow.ConsumptionQuery) (wire.Consumption, error) {
	return wire.Consumption{}, d.did("consumption %s %s %s", who.Number, ask.Vehicle, times(ask.From, ask.Until))
}

func (d ledger) MyNotices(_ context.Context, who member.Actor) (wire.NoticeList, error) {
	return wire.NoticeList{}, d.did("notices %s", who.Number)
}

// recordRoutes is what drivers ask about what they fuelled.
func recordRoutes() []route {
	const trip = "/v1/driver/orders/" + aSale + "/trip"
	const bounds = "from=2026-11-01T00:00:00%2B08:00&until=2026-12-01T00:00:00.5Z"
	const bounded = "2026-10-31T16:00:00Z 2026-12-01T00:00:00.5Z"
	return []route{
		{method: "GET", path: "/v1/driver/orders?before=" + aSale + "&limit=3", call: "orders M000007 " + aSale + " 3 - -"},
		{method: "GET", path: "/v1/driver/orders", call: "orders M000007  20 - -"},
		{method: "GET", path: "/v1/driver/orders?" + bounds, call: "orders M000007  20 " + bounded},
		{method: "PUT", path: trip, body: `{"vehicle":"` + aVehicle + `","odometer_km":12345,"full":true}`, call: "trip M000007 " + aSale + " " + aVehicle + " 12345 true"},
		{method: "PUT", path: trip, body: `{"full":false}`, call: "trip M000007 " + aSale + "  0 false"},
		{method: "GET", path: "/v1/driver/consumption", call: "consumption M000007  - -"},
		{method: "GET", path: "/v1/driver/consumption?vehicle=" + aVehicle + "&" + bounds, call: "consumption M000007 " + aVehicle + " " + bounded},
		{method: "GET", path: "/v1/driver/notices", call: "notices M000007"},
	}
}

// TestWhatCannotBeARecordIsRefused before anything is asked of flow.
func TestWhatCannotBeARecordIsRefused(t *testing.T) {
	const trip = "/v1/driver/orders/" + aSale + "/trip"
	for name, r := range map[string]route{
		"a day is no time":         {method: "GET", path: "/v1/driver/orders?from=2026-11-01"},
		"too many":                 {method: "GET", path: "/v1/driver/orders?limit=51"},
		"an unknown bound":         {method: "GET", path: "/v1/driver/consumption?since=2026-11-01T00:00:00Z"},
		"no vehicle's name":        {method: "GET", path: "/v1/driver/consumption?vehicle=x"},
		"an odometer below zero":   {method: "PUT", path: trip, body: `{"vehicle":"` + aVehicle + `","odometer_km":-1,"full":true}`},
		"an odometer beyond all":   {method: "PUT", path: trip, body: `{"vehicle":"` + aVehicle + `","odometer_km":10000000,"full":true}`},
		"whether full is not said": {method: "PUT", path: trip, body: `{"vehicle":"` + aVehicle + `"}`},
		"no sale's name":           {method: "PUT", path: "/v1/driver/orders/x/trip", body: `{"full":true}`},
	} {
		s := newSite(t)
		if p := problem(t, s.call("driver", r.method, r.path, r.body)); p.Type != wire.ProblemBadRequest || len(s.desk.calls) != 0 {
			t.Errorf("%s: %v, heard %q", name, p, s.desk.calls)
		}
	}
}

// TestAnOdometerIsNotLogged: the refusal tells its member the nearest readings,
// and the hub's own log nothing of them.
func TestAnOdometerIsNotLogged(t *testing.T) {
	s := newSite(t)
	s.desk.fail = wire.NewProblem(wire.ProblemTripRefused, "9000 km; before: 10750 km")
	got := s.call("driver", http.MethodPut, "/v1/driver/orders/"+aSale+"/trip", `{"vehicle":"`+aVehicle+`","odometer_km":9000,"full":true}`)
	if p := problem(t, got); p.Type != wire.ProblemTripRefused || !strings.Contains(p.Detail, "10750 km") {
		t.Errorf("the member is told %+v", p)
	}
	if text := s.log.String(); strings.Contains(text, "10750") || strings.Contains(text, "9000") || !strings.Contains(text, "trip-refused") {
		t.Errorf("the log says %s", text)
	}
}
