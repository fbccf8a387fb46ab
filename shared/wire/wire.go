// Package wire is every message that crosses a process: the frames of the
// socket, the facts and wishes between pumpd and the hub, the events that
// screens fold, and the bodies of requests and commands.
//
// # What it promises
//
//   - Plain data and the standard library only. Domains keep their rows to
//     themselves and publish these types; nothing here knows a database.
//   - Money is integer fen, volume integer millilitres, unit price integer fen
//     per litre, all below 2^53; ids are ULID strings; times are RFC 3339 UTC.
//   - Within one version only optional fields are added. Receivers of events
//     ignore fields and kinds they do not know; the hub refuses unknown fields
//     in commands and facts.
//   - Two kinds of news never mix: events and facts are dense, numbered and
//     lossless; ticks are latest-wins, carry no number and may be dropped.
//
// # Versions
//
//	1  2026-11-22  first
package wire

// Version is the protocol this build speaks; MinVersion the oldest peer it
// serves. An older peer is told so and closed with CloseTooOld.
const (
	Version    = 1
	MinVersion = 1
)

// Limits of the socket. A reader past them is cut, never waited for.
const (
	// MaxFrameInBytes bounds one message to the hub: the largest fact, a sale
	// with the longest trace, is under 5 KiB, and facts travel one a message.
	MaxFrameInBytes = 64 << 10
	// MaxFrameOutBytes bounds one message from the hub: a snapshot of 512
	// nozzles and 500 open sales fits.
	MaxFrameOutBytes = 512 << 10
	// MaxBatchBytes bounds several events sent as one message, so that it
	// leaves in one write of the socket library's 4 KiB buffer.
	MaxBatchBytes = 3900
	// MaxResume bounds the channels one hello may resume, and those one
	// connection may follow at a time.
	MaxResume = 64
	// MaxFactsInFlight bounds the facts pumpd sends before an ack.
	MaxFactsInFlight = 64
)

// Close codes of the socket: 4000-4499 come back with jittered backoff,
// 4500-4999 do not.
const (
	CloseGoingAway    = 4000 // the hub is stopping or restarting
	CloseSlow         = 4008 // the reader fell behind its bound
	CloseHelloTimeout = 4010 // no hello in time
	CloseBadTicket    = 4011 // ticket expired or spent: take a new one
	CloseFactOrder    = 4012 // a fact came out of order: replay from the ack
	CloseTooOld       = 4500 // protocol version not served
	CloseForbidden    = 4501 // the role may not join what it asked for
	CloseRevoked      = 4502 // the device or session was revoked
	CloseBadFrame     = 4503 // a frame that no honest peer sends
)

// Comeback reports whether a peer closed with code should connect again.
func Comeback(code int) bool { return code < 4500 || code > 4999 }
