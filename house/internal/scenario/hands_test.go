package scenario_test

import (
	"context"
	"errors"
	"testing"

	"forecourt/house/internal/house"
	"forecourt/house/internal/robot"
	"forecourt/shared/link"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// A head at a till lays hands on pumps of both protocols, through every
// program between the key and the dispenser.
func TestD011C013HandsOnPumpsOfBothProtocols(t *testing.T) {
	dir := shortDir(t)
	h, err := house.Open(t.Context(), house.Options{Bin: programs(t), Dir: dir, Speed: 10, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	client, _, err := h.Till(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	session, err := client.Login(t.Context(), wire.LoginRequest{Number: house.Head, Password: h.Password()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	till := robot.New(client, session, h.IDs(), nil)
	done := make(chan error, 1)
	go func() { done <- till.Follow(ctx) }()
	p := &pumps{T: t, house: h, client: client, till: till}
	await(t, "all nozzles to be idle", func() bool { return p.count(wire.NozzleIdle) == 16 })

	for _, points := range []struct {
		protocol         string
		stop, pause, ask int
	}{
		{"jsonPTS", 1, 3, 7},
		{"DART", 9, 11, 15},
	} {
		t.Run(points.protocol, func(t *testing.T) {
			p := &pumps{T: t, house: h, client: client, till: till}
			p.stopsAndReleases(points.stop)
			p.pausesAndResumes(points.pause)
			p.authorizes(points.ask)
		})
	}
	p.changesPrices(1, 5, 13) // 6 hangs beside 5
	p.stopsAll()

	cancel()
	if err := errors.Join(<-done, till.FoldError()); err != nil {
		t.Error(err)
	}
	noRaces(t, dir)
}

// pumps is a person at the till and drivers at the pumps.
type pumps struct {
	*testing.T
	house  *house.House
	client *link.Client
	till   *robot.Robot
}

func (p *pumps) nozzle(number int) wire.Nozzle {
	for _, n := range p.till.Nozzles() {
		if n.Number == number {
			return n
		}
	}
	return wire.Nozzle{}
}

func (p *pumps) count(state wire.NozzleState) (n int) {
	for _, nozzle := range p.till.Nozzles() {
		if nozzle.State == state {
			n++
		}
	}
	return n
}

func (p *pumps) awaitState(number int, state wire.NozzleState) {
	p.Helper()
	await(p.T, string(state)+" at the till", func() bool { return p.nozzle(number).State == state })
}

func (p *pumps) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// lift takes the nozzle out for far more than will flow.
func (p *pumps) lift(number int) {
	p.Helper()
	p.must(p.house.Truth.Lift(p.Context(), number, 90_000))
}

func (p *pumps) fuels(number int) {
	p.Helper()
	p.lift(number)
	await(p.T, "litres at the till", func() bool {
		n := p.nozzle(number)
		return n.State == wire.NozzleFuelling && n.Volume > 0
	})
}

func (p *pumps) hang(number int) { p.Helper(); p.must(p.house.Truth.Hang(p.Context(), number)) }

func (p *pumps) hold(number int, hold wire.Hold) {
	p.Helper()
	_, err := p.client.SetHold(p.Context(), p.till.NewKey(), number, wire.HoldRequest{Hold: hold})
	p.must(err)
}

// last is the newest unpaid sale of a nozzle.
func (p *pumps) last(number int) (found wire.Sale) {
	for _, s := range p.till.Sales(wire.SaleUnpaid) {
		if s.Nozzle == number {
			found = s
		}
	}
	return found
}

// A stop ends the delivery, which is a good sale of what flowed, and the
// nozzle gives nothing until it is released.
func (p *pumps) stopsAndReleases(number int) {
	p.Helper()
	p.fuels(number)
	p.hold(number, wire.HoldStop)
	p.awaitState(number, wire.NozzleFinished)
	p.hang(number)
	p.awaitState(number, wire.NozzleStopped)
	stopped := p.last(number)
	if stopped.Volume == 0 {
		p.Errorf("nozzle %d: the stopped delivery is no sale", number)
	}
	p.lift(number)
	p.awaitState(number, wire.NozzleStopped)
	p.hold(number, wire.HoldNone)
	p.awaitState(number, wire.NozzleFuelling)
	p.hang(number)
	await(p.T, "a sale after the release", func() bool { return p.last(number).ID != stopped.ID })
}

// A pause holds the litres where they are; resuming goes on with the same sale.
func (p *pumps) pausesAndResumes(number int) {
	p.Helper()
	p.fuels(number)
	p.hold(number, wire.HoldPause)
	p.awaitState(number, wire.NozzlePaused)
	paused := p.nozzle(number)
	p.hold(number, wire.HoldNone)
	await(p.T, "more litres", func() bool {
		n := p.nozzle(number)
		return n.State == wire.NozzleFuelling && n.Volume > paused.Volume
	})
	if now := p.nozzle(number); now.Sale != paused.Sale {
		p.Errorf("nozzle %d: sale %s became %s over a pause", number, paused.Sale, now.Sale)
	}
	p.hang(number)
	await(p.T, "one sale", func() bool { return p.last(number).ID == paused.Sale })
}

// In the controlled mode a lift waits; an authorization by money ends on the fen.
func (p *pumps) authorizes(number int) {
	p.Helper()
	_, err := p.client.SetMode(p.Context(), p.till.NewKey(), number, wire.ModeRequest{Mode: wire.ModeControlled})
	p.must(err)
	await(p.T, "the mode", func() bool { return p.nozzle(number).Mode == wire.ModeControlled })
	p.lift(number)
	p.awaitState(number, wire.NozzleCalling)
	const bound unit.Fen = 5_000
	_, err = p.client.Authorize(p.Context(), p.till.NewKey(), number, wire.AuthorizeRequest{
		Preset: wire.Preset{Kind: wire.PresetMoney, Money: bound}, ValidSeconds: 60,
	})
	p.must(err)
	await(p.T, "the bounded sale", func() bool { return p.nozzle(number).Amount == bound && p.nozzle(number).State == wire.NozzleFinished })
	p.hang(number)
	await(p.T, "the bounded sale at the till", func() bool { return p.last(number).Amount == bound })
	_, err = p.client.SetMode(p.Context(), p.till.NewKey(), number, wire.ModeRequest{Mode: wire.ModeAttended})
	p.must(err)
}

// New prices reach idle nozzles at once; busy ones, and a neighbour on the same
// fuelling point, are shown as not acknowledged. What flows is sold at the old
// price, and the price changes when the nozzle is hung up.
func (p *pumps) changesPrices(neighbours int, busy ...int) {
	p.Helper()
	for _, number := range busy {
		p.fuels(number)
	}
	_, err := p.client.SetPrices(p.Context(), p.till.NewKey(), wire.PriceRequest{Prices: []wire.GradePriceRequest{{Grade: "92#", Price: 760}}})
	p.must(err)
	acked := func() (yes, no int) {
		for _, n := range p.till.Prices().Nozzles {
			if n.Acked {
				yes++
			} else {
				no++
			}
		}
		return yes, no
	}
	await(p.T, "all idle nozzles to acknowledge", func() bool { yes, no := acked(); return no == len(busy)+neighbours && yes == 16-no })
	for _, number := range busy {
		p.hang(number)
		await(p.T, "the sale at the old price", func() bool { return p.last(number).Price == 750 })
	}
	await(p.T, "all nozzles to acknowledge", func() bool { _, no := acked(); return no == 0 })
	for _, number := range busy {
		before := p.last(number)
		p.fuels(number)
		p.hang(number)
		await(p.T, "a sale at the new price", func() bool { return p.last(number).ID != before.ID && p.last(number).Price == 760 })
	}
}

// Stop all stops pumps of both protocols; release all lets them sell again.
func (p *pumps) stopsAll() {
	p.Helper()
	p.fuels(2)
	p.fuels(16)
	_, err := p.client.SetHoldAll(p.Context(), p.till.NewKey(), wire.HoldRequest{Hold: wire.HoldStop})
	p.must(err)
	await(p.T, "the fuel to stop", func() bool { return p.count(wire.NozzleFuelling) == 0 })
	p.hang(2)
	p.hang(16)
	await(p.T, "all nozzles to be stopped", func() bool { return p.count(wire.NozzleStopped) == 16 })
	_, err = p.client.SetHoldAll(p.Context(), p.till.NewKey(), wire.HoldRequest{Hold: wire.HoldNone})
	p.must(err)
	await(p.T, "all nozzles to be idle again", func() bool { return p.count(wire.NozzleIdle) == 16 })
}
