package dart

import (
	"bytes"
	"context"
	"testing"
	"time"

	"forecourt/pumpd/internal/driver"
)

// script is a dispenser written down: it answers each frame of the host with
// raw bytes, on a clock that only waiting moves.
type script struct {
	t      *testing.T
	now    time.Time
	heard  []Frame
	answer func(f Frame) []byte
	coming []byte
}

func (s *script) Send(_ context.Context, raw []byte) error {
	f, err := ParseFrame(raw)
	if err != nil {
		s.t.Fatalf("the host sent % X: %v", raw, err)
	}
	s.heard = append(s.heard, f)
	s.coming = append(s.coming, s.answer(f)...)
	return nil
}

func (s *script) Receive(ctx context.Context, buf []byte, timeout time.Duration) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if len(s.coming) == 0 {
		s.now = s.now.Add(timeout)
		return 0, driver.ErrNoAnswer
	}
	n := copy(buf[:1], s.coming) // byte by byte: a read may be of any size
	s.coming = s.coming[n:]
	return n, nil
}

func (s *script) Discard() { s.coming = nil }

// obedient acknowledges blocks and has the given news, one after the other,
// each told until it is acknowledged.
type obedient struct {
	tx    byte
	news  [][]byte
	onCD1 map[Command][]byte
	other func(t Transaction) []byte
}

func (o *obedient) hear(f Frame) []byte {
	reply := Frame{Address: f.Address}
	switch f.Kind {
	case Poll:
		reply.Kind = EOT
		if len(o.news) > 0 {
			reply.Kind, reply.TX, reply.Body = Data, o.tx, o.news[0]
		}
		return reply.Append(nil)
	case Ack:
		if len(o.news) > 0 && f.TX == o.tx {
			o.news, o.tx = o.news[1:], nextTX(o.tx)
		}
		return nil
	case Data:
		o.obey(f.Body)
		reply.Kind, reply.TX = Ack, f.TX
		return reply.Append(nil)
	}
	return nil
}

func (o *obedient) obey(body []byte) {
	list, _ := ParseTransactions(body)
	for _, t := range list {
		var news []byte
		if t.Code == cdCommand && len(t.Data) == 1 {
			news = o.onCD1[Command(t.Data[0])]
		} else if o.other != nil {
			news = o.other(t)
		}
		if news != nil {
			o.news = append(o.news, news)
		}
	}
}

// ready answers like a dispenser at rest after RESET, with nozzle 1 in.
func ready() *obedient {
	return &obedient{onCD1: map[Command][]byte{
		ReturnStatus: {1, 1, 1, 3, 4, 0, 7, 0x98, 1},
		Authorize:    {1, 1, 2},
	}}
}

func scripted(t *testing.T, c Config, answer func(Frame) []byte) (*Driver, *script) {
	t.Helper()
	s := &script{t: t, now: goldenTime, answer: answer}
	c.Now = func() time.Time { return s.now }
	if c.Points == nil {
		c.Points = []Side{{Address: 0x53, Nozzles: 2}}
	}
	d, err := New(s, c)
	if err != nil {
		t.Fatal(err)
	}
	return d, s
}

func mustPoll(t *testing.T, d *Driver) driver.Reading {
	t.Helper()
	r, err := d.Poll(t.Context(), 0x53)
	if err != nil {
		t.Fatalf("Poll: %v", err)
	}
	return r
}

// sent counts the frames of the host that satisfy want.
func (s *script) sent(want func(Frame) bool) (n int) {
	for _, f := range s.heard {
		if want(f) {
			n++
		}
	}
	return n
}

// ordered says that a frame carries a command.
func ordered(c Command) func(Frame) bool {
	return func(f Frame) bool { return f.Kind == Data && bytes.HasSuffix(f.Body, command(c)) }
}
