// Package admission hands out the tickets that admit one socket, once, within
// seconds: a browser or a till cannot send its token with a WebSocket's first
// request, and a ticket that is seen in a log is already worthless.
//
// Tickets live in memory only. A restart ends them; their holders take new
// ones over HTTPS, as after every connection.
package admission

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"sync"
	"time"

	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

const (
	// TicketTTL is how long a ticket waits for its socket.
	TicketTTL = 30 * time.Second
	// maxTickets bounds those waiting: every phone that comes back at once
	// after an outage, and every screen.
	maxTickets  = 32_768
	ticketBytes = 24
)

// Holder is who a ticket admits.
type Holder struct {
	// Device is where the socket comes from; zero for a driver's phone, which
	// is not enrolled.
	Device device.Actor
	// Staff is the person signed in there, nil for a device by itself.
	Staff *staff.Actor
	// Driver is the member whose phone it is; then all else is zero.
	Driver *Driver
	// Guest is whether it is a phone of nobody in particular; then all else is
	// zero.
	Guest bool
}

// Driver is a member who comes with their own phone.
type Driver struct {
	// Member names them, Number is what people say: "M000123".
	Member id.Member
	Number string
	// Session is the one the ticket was taken with.
	Session member.Session
}

// Booth issues tickets and takes them back. It is safe for concurrent use.
type Booth struct {
	now    func() time.Time
	random io.Reader

	mu      sync.Mutex
	tickets map[[sha256.Size]byte]waiting
}

type waiting struct {
	holder Holder
	until  time.Time
}

// New makes a Booth on a clock and a source of randomness.
func New(now func() time.Time, random io.Reader) *Booth {
	return &Booth{now: now, random: random, tickets: map[[sha256.Size]byte]waiting{}}
}

// Issue makes a ticket for h, or answers wire.ProblemTooMany when too many
// wait.
func (b *Booth) Issue(h Holder) (wire.Ticket, error) {
	secret := make([]byte, ticketBytes)
	if _, err := io.ReadFull(b.random, secret); err != nil {
		return wire.Ticket{}, fmt.Errorf("reading randomness for a ticket: %w", err)
	}
	ticket := base64.RawURLEncoding.EncodeToString(secret)
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if len(b.tickets) >= maxTickets {
		b.sweep(now)
	}
	if len(b.tickets) >= maxTickets {
		return wire.Ticket{}, wire.NewProblem(wire.ProblemTooMany, "too many tickets are waiting")
	}
	until := now.Add(TicketTTL)
	b.tickets[sha256.Sum256([]byte(ticket))] = waiting{holder: h, until: until}
	return wire.Ticket{Ticket: ticket, ExpiresAt: until}, nil
}

// Spend takes a ticket back and says whom it admits; false if it was never
// issued, is spent or has expired.
func (b *Booth) Spend(ticket string) (Holder, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := sha256.Sum256([]byte(ticket)) // looking up a hash leaks no prefix by its timing
	w, ok := b.tickets[key]
	delete(b.tickets, key)
	if !ok || !b.now().Before(w.until) {
		return Holder{}, false
	}
	return w.holder, true
}

func (b *Booth) sweep(now time.Time) {
	for key, w := range b.tickets {
		if !now.Before(w.until) {
			delete(b.tickets, key)
		}
	}
}
