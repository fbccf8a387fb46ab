package house

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// Desk is somebody at a till of their own, who asks the hub as any program
// could and sees its answers as they came: what is not in the bytes is not
// there.
type Desk struct {
	// Session is who.
	Session wire.Session

	client  *http.Client
	url     string
	device  string
	command func() string
}

// callTimeout bounds one question of a Desk.
const callTimeout = 20 * time.Second

// Desk enrols a till and signs somebody in at it.
func (h *House) Desk(ctx context.Context, name, number string) (*Desk, error) {
	code, err := h.Code(ctx, wire.DeviceTill)
	if err != nil {
		return nil, err
	}
	till, err := link.Enrol(ctx, h.URL, code, name)
	if err != nil {
		return nil, fmt.Errorf("enrolling %s: %w", name, err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(till.CA))
	d := &Desk{
		client: &http.Client{Timeout: callTimeout, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}},
		url:    h.URL, device: till.Token, command: func() string { return id.New[id.Command](h.ids).String() },
	}
	d.Session.Token = till.Token
	status, answer, err := d.Ask(ctx, http.MethodPost, "/v1/login", wire.LoginRequest{Number: number, Password: h.password})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%d %s", status, answer)
	}
	if err == nil {
		err = json.Unmarshal(answer, &d.Session)
	}
	if err != nil {
		return nil, fmt.Errorf("signing %s in: %w", number, err)
	}
	return d, nil
}

// Ask makes one request and returns what came back, refusals included.
func (d *Desk) Ask(ctx context.Context, method, path string, body any) (status int, answer []byte, err error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, fmt.Errorf("asking %s: %w", path, err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, d.url+path, content)
	if err != nil {
		return 0, nil, fmt.Errorf("asking %s: %w", path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+d.Session.Token)
	req.Header.Set(wire.HeaderDevice, d.device)
	req.Header.Set(wire.HeaderIdempotencyKey, d.command())
	res, err := d.client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("asking %s: %w", path, err)
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	if err != nil {
		err = fmt.Errorf("asking %s: %w", path, err)
	}
	return res.StatusCode, answer, err
}

// Get is Ask for what has to be there, read into out.
func (d *Desk) Get(ctx context.Context, method, path string, body, out any) error {
	status, answer, err := d.Ask(ctx, method, path, body)
	switch {
	case err != nil:
		return err
	case status < 200 || status > 299:
		return fmt.Errorf("asking %s: %d %s", path, status, answer)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("asking %s: %w", path, err)
	}
	return nil
}
