package link

import (
	"context"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// anybody is the address of something that needs no session: none is shown,
// so that one that has ended spoils nothing.
func anybody(r request) request {
	r.login = true
	return r
}

// Stations lists the stations, for anybody.
func (d *Driver) Stations(ctx context.Context) ([]wire.StationCard, error) {
	return call[[]wire.StationCard](ctx, &d.caller, anybody(atDriver(get, "stations")))
}

// Station reads one station, for anybody.
func (d *Driver) Station(ctx context.Context, s id.Station) (wire.StationCard, error) {
	return call[wire.StationCard](ctx, &d.caller, anybody(atDriver(get, "stations", s.String())))
}

// StationPrices reads the last changes of a station's prices, at most limit
// (zero leaves it to the hub), newest first, for anybody.
func (d *Driver) StationPrices(ctx context.Context, s id.Station, limit int) (wire.PriceHistory, error) {
	r := atDriver(get, "stations", s.String(), "prices").where(selected("limit", number(limit)))
	return call[wire.PriceHistory](ctx, &d.caller, anybody(r))
}

// GuestTicket takes a ticket for one socket of nobody in particular, which may
// follow what every driver sees of stations.
func (d *Driver) GuestTicket(ctx context.Context) (wire.Ticket, error) {
	return call[wire.Ticket](ctx, &d.caller, guestTickets())
}

func guestTickets() request { return anybody(atDriver(post, "guest-tickets")) }

// GuestLive is Live for somebody who is not signed in: it may follow the
// channels of stations (wire.PublicStation) and no others.
func (d *Driver) GuestLive(opts LiveOptions) *Live {
	guest := d.access
	guest.tickets = guestTickets()
	return guest.Live(opts)
}
