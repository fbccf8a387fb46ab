package realtime

import "slices"

// Bounds of one output, which leaves in one write: more of them follow. Beyond
// a few dozen pieces the write costs what its bytes cost.
const (
	outputBytes  = 64 << 10
	outputPieces = 32
)

// output is ready frames on their way to one socket. They are shared; nobody
// changes them.
type output struct {
	pieces   [][]byte
	bytes    int
	messages int
	frames   int
	built    int // of the messages, batches made for this socket
	reused   int // and batches made for another
	skipped  uint64
	live     []*batch // whose frames were published while the peer listened
}

// add takes a ready frame that holds so many of ours.
func (o *output) add(frame []byte, frames int) {
	o.pieces = append(o.pieces, frame)
	o.bytes += len(frame)
	o.frames += frames
	o.messages++
}

func (o *output) addBatch(t taken) {
	o.add(t.batch.frame, t.batch.frames)
	if t.again {
		o.reused++
	} else {
		o.built++
	}
	if t.live {
		o.skipped += t.batch.skipped
		o.live = append(o.live, t.batch)
	}
}

// addControl takes a control frame, which is no message.
func (o *output) addControl(frame []byte) { o.pieces = append(o.pieces, frame) }

func (o *output) full() bool { return o.bytes >= outputBytes || len(o.pieces) >= outputPieces }

func (o *output) reset() {
	clear(o.pieces) // hold no frame longer than it is needed
	clear(o.live)
	*o = output{pieces: o.pieces[:0], live: o.live[:0]}
}

// clone is an output of its own that may outlive the round.
func (o *output) clone() *output {
	cloned := *o
	cloned.pieces, cloned.live = slices.Clone(o.pieces), slices.Clone(o.live)
	return &cloned
}
