package flow

import (
	"context"
	"errors"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/domain/trip"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// actionTripNote is what the log calls a note beside a fuelling. What was noted
// is not written there: the log outlives the right to know it.
const actionTripNote = "trip.note"

// maxConsumed bounds the fuellings that consumption looks at, the newest first:
// those of a taxi that comes every day, over five years.
const maxConsumed = 2000

// NoteTrip keeps what a member noted beside a sale of theirs that has ended, in
// the place of what they noted before; the zero Trip takes it away. The vehicle
// has to be theirs. An odometer that would run backwards is
// wire.ProblemTripRefused. Said twice it is said once; that it was said is on
// record, and the member's other screens are told.
func (f *Flow) NoteTrip(ctx context.Context, who member.Actor, which id.Sale, noted wire.Trip) (wire.Order, error) {
	if which.IsZero() {
		return wire.Order{}, bad("a sale is needed")
	}
	row := audit.Row{Action: actionTripNote, Object: "sale", ObjectID: which.String()}
	row.At, row.Member, row.Result = f.now(), who.Member, audit.OK
	if noted == (wire.Trip{}) {
		row.Note = "taken away"
	}
	var order wire.Order
	err := checkTrip(noted)
	if err == nil {
		err = f.DB.InTx(ctx, "noting a trip", func(ctx context.Context, tx *mysql.Tx) (err error) {
			order, err = f.noteTrip(ctx, tx, who, which, noted, row)
			return err
		})
	}
	return order, f.refusal(ctx, row, err)
}

// checkTrip refuses a note that makes no sense by itself.
func checkTrip(noted wire.Trip) error {
	switch {
	case noted.Odometer < 0 || noted.Odometer > trip.MaxOdometer:
		return bad("an odometer shows 0 to %d km", trip.MaxOdometer)
	case noted.Vehicle.IsZero() && noted != wire.Trip{}:
		return bad("a note is about a vehicle")
	}
	return nil
}

// noteTrip is NoteTrip as part of tx. It locks the sale and then its member:
// whoever notes something else of this member waits, and whoever takes money
// for the sale. What is read after that is read without a lock, for nobody else
// changes it.
func (f *Flow) noteTrip(ctx context.Context, tx *mysql.Tx, who member.Actor, which id.Sale, noted wire.Trip, row audit.Row) (wire.Order, error) {
	var none wire.Order
	s, err := sale.LockOwn(ctx, tx, who.Member, which)
	switch {
	case errors.Is(err, sale.ErrNone):
		return none, wire.NewProblem(wire.ProblemNotFound, "sale "+which.String())
	case err != nil:
		return none, err
	case s.State == wire.SaleOpen:
		return none, bad("the delivery has not ended")
	}
	if err := f.Members.Drives(ctx, tx, who.Member, noted.Vehicle); err != nil {
		return none, err
	}
	changed, err := f.keepTrip(ctx, tx, s, noted)
	if err == nil && changed {
		err = audit.Write(ctx, tx, row)
	}
	if err != nil {
		return none, err
	}
	list, err := f.ownOrders(ctx, tx, who.Member, []sale.Sale{s})
	if err != nil || !changed {
		return firstOf(list), err
	}
	return list[0], f.tellMember(ctx, tx, who.Member, outbox.Event{Kind: wire.KindOrder, Body: list[0], At: row.At})
}

// firstOf is the first of a list, the zero value of an empty one.
func firstOf[T any](list []T) (first T) {
	if len(list) > 0 {
		first = list[0]
	}
	return first
}

// keepTrip stores a note, or takes it away, and reports whether that changed
// anything. The caller holds the sale and its member.
func (f *Flow) keepTrip(ctx context.Context, tx *mysql.Tx, s sale.Sale, noted wire.Trip) (changed bool, err error) {
	notes, err := f.trips.Of(ctx, tx, s.Member, s.ID)
	had, found := notes[s.ID]
	none := noted == wire.Trip{}
	switch {
	case err != nil:
		return false, err
	case none && !found, !none && *had.Trip() == noted:
		return false, nil
	case none:
		return true, f.trips.Remove(ctx, tx, s.Member, s.ID)
	}
	n := trip.Note{Sale: s.ID, Member: s.Member, Vehicle: noted.Vehicle, Odometer: noted.Odometer, Full: noted.Full, At: s.EndedAt}
	others, err := f.trips.Vehicle(ctx, tx, s.Member, n.Vehicle)
	if err != nil {
		return false, err
	}
	if err := n.Fits(others); err != nil {
		return false, err
	}
	return true, f.trips.Put(ctx, tx, n)
}

// ConsumptionQuery asks what a member's vehicle burns.
type ConsumptionQuery struct {
	// Vehicle is which; zero means the one noted most in the time asked for,
	// and what was bought is then that of all vehicles.
	Vehicle id.Vehicle
	// From and Until bound the time, as in OrderQuery.
	From, Until time.Time
}

// Consumption is what a member's vehicle burns, and what the member bought.
// Only what is noted for the vehicle is its fuel: what was put into it without
// a note, or at somebody else's station, is not counted, and an interval with
// such a gap comes out too low. What was delivered and booked counts, paid or
// not; tests and what came to nothing do not, and across a delivery whose
// figures are in doubt nothing is worked out.
func (f *Flow) Consumption(ctx context.Context, who member.Actor, ask ConsumptionQuery) (wire.Consumption, error) {
	var c wire.Consumption
	if err := checkTimes(ask.From, ask.Until); err != nil {
		return c, err
	}
	err := f.read(ctx, "working out consumption", func(ctx context.Context, q reader) error {
		b, err := f.bought(ctx, q, who.Member, ask)
		if err == nil {
			c = b.consumption(ask)
		}
		return err
	})
	return c, err
}

// bought is what consumption is worked out from.
type bought struct {
	vehicle id.Vehicle // what it is about
	fills   []trip.Fill
	notes   map[id.Sale]trip.Note
}

// bought reads it.
func (f *Flow) bought(ctx context.Context, q reader, m id.Member, ask ConsumptionQuery) (bought, error) {
	b := bought{vehicle: ask.Vehicle, notes: map[id.Sale]trip.Note{}}
	me, err := f.Members.Load(ctx, q, m)
	if err != nil {
		return b, err
	}
	sales, err := sale.OfMember(ctx, q, sale.MemberQuery{Member: m, Until: ask.Until, Limit: maxConsumed})
	if err != nil {
		return b, err
	}
	notes, err := f.trips.Last(ctx, q, m, maxConsumed)
	if err != nil {
		return b, err
	}
	for _, n := range notes {
		b.notes[n.Sale] = n
	}
	if b.fills, err = b.delivered(ctx, q, sales); err != nil {
		return b, err
	}
	return b, b.choose(me.Vehicles, ask)
}

// delivered is the sales that put fuel into a tank, with what was noted.
func (b bought) delivered(ctx context.Context, q reader, sales []sale.Sale) ([]trip.Fill, error) {
	zones := map[id.Station]*time.Location{}
	var fills []trip.Fill
	for _, s := range sales {
		if zones[s.Station] == nil {
			st, err := station.Load(ctx, q, s.Station)
			if err != nil {
				return nil, err
			}
			if zones[s.Station], err = st.Location(); err != nil {
				return nil, err
			}
		}
		fill := trip.Fill{Sale: s.ID, At: s.EndedAt, Zone: zones[s.Station], Odometer: b.notes[s.ID].Odometer, Full: b.notes[s.ID].Full}
		switch s.State {
		case wire.SalePaid, wire.SaleUnpaid:
			fill.Volume, fill.Cost = s.Booked, s.Charge
		case wire.SaleQuarantined, wire.SaleMissing, wire.SaleDriveOff:
			fill.Doubtful = true
		default: // it runs, was a test, or came to nothing
			continue
		}
		fills = append(fills, fill)
	}
	return fills, nil
}

// choose settles which vehicle it is about, if none was asked for. One that is
// not the member's is wire.ProblemNotFound.
func (b *bought) choose(vehicles []wire.Vehicle, ask ConsumptionQuery) error {
	times := map[id.Vehicle]int{}
	for _, fill := range b.fills {
		if !fill.At.Before(ask.From) {
			times[b.notes[fill.Sale].Vehicle]++
		}
	}
	most := -1
	for _, v := range vehicles {
		if v.ID == ask.Vehicle {
			return nil
		}
		if ask.Vehicle.IsZero() && times[v.ID] > most {
			b.vehicle, most = v.ID, times[v.ID]
		}
	}
	if !ask.Vehicle.IsZero() {
		return wire.NewProblem(wire.ProblemNotFound, "no such vehicle")
	}
	return nil
}

// consumption works it out.
func (b bought) consumption(ask ConsumptionQuery) wire.Consumption {
	var its, inTime []trip.Fill
	for _, fill := range b.fills {
		ours := !b.vehicle.IsZero() && b.notes[fill.Sale].Vehicle == b.vehicle
		if ours {
			its = append(its, fill)
		}
		if !fill.At.Before(ask.From) && (ours || ask.Vehicle.IsZero()) {
			inTime = append(inTime, fill)
		}
	}
	c := trip.Work(its, ask.From)
	c.Vehicle = b.vehicle
	trip.Sum(&c, inTime)
	return c
}
