package simulator

import (
	"bytes"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/driver/dart"
	"forecourt/shared/unit"
)

// dartSide is one address: the line's numbering, what the host has been told,
// and the few states that DART has beside the pump's own.
type dartSide struct {
	face    *DART
	address byte
	pump    int

	tx       byte   // number of the next block
	pending  []byte // block that waits for its acknowledgement, nil if none
	hostTX   int    // number of the last block taken, -1 for none
	hostBody []byte
	boots    int

	reset   bool // RESET was done, so that AUTHORIZE is possible
	off     bool // switched off by command
	nozzle  int  // the last nozzle that was out
	allowed []byte
	preset  driver.Order
	told    dartNews
	answers []byte // transactions that were asked for
}

// dartNews is what a host is told when it changes.
type dartNews struct {
	valid  bool
	status dart.Status
	filled dart.Filled
	nozzle dart.Nozzle
}

// Codes of transactions; the driver's package keeps its own to itself.
const (
	txStatus   = 0x01
	txFilled   = 0x02
	txNozzle   = 0x03
	txAmount   = 0x04
	txPrices   = 0x05
	txParams   = 0x07
	txIdentity = 0x09
	txTotals   = 0x65
)

// hear answers one frame from the host, or stays silent.
func (s *dartSide) hear(f dart.Frame) (answer dart.Frame, speak bool) {
	v := s.face.station.View(s.pump)
	if v.Dark {
		return answer, false
	}
	if v.Boots != s.boots {
		*s = dartSide{face: s.face, address: s.address, pump: s.pump, hostTX: -1, boots: v.Boots, nozzle: s.nozzle}
	}
	switch f.Kind {
	case dart.Poll:
		return s.speak(), true
	case dart.Data:
		return s.obey(f), true
	case dart.Ack:
		s.acknowledged(f.TX)
	case dart.AckPoll:
		s.acknowledged(f.TX)
		return s.speak(), true
	case dart.Nak:
		s.tx = 0
	}
	return answer, false
}

// acknowledged lets the block go; a wrong number starts the numbering over.
func (s *dartSide) acknowledged(tx byte) {
	switch {
	case s.pending == nil:
	case tx == s.tx:
		s.pending, s.tx = nil, (s.tx+1)&0x0F
	default:
		s.tx = 0
	}
}

// speak repeats the block that was not acknowledged, or tells what is new.
func (s *dartSide) speak() dart.Frame {
	if s.pending == nil {
		s.pending = s.news()
	}
	if s.pending == nil {
		return dart.Frame{Address: s.address, Kind: dart.EOT}
	}
	return dart.Frame{Address: s.address, Kind: dart.Data, TX: s.tx, Body: s.pending}
}

// obey takes a block once, acknowledges it again when it is repeated, and
// refuses one out of order.
func (s *dartSide) obey(f dart.Frame) dart.Frame {
	reply := dart.Frame{Address: s.address, Kind: dart.Ack, TX: f.TX}
	switch {
	case int(f.TX) == s.hostTX:
		return reply // repeated
	case s.hostTX >= 0 && f.TX != 0 && int(f.TX) != s.hostTX+1 && (s.hostTX != 15 || f.TX != 1):
		reply.Kind = dart.Nak
		s.hostTX = -1
		return reply
	}
	s.hostTX, s.hostBody = int(f.TX), bytes.Clone(f.Body)
	list, err := dart.ParseTransactions(f.Body)
	if err != nil {
		return reply // a real one ignores what it does not understand
	}
	for _, t := range list {
		s.do(t)
	}
	return reply
}

// do carries out one transaction if the state allows it.
func (s *dartSide) do(t dart.Transaction) {
	d := s.face.config.Decimals
	ready := s.status() == dart.ResetDone
	switch {
	case t.Code == txStatus && len(t.Data) == 1:
		s.command(dart.Command(t.Data[0]))
	case t.Code == txFilled && ready: // CD2, allowed nozzles
		s.allowed = bytes.Clone(t.Data)
	case t.Code == txNozzle && ready: // CD3, preset volume
		if v, err := d.ParseVolume(t.Data); err == nil {
			s.preset = driver.Order{Limit: driver.ByVolume, Volume: v}
		}
	case t.Code == txAmount && ready: // CD4, preset amount
		if a, err := d.ParseAmount(t.Data); err == nil {
			s.preset = driver.Order{Limit: driver.ByMoney, Money: a}
		}
	case t.Code == txPrices:
		s.setPrices(t.Data)
	case t.Code == txTotals && len(t.Data) == 1:
		s.answers = s.totals(t.Data[0]).Append(s.answers)
	}
}

func (s *dartSide) setPrices(data []byte) {
	const size = 3
	var prices []unit.FenPerLitre
	for ; len(data) >= size; data = data[size:] {
		p, err := s.face.config.Decimals.ParsePrice(data[:size])
		if err != nil {
			return
		}
		prices = append(prices, p)
	}
	s.with(func(p *Pump) { _ = p.SetPrices(prices) }) // ignored where it does not fit, as on a real one
}

// command carries out a CD1.
func (s *dartSide) command(c dart.Command) {
	status := s.status()
	switch c {
	case dart.ReturnStatus:
		s.answers = s.look().nozzleNews(s).Append(s.look().statusNews().Append(s.answers))
	case dart.ReturnParameters:
		s.answers = s.parameters().Append(s.answers)
	case dart.ReturnIdentity:
		s.answers = dart.Transaction{Code: txIdentity, Data: []byte{0, 0, 0, 0, s.address}}.Append(s.answers)
	case dart.ReturnFilling:
		s.answers = append(s.answers, s.fillingNews()...)
	case dart.ReturnPrices:
		s.answers = append(s.answers, s.priceNews()...)
	case dart.Reset:
		if status == dart.Complete || status == dart.LimitReached || status == dart.SwitchedOff {
			s.with((*Pump).Release)
			s.reset, s.off, s.allowed, s.preset = true, false, nil, driver.Order{}
		}
	case dart.Authorize:
		s.authorize(status)
	case dart.Stop:
		s.with((*Pump).Stop)
	case dart.SwitchOff:
		s.with((*Pump).Stop)
		s.off = true
	case dart.Suspend:
		s.with((*Pump).Suspend)
	case dart.Resume:
		s.with((*Pump).Resume)
	}
}

func (s *dartSide) authorize(status dart.Status) {
	if status != dart.ResetDone {
		return
	}
	o := s.preset
	if len(s.allowed) == 1 {
		o.Nozzle = int(s.allowed[0])
	}
	s.with(func(p *Pump) {
		if p.Authorize(o) == nil {
			s.reset = false
		}
	})
}

func (s *dartSide) with(fn func(*Pump)) { s.face.station.Do(s.pump, fn) }

func (s *dartSide) view() View { return s.face.station.View(s.pump) }

// status is the pump's state in DART's numbers.
func (s *dartSide) status() dart.Status {
	v := s.view()
	switch {
	case v.State == driver.Inoperative:
		return dart.NotProgrammed
	case s.off:
		return dart.SwitchedOff
	case v.State == driver.Authorized:
		return dart.Authorized
	case v.State == driver.Fuelling:
		return dart.Filling
	case v.State == driver.Paused:
		return dart.Suspended
	case v.State == driver.Finished:
		s.reset = false
		if v.LimitHit && v.Lifted {
			return dart.LimitReached
		}
		return dart.Complete
	case s.reset:
		return dart.ResetDone
	}
	return dart.Complete
}
