package httpapi

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/wire"
)

// office registers what the station head asks: prices, modes, the proof.
func (a *api) office() {
	person(a, officeOp("setPrices", http.MethodPost, "/v1/prices", "Set new prices, at once"), staff.SetPrices, a.setPrices)
	person(a, officeOp("setMode", http.MethodPost, "/v1/nozzles/{nozzle}/mode", "Choose who lets a nozzle dispense"), staff.SetMode, a.setMode)
	person(a, officeOp("proofs", http.MethodGet, "/v1/proofs", "Prove every nozzle against its totalizer"), staff.SeeProof,
		func(ctx context.Context, who staff.Actor, _ *struct{}) ([]wire.NozzleProof, error) {
			proofs, err := a.deps.Desk.Proofs(ctx, who.Station)
			if proofs == nil {
				proofs = []wire.NozzleProof{} // a list, also when it is empty
			}
			return proofs, err
		})
	a.proofsCSV()
}

func officeOp(name, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: name, Method: method, Path: path, Summary: summary, Tags: []string{"office"}}
}

type setPricesInput struct {
	Keyed
	Body wire.PriceRequest
}

func (a *api) setPrices(ctx context.Context, who staff.Actor, in *setPricesInput) (wire.Done, error) {
	key, err := in.command()
	if err != nil {
		return wire.Done{}, err
	}
	return a.deps.Desk.SetPrices(ctx, who, key, in.Body)
}

type setModeInput struct {
	Keyed
	OneNozzle
	Body wire.ModeRequest
}

func (a *api) setMode(ctx context.Context, who staff.Actor, in *setModeInput) (wire.Done, error) {
	key, err := in.command()
	if err != nil {
		return wire.Done{}, err
	}
	return a.deps.Desk.SetMode(ctx, who, key, in.Nozzle, in.Body)
}

// proofsCSV registers the proof as a table for a spreadsheet: litres, exact to
// the millilitre.
func (a *api) proofsCSV() {
	op := officeOp("proofsCSV", http.MethodGet, "/v1/proofs.csv", "Export the proof of every nozzle as a table")
	a.guard(&op, staff.SeeProof)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Comma-separated values in litres",
		Content:     map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	huma.Register(a.huma, op, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		who, _ := ctx.Value(personKey{}).(staff.Actor)
		proofs, err := a.deps.Desk.Proofs(ctx, who.Station)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			ctx.SetHeader("Content-Type", "text/csv; charset=utf-8")
			ctx.SetHeader("Content-Disposition", `attachment; filename="proofs.csv"`)
			rows := csv.NewWriter(ctx.BodyWriter())
			_ = rows.WriteAll(proofRows(proofs)) // the client may be gone
		}}, nil
	})
}

func proofRows(proofs []wire.NozzleProof) [][]string {
	rows := [][]string{{"nozzle", "first_l", "last_l", "booked_l", "quarantined_l", "missing_l", "difference_l", "sales"}}
	for _, p := range proofs {
		rows = append(rows, []string{
			strconv.Itoa(p.Nozzle), p.First.String(), p.Last.String(), p.Booked.String(),
			p.Quarantined.String(), p.Missing.String(), p.Difference.String(), strconv.FormatInt(p.Sales, 10),
		})
	}
	return rows
}
