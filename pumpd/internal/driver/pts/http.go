package pts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/icholy/digest"

	"forecourt/pumpd/internal/driver"
)

// requestPath is where the controller listens; it is case-sensitive.
const requestPath = "/jsonPTS"

// httpExchanger asks the controller by HTTP POST.
type httpExchanger struct {
	url    string
	client *http.Client
}

func newHTTPExchanger(cfg Config) *httpExchanger {
	client := http.Client{}
	if cfg.HTTPClient != nil {
		client = *cfg.HTTPClient
	}
	base := client.Transport
	if base == nil {
		base = &http.Transport{
			DialContext:         (&net.Dialer{Timeout: cfg.Timings.Request}).DialContext,
			TLSClientConfig:     tlsConfig(cfg),
			TLSHandshakeTimeout: cfg.Timings.Request,
			MaxIdleConns:        1,
			DisableCompression:  true,
		}
	}
	client.Transport = credentials(cfg, base)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	target := cfg.URL
	if u, err := url.Parse(cfg.URL); err == nil && (u.Path == "" || u.Path == "/") {
		u.Path = requestPath
		target = u.String()
	}
	return &httpExchanger{url: target, client: &client}
}

func credentials(cfg Config, base http.RoundTripper) http.RoundTripper {
	if cfg.Scheme == Basic {
		return basicTransport{user: cfg.User, password: cfg.Password, base: base}
	}
	return &digest.Transport{Username: cfg.User, Password: cfg.Password, Transport: base}
}

// basicTransport shows user and password with every request.
type basicTransport struct {
	user, password string
	base           http.RoundTripper
}

// RoundTrip sends a copy of the request with the credentials in it.
func (t basicTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.SetBasicAuth(t.user, t.password)
	return t.base.RoundTrip(r)
}

// CloseIdleConnections lets http.Client close what is kept open.
func (t basicTransport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

var errOtherCertificate = errors.New("the controller shows another certificate than the pinned one")

// tlsConfig trusts a pinned certificate, or any if the configuration says so,
// or else the system's authorities. The controller speaks TLS 1.2.
func tlsConfig(cfg Config) *tls.Config {
	pin := cfg.fingerprint()
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: pin != "" || cfg.AnyCertificate} //nolint:gosec // the pin is checked below
	if pin == "" {
		return config
	}
	config.VerifyConnection = func(state tls.ConnectionState) error {
		sum := sha256.Sum256(state.PeerCertificates[0].Raw)
		if shown := hex.EncodeToString(sum[:]); shown != pin {
			return fmt.Errorf("%w; its SHA-256 is %s", errOtherCertificate, shown)
		}
		return nil
	}
	return config
}

func (h *httpExchanger) close() { h.client.CloseIdleConnections() }

func (h *httpExchanger) exchange(ctx context.Context, m Message) ([]Packet, error) {
	body, err := encode(m)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", driver.ErrLine, err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := h.client.Do(r)
	if err != nil {
		return nil, lineError(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := statusError(resp.StatusCode); err != nil {
		return nil, err
	}
	return readAnswer(resp.Body)
}

// readAnswer reads a bounded body; a torn or oversize one is garbled.
func readAnswer(body io.Reader) ([]Packet, error) {
	data, err := io.ReadAll(io.LimitReader(body, MaxMessage+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%w: the answer was cut short", driver.ErrGarbled)
	case err != nil:
		return nil, lineError(err)
	}
	m, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", driver.ErrGarbled, err)
	}
	return m.Packets, nil
}

func statusError(code int) error {
	switch code {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		return fmt.Errorf("%w: the controller does not accept the user name and password (401); "+
			"check them, and that digest or basic is set as on its DIP switch", driver.ErrLine)
	case http.StatusForbidden:
		return fmt.Errorf("%w: the controller's user may not do this (403); check its permissions", driver.ErrLine)
	default:
		return fmt.Errorf("%w: the controller answers HTTP status %d", driver.ErrLine, code)
	}
}

// lineError tells a controller that cannot be reached from one that was
// reached and gave no answer; a connection that breaks is dialled anew anyway.
func lineError(err error) error {
	var op *net.OpError
	var certificate *tls.CertificateVerificationError
	dialling := errors.As(err, &op) && op.Op == "dial" && !op.Timeout()
	if dialling || errors.As(err, &certificate) || errors.Is(err, errOtherCertificate) {
		return fmt.Errorf("%w: %w", driver.ErrLine, err)
	}
	return fmt.Errorf("%w: %w", driver.ErrNoAnswer, err)
}
