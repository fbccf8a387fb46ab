package sale

import (
	"errors"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Errors of resolving.
var (
	// ErrState says that the sale cannot be resolved that way from its state.
	ErrState = errors.New("sale: not to be resolved that way in its state")
	// ErrVolume says that the volume to charge is not what was metered.
	ErrVolume = errors.New("sale: the volume is not the metered volume")
	// ErrAmount says that the amount to charge is not price times volume.
	ErrAmount = errors.New("sale: the amount is not price times volume")
)

// Resolve returns the sale as it stands after a person resolved it without
// money. inForce is the price its set says, which a quarantined sale may also
// be charged at; it is zero if unknown.
//
// To accept is to charge what the meter says: a person may set right a display
// that lied, but may not invent litres, so the volume has to be the metered
// one and the amount has to follow from a price that was on show.
func (s Sale) Resolve(req wire.ResolveRequest, inForce unit.FenPerLitre) (Sale, error) {
	s.Note = req.Note
	doubtful := s.State == wire.SaleQuarantined || s.State == wire.SaleMissing
	switch {
	case req.Act == wire.ResolveDriveOff && s.State == wire.SaleUnpaid:
		s.State = wire.SaleDriveOff
	case req.Act == wire.ResolveTest && s.State == wire.SaleUnpaid:
		s.State = wire.SaleTest
	case req.Act == wire.ResolveDismiss && doubtful:
		s.State = wire.SaleVoid
	case req.Act == wire.ResolveAccept && doubtful:
		if !Within(req.Volume, s.Counted) {
			return s, ErrVolume
		}
		agrees := unit.AmountAgrees(req.Amount, req.Volume, s.Price) || unit.AmountAgrees(req.Amount, req.Volume, inForce)
		if req.Amount <= 0 || !agrees {
			return s, ErrAmount
		}
		s.State, s.Bucket = wire.SaleUnpaid, BucketBooked
		s.Booked, s.Charge = req.Volume, req.Amount
	default:
		return s, ErrState
	}
	return s, nil
}
