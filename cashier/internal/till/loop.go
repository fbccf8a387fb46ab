package till

import (
	"context"
	"reflect"
	"sync"
	"time"

	"forecourt/cashier/internal/desk"
)

// DrawEvery is the least time between two drawings of what came from outside,
// five a second: figures that run faster are not read, and every drawing
// repaints the whole window. News after a pause is drawn at once.
const DrawEvery = 200 * time.Millisecond

// Loop owns the screen's state: one event at a time, whoever brings it.
//
// What the user does is drawn at once, on the UI's goroutine that brought it;
// what comes from outside is drawn together, at most every DrawEvery, by one
// call to the UI. While a drawing has not been taken up, the next is not
// made. Effects are carried out one at a time and in order, on a goroutine of
// their own: a slow disk never holds up the screen.
type Loop struct {
	LoopOptions
	news    chan struct{} // something came from outside
	work    chan struct{} // there are effects to carry out
	pending chan struct{} // holds a token while a drawing waits for the UI
	shown   desk.Screen   // UI goroutine only

	mu    sync.Mutex // guards the state and the queue
	queue []desk.Effect
}

// LoopOptions are what a Loop is made of. All are required.
type LoopOptions struct {
	// State is the till's; from now on only the loop touches it.
	State *desk.State
	// Now is the clock.
	Now func() time.Time
	// Do carries out an effect.
	Do func(desk.Effect)
	// OnUI runs a function on the UI's goroutine, later; Show draws a screen there.
	OnUI func(func())
	Show func(desk.Screen)
}

// NewLoop makes a loop; Run makes it live.
func NewLoop(o LoopOptions) *Loop {
	return &Loop{
		LoopOptions: o,
		news:        make(chan struct{}, 1), work: make(chan struct{}, 1), pending: make(chan struct{}, 1),
	}
}

// Post takes an event from outside; it is drawn with the next drawing. It
// never waits for the screen.
func (l *Loop) Post(e desk.Event) {
	l.step(e)
	signal(l.news)
}

// Send takes an event from the user and draws at once. It must be called on
// the UI's goroutine.
func (l *Loop) Send(e desk.Event) {
	l.step(e)
	l.present()
}

// step advances the state and queues what follows from it.
func (l *Loop) step(e desk.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, l.State.Step(l.Now(), e)...)
	if len(l.queue) > 0 {
		signal(l.work)
	}
}

// signal leaves a token for whoever waits; one is enough.
func signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// present draws the state if it differs from what is shown; UI goroutine only.
func (l *Loop) present() {
	l.mu.Lock()
	screen := l.State.Screen()
	l.mu.Unlock()
	if reflect.DeepEqual(l.shown, screen) {
		return
	}
	l.shown = screen
	l.Show(screen)
}

// Run carries out effects, lets time pass and draws, until ctx ends.
func (l *Loop) Run(ctx context.Context) {
	var worker sync.WaitGroup
	worker.Go(func() { l.carryOut(ctx) })
	defer worker.Wait()
	tick := time.NewTicker(DrawEvery)
	defer tick.Stop()
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.news:
			if l.Now().Sub(last) < DrawEvery {
				continue // the next tick draws it
			}
		}
		last = l.Now()
		l.redraw()
	}
}

// carryOut carries out effects as they come.
func (l *Loop) carryOut(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.work:
		}
		for e, ok := l.next(); ok; e, ok = l.next() {
			l.Do(e)
		}
	}
}

func (l *Loop) next() (desk.Effect, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return nil, false
	}
	e := l.queue[0]
	l.queue = l.queue[1:]
	return e, true
}

// redraw asks the UI to draw the present state, unless it still has to.
func (l *Loop) redraw() {
	select {
	case l.pending <- struct{}{}:
	default:
		return
	}
	l.OnUI(func() {
		<-l.pending
		l.step(desk.Tick{})
		l.present()
	})
}
