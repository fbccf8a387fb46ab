package till

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// placeHub answers what drivers see of a station, and notes with which keys it
// was asked.
type placeHub struct {
	officeHub
	counted []int
	offer   wire.OfferRequest
	ended   id.Offer
	site    wire.Site
}

func (h *placeHub) note(key id.Command) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys = append(h.keys, key)
	return h.err
}

func (h *placeHub) CountQueue(_ context.Context, key id.Command, q wire.QueueCount) (wire.Queue, error) {
	h.counted = append(h.counted, q.Waiting)
	return wire.Queue{Waiting: q.Waiting, CountedAt: time.Now()}, h.note(key)
}

func (h *placeHub) Offers(context.Context) (wire.OfferList, error) {
	return wire.OfferList{Offers: []wire.Offer{{Title: "x"}}}, h.err
}

func (h *placeHub) AddOffer(_ context.Context, key id.Command, o wire.OfferRequest) (wire.Offer, error) {
	h.offer = o
	return wire.Offer{Title: o.Title}, h.note(key)
}

func (h *placeHub) EndOffer(_ context.Context, key id.Command, o id.Offer) (wire.Offer, error) {
	h.ended = o
	return wire.Offer{ID: o}, h.note(key)
}

func (h *placeHub) Site(context.Context) (wire.Site, error) { return wire.Site{Name: "A"}, h.err }

func (h *placeHub) SetSite(_ context.Context, key id.Command, s wire.Site) (wire.Site, error) {
	h.site = s
	return s, h.note(key)
}

// newPlace is a till on such a hub, with a head signed in.
func newPlace(t *testing.T, role wire.Role) (*backOffice, *placeHub) {
	t.Helper()
	hub := &placeHub{officeHub: officeHub{session: wire.Session{Number: "1001", Role: role}}}
	b := newBackOffice(t, &hub.officeHub)
	b.Hub = hub
	b.signIn()
	return b, hub
}

func TestCountBringsTheQueueBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, hub := newPlace(t, wire.RoleAttendant)
		send := func(n int) {
			b.Do(desk.Send{Command: desk.Command{Kind: desk.CommandQueue, Queue: &wire.QueueCount{Waiting: n}}})
			synctest.Wait()
		}
		send(3)
		answers := told[desk.Answered](b.rig)
		want := &wire.Queue{Waiting: 3, CountedAt: time.Now()}
		if len(answers) != 1 || !cmp.Equal(answers[0].Queue, want) || answers[0].Command.Key != hub.keys[0] || hub.keys[0].IsZero() {
			t.Errorf("answered %+v", answers)
		}
		hub.err = errLine // tried again with its key, and not for ever
		send(4)
		if kept, _ := b.Store.Commands(); len(kept) != 0 {
			t.Error("a count was kept for later")
		}
		pass(HandPatience + time.Second)
		synctest.Wait()
		for _, key := range hub.keys[2:] {
			if key != hub.keys[1] {
				t.Errorf("one count has the keys %v", hub.keys[1:])
			}
		}
		if len(hub.keys) < 3 || count[desk.GivenUp](b.rig) != 1 {
			t.Errorf("%d tries, given up %d times", len(hub.keys)-1, count[desk.GivenUp](b.rig))
		}
		hub.err = wire.NewProblem(wire.ProblemForbidden, "")
		send(5)
		if refused := told[desk.Refused](b.rig); len(refused) != 1 || len(told[desk.Answered](b.rig)) != 1 {
			t.Errorf("refused %+v", refused)
		}
		b.close(t)
	})
}

func TestOffersAndStationAreAskedForAndChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, hub := newPlace(t, wire.RoleHead)
		b.Do(desk.OfficeAsk{N: 1, Question: desk.AskOffers{}})
		synctest.Wait()
		b.Do(desk.OfficeAsk{N: 2, Question: desk.AskSite{}})
		synctest.Wait()
		answers := told[desk.OfficeAnswer](b.rig)
		if len(answers) != 2 || !cmp.Equal(answers[0].Answer, any(wire.OfferList{Offers: []wire.Offer{{Title: "x"}}})) ||
			!cmp.Equal(answers[1].Answer, any(wire.Site{Name: "A"})) {
			t.Errorf("answers %+v", answers)
		}
		offer := wire.OfferRequest{Kind: wire.OfferGift, Title: "x", From: time.Now(), Until: time.Now().Add(time.Hour)}
		site := wire.Site{Name: "B", Place: &wire.Place{LatitudeE6: 1}}
		which := id.New[id.Offer](b.IDs)
		for _, c := range []desk.Command{
			{Kind: desk.CommandOfferAdd, Office: desk.OfficeBody{Offer: &offer}},
			{Kind: desk.CommandOfferEnd, Object: which.String()},
			{Kind: desk.CommandSite, Office: desk.OfficeBody{Site: &site}},
			{Kind: desk.CommandOfferAdd},
			{Kind: desk.CommandOfferEnd, Object: "x"},
			{Kind: desk.CommandSite}, // nothing to send
		} {
			b.Do(desk.Send{Command: c})
			synctest.Wait()
		}
		if !cmp.Equal(hub.offer, offer) || hub.ended != which || !cmp.Equal(hub.site, site) {
			t.Errorf("the hub got %+v, %v, %+v", hub.offer, hub.ended, hub.site)
		}
		if len(hub.keys) != 3 || hub.keys[0] == hub.keys[1] || count[desk.Answered](b.rig) != 3 || count[desk.Refused](b.rig) != 3 {
			t.Errorf("keys %v, answered %d, refused %d", hub.keys, count[desk.Answered](b.rig), count[desk.Refused](b.rig))
		}
		b.close(t)
	})
}
