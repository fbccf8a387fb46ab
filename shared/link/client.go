// Package link is the client of the hub: typed calls over HTTPS, and one
// WebSocket that comes back by itself. A Client is a till's or a device's, a
// Driver a member's.
//
// What it promises:
//
//   - Only the given certificate authority is trusted; plain HTTP is spoken to
//     loopback and nobody else. Redirects are not followed.
//   - Every call and every message is bounded in time and size.
//   - When the hub answered with a refusal, the error is a *wire.Problem (by
//     errors.As). Any other error means that the outcome is not known, and the
//     same command may be sent again with the same key.
//   - The words of a signed link are never part of an error.
//   - A Live delivers every event of its channels once and in order, across any
//     number of lost connections, or a snapshot that replaces them.
//
// Clients and Drivers are safe for concurrent use. They start no goroutine of
// their own except while Run runs; Close releases idle connections.
package link

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// callTimeout bounds one call. The hub gives up on its database after
	// ten seconds; the answer that says so should still arrive.
	callTimeout = 15 * time.Second
	// dialTimeout bounds opening a connection for a call.
	dialTimeout = 5 * time.Second
	// idleTimeout drops a kept connection before a hub's or a router's own
	// limit turns it into one that fails on its next use.
	idleTimeout = 30 * time.Second
	// maxReplyBytes bounds an answer: a page of 500 sales takes a quarter.
	maxReplyBytes = 1 << 20
	// maxReplyHeaderBytes bounds an answer's header.
	maxReplyHeaderBytes = 16 << 10
)

// Options says which hub, as whom, and with which clock and chance.
type Options struct {
	// BaseURL is "https://host:port", or "http://127.0.0.1:port".
	BaseURL string
	// CA is the only certificate authority to trust, PEM, as enrolment
	// returned it. Without it the system's are trusted, for a hub with a
	// public name.
	CA []byte
	// Device is the device token; a Driver has none.
	Device string
	// Now is the clock, Random the source of jitter. Both are required.
	Now    func() time.Time
	Random io.Reader
	// Log takes what happens to the connection; nil for nothing.
	Log *slog.Logger
	// Dial opens network connections; nil for the operating system's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client talks to one hub as a till or a device, and as whoever is signed in
// there.
type Client struct{ access }

// access is a way to one hub.
type access struct {
	caller
	opts      Options
	transport *http.Transport
	tickets   request       // takes a ticket for one socket
	silence   time.Duration // of a Live that names none
}

// caller makes requests; a Live has its own, on connections of its own.
type caller struct {
	base    *url.URL
	http    *http.Client
	device  string
	session *atomic.Pointer[string] // token of the person who is signed in
}

// New checks the options and makes a Client. It opens no connection yet.
func New(opts Options) (*Client, error) {
	a, err := newAccess(opts)
	if err != nil {
		return nil, err
	}
	a.tickets, a.silence = post("v1", "tickets"), DefaultSilence
	return &Client{a}, nil
}

func newAccess(opts Options) (access, error) {
	if opts.Now == nil || opts.Random == nil {
		return access{}, errors.New("link: a clock and a source of randomness are required")
	}
	base, err := parseBase(opts.BaseURL)
	if err != nil {
		return access{}, err
	}
	tlsConfig, err := trustOnly(opts.CA)
	if err != nil {
		return access{}, err
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Dial == nil {
		opts.Dial = (&net.Dialer{}).DialContext
	}
	transport := newTransport(tlsConfig, patient(opts.Dial, func() time.Duration { return dialTimeout }))
	return access{
		caller: caller{
			base: base, http: newHTTP(transport), device: opts.Device,
			session: new(atomic.Pointer[string]),
		},
		opts:      opts,
		transport: transport,
	}, nil
}

// Close releases idle connections. Calls under way go on.
func (a *access) Close() { a.transport.CloseIdleConnections() }

// request is one call.
type request struct {
	method string
	path   []string // segments below the base, escaped by the client
	query  url.Values
	key    id.Command // zero for what is not a command
	login  bool       // opens a session: the one there may be is left out
	body   any        // nil for none
	file   *file      // an upload, instead of a body
	large  bool       // the answer may be as large as a file, and take as long
}

// do makes the call and reads the answer into out (nil: ignored).
func (c *caller) do(ctx context.Context, r request, out any) error {
	ctx, cancel := context.WithTimeout(ctx, r.patience())
	defer cancel()
	target := c.address(r)
	req, err := c.build(ctx, r, target.String())
	if err != nil {
		return fmt.Errorf("link: %s %s: %w", r.method, target.Path, err)
	}
	limit := int64(maxReplyBytes)
	if r.large {
		limit = maxExportBytes
	}
	answer, err := c.ask(req, limit)
	if err == nil && out != nil {
		if err = json.Unmarshal(answer, out); err != nil {
			err = fmt.Errorf("reading the answer: %w", err)
		}
	}
	if err != nil {
		return fmt.Errorf("link: %s %s: %w", r.method, target.Path, err)
	}
	return nil
}

// patience bounds a call, by what it carries and what it may bring.
func (r request) patience() time.Duration {
	if r.file != nil || r.large {
		return fileTimeout
	}
	return callTimeout
}

// address is where a request goes. A segment may be what somebody typed: it
// stays one segment, whatever is in it.
func (c *caller) address(r request) *url.URL {
	segments := make([]string, len(r.path))
	for i, s := range r.path {
		segments[i] = url.PathEscape(s)
		if s == "." || s == ".." {
			segments[i] = strings.ReplaceAll(s, ".", "%2E")
		}
	}
	target := c.base.JoinPath(segments...)
	target.RawQuery = r.query.Encode()
	return target
}

func (c *caller) build(ctx context.Context, r request, target string) (*http.Request, error) {
	body, kind, err := r.payload()
	if err != nil {
		return nil, fmt.Errorf("encoding the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if !r.key.IsZero() {
		req.Header.Set(wire.HeaderIdempotencyKey, r.key.String())
	}
	c.authenticate(req.Header, r.login)
	return req, nil
}

// payload is what a request carries, and its media type; nil for nothing.
func (r request) payload() (io.Reader, string, error) {
	switch {
	case r.file != nil:
		return r.file.form()
	case r.body == nil:
		return nil, "", nil
	}
	text, err := json.Marshal(r.body)
	return bytes.NewReader(text), "application/json", err
}

// authenticate says who asks: the person at a till and the till, or a device
// by itself. A login names the device in both ways: nobody is signed in yet.
func (c *caller) authenticate(h http.Header, login bool) {
	session := c.session.Load()
	switch {
	case session != nil && !login:
		h.Set("Authorization", "Bearer "+*session)
	case c.device != "":
		h.Set("Authorization", "Bearer "+c.device)
	}
	if c.device != "" && (session != nil || login) {
		h.Set(wire.HeaderDevice, c.device)
	}
}

// ask makes a request and reads an answer of at most limit bytes: a body, or
// a problem.
func (c *caller) ask(req *http.Request, limit int64) ([]byte, error) {
	reply, err := c.send(req)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(io.LimitReader(reply.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("the answer is larger than %d bytes", limit)
	}
	if reply.StatusCode < 200 || reply.StatusCode > 299 {
		return nil, refusal(reply, body)
	}
	return body, nil
}

// send makes a request; the caller closes the answer's body.
func (c *caller) send(req *http.Request) (*http.Response, error) {
	reply, err := c.http.Do(req)
	var outer *url.Error // it repeats the address, which may be signed
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return reply, err
}

// refusal is the hub's own problem, or, where something between the two
// answered, a plain error with the status.
func refusal(reply *http.Response, body []byte) error {
	kind, _, _ := mime.ParseMediaType(reply.Header.Get("Content-Type"))
	var problem wire.Problem
	if kind == "application/problem+json" && json.Unmarshal(body, &problem) == nil && problem.Type != "" {
		problem.Status = reply.StatusCode
		return &problem
	}
	return statusError(reply.StatusCode)
}

// statusError is a refusal without a problem.
type statusError int

// Error says which status.
func (s statusError) Error() string {
	return fmt.Sprintf("answered %d %s without a reason", int(s), http.StatusText(int(s)))
}

// gateway reports whether something in front of the hub says that the hub
// cannot be reached.
func (s statusError) gateway() bool {
	return s == http.StatusBadGateway || s == http.StatusGatewayTimeout
}
