package objects

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"forecourt/hub/internal/domain/media"
)

// Times of talking to a store. Somebody waits for each call with a phone in
// the hand.
const (
	s3CallTimeout = 20 * time.Second
	s3DialTimeout = 5 * time.Second
	s3Tries       = 3
	s3IdleTimeout = time.Minute
	s3Connections = 8
)

// S3Options says which bucket.
type S3Options struct {
	// Endpoint is the store's host, with a port if it is not the usual one:
	// "s3.cn-north-1.amazonaws.com.cn", "oss-cn-hangzhou.aliyuncs.com".
	Endpoint string
	// Bucket is the bucket; it has to be there.
	Bucket string
	// Prefix begins every key: "forecourt/"; may be empty.
	Prefix string
	// AccessKey and SecretKey sign the requests.
	AccessKey, SecretKey string
	// Region is the bucket's; empty has the store asked for it.
	Region string
	// PathStyle names the bucket in the path and not in the host.
	PathStyle bool
	// Plain leaves TLS out; for a store on this machine.
	Plain bool
}

// S3 keeps objects in a bucket. It is safe for concurrent use. Close it at the
// end.
type S3 struct {
	client *minio.Client
	lines  *http.Transport
	bucket string
	prefix string
}

// OpenS3 prepares a bucket for use. It does not call the store; Check does.
func OpenS3(o S3Options) (*S3, error) {
	if o.Bucket == "" || o.AccessKey == "" || o.SecretKey == "" {
		return nil, errors.New("a bucket of objects needs its name, an access key and a secret key")
	}
	lines := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: s3DialTimeout}).DialContext,
		TLSHandshakeTimeout:   s3DialTimeout,
		ResponseHeaderTimeout: s3CallTimeout,
		IdleConnTimeout:       s3IdleTimeout,
		MaxIdleConnsPerHost:   s3Connections,
		DisableCompression:    true,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
	}
	lookup := minio.BucketLookupAuto
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(o.Endpoint, &minio.Options{
		Creds:  credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""),
		Secure: !o.Plain, Transport: lines, Region: o.Region, BucketLookup: lookup, MaxRetries: s3Tries,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the bucket of objects: %w", err)
	}
	return &S3{client: client, lines: lines, bucket: o.Bucket, prefix: o.Prefix}, nil
}

// Close gives the connections back.
func (s *S3) Close() error {
	s.lines.CloseIdleConnections()
	return nil
}

// Put stores an object, in one request: a store takes it whole or not at all.
func (s *S3) Put(ctx context.Context, key string, content []byte) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("storing object %s: %w", key, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s3CallTimeout)
	defer cancel()
	_, err := s.client.PutObject(ctx, s.bucket, s.prefix+key, bytes.NewReader(content), int64(len(content)),
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
	if err != nil {
		return fmt.Errorf("storing object %s: %w", key, err)
	}
	return nil
}

// Get reads an object.
func (s *S3) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, fmt.Errorf("reading object %s: %w", key, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s3CallTimeout)
	defer cancel()
	object, err := s.client.GetObject(ctx, s.bucket, s.prefix+key, minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading object %s: %w", key, err)
	}
	content, err := readAtMost(object, limit)
	if closing := object.Close(); err == nil {
		err = closing
	}
	if notThere(err) {
		return nil, fmt.Errorf("%w: %s", media.ErrNoObject, key)
	}
	if err != nil {
		return nil, fmt.Errorf("reading object %s: %w", key, err)
	}
	return content, nil
}

// Delete removes an object.
func (s *S3) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return fmt.Errorf("removing object %s: %w", key, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s3CallTimeout)
	defer cancel()
	err := s.client.RemoveObject(ctx, s.bucket, s.prefix+key, minio.RemoveObjectOptions{})
	if err != nil && !notThere(err) {
		return fmt.Errorf("removing object %s: %w", key, err)
	}
	return nil
}

// notThere says whether the store has nothing under a key.
func notThere(err error) bool {
	var answer minio.ErrorResponse
	return errors.As(err, &answer) && answer.Code == minio.NoSuchKey
}
