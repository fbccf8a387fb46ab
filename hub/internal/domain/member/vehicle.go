package member

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// vehicleRow is a row of table vehicle.
type vehicleRow struct {
	ID           id.Vehicle
	Plate, Model []byte
	Kind         wire.PlateKind
}

// vehicles lists a member's vehicles, oldest first.
func (s *Store) vehicles(ctx context.Context, q sqlx.QueryerContext, m id.Member) ([]wire.Vehicle, error) {
	var rows []vehicleRow
	err := sqlx.SelectContext(ctx, q, &rows, "SELECT id, plate, kind, model FROM vehicle WHERE member = ? ORDER BY created_at, id", m)
	if err != nil {
		return nil, fmt.Errorf("listing the vehicles of member %s: %w", m, err)
	}
	list := make([]wire.Vehicle, len(rows))
	for i, row := range rows {
		if list[i], err = s.openVehicle(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Store) openVehicle(row vehicleRow) (wire.Vehicle, error) {
	v := wire.Vehicle{ID: row.ID, Kind: row.Kind}
	plate, err := s.Vault.Open(vehicleCell("plate", row.ID), row.Plate)
	if err != nil {
		return v, fmt.Errorf("opening the plate of vehicle %s: %w", row.ID, err)
	}
	v.Plate = string(plate)
	if row.Model == nil {
		return v, nil
	}
	model, err := s.Vault.Open(vehicleCell("model", row.ID), row.Model)
	if err != nil {
		return v, fmt.Errorf("opening the model of vehicle %s: %w", row.ID, err)
	}
	v.Model = string(model)
	return v, nil
}

// AddVehicle adds a vehicle, at most ten, and returns the member as they are
// now. A plate the member already has gets the new model and nothing else, so
// that doing it twice is doing it once.
func (s *Store) AddVehicle(ctx context.Context, who Actor, req wire.VehicleRequest) (wire.Member, error) {
	plate, kind, err := NormalPlate(req.Plate)
	if err != nil {
		return wire.Member{}, err
	}
	model, err := normalText("model", req.Model, maxModel)
	if err != nil {
		return wire.Member{}, err
	}
	return s.change(ctx, "adding a vehicle", who.Member, func(ctx context.Context, tx *mysql.Tx) error {
		has, err := s.vehicles(ctx, tx, who.Member)
		if err != nil {
			return err
		}
		for _, v := range has {
			if v.Plate == plate {
				return s.setModel(ctx, tx, v.ID, model)
			}
		}
		if len(has) >= maxVehicles {
			return wire.NewProblem(wire.ProblemBadRequest, fmt.Sprintf("a member has at most %d vehicles", maxVehicles))
		}
		return s.insertVehicle(ctx, tx, who.Member, wire.Vehicle{Plate: plate, Kind: kind, Model: model})
	})
}

func (s *Store) insertVehicle(ctx context.Context, tx *mysql.Tx, m id.Member, v wire.Vehicle) error {
	key := id.New[id.Vehicle](s.IDs)
	index := s.Vault.Blind(purposePlate, v.Plate)
	_, err := tx.ExecContext(ctx, `INSERT INTO vehicle (id, member, plate, plate_index, kind, model, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, key, m, s.Vault.Seal(vehicleCell("plate", key), []byte(v.Plate)), index[:], v.Kind,
		s.sealModel(key, v.Model), s.Now())
	if err != nil {
		return fmt.Errorf("writing a vehicle: %w", err)
	}
	return nil
}

// sealModel seals a model; "" is NULL.
func (s *Store) sealModel(key id.Vehicle, model string) []byte {
	if model == "" {
		return nil
	}
	return s.Vault.Seal(vehicleCell("model", key), []byte(model))
}

func (s *Store) setModel(ctx context.Context, tx *mysql.Tx, key id.Vehicle, model string) error {
	if _, err := tx.ExecContext(ctx, "UPDATE vehicle SET model = ? WHERE id = ?", s.sealModel(key, model), key); err != nil {
		return fmt.Errorf("writing a vehicle's model: %w", err)
	}
	return nil
}

// DropVehicle takes a vehicle off a member's list and returns the member as
// they are now. One that is not on it is no error.
func (s *Store) DropVehicle(ctx context.Context, who Actor, v id.Vehicle) (wire.Member, error) {
	return s.change(ctx, "dropping a vehicle", who.Member, func(ctx context.Context, tx *mysql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM vehicle WHERE id = ? AND member = ?", v, who.Member); err != nil {
			return fmt.Errorf("removing a vehicle: %w", err)
		}
		return nil
	})
}
