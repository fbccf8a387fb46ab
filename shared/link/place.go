package link

import (
	"context"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Offers reads the station's offers that have not ended, the one that begins
// last first.
func (c *Client) Offers(ctx context.Context) (wire.OfferList, error) {
	return call[wire.OfferList](ctx, &c.caller, get("v1", "offers"))
}

// AddOffer makes an offer.
func (c *Client) AddOffer(ctx context.Context, key id.Command, offer wire.OfferRequest) (wire.Offer, error) {
	return command[wire.Offer](ctx, &c.caller, key, post("v1", "offers").with(offer))
}

// EndOffer ends an offer now. Ending it twice is no error.
func (c *Client) EndOffer(ctx context.Context, key id.Command, offer id.Offer) (wire.Offer, error) {
	return command[wire.Offer](ctx, &c.caller, key, post("v1", "offers", offer.String(), "end"))
}

// Site reads the station's name and where it is.
func (c *Client) Site(ctx context.Context) (wire.Site, error) {
	return call[wire.Site](ctx, &c.caller, get("v1", "site"))
}

// SetSite says what the station's name is and where it is.
func (c *Client) SetSite(ctx context.Context, key id.Command, site wire.Site) (wire.Site, error) {
	return command[wire.Site](ctx, &c.caller, key, put("v1", "site").with(site))
}

// CountQueue says how many cars wait, and reads the queue as drivers see it.
func (c *Client) CountQueue(ctx context.Context, key id.Command, count wire.QueueCount) (wire.Queue, error) {
	return command[wire.Queue](ctx, &c.caller, key, put("v1", "station", "queue").with(count))
}
