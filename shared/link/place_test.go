package link

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestEveryCallAboutThePlaceGoesWhereItsContractSays(t *testing.T) {
	ctx := t.Context()
	key, offer := id.New[id.Command](testIDs), id.New[id.Offer](testIDs)
	k, noon := key.String(), time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	checkCalls(t, []officeCall{
		{"offers", func(c *Client) (any, error) { return c.Offers(ctx) }, seenRequest{Method: "GET", Path: "/v1/offers"}},
		{"add offer", func(c *Client) (any, error) {
			return c.AddOffer(ctx, key, wire.OfferRequest{Kind: wire.OfferRecharge, Title: "充500送30", From: noon, Until: noon.AddDate(0, 0, 1)})
		}, seenRequest{
			Method: "POST", Path: "/v1/offers", Key: k,
			Body: `{"kind":"recharge","title":"充500送30","from":"2026-11-22T04:00:00Z","until":"2026-11-23T04:00:00Z"}`,
		}},
		{
			"end offer", func(c *Client) (any, error) { return c.EndOffer(ctx, key, offer) },
			seenRequest{Method: "POST", Path: "/v1/offers/" + offer.String() + "/end", Key: k},
		},
		{"site", func(c *Client) (any, error) { return c.Site(ctx) }, seenRequest{Method: "GET", Path: "/v1/site"}},
		{"set site", func(c *Client) (any, error) {
			return c.SetSite(ctx, key, wire.Site{Name: "示范", Place: &wire.Place{LatitudeE6: 25_040_600, LongitudeE6: 102_712_251}})
		}, seenRequest{
			Method: "PUT", Path: "/v1/site", Key: k,
			Body: `{"name":"示范","place":{"latitude_e6":25040600,"longitude_e6":102712251}}`,
		}},
		{
			"count queue", func(c *Client) (any, error) { return c.CountQueue(ctx, key, wire.QueueCount{Waiting: 3}) },
			seenRequest{Method: "PUT", Path: "/v1/station/queue", Key: k, Body: `{"waiting":3}`},
		},
	})
}

// What anybody may ask is asked without a session, also by somebody who has
// one: it may have ended.
func TestS005StationsAreAskedWithoutASession(t *testing.T) {
	ctx, station := t.Context(), id.New[id.Station](testIDs)
	one := "/v1/driver/stations/" + station.String()
	for name, tt := range map[string]struct {
		call func(*Driver) error
		want seenRequest
	}{
		"station":    {ask(func(d *Driver) (any, error) { return d.Station(ctx, station) }), seenRequest{Method: "GET", Path: one}},
		"prices":     {ask(func(d *Driver) (any, error) { return d.StationPrices(ctx, station, 7) }), seenRequest{Method: "GET", Path: one + "/prices?limit=7"}},
		"all prices": {ask(func(d *Driver) (any, error) { return d.StationPrices(ctx, station, 0) }), seenRequest{Method: "GET", Path: one + "/prices"}},
		"ticket":     {ask(func(d *Driver) (any, error) { return d.GuestTicket(ctx) }), seenRequest{Method: "POST", Path: "/v1/driver/guest-tickets"}},
	} {
		for _, token := range []string{"", "fcd_token"} {
			d, seen := driverRecorder(t, struct{}{})
			if token != "" {
				d.Resume(token)
			}
			if err := tt.call(d); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, *seen); diff != "" {
				t.Errorf("%s with session %q: %s", name, token, diff)
			}
		}
	}
}

// A guest's socket takes its ticket where guests do; the member's own goes on
// taking theirs.
func TestAGuestsSocket(t *testing.T) {
	d := connects(t, "POST /v1/driver/guest-tickets", (*Driver).GuestLive)
	if own := d.Live(LiveOptions{Handler: newTape()}).way.tickets.path; own[len(own)-1] != "tickets" {
		t.Errorf("a member's ticket is taken at %v", own)
	}
}
