package desk

import (
	"errors"

	"forecourt/shared/id"
	"forecourt/shared/mirror"
	"forecourt/shared/wire"
)

func (s *State) connected(e Connected) []Effect {
	again := s.link.ever
	s.link.up, s.link.ever, s.link.final = true, true, false
	s.link.heardAt = s.now
	s.link.hubAhead = e.Welcome.Now.Sub(s.now)
	if again {
		s.say(ToneGood, s.text(WordConnectedAgain))
	}
	return []Effect{Record{"connected", []any{"again", again}}}
}

func (s *State) lost(e Lost) []Effect {
	if s.link.up {
		s.link.downAt = s.now
	}
	s.link.up, s.link.final, s.link.code = false, e.Final, e.Code
	s.link.away = false
	out := []Effect{Record{"connection lost", []any{"reason", e.Reason, "final", e.Final}}}
	if e.Final && e.Code == wire.CloseRevoked {
		out = append(out, s.sessionEnded()...)
	}
	return out
}

// arrived folds a frame and calls out what a hand is needed for.
func (s *State) arrived(e Arrived) []Effect {
	if s.session == nil {
		return nil
	}
	s.link.heardAt = s.now
	f := e.Frame
	if family, _ := f.Ch.Split(); family == "forecourt" && f.K != wire.KindBeat {
		s.link.dataAt, s.link.away = s.now, false
	}
	var out []Effect
	switch family, _ := f.Ch.Split(); family {
	case "support", "chat":
		return s.chatNews(f)
	case "security":
		return s.securityNews(f)
	}
	switch f.K {
	case wire.KindBeat:
		s.beat(f)
		return nil
	case wire.KindNozzle:
		out = s.nozzleNews(f)
	case wire.KindSale:
		if sale, err := wire.Read[wire.Sale](f.D); err == nil && !s.attends() {
			out = s.saleNews(sale)
		}
	case wire.KindRefuel:
		if r, err := wire.Read[wire.Refuel](f.D); err == nil && s.attends() && s.mirrors.post.Has(r.Nozzle) {
			out = s.saleNews(saleOf(r))
		}
	case wire.KindSnap:
		out = []Effect{Record{"snapshot", []any{"channel", string(f.Ch), "seq", f.Seq}}}
	}
	err := s.mirrors.apply(f)
	if errors.Is(err, mirror.ErrSnapshot) {
		return append(out, s.postNews(f)...)
	}
	if err != nil {
		return append(out, Resync{f.Ch}, Record{"frame dropped", []any{"kind", string(f.K), "error", err.Error()}})
	}
	return out
}

// beat takes the hub's clock and the age of what it knows of the pumps.
func (s *State) beat(f wire.Frame) {
	b, err := wire.Read[wire.Beat](f.D)
	if err != nil || b.Now.IsZero() {
		return
	}
	if family, _ := f.Ch.Split(); family == "forecourt" {
		s.queueHeard(b)
	}
	s.link.hubAhead = b.Now.Sub(s.now)
	s.link.away = b.DeviceSeenAt.IsZero()
	if s.link.away {
		return
	}
	if seen := s.now.Add(-max(0, b.Now.Sub(b.DeviceSeenAt))); seen.After(s.link.dataAt) {
		s.link.dataAt = seen
	}
}

// nozzleNews calls out a lifted nozzle and a failing one.
func (s *State) nozzleNews(f wire.Frame) []Effect {
	n, err := wire.Read[wire.Nozzle](f.D)
	if err != nil {
		return nil
	}
	before, known := s.mirrors.nozzle(n.Number)
	if !known || before.State == n.State {
		return nil
	}
	out := []Effect{Record{"nozzle", []any{"nozzle", n.Number, "state", string(n.State)}}}
	switch n.State {
	case wire.NozzleCalling:
		out = append(out, s.play(SoundCalling)...)
	case wire.NozzleFault:
		s.say(ToneBad, s.text(WordToastFault, n.Number))
		out = append(out, s.play(SoundAlarm)...)
	}
	return out
}

// saleNews calls out a sale whose figures do not agree, and learns from a
// paid sale that a payment whose answer was lost did arrive.
func (s *State) saleNews(sale wire.Sale) []Effect {
	before, known := s.mirrors.sale(sale.ID)
	if known && before.State == sale.State {
		return nil
	}
	out := []Effect{Record{"sale", []any{
		"sale", sale.ID.String(), "number", sale.Number, "nozzle", sale.Nozzle,
		"state", string(sale.State), "due_fen", int64(sale.Due),
	}}}
	switch sale.State {
	case wire.SaleQuarantined, wire.SaleMissing:
		s.say(ToneBad, s.text(WordToastQuarantined, sale.Nozzle))
		out = append(out, s.play(SoundAlarm)...)
	case wire.SalePaid:
		out = append(out, s.paidElsewhere(sale)...)
	}
	return out
}

// paidElsewhere ends a payment on its way if the paid sale carries its id.
func (s *State) paidElsewhere(sale wire.Sale) []Effect {
	f, ok := s.flights[slot{kind: CommandPay, sale: sale.ID}]
	if !ok || !f.busy() || sale.Payment == nil || id.Command(sale.Payment.Attempt) != f.command.Key {
		return nil
	}
	return s.answered(Answered{Command: f.command, Sale: &sale})
}

// callOverdue calls out each unpaid sale once when it has waited too long.
func (s *State) callOverdue() []Effect {
	if !s.HubFresh() {
		return nil
	}
	called := 0
	for _, sale := range s.mirrors.sales() {
		if sale.State != wire.SaleUnpaid || s.overdue[sale.ID] || s.hubNow().Sub(sale.EndedAt) < OverdueAfter {
			continue
		}
		s.overdue[sale.ID] = true
		s.say(ToneWarn, s.text(WordToastOverdue, sale.Nozzle, sale.Due.Symbol()))
		called++
	}
	if called == 0 {
		return nil
	}
	return s.play(SoundOverdue)
}
