package privacy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"forecourt/house/internal/house"
	"forecourt/shared/wire"
)

// verify waits until all that was done is sealed, and has the log checked.
func (s *show) verify(ctx context.Context) error {
	head := s.desks[wire.RoleHead]
	if err := house.Await(ctx, "the log to be sealed", 30*time.Millisecond, func() (bool, error) {
		var state wire.LogState
		err := head.Get(ctx, http.MethodGet, "/v1/log/state", nil, &state)
		return state.Rows > 0 && state.Waiting == 0, err
	}); err != nil {
		return err
	}
	out, err := s.h.Verify(ctx)
	s.report.Sound = out
	return err
}

// alter changes one byte of the row that says that the head looked at the
// member, as somebody would who has the database and nothing else, and has the
// log checked again.
func (s *show) alter(ctx context.Context) error {
	var page wire.LogPage
	err := s.desks[wire.RoleHead].Get(ctx, http.MethodPost, "/v1/log/search", wire.LogQuery{Action: "member.look", Limit: 1}, &page)
	if err != nil {
		return err
	}
	if len(page.Entries) != 1 || page.Entries[0].N == 0 {
		return fmt.Errorf("the look at the member is not in the sealed log: %+v", page.Entries)
	}
	row := page.Entries[0]
	s.report.Row = row.N
	changed, err := s.h.SQL(ctx, fmt.Sprintf("UPDATE audit SET action = 'member.loom' WHERE id = UNHEX('%x'); SELECT ROW_COUNT();", row.ID[:]))
	if err != nil || strings.TrimSpace(changed) != "1" {
		return errors.Join(err, fmt.Errorf("changed %q rows", strings.TrimSpace(changed)))
	}
	out, err := s.h.Verify(ctx)
	if err == nil {
		return errors.New("the altered log was found to be sound")
	}
	_, said, _ := strings.Cut(err.Error(), "exit status 1: ")
	s.report.Broken = out + said
	if !strings.Contains(said, fmt.Sprintf("row %d", row.N)) {
		return fmt.Errorf("the altered row %d is not named: %w", row.N, err)
	}
	return nil
}
