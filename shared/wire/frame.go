package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"forecourt/shared/id"
)

// Kind says what a frame carries; it is the frame's "k".
type Kind string

// Frames that are not events, facts or ticks.
const (
	KindHello   Kind = "hello"   // first frame of every peer: Hello
	KindWelcome Kind = "welcome" // the hub's answer: Welcome
	KindSnap    Kind = "snap"    // whole state of a channel: the channel's snapshot type
	KindAck     Kind = "ack"     // hub to device: facts up to Seq are committed; no body
	KindWant    Kind = "want"    // hub to device: Want, the whole desired state
	KindStatus  Kind = "status"  // device to hub: Status, latest wins
	KindProblem Kind = "problem" // the hub says why before it closes: Problem
	KindJoin    Kind = "join"    // screen to hub: follow channel Ch from (Ep, Seq); no body
	KindLeave   Kind = "leave"   // screen to hub: follow channel Ch no more; no body
	KindRefused Kind = "refused" // hub to screen: channel Ch is not, or no longer, followed: Problem
	KindPing    Kind = "ping"    // screen to hub: are you there? For those who cannot see the socket's own pings; no body
	KindPong    Kind = "pong"    // hub to screen: the answer: Beat, the hub's clock
)

// Facts, device to hub, numbered by the device's journal, lossless.
const (
	KindSaleStarted   Kind = "fact.start" // SaleStarted
	KindSaleEnded     Kind = "fact.sale"  // SaleEnded
	KindGap           Kind = "fact.gap"   // Gap
	KindPriceApplied  Kind = "fact.price" // PriceApplied
	KindAuthorization Kind = "fact.auth"  // AuthorizationUsed
)

// Events of channel forecourt/ID: the live pumps. The epoch is the hub's run.
const (
	KindNozzle  Kind = "nozzle"  // event: Nozzle, the whole new state of one nozzle
	KindReading Kind = "reading" // tick: Reading, litres and money running
	KindBeat    Kind = "beat"    // tick: Beat, once a second
)

// Events of channel desk/ID: what is committed. The epoch lives in the database.
const (
	KindSale   Kind = "sale"   // event: Sale, the whole new state of one sale
	KindPrices Kind = "prices" // event: PriceBoard, all prices and their acknowledgement
	KindProof  Kind = "proof"  // event: NozzleProof, one nozzle's totalizer proof
	KindRoster Kind = "roster" // event: Roster, who is responsible for which nozzles
)

// Events of channel post/STAFF: the station's desk channel as one attendant may
// see it, with its epoch and numbers. What is not theirs comes as a skip.
// KindPrices comes there as well.
const (
	KindRefuel Kind = "refuel" // event: Refuel, the whole new state of a delivery at one of their nozzles
	KindPost   Kind = "post"   // event: Post, what they are responsible for now: take a snapshot
	KindSkip   Kind = "skip"   // event without a body: something that is not theirs
)

// Events of channel security/ID, the head's. The epoch lives in the database.
const (
	KindAlert Kind = "alert" // event: Alert, the whole new state of one alert
)

// Events of channel station/ID: what every driver may see. The epoch is the
// hub's run, as on channel forecourt/ID.
const (
	KindPump   Kind = "pump"   // event: Pump, the public state of one nozzle
	KindTariff Kind = "tariff" // event: Tariff, the prices in force
	KindQueue  Kind = "queue"  // event: Queue, how busy the forecourt is
)

// Events of channel driver/ID: one member's own affairs. The epoch lives in
// the database; a fuelling is a tick.
const (
	KindFuelling Kind = "fuelling" // tick: Fuelling, the delivery on the member's nozzle as it runs
	KindOrder    Kind = "order"    // event: Order, the whole new state of one of the member's sales
	KindNotice   Kind = "notice"   // event: Notice, something the member is told
)

// Events of channel chat/ID, one conversation. The epoch lives in the
// database. KindThread also comes on driver/ID, for each of the member's threads.
const (
	KindThread   Kind = "thread"   // event: Thread, the whole new state of the conversation
	KindMessage  Kind = "message"  // event: Message, a new message
	KindRead     Kind = "read"     // event: ReadMark, how far a party has read
	KindTyping   Kind = "typing"   // tick: Typing; a screen sends it up as well
	KindPresence Kind = "presence" // tick: Presence, who is there
)

// Events of channel support/ID, the queue of a station's support agents. The
// epoch lives in the database.
const (
	KindCase     Kind = "case"     // event: Case, the whole new state of one conversation as agents list it
	KindCanned   Kind = "canned"   // event: CannedList, every reply kept ready
	KindSupport  Kind = "support"  // event: SupportSettings
	KindAgents   Kind = "agents"   // event: AgentList, who answers and how much they have in hand
	KindAudience Kind = "audience" // tick: Audience, who is there, in one piece
)

// Class says how a kind travels.
type Class int

// The classes of Kinds.
const (
	ClassControl Class = iota // the socket's own business
	ClassFact                 // device to hub, dense, lossless
	ClassEvent                // hub to screens, dense, lossless
	ClassTick                 // latest wins, may be dropped
)

// Kinds lists every kind once with its class and an example of its body's
// type (nil: no body). Dispatch, documents and tests come from this table.
var Kinds = map[Kind]struct {
	Class Class
	Body  any
}{
	KindHello:         {ClassControl, Hello{}},
	KindWelcome:       {ClassControl, Welcome{}},
	KindSnap:          {ClassControl, nil},
	KindAck:           {ClassControl, nil},
	KindWant:          {ClassControl, Want{}},
	KindProblem:       {ClassControl, Problem{}},
	KindStatus:        {ClassTick, Status{}},
	KindSaleStarted:   {ClassFact, SaleStarted{}},
	KindSaleEnded:     {ClassFact, SaleEnded{}},
	KindGap:           {ClassFact, Gap{}},
	KindPriceApplied:  {ClassFact, PriceApplied{}},
	KindAuthorization: {ClassFact, AuthorizationUsed{}},
	KindNozzle:        {ClassEvent, Nozzle{}},
	KindReading:       {ClassTick, Reading{}},
	KindBeat:          {ClassTick, Beat{}},
	KindSale:          {ClassEvent, Sale{}},
	KindPrices:        {ClassEvent, PriceBoard{}},
	KindProof:         {ClassEvent, NozzleProof{}},
	KindJoin:          {ClassControl, nil},
	KindLeave:         {ClassControl, nil},
	KindRefused:       {ClassControl, Problem{}},
	KindPing:          {ClassControl, nil},
	KindPong:          {ClassControl, Beat{}},
	KindPump:          {ClassEvent, Pump{}},
	KindTariff:        {ClassEvent, Tariff{}},
	KindQueue:         {ClassEvent, Queue{}},
	KindFuelling:      {ClassTick, Fuelling{}},
	KindOrder:         {ClassEvent, Order{}},
	KindNotice:        {ClassEvent, Notice{}},
	KindThread:        {ClassEvent, Thread{}},
	KindMessage:       {ClassEvent, Message{}},
	KindRead:          {ClassEvent, ReadMark{}},
	KindTyping:        {ClassTick, Typing{}},
	KindPresence:      {ClassTick, Presence{}},
	KindCase:          {ClassEvent, Case{}},
	KindCanned:        {ClassEvent, CannedList{}},
	KindSupport:       {ClassEvent, SupportSettings{}},
	KindAgents:        {ClassEvent, AgentList{}},
	KindAudience:      {ClassTick, Audience{}},
	KindRoster:        {ClassEvent, Roster{}},
	KindRefuel:        {ClassEvent, Refuel{}},
	KindPost:          {ClassEvent, Post{}},
	KindSkip:          {ClassEvent, nil},
	KindAlert:         {ClassEvent, Alert{}},
}

// Frame is one object on the socket. Several may share one WebSocket text
// message, one a line; a frame itself holds no newline.
type Frame struct {
	// K says what the frame carries.
	K Kind `json:"k"`
	// Ch is the channel of a snapshot, event or tick.
	Ch Channel `json:"ch,omitempty"`
	// Ep is the channel's epoch, on a snapshot.
	Ep id.Epoch `json:"ep,omitzero"`
	// Seq numbers an event or fact; on a snapshot it is the last event
	// included; on a tick the last event known when it was made, so that a
	// late tick never overwrites newer news, or 0 if its maker knows none, and
	// then it counts when it arrives; on an ack the last fact taken.
	Seq uint64 `json:"seq,omitempty"`
	// At is when it happened, by the clock of the process that numbered it.
	At time.Time `json:"at,omitzero"`
	// D is the body.
	D json.RawMessage `json:"d,omitempty"`
}

// Channel names a stream: "forecourt/01J...", "chat/01J...".
type Channel string

// Forecourt is the channel of a station's live pumps.
func Forecourt(s id.Station) Channel { return Channel("forecourt/" + s.String()) }

// Desk is the channel of a station's committed sales and prices.
func Desk(s id.Station) Channel { return Channel("desk/" + s.String()) }

// PublicStation is the channel of what any driver may see of a station.
func PublicStation(s id.Station) Channel { return Channel("station/" + s.String()) }

// DriverOf is the channel of one member's own affairs.
func DriverOf(m id.Member) Channel { return Channel("driver/" + m.String()) }

// Chat is the channel of one conversation.
func Chat(t id.Thread) Channel { return Channel("chat/" + t.String()) }

// Support is the channel of a station's support agents.
func Support(s id.Station) Channel { return Channel("support/" + s.String()) }

// PostOf is the channel of one attendant.
func PostOf(s id.Staff) Channel { return Channel("post/" + s.String()) }

// Security is the channel of a station's alerts.
func Security(s id.Station) Channel { return Channel("security/" + s.String()) }

// Split parts a channel into its family ("forecourt", "desk", "station",
// "driver", "chat", "support", "post", "security") and the id behind it.
func (c Channel) Split() (family, name string) {
	family, name, _ = strings.Cut(string(c), "/")
	return family, name
}

// Position is a place in a channel; positions of different epochs do not compare.
type Position struct {
	// Ch is the channel.
	Ch Channel `json:"ch"`
	// Ep is the epoch the sequence belongs to.
	Ep id.Epoch `json:"ep,omitzero"`
	// Seq is the last event the peer has.
	Seq uint64 `json:"seq"`
}

// Hello opens every connection.
type Hello struct {
	// V is the version the peer speaks, Min the oldest it accepts.
	V   int `json:"v"`
	Min int `json:"min"`
	// Ticket was taken over HTTPS moments ago and is spent by this frame.
	Ticket string `json:"ticket"`
	// Resume asks for channels; a zero epoch asks for a snapshot.
	Resume []Position `json:"resume,omitempty"`
	// Journal is a device's journal; its facts are numbered within it.
	Journal id.Journal `json:"journal,omitzero"`
}

// Welcome answers a good hello.
type Welcome struct {
	// V is the version both will speak.
	V int `json:"v"`
	// Now is the hub's clock.
	Now time.Time `json:"now"`
	// Acked is the last fact of the device's journal that is committed.
	Acked uint64 `json:"acked,omitempty"`
}

// ErrFrame says that bytes are not a frame.
var ErrFrame = errors.New("wire: not a frame")

// Encode writes one frame without a trailing newline.
func Encode(f Frame) ([]byte, error) {
	b, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("wire: encoding %q: %w", f.K, err)
	}
	return b, nil
}

// Body encodes v into a frame's D. The types of this package always encode.
func Body(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("wire: %T does not encode: %v", v, err))
	}
	return b
}

// Decode reads every frame of one WebSocket message. Unknown fields are
// ignored; a frame without a kind, or anything that is not one object a line,
// is ErrFrame.
func Decode(message []byte) ([]Frame, error) {
	var frames []Frame
	for line := range bytes.SplitSeq(message, []byte{'\n'}) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var f Frame
		if err := json.Unmarshal(line, &f); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFrame, err)
		}
		if f.K == "" {
			return nil, fmt.Errorf("%w: no kind", ErrFrame)
		}
		frames = append(frames, f)
	}
	return frames, nil
}

// Read decodes a body, ignoring unknown fields, as receivers of events do. A
// null is not a body.
func Read[T any](d json.RawMessage) (T, error) {
	var v T
	if isNull(d) {
		return v, fmt.Errorf("%w: null for a %T", ErrFrame, v)
	}
	if err := json.Unmarshal(d, &v); err != nil {
		return v, fmt.Errorf("%w: body of %T: %w", ErrFrame, v, err)
	}
	return v, nil
}

func isNull(d json.RawMessage) bool { return string(bytes.TrimSpace(d)) == "null" }

// ReadStrict decodes a body and refuses unknown fields, as the hub does with
// facts and commands: a field that is not understood may change the meaning.
func ReadStrict[T any](d json.RawMessage) (T, error) {
	var v T
	if isNull(d) {
		return v, fmt.Errorf("%w: null for a %T", ErrFrame, v)
	}
	dec := json.NewDecoder(bytes.NewReader(d))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return v, fmt.Errorf("%w: body of %T: %w", ErrFrame, v, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return v, fmt.Errorf("%w: something after the body", ErrFrame)
	}
	return v, nil
}
