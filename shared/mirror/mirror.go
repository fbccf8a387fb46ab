// Package mirror folds a channel's snapshot and the news after it into state:
// what a screen draws from. It is pure: it knows no clock, no network and no
// goroutine, and the same frames always give the same state.
//
// What it promises:
//
//   - A snapshot and any events after it give the state that a snapshot taken
//     after those events would give.
//   - A repeated event changes nothing. A missing one is ErrGap, an event of
//     another life of the channel ErrEpoch; both leave the state as it was, and
//     only a snapshot helps. ErrSnapshot (of Post alone) has changed the state
//     and asks for one as well.
//   - Ticks may be lost, repeated or late: one that is older than the last
//     event of what it is about is dropped.
//   - Fields and kinds that a newer hub invented are ignored.
//   - Frames of other channels are ignored, so that one stream of frames may be
//     given to several mirrors.
//
// What is read from a mirror is the reader's own. A mirror is not safe for
// concurrent use. The vectors in testdata say the same to other languages.
package mirror

import (
	"errors"
	"fmt"
	"slices"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var (
	// ErrGap says that events are missing; a snapshot is needed.
	ErrGap = errors.New("mirror: events are missing")
	// ErrEpoch says that an event belongs to another life of the channel; a
	// snapshot is needed.
	ErrEpoch = errors.New("mirror: event of another epoch")
)

// Change says what a frame changed; the zero Change is nothing that shows.
type Change struct {
	// All: a snapshot replaced everything; nothing below is listed.
	All bool
	// Nozzles are the numbers of nozzles whose tile or figures changed.
	Nozzles []int
	// Beat: the hub's clock went on.
	Beat bool
	// Sales are the sales that changed, came, or left the list.
	Sales []id.Sale
	// Prices: the price board changed.
	Prices bool
	// Proofs are the numbers of nozzles whose totalizer proof changed.
	Proofs []int
	// Thread: a conversation's state changed, or how far it was read.
	Thread bool
	// Messages are the messages that came.
	Messages []id.Message
	// Typing and Presence: who writes, and who is there, changed.
	Typing   bool
	Presence bool
	// Cases are the conversations of a support list that changed, came, or
	// left it; Threads those of a driver.
	Cases   []id.Thread
	Threads []id.Thread
	// Canned, Support, Agents and Audience: the replies kept ready, the
	// settings, who answers, and who is connected changed.
	Canned   bool
	Support  bool
	Agents   bool
	Audience bool
	// Orders are a driver's orders that changed, came, or left the list;
	// Notices those that came.
	Orders  []id.Sale
	Notices []id.Notice
	// Fuelling: the delivery on the driver's nozzle changed.
	Fuelling bool
	// Pumps are the numbers of public pumps that changed.
	Pumps []int
	// Tariff and Queue: the public prices, and how busy it is, changed.
	Tariff bool
	Queue  bool
	// Roster: who is responsible for which nozzles changed; Post: what an
	// attendant is responsible for did.
	Roster bool
	Post   bool
	// Alerts are the alerts that changed, came, or left the list.
	Alerts []id.Alert
}

// place is how far a channel has been folded.
type place struct {
	channel wire.Channel
	epoch   id.Epoch
	seq     uint64
}

// Position is the last event folded; zero before the first snapshot.
func (p *place) Position() wire.Position {
	return wire.Position{Ch: p.channel, Ep: p.epoch, Seq: p.seq}
}

// Seq is the number of the last event folded.
func (p *place) Seq() uint64 { return p.seq }

// Started reports whether there is a state: a snapshot has arrived.
func (p *place) Started() bool { return !p.epoch.IsZero() }

// ours reports whether a frame belongs to the channel being folded, or may
// begin it: any channel of the family.
func (p *place) ours(f wire.Frame, family string) bool {
	if p.channel != "" {
		return f.Ch == p.channel
	}
	given, _ := f.Ch.Split()
	return given == family
}

// old reports whether a snapshot is older than what is known.
func (p *place) old(f wire.Frame) bool {
	return f.Ep == p.epoch && f.Seq < p.seq
}

// begin takes a snapshot's place.
func (p *place) begin(f wire.Frame) {
	p.channel, p.epoch, p.seq = f.Ch, f.Ep, f.Seq
}

// follows reports whether an event is the next one; a repeated one is not,
// and is no error either.
func (p *place) follows(f wire.Frame) (bool, error) {
	switch {
	case !p.Started():
		return false, fmt.Errorf("%w: %d before a snapshot", ErrGap, f.Seq)
	case !f.Ep.IsZero() && f.Ep != p.epoch:
		return false, fmt.Errorf("%w: %s", ErrEpoch, f.Ch)
	case f.Seq > p.seq+1:
		return false, fmt.Errorf("%w: %d follows %d", ErrGap, f.Seq, p.seq)
	}
	return f.Seq == p.seq+1, nil
}

// unknown steps over an event of a kind that a newer hub invented: it has a
// number of its own, beyond the last. A tick repeats the number of an event
// sent before it.
func (p *place) unknown(f wire.Frame) error {
	if _, known := wire.Kinds[f.K]; known || f.Seq <= p.seq {
		return nil
	}
	next, err := p.follows(f)
	if next {
		p.seq = f.Seq
	}
	return err
}

// sorted lists a map's values in the order of their keys.
func sorted[V any](m map[int]V) []V {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	values := make([]V, len(keys))
	for i, k := range keys {
		values[i] = m[k]
	}
	return values
}
