package member

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// What the log calls a word on a purpose.
const (
	actionConsentGive     = "consent.give"
	actionConsentWithdraw = "consent.withdraw"
)

// consentRow is a row of table consent.
type consentRow struct {
	Member  id.Member
	Purpose wire.ConsentPurpose
	Version int
	Given   bool
	At      time.Time
}

// Consents is every purpose with its text of now and what a member said to it,
// in the order of the texts.
func (s *Store) Consents(ctx context.Context, q sqlx.QueryerContext, m id.Member) (wire.ConsentList, error) {
	var rows []consentRow
	err := sqlx.SelectContext(ctx, q, &rows, "SELECT member, purpose, version, given, at FROM consent WHERE member = ?", m)
	if err != nil {
		return wire.ConsentList{}, fmt.Errorf("reading what member %s agreed to: %w", m, err)
	}
	list := wire.ConsentList{Texts: ConsentTexts()}
	for _, text := range list.Texts {
		said := wire.Consent{Purpose: text.Purpose, Version: text.Version}
		if i := slices.IndexFunc(rows, func(r consentRow) bool { return r.Purpose == text.Purpose }); i >= 0 {
			said = wire.Consent{Purpose: text.Purpose, Version: rows[i].Version, Given: rows[i].Given, At: rows[i].At}
		}
		list.Consents = append(list.Consents, said)
	}
	return list, nil
}

// MyConsents is Consents for the member themselves.
func (s *Store) MyConsents(ctx context.Context, who Actor) (wire.ConsentList, error) {
	return s.Consents(ctx, s.DB, who.Member)
}

// MyHabits is how the member themselves fuel.
func (s *Store) MyHabits(ctx context.Context, who Actor) (wire.Habits, error) {
	return s.Habits(ctx, s.DB, who.Member)
}

// Consent takes a member's word on a purpose and answers with all of them. Who
// agrees has to have seen the text of now, otherwise it is
// wire.ProblemConsentStale; who does not agree any more may have seen any. What
// was kept for the purpose goes with the consent. Said twice it is said once;
// every change is kept, and is on record.
func (s *Store) Consent(ctx context.Context, who Actor, purpose wire.ConsentPurpose, req wire.ConsentRequest) (wire.ConsentList, error) {
	text, ok := consentText(purpose)
	if !ok {
		return wire.ConsentList{}, wire.NewProblem(wire.ProblemNotFound, "no such purpose")
	}
	if req.Version != text.Version && (req.Given || req.Version > text.Version) {
		return wire.ConsentList{}, wire.NewProblem(wire.ProblemConsentStale, fmt.Sprintf("the text is version %d", text.Version))
	}
	var list wire.ConsentList
	err := s.DB.InTx(ctx, "taking a consent", func(ctx context.Context, tx *mysql.Tx) error {
		if err := s.lock(ctx, tx, who.Member); err != nil {
			return err
		}
		said := consentRow{who.Member, purpose, req.Version, req.Given, s.Now()}
		if err := s.say(ctx, tx, said); err != nil {
			return err
		}
		var err error
		list, err = s.Consents(ctx, tx, who.Member)
		return err
	})
	return list, err
}

// say stores a word on a purpose if it is a new one, and what follows from it.
func (s *Store) say(ctx context.Context, tx *mysql.Tx, said consentRow) error {
	last, err := lastWord(ctx, tx, said.Member, said.Purpose)
	if err != nil {
		return err
	}
	if last.Given == said.Given && (last.Version == said.Version || !said.Given) {
		return nil // said before; what was never given need not be taken back
	}
	if err := s.keepWord(ctx, tx, said); err != nil {
		return err
	}
	action := actionConsentGive
	if !said.Given {
		action = actionConsentWithdraw
		if err := withdrawn(ctx, tx, said.Member, said.Purpose); err != nil {
			return err
		}
	}
	return audit.Write(ctx, tx, audit.Row{
		At: said.At, Member: said.Member, Action: action, Object: "member", ObjectID: said.Member.String(), Result: audit.OK,
		Note: fmt.Sprintf("%s version %d", said.Purpose, said.Version),
	})
}

// keepWord stores a word as the last one, and beside all others.
func (s *Store) keepWord(ctx context.Context, tx *mysql.Tx, said consentRow) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO consent (member, purpose, version, given, at) VALUES (?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE version = VALUES(version), given = VALUES(given), at = VALUES(at)`,
		said.Member, said.Purpose, said.Version, said.Given, said.At)
	if err != nil {
		return fmt.Errorf("writing a consent: %w", err)
	}
	key := id.New[consentEvent](s.IDs)
	_, err = tx.ExecContext(ctx, "INSERT INTO consent_event (id, member, purpose, version, given, at) VALUES (?, ?, ?, ?, ?, ?)",
		key[:], said.Member, said.Purpose, said.Version, said.Given, said.At)
	if err != nil {
		return fmt.Errorf("writing a consent: %w", err)
	}
	return nil
}

// consentEvent names a row of table consent_event.
type consentEvent [16]byte

// withdrawn removes what was kept for a purpose only. Whereabouts and plates
// seen by a camera are not kept, and offers choose anew each time: of these
// nothing is there to remove.
func withdrawn(ctx context.Context, tx *mysql.Tx, m id.Member, purpose wire.ConsentPurpose) error {
	switch purpose {
	case wire.ConsentIDNumber:
		return dropIDNumber(ctx, tx, m)
	case wire.ConsentAccount:
		return dropAccounts(ctx, tx, m)
	case wire.ConsentLocation, wire.ConsentPlate, wire.ConsentMarketing:
	}
	return nil
}

// lastWord is what a member said last to a purpose, as it stands now; the zero
// value is no. The caller holds the member's row.
func lastWord(ctx context.Context, tx *mysql.Tx, m id.Member, purpose wire.ConsentPurpose) (consentRow, error) {
	var last consentRow
	err := tx.GetContext(ctx, &last,
		"SELECT member, purpose, version, given, at FROM consent WHERE member = ? AND purpose = ? LOCK IN SHARE MODE", m, purpose)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return last, fmt.Errorf("reading what member %s agreed to: %w", m, err)
	}
	return last, nil
}

// needConsent refuses what a member has not agreed to. The caller holds the
// member's row, and so the consent stands until the end of tx.
func needConsent(ctx context.Context, tx *mysql.Tx, m id.Member, purpose wire.ConsentPurpose) error {
	last, err := lastWord(ctx, tx, m, purpose)
	if err == nil && !last.Given {
		err = wire.NewProblem(wire.ProblemConsentNeeded, string(purpose))
	}
	return err
}

// Consenting is who of some members agrees to a purpose now.
func (s *Store) Consenting(ctx context.Context, q sqlx.QueryerContext, purpose wire.ConsentPurpose, ms ...id.Member) (map[id.Member]bool, error) {
	agree := make(map[id.Member]bool, len(ms))
	for part := range slices.Chunk(ms, maxBrief) {
		query, args, err := sqlx.In("SELECT member FROM consent WHERE purpose = ? AND given = 1 AND member IN (?)", purpose, part)
		if err != nil {
			return nil, fmt.Errorf("reading who agrees: %w", err)
		}
		var found []id.Member
		if err := sqlx.SelectContext(ctx, q, &found, query, args...); err != nil {
			return nil, fmt.Errorf("reading who agrees: %w", err)
		}
		for _, m := range found {
			agree[m] = true
		}
	}
	return agree, nil
}
