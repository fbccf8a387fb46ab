package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/sale"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// idleBatch bounds the members that are looked at together, idleRound those
	// of one round: the rest comes with the next.
	idleBatch = 100
	idleRound = 1000
	// tidyAfter is for how long after an erasing it is looked whether a request
	// that was under way then has left something; tidyMost bounds the members.
	tidyAfter = 48 * time.Hour
	tidyMost  = 500
)

// KeepMembers erases members who for keep have neither signed in nor been at a
// pump, and counts them; one whose last sale is not settled stays until it is.
// It also finishes what is left of erasings. It is run once a day or so.
func (f *Flow) KeepMembers(ctx context.Context, keep time.Duration) (erased int, err error) {
	recent, err := f.Members.Erased(ctx, f.DB, f.now().Add(-tidyAfter), tidyMost)
	if err != nil {
		return 0, err
	}
	if err := f.EraseAgain(ctx, recent...); err != nil {
		return 0, err
	}
	since := f.now().Add(-keep)
	var last member.Away
	for range idleRound / idleBatch {
		list, err := f.Members.Idle(ctx, f.DB, since, last, idleBatch)
		if err != nil {
			return erased, err
		}
		for _, away := range list {
			last = away
			gone, err := f.eraseIdle(ctx, away.Member, since, keep)
			if err != nil {
				return erased, err
			}
			if gone {
				erased++
			}
		}
		if len(list) < idleBatch {
			break
		}
	}
	return erased, nil
}

// eraseIdle erases a member who has not signed in since, unless they were at a
// pump: that is then noted, and not looked for again.
func (f *Flow) eraseIdle(ctx context.Context, m id.Member, since time.Time, keep time.Duration) (gone bool, err error) {
	at, err := f.lastVisit(ctx, m)
	if err != nil {
		return false, err
	}
	if !at.Before(since) {
		return false, f.Members.Seen(ctx, f.DB, m, at)
	}
	row := aboutMember(actionMemberErase, m)
	row.Note = fmt.Sprintf("neither came nor signed in for %d days", int64(keep/(24*time.Hour)))
	err = f.eraseFor(ctx, m, row, false)
	var blocked *wire.Problem
	if errors.As(err, &blocked) && blocked.Type == wire.ProblemEraseBlocked {
		return false, nil
	}
	return err == nil, err
}

// lastVisit is when a member's last sale began, zero if they have none.
func (f *Flow) lastVisit(ctx context.Context, m id.Member) (time.Time, error) {
	last, err := sale.OfMember(ctx, f.DB, sale.MemberQuery{Member: m, Limit: 1})
	if err != nil || len(last) == 0 {
		return time.Time{}, err
	}
	return last[0].StartedAt, nil
}
