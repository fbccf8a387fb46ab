package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"forecourt/hub/internal/domain/claim"
	"forecourt/hub/internal/domain/evidence"
	"forecourt/hub/internal/domain/ledger"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Words written into the note of a sale that pumpd never ended.
const (
	noteSuperseded = "no figures came; what ran shows in the totalizer"
	noteToldAgain  = "the dispenser told an earlier sale again"
)

// maxNozzle bounds a nozzle number that is believed; another one is stored as 0.
const maxNozzle = 9999

// batch is one run of one transaction over some facts. It gathers what they
// change in memory and then writes it with few statements.
type batch struct {
	f       *Flow
	l       *lane
	src     Source
	careful bool // ask first what is stored already
	now     time.Time

	position uint64 // the last fact taken
	ordinal  int

	chains  map[int]*sale.Chain
	touched map[int]bool // chains to store

	sales map[id.Sale]*entry
	order []id.Sale
	keys  map[string]id.Sale // device keys in hand

	claims map[int]claim.Claim // those that wait, by nozzle
	taken  []id.Claim          // those whose delivery has come

	runs []evidence.Run // how deliveries ran that ended

	transfers []ledger.Transfer
	prices    []wire.PriceApplied
	spent     []wire.AuthorizationUsed
	wanted    bool // what pumpd should do has changed

	facts, judged, duplicates, quarantined, missing uint64
}

// entry is a sale in hand.
type entry struct {
	sale.Sale
	stored  bool // it has a row
	changed bool
}

func newBatch(f *Flow, l *lane, src Source, careful bool) *batch {
	return &batch{
		f: f, l: l, src: src, careful: careful, now: f.now(), ordinal: l.ordinal,
		chains: map[int]*sale.Chain{}, touched: map[int]bool{},
		sales: map[id.Sale]*entry{}, keys: map[string]id.Sale{}, claims: map[int]claim.Claim{},
	}
}

// move moves the journal's position. It is the first statement, so that
// whoever else takes facts of this journal waits, and errStale if somebody did.
func (b *batch) move(ctx context.Context, tx *mysql.Tx, from, to uint64) error {
	b.position = to
	result, err := tx.ExecContext(ctx, "UPDATE fact_position SET seq = ? WHERE device = ? AND journal = ? AND seq = ?",
		to, b.src.Device, b.src.Journal, from)
	if err != nil {
		return fmt.Errorf("moving a journal's position: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("moving a journal's position: %w", err)
	}
	if n == 0 {
		return errStale
	}
	return nil
}

// run takes the facts.
func (b *batch) run(ctx context.Context, tx *mysql.Tx, facts []Fact) error {
	b.facts = uint64(len(facts))
	if err := b.recall(ctx, tx, facts); err != nil {
		return err
	}
	for _, fact := range facts {
		b.take(fact)
	}
	return b.write(ctx, tx)
}

// recall reads, with locks, what the facts will change: their nozzles' chains,
// the claims that wait and the deliveries in hand there. A careful batch also reads which of its
// deliveries are stored already. That is the one place where sales are locked
// before accounts: deliveries in hand are nobody else's business, and a
// careful batch that meets a payment of a sale told twice may be run again.
func (b *batch) recall(ctx context.Context, tx *mysql.Tx, facts []Fact) error {
	told := mentioned(facts)
	chains, err := sale.LockChains(ctx, tx, b.src.Station, told.nozzles)
	if err != nil {
		return err
	}
	var open []id.Sale
	for _, c := range chains {
		b.chains[c.Nozzle] = &c
		if !c.OpenSale.IsZero() {
			open = append(open, c.OpenSale)
		}
	}
	if err := b.recallClaims(ctx, tx); err != nil {
		return err
	}
	var keys []string
	if b.careful {
		open, keys = append(open, told.sales...), told.keys
	}
	known, err := sale.LockTold(ctx, tx, b.src.Station, open, keys)
	for _, s := range known {
		b.sales[s.ID] = &entry{Sale: s, stored: true}
		if s.DeviceKey != "" {
			b.keys[s.DeviceKey] = s.ID
		}
	}
	return err
}

// told is what facts name.
type told struct {
	nozzles []int
	sales   []id.Sale
	keys    []string
}

func mentioned(facts []Fact) told {
	var t told
	for _, fact := range facts {
		switch e := fact.Body.(type) {
		case wire.SaleStarted:
			t.nozzles, t.sales = append(t.nozzles, nozzle(e.Nozzle)), append(t.sales, e.Sale)
		case wire.SaleEnded:
			t.nozzles, t.sales = append(t.nozzles, nozzle(e.Nozzle)), append(t.sales, e.Sale)
			if key := deviceKey(e.DeviceKey); key != "" {
				t.keys = append(t.keys, key)
			}
		case wire.Gap:
			t.nozzles, t.sales = append(t.nozzles, nozzle(e.Nozzle)), append(t.sales, e.Sale)
		}
	}
	slices.Sort(t.nozzles)
	t.nozzles = slices.Compact(t.nozzles)
	t.sales = slices.DeleteFunc(t.sales, id.Sale.IsZero)
	return t
}

// take takes one fact. A fact of a kind that is not known has no effect: a
// newer pumpd may have more to tell than this hub understands.
func (b *batch) take(fact Fact) {
	switch e := fact.Body.(type) {
	case wire.SaleStarted:
		b.start(e)
	case wire.SaleEnded:
		b.end(e)
	case wire.Gap:
		b.gap(e)
	case wire.PriceApplied:
		b.prices = append(b.prices, e)
	case wire.AuthorizationUsed:
		b.spent = append(b.spent, e)
	default:
		b.f.Log.Warn("a fact of an unknown kind has no effect", "kind", fact.Kind, "seq", fact.Seq)
	}
}

// chain is the chain of a nozzle, to be changed.
func (b *batch) chain(number int) *sale.Chain {
	if b.chains[number] == nil {
		b.chains[number] = &sale.Chain{Nozzle: number}
	}
	b.touched[number] = true
	return b.chains[number]
}

// put adds or changes a sale in hand and returns it.
func (b *batch) put(s sale.Sale) *entry {
	e := b.sales[s.ID]
	if e == nil {
		e = &entry{}
		b.sales[s.ID] = e
		b.ordinal++
		s.Day, s.Ordinal = b.l.day, b.ordinal
	} else {
		s.Day, s.Ordinal = e.Day, e.Ordinal
		if !e.Member.IsZero() {
			s.Member = e.Member
		}
	}
	if !e.changed {
		b.order = append(b.order, s.ID)
	}
	e.Sale, e.changed = s, true
	if s.DeviceKey != "" {
		b.keys[s.DeviceKey] = s.ID
	}
	return e
}

// blank is a sale of a nozzle with what the station says of it.
func (b *batch) blank(which id.Sale, number int) sale.Sale {
	if which.IsZero() {
		which = id.New[id.Sale](b.f.IDs)
	}
	n := b.l.nozzles[number]
	return sale.Sale{
		ID: which, Station: b.src.Station, Nozzle: number, Grade: n.Grade, Tank: n.Tank, Bucket: sale.BucketNone,
	}
}

// supersede ends a delivery in hand on a nozzle that is not this sale: its
// figures will not come any more.
func (b *batch) supersede(c *sale.Chain, except id.Sale) {
	open := b.sales[c.OpenSale]
	if c.OpenSale == except || open == nil {
		return
	}
	c.OpenSale = id.Sale{}
	b.drop(open, noteSuperseded)
}

// drop makes a delivery in hand void.
func (b *batch) drop(e *entry, note string) {
	if e.State != wire.SaleOpen {
		return
	}
	s := e.Sale
	s.State, s.Note, s.EndedAt = wire.SaleVoid, note, b.now
	b.put(s)
}

// done reports whether a sale is known and its figures are judged.
func (b *batch) done(which id.Sale) bool {
	e := b.sales[which]
	return e != nil && e.Bucket != sale.BucketNone
}

// count adds the batch to the Flow's counters, once it is committed.
func (b *batch) count() {
	c := &b.f.counts
	c.facts.Add(b.facts)
	c.sales.Add(b.judged)
	c.duplicates.Add(b.duplicates)
	c.quarantined.Add(b.quarantined)
	c.missing.Add(b.missing)
}

// amountOf is what a volume would cost, zero if that is out of range.
func amountOf(v unit.Millilitre, p unit.FenPerLitre) unit.Fen {
	amount, err := unit.Amount(v, p)
	if err != nil {
		return 0
	}
	return amount
}

// nozzle is a nozzle number as it is stored.
func nozzle(number int) int {
	if number < 1 || number > maxNozzle {
		return 0
	}
	return number
}

// maxDeviceKey is the width of the column.
const maxDeviceKey = 120

// deviceKey is a protocol's identity of a sale as it is stored: one that is
// too long is replaced by its hash, which tells sales apart as well.
func deviceKey(key string) string {
	key = strings.ToValidUTF8(key, "?")
	if len(key) <= maxDeviceKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Years that a device's clock may show; another time is replaced by the hub's.
const (
	firstYear = 2020
	lastYear  = 2120
)

// plausible is a device's time as it is stored.
func (b *batch) plausible(t time.Time) time.Time {
	t = moment(t)
	if y := t.Year(); y < firstYear || y > lastYear {
		return b.now
	}
	return t
}
