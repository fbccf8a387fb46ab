package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/hub/internal/domain/ledger"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/domain/watch"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// guardDays is how far back the hourly guard looks: over a long weekend.
	guardDays = 4
	// guardBatch bounds the sales that are compared at once.
	guardBatch = 500
	// maxTampered bounds what one report names.
	maxTampered = 100
)

// Tampered is something that was changed past the hub.
type Tampered struct {
	// Station is where, zero if that cannot be said.
	Station id.Station
	// Object and ObjectID are what: "sale", "nozzle" or "ledger".
	Object, ObjectID string
	// Number is what people call it.
	Number string
	// What says how it shows.
	What string
}

// String names it for people.
func (t Tampered) String() string {
	return fmt.Sprintf("%s %s (%s): %s", t.Object, t.Number, t.ObjectID, t.What)
}

// GuardReport is what a guard found.
type GuardReport struct {
	// Sales counts the sales compared, Witnessed those of them that the log
	// holds a digest of, Accounts and Transfers what was added up.
	Sales, Witnessed    int
	Accounts, Transfers int
	// Found names what was changed, at most a hundred, and Count counts it.
	Found []Tampered
	Count int
}

func (r *GuardReport) add(t Tampered) {
	if r.Count++; len(r.Found) < maxTampered {
		r.Found = append(r.Found, t)
	}
}

// Guard compares the sales of the last days with what the log and the ledger
// hold of them, every nozzle's chain with its sales and every account with its
// transfers, and raises an alert for each thing that was changed past the hub.
func (f *Flow) Guard(ctx context.Context) error {
	report, err := f.compare(ctx, f.now().AddDate(0, 0, -guardDays))
	for _, t := range report.Found {
		err = errors.Join(err, f.alarm(ctx, watch.Raise{
			Station: t.Station, Rule: wire.AlertTampered, Subject: t.ObjectID, Object: t.Object, ObjectID: t.ObjectID,
			Count: 1, At: f.now(), Note: t.Number + ": " + t.What,
		}))
	}
	return err
}

// GuardAll is Guard over every sale there is. It raises nothing.
func (f *Flow) GuardAll(ctx context.Context) (GuardReport, error) { return f.compare(ctx, time.Time{}) }

// VerifyLog checks the whole security log and notes the result; a fault is an
// alert at every station.
func (f *Flow) VerifyLog(ctx context.Context) error {
	report, err := f.Sealer.Verify(ctx)
	if err != nil || report.Finding == nil {
		return err
	}
	f.Log.Error("the security log was changed", "finding", report.Finding.Error())
	return f.alarm(ctx, watch.Raise{
		Rule: wire.AlertTampered, Subject: objectLog, Object: objectLog, ObjectID: fmt.Sprint(report.Finding.Seq), Count: 1,
		At: f.now(), Note: report.Finding.Error(),
	})
}

// compare compares all that began at since or later, each page of one moment.
func (f *Flow) compare(ctx context.Context, since time.Time) (GuardReport, error) {
	var report GuardReport
	witnessed, found, err := audit.WitnessedSince(ctx, f.DB, "sale")
	if err != nil {
		return report, err
	}
	if !found {
		witnessed = f.now().AddDate(1, 0, 0) // no sale has a witness yet
	}
	for after := firstID(since); ; {
		var last id.Sale
		err := f.read(ctx, "comparing sales", func(ctx context.Context, q reader) (err error) {
			last, err = comparePage(ctx, q, after, witnessed, &report)
			return err
		})
		if err != nil {
			return report, err
		}
		if last.IsZero() {
			break
		}
		after = last
	}
	if err := f.compareChains(ctx, &report); err != nil {
		return report, err
	}
	return report, f.compareLedger(ctx, &report)
}

// firstID is below every id made at t or later.
func firstID(t time.Time) (first id.Sale) {
	if t.IsZero() {
		return first
	}
	ms := uint64(t.UnixMilli())
	for i := range 6 {
		first[i] = byte(ms >> (40 - 8*i))
	}
	return first
}

// comparePage compares some sales and returns the last, zero at the end.
func comparePage(ctx context.Context, q reader, after id.Sale, since time.Time, report *GuardReport) (last id.Sale, err error) {
	sales, err := sale.After(ctx, q, after, guardBatch)
	if err != nil || len(sales) == 0 {
		return last, err
	}
	ids, texts := make([]id.Sale, len(sales)), make([]string, len(sales))
	for i, s := range sales {
		ids[i], texts[i] = s.ID, s.ID.String()
	}
	witnesses, err := audit.Witnesses(ctx, q, "sale", texts)
	if err != nil {
		return last, err
	}
	moved, err := ledger.OfSales(ctx, q, ids)
	if err != nil {
		return last, err
	}
	for _, s := range sales {
		report.Sales++
		witness, has := witnesses[s.ID.String()]
		if has {
			report.Witnessed++
		}
		what := unlikeWitness(s, witness, has, since)
		if what == "" {
			what = s.UnlikeLedger(moved[s.ID])
		}
		if what != "" {
			report.add(Tampered{Station: s.Station, Object: "sale", ObjectID: s.ID.String(), Number: s.Number(), What: what})
		}
	}
	return ids[len(ids)-1], nil
}

// unlikeWitness says how a sale is not what the log holds of it, "" if it is.
// Sales settled before the log held any digests have none.
func unlikeWitness(s sale.Sale, witness audit.Entry, has bool, since time.Time) string {
	settled := s.State == wire.SalePaid || s.State == wire.SaleDriveOff || s.State == wire.SaleTest
	switch {
	case has && witness.Digest != s.Digest():
		return fmt.Sprintf("is not what %s left on %s (log row %s)", witness.Action, witness.At.Format(time.RFC3339), witness.ID)
	case !has && settled && !s.EndedAt.Before(since):
		return fmt.Sprintf("is %s, and nobody made it so", s.State)
	}
	return ""
}

// compareChains compares every nozzle's chain with the sums of its sales.
func (f *Flow) compareChains(ctx context.Context, report *GuardReport) error {
	stations, err := station.All(ctx, f.DB)
	if err != nil {
		return err
	}
	for _, st := range stations {
		err := f.read(ctx, "comparing totalizer chains", func(ctx context.Context, q reader) error {
			chains, err := sale.Chains(ctx, q, st.ID)
			if err != nil {
				return err
			}
			counts, err := sale.RecountAll(ctx, q, st.ID)
			for _, nozzle := range differing(chains, counts) {
				report.add(Tampered{
					Station: st.ID, Object: "nozzle", ObjectID: fmt.Sprint(nozzle), Number: fmt.Sprint(nozzle),
					What: "its chain is not the sum of its sales",
				})
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// compareLedger compares every account with its transfers.
func (f *Flow) compareLedger(ctx context.Context, report *GuardReport) error {
	r, err := ledger.Verify(ctx, f.DB)
	if err != nil {
		return err
	}
	report.Accounts, report.Transfers = r.Accounts, r.Transfers
	for _, wrong := range r.Wrong {
		report.add(Tampered{Object: "ledger", ObjectID: "accounts", Number: wrong, What: "is not the sum of its transfers"})
	}
	if r.Debit != r.Credit {
		report.add(Tampered{Object: "ledger", ObjectID: "accounts", Number: "all accounts", What: "debits and credits differ"})
	}
	return nil
}
