package flow

import (
	"context"
	"fmt"
	"time"

	"forecourt/hub/internal/domain/offer"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/domain/watch"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Names of acts in the log and of commands.
const (
	actionSiteSet    = "site.set"
	actionQueueCount = "queue.count"
	objectStation    = "station"
)

// maxWaitingCars bounds a count: more do not fit in front of a station.
const maxWaitingCars = 99

// OnForecourt has the boards asked: view for what every driver sees of a
// station now and when it was last heard of (zero while it is not), count to
// keep how many cars wait there. Call it before the Flow is used.
func (f *Flow) OnForecourt(
	view func(ctx context.Context, s id.Station) (wire.StationSnap, time.Time, error),
	count func(ctx context.Context, s id.Station, waiting int) (wire.Queue, error),
) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.view, f.hooks.count = view, count
}

// OnSite has fn called with the station and its name after every commit that
// changed what is said of it. fn must not block. Call it before the Flow is
// used.
func (f *Flow) OnSite(fn func(s id.Station, name string)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.sites = append(f.hooks.sites, fn)
}

// sited calls the functions of OnSite.
func (f *Flow) sited(s id.Station, name string) {
	f.mu.Lock()
	fns := f.hooks.sites
	f.mu.Unlock()
	for _, fn := range fns {
		fn(s, name)
	}
}

// view asks the board of a station. One that cannot be asked knows nothing:
// its station is shown all the same.
func (f *Flow) view(ctx context.Context, s id.Station) (wire.StationSnap, time.Time) {
	f.mu.Lock()
	fn := f.hooks.view
	f.mu.Unlock()
	if fn != nil {
		snap, seen, err := fn(ctx, s)
		if err == nil {
			return snap, seen
		}
		f.Log.Debug("a board was not asked what drivers see", "station", s, "error", err)
	}
	return wire.StationSnap{Pumps: []wire.Pump{}, Queue: wire.Queue{Grades: []wire.GradeQueue{}}}, time.Time{}
}

// StationCards lists the stations as drivers choose them, by the order of
// their setting up: nobody has to be known to be told.
func (f *Flow) StationCards(ctx context.Context) ([]wire.StationCard, error) {
	var sites []station.Sited
	var offers map[id.Station][]wire.Offer
	err := f.read(ctx, "listing the stations", func(ctx context.Context, q reader) (err error) {
		if sites, err = station.Sites(ctx, q); err != nil {
			return err
		}
		offers, err = offer.InForce(ctx, q, f.now())
		return err
	})
	if err != nil {
		return nil, err
	}
	cards := make([]wire.StationCard, len(sites))
	for i, s := range sites {
		if cards[i], err = f.stationCard(ctx, s, offers[s.ID]); err != nil {
			return nil, err
		}
	}
	return cards, nil
}

// StationCard reads one station as drivers choose it.
func (f *Flow) StationCard(ctx context.Context, which id.Station) (wire.StationCard, error) {
	s := station.Sited{ID: which}
	var offers []wire.Offer
	err := f.read(ctx, "reading a station", func(ctx context.Context, q reader) (err error) {
		if s.Site, err = station.SiteOf(ctx, q, which); err != nil {
			return problemOf(err)
		}
		offers, err = offer.InForceAt(ctx, q, which, f.now())
		return err
	})
	if err != nil {
		return wire.StationCard{}, err
	}
	return f.stationCard(ctx, s, offers)
}

// stationCard puts a card together. The prices are the board's; before it was
// told any they are read.
func (f *Flow) stationCard(ctx context.Context, s station.Sited, offers []wire.Offer) (wire.StationCard, error) {
	snap, seen := f.view(ctx, s.ID)
	card := wire.StationCard{
		ID: s.ID, Name: s.Site.Name, City: s.Site.City, Address: s.Site.Address, Phone: s.Site.Phone, Place: s.Site.Place,
		Tariff: snap.Tariff, Queue: snap.Queue, Pumps: snap.Pumps, Offers: offers, SeenAt: moment(seen),
	}
	if card.Offers == nil {
		card.Offers = []wire.Offer{}
	}
	if len(card.Tariff.Prices) > 0 {
		return card, nil
	}
	prices, err := f.Prices(ctx, s.ID)
	card.Tariff = wire.Tariff{Since: prices.Since, Prices: prices.Prices}
	return card, err
}

// PriceHistory reads the last changes of a station's prices, at most limit,
// newest first.
func (f *Flow) PriceHistory(ctx context.Context, which id.Station, limit int) (wire.PriceHistory, error) {
	if limit <= 0 || limit > wire.MaxPriceChanges {
		limit = wire.MaxPriceChanges
	}
	var history wire.PriceHistory
	err := f.read(ctx, "reading the history of prices", func(ctx context.Context, q reader) (err error) {
		if _, err = station.SiteOf(ctx, q, which); err != nil {
			return problemOf(err)
		}
		history.Changes, err = station.History(ctx, q, which, limit)
		return err
	})
	return history, err
}

// Site reads a station's name and where it is.
func (f *Flow) Site(ctx context.Context, at id.Station) (wire.Site, error) {
	site, err := station.SiteOf(ctx, f.DB, at)
	return site, problemOf(err)
}

// SetSite says what the caller's station is called and where it is.
func (f *Flow) SetSite(ctx context.Context, who staff.Actor, key id.Command, req wire.Site) (wire.Site, error) {
	clean, err := station.CleanSite(req)
	if err != nil {
		return wire.Site{}, bad("%v", err)
	}
	c := command{actor: who, key: key, name: actionSiteSet, action: staff.EditSite, request: clean}
	c.audit.Object, c.audit.Note = objectStation, clean.Name
	site, _, err := perform(ctx, f, c, effect[wire.Site]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Site, []outbox.Event, error) {
			if _, err := station.Lock(ctx, tx, who.Station); err != nil {
				return wire.Site{}, nil, problemOf(err)
			}
			tx.AfterCommit(func() { f.sited(who.Station, clean.Name) })
			return clean, nil, station.SetSite(ctx, tx, who.Station, clean)
		},
	})
	return site, err
}

// CountQueue says how many cars wait at the caller's station, and answers with
// the queue as drivers see it from then on. The count is kept by the board, for
// a while; a repeat counts nothing anew.
func (f *Flow) CountQueue(ctx context.Context, who staff.Actor, key id.Command, req wire.QueueCount) (wire.Queue, error) {
	if req.Waiting < 0 || req.Waiting > maxWaitingCars {
		return wire.Queue{}, bad("waiting has to be 0 to %d", maxWaitingCars)
	}
	c := command{actor: who, key: key, name: actionQueueCount, action: staff.CountQueue, request: req}
	c.audit.Object, c.audit.Note = objectStation, fmt.Sprintf("waiting %d", req.Waiting)
	_, repeat, err := perform(ctx, f, c, effect[wire.QueueCount]{
		do: func(context.Context, *mysql.Tx) (wire.QueueCount, []outbox.Event, error) { return req, nil, nil },
	})
	if err != nil {
		return wire.Queue{}, err
	}
	f.mu.Lock()
	count := f.hooks.count
	f.mu.Unlock()
	if repeat || count == nil {
		snap, _ := f.view(ctx, who.Station)
		return snap.Queue, nil
	}
	return count(ctx, who.Station, req.Waiting)
}

// Mispriced is a nozzle that shows another price than the one in force.
type Mispriced struct {
	// Station and Nozzle are where.
	Station id.Station
	Nozzle  int
	// Shown is what the dispenser shows, InForce what it should.
	Shown, InForce unit.FenPerLitre
	// At is when it was found.
	At time.Time
}

// Mispriced raises an alert for a nozzle that shows another price than the one
// in force. What goes on is one alert that counts up.
func (f *Flow) Mispriced(ctx context.Context, m Mispriced) error {
	number := fmt.Sprint(m.Nozzle)
	return f.alarm(ctx, watch.Raise{
		Station: m.Station, Rule: wire.AlertPrice, Subject: "nozzle/" + number, Object: "nozzle", ObjectID: number, Count: 1,
		At: moment(m.At), Note: fmt.Sprintf("shows %s, in force %s", m.Shown, m.InForce),
	})
}
