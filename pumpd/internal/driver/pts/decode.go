package pts

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// decoded is one line that Decode prints: a packet, or what was unreadable.
type decoded struct {
	Controller string `json:"controller,omitempty"`
	ID         string `json:"id,omitempty"`
	Role       Role   `json:"role,omitempty"`
	Type       string `json:"type,omitempty"`
	Pump       int    `json:"pump,omitempty"`
	Words      string `json:"words,omitempty"`
	Error      string `json:"error,omitempty"`
	Bytes      string `json:"bytes,omitempty"`
}

// Decode reads jsonPTS messages, concatenated or one a line, and prints one
// JSON object per packet saying what it means. What is no message is printed
// with its error, and reading goes on after it. bad counts those and packets
// whose figures are unreadable; err is a failure to read or write.
func Decode(r io.Reader, w io.Writer) (bad int, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for {
		raw, broken, err := nextValue(in)
		if errors.Is(err, io.EOF) && len(raw) == 0 {
			return bad, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return bad, fmt.Errorf("reading messages: %w", err)
		}
		m, parseErr := Parse(raw)
		if broken != nil {
			parseErr = broken
		}
		lines := describeMessage(m)
		if parseErr != nil {
			bad++
			lines = []decoded{{Error: parseErr.Error(), Bytes: clip(raw)}}
		}
		for _, line := range lines {
			if strings.HasPrefix(line.Words, unreadable) {
				bad++
			}
			if err := out.Encode(line); err != nil {
				return bad, fmt.Errorf("printing: %w", err)
			}
		}
	}
}

func describeMessage(m Message) []decoded {
	lines := make([]decoded, 0, len(m.Packets))
	for _, p := range m.Packets {
		r := reader{from: p.Data()}
		lines = append(lines, decoded{
			Controller: m.PtsID(), ID: p.ID(), Role: p.Role(), Type: p.Type(), Pump: r.number("Pump"), Words: Describe(p),
		})
	}
	return lines
}

// clip shows the beginning of what was unreadable.
func clip(raw []byte) string {
	const most = 120
	return string(bytes.ToValidUTF8(raw[:min(len(raw), most)], []byte("?")))
}

var errUnbalanced = fmt.Errorf("%w: braces do not close", ErrMessage)

// nextValue cuts the next JSON object out of the stream by its braces. A
// stretch that begins with anything else runs to the end of its line. An
// object that a new line beginning with {"Protocol" interrupts was cut short.
func nextValue(in *bufio.Reader) (raw []byte, broken, err error) {
	var c cutter
	for {
		b, err := in.ReadByte()
		if err != nil {
			raw := bytes.TrimSpace(c.raw)
			if len(raw) > 0 && c.depth > 0 {
				broken = errUnbalanced
			}
			return raw, broken, err
		}
		if done := c.add(b); done {
			return bytes.TrimSpace(c.raw), nil, nil
		}
		if len(c.raw) > MaxMessage {
			return c.raw, fmt.Errorf("%w: longer than %d bytes", ErrMessage, MaxMessage), nil
		}
		if b == '\n' && c.depth > 0 && startsMessage(in) {
			return bytes.TrimSpace(c.raw), errUnbalanced, nil
		}
	}
}

// startsMessage looks whether the next line is the beginning of a message.
func startsMessage(in *bufio.Reader) bool {
	next, _ := in.Peek(len(`{"Protocol"`))
	return string(next) == `{"Protocol"`
}

// cutter follows the braces and strings of one JSON object.
type cutter struct {
	raw              []byte
	depth            int
	inText, escaped  bool
	garbage, started bool
}

// add takes a byte and answers whether the object, or the garbage, is complete.
func (c *cutter) add(b byte) bool {
	blank := b == ' ' || b == '\t' || b == '\r' || b == '\n'
	if !c.started && blank {
		return false
	}
	if !c.started {
		c.started, c.garbage = true, b != '{'
	}
	c.raw = append(c.raw, b)
	if c.garbage {
		return b == '\n'
	}
	switch {
	case c.escaped:
		c.escaped = false
	case c.inText && b == '\\':
		c.escaped = true
	case b == '"':
		c.inText = !c.inText
	case c.inText:
	case b == '{':
		c.depth++
	case b == '}':
		c.depth--
		return c.depth == 0
	}
	return false
}
