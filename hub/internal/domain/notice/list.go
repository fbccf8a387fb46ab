package notice

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Of lists the notices to a member that are still kept, sent or not, newest
// first, at most limit.
func (s *Store) Of(ctx context.Context, q sqlx.QueryerContext, m id.Member, limit int) ([]wire.Notice, error) {
	var rows []stored
	err := sqlx.SelectContext(ctx, q, &rows, "SELECT "+columns+" FROM notice WHERE member = ? ORDER BY created_at DESC, id DESC LIMIT ?", m, limit)
	if err != nil {
		return nil, fmt.Errorf("listing the notices to a member: %w", err)
	}
	list := make([]wire.Notice, 0, len(rows))
	if len(rows) == 0 {
		return list, nil
	}
	key, err := s.Keys.MemberKey(ctx, q, m)
	if err != nil {
		return nil, fmt.Errorf("reading the key of member %s: %w", m, err)
	}
	for _, r := range rows {
		due, err := open(r, key)
		if err != nil {
			return nil, err
		}
		list = append(list, due.Notice)
	}
	return list, nil
}
