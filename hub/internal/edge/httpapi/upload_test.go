package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"forecourt/shared/wire"
)

// errAway is what a database that is away looks like.
var errAway = io.ErrUnexpectedEOF

const uploadPath = "/v1/driver/threads/" + aThread + "/media"

// form is one part of a form, and its end.
func form(name, file, content string) string {
	disposition := `form-data; name="` + name + `"`
	if file != "" {
		disposition += `; filename="` + file + `"`
	}
	return "--b\r\nContent-Disposition: " + disposition + "\r\n\r\n" + content + "\r\n--b--\r\n"
}

func TestS055UploadsAreBoundedByContent(t *testing.T) {
	part := func(name string) string { return strings.TrimSuffix(form(name, "f", "x"), "--b--\r\n") }
	for name, test := range map[string]struct {
		kind, body string
		want       wire.ProblemType
	}{
		"the largest":           {formType, form("file", "f", strings.Repeat("x", wire.MaxPictureBytes)), ""},
		"without a file's name": {formType, form("file", "", "x"), ""},
		"a byte more":           {formType, form("file", "f", strings.Repeat("x", wire.MaxPictureBytes+1)), wire.ProblemMediaLimit},
		"far more":              {formType, form("file", "f", strings.Repeat("x", wire.MaxPictureBytes+1<<20)), wire.ProblemMediaLimit},
		"a long header":         {formType, "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + strings.Repeat("n", wire.MaxPictureBytes+formBytes) + "\"\r\n\r\nx\r\n--b--\r\n", wire.ProblemMediaLimit},
		"two files":             {formType, part("file") + form("file", "f", "x"), wire.ProblemUnknownField},
		"another field":         {formType, form("picture", "f", "x"), wire.ProblemUnknownField},
		"a field beside":        {formType, part("file") + form("note", "", "x"), wire.ProblemUnknownField},
		"nothing":               {formType, "", wire.ProblemBadRequest},
		"no part":               {formType, "--b--\r\n", wire.ProblemBadRequest},
		"no end":                {formType, part("file")[:60], wire.ProblemBadRequest},
		"another boundary":      {"multipart/form-data; boundary=c", aForm, wire.ProblemBadRequest},
		"no boundary":           {"multipart/form-data", aForm, wire.ProblemBadRequest},
		"JSON":                  {"application/json", `{"file":"x"}`, wire.ProblemBadRequest},
		"a picture by itself":   {"image/jpeg", "\xff\xd8", wire.ProblemBadRequest},
		"no kind":               {"", aForm, wire.ProblemBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			for _, announced := range []bool{true, false} {
				s := newSite(t)
				got := s.call("driver", "POST", uploadPath, test.body, func(r *http.Request) {
					r.Header.Set("Content-Type", test.kind)
					if !announced {
						r.ContentLength = -1
					}
				})
				if test.want == "" {
					if got.StatusCode != http.StatusOK || len(s.desk.calls) != 1 {
						t.Errorf("%d, heard %q", got.StatusCode, s.desk.calls)
					}
					continue
				}
				if p := problem(t, got); p.Type != test.want || len(s.desk.calls) != 0 {
					t.Errorf("announced %v: %v, heard %q", announced, p, s.desk.calls)
				}
			}
		})
	}
}

// TestAnUploadThatIsRefusedIsNotRead tells whether a stranger can make the hub
// read a picture.
func TestAnUploadThatIsRefusedIsNotRead(t *testing.T) {
	for _, as := range []string{"", "cashier", "head", "driver at a till"} {
		s := newSite(t)
		body := &watchedBody{Reader: strings.NewReader(aForm)}
		got := s.call(as, "POST", uploadPath, "", route{kind: formType}.as, func(r *http.Request) { r.Body = body })
		if problem(t, got); body.reads != 0 {
			t.Errorf("as %q: read %d times", as, body.reads)
		}
	}
}

type watchedBody struct {
	io.Reader
	reads int
}

func (b *watchedBody) Read(p []byte) (int, error) { b.reads++; return b.Reader.Read(p) }
func (b *watchedBody) Close() error               { return nil }

// TestUploadsAtOnceAreBounded holds uploads open, by one person and by many.
func TestUploadsAtOnceAreBounded(t *testing.T) {
	s := newSite(t)
	release := make(chan struct{})
	answers := make(chan *http.Response, maxUploads)
	hold := func(as string) {
		begun := make(chan struct{})
		go func() {
			r := httptest.NewRequest("POST", uploadPath, io.MultiReader(signal{begun}, held{release}, strings.NewReader(aForm)))
			r.Header.Set("Content-Type", formType)
			r.Header.Set("Authorization", "Bearer "+as)
			w := httptest.NewRecorder()
			s.api.ServeHTTP(w, r)
			answers <- w.Result()
		}()
		<-begun
	}
	try := func(as string) *http.Response {
		return s.call("driver", "POST", uploadPath, aForm, route{kind: formType}.as,
			func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+as) })
	}
	for range maxUploadsEach {
		hold(driverToken)
	}
	got := try(driverToken)
	if p := problem(t, got); p.Type != wire.ProblemTooMany || !p.Retry || got.Header.Get("Retry-After") == "" {
		t.Errorf("one too many of one person: %v", p)
	}
	if got := try(driverToken + "-"); got.StatusCode != http.StatusOK {
		t.Errorf("another person: %d", got.StatusCode)
	}
	for i := maxUploadsEach; i < maxUploads; i++ {
		hold(driverToken + strings.Repeat("-", i))
	}
	if p := problem(t, try(driverToken+strings.Repeat("-", 50))); p.Type != wire.ProblemTooMany {
		t.Errorf("one too many in all: %v", p)
	}
	close(release)
	for range maxUploads {
		if got := <-answers; got.StatusCode != http.StatusOK {
			t.Errorf("a held one ended with %d", got.StatusCode)
		}
	}
	if got := try(driverToken); got.StatusCode != http.StatusOK || s.inside.uploads.total != 0 || len(s.inside.uploads.each) != 0 {
		t.Errorf("afterwards: %d, %+v", got.StatusCode, s.inside.uploads)
	}
}

// signal tells that reading has begun; held waits.
type (
	signal struct{ begun chan struct{} }
	held   struct{ release chan struct{} }
)

func (s signal) Read([]byte) (int, error) { close(s.begun); return 0, io.EOF }
func (h held) Read([]byte) (int, error)   { <-h.release; return 0, io.EOF }

// TestASlowUploadHasItsOwnTime sends through a real server whose general limit
// is short: an upload outlives that, and ends at its own.
func TestASlowUploadHasItsOwnTime(t *testing.T) {
	s := newSite(t)
	general := 200 * time.Millisecond
	s.inside.uploads.now = time.Now
	s.inside.uploads.patience = time.Hour
	server := httptest.NewUnstartedServer(s.api)
	server.Config.ReadTimeout, server.Config.WriteTimeout = general, general
	server.Start()
	defer server.Close()
	send := func(body io.Reader) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+uploadPath, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", formType)
		r.Header.Set("Authorization", "Bearer "+driverToken)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = got.Body.Close() })
		return got
	}
	half := len(aForm) / 2
	if got := send(io.MultiReader(strings.NewReader(aForm[:half]), after{time.After(3 * general)}, strings.NewReader(aForm[half:]))); got.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(got.Body)
		t.Errorf("a slow one: %d %s", got.StatusCode, text)
	}
	s.inside.uploads.patience = general
	never := make(chan time.Time)
	defer close(never)
	got := send(io.MultiReader(strings.NewReader(aForm[:half]), after{never}))
	if p := problem(t, got); p.Type != wire.ProblemTooMany {
		t.Errorf("one that never ends: %v", p)
	}
}

// after is nothing, for a while.
type after struct{ done <-chan time.Time }

func (a after) Read([]byte) (int, error) { <-a.done; return 0, io.EOF }

func TestS055LinksServeContentAndNothingElse(t *testing.T) {
	s := newSite(t)
	get := func(path string, change ...func(*http.Request)) (*http.Response, string) {
		t.Helper()
		got := s.call("", "GET", path, "", change...)
		text, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		return got, string(text)
	}
	link := "?until=9&sig=" + signature
	for path, want := range map[string]string{
		"/v1/media/" + aMedia: "image/png picture.png", "/v1/media/" + aMedia + "/thumb": "image/jpeg picture.jpg",
		"/v1/media/" + aVoice: "audio/mpeg voice.mp3",
	} {
		got, text := get(path + link)
		kind, name, _ := strings.Cut(want, " ")
		h := got.Header
		if got.StatusCode != http.StatusOK || text != "0123456789" || h.Get("Content-Type") != kind || h.Get("Content-Length") != "10" ||
			h.Get("Content-Disposition") != `inline; filename="`+name+`"` || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Cache-Control") != "private, max-age=300" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
			t.Errorf("%s: %d %q %v", path, got.StatusCode, text, h)
		}
	}
	got, text := get("/v1/media/"+aVoice+link, func(r *http.Request) { r.Header.Set("Range", "bytes=3-6") })
	if got.StatusCode != http.StatusPartialContent || text != "3456" || got.Header.Get("Content-Range") != "bytes 3-6/10" {
		t.Errorf("a range: %d %q %v", got.StatusCode, text, got.Header)
	}
	s.desk.calls = nil
	for _, bad := range []string{
		"", "?until=9", "?sig=" + signature, "?until=8&sig=" + signature, "?until=9&sig=other", "?until=9&sig=" + strings.Repeat("a", 1000),
		link + "&more=1",
	} {
		got, text := get("/v1/media/" + aMedia + bad)
		if got.StatusCode == http.StatusOK || len(s.desk.calls) != 0 {
			t.Errorf("%q: %d %q, heard %q", bad, got.StatusCode, text, s.desk.calls)
		}
		if got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%q: a refusal is kept: %v", bad, got.Header)
		}
	}
	if p := problem(t, s.call("", "GET", "/v1/media/"+aMedia+"?until=8&sig="+signature, "")); p.Type != wire.ProblemMediaGone {
		t.Errorf("an expired link: %v", p)
	}
	s.desk.fail = wire.NewProblem(wire.ProblemMediaGone, "")
	if p := problem(t, s.call("", "GET", "/v1/media/"+aMedia+link, "")); p.Type != wire.ProblemMediaGone {
		t.Errorf("a picture that is gone: %v", p)
	}
}

func TestFetchesAtOnceAreBounded(t *testing.T) {
	s := newSite(t)
	for range maxServings {
		s.inside.servings <- struct{}{}
	}
	path := "/v1/media/" + aMedia + "?until=9&sig=" + signature
	got := s.call("", "GET", path, "")
	if p := problem(t, got); p.Type != wire.ProblemTooMany || got.Header.Get("Retry-After") == "" {
		t.Errorf("%v", p)
	}
	<-s.inside.servings
	for range 3 {
		if got := s.call("", "GET", path, ""); got.StatusCode != http.StatusOK {
			t.Errorf("with one place: %d", got.StatusCode)
		}
	}
}

// FuzzUploads feeds forms: whatever comes, the answer is a file's or a
// problem, and the place is given back.
func FuzzUploads(f *testing.F) {
	f.Add(formType, []byte(aForm))
	f.Add(formType, []byte(form("file", "", "")))
	f.Add("multipart/form-data; boundary=", []byte("--\r\n\r\n----"))
	f.Add("multipart/mixed; boundary=b", bytes.Repeat([]byte("--b\r\n\r\n"), 100))
	s := newSite(f)
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		s.desk.calls = nil
		s.log.Reset()
		got := s.call("driver", "POST", uploadPath, string(body), func(r *http.Request) { r.Header["Content-Type"] = []string{kind} })
		if got.StatusCode >= 500 || s.inside.uploads.total != 0 {
			t.Errorf("%q %q: %d, %d under way", kind, body, got.StatusCode, s.inside.uploads.total)
		}
		if got.StatusCode != http.StatusOK {
			problem(t, got)
		}
		if want := (got.StatusCode == http.StatusOK); want != (len(s.desk.calls) == 1) {
			t.Errorf("%d, heard %q", got.StatusCode, s.desk.calls)
		}
	})
}
