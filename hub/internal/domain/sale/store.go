package sale

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Errors of the store.
var (
	// ErrNone says that there is no such sale.
	ErrNone = errors.New("sale: no such sale")
	// ErrChanged says that the sale is no longer in the state it was read in;
	// the transaction has to be rolled back.
	ErrChanged = errors.New("sale: changed meanwhile")
)

// row is a row of table sale.
type row struct {
	Sale
	Reasons   string
	StartedAt time.Time      `db:"started_at"`
	EndedAt   sql.NullTime   `db:"ended_at"`
	DeviceKey sql.NullString `db:"device_key"`
}

const columns = `id, station, day, ordinal, nozzle, grade, tank, state, reasons, volume_ml, amount_fen,
	price_fen_per_l, price_set, before_ml, after_ml, counted_ml, bucket, booked_ml, booked_fen,
	started_at, ended_at, auth_id, device_key, backfilled, note, member`

var columnNames = strings.Split(strings.Join(strings.Fields(columns), ""), ",")

func (r row) sale() Sale {
	s := r.Sale
	s.Reasons = reasonsOf(r.Reasons)
	s.StartedAt, s.EndedAt, s.DeviceKey = r.StartedAt, r.EndedAt.Time, r.DeviceKey.String
	return s
}

// values is the sale in the order of columns.
func (s Sale) values() []any {
	var ended, key any
	if !s.EndedAt.IsZero() {
		ended = s.EndedAt
	}
	if s.DeviceKey != "" {
		key = s.DeviceKey
	}
	return []any{
		s.ID, s.Station, s.Day.Format(time.DateOnly), s.Ordinal, s.Nozzle, s.Grade, s.Tank, s.State, s.Reasons.Text(),
		s.Volume, s.Amount, s.Price, s.PriceSet, s.Before, s.After, s.Counted, s.Bucket, s.Booked, s.Charge,
		s.StartedAt, ended, s.Authorization, key, s.Backfilled, s.Note, s.Member,
	}
}

// Insert adds new sales. A sale that is there already, under its id, its
// device key or its number, is the server's duplicate-key error.
func Insert(ctx context.Context, tx sqlx.ExecerContext, sales []Sale) error {
	if len(sales) == 0 {
		return nil
	}
	one := "(?" + strings.Repeat(", ?", len(columnNames)-1) + ")"
	args := make([]any, 0, len(sales)*len(columnNames))
	for _, s := range sales {
		args = append(args, s.values()...)
	}
	query := "INSERT INTO sale (" + columns + ") VALUES " + one + strings.Repeat(", "+one, len(sales)-1)
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("inserting %d sales: %w", len(sales), err)
	}
	return nil
}

// Close stores what became of a sale whose figures were not judged yet.
// ErrChanged says that they were.
func Close(ctx context.Context, tx sqlx.ExecerContext, s Sale) error {
	set := strings.Join(columnNames[1:], " = ?, ") + " = ?"
	return update(ctx, tx, s, "UPDATE sale SET "+set+" WHERE id = ? AND bucket = 'none'", append(s.values()[1:], s.ID)...)
}

// Advance stores where a judged sale stands now, which was in state from: its
// State, Bucket, Booked, Charge and Note. ErrChanged says that it was not.
func Advance(ctx context.Context, tx sqlx.ExecerContext, s Sale, from wire.SaleState) error {
	return update(ctx, tx, s, `UPDATE sale SET state = ?, bucket = ?, booked_ml = ?, booked_fen = ?, note = ?
		WHERE id = ? AND state = ?`, s.State, s.Bucket, s.Booked, s.Charge, s.Note, s.ID, from)
}

// update runs the update of one sale, which has to find it.
func update(ctx context.Context, tx sqlx.ExecerContext, s Sale, query string, args ...any) error {
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("updating sale %s: %w", s.ID, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("updating sale %s: %w", s.ID, err)
	}
	if n == 0 {
		return ErrChanged
	}
	return nil
}

// Load reads one sale.
func Load(ctx context.Context, q sqlx.QueryerContext, sale id.Sale) (Sale, error) {
	var r row
	err := sqlx.GetContext(ctx, q, &r, "SELECT "+columns+" FROM sale WHERE id = ?", sale)
	if errors.Is(err, sql.ErrNoRows) {
		return Sale{}, fmt.Errorf("%w: %s", ErrNone, sale)
	}
	if err != nil {
		return Sale{}, fmt.Errorf("reading sale %s: %w", sale, err)
	}
	return r.sale(), nil
}

// LockTold reads, and holds, the sales of a station that have one of these
// ids or device keys: what is already known of deliveries about to be taken.
func LockTold(ctx context.Context, tx sqlx.QueryerContext, station id.Station, ids []id.Sale, keys []string) ([]Sale, error) {
	byID, err := lockIn(ctx, tx, "id", "", nil, anys(ids))
	if err != nil {
		return nil, err
	}
	byKey, err := lockIn(ctx, tx, "device_key", "station = ? AND ", []any{station}, anys(keys))
	return append(byID, byKey...), err
}

func lockIn(ctx context.Context, tx sqlx.QueryerContext, column, condition string, args, values []any) ([]Sale, error) {
	if len(values) == 0 {
		return nil, nil
	}
	query := "SELECT " + columns + " FROM sale WHERE " + condition + column +
		" IN (?" + strings.Repeat(", ?", len(values)-1) + ") FOR UPDATE"
	return list(ctx, tx, query, append(args, values...)...)
}

func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

func list(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]Sale, error) {
	var rows []row
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading sales: %w", err)
	}
	sales := make([]Sale, len(rows))
	for i, r := range rows {
		sales[i] = r.sale()
	}
	return sales, nil
}

// LastOrdinal is the last number given in a station's day, zero if none.
func LastOrdinal(ctx context.Context, q sqlx.QueryerContext, station id.Station, day time.Time) (int, error) {
	var last int
	err := sqlx.GetContext(ctx, q, &last, "SELECT COALESCE(MAX(ordinal), 0) FROM sale WHERE station = ? AND day = ?",
		station, day.Format(time.DateOnly))
	if err != nil {
		return 0, fmt.Errorf("reading the day's last number: %w", err)
	}
	return last, nil
}

// Query asks for a page of sales.
type Query struct {
	Station id.Station
	// State and Nozzle narrow it; empty and zero mean all.
	State  wire.SaleState
	Nozzle int
	// Nozzles narrows it to several; none means all.
	Nozzles []int
	// Before asks for sales older than this one; zero begins at the newest.
	Before id.Sale
	// Limit bounds the page.
	Limit int
}

// newest walks a station's sales from the end; without the hint the server may
// prefer to sort all of them.
const newest = "SELECT " + columns + " FROM sale FORCE INDEX (PRIMARY) WHERE station = ?"

// List reads a page of sales, newest first.
func List(ctx context.Context, q sqlx.QueryerContext, ask Query) ([]Sale, error) {
	query, args := newest, []any{ask.Station}
	if ask.State != "" {
		query, args = "SELECT "+columns+" FROM sale WHERE station = ? AND state = ?", append(args, ask.State)
	}
	if ask.Nozzle != 0 {
		query, args = query+" AND nozzle = ?", append(args, ask.Nozzle)
	}
	query, args = query+amongNozzles(ask.Nozzles), append(args, values(ask.Nozzles)...)
	if !ask.Before.IsZero() {
		query, args = query+" AND id < ?", append(args, ask.Before)
	}
	return list(ctx, q, query+" ORDER BY id DESC LIMIT ?", append(args, ask.Limit)...)
}

// amongNozzles is the condition that a sale is one of some nozzles', none meaning all.
func amongNozzles(nozzles []int) string {
	if len(nozzles) == 0 {
		return ""
	}
	return " AND nozzle IN (?" + strings.Repeat(", ?", len(nozzles)-1) + ")"
}

// values is what the condition asks for.
func values(nozzles []int) []any {
	out := make([]any, len(nozzles))
	for i, n := range nozzles {
		out[i] = n
	}
	return out
}

// Desk reads what a till needs, of some nozzles or, with none named, of all:
// the sales that wait, oldest first, at most waitingLimit of them, then the
// last settled ones, oldest first.
func Desk(ctx context.Context, q sqlx.QueryerContext, station id.Station, nozzles []int, waitingLimit, settledLimit int) ([]Sale, error) {
	waits := "'" + strings.Join(texts(waiting), "', '") + "'"
	args := append([]any{station}, values(nozzles)...)
	open, err := list(ctx, q, "SELECT "+columns+" FROM sale WHERE station = ?"+amongNozzles(nozzles)+" AND state IN ("+waits+") ORDER BY id LIMIT ?",
		append(args, waitingLimit)...)
	if err != nil {
		return nil, err
	}
	settled, err := list(ctx, q, newest+amongNozzles(nozzles)+" AND state NOT IN ("+waits+") ORDER BY id DESC LIMIT ?", append(args, settledLimit)...)
	slices.Reverse(settled)
	return append(open, settled...), err
}

func texts[S ~string](values []S) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
