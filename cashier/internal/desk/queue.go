package desk

import (
	"strconv"
	"time"

	"forecourt/shared/wire"
)

const (
	// queueFold is how long the till waits after a tap for the next one: what is
	// tapped in one go is one count.
	queueFold = 500 * time.Millisecond
	// queueStale is the age beyond which a count says nothing any more.
	queueStale = 10 * time.Minute
	// mostWaiting is the longest queue that can be counted, as the hub takes it.
	mostWaiting = 99
)

// queue is what the till knows of the cars that wait: what the hub answered to
// its last count, or has told since, of whichever till counted.
type queue struct {
	waiting int
	at      time.Time // when that was counted, by the hub's clock; zero: not known

	typed  bool // a number has been tapped that is not sent yet
	number int
	tapped time.Time
}

// Queue is the stepper over the board that counts the cars that wait.
type Queue struct {
	Label string
	// Count is the figure, Age how old it is; Tone is the weight of both.
	Count, Age string
	Tone       Tone
	Less, More Button
}

// tapQueue takes one tap: so many cars more than the screen says.
func (s *State) tapQueue(by int) {
	switch {
	case s.page != PageBoard || s.tender.active || !s.countsQueue():
		return
	case !s.link.up:
		s.say(ToneWarn, s.text(WordNoConnection))
		return
	}
	waiting, _ := s.waitingCars()
	s.queue.typed, s.queue.tapped = true, s.now
	s.queue.number = min(max(waiting+by, 0), mostWaiting)
}

// waitingCars is the number on the screen: what was tapped, what is on its way,
// or what the hub said last; false if there is none. Then a tap begins at zero.
func (s *State) waitingCars() (int, bool) {
	if s.queue.typed {
		return s.queue.number, true
	}
	if f := s.flights[slot{kind: CommandQueue}]; f.busy() && f.command.Queue != nil {
		return f.command.Queue.Waiting, true
	}
	if s.queueKnown() {
		return s.queue.waiting, true
	}
	return 0, false
}

// queueKnown reports whether the last count still says something.
func (s *State) queueKnown() bool {
	return !s.queue.at.IsZero() && s.hubNow().Sub(s.queue.at) < queueStale
}

// tendQueue sends what was tapped once no further tap follows. A count on its
// way is waited for: an earlier one that came last would be believed.
func (s *State) tendQueue() []Effect {
	q := &s.queue
	if !q.typed || s.now.Sub(q.tapped) < queueFold {
		return nil
	}
	out := s.send(Command{Kind: CommandQueue, Queue: &wire.QueueCount{Waiting: q.number}})
	q.typed = out == nil
	return out
}

// queueCounted takes what the hub says of the queue after a count.
func (s *State) queueCounted(e Answered) {
	if e.Command.Kind == CommandQueue && e.Queue != nil {
		s.queue.waiting, s.queue.at = e.Queue.Waiting, e.Queue.CountedAt
	}
}

// queueHeard takes what goes with the hub's clock. What was told before the last
// answer was given is older than that.
func (s *State) queueHeard(b wire.Beat) {
	if !b.Now.Before(s.queue.at) {
		s.queue.waiting, s.queue.at = b.Waiting, b.CountedAt
	}
}

// queueStepper draws the count; nil for who does not count.
func (s *State) queueStepper() *Queue {
	if !s.countsQueue() {
		return nil
	}
	waiting, counted := s.waitingCars()
	q := &Queue{Label: s.text(WordQueue), Count: strconv.Itoa(waiting)}
	q.Less = Button{Label: "−", On: s.link.up && (!counted || waiting > 0)}
	q.More = Button{Label: "+", On: s.link.up && waiting < mostWaiting}
	switch {
	case !counted:
		q.Count, q.Age, q.Tone = "—", s.text(WordQueueUnknown), ToneSoft
	case s.queue.typed || s.flights[slot{kind: CommandQueue}].busy():
		q.Age, q.Tone = s.text(WordQueueSending), ToneBusy
	default:
		q.Age = s.queueAge()
	}
	return q
}

// queueAge says how old the count is.
func (s *State) queueAge() string {
	minutes := int(s.hubNow().Sub(s.queue.at) / time.Minute)
	if minutes < 1 {
		return s.text(WordQueueNow)
	}
	return s.text(WordQueueAge, minutes)
}
