package flow

import (
	"context"
	"errors"
	"strconv"
	"time"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/domain/station"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// Bounds of how long an authorization waits for a lift, in seconds.
const (
	minValid = 5
	maxValid = 900
)

// SetHold lays or lifts the station's hand on one nozzle.
func (f *Flow) SetHold(ctx context.Context, actor staff.Actor, key id.Command, number int, req wire.HoldRequest) (wire.Done, error) {
	if err := validHold(req.Hold); err != nil {
		return wire.Done{}, err
	}
	c := command{actor: actor, key: key, name: "hold", action: staff.HoldNozzle, target: strconv.Itoa(number), request: req}
	c.audit.Note = string(req.Hold)
	return f.ask(ctx, c, number, func(n *station.Nozzle) error {
		hold(n, req.Hold)
		return nil
	})
}

// SetHoldAll lays or lifts the station's hand on every nozzle at once.
func (f *Flow) SetHoldAll(ctx context.Context, actor staff.Actor, key id.Command, req wire.HoldRequest) (wire.Done, error) {
	if err := validHold(req.Hold); err != nil {
		return wire.Done{}, err
	}
	c := command{actor: actor, key: key, name: "hold-all", action: staff.StopAll, request: req}
	c.audit.Note = string(req.Hold)
	_, repeat, err := perform(ctx, f, c, effect[wire.Done]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Done, []outbox.Event, error) {
			nozzles, err := station.LockNozzles(ctx, tx, actor.Station)
			if err != nil {
				return wire.Done{}, nil, err
			}
			for _, n := range nozzles {
				hold(&n, req.Hold)
				if err := station.Ask(ctx, tx, actor.Station, n); err != nil {
					return wire.Done{}, nil, err
				}
			}
			return wire.Done{Command: key}, nil, f.raise(ctx, tx, actor.Station)
		},
	})
	return done(c, repeat, err)
}

func validHold(h wire.Hold) error {
	switch h {
	case wire.HoldNone, wire.HoldPause, wire.HoldStop:
		return nil
	}
	return bad("hold %q", h)
}

// hold lays a hand on a nozzle. A stop also takes back a permission that was
// not used: what comes after the stop is asked for anew.
func hold(n *station.Nozzle, h wire.Hold) {
	n.Hold = h
	if h == wire.HoldStop {
		n.Authorization = nil
	}
}

// SetMode changes who lets a nozzle dispense.
func (f *Flow) SetMode(ctx context.Context, actor staff.Actor, key id.Command, number int, req wire.ModeRequest) (wire.Done, error) {
	switch req.Mode {
	case wire.ModeAttended, wire.ModeControlled, wire.ModeClosed:
	default:
		return wire.Done{}, bad("mode %q", req.Mode)
	}
	c := command{actor: actor, key: key, name: "mode", action: staff.SetMode, target: strconv.Itoa(number), request: req}
	c.audit.Note = string(req.Mode)
	return f.ask(ctx, c, number, func(n *station.Nozzle) error {
		n.Mode = req.Mode
		if n.Mode != wire.ModeControlled {
			n.Authorization = nil
		}
		return nil
	})
}

// ask changes what is asked of one nozzle.
func (f *Flow) ask(ctx context.Context, c command, number int, change func(n *station.Nozzle) error) (wire.Done, error) {
	_, repeat, err := perform(ctx, f, c, effect[wire.Done]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Done, []outbox.Event, error) {
			return wire.Done{Command: c.key}, nil, f.change(ctx, tx, c.actor.Station, number, change)
		},
	})
	return done(c, repeat, err)
}

// change changes one nozzle under its lock.
func (f *Flow) change(ctx context.Context, tx *mysql.Tx, s id.Station, number int, change func(n *station.Nozzle) error) error {
	n, err := station.LockNozzle(ctx, tx, s, number)
	if err != nil {
		return problemOf(err)
	}
	if err := change(&n); err != nil {
		return err
	}
	if err := station.Ask(ctx, tx, s, n); err != nil {
		return err
	}
	return f.raise(ctx, tx, s)
}

// raise raises the want revision and tells of it after the commit.
func (f *Flow) raise(ctx context.Context, tx *mysql.Tx, s id.Station) error {
	tx.AfterCommit(func() { f.wanted(s) })
	return station.Raise(ctx, tx, s)
}

// Authorize permits one delivery on a nozzle in the controlled mode. While one
// waits to be spent there is no other.
func (f *Flow) Authorize(ctx context.Context, actor staff.Actor, key id.Command, number int, req wire.AuthorizeRequest) (wire.Authorization, error) {
	if req.ValidSeconds < minValid || req.ValidSeconds > maxValid {
		return wire.Authorization{}, bad("valid_seconds has to be %d to %d", minValid, maxValid)
	}
	if err := validPreset(req.Preset); err != nil {
		return wire.Authorization{}, err
	}
	c := command{actor: actor, key: key, name: "authorize", action: staff.Authorize, target: strconv.Itoa(number), request: req}
	c.audit.Note = presetNote(req.Preset)
	auth, _, err := perform(ctx, f, c, effect[wire.Authorization]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Authorization, []outbox.Event, error) {
			now := f.now()
			a := wire.Authorization{
				ID: id.New[id.Authorization](f.IDs), Preset: req.Preset,
				ExpiresAt: now.Add(time.Duration(req.ValidSeconds) * time.Second),
			}
			err := f.change(ctx, tx, actor.Station, number, func(n *station.Nozzle) error { return permit(n, a, now) })
			return a, nil, err
		},
	})
	return auth, err
}

// permit gives a nozzle a permission, if its mode and the station's hand allow.
func permit(n *station.Nozzle, a wire.Authorization, now time.Time) error {
	switch {
	case n.Mode != wire.ModeControlled:
		return wire.NewProblem(wire.ProblemNozzleMode, "mode "+string(n.Mode))
	case n.Hold != wire.HoldNone:
		return wire.NewProblem(wire.ProblemNozzleMode, "hold "+string(n.Hold))
	case n.Waiting(now) != nil:
		return wire.NewProblem(wire.ProblemNozzleBusy, "an authorization waits to be spent")
	}
	n.Authorization = &a
	return nil
}

func validPreset(p wire.Preset) error {
	ok := false
	switch p.Kind {
	case wire.PresetNone:
		ok = p.Money == 0 && p.Volume == 0
	case wire.PresetMoney:
		ok = p.Money > 0 && unit.InRange(p.Money) && p.Volume == 0
	case wire.PresetVolume:
		ok = p.Volume > 0 && unit.InRange(p.Volume) && p.Money == 0
	}
	if !ok {
		return bad("preset %q with %s yuan and %s L", p.Kind, p.Money, p.Volume)
	}
	return nil
}

// SetPrices puts new prices in force as a new price set. Sales in progress keep
// theirs; a busy nozzle follows when it is idle, and says so.
func (f *Flow) SetPrices(ctx context.Context, actor staff.Actor, key id.Command, req wire.PriceRequest) (wire.Done, error) {
	if len(req.Prices) == 0 {
		return wire.Done{}, bad("no price is given")
	}
	c := command{actor: actor, key: key, name: "prices", action: staff.SetPrices, request: req}
	c.audit.Note = pricesNote(req)
	_, repeat, err := perform(ctx, f, c, effect[wire.Done]{
		do: func(ctx context.Context, tx *mysql.Tx) (wire.Done, []outbox.Event, error) {
			events, err := f.putInForce(ctx, tx, actor, req)
			return wire.Done{Command: key}, events, err
		},
	})
	return done(c, repeat, err)
}

// putInForce adds the new set and announces the price board.
func (f *Flow) putInForce(ctx context.Context, tx *mysql.Tx, actor staff.Actor, req wire.PriceRequest) ([]outbox.Event, error) {
	st, err := station.Lock(ctx, tx, actor.Station)
	if err != nil {
		return nil, problemOf(err)
	}
	prices, err := station.PricesOf(ctx, tx, st.ID, st.PriceSet)
	if err != nil {
		return nil, err
	}
	next, err := prices.Change(req.Prices)
	switch {
	case errors.Is(err, station.ErrGrade):
		return nil, wire.NewProblem(wire.ProblemPriceUnknown, err.Error())
	case err != nil:
		return nil, bad("%v", err)
	}
	at := f.now()
	st.PriceSet = id.New[id.PriceSet](f.IDs)
	if err := station.PutInForce(ctx, tx, st.ID, st.PriceSet, next, actor.Number, at); err != nil {
		return nil, err
	}
	tx.AfterCommit(func() {
		f.lane(st.ID).newPrices.Store(true)
		f.wanted(st.ID)
	})
	board, err := station.Board(ctx, tx, st)
	return []outbox.Event{{Kind: wire.KindPrices, Body: board, At: at}}, err
}
