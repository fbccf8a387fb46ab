// Package realtime is the hub's sockets: who may listen to which channel,
// resuming where a client left off, and fanning news out so that no reader can
// slow another.
//
// # How it works
//
// Every channel has one ring log: events encoded once, numbered (epoch, seq),
// and the latest tick of each key. A connection holds no queue, only a cursor
// into each log it follows; a writer goroutine per connection is woken by the
// logs, packs what is new into messages of at most wire.MaxBatchBytes and
// writes them. So a slow reader costs its own cursor, and ticks it was too slow
// for are never sent at all.
//
// # What it promises
//
//   - Events arrive in order and without a hole: a snapshot is followed by
//     exactly the events after it, a resumed position by exactly those after
//     that. When neither can be had the connection is closed with
//     wire.CloseSlow and the client resumes.
//   - Publish never blocks on a connection. No lock is held during a write.
//   - Every write has a deadline. Past it, or once its cursor has fallen out of
//     a ring, a connection is closed from another goroutine. A reader that takes
//     nothing at all cannot be told the code: its socket just ends.
//   - Messages in are bounded by wire.MaxFrameInBytes, connections in total
//     and per peer, and the hello in time.
//   - One table, joins, says who may follow what.
//
// Devices follow no channel. Their facts and statuses leave through a
// DeviceSession, acknowledgements and wishes come back through DeviceOut; both
// are latest-wins, so there is no queue on that side either.
package realtime
