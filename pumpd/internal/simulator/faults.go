package simulator

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Fault is what goes wrong with one frame that a face sends.
type Fault int

// The faults of a line.
const (
	// NoFault lets the frame go.
	NoFault Fault = iota
	// LoseFrame sends nothing.
	LoseFrame
	// RepeatFrame sends it twice.
	RepeatFrame
	// TearFrame sends only its beginning.
	TearFrame
	// LateFrame sends it after the other side has given up.
	LateFrame
	// NoiseFrame sends rubbish before it.
	NoiseFrame
)

// perMille is the unit of fault probabilities.
const perMille = 1000

// LineFaults says how often, in frames of a thousand, each fault happens on
// one face.
type LineFaults struct {
	Lose   int `json:"lose" yaml:"lose"`
	Repeat int `json:"repeat" yaml:"repeat"`
	Tear   int `json:"tear" yaml:"tear"`
	Late   int `json:"late" yaml:"late"`
	Noise  int `json:"noise" yaml:"noise"`
}

// check refuses probabilities that are none.
func (f LineFaults) check() error {
	sum := f.Lose + f.Repeat + f.Tear + f.Late + f.Noise
	if min(f.Lose, f.Repeat, f.Tear, f.Late, f.Noise) < 0 || sum > perMille {
		return fmt.Errorf("simulator: fault probabilities must be 0 to %d in sum, got %+v", perMille, f)
	}
	return nil
}

// faultFeed decides frame by frame for one face.
type faultFeed struct {
	odds LineFaults
	next []Fault
	dice *rand.Rand
	told map[Fault]int
}

func (s *Station) feed(face string) *faultFeed {
	f := s.faults[face]
	if f == nil {
		var salt uint64
		for _, c := range []byte(face) {
			salt = salt*31 + uint64(c)
		}
		f = &faultFeed{dice: rand.New(rand.NewPCG(s.config.Seed, salt)), told: make(map[Fault]int)}
		s.faults[face] = f
	}
	return f
}

// SetFaults sets how often frames of a face go wrong.
func (s *Station) SetFaults(face string, odds LineFaults) error {
	if err := odds.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feed(face).odds = odds
	return nil
}

// Inject makes the next frames of a face go wrong, in this order, before any
// probability is asked. At most a thousand may wait.
func (s *Station) Inject(face string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feed(face)
	const most = 1000
	f.next = append(f.next, faults[:min(len(faults), most-min(len(f.next), most))]...)
}

// Roll decides the fate of the next frame that a face sends.
func (s *Station) Roll(face string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feed(face)
	fault := f.roll()
	f.told[fault]++
	return fault
}

// Rolled counts the frames of a face by what happened to them.
func (s *Station) Rolled(face string, fault Fault) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.feed(face).told[fault]
}

func (f *faultFeed) roll() Fault {
	if len(f.next) > 0 {
		fault := f.next[0]
		f.next = f.next[1:]
		return fault
	}
	n := f.dice.IntN(perMille)
	for _, o := range []struct {
		odds  int
		fault Fault
	}{{f.odds.Lose, LoseFrame}, {f.odds.Repeat, RepeatFrame}, {f.odds.Tear, TearFrame}, {f.odds.Late, LateFrame}, {f.odds.Noise, NoiseFrame}} {
		if n < o.odds {
			return o.fault
		}
		n -= o.odds
	}
	return NoFault
}

// Swallow decides whether a frame that a face received is lost on its way
// in, as often as those it sends.
func (s *Station) Swallow(face string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feed(face)
	return f.dice.IntN(perMille) < f.odds.Lose
}

// Rubbish makes a few bytes of line noise.
func (s *Station) Rubbish(face string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 8
	dice := s.feed(face).dice
	out := make([]byte, 1+dice.IntN(most))
	for i := range out {
		out[i] = byte(dice.Uint32())
	}
	return out
}

// lateBy is how late a late frame is: well past the answer time of any of
// the protocols here, well before a person would notice.
const lateBy = 400 * time.Millisecond
