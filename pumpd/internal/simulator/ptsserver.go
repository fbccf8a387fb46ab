package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/icholy/digest"

	"forecourt/pumpd/internal/driver/pts"
)

// PTSServer is the remote server of a controller's configuration: where it
// uploads finished deliveries and where it dials in.
type PTSServer struct {
	// UploadURL takes finished deliveries by POST, each until it is
	// acknowledged; "" uploads nothing by HTTP.
	UploadURL string
	// LinkURL is dialled by WebSocket; requests then come down that link,
	// in the name of LinkUser. UploadOnLink sends the deliveries up it.
	LinkURL      string
	LinkUser     string
	UploadOnLink bool
	// User and Password are shown to the server, by digest.
	User     string
	Password string
	// Pause is the time between two looks for something to upload, and
	// between two dials: a second if zero.
	Pause time.Duration
	// Client carries all of it; nil is http.DefaultClient.
	Client *http.Client
}

// Run uploads and dials in as the configuration says, until ctx ends.
func (c *PTS) Run(ctx context.Context) error {
	link := &ptsLink{c: c, waiting: make(map[string]chan struct{})}
	server := c.config.Server
	var running sync.WaitGroup
	defer running.Wait()
	if server.LinkURL != "" {
		running.Go(func() { c.repeatedly(ctx, link.dial) })
	}
	switch {
	case server.UploadURL != "":
		running.Go(func() { c.repeatedly(ctx, func(ctx context.Context) error { return c.uploadAll(ctx, c.post) }) })
	case server.UploadOnLink:
		running.Go(func() { c.repeatedly(ctx, func(ctx context.Context) error { return c.uploadAll(ctx, link.upload) }) })
	}
	<-ctx.Done()
	return nil
}

// repeatedly does something, pauses and does it again.
func (c *PTS) repeatedly(ctx context.Context, do func(context.Context) error) {
	wait := c.config.Server.Pause
	if wait <= 0 {
		wait = time.Second
	}
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			c.log.Debug("server", "err", err)
		}
		if !pause(ctx, wait) {
			return
		}
	}
}

// client carries requests to the server with its credentials.
func (c *PTS) client() *http.Client {
	base := http.DefaultTransport
	if given := c.config.Server.Client; given != nil && given.Transport != nil {
		base = given.Transport
	}
	return &http.Client{Transport: &digest.Transport{
		Username: c.config.Server.User, Password: c.config.Server.Password, Transport: base,
	}}
}

// uploadAll sends every delivery that was not acknowledged yet, oldest first.
func (c *PTS) uploadAll(ctx context.Context, send func(context.Context, []byte, string) error) error {
	for _, n := range c.numbersOf() {
		for {
			serial, body, id := c.nextUpload(n)
			if body == nil {
				break
			}
			if err := send(ctx, body, id); err != nil {
				return fmt.Errorf("uploading delivery %d of pump %d: %w", serial, n, err)
			}
			c.mu.Lock()
			c.pumps[n].uploaded = serial
			c.mu.Unlock()
		}
	}
	return nil
}

// nextUpload is the oldest delivery of a pump that was not acknowledged.
func (c *PTS) nextUpload(n int) (serial int, body []byte, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.pumps[n]
	c.config.Station.Do(s.at, func(model *Pump) {
		k := call{c: c, state: s, model: model, view: model.View()}
		k.settle()
		for _, d := range k.view.History {
			if d.Serial <= s.uploaded || s.numbers[d.Serial] == 0 {
				continue
			}
			rec := c.record(s, d)
			rec.UserID = 1
			serial = d.Serial
			id = fmt.Sprint(s.numbers[d.Serial])
			body = encoded(map[string]any{"Protocol": "jsonPTS", "PtsId": c.config.ID, "Packets": []any{
				map[string]any{"Id": json.RawMessage(id), "Type": "UploadPumpTransaction", "Data": rec},
			}})
			return
		}
	})
	return serial, body, id
}

var errNotAcknowledged = errors.New("not acknowledged")

// post uploads by HTTP.
func (c *PTS) post(ctx context.Context, body []byte, id string) error {
	fault := c.config.Station.Roll(c.config.Name)
	if fault == LateFrame && !pause(ctx, lateBy) {
		return ctx.Err()
	}
	if fault == RepeatFrame {
		if _, err := c.postOnce(ctx, body); err != nil {
			return err
		}
	}
	reply, err := c.postOnce(ctx, damaged(body, fault))
	if err != nil {
		return err
	}
	if fault == LoseFrame || !acknowledges(reply, id) {
		return errNotAcknowledged
	}
	return nil
}

// damaged is what arrives of a message.
func damaged(body []byte, fault Fault) []byte {
	switch fault {
	case TearFrame:
		return body[:len(body)/2]
	case NoiseFrame:
		return append([]byte("~?{"), body...)
	}
	return body
}

func (c *PTS) postOnce(ctx context.Context, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.Server.UploadURL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := c.client().Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, pts.MaxRequest))
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: HTTP status %d, %v", errNotAcknowledged, resp.StatusCode, err)
	}
	return reply, nil
}

// acknowledges looks for an OK to the upload.
func acknowledges(reply []byte, id string) bool {
	m, err := pts.Parse(reply)
	if err != nil {
		return false
	}
	for _, p := range m.Packets {
		if p.ID() == id && p.Type() == "UploadPumpTransaction" && p.Message() == "OK" {
			return true
		}
	}
	return false
}

// ptsLink is the connection that the controller dialled.
type ptsLink struct {
	c *PTS

	mu      sync.Mutex
	conn    *websocket.Conn
	waiting map[string]chan struct{}
}

// dial connects to the server and answers its requests until the link breaks.
func (l *ptsLink) dial(ctx context.Context) error {
	conn, _, err := websocket.Dial(ctx, l.c.config.Server.LinkURL, &websocket.DialOptions{
		HTTPClient: l.c.client(),
		HTTPHeader: http.Header{
			pts.HeaderPtsID:    {l.c.config.ID},
			pts.HeaderFirmware: {"2025-11-04T00:00:00"},
			pts.HeaderConfig:   {"00000001"},
		},
	})
	if err != nil {
		return fmt.Errorf("dialling the server: %w", err)
	}
	defer func() { _ = conn.CloseNow() }()
	l.mu.Lock()
	l.conn = conn
	l.mu.Unlock()
	for {
		_, body, err := conn.Read(ctx)
		if err != nil {
			return fmt.Errorf("reading the link: %w", err)
		}
		if l.acknowledged(body) {
			continue
		}
		answer, err := l.c.Answer(l.c.config.Server.LinkUser, body)
		if err != nil {
			l.c.log.Debug("server's message dropped", "err", err)
			continue
		}
		if err := l.write(ctx, conn, answer); err != nil {
			return err
		}
	}
}

// acknowledged takes the server's OK to an upload.
func (l *ptsLink) acknowledged(body []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, done := range l.waiting {
		if acknowledges(body, id) {
			delete(l.waiting, id)
			close(done)
			return true
		}
	}
	return false
}

// write sends one message up the link, with what the faults make of it.
func (l *ptsLink) write(ctx context.Context, conn *websocket.Conn, body []byte) error {
	times := 1
	fault := l.c.config.Station.Roll(l.c.config.Name)
	switch fault {
	case LoseFrame:
		times = 0
	case RepeatFrame:
		times = 2
	case LateFrame:
		if !pause(ctx, lateBy) {
			return ctx.Err()
		}
	}
	for range times {
		if err := conn.Write(ctx, websocket.MessageText, damaged(body, fault)); err != nil {
			return fmt.Errorf("writing to the link: %w", err)
		}
	}
	return nil
}

// upload sends a delivery up the link and waits for its acknowledgement.
func (l *ptsLink) upload(ctx context.Context, body []byte, id string) error {
	done := make(chan struct{})
	l.mu.Lock()
	conn := l.conn
	l.waiting[id] = done
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.waiting, id)
		l.mu.Unlock()
	}()
	if conn == nil {
		return errNotAcknowledged
	}
	if err := l.write(ctx, conn, body); err != nil {
		return err
	}
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errNotAcknowledged
	}
}
