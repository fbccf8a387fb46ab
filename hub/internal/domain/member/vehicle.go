package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// What a tank may hold: from a small car to a lorry with two tanks.
const (
	minTank = 20_000
	maxTank = 1_500_000
)

// vehicleRow is a row of table vehicle.
type vehicleRow struct {
	ID           id.Vehicle
	Member       id.Member
	Plate, Model []byte
	Kind         wire.PlateKind
	Tank         sql.NullInt64 `db:"tank_ml"`
}

// vehicles lists a member's vehicles, oldest first.
func (s *Store) vehicles(ctx context.Context, q sqlx.QueryerContext, key *vault.Key, m id.Member) ([]wire.Vehicle, error) {
	var rows []vehicleRow
	err := sqlx.SelectContext(ctx, q, &rows,
		"SELECT id, member, plate, kind, model, tank_ml FROM vehicle WHERE member = ? ORDER BY created_at, id", m)
	if err != nil {
		return nil, fmt.Errorf("listing the vehicles of member %s: %w", m, err)
	}
	list := make([]wire.Vehicle, len(rows))
	for i, row := range rows {
		if list[i], err = row.open(key); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (row vehicleRow) open(key *vault.Key) (wire.Vehicle, error) {
	v := wire.Vehicle{ID: row.ID, Kind: row.Kind, Tank: unit.Millilitre(row.Tank.Int64)}
	var err error
	if v.Plate, err = openCell(key, vehicleCell("plate", row.ID), row.Plate); err != nil {
		return v, err
	}
	v.Model, err = openCell(key, vehicleCell("model", row.ID), row.Model)
	return v, err
}

// AddVehicle adds a vehicle, at most ten, and returns the member as they are
// now. A plate the member already has gets the new model and tank and nothing
// else, so that doing it twice is doing it once.
func (s *Store) AddVehicle(ctx context.Context, who Actor, req wire.VehicleRequest) (wire.Member, error) {
	plate, kind, err := NormalPlate(req.Plate)
	if err != nil {
		return wire.Member{}, err
	}
	model, err := normalText("model", req.Model, maxModel)
	if err != nil {
		return wire.Member{}, err
	}
	if req.Tank != 0 && (req.Tank < minTank || req.Tank > maxTank) {
		return wire.Member{}, wire.NewProblem(wire.ProblemBadRequest, "a tank holds 20 to 1500 L")
	}
	given := wire.Vehicle{Plate: plate, Kind: kind, Model: model, Tank: req.Tank}
	return s.change(ctx, "adding a vehicle", who.Member, func(ctx context.Context, tx *mysql.Tx, key *vault.Key) error {
		has, err := s.vehicles(ctx, tx, key, who.Member)
		if err != nil {
			return err
		}
		for _, v := range has {
			if v.Plate == plate {
				given.ID = v.ID
				return updateVehicle(ctx, tx, key, given)
			}
		}
		if len(has) >= maxVehicles {
			return wire.NewProblem(wire.ProblemBadRequest, fmt.Sprintf("a member has at most %d vehicles", maxVehicles))
		}
		given.ID = id.New[id.Vehicle](s.IDs)
		return s.insertVehicle(ctx, tx, key, who.Member, given)
	})
}

func (s *Store) insertVehicle(ctx context.Context, tx *mysql.Tx, key *vault.Key, m id.Member, v wire.Vehicle) error {
	index := s.Keys.Blind(purposePlate, v.Plate)
	_, err := tx.ExecContext(ctx, `INSERT INTO vehicle (id, member, plate, plate_index, kind, model, tank_ml, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, v.ID, m, key.Seal(vehicleCell("plate", v.ID), []byte(v.Plate)), index[:], v.Kind,
		sealCell(key, vehicleCell("model", v.ID), v.Model), tankOf(v), s.Now())
	if err != nil {
		return fmt.Errorf("writing a vehicle: %w", err)
	}
	return nil
}

func updateVehicle(ctx context.Context, tx *mysql.Tx, key *vault.Key, v wire.Vehicle) error {
	_, err := tx.ExecContext(ctx, "UPDATE vehicle SET model = ?, tank_ml = ? WHERE id = ?",
		sealCell(key, vehicleCell("model", v.ID), v.Model), tankOf(v), v.ID)
	if err != nil {
		return fmt.Errorf("writing what a vehicle is: %w", err)
	}
	return nil
}

// tankOf is what a vehicle's tank holds; NULL if nobody said.
func tankOf(v wire.Vehicle) sql.NullInt64 {
	return sql.NullInt64{Int64: int64(v.Tank), Valid: v.Tank != 0}
}

// DropVehicle takes a vehicle off a member's list and returns the member as
// they are now. One that is not on it is no error. What was noted beside
// fuellings of it (package trip) stays and is of no vehicle: the schema sees to
// that.
func (s *Store) DropVehicle(ctx context.Context, who Actor, v id.Vehicle) (wire.Member, error) {
	return s.change(ctx, "dropping a vehicle", who.Member, func(ctx context.Context, tx *mysql.Tx, _ *vault.Key) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM vehicle WHERE id = ? AND member = ?", v, who.Member); err != nil {
			return fmt.Errorf("removing a vehicle: %w", err)
		}
		return nil
	})
}

// Drives refuses a vehicle that is not a member's own, with
// wire.ProblemNotFound; the zero vehicle is nobody's and is not asked about. It
// holds the member's row until the end of tx, so that the vehicle stays theirs
// and whoever notes something about it does so alone.
func (s *Store) Drives(ctx context.Context, tx *mysql.Tx, m id.Member, v id.Vehicle) error {
	if err := s.lock(ctx, tx, m); err != nil || v.IsZero() {
		return err
	}
	var found int
	// With a lock, so that no snapshot is opened: see mysql.DB.InTx.
	err := tx.GetContext(ctx, &found, "SELECT 1 FROM vehicle WHERE id = ? AND member = ? LOCK IN SHARE MODE", v, m)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.NewProblem(wire.ProblemNotFound, "no such vehicle")
	}
	if err != nil {
		return fmt.Errorf("looking for a vehicle of member %s: %w", m, err)
	}
	return nil
}
