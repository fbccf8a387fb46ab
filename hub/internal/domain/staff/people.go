package staff

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// target is somebody whom an act is about, held.
type target struct {
	ID       id.Staff
	Home     id.Station
	Number   string
	Role     wire.Role
	Active   bool
	Password string
	further  []id.Station
}

// stations is every station they sign in at.
func (t target) stations() []id.Station { return append(slices.Clone(t.further), t.Home) }

// hold is somebody who works at a station, or may come there as a group's
// manager; the caller holds the station. Others are wire.ProblemNotFound.
func hold(ctx context.Context, tx *mysql.Tx, at id.Station, who id.Staff) (target, error) {
	var t target
	err := tx.GetContext(ctx, &t, "SELECT id, station AS home, number, role, active, password FROM staff WHERE id = ? FOR UPDATE", who)
	if errors.Is(err, sql.ErrNoRows) {
		return t, nobody(who)
	}
	if err != nil {
		return t, fmt.Errorf("holding staff %s: %w", who, err)
	}
	if t.further, err = grants(ctx, tx, who); err != nil {
		return t, err
	}
	if !slices.Contains(t.stations(), at) {
		return t, nobody(who)
	}
	return t, nil
}

func nobody(who id.Staff) error {
	return wire.NewProblem(wire.ProblemNotFound, "nobody here is staff "+who.String())
}

// Change makes somebody what req says, as part of tx. Their sessions end when
// their role changes, a station is taken from them or they may no longer sign
// in. It answers wire.ProblemLastHead when the station would be left without a
// head, wire.ProblemForbidden for what is beyond by's own stations, and
// wire.ProblemNumberTaken when somebody at a further station has the number.
func (s *Store) Change(ctx context.Context, tx *mysql.Tx, by Actor, who id.Staff, req wire.StaffRequest) error {
	if err := checkPerson(req.Name, req.Role); err != nil {
		return err
	}
	further := distinct(req.Stations)
	if len(further) > 0 && req.Role != wire.RoleGroup || len(further) > maxStations {
		return wire.NewProblem(wire.ProblemBadRequest, fmt.Sprintf("only the manager of a group has further stations, and at most %d", maxStations))
	}
	if err := holdStations(ctx, tx, append(slices.Clone(further), by.Station)...); err != nil {
		return err
	}
	was, err := hold(ctx, tx, by.Station, who)
	if err != nil {
		return err
	}
	further = slices.DeleteFunc(further, func(at id.Station) bool { return at == was.Home })
	if err := s.permitted(ctx, tx, by, was, req, further); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE staff SET name = ?, role = ?, active = ?, must_change = IF(?, 1, must_change) WHERE id = ?`,
		s.sealName(who, req.Name), req.Role, req.Active, outgrown(was.Role, req.Role), who)
	if err != nil {
		return fmt.Errorf("changing staff %s: %w", was.Number, err)
	}
	if !slices.Equal(was.further, further) {
		if err := setGrants(ctx, tx, who, further); err != nil {
			return err
		}
	}
	lost := slices.ContainsFunc(was.further, func(at id.Station) bool { return !slices.Contains(further, at) })
	if was.Role != req.Role || !req.Active || lost {
		return s.endSessions(ctx, tx, "staff = ?", who)
	}
	return nil
}

// outgrown reports whether a password that was long enough for one role may be
// too short for another.
func outgrown(was, is wire.Role) bool { return leastPassword(is) > leastPassword(was) }

// permitted checks what a change is bound by; the caller holds the stations.
func (s *Store) permitted(ctx context.Context, tx *mysql.Tx, by Actor, was target, req wire.StaffRequest, further []id.Station) error {
	if err := reaches(ctx, tx, by, append(was.stations(), further...)...); err != nil {
		return err
	}
	if was.Role == wire.RoleHead && was.Active && (req.Role != wire.RoleHead || !req.Active) {
		if err := anotherHead(ctx, tx, was); err != nil {
			return err
		}
	}
	added := slices.DeleteFunc(slices.Clone(further), func(at id.Station) bool { return slices.Contains(was.further, at) })
	return numberFree(ctx, tx, was.Number, was.ID, added...)
}

// anotherHead refuses to leave a station without a head who can sign in.
func anotherHead(ctx context.Context, tx *mysql.Tx, without target) error {
	var others int
	err := tx.GetContext(ctx, &others, "SELECT COUNT(*) FROM staff WHERE station = ? AND role = 'head' AND active = 1 AND id <> ?",
		without.Home, without.ID)
	if err != nil {
		return fmt.Errorf("counting heads: %w", err)
	}
	if others == 0 {
		return wire.NewProblem(wire.ProblemLastHead, "")
	}
	return nil
}

// GivenPassword checks and hashes a password that somebody is to be given,
// which takes too long to do while rows are held.
func (s *Store) GivenPassword(ctx context.Context, who id.Staff, password string) (hash string, err error) {
	var row struct {
		Number   string
		Role     wire.Role
		Password string
	}
	err = s.DB.GetContext(ctx, &row, "SELECT number, role, password FROM staff WHERE id = ?", who)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nobody(who)
	}
	if err != nil {
		return "", fmt.Errorf("reading staff %s: %w", who, err)
	}
	if err := CheckPassword(password, row.Number, row.Role); err != nil {
		return "", err
	}
	same, _, err := s.verify(ctx, password, row.Password)
	if err != nil {
		return "", err
	}
	if same {
		return "", weak("it is the old one")
	}
	return s.hash(ctx, password)
}

// GivePassword gives somebody else a password, whose hash GivenPassword made,
// as part of tx. They must choose another when they next sign in; their
// sessions and waits end, and with drop their second factor. One's own
// password is changed with the old one (ChangeOwnPassword).
func (s *Store) GivePassword(ctx context.Context, tx *mysql.Tx, by Actor, who id.Staff, hash string, drop bool) error {
	if by.Staff == who {
		return wire.NewProblem(wire.ProblemBadRequest, "one's own password is changed with the old one")
	}
	if err := holdStations(ctx, tx, by.Station); err != nil {
		return err
	}
	t, err := hold(ctx, tx, by.Station, who)
	if err != nil {
		return err
	}
	if err := reaches(ctx, tx, by, t.stations()...); err != nil {
		return err
	}
	return s.renew(ctx, tx, t, hash, true, drop)
}

// renew sets a password that somebody else chose.
func (s *Store) renew(ctx context.Context, tx *mysql.Tx, t target, hash string, mustChange, drop bool) error {
	if _, err := tx.ExecContext(ctx, "UPDATE staff SET password = ?, must_change = ? WHERE id = ?", hash, mustChange, t.ID); err != nil {
		return fmt.Errorf("setting the password of staff %s: %w", t.Number, err)
	}
	if drop {
		if err := dropFactor(ctx, tx, t.ID); err != nil {
			return err
		}
	}
	if err := s.endSessions(ctx, tx, "staff = ?", t.ID); err != nil {
		return err
	}
	for _, at := range distinct(t.stations()) {
		if err := forgive(ctx, tx, numberScope(at, t.Number)); err != nil {
			return err
		}
	}
	return nil
}

// EndSession ends a session at by's station, as part of tx.
func (s *Store) EndSession(ctx context.Context, tx *mysql.Tx, by Actor, session id.Session) error {
	var found bool
	err := tx.GetContext(ctx, &found, "SELECT EXISTS (SELECT 1 FROM staff_session WHERE id = ? AND station = ?)", session, by.Station)
	if err != nil {
		return fmt.Errorf("finding a session: %w", err)
	}
	if !found {
		return wire.NewProblem(wire.ProblemNotFound, "no session "+session.String())
	}
	return s.endSessions(ctx, tx, "id = ?", session)
}
