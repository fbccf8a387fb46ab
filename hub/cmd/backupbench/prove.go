package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// prover proves restored data as hub does: every sale against the log and the
// ledger, every nozzle's chain, every account, and the log itself.
type prover struct{ *house }

// Prove implements backup.Prover.
func (p *prover) Prove(ctx context.Context, e mysql.Endpoint) (checks []wire.BackupCheck, err error) {
	db, err := mysql.OpenAdmin(ctx, e.AdminDSN(mysql.Database), p.log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f := flow.New(flow.Deps{DB: db, Now: time.Now, IDs: id.NewMaker(time.Now, rand.Reader), Log: p.log})
	books, err := f.GuardAll(ctx)
	if err != nil {
		return nil, err
	}
	sales := wire.BackupCheck{Proof: wire.ProofSales, OK: books.Count == 0, Count: int64(books.Sales)}
	if !sales.OK {
		sales.Problem = books.Found[0].String()
	}
	trail, err := p.proveLog(ctx, db)
	return []wire.BackupCheck{sales, trail}, err
}

func (p *prover) proveLog(ctx context.Context, db *mysql.DB) (wire.BackupCheck, error) {
	check := wire.BackupCheck{Proof: wire.ProofAudit, OK: true}
	key, err := audit.NewKey(seed)
	if err != nil {
		return check, err
	}
	r, err := audit.VerifyRestored(ctx, db, key, audit.NewAnchors(p.cfg.AnchorDirectory()))
	if err != nil {
		return check, err
	}
	check.Count = r.Size
	if r.Finding != nil {
		check.OK, check.Problem = false, r.Finding.Error()
	}
	return check, nil
}

// Loss implements backup.Prover; nobody asks here.
func (p *prover) Loss(context.Context, mysql.Endpoint) (wire.RestoreLoss, error) {
	return wire.RestoreLoss{}, nil
}

// Settle implements backup.Prover; nothing takes over here.
func (p *prover) Settle(context.Context, mysql.Endpoint, time.Time) error { return nil }

// books proves the station itself after all that was done to it.
func (h *house) books(ctx context.Context, r *report) error {
	checks, err := (&prover{house: h}).Prove(ctx, h.server.Endpoint)
	if err != nil {
		return err
	}
	sound := true
	for _, c := range checks {
		if !c.OK {
			sound = false
			note("%s: %s", c.Proof, c.Problem)
		}
	}
	r.line(fmt.Sprintf("books after all of it: %d sales, %d rows of the log, agree: %t", checks[0].Count, checks[1].Count, sound), sound)
	return nil
}
