// Package notice is what members are told outside the app, for when they do
// not look: "your agent has answered".
//
// # What it promises
//
//   - A notice is kept by the transaction that has something to tell, and
//     offered for sending until it was sent, was seen in the app, lost its
//     point, or a day has passed. A failed try is made again, later each time.
//   - One that still waits stands for all of its kind about the same
//     conversation: ten messages in a minute ring the phone once.
//   - Texts are sealed in the database, and tell what happened, never what was
//     said: a text message lies open on a locked screen.
//
// Sending is somebody else's: a Notifier. It may happen twice with the same
// ID when a success was not noted; receivers know a notice by its ID.
package notice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// To is who is told.
type To struct {
	// Member is who, zero when nobody knows yet: a code for a first login.
	Member id.Member
	// Phone is their mobile number, 11 digits.
	Phone string
}

// Message is what is sent.
type Message struct {
	// ID is the same each time a message is tried.
	ID id.Notice
	// Kind says what it is about: a wire.NoticeKind, or KindLoginCode.
	Kind string
	// Title and Text are for people, in Chinese.
	Title, Text string
	// At is when what it tells of happened.
	At time.Time
}

// Notifier sends messages to phones. It returns nil once somebody else has
// taken the message over.
type Notifier interface {
	Send(ctx context.Context, to To, m Message) error
}

// ErrOff says that this hub is not set up to send anything.
var ErrOff = errors.New("notice: sending is switched off; see notify in the configuration")

// KindLoginCode is the kind of a message with a one-time code.
const KindLoginCode = "login.code"

// Codes sends one-time codes for logins through n.
func Codes(n Notifier, ids *id.Maker) func(ctx context.Context, phone, code string, expires time.Time) error {
	return func(ctx context.Context, phone, code string, expires time.Time) error {
		key := id.New[id.Notice](ids)
		left := expires.Sub(key.Time()).Round(time.Minute)
		return n.Send(ctx, To{Phone: phone}, Message{
			ID: key, Kind: KindLoginCode, Title: "登录验证码", At: key.Time(),
			Text: fmt.Sprintf("您的验证码是 %s，%d 分钟内有效。请勿告诉他人。", code, int(left/time.Minute)),
		})
	}
}

// Notice is something a member is to be told.
type Notice struct {
	Member id.Member
	Kind   wire.NoticeKind
	// Thread is which conversation, zero if none.
	Thread id.Thread
	// Title and Text are for people; see Words.
	Title, Text string
	// After is how long to wait before sending, in case they look by themselves.
	After time.Duration
}

// Words are the title and text of a kind. They tell what happened and never
// what was said.
func Words(kind wire.NoticeKind) (title, text string) {
	switch kind {
	case wire.NoticeChatMessage:
		return "客服消息", "客服回复了您的咨询，请打开小程序查看"
	case wire.NoticeChatClosed:
		return "会话已结束", "您的咨询已结束，请打开小程序评价本次服务"
	}
	return "新消息", "您有一条新消息，请打开小程序查看"
}

// Due is a notice whose time has come.
type Due struct {
	wire.Notice
	// Member is who is to be told, Tries how often it was tried.
	Member id.Member
	Tries  int
}

// Message is what a Notifier is given.
func (d Due) Message() Message {
	return Message{ID: d.ID, Kind: string(d.Kind), Title: d.Title, Text: d.Text, At: d.At}
}

// The waits between tries, and when there is no point any more.
const (
	firstWait   = 10 * time.Second
	waitLimit   = 30 * time.Minute
	giveUpAfter = 24 * time.Hour
	// keepDone is how long a notice is kept once it is done.
	keepDone = 30 * 24 * time.Hour
)
