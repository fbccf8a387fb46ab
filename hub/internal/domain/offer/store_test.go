package offer_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"forecourt/hub/internal/domain/offer"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// shop is two stations on a database.
type shop struct {
	t        *testing.T
	db       *mysql.DB
	one, two id.Station
	made     byte
}

func newShop(t *testing.T) *shop {
	s := &shop{t: t, db: mysqltest.New(t), one: id.Station{15: 1}, two: id.Station{15: 2}}
	for _, at := range []id.Station{s.one, s.two} {
		_, err := s.db.ExecContext(t.Context(), `INSERT INTO station (id, name, zone, minimum_ml, want_rev, created_at)
			VALUES (?, 'x', 'Asia/Shanghai', 0, 1, ?)`, at, now)
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// add adds an offer that begins and ends so long from now.
func (s *shop) add(at id.Station, title string, from, until time.Duration) wire.Offer {
	s.t.Helper()
	s.made++
	o := wire.Offer{ID: id.Offer{15: s.made}, Kind: wire.OfferGift, Title: title, Text: "送水", From: now.Add(from), Until: now.Add(until)}
	if err := offer.Add(s.t.Context(), s.db, at, o, "1001", now); err != nil {
		s.t.Fatal(err)
	}
	return o
}

func titles(list []wire.Offer) string {
	var all []string
	for _, o := range list {
		all = append(all, o.Title)
	}
	return fmt.Sprint(all)
}

func TestOffersByTheirTimes(t *testing.T) {
	s := newShop(t)
	s.add(s.one, "over", -48*time.Hour, 0)
	s.add(s.one, "long", -24*time.Hour, time.Hour)
	fresh := s.add(s.one, "fresh", 0, time.Millisecond)
	s.add(s.one, "tomorrow", 24*time.Hour, 48*time.Hour)
	s.add(s.two, "elsewhere", -time.Hour, time.Hour)
	open, err := offer.Open(t.Context(), s.db, s.one, now)
	if err != nil || titles(open) != "[tomorrow fresh long]" || open[1] != fresh {
		t.Errorf("open: %+v, %v", open, err)
	}
	all, err := offer.InForce(t.Context(), s.db, now)
	if err != nil || titles(all[s.one]) != "[fresh long]" || titles(all[s.two]) != "[elsewhere]" || len(all) != 2 {
		t.Errorf("in force: %+v, %v", all, err)
	}
	here, err := offer.InForceAt(t.Context(), s.db, s.one, now)
	if err != nil || !slices.Equal(here, all[s.one]) {
		t.Errorf("in force at one: %+v, %v", here, err)
	}
	later, err := offer.InForceAt(t.Context(), s.db, s.one, now.Add(24*time.Hour))
	if err != nil || titles(later) != "[tomorrow]" {
		t.Errorf("a day later: %+v, %v", later, err)
	}
	if none, err := offer.Open(t.Context(), s.db, id.Station{15: 9}, now); err != nil || none == nil || len(none) != 0 {
		t.Errorf("of no station: %v, %v", none, err)
	}
}

func TestAnOfferIsEndedOnce(t *testing.T) {
	s := newShop(t)
	o, soon := s.add(s.one, "a", -time.Hour, time.Hour), s.add(s.one, "b", time.Hour, 2*time.Hour)
	ended, err := offer.End(t.Context(), s.db, s.one, o.ID, now)
	want := o
	want.Until = now
	if err != nil || ended != want {
		t.Errorf("ended as %+v, %v", ended, err)
	}
	if again, err := offer.End(t.Context(), s.db, s.one, o.ID, now.Add(time.Minute)); err != nil || again != want {
		t.Errorf("ended again as %+v, %v", again, err)
	}
	if _, err := offer.End(t.Context(), s.db, s.one, soon.ID, now); err != nil {
		t.Errorf("before it began: %v", err)
	}
	if open, err := offer.Open(t.Context(), s.db, s.one, now); err != nil || len(open) != 0 {
		t.Errorf("still open: %+v, %v", open, err)
	}
	run := s.add(s.one, "c", -time.Hour, time.Minute)
	if out, err := offer.End(t.Context(), s.db, s.one, run.ID, now.Add(time.Hour)); err != nil || out != run {
		t.Errorf("one that had run out became %+v, %v", out, err)
	}
	for name, c := range map[string]struct {
		at    id.Station
		which id.Offer
	}{"of another station": {s.two, o.ID}, "that is none": {s.one, id.Offer{15: 99}}} {
		if _, err := offer.End(t.Context(), s.db, c.at, c.which, now); !errors.Is(err, offer.ErrNone) {
			t.Errorf("an offer %s: %v", name, err)
		}
	}
}
