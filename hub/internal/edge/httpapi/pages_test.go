package httpapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"forecourt/shared/wire"
)

// newPages is a site that serves a directory of browser pages.
func newPages(t testing.TB) (*site, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "h5")
	for name, content := range map[string]string{
		"index.html": "<!doctype html><title>加油</title>", "assets/index-DiwrgT4a.js": "let a", "assets/index-app-base.js": "let b",
		"assets/uni.1ca002b0.css": "a{}", "static/logo.png": "\x89PNG", "static/name.webp": "RIFF", "static/f.ttf": "font",
		"static/x.wasm": "\x00asm", "manifest.json": "{}", "static/note.docx": "no page", ".env": "KEY=1", ".git/config": "[core]",
		"static/.hidden.js": "no", "index.html.map": "{}",
	} {
		put(t, dir, name, content)
	}
	put(t, dir, "../outside.js", "not ours")
	if err := os.Symlink("../outside.js", filepath.Join(dir, "link.js")); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	deps := s.inside.deps
	deps.Pages = dir
	s.metrics = prometheus.NewRegistry()
	deps.Metrics = s.metrics
	s.rebuild(deps)
	return s, dir
}

func put(t testing.TB, dir, name, content string) {
	t.Helper()
	at := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(t testing.TB, r *http.Response) string {
	t.Helper()
	content, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestThePagesAreServedAsWhatTheyAre(t *testing.T) {
	s, _ := newPages(t)
	const ask, ever = "no-cache", "public, max-age=31536000, immutable"
	for path, want := range map[string][3]string{
		"/m/":                           {"<!doctype html><title>加油</title>", "text/html; charset=utf-8", ask},
		"/m/index.html":                 {"<!doctype html><title>加油</title>", "text/html; charset=utf-8", ask},
		"/m/assets/index-DiwrgT4a.js":   {"let a", "text/javascript; charset=utf-8", ever},
		"/m/assets/index-app-base.js":   {"let b", "text/javascript; charset=utf-8", ask},
		"/m/assets/uni.1ca002b0.css":    {"a{}", "text/css; charset=utf-8", ever},
		"/m/static/logo.png":            {"\x89PNG", "image/png", ask},
		"/m/static/name.webp":           {"RIFF", "image/webp", ask},
		"/m/static/f.ttf":               {"font", "font/ttf", ask},
		"/m/static/x.wasm":              {"\x00asm", "application/wasm", ask},
		"/m/manifest.json":              {"{}", "application/json", ask},
		"/m/?station=1&code=secret-one": {"<!doctype html><title>加油</title>", "text/html; charset=utf-8", ask},
	} {
		got := s.call("", "GET", path, "")
		h := got.Header
		if text(t, got) != want[0] || h.Get("Content-Type") != want[1] || h.Get("Cache-Control") != want[2] || got.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %v", path, got.StatusCode, h)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("ETag") == "" ||
			h.Get("Permissions-Policy") != "geolocation=(self), microphone=(self), camera=(self)" {
			t.Errorf("%s: %v", path, h)
		}
		if head := s.call("", "HEAD", path, ""); head.StatusCode != http.StatusOK || text(t, head) != "" {
			t.Errorf("HEAD %s: %d", path, head.StatusCode)
		}
	}
	if strings.Contains(s.log.String(), "secret-one") {
		t.Error("the log holds what an address asked for")
	}
}

func TestNothingElseIsServed(t *testing.T) {
	s, _ := newPages(t)
	for _, path := range []string{
		"/m/assets/", "/m/assets", "/m/static/", "/m/.env", "/m/.git/config", "/m/static/.hidden.js", "/m/static/note.docx",
		"/m/link.js", "/m/..%2foutside.js", "/m/%2e%2e/outside.js", "/m/static/..%2f..%2foutside.js", "/m/index.html.map",
		"/m/none.js", "/m//index.html", "/m/index.html/", "/m/index.html%00.js", "/m/" + strings.Repeat("a", 5000) + ".js",
	} {
		got := s.call("", "GET", path, "")
		if content := text(t, got); got.StatusCode == http.StatusOK || strings.Contains(content, "not ours") || strings.Contains(content, "href") && got.StatusCode != http.StatusMovedPermanently && got.StatusCode != http.StatusTemporaryRedirect {
			t.Errorf("%s: %d %s", path, got.StatusCode, content)
		}
	}
	if got := s.call("", "POST", "/m/", ""); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", got.StatusCode)
	}
}

func TestTheWayToThePages(t *testing.T) {
	s, dir := newPages(t)
	if got := s.call("", "GET", "/", ""); got.StatusCode != http.StatusFound || got.Header.Get("Location") != "/m/" {
		t.Errorf("/: %d to %s", got.StatusCode, got.Header.Get("Location"))
	}
	if got := s.call("", "GET", "/m", ""); got.StatusCode/100 != 3 || got.Header.Get("Location") != "/m/" {
		t.Errorf("/m: %d to %s", got.StatusCode, got.Header.Get("Location"))
	}
	if got := s.call("", "GET", "/favicon.ico", ""); got.StatusCode != http.StatusNoContent {
		t.Errorf("the icon: %d", got.StatusCode)
	}
	if p := problem(t, s.call("", "GET", "/elsewhere", "")); p.Type != wire.ProblemNotFound {
		t.Errorf("elsewhere: %v", p)
	}
	// A new build takes the old one's place, also while there is none.
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	if p := problem(t, s.call("", "GET", "/m/", "")); p.Type != wire.ProblemNotFound {
		t.Errorf("without a directory: %v", p)
	}
	put(t, dir, "index.html", "the next")
	if got := text(t, s.call("", "GET", "/m/", "")); got != "the next" {
		t.Errorf("the new build: %s", got)
	}
	none := newSite(t)
	for _, path := range []string{"/", "/m/", "/favicon.ico"} {
		if p := problem(t, none.call("", "GET", path, "")); p.Type != wire.ProblemNotFound {
			t.Errorf("without pages %s: %v", path, p)
		}
	}
}

func TestAPageThatIsTheSameIsNotSentAgain(t *testing.T) {
	s, dir := newPages(t)
	tag := s.call("", "GET", "/m/", "").Header.Get("ETag")
	knows := func(r *http.Request) { r.Header.Set("If-None-Match", tag) }
	if got := s.call("", "GET", "/m/", "", knows); got.StatusCode != http.StatusNotModified {
		t.Errorf("the same: %d", got.StatusCode)
	}
	info, err := os.Stat(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "index.html", "<!doctype html><title>加气</title>")
	if err := os.Chtimes(filepath.Join(dir, "index.html"), info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got := s.call("", "GET", "/m/", "", knows); got.StatusCode != http.StatusOK {
		t.Errorf("changed, with the old one's time and size: %d", got.StatusCode)
	}
}

func TestTheCompressedCopyIsServedToWhoTakesIt(t *testing.T) {
	s, dir := newPages(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte("let a"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	const path = "/m/assets/index-DiwrgT4a.js"
	put(t, dir, "assets/index-DiwrgT4a.js.gz", packed.String())
	take := func(accept, part string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Accept-Encoding", accept)
			if part != "" {
				r.Header.Set("Range", part)
			}
		}
	}
	got := s.call("", "GET", path, "", take("br, gzip", ""))
	zipped := got.Header
	if zipped.Get("Content-Encoding") != "gzip" || zipped.Get("Content-Type") != "text/javascript; charset=utf-8" ||
		zipped.Get("Vary") != "Accept-Encoding" || text(t, got) != packed.String() {
		t.Errorf("compressed: %v", zipped)
	}
	for _, accept := range []string{"", "br", "gzip;q=0"} {
		got := s.call("", "GET", path, "", take(accept, ""))
		if got.Header.Get("Content-Encoding") != "" || text(t, got) != "let a" || got.Header.Get("ETag") == zipped.Get("ETag") {
			t.Errorf("to %q: %v", accept, got.Header)
		}
	}
	got = s.call("", "GET", path, "", take("gzip", "bytes=1-2"))
	if got.StatusCode != http.StatusPartialContent || text(t, got) != "et" || got.Header.Get("Content-Encoding") != "" {
		t.Errorf("a part: %d %v", got.StatusCode, got.Header)
	}
	if p := problem(t, s.call("", "GET", path+".gz", "")); p.Type != wire.ProblemNotFound {
		t.Errorf("the copy by its own name: %v", p)
	}
}

// TestThePagesReachNothingButThisHub: no script, picture or question goes
// elsewhere, and nobody else's page holds them.
func TestThePagesReachNothingButThisHub(t *testing.T) {
	s, _ := newPages(t)
	policy := func(host string) string {
		return s.call("", "GET", "/m/", "", func(r *http.Request) { r.Host = host }).Header.Get("Content-Security-Policy")
	}
	const want = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
		"media-src 'self' blob:; font-src 'self' data:; connect-src 'self' blob: ws://station.example:8443 wss://station.example:8443; " +
		"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	if got := policy("station.example:8443"); got != want {
		t.Errorf("the policy is %s", got)
	}
	for _, host := range []string{"127.0.0.1:8480", "[::1]:8480"} {
		if got := policy(host); !strings.Contains(got, "connect-src 'self' blob: ws://"+host+" wss://"+host+";") {
			t.Errorf("at %s the policy is %s", host, got)
		}
	}
	for _, host := range []string{"x; script-src *", "a,b", "x *", "", "a'b"} {
		if got := policy(host); !strings.Contains(got, "connect-src 'self' blob:;") {
			t.Errorf("at %q the policy is %s", host, got)
		}
	}
	if got := s.call("", "GET", "/healthz", "").Header.Get("Content-Security-Policy"); got != "default-src 'none'; frame-ancestors 'none'" {
		t.Errorf("elsewhere the policy is %s", got)
	}
}
