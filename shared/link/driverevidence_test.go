package link

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestC005EveryCallForEvidenceGoesWhereItsContractSays(t *testing.T) {
	ctx, sale := t.Context(), id.New[id.Sale](testIDs)
	for _, tt := range []struct {
		name string
		call func(*Driver) error
		path string
	}{
		{"evidence", ask(func(d *Driver) (any, error) { return d.Evidence(ctx, sale) }), "/v1/driver/orders/" + sale.String() + "/evidence"},
		{"page", ask(func(d *Driver) (any, error) { return d.EvidencePDF(ctx, sale) }), "/v1/driver/orders/" + sale.String() + "/evidence.pdf"},
		{"key", ask(func(d *Driver) (any, error) { return d.EvidenceKey(ctx) }), "/v1/driver/evidence-key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, seen := driverRecorder(t, struct{}{})
			d.Resume("fcd_token")
			if err := tt.call(d); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(seenRequest{Method: "GET", Path: tt.path, Bearer: "fcd_token"}, *seen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestC005APageComesAsItWasSent(t *testing.T) {
	page := []byte("%PDF-1.7\n\x00\xff\n%%EOF")
	large := bytes.Repeat([]byte{1}, maxReplyBytes+1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, (id.Sale{1}).String()):
			w.Header().Set("Content-Type", "application/pdf")
			_, _ = w.Write(page)
		case strings.Contains(r.URL.Path, (id.Sale{2}).String()):
			_, _ = w.Write(large)
		default:
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"type":"` + string(wire.ProblemNotFound) + `"}`))
		}
	}))
	t.Cleanup(s.Close)
	d, err := NewDriver(Options{BaseURL: s.URL, Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if got, err := d.EvidencePDF(t.Context(), id.Sale{1}); err != nil || !bytes.Equal(got, page) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := d.EvidencePDF(t.Context(), id.Sale{2}); err == nil || got != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	var problem *wire.Problem
	if _, err := d.EvidencePDF(t.Context(), id.Sale{3}); !errors.As(err, &problem) || problem.Type != wire.ProblemNotFound {
		t.Errorf("%v", err)
	}
}
