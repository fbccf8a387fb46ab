package flow_test

import (
	"sync"

	"forecourt/hub/internal/domain/claim"
	"forecourt/hub/internal/domain/member"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// stranger is a member nobody needs to know more of.
func (h *house) stranger() member.Actor {
	return member.Actor{Member: id.New[id.Member](h.ids), Number: "M"}
}

// codes is the code of every nozzle.
func (h *house) codes() map[int]string {
	h.t.Helper()
	codes, err := h.flow.NozzleCodes(h.t.Context(), h.station)
	if err != nil || len(codes) != 8 {
		h.t.Fatalf("%d codes, %v", len(codes), err)
	}
	return codes
}

// claim has a member claim a nozzle and fails the test if they cannot.
func (h *house) claim(who member.Actor, nozzle int) wire.Claim {
	h.t.Helper()
	c, err := h.tryClaim(who, nozzle)
	if err != nil {
		h.t.Fatalf("claiming nozzle %d: %v", nozzle, err)
	}
	return c
}

func (h *house) tryClaim(who member.Actor, nozzle int) (wire.Claim, error) {
	h.t.Helper()
	return h.flow.ClaimNozzle(h.t.Context(), who, wire.ClaimRequest{Code: h.codes()[nozzle]})
}

// begin is the fact that fuel begins to flow for a sale.
func begin(s wire.SaleEnded) wire.SaleStarted {
	return wire.SaleStarted{
		Sale: s.Sale, Nozzle: s.Nozzle, StartedAt: s.StartedAt, Before: s.Before, Price: s.Price, PriceSet: s.PriceSet,
	}
}

// orders is what a member was told of their sales, oldest first. It fails the
// test unless the events are dense.
func (h *house) orders(who member.Actor) []wire.Order {
	h.t.Helper()
	var list []wire.Order
	var last uint64
	for _, f := range h.events {
		if f.Ch != wire.DriverOf(who.Member) {
			continue
		}
		if f.Seq != last+1 {
			h.t.Errorf("event %d after %d", f.Seq, last)
		}
		last = f.Seq
		if f.K != wire.KindOrder {
			continue
		}
		order, err := wire.Read[wire.Order](f.D)
		if err != nil {
			h.t.Fatal(err)
		}
		list = append(list, order)
	}
	return list
}

// states is the states of a list of orders.
func states(orders []wire.Order) []wire.SaleState {
	var list []wire.SaleState
	for _, o := range orders {
		list = append(list, o.State)
	}
	return list
}

// waiting is the claims of the station that wait, by nozzle.
func (h *house) waiting() map[int]id.Member {
	h.t.Helper()
	stands, err := h.flow.LiveClaims(h.t.Context(), h.station)
	if err != nil {
		h.t.Fatal(err)
	}
	byNozzle := map[int]id.Member{}
	for _, s := range stands {
		if s.Sale.IsZero() {
			byNozzle[s.Nozzle] = s.Member
		}
	}
	return byNozzle
}

// stands hears what the boards are told.
func (h *house) stands() func() []claim.Stand {
	var mu sync.Mutex
	var heard []claim.Stand
	h.flow.OnClaim(func(s claim.Stand) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, s)
	})
	return func() []claim.Stand {
		mu.Lock()
		defer mu.Unlock()
		news := heard
		heard = nil
		return news
	}
}
