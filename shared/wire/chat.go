package wire

import (
	"time"

	"forecourt/shared/id"
)

// Limits of conversations, the same for every client.
const (
	// MaxTextRunes bounds a text message: one event of Chinese text still
	// fits a batch.
	MaxTextRunes = 1000
	// MaxPictureBytes and MaxPictureSide bound a picture: a phone's photograph
	// after its own compression.
	MaxPictureBytes = 5 << 20
	MaxPictureSide  = 8192
	// MaxVoiceBytes and MaxVoiceMS bound a recording: a minute of 16 kHz PCM.
	MaxVoiceBytes = 3 << 20
	MaxVoiceMS    = 60_000
	// MinVoiceMS is what a slip of the finger is shorter than.
	MinVoiceMS = 500
	// MaxParts bounds the parts of a tutorial.
	MaxParts = 12
	// MaxMessagesInSnap bounds the messages of a ChatSnap; older ones are
	// asked for by pages of at most MaxMessagePage.
	MaxMessagesInSnap = 50
	MaxMessagePage    = 100
	// MaxCasesInSnap bounds the open conversations of a SupportSnap,
	// MaxClosedInSnap the closed ones.
	MaxCasesInSnap  = 200
	MaxClosedInSnap = 30
	// MaxCanned bounds the replies kept ready.
	MaxCanned = 100
	// MaxNoteRunes bounds the note of a transfer or a rating.
	MaxNoteRunes = 200
)

// ThreadState is where a conversation stands.
type ThreadState string

// The states.
const (
	ThreadWaiting ThreadState = "waiting" // for an agent
	ThreadActive  ThreadState = "active"  // with an agent
	ThreadClosed  ThreadState = "closed"  // over; it can be reopened
)

// Party is who says something in a conversation.
type Party string

// The parties.
const (
	PartyDriver Party = "driver"
	PartyAgent  Party = "agent"
	PartySystem Party = "system"
)

// Thread is one conversation as both parties see it.
type Thread struct {
	// ID names it.
	ID id.Thread `json:"id"`
	// Station is whose support it is with, by id and name.
	Station     id.Station `json:"station"`
	StationName string     `json:"station_name"`
	// State is where it stands.
	State ThreadState `json:"state"`
	// Agent is who answers, AgentName how they are called here ("客服 4001").
	Agent     id.Staff `json:"agent,omitzero"`
	AgentName string   `json:"agent_name,omitempty"`
	// OpenedAt is when it began; WaitingSince since when it waits, in state
	// waiting; ClosedAt when it was closed last.
	OpenedAt     time.Time `json:"opened_at"`
	WaitingSince time.Time `json:"waiting_since,omitzero"`
	ClosedAt     time.Time `json:"closed_at,omitzero"`
	// Last is the number of the last message, zero before the first; LastAt
	// when that was.
	Last   uint64    `json:"last"`
	LastAt time.Time `json:"last_at,omitzero"`
	// DriverRead and AgentRead are how far each party has read.
	DriverRead uint64 `json:"driver_read"`
	AgentRead  uint64 `json:"agent_read"`
	// DriverUnread and AgentUnread count the other side's messages after that.
	DriverUnread int `json:"driver_unread"`
	AgentUnread  int `json:"agent_unread"`
	// Rating is what the driver thought of it, once closed.
	Rating *Rating `json:"rating,omitempty"`
}

// Rating is a driver's judgement of a conversation.
type Rating struct {
	// Stars is 1 to 5.
	Stars int `json:"stars"`
	// Note is in words.
	Note string `json:"note,omitempty"`
	// At is when.
	At time.Time `json:"at"`
}

// MessageKind says what a message carries.
type MessageKind string

// The kinds.
const (
	MessageText     MessageKind = "text"     // Text
	MessagePicture  MessageKind = "picture"  // Media
	MessageVoice    MessageKind = "voice"    // Media
	MessageTutorial MessageKind = "tutorial" // Text is its title, Parts its body (图文教程)
	MessageEvent    MessageKind = "event"    // Event, said by the system
)

// ChatEvent is something the system says in a conversation.
type ChatEvent string

// The events.
const (
	ChatGreeting    ChatEvent = "greeting"    // Text greets; Wait is the expected waiting time
	ChatAway        ChatEvent = "away"        // Text says when someone will answer
	ChatTaken       ChatEvent = "taken"       // Agent has it
	ChatTransferred ChatEvent = "transferred" // Agent has it from another; Text is the note, for agents only
	ChatReturned    ChatEvent = "returned"    // its agent is gone; it waits again
	ChatEnded       ChatEvent = "ended"       // closed
	ChatReopened    ChatEvent = "reopened"    // open again
)

// Message is one message. It never changes.
type Message struct {
	// ID was made by its sender.
	ID id.Message `json:"id"`
	// Thread is where, N its number there: dense, from 1.
	Thread id.Thread `json:"thread"`
	N      uint64    `json:"n"`
	// From is who said it; Agent the name, of an agent.
	From  Party  `json:"from"`
	Agent string `json:"agent,omitempty"`
	// Kind says which of the fields below count.
	Kind  MessageKind `json:"kind"`
	Text  string      `json:"text,omitempty"`
	Media *Media      `json:"media,omitempty"`
	Parts []Part      `json:"parts,omitempty"`
	Event ChatEvent   `json:"event,omitempty"`
	// WaitSeconds is the expected waiting time, of a greeting.
	WaitSeconds int `json:"wait_seconds,omitempty"`
	// At is when the hub took it.
	At time.Time `json:"at"`
}

// MediaKind says what an upload is.
type MediaKind string

// The kinds.
const (
	MediaPicture MediaKind = "picture"
	MediaVoice   MediaKind = "voice"
)

// Media is an uploaded picture or recording, as its content was found to be.
type Media struct {
	// ID names it.
	ID id.Media `json:"id"`
	// Kind and Type are what it is: picture, "image/jpeg".
	Kind MediaKind `json:"kind"`
	Type string    `json:"type"`
	// Bytes is its size.
	Bytes int `json:"bytes"`
	// Width and Height are a picture's, in pixels.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// DurationMS is a recording's.
	DurationMS int64 `json:"duration_ms,omitempty"`
}

// MediaLink is how to fetch a picture or recording, for a few minutes. The
// addresses are relative to the hub's own and carry their own signature.
type MediaLink struct {
	// URL is the thing itself, Thumb a picture's small copy (JPEG).
	URL   string `json:"url"`
	Thumb string `json:"thumb,omitempty"`
	// ExpiresAt ends both.
	ExpiresAt time.Time `json:"expires_at"`
}

// Part is one part of a tutorial: a paragraph or a picture.
type Part struct {
	// Text is a paragraph.
	Text string `json:"text,omitempty"`
	// Picture is a picture.
	Picture *Media `json:"picture,omitempty"`
}

// ReadMark is how far a party has read.
type ReadMark struct {
	// By is who, N the last message read.
	By Party  `json:"by"`
	N  uint64 `json:"n"`
}

// Typing says that a party is writing. It is over when Until has passed or
// their message has come. A screen sends it up without a body worth reading.
type Typing struct {
	// By is who.
	By Party `json:"by"`
	// Until ends it, by the hub's clock.
	Until time.Time `json:"until"`
}

// Presence is who is there, in one conversation.
type Presence struct {
	// Driver and Agent say whether each is connected.
	Driver bool `json:"driver"`
	Agent  bool `json:"agent"`
}

// ChatSnap is the snapshot of channel chat/ID.
type ChatSnap struct {
	// Thread is the conversation.
	Thread Thread `json:"thread"`
	// Messages holds the last of them, oldest first, at most MaxMessagesInSnap.
	Messages []Message `json:"messages"`
	// Presence is who is there.
	Presence Presence `json:"presence"`
}

// MessageList is a page of older messages, oldest first.
type MessageList struct {
	// Messages holds the page.
	Messages []Message `json:"messages"`
	// More says that there are older ones still.
	More bool `json:"more,omitempty"`
}

// ThreadList is a member's conversations, newest first.
type ThreadList struct {
	// Threads holds them.
	Threads []Thread `json:"threads"`
}

// OpenThread asks for the conversation with a station's support: the open one,
// or else a new one.
type OpenThread struct {
	// Station is whose support.
	Station id.Station `json:"station"`
}

// SendRequest says something.
type SendRequest struct {
	// ID is the message's, made and saved by the sender. Sending it again
	// answers the same message.
	ID id.Message `json:"id"`
	// Kind is text, picture, voice, or for agents tutorial; the system's
	// events are nobody's to send.
	Kind MessageKind `json:"kind"`
	// Text is a text message's.
	Text string `json:"text,omitempty" maxLength:"4000"`
	// Media is an upload in the same conversation, of a picture or voice message.
	Media id.Media `json:"media,omitzero"`
	// Canned is the reply kept ready that a tutorial sends.
	Canned id.Canned `json:"canned,omitzero"`
}

// ReadRequest says how far the caller has read.
type ReadRequest struct {
	// N is the last message read.
	N uint64 `json:"n" minimum:"0" maximum:"9007199254740991"`
}

// RatingRequest judges a closed conversation, once.
type RatingRequest struct {
	// Stars is 1 to 5.
	Stars int `json:"stars" minimum:"1" maximum:"5"`
	// Note is in words.
	Note string `json:"note,omitempty" maxLength:"800"`
}

// TransferRequest gives a conversation to another agent.
type TransferRequest struct {
	// To is the other agent; zero puts it back into the queue.
	To id.Staff `json:"to,omitzero"`
	// Note is for them, and never shown to the driver.
	Note string `json:"note,omitempty" maxLength:"800"`
}

// Preview is the last message in one line.
type Preview struct {
	// From is who, Kind what.
	From Party       `json:"from"`
	Kind MessageKind `json:"kind"`
	// Text is its beginning, at most MaxPreviewRunes; empty for a picture or a recording.
	Text string `json:"text,omitempty"`
	// At is when.
	At time.Time `json:"at"`
}

// MaxPreviewRunes bounds a Preview's text.
const MaxPreviewRunes = 40

// Case is one conversation as the station's agents list it.
type Case struct {
	// Thread is the conversation.
	Thread Thread `json:"thread"`
	// Member is who asks.
	Member MemberBrief `json:"member"`
	// Last is the last message, if there is one.
	Last *Preview `json:"last,omitempty"`
	// Note is what came with the last transfer.
	Note string `json:"note,omitempty"`
}

// CaseList is a page of cases, newest first.
type CaseList struct {
	// Cases holds the page.
	Cases []Case `json:"cases"`
	// Next is the thread to ask before for the following page; zero at the end.
	Next id.Thread `json:"next,omitzero"`
}

// Canned is a reply kept ready: a sentence, or a tutorial with pictures.
type Canned struct {
	// ID names it.
	ID id.Canned `json:"id"`
	// Title is what agents pick it by, and a tutorial's heading.
	Title string `json:"title"`
	// Keys is a short code to type after a slash: "bdcl".
	Keys string `json:"keys,omitempty"`
	// Parts is what it says. One text alone is sent as a text message,
	// anything else as a tutorial.
	Parts []Part `json:"parts"`
}

// Plain is the text of a canned reply that is one sentence; false if it is a
// tutorial.
func (c Canned) Plain() (string, bool) {
	if len(c.Parts) == 1 && c.Parts[0].Picture == nil {
		return c.Parts[0].Text, true
	}
	return "", false
}

// CannedList is every reply kept ready, in the station's order.
type CannedList struct {
	// Canned holds them.
	Canned []Canned `json:"canned"`
}

// CannedRequest adds or replaces a reply kept ready. Pictures were uploaded
// before.
type CannedRequest struct {
	// Title, Keys and Parts as in Canned; of a picture only the id counts.
	Title string       `json:"title" minLength:"1" maxLength:"120"`
	Keys  string       `json:"keys,omitempty" maxLength:"20"`
	Parts []CannedPart `json:"parts" minItems:"1" maxItems:"12"`
}

// CannedPart is a paragraph or a picture of a CannedRequest.
type CannedPart struct {
	// Text is a paragraph.
	Text string `json:"text,omitempty" maxLength:"4000"`
	// Picture is an uploaded picture.
	Picture id.Media `json:"picture,omitzero"`
}

// AssignMode says how a waiting conversation finds its agent.
type AssignMode string

// The modes.
const (
	AssignLeastBusy AssignMode = "least_busy" // to the agent with the fewest
	AssignByHand    AssignMode = "by_hand"    // agents take them
)

// Office is one span of office hours, in the station's zone.
type Office struct {
	// Day is the day of the week, 0 Sunday to 6 Saturday.
	Day int `json:"day" minimum:"0" maximum:"6"`
	// From and To are "08:00" and "22:00"; To "24:00" is midnight.
	From string `json:"from" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$"`
	To   string `json:"to" pattern:"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"`
}

// SupportSettings is how a station's support works.
type SupportSettings struct {
	// Greeting is the first automatic answer, Away the one outside office hours.
	Greeting string `json:"greeting" minLength:"1" maxLength:"800"`
	Away     string `json:"away" minLength:"1" maxLength:"800"`
	// Hours holds the office hours; none means always.
	Hours []Office `json:"hours" maxItems:"28"`
	// Assign is how agents get conversations, MaxEach how many at once.
	Assign  AssignMode `json:"assign" enum:"least_busy,by_hand"`
	MaxEach int        `json:"max_each" minimum:"1" maximum:"50"`
	// Blocked holds words that no message may contain, beside the built-in list.
	Blocked []string `json:"blocked" maxItems:"500"`
}

// Agent is one who answers.
type Agent struct {
	// Staff is who; Number and Name are theirs.
	Staff  id.Staff `json:"staff"`
	Number string   `json:"number"`
	Name   string   `json:"name"`
	// Online says whether they are connected, OnDuty whether they take
	// conversations.
	Online bool `json:"online"`
	OnDuty bool `json:"on_duty"`
	// Active counts the conversations they have in hand.
	Active int `json:"active"`
}

// AgentList is everybody who answers at a station, by number.
type AgentList struct {
	// Agents holds them.
	Agents []Agent `json:"agents"`
}

// DutyRequest says whether the caller takes conversations.
type DutyRequest struct {
	// OnDuty is whether.
	OnDuty bool `json:"on_duty"`
}

// Audience is who is connected, in one piece, at most every second.
type Audience struct {
	// Agents and Threads are the agents, and the open conversations whose
	// drivers, are connected.
	Agents  []id.Staff  `json:"agents"`
	Threads []id.Thread `json:"threads"`
	// Drivers counts the drivers connected to the hub, whether they talk or not.
	Drivers int `json:"drivers"`
}

// SupportSnap is the snapshot of channel support/ID.
type SupportSnap struct {
	// Cases holds the open conversations, and the last closed ones.
	Cases []Case `json:"cases"`
	// Canned is every reply kept ready.
	Canned []Canned `json:"canned"`
	// Agents is who answers.
	Agents []Agent `json:"agents"`
	// Settings is how support works here.
	Settings SupportSettings `json:"settings"`
	// Audience is who is connected.
	Audience Audience `json:"audience"`
}
