package flow_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// TestSnapshotAndEventsAgree takes snapshots while pumps, tills and prices are
// at work. Each, with the events after its position, folds to what the last
// one says: a position never has more or less in it than it claims.
func TestSnapshotAndEventsAgree(t *testing.T) {
	h := newHouse(t)
	var wg sync.WaitGroup
	sold := make(chan wire.SaleEnded, 200)
	wg.Go(func() {
		defer close(sold)
		for i := range 40 {
			e := h.sale(1+i%8, 10_000)
			h.take(wire.SaleStarted{Sale: e.Sale, Nozzle: e.Nozzle, StartedAt: h.now(), Before: e.Before, Price: e.Price, PriceSet: h.set})
			h.take(e, wire.PriceApplied{Nozzle: e.Nozzle, PriceSet: h.set, Price: e.Price, AppliedAt: h.now()})
			sold <- e
		}
	})
	wg.Go(func() {
		for e := range sold {
			if _, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), e.Sale, cash(e.Amount, e.Amount)); err != nil {
				t.Errorf("paying: %v", err)
			}
		}
	})
	wg.Go(func() {
		for i := range 10 {
			req := wire.PriceRequest{Prices: []wire.GradePriceRequest{{Grade: "92#", Price: unit.FenPerLitre(751 + i)}}}
			if _, err := h.flow.SetPrices(t.Context(), h.head(), h.key(), req); err != nil {
				t.Errorf("setting prices: %v", err)
			}
		}
	})
	frames := h.snapshots(20)
	wg.Wait()
	frames = append(frames, h.snapshot())
	last := h.fold(frames[len(frames)-1])
	for _, f := range frames {
		if diff := cmp.Diff(last, h.fold(f)); diff != "" {
			t.Fatalf("the snapshot at %d folds to something else:\n%s", f.Seq, diff)
		}
	}
	h.sound()
}

// snapshot is the desk as a frame of its channel.
func (h *house) snapshot() wire.Frame {
	h.t.Helper()
	snap, pos, err := h.flow.DeskSnapshot(h.t.Context(), h.station)
	if err != nil {
		h.t.Fatal(err)
	}
	return wire.Frame{K: wire.KindSnap, Ch: pos.Ch, Ep: pos.Ep, Seq: pos.Seq, D: wire.Body(snap)}
}

func (h *house) snapshots(n int) []wire.Frame {
	var frames []wire.Frame
	for range n {
		frames = append(frames, h.snapshot())
	}
	return frames
}

// fold applies every event after a snapshot to it.
func (h *house) fold(snap wire.Frame) wire.DeskSnap {
	h.t.Helper()
	m := mirror.NewDesk()
	if _, err := m.Apply(snap); err != nil {
		h.t.Fatal(err)
	}
	for _, e := range h.events {
		if e.Seq > snap.Seq {
			if _, err := m.Apply(e); err != nil {
				h.t.Fatalf("event %d after the snapshot at %d: %v", e.Seq, snap.Seq, err)
			}
		}
	}
	return m.Snap()
}

func TestSalesArePaged(t *testing.T) {
	h := newHouse(t)
	for i := range 7 {
		h.take(h.sale(1+i%2, 10_000))
	}
	var got []id.Sale
	ask := flow.SaleQuery{Limit: 3, State: wire.SaleUnpaid}
	for pages := 1; ; pages++ {
		page, err := h.flow.Sales(t.Context(), h.station, ask)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.Sales {
			got = append(got, s.ID)
		}
		if page.Next.IsZero() {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		ask.Before = page.Next
	}
	if all := h.all(); len(got) != 7 || len(all) != 7 || got[0] != all[0].ID || got[6] != all[6].ID {
		t.Errorf("paged through %d sales", len(got))
	}
	page, err := h.flow.Sales(t.Context(), h.station, flow.SaleQuery{Nozzle: 2})
	if err != nil || len(page.Sales) != 3 {
		t.Errorf("%d sales of nozzle 2, %v", len(page.Sales), err)
	}
	_, err = h.flow.Sale(t.Context(), id.New[id.Station](h.ids), got[0])
	wantProblem(t, err, wire.ProblemNotFound)
}

// TestEverybodyAtOnce has three pumpds, tills and the head at work on one
// station and finds the books in order and no deadlock.
func TestEverybodyAtOnce(t *testing.T) {
	h := newHouse(t)
	before := h.db.Retries()
	var wg sync.WaitGroup
	for p := range 3 {
		src := h.src
		src.Journal = id.New[id.Journal](h.ids)
		random := rand.New(rand.NewPCG(3, uint64(p)))
		wg.Go(func() { h.sellAndSettle(t.Context(), src, 1+p, random) })
	}
	wg.Go(func() {
		for i := range 30 {
			hold := []wire.Hold{wire.HoldPause, wire.HoldNone}[i%2]
			if _, err := h.flow.SetHold(t.Context(), h.cashier(), h.key(), 1+i%8, wire.HoldRequest{Hold: hold}); err != nil {
				t.Errorf("holding: %v", err)
			}
		}
	})
	wg.Wait()
	if again := h.db.Retries() - before; again != 0 {
		t.Errorf("%d transactions had to be run again", again)
	}
	h.sound()
}

// sellAndSettle sells on one nozzle, some of it with lying figures, and
// settles each sale in some way.
func (h *house) sellAndSettle(ctx context.Context, src flow.Source, nozzle int, random *rand.Rand) {
	var total unit.Millilitre
	price := []unit.FenPerLitre{798, 750}[nozzle%2]
	for seq := uint64(1); seq <= 25; seq++ {
		e := h.figures(nozzle, total, total+10_000, 10_000, price)
		total += 10_000
		lies := random.IntN(3) == 0
		if lies {
			e.Volume = 60_000
		}
		fact := flow.Fact{Seq: seq, At: h.now(), Kind: wire.KindSaleEnded, Body: e}
		if _, err := h.flow.TakeFacts(ctx, src, []flow.Fact{fact}); err != nil {
			h.t.Errorf("taking: %v", err)
		}
		var err error
		switch {
		case lies:
			req := wire.ResolveRequest{Act: wire.ResolveAccept, Note: "x", Volume: 10_000, Amount: e.Amount}
			_, err = h.flow.Resolve(ctx, h.cashier(), h.key(), e.Sale, req)
		case seq%2 == 0:
			_, err = h.flow.Resolve(ctx, h.cashier(), h.key(), e.Sale, wire.ResolveRequest{Act: wire.ResolveTest, Note: "x"})
		default:
			_, err = h.flow.Pay(ctx, h.cashier(), h.key(), e.Sale, cash(e.Amount, e.Amount))
		}
		if err != nil {
			h.t.Errorf("settling: %v", err)
		}
	}
}

// TestD001MoneyIsIntegers looks at every column of the schema and at every
// line of the packages that count money or litres.
func TestD001MoneyIsIntegers(t *testing.T) {
	h := newHouse(t)
	var columns []struct{ Name, Type string }
	err := h.db.SelectContext(t.Context(), &columns, `SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME) AS name, DATA_TYPE AS type
		FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()`)
	if err != nil || len(columns) == 0 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	for _, c := range columns {
		counts := strings.HasSuffix(c.Name, "_fen") || strings.HasSuffix(c.Name, "_ml") || strings.HasSuffix(c.Name, "_fen_per_l")
		inexact := c.Type == "float" || c.Type == "double" || c.Type == "decimal"
		if inexact || counts && c.Type != "bigint" {
			t.Errorf("column %s is %s", c.Name, c.Type)
		}
	}
	for _, dir := range []string{".", "../domain/sale", "../domain/ledger", "../domain/payment", "../domain/station"} {
		noFloats(t, dir)
	}
}

func noFloats(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "float64" || n.Name == "float32" {
					t.Errorf("%s: floating point", set.Position(n.Pos()))
				}
			case *ast.BasicLit:
				if n.Kind == token.FLOAT {
					t.Errorf("%s: floating point", set.Position(n.Pos()))
				}
			}
			return true
		})
	}
}
