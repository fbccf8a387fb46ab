package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var (
	_ Places = (*flow.Flow)(nil)
	_ Places = atlas{}
)

const (
	aStation = "01J0000000000000000000000P"
	anOffer  = "01J0000000000000000000000F"
	aGift    = `{"kind":"gift","title":"送水","from":"2026-11-22T00:00:00Z","until":"2026-11-29T00:00:00Z"}`
	aPlace   = `{"name":"示范","place":{"latitude_e6":25040600,"longitude_e6":102712251}}`
)

// atlas answers what is asked of stations, and remembers it where the desk
// does.
type atlas struct{ *desk }

func (a atlas) StationCards(context.Context) ([]wire.StationCard, error) {
	return nil, a.did("stations")
}

func (a atlas) StationCard(_ context.Context, which id.Station) (wire.StationCard, error) {
	return wire.StationCard{ID: which}, a.did("station %s", which)
}

func (a atlas) PriceHistory(_ context.Context, which id.Station, limit int) (wire.PriceHistory, error) {
	return wire.PriceHistory{}, a.did("prices %s %d", which, limit)
}

func (a atlas) Offers(context.Context, id.Station) (wire.OfferList, error) {
	return wire.OfferList{Offers: []wire.Offer{}}, a.did("offers")
}

func (a atlas) AddOffer(_ context.Context, who staff.Actor, key id.Command, req wire.OfferRequest) (wire.Offer, error) {
	return wire.Offer{}, a.did("offer %s %s %s %s", who.Number, key, req.Kind, req.Title)
}

func (a atlas) EndOffer(_ context.Context, who staff.Actor, key id.Command, which id.Offer) (wire.Offer, error) {
	return wire.Offer{}, a.did("end offer %s %s %s", who.Number, key, which)
}

func (a atlas) Site(context.Context, id.Station) (wire.Site, error) {
	return wire.Site{}, a.did("site")
}

func (a atlas) SetSite(_ context.Context, who staff.Actor, key id.Command, req wire.Site) (wire.Site, error) {
	return req, a.did("set site %s %s %s %d", who.Number, key, req.Name, req.Place.LatitudeE6)
}

func (a atlas) CountQueue(_ context.Context, who staff.Actor, key id.Command, req wire.QueueCount) (wire.Queue, error) {
	return wire.Queue{Waiting: req.Waiting}, a.did("count %s %s %d", who.Number, key, req.Waiting)
}

func placeRoutes() []route {
	return []route{
		{method: "GET", path: "/v1/offers", action: staff.EditOffers, call: "offers"},
		{method: "POST", path: "/v1/offers", body: aGift, action: staff.EditOffers, call: "offer 2001 " + aKey + " gift 送水"},
		{method: "POST", path: "/v1/offers/" + anOffer + "/end", action: staff.EditOffers, call: "end offer 2001 " + aKey + " " + anOffer},
		{method: "GET", path: "/v1/site", action: staff.EditSite, call: "site"},
		{method: "PUT", path: "/v1/site", body: aPlace, action: staff.EditSite, call: "set site 2001 " + aKey + " 示范 25040600"},
		{method: "PUT", path: "/v1/station/queue", body: `{"waiting":3}`, action: staff.CountQueue, call: "count 2001 " + aKey + " 3"},
	}
}

// TestS005AnybodyMayLookAtStations: no session is asked for, and a wrong one
// spoils nothing.
func TestS005AnybodyMayLookAtStations(t *testing.T) {
	for path, call := range map[string]string{
		"/v1/driver/stations":                                 "stations",
		"/v1/driver/stations/" + aStation:                     "station " + aStation,
		"/v1/driver/stations/" + aStation + "/prices":         "prices " + aStation + " 100",
		"/v1/driver/stations/" + aStation + "/prices?limit=7": "prices " + aStation + " 7",
	} {
		for _, as := range append(everyone(), "nobody known") {
			s := newSite(t)
			got := s.call(as, "GET", path, "")
			if got.StatusCode != http.StatusOK || len(s.desk.calls) != 1 || s.desk.calls[0] != call {
				t.Errorf("%s as %q: %d, heard %q", path, as, got.StatusCode, s.desk.calls)
			}
		}
	}
	s := newSite(t)
	if cards := read[[]wire.StationCard](t, s.call("", "GET", "/v1/driver/stations", "")); cards == nil {
		t.Error("no stations are no list")
	}
	for _, path := range []string{"/v1/driver/stations/one", "/v1/driver/stations/" + aStation + "/prices?limit=101", "/v1/driver/stations?near=me"} {
		if p := problem(t, s.call("", "GET", path, "")); p.Status != http.StatusUnprocessableEntity && p.Status != http.StatusBadRequest {
			t.Errorf("%s: %v", path, p)
		}
	}
}

func TestLookingIsLimitedByAddress(t *testing.T) {
	for name, c := range map[string]struct {
		method, path string
		tries        int
	}{
		"stations": {"GET", "/v1/driver/stations", placeTries},
		"guests":   {"POST", "/v1/driver/guest-tickets", guestTries},
	} {
		s := newSite(t)
		from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }
		for i := range c.tries {
			if got := s.call("", c.method, c.path, "", from(fmt.Sprintf("10.0.0.7:%d", 1000+i))); got.StatusCode != http.StatusOK {
				t.Fatalf("%s: try %d answered %d", name, i+1, got.StatusCode)
			}
		}
		if p := problem(t, s.call("", c.method, c.path, "", from("10.0.0.7:9999"))); p.Type != wire.ProblemTooMany {
			t.Errorf("%s: %v", name, p)
		}
		if got := s.call("", c.method, c.path, "", from("10.0.0.8:9999")); got.StatusCode != http.StatusOK {
			t.Errorf("%s: another address: %d", name, got.StatusCode)
		}
	}
}

func TestAGuestTicketIsNobodys(t *testing.T) {
	for _, as := range []string{"", "driver", "head"} {
		s := newSite(t)
		ticket := read[wire.Ticket](t, s.call(as, "POST", "/v1/driver/guest-tickets", ""))
		holder, ok := s.booth.Spend(ticket.Ticket)
		if !ok || !holder.Guest || holder.Driver != nil || holder.Staff != nil || !holder.Device.Device.IsZero() {
			t.Errorf("a ticket as %q for %+v", as, holder)
		}
	}
}

// What the schema says of places, offers and counts holds.
func TestPlacesThatAreNoneAreRefusedBeforeTheFlow(t *testing.T) {
	for body, path := range map[string]string{
		`{"waiting":-1}`:  "PUT /v1/station/queue",
		`{"waiting":100}`: "PUT /v1/station/queue",
		`{"waiting":1.5}`: "PUT /v1/station/queue",
		`{}`:              "PUT /v1/station/queue",
		`{"name":""}`:     "PUT /v1/site",
		`{"name":"x","place":{"latitude_e6":90000001,"longitude_e6":0}}`:                              "PUT /v1/site",
		`{"name":"x","place":{"latitude_e6":25.5,"longitude_e6":0}}`:                                  "PUT /v1/site",
		`{"kind":"lottery","title":"x","from":"2026-11-22T00:00:00Z","until":"2026-11-29T00:00:00Z"}`: "POST /v1/offers",
		`{"kind":"gift","title":"","from":"2026-11-22T00:00:00Z","until":"2026-11-29T00:00:00Z"}`:     "POST /v1/offers",
		`{"kind":"gift","title":"x"}`: "POST /v1/offers",
		`{"kind":"gift","title":"x","from":"tomorrow","until":"2026-11-29T00:00:00Z"}`: "POST /v1/offers",
	} {
		var method, where string
		if _, err := fmt.Sscan(path, &method, &where); err != nil {
			t.Fatal(err)
		}
		s := newSite(t)
		if p := problem(t, s.call("head", method, where, body)); p.Status != 422 && p.Status != 400 || len(s.desk.calls) != 0 {
			t.Errorf("%s %s: %v, heard %q", path, body, p, s.desk.calls)
		}
	}
}
