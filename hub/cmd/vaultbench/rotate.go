package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
)

// contest is one kind of row that a rotation goes over.
type contest struct {
	name string
	// prepare makes all rows such that a rotation has to go over them.
	prepare func(ctx context.Context) error
	// find and swap are the statements of the rotation, for the side that
	// encrypts nothing.
	find, swap string
	none       any // no data key's id, as find wants it
	bare       []float64
	rotated    []float64
	ratio      []float64
}

// rotation measures and reports.
func (b *bench) rotation(ctx context.Context) error {
	ring, err := keyring.Open(ctx, b.options)
	if err != nil {
		return err
	}
	if err := b.employ(ctx, ring); err != nil {
		return err
	}
	if _, err := ring.RotateAll(ctx); err != nil { // warm, and with nothing left to do
		return err
	}
	all := []*contest{
		{
			name: "members' keys, wrapped anew", prepare: func(ctx context.Context) error { return second(ring.Rotate(ctx)) },
			find: "SELECT member AS id, wrapped AS old FROM member_key WHERE member > ? AND data_key <> ? ORDER BY member LIMIT ?", none: 0,
			swap: "UPDATE member_key SET data_key = data_key ^ 1073741824, wrapped = ? WHERE member = ? AND wrapped = ?",
		},
		{
			name: "a column of the house's, sealed anew", prepare: func(ctx context.Context) error {
				if err := second(ring.Rotate(ctx)); err != nil {
					return err
				}
				return b.steps(ctx, ring) // members' keys come first
			},
			find: "SELECT id, name AS old FROM staff WHERE id > ? AND SUBSTRING(name, 3, 4) <> ? ORDER BY id LIMIT ?", none: []byte{0, 0, 0, 0},
			swap: "UPDATE staff SET name = ? WHERE id = ? AND name = ?",
		},
	}
	for r := range b.repeats {
		for i := range all {
			if err := b.contend(ctx, ring, all[(i+r)%len(all)], (i+r)%2 == 0); err != nil {
				return err
			}
		}
	}
	return b.report(all)
}

// contend takes one pair of figures.
func (b *bench) contend(ctx context.Context, ring *keyring.Ring, c *contest, bareFirst bool) error {
	var bare, rotated float64
	if err := c.prepare(ctx); err != nil {
		return err
	}
	sides := []func() error{
		func() (err error) { bare, err = b.update(ctx, c); return err },
		func() (err error) { rotated, err = b.rotate(ctx, ring); return err },
	}
	if !bareFirst {
		slices.Reverse(sides)
	}
	for _, side := range sides {
		if err := side(); err != nil {
			return err
		}
	}
	c.bare, c.rotated, c.ratio = append(c.bare, bare), append(c.rotated, rotated), append(c.ratio, rotated/bare)
	return nil
}

// rotate has the rotation go over the rows, and returns rows a second. What is
// left of it is done without a watch.
func (b *bench) rotate(ctx context.Context, ring *keyring.Ring) (float64, error) {
	start := time.Now()
	if err := b.steps(ctx, ring); err != nil {
		return 0, err
	}
	speed := float64(b.rows) / time.Since(start).Seconds()
	return speed, second(ring.RotateAll(ctx))
}

// update swaps as many rows for bytes of the same length and back, by the same
// pages and batches, and returns rows a second. What stands in the end is what
// stood before.
func (b *bench) update(ctx context.Context, c *contest) (float64, error) {
	var took time.Duration
	for _, back := range []bool{false, true} {
		start := time.Now()
		var after id.Member
		for done := 0; done < b.rows; {
			var rows []struct{ ID, Old []byte }
			if err := b.db.SelectContext(ctx, &rows, c.find, after[:], c.none, batch); err != nil {
				return 0, fmt.Errorf("reading a page: %w", err)
			}
			if len(rows) == 0 {
				return 0, fmt.Errorf("%s: %d rows of %d", c.name, done, b.rows)
			}
			err := b.db.InTx(ctx, "swapping", func(ctx context.Context, tx *mysql.Tx) error {
				for _, row := range rows {
					if _, err := tx.ExecContext(ctx, c.swap, flipped(row.Old), row.ID, row.Old); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return 0, err
			}
			done, after = done+len(rows), id.Member(rows[len(rows)-1].ID)
		}
		if !back {
			took = time.Since(start)
		}
	}
	return float64(b.rows) / took.Seconds(), nil
}

// flipped is as many bytes, others. Twice it is the same.
func flipped(old []byte) []byte {
	fresh := slices.Clone(old)
	for i := len(fresh) - vault.SecretBytes/2; i < len(fresh); i++ {
		fresh[i] ^= 0xff
	}
	return fresh
}

// employ puts as many people into table staff as there are members.
func (b *bench) employ(ctx context.Context, ring *keyring.Ring) error {
	station := id.New[id.Station](b.ids)
	_, err := b.db.ExecContext(ctx, "INSERT INTO station (id, name, zone, minimum_ml, want_rev, created_at) VALUES (?, '站', 'Asia/Shanghai', 5000, 0, ?)",
		station, b.options.Now())
	if err != nil {
		return fmt.Errorf("entering a station: %w", err)
	}
	for done := 0; done < b.rows; done += batch {
		err := b.db.InTx(ctx, "entering staff", func(ctx context.Context, tx *mysql.Tx) error {
			for n := done; n < min(done+batch, b.rows); n++ {
				who := id.New[id.Staff](b.ids)
				_, err := tx.ExecContext(ctx, "INSERT INTO staff (id, station, number, name, role, password, created_at) VALUES (?, ?, ?, ?, 'agent', '', ?)",
					who, station, fmt.Sprint(n), ring.Seal(vault.Cell{Table: "staff", Column: "name", Row: who}, []byte("李四")), b.options.Now())
				if err != nil {
					return fmt.Errorf("entering staff: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// steps has a rotation go over as many rows as there are of one kind.
func (b *bench) steps(ctx context.Context, ring *keyring.Ring) error {
	for done := 0; done < b.rows; {
		n, err := ring.Step(ctx)
		if err != nil || n == 0 {
			return fmt.Errorf("a rotation ended after %d of %d rows: %w", done, b.rows, err)
		}
		done += n
	}
	return nil
}

// report prints the figures and says whether the goal was reached.
func (b *bench) report(all []*contest) error {
	fmt.Printf("\nrotation of %d rows against the same update of bytes that nobody encrypts, %d rows a transaction, medians of %d\n",
		b.rows, batch, b.repeats)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "rows\tupdated/s\trange\trotated/s\trange\tratio\trange\t")
	passed := true
	for _, c := range all {
		verdict := "PASS"
		if median(c.ratio)*100 < goal {
			verdict, passed = "MISS", false
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.0f-%.0f\t%.0f\t%.0f-%.0f\t%.2f\t%.2f-%.2f\t%s\n", c.name,
			median(c.bare), slices.Min(c.bare), slices.Max(c.bare), median(c.rotated), slices.Min(c.rotated), slices.Max(c.rotated),
			median(c.ratio), slices.Min(c.ratio), slices.Max(c.ratio), verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("goal: ratio of at least %.2f\n", float64(goal)/100)
	if !passed {
		return errMissed
	}
	return nil
}
