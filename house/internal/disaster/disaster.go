// Package disaster takes a station's machine away while it sells, brings it
// back from its backups as an operator would, and counts what that cost.
//
// What is destroyed is everything the hub keeps: its database, its keys, its
// authority. What is left is the place of the backups, two sheets of paper, and
// the station, which goes on dispensing: pumpd keeps every sale in its journal
// until a hub has it. After that the hub is killed at the worst moments of a
// backup, of a restore and of a switch, and data is restored to a moment while
// the hub serves.
//
// Nothing here trusts the hub to say what was lost. Litres are those of the
// simulated dispensers, payments those that a till was told of, and changes are
// counted by a clock that ticks in the database itself.
package disaster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/privacy"
	"forecourt/house/internal/reckon"
	"forecourt/house/internal/scenario"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// Options says how the station sells.
type Options struct {
	// House is what to run; cars come from the start, and the backups lie beside
	// the hub's data.
	House house.Options
	// Sell is how long it sells between the backup and the disaster.
	Sell time.Duration
	// Progress gets a line for each step; nil for none.
	Progress io.Writer
}

// Report is what happened.
type Report struct {
	// Machine, Moment and Planned are the three restores: after the machine was
	// lost, to a moment while the hub served, and of a backup, with the hub
	// killed before it took over.
	Machine, Moment, Planned Return
	// Away is what left the nozzles while there was no hub.
	Away int
	// Busy is how many nozzles were delivering when the machine was lost.
	Busy int
	// Kills are those of the hub in the middle of a backup or a restore that the
	// live data survived: at which steps of the job.
	Kills map[wire.BackupJob][]wire.BackupStep
	// Pictures counts those that came back with the machine, of Sent: one before
	// the backup, one after it.
	Pictures, Sent int
	// Searched counts the bytes of the backups in which nothing personal was
	// found.
	Searched int64
	// Kept counts the sales that were known before any of it and are there.
	Kept int
	// Verified is what hub verify said in the end.
	Verified string
}

// Return is one return from the backups, and what it cost.
type Return struct {
	// Lost is what had happened and is not there.
	Lost Loss
	// Told is what the hub said beforehand would be lost; nil where there was
	// nobody to tell.
	Told *wire.RestoreLoss
	// Restore is how long restoring and proving took, Down how long there was
	// no hub.
	Restore, Down time.Duration
	// Count compares the dispensers with the hub when all was quiet again.
	Count reckon.Result
}

// GoalLoss is the promise of a lost machine: how much time of changes may be
// lost with it.
const GoalLoss = time.Second

// Err judges what Run does not: a run that ends has counted everything and found
// it equal.
func (r Report) Err() error {
	if lost := r.Machine.Lost.Changes(); lost > GoalLoss || lost < 0 {
		return fmt.Errorf("the last change that survived is %v older than the disaster, and %v is promised", lost, GoalLoss)
	}
	if r.Busy == 0 || r.Away == 0 {
		return fmt.Errorf("%d nozzles were delivering and %d deliveries ended without a hub", r.Busy, r.Away)
	}
	for _, job := range []wire.BackupJob{wire.BackupMaking, wire.BackupRestoring} {
		if len(r.Kills[job]) == 0 {
			return fmt.Errorf("the hub was never killed in the middle of %s", job)
		}
	}
	if r.Kept == 0 || r.Searched == 0 || r.Pictures == 0 {
		return fmt.Errorf("%d sales kept, %d pictures, %d bytes searched", r.Kept, r.Pictures, r.Searched)
	}
	return nil
}

// disaster is one run.
type disaster struct {
	Options
	h      *house.House
	till   *till
	office *link.Client // of the head

	station id.Station
	report  Report

	known  map[id.Sale]wire.Sale // every sale that anybody was shown
	erased []id.Member
	album  album
	set    wire.BackupSet // the newest that was made
}

// Run does it all, in a directory without a station.
func Run(ctx context.Context, o Options) (Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.House.Cars = true
	o.House.Backups = filepath.Join(o.House.Dir, "elsewhere")
	h, err := house.Open(ctx, o.House)
	if err != nil {
		return Report{}, err
	}
	defer h.Close()
	d := &disaster{Options: o, h: h, known: map[id.Sale]wire.Sale{}, report: Report{Kills: map[wire.BackupJob][]wire.BackupStep{}}}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"printing the sheets", h.PrintSheets},
		{"opening", d.open},
		{"killing the hub in the middle of the first backup", d.killInFirst},
		{"backing up and selling on", d.backUpAndSell},
		{"losing the machine and bringing it back", d.loseMachine},
		{"backing up again", d.backUpAgain},
		{"killing the hub in the middle of backups", d.killInBackups},
		{"killing the hub in the middle of restores", d.killInRestores},
		{"restoring to a moment while the hub serves", d.toMoment},
		{"killing the hub before restored data takes over", d.killBeforeSwitch},
		{"verifying", d.verify},
	} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return d.report, fmt.Errorf("%s: %w", step.what, err)
		}
		d.tell("%5.1f s  %s\n", time.Since(began).Seconds(), step.what)
	}
	return d.report, errors.Join(d.till.end(), d.till.robot.FoldError(), scenario.Alarms(o.House.Dir))
}

func (d *disaster) tell(format string, args ...any) {
	if d.Progress != nil {
		fmt.Fprintf(d.Progress, format, args...)
	}
}

// open signs a cashier and the head in and has the cashier take money.
func (d *disaster) open(ctx context.Context) (err error) {
	if d.till, err = openTill(ctx, d.h); err != nil {
		return err
	}
	var head wire.Session
	if d.office, head, err = d.h.TillAs(ctx, "office", house.Head); err != nil {
		return err
	}
	d.station = head.Station
	d.till.follow(ctx)
	d.till.takeMoney()
	return nil
}

// verify has the hub work everything out again.
func (d *disaster) verify(ctx context.Context) error {
	for _, m := range d.erased {
		if err := d.stillErased(ctx, m); err != nil {
			return err
		}
	}
	var err error
	if d.report.Verified, err = d.h.Verify(ctx); err != nil {
		return fmt.Errorf("%w: %s", err, d.report.Verified)
	}
	sales, err := reckon.Sales(ctx, d.till.client)
	if err != nil {
		return err
	}
	if d.report.Kept, err = kept(d.known, sales); err != nil {
		return err
	}
	if d.report.Searched, err = privacy.Search(secrets(), d.House.Backups); err != nil {
		return err
	}
	return complaints(d.h.Hub.Log)
}

// complaints are the errors that the hub noted: a hub that is killed, and its
// data restored, has none of its own.
func complaints(log string) error {
	text, err := os.ReadFile(log)
	if err != nil {
		return fmt.Errorf("reading the hub's log: %w", err)
	}
	var errs []error
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, " level=ERROR ") {
			errs = append(errs, errors.New(strings.TrimSpace(line)))
		}
	}
	return errors.Join(errs...)
}

// secrets is what nobody may read who has the backups and no key: members, and
// who works at the demonstration station.
func secrets() []string {
	return []string{leaving, goneSoon, staying, memberName, caption, "陈志远", "王晓燕", "李建国", "刘思雨"}
}

// The members: one who is erased after the first backup, one after the moment
// that is restored to, and one who stays and sends pictures.
const (
	leaving    = "13800010021"
	goneSoon   = "13800010022"
	staying    = "13800010023"
	memberName = "赵永强"
	caption    = "三号枪的小票"
)
