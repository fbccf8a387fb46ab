package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/member"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Evidence is what the API asks of package flow about what a dispenser
// delivered.
type Evidence interface {
	// Evidence is of the member's own ended sales; any other is not found.
	Evidence(ctx context.Context, who member.Actor, sale id.Sale) (wire.Evidence, error)
	// EvidencePDF is the same as a page, and what to call the file.
	EvidencePDF(ctx context.Context, who member.Actor, sale id.Sale) (name string, content []byte, err error)
	// EvidenceKey is what it is signed with.
	EvidenceKey() wire.EvidenceKey
}

// Bounds of the pages that are drawn: one takes 10 ms of a processor.
const (
	pageTries = 20
	pageEvery = 3 * time.Second
	// pageCaching lets a phone show the page again at once, and nobody between
	// keep it.
	pageCaching = "private, max-age=60"
)

// evidence registers what drivers ask of the dispenser's evidence.
func (a *api) evidence() {
	driver(a, driverOp("evidence", http.MethodGet, "/orders/{sale}/evidence", "Look at the dispenser's evidence of one's own sale, signed"),
		func(ctx context.Context, who member.Actor, in *OneSale) (wire.Evidence, error) {
			return a.deps.Evidence.Evidence(ctx, who, in.Sale)
		})
	register(a, driverOp("evidenceKey", http.MethodGet, "/evidence-key", "Look up the key that evidence is signed with; for anybody"),
		func(context.Context, *struct{}) (wire.EvidenceKey, error) {
			return a.deps.Evidence.EvidenceKey(), nil
		})
	op := driverOp("evidencePDF", http.MethodGet, "/orders/{sale}/evidence.pdf", "Fetch the dispenser's evidence of one's own sale as a page")
	op.Security = memberSecurity()
	op.Middlewares = huma.Middlewares{a.asMember}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "One page of A4",
		Content:     map[string]*huma.MediaType{"application/pdf": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	pages := newLimiter(pageTries, pageEvery, a.deps.Now)
	huma.Register(a.huma, op, func(ctx context.Context, in *OneSale) (*huma.StreamResponse, error) {
		who, ok := ctx.Value(memberKey{}).(member.Actor)
		if !ok {
			return nil, errors.New("httpapi: a handler was reached without its guard")
		}
		if _, ok := pages.allow(who.Member.String()); !ok {
			return nil, wire.NewProblem(wire.ProblemTooMany, "too many pages of one member")
		}
		name, content, err := a.deps.Evidence.EvidencePDF(ctx, who, in.Sale)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) { sendPage(ctx, name, content) }}, nil
	})
}

// sendPage sends a page that a phone may show and keep.
func sendPage(ctx huma.Context, name string, content []byte) {
	ctx.SetHeader("Content-Type", "application/pdf")
	ctx.SetHeader("Content-Disposition", `inline; filename="`+name+`"`)
	ctx.SetHeader("Content-Length", strconv.Itoa(len(content)))
	ctx.SetHeader("Cache-Control", pageCaching)
	_, _ = ctx.BodyWriter().Write(content) // the phone may be gone
}
