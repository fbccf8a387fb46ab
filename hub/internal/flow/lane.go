package flow

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/domain/ledger"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// lane is one station's way in: its batches of facts follow each other, and
// between them it remembers what does not change, or what only it changes. A
// memory that turns out wrong is refused by the database (a journal's position
// is moved from the one remembered, a sale's number is unique) and read again.
type lane struct {
	mu        sync.Mutex // held while a batch is taken
	station   station.Station
	zone      *time.Location
	nozzles   map[int]station.Nozzle // by number; only Grade and Tank are used
	sets      map[id.PriceSet]station.Prices
	positions map[Source]uint64 // the last fact taken of each source
	day       time.Time
	ordinal   int // the day's last number

	newPrices atomic.Bool // a new price set is in force
}

// lane returns the station's lane.
func (f *Flow) lane(s id.Station) *lane {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lanes[s] == nil {
		f.lanes[s] = &lane{}
	}
	return f.lanes[s]
}

// forget makes the lane read everything again.
func (l *lane) forget() { l.zone, l.day, l.positions = nil, time.Time{}, nil }

// prepare makes sure, outside the transaction, that the lane knows what the
// facts will be judged by, and that the rows they move exist.
func (l *lane) prepare(ctx context.Context, f *Flow, src Source, facts []Fact) error {
	if stale := l.newPrices.Swap(false); stale || l.zone == nil {
		if err := l.load(ctx, f, src.Station); err != nil {
			l.zone = nil
			return err
		}
	}
	if err := l.locate(ctx, f, src); err != nil {
		return err
	}
	for _, fact := range facts {
		if err := l.know(ctx, f.DB, setOf(fact)); err != nil {
			return err
		}
	}
	return l.today(ctx, f)
}

// locate makes sure that the journal's position is known, and has a row.
func (l *lane) locate(ctx context.Context, f *Flow, src Source) error {
	if _, known := l.positions[src]; known {
		return nil
	}
	_, err := f.DB.ExecContext(ctx, `INSERT INTO fact_position (device, journal, station, seq) VALUES (?, ?, ?, 0)
		ON DUPLICATE KEY UPDATE seq = seq`, src.Device, src.Journal, src.Station)
	if err != nil {
		return fmt.Errorf("beginning a journal's position: %w", err)
	}
	l.positions[src], err = f.Acked(ctx, src)
	return err
}

// load reads the station and makes the rows that a station's facts move.
func (l *lane) load(ctx context.Context, f *Flow, s id.Station) (err error) {
	if l.station, err = station.Load(ctx, f.DB, s); err != nil {
		return err
	}
	list, err := station.Nozzles(ctx, f.DB, s)
	if err != nil {
		return err
	}
	l.nozzles = map[int]station.Nozzle{}
	numbers := make([]int, len(list))
	for i, n := range list {
		l.nozzles[n.Number], numbers[i] = n, n.Number
	}
	if err := sale.MakeChains(ctx, f.DB, s, numbers); err != nil {
		return err
	}
	if err := ledger.Open(ctx, f.DB, ledger.Chart(s)); err != nil {
		return err
	}
	l.sets = map[id.PriceSet]station.Prices{}
	if l.positions == nil {
		l.positions = map[Source]uint64{}
	}
	if err := l.know(ctx, f.DB, l.station.PriceSet); err != nil {
		return err
	}
	l.zone, err = l.station.Location()
	return err
}

// know reads a price set that is not known yet. Sets are never changed, so a
// known one is known for good; one that does not exist is asked for again.
func (l *lane) know(ctx context.Context, q sqlx.QueryerContext, set id.PriceSet) error {
	if set.IsZero() || l.sets[set] != nil {
		return nil
	}
	prices, err := station.PricesOf(ctx, q, l.station.ID, set)
	if err == nil && len(prices) > 0 {
		l.sets[set] = prices
	}
	return err
}

// today makes sure that the day's last number is known.
func (l *lane) today(ctx context.Context, f *Flow) (err error) {
	day := sale.Day(f.now(), l.zone)
	if day.Equal(l.day) {
		return nil
	}
	l.ordinal, err = sale.LastOrdinal(ctx, f.DB, l.station.ID, day)
	if err == nil {
		l.day = day
	}
	return err
}

// terms is what a sale under a price set is judged by. A sale that names no
// set was sold before pumpd knew any: it is held to the prices in force.
func (l *lane) terms(nozzle int, set id.PriceSet) sale.Terms {
	if set.IsZero() {
		set = l.station.PriceSet
	}
	n, ok := l.nozzles[nozzle]
	return sale.Terms{Nozzle: ok, Price: l.sets[set][n.Grade], Minimum: l.station.Minimum}
}

// setOf is the price set that a fact names.
func setOf(fact Fact) id.PriceSet {
	switch e := fact.Body.(type) {
	case wire.SaleStarted:
		return e.PriceSet
	case wire.SaleEnded:
		return e.PriceSet
	}
	return id.PriceSet{}
}
