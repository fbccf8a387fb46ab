package desk

import (
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// flight is the payment or resolution of a sale on its way, or its last end.
func (s *State) flight(sale id.Sale) flight {
	if f, ok := s.flights[slot{kind: CommandResolve, sale: sale}]; ok && f.busy() {
		return f
	}
	return s.flights[slot{kind: CommandPay, sale: sale}]
}

// taken reports whether money for a sale is on its way or has arrived.
func (s *State) taken(sale id.Sale) bool {
	f := s.flight(sale)
	return f.busy() || s.paidAhead(f)
}

// change is what is given back for what was typed: nothing typed means the
// exact amount. ok is false while it is too little or beyond a sane till.
func (s *State) change(due unit.Fen) (tendered, change unit.Fen, why Word) {
	tendered, err := parseTyped(s.tender.text)
	switch {
	case err != nil:
		return 0, 0, WordShort
	case s.tender.text == "":
		return due, 0, WordNone
	case tendered < due:
		return tendered, 0, WordShort
	case tendered-due > maxChange:
		return tendered, tendered - due, WordTooMuch
	default:
		return tendered, tendered - due, WordNone
	}
}

// pay takes the money for the chosen sale. It answers in words when it
// cannot, and does nothing at all while an earlier press is not settled.
func (s *State) pay() []Effect {
	sale, ok := s.findSale(s.picked.sale)
	if !ok {
		s.say(ToneWarn, s.text(WordChooseFirst))
		return nil
	}
	if s.taken(sale.ID) || s.now.Sub(s.picked.appeared) < underFinger {
		return nil
	}
	if !s.HubFresh() {
		s.say(ToneBad, s.text(WordNoPayOffline))
		return nil
	}
	if sale.State != wire.SaleUnpaid {
		s.say(ToneBad, s.whyNotPayable(sale))
		return nil
	}
	if !s.takesMoney() {
		s.say(ToneWarn, s.text(WordRoleTakesNoMoney))
		return nil
	}
	tendered, _, why := s.change(sale.Due)
	if why != WordNone {
		s.say(ToneWarn, s.text(why))
		return nil
	}
	return s.send(Command{Kind: CommandPay, Sale: sale.ID, Pay: &wire.PayRequest{
		Tender: wire.TenderCash, Due: sale.Due, Tendered: tendered,
	}})
}

// whyNotPayable says why a sale takes no money.
func (s *State) whyNotPayable(sale wire.Sale) string {
	switch sale.State {
	case wire.SalePaid:
		return s.text(WordAlreadyPaid)
	case wire.SaleQuarantined, wire.SaleMissing:
		return s.text(WordNotPayableQuarantined)
	case wire.SaleOpen:
		return s.text(WordStillFuelling)
	default:
		return s.text(WordSettledOtherwise)
	}
}

// send puts a command on its way unless one for the same thing already is.
// Only a hand on a pump may overtake another: a stop never waits for a release.
func (s *State) send(c Command) []Effect {
	f := s.flights[c.slot()]
	if s.session == nil || f.busy() && !overtakes(c, f.command) {
		return nil
	}
	c.Staff, c.At = s.session.Number, s.now
	s.flights[c.slot()] = flight{command: c, phase: PhaseSending}
	return []Effect{Send{c}}
}

func overtakes(c, earlier Command) bool {
	return c.Hold != nil && earlier.Hold != nil && c.Hold.Hold != earlier.Hold.Hold
}

// sent notes the key under which a command was saved. A command that was
// saved by an earlier run appears here for the first time.
func (s *State) sent(e Sent) []Effect {
	if e.Command.Kind == CommandSay {
		return s.messageSent(e.Command)
	}
	f := s.flights[e.Command.slot()]
	f.command, f.phase = e.Command, PhaseSending
	s.flights[e.Command.slot()] = f
	return s.record("sending", e.Command)
}

func (s *State) unknown(e Unknown) []Effect {
	if e.Command.Kind == CommandSay {
		return s.messageUnknown(e.Command)
	}
	f, ok := s.flights[e.Command.slot()]
	if ok && (!f.busy() || f.phase == PhaseUnknown && f.command.Key == e.Command.Key) {
		return nil
	}
	s.flights[e.Command.slot()] = flight{command: e.Command, phase: PhaseUnknown}
	return s.record("unknown", e.Command)
}

// answered ends a command with the hub's yes. A second answer to the same
// key changes nothing.
func (s *State) answered(e Answered) []Effect {
	if e.Command.Kind == CommandSay {
		return s.messageDelivered(e)
	}
	if e.Command.Kind.Office() {
		return s.officeDone(e.Command)
	}
	at := e.Command.slot()
	if f := s.flights[at]; f.phase == PhaseDone && f.command.Key == e.Command.Key {
		return nil
	}
	out := s.record("confirmed", e.Command)
	if e.Command.Kind != CommandPay {
		s.land(e.Command)
		s.sayDone(e.Command)
		s.queueCounted(e)
		return out
	}
	s.flights[at] = flight{command: e.Command, phase: PhaseDone, sale: e.Sale}
	if s.picked.sale == e.Command.Sale {
		s.tender = tender{}
	}
	s.say(ToneGood, s.text(WordToastPaid, e.Command.Pay.Due.Symbol()))
	return append(out, s.play(SoundPaid)...)
}

// sayDone tells that something other than a payment was done, where its
// effect is not seen on the board anyway.
func (s *State) sayDone(c Command) {
	switch c.Kind {
	case CommandResolve:
		s.say(ToneGood, s.text(WordToastResolved))
	case CommandPrices:
		s.say(ToneGood, s.text(WordToastPrices))
	case CommandAuthorize:
		s.say(ToneGood, s.text(WordToastAuthorized, c.Nozzle))
		s.tender = tender{}
	}
}

func (s *State) refused(e Refused) []Effect {
	if e.Command.Kind == CommandSay {
		return s.messageRefused(e)
	}
	if e.Command.Kind.Office() {
		return s.officeRefused(e.Command, e.Problem)
	}
	at := e.Command.slot()
	out := s.record("refused", e.Command, "problem", problemName(e.Problem))
	s.say(ToneBad, s.problemText(e.Problem, WordUnknownProblem))
	if e.Command.Kind == CommandPay {
		s.flights[at] = flight{command: e.Command, phase: PhaseRefused, problem: e.Problem}
		return out
	}
	s.land(e.Command)
	return out
}

// land forgets a command that has come to its end, unless another has overtaken it.
func (s *State) land(c Command) {
	if s.flights[c.slot()].command.Key == c.Key {
		delete(s.flights, c.slot())
	}
}

// givenUp ends a command that does not outlive its moment.
func (s *State) givenUp(e GivenUp) []Effect {
	if e.Command.Kind == CommandSay {
		return s.messageRefused(Refused{Command: e.Command})
	}
	if e.Command.Kind.Office() {
		return s.officeGivenUp(e.Command)
	}
	s.land(e.Command)
	s.say(ToneBad, s.text(WordToastGivenUp))
	return append(s.record("given up", e.Command), s.play(SoundAlarm)...)
}

// record writes a command's fate to the event log.
func (s *State) record(what string, c Command, more ...any) []Effect {
	args := []any{"key", c.Key.String()}
	if !c.Sale.IsZero() {
		args = append(args, "sale", c.Sale.String())
	}
	if c.Nozzle != 0 {
		args = append(args, "nozzle", c.Nozzle)
	}
	if !c.Thread.IsZero() {
		args = append(args, "thread", c.Thread.String())
	}
	if c.Object != "" {
		args = append(args, "object", c.Object)
	}
	if c.Pay != nil {
		args = append(args, "due_fen", int64(c.Pay.Due), "tendered_fen", int64(c.Pay.Tendered))
	}
	if c.Queue != nil {
		args = append(args, "waiting", c.Queue.Waiting)
	}
	if c.Hold != nil {
		args = append(args, "hold", string(c.Hold.Hold))
	}
	return []Effect{Record{string(c.Kind) + " " + what, append(args, more...)}}
}

// unsettled counts money commands whose end is not known.
func (s *State) unsettled() int {
	n := 0
	for _, f := range s.flights {
		if f.phase == PhaseUnknown && f.command.Outlives() {
			n++
		}
	}
	return n
}
