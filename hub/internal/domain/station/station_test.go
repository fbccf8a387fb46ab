package station

import (
	"errors"
	"maps"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestChangeKeepsTheOtherPrices(t *testing.T) {
	was := Prices{"92#": 750, "95#": 798}
	next, err := was.Change([]wire.GradePriceRequest{{Grade: "92#", Price: 755}})
	if err != nil || !maps.Equal(next, Prices{"92#": 755, "95#": 798}) {
		t.Errorf("changed to %v, %v", next, err)
	}
	if was["92#"] != 750 {
		t.Error("the set in force was changed in place")
	}
	if _, err := was.Change([]wire.GradePriceRequest{{Grade: "93#", Price: 755}}); !errors.Is(err, ErrGrade) {
		t.Errorf("a grade not sold: %v", err)
	}
}

func TestWantLeavesOutWhatExpired(t *testing.T) {
	now := time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC)
	auth := &wire.Authorization{ID: id.Authorization{1}, ExpiresAt: now.Add(time.Second)}
	nozzles := []Nozzle{{Number: 1, Grade: "92#", Mode: wire.ModeControlled, Hold: wire.HoldNone, Authorization: auth}}
	s := Station{WantRev: 7, PriceSet: id.PriceSet{2}}
	want := wire.WantNozzle{
		Nozzle: 1, Mode: wire.ModeControlled, Hold: wire.HoldNone, Price: 750, PriceSet: s.PriceSet, Authorization: auth,
	}
	w := Want(s, nozzles, Prices{"92#": 750}, now)
	if w.Rev != 7 || len(w.Nozzles) != 1 || w.Nozzles[0] != want {
		t.Errorf("wanted %+v", w)
	}
	want.Authorization = nil
	if w := Want(s, nozzles, Prices{"92#": 750}, auth.ExpiresAt); w.Nozzles[0] != want {
		t.Errorf("at its expiry %+v", w.Nozzles[0])
	}
}
