package realtime

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// settleEvery is after how many sockets of a round the shard counts what
	// has left and looks after devices, which wait for nobody.
	settleEvery = 64
	// turnBytes is what one socket may be written in one turn; one that takes
	// more, catching up on a fast line, goes on by itself.
	turnBytes = 256 << 10
)

// shard writes what is new to its part of the connections. One goroutine walks
// those that have news and tries to write to each without waiting; one that
// cannot take all at once is handed to a goroutine of its own until it can.
//
// Rings wake it. The first news leaves at once; then a window passes before
// the next round, so that what comes within it leaves together.
type shard struct {
	server *Server
	index  int
	wake   chan struct{} // holds one: there may be something to do
	hurry  atomic.Bool   // devices are waiting

	mu       sync.Mutex
	rings    []*audience // with news
	marked   []*conn     // with something of their own
	devices  []*conn     // the same, of pumpds
	returned []*conn     // by their goroutines

	// What follows is the shard's own goroutine's.
	work  []*conn // for the next round
	out   output
	tryer *tryer
	tally tally
	spare [2][]*conn // lists to be used again
}

func newShard(s *Server, index int) *shard {
	return &shard{server: s, index: index, wake: make(chan struct{}, 1), tryer: newTryer()}
}

// news says that a ring has something for its followers here.
func (sh *shard) news(a *audience) {
	sh.mu.Lock()
	known := a.fresh
	if !known {
		a.fresh = true
		sh.rings = append(sh.rings, a)
	}
	sh.mu.Unlock()
	if !known {
		sh.nudge()
	}
}

// mark says that a connection has something of its own to send.
func (sh *shard) mark(c *conn) {
	sh.mu.Lock()
	known := c.marked
	if !known {
		c.marked = true
		if c.device != nil {
			sh.devices = append(sh.devices, c)
			sh.hurry.Store(true)
		} else {
			sh.marked = append(sh.marked, c)
		}
	}
	sh.mu.Unlock()
	if !known {
		sh.nudge()
	}
}

// giveBack returns a connection from the goroutine it was handed to.
func (sh *shard) giveBack(c *conn) {
	sh.mu.Lock()
	sh.returned = append(sh.returned, c)
	sh.mu.Unlock()
	sh.nudge()
}

// nudge wakes the shard without waiting.
func (sh *shard) nudge() {
	select {
	case sh.wake <- struct{}{}:
	default:
	}
}

// run works until the server stops.
func (sh *shard) run() {
	defer sh.server.help.Done()
	window := time.NewTimer(time.Hour)
	defer window.Stop()
	var next time.Time // the next round, at the earliest
	for {
		select {
		case <-sh.server.ctx.Done():
			return
		case <-sh.wake:
		case <-window.C:
		}
		now := sh.server.deps.Now()
		sh.takeBack(now)
		sh.serveMarked(now)
		if !sh.due() {
			continue
		}
		if wait := next.Sub(now); wait > 0 {
			window.Reset(wait)
			continue
		}
		if sh.round(now) {
			next = now.Add(sh.server.limits.Window)
		}
	}
}

// due reports whether there is anything for a round.
func (sh *shard) due() bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return len(sh.work) > 0 || len(sh.rings) > 0
}

// takeBack takes connections back from their goroutines. What they missed
// leaves with the next round, a device's at once.
func (sh *shard) takeBack(now time.Time) {
	sh.mu.Lock()
	back := sh.returned
	sh.returned = nil
	sh.mu.Unlock()
	for _, c := range back {
		c.handed = false
		if c.device != nil {
			sh.serve(c, now)
		} else {
			sh.queue(c)
		}
	}
	sh.settle()
}

// serveMarked serves who has something of its own, devices first.
func (sh *shard) serveMarked(now time.Time) {
	sh.serveDevices(now)
	for i, c := range sh.unmark(&sh.marked, 0) {
		sh.serve(c, now)
		if i%settleEvery == settleEvery-1 {
			now = sh.breathe()
		}
	}
	sh.settle()
	clear(sh.spare[0])
}

// serveDevices serves the pumpds that have something.
func (sh *shard) serveDevices(now time.Time) {
	if !sh.hurry.Swap(false) {
		return
	}
	for _, c := range sh.unmark(&sh.devices, 1) {
		sh.serve(c, now)
	}
	clear(sh.spare[1])
}

// unmark takes a list and leaves an empty one in its place.
func (sh *shard) unmark(list *[]*conn, spare int) []*conn {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	taken := *list
	*list = sh.spare[spare][:0]
	sh.spare[spare] = taken
	for _, c := range taken {
		c.marked = false
	}
	return taken
}

// round serves everybody who follows a ring with news, and who came back. It
// reports whether anything was sent.
func (sh *shard) round(now time.Time) bool {
	sh.mu.Lock()
	rings := sh.rings
	sh.rings = nil
	for _, a := range rings {
		a.fresh = false
	}
	sh.mu.Unlock()
	for _, a := range rings {
		a.mu.Lock()
		for _, cur := range a.cursors {
			sh.queue(cur.conn)
		}
		a.mu.Unlock()
	}
	sent := false
	for i, c := range sh.work {
		c.queued = false
		sent = sh.serve(c, now) || sent
		if i%settleEvery == settleEvery-1 {
			now = sh.breathe()
		}
	}
	sh.settle()
	clear(sh.work)
	sh.work = sh.work[:0]
	if sent {
		sh.server.metrics.rounds.Inc()
	}
	return sent
}

// breathe counts what has left and lets devices in between.
func (sh *shard) breathe() time.Time {
	now := sh.server.deps.Now()
	sh.settle()
	sh.serveDevices(now)
	return now
}

// settle counts what has left.
func (sh *shard) settle() {
	if sh.tally.messages > 0 {
		sh.server.metrics.sent(&sh.tally, sh.server.deps.Now())
	}
}

// queue puts a connection on the list of the next round, once.
func (sh *shard) queue(c *conn) {
	if !c.queued {
		c.queued = true
		sh.work = append(sh.work, c)
	}
}

// serve writes what is new for one connection, without waiting for it. It
// reports whether there was anything.
func (sh *shard) serve(c *conn, now time.Time) bool {
	if c.handed {
		return false // its goroutine brings it back
	}
	for written := 0; ; written += sh.out.bytes {
		more := c.gather(&sh.out, now)
		if len(sh.out.pieces) == 0 {
			return written > 0
		}
		if written > turnBytes {
			sh.handOver(c, sh.out.clone(), more)
			return true
		}
		switch done, err := c.line.try(sh.tryer, sh.out.pieces); done {
		case wrote:
			sh.tally.add(&sh.out)
		case partly:
			rest := sh.out.clone()
			rest.pieces = nil // the connection keeps them
			sh.handOver(c, rest, more)
			return true
		case untaken:
			sh.handOver(c, sh.out.clone(), more)
			return true
		case hopeless:
			c.broke(err)
			return true
		}
		if !more {
			return true
		}
	}
}

// handOver gives a connection a goroutine that may wait for it.
func (sh *shard) handOver(c *conn, out *output, more bool) {
	c.handed = true
	sh.server.metrics.handed.Inc()
	sh.server.help.Add(1)
	go c.drain(out, more)
}

// drain writes what the shard could not, and what has come meanwhile, waiting
// for the peer within its deadline; then the shard has the connection back.
func (c *conn) drain(out *output, more bool) {
	defer c.server.help.Done()
	defer c.shard.giveBack(c)
	var tally tally
	for {
		if err := c.line.send(out.pieces); err != nil {
			c.broke(err)
			return
		}
		now := c.server.deps.Now()
		tally.add(out)
		c.server.metrics.sent(&tally, now)
		if !more {
			return
		}
		if more = c.gather(out, now); len(out.pieces) == 0 {
			return
		}
	}
}
