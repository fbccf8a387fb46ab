package main

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestCycleIsItsMinimum: on a machine that costs no time, a cycle takes what
// the arithmetic says, so what is measured above it is the machine's.
func TestCycleIsItsMinimum(t *testing.T) {
	for _, addresses := range []int{1, 8, 32} {
		for _, busy := range []bool{false, true} {
			c := &benchCase{addresses: addresses, busy: busy}
			t.Run(c.name(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { c.checkExact(t) })
			})
		}
	}
}

func (c *benchCase) checkExact(t *testing.T) {
	stop, err := c.start(t.Context(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if err := c.measure(t.Context(), time.Now); err != nil {
		t.Fatal(err)
	}
	took, least := c.took[0], c.least[0]
	// The last word's gap falls into the next cycle.
	if off := (took - least).Abs(); off > 10*time.Millisecond {
		t.Fatalf("a cycle took %v, its arithmetic minimum is %v", took, least)
	}
	if least < time.Duration(addressesFloor*c.addresses)*time.Millisecond {
		t.Fatalf("minimum %v for %d addresses leaves bytes out", least, c.addresses)
	}
}

// addressesFloor is what six bytes alone take, in whole milliseconds.
const addressesFloor = 6
