package house

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"forecourt/house/internal/plan"
	"forecourt/shared/wire"
)

// which tells one of the hub's commands the station that is meant, where there
// are several.
func (h *House) which() []string {
	if h.station == "" {
		return nil
	}
	return []string{"--station", h.station}
}

// describeBranches makes the other stations: each with dispensers and a pumpd
// of its own, all of one hub.
func (h *House) describeBranches() error {
	if !h.opts.Branches {
		return nil
	}
	h.station = plan.DemoName
	for i, branch := range plan.Branches() {
		b := &House{
			opts: Options{
				Bin: h.opts.Bin, Dir: h.path(fmt.Sprintf("branch-%d", i+1)), Lines: branch.Lines, Speed: h.opts.Speed,
				Seed: h.opts.Seed + uint64(i) + 1, Cars: h.opts.Cars, LogLevel: h.opts.LogLevel,
			},
			URL: h.URL, ids: h.ids, config: h.config, station: branch.Name,
		}
		if err := os.MkdirAll(b.opts.Dir, 0o700); err != nil {
			return fmt.Errorf("making a branch: %w", err)
		}
		if err := b.describeForecourt(); err != nil {
			return err
		}
		h.branches = append(h.branches, b)
	}
	return nil
}

// setUpBranches puts the other stations beside the first one.
func (h *House) setUpBranches(ctx context.Context) error {
	for i, b := range h.branches {
		file := b.path("station.yaml")
		if err := os.WriteFile(file, []byte(plan.Branches()[i].Station), 0o600); err != nil {
			return err
		}
		out, err := h.hub(ctx, "set-up", file)
		if err != nil {
			return err
		}
		password, err := passwordOf(out, plan.Branches()[i].Head)
		if err != nil {
			return err
		}
		if err := os.WriteFile(b.path("set-up"), []byte(password), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// startBranches starts what runs at the other stations. The hub runs.
func (h *House) startBranches(ctx context.Context) error {
	for i, b := range h.branches {
		kept, err := os.ReadFile(b.path("set-up"))
		if err != nil {
			return fmt.Errorf("opening %s: %w", b.station, err)
		}
		b.ca, b.password = h.ca, string(kept)
		if err := b.startSimulator(ctx); err != nil {
			return err
		}
		if err := b.enrolPumpd(ctx); err != nil {
			return err
		}
		if err := b.Pumpd.Start(); err != nil {
			return err
		}
		if err := b.announce(ctx, plan.Branches()[i]); err != nil {
			return fmt.Errorf("announcing the offer of %s: %w", b.station, err)
		}
	}
	return nil
}

// offerLasts is how long the offer of a branch is good for.
const offerLasts = 90 * 24 * time.Hour

// announce has a branch's head make its offer, once.
func (h *House) announce(ctx context.Context, branch plan.Branch) error {
	done := h.path("announced")
	if _, err := os.Stat(done); err == nil || branch.Offer == "" {
		return nil
	}
	if _, _, err := h.TillAs(ctx, "till 1", branch.Head); err != nil {
		return err // it has chosen a password of its own by now
	}
	desk, err := h.Desk(ctx, "till 2", branch.Head)
	if err != nil {
		return err
	}
	now := time.Now()
	offer := wire.OfferRequest{Kind: wire.OfferRecharge, Title: branch.Offer, Text: branch.Details, From: now, Until: now.Add(offerLasts)}
	if err := desk.Get(ctx, http.MethodPost, "/v1/offers", offer, nil); err != nil {
		return err
	}
	return os.WriteFile(done, nil, 0o600)
}
