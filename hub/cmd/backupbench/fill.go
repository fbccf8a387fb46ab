package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"forecourt/hub/internal/domain/evidence"
	"forecourt/hub/internal/domain/ledger"
	"forecourt/hub/internal/domain/payment"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

const (
	// interval lies between two sales: a million of them are a year and a half.
	interval = 45 * time.Second
	// batch is how many sales one transaction writes.
	batch = 500
	// tenYuan is what people hand over multiples of.
	tenYuan unit.Fen = 1_000
	// told is how many sales lie between two words on how far filling is.
	told = 100_000
)

// filler writes paid sales of the past straight into the tables, as intake and
// payments would have left them: the sale and how it ran, two transfers, the
// payable and its payment, and the row in the log that bears witness to it.
type filler struct {
	*site
	ids     *id.Maker // of the moment at
	at      time.Time
	cashier id.Staff
	day     time.Time
	ordinal int
}

// fill writes sales up to a while ago, and seals the log of them.
func (b *site) fill(ctx context.Context, sales int) error {
	if err := b.hurry(ctx, true); err != nil {
		return err
	}
	f := &filler{site: b, at: time.Now().Add(-time.Duration(sales+1) * interval).Truncate(time.Millisecond)}
	f.ids = id.NewMaker(func() time.Time { return f.at }, rand.Reader)
	f.cashier = id.New[id.Staff](f.ids)
	if err := ledger.Open(ctx, b.db, ledger.Chart(b.id)); err != nil {
		return err
	}
	took, err := timed(func() error {
		for written := 0; written < sales; {
			count := min(batch, sales-written)
			if err := b.db.InTx(ctx, "filling", func(ctx context.Context, tx *mysql.Tx) error { return f.write(ctx, tx, count) }); err != nil {
				return err
			}
			if written += count; written%told == 0 {
				note("%d sales written", written)
			}
		}
		return errors.Join(f.end(ctx), b.hurry(ctx, false))
	})
	if err != nil {
		return err
	}
	fmt.Printf("%d sales with their traces, transfers, payments and rows of the log, written in %v\n", sales, took.Round(time.Second))
	return b.seal(ctx)
}

// hurry lets the server forget to sync while it is filled, or has it behave again.
func (b *site) hurry(ctx context.Context, on bool) error {
	admin, err := mysql.OpenAdmin(ctx, b.server.AdminDSN(""), b.log)
	if err != nil {
		return err
	}
	level := 1
	if on {
		level = 0
	}
	_, err = admin.ExecContext(ctx, fmt.Sprintf("SET GLOBAL innodb_flush_log_at_trx_commit = %d, GLOBAL sync_binlog = %d", level, level))
	return errors.Join(err, admin.Close())
}

// write writes the next sales. The chains are in memory until all is written.
func (f *filler) write(ctx context.Context, tx *mysql.Tx, count int) error {
	var sales []sale.Sale
	var runs []evidence.Run
	var transfers []ledger.Transfer
	var rows []audit.Row
	for range count {
		s, run, err := f.next()
		if err != nil {
			return err
		}
		sales, runs = append(sales, s), append(runs, run)
		transfers = append(transfers,
			f.transfer(s, ledger.CodeReceivable, ledger.CodeSales, "sale"),
			f.transfer(s, ledger.CodeDrawer, ledger.CodeReceivable, "cash"))
		rows = append(rows, audit.Row{
			At: f.at, Station: f.id, Staff: f.cashier, Action: "sale.pay", Object: "sale", ObjectID: s.ID.String(),
			Result: audit.OK, Note: "cash " + s.Charge.String(), Digest: s.Digest(),
		})
	}
	if err := ledger.Record(ctx, tx, transfers...); err != nil {
		return err
	}
	if err := sale.Insert(ctx, tx, sales); err != nil {
		return err
	}
	if err := evidence.SaveRuns(ctx, tx, runs); err != nil {
		return err
	}
	return errors.Join(f.pay(ctx, tx, sales), audit.WriteAll(ctx, tx, rows...))
}

// next is the next sale of the past, paid.
func (f *filler) next() (sale.Sale, evidence.Run, error) {
	f.at = f.at.Add(interval)
	if day := sale.Day(f.at, f.zone); !day.Equal(f.day) {
		f.day, f.ordinal = day, 0
	}
	f.ordinal++
	which := id.New[id.Sale](f.ids)
	n, e, v, err := f.deliver(which, f.at)
	run := evidence.Run{Sale: which, Points: e.Trace}
	if e.Before > 0 {
		run.Previous = &e.Before
	}
	return sale.Sale{
		ID: which, Station: f.id, Day: f.day, Ordinal: f.ordinal, Nozzle: n.number, Grade: n.grade, Tank: n.tank,
		State: wire.SalePaid, Volume: e.Volume, Amount: e.Amount, Price: e.Price, PriceSet: e.PriceSet,
		Before: e.Before, After: e.After, Counted: v.Counted, Bucket: v.Bucket, Booked: e.Volume, Charge: e.Amount,
		StartedAt: e.StartedAt, EndedAt: e.EndedAt, DeviceKey: e.DeviceKey,
	}, run, err
}

func (f *filler) transfer(s sale.Sale, debit, credit, purpose string) ledger.Transfer {
	return ledger.Transfer{
		ID: id.New[id.Transfer](f.ids), Kind: ledger.Move, Debit: ledger.AccountID(f.id, debit), Credit: ledger.AccountID(f.id, credit),
		Amount: s.Charge, Purpose: purpose, Sale: s.ID, At: s.EndedAt,
	}
}

// pay writes the payments of some sales, many at once: package payment takes one
// at a time, as tills do.
func (f *filler) pay(ctx context.Context, tx *mysql.Tx, sales []sale.Sale) error {
	const onePayable, oneAttempt = "(?, ?, ?, 'paid', ?)", "(?, ?, 'cash', ?, ?, ?, ?, ?, '2001', ?, ?)"
	var payables, attempts []any
	for _, s := range sales {
		p := id.New[id.Payable](f.ids)
		tendered := (s.Charge + tenYuan - 1) / tenYuan * tenYuan
		payables = append(payables, p, s.ID, s.Charge, s.EndedAt)
		attempts = append(attempts, id.New[id.Attempt](f.ids), p, payment.Succeeded, s.Charge, tendered, tendered-s.Charge, f.cashier, s.EndedAt, p)
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO payable (id, sale, amount_fen, state, opened_at) VALUES "+
		onePayable+strings.Repeat(", "+onePayable, len(sales)-1), payables...)
	if err != nil {
		return fmt.Errorf("writing payables: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO payment_attempt (id, payable, tender, state, amount_fen, tendered_fen, change_fen,
		staff, staff_number, at, won) VALUES `+oneAttempt+strings.Repeat(", "+oneAttempt, len(sales)-1), attempts...)
	if err != nil {
		return fmt.Errorf("writing payments: %w", err)
	}
	return nil
}

// end stores the chains.
func (f *filler) end(ctx context.Context) error {
	chains := make([]sale.Chain, len(f.nozzles))
	for i, n := range f.nozzles {
		chains[i] = n.chain
	}
	return sale.SaveChains(ctx, f.db, f.id, chains)
}

// seal seals the log of what was written.
func (b *site) seal(ctx context.Context) error {
	key, err := audit.NewKey(seed)
	if err != nil {
		return err
	}
	sealer := audit.NewSealer(audit.SealerDeps{DB: b.db, Key: key, Anchors: audit.NewAnchors(b.cfg.AnchorDirectory()), Now: time.Now, Log: b.log})
	return sealer.Close(ctx)
}
