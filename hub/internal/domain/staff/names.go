package staff

import (
	"context"
	"fmt"

	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// nameCell is where somebody's name is sealed.
func nameCell(who id.Staff) vault.Cell { return vault.Cell{Table: "staff", Column: "name", Row: who} }

func (s *Store) sealName(who id.Staff, name string) []byte {
	return s.Vault.Seal(nameCell(who), []byte(name))
}

func (s *Store) openName(who id.Staff, stored []byte) (string, error) {
	return OpenName(s.Vault, who, stored)
}

// OpenName is the name of a row of table staff, for domains that list people
// beside what is theirs. One that was entered before names were sealed is there
// as it is, until SealNames has run.
func OpenName(keys *vault.Vault, who id.Staff, stored []byte) (string, error) {
	if !vault.IsSealed(stored) {
		return string(stored), nil
	}
	name, err := keys.Open(nameCell(who), stored)
	if err != nil {
		return "", fmt.Errorf("opening the name of staff %s: %w", who, err)
	}
	return string(name), nil
}

// sealBatch bounds how many names are sealed between two questions.
const sealBatch = 500

// SealNames seals the names that were entered before names were sealed, and
// says how many. It is run at every start, and finds nothing from the second
// on; what is changed meanwhile is left as it was changed.
func (s *Store) SealNames(ctx context.Context) (total int64, err error) {
	for {
		var rows []struct {
			ID   id.Staff
			Name []byte
		}
		err := s.DB.SelectContext(ctx, &rows, "SELECT id, name FROM staff WHERE LEFT(name, 1) <> ? LIMIT ?",
			[]byte{vault.First}, sealBatch)
		if err != nil {
			return total, fmt.Errorf("looking for names that are not sealed: %w", err)
		}
		if len(rows) == 0 {
			return total, nil
		}
		for _, row := range rows {
			result, err := s.DB.ExecContext(ctx, "UPDATE staff SET name = ? WHERE id = ? AND name = ?",
				s.sealName(row.ID, string(row.Name)), row.ID, row.Name)
			if err != nil {
				return total, fmt.Errorf("sealing the name of staff %s: %w", row.ID, err)
			}
			n, err := result.RowsAffected()
			if err != nil {
				return total, fmt.Errorf("sealing the name of staff %s: %w", row.ID, err)
			}
			total += n
		}
	}
}
