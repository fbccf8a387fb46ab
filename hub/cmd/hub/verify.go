package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// auditKey is the label of the key that signs the security log.
const auditKey = "audit/v1"

// newSealer makes the keeper of the security log.
func newSealer(cfg config.Config, db *mysql.DB, keys *vault.Vault, log *slog.Logger) (*audit.Sealer, error) {
	key, err := audit.NewKey(keys.Derive(auditKey))
	if err != nil {
		return nil, err
	}
	return audit.NewSealer(audit.SealerDeps{
		DB: db, Key: key, Anchors: audit.NewAnchors(cfg.AnchorDirectory()), Now: clock.Now, Log: log,
	}), nil
}

func (p *program) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Work out the security log, the sales and the ledger again, and name what was changed", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.withKeys(cmd, func(ctx context.Context, cfg config.Config, db *database, ring *keyring.Ring) error {
				return errors.Join(p.verifyLog(ctx, cfg, db.DB, ring.Vault), p.verifySales(ctx, db.DB))
			})
		},
	}
}

// verifyLog checks the log against its own hashes, signatures and anchors.
func (p *program) verifyLog(ctx context.Context, cfg config.Config, db *mysql.DB, keys *vault.Vault) error {
	sealer, err := newSealer(cfg, db, keys, p.quiet())
	if err != nil {
		return err
	}
	began := p.now()
	r, err := sealer.Verify(ctx)
	if err != nil {
		return fmt.Errorf("verifying the log: %w", err)
	}
	if r.Finding != nil {
		return fmt.Errorf("the security log: %w", r.Finding)
	}
	fmt.Fprintf(p.out, "log     %d rows %s, root %x\n", r.Size, pace(r.Size, p.now().Sub(began)), r.Root[:])
	fmt.Fprintf(p.out, "        proved against %d signed checkpoints and %d anchors in %s\n", r.Checkpoints, r.Anchors, sealer.Anchors)
	if r.Unsigned+r.Waiting > 0 {
		fmt.Fprintf(p.out, "        %d rows since the last of them, %d more wait for their seal\n", r.Unsigned, r.Waiting)
	}
	if r.Size > 0 && r.Anchors == 0 {
		fmt.Fprintln(p.out, "        WARNING: there are no anchors: nothing says whether the end of the log was cut off")
	}
	if r.LateCount > 0 {
		first := r.Late[0]
		fmt.Fprintf(p.out, "        NOTE: %d rows are dated long before rows sealed earlier, the first is row %d (%s) of %s: the clock was set back, or they were not written by the hub\n",
			r.LateCount, first.N, first.ID, first.At.Format(time.RFC3339))
	}
	return nil
}

// verifySales checks the sales and the money.
func (p *program) verifySales(ctx context.Context, db *mysql.DB) error {
	f := flow.New(flow.Deps{DB: db, Now: clock.Now, IDs: id.NewMaker(clock.Now, clock.Random()), Log: p.quiet()})
	began := p.now()
	r, err := f.GuardAll(ctx)
	if err != nil {
		return fmt.Errorf("verifying the sales: %w", err)
	}
	fmt.Fprintf(p.out, "sales   %d %s, %d of them against what the log holds\n", r.Sales, pace(int64(r.Sales), p.now().Sub(began)), r.Witnessed)
	fmt.Fprintf(p.out, "ledger  %d accounts against %d transfers\n", r.Accounts, r.Transfers)
	if r.Count == 0 {
		return nil
	}
	for _, t := range r.Found {
		fmt.Fprintf(p.out, "        %s\n", t)
	}
	return fmt.Errorf("%d things were changed past the hub, the first is %s", r.Count, r.Found[0])
}

// pace says how long n things took.
func pace(n int64, took time.Duration) string {
	if took <= 0 {
		took = time.Nanosecond
	}
	return fmt.Sprintf("in %v (%d a second)", took.Round(time.Millisecond), n*int64(time.Second)/int64(took))
}
