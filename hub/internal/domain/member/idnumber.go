package member

import (
	"context"
	"fmt"
	"time"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// SetIDNumber keeps a member's ID number; "" takes it away. It returns the
// member as they are now. It answers wire.ProblemConsentNeeded without consent,
// and wire.ProblemIDNumber for what is none, or is kept for somebody else.
func (s *Store) SetIDNumber(ctx context.Context, who Actor, req wire.IDNumberRequest) (wire.Member, error) {
	if req.IDNumber == "" {
		return s.change(ctx, "dropping an ID number", who.Member, func(ctx context.Context, tx *mysql.Tx, _ *vault.Key) error {
			return dropIDNumber(ctx, tx, who.Member)
		})
	}
	number, err := NormalIDNumber(req.IDNumber)
	if err != nil {
		return wire.Member{}, err
	}
	if wait := s.papers.take(who.Member.String()); wait > 0 {
		return wire.Member{}, wire.NewProblem(wire.ProblemTooMany, fmt.Sprintf("another ID number in %v", wait.Round(time.Second)))
	}
	after, err := s.change(ctx, "keeping an ID number", who.Member, func(ctx context.Context, tx *mysql.Tx, key *vault.Key) error {
		if err := needConsent(ctx, tx, who.Member, wire.ConsentIDNumber); err != nil {
			return err
		}
		index := s.Keys.Blind(purposeIDNumber, number)
		_, err := tx.ExecContext(ctx, "UPDATE member SET id_number = ?, id_number_index = ? WHERE id = ?",
			key.Seal(memberCell("id_number", who.Member), []byte(number)), index[:], who.Member)
		if err != nil {
			return fmt.Errorf("writing an ID number: %w", err)
		}
		return nil
	})
	if mysql.IsDuplicate(err) {
		return wire.Member{}, wire.NewProblem(wire.ProblemIDNumber, "this ID number cannot be kept for this member")
	}
	return after, err
}

// dropIDNumber forgets a member's ID number, and that it was theirs.
func dropIDNumber(ctx context.Context, tx *mysql.Tx, m id.Member) error {
	_, err := tx.ExecContext(ctx, "UPDATE member SET id_number = NULL, id_number_index = NULL WHERE id = ?", m)
	if err != nil {
		return fmt.Errorf("removing an ID number: %w", err)
	}
	return nil
}
