package pts

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"forecourt/pumpd/internal/driver"
)

const (
	// longestDelivery is how long before its end a delivery may have begun;
	// the report is asked from that much earlier, for the controller does
	// not say which of the two times it selects by.
	longestDelivery = 4 * time.Hour
	// clockMargin reaches past now, for clocks that differ.
	clockMargin = 24 * time.Hour
)

// firstReport is before any controller was made; a report from further back
// is asked from then, for the controller refuses years it does not know.
var firstReport = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// reportData is the data of ReportGetPumpTransactions.
type reportData struct {
	Pump          driver.Point
	DateTimeStart WallTime
	DateTimeEnd   WallTime
}

// Recall lists the pump's deliveries that ended since a time, oldest first,
// from the controller's own report. A line of it that cannot be read fails
// the whole, so that no sale is passed over in silence.
func (d *Driver) Recall(ctx context.Context, p driver.Point, since time.Time) ([]driver.Sale, error) {
	const kind = "ReportGetPumpTransactions"
	m, err := d.pump(p)
	if err != nil {
		return nil, err
	}
	if err := d.identify(ctx); err != nil {
		return nil, err
	}
	since = since.Add(d.known.skew).Truncate(time.Second)
	answers, err := d.requestWithin(ctx, d.cfg.Timings.Report, ask{kind, reportData{
		Pump:          p,
		DateTimeStart: NewWallTime(latest(since.Add(-longestDelivery), firstReport), d.cfg.Zone),
		DateTimeEnd:   NewWallTime(d.cfg.Now().Add(d.known.skew+clockMargin), d.cfg.Zone),
	}})
	if err != nil {
		return nil, err
	}
	if err := d.verdict(kind, answers[0]); err != nil {
		return nil, err
	}
	lines, err := answers[0].List()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", driver.ErrGarbled, err)
	}
	return d.salesSince(p, m, lines, since)
}

func (d *Driver) salesSince(p driver.Point, m *memory, lines []Object, since time.Time) ([]driver.Sale, error) {
	var sales []driver.Sale
	for _, line := range lines {
		rec, err := ReadRecord(line)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", driver.ErrGarbled, err)
		}
		sale := rec.Sale(d.known.controller, d.cfg.Zone)
		if rec.Pump != int(p) || (!sale.EndedAt.IsZero() && sale.EndedAt.Before(since)) {
			continue
		}
		if rec.Transaction == 0 || rec.Nozzle < 1 || rec.Nozzle > m.nozzles {
			return nil, fmt.Errorf("%w: report of transaction %d, nozzle %d", driver.ErrGarbled, rec.Transaction, rec.Nozzle)
		}
		sales = append(sales, sale)
	}
	slices.SortStableFunc(sales, func(a, b driver.Sale) int {
		return cmp.Or(a.EndedAt.Compare(b.EndedAt), a.StartedAt.Compare(b.StartedAt))
	})
	return sales, nil
}
