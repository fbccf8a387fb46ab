package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/admission"
	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Bounds of what anybody may ask of stations, per address. An honest home page
// asks every few seconds at most, but a mobile network puts very many phones
// behind one address.
const (
	placeTries = 120
	placeEvery = 100 * time.Millisecond
	// A guest takes one ticket a socket, and sockets last.
	guestTries = 60
	guestEvery = time.Second
)

// Places is what is asked of package flow about stations as drivers see them:
// by anybody, and by those who say what is seen.
type Places interface {
	StationCards(ctx context.Context) ([]wire.StationCard, error)
	StationCard(ctx context.Context, which id.Station) (wire.StationCard, error)
	PriceHistory(ctx context.Context, which id.Station, limit int) (wire.PriceHistory, error)

	Offers(ctx context.Context, at id.Station) (wire.OfferList, error)
	AddOffer(ctx context.Context, who staff.Actor, key id.Command, req wire.OfferRequest) (wire.Offer, error)
	EndOffer(ctx context.Context, who staff.Actor, key id.Command, which id.Offer) (wire.Offer, error)
	Site(ctx context.Context, at id.Station) (wire.Site, error)
	SetSite(ctx context.Context, who staff.Actor, key id.Command, req wire.Site) (wire.Site, error)
	CountQueue(ctx context.Context, who staff.Actor, key id.Command, req wire.QueueCount) (wire.Queue, error)
}

// stations registers what anybody may know of stations, and who says it.
func (a *api) stations() {
	asks := newLimiter(placeTries, placeEvery, a.deps.Now)
	anyone(a, asks, driverOp("stations", http.MethodGet, "/stations", "List the stations, each with its prices, queue and offers"),
		func(ctx context.Context, _ *struct{}) ([]wire.StationCard, error) {
			cards, err := a.deps.Places.StationCards(ctx)
			if cards == nil {
				cards = []wire.StationCard{} // a list, also when it is empty
			}
			return cards, err
		})
	anyone(a, asks, driverOp("station", http.MethodGet, "/stations/{station}", "Look at one station"),
		func(ctx context.Context, in *OneStation) (wire.StationCard, error) {
			return a.deps.Places.StationCard(ctx, in.Station)
		})
	anyone(a, asks, driverOp("stationPrices", http.MethodGet, "/stations/{station}/prices", "Read how a station's prices changed, newest first"),
		func(ctx context.Context, in *historyInput) (wire.PriceHistory, error) {
			return a.deps.Places.PriceHistory(ctx, in.Station, in.Limit)
		})
	guests := newLimiter(guestTries, guestEvery, a.deps.Now)
	op := driverOp("guestTicket", http.MethodPost, "/guest-tickets", "Take a ticket for one socket without signing in, good for seconds")
	op.Description = "The socket may follow the channels of stations and no others."
	anyone(a, guests, op, func(context.Context, *struct{}) (wire.Ticket, error) {
		return a.deps.Tickets.Issue(admission.Holder{Guest: true})
	})
	a.offers()
	a.place()
}

// anyone registers an operation that needs no session, bounded by address.
func anyone[I, O any](a *api, asks *limiter, op huma.Operation, do func(context.Context, *I) (O, error)) {
	op.Middlewares = huma.Middlewares{a.once(asks)}
	register(a, op, do)
}

// offers registers what a station's head says it offers.
func (a *api) offers() {
	person(a, officeOp("offers", http.MethodGet, "/v1/offers", "List the station's offers that have not ended"), staff.EditOffers,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.OfferList, error) {
			return a.deps.Places.Offers(ctx, who.Station)
		})
	person(a, officeOp("addOffer", http.MethodPost, "/v1/offers", "Offer something to every driver"), staff.EditOffers,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *addOfferInput) (wire.Offer, error) {
			return a.deps.Places.AddOffer(ctx, who, key, in.Body)
		}))
	person(a, officeOp("endOffer", http.MethodPost, "/v1/offers/{offer}/end", "End an offer before its time"), staff.EditOffers,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *offerCommand) (wire.Offer, error) {
			return a.deps.Places.EndOffer(ctx, who, key, in.Offer)
		}))
}

// place registers where the station is and how many wait there.
func (a *api) place() {
	person(a, officeOp("site", http.MethodGet, "/v1/site", "Look at the station's name and where it is"), staff.EditSite,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.Site, error) {
			return a.deps.Places.Site(ctx, who.Station)
		})
	person(a, officeOp("setSite", http.MethodPut, "/v1/site", "Say what the station's name is and where it is"), staff.EditSite,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *siteInput) (wire.Site, error) {
			return a.deps.Places.SetSite(ctx, who, key, in.Body)
		}))
	person(a, officeOp("countQueue", http.MethodPut, "/v1/station/queue", "Say how many cars wait for a nozzle"), staff.CountQueue,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *queueInput) (wire.Queue, error) {
			return a.deps.Places.CountQueue(ctx, who, key, in.Body)
		}))
}

// OneStation is the station in an address.
type OneStation struct {
	Station id.Station `path:"station" doc:"The station's id."`
}

// OneOffer is the offer in an address.
type OneOffer struct {
	Offer id.Offer `path:"offer" doc:"The offer's id."`
}

type historyInput struct {
	OneStation
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"100" doc:"At most so many."`
}

type (
	addOfferInput struct {
		Keyed
		Body wire.OfferRequest
	}
	offerCommand struct {
		Keyed
		OneOffer
	}
	siteInput struct {
		Keyed
		Body wire.Site
	}
	queueInput struct {
		Keyed
		Body wire.QueueCount
	}
)
