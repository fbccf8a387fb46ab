package pts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// Limits of a message. The first two are the controller's own (jsonPTS
// document, HTTP communication): it drops what exceeds them.
const (
	// MaxRequest is the controller's input buffer, in bytes.
	MaxRequest = 16 << 10
	// MaxTokens is how many JSON tokens it parses in one message.
	MaxTokens = 600
	// MaxMessage bounds what we read: a report of a busy day is some hundred
	// kilobytes, so this is far above anything honest.
	MaxMessage = 4 << 20
)

// protocolName stands in every envelope.
const protocolName = "jsonPTS"

// ErrMessage says that bytes are not a jsonPTS message.
var ErrMessage = errors.New("pts: not a jsonPTS message")

// Object is a JSON object whose values stay exactly as they came.
type Object map[string]json.RawMessage

// Message is the envelope and its packets. Fields holds the envelope's other
// fields ("Protocol", "PtsId" and whatever a firmware adds), not "Packets".
type Message struct {
	Fields  Object
	Packets []Packet
}

// Packet is one request, answer or upload with all its fields: "Id", "Type",
// "Data", "Error", "Code", "Message" and whatever else came.
type Packet Object

// NewMessage makes a message of packets.
func NewMessage(packets ...Packet) Message {
	return Message{Fields: Object{"Protocol": text(protocolName)}, Packets: packets}
}

// Parse reads one message. What it cannot read is ErrMessage.
func Parse(data []byte) (Message, error) {
	var m Message
	if len(data) > MaxMessage {
		return m, fmt.Errorf("%w: %d bytes, the limit is %d", ErrMessage, len(data), MaxMessage)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		if errors.Is(err, ErrMessage) {
			return Message{}, err
		}
		return Message{}, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return m, nil
}

// UnmarshalJSON reads the envelope and its packets.
func (m *Message) UnmarshalJSON(data []byte) error {
	var fields Object
	if err := json.Unmarshal(data, &fields); err != nil {
		return fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if name := fields.Text("Protocol"); name != protocolName {
		return fmt.Errorf("%w: protocol %.20q", ErrMessage, name)
	}
	var packets []Packet
	if err := json.Unmarshal(fields["Packets"], &packets); err != nil {
		return fmt.Errorf("%w: packets: %w", ErrMessage, err)
	}
	if packets == nil || slices.ContainsFunc(packets, func(p Packet) bool { return p == nil }) {
		return fmt.Errorf("%w: null for packets", ErrMessage)
	}
	delete(fields, "Packets")
	m.Fields, m.Packets = fields, packets
	return nil
}

// MarshalJSON writes the envelope: protocol and controller first, packets last.
func (m Message) MarshalJSON() ([]byte, error) {
	packets, err := json.Marshal(m.Packets)
	if err != nil {
		return nil, fmt.Errorf("encoding packets: %w", err)
	}
	if m.Packets == nil {
		packets = []byte("[]")
	}
	all := maps.Clone(m.Fields)
	if all == nil {
		all = Object{}
	}
	all["Packets"] = packets
	return all.encode("Protocol", "PtsId", "Packets")
}

// MarshalJSON writes the fields in the order people expect to read.
func (p Packet) MarshalJSON() ([]byte, error) {
	return Object(p).encode("Id", "Type", "Error", "Code", "Message", "Data")
}

// encode writes the fields named first in that order, then the others by name.
func (o Object) encode(first ...string) ([]byte, error) {
	names := slices.DeleteFunc(slices.Clone(first), func(n string) bool { _, ok := o[n]; return !ok })
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(first, name) {
			names = append(names, name)
		}
	}
	var out bytes.Buffer
	out.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(text(name))
		out.WriteByte(':')
		if len(o[name]) == 0 {
			return nil, fmt.Errorf("pts: field %q has no value", name)
		}
		out.Write(o[name])
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// text is a string as a JSON value.
func text(s string) json.RawMessage {
	data, err := json.Marshal(s)
	if err != nil { // a string always encodes
		panic(err)
	}
	return data
}

// PtsID is the controller that sent the message by itself, upper case; ""
// in answers.
func (m Message) PtsID() string { return controllerID(m.Fields.Text("PtsId")) }

// NewRequest makes a request packet. data is encoded as it is; nil leaves the
// field out.
func NewRequest(id int, kind string, data any) (Packet, error) {
	p := Packet{"Id": json.RawMessage(strconv.Itoa(id)), "Type": text(kind)}
	if data == nil {
		return p, nil
	}
	return p.with("Data", data)
}

// ID is the packet's number as text: some firmwares send it back as a string.
func (p Packet) ID() string { return Object(p).Text("Id") }

// Type is what the packet is; "" where the controller left it out.
func (p Packet) Type() string { return Object(p).Text("Type") }

// Data is the packet's object; nil when there is none or it is an array.
func (p Packet) Data() Object { return Object(p).Object("Data") }

// List is the packet's array of objects; a single object counts as a list of
// one, "none" as an empty list. What is not an object is ErrMessage.
func (p Packet) List() ([]Object, error) {
	if one := p.Data(); one != nil {
		return []Object{one}, nil
	}
	if !Object(p).Has("Data") {
		return nil, nil
	}
	var list []Object
	if err := json.Unmarshal(p["Data"], &list); err != nil {
		return nil, fmt.Errorf("%w: list of %s: %w", ErrMessage, p.Type(), err)
	}
	return slices.DeleteFunc(list, func(o Object) bool { return o == nil }), nil
}

// Message is the controller's word: "OK" or "JSONPTS_ERROR_...".
func (p Packet) Message() string { return Object(p).Text("Message") }

// Failed reports whether the packet says that its request failed. An explicit
// "Error":false is no failure.
func (p Packet) Failed() bool { return Object(p).Flag("Error") }

// Answer makes the packet that answers p with data.
func (p Packet) Answer(kind string, data any) (Packet, error) {
	return Packet{"Id": p.idOrZero(), "Type": text(kind)}.with("Data", data)
}

// Accept makes the packet that says OK to p.
func (p Packet) Accept() Packet {
	return Packet{"Id": p.idOrZero(), "Type": text(p.Type()), "Message": text(messageOK)}
}

// Refuse makes the packet that says no to p.
func (p Packet) Refuse(code int, message string) Packet {
	return Packet{
		"Id": p.idOrZero(), "Type": text(p.Type()), "Error": json.RawMessage("true"),
		"Code": json.RawMessage(strconv.Itoa(code)), "Message": text(message),
	}
}

// messageOK is what a controller or server says when all is well.
const messageOK = "OK"

func (p Packet) idOrZero() json.RawMessage {
	if raw, ok := p["Id"]; ok {
		return raw
	}
	return json.RawMessage("0")
}

// decode reads the packet's data into a value.
func (p Packet) decode(into any) error {
	if err := json.Unmarshal(p["Data"], into); err != nil {
		return fmt.Errorf("%w: data of %s: %w", ErrMessage, p.Type(), err)
	}
	return nil
}

func (p Packet) with(name string, value any) (Packet, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encoding %s of %s: %w", name, p.Type(), err)
	}
	p[name] = data
	return p, nil
}

// Tokens counts the tokens of valid JSON as the controller does: every object,
// array, name and value is one.
func Tokens(data []byte) (int, error) {
	count := 0
	for dec := json.NewDecoder(bytes.NewReader(data)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return count, nil
		}
		if err != nil {
			return 0, fmt.Errorf("counting tokens: %w", err)
		}
		if d, ok := token.(json.Delim); !ok || d == '{' || d == '[' {
			count++
		}
	}
}
