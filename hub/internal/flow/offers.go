package flow

import (
	"context"
	"errors"

	"forecourt/hub/internal/domain/offer"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Names of acts in the log and of commands.
const (
	actionOfferAdd = "offer.add"
	actionOfferEnd = "offer.end"
	objectOffer    = "offer"
)

// Offers lists a station's offers that have not ended.
func (f *Flow) Offers(ctx context.Context, at id.Station) (wire.OfferList, error) {
	list, err := offer.Open(ctx, f.DB, at, f.now())
	return wire.OfferList{Offers: list}, err
}

// AddOffer makes an offer of the caller's station.
func (f *Flow) AddOffer(ctx context.Context, who staff.Actor, key id.Command, req wire.OfferRequest) (wire.Offer, error) {
	c := command{actor: who, key: key, name: actionOfferAdd, action: staff.EditOffers, request: req}
	c.audit.Object = objectOffer
	var made wire.Offer
	first, _, err := perform(ctx, f, c, effect[wire.Offer]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Offer, []outbox.Event, error) {
			clean, err := offer.Clean(req, f.now())
			if err != nil {
				return wire.Offer{}, nil, err
			}
			made = wire.Offer{
				ID: id.New[id.Offer](f.IDs), Kind: clean.Kind, Title: clean.Title, Text: clean.Text, From: clean.From, Until: clean.Until,
			}
			return made, nil, f.addOffer(ctx, tx, who, made)
		},
		describe: func(row *audit.Row) { row.ObjectID, row.Note = made.ID.String(), made.Title },
	})
	return first, err
}

// addOffer stores an offer if the station's others leave it room. The
// station's row is locked, so that two heads do not add at once.
func (f *Flow) addOffer(ctx context.Context, tx *mysql.Tx, who staff.Actor, o wire.Offer) error {
	if _, err := station.Lock(ctx, tx, who.Station); err != nil {
		return problemOf(err)
	}
	open, err := offer.Open(ctx, tx, who.Station, f.now())
	if err != nil {
		return err
	}
	if len(open) >= wire.MaxOffers {
		return bad("a station has at most %d offers that have not ended", wire.MaxOffers)
	}
	return offer.Add(ctx, tx, who.Station, o, who.Number, f.now())
}

// EndOffer ends an offer of the caller's station now. One that has ended stays
// as it is.
func (f *Flow) EndOffer(ctx context.Context, who staff.Actor, key id.Command, which id.Offer) (wire.Offer, error) {
	c := command{actor: who, key: key, name: actionOfferEnd, action: staff.EditOffers, target: which.String()}
	ended, _, err := perform(ctx, f, c, effect[wire.Offer]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Offer, []outbox.Event, error) {
			o, err := offer.End(ctx, tx, who.Station, which, f.now())
			if errors.Is(err, offer.ErrNone) {
				err = wire.NewProblem(wire.ProblemNotFound, "offer "+which.String())
			}
			return o, nil, err
		},
	})
	return ended, err
}
