package sale

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Digest is the SHA-256 of everything that is stored of the sale but its
// member, who may be erased, in a form that does not change: the log keeps it
// of every act on a sale, so that a sale changed past the hub is found.
func (s Sale) Digest() [32]byte {
	text := fmt.Appendf(nil, "forecourt sale 1\n%s\n%s\n%s\n%d\n%d\n%q\n%d\n%q\n%q\n",
		s.ID, s.Station, s.Day.Format("2006-01-02"), s.Ordinal, s.Nozzle, s.Grade, s.Tank, string(s.State), s.Reasons.Text())
	text = fmt.Appendf(text, "%d\n%d\n%d\n%s\n%d\n%d\n%d\n%q\n%d\n%d\n",
		int64(s.Volume), int64(s.Amount), int64(s.Price), s.PriceSet, int64(s.Before), int64(s.After), int64(s.Counted),
		string(s.Bucket), int64(s.Booked), int64(s.Charge))
	ended := int64(0)
	if !s.EndedAt.IsZero() {
		ended = s.EndedAt.UnixMilli()
	}
	text = fmt.Appendf(text, "%d\n%d\n%s\n%q\n%t\n%q\n", s.StartedAt.UnixMilli(), ended, s.Authorization, s.DeviceKey, s.Backfilled, s.Note)
	return sha256.Sum256(text)
}

// After reads sales of all stations in the order of their ids, from the one
// after a given id on.
func After(ctx context.Context, q sqlx.QueryerContext, after id.Sale, limit int) ([]Sale, error) {
	return list(ctx, q, "SELECT "+columns+" FROM sale WHERE id > ? ORDER BY id LIMIT ?", after[:], limit)
}

// UnlikeLedger says how the money of a sale is not what was moved for it, by
// purpose; it is "" if it is.
func (s Sale) UnlikeLedger(moved map[string]unit.Fen) string {
	var owed unit.Fen
	switch s.State {
	case wire.SaleUnpaid, wire.SalePaid, wire.SaleDriveOff, wire.SaleTest:
		owed = s.Charge
	}
	if got := moved["sale"] + moved["accept"]; got != owed {
		return fmt.Sprintf("comes to %s, and %s was booked for it", owed, got)
	}
	for purpose, state := range map[string]wire.SaleState{
		"cash": wire.SalePaid, "drive_off": wire.SaleDriveOff, "test": wire.SaleTest,
	} {
		if got := moved[purpose]; s.State != state && got != 0 || s.State == state && got != owed {
			return fmt.Sprintf("is %s with %s, and %s was booked as %s", s.State, owed, got, purpose)
		}
	}
	return ""
}
