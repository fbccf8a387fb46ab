package staff

import (
	"context"
	"errors"

	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// What the security log calls the acts of this package. The acts of a head on
// others' accounts (staff.*, session.end) are flow's commands.
const (
	actionLogin       = "login.ok"
	actionRefused     = "login.refused"
	actionLocked      = "login.locked"
	actionLogout      = "logout"
	actionOwnPassword = "account.password"
	actionOwnFactor   = "account.factor"

	// ActionAdd and those after it are what heads and operators do.
	ActionAdd        = "staff.add"
	ActionChange     = "staff.change"
	ActionPassword   = "staff.password"
	ActionFactor     = "staff.factor"
	ActionEndSession = "session.end"

	// ObjectStaff and ObjectSession are what it is done to.
	ObjectStaff   = "staff"
	ObjectSession = objectSession
	objectSession = "session"
	objectStation = "station"
)

// byOperator notes acts of whoever has the machine.
const byOperator = "by the operator, on the hub's machine"

// noted puts a refused login on record, and answers what is to be told: err,
// with what kept it from being recorded. Nothing that was typed is kept, only
// whose number it was, if anybody's.
func (s *Store) noted(ctx context.Context, device DeviceActor, who *candidate, err error) error {
	row := audit.Row{
		At: s.now(), Station: device.Station, Action: actionRefused,
		Object: objectStation, ObjectID: device.Station.String(), Note: "device " + device.Device.String(),
	}
	if who != nil {
		row.Object, row.ObjectID = ObjectStaff, who.ID.String()
	}
	var wait blocked
	if errors.As(err, &wait) {
		err = wait.problem(row.At)
		if _, told := s.told.Recall(wait.key()); told {
			return err
		}
		s.told.Remember(wait.key(), struct{}{}, wait.until)
		row.Action = actionLocked
	}
	var refused *wire.Problem
	if !errors.As(err, &refused) || refused.Type == wire.ProblemSecondFactor {
		return err // signed in, half way there, or broken
	}
	row.Result = string(refused.Type)
	return errors.Join(err, audit.Record(ctx, s.DB, row))
}

// own is a row of somebody's act on their own account.
func (s *Store) own(who Actor, action, note string) audit.Row {
	return audit.Row{
		At: s.now(), Station: who.Station, Staff: who.Staff, Action: action,
		Object: ObjectStaff, ObjectID: who.Staff.String(), Result: audit.OK, Note: note,
	}
}

// ownRefused puts the refusal of such an act on record.
func (s *Store) ownRefused(ctx context.Context, row audit.Row, err error) error {
	var wait blocked
	if errors.As(err, &wait) {
		err = wait.problem(row.At)
	}
	var refused *wire.Problem
	if !errors.As(err, &refused) {
		return err
	}
	row.Result = string(refused.Type)
	return errors.Join(err, audit.Record(ctx, s.DB, row))
}

// operated writes an operator's act on somebody as part of tx.
func (s *Store) operated(ctx context.Context, tx *mysql.Tx, at id.Station, action string, who id.Staff) error {
	return audit.Write(ctx, tx, audit.Row{
		At: s.now(), Station: at, Action: action, Object: ObjectStaff, ObjectID: who.String(), Result: audit.OK, Note: byOperator,
	})
}
