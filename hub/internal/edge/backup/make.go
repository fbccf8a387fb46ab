package backup

import (
	"archive/tar"
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
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/background"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// saleTable is the table whose rows a set is told by.
const saleTable = "sale"

// Make makes a set and stores it at every place, and answers its id. It is an
// error when no place has it; one that lacks it is told of and gets it later.
func (k *Keeper) Make(ctx context.Context) (set string, err error) {
	err = k.did(ctx, wire.BackupMaking, "", func(ctx context.Context, j *job) error {
		set, err = k.make(ctx, j)
		return err
	})
	return set, err
}

// BeginMaking begins Make and returns at once.
func (k *Keeper) BeginMaking() error { return k.send(ErrandMake, "") }

func (k *Keeper) make(ctx context.Context, j *job) (set string, err error) {
	k.remember(func(s *state) { s.Tried = k.Now().UTC() })
	set = id.New[id.Command](k.ids).String()
	j.about(set)
	m := k.begun(set)
	a, err := k.collect(ctx, j, &m)
	if err == nil {
		j.to(wire.StepStore)
		err = k.storeAll(ctx, j, m, a)
	}
	a.end()
	if err != nil {
		k.takeBack(ctx, a)
	}
	row := audit.Row{Action: "backup.made", Object: objectBackup, ObjectID: set, Result: audit.OK}
	if err != nil {
		row.Action, row.Result, row.Note = "backup.failed", string(wire.ProblemInternal), firstLine(err.Error())
		k.dropSpool(set)
	} else {
		row.Note = fmt.Sprintf("%d bytes", m.Stored())
		k.remember(func(s *state) { s.Made, s.Restored = k.Now().UTC(), time.Time{} })
	}
	if ctx.Err() == nil {
		k.tell(ctx, row)
	}
	return set, err
}

// errNobody says that a backup would be of no use to anybody.
var errNobody = errors.New("backup: there is no key that would open it; make one with hub backup key")

// begun is the manifest of a set of which nothing is made yet.
func (k *Keeper) begun(set string) archive.Manifest {
	return archive.Manifest{
		ID: set, Kind: wire.BackupFull, Version: k.Source.Version, Schema: k.Source.Schema, Master: k.Source.Master,
		Began: k.Now().UTC(), Recipients: k.Recipients.Texts(), AtRest: k.Source.Copy.AtRest != nil,
	}
}

// collect makes the parts of a set in the spool, and its manifest, which is
// signed and not stored anywhere yet. It answers what it began to store
// meanwhile, also when it fails.
func (k *Keeper) collect(ctx context.Context, j *job, m *archive.Manifest) (a *headStart, err error) {
	if len(m.Recipients) == 0 {
		return nil, errNobody
	}
	if m.Server, err = k.tools(ctx); err != nil {
		return nil, err
	}
	if err := k.clearSpool(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(k.spool(m.ID), dirMode); err != nil {
		return nil, fmt.Errorf("making the spool: %w", err)
	}
	if k.own() {
		a, err = k.physical(ctx, j, m)
	} else {
		err = k.dumpForeign(ctx, j, m)
	}
	if err != nil {
		return a, err
	}
	if err := k.addFiles(ctx, m); err != nil {
		return a, err
	}
	m.Ended = k.Now().UTC()
	return a, k.writeManifest(*m)
}

// physical copies the own server and what its log holds from the copy to the
// moment at which the tables are summed. While they are, the copy is stored.
func (k *Keeper) physical(ctx context.Context, j *job, m *archive.Manifest) (*headStart, error) {
	if err := k.copyServer(ctx, j, m); err != nil {
		return nil, err
	}
	j.to(wire.StepSums)
	a := k.sendAhead(ctx, m.ID, m.Components)
	m.At = k.Now().UTC() // before the snapshot: the set never claims a moment that it does not reach
	sums, err := mysql.TakeSums(ctx, k.Source.Endpoint, mysql.Database)
	if err != nil {
		return a, err
	}
	m.To, m.Tables = sums.At, sums.Tables
	m.Sales = rowsOf(sums.Tables, saleTable)
	return a, k.component(m, archive.Tail, func(w io.Writer) error { return k.tail(ctx, m.From, m.To, w) })
}

// copyServer copies the own server as it works.
func (k *Keeper) copyServer(ctx context.Context, j *job, m *archive.Manifest) error {
	size, err := sizeOf(k.Source.Copy.Dir)
	if err != nil {
		return fmt.Errorf("measuring the database: %w", err)
	}
	if err := k.room(k.Dir, size); err != nil {
		return err
	}
	if m.Timeline, err = k.Timeline(); err != nil {
		return err
	}
	j.to(wire.StepCopy)
	const readAndCopied = 2
	j.of(readAndCopied * size)
	if err := k.Source.Copy.ReadAhead(ctx, j.add); err != nil {
		return fmt.Errorf("reading the database ahead: %w", err)
	}
	return k.component(m, archive.Database, func(w io.Writer) error {
		m.From, err = k.Source.Copy.Stream(ctx, counting{background.Rest(w), j.add})
		return err
	})
}

func rowsOf(tables []mysql.TableSum, name string) int64 {
	i := slices.IndexFunc(tables, func(t mysql.TableSum) bool { return t.Name == name })
	if i < 0 {
		return 0
	}
	return tables[i].Rows
}

// tail writes the log from one position to another as a file of the log.
func (k *Keeper) tail(ctx context.Context, from, to mysql.Position, w io.Writer) error {
	if _, err := w.Write(mysql.LogHeader()); err != nil {
		return fmt.Errorf("writing the log: %w", err)
	}
	if from.Compare(to) >= 0 {
		return nil
	}
	described := false
	return mysql.Tail(ctx, k.Source.Endpoint, from, to, func(e mysql.LogEvent) error {
		if describes(e) && described {
			return nil
		}
		described = described || describes(e)
		if _, err := w.Write(e.Raw); err != nil {
			return fmt.Errorf("writing the log: %w", err)
		}
		return nil
	})
}

// component writes one component of a set into the spool.
func (k *Keeper) component(m *archive.Manifest, name string, write func(w io.Writer) error) error {
	w, err := archive.NewWriter(name, k.Recipients, func(key string) (io.WriteCloser, error) {
		if err := k.room(k.Dir, archive.PartBytes); err != nil {
			return nil, err
		}
		return createPart(filepath.Join(k.spool(m.ID), key))
	})
	if err != nil {
		return err
	}
	if err := write(w); err != nil {
		return errors.Join(fmt.Errorf("making %s: %w", name, err), w.Abort())
	}
	c, err := w.Close()
	if err != nil {
		return err
	}
	m.Components = append(m.Components, c)
	return nil
}

// addFiles adds the small files, keys above all, as an archive of their own, and
// the list of pictures and recordings.
func (k *Keeper) addFiles(ctx context.Context, m *archive.Manifest) error {
	files, err := k.Source.Files()
	if err != nil {
		return fmt.Errorf("gathering keys: %w", err)
	}
	err = k.component(m, archive.Keys, func(w io.Writer) error { return writeTar(w, files, m.Began) })
	if err != nil {
		return err
	}
	return k.addMedia(ctx, m)
}

// writeTar writes files as a tar archive.
func writeTar(w io.Writer, files []File, at time.Time) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		err := t.WriteHeader(&tar.Header{Name: f.Name, Mode: fileMode, Size: int64(len(f.Content)), ModTime: at})
		if err == nil {
			_, err = t.Write(f.Content)
		}
		if err != nil {
			return fmt.Errorf("packing %s: %w", f.Name, err)
		}
	}
	return t.Close()
}

// Bounds of what readTar takes.
const (
	maxFiles     = 1000
	maxFileBytes = 128 << 20
)

// readTar reads what writeTar wrote.
func readTar(r io.Reader) ([]File, error) {
	var files []File
	for t := tar.NewReader(r); len(files) < maxFiles; {
		head, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("unpacking: %w", err)
		}
		if !filepath.IsLocal(head.Name) || head.Size > maxFileBytes || head.Typeflag != tar.TypeReg {
			return nil, fmt.Errorf("unpacking: %w: %q", archive.ErrDamaged, head.Name)
		}
		var content bytes.Buffer
		if _, err := io.Copy(&content, t); err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", head.Name, err)
		}
		files = append(files, File{Name: head.Name, Content: content.Bytes()})
	}
	return nil, fmt.Errorf("unpacking: %w: more than %d files", archive.ErrTooLarge, maxFiles)
}

// writeManifest signs the manifest and leaves it in the spool, last.
func (k *Keeper) writeManifest(m archive.Manifest) error {
	text, err := k.Signer.Encode(m)
	if err != nil {
		return fmt.Errorf("signing the manifest: %w", err)
	}
	return writeFile(filepath.Join(k.spool(m.ID), archive.ManifestName), text)
}

// spool is where a set lies until every place has it.
func (k *Keeper) spool(set string) string { return filepath.Join(k.Dir, "spool", set) }

func (k *Keeper) dropSpool(set string) {
	if err := background.RemoveAll(k.ctx, k.spool(set)); err != nil {
		k.Log.Warn("clearing the spool", "error", err)
	}
}

// clearSpool removes what lies in the spool: a set that was broken off, and one
// that a place still lacks, which gets the new one.
func (k *Keeper) clearSpool() error {
	if err := background.RemoveAll(k.ctx, filepath.Join(k.Dir, "spool")); err != nil {
		return fmt.Errorf("clearing the spool: %w", err)
	}
	return nil
}

// part is a part's file: on the disk when it is closed.
type part struct{ *background.Writer }

func createPart(path string) (io.WriteCloser, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return nil, fmt.Errorf("making a part: %w", err)
	}
	return part{background.Write(f)}, nil
}

// Close closes the file once it is on the disk.
func (p part) Close() error { return errors.Join(p.Sync(), p.Writer.Close()) }

// counting tells how much was written.
type counting struct {
	w    io.Writer
	told func(int64)
}

// Write writes and tells.
func (c counting) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.told(int64(n))
	return n, err
}
