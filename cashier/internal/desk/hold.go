package desk

import (
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// startHolding begins a hold-to-confirm.
func (s *State) startHolding(what Holding) {
	if !s.laysHand() || s.holding.what != HoldingNothing {
		return
	}
	s.holding.what, s.holding.since = what, s.now
}

// finishHolding sends what was held down long enough. The hand must let go
// before it can hold again.
func (s *State) finishHolding() []Effect {
	if s.holding.what == HoldingNothing || s.now.Sub(s.holding.since) < HoldToConfirm {
		return nil
	}
	hold := wire.HoldStop
	if s.holding.what == HoldingReleaseAll {
		hold = wire.HoldNone
	}
	s.holding.what = HoldingNothing
	return s.send(Command{Kind: CommandHoldAll, Hold: &wire.HoldRequest{Hold: hold}})
}

// HoldProgress is how far a hold-to-confirm has got, in percent.
func (s *State) holdProgress() int {
	if s.holding.what == HoldingNothing {
		return 0
	}
	return int(min(100, 100*s.now.Sub(s.holding.since)/HoldToConfirm))
}

// stopChosen stops the chosen nozzle at once: a hand that stops is never asked twice.
func (s *State) stopChosen() []Effect {
	n, ok := s.mirrors.nozzle(s.picked.nozzle)
	if !ok {
		s.say(ToneWarn, s.text(WordChooseFirst))
		return nil
	}
	if n.Hold == wire.HoldStop {
		return nil
	}
	return s.sendHold(n.Number, wire.HoldStop)
}

// pauseChosen pauses the chosen nozzle, or undoes what holds it.
func (s *State) pauseChosen() []Effect {
	n, ok := s.mirrors.nozzle(s.picked.nozzle)
	if !ok {
		s.say(ToneWarn, s.text(WordChooseFirst))
		return nil
	}
	if n.Hold == wire.HoldNone {
		return s.sendHold(n.Number, wire.HoldPause)
	}
	return s.sendHold(n.Number, wire.HoldNone)
}

func (s *State) sendHold(nozzle int, hold wire.Hold) []Effect {
	return s.send(Command{Kind: CommandHold, Nozzle: nozzle, Hold: &wire.HoldRequest{Hold: hold}})
}

// allStopped reports whether the station's hand lies on every nozzle.
func (s *State) allStopped() bool {
	nozzles := s.mirrors.nozzles()
	for _, n := range nozzles {
		if n.Hold != wire.HoldStop {
			return false
		}
	}
	return len(nozzles) > 0
}

// mayPreset reports whether the chosen nozzle waits for an authorization from here.
func (s *State) mayPreset() bool {
	n, ok := s.mirrors.nozzle(s.picked.nozzle)
	if !ok || !s.PumpsFresh() || n.Mode != wire.ModeControlled || !s.picked.sale.IsZero() || n.Hold != wire.HoldNone {
		return false
	}
	return n.State == wire.NozzleIdle || n.State == wire.NozzleCalling
}

// authorize lets the chosen nozzle deliver: up to the amount typed, or a full tank.
func (s *State) authorize() []Effect {
	if !s.mayPreset() {
		s.say(ToneWarn, s.text(WordNotAuthorizable))
		return nil
	}
	preset := wire.Preset{Kind: wire.PresetNone}
	if amount := s.typedAmount(); amount > 0 {
		preset = wire.Preset{Kind: wire.PresetMoney, Money: amount}
	}
	return s.send(Command{Kind: CommandAuthorize, Nozzle: s.picked.nozzle, Authorize: &wire.AuthorizeRequest{
		Preset: preset, ValidSeconds: authorizeFor,
	}})
}

func (s *State) typedAmount() unit.Fen {
	amount, err := parseTyped(s.tender.text)
	if err != nil {
		return 0
	}
	return amount
}
