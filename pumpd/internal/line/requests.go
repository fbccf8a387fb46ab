package line

import (
	"context"
	"errors"
	"fmt"

	"forecourt/pumpd/internal/driver"
	"forecourt/pumpd/internal/session"
	"forecourt/shared/wire"
)

// takeWant hands the latest wish to the sessions. When everything is to stop
// and the device can do it at one word, that word goes first.
func (l *Line) takeWant(ctx context.Context) error {
	l.mu.Lock()
	want := l.want
	l.mu.Unlock()
	if err := l.stopAll(ctx, want); err != nil {
		return err
	}
	for _, p := range l.points {
		if err := l.step(ctx, p, session.Wanted{Nozzles: want}); err != nil {
			return err
		}
	}
	return nil
}

func (l *Line) stopAll(ctx context.Context, want map[int]wire.WantNozzle) error {
	all := true
	for _, p := range l.points {
		for _, n := range p.Nozzles {
			all = all && want[n].Hold == wire.HoldStop
		}
	}
	already := l.stopped
	l.stopped = all
	stopper, can := l.conn.Driver.(driver.EmergencyStopper)
	if !all || already || !can {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := stopper.StopAll(bounded); err != nil {
		l.cfg.Log.Warn("stopping all at once failed, stopping one by one", "error", err)
		return brokenLine(err)
	}
	return nil
}

// store waits until the owner has journaled an uploaded sale.
func (l *Line) store(ctx context.Context, address driver.Point, sale driver.Sale) error {
	u := upload{address, sale, make(chan error, 1)}
	select {
	case l.uploads <- u:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-u.reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errNotStored = errors.New("line: the sale is not journaled yet")

func (l *Line) takeUpload(ctx context.Context, u upload) error {
	for _, p := range l.points {
		if p.Address != u.address {
			continue
		}
		err := l.step(ctx, p, session.Uploaded{Sale: u.sale})
		if p.session.Pending(u.sale.Key) {
			u.reply <- errNotStored
		} else {
			u.reply <- nil
		}
		return err
	}
	u.reply <- fmt.Errorf("line: an uploaded sale of point %d, which is not configured", u.address)
	return nil
}

// brokenLine keeps an error only if it says that the line is gone.
func brokenLine(err error) error {
	if errors.Is(err, driver.ErrLine) {
		return err
	}
	return nil
}
