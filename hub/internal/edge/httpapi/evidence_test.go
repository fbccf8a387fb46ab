package httpapi

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var _ Evidence = (*flow.Flow)(nil)

// witness answers what is asked of evidence, and remembers it.
type witness struct{ *desk }

func (d witness) Evidence(_ context.Context, who member.Actor, s id.Sale) (wire.Evidence, error) {
	return wire.Evidence{
		Order: wire.Order{Sale: s, Price: 750}, Listed: 740, Checks: []wire.EvidenceCheck{}, Trace: []wire.TracePoint{},
		Lines: []wire.FeeLine{{Kind: wire.FeeGross, Amount: 300_00}, {Kind: wire.FeeDiscount}, {Kind: wire.FeePaid, Amount: 300_00}},
	}, d.did("evidence %s %s", who.Number, s)
}

func (d witness) EvidencePDF(_ context.Context, who member.Actor, s id.Sale) (string, []byte, error) {
	return "fuel-evidence-0312-0047.pdf", []byte("%PDF-1.7 of " + s.String()), d.did("evidence page %s %s", who.Number, s)
}

func (d witness) EvidenceKey() wire.EvidenceKey {
	return wire.EvidenceKey{Algorithm: "ed25519", Key: "cHVibGlj"}
}

func evidenceRoutes() []route {
	return []route{
		{method: "GET", path: "/v1/driver/orders/" + aSale + "/evidence", call: "evidence M000007 " + aSale},
		{method: "GET", path: "/v1/driver/orders/" + aSale + "/evidence.pdf", call: "evidence page M000007 " + aSale},
	}
}

func TestC005EvidenceIsAFileThatNobodyElseKeeps(t *testing.T) {
	s := newSite(t)
	got := s.call("driver", "GET", "/v1/driver/orders/"+aSale+"/evidence.pdf", "")
	content, err := io.ReadAll(got.Body)
	if err != nil || string(content) != "%PDF-1.7 of "+aSale {
		t.Errorf("%q, %v", content, err)
	}
	for header, want := range map[string]string{
		"Content-Type": "application/pdf", "Cache-Control": "private, max-age=60",
		"Content-Disposition": `inline; filename="fuel-evidence-0312-0047.pdf"`, "X-Content-Type-Options": "nosniff",
	} {
		if got.Header.Get(header) != want {
			t.Errorf("%s: %q", header, got.Header.Get(header))
		}
	}
	if p := problem(t, s.call("driver", "GET", "/v1/driver/orders/nonsense/evidence.pdf", "")); p.Type != wire.ProblemBadRequest {
		t.Errorf("%v", p)
	}
}

// Gun price, list price and every line are in the answer, a zero one too.
func TestC012NoLineOfAPriceIsHidden(t *testing.T) {
	got := newSite(t).call("driver", "GET", "/v1/driver/orders/"+aSale+"/evidence", "")
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"price_fen_per_l":750`, `"listed_fen_per_l":740`,
		`{"kind":"gross","amount_fen":30000}`, `{"kind":"discount","amount_fen":0}`, `{"kind":"paid","amount_fen":30000}`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

func TestC005PagesOfOneDriverAreLimited(t *testing.T) {
	s := newSite(t)
	ask := func() *http.Response { return s.call("driver", "GET", "/v1/driver/orders/"+aSale+"/evidence.pdf", "") }
	for range pageTries {
		if got := ask(); got.StatusCode != http.StatusOK {
			t.Fatal(got.StatusCode)
		}
	}
	if p := problem(t, ask()); p.Type != wire.ProblemTooMany || len(s.desk.calls) != pageTries {
		t.Errorf("%v after %d", p, len(s.desk.calls))
	}
	s.now = s.now.Add(pageEvery)
	if got := ask(); got.StatusCode != http.StatusOK {
		t.Errorf("later: %d", got.StatusCode)
	}
}

// Whoever was shown a page may check it: the key is everybody's.
func TestC005TheKeyOfEvidenceIsForAnybody(t *testing.T) {
	for _, as := range everyone() {
		s := newSite(t)
		if got := read[wire.EvidenceKey](t, s.call(as, "GET", "/v1/driver/evidence-key", "")); got.Key != "cHVibGlj" || got.Algorithm != "ed25519" {
			t.Errorf("as %q: %+v", as, got)
		}
	}
}
