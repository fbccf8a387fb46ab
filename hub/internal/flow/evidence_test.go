package flow_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/evidence"
	"forecourt/hub/internal/domain/member"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// traced is a delivery with the figures as they ran.
func traced(e wire.SaleEnded) wire.SaleEnded {
	e.Trace = []wire.TracePoint{{Volume: 100}, {AfterMS: 20_000, Volume: e.Volume / 2}, {AfterMS: 60_000, Volume: e.Volume}}
	return e
}

// evidence is what a member is shown of a sale, verified.
func (h *house) evidence(who member.Actor, which id.Sale) wire.Evidence {
	h.t.Helper()
	e, err := h.flow.Evidence(h.t.Context(), who, which)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := errors.Join(evidence.Verify(e.Signed, h.flow.EvidenceKey().Key), evidence.Beside(e)); err != nil {
		h.t.Error(err)
	}
	return e
}

func results(e wire.Evidence) string {
	var list []string
	for _, c := range e.Checks {
		list = append(list, string(c.Kind)+" "+string(c.Result))
	}
	return strings.Join(list, ", ")
}

const allAgree = "totalizer agrees, chain agrees, amount agrees, price agrees"

func TestC005C012ADriverGetsTheEvidenceOfTheirSale(t *testing.T) {
	h := newHouse(t)
	who := h.stranger()
	h.take(h.sale(3, 20_000))
	h.claim(who, 3)
	s := traced(h.sale(3, 40_780))
	h.take(begin(s))
	_, err := h.flow.Evidence(t.Context(), who, s.Sale)
	wantProblem(t, err, wire.ProblemNotFound) // it still runs
	h.later(time.Minute)
	s.EndedAt = h.now()
	h.take(s)
	if _, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), s.Sale, cash(s.Amount, s.Amount)); err != nil {
		t.Fatal(err)
	}
	e := h.evidence(who, s.Sale)
	if got := results(e); got != allAgree {
		t.Error(got)
	}
	if e.Before != 20_000 || e.After != 60_780 || e.Previous == nil || *e.Previous != 20_000 || e.Shown != 40_780 || e.DeviceKey != s.DeviceKey {
		t.Errorf("figures %+v", e)
	}
	if e.Dispenser != 2 || e.PriceSet != h.set || e.Listed != 750 || !e.PriceSince.Equal(start) || e.Order.Price != 750 {
		t.Errorf("where and at what: %+v", e)
	}
	if len(e.Trace) != 3 || e.Trace[2] != s.Trace[2] || !strings.Contains(e.Signed.Text, evidence.TraceDigest(s.Trace)) {
		t.Errorf("trace %v", e.Trace)
	}
	kinds := []wire.FeeKind{wire.FeeGross, wire.FeeDiscount, wire.FeeCampaign, wire.FeeCoupon, wire.FeePoints, wire.FeeDue, wire.FeePaid}
	for i, kind := range kinds {
		if i >= len(e.Lines) || e.Lines[i].Kind != kind {
			t.Fatalf("line %d of %+v is not %s", i, e.Lines, kind)
		}
	}
	if e.Lines[0].Amount != s.Amount || e.Lines[6].Amount != s.Amount {
		t.Errorf("lines %+v", e.Lines)
	}
	if again := h.evidence(who, s.Sale); again.Signed != e.Signed {
		t.Error("the same evidence was signed otherwise")
	}
}

func TestC005ATamperedTextOfTheHubFailsVerification(t *testing.T) {
	h := newHouse(t)
	who := h.stranger()
	h.claim(who, 3)
	s := traced(h.sale(3, 40_780))
	h.take(s)
	e := h.evidence(who, s.Sale)
	e.Signed.Text = strings.ReplaceAll(e.Signed.Text, "40.780", "67.960")
	if err := evidence.Verify(e.Signed, h.flow.EvidenceKey().Key); !errors.Is(err, evidence.ErrSignature) {
		t.Errorf("%v", err)
	}
}

// 27.18 L of the sale before were added: 67.96 L billed, 40.78 L delivered
// (domain rules, section 3).
func TestC005I012TheChengduDriverSeesThatTheTotalizerDiffers(t *testing.T) {
	h := newHouse(t)
	h.take(h.sale(1, 27_180))
	who := h.stranger()
	h.claim(who, 1)
	lied := traced(h.figures(1, 27_180, 67_960, 67_960, 750))
	lied.Trace[1].Volume = 40_780
	h.take(lied)
	e := h.evidence(who, lied.Sale)
	if got := results(e); got != "totalizer differs, chain agrees, amount agrees, price agrees" {
		t.Error(got)
	}
	if e.Order.State != wire.SaleQuarantined || e.Order.Due != 0 || e.Shown != 67_960 || e.After-e.Before != 40_780 {
		t.Errorf("%+v", e)
	}
	for _, want := range []string{"泵码差：40.780 L", "油机显示体积：67.960 L", "计费金额：0.00 元", "泵码差与油机显示体积 不一致"} {
		if !strings.Contains(e.Signed.Text, want) {
			t.Errorf("the text does not say %s:\n%s", want, e.Signed.Text)
		}
	}
	// A person charges what was delivered; what the dispenser showed stays.
	accept := wire.ResolveRequest{Act: wire.ResolveAccept, Note: "泵码核实 40.78 升", Volume: 40_780, Amount: 30_585}
	if _, err := h.flow.Resolve(t.Context(), h.cashier(), h.key(), lied.Sale, accept); err != nil {
		t.Fatal(err)
	}
	e = h.evidence(who, lied.Sale)
	if e.Order.Volume != 40_780 || e.Order.Due != 30_585 || e.Shown != 67_960 || e.ShownAmount != lied.Amount || !strings.Contains(results(e), "totalizer differs") {
		t.Errorf("once accepted: %+v", e)
	}
}

func TestC005OnlyTheMembersOwnEndedSalesAreShown(t *testing.T) {
	h := newHouse(t)
	who, other := h.stranger(), h.stranger()
	h.claim(who, 3)
	s, nobodys := h.sale(3, 20_000), h.sale(5, 20_000)
	h.take(s, nobodys)
	for name, ask := range map[string]func() error{
		"another member":    func() error { _, err := h.flow.Evidence(t.Context(), other, s.Sale); return err },
		"another's page":    func() error { _, _, err := h.flow.EvidencePDF(t.Context(), other, s.Sale); return err },
		"nobody's sale":     func() error { _, err := h.flow.Evidence(t.Context(), who, nobodys.Sale); return err },
		"no member at all":  func() error { _, err := h.flow.Evidence(t.Context(), member.Actor{}, nobodys.Sale); return err },
		"a sale that isn't": func() error { _, err := h.flow.Evidence(t.Context(), who, id.New[id.Sale](h.ids)); return err },
	} {
		t.Run(name, func(t *testing.T) { wantProblem(t, ask(), wire.ProblemNotFound) })
	}
}

func TestC005TheSameEvidenceIsTheSamePage(t *testing.T) {
	h := newHouse(t)
	who := h.stranger()
	h.claim(who, 3)
	s := traced(h.sale(3, 40_780))
	h.take(s)
	name, page, err := h.flow.EvidencePDF(t.Context(), who, s.Sale)
	if err != nil || name != "fuel-evidence-0312-0001.pdf" || !bytes.HasPrefix(page, []byte("%PDF-")) {
		t.Fatalf("%s, %d bytes, %v", name, len(page), err)
	}
	if _, again, err := h.flow.EvidencePDF(t.Context(), who, s.Sale); err != nil || !bytes.Equal(page, again) {
		t.Errorf("the page is another, %v", err)
	}
}

// A trace that cannot be never keeps a sale from being taken.
func TestC005ABadTraceIsLeftOutAndTheSaleIsTaken(t *testing.T) {
	h := newHouse(t)
	who := h.stranger()
	long := make([]wire.TracePoint, wire.MaxTrace+1)
	for i := range long {
		long[i] = wire.TracePoint{AfterMS: int64(i), Volume: unit.Millilitre(i)}
	}
	for name, change := range map[string]func(e *wire.SaleEnded){
		"falling":    func(e *wire.SaleEnded) { e.Trace = []wire.TracePoint{{Volume: 5}, {AfterMS: 1, Volume: 4}} },
		"too long":   func(e *wire.SaleEnded) { e.Trace = long },
		"negative":   func(e *wire.SaleEnded) { e.Trace = []wire.TracePoint{{AfterMS: -1}} },
		"backfilled": func(e *wire.SaleEnded) { e.Backfilled = true },
	} {
		t.Run(name, func(t *testing.T) {
			h.claim(who, 3)
			e := traced(h.sale(3, 10_000))
			change(&e)
			h.take(e)
			if got := h.evidence(who, e.Sale); len(got.Trace) != 0 || got.Order.State != wire.SaleUnpaid {
				t.Errorf("%+v", got)
			}
		})
	}
	h.sound()
}

func TestC005TheFirstDeliveryOfANozzleHasNothingBeforeIt(t *testing.T) {
	h := newHouse(t)
	who := h.stranger()
	h.claim(who, 3)
	s := traced(h.sale(3, 10_000))
	h.take(begin(s), s)
	if e := h.evidence(who, s.Sale); e.Previous != nil || results(e) != "totalizer agrees, chain unknown, amount agrees, price agrees" {
		t.Errorf("previous %v: %s", e.Previous, results(e))
	}
	// Fuel ran while nobody listened: the next delivery does not begin where
	// the one before it ended, and says so.
	h.claim(who, 3)
	h.totals[3] += 5_000
	s = traced(h.sale(3, 10_000))
	h.take(s)
	if e := h.evidence(who, s.Sale); e.Previous == nil || *e.Previous != 10_000 || !strings.Contains(results(e), "chain differs") {
		t.Errorf("previous %v: %s", e.Previous, results(e))
	}
	h.sound()
}

// Facts told twice, and a sale from before traces were kept, are no trouble.
func TestC005EvidenceOfSalesToldTwiceAndOfOldOnes(t *testing.T) {
	h := newHouse(t)
	who := h.stranger()
	h.take(h.sale(3, 10_000))
	h.claim(who, 3)
	s := traced(h.sale(3, 10_000))
	h.take(begin(s), s, s)
	again := s
	again.Trace = nil
	h.take(again)
	if e := h.evidence(who, s.Sale); len(e.Trace) != 3 || results(e) != allAgree {
		t.Errorf("%+v", e)
	}
	h.exec("UPDATE sale_trace SET points = 'nonsense' WHERE sale = ?", s.Sale)
	if e := h.evidence(who, s.Sale); len(e.Trace) != 0 || e.Previous == nil {
		t.Errorf("with a trace that was changed: %+v", e)
	}
	h.exec("DELETE FROM sale_trace WHERE sale = ?", s.Sale)
	if e := h.evidence(who, s.Sale); len(e.Trace) != 0 || results(e) != "totalizer agrees, chain unknown, amount agrees, price agrees" {
		t.Errorf("with nothing stored: %+v", e)
	}
}

// A trace is nobody's: it stays with its sale when the member is erased, and
// the evidence is no longer theirs to see.
func TestC005ErasingAMemberLeavesTheTrace(t *testing.T) {
	o, s, _ := lived(t)
	held := traced(o.sale(7, 10_000))
	o.claim(o.wang, 7)
	o.take(held)
	if _, err := o.flow.Pay(t.Context(), o.cashier(), o.key(), held.Sale, cash(held.Amount, held.Amount)); err != nil {
		t.Fatal(err)
	}
	kept := o.traced()
	if err := o.flow.EraseMe(t.Context(), o.wang, wire.EraseRequest{Number: o.wang.Number}); err != nil {
		t.Fatal(err)
	}
	if got := o.traced(); got != kept || kept == 0 {
		t.Errorf("%d of %d traces are left", got, kept)
	}
	for _, which := range []id.Sale{s.Sale, held.Sale} {
		_, err := o.flow.Evidence(t.Context(), o.wang, which)
		wantProblem(t, err, wire.ProblemNotFound)
	}
}

// traced counts the traces that are kept.
func (h *house) traced() (n int) {
	h.t.Helper()
	if err := h.db.GetContext(h.t.Context(), &n, "SELECT COUNT(*) FROM sale_trace WHERE points <> ''"); err != nil {
		h.t.Fatal(err)
	}
	return n
}
