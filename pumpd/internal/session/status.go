package session

import (
	"forecourt/pumpd/internal/driver"
	"forecourt/shared/wire"
)

// Status is the live state of each nozzle.
func (s *Session) Status() []wire.NozzleStatus {
	list := make([]wire.NozzleStatus, 0, len(s.nozzles))
	for _, n := range s.nozzles {
		list = append(list, s.status(n))
	}
	return list
}

func (s *Session) status(n *nozzle) wire.NozzleStatus {
	v := wire.NozzleStatus{
		Nozzle: n.saved.Nozzle, State: s.state(n), Totalizer: n.last, SeenAt: s.seen.UTC(),
		Volume: n.saved.LastVolume, Amount: n.saved.LastAmount,
		Price: n.saved.Price, PriceSet: n.saved.PriceSet,
	}
	if s.prices != nil && s.prices[n.index-1] != 0 {
		v.Price = s.prices[n.index-1]
	}
	if v.State == wire.NozzleFault {
		v.Fault = s.look.Fault
	}
	if open := n.saved.Open; open != nil {
		v.Sale, v.Preset = open.Sale, open.Preset
	}
	switch v.State {
	case wire.NozzleAuthorized:
		v.Volume, v.Amount = 0, 0
	case wire.NozzleFuelling, wire.NozzlePaused:
		v.Volume, v.Amount = s.look.Volume, s.look.Amount
		if s.look.Price != 0 {
			v.Price = s.look.Price
		}
	case wire.NozzleFinished:
		for _, sale := range s.look.Finished {
			if sale.Nozzle == n.index {
				v.Volume, v.Amount, v.Price = sale.Volume, sale.Amount, sale.Price
			}
		}
	}
	return v
}

// state says what a nozzle is doing. What the dispenser does comes before what
// the station wants: a stopped nozzle that still runs is shown running.
func (s *Session) state(n *nozzle) wire.NozzleState {
	switch {
	case !s.online:
		return wire.NozzleOffline
	case s.look.State == driver.Inoperative:
		return wire.NozzleFault
	}
	mine := s.inUse() == n
	switch {
	case mine && s.look.State == driver.Authorized:
		return wire.NozzleAuthorized
	case mine && s.look.State == driver.Fuelling:
		return wire.NozzleFuelling
	case mine && s.look.State == driver.Paused:
		return wire.NozzlePaused
	case mine && s.look.State == driver.Finished, s.unsettled(n), n.saved.HangUp:
		return wire.NozzleFinished
	case n.wanted && n.want.Hold == wire.HoldStop:
		return wire.NozzleStopped
	case n.wanted && n.want.Mode == wire.ModeClosed:
		return wire.NozzleClosed
	case mine && s.look.State == driver.Calling && s.look.Nozzle == n.index:
		return wire.NozzleCalling
	}
	return wire.NozzleIdle
}
