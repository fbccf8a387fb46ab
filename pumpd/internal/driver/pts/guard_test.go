package pts_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"

	"forecourt/pumpd/internal/driver/pts"
)

// guarded asks a guard for admission by HTTP, in memory.
type guarded struct {
	guard *pts.Guard
	sent  []string // what was shown
}

// RoundTrip lets the guard answer.
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r.RequestURI = r.URL.RequestURI()
	g.sent = append(g.sent, r.Header.Get("Authorization"))
	w := httptest.NewRecorder()
	if g.guard.Admit(w, r) {
		w.WriteHeader(http.StatusOK)
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func newGuard(t *testing.T, password string, now func() time.Time, schemes ...pts.Scheme) *guarded {
	t.Helper()
	g, err := pts.NewGuard("here", []string{"pts", ""}, password, schemes, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &guarded{guard: g}
}

func TestGuard(t *testing.T) {
	for _, c := range []struct {
		name     string
		password string // the guard's
		schemes  []pts.Scheme
		basic    bool
		user     string
		shown    string
		want     int
	}{
		{"digest", secret, []pts.Scheme{pts.Digest}, false, "pts", secret, 200},
		{"basic", secret, []pts.Scheme{pts.Basic}, true, "pts", secret, 200},
		{"either by digest", secret, []pts.Scheme{pts.Digest, pts.Basic}, false, "pts", secret, 200},
		{"either by basic", secret, []pts.Scheme{pts.Digest, pts.Basic}, true, "pts", secret, 200},
		{"digest wrong password", secret, []pts.Scheme{pts.Digest}, false, "pts", "x", 401},
		{"basic wrong password", secret, []pts.Scheme{pts.Basic}, true, "pts", "x", 401},
		{"wrong user", secret, []pts.Scheme{pts.Digest}, false, "eve", secret, 401},
		{"empty user", secret, []pts.Scheme{pts.Basic}, true, "", secret, 401},
		{"basic where digest is set", secret, []pts.Scheme{pts.Digest}, true, "pts", secret, 401},
		{"nobody may enter", "", []pts.Scheme{pts.Digest, pts.Basic}, true, "pts", "", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGuard(t, c.password, time.Now, c.schemes...)
			r := httptest.NewRequest(http.MethodPost, "http://pumpd/ptsPumpTransactions?x=1", strings.NewReader("{}"))
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte("{}"))), nil }
			var transport http.RoundTripper = &digest.Transport{Username: c.user, Password: c.shown, Transport: g}
			if c.basic {
				r.SetBasicAuth(c.user, c.shown)
				transport = g
			}
			resp, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != c.want {
				t.Errorf("status %d, want %d", resp.StatusCode, c.want)
			}
		})
	}
}

// TestGuardNonces: credentials are good for their path only, and not for ever.
func TestGuardNonces(t *testing.T) {
	now := time.Date(2026, 11, 3, 7, 0, 0, 0, time.UTC)
	g := newGuard(t, secret, func() time.Time { return now }, pts.Digest)
	r := httptest.NewRequest(http.MethodGet, "http://pumpd/ptsWebSocket", nil)
	resp, err := (&digest.Transport{Username: "pts", Password: secret, Transport: g}).RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = resp.Body.Close()
	shown := g.sent[len(g.sent)-1]
	status := func(path, header string) int {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		g.guard.Admit(w, r)
		return w.Code
	}
	if code := status("/ptsWebSocket", shown); code != http.StatusOK {
		t.Errorf("again within the nonce's life: %d", code)
	}
	if code := status("/else", shown); code != http.StatusUnauthorized {
		t.Errorf("for another path: %d", code)
	}
	for _, bad := range []string{
		"Digest ", "Digest username=pts", strings.Replace(shown, `nonce="`, `nonce="A`, 1), "Bearer x",
		strings.Replace(shown, `cnonce="`, `cnonce="f`, 1),
	} {
		if code := status("/ptsWebSocket", bad); code != http.StatusUnauthorized {
			t.Errorf("%.40q was admitted: %d", bad, code)
		}
	}
	now = now.Add(6 * time.Minute)
	if code := status("/ptsWebSocket", shown); code != http.StatusUnauthorized {
		t.Errorf("after the nonce's life: %d", code)
	}
}
