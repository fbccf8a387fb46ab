// Package offer keeps what a station tells every driver (优惠): more on the
// card than is paid in, something off the price, a closed nozzle. An offer
// promises in words; what a price becomes is said where it is paid.
//
// # What it promises
//
//   - An offer is checked before it is kept (Clean): it ends after it begins,
//     within a year, and not in the past.
//   - An offer is never changed. Somebody may end it before its time; who was
//     first stays.
//   - The offers of a station that have not ended are few (wire.MaxOffers):
//     whoever adds one holds the station's row and counts them before.
package offer

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"forecourt/shared/wire"
)

// longest is how long an offer may last: a leap year. Beyond that it is the
// usual, and nobody looks after it.
const longest = 366 * 24 * time.Hour

// Widths of texts, in characters; they are the columns'.
const (
	maxTitle = 40
	maxText  = 400
)

// Clean is a request as it is kept, or the problem with it.
func Clean(req wire.OfferRequest, now time.Time) (wire.OfferRequest, error) {
	req.Title, req.Text = strings.TrimSpace(req.Title), strings.TrimSpace(req.Text)
	req.From, req.Until = moment(req.From), moment(req.Until)
	switch {
	case !knownKind(req.Kind):
		return req, wire.NewProblem(wire.ProblemBadRequest, "no such kind of offer")
	case req.Title == "" || !shown(req.Title, maxTitle, ""):
		return req, wire.NewProblem(wire.ProblemBadRequest, "a title is one line of 1 to 40 characters that can be shown")
	case !shown(req.Text, maxText, "\n"):
		return req, wire.NewProblem(wire.ProblemBadRequest, "a text is at most 400 characters that can be shown")
	case !req.From.Before(req.Until) || req.Until.Sub(req.From) > longest:
		return req, wire.NewProblem(wire.ProblemOfferTimes, "")
	case !now.Before(req.Until):
		return req, wire.NewProblem(wire.ProblemOfferTimes, "it has ended already")
	case req.From.Sub(now) > longest:
		return req, wire.NewProblem(wire.ProblemOfferTimes, "it begins in more than a year")
	}
	return req, nil
}

// knownKind reports whether drivers know how to draw the kind.
func knownKind(k wire.OfferKind) bool {
	switch k {
	case wire.OfferRecharge, wire.OfferDiscount, wire.OfferGift, wire.OfferNews:
		return true
	}
	return false
}

// shown reports whether a text of at most so many characters can be shown.
// Of the control characters those of except may be in it.
func shown(text string, most int, except string) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(except, r) })
}

// moment is t as the database keeps it: UTC, to the millisecond.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
