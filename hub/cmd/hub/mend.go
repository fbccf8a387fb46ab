package main

import (
	"context"
	"fmt"
)

// mend brings what the database holds to what this version promises, before
// anybody is served: names of staff are sealed, and members whose erasing a
// restored backup has undone are erased again.
func (h *hub) mend(ctx context.Context) error {
	if _, err := h.staff.SealNames(ctx); err != nil {
		return fmt.Errorf("sealing the names of staff: %w", err)
	}
	back, err := h.keys.Replay(ctx)
	if err == nil && len(back) > 0 {
		h.log.Warn("erased members are back in the database, as after a restore; erasing them again", "members", len(back))
		err = h.flow.EraseAgain(ctx, back...)
	}
	if err != nil {
		return fmt.Errorf("erasing members again: %w", err)
	}
	return nil
}

// fillHabits makes the habits of members from their sales where none were kept
// yet.
func (h *hub) fillHabits(ctx context.Context) error {
	members, err := h.flow.FillHabits(ctx)
	if members > 0 {
		h.log.Info("the habits of members were made from their sales", "members", members)
	}
	return err
}
