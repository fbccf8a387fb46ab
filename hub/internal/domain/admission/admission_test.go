package admission_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"forecourt/hub/internal/domain/admission"
	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/wire"
)

func TestATicketAdmitsOnceAndSoon(t *testing.T) {
	now := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	booth := admission.New(func() time.Time { return now }, rand.Reader)
	holder := admission.Holder{
		Device: device.Actor{Kind: wire.DeviceTill, Name: "till 1"}, Staff: &staff.Actor{Number: "2001"},
	}
	issue := func() wire.Ticket {
		t.Helper()
		ticket, err := booth.Issue(holder)
		if err != nil {
			t.Fatal(err)
		}
		return ticket
	}
	first, late := issue(), issue()
	if first.Ticket == late.Ticket || !first.ExpiresAt.Equal(now.Add(30*time.Second)) {
		t.Errorf("tickets %+v and %+v", first, late)
	}
	if got, ok := booth.Spend(first.Ticket); !ok || got != holder {
		t.Errorf("spent %+v, %v", got, ok)
	}
	now = now.Add(30 * time.Second)
	for name, ticket := range map[string]string{"spent": first.Ticket, "expired": late.Ticket, "empty": "", "made up": "AAAA"} {
		if _, ok := booth.Spend(ticket); ok {
			t.Errorf("a ticket that is %s admits", name)
		}
	}
}

func TestTicketsAreBounded(t *testing.T) {
	now := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	booth := admission.New(func() time.Time { return now }, rand.Reader)
	var err error
	issued := 0
	for ; err == nil && issued < 100_000; issued++ {
		_, err = booth.Issue(admission.Holder{})
	}
	var p *wire.Problem
	if !errors.As(err, &p) || p.Type != wire.ProblemTooMany {
		t.Fatalf("after %d tickets: %v, want too many", issued, err)
	}
	now = now.Add(time.Minute)
	if _, err := booth.Issue(admission.Holder{}); err != nil {
		t.Errorf("after the old ones expired: %v", err)
	}
}
