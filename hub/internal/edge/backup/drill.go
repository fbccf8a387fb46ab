package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/background"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// drillHour and drillFor are when rehearsals are held: after the backup of
	// the night, or as soon as there is a set that was not rehearsed.
	drillEvery = 24 * time.Hour
	// logicalEvery is how often a portable set is made of the rehearsed one.
	logicalEvery = 7 * 24 * time.Hour
	// keptDrills is how many rehearsals are remembered for the trend.
	keptDrills = wire.MaxBackupDrills
)

// Drill restores a set, or the newest if none is named, beside the live data,
// proves everything and throws it away. What came of it is noted beside the set
// at every place that has it.
func (k *Keeper) Drill(ctx context.Context, set string) (d wire.BackupDrill, err error) {
	err = k.did(ctx, wire.BackupDrilling, set, func(ctx context.Context, j *job) error {
		d, err = k.drill(ctx, j, set)
		return err
	})
	return d, err
}

// BeginDrill begins Drill and returns at once.
func (k *Keeper) BeginDrill(set string) error { return k.send(ErrandDrill, set) }

func (k *Keeper) drill(ctx context.Context, j *job, set string) (d wire.BackupDrill, err error) {
	began := k.Now()
	k.remember(func(s *state) { s.Drilled = began.UTC() })
	c, err := k.toDrill(ctx, set)
	if err != nil {
		return d, err
	}
	j.about(c.ID)
	d = wire.BackupDrill{Set: c.ID, Place: c.at.Name, At: began.UTC()}
	b, err := k.bring(ctx, j, c, time.Time{}, k.drillDir())
	defer func() { err = errors.Join(err, b.stop(ctx), background.RemoveAll(ctx, k.drillDir())) }()
	if ctx.Err() != nil {
		return d, ctx.Err() // broken off: it says nothing of the set
	}
	d.Checks = b.proved
	d.TookMS = k.Now().Sub(began).Milliseconds()
	if !b.up.IsZero() {
		d.UpMS = b.up.Sub(began).Milliseconds()
	}
	if d.OK = err == nil; !d.OK {
		d.Problem = firstLine(err.Error())
	}
	k.drilled(ctx, c, d)
	if err != nil {
		return d, err
	}
	return d, errors.Join(k.portable(ctx, j, b), k.pruneAll(ctx))
}

// toDrill is the set to be rehearsed: the one named, or the newest full one.
// Nights take turns with the places.
func (k *Keeper) toDrill(ctx context.Context, set string) (copyOf, error) {
	if set != "" {
		return k.find(ctx, set, "")
	}
	var newest copyOf
	sealed := false // there are sets that nothing here opens
	for s, all := range k.everywhere(ctx) {
		for _, h := range all.sets {
			if !k.toRehearse(h) {
				sealed = sealed || !k.Identities.Opens(h.Recipients)
				continue
			}
			c := copyOf{held: h, at: s}
			switch {
			case newest.at == nil || h.At.After(newest.At):
				newest = c
			case h.ID == newest.ID && k.turn(c) > k.turn(newest):
				newest = c
			}
		}
	}
	switch {
	case newest.at == nil && sealed:
		return newest, ErrNoKey
	case newest.at == nil:
		return newest, ErrNoSet
	}
	return newest, nil
}

// turn orders copies of a set by how much they are to be rehearsed: whole ones,
// and of these the one whose place comes next.
func (k *Keeper) turn(c copyOf) int {
	held := 0
	k.recall(func(s *state) { held = len(s.Drills) })
	n := len(k.spots)
	turn := (k.order(c.at) - held%n + n) % n
	if c.missing != "" {
		turn -= n
	}
	return turn
}

// drilled notes a rehearsal: in the log, for the trend, and beside the set.
func (k *Keeper) drilled(ctx context.Context, c copyOf, d wire.BackupDrill) {
	var err error
	if !d.OK {
		err = errors.New(d.Problem)
	}
	k.tell(ctx, resultRow("backup.drill", c.ID, err))
	k.remember(func(s *state) {
		s.Drills = append([]wire.BackupDrill{d}, s.Drills...)
		s.Drills = s.Drills[:min(len(s.Drills), keptDrills)]
	})
	text, err := k.Signer.EncodeNote(drillContext, d)
	if err != nil {
		k.Log.Error("noting a rehearsal", "error", err)
		return
	}
	name := drillPrefix + id.New[id.Command](k.ids).String() + ".json"
	for s, all := range k.everywhere(ctx) {
		if !slices.ContainsFunc(all.sets, func(h held) bool { return h.ID == c.ID }) || !d.OK && s != c.at {
			continue // a bad copy says nothing of the others
		}
		err := s.with(ctx, func(ctx context.Context, at place.Place) error {
			return at.Put(ctx, archive.SetKey(c.ID, name), bytes.NewReader(text), int64(len(text)))
		})
		if err == nil {
			_, err = k.look(ctx, s)
		}
		if err != nil {
			k.Log.Warn("noting a rehearsal beside the backup", "place", s.Name, "error", err)
		}
	}
}

// pruneAll removes what has expired everywhere: a set that was proved just now
// may be the reason.
func (k *Keeper) pruneAll(ctx context.Context) error {
	var errs []error
	for _, s := range k.spots {
		errs = append(errs, k.prune(ctx, s))
	}
	return errors.Join(errs...)
}

// resultRow is what the log says of something that went well or did not.
func resultRow(action, object string, err error) audit.Row {
	row := audit.Row{Action: action, Object: objectBackup, ObjectID: object, Result: audit.OK}
	if err != nil {
		row.Result, row.Note = string(wire.ProblemInternal), firstLine(err.Error())
	}
	return row
}

// portable makes the weekly set of statements that any MariaDB takes, of the
// data that was restored and proved just now: that costs the station nothing,
// and its sums are known. That it fails is told of as a backup that failed.
func (k *Keeper) portable(ctx context.Context, j *job, b *brought) error {
	if b.Kind != wire.BackupFull || !k.wantsPortable() {
		return nil
	}
	m := archive.Manifest{
		ID: id.New[id.Command](k.ids).String(), Kind: wire.BackupLogical, Version: b.Version, Schema: b.Schema, Server: b.Server,
		Began: k.Now().UTC(), At: b.At, Sales: b.Sales, Tables: b.Tables, Master: b.Master, Recipients: k.Recipients.Texts(),
	}
	defer k.dropSpool(m.ID)
	err := k.makePortable(ctx, j, b, m)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("making a portable backup: %w", err)
		k.tell(ctx, resultRow("backup.failed", m.ID, err))
	}
	return err
}

func (k *Keeper) makePortable(ctx context.Context, j *job, b *brought, m archive.Manifest) error {
	if err := os.MkdirAll(k.spool(m.ID), dirMode); err != nil {
		return fmt.Errorf("making the spool: %w", err)
	}
	err := k.component(&m, archive.Dump, func(w io.Writer) error {
		return mysql.Dump(ctx, b.server.Endpoint, mysql.Database, w)
	})
	if err == nil {
		err = k.addFiles(ctx, &m)
	}
	if err != nil {
		return err
	}
	m.Ended = k.Now().UTC()
	if err := k.writeManifest(m); err != nil {
		return err
	}
	if err := k.storeAll(ctx, j, m, nil); err != nil {
		return err
	}
	return k.provePortable(ctx, m, b)
}

// wantsPortable reports whether the last portable set is a week old.
func (k *Keeper) wantsPortable() bool {
	newest := time.Time{}
	for _, s := range k.spots {
		for _, h := range k.last(s).sets {
			if h.Kind == wire.BackupLogical && h.Began.After(newest) {
				newest = h.Began
			}
		}
	}
	return k.Now().Sub(newest) >= logicalEvery
}

// checkDatabase is what a portable set is loaded into to prove it.
const checkDatabase = "portable_check"

// provePortable loads a portable set, as a place gives it back, into a database
// of its own beside the restored one, and compares every table.
func (k *Keeper) provePortable(ctx context.Context, m archive.Manifest, b *brought) error {
	began := k.Now()
	c, err := k.find(ctx, m.ID, "")
	if err != nil {
		return err
	}
	d := wire.BackupDrill{Set: m.ID, Place: c.at.Name, At: began.UTC()}
	err = k.load(ctx, c, b.server.Endpoint, checkDatabase, func(int64) {})
	if err == nil {
		d.UpMS = k.Now().Sub(began).Milliseconds()
		var sums mysql.Sums
		if sums, err = mysql.TakeSums(ctx, b.server.Endpoint, checkDatabase); err == nil {
			what := differs(m.Tables, sums.Tables)
			d.Checks = []wire.BackupCheck{{Proof: wire.ProofTables, OK: what == "", Count: int64(len(sums.Tables)), Problem: what}}
			if what != "" {
				err = fmt.Errorf("%w: the portable backup: %s", ErrUnproved, what)
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.TookMS = k.Now().Sub(began).Milliseconds()
	if d.OK = err == nil; !d.OK {
		d.Problem = firstLine(err.Error())
	}
	k.drilled(ctx, c, d)
	return err
}

// load loads a portable set into an empty database.
func (k *Keeper) load(ctx context.Context, c copyOf, e mysql.Endpoint, database string, progress func(int64)) error {
	return c.at.with(ctx, func(ctx context.Context, at place.Place) error {
		dump, err := k.open(ctx, c, at, archive.Dump, progress)
		if err != nil {
			return err
		}
		err = mysql.Load(ctx, e, database, dump)
		return damaged(errors.Join(err, drained(dump, err)))
	})
}

// bringLogical loads a portable set on a new server.
func (k *Keeper) bringLogical(ctx context.Context, j *job, b *brought) error {
	j.to(wire.StepPrepare)
	var err error
	if b.server, err = k.scratch(ctx, b.dir); err != nil {
		return errors.Join(errHere, err)
	}
	j.to(wire.StepReplay)
	j.of(b.Stored())
	if err := k.load(ctx, b.copyOf, b.server.Endpoint, mysql.Database, j.add); err != nil {
		return err
	}
	if len(b.Tables) == 0 {
		return nil // of another's server: its sums are not known
	}
	return k.proveTables(ctx, b)
}

// dumpForeign makes the dump of another's server.
func (k *Keeper) dumpForeign(ctx context.Context, j *job, m *archive.Manifest) error {
	m.Kind, m.AtRest = wire.BackupLogical, false
	j.to(wire.StepCopy)
	m.At = k.Now().UTC()
	return k.component(m, archive.Dump, func(w io.Writer) error {
		return mysql.DumpDSN(ctx, k.Source.DSN, counting{w, j.add})
	})
}

// restoreDir is where a restore is brought beside the live data.
func (k *Keeper) restoreDir(restore string) string { return filepath.Join(k.Beside, restore) }
