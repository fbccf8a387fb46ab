package audience

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// greeting is what a server of one kind wants to hear before it sends news.
type greeting func(c *caller) error

// greetings are the kinds of servers an audience can listen to.
var greetings = map[string]greeting{
	"rawtcp":     func(*caller) error { return nil },
	"naive":      func(c *caller) error { return c.upgrade("/") },
	"hub":        greetHub,
	"centrifuge": greetCentrifuge,
	"nats":       greetNATS,
	"socketio":   greetSocketIO,
}

// caller is one connection while it is being made.
type caller struct {
	conn    net.Conn
	in      *bufio.Reader
	address string
	ticket  func() (string, error)
	channel string
}

// upgrade turns the connection into a WebSocket.
func (c *caller) upgrade(path string) error {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails
	_, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", path, c.address, base64.StdEncoding.EncodeToString(key))
	if err != nil {
		return fmt.Errorf("asking for a WebSocket: %w", err)
	}
	status, err := c.in.ReadString('\n')
	if err != nil || !strings.Contains(status, "101") {
		return fmt.Errorf("asking for a WebSocket: answered %q: %w", status, err)
	}
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("reading the answer's header: %w", err)
		}
		if line == "\r\n" {
			return nil
		}
	}
}

// Opcodes of RFC 6455, section 5.2.
const (
	opText   = 0x1
	opBinary = 0x2
)

// say sends one frame, masked as a client's are.
func (c *caller) say(op byte, payload []byte) error {
	frame := []byte{0x80 | op}
	switch {
	case len(payload) < 126:
		frame = append(frame, 0x80|byte(len(payload)))
	default:
		frame = append(frame, 0x80|126)
		frame = binary.BigEndian.AppendUint16(frame, uint16(len(payload)))
	}
	frame = append(frame, 0, 0, 0, 0) // a mask of zeros leaves the payload as it is
	_, err := c.conn.Write(append(frame, payload...))
	return err
}

// hear reads one frame's payload.
func (c *caller) hear() (string, error) {
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return "", fmt.Errorf("reading a frame: %w", err)
	}
	size := uint64(head[1] & 0x7f)
	switch size {
	case 126:
		var wide [2]byte
		if _, err := io.ReadFull(c.in, wide[:]); err != nil {
			return "", err
		}
		size = uint64(binary.BigEndian.Uint16(wide[:]))
	case 127:
		var wide [8]byte
		if _, err := io.ReadFull(c.in, wide[:]); err != nil {
			return "", err
		}
		size = binary.BigEndian.Uint64(wide[:])
	}
	if size > wire.MaxFrameOutBytes {
		return "", fmt.Errorf("a frame of %d bytes", size)
	}
	payload := make([]byte, size)
	_, err := io.ReadFull(c.in, payload)
	return string(payload), err
}

// until hears frames until one contains the text.
func (c *caller) until(text string) error {
	for range 20 {
		got, err := c.hear()
		if err != nil {
			return fmt.Errorf("waiting for %q: %w", text, err)
		}
		if strings.Contains(got, text) {
			return nil
		}
	}
	return fmt.Errorf("waiting for %q in vain", text)
}

// greetHub spends a ticket and follows the channel from a snapshot.
func greetHub(c *caller) error {
	if err := c.upgrade("/v1/live"); err != nil {
		return err
	}
	ticket, err := c.ticket()
	if err != nil {
		return err
	}
	hello, err := wire.Encode(wire.Frame{K: wire.KindHello, D: wire.Body(wire.Hello{
		V: wire.Version, Min: wire.MinVersion, Ticket: ticket,
		Resume: []wire.Position{{Ch: wire.Channel(c.channel), Ep: id.Epoch{}}},
	})})
	if err != nil {
		return err
	}
	if err := c.say(opText, hello); err != nil {
		return err
	}
	return c.until(`"snap"`)
}

func greetCentrifuge(c *caller) error {
	if err := c.upgrade("/connection/websocket"); err != nil {
		return err
	}
	if err := c.say(opText, []byte(`{"id":1,"connect":{}}`)); err != nil {
		return err
	}
	if err := c.until(`"connect"`); err != nil {
		return err
	}
	subscribe, err := json.Marshal(map[string]any{"id": 2, "subscribe": map[string]any{"channel": c.channel}})
	if err != nil {
		return err
	}
	if err := c.say(opText, subscribe); err != nil {
		return err
	}
	return c.until(`"subscribe"`)
}

func greetNATS(c *caller) error {
	if err := c.upgrade("/"); err != nil {
		return err
	}
	if err := c.until("INFO"); err != nil {
		return err
	}
	hello := "CONNECT {\"verbose\":false,\"pedantic\":false,\"protocol\":1}\r\nSUB " + c.channel + " 1\r\nPING\r\n"
	if err := c.say(opBinary, []byte(hello)); err != nil {
		return err
	}
	return c.until("PONG")
}

func greetSocketIO(c *caller) error {
	if err := c.upgrade("/socket.io/?EIO=4&transport=websocket"); err != nil {
		return err
	}
	if err := c.until("0{"); err != nil {
		return err
	}
	if err := c.say(opText, []byte("40")); err != nil {
		return err
	}
	return c.until("40{")
}
