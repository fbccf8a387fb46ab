package link

import (
	"encoding/binary"
	"io"
	"time"
)

const (
	// firstRetry bounds the first wait: a short cut is hardly seen.
	firstRetry = 250 * time.Millisecond
	// maxRetry bounds the wait for a hub that answers and refuses.
	maxRetry = 5 * time.Second
	// maxProbe bounds the wait for a hub that cannot be reached. A try costs
	// such a hub nothing, and screens must live again within one second of
	// the network's return.
	maxProbe = 800 * time.Millisecond
	// dialPatience bounds one try to open a connection: on the station's
	// network an answer takes milliseconds, and a longer wait would sit on a
	// packet lost before the network came back.
	dialPatience = 900 * time.Millisecond
	// longPatience replaces it on every fourth try, for a line so slow that
	// the shorter would never get through.
	longPatience = 5 * time.Second
	// settled is how long a connection must stand before earlier refusals
	// are forgiven.
	settled = 5 * time.Second
)

// Backoff bounds the waits between connections; zero fields take the defaults.
type Backoff struct {
	// First bounds the first wait (250 ms), Max the wait after refusals
	// (5 s), Probe the wait while the hub cannot be reached (800 ms).
	First, Max, Probe time.Duration
}

func (b Backoff) orDefaults() Backoff {
	pick := func(value, fallback time.Duration) time.Duration {
		if value > 0 {
			return value
		}
		return fallback
	}
	return Backoff{pick(b.First, firstRetry), pick(b.Max, maxRetry), pick(b.Probe, maxProbe)}
}

// pace decides how long to wait. Refusals (the hub answered, and closed or
// said no) and failures to reach it are counted apart.
type pace struct {
	Backoff
	random             io.Reader
	refused, unreached int
}

// connected notes that a connection was made.
func (p *pace) connected() { p.unreached = 0 }

// next is the wait after a connection that stood for stood and then ended, or
// after a try that failed (stood zero).
func (p *pace) next(refused bool, stood time.Duration) time.Duration {
	if stood >= settled {
		p.refused = 0
	}
	if refused {
		p.refused++
		return p.jitter(doubled(p.First, p.Max, p.refused))
	}
	p.unreached++
	return p.jitter(doubled(p.First, p.Probe, p.unreached))
}

// patience is how long the next dial may take.
func (p *pace) patience() time.Duration {
	if p.unreached%4 == 3 {
		return longPatience
	}
	return dialPatience
}

// doubled is first for the first time, twice that for the second, up to limit.
func doubled(first, limit time.Duration, times int) time.Duration {
	wait := first
	for ; times > 1 && wait < limit; times-- {
		wait *= 2
	}
	return min(wait, limit)
}

// jitter takes between half of wait and all of it, so that many clients that
// were cut at once do not come back at once.
func (p *pace) jitter(wait time.Duration) time.Duration {
	var raw [8]byte
	if _, err := io.ReadFull(p.random, raw[:]); err != nil || wait < 2 {
		return wait
	}
	half := uint64(wait) / 2
	return time.Duration(half + binary.BigEndian.Uint64(raw[:])%(half+1))
}
