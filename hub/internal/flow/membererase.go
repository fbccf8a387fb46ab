package flow

import (
	"context"
	"errors"
	"fmt"

	"forecourt/hub/internal/domain/claim"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// actionMemberErase is what the log calls an erasing.
const actionMemberErase = "member.erase"

// EraseMember erases a member for a head, who types the member's number once
// more and says why. It answers wire.ProblemEraseBlocked while somebody has a
// sale of theirs to settle, and wire.ProblemErased if they are nobody already.
func (f *Flow) EraseMember(ctx context.Context, who staff.Actor, key id.Command, m id.Member, req wire.EraseRequest) (wire.Done, error) {
	reason, err := reasonOf(req.Reason)
	if err != nil {
		return wire.Done{}, err
	}
	if m.IsZero() {
		return wire.Done{}, bad("a member is needed")
	}
	c := command{
		actor: who, key: key, name: actionMemberErase, action: staff.EraseMember, target: m.String(), request: req,
		audit: audit.Row{Action: actionMemberErase, Object: "member", ObjectID: m.String(), Note: reason},
	}
	var e *erasure
	_, repeat, err := perform(ctx, f, c, effect[struct{}]{
		prepare: func(ctx context.Context) (err error) {
			if err := f.typedRight(ctx, m, req.Number); err != nil {
				return err
			}
			e, err = f.erasure(ctx, m)
			return err
		},
		do: func(ctx context.Context, tx *mysql.Tx) (none struct{}, _ []outbox.Event, err error) {
			return none, nil, e.clear(ctx, tx, false)
		},
		also: func(ctx context.Context, tx *mysql.Tx, _ struct{}) error { return e.finish(ctx, tx) },
	})
	return done(c, repeat, err)
}

// EraseMe erases a member who wishes it, with their number typed once more. The
// refusals are those of EraseMember.
func (f *Flow) EraseMe(ctx context.Context, who member.Actor, req wire.EraseRequest) error {
	row := aboutMember(actionMemberErase, who.Member)
	row.Member, row.Note = who.Member, "the member's own wish"
	err := f.typedRight(ctx, who.Member, req.Number)
	if err == nil {
		err = f.eraseFor(ctx, who.Member, row, false)
	}
	row.At, row.Result = f.now(), audit.OK
	return f.refusal(ctx, row, err)
}

// EraseAgain finishes erasings of members whose keys the key ring has destroyed
// anew after a restore: the backup had their rows. It also clears what a
// request that was under way wrote a moment after an erasing. Who was erased
// completely stays so; who is not in the database is left out.
func (f *Flow) EraseAgain(ctx context.Context, members ...id.Member) error {
	var errs []error
	for _, m := range members {
		row := aboutMember(actionMemberErase, m)
		row.Note = "again: a backup had brought the member back"
		err := f.eraseFor(ctx, m, row, true)
		var unknown *wire.Problem
		if errors.As(err, &unknown) && unknown.Type == wire.ProblemNotFound {
			continue
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("erasing member %s again: %w", m, err))
		}
	}
	return errors.Join(errs...)
}

// eraseFor erases a member and writes row unless they were erased before. With
// again it does so whatever stands open: their key is gone.
func (f *Flow) eraseFor(ctx context.Context, m id.Member, row audit.Row, again bool) error {
	e, err := f.erasure(ctx, m)
	if err != nil {
		return err
	}
	before, err := f.Members.ErasedAt(ctx, f.DB, m)
	if err != nil {
		return err
	}
	return f.DB.InTx(ctx, "erasing a member", func(ctx context.Context, tx *mysql.Tx) error {
		if err := e.clear(ctx, tx, again); err != nil {
			return err
		}
		if before.IsZero() {
			row.At, row.Result = f.now(), audit.OK
			if err := audit.Write(ctx, tx, row); err != nil {
				return err
			}
		}
		return e.finish(ctx, tx)
	})
}

// typedRight refuses a number that is not the member's: whoever erases has to
// mean this one.
func (f *Flow) typedRight(ctx context.Context, m id.Member, typed string) error {
	found, err := f.numbered(ctx, f.DB, typed)
	if err != nil {
		return err
	}
	if len(found) == 0 || found[0] != m {
		return bad("this is not the member's number")
	}
	return nil
}

// erasure is the erasing of one member: what it meets, as it was read before.
type erasure struct {
	f      *Flow
	member id.Member
	claims []claim.Claim
	talks
}

// erasure reads what an erasing will meet.
func (f *Flow) erasure(ctx context.Context, m id.Member) (*erasure, error) {
	e := &erasure{f: f, member: m}
	var err error
	if e.claims, err = claim.Of(ctx, f.DB, m); err != nil {
		return nil, err
	}
	e.talks, err = f.talksOf(ctx, m)
	return e, err
}

// clear removes what there is of the member, in the package's lock order; all
// but their key and the news of it. Sales, and money, stay as they are and are
// nobody's.
func (e *erasure) clear(ctx context.Context, tx *mysql.Tx, again bool) error {
	f := e.f
	locked, err := claim.Lock(ctx, tx, claimIDs(e.claims))
	if err != nil {
		return err
	}
	if _, err := claim.Delete(ctx, tx, claimIDs(locked)); err != nil {
		return err
	}
	unsettled, err := sale.LockUnsettled(ctx, tx, e.member)
	if err != nil {
		return err
	}
	if unsettled > 0 && !again {
		return wire.NewProblem(wire.ProblemEraseBlocked, fmt.Sprintf("%d sales are not settled", unsettled))
	}
	if _, err := sale.Loosen(ctx, tx, e.member); err != nil {
		return err
	}
	if err := f.Members.DropHabits(ctx, tx, e.member); err != nil {
		return err
	}
	if err := e.hush(ctx, tx); err != nil {
		return err
	}
	if err := f.Members.Erase(ctx, tx, e.member); err != nil {
		return err
	}
	if err := f.trips.Forget(ctx, tx, e.member); err != nil {
		return err
	}
	// Their row is held now: no claim of theirs is made any more (stand looks).
	if _, err := claim.DeleteOf(ctx, tx, e.member); err != nil {
		return err
	}
	tx.AfterCommit(func() { e.gone(locked) })
	return nil
}

// finish tells the agents, forgets the channels, and destroys the key, which is
// the last of the transaction.
func (e *erasure) finish(ctx context.Context, tx *mysql.Tx) error {
	if err := e.tellEnd(ctx, tx); err != nil {
		return err
	}
	return e.f.Members.DestroyKey(ctx, tx, e.member)
}

// gone lets everybody know who is nobody now.
func (e *erasure) gone(claims []claim.Claim) {
	for _, c := range claims {
		left := c.Waiting()
		left.Over = true
		e.f.claimed(left)
	}
	e.f.Rooms.Forget(e.talks.ids...)
	e.f.erased(e.member, e.talks.ids)
}

// OnErased has fn called after every commit that erased a member, with their
// conversations, so that their sockets end and what was said is forgotten
// wherever it is kept ready. fn must not block. Call it before the Flow is used.
func (f *Flow) OnErased(fn func(m id.Member, threads []id.Thread)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks.erased = append(f.hooks.erased, fn)
}

// erased calls the functions of OnErased.
func (f *Flow) erased(m id.Member, threads []id.Thread) {
	f.mu.Lock()
	fns := f.hooks.erased
	f.mu.Unlock()
	for _, fn := range fns {
		fn(m, threads)
	}
}
