package disaster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/robot"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// backUpAndSell makes a backup at the command line and sells on. Meanwhile a
// member who is in the backup has themselves erased.
func (d *disaster) backUpAndSell(ctx context.Context) error {
	m, erase, err := d.join(ctx, leaving)
	if err != nil {
		return err
	}
	if err := d.openAlbum(ctx); err != nil {
		return err
	}
	go d.h.CommitTicks(ctx) // it ends with the server
	if _, err := d.h.BackUp(ctx); err != nil {
		return err
	}
	if err := d.album.add(ctx, d.h.IDs()); err != nil {
		return err
	}
	if err := erase(ctx); err != nil {
		return err
	}
	d.erased = append(d.erased, m)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d.Sell):
		return nil
	}
}

// join makes a driver a member, and says how they are erased.
func (d *disaster) join(ctx context.Context, phone string) (id.Member, func(context.Context) error, error) {
	driver, err := d.h.Driver(ctx, phone)
	if err != nil {
		return id.Member{}, nil, err
	}
	m, err := driver.SetProfile(ctx, wire.ProfileRequest{Name: memberName})
	if err != nil {
		return id.Member{}, nil, err
	}
	return m.ID, func(ctx context.Context) error { return driver.Erase(ctx, wire.EraseRequest{Number: m.Number}) }, nil
}

// stillErased has the head look at a member of whom nothing may be left.
func (d *disaster) stillErased(ctx context.Context, m id.Member) error {
	_, err := d.office.Member(ctx, m)
	if p := robot.Refusal(err); p == nil || p.Type != wire.ProblemErased {
		return fmt.Errorf("a member who was erased is not known as such: %v", err)
	}
	return nil
}

// loseMachine destroys everything the hub has while deliveries run, and brings
// it back with the two sheets.
func (d *disaster) loseMachine(ctx context.Context) error {
	if err := d.remember(ctx); err != nil {
		return err
	}
	r := &d.report.Machine
	lost, dispensed, err := d.strike(ctx)
	if err != nil {
		return err
	}
	r.Lost.At = lost
	if err := d.till.end(); err != nil {
		return err
	}
	if err := d.h.RecoverKeys(ctx); err != nil {
		return err
	}
	began := time.Now()
	if _, err := d.h.RestoreLost(ctx); err != nil {
		return err
	}
	r.Restore = time.Since(began)
	if err := d.begin(ctx); err != nil {
		return err
	}
	r.Down = time.Since(lost)
	after, err := d.dispensed(ctx)
	if err != nil {
		return err
	}
	d.report.Away = after - dispensed
	if r.Lost.Until, err = d.h.LastTick(ctx); err != nil {
		return err
	}
	if err := d.lookThrough(ctx); err != nil {
		return err
	}
	return d.comeBack(ctx, r)
}

// strike takes the machine away at a moment when fuel flows.
func (d *disaster) strike(ctx context.Context) (lost time.Time, dispensed int, err error) {
	err = house.Await(ctx, "fuel to flow", 5*time.Millisecond, func() (bool, error) {
		nozzles, err := d.h.Truth.Nozzles(ctx)
		d.report.Busy, dispensed = 0, 0
		for _, n := range nozzles {
			dispensed += n.Deliveries
			if n.Busy {
				d.report.Busy++
			}
		}
		return d.report.Busy > 0, err
	})
	if err != nil {
		return lost, 0, err
	}
	lost, err = d.h.LoseMachine(ctx)
	return lost, dispensed, err
}

func (d *disaster) dispensed(ctx context.Context) (n int, err error) {
	nozzles, err := d.h.Truth.Nozzles(ctx)
	for _, nozzle := range nozzles {
		n += nozzle.Deliveries
	}
	return n, err
}

// begin starts the hub and waits until it is well. As a service manager would,
// it starts one again that found its port or its database still taken.
func (d *disaster) begin(ctx context.Context) error {
	const tries = 3
	var err error
	for range tries {
		if d.h.Hub.PID() == 0 {
			if err := d.h.Hub.Start(); err != nil {
				return err
			}
		}
		if err = d.h.AwaitHub(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// backUpAgain makes a backup from the office, which the restored hub can open by
// itself.
func (d *disaster) backUpAgain(ctx context.Context) error {
	had, err := d.office.Backups(ctx)
	if err != nil {
		return err
	}
	if err := d.ask(ctx, func() error { return d.makeBackup(ctx) }); err != nil {
		return err
	}
	return house.Await(ctx, "a backup", 200*time.Millisecond, func() (bool, error) {
		b, err := d.office.Backups(ctx)
		if err != nil || b.Work != nil {
			return false, err
		}
		i := slices.IndexFunc(b.Sets, func(s wire.BackupSet) bool {
			return !slices.ContainsFunc(had.Sets, func(old wire.BackupSet) bool { return old.ID == s.ID })
		})
		if i < 0 {
			return false, errors.New("no backup came of it")
		}
		d.set = b.Sets[i]
		return true, nil
	})
}

// ask asks for something of the backups, again while they are busy with
// something of their own.
func (d *disaster) ask(ctx context.Context, do func() error) error {
	return house.Await(ctx, "the backups to be free", 200*time.Millisecond, func() (bool, error) {
		err := do()
		if p := robot.Refusal(err); p != nil && p.Type == wire.ProblemBackupBusy {
			return false, nil
		}
		return true, err
	})
}
