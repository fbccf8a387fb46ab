package line

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/journal"
	"forecourt/pumpd/internal/session"
	"forecourt/shared/wire"
)

var errCannot = errors.New("line: the driver cannot do this")

// abilities finds out what a driver can do.
func abilities(d driver.Driver) session.Abilities {
	var can session.Abilities
	_, can.Authorize = d.(driver.Authorizer)
	_, can.Stop = d.(driver.Stopper)
	_, can.Suspend = d.(driver.Suspender)
	_, can.Prices = d.(driver.Pricer)
	_, can.Total = d.(driver.Totalizer)
	_, can.Recall = d.(driver.Recaller)
	return can
}

// step gives a session an event and performs what it decides, to its end. The
// error says that the line is gone; everything else was the session's to hear.
func (l *Line) step(ctx context.Context, p *point, ev session.Event) error {
	var broken error
	queue := p.session.Step(l.cfg.Now(), ev)
	for len(queue) > 0 {
		effect := queue[0]
		queue = queue[1:]
		switch effect := effect.(type) {
		case session.Publish:
			l.cfg.Publish(effect.Nozzles)
			continue
		case session.Note:
			l.cfg.Log.Warn(effect.Text, append([]any{"point", int(p.Address)}, effect.Args...)...)
			continue
		}
		answer := l.perform(ctx, p, effect)
		if ctx.Err() == nil {
			l.logFailure(p, effect, answer.Err)
		}
		broken = errors.Join(broken, brokenLine(answer.Err))
		queue = append(queue, p.session.Step(l.cfg.Now(), answer)...)
	}
	return broken
}

// logFailure logs a failure once, until it changes or goes away.
func (l *Line) logFailure(p *point, e session.Effect, err error) {
	if err == nil {
		return
	}
	text := fmt.Sprintf("%T: %v", e, err)
	if text != p.sick {
		p.sick = text
		l.cfg.Log.Warn("a step failed", "point", int(p.Address), "step", fmt.Sprintf("%T", e), "error", err)
	}
}

// perform carries out one effect and brings its answer.
func (l *Line) perform(ctx context.Context, p *point, e session.Effect) session.Answer {
	if e, ok := e.(session.Append); ok {
		return session.Answer{Err: l.append(e)}
	}
	if l.conn.Driver == nil {
		return session.Answer{Err: driver.ErrNoAnswer} // the line is down already
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	return command(ctx, l.conn.Driver, p.Address, e)
}

// command turns an effect into one call of the driver.
func command(ctx context.Context, d driver.Driver, p driver.Point, e session.Effect) (a session.Answer) {
	a.Err = errCannot
	switch e := e.(type) {
	case session.Release:
		a.Err = d.Release(ctx, p, e.Sale)
	case session.Authorize:
		if c, ok := d.(driver.Authorizer); ok {
			a.Err = c.Authorize(ctx, p, e.Order)
		}
	case session.Stop:
		if c, ok := d.(driver.Stopper); ok {
			a.Err = c.Stop(ctx, p)
		}
	case session.Suspend:
		if c, ok := d.(driver.Suspender); ok {
			a.Err = c.Suspend(ctx, p)
		}
	case session.Resume:
		if c, ok := d.(driver.Suspender); ok {
			a.Err = c.Resume(ctx, p)
		}
	case session.SetPrices:
		if c, ok := d.(driver.Pricer); ok {
			a.Err = c.SetPrices(ctx, p, e.Prices)
		}
	case session.ReadPrices:
		if c, ok := d.(driver.Pricer); ok {
			a.Prices, a.Err = c.ReadPrices(ctx, p)
		}
	case session.ReadTotal:
		if c, ok := d.(driver.Totalizer); ok {
			a.Total, a.Err = c.ReadTotal(ctx, p, e.Nozzle)
		}
	case session.Recall:
		if c, ok := d.(driver.Recaller); ok {
			a.Sales, a.Err = c.Recall(ctx, p, e.Since)
		}
	}
	return a
}

// append makes facts and state durable. A new permission may not use the
// journal's reserve.
func (l *Line) append(e session.Append) error {
	if e.Permit {
		if err := l.cfg.Journal.Room(); err != nil {
			return fmt.Errorf("no room for another delivery: %w", err)
		}
	}
	batch := journal.Batch{Save: map[string]json.RawMessage{}}
	for _, f := range e.Facts {
		batch.Facts = append(batch.Facts, journal.Fact{Kind: f.Kind, At: f.At, Body: wire.Body(f.Body)})
	}
	for _, v := range e.Save {
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("saving nozzle %d: %w", v.Nozzle, err)
		}
		batch.Save[savedName(v.Nozzle)] = data
	}
	facts, err := l.cfg.Journal.Append(batch)
	if err != nil {
		return err
	}
	for _, f := range facts {
		l.cfg.Meter.Journaled(f.Kind)
	}
	return nil
}
