// Package notify takes messages out of the house to drivers' phones: to a
// webhook that the owner names, or, for trying things out, into a file.
//
// # What it promises
//
//   - A message is either taken over by the other side, or Send returns an
//     error within a few seconds; trying again is the caller's.
//   - Nothing of what the other side answers is used or kept, and no redirect
//     is followed: the numbers go to the configured address only.
//   - Neither numbers nor texts appear in errors or logs.
package notify

import (
	"context"
	"time"

	"forecourt/hub/internal/domain/notice"
	"forecourt/shared/id"
)

// Off sends nothing: every message is notice.ErrOff.
type Off struct{}

// Send implements notice.Notifier.
func (Off) Send(context.Context, notice.To, notice.Message) error { return notice.ErrOff }

// body is a message as it leaves the house.
type body struct {
	// ID is the same each time a message is tried.
	ID id.Notice `json:"id"`
	// Kind is "login.code", "chat.message", "chat.closed".
	Kind string `json:"kind"`
	// Phone is where to, 11 digits.
	Phone string `json:"phone"`
	// Title and Text are for people.
	Title string `json:"title"`
	Text  string `json:"text"`
	// At is when what it tells of happened.
	At time.Time `json:"at"`
}

func bodyOf(to notice.To, m notice.Message) body {
	return body{ID: m.ID, Kind: m.Kind, Phone: to.Phone, Title: m.Title, Text: m.Text, At: m.At.UTC()}
}
