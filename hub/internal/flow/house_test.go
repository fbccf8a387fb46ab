package flow_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/keyring"
	"forecourt/hub/internal/platform/keyring/keyringtest"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// house is one station on a database of its own, with a pumpd and staff.
type house struct {
	t    testing.TB
	db   *mysql.DB
	feed *outbox.Feed
	flow *flow.Flow
	ids  *id.Maker

	station id.Station
	set     id.PriceSet
	src     flow.Source
	seq     uint64
	totals  map[int]unit.Millilitre

	members *member.Store
	code    string // the last one-time code sent
	keys    *keyring.Ring

	mu     sync.Mutex
	clock  time.Time
	events []wire.Frame
}

// start is a morning in Shanghai.
var start = time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC)

// newHouse sets up a station with nozzles 1 to 8: 92# at 7.50 on the odd ones,
// 95# at 7.98 on the even ones.
func newHouse(t testing.TB) *house { return newHouseOn(t, mysqltest.New(t)) }

// newHouseOn is newHouse on another database.
func newHouseOn(t testing.TB, db *mysql.DB) *house {
	h := &house{t: t, db: db, clock: start, totals: map[int]unit.Millilitre{}}
	h.ids = id.NewMaker(h.now, rand.Reader)
	h.station, h.set = id.New[id.Station](h.ids), id.New[id.PriceSet](h.ids)
	h.src = flow.Source{Device: id.New[id.Device](h.ids), Station: h.station, Journal: id.New[id.Journal](h.ids)}
	layout := station.Layout{
		Station: station.Station{
			ID: h.station, Name: "示范加油站", Zone: station.DefaultZone, Minimum: station.DefaultMinimum,
			PriceSet: h.set, CreatedAt: start,
		},
		Grades: []station.Grade{{Code: "92#", Name: "92号汽油", Place: 1}, {Code: "95#", Name: "95号汽油", Place: 2}},
		Tanks:  []station.Tank{{Number: 1, Grade: "92#", Capacity: 30_000_000}, {Number: 2, Grade: "95#", Capacity: 30_000_000}},
		Prices: station.Prices{"92#": 750, "95#": 798},
	}
	for n := 1; n <= 8; n++ {
		if n%2 == 1 {
			layout.Dispensers = append(layout.Dispensers, station.Dispenser{Number: (n + 1) / 2, Name: fmt.Sprint(n)})
		}
		layout.Nozzles = append(layout.Nozzles, station.Nozzle{
			Number: n, Dispenser: (n + 1) / 2, Tank: 2 - n%2, Mode: wire.ModeAttended, Hold: wire.HoldNone,
		})
	}
	if err := station.Install(t.Context(), h.db, layout); err != nil {
		t.Fatal(err)
	}
	h.keys = keyringtest.New(t, h.db)
	h.feed = outbox.NewFeed(h.db, h.keys.Vault, mysqltest.Log(t))
	t.Cleanup(h.feed.Subscribe(func(frames []wire.Frame) { h.events = append(h.events, frames...) }))
	h.members = member.New(member.Deps{DB: h.db, Keys: h.keys, Now: h.now, Random: rand.Reader, IDs: h.ids, Codes: h.texted, WeChat: vouching{}})
	people, err := staff.NewStore(staff.Deps{
		DB: h.db, Vault: h.keys.Vault, Now: h.now, Random: rand.Reader, IDs: h.ids,
		Cost: staff.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}, Rules: staff.Rules{Idle: 12 * time.Hour, Lifetime: 16 * time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.flow = flow.New(flow.Deps{
		DB: h.db, Feed: h.feed, Staff: people, Now: h.now, IDs: h.ids, Log: mysqltest.Log(t), Vault: h.keys.Vault, Keys: h.keys, Members: h.members,
	})
	return h
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

// actor is a person with a role, the same one each time.
func (h *house) actor(role wire.Role) staff.Actor {
	a := staff.Actor{Number: string(role), Role: role, Station: h.station}
	copy(a.Staff[:], role)
	return a
}

func (h *house) cashier() staff.Actor { return h.actor(wire.RoleCashier) }
func (h *house) head() staff.Actor    { return h.actor(wire.RoleHead) }
func (h *house) key() id.Command      { return id.New[id.Command](h.ids) }

// texted takes the place of the text message that brings a one-time code.
func (h *house) texted(_ context.Context, _, code string, _ time.Time) error {
	h.code = code
	return nil
}

// driver is a member with a phone number of their own.
func (h *house) driver(phone string) member.Actor {
	h.t.Helper()
	if _, err := h.members.SendCode(h.t.Context(), "192.0.2.1", phone); err != nil {
		h.t.Fatal(err)
	}
	session, err := h.members.Login(h.t.Context(), wire.DriverLogin{Phone: phone, Code: h.code})
	if err != nil {
		h.t.Fatal(err)
	}
	return member.Actor{Member: session.Member.ID, Number: session.Member.Number}
}

// fact numbers a fact of the house's pumpd.
func (h *house) fact(body any) flow.Fact {
	kinds := map[string]wire.Kind{
		"wire.SaleStarted": wire.KindSaleStarted, "wire.SaleEnded": wire.KindSaleEnded, "wire.Gap": wire.KindGap,
		"wire.PriceApplied": wire.KindPriceApplied, "wire.AuthorizationUsed": wire.KindAuthorization,
	}
	h.seq++
	return flow.Fact{Seq: h.seq, At: h.now(), Kind: kinds[fmt.Sprintf("%T", body)], Body: body}
}

// take has facts taken and fails the test if they are not.
func (h *house) take(bodies ...any) {
	h.t.Helper()
	facts := make([]flow.Fact, len(bodies))
	for i, body := range bodies {
		facts[i] = h.fact(body)
	}
	acked, err := h.flow.TakeFacts(h.t.Context(), h.src, facts)
	if err != nil || acked != h.seq {
		h.t.Fatalf("taking facts up to %d: acknowledged %d, %v", h.seq, acked, err)
	}
}

// sale is an honest delivery on a nozzle, from where its totalizer stands.
func (h *house) sale(nozzle int, volume unit.Millilitre) wire.SaleEnded {
	price := unit.FenPerLitre(750)
	if nozzle%2 == 0 {
		price = 798
	}
	before := h.totals[nozzle]
	h.totals[nozzle] += volume
	return h.figures(nozzle, before, before+volume, volume, price)
}

// figures is a delivery as told, honest or not.
func (h *house) figures(nozzle int, before, after, volume unit.Millilitre, price unit.FenPerLitre) wire.SaleEnded {
	amount, err := unit.Amount(max(volume, 0), price)
	if err != nil {
		h.t.Fatal(err)
	}
	return wire.SaleEnded{
		Sale: id.New[id.Sale](h.ids), Nozzle: nozzle, StartedAt: h.now(), EndedAt: h.now(),
		Volume: volume, Amount: amount, Price: price, PriceSet: h.set,
		Before: before, After: after, BeforeFrom: wire.SourceRead,
		DeviceKey: fmt.Sprintf("dart:80:%d:%d:%d", nozzle, after, volume),
	}
}

// stored reads a sale back.
func (h *house) stored(which id.Sale) wire.Sale {
	h.t.Helper()
	s, err := h.flow.Sale(h.t.Context(), h.station, which)
	if err != nil {
		h.t.Fatalf("reading sale %s: %v", which, err)
	}
	return s
}

// all reads every sale of the station, newest first.
func (h *house) all() []wire.Sale {
	h.t.Helper()
	page, err := h.flow.Sales(h.t.Context(), h.station, flow.SaleQuery{})
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Sales
}

// proof reads the proof of one nozzle.
func (h *house) proof(nozzle int) wire.NozzleProof {
	h.t.Helper()
	proofs, err := h.flow.Proofs(h.t.Context(), h.station)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range proofs {
		if p.Nozzle == nozzle {
			return p
		}
	}
	h.t.Fatalf("no proof of nozzle %d", nozzle)
	return wire.NozzleProof{}
}

// sound fails the test unless all books agree and every proof is exact.
func (h *house) sound() {
	h.t.Helper()
	audit, err := h.flow.Audit(h.t.Context(), h.station)
	if err != nil || !audit.Sound() {
		h.t.Errorf("the books do not agree: %+v, %v", audit, err)
	}
	proofs, err := h.flow.Proofs(h.t.Context(), h.station)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range proofs {
		if p.Difference != 0 {
			h.t.Errorf("nozzle %d is off by %s L", p.Nozzle, p.Difference)
		}
	}
}

// cash is the request to pay a sale with enough money.
func cash(due, tendered unit.Fen) wire.PayRequest {
	return wire.PayRequest{Tender: wire.TenderCash, Due: due, Tendered: tendered}
}

// wantProblem fails the test unless err is that problem.
func wantProblem(t *testing.T, err error, want wire.ProblemType) {
	t.Helper()
	var p *wire.Problem
	if !errors.As(err, &p) || p.Type != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
