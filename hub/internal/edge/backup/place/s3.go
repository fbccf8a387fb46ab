package place

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	// s3DialTimeout bounds making a connection, s3IdleTimeout keeping one.
	s3DialTimeout = 10 * time.Second
	s3IdleTimeout = time.Minute
	// s3Connections bounds the connections that are kept for the next call.
	s3Connections = 8
	// s3Tries is how often a request without a body is made before it is given
	// up. One with a body is made once: its bytes are gone.
	s3Tries = 3
	// maxLockDays is the longest that a store locks for (Amazon S3 User Guide,
	// "Object Lock considerations": 100 years).
	maxLockDays = 36500
)

// S3Options says which bucket.
type S3Options struct {
	// Endpoint is the store's host, with a port if it is not the usual one:
	// "s3.cn-north-1.amazonaws.com.cn", "oss-cn-hangzhou.aliyuncs.com".
	Endpoint string
	// Bucket is the bucket; it has to be there.
	Bucket string
	// Prefix begins every key, in plain parts: "forecourt/station-1"; may be
	// empty.
	Prefix string
	// AccessKey and SecretKey sign the requests.
	AccessKey, SecretKey string
	// Region is the bucket's; empty has the store asked for it.
	Region string
	// PathStyle names the bucket in the path and not in the host.
	PathStyle bool
	// Insecure leaves TLS out; for a store on this machine.
	Insecure bool
	// LockDays is for how many days an object can be neither removed nor
	// changed by anybody, the bucket's owner included (retention in compliance
	// mode). The bucket must have object lock. 0 locks nothing.
	LockDays int
	// Stall is how long nothing may move before a call is given up; 0 means
	// DefaultStall.
	Stall time.Duration
}

// S3 keeps objects in a bucket, each in one request: a store takes it whole or
// not at all, and nothing is left half sent that somebody pays for.
//
// With LockDays the first version of an object is the object. Whoever has the
// keys of the bucket can still put another over it or hide it, but neither is
// seen here, and the first cannot be removed.
type S3 struct {
	core   minio.Core
	lines  *http.Transport
	o      S3Options
	now    func() time.Time
	simple atomic.Bool // the store knows no conditions
	locks  atomic.Bool // the bucket was seen to have object lock
}

// OpenS3 prepares a bucket for use. It does not call the store.
func OpenS3(o S3Options, now func() time.Time) (*S3, error) {
	if o.Bucket == "" || o.AccessKey == "" || o.SecretKey == "" {
		return nil, errors.New("a bucket of backups needs its name, an access key and a secret key")
	}
	if o.LockDays < 0 || o.LockDays > maxLockDays {
		return nil, fmt.Errorf("backups can be locked for 0 to %d days, not %d", maxLockDays, o.LockDays)
	}
	if err := checkPrefix(o.Prefix); err != nil {
		return nil, fmt.Errorf("the prefix of the bucket of backups: %w", err)
	}
	if o.Prefix != "" && !strings.HasSuffix(o.Prefix, "/") {
		o.Prefix += "/"
	}
	if o.Stall <= 0 {
		o.Stall = DefaultStall
	}
	lines := transport(o.Stall)
	lookup := minio.BucketLookupAuto
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(o.Endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""),
		Secure: !o.Insecure, Transport: lines, Region: o.Region, BucketLookup: lookup, MaxRetries: s3Tries,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the bucket of backups: %w", err)
	}
	return &S3{core: minio.Core{Client: client}, lines: lines, o: o, now: now}, nil
}

// transport is how requests travel: over HTTP/1.1, where a call that is given
// up takes its connection along and nobody else's.
func transport(stall time.Duration) *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: min(s3DialTimeout, stall)}).DialContext,
		TLSHandshakeTimeout:   min(s3DialTimeout, stall),
		ResponseHeaderTimeout: stall,
		IdleConnTimeout:       s3IdleTimeout,
		MaxIdleConnsPerHost:   s3Connections,
		DisableCompression:    true,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
	}
}

// Where is the bucket and the store.
func (s *S3) Where() string {
	return fmt.Sprintf("s3://%s/%s at %s", s.o.Bucket, s.o.Prefix, s.o.Endpoint)
}

// Close gives the connections back.
func (s *S3) Close() error {
	s.lines.CloseIdleConnections()
	return nil
}

// Free is -1: a bucket has no end.
func (s *S3) Free(context.Context) (int64, error) { return -1, nil }
