package realtime

import (
	"time"

	"forecourt/shared/wire"
)

// message is several frames on their way out as one, one a line.
type message struct {
	buf     []byte
	frames  int
	skipped uint64      // ticks that newer ones replaced before they were sent
	stamps  []time.Time // of the frames that were published while the peer listened
}

// add takes one more line and reports whether it fitted. A line longer than
// a batch travels alone.
func (m *message) add(line []byte, at time.Time, live bool) bool {
	if len(m.buf) > 0 && len(m.buf)+1+len(line) > wire.MaxBatchBytes {
		return false
	}
	if len(m.buf) > 0 {
		m.buf = append(m.buf, '\n')
	}
	m.buf = append(m.buf, line...)
	m.frames++
	if live && !at.IsZero() {
		m.stamps = append(m.stamps, at)
	}
	return true
}

// keepBuffer bounds the buffer a connection keeps between messages; one
// large frame does not cost it for ever.
const keepBuffer = 8 << 10

func (m *message) reset() {
	if cap(m.buf) > keepBuffer {
		m.buf = nil
	}
	m.buf, m.stamps, m.frames, m.skipped = m.buf[:0], m.stamps[:0], 0, 0
}
