package station

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Install sets up a whole station.
func Install(ctx context.Context, tx sqlx.ExtContext, l Layout) error {
	s := l.Station
	_, err := tx.ExecContext(ctx, `INSERT INTO station (id, name, zone, minimum_ml, want_rev, price_set, created_at)
		VALUES (?, ?, ?, ?, 1, ?, ?)`, s.ID, s.Name, s.Zone, s.Minimum, s.PriceSet, s.CreatedAt.UTC())
	if err != nil {
		return fmt.Errorf("installing station: %w", err)
	}
	site := l.Site
	site.Name = s.Name
	if err = SetSite(ctx, tx, s.ID, site); err != nil {
		return err
	}
	insert := func(what, query string, args ...any) {
		if err != nil {
			return
		}
		if _, err = tx.ExecContext(ctx, query, args...); err != nil {
			err = fmt.Errorf("installing %s: %w", what, err)
		}
	}
	for _, g := range l.Grades {
		insert("grade "+g.Code, "INSERT INTO grade (station, code, name, place) VALUES (?, ?, ?, ?)",
			s.ID, g.Code, g.Name, g.Place)
	}
	for _, t := range l.Tanks {
		insert(fmt.Sprint("tank ", t.Number), "INSERT INTO tank (station, number, grade, capacity_ml) VALUES (?, ?, ?, ?)",
			s.ID, t.Number, t.Grade, t.Capacity)
	}
	for _, d := range l.Dispensers {
		insert(fmt.Sprint("dispenser ", d.Number), "INSERT INTO dispenser (station, number, name) VALUES (?, ?, ?)",
			s.ID, d.Number, d.Name)
	}
	for _, n := range l.Nozzles {
		insert(fmt.Sprint("nozzle ", n.Number), `INSERT INTO nozzle (station, number, dispenser, tank, mode, hold)
			VALUES (?, ?, ?, ?, ?, ?)`, s.ID, n.Number, n.Dispenser, n.Tank, n.Mode, n.Hold)
	}
	if err != nil || s.PriceSet.IsZero() {
		return err
	}
	return addSet(ctx, tx, s.ID, s.PriceSet, l.Prices, "", s.CreatedAt)
}

// Load reads one station.
func Load(ctx context.Context, q sqlx.QueryerContext, station id.Station) (Station, error) {
	return load(ctx, q, station, "")
}

// Lock reads one station and holds its row: whatever changes wishes or prices
// waits until the transaction ends.
func Lock(ctx context.Context, tx sqlx.QueryerContext, station id.Station) (Station, error) {
	return load(ctx, tx, station, " FOR UPDATE")
}

func load(ctx context.Context, q sqlx.QueryerContext, station id.Station, lock string) (Station, error) {
	var s Station
	err := sqlx.GetContext(ctx, q, &s, `SELECT id, name, zone, minimum_ml, want_rev, price_set, created_at
		FROM station WHERE id = ?`+lock, station)
	if errors.Is(err, sql.ErrNoRows) {
		return s, fmt.Errorf("%w: station %s", ErrNone, station)
	}
	if err != nil {
		return s, fmt.Errorf("reading station %s: %w", station, err)
	}
	return s, nil
}

// Raise raises the want revision. It locks the station's row.
func Raise(ctx context.Context, tx sqlx.ExecerContext, station id.Station) error {
	if _, err := tx.ExecContext(ctx, "UPDATE station SET want_rev = want_rev + 1 WHERE id = ?", station); err != nil {
		return fmt.Errorf("raising the want revision: %w", err)
	}
	return nil
}

// nozzleRow is a row of table nozzle with its tank's grade.
type nozzleRow struct {
	Number    int
	Dispenser int
	Tank      int
	Grade     string
	Mode      wire.Mode
	Hold      wire.Hold
	AuthID    id.Authorization `db:"auth_id"`
	Preset    sql.NullString   `db:"auth_preset"`
	Money     sql.NullInt64    `db:"auth_money_fen"`
	Volume    sql.NullInt64    `db:"auth_volume_ml"`
	Expires   sql.NullTime     `db:"auth_expires_at"`
}

func (r nozzleRow) nozzle() Nozzle {
	n := Nozzle{
		Number: r.Number, Dispenser: r.Dispenser, Tank: r.Tank, Grade: r.Grade, Mode: r.Mode, Hold: r.Hold,
	}
	if !r.AuthID.IsZero() {
		n.Authorization = &wire.Authorization{ID: r.AuthID, ExpiresAt: r.Expires.Time, Preset: wire.Preset{
			Kind: wire.PresetKind(r.Preset.String), Money: unit.Fen(r.Money.Int64), Volume: unit.Millilitre(r.Volume.Int64),
		}}
	}
	return n
}

const nozzleQuery = `SELECT n.number, n.dispenser, n.tank, t.grade, n.mode, n.hold,
		n.auth_id, n.auth_preset, n.auth_money_fen, n.auth_volume_ml, n.auth_expires_at
	FROM nozzle n JOIN tank t ON t.station = n.station AND t.number = n.tank
	WHERE n.station = ?`

// Nozzles lists a station's nozzles by number.
func Nozzles(ctx context.Context, q sqlx.QueryerContext, station id.Station) ([]Nozzle, error) {
	return nozzles(ctx, q, nozzleQuery+" ORDER BY n.number", station)
}

// LockNozzles lists the station's nozzles and holds their rows.
func LockNozzles(ctx context.Context, tx sqlx.QueryerContext, station id.Station) ([]Nozzle, error) {
	return nozzles(ctx, tx, nozzleQuery+" ORDER BY n.number FOR UPDATE", station)
}

// LockNozzle reads one nozzle and holds its row.
func LockNozzle(ctx context.Context, tx sqlx.QueryerContext, station id.Station, number int) (Nozzle, error) {
	found, err := nozzles(ctx, tx, nozzleQuery+" AND n.number = ? FOR UPDATE", station, number)
	if err != nil {
		return Nozzle{}, err
	}
	if len(found) == 0 {
		return Nozzle{}, fmt.Errorf("%w: nozzle %d", ErrNone, number)
	}
	return found[0], nil
}

func nozzles(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]Nozzle, error) {
	var rows []nozzleRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("reading nozzles: %w", err)
	}
	list := make([]Nozzle, len(rows))
	for i, r := range rows {
		list[i] = r.nozzle()
	}
	return list, nil
}

// Ask stores what is asked of a nozzle: its Mode, Hold and Authorization. The
// caller holds its row and raises the want revision.
func Ask(ctx context.Context, tx sqlx.ExecerContext, station id.Station, n Nozzle) error {
	var auth id.Authorization
	var preset, money, volume, expires any
	if a := n.Authorization; a != nil {
		auth, preset, money, volume, expires = a.ID, a.Preset.Kind, a.Preset.Money, a.Preset.Volume, a.ExpiresAt
	}
	_, err := tx.ExecContext(ctx, `UPDATE nozzle SET mode = ?, hold = ?, auth_id = ?, auth_preset = ?,
			auth_money_fen = ?, auth_volume_ml = ?, auth_expires_at = ?
		WHERE station = ? AND number = ?`,
		n.Mode, n.Hold, auth, preset, money, volume, expires, station, n.Number)
	if err != nil {
		return fmt.Errorf("asking of nozzle %d: %w", n.Number, err)
	}
	return nil
}

// Withdraw takes an authorization off its nozzle and reports whether it was
// still there.
func Withdraw(ctx context.Context, tx sqlx.ExecerContext, station id.Station, nozzle int, auth id.Authorization) (bool, error) {
	result, err := tx.ExecContext(ctx, `UPDATE nozzle SET auth_id = NULL, auth_preset = NULL,
			auth_money_fen = NULL, auth_volume_ml = NULL, auth_expires_at = NULL
		WHERE station = ? AND number = ? AND auth_id = ?`, station, nozzle, auth)
	if err != nil {
		return false, fmt.Errorf("withdrawing authorization %s: %w", auth, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("withdrawing authorization %s: %w", auth, err)
	}
	return n > 0, nil
}

// Tanks lists a station's tanks by number.
func Tanks(ctx context.Context, q sqlx.QueryerContext, station id.Station) ([]Tank, error) {
	var list []Tank
	err := sqlx.SelectContext(ctx, q, &list,
		"SELECT number, grade, capacity_ml FROM tank WHERE station = ? ORDER BY number", station)
	if err != nil {
		return nil, fmt.Errorf("reading tanks: %w", err)
	}
	return list, nil
}

// All lists the stations by the order of their setting up.
func All(ctx context.Context, q sqlx.QueryerContext) ([]Station, error) {
	var list []Station
	err := sqlx.SelectContext(ctx, q, &list,
		"SELECT id, name, zone, minimum_ml, want_rev, price_set, created_at FROM station ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("listing stations: %w", err)
	}
	return list, nil
}

// Place is a nozzle of a station.
type Place struct {
	Station id.Station
	Number  int
}

// Places lists every nozzle of every station.
func Places(ctx context.Context, q sqlx.QueryerContext) ([]Place, error) {
	var list []Place
	err := sqlx.SelectContext(ctx, q, &list, "SELECT station, number FROM nozzle ORDER BY station, number")
	if err != nil {
		return nil, fmt.Errorf("listing nozzles: %w", err)
	}
	return list, nil
}

// utc is t as the database keeps it: UTC, to the millisecond, never rounded up.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
