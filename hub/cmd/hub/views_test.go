package main

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/hub/internal/domain/board"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// TestS005S006AGuestLooks: without a session the stations are listed with
// where they are, and one socket follows a station: the queue that a cashier
// counts shows there, on the card and at every other till, as do a new name and
// an offer to drivers.
func TestS005S006AGuestLooks(t *testing.T) {
	hub := newSite(t).serve(t, "--demo")
	till, enrolled := hub.till(t)
	guest, err := link.NewDriver(link.Options{BaseURL: hub.secure, CA: []byte(enrolled.CA), Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guest.Close)
	cards, err := guest.Stations(t.Context())
	if err != nil || len(cards) != 1 || cards[0].City != "昆明" || cards[0].Place == nil || len(cards[0].Tariff.Prices) != 4 || len(cards[0].Pumps) != 16 || !cards[0].SeenAt.IsZero() {
		t.Fatalf("stations %+v, %v", cards, err)
	}
	if history, err := guest.StationPrices(t.Context(), enrolled.Station, 0); err != nil || len(history.Changes) != 4 {
		t.Errorf("prices %+v, %v", history, err)
	}
	door := wire.PublicStation(enrolled.Station)
	ear := listen(t, guest.GuestLive, door)

	if err := login(t, till, "1001", setup.DemoPassword); err != nil {
		t.Fatal(err)
	}
	ids := id.NewMaker(clock.Now, rand.Reader)
	key := func() id.Command { return id.New[id.Command](ids) }
	if queue, err := till.CountQueue(t.Context(), key(), wire.QueueCount{Waiting: 3}); err != nil || queue.Waiting != 3 || queue.CountedAt.IsZero() {
		t.Errorf("counted %+v, %v", queue, err)
	}
	ear.hear(t, "a guest", door, wire.KindQueue, `"waiting":3`)
	another, _ := hub.till(t)
	if err := login(t, another, "2001", setup.DemoPassword); err != nil {
		t.Fatal(err)
	}
	pumps := wire.Forecourt(enrolled.Station)
	beats := listen(t, another.Live, pumps)
	await(t, "another till to hear of the count", func() bool { return beats.heard(pumps, wire.KindBeat, `"waiting":3`) > 0 })
	site, err := till.Site(t.Context())
	if err != nil || site.Name != cards[0].Name {
		t.Fatalf("site %+v, %v", site, err)
	}
	site.Name = "昆明新名加油站"
	if _, err := till.SetSite(t.Context(), key(), site); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Second)
	offer, err := till.AddOffer(t.Context(), key(), wire.OfferRequest{Kind: wire.OfferRecharge, Title: "充500送30", From: now.Add(-time.Hour), Until: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	card, err := guest.Station(t.Context(), enrolled.Station)
	if err != nil || card.Name != site.Name || len(card.Offers) != 1 || card.Offers[0].ID != offer.ID || card.Queue.Waiting != 3 {
		t.Errorf("card %+v, %v", card, err)
	}
	if _, err := till.EndOffer(t.Context(), key(), offer.ID); err != nil {
		t.Error(err)
	}
	if list, err := till.Offers(t.Context()); err != nil || len(list.Offers) != 0 {
		t.Errorf("offers %+v, %v", list, err)
	}
	again := listen(t, guest.GuestLive, door)
	again.hear(t, "a newer guest", door, wire.KindSnap, site.Name)
}

// TestAGuestMayFollowNothingElse, and is not taken for a device that was
// revoked.
func TestAGuestMayFollowNothingElse(t *testing.T) {
	hub := newSite(t).serve(t, "--demo")
	_, enrolled := hub.till(t)
	guest, err := link.NewDriver(link.Options{BaseURL: hub.secure, CA: []byte(enrolled.CA), Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guest.Close)
	for _, ch := range []wire.Channel{
		wire.DriverOf(id.Member{15: 1}), wire.Chat(id.Thread{15: 1}), wire.Desk(enrolled.Station), wire.Forecourt(enrolled.Station),
	} {
		err := guest.GuestLive(link.LiveOptions{Channels: []wire.Channel{ch}, Handler: &ear{}}).Run(t.Context())
		var terminal *link.TerminalError
		if !errors.As(err, &terminal) || terminal.Code != wire.CloseForbidden {
			t.Errorf("%s: %v", ch, err)
		}
	}
}

func TestS026TheBoardsRaiseAMispricedNozzle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b, _, at := kept(ctx)
		var raised []flow.Mispriced
		away := 2
		b.alarm = func(_ context.Context, m flow.Mispriced) error {
			if away--; away >= 0 {
				return errors.New("the database is away")
			}
			raised = append(raised, m)
			return nil
		}
		b.mispriced(at, board.Mispriced{Nozzle: 3, Shown: 785, InForce: 780, At: time.Now()})
		b.mispriced(at, board.Mispriced{Nozzle: 4, Shown: 700, InForce: 780, At: time.Now()})
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(raised) != 2 || raised[0].Station != at || raised[0].Nozzle != 3 || raised[0].Shown != 785 || raised[0].InForce != 780 || raised[1].Nozzle != 4 {
			t.Errorf("raised %+v", raised)
		}
		for range 2 * maxOdd {
			b.mu.Lock() // nobody raises meanwhile
			full := len(b.odd)
			b.mu.Unlock()
			if full > maxOdd {
				t.Fatalf("%d wait", full)
			}
			b.mispriced(at, board.Mispriced{Nozzle: 5})
		}
		cancel()
		b.wait()
	})
}

func TestTheBoardsAreAskedWhatDriversSee(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b, _, at := kept(ctx)
		snap, seen, err := b.view(ctx, at)
		if err != nil || len(snap.Pumps) != 1 || !seen.IsZero() {
			t.Errorf("%+v, seen %v, %v", snap, seen, err)
		}
		if q, err := b.count(ctx, at, 3); err != nil || q.Waiting != 3 {
			t.Errorf("%+v, %v", q, err)
		}
		if _, _, err := b.view(ctx, id.Station{9}); err == nil {
			t.Error("a station without a board is seen")
		}
		if _, err := b.count(ctx, id.Station{9}, 3); err == nil {
			t.Error("a station without a board is counted")
		}
		b.renamed(at, "新名")
		b.renamed(id.Station{9}, "别站")
		if named, _, err := b.publicSnapshot(ctx, at); err != nil || named.Station != "新名" || len(b.names) != 1 {
			t.Errorf("%+v, %v", named, err)
		}
		cancel()
		b.wait()
	})
}
