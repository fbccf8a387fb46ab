package flow_test

import (
	"fmt"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// gift is an offer of an hour from now on.
func (h *house) gift(title string) wire.OfferRequest {
	return wire.OfferRequest{Kind: wire.OfferGift, Title: title, From: h.now(), Until: h.now().Add(time.Hour)}
}

func TestS025AnOfferIsMadeAndEndedOnRecord(t *testing.T) {
	o := newBackroom(t)
	key := o.key()
	var made wire.Offer
	for i := range 2 {
		got, err := o.flow.AddOffer(t.Context(), o.boss, key, o.gift(" 送水 "))
		if err != nil || got.Title != "送水" || got.ID.IsZero() || i == 1 && got != made {
			t.Fatalf("made %+v, %v", got, err)
		}
		made = got
	}
	list, err := o.flow.Offers(t.Context(), o.station)
	if err != nil || len(list.Offers) != 1 || list.Offers[0] != made {
		t.Errorf("offers %+v, %v", list, err)
	}
	o.later(time.Minute)
	ended, err := o.flow.EndOffer(t.Context(), o.boss, o.key(), made.ID)
	if err != nil || ended.ID != made.ID || !ended.Until.Equal(o.now()) {
		t.Errorf("ended %+v, %v", ended, err)
	}
	o.later(time.Minute)
	if again, err := o.flow.EndOffer(t.Context(), o.boss, o.key(), made.ID); err != nil || again != ended {
		t.Errorf("ended again %+v, %v", again, err)
	}
	if list, err := o.flow.Offers(t.Context(), o.station); err != nil || len(list.Offers) != 0 || list.Offers == nil {
		t.Errorf("offers %+v, %v", list, err)
	}
	rows := o.search(wire.LogQuery{Action: "offer."})
	if len(rows) != 3 || rows[2].Action != "offer.add" || rows[2].Object != "offer" || rows[2].ObjectID != made.ID.String() || rows[2].Note != "送水" ||
		rows[1].Action != "offer.end" || rows[1].ObjectID != made.ID.String() || rows[1].Number != "1001" {
		t.Errorf("the log has %+v", rows)
	}
}

func TestOffersAreRefused(t *testing.T) {
	o := newBackroom(t)
	late := o.gift("x")
	late.Until = late.From
	_, err := o.flow.AddOffer(t.Context(), o.boss, o.key(), late)
	wantProblem(t, err, wire.ProblemOfferTimes)
	_, err = o.flow.AddOffer(t.Context(), o.till, o.key(), o.gift("x"))
	wantProblem(t, err, wire.ProblemForbidden)
	_, err = o.flow.EndOffer(t.Context(), o.boss, o.key(), id.Offer{15: 9})
	wantProblem(t, err, wire.ProblemNotFound)
	made, err := o.flow.AddOffer(t.Context(), o.boss, o.key(), o.gift("x"))
	if err != nil {
		t.Fatal(err)
	}
	stranger := o.boss
	stranger.Station = o.another(wire.Site{Name: "别站"}, priced("92#", 750))
	_, err = o.flow.EndOffer(t.Context(), stranger, o.key(), made.ID)
	wantProblem(t, err, wire.ProblemNotFound)
	if rows := o.search(wire.LogQuery{Action: "offer.", Refused: true}); len(rows) != 3 {
		t.Errorf("the log has %d refusals: %+v", len(rows), rows)
	}
}

// TestOffersAreFew: as many as a page shows, of those that have not ended.
func TestOffersAreFew(t *testing.T) {
	h := newHouse(t)
	var last wire.Offer
	for i := range wire.MaxOffers {
		var err error
		if last, err = h.flow.AddOffer(t.Context(), h.head(), h.key(), h.gift(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	_, err := h.flow.AddOffer(t.Context(), h.head(), h.key(), h.gift("one more"))
	wantProblem(t, err, wire.ProblemBadRequest)
	if _, err := h.flow.EndOffer(t.Context(), h.head(), h.key(), last.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.flow.AddOffer(t.Context(), h.head(), h.key(), h.gift("one more")); err != nil {
		t.Errorf("after one was ended: %v", err)
	}
	h.later(time.Hour)
	if _, err := h.flow.AddOffer(t.Context(), h.head(), h.key(), h.gift("a day later")); err != nil {
		t.Errorf("after all have run out: %v", err)
	}
}
