// Package realtime is the hub's sockets: who may listen to which channel,
// resuming where a client left off, and fanning news out so that no reader can
// slow another and the hub never falls behind.
//
// # How it works
//
// Every channel has one ring log (ring.go): events encoded once, numbered
// (epoch, seq), and the latest tick of each key. A connection holds no queue,
// only a cursor into each log it follows. What is new behind a position is
// packed once into a ready socket frame of at most wire.MaxBatchBytes
// (batch.go) and shared by everybody who stands there.
//
// A connection has one goroutine, its reader. A few writer shards (shard.go)
// each look after a part of the connections: woken by a ring, a shard walks the
// followers and tries to write to each without waiting (tryconn.go). A peer
// that does not take all of it is handed to a goroutine made for it, which waits
// within the write deadline and gives the connection back. The first news
// leaves at once; then a window passes, and what comes within it leaves
// together. Devices wait for no window. One sweeper (sweep.go) sees to beats
// and pings.
//
// The WebSocket library does the handshake, the reading and the closing. Data
// frames go past it through boundedConn, which keeps the library's control
// frames out of their middle.
//
// # What it promises
//
//   - Events arrive in order and without a hole: a snapshot is followed by
//     exactly the events after it, a resumed position by exactly those after
//     that, from the ring or, for what is in the store, from there (resume.go).
//   - A reader that falls out of a ring is put onto a snapshot; one that does so
//     again within seconds is closed with wire.CloseSlow and resumes. Ticks
//     conflate to the latest of their key; events and messages never do.
//   - Publish never waits for a connection. No lock that it takes is held
//     during a write.
//   - Every write that may wait has a deadline. A reader that takes nothing at
//     all cannot be told the code: its socket just ends.
//   - Messages in are bounded by wire.MaxFrameInBytes and in number, channels,
//     connections in total and per peer, strangers, and the hello in time.
//   - One table, joins, says who may follow what. Of a conversation one has to
//     be a party besides, and Evict takes off who no longer is; those are told
//     by a refused frame.
//   - People are online from their first connection until a few seconds after
//     their last; changes are told in batches (presence.go).
//
// Devices follow no channel. Their facts and statuses leave through a
// DeviceSession, acknowledgements and wishes come back through DeviceOut; both
// are latest-wins, so there is no queue on that side either.
package realtime
