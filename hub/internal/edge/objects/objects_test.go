package objects_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"go.uber.org/goleak"

	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/edge/objects"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is one way to keep objects, empty.
type place func(t *testing.T) media.Objects

// places are all of them; every test below runs on each.
func places() map[string]place {
	return map[string]place{
		"dir": func(t *testing.T) media.Objects { return newDir(t, t.TempDir()+"/objects") },
		"s3":  func(t *testing.T) media.Objects { return newS3(t, "") },
		"s3 with a prefix": func(t *testing.T) media.Objects {
			return newS3(t, "station-1/")
		},
	}
}

func newDir(t *testing.T, dir string) *objects.Dir {
	t.Helper()
	d, err := objects.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

const bucket = "forecourt-test"

func newS3(t *testing.T, prefix string) *objects.S3 {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	s, err := objects.OpenS3(objects.S3Options{
		Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: bucket, Prefix: prefix,
		AccessKey: "access", SecretKey: "secret", Region: "us-east-1", PathStyle: true, Plain: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// everywhere runs a test on every way to keep objects.
func everywhere(t *testing.T, test func(t *testing.T, p media.Objects)) {
	for name, make := range places() {
		t.Run(name, func(t *testing.T) { test(t, make(t)) })
	}
}

const room = 1 << 20

func TestWhatIsPutComesBack(t *testing.T) {
	everywhere(t, func(t *testing.T, p media.Objects) {
		for i, content := range [][]byte{{0}, []byte("a voice"), bytes.Repeat([]byte{0xa5, 0}, room/2)} {
			key := fmt.Sprintf("media/2026/03/OBJECT%d", i)
			if err := p.Put(t.Context(), key, content); err != nil {
				t.Fatal(err)
			}
			got, err := p.Get(t.Context(), key, room)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes came back as %d, %v", len(content), len(got), err)
			}
		}
	})
}

func TestALaterPutWins(t *testing.T) {
	everywhere(t, func(t *testing.T, p media.Objects) {
		for _, content := range []string{"first and longer", "second"} {
			if err := p.Put(t.Context(), "media/x", []byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := p.Get(t.Context(), "media/x", room); string(got) != "second" {
			t.Errorf("read %q, %v", got, err)
		}
	})
}

func TestWhatIsNotThereIsSaidSo(t *testing.T) {
	everywhere(t, func(t *testing.T, p media.Objects) {
		if _, err := p.Get(t.Context(), "media/none", room); !errors.Is(err, media.ErrNoObject) {
			t.Errorf("reading nothing: %v", err)
		}
		if err := p.Delete(t.Context(), "media/none"); err != nil {
			t.Errorf("removing nothing: %v", err)
		}
		if err := p.Put(t.Context(), "media/x", []byte("x")); err != nil {
			t.Fatal(err)
		}
		if err := p.Delete(t.Context(), "media/x"); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Get(t.Context(), "media/x", room); !errors.Is(err, media.ErrNoObject) {
			t.Errorf("reading what was removed: %v", err)
		}
	})
}

func TestReadingIsBounded(t *testing.T) {
	everywhere(t, func(t *testing.T, p media.Objects) {
		if err := p.Put(t.Context(), "media/x", make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		if got, err := p.Get(t.Context(), "media/x", 100); len(got) != 100 || err != nil {
			t.Errorf("at the limit: %d bytes, %v", len(got), err)
		}
		if _, err := p.Get(t.Context(), "media/x", 99); !errors.Is(err, media.ErrTooLarge) {
			t.Errorf("above the limit: %v", err)
		}
	})
}

func TestStrangeKeysAreRefused(t *testing.T) {
	keys := []string{
		"", "/", "/etc/passwd", "../x", "media/../../x", "media//x", "media/", "media/.hidden", "a\x00b", "a b", "媒体",
		`a\b`, "a?b", strings.Repeat("k", 201),
	}
	everywhere(t, func(t *testing.T, p media.Objects) {
		for _, key := range keys {
			_, get := p.Get(t.Context(), key, room)
			for what, err := range map[string]error{
				"put": p.Put(t.Context(), key, []byte("x")), "get": get, "delete": p.Delete(t.Context(), key),
			} {
				if !errors.Is(err, objects.ErrKey) {
					t.Errorf("%s %q: %v", what, key, err)
				}
			}
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p media.Objects) {
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				content := bytes.Repeat([]byte{byte(i)}, 1000)
				// Every second one goes to the same key: one of them stays, whole.
				key := fmt.Sprintf("media/%d", i*(i%2))
				if err := p.Put(t.Context(), key, content); err != nil {
					t.Error(err)
				}
				got, err := p.Get(t.Context(), key, room)
				if err != nil || len(got) != 1000 || bytes.Count(got, got[:1]) != 1000 {
					t.Errorf("%s: %d bytes, %v", key, len(got), err)
				}
			})
		}
		group.Wait()
	})
}

func TestCheckFindsWhatDoesNotWork(t *testing.T) {
	everywhere(t, func(t *testing.T, p media.Objects) {
		if err := objects.Check(t.Context(), p); err != nil {
			t.Error(err)
		}
		if _, err := p.Get(t.Context(), "check/written-at-start", room); !errors.Is(err, media.ErrNoObject) {
			t.Errorf("the trial is still there: %v", err)
		}
	})
	closed := newDir(t, t.TempDir()+"/objects")
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := objects.Check(t.Context(), closed); err == nil {
		t.Error("a closed directory works")
	}
}

func TestAStoreThatIsAwayIsNotAnEmptyOne(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	s, err := objects.OpenS3(objects.S3Options{
		Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: bucket, AccessKey: "a", SecretKey: "hush-hush",
		Region: "us-east-1", PathStyle: true, Plain: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	_, err = s.Get(t.Context(), "media/x", room)
	if err == nil || errors.Is(err, media.ErrNoObject) {
		t.Errorf("reading: %v", err)
	}
	if err := s.Put(t.Context(), "media/x", nil); err == nil || strings.Contains(err.Error(), "hush-hush") {
		t.Errorf("storing: %v", err)
	}
}

func TestAMissingBucketIsNotAnEmptyOne(t *testing.T) {
	server := httptest.NewServer(gofakes3.New(s3mem.New(), gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	defer server.Close()
	s, err := objects.OpenS3(objects.S3Options{
		Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: bucket, AccessKey: "a", SecretKey: "b",
		Region: "us-east-1", PathStyle: true, Plain: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Get(t.Context(), "media/x", room); err == nil || errors.Is(err, media.ErrNoObject) {
		t.Errorf("reading from no bucket: %v", err)
	}
	if err := objects.Check(t.Context(), s); err == nil {
		t.Error("no bucket works")
	}
}

func TestABucketNeedsItsNameAndKeys(t *testing.T) {
	whole := objects.S3Options{Endpoint: "localhost:9000", Bucket: bucket, AccessKey: "a", SecretKey: "b"}
	for what, spoil := range map[string]func(*objects.S3Options){
		"endpoint": func(o *objects.S3Options) { o.Endpoint = "" },
		"bucket":   func(o *objects.S3Options) { o.Bucket = "" },
		"access":   func(o *objects.S3Options) { o.AccessKey = "" },
		"secret":   func(o *objects.S3Options) { o.SecretKey = "" },
	} {
		spoilt := whole
		spoil(&spoilt)
		if _, err := objects.OpenS3(spoilt); err == nil {
			t.Errorf("without its %s: no error", what)
		}
	}
}

func TestADirectoryOpenToOthersIsRefused(t *testing.T) {
	dir := t.TempDir() + "/objects"
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := objects.OpenDir(dir); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("opening: %v", err)
	}
}
