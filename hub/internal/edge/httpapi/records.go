package httpapi

import (
	"context"
	"net/http"
	"time"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Records is what a driver asks of package flow about their fuellings, and
// about what they were told.
type Records interface {
	Orders(ctx context.Context, who member.Actor, ask flow.OrderQuery) (wire.OrderList, error)
	NoteTrip(ctx context.Context, who member.Actor, which id.Sale, noted wire.Trip) (wire.Order, error)
	Consumption(ctx context.Context, who member.Actor, ask flow.ConsumptionQuery) (wire.Consumption, error)
	MyNotices(ctx context.Context, who member.Actor) (wire.NoticeList, error)
}

// records registers what drivers ask about what they fuelled.
func (a *api) records() {
	driver(a, driverOp("orders", http.MethodGet, "/orders", "List one's own sales, newest first"),
		func(ctx context.Context, who member.Actor, in *ordersInput) (wire.OrderList, error) {
			return a.deps.Records.Orders(ctx, who, flow.OrderQuery{Before: in.Before, From: in.From, Until: in.Until, Limit: in.Limit})
		})
	driver(a, driverOp("noteTrip", http.MethodPut, "/orders/{sale}/trip",
		"Note vehicle, odometer and full tank beside one's own sale, in the place of what was noted; an empty note takes it away"),
		func(ctx context.Context, who member.Actor, in *tripInput) (wire.Order, error) {
			return a.deps.Records.NoteTrip(ctx, who, in.Sale, in.Body)
		})
	op := driverOp("consumption", http.MethodGet, "/consumption", "Work out what a vehicle burns, between full tanks")
	op.Description = "Litres after one full tank up to and with the next, by the kilometres between. Only fuellings that were noted for the " +
		"vehicle are its own: what was put into it without a note, or elsewhere, is not counted. An interval belongs to the time it ends in."
	driver(a, op,
		func(ctx context.Context, who member.Actor, in *consumptionInput) (wire.Consumption, error) {
			return a.deps.Records.Consumption(ctx, who, flow.ConsumptionQuery{Vehicle: in.Vehicle, From: in.From, Until: in.Until})
		})
	driver(a, driverOp("notices", http.MethodGet, "/notices", "List what one was told lately, newest first"),
		func(ctx context.Context, who member.Actor, _ *struct{}) (wire.NoticeList, error) {
			return a.deps.Records.MyNotices(ctx, who)
		})
}

// Times bounds what is asked for in time.
type Times struct {
	From  time.Time `query:"from" doc:"Only what ended at this time or later (what still runs: began). RFC 3339."`
	Until time.Time `query:"until" doc:"Only what ended before this time. RFC 3339."`
}

type ordersInput struct {
	Times
	Before id.Sale `query:"before" doc:"Only sales older than this one: the list's next."`
	Limit  int     `query:"limit" minimum:"1" maximum:"50" default:"20" doc:"At most so many."`
}

type tripInput struct {
	OneSale
	Body wire.Trip
}

type consumptionInput struct {
	Times
	Vehicle id.Vehicle `query:"vehicle" doc:"Which vehicle; without it the one noted most in that time, and what was bought for all of them."`
}
