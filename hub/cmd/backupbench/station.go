package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/vault"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// site is the demonstration station with the deliveries that were made there.
type site struct {
	*house
	keys    *vault.Vault
	id      id.Station
	set     id.PriceSet
	zone    *time.Location
	nozzles []*nozzle
	made    int // deliveries
}

// nozzle is one of its nozzles, and where its totalizer stands.
type nozzle struct {
	number, tank int
	grade        string
	price        unit.FenPerLitre
	chain        sale.Chain
}

// newStation sets the demonstration station up.
func newStation(ctx context.Context, h *house) (*site, error) {
	b := &site{house: h}
	var err error
	if b.zone, err = time.LoadLocation(station.DefaultZone); err != nil {
		return nil, fmt.Errorf("finding the station's zone: %w", err)
	}
	if b.keys, err = vault.Load(filepath.Join(h.dir, "keys"), rand.Reader, vault.Options{MayCreate: true}); err != nil {
		return nil, err
	}
	plan, err := setup.Demo()
	if err != nil {
		return nil, err
	}
	ids := id.NewMaker(time.Now, rand.Reader)
	people, err := staff.NewStore(staff.Deps{
		DB: h.db, Vault: b.keys, Now: time.Now, Random: rand.Reader, IDs: ids, Cost: staff.DefaultCost(),
	})
	if err != nil {
		return nil, err
	}
	b.id, _, err = setup.Install(ctx, setup.Deps{
		DB: h.db, Staff: people, Now: time.Now, IDs: ids,
		Defaults: setup.Defaults{Zone: station.DefaultZone, Minimum: station.DefaultMinimum},
	}, plan, setup.FixedPassword(setup.DemoPassword))
	if err != nil {
		return nil, err
	}
	s, err := station.Load(ctx, h.db, b.id)
	if err != nil {
		return nil, err
	}
	b.set = s.PriceSet
	return b, b.hang(plan)
}

// hang lists the plan's nozzles with what they sell.
func (b *site) hang(plan setup.Plan) error {
	prices, grades := map[string]unit.FenPerLitre{}, map[int]string{}
	var errs []error
	for _, g := range plan.Grades {
		price, err := unit.ParseFenPerLitre(g.Price)
		errs = append(errs, err)
		prices[g.Code] = price
	}
	for _, t := range plan.Tanks {
		grades[t.Number] = t.Grade
	}
	for _, d := range plan.Dispensers {
		for _, n := range d.Nozzles {
			grade := grades[n.Tank]
			b.nozzles = append(b.nozzles, &nozzle{
				number: n.Number, tank: n.Tank, grade: grade, price: prices[grade], chain: sale.Chain{Nozzle: n.Number},
			})
		}
	}
	return errors.Join(errs...)
}

// deliver is the next delivery, on the nozzles in turn, as pumpd tells it, and
// what became of it.
func (b *site) deliver(which id.Sale, at time.Time) (*nozzle, wire.SaleEnded, sale.Verdict, error) {
	n := b.nozzles[b.made%len(b.nozzles)]
	b.made++
	volume := unit.Millilitre(10_000 + b.made*7919%40_000)
	amount, err := unit.Amount(volume, n.price)
	if err != nil {
		return n, wire.SaleEnded{}, sale.Verdict{}, err
	}
	e := wire.SaleEnded{
		Sale: which, Nozzle: n.number, StartedAt: at.Add(-90 * time.Second), EndedAt: at,
		Volume: volume, Amount: amount, Price: n.price, PriceSet: b.set,
		Before: n.chain.Last, After: n.chain.Last + volume, BeforeFrom: wire.SourceRead,
		DeviceKey: fmt.Sprintf("dart:80:%d:%d", n.number, n.chain.Last+volume), Trace: trace(volume),
	}
	v := n.chain.Take(e, sale.Terms{Nozzle: true, Price: n.price, Minimum: station.DefaultMinimum})
	if v.State != wire.SaleUnpaid {
		return n, e, v, fmt.Errorf("a delivery of %s L is %s: %v", volume, v.State, v.Reasons)
	}
	return n, e, v, nil
}

// trace is how an ordinary delivery ran: a point every two or three seconds, no
// two deliveries quite alike.
func trace(volume unit.Millilitre) []wire.TracePoint {
	const points = 40
	list := make([]wire.TracePoint, points)
	for i := range list {
		list[i] = wire.TracePoint{AfterMS: int64(i)*2_200 + int64(volume)%97, Volume: volume * unit.Millilitre(i) / (points - 1)}
	}
	return list
}
