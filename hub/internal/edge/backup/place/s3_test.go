package place_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/edge/backup/place/placetest"
)

// badly answers requests of one method badly, as often as is said, and hands
// the others on.
type badly struct {
	method string
	times  atomic.Int64
	answer http.HandlerFunc
	good   http.Handler
}

func (b *badly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == b.method && b.times.Add(-1) >= 0 {
		b.answer(w, r)
		return
	}
	b.good.ServeHTTP(w, r)
}

// storeThat is a store that answers badly, once it is told how often.
func storeThat(t *testing.T, method string, answer http.HandlerFunc) (*badly, place.S3Options) {
	t.Helper()
	b := &badly{method: method, answer: answer}
	o := memoryS3(t, func(good http.Handler) http.Handler {
		b.good = good
		return b
	})
	return b, o
}

// cutOff reads some of a request and ends the connection.
func cutOff(w http.ResponseWriter, r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, 100_000)
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// hung does nothing until the client gives up or the test ends: of a client
// that still sends nothing is known.
func hung(t *testing.T) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-t.Context().Done():
		}
	}
}

// fault answers with an error of the store.
func fault(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<Error><Code>"+code+"</Code><Message>as the test has it</Message></Error>")
	}
}

const always = 1 << 30

func TestAStoreThatFailsStoresNothing(t *testing.T) {
	content := noise(1 << 20)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"cut off":              {cutOff, ""},
		"broken":               {fault(http.StatusInternalServerError, "InternalError"), "as the test has it"},
		"full":                 {fault(http.StatusInsufficientStorage, "XMinioStorageFull"), "as the test has it"},
		"forbidden":            {fault(http.StatusForbidden, "AccessDenied"), "as the test has it"},
		"a success that lies":  {func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, "the store took it, and then"},
		"a gateway's own page": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) }, "502"},
	} {
		b, o := storeThat(t, http.MethodPut, c.answer)
		p := openS3(t, o)
		b.times.Store(1)
		err := p.Put(t.Context(), "x", bytes.NewReader(content), int64(len(content)))
		if err == nil || errors.Is(err, place.ErrExists) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", name, err)
		}
		if keys := keysIn(t, p, ""); len(keys) > 0 {
			t.Errorf("%s: left %q", name, keys)
		}
		put(t, p, "x", content)
	}
}

// TestAStoreThatKeepsLess stores the half and says that it is well.
func TestAStoreThatKeepsLess(t *testing.T) {
	b, o := storeThat(t, http.MethodHead, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		w.Header().Set("Last-Modified", now().Format(http.TimeFormat))
	})
	p := openS3(t, o)
	// The first question is whether the key is free, the second what it holds.
	asked := b.answer
	b.answer = func(w http.ResponseWriter, r *http.Request) {
		if b.times.Load() == 1 {
			fault(http.StatusNotFound, "NoSuchKey")(w, r)
			return
		}
		asked(w, r)
	}
	b.times.Store(2)
	err := p.Put(t.Context(), "x", bytes.NewReader(noise(1000)), 1000)
	if !errors.Is(err, place.ErrSize) || !strings.Contains(err.Error(), "holds 500") {
		t.Errorf("storing: %v", err)
	}
	if keys := keysIn(t, p, ""); len(keys) > 0 {
		t.Errorf("left %q", keys)
	}
}

func TestAStoreThatIsBusyIsAskedAgain(t *testing.T) {
	b, o := storeThat(t, http.MethodGet, fault(http.StatusServiceUnavailable, "SlowDown"))
	p := openS3(t, o)
	put(t, p, "x", noise(100))
	b.times.Store(2)
	if got := get(t, p, "x"); !bytes.Equal(got, noise(100)) {
		t.Errorf("read %d bytes", len(got))
	}
}

func TestAStoreThatHangsIsGivenUp(t *testing.T) {
	halfway := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Last-Modified", now().Format(http.TimeFormat))
		_, _ = w.Write(noise(500))
		_ = http.NewResponseController(w).Flush()
		hung(t)(w, r)
	}
	list := func(p place.Place) error {
		_, err := p.List(t.Context(), "")
		return err
	}
	store := func(p place.Place) error {
		return p.Put(t.Context(), "y", bytes.NewReader(noise(8<<20)), 8<<20)
	}
	for name, c := range map[string]struct {
		method string
		answer http.HandlerFunc
		call   func(p place.Place) error
	}{
		"storing":               {http.MethodPut, hung(t), store},
		"asking before storing": {http.MethodHead, hung(t), store},
		"reading":               {http.MethodGet, hung(t), func(p place.Place) error { return readAll(t, p, "x") }},
		"reading from halfway":  {http.MethodGet, halfway, func(p place.Place) error { return readAll(t, p, "x") }},
		"listing":               {http.MethodGet, hung(t), list},
		"listing from halfway":  {http.MethodGet, halfway, list},
		"removing":              {http.MethodDelete, hung(t), func(p place.Place) error { return p.Delete(t.Context(), "x") }},
	} {
		b, o := storeThat(t, c.method, c.answer)
		o.Stall = soon
		p := openS3(t, o)
		put(t, p, "x", noise(100))
		b.times.Store(always)
		began := time.Now()
		if err := c.call(p); !errors.Is(err, place.ErrStalled) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 10*soon {
			t.Errorf("%s took %v", name, took)
		}
		b.times.Store(0)
		if keys := keysIn(t, p, ""); !slices.Equal(keys, []string{"x"}) {
			t.Errorf("%s: left %q", name, keys)
		}
	}
}

// TestAnObjectThatEndsEarly is noticed, as an error and not as its end.
func TestAnObjectThatEndsEarly(t *testing.T) {
	b, o := storeThat(t, http.MethodGet, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Last-Modified", now().Format(http.TimeFormat))
		_, _ = w.Write(noise(500))
	})
	p := openS3(t, o)
	b.times.Store(1)
	if err := readAll(t, p, "x"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reading: %v", err)
	}
}

// TestAStoreWithoutConditions is asked without them from then on, and still
// overwrites nothing.
func TestAStoreWithoutConditions(t *testing.T) {
	b, o := storeThat(t, http.MethodPut, nil)
	b.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == "" {
			b.good.ServeHTTP(w, r)
			return
		}
		fault(http.StatusNotImplemented, "NotImplemented")(w, r)
	}
	b.times.Store(always)
	p := openS3(t, o)
	file := bytes.NewReader(noise(1000))
	_, _ = file.Seek(100, io.SeekStart) // read on from where it stands
	if err := p.Put(t.Context(), "x", file, 900); err != nil {
		t.Fatal(err)
	}
	if got := get(t, p, "x"); !bytes.Equal(got, noise(1000)[100:]) {
		t.Errorf("there are %d bytes", len(got))
	}
	if err := p.Put(t.Context(), "x", strings.NewReader("y"), 1); !errors.Is(err, place.ErrExists) {
		t.Errorf("storing again: %v", err)
	}
	other := openS3(t, o)
	if err := other.Put(t.Context(), "y", onlyReader{strings.NewReader("y")}, 1); err == nil || errors.Is(err, place.ErrExists) {
		t.Errorf("what can be read once: %v", err)
	}
	if err := other.Put(t.Context(), "y", onlyReader{strings.NewReader("y")}, 1); err != nil {
		t.Errorf("the next time: %v", err)
	}
}

func TestAMissingBucketIsNotAnEmptyOne(t *testing.T) {
	o := memoryS3(t, nil)
	o.Bucket = "another-bucket"
	p := openS3(t, o)
	_, listing := p.List(t.Context(), "")
	_, getting := p.Get(t.Context(), "x")
	for what, err := range map[string]error{
		"listing": listing, "getting": getting, "storing": p.Put(t.Context(), "x", strings.NewReader("x"), 1),
	} {
		if err == nil || errors.Is(err, place.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWrongKeysOfABucket(t *testing.T) {
	o := placetest.S3(t)
	o.SecretKey = "hush-hush"
	p := openS3(t, o)
	if _, err := p.List(t.Context(), ""); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("listing: %v", err)
	}
}

func TestABucketNeedsAllOfThis(t *testing.T) {
	for name, spoil := range map[string]func(*place.S3Options){
		"endpoint":     func(o *place.S3Options) { o.Endpoint = "" },
		"bucket":       func(o *place.S3Options) { o.Bucket = "" },
		"access":       func(o *place.S3Options) { o.AccessKey = "" },
		"secret":       func(o *place.S3Options) { o.SecretKey = "" },
		"plain prefix": func(o *place.S3Options) { o.Prefix = "../other" },
		"lock":         func(o *place.S3Options) { o.LockDays = -1 },
		"century":      func(o *place.S3Options) { o.LockDays = 36501 },
	} {
		o := place.S3Options{Endpoint: "localhost:9000", Bucket: "forecourt", AccessKey: "a", SecretKey: "b"}
		spoil(&o)
		if _, err := place.OpenS3(o, now); err == nil {
			t.Errorf("without its %s: no error", name)
		}
	}
}

// TestS081WhatIsLockedCannotBeChangedHiddenOrRemoved shows that whoever has the keys of a bucket
// that locks can neither change nor hide nor remove what lies there.
func TestS081WhatIsLockedCannotBeChangedHiddenOrRemoved(t *testing.T) {
	o := placetest.LockedS3(t)
	p := openLocked(t, o)
	put(t, p, "sets/A/x", []byte("the first"))
	put(t, p, "sets/A/x2", []byte("another"))
	thief := placetest.Client(t, o)
	for _, content := range []string{"worthless", ""} {
		_, err := thief.PutObject(t.Context(), o.Bucket, "sets/A/x", strings.NewReader(content), int64(len(content)), minio.PutObjectOptions{DisableContentSha256: true})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := thief.RemoveObject(t.Context(), o.Bucket, "sets/A/x", minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := thief.StatObject(t.Context(), o.Bucket, "sets/A/x", minio.StatObjectOptions{}); err == nil {
		t.Fatal("the thief hid nothing")
	}
	if got := get(t, p, "sets/A/x"); string(got) != "the first" {
		t.Errorf("there is %q", got)
	}
	found, err := p.List(t.Context(), "sets/")
	if err != nil || len(found) != 2 || found[0].Size != int64(len("the first")) {
		t.Errorf("listed are %+v, %v", found, err)
	}
	if err := p.Put(t.Context(), "sets/A/x", strings.NewReader("y"), 1); !errors.Is(err, place.ErrExists) {
		t.Errorf("storing: %v", err)
	}
	if err := p.Delete(t.Context(), "sets/A/x"); !errors.Is(err, place.ErrLocked) {
		t.Errorf("removing: %v", err)
	}
	if got := get(t, p, "sets/A/x"); string(got) != "the first" {
		t.Errorf("there is %q", got)
	}
}

// TestALockEnds with its time: everything under the key goes then.
func TestALockEnds(t *testing.T) {
	o := placetest.LockedS3(t)
	ends := time.Now().Add(2 * time.Second)
	p, err := place.OpenS3(o, func() time.Time { return ends.AddDate(0, 0, -1) })
	if err != nil {
		t.Fatal(err)
	}
	closing(t, p)
	put(t, p, "x", []byte("the first"))
	thief := placetest.Client(t, o)
	if _, err := thief.PutObject(t.Context(), o.Bucket, "x", strings.NewReader("y"), 1, minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	for err := place.ErrLocked; errors.Is(err, place.ErrLocked); {
		if time.Since(ends) > 10*time.Second {
			t.Fatal("it never ends")
		}
		if err = p.Delete(t.Context(), "x"); err != nil && !errors.Is(err, place.ErrLocked) {
			t.Fatal(err)
		}
	}
	for version := range thief.ListObjects(t.Context(), o.Bucket, minio.ListObjectsOptions{WithVersions: true, Recursive: true}) {
		t.Errorf("left %+v", version)
	}
}

func TestABucketThatDoesNotLockIsRefused(t *testing.T) {
	o := placetest.S3(t)
	o.LockDays = 1
	err := openLocked(t, o).Put(t.Context(), "x", strings.NewReader("x"), 1)
	if err == nil || !strings.Contains(err.Error(), "lock") {
		t.Errorf("storing: %v", err)
	}
	o.LockDays = 0
	if keys := keysIn(t, openS3(t, o), ""); len(keys) > 0 {
		t.Errorf("left %q", keys)
	}
}
