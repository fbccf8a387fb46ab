// Package placetest gives tests real places to keep backups at: an S3 server
// (versitygw, built as a tool the first time) and an SFTP server (in process).
// Both listen on this machine only and go away with the test.
package placetest

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"forecourt/hub/internal/edge/backup/place"
)

const (
	bucket    = "forecourt-test"
	region    = "us-east-1"
	accessKey = "forecourt-test-access"
	secretKey = "forecourt-test-secret"
	// startTimeout bounds starting a server on a busy machine.
	startTimeout = 30 * time.Second
	// startTries is how often another port is tried when somebody else took the
	// one that was free.
	startTries = 3
	// poll is how long to wait before looking again.
	poll = 20 * time.Millisecond
)

// S3 starts an S3 server with an empty bucket.
func S3(t testing.TB) place.S3Options {
	t.Helper()
	return serve(t, 0)
}

// LockedS3 starts an S3 server with an empty bucket that locks objects for a
// day.
func LockedS3(t testing.TB) place.S3Options {
	t.Helper()
	return serve(t, 1)
}

func serve(t testing.TB, lockDays int) place.S3Options {
	t.Helper()
	o := place.S3Options{
		Endpoint: start(t), Bucket: bucket, AccessKey: accessKey, SecretKey: secretKey,
		Region: region, PathStyle: true, Insecure: true, LockDays: lockDays,
	}
	client := Client(t, o)
	err := client.MakeBucket(t.Context(), bucket, minio.MakeBucketOptions{Region: region, ObjectLocking: lockDays > 0})
	if err != nil {
		t.Fatalf("placetest: making a bucket: %v", err)
	}
	return o
}

// Client is a way to the bucket that goes past the place: for tests that do
// what the place would never do.
func Client(t testing.TB, o place.S3Options) *minio.Client {
	t.Helper()
	lines := &http.Transport{}
	t.Cleanup(lines.CloseIdleConnections)
	client, err := minio.New(o.Endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""),
		Region: o.Region, BucketLookup: minio.BucketLookupPath, Transport: lines,
	})
	if err != nil {
		t.Fatalf("placetest: %v", err)
	}
	return client
}

// start starts a server and says where it listens.
func start(t testing.TB) (address string) {
	t.Helper()
	program, err := versitygw(t.Context())
	if err != nil {
		t.Fatalf("placetest: building the S3 server: %v", err)
	}
	for range startTries {
		if address, ok := try(t, program); ok {
			return address
		}
	}
	t.Fatal("placetest: the S3 server does not start")
	return ""
}

// try starts the server on a port that is free at the moment.
func try(t testing.TB, program string) (address string, ok bool) {
	t.Helper()
	address = freeAddress(t)
	dir := t.TempDir()
	for _, sub := range []string{"objects", "versions", "about"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "--port", address, "--quiet", "--region", region, "posix",
		"--versioning-dir", filepath.Join(dir, "versions"), "--sidecar", filepath.Join(dir, "about"), filepath.Join(dir, "objects"))
	cmd.Env = append(cmd.Environ(), "ROOT_ACCESS_KEY="+accessKey, "ROOT_SECRET_KEY="+secretKey)
	cmd.Dir = dir
	cmd.Stderr = t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that is killed takes it along
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		// The signal comes when the thread ends that started it, and threads do
		// end where others lock theirs: this one stays as long as the server.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("placetest: starting the S3 server: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	return address, listens(t.Context(), address, ended)
}

// listens waits until somebody listens there or the server has ended.
func listens(ctx context.Context, address string, ended <-chan struct{}) bool {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close()
			return true
		}
		select {
		case <-ended:
			return false
		case <-ctx.Done():
			return false
		case <-time.After(poll):
		}
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
