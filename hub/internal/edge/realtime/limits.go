package realtime

import (
	"runtime"
	"time"
)

// Limits bounds everything a peer can make the hub hold or wait for.
type Limits struct {
	// Connections bounds the sockets in all; one more is answered 503.
	Connections int
	// Strangers bounds the sockets whose hello has not come. When there are
	// more, one that has said nothing for a second makes room.
	Strangers int
	// PerPeer bounds the sockets of one person at one device, and those of one
	// member. The newest
	// wins: after a power cut the old one is a ghost that would otherwise
	// keep its owner out. A pumpd always has exactly one.
	PerPeer int
	// Guests bounds the sockets of all guests together, so that those who
	// only look never take the room of those who work or pay. The newest
	// wins, as above. Left zero it is a quarter of Connections.
	Guests int
	// Hello is how long a socket may stay silent before its hello.
	Hello time.Duration
	// Write is how long a peer may take nothing of what it is sent; a large
	// snapshot on a slow line may take longer in all.
	Write time.Duration
	// Silence is how long a pumpd may say nothing; it reports every second.
	Silence time.Duration
	// Ping is how often a screen's line is tried. Two tries without an answer
	// end it.
	Ping time.Duration
	// Window is the least time between two rounds of writing: the first news
	// leaves at once, what comes within the window leaves together. Below
	// zero there is none.
	Window time.Duration
	// Shards is how many goroutines write; each connection belongs to one.
	Shards int
	// RingEvents and RingBytes bound the events a channel's log holds for
	// those who are behind.
	RingEvents int
	RingBytes  int
	// SnapshotFor is how long a snapshot is handed out again, so that a
	// thousand tills coming back together cost one.
	SnapshotFor time.Duration
	// SnapshotRetry is the wait after a snapshot that could not be had.
	SnapshotRetry time.Duration
	// SendBuffer bounds what the kernel holds for one socket.
	SendBuffer int
}

// DefaultLimits is what products run with.
func DefaultLimits() Limits {
	return Limits{
		Connections:   20_000,
		Strangers:     1024,
		PerPeer:       4,
		Guests:        5000,
		Hello:         5 * time.Second,
		Write:         5 * time.Second,
		Silence:       10 * time.Second,
		Ping:          15 * time.Second,
		Window:        10 * time.Millisecond,
		Shards:        runtime.GOMAXPROCS(0),
		RingEvents:    4096,
		RingBytes:     4 << 20,
		SnapshotFor:   250 * time.Millisecond,
		SnapshotRetry: time.Second,
		SendBuffer:    256 << 10,
	}
}

// withDefaults fills what was left zero.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	fill(&l.Connections, d.Connections)
	fill(&l.Strangers, d.Strangers)
	fill(&l.PerPeer, d.PerPeer)
	fill(&l.Guests, max(1, l.Connections/4))
	fill(&l.Hello, d.Hello)
	fill(&l.Write, d.Write)
	fill(&l.Silence, d.Silence)
	fill(&l.Ping, d.Ping)
	fill(&l.Window, d.Window)
	fill(&l.Shards, d.Shards)
	fill(&l.RingEvents, d.RingEvents)
	fill(&l.RingBytes, d.RingBytes)
	fill(&l.SnapshotFor, d.SnapshotFor)
	fill(&l.SnapshotRetry, d.SnapshotRetry)
	fill(&l.SendBuffer, d.SendBuffer)
	return l
}

func fill[T comparable](to *T, value T) {
	var zero T
	if *to == zero {
		*to = value
	}
}
