package main

import (
	"context"
	"errors"

	"forecourt/hub/internal/setup"
)

// tendPosts has the attendants' channels know who is responsible for which
// nozzles, and announces what has changed without an event: a post that ended
// by itself, or staff that a command beside this process has changed.
func (h *hub) tendPosts(ctx context.Context) error {
	stations, err := setup.Stations(ctx, h.db.DB)
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range stations {
		roster, err := h.flow.Roster(ctx, s.ID)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		h.posts.Begin(s.ID, roster)
		if h.posts.Differs(s.ID, roster) {
			errs = append(errs, h.flow.AnnounceRoster(ctx, s.ID))
		}
	}
	return errors.Join(errs...)
}
