package chat

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Settings reads how a station's support works.
func (s *Store) Settings(ctx context.Context, q sqlx.QueryerContext, at id.Station) (wire.SupportSettings, error) {
	var text string
	err := sqlx.GetContext(ctx, q, &text, "SELECT settings FROM chat_settings WHERE station = ?", at)
	if errors.Is(err, sql.ErrNoRows) {
		return Defaults(), nil
	}
	if err != nil {
		return wire.SupportSettings{}, fmt.Errorf("reading support settings: %w", err)
	}
	settings := Defaults()
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return settings, fmt.Errorf("reading support settings: %w", err)
	}
	return settings, nil
}

// SaveSettings stores how a station's support works.
func (s *Store) SaveSettings(ctx context.Context, tx sqlx.ExecerContext, at id.Station, settings wire.SupportSettings, now time.Time) error {
	text, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("encoding support settings: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO chat_settings (station, settings, changed_at) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE settings = VALUES(settings), changed_at = VALUES(changed_at)`, at, string(text), now)
	if err != nil {
		return fmt.Errorf("storing support settings: %w", err)
	}
	return nil
}

// Duties lists who answers at a station, by number: those who lead it and the
// agents, if they may sign in. Online is left to who knows.
func (s *Store) Duties(ctx context.Context, q sqlx.QueryerContext, at id.Station) ([]Duty, error) {
	var rows []dutyRow
	// Agents take conversations unless they say otherwise, the head only on request.
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT p.id AS staff, p.number, p.name, p.role IN ('head', 'group') AS head,
			COALESCE(d.on_duty, p.role = 'agent') AS on_duty, COALESCE(d.active, 0) AS active, d.given_at
		FROM staff p LEFT JOIN chat_duty d ON d.station = p.station AND d.staff = p.id
		WHERE p.station = ? AND p.active = 1 AND p.role IN ('head', 'group', 'agent') ORDER BY p.number`, at)
	if err != nil {
		return nil, fmt.Errorf("listing who answers: %w", err)
	}
	list := make([]Duty, len(rows))
	for i, r := range rows {
		name, err := staff.OpenName(s.keys.Vault, r.Staff, r.Name)
		if err != nil {
			return nil, err
		}
		list[i] = Duty{
			Agent: Agent{Staff: r.Staff, Number: r.Number, Head: r.Head}, Name: name,
			OnDuty: r.OnDuty, Active: r.Active, GivenAt: r.GivenAt.Time,
		}
	}
	return list, nil
}

// dutyRow is a row of table chat_duty, with who it is.
type dutyRow struct {
	Staff   id.Staff
	Number  string
	Name    []byte // sealed
	Head    bool
	OnDuty  bool `db:"on_duty"`
	Active  int
	GivenAt sql.NullTime `db:"given_at"`
}

// Enlisted reports whether everybody who answers at a station has a duty row.
func (s *Store) Enlisted(ctx context.Context, q sqlx.QueryerContext, at id.Station) (bool, error) {
	var missing int
	err := sqlx.GetContext(ctx, q, &missing, "SELECT COUNT(*) FROM staff p WHERE "+unlisted, at)
	if err != nil {
		return false, fmt.Errorf("looking who answers: %w", err)
	}
	return missing == 0, nil
}

// unlisted picks those of staff p who answer at a station and have no duty row.
const unlisted = `p.station = ? AND p.role IN ('head', 'group', 'agent')
	AND NOT EXISTS (SELECT 1 FROM chat_duty d WHERE d.station = p.station AND d.staff = p.id)`

// Enlist makes the duty rows of those who answer at a station and have none. A
// duplicate key says that somebody else has just done so.
func (s *Store) Enlist(ctx context.Context, tx sqlx.ExecerContext, at id.Station) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO chat_duty (station, staff, on_duty, active)
		SELECT p.station, p.id, p.role = 'agent', 0 FROM staff p WHERE `+unlisted, at)
	if err != nil {
		return fmt.Errorf("enlisting who answers: %w", err)
	}
	return nil
}

// LockDuty holds the duty rows of a station, lays what they say over the list
// read before, and answers that list. Whoever gives or takes away a
// conversation does so first.
func (s *Store) LockDuty(ctx context.Context, tx sqlx.QueryerContext, at id.Station, list []Duty) ([]Duty, error) {
	var rows []dutyRow
	err := sqlx.SelectContext(ctx, tx, &rows, `SELECT staff, on_duty, active, given_at FROM chat_duty
		WHERE station = ? ORDER BY staff FOR UPDATE`, at)
	if err != nil {
		return nil, fmt.Errorf("holding who answers: %w", err)
	}
	now := make([]Duty, len(list))
	copy(now, list)
	for _, r := range rows {
		for i := range now {
			if now[i].Staff == r.Staff {
				now[i].OnDuty, now[i].Active, now[i].GivenAt = r.OnDuty, r.Active, r.GivenAt.Time
			}
		}
	}
	return now, nil
}

// Given notes that an agent was given a conversation; the caller holds the
// duty rows.
func (s *Store) Given(ctx context.Context, tx sqlx.ExecerContext, at id.Station, who id.Staff, now time.Time) error {
	return duty(ctx, tx, `INSERT INTO chat_duty (station, staff, on_duty, active, given_at) VALUES (?, ?, 0, 1, ?)
		ON DUPLICATE KEY UPDATE active = active + 1, given_at = VALUES(given_at)`, at, who, now)
}

// Freed notes that an agent has one conversation less in hand; the caller
// holds the duty rows.
func (s *Store) Freed(ctx context.Context, tx sqlx.ExecerContext, at id.Station, who id.Staff) error {
	return duty(ctx, tx, "UPDATE chat_duty SET active = active - 1 WHERE station = ? AND staff = ? AND active > 0", at, who)
}

// SetDuty notes whether an agent takes conversations; the caller holds the
// duty rows.
func (s *Store) SetDuty(ctx context.Context, tx sqlx.ExecerContext, at id.Station, who id.Staff, on bool) error {
	return duty(ctx, tx, `INSERT INTO chat_duty (station, staff, on_duty, active) VALUES (?, ?, ?, 0)
		ON DUPLICATE KEY UPDATE on_duty = VALUES(on_duty)`, at, who, on)
}

func duty(ctx context.Context, tx sqlx.ExecerContext, statement string, args ...any) error {
	if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("noting who answers: %w", err)
	}
	return nil
}
