package link

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"forecourt/shared/wire"
)

// ErrGap says that an event of a channel is missing; the channel starts again
// from a snapshot.
var ErrGap = errors.New("link: events are missing")

// positions keeps how far each channel has been read. A zero epoch asks for a
// snapshot. Safe for concurrent use.
type positions struct {
	mu    sync.Mutex
	order []wire.Channel
	at    map[wire.Channel]wire.Position
	fresh map[wire.Channel]bool // joined on an open connection, its snapshot not yet here
}

func newPositions(channels []wire.Channel) *positions {
	p := &positions{
		order: slices.Clone(channels), at: map[wire.Channel]wire.Position{}, fresh: map[wire.Channel]bool{},
	}
	p.forgetAll()
	return p
}

// add begins to follow a channel. It is false if there is no room for it.
func (p *positions) add(ch wire.Channel) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.at[ch]; ok {
		return true
	}
	if len(p.order) >= wire.MaxResume {
		return false
	}
	p.order = append(p.order, ch)
	p.at[ch], p.fresh[ch] = wire.Position{Ch: ch}, true
	return true
}

// drop ends following a channel.
func (p *positions) drop(ch wire.Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.order = slices.DeleteFunc(p.order, func(other wire.Channel) bool { return other == ch })
	delete(p.at, ch)
	delete(p.fresh, ch)
}

// follows reports whether a channel is followed.
func (p *positions) follows(ch wire.Channel) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.at[ch]
	return ok
}

// channels lists what is followed.
func (p *positions) channels() []wire.Channel {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.order)
}

// begin is resume for a new connection: what comes on it is all of it.
func (p *positions) begin() []wire.Position {
	p.mu.Lock()
	clear(p.fresh)
	p.mu.Unlock()
	return p.resume()
}

// resume lists the positions for a hello, in the order of subscription.
func (p *positions) resume() []wire.Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]wire.Position, len(p.order))
	for i, ch := range p.order {
		list[i] = p.at[ch]
	}
	return list
}

// forget makes the next hello ask for a snapshot of ch, if it is subscribed.
func (p *positions) forget(ch wire.Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.at[ch]; ok {
		p.at[ch] = wire.Position{Ch: ch}
	}
}

func (p *positions) forgetAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ch := range p.order {
		p.at[ch] = wire.Position{Ch: ch}
	}
}

// take reports whether a frame is news, and moves on past it. A repeated
// event and a frame of a channel that nobody asked for are not news; an event
// that does not follow is ErrGap.
func (p *positions) take(f wire.Frame) (news bool, err error) {
	if f.Ch == "" {
		return true, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.at[f.Ch]
	if !ok {
		return false, nil
	}
	if f.K == wire.KindRefused {
		return true, nil
	}
	if f.K == wire.KindSnap {
		delete(p.fresh, f.Ch)
		p.at[f.Ch] = wire.Position{Ch: f.Ch, Ep: f.Ep, Seq: f.Seq}
		return true, nil
	}
	if !counted(f, at) {
		// Figures before the first snapshot have nothing to be figures of.
		return !at.Ep.IsZero(), nil
	}
	if p.fresh[f.Ch] {
		return false, nil // what was left before it was joined again may still come
	}
	if at.Ep.IsZero() || (!f.Ep.IsZero() && f.Ep != at.Ep) || f.Seq > at.Seq+1 {
		return false, fmt.Errorf("%w: %s has %d, got %d", ErrGap, f.Ch, at.Seq, f.Seq)
	}
	if f.Seq <= at.Seq {
		return false, nil
	}
	at.Seq = f.Seq
	p.at[f.Ch] = at
	return true, nil
}

// counted reports whether a frame takes a number of its channel. A kind that
// a newer hub invented is an event if it carries a number beyond the last
// one, which a tick never does: a tick repeats the number of an event sent
// before it.
func counted(f wire.Frame, at wire.Position) bool {
	if info, known := wire.Kinds[f.K]; known {
		return info.Class == wire.ClassEvent
	}
	return f.Seq > at.Seq
}
