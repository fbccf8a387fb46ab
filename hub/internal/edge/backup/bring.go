package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/background"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

// brought is a set that was brought back into a directory, on a server of its
// own that runs until stop.
type brought struct {
	copyOf
	dir    string
	server *mysql.Server
	// up is when the restored data could be asked, proved what was proved of it.
	up     time.Time
	proved []wire.BackupCheck
	// at is the moment that was brought back.
	at time.Time
}

// stop ends the server. The data stays in the directory.
func (b *brought) stop(ctx context.Context) error {
	if b.server == nil {
		return nil
	}
	err := b.server.Stop(context.WithoutCancel(ctx))
	b.server = nil
	return err
}

// bring fetches a set into dir, makes it ready, starts a server on it, does the
// log again up to the moment (zero: the set's own) and proves everything. Live
// data is neither read nor written. An error leaves nothing running.
func (k *Keeper) bring(ctx context.Context, j *job, c copyOf, moment time.Time, dir string) (b *brought, err error) {
	b = &brought{copyOf: c, dir: dir, at: c.At}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.stop(ctx))
		}
	}()
	if err := k.fit(ctx, c, moment); err != nil {
		return b, err
	}
	if err := k.emptyDir(ctx, dir, c); err != nil {
		return b, err
	}
	if c.Kind == wire.BackupLogical {
		err = k.bringLogical(ctx, j, b)
	} else {
		err = k.bringPhysical(ctx, j, b, moment)
	}
	if err != nil {
		k.bad(ctx, c.at, c.ID, err) // the next time another copy is taken
		return b, err
	}
	b.up = k.Now()
	j.to(wire.StepProve)
	return b, k.prove(ctx, b)
}

// fit refuses early what this hub cannot restore.
func (k *Keeper) fit(ctx context.Context, c copyOf, moment time.Time) error {
	if c.missing != "" {
		return fmt.Errorf("%w: %s at place %s", errDamagedCopy, c.missing, c.at.Name)
	}
	if !k.Identities.Opens(c.Recipients) {
		return ErrNoKey
	}
	server, err := k.tools(ctx)
	if err != nil {
		return err
	}
	if why := k.refused(c.Manifest, server); why != "" {
		return fmt.Errorf("%w: %s", ErrUnfit, why)
	}
	if !moment.IsZero() && moment.Before(c.At.Truncate(time.Second)) {
		return fmt.Errorf("%w: backup %s is of %s, later than the moment asked for", ErrNoSet, c.ID, c.At.Format(time.RFC3339))
	}
	return nil
}

// refused is why this hub, with a database server of a version, cannot restore
// a set; "" if it can.
func (k *Keeper) refused(m archive.Manifest, server string) string {
	switch {
	case m.Schema > k.Source.Schema:
		return fmt.Sprintf("it was made by a newer hub (%s); install that or a newer one", m.Version)
	case m.Kind == wire.BackupFull && server != "" && m.Server != server:
		return fmt.Sprintf("it was made by MariaDB %s and this machine has %s; restore a portable backup, or install that server", m.Server, server)
	case m.Kind == wire.BackupFull && !k.own():
		return "the hub uses a database server of another's here; restore a portable backup there"
	}
	return ""
}

// emptyDir makes an empty directory with room for a set.
func (k *Keeper) emptyDir(ctx context.Context, dir string, c copyOf) error {
	if err := background.RemoveAll(ctx, dir); err != nil {
		return fmt.Errorf("clearing %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	var needs int64
	for _, part := range c.Components {
		needs += part.Bytes // as it was before it was compressed
	}
	if c.Kind == wire.BackupLogical {
		needs *= 2 // indexes
	}
	return k.room(dir, needs)
}

func (k *Keeper) bringPhysical(ctx context.Context, j *job, b *brought, moment time.Time) error {
	return b.copyOf.at.with(ctx, func(ctx context.Context, at place.Place) error {
		j.to(wire.StepFetch)
		j.of(b.Stored())
		database, err := k.open(ctx, b.copyOf, at, archive.Database, j.add)
		if err != nil {
			return err
		}
		err = mysql.Unpack(ctx, b.dir, database)
		if err = errors.Join(err, drained(database, err)); err != nil {
			return damaged(err)
		}
		j.to(wire.StepPrepare)
		if err := mysql.Prepare(ctx, b.dir, k.Source.Copy.AtRest, k.Log); err != nil {
			return errors.Join(errHere, err)
		}
		if b.server, err = k.scratch(ctx, b.dir); err != nil {
			return errors.Join(errHere, err)
		}
		j.to(wire.StepReplay)
		return k.replay(ctx, b, at, moment)
	})
}

// scratch starts a server on restored data.
func (k *Keeper) scratch(ctx context.Context, dir string) (*mysql.Server, error) {
	return mysql.StartServer(ctx, mysql.ServerOptions{Dir: dir, AtRest: k.Source.Copy.AtRest, Replaying: true, Log: k.Log})
}

// open opens a component of a set at a place.
func (k *Keeper) open(ctx context.Context, c copyOf, at place.Place, name string, progress func(int64)) (io.ReadCloser, error) {
	part, ok := c.Component(name)
	if !ok {
		return nil, fmt.Errorf("%w: it has no %s", errDamagedCopy, name)
	}
	parts := partsAt(ctx, at, c.ID)
	r, err := archive.NewReader(part, k.Identities, func(p archive.Part) (io.ReadCloser, error) {
		r, err := parts(p)
		if err != nil {
			return nil, err
		}
		return counted{r, progress}, nil
	})
	return r, damaged(err)
}

// counted tells how much was read.
type counted struct {
	io.ReadCloser
	told func(int64)
}

// Read reads and tells.
func (c counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.told(int64(n))
	return n, err
}

// drained reads a component to its end, where its sums prove it, unless it
// failed already, and closes it.
func drained(r io.ReadCloser, failed error) error {
	var err error
	if failed == nil {
		_, err = io.Copy(io.Discard, r)
	}
	return errors.Join(err, r.Close())
}

// replay does again what the log holds: to the set's moment, where every table
// is held against the manifest, and on to the moment asked for.
func (k *Keeper) replay(ctx context.Context, b *brought, at place.Place, moment time.Time) error {
	endpoint := b.server.Endpoint
	tail, err := k.open(ctx, b.copyOf, at, archive.Tail, func(int64) {})
	if err != nil {
		return err
	}
	if b.From.Compare(b.To) < 0 {
		err = mysql.Replay(ctx, endpoint, func(w io.Writer) error {
			_, err := io.Copy(w, tail)
			return damaged(err)
		})
	}
	if err = errors.Join(err, drained(tail, err)); err != nil {
		return damaged(err)
	}
	if err := k.proveTables(ctx, b); err != nil {
		return err
	}
	if moment.IsZero() {
		return nil
	}
	return k.replayLog(ctx, b, at, moment)
}

// proveTables holds every table against the manifest.
func (k *Keeper) proveTables(ctx context.Context, b *brought) error {
	sums, err := mysql.TakeSums(ctx, b.server.Endpoint, mysql.Database)
	if err != nil {
		return errors.Join(errHere, err)
	}
	proof := wire.BackupCheck{Proof: wire.ProofTables, OK: true, Count: int64(len(sums.Tables))}
	if what := differs(b.Tables, sums.Tables); what != "" {
		proof.OK, proof.Problem = false, what
		err = fmt.Errorf("%w: %s", ErrUnproved, what)
	}
	b.proved = append(b.proved, proof)
	return err
}

// differs says what of some tables is not as it was; "" for nothing.
func differs(was, is []mysql.TableSum) string {
	now := map[string]mysql.TableSum{}
	for _, t := range is {
		now[t.Name] = t
	}
	for _, w := range was {
		switch t, there := now[w.Name]; {
		case !there:
			return fmt.Sprintf("table %s is missing", w.Name)
		case t.Rows != w.Rows:
			return fmt.Sprintf("table %s has %d rows, not %d", w.Name, t.Rows, w.Rows)
		case t.Sum != w.Sum:
			return fmt.Sprintf("table %s has the %d rows and another sum", w.Name, w.Rows)
		}
	}
	if len(is) != len(was) {
		return fmt.Sprintf("there are %d tables, not %d", len(is), len(was))
	}
	return ""
}

// prove proves what was brought back.
func (k *Keeper) prove(ctx context.Context, b *brought) error {
	checks, err := k.Prover.Prove(ctx, b.server.Endpoint)
	b.proved = append(b.proved, checks...)
	if err != nil {
		return errors.Join(errHere, err)
	}
	if k.Source.Media != nil {
		check := wire.BackupCheck{Proof: wire.ProofMedia, OK: true}
		err := b.copyOf.at.with(ctx, func(ctx context.Context, at place.Place) (err error) {
			check.Count, err = k.proveMedia(ctx, b.copyOf, at)
			return err
		})
		if err != nil && !errors.Is(err, errDamagedCopy) {
			return err
		}
		if err != nil {
			check.OK, check.Problem = false, firstLine(err.Error())
		}
		b.proved = append(b.proved, check)
	}
	for _, c := range b.proved {
		if !c.OK {
			return fmt.Errorf("%w: %s: %s", ErrUnproved, c.Proof, c.Problem)
		}
	}
	return nil
}

// drillDir is where rehearsals are held.
func (k *Keeper) drillDir() string { return filepath.Join(k.Beside, "drill") }
