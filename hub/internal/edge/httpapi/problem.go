package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

// reply is a wire.Problem as the HTTP library wants its errors.
type reply struct{ wire.Problem }

// GetStatus is the HTTP status.
func (r *reply) GetStatus() int { return r.Status }

// ContentType is that of RFC 9457.
func (r *reply) ContentType(string) string { return "application/problem+json" }

// MarshalJSON writes the problem alone.
func (r *reply) MarshalJSON() ([]byte, error) { return json.Marshal(r.Problem) }

// Schema says in the document what a problem looks like.
func (*reply) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[wire.Problem](), true, "Problem")
}

// useProblems makes the HTTP library answer every error of its own (a body
// that does not parse, a field too many) from the catalogue of wire. The
// library keeps this choice in package variables; it is made once, the same for
// every API of the process.
var useProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return &reply{*translate(status, message, errs)}
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		if ctx == nil {
			return huma.NewError(status, message, errs...)
		}
		return &reply{*answer(ctx.Context(), translate(status, message, errs), errs)}
	}
})

// translate finds the problem behind an error of a handler or of the library.
// No value that a client sent is repeated in it, only the name of the field
// that was wrong.
func translate(status int, message string, errs []error) *wire.Problem {
	var known *wire.Problem
	for _, err := range errs {
		if errors.As(err, &known) {
			copied := *known
			return &copied
		}
		if mysql.Unavailable(err) && status == http.StatusInternalServerError && message != bodyUnreadable {
			return wire.NewProblem(wire.ProblemStorage, "")
		}
	}
	kind, own := kindOf(status, message, errs)
	p := wire.NewProblem(kind, details(message, errs))
	if own {
		p.Status = status
	}
	return p
}

// bodyUnreadable is what the library says of a body that ended early.
const bodyUnreadable = "cannot read request body"

// kindOf maps the library's statuses to the catalogue. own means that the
// status says more than the catalogue's and stays.
func kindOf(status int, message string, errs []error) (kind wire.ProblemType, own bool) {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return wire.ProblemTooLarge, false
	case status == http.StatusNotFound:
		return wire.ProblemNotFound, false
	case hasUnknownField(errs):
		return wire.ProblemUnknownField, false
	case status >= 500 && message != bodyUnreadable:
		return wire.ProblemInternal, false
	case status == http.StatusUnsupportedMediaType, status == http.StatusMethodNotAllowed, status == http.StatusRequestTimeout:
		return wire.ProblemBadRequest, true
	}
	return wire.ProblemBadRequest, false
}

func hasUnknownField(errs []error) bool {
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) && d.Message == validation.MsgUnexpectedProperty {
			return true
		}
	}
	return false
}

// Bounds of what one answer says of a request's faults.
const (
	maxDetails = 5
	maxDetail  = 300 // a field's name is the client's and may be long
)

// details says where a request is wrong.
func details(message string, errs []error) string {
	parts := []string{message}
	for i, err := range errs {
		if i == maxDetails {
			parts = append(parts, "and more")
			break
		}
		var d *huma.ErrorDetail
		if errors.As(err, &d) {
			parts = append(parts, strings.TrimSpace(d.Location+" "+d.Message))
		}
	}
	text := strings.Join(parts, "; ")
	if len(text) > maxDetail {
		text = strings.ToValidUTF8(text[:maxDetail], "") + "..."
	}
	return text
}

// answer puts the request's id into a problem and what went wrong into its log
// line.
func answer(ctx context.Context, p *wire.Problem, errs []error) *wire.Problem {
	if e := exchangeOf(ctx); e != nil {
		p.Instance = e.id
		e.failed(p, errors.Join(errs...))
	}
	return p
}

// writeProblem answers a request outside the API's own handlers.
func writeProblem(w http.ResponseWriter, r *http.Request, p *wire.Problem, cause error) {
	answer(r.Context(), p, []error{cause})
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(p) // the client may be gone
	}
}
