package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"forecourt/hub/internal/domain/notice"
)

// Headers of a posted message.
const (
	// HeaderTimestamp is when it was posted, in seconds since 1970. Receivers
	// refuse old ones, so that a message cannot be played again.
	HeaderTimestamp = "Forecourt-Timestamp"
	// HeaderSignature is "sha256=" and, in hexadecimal, the HMAC-SHA256 under
	// the shared secret of the timestamp, a full stop and the body.
	HeaderSignature = "Forecourt-Signature"
)

const (
	// sendTimeout bounds one try, from connecting to the answer's head: whoever
	// waits for a code waits for this.
	sendTimeout = 5 * time.Second
	// maxAnswer bounds what is read of an answer, so that its connection can
	// be used again.
	maxAnswer = 4 << 10
	// maxHeaders bounds the answer's head.
	maxHeaders = 16 << 10
	// idleConnections kept for the next messages.
	idleConnections = 2
	idleTimeout     = 90 * time.Second
)

// Webhook posts messages to an address. It is safe for concurrent use.
type Webhook struct {
	address string
	secret  []byte
	now     func() time.Time
	http    *http.Client
}

// NewWebhook makes a Webhook for an address and the secret that signs what is
// posted there.
func NewWebhook(address, secret string, now func() time.Time) (*Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("notify: the webhook's address is not of the form https://host/path")
	}
	if secret == "" {
		return nil, errors.New("notify: a webhook needs a secret that signs what is posted")
	}
	client := &http.Client{
		Timeout: sendTimeout,
		Transport: &http.Transport{
			MaxResponseHeaderBytes: maxHeaders, MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: idleTimeout,
			ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Webhook{address: address, secret: []byte(secret), now: now, http: client}, nil
}

// Send implements notice.Notifier. Any answer from 200 to 299 is success.
func (w *Webhook) Send(ctx context.Context, to notice.To, m notice.Message) error {
	content, err := json.Marshal(bodyOf(to, m))
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.address, bytes.NewReader(content))
	if err != nil {
		return errors.New("notify: preparing a post to the webhook failed")
	}
	timestamp := strconv.FormatInt(w.now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(HeaderTimestamp, timestamp)
	req.Header.Set(HeaderSignature, Sign(w.secret, timestamp, content))
	resp, err := w.http.Do(req)
	if err != nil {
		return fmt.Errorf("posting to the webhook: %w", plain(err))
	}
	// What it says does not matter; reading it lets the connection be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	_ = resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("notify: the webhook answered %d", resp.StatusCode)
	}
	return nil
}

// plain is an error without the address, which may hold a token.
func plain(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// Sign is the value of HeaderSignature for a body posted at timestamp.
func Sign(secret []byte, timestamp string, content []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(content)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Close lets go of idle connections.
func (w *Webhook) Close() { w.http.CloseIdleConnections() }
