package flow

import (
	"context"
	"errors"
	"strings"
	"time"

	"forecourt/hub/internal/domain/payment"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/wire"
)

// recordTimeout bounds writing down a refusal after its caller has gone: who
// hangs up is written down all the same.
const recordTimeout = 5 * time.Second

// actOf is what the log calls commands whose name is not their action there.
func actOf(name string) string {
	switch name {
	case "pay", "resolve":
		return "sale." + name
	case "hold", "mode", "authorize":
		return "nozzle." + name
	case "hold-all":
		return "station.hold"
	case "prices":
		return "prices.set"
	}
	return name
}

// objectOf is the kind of thing an action is done to.
func objectOf(action string) string {
	kind, _, _ := strings.Cut(action, ".")
	switch {
	case strings.HasPrefix(action, "chat.settings"), strings.HasPrefix(action, "chat.canned"):
		return "support"
	case kind == "chat":
		return "thread"
	case kind == "prices":
		return "station"
	case kind == "post":
		return "staff"
	}
	return kind
}

// row is what the log says of the command when it was done.
func (c command) row(at time.Time) audit.Row {
	row := c.audit
	row.At, row.Station, row.Staff, row.Result = at, c.actor.Station, c.actor.Staff, audit.OK
	if row.Action == "" {
		row.Action = actOf(c.name)
	}
	if row.Object == "" {
		row.Object, row.ObjectID = objectOf(row.Action), c.target
	}
	if row.ObjectID == "" {
		row.ObjectID = c.target
	}
	if row.ObjectID == "" { // done to all of the station
		row.ObjectID = c.actor.Station.String()
	}
	return row
}

// refusal writes down that something was refused, and returns err. What failed
// for another reason than a refusal is not an act.
func (f *Flow) refusal(ctx context.Context, row audit.Row, err error) error {
	var refused *wire.Problem
	switch {
	case errors.As(err, &refused):
		row.Result = string(refused.Type)
	case errors.Is(err, payment.ErrPaid):
		row.Result = string(wire.ProblemSaleAlreadyPaid)
	default:
		return err
	}
	row.Digest = [32]byte{}
	if recorded := f.record(ctx, row); recorded != nil {
		return errors.Join(err, recorded)
	}
	return err
}

// record writes a row of its own, also when its caller has gone.
func (f *Flow) record(ctx context.Context, row audit.Row) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return audit.Record(ctx, f.DB, row)
}

// presetNote and pricesNote are what the log says of a command beyond its name.
func presetNote(p wire.Preset) string {
	switch p.Kind {
	case wire.PresetMoney:
		return p.Money.String() + " yuan"
	case wire.PresetVolume:
		return p.Volume.String() + " L"
	}
	return ""
}

func pricesNote(req wire.PriceRequest) string {
	parts := make([]string, len(req.Prices))
	for i, p := range req.Prices {
		parts[i] = p.Grade + " " + p.Price.String()
	}
	return strings.Join(parts, ", ")
}
