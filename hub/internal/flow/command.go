package flow

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// commandTries bounds how often a command is run anew because what it was
// decided on changed under it.
const commandTries = 5

// command is something a person asked for.
type command struct {
	actor staff.Actor
	key   id.Command
	// name says what, action what its actor has to be allowed.
	name   string
	action staff.Action
	// target and request are what it is done to and with.
	target  string
	request any
	// audit says what the log is to call it: Action, Object, ObjectID and Note,
	// of which empty ones follow from name and target.
	audit audit.Row
}

// sum is the SHA-256 of the command's canonical form: struct fields keep
// their order in JSON, so equal requests have equal sums.
func (c command) sum() ([]byte, error) {
	canonical, err := json.Marshal([]any{c.name, c.actor.Station, c.target, c.request})
	if err != nil {
		return nil, fmt.Errorf("encoding command %s: %w", c.name, err)
	}
	sum := sha256.Sum256(canonical)
	return sum[:], nil
}

// effect is what a command does: prepare, if any, is called first, outside the
// transaction, to decide on what is read; do then writes, and answers with the
// events of the desk channel; also, if any, writes the events of channels that
// come after it. All run again when one answers sale.ErrChanged or finds a
// unique key taken.
//
// describe, if any, completes what the log is to say, once do has run.
type effect[R any] struct {
	prepare  func(ctx context.Context) error
	do       func(ctx context.Context, tx *mysql.Tx) (R, []outbox.Event, error)
	also     func(ctx context.Context, tx *mysql.Tx, result R) error
	describe func(row *audit.Row)
}

// perform runs a command once: a repeat of it is answered with the first
// result. The second answer is whether it was a repeat. That it was done is
// written into the log by its transaction, that it was refused on its own; a
// repeat has done nothing and is not written down.
func perform[R any](ctx context.Context, f *Flow, c command, e effect[R]) (result R, repeat bool, err error) {
	if c.key.IsZero() {
		return result, false, wire.NewProblem(wire.ProblemKeyMissing, "")
	}
	result, repeat, err = performOnce(ctx, f, c, e)
	return result, repeat, f.refusal(ctx, c.row(f.now()), err)
}

// performOnce is perform without the log of refusals.
func performOnce[R any](ctx context.Context, f *Flow, c command, e effect[R]) (result R, repeat bool, err error) {
	if !staff.May(c.actor.Role, c.action) {
		return result, false, wire.NewProblem(wire.ProblemForbidden, string(c.action))
	}
	sum, err := c.sum()
	if err != nil {
		return result, false, err
	}
	for range commandTries {
		if found, err := f.firstResult(ctx, c, sum, &result); found || err != nil {
			return result, found, err
		}
		if e.prepare != nil {
			if err := e.prepare(ctx); err != nil {
				return result, false, err
			}
		}
		err = f.DB.InTx(ctx, c.name, func(ctx context.Context, tx *mysql.Tx) error {
			var events []outbox.Event
			var err error
			if result, events, err = e.do(ctx, tx); err != nil {
				return err
			}
			row := c.row(f.now())
			if e.describe != nil {
				e.describe(&row)
			}
			if err := audit.Write(ctx, tx, row); err != nil {
				return err
			}
			if err := f.keepResult(ctx, tx, c, sum, result, events); err != nil || e.also == nil {
				return err
			}
			return e.also(ctx, tx, result)
		})
		if !errors.Is(err, sale.ErrChanged) && !mysql.IsDuplicate(err) {
			break
		}
	}
	return result, false, err
}

// firstResult looks for what the command's key was answered with before.
func (f *Flow) firstResult(ctx context.Context, c command, sum []byte, result any) (bool, error) {
	var row struct {
		Station  id.Station
		Staff    id.Staff
		Request  []byte
		Response []byte
	}
	err := f.DB.GetContext(ctx, &row, "SELECT station, staff, request, response FROM command_result WHERE id = ?", c.key)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for an earlier result: %w", err)
	}
	if row.Station != c.actor.Station || row.Staff != c.actor.Staff || string(row.Request) != string(sum) {
		return false, wire.NewProblem(wire.ProblemKeyReused, c.key.String())
	}
	if err := json.Unmarshal(row.Response, result); err != nil {
		return false, fmt.Errorf("reading the result of command %s: %w", c.key, err)
	}
	return true, nil
}

// keepResult stores the result and writes the events of the desk channel: the
// last statements of the transaction but for events of later channels.
func (f *Flow) keepResult(ctx context.Context, tx *mysql.Tx, c command, sum []byte, result any, events []outbox.Event) error {
	response, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encoding the result of command %s: %w", c.key, err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO command_result (id, station, staff, command, request, response, at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, c.key, c.actor.Station, c.actor.Staff, c.name, sum, string(response), f.now())
	if err != nil {
		return fmt.Errorf("keeping the result of command %s: %w", c.key, err)
	}
	return outbox.Append(ctx, tx, f.Feed, wire.Desk(c.actor.Station), events...)
}

// done answers a command whose effect shows as an event or on a pump.
func done(c command, repeat bool, err error) (wire.Done, error) {
	if err != nil {
		return wire.Done{}, err
	}
	return wire.Done{Command: c.key, Repeat: repeat}, nil
}

// bad is the refusal of a request that makes no sense.
func bad(format string, args ...any) error {
	return wire.NewProblem(wire.ProblemBadRequest, fmt.Sprintf(format, args...))
}
