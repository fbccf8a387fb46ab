package flow_test

import (
	"slices"
	"testing"
	"time"

	"forecourt/hub/internal/domain/claim"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestTheNextDeliveryAtAClaimedNozzleIsTheMembers(t *testing.T) {
	h := newHouse(t)
	heard := h.stands()
	who := h.stranger()
	c := h.claim(who, 3)
	if c.Nozzle != 3 || c.Grade != "92#" || c.StationName != "示范加油站" || !c.Until.Equal(start.Add(claim.Lasts)) || !c.Sale.IsZero() {
		t.Errorf("claim %+v", c)
	}
	h.later(time.Minute)
	s := h.sale(3, 30_000)
	h.take(begin(s))
	if got := h.waiting(); len(got) != 0 {
		t.Errorf("spent, and %v still waits", got)
	}
	h.later(time.Minute)
	s.EndedAt = h.now()
	h.take(s)
	paid, err := h.flow.Pay(t.Context(), h.cashier(), h.key(), s.Sale, cash(22_500, 30_000))
	if err != nil {
		t.Fatal(err)
	}
	got := h.orders(who)
	want := []wire.SaleState{wire.SaleOpen, wire.SaleUnpaid, wire.SalePaid}
	if !slices.Equal(states(got), want) {
		t.Fatalf("they were told %v, want %v", states(got), want)
	}
	if o := got[1]; o.Sale != s.Sale || o.Volume != 30_000 || o.Due != 22_500 || o.StationName != "示范加油站" || o.Nozzle != 3 {
		t.Errorf("unpaid: %+v", o)
	}
	if o := got[2]; o.Due != 0 || o.Paid != 22_500 || !o.PaidAt.Equal(paid.Payment.At) {
		t.Errorf("paid: %+v", o)
	}
	// The boards hear of the waiting, the delivery and its end.
	stand := claim.Stand{Station: h.station, Nozzle: 3, Member: who.Member, Until: start.Add(claim.Lasts)}
	runs := claim.Stand{Station: h.station, Nozzle: 3, Member: who.Member, Sale: s.Sale}
	over := runs
	over.Over = true
	if got := heard(); !slices.Equal(got, []claim.Stand{stand, runs, over}) {
		t.Errorf("the boards heard %+v", got)
	}
	// The next car is none of theirs.
	h.take(h.sale(3, 20_000))
	if got := h.orders(who); len(got) != 3 {
		t.Errorf("told of the next car: %+v", got)
	}
	h.sound()
}

func TestADeliveryWithoutAKnownStartSpendsTheClaim(t *testing.T) {
	h := newHouse(t)
	who := h.stranger()
	h.claim(who, 4)
	h.later(2 * time.Minute)
	first, second := h.sale(4, 10_000), h.sale(4, 20_000)
	h.take(first, second)
	if got := h.orders(who); len(got) != 1 || got[0].Sale != first.Sale || got[0].State != wire.SaleUnpaid {
		t.Errorf("told %+v", got)
	}
	if got := h.waiting(); len(got) != 0 {
		t.Errorf("still waits: %v", got)
	}
	h.sound()
}

// What came to nothing leaves the claim to wait, and so does a delivery that
// is told again.
func TestWhatIsNoDeliveryLeavesTheClaim(t *testing.T) {
	h := newHouse(t)
	before := h.sale(3, 10_000)
	h.take(before)
	h.later(time.Minute)
	who := h.stranger()
	h.claim(who, 3)
	again := before
	again.Sale = id.New[id.Sale](h.ids)
	h.take(again, h.sale(3, 0), h.sale(5, 7_000))
	if got := h.waiting(); got[3] != who.Member || len(h.orders(who)) != 0 {
		t.Errorf("waiting: %v, told: %+v", got, h.orders(who))
	}
	h.sound()
}

// A dispenser that tells late tells of whoever stood there then.
func TestWhatIsToldLateIsNotGivenToWhoeverStandsThereNow(t *testing.T) {
	h := newHouse(t)
	gone := h.sale(3, 10_000)
	gone.StartedAt, gone.EndedAt = start.Add(-3*time.Minute), start.Add(-time.Minute)
	early := h.sale(5, 10_000)
	early.StartedAt = start.Add(-claim.Grace - time.Minute)
	late := h.sale(7, 10_000)
	late.StartedAt, late.EndedAt = start.Add(claim.Lasts-time.Minute), start.Add(claim.Lasts+time.Minute)
	for nozzle, s := range map[int]wire.SaleEnded{3: gone, 5: early, 7: late} {
		who := h.stranger()
		h.claim(who, nozzle)
		h.later(claim.Lasts + 5*time.Minute) // the claim has ended by the clock
		h.take(s)
		if got, want := len(h.orders(who)) == 1, nozzle == 7; got != want {
			t.Errorf("nozzle %d: given %v, want %v", nozzle, got, want)
		}
		h.later(-claim.Lasts - 5*time.Minute)
	}
}

func TestAClaimWhileFuelRuns(t *testing.T) {
	for name, test := range map[string]struct {
		ago   time.Duration
		taken bool // by another member
		want  wire.ProblemType
		waits bool
	}{
		"just begun":            {ago: time.Minute},
		"as long ago as it may": {ago: claim.Grace},
		"too long ago":          {ago: claim.Grace + time.Second, want: wire.ProblemNozzleClaimed},
		"another member's":      {ago: time.Minute, taken: true, want: wire.ProblemNozzleClaimed},
		"lost its end":          {ago: 3 * time.Hour, waits: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			other, who := h.stranger(), h.stranger()
			if test.taken {
				h.claim(other, 3)
			}
			s := h.sale(3, 30_000)
			h.take(begin(s))
			h.later(test.ago)
			heard := h.stands()
			c, err := h.tryClaim(who, 3)
			if test.want != "" {
				wantProblem(t, err, test.want)
				if got := h.orders(who); len(got) != 0 || len(heard()) != 0 {
					t.Errorf("refused, and told %+v", got)
				}
				return
			}
			if err != nil || c.Sale.IsZero() != test.waits {
				t.Fatalf("claim %+v, %v", c, err)
			}
			if test.waits {
				return
			}
			again := h.claim(who, 3)
			if again.Sale != s.Sale || c.Sale != s.Sale {
				t.Errorf("claims %+v and %+v", c, again)
			}
			want := claim.Stand{Station: h.station, Nozzle: 3, Member: who.Member, Sale: s.Sale}
			if got := heard(); !slices.Equal(got, []claim.Stand{want, want}) {
				t.Errorf("the boards heard %+v", got)
			}
			h.take(s)
			if got := states(h.orders(who)); !slices.Equal(got, []wire.SaleState{wire.SaleOpen, wire.SaleUnpaid}) {
				t.Errorf("told %v", got)
			}
			h.sound()
		})
	}
}

func TestOneClaimANozzleAndOneAMember(t *testing.T) {
	h := newHouse(t)
	heard := h.stands()
	first, second := h.stranger(), h.stranger()
	h.claim(first, 3)
	_, err := h.tryClaim(second, 3)
	wantProblem(t, err, wire.ProblemNozzleClaimed)
	heard()
	h.claim(first, 5)
	if got := h.waiting(); len(got) != 1 || got[5] != first.Member {
		t.Errorf("waiting: %v", got)
	}
	if got := heard(); len(got) != 2 || got[0].Nozzle != 3 || !got[0].Over || got[1].Nozzle != 5 || got[1].Over {
		t.Errorf("the boards heard %+v", got)
	}
	h.claim(second, 3)
	h.later(claim.Lasts)
	h.claim(first, 3) // the second's has ended
	if got := h.waiting(); len(got) != 1 || got[3] != first.Member {
		t.Errorf("waiting: %v", got)
	}
	// Nozzle 5's chain still names the claim that has moved away.
	h.take(h.sale(5, 10_000), h.sale(3, 10_000))
	if got := h.orders(first); len(got) != 1 || got[0].Nozzle != 3 {
		t.Errorf("the first was told %+v", got)
	}
	if got := h.orders(second); len(got) != 0 {
		t.Errorf("the second was told %+v", got)
	}
	h.sound()
}

func TestWrongCodes(t *testing.T) {
	h := newHouse(t)
	who := h.stranger()
	code := h.codes()[1]
	if _, err := h.flow.ClaimNozzle(t.Context(), who, wire.ClaimRequest{Code: " " + code[:4] + "-" + code[4:]}); err != nil {
		t.Errorf("typed with a hyphen: %v", err)
	}
	for range 10 {
		_, err := h.flow.ClaimNozzle(t.Context(), who, wire.ClaimRequest{Code: "00000000"})
		wantProblem(t, err, wire.ProblemNozzleCode)
	}
	_, err := h.flow.ClaimNozzle(t.Context(), who, wire.ClaimRequest{Code: code})
	wantProblem(t, err, wire.ProblemTooMany)
	h.claim(h.stranger(), 2) // it is that member's affair alone
	if _, err := h.db.ExecContext(t.Context(), "DELETE FROM nozzle WHERE number = 7"); err != nil {
		t.Fatal(err)
	}
	other := claim.At(h.keys.MAC, h.station, 7)
	_, err = h.flow.ClaimNozzle(t.Context(), h.stranger(), wire.ClaimRequest{Code: other.Code})
	wantProblem(t, err, wire.ProblemNozzleCode)
}

func TestResolutionsAreToldToTheMember(t *testing.T) {
	h := newHouse(t)
	who := h.stranger()
	h.claim(who, 3)
	// The Chengdu sale: the display adds the sale before.
	h.take(h.figures(3, 0, 40_780, 67_960, 750))
	doubtful := h.all()[0]
	_, err := h.flow.Resolve(t.Context(), h.head(), h.key(), doubtful.ID, wire.ResolveRequest{
		Act: wire.ResolveAccept, Volume: 40_780, Amount: 30_585, Note: "as metered",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.flow.Resolve(t.Context(), h.head(), h.key(), doubtful.ID, wire.ResolveRequest{Act: wire.ResolveDriveOff, Note: "gone"})
	if err != nil {
		t.Fatal(err)
	}
	got := h.orders(who)
	if want := []wire.SaleState{wire.SaleQuarantined, wire.SaleUnpaid, wire.SaleDriveOff}; !slices.Equal(states(got), want) {
		t.Fatalf("told %v, want %v", states(got), want)
	}
	if got[0].Due != 0 || got[1].Due != 30_585 || got[1].Volume != 40_780 {
		t.Errorf("told %+v", got)
	}
}

// A delivery that never ended is over for its member too.
func TestASupersededDeliveryIsToldToTheMember(t *testing.T) {
	h := newHouse(t)
	heard := h.stands()
	who := h.stranger()
	h.claim(who, 3)
	lost, next := h.sale(3, 10_000), h.sale(3, 10_000)
	h.take(begin(lost))
	heard()
	h.take(begin(next))
	if got := states(h.orders(who)); !slices.Equal(got, []wire.SaleState{wire.SaleOpen, wire.SaleVoid}) {
		t.Errorf("told %v", got)
	}
	if got := heard(); len(got) != 1 || got[0].Sale != lost.Sale || !got[0].Over {
		t.Errorf("the boards heard %+v", got)
	}
}

// After a restart the boards are told who waits and whose delivery runs.
func TestLiveClaims(t *testing.T) {
	h := newHouse(t)
	waits, fuels := h.stranger(), h.stranger()
	h.claim(waits, 1)
	h.claim(fuels, 2)
	s := h.sale(2, 10_000)
	h.take(begin(s))
	got, err := h.flow.LiveClaims(t.Context(), h.station)
	want := []claim.Stand{
		{Station: h.station, Nozzle: 1, Member: waits.Member, Until: start.Add(claim.Lasts)},
		{Station: h.station, Nozzle: 2, Member: fuels.Member, Sale: s.Sale},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("stands %+v, %v", got, err)
	}
	h.later(claim.Lasts)
	if got := h.waiting(); len(got) != 0 {
		t.Errorf("waiting for ever: %v", got)
	}
	if n, err := h.flow.PruneClaims(t.Context()); n != 0 || err != nil {
		t.Errorf("%d claims pruned at their end, %v", n, err)
	}
	h.later(2 * time.Hour)
	if n, err := h.flow.PruneClaims(t.Context()); n != 1 || err != nil {
		t.Errorf("%d claims pruned, %v", n, err)
	}
}
