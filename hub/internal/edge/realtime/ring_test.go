package realtime

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// TestRingAgainstAModel drives a ring and one reader at random (events,
// repeats, holes, new epochs, ticks, snapshots that take their time,
// disconnections) and holds the reader to what a screen may rely on.
func TestRingAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &ringModel{
			ring:  newRing("forecourt/x", 1, rapid.IntRange(1, 5).Draw(t, "events"), rapid.IntRange(30, 200).Draw(t, "bytes")),
			makes: newIDs(),
			named: rapid.Bool().Draw(t, "frames carry their epoch"),
			conn:  &conn{shard: newShard(nil, 0)},
		}
		m.epoch = id.New[id.Epoch](m.makes)
		steps := map[string]func(*rapid.T){
			"repeat": func(*rapid.T) {
				if m.seq > 0 {
					m.publish(m.seq)
				}
			},
			"hole": func(t *rapid.T) { m.publish(m.seq + uint64(rapid.IntRange(2, 5).Draw(t, "missing"))) },
			"new epoch": func(*rapid.T) {
				if m.named {
					m.epoch, m.seq = id.New[id.Epoch](m.makes), 0
					m.publish(1)
				}
			},
			"disconnect": func(*rapid.T) { m.disconnect() },
			"forget":     func(*rapid.T) { m.ring.forget() },
			"":           m.check,
		}
		for _, often := range []string{"", " again", " and again"} { // what happens most of the time
			steps["event"+often] = func(*rapid.T) { m.publish(m.seq + 1) }
			steps["tick"+often] = m.tick
			steps["connect and read"+often] = func(t *rapid.T) { m.connect(); m.read(t) }
			steps["built"+often] = m.built
		}
		for range 5 { // longer runs than one Repeat makes
			t.Repeat(steps)
		}
	})
}

// ringModel is a ring, what was published into it, and what one screen made
// of it.
type ringModel struct {
	ring  *ring
	makes *id.Maker
	named bool

	epoch  id.Epoch
	seq    uint64
	ticked uint64 // numbers the ticks; their bodies
	told   bool   // a frame has told the ring its epoch

	making *snapshot // on its way
	lives  uint64

	conn *conn
	cur  *cursor
	seen wire.Position // what the screen has
	last uint64        // the last tick it had on this connection
}

func (m *ringModel) label() id.Epoch {
	m.told = m.told || m.named
	if m.named {
		return m.epoch
	}
	return id.Epoch{}
}

func (m *ringModel) publish(seq uint64) {
	m.seq = seq
	line, _ := wire.Encode(wire.Frame{K: wire.KindNozzle, Seq: seq})
	m.ring.event(m.label(), seq, line, time.Time{})
}

func (m *ringModel) tick(t *rapid.T) {
	m.ticked++
	line, _ := wire.Encode(wire.Frame{K: wire.KindReading, Seq: m.seq, D: []byte(strconv.FormatUint(m.ticked, 10))})
	m.ring.tick(m.label(), m.seq, rapid.IntRange(1, 3).Draw(t, "nozzle"), line, time.Time{})
}

func (m *ringModel) connect() {
	if m.cur != nil {
		return
	}
	m.cur, m.last = &cursor{conn: m.conn, ring: m.ring}, 0
	if held, _, _ := m.ring.follow(m.cur, m.seen); !held {
		m.seen = wire.Position{}
	}
}

func (m *ringModel) disconnect() {
	if m.cur != nil {
		m.ring.unfollow(m.cur, time.Time{})
		m.cur = nil
	}
}

// built finishes a snapshot that was begun some steps ago.
func (m *ringModel) built(*rapid.T) {
	if m.making != nil {
		if !m.ring.keep(m.lives, m.making) {
			m.ring.abandon(true)
		}
		m.making = nil
	}
}

func (m *ringModel) read(t *rapid.T) {
	if m.cur == nil {
		return
	}
	got, v := m.ring.next(m.cur)
	switch v {
	case fallen:
		m.disconnect() // the screen keeps what it has, and resumes
		return
	case lost:
		m.snapshot(t)
		return
	}
	if got.batch == nil {
		return
	}
	if n := len(got.batch.frame); n > wire.MaxBatchBytes+4 {
		t.Fatalf("a batch of %d bytes", n)
	}
	for _, f := range framesIn(t, got.batch.frame) {
		m.take(t, f)
	}
}

// snapshot asks for one, as a connection does that is lost.
func (m *ringModel) snapshot(t *rapid.T) {
	line, build := m.ring.snapshotFor(m.cur, time.Time{}, time.Hour)
	if build {
		var rev uint64
		m.lives, rev = m.ring.mark()
		m.making = &snapshot{epoch: m.epoch, seq: m.seq, rev: rev, frame: []byte("snap")}
	}
	if line == nil {
		return
	}
	m.seen = wire.Position{Ep: m.ring.epoch, Seq: m.cur.seq}
	probe := *m.cur
	if _, v := m.ring.next(&probe); v == lost || v == fallen {
		t.Fatalf("a snapshot at %d was handed out that the ring (%d to %d) cannot continue", m.cur.seq, m.ring.lo, m.ring.hi)
	}
}

// take is what a screen makes of a frame.
func (m *ringModel) take(t *rapid.T, f wire.Frame) {
	if f.K == wire.KindReading {
		n, err := strconv.ParseUint(string(f.D), 10, 64)
		if err != nil || n <= m.last || f.Seq > m.seen.Seq {
			t.Fatalf("tick %s, made at event %d, came after tick %d and event %d", f.D, f.Seq, m.last, m.seen.Seq)
		}
		m.last = n
		return
	}
	if m.seen.Ep.IsZero() || f.Seq != m.seen.Seq+1 {
		t.Fatalf("event %d after %v", f.Seq, m.seen)
	}
	m.seen.Seq = f.Seq
}

func (m *ringModel) check(t *rapid.T) {
	r := m.ring
	if len(r.events) != int(r.hi-r.lo) || len(r.events) > r.maxEvents {
		t.Fatalf("%d events for %d to %d", len(r.events), r.lo, r.hi)
	}
	if m.told && r.epoch != m.epoch {
		t.Fatal("the ring went back to an epoch that is over")
	}
}

// FuzzHello feeds the first message of a socket to what reads it: whatever
// comes, the answer is a hello that may go on or a refusal with its code.
func FuzzHello(f *testing.F) {
	f.Add([]byte(`{"k":"hello","d":{"v":1,"min":1,"ticket":"t","resume":[{"ch":"desk/01J00000000000000000000000","seq":1}]}}`))
	f.Add([]byte(`{"k":"hello","d":{"v":1,"min":1,"ticket":"t","journal":"01J00000000000000000000000"}}`))
	f.Add([]byte(`{"k":"hello","d":null}`))
	f.Add([]byte("{\"k\":\"hello\"}\n{\"k\":\"hello\"}"))
	f.Add([]byte(`{"k":"hello","d":{"v":99999999999999999999}}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, message []byte) {
		frames, err := wire.Decode(message)
		if err != nil {
			return
		}
		h, err := readHello(frames)
		var r *refusal
		switch {
		case err == nil && (len(h.Resume) > wire.MaxResume || h.V < wire.MinVersion || h.Min > wire.Version):
			t.Errorf("let in: %+v", h)
		case err != nil && !errors.As(err, &r):
			t.Errorf("a refusal without a code: %v", err)
		case err != nil && (r.code < 4000 || r.problem.Title == ""):
			t.Errorf("close %d: %v", r.code, r.problem)
		}
	})
}
