// Package chat holds the conversations between drivers and the support agents
// of their station (在线客服): their rules, their rows, and the live ones in
// memory.
//
// # What it promises
//
//   - A conversation is waiting, active or closed, and every step between
//     those is a method of Thread that refuses what may not be. A member has
//     one open conversation with a station at most; the database sees to that.
//   - Messages are numbered from 1 without a hole and never change. A message's
//     id is made by its sender and is known once: saying it again finds it.
//   - What is said, and what agents and drivers note, is sealed in the
//     database with the member's key, each field bound to its row. Once that
//     key is destroyed it reads as erased (ErasedText), and lists go on.
//   - An agent is known to drivers by number ("客服 4001"), never by name.
//   - Rooms holds the live conversations and who is there. It is a copy: what
//     it lacks, or lost, is read from the database.
//
// # Lock order
//
// Inside a transaction: the duty rows of the station (LockDuty), then the
// conversation's row, then its messages.
//
// Errors meant for people are *wire.Problem.
package chat

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ErrNone says that there is no such thread, message or canned reply.
var ErrNone = errors.New("chat: no such thing")

const (
	// ReopenWithin is how long after the closing a driver's word opens the
	// same conversation again; later it begins a new one.
	ReopenWithin = 24 * time.Hour
	// ReturnAfter is how long an agent may be gone before what they have in
	// hand waits for another.
	ReturnAfter = 5 * time.Minute
	// LastHandled is how many finished conversations the expected wait is
	// taken from.
	LastHandled = 20
)

// Agent is somebody who answers.
type Agent struct {
	// Staff is who; Number is what drivers know them by.
	Staff  id.Staff
	Number string
	// Head may have any conversation of the station.
	Head bool
}

// AgentName is what an agent is called in a conversation.
func AgentName(number string) string {
	if number == "" {
		return ""
	}
	return "客服 " + number
}

// Thread is one conversation as the hub keeps it.
type Thread struct {
	ID      id.Thread
	Station id.Station
	Member  id.Member
	State   wire.ThreadState
	// Agent has it in hand, or had it last when it is closed.
	Agent       id.Staff
	AgentNumber string `db:"agent_number"`
	// LeftBy put it back into the queue and does not get it by itself again.
	LeftBy id.Staff `db:"left_by"`
	// OpenedAt is when it began; the others are zero while they do not apply.
	// TakenAt is since when it is in hand, whoever's.
	OpenedAt     time.Time `db:"opened_at"`
	WaitingSince time.Time `db:"waiting_since"`
	TakenAt      time.Time `db:"taken_at"`
	ClosedAt     time.Time `db:"closed_at"`
	// Closings counts how often it was closed.
	Closings int
	// Last numbers the messages; Spoken is the last that a person said.
	Last   uint64
	LastAt time.Time `db:"last_at"`
	Spoken uint64
	// How far each party has read, and what they have not.
	DriverRead   uint64 `db:"driver_read"`
	AgentRead    uint64 `db:"agent_read"`
	DriverUnread int    `db:"driver_unread"`
	AgentUnread  int    `db:"agent_unread"`
	// Told is the message that the member was last sent a notice of.
	Told uint64
	// Note came with the last transfer; for agents only.
	Note string

	// StationName and Rating come from other tables. Rating is of the last
	// closing.
	StationName string `db:"station_name"`
	Rating      *wire.Rating
}

// Wire is the conversation as both parties see it.
func (t Thread) Wire() wire.Thread {
	return wire.Thread{
		ID: t.ID, Station: t.Station, StationName: t.StationName, State: t.State,
		Agent: t.Agent, AgentName: AgentName(t.AgentNumber),
		OpenedAt: t.OpenedAt, WaitingSince: t.WaitingSince, ClosedAt: t.ClosedAt,
		Last: t.Last, LastAt: t.LastAt,
		DriverRead: t.DriverRead, AgentRead: t.AgentRead,
		DriverUnread: t.DriverUnread, AgentUnread: t.AgentUnread,
		Rating: t.Rating,
	}
}

// NewThread is a conversation that begins at now and waits.
func NewThread(which id.Thread, at id.Station, stationName string, m id.Member, now time.Time) Thread {
	return Thread{
		ID: which, Station: at, StationName: stationName, Member: m, State: wire.ThreadWaiting,
		OpenedAt: now, WaitingSince: now,
	}
}

// Message is one message as the hub keeps it.
type Message struct {
	wire.Message
	// Staff is who said it, of an agent.
	Staff id.Staff
	// Canned is the reply kept ready that it was made of.
	Canned id.Canned
}

// Same reports whether a message is what a sender asks to say once more: by
// the same person, in the same conversation, the same thing.
func (m Message) Same(by wire.Party, staff id.Staff, in id.Thread, req wire.SendRequest) bool {
	var media id.Media
	if m.Media != nil {
		media = m.Media.ID
	}
	text := m.Text
	if m.Kind == wire.MessageTutorial {
		text = "" // it came from the canned reply
	}
	return m.From == by && m.Staff == staff && m.Thread == in && m.Kind == req.Kind &&
		text == strings.TrimSpace(req.Text) && media == req.Media && m.Canned == req.Canned
}

// Preview is the message in one line.
func (m Message) Preview() *wire.Preview {
	text := strings.Join(strings.Fields(m.Text), " ")
	if r := []rune(text); len(r) > wire.MaxPreviewRunes {
		text = string(r[:wire.MaxPreviewRunes-1]) + "…"
	}
	return &wire.Preview{From: m.From, Kind: m.Kind, Text: text, At: m.At}
}

// CleanText is what people typed without blanks around it, or
// wire.ProblemBadRequest: it has to be valid UTF-8 of 1 to most runes and to
// hold no control character but the newline.
func CleanText(text string, most int) (string, error) {
	if !utf8.ValidString(text) {
		return "", badRequest("text is not UTF-8")
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if n := utf8.RuneCountInString(text); n < 1 || n > most {
		return "", badRequest("text has to have 1 to %d characters", most)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		return "", badRequest("text holds a control character")
	}
	return text, nil
}

// CleanNote is a note, which may be empty, as CleanText.
func CleanNote(note string) (string, error) {
	if strings.TrimSpace(note) == "" && utf8.ValidString(note) {
		return "", nil
	}
	return CleanText(note, wire.MaxNoteRunes)
}
