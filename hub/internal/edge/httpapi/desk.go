package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Desk is what the API asks of package flow. Errors meant for people are
// *wire.Problem; a person's own station bounds what they see and do.
type Desk interface {
	Sales(ctx context.Context, at id.Station, q flow.SaleQuery) (wire.SaleList, error)
	Sale(ctx context.Context, at id.Station, sale id.Sale) (wire.Sale, error)
	Pay(ctx context.Context, who staff.Actor, key id.Command, sale id.Sale, req wire.PayRequest) (wire.Sale, error)
	Resolve(ctx context.Context, who staff.Actor, key id.Command, sale id.Sale, req wire.ResolveRequest) (wire.Sale, error)
	Authorize(ctx context.Context, who staff.Actor, key id.Command, nozzle int, req wire.AuthorizeRequest) (wire.Authorization, error)
	SetHold(ctx context.Context, who staff.Actor, key id.Command, nozzle int, req wire.HoldRequest) (wire.Done, error)
	SetHoldAll(ctx context.Context, who staff.Actor, key id.Command, req wire.HoldRequest) (wire.Done, error)
	SetMode(ctx context.Context, who staff.Actor, key id.Command, nozzle int, req wire.ModeRequest) (wire.Done, error)
	SetPrices(ctx context.Context, who staff.Actor, key id.Command, req wire.PriceRequest) (wire.Done, error)
	Prices(ctx context.Context, at id.Station) (wire.PriceBoard, error)
	Proofs(ctx context.Context, at id.Station) ([]wire.NozzleProof, error)
}

// desk registers what tills ask: sales, payments, nozzles.
func (a *api) desk() {
	person(a, tillOp("sales", http.MethodGet, "/v1/sales", "List sales, newest first"), staff.SeeSales, a.sales)
	person(a, tillOp("sale", http.MethodGet, "/v1/sales/{sale}", "Look at one sale"), staff.SeeSales,
		func(ctx context.Context, who staff.Actor, in *OneSale) (wire.Sale, error) {
			return a.deps.Desk.Sale(ctx, who.Station, in.Sale)
		})
	person(a, tillOp("pay", http.MethodPost, "/v1/sales/{sale}/payments", "Take money for a sale"), staff.TakePayment, a.pay)
	person(a, tillOp("resolve", http.MethodPost, "/v1/sales/{sale}/resolution", "Take a sale off the open list without money"), staff.ResolveSale, a.resolve)
	person(a, tillOp("authorize", http.MethodPost, "/v1/nozzles/{nozzle}/authorization", "Permit one delivery"), staff.Authorize, a.authorize)
	person(a, tillOp("hold", http.MethodPost, "/v1/nozzles/{nozzle}/hold", "Pause, stop or release a nozzle"), staff.HoldNozzle, a.hold)
	person(a, tillOp("holdAll", http.MethodPost, "/v1/station/hold", "Pause, stop or release every nozzle"), staff.StopAll, a.holdAll)
	person(a, tillOp("prices", http.MethodGet, "/v1/prices", "Look at the price board"), staff.SeeBoard,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.PriceBoard, error) {
			return a.deps.Desk.Prices(ctx, who.Station)
		})
}

func tillOp(name, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: name, Method: method, Path: path, Summary: summary, Tags: []string{"till"}}
}

type salesInput struct {
	State  wire.SaleState `query:"state" enum:"open,unpaid,paid,quarantined,missing,test,drive_off,void" doc:"Only sales that stand here."`
	Nozzle int            `query:"nozzle" minimum:"1" maximum:"9999" doc:"Only sales of this nozzle."`
	Before id.Sale        `query:"before" doc:"Only sales older than this one: the list's next."`
	Limit  int            `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"At most so many."`
}

func (a *api) sales(ctx context.Context, who staff.Actor, in *salesInput) (wire.SaleList, error) {
	return a.deps.Desk.Sales(ctx, who.Station, flow.SaleQuery{
		State: in.State, Nozzle: in.Nozzle, Before: in.Before, Limit: in.Limit,
	})
}

// OneSale is the sale in an address.
type OneSale struct {
	Sale id.Sale `path:"sale" doc:"The sale's id."`
}

type payInput struct {
	Keyed
	OneSale
	Body wire.PayRequest
}

func (a *api) pay(ctx context.Context, who staff.Actor, in *payInput) (wire.Sale, error) {
	key, err := in.command()
	if err != nil {
		return wire.Sale{}, err
	}
	return a.deps.Desk.Pay(ctx, who, key, in.Sale, in.Body)
}

type resolveInput struct {
	Keyed
	OneSale
	Body wire.ResolveRequest
}

func (a *api) resolve(ctx context.Context, who staff.Actor, in *resolveInput) (wire.Sale, error) {
	key, err := in.command()
	if err != nil {
		return wire.Sale{}, err
	}
	return a.deps.Desk.Resolve(ctx, who, key, in.Sale, in.Body)
}

// OneNozzle is the nozzle in an address.
type OneNozzle struct {
	Nozzle int `path:"nozzle" minimum:"1" maximum:"9999" doc:"The nozzle's number."`
}

type authorizeInput struct {
	Keyed
	OneNozzle
	Body wire.AuthorizeRequest
}

func (a *api) authorize(ctx context.Context, who staff.Actor, in *authorizeInput) (wire.Authorization, error) {
	key, err := in.command()
	if err != nil {
		return wire.Authorization{}, err
	}
	return a.deps.Desk.Authorize(ctx, who, key, in.Nozzle, in.Body)
}

type holdInput struct {
	Keyed
	OneNozzle
	Body wire.HoldRequest
}

func (a *api) hold(ctx context.Context, who staff.Actor, in *holdInput) (wire.Done, error) {
	key, err := in.command()
	if err != nil {
		return wire.Done{}, err
	}
	return a.deps.Desk.SetHold(ctx, who, key, in.Nozzle, in.Body)
}

type holdAllInput struct {
	Keyed
	Body wire.HoldRequest
}

func (a *api) holdAll(ctx context.Context, who staff.Actor, in *holdAllInput) (wire.Done, error) {
	key, err := in.command()
	if err != nil {
		return wire.Done{}, err
	}
	return a.deps.Desk.SetHoldAll(ctx, who, key, in.Body)
}
