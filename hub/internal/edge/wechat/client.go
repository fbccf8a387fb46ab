// Package wechat asks WeChat's server-side interface: whether a text may be
// shown (msg_sec_check, version 2), who signs in, and what their number is.
//
// # What it promises
//
//   - WeChat is asked, never relied on: when it fails, is slow or answers
//     nonsense, the local judgement stands and the failure is counted and
//     logged. After a few failures in a row it is left alone for a while, so
//     that nobody waits for it with every message.
//   - Who signs in is WeChat's word or nobody's: a refusal, a delay and nonsense
//     let nobody in, and are told apart for the person (*wire.Problem).
//   - Neither a text nor a secret nor a token, and nothing by which WeChat or
//     anybody else knows a person, is ever logged or part of an error.
//   - Calls take a bounded time and read a bounded answer.
//
// The access token is fetched once for everybody, ahead of its end.
package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultBaseURL is WeChat's own server.
const DefaultBaseURL = "https://api.weixin.qq.com"

// Bounds of a call.
const (
	callTimeout = 5 * time.Second
	maxAnswer   = 64 << 10
)

// Options is how to reach WeChat.
type Options struct {
	// BaseURL is the server, without a slash at the end; empty means
	// DefaultBaseURL.
	BaseURL string
	// AppID and Secret are the mini-program's.
	AppID, Secret string
	// HTTP makes the calls; nil means a client of its own.
	HTTP *http.Client
	// Now tells the time.
	Now func() time.Time
	// Log takes failures.
	Log *slog.Logger
}

// Client calls WeChat. It is safe for concurrent use.
type Client struct {
	Options
	fetching chan struct{} // held by who fetches a token

	mu    sync.Mutex
	token token
	rests time.Time // WeChat is left alone until then
	fails int       // in a row

	counts counts
}

// counts is the Client's counters.
type counts struct {
	checked, refused, failed, skipped     atomic.Uint64
	vouched, phones, declined, unanswered atomic.Uint64
}

// Counts is what a Client has done since it was made.
type Counts struct {
	// Checked counts texts judged by WeChat, Refused those it refused.
	Checked, Refused uint64
	// Failed counts questions without an answer, Skipped those not asked
	// because of them.
	Failed, Skipped uint64
	// Vouched counts people WeChat knew, Phones numbers it gave, Declined the
	// codes it did not take, Unanswered questions about people without an answer.
	Vouched, Phones, Declined, Unanswered uint64
}

// New makes a Client. It calls nobody yet.
func New(o Options) *Client {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	if o.HTTP == nil {
		// A redirect would carry the secret along.
		stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		o.HTTP = &http.Client{Timeout: callTimeout, CheckRedirect: stay}
	}
	return &Client{Options: o, fetching: make(chan struct{}, 1)}
}

// Counts reads the counters.
func (c *Client) Counts() Counts {
	return Counts{
		Checked: c.counts.checked.Load(), Refused: c.counts.refused.Load(),
		Failed: c.counts.failed.Load(), Skipped: c.counts.skipped.Load(),
		Vouched: c.counts.vouched.Load(), Phones: c.counts.phones.Load(),
		Declined: c.counts.declined.Load(), Unanswered: c.counts.unanswered.Load(),
	}
}

// Error is a refusal by WeChat itself (developers.weixin.qq.com, "Global
// return codes").
type Error struct {
	// Code is errcode, Message errmsg.
	Code    int
	Message string
}

// Error makes it an error.
func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("wechat: errcode %d", e.Code)
	}
	return fmt.Sprintf("wechat: errcode %d: %s", e.Code, e.Message)
}

// status is what every answer begins with.
type status struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// err is the refusal in it, if there is one. The message is cut: it is for the
// log, and repeats parts of the request.
func (s status) err() error {
	if s.Code == 0 {
		return nil
	}
	const most = 60
	message := s.Message
	if len(message) > most {
		message = strings.ToValidUTF8(message[:most], "")
	}
	return &Error{s.Code, message}
}

// call makes one call and reads its answer. body nil means GET.
func (c *Client) call(ctx context.Context, path string, query url.Values, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	method, content := http.MethodGet, []byte(nil)
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return fmt.Errorf("wechat: encoding a request of %s: %w", path, err)
		}
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, c.BaseURL+path+"?"+query.Encode(), bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("wechat: preparing %s: %w", path, bare(err))
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.HTTP.Do(request)
	if err != nil {
		return fmt.Errorf("wechat: calling %s: %w", path, bare(err))
	}
	defer func() { _ = response.Body.Close() }() // read to its bound below; nothing else is of interest
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("wechat: %s answered %d", path, response.StatusCode)
	}
	got, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("wechat: reading the answer of %s: %w", path, bare(err))
	}
	if len(got) > maxAnswer {
		return fmt.Errorf("wechat: the answer of %s is longer than %d bytes", path, maxAnswer)
	}
	// What the library says of bad JSON may quote it.
	if json.Unmarshal(got, answer) != nil {
		return fmt.Errorf("wechat: the answer of %s, %d bytes, is not what it should be", path, len(got))
	}
	return nil
}

// bare is an error of the HTTP client without the address, which carries the
// secret or a token.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
