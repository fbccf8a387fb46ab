package dart

import (
	"fmt"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// side is what is known of one address: its news merged, and the numbering
// of blocks in both directions. It does no I/O.
type side struct {
	config   Side
	noTotals bool
	decimals Decimals
	// asked says that the decimals are settled.
	asked bool

	// Numbering. hostTX is the next block to send; synced says that the
	// dispenser agrees. pumpTX is the last block taken, -1 for none.
	hostTX   byte
	synced   bool
	pumpTX   int
	pumpBody []byte
	orderAt  time.Time // when the last block of orders was sent

	// News.
	known     bool // status, nozzle and display are of this time
	silent    int  // polls without any answer, in a row
	statusAt  time.Time
	status    Status
	hasStatus bool
	nozzle    Nozzle
	hasNozzle bool
	filled    Filled
	hasFilled bool
	fill      Nozzle // nozzle and price of the filling that runs or ran
	alarm     byte
	news      news

	// Sales.
	settle  bool   // ended, and final figures are still to be read
	held    []held // told until released, oldest first
	current string // mark of the sale that the dispenser still holds
	forget  bool   // released; RESET waits for the nozzle
	spent   bool   // the nozzle of the last sale is not back yet
	tidyAt  time.Time
}

// held is a finished sale that waits for Release.
type held struct {
	mark string
	sale driver.Sale
}

// news collects answers to questions since it was last cleared.
type news struct {
	status bool
	filled bool
	params bool
	totals map[byte]Totals
	list   []unit.FenPerLitre       // prices in one block
	prices map[int]unit.FenPerLitre // prices nozzle by nozzle
}

func newSide(s Side, c Config) *side {
	return &side{config: s, noTotals: c.NoTotals, decimals: c.Decimals, asked: !c.AskDecimals, pumpTX: -1}
}

// expects says whether a block number follows the last one: its successor,
// with F followed by 0 or by 1, or 0, by which the dispenser starts over.
func (s *side) expects(tx byte) bool {
	return s.pumpTX < 0 || tx == 0 || int(tx) == s.pumpTX+1 || (s.pumpTX == maxTX && tx == 1)
}

// maxTX is the last block number.
const maxTX = 15

// nextTX follows a block number of ours. Real hosts let F be followed by 0.
func nextTX(tx byte) byte { return (tx + 1) & maxTX }

// apply merges the news of one block. What cannot be read is left out and
// makes it answer an error; the rest still counts. Statuses come first, since
// they say what the figures in the same block belong to.
func (s *side) apply(list []Transaction, now time.Time) error {
	var first error
	for _, pass := range []func([]Transaction, int, time.Time) error{s.applyStatus, s.applyNozzle, s.applyRest} {
		for i := range list {
			if err := pass(list, i, now); err != nil && first == nil {
				first = err
			}
		}
	}
	return first
}

func (s *side) applyStatus(list []Transaction, i int, now time.Time) error {
	t := list[i]
	if t.Code != dcStatus {
		return nil
	}
	if len(t.Data) != 1 {
		return fmt.Errorf("%w: DC1 of %d bytes", ErrTransaction, len(t.Data))
	}
	s.news.status = true
	s.statusAt = now
	s.turn(Status(t.Data[0]))
	return nil
}

// turn follows a change of status.
func (s *side) turn(next Status) {
	before, had := s.status, s.hasStatus
	s.status, s.hasStatus = next, true
	if had && before == next {
		return
	}
	running := had && (before == Authorized || before == Filling || before == Suspended)
	switch next {
	case Authorized:
		s.begin()
	case Filling:
		if had && !running {
			s.begin()
		}
	case Complete, LimitReached:
		if !had || before != Complete && before != LimitReached {
			s.settle, s.current, s.forget = true, "", false
		}
	case ResetDone:
		s.settle, s.current, s.forget, s.alarm = false, "", false, 0
	}
}

// begin clears the display for a new filling.
func (s *side) begin() {
	s.filled, s.hasFilled = Filled{}, true
	s.fill = Nozzle{}
	if s.nozzle.Out {
		s.fill = s.nozzle
	}
	s.settle, s.current, s.forget = false, "", false
}

func (s *side) applyNozzle(list []Transaction, i int, _ time.Time) error {
	t := list[i]
	if t.Code != dcNozzle {
		return nil
	}
	n, err := s.decimals.ParseNozzle(t.Data)
	if err != nil {
		return err
	}
	if n.Number > s.config.Nozzles {
		return fmt.Errorf("%w: nozzle %d of %d", ErrFigure, n.Number, s.config.Nozzles)
	}
	if s.news.prices != nil && n.Number > 0 {
		s.news.prices[n.Number] = n.Price
	}
	// Beside figures stands the nozzle they belong to; the last one in the
	// block is the one that is out, or was last.
	beside := i > 0 && list[i-1].Code == dcFilled
	running := s.status == Authorized || s.status == Filling || s.status == Suspended
	if n.Number > 0 && (beside || (running && n.Out)) {
		s.fill = n
	}
	if beside && s.nozzle.Out && s.nozzle.Number != n.Number {
		return nil // of the figures only: another nozzle is out by now
	}
	s.nozzle, s.hasNozzle = n, true
	if !n.Out {
		s.spent = false
	}
	return nil
}

func (s *side) applyRest(list []Transaction, i int, _ time.Time) error {
	t := list[i]
	switch {
	case t.Code == dcFilled:
		f, err := s.decimals.ParseFilled(t.Data)
		if err != nil {
			return err
		}
		s.filled, s.hasFilled, s.news.filled = f, true, true
	case t.Code == dcAlarm && len(t.Data) == 1:
		s.alarm = t.Data[0]
	case t.Code == dcAlarm:
		return s.applyPrices(t.Data)
	case t.Code == dcTotals:
		total, err := s.decimals.ParseTotals(t.Data)
		if err != nil {
			return err
		}
		if s.news.totals != nil {
			s.news.totals[total.Counter] = total
		}
	case t.Code == dcParams:
		return s.applyParameters(t.Data)
	}
	return nil
}

// applyPrices reads a list of prices under the alarm's number; makers differ
// in how they answer the question for prices, the length tells.
func (s *side) applyPrices(data []byte) error {
	if len(data) != priceSize*s.config.Nozzles {
		return fmt.Errorf("%w: DC5 of %d bytes", ErrTransaction, len(data))
	}
	var list []unit.FenPerLitre
	for at := 0; at < len(data); at += priceSize {
		p, err := s.decimals.ParsePrice(data[at : at+priceSize])
		if err != nil {
			return err
		}
		list = append(list, p)
	}
	s.news.list = list
	return nil
}

func (s *side) applyParameters(data []byte) error {
	s.news.params = true
	if s.asked {
		return nil
	}
	d, err := ParseParameters(data)
	if err != nil {
		return err
	}
	s.decimals, s.asked = d, true
	s.hasFilled, s.hasNozzle = false, false // read with other decimals
	return nil
}

// lost notes a poll without any answer.
func (s *side) lost() {
	s.silent++
	s.known, s.synced = false, false
	if s.silent == awayAfter {
		s.hasStatus = false // it may have sold, or lost power: look at all of it again
	}
}

// awayAfter is how many unanswered polls make everything known doubtful.
const awayAfter = 3

// atEnd says that a filling is over and RESET has not been done.
func (s *side) atEnd() bool { return s.status == Complete || s.status == LimitReached }

// reading puts what is known into the contract's words.
func (s *side) reading() driver.Reading {
	r := driver.Reading{State: s.state(), Volume: s.filled.Volume, Amount: s.filled.Amount, Price: s.nozzle.Price}
	if s.nozzle.Out {
		r.Nozzle = s.nozzle.Number
	}
	if r.State == driver.Fuelling || r.State == driver.Paused || r.State == driver.Finished {
		if s.fill.Number != 0 {
			r.Price = s.fill.Price
		}
	}
	if (r.State == driver.Fuelling || r.State == driver.Paused) && s.fill.Number != 0 {
		r.Nozzle = s.fill.Number
	}
	for _, h := range s.held {
		r.Finished = append(r.Finished, h.sale)
	}
	r.Fault = s.fault()
	return r
}

func (s *side) state() driver.State {
	switch s.status {
	case ResetDone:
		return s.resting()
	case Authorized:
		return driver.Authorized
	case Filling:
		return driver.Fuelling
	case Suspended:
		return driver.Paused
	case Complete, LimitReached:
		if s.settle || (s.current != "" && !s.forget) {
			return driver.Finished
		}
		return s.resting()
	}
	return driver.Inoperative
}

// resting is idle or calling; but a nozzle still out from the last sale does
// not call for the next one.
func (s *side) resting() driver.State {
	switch {
	case s.nozzle.Out && s.spent:
		return driver.Finished
	case s.nozzle.Out:
		return driver.Calling
	}
	return driver.Idle
}

func (s *side) fault() string {
	switch {
	case s.alarm != 0:
		return fmt.Sprintf("alarm %02X", s.alarm)
	case s.state() == driver.Inoperative:
		return s.status.String()
	case s.settle:
		return "figures of the finished sale not read yet"
	}
	return ""
}
