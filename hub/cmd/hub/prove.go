package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// prover proves restored data by the hub's own rules, and makes it fit to take
// over.
type prover struct {
	cfg    config.Config
	source vault.Source
	live   *mysql.DB // nil where there is none
	log    *slog.Logger
}

// open opens restored data as who may do everything, at this hub's schema.
func (p *prover) open(ctx context.Context, e mysql.Endpoint) (*mysql.DB, error) {
	db, err := mysql.OpenAdmin(ctx, e.AdminDSN(mysql.Database), p.log)
	if err != nil {
		return nil, err
	}
	if err := mysql.Migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Prove proves the ledger, the sales against the totalizers, the security log,
// and that who was erased stays so.
func (p *prover) Prove(ctx context.Context, e mysql.Endpoint) (checks []wire.BackupCheck, err error) {
	db, err := p.open(ctx, e)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	erased, err := p.erase(ctx, db)
	if err != nil {
		return nil, err
	}
	books, err := proveBooks(ctx, db, p.log)
	if err != nil {
		return nil, err
	}
	trail, err := p.proveLog(ctx, db)
	return append(books, trail, erased), err
}

// proveBooks goes through every sale, every nozzle's chain and every account.
func proveBooks(ctx context.Context, db *mysql.DB, log *slog.Logger) ([]wire.BackupCheck, error) {
	f := flow.New(flow.Deps{DB: db, Now: clock.Now, IDs: id.NewMaker(clock.Now, clock.Random()), Log: log})
	r, err := f.GuardAll(ctx)
	if err != nil {
		return nil, fmt.Errorf("proving the sales: %w", err)
	}
	ledger := wire.BackupCheck{Proof: wire.ProofLedger, OK: true, Count: int64(r.Accounts)}
	sales := wire.BackupCheck{Proof: wire.ProofSales, OK: true, Count: int64(r.Sales)}
	for _, t := range r.Found {
		of := &sales
		if t.Object == "ledger" {
			of = &ledger
		}
		if of.OK {
			of.OK, of.Problem = false, t.String()
		}
	}
	return []wire.BackupCheck{ledger, sales}, nil
}

// proveLog works the security log out again.
func (p *prover) proveLog(ctx context.Context, db *mysql.DB) (wire.BackupCheck, error) {
	check := wire.BackupCheck{Proof: wire.ProofAudit, OK: true}
	ring, err := openRing(ctx, p.cfg, db, p.source, p.log)
	if err != nil {
		return check, err
	}
	key, err := audit.NewKey(ring.Vault.Derive(auditKey))
	if err != nil {
		return check, err
	}
	r, err := audit.VerifyRestored(ctx, db, key, audit.NewAnchors(p.cfg.AnchorDirectory()))
	if err != nil {
		return check, fmt.Errorf("proving the log: %w", err)
	}
	check.Count = r.Size
	if r.Finding != nil {
		check.OK, check.Problem = false, r.Finding.Error()
	}
	return check, nil
}

// erase destroys the keys of members who were erased after the backup was made.
// The rest of them goes when the hub begins with the data. What a rehearsal
// finds must not be noted among the live hub's erasures: it works on a copy.
func (p *prover) erase(ctx context.Context, db *mysql.DB) (check wire.BackupCheck, err error) {
	check = wire.BackupCheck{Proof: wire.ProofErasures, OK: true}
	dir, err := os.MkdirTemp(p.cfg.RestoreDir(), "erasures-")
	if err != nil {
		return check, fmt.Errorf("copying the erasures: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "erasures")
	content, err := os.ReadFile(p.cfg.ErasuresFile())
	if err == nil {
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return check, fmt.Errorf("copying the erasures: %w", err)
	}
	ring, err := openRingWith(ctx, file, db, p.source, p.log)
	if err != nil {
		return check, err
	}
	if _, err := ring.Replay(ctx); err != nil {
		return check, err
	}
	left, erased, err := ring.Erased(ctx)
	check.Count = int64(erased)
	if left > 0 {
		check.OK, check.Problem = false, fmt.Sprintf("%d members who were erased still have their keys", left)
	}
	return check, err
}

// Loss counts what the live data holds and the restored does not.
func (p *prover) Loss(ctx context.Context, e mysql.Endpoint) (lost wire.RestoreLoss, err error) {
	if p.live == nil {
		return lost, nil
	}
	db, err := p.open(ctx, e)
	if err != nil {
		return lost, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	was, err := flow.CountHoldings(ctx, db)
	if err != nil {
		return lost, err
	}
	is, err := flow.CountHoldings(ctx, p.live)
	if err != nil {
		return lost, err
	}
	return wire.RestoreLoss{
		Sales: max(0, is.Sales-was.Sales), Payments: max(0, is.Payments-was.Payments), Amount: max(0, is.Amount-was.Amount),
		Messages: max(0, is.Messages-was.Messages), Members: max(0, is.Members-was.Members),
	}, nil
}

// Settle signs everybody out, begins every channel anew, so that all who follow
// it take a snapshot, and notes the restore in the log.
func (p *prover) Settle(ctx context.Context, e mysql.Endpoint, moment time.Time) (err error) {
	db, err := p.open(ctx, e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.InTx(ctx, "settling restored data", func(ctx context.Context, tx *mysql.Tx) error {
		err := errors.Join(staff.SignAllOut(ctx, tx), member.SignAllOut(ctx, tx))
		if err == nil {
			err = outbox.Renew(ctx, tx, id.NewMaker(clock.Now, clock.Random()))
		}
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Row{
			At: clock.Now(), Action: "backup.restored", Object: "backup", ObjectID: moment.UTC().Format(time.RFC3339), Result: audit.OK,
		})
	})
	return err
}
