package httpapi

import (
	"context"
	"encoding/csv"
	"errors"
	"iter"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Security is what the API asks of package flow about the security log, its
// alerts and the keys.
type Security interface {
	SearchLog(ctx context.Context, who staff.Actor, ask wire.LogQuery) (wire.LogPage, error)
	LogState(ctx context.Context) (wire.LogState, error)
	ExportLog(ctx context.Context, who staff.Actor, ask wire.LogQuery) (iter.Seq2[[]string, error], error)
	Alerts(ctx context.Context, who staff.Actor, ask flow.AlertQuery) (wire.AlertList, error)
	NoteAlert(ctx context.Context, who staff.Actor, key id.Command, which id.Alert) (wire.Alert, error)
	KeyState(ctx context.Context) (wire.KeyRing, error)
	RotateKeys(ctx context.Context, who staff.Actor, key id.Command) (wire.KeyRing, error)
}

// security registers what a head asks about the log, alerts and keys.
func (a *api) security() {
	person(a, securityOp("searchLog", http.MethodPost, "/v1/log/search", "Search the security log, newest first"), staff.SeeLog,
		func(ctx context.Context, who staff.Actor, in *logInput) (wire.LogPage, error) {
			return a.deps.Security.SearchLog(ctx, who, in.Body)
		})
	person(a, securityOp("logState", http.MethodGet, "/v1/log/state", "Look at how well the log is kept"), staff.SeeLog,
		func(ctx context.Context, _ staff.Actor, _ *struct{}) (wire.LogState, error) {
			return a.deps.Security.LogState(ctx)
		})
	a.logCSV()
	person(a, securityOp("alerts", http.MethodGet, "/v1/alerts", "List alerts, newest first"), staff.SeeLog,
		func(ctx context.Context, who staff.Actor, in *alertsInput) (wire.AlertList, error) {
			return a.deps.Security.Alerts(ctx, who, flow.AlertQuery{Open: in.Open, Before: in.Before})
		})
	person(a, securityOp("noteAlert", http.MethodPost, "/v1/alerts/{alert}/seen", "Take note of an alert"), staff.SeeLog,
		func(ctx context.Context, who staff.Actor, in *alertInput) (wire.Alert, error) {
			key, err := in.command()
			if err != nil {
				return wire.Alert{}, err
			}
			return a.deps.Security.NoteAlert(ctx, who, key, in.Alert)
		})
	person(a, securityOp("keys", http.MethodGet, "/v1/keys", "Look at the keys and their state; no key is shown"), staff.SeeKeys,
		func(ctx context.Context, _ staff.Actor, _ *struct{}) (wire.KeyRing, error) {
			return a.deps.Security.KeyState(ctx)
		})
	person(a, securityOp("rotateKeys", http.MethodPost, "/v1/keys/rotation", "Begin to seal with a new key"), staff.RotateKeys,
		func(ctx context.Context, who staff.Actor, in *Keyed) (wire.KeyRing, error) {
			key, err := in.command()
			if err != nil {
				return wire.KeyRing{}, err
			}
			return a.deps.Security.RotateKeys(ctx, who, key)
		})
}

func securityOp(name, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: name, Method: method, Path: path, Summary: summary, Tags: []string{"security"}}
}

type logInput struct{ Body wire.LogQuery }

type alertsInput struct {
	Before id.Alert `query:"before" doc:"The alert to go on before: the page's next."`
	Open   bool     `query:"open" doc:"Only those that nobody has taken note of."`
}

type alertInput struct {
	Keyed
	Alert id.Alert `path:"alert" doc:"The alert's id."`
}

// logCSV registers the log as a table for a spreadsheet. It is sent as it is
// read; when that fails on the way the connection is broken off, so that half a
// log is never taken for a whole one.
func (a *api) logCSV() {
	op := securityOp("exportLog", http.MethodPost, "/v1/log/export", "Export what a search of the log finds as a table, at most 100,000 rows")
	a.guard(&op, staff.SeeLog)
	op.MaxBodyBytes = MaxBodyBytes + 1
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Comma-separated values, a line of names first",
		Content:     map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	huma.Register(a.huma, op, func(ctx context.Context, in *logInput) (*huma.StreamResponse, error) {
		who, ok := ctx.Value(personKey{}).(staff.Actor)
		if !ok {
			return nil, errors.New("httpapi: a handler was reached without its guard")
		}
		rows, err := a.deps.Security.ExportLog(ctx, who, in.Body)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(out huma.Context) { a.sendLog(out, rows) }}, nil
	})
}

func (a *api) sendLog(out huma.Context, rows iter.Seq2[[]string, error]) {
	out.SetHeader("Content-Type", "text/csv; charset=utf-8")
	out.SetHeader("Content-Disposition", `attachment; filename="security-log.csv"`)
	table := csv.NewWriter(out.BodyWriter())
	for row, err := range rows {
		if err != nil {
			a.deps.Log.Error("an export of the log was broken off", "error", err)
			panic(http.ErrAbortHandler)
		}
		if table.Write(row) != nil {
			return // the client has gone
		}
	}
	table.Flush()
}
