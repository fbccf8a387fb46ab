package place_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"go.uber.org/goleak"

	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/edge/backup/place/placetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is a fixed moment for those who are told the time.
func now() time.Time { return time.Date(2026, 11, 23, 3, 30, 0, 0, time.UTC) }

// kind is one way to keep backups, empty at first.
type kind struct {
	open func(t *testing.T) place.Place
	// locks says that nothing can be removed.
	locks bool
	// free says that it knows what is free.
	free bool
}

// kinds are all of them; every case below runs on each.
func kinds() map[string]kind {
	return map[string]kind{
		"dir":          {free: true, open: func(t *testing.T) place.Place { return openDir(t, t.TempDir()+"/backups") }},
		"s3 in memory": {open: func(t *testing.T) place.Place { return openS3(t, memoryS3(t, nil)) }},
		"s3": {open: func(t *testing.T) place.Place {
			o := placetest.S3(t)
			o.Prefix = "forecourt/station-1"
			return openS3(t, o)
		}},
		"s3 that locks": {locks: true, open: func(t *testing.T) place.Place { return openLocked(t, placetest.LockedS3(t)) }},
		"sftp":          {free: true, open: func(t *testing.T) place.Place { return openSFTP(t, placetest.SFTP(t)) }},
		"sftp with syncing": {free: true, open: func(t *testing.T) place.Place {
			return openSFTP(t, placetest.SFTPThrough(t, between(&script{offer: []string{syncs}})))
		}},
		"sftp without extensions": {open: func(t *testing.T) place.Place {
			return openSFTP(t, placetest.SFTPThrough(t, between(&script{withhold: true})))
		}},
	}
}

func closing(t *testing.T, p place.Place) {
	t.Helper()
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

func openDir(t *testing.T, dir string) *place.Dir {
	t.Helper()
	p, err := place.OpenDir(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, p)
	return p
}

func openS3(t *testing.T, o place.S3Options) *place.S3 {
	t.Helper()
	p, err := place.OpenS3(o, now)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, p)
	return p
}

// openLocked is told the true time: the store knows it too.
func openLocked(t *testing.T, o place.S3Options) *place.S3 {
	t.Helper()
	p, err := place.OpenS3(o, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, p)
	return p
}

func openSFTP(t *testing.T, o place.SFTPOptions) *place.SFTP {
	t.Helper()
	p, err := place.OpenSFTP(o)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, p)
	return p
}

// memoryS3 is an S3 store in this process, which sees its requests through what
// between makes of them.
func memoryS3(t *testing.T, between func(http.Handler) http.Handler) place.S3Options {
	t.Helper()
	const bucket = "forecourt-test"
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	var handler http.Handler = gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	if between != nil {
		handler = between(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return place.S3Options{
		Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: bucket,
		AccessKey: "access", SecretKey: "hush-hush", Region: "us-east-1", PathStyle: true, Insecure: true,
	}
}

func put(t *testing.T, p place.Place, key string, content []byte) {
	t.Helper()
	if err := p.Put(t.Context(), key, bytes.NewReader(content), int64(len(content))); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, p place.Place, key string) []byte {
	t.Helper()
	object, err := p.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(object)
	if err := errors.Join(err, object.Close()); err != nil {
		t.Fatal(err)
	}
	return content
}

// keysIn lists the keys that begin with prefix.
func keysIn(t *testing.T, p place.Place, prefix string) []string {
	t.Helper()
	found, err := p.List(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, o := range found {
		keys = append(keys, o.Key)
	}
	return keys
}

// noise is n bytes that do not repeat.
func noise(n int) []byte {
	content, sum := make([]byte, 0, n+sha256.Size), sha256.Sum256(nil)
	for len(content) < n {
		sum = sha256.Sum256(sum[:])
		content = append(content, sum[:]...)
	}
	return content[:n]
}
