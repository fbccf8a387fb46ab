// Package session decides what happens at one fuelling point: from nozzle up
// to sale complete, with the totalizer chain of each of its nozzles.
//
// It is a pure reducer: no I/O, no clock, no goroutine. Step takes one event
// and answers with effects; the line performs them in order and feeds each
// answer back before anything else. At most one effect of an answer can fail,
// and it is the last one, so that nothing runs ahead of a failed step.
//
// # What it promises
//
//   - Durable before forget: a sale is appended to the journal before the
//     dispenser is told to release it.
//   - Every millilitre of a totalizer lies in exactly one fact, a sale or a gap,
//     because each fact begins where the nozzle's last one ended (the chain),
//     and fact and chain are saved in one append.
//   - A sale is known by its key and journaled once, however often it is told.
//   - An authorization is journaled as spent before the dispenser hears of it
//     and is never used again, not after a restart either.
//   - Durable state is what was appended, never more: a crash between any two
//     steps leaves the nozzle where a restart can go on.
//
// What its facts mean is written at wire.SaleStarted, wire.SaleEnded and wire.Gap.
package session

import (
	"fmt"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Limits and paces.
const (
	// Tolerance is how far two readings of one totalizer, or a volume and its
	// readings, may differ: one digit of a dispenser's display.
	Tolerance = 10 * unit.Millilitre(1)
	// MaxKeys bounds the sales a nozzle remembers as journaled. A dispenser
	// holds few; older ones are behind the chain.
	MaxKeys = 64
	// MaxUsed bounds the authorizations a nozzle remembers as used; an older
	// one is long expired.
	MaxUsed = 32
	// MaxUploads bounds the uploaded sales that wait for the totalizer.
	MaxUploads = 64
	// QuietLooks is how many looks in a row must show a nozzle at rest
	// before its open delivery counts as lost by the dispenser.
	QuietLooks = 3
	// AuthorizeGrace is how long a dispenser may take to show that it took
	// an authorization, before a lift is permitted again.
	AuthorizeGrace = 2 * time.Second
	// WithdrawAfter is how long a point may stay permitted with all nozzles
	// in, or with another out than the one permitted: whoever lifted that has
	// gone, and the next to come must not find it open.
	WithdrawAfter = 2 * time.Second
	// PriceRetry is the wait between two tries to set a price.
	PriceRetry = 5 * time.Second
	// PriceReadRetry is the wait before prices that could not be read are
	// asked for again.
	PriceReadRetry = time.Second
	// AuditEvery is how often an idle nozzle's totalizer is read, so that
	// fuel taken behind our back is noticed without a lift.
	AuditEvery = 10 * time.Minute
	// RecallMargin is how far before the last known sale a recall begins:
	// the dispenser's clock is its own.
	RecallMargin = time.Hour
	// RecallTries bounds the recalls after one outage.
	RecallTries = 3
)

// Abilities are what the point's driver can do.
type Abilities struct {
	Authorize, Stop, Suspend, Prices, Total, Recall bool
}

// Config is what a session is made from.
type Config struct {
	// Nozzles holds the station's number of each nozzle of the point, in the
	// point's order.
	Nozzles []int
	// Can is what the driver can do.
	Can Abilities
	// TotalKeys says that the protocol has no transaction numbers: a sale is
	// known by the totalizer after it.
	TotalKeys bool
	// KeyPrefix begins such a key where the driver gives none: "dart:50"
	// makes "dart:50:<nozzle>:<totalizer>".
	KeyPrefix string
	// NewSale makes ids.
	NewSale func() id.Sale
}

// Session is the state of one fuelling point. It is not safe for concurrent use.
type Session struct {
	cfg     Config
	nozzles []*nozzle
	now     time.Time

	online   bool
	fresh    bool // nothing but answers came since the look
	look     driver.Reading
	seen     time.Time
	prices   []unit.FenPerLitre // last read back; nil: not known
	pushAt   time.Time          // no price is set before
	readAt   time.Time          // none is read before
	uploads  []driver.Sale
	recalled []driver.Sale
	recallIn int       // tries left; 0: none is due
	stray    time.Time // since when the point is permitted for nobody who is there

	asked   Effect          // waits for its answer
	saving  []Saved         // becomes true when asked (an Append) succeeds
	then    func()          // runs when it does
	grant   *grant          // journaled, to be handed to the dispenser next
	done    map[string]bool // what was tried since the last look
	notes   []Effect
	notedAt map[string]bool
}

// nozzle is one nozzle: what is saved, what is wanted, and what is known for now.
type nozzle struct {
	index   int // 1-based within the point
	saved   Saved
	want    wire.WantNozzle
	wanted  bool
	total   unit.Millilitre // valid if totalOK: read since the last look
	totalOK bool
	last    unit.Millilitre  // last reading, for the status
	lifted  bool             // the totalizer was checked for this lift
	audited time.Time        // when it was last checked at rest; zero: due
	quiet   int              // looks in a row at rest
	outage  bool             // the open delivery was not watched throughout
	sought  id.Sale          // the open delivery that a recall was made for
	grace   time.Time        // no permission is repeated before
	refused id.Authorization // refused by the dispenser, not yet told
	trace   trace            // of the open delivery
}

// grant is a permission that is journaled and not yet handed over.
type grant struct {
	n     *nozzle
	order driver.Order
}

// New makes the session of a point from what was saved of its nozzles, by
// station number.
func New(cfg Config, saved map[int]Saved) *Session {
	s := &Session{cfg: cfg, done: map[string]bool{}, notedAt: map[string]bool{}, recallIn: RecallTries}
	for i, number := range cfg.Nozzles {
		n := &nozzle{index: i + 1, saved: Saved{Nozzle: number}}
		if was, ok := saved[number]; ok {
			n.saved = was
		}
		n.last = n.saved.Chain
		n.outage = n.saved.Open != nil
		s.nozzles = append(s.nozzles, n)
	}
	return s
}

// Enable says what the driver can do, once there is one.
func (s *Session) Enable(can Abilities) { s.cfg.Can = can }

// Step takes one event at a time and answers with what to do, in order.
func (s *Session) Step(at time.Time, ev Event) []Effect {
	s.now = at
	if !s.fold(ev) {
		return nil
	}
	next := s.next()
	s.asked = next
	out := append([]Effect{Publish{s.Status()}}, s.notes...)
	s.notes = nil
	if next != nil {
		out = append(out, next)
	}
	return out
}

// Pending reports whether an uploaded sale still waits to be journaled.
func (s *Session) Pending(key string) bool {
	for _, sale := range s.uploads {
		if sale.Key == key {
			return true
		}
	}
	return false
}

// fold takes an event into the state; false: it answers nothing that was asked.
func (s *Session) fold(ev Event) bool {
	if answer, ok := ev.(Answer); ok {
		if s.asked == nil {
			return false
		}
		asked := s.asked
		s.asked = nil
		s.answered(asked, answer)
		return true
	}
	if s.asked != nil {
		return false
	}
	s.fresh = false // a wish or an upload may come long after the look
	switch ev := ev.(type) {
	case Looked:
		s.looked(ev.Reading)
	case Offline:
		s.offline()
	case Wanted:
		s.wanted(ev.Nozzles)
	case Uploaded:
		s.uploaded(ev.Sale)
	}
	return true
}

// looked takes a reading; what was tried may be tried again.
func (s *Session) looked(r driver.Reading) {
	s.online, s.fresh, s.look, s.seen = true, true, r, s.now
	s.done = map[string]bool{}
	lifted := s.nozzle(r.Nozzle)
	switch {
	case r.State != driver.Authorized, lifted != nil && lifted.saved.Open != nil:
		s.stray = time.Time{}
	case s.stray.IsZero():
		s.stray = s.now
	}
	for _, n := range s.nozzles {
		n.totalOK = false
		if r.State != driver.Calling || r.Nozzle != n.index {
			n.lifted = false
		}
		if r.Nozzle != n.index {
			n.saved.HangUp = false
		}
		if s.atRest(n) {
			n.quiet++
		} else {
			n.quiet = 0
		}
	}
	s.watch()
}

// atRest reports whether the look shows that nothing of n is under way.
func (s *Session) atRest(n *nozzle) bool {
	switch s.look.State {
	case driver.Idle:
		return true
	case driver.Calling:
		open := n.saved.Open
		return s.look.Nozzle != n.index || (open != nil && open.Started)
	case driver.Authorized, driver.Fuelling, driver.Paused:
		return s.look.Nozzle != 0 && s.look.Nozzle != n.index
	}
	return false
}

func (s *Session) offline() {
	s.online, s.look, s.stray = false, driver.Reading{}, time.Time{}
	s.prices, s.readAt = nil, time.Time{}
	s.recallIn = RecallTries
	for _, n := range s.nozzles {
		n.outage = n.saved.Open != nil
		n.audited = time.Time{}
		n.lifted, n.totalOK, n.quiet = false, false, 0
	}
}

func (s *Session) wanted(want map[int]wire.WantNozzle) {
	for _, n := range s.nozzles {
		n.want, n.wanted = want[n.saved.Nozzle]
	}
}

func (s *Session) uploaded(sale driver.Sale) {
	if !s.Pending(sale.Key) && len(s.uploads) < MaxUploads {
		s.uploads = append(s.uploads, sale)
	}
	// It may be tried at once, whatever failed since the last look.
	s.done = map[string]bool{}
}

// nozzle finds a nozzle by its place at the point, or nil.
func (s *Session) nozzle(index int) *nozzle {
	if index < 1 || index > len(s.nozzles) {
		return nil
	}
	return s.nozzles[index-1]
}

// once reports whether a thing was not yet tried since the last look, and
// notes that it is now.
func (s *Session) once(what string, args ...any) bool {
	key := fmt.Sprintf(what, args...)
	if s.done[key] {
		return false
	}
	s.done[key] = true
	return true
}

// note puts a line into the log, once a session for each key.
func (s *Session) note(key, text string, args ...any) {
	const most = 256
	if s.notedAt[key] || len(s.notedAt) >= most {
		return
	}
	s.notedAt[key] = true
	s.notes = append(s.notes, Note{Text: text, Args: args})
}
