package pts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"forecourt/pumpd/internal/driver"
)

// Headers of a controller that dials in (jsonPTS document, WebSocket).
const (
	HeaderPtsID    = "X-Pts-Id"
	HeaderFirmware = "X-Pts-Firmware-Version-DateTime"
	HeaderConfig   = "X-Pts-Configuration-Identifier"
)

const (
	// maxSilence is how many requests in a row may stay without an answer
	// before the link is cut, so that the controller dials again.
	maxSilence = 3
	// maxQueuedUploads bounds uploads that wait to be stored; beyond it they
	// are dropped and the controller repeats them.
	maxQueuedUploads = 64
	// linkWrite bounds one write to a link that no longer drains.
	linkWrite = 2 * time.Second
)

// link is the reverse link: the controller dialled, we ask.
type link struct {
	ctx    context.Context
	driver *Driver

	mu      sync.Mutex
	conn    *websocket.Conn
	silent  int
	pending map[string]chan Packet
}

var errNotDialled = fmt.Errorf("%w: the controller has not dialled in", driver.ErrLine)

// exchange writes the message and collects its answers by Id.
func (l *link) exchange(ctx context.Context, m Message) ([]Packet, error) {
	body, err := encode(m)
	if err != nil {
		return nil, err
	}
	conn, answers, err := l.expect(m)
	if err != nil {
		return nil, err
	}
	defer l.forget(m)
	if err := conn.Write(ctx, websocket.MessageText, body); err != nil {
		return nil, fmt.Errorf("%w: %w", driver.ErrLine, err)
	}
	out := make([]Packet, 0, len(m.Packets))
	for len(out) < len(m.Packets) {
		select {
		case a, ok := <-answers:
			if !ok {
				return nil, fmt.Errorf("%w: the controller's link broke", driver.ErrLine)
			}
			out = append(out, a)
		case <-ctx.Done():
			if len(out) > 0 {
				return out, nil
			}
			l.missed(conn)
			return nil, fmt.Errorf("%w: %w", driver.ErrNoAnswer, ctx.Err())
		}
	}
	return out, nil
}

// expect registers the message's packets with the present connection.
func (l *link) expect(m Message) (*websocket.Conn, chan Packet, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return nil, nil, errNotDialled
	}
	answers := make(chan Packet, len(m.Packets))
	for _, p := range m.Packets {
		l.pending[p.ID()] = answers
	}
	return l.conn, answers, nil
}

func (l *link) forget(m Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range m.Packets {
		delete(l.pending, p.ID())
	}
}

// missed counts silence and cuts a link that no longer answers.
func (l *link) missed(conn *websocket.Conn) {
	l.mu.Lock()
	l.silent++
	cut := l.silent >= maxSilence
	l.mu.Unlock()
	if cut {
		_ = conn.CloseNow()
	}
}

// answer hands a packet to whoever waits for its Id.
func (l *link) answer(p Packet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, ok := l.pending[p.ID()]
	if !ok {
		l.driver.counts.stale.Add(1)
		return
	}
	delete(l.pending, p.ID())
	l.silent = 0
	waiting <- p // has room for every packet of its message
}

// take makes conn the link; an older one is cut, for the controller has
// dialled again.
func (l *link) take(conn *websocket.Conn) {
	l.mu.Lock()
	old := l.conn
	l.conn, l.silent = conn, 0
	l.breakPending()
	l.mu.Unlock()
	if old != nil {
		_ = old.CloseNow()
	}
}

func (l *link) drop(conn *websocket.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == conn {
		l.conn = nil
		l.breakPending()
	}
}

// breakPending tells everyone who waits that the answer will not come.
func (l *link) breakPending() {
	closed := map[chan Packet]bool{}
	for _, waiting := range l.pending {
		if !closed[waiting] {
			close(waiting)
			closed[waiting] = true
		}
	}
	clear(l.pending)
}

// close does nothing: the end of the driver's context ends the link.
func (l *link) close() {}

// serve takes a controller that dials in, until its link ends.
func (l *link) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		l.driver.log.Warn("controller's link refused", "err", err)
		return
	}
	l.driver.log.Info("controller dialled in", "controller", r.Header.Get(HeaderPtsID),
		"firmware", r.Header.Get(HeaderFirmware), "configuration", r.Header.Get(HeaderConfig))
	conn.SetReadLimit(MaxMessage)
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	records := make(chan Message, maxQueuedUploads)
	var storing sync.WaitGroup
	storing.Go(func() { l.store(ctx, conn, records) })
	l.take(conn)
	err = l.read(ctx, conn, r.Header.Get(HeaderPtsID), records)
	l.drop(conn)
	cancel()
	close(records)
	storing.Wait()
	_ = conn.CloseNow()
	l.driver.log.Info("controller's link ended", "why", err)
}

// read parts what comes: answers to whoever asked, uploads to the store. An
// upload without the controller's name is from the controller that dialled.
func (l *link) read(ctx context.Context, conn *websocket.Conn, controller string, records chan<- Message) error {
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		m, err := Parse(data)
		if kind != websocket.MessageText || err != nil {
			l.driver.counts.garbled.Add(1)
			l.driver.log.Warn("controller's message unreadable", "err", err)
			continue
		}
		uploaded := Message{Fields: m.Fields}
		for _, p := range m.Packets {
			if p.Role() == RoleUpload {
				uploaded.Packets = append(uploaded.Packets, p)
			} else {
				l.answer(p)
			}
		}
		if len(uploaded.Packets) == 0 {
			continue
		}
		if m.PtsID() == "" {
			m.Fields["PtsId"] = text(controller)
		}
		select {
		case records <- uploaded:
		default:
			l.driver.counts.refused.Add(uint64(len(uploaded.Packets)))
		}
	}
}

// store takes uploads beside the reader, because storing may wait for the
// line's owner, who may be waiting for the reader.
func (l *link) store(ctx context.Context, conn *websocket.Conn, records <-chan Message) {
	for m := range records {
		reply := l.driver.uploads.take(ctx, m)
		if len(reply.Packets) == 0 {
			continue
		}
		body, err := reply.MarshalJSON()
		if err != nil {
			l.driver.log.Error("encoding an acknowledgement", "err", err)
			continue
		}
		writing, cancel := context.WithTimeout(ctx, linkWrite)
		err = conn.Write(writing, websocket.MessageText, body)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			l.driver.log.Warn("acknowledging an upload", "err", err)
		}
	}
}
