// Package peers is the servers under comparison: this hub, and what a user
// would pick instead. Each offers the same: clients connect to one address, and
// messages are published on schedule, or as fast as the audience takes them.
package peers

import (
	"time"

	"forecourt/hub/bench/internal/mark"
)

// Server is one server under test.
type Server interface {
	// Address is where clients connect.
	Address() string
	// Ticket admits one client, where the server wants tickets.
	Ticket() (string, error)
	// Publish sends one payload to everybody. It is called by one goroutine.
	Publish(seq uint64, payload []byte)
}

// Schedule is a run of messages at a fixed pace.
type Schedule struct {
	PerSecond int
	Bytes     int
	For       time.Duration
}

// Publisher numbers messages and sends them.
type Publisher struct {
	server  Server
	seq     uint64
	payload []byte
}

// NewPublisher makes a Publisher.
func NewPublisher(s Server) *Publisher { return &Publisher{server: s} }

// send publishes the next message as of a moment.
func (p *Publisher) send(bytes int, at time.Time) {
	p.seq++
	p.payload = mark.Payload(p.payload, bytes, p.seq, at.UnixNano())
	p.server.Publish(p.seq, p.payload)
}

// Run publishes on schedule. A message's time is when it was due, whether or
// not the server was able to take it then. It returns how many were sent.
func (p *Publisher) Run(s Schedule) uint64 {
	gap := time.Second / time.Duration(s.PerSecond)
	due := time.Now()
	end := due.Add(s.For)
	var n uint64
	for ; due.Before(end); due = due.Add(gap) {
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		p.send(s.Bytes, due)
		n++
	}
	return n
}

// RunClosed publishes as fast as credits come back, for a while: at most
// outstanding messages are on their way to the audience. It returns how many
// were sent.
func (p *Publisher) RunClosed(bytes, outstanding int, last time.Duration, credits <-chan struct{}) uint64 {
	var n uint64
	for range outstanding {
		p.send(bytes, time.Now())
		n++
	}
	end := time.NewTimer(last)
	defer end.Stop()
	for {
		select {
		case <-end.C:
			return n
		case <-credits:
			p.send(bytes, time.Now())
			n++
		}
	}
}
