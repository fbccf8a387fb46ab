package offer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/offer"
	"forecourt/shared/wire"
)

var now = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

func request(change func(*wire.OfferRequest)) wire.OfferRequest {
	req := wire.OfferRequest{
		Kind: wire.OfferRecharge, Title: " 充500送30 ", Text: " 即充即送。\n每人一次。 ", From: now, Until: now.AddDate(0, 0, 7),
	}
	if change != nil {
		change(&req)
	}
	return req
}

func TestCleanTrimsAndKeeps(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	got, err := offer.Clean(request(func(r *wire.OfferRequest) { r.From = now.Add(time.Microsecond).In(shanghai) }), now)
	want := wire.OfferRequest{Kind: wire.OfferRecharge, Title: "充500送30", Text: "即充即送。\n每人一次。", From: now, Until: now.AddDate(0, 0, 7)}
	if err != nil || got != want {
		t.Errorf("cleaned to %+v, %v", got, err)
	}
	for name, change := range map[string]func(*wire.OfferRequest){
		"the longest texts": func(r *wire.OfferRequest) { r.Title, r.Text = strings.Repeat("油", 40), strings.Repeat("油", 400) },
		"no text":           func(r *wire.OfferRequest) { r.Text = "" },
		"begun long ago":    func(r *wire.OfferRequest) { r.From, r.Until = now.AddDate(0, 0, -300), now.Add(time.Minute) },
		"a leap year":       func(r *wire.OfferRequest) { r.Until = r.From.Add(366 * 24 * time.Hour) },
		"next month":        func(r *wire.OfferRequest) { r.From, r.Until = now.AddDate(0, 1, 0), now.AddDate(0, 2, 0) },
	} {
		if _, err := offer.Clean(request(change), now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCleanRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*wire.OfferRequest)
		want   wire.ProblemType
	}{
		"another kind":       {func(r *wire.OfferRequest) { r.Kind = "lottery" }, wire.ProblemBadRequest},
		"no kind":            {func(r *wire.OfferRequest) { r.Kind = "" }, wire.ProblemBadRequest},
		"no title":           {func(r *wire.OfferRequest) { r.Title = " \t" }, wire.ProblemBadRequest},
		"a title of 41":      {func(r *wire.OfferRequest) { r.Title = strings.Repeat("油", 41) }, wire.ProblemBadRequest},
		"a title of 2 lines": {func(r *wire.OfferRequest) { r.Title = "a\nb" }, wire.ProblemBadRequest},
		"a title of bytes":   {func(r *wire.OfferRequest) { r.Title = "a\xff" }, wire.ProblemBadRequest},
		"a text of 401":      {func(r *wire.OfferRequest) { r.Text = strings.Repeat("油", 401) }, wire.ProblemBadRequest},
		"a text with a bell": {func(r *wire.OfferRequest) { r.Text = "a\ab" }, wire.ProblemBadRequest},
		"no times":           {func(r *wire.OfferRequest) { r.From, r.Until = time.Time{}, time.Time{} }, wire.ProblemOfferTimes},
		"no beginning":       {func(r *wire.OfferRequest) { r.From = time.Time{} }, wire.ProblemOfferTimes},
		"ends as it begins":  {func(r *wire.OfferRequest) { r.Until = r.From }, wire.ProblemOfferTimes},
		"ends before":        {func(r *wire.OfferRequest) { r.Until = r.From.Add(-time.Millisecond) }, wire.ProblemOfferTimes},
		"over a year":        {func(r *wire.OfferRequest) { r.Until = r.From.Add(366*24*time.Hour + time.Millisecond) }, wire.ProblemOfferTimes},
		"over":               {func(r *wire.OfferRequest) { r.From, r.Until = now.AddDate(0, 0, -7), now }, wire.ProblemOfferTimes},
		"in two years":       {func(r *wire.OfferRequest) { r.From, r.Until = now.AddDate(2, 0, 0), now.AddDate(2, 0, 1) }, wire.ProblemOfferTimes},
	} {
		_, err := offer.Clean(request(c.change), now)
		var p *wire.Problem
		if !errors.As(err, &p) || p.Type != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
