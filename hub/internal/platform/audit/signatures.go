package audit

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/jmoiron/sqlx"
)

// checkpointPage bounds the checkpoints of the database in memory.
const checkpointPage = 500

// signatures goes through the signed checkpoints of the database and of the
// second place while the rows are gone through, and proves each where the rows
// have reached it.
type signatures struct {
	stored []storedCheckpoint // ahead, ascending
	after  int64              // the last size read
	done   bool               // all are read

	next   func() ([]byte, error, bool)
	stop   func()
	anchor *Checkpoint // the next anchor, nil if there is none
	text   []byte      // and its note

	last   int64 // the largest size proved
	opened []byte
	was    Checkpoint // what opened says
}

// storedCheckpoint is a row of table audit_checkpoint.
type storedCheckpoint struct {
	Size int64
	Root []byte
	Note string
}

func (g *signatures) open(ctx context.Context, v *verifier) error {
	if v.notes != nil {
		g.next, g.stop = iter.Pull2(v.notes.notes())
		if err := g.advance(v); err != nil {
			return err
		}
	}
	return g.page(ctx, v)
}

func (g *signatures) close() {
	if g.stop != nil {
		g.stop()
	}
}

// page reads the next checkpoints of the database.
func (g *signatures) page(ctx context.Context, v *verifier) error {
	g.stored = g.stored[:0]
	err := sqlx.SelectContext(ctx, v.q, &g.stored, "SELECT size, root, note FROM audit_checkpoint WHERE size > ? ORDER BY size LIMIT ?",
		g.after, checkpointPage)
	if err != nil {
		return fmt.Errorf("reading the log's checkpoints: %w", err)
	}
	g.done = len(g.stored) < checkpointPage
	if n := len(g.stored); n > 0 {
		g.after = g.stored[n-1].Size
	}
	return nil
}

// check opens a note, or remembers that it has: the database and the second
// place hold the same ones.
func (g *signatures) check(v *verifier, text []byte) (Checkpoint, error) {
	if g.opened != nil && bytes.Equal(text, g.opened) {
		return g.was, nil
	}
	c, err := v.key.Open(text)
	if err == nil {
		g.opened, g.was = text, c
	}
	return c, err
}

// upTo proves every checkpoint of the size that the rows have reached.
func (g *signatures) upTo(ctx context.Context, v *verifier) error {
	for len(g.stored) > 0 && g.stored[0].Size == v.tree.size {
		if err := g.prove(v, g.stored[0]); err != nil {
			return err
		}
		if g.stored = g.stored[1:]; len(g.stored) == 0 && !g.done {
			if err := g.page(ctx, v); err != nil {
				return err
			}
		}
	}
	for g.anchor != nil && g.anchor.Size <= v.tree.size {
		if err := g.proveAnchor(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// prove holds a checkpoint of the database against the tree.
func (g *signatures) prove(v *verifier, row storedCheckpoint) error {
	c, err := g.check(v, []byte(row.Note))
	if err != nil || c.Size != row.Size || !bytes.Equal(c.Root[:], row.Root) {
		return g.fault(v, FaultSignature, row.Size, "the checkpoint over these rows is not signed by this hub")
	}
	if c.Root != v.tree.root() {
		return g.fault(v, FaultRewritten, c.Size, "rows and tree agree with each other, but not with the signed checkpoint over them")
	}
	v.report.Checkpoints++
	g.last = max(g.last, c.Size)
	return nil
}

// proveAnchor holds the next anchor against the tree, and moves on. One that
// is behind is held against the hashes stored below, which are proved.
func (g *signatures) proveAnchor(ctx context.Context, v *verifier) error {
	root := v.tree.root()
	if g.anchor.Size != v.tree.size {
		var err error
		if root, err = rootAt(ctx, v.q, g.anchor.Size); err != nil {
			return err
		}
	}
	if g.anchor.Root != root {
		return g.fault(v, FaultRewritten, g.anchor.Size, "rows and tree agree with each other, but the second place has another tree")
	}
	v.report.Anchors++
	g.last = max(g.last, g.anchor.Size)
	return g.advance(v)
}

// advance reads the next anchor.
func (g *signatures) advance(v *verifier) error {
	g.anchor = nil
	text, err, more := g.next()
	if !more || err != nil {
		return err
	}
	c, err := g.check(v, text)
	if err != nil {
		return g.fault(v, FaultSignature, max(v.tree.size, 1), "a checkpoint of the second place is not signed by this hub")
	}
	g.anchor, g.text = &c, text
	return nil
}

// rest looks at what is signed beyond the last row: it was there and is gone.
func (g *signatures) rest(ctx context.Context, v *verifier) error {
	if err := g.upTo(ctx, v); err != nil {
		return err
	}
	what := ""
	switch {
	case len(g.stored) > 0:
		what = fmt.Sprintf("a signed checkpoint has %d rows", g.stored[0].Size)
	case g.anchor != nil && !v.restored:
		what = fmt.Sprintf("the second place has a signed checkpoint of %d rows", g.anchor.Size)
	default:
		return nil
	}
	return v.finding(FaultCut, v.size+1, nil, "rows are gone from the end of the log: "+what)
}

// fault is a finding about the rows between the last proved checkpoint and one
// of size.
func (g *signatures) fault(v *verifier, fault Fault, size int64, what string) *Finding {
	f := v.finding(fault, min(g.last+1, size), nil, what)
	f.Last = uint64(size)
	return f
}
