package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"forecourt/shared/wire"
)

// Where the browser pages are, and how long a slow phone may take for one file
// of them.
const (
	sitePath     = "/m/"
	sitePatience = 2 * time.Minute
	siteIndex    = "index.html"
)

// How long a browser keeps a file without asking. A file with a hash of its
// content in its name is another file once it changes; all others are asked for
// every time, and answered in a line when they are the same.
const (
	siteForEver = "public, max-age=31536000, immutable"
	siteAsk     = "no-cache"
)

// hashed is the name of a file that the build named after its content:
// assets/index-DiwrgT4a.js. Eight small letters would be a word.
var hashed = regexp.MustCompile(`^assets/(?:.*[-.])?([A-Za-z0-9_-]{8})\.[a-z0-9]+$`)

// pages registers the browser pages of the mini-program, if there are any.
func (a *api) pages() {
	if a.deps.Pages == "" {
		return
	}
	a.mux.HandleFunc("GET "+sitePath, a.page)
	a.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", siteAsk)
		http.Redirect(w, r, sitePath, http.StatusFound)
	})
	// A browser asks for it by itself; without an answer it shows an error.
	a.mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=86400")
		w.WriteHeader(http.StatusNoContent)
	})
}

// page serves a file of the pages. The directory is opened for every request:
// a new build may have taken its place, and nothing outside it is reached.
func (a *api) page(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, sitePath)
	if name == "" {
		name = siteIndex
	}
	root, err := os.OpenRoot(a.deps.Pages)
	if err != nil {
		writeProblem(w, r, wire.NewProblem(wire.ProblemNotFound, "the pages are away"), err)
		a.deps.Log.Error("the browser pages cannot be opened", "error", err)
		return
	}
	defer func() { _ = root.Close() }() // nothing was written
	kind, known := siteKinds[path.Ext(name)]
	if !known || hidden(name) {
		writeProblem(w, r, wire.NewProblem(wire.ProblemNotFound, "no such page"), nil)
		return
	}
	f, encoded, err := pick(root.FS(), name, r.Header)
	if err != nil {
		writeProblem(w, r, wire.NewProblem(wire.ProblemNotFound, "no such page"), err)
		return
	}
	defer func() { _ = f.Close() }() // nothing was written
	extend(w, a.deps.Now(), sitePatience)
	siteHeader(w.Header(), r, name, kind)
	if encoded {
		w.Header().Set("Content-Encoding", "gzip")
	}
	if err := tag(w.Header(), f); err != nil {
		writeProblem(w, r, wire.NewProblem(wire.ProblemInternal, ""), err)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, f)
}

// siteKinds is what the pages are made of. Whatever else lies in the directory
// is not served.
var siteKinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".mjs":  "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".json": "application/json",
	".txt":  "text/plain; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".gif":  "image/gif",
	".webp": "image/webp",
	".ico":  "image/x-icon",
	".ttf":  "font/ttf",
	".woff": "font/woff", ".woff2": "font/woff2",
	".mp3":  "audio/mpeg",
	".wav":  "audio/wav",
	".wasm": "application/wasm",
}

// hidden says whether a name is of a file that is not meant to be seen.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.Contains(name, "/.")
}

// file is what is served.
type file interface {
	fs.File
	io.Seeker
}

// pick opens a file, or the compressed copy beside it if the browser takes one
// and wants the whole.
func pick(pages fs.FS, name string, h http.Header) (f file, encoded bool, err error) {
	if h.Get("Range") == "" && takesGzip(h.Get("Accept-Encoding")) {
		if f, err = open(pages, name+".gz"); err == nil {
			return f, true, nil
		}
	}
	f, err = open(pages, name)
	return f, false, err
}

// errNoFile says that something is there, but nothing to be served.
var errNoFile = errors.New("not a file")

func open(pages fs.FS, name string) (file, error) {
	f, err := pages.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening a page: %w", err)
	}
	info, err := f.Stat()
	served, ok := f.(file)
	if err != nil || !ok || !info.Mode().IsRegular() {
		_ = f.Close() // it is not used
		return nil, errNoFile
	}
	return served, nil
}

// takesGzip reports whether a browser takes what is compressed. One that says
// how much it likes it (q=) is no browser, and gets the plain file.
func takesGzip(accept string) bool {
	for word := range strings.SplitSeq(accept, ",") {
		if strings.EqualFold(strings.TrimSpace(word), "gzip") {
			return true
		}
	}
	return false
}

// tag names the content, so that a browser that has it is told in a line. The
// time of a file says less: a package gives every version of it the same.
func tag(h http.Header, f file) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("reading a page: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading a page: %w", err)
	}
	const enough = 16
	h.Set("ETag", `"`+hex.EncodeToString(sum.Sum(nil)[:enough])+`"`)
	return nil
}

// caching is how long a browser keeps a file.
func caching(name string) string {
	m := hashed.FindStringSubmatch(name)
	if m == nil || !strings.ContainsAny(m[1], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return siteAsk
	}
	return siteForEver
}

// siteHeader is what a page may do in a browser.
func siteHeader(h http.Header, r *http.Request, name, kind string) {
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", caching(name))
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Security-Policy", sitePolicy(r.Host))
	h.Set("Permissions-Policy", "geolocation=(self), microphone=(self), camera=(self)")
}

// hosts is what a host's name and port look like, so that nothing else a client
// may write there gets into the policy.
var hosts = regexp.MustCompile(`^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$`)

// sitePolicy lets the pages load, show and ask nothing but what is this hub's.
func sitePolicy(host string) string {
	// What the page itself holds as a blob (a recording) the framework asks for by
	// its address before it is uploaded; nothing leaves the page by that.
	connect := "'self' blob:"
	if hosts.MatchString(host) {
		// To browsers from before 2022 a socket is another place, and 'self' does
		// not mean it.
		connect += " ws://" + host + " wss://" + host
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		// The framework sizes and places what it draws by style attributes.
		"style-src 'self' 'unsafe-inline'",
		"img-src 'self' data: blob:",
		"media-src 'self' blob:",
		// The icons' font is part of the style sheet.
		"font-src 'self' data:",
		"connect-src " + connect,
		"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
	}, "; ")
}
