package disaster

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"forecourt/house/internal/robot"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Loss is what a restore did not bring back.
type Loss struct {
	// At is when the old data ended: the kill, or the switch.
	At time.Time
	// Until is up to when everything that was acknowledged has to be there: the
	// last commit that survived, or the end of the moment that was asked for.
	Until time.Time
	// Payments were acknowledged to a till and are not there, oldest first.
	Payments []robot.Receipt
}

// Changes is how much time of changes was lost; 0 if it did not come to that.
func (l Loss) Changes() time.Duration {
	if l.Until.IsZero() {
		return 0
	}
	return l.At.Sub(l.Until)
}

// Err says which payments had to be there.
func (l Loss) Err() error {
	var errs []error
	for _, p := range l.Payments {
		if p.At.Before(l.Until) {
			errs = append(errs, fmt.Errorf("the payment of %s for sale %s, acknowledged %v before the end and %v before the last that had to survive, is not there",
				p.Paid, p.Sale, l.At.Sub(p.At), l.Until.Sub(p.At)))
		}
	}
	return errors.Join(errs...)
}

// foretold holds what was lost against what the hub had said beforehand, some
// time after a moment: it knew of every payment that was taken until then, and of
// none that was not lost. One may have been taken and not yet acknowledged.
func foretold(l Loss, told wire.RestoreLoss, asked time.Time) error {
	before := 0
	for _, p := range l.Payments {
		if p.At.Before(asked) {
			before++
		}
	}
	if got := int(told.Payments); got < before || got > len(l.Payments)+1 {
		return fmt.Errorf("the hub said that %d payments would be lost; %d were, %d of them taken before it was asked", got, len(l.Payments), before)
	}
	return nil
}

// unpaid are the receipts for which the hub has no payment.
func unpaid(receipts []robot.Receipt, sales []wire.Sale) []robot.Receipt {
	paid := map[id.Sale]wire.Sale{}
	for _, s := range sales {
		if s.State == wire.SalePaid && s.Payment != nil {
			paid[s.ID] = s
		}
	}
	return slices.DeleteFunc(slices.Clone(receipts), func(r robot.Receipt) bool {
		s, ok := paid[r.Sale]
		return ok && s.Payment.Paid == r.Paid
	})
}

// kept counts the sales that are known, or says which is missing, or not what it
// was.
func kept(known map[id.Sale]wire.Sale, sales []wire.Sale) (int, error) {
	is := map[id.Sale]wire.Sale{}
	for _, s := range sales {
		is[s.ID] = s
	}
	var errs []error
	for _, was := range known {
		s, ok := is[was.ID]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("sale %s of %s L on nozzle %d is gone", was.ID, was.Volume, was.Nozzle))
		case s.Nozzle != was.Nozzle || s.Before != was.Before || s.After != was.After || s.Volume != was.Volume || s.Amount != was.Amount:
			errs = append(errs, fmt.Errorf("sale %s was %s L and %s and is %s L and %s", was.ID, was.Volume, was.Amount, s.Volume, s.Amount))
		}
	}
	return len(known) - len(errs), errors.Join(errs...)
}
