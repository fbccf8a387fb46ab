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

const (
	// pageRows is the members of a page.
	pageRows = 50
	// pagesEach is how many pages a repetition reads.
	pagesEach = 100
	// calls is how many calls a figure in nanoseconds is the mean of.
	calls = 20_000
	// batch is the rows of a transaction, as in a rotation.
	batch = 500
)

// bench is a database with members in it.
type bench struct {
	db            *mysql.DB
	options       keyring.Options
	ring          *keyring.Ring
	rows, repeats int
	ids           *id.Maker
	members       []id.Member
}

func cell(column string, m id.Member) vault.Cell {
	return vault.Cell{Table: "member", Column: column, Row: m}
}

// fill enters the members.
func (b *bench) fill(ctx context.Context) error {
	for b.rows > len(b.members) {
		if err := b.db.InTx(ctx, "entering members", b.enter); err != nil {
			return err
		}
	}
	return nil
}

// enter enters a batch of members.
func (b *bench) enter(ctx context.Context, tx *mysql.Tx) error {
	fresh := make([]id.Member, min(batch, b.rows-len(b.members)))
	for i := range fresh {
		m, n := id.New[id.Member](b.ids), len(b.members)+i
		key, err := b.ring.NewMemberKey(ctx, tx, m)
		if err != nil {
			return err
		}
		phone, number := fmt.Sprintf("138%08d", n), fmt.Sprintf("53010219900101%04d", n%10000)
		byPhone, byNumber := b.ring.Blind("member.phone", phone), [16]byte(m)
		_, err = tx.ExecContext(ctx, `INSERT INTO member (id, number, name, phone, phone_index, id_number, id_number_index, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, m, fmt.Sprintf("M%06d", n), key.Seal(cell("name", m), []byte("王小明")),
			key.Seal(cell("phone", m), []byte(phone)), byPhone[:], key.Seal(cell("id_number", m), []byte(number)), byNumber[:], b.options.Now())
		if err != nil {
			return fmt.Errorf("entering a member: %w", err)
		}
		fresh[i] = m
	}
	b.members = append(b.members, fresh...)
	return nil
}

// cells prints the figures in nanoseconds.
func (b *bench) cells() error {
	m := b.members[0]
	key, wrapped, err := b.ring.NewKey(m, 1)
	if err != nil {
		return err
	}
	phone := []byte("13800000001")
	house, own := b.ring.Seal(cell("phone", m), phone), key.Seal(cell("phone", m), phone)
	acts := []struct {
		name string
		do   func() error
	}{
		{"seal, house's key", func() error { b.ring.Seal(cell("phone", m), phone); return nil }},
		{"open, house's key", func() error { return second(b.ring.Open(cell("phone", m), house)) }},
		{"seal, member's key", func() error { key.Seal(cell("phone", m), phone); return nil }},
		{"open, member's key", func() error { return second(key.Open(cell("phone", m), own)) }},
		{"blind index", func() error { b.ring.Blind("member.phone", string(phone)); return nil }},
		{"unwrap a member's key", func() error { return second(b.ring.OpenKey(m, 1, wrapped)) }},
	}
	figures := make([][]float64, len(acts))
	for r := range b.repeats {
		for i := range acts {
			at := (i + r) % len(acts) // every act takes every place in the order
			ns, err := mean(acts[at].do)
			if err != nil {
				return err
			}
			figures[at] = append(figures[at], ns)
		}
	}
	fmt.Printf("one field of 11 bytes, medians of %d x %d calls\n", b.repeats, calls)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "act\tns\trange")
	for i, act := range acts {
		fmt.Fprintf(w, "%s\t%.0f\t%.0f-%.0f\n", act.name, median(figures[i]), slices.Min(figures[i]), slices.Max(figures[i]))
	}
	return w.Flush()
}

func second[T any](_ T, err error) error { return err }

// mean is the nanoseconds of one call.
func mean(do func() error) (float64, error) {
	start := time.Now()
	for range calls {
		if err := do(); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start).Nanoseconds()) / calls, nil
}

// pages prints the figures of a page of members.
func (b *bench) pages(ctx context.Context) error {
	all := map[bool][]time.Duration{}
	for r := range b.repeats {
		for i := range 2 {
			cold := (i+r)%2 == 0
			took, err := b.readPages(ctx, cold)
			if err != nil {
				return err
			}
			all[cold] = append(all[cold], took...)
		}
	}
	fmt.Printf("\na page of %d members of %d, read and opened (name, phone, ID number), %d pages\n", pageRows, len(b.members), len(all[true]))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "keys\tp50 ms\tp99 ms\tmax ms")
	for _, cold := range []bool{false, true} {
		took := slices.Sorted(slices.Values(all[cold]))
		name := map[bool]string{false: "ready in memory", true: "read and unwrapped"}[cold]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", name, ms(took[len(took)/2]), ms(took[len(took)*99/100]), ms(took[len(took)-1]))
	}
	return w.Flush()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }

// readPages reads pages of members. When cold, each page is read by a ring that
// has opened no key yet.
func (b *bench) readPages(ctx context.Context, cold bool) ([]time.Duration, error) {
	rings := make([]*keyring.Ring, pagesEach)
	for i := range rings {
		rings[i] = b.ring
		if !cold {
			continue
		}
		var err error
		if rings[i], err = keyring.Open(ctx, b.options); err != nil {
			return nil, err
		}
	}
	var took []time.Duration
	for i, ring := range rings {
		from := i * pageRows % (len(b.members) - pageRows + 1)
		if !cold { // a page that somebody has just looked at
			if err := b.page(ctx, ring, b.members[from]); err != nil {
				return nil, err
			}
		}
		start := time.Now()
		if err := b.page(ctx, ring, b.members[from]); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// page reads and opens a page of members from one on.
func (b *bench) page(ctx context.Context, ring *keyring.Ring, from id.Member) error {
	var rows []struct {
		ID          id.Member
		Name, Phone []byte
		IDNumber    []byte `db:"id_number"`
	}
	err := b.db.SelectContext(ctx, &rows, "SELECT id, name, phone, id_number FROM member WHERE id >= ? ORDER BY id LIMIT ?", from, pageRows)
	if err != nil {
		return fmt.Errorf("reading a page: %w", err)
	}
	ms := make([]id.Member, len(rows))
	for i, row := range rows {
		ms[i] = row.ID
	}
	keys, err := ring.MemberKeys(ctx, b.db, ms...)
	if err != nil {
		return err
	}
	for _, row := range rows {
		for column, sealed := range map[string][]byte{"name": row.Name, "phone": row.Phone, "id_number": row.IDNumber} {
			if _, err := keys[row.ID].Open(cell(column, row.ID), sealed); err != nil {
				return err
			}
		}
	}
	if len(rows) != pageRows {
		return fmt.Errorf("a page of %d members", len(rows))
	}
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
