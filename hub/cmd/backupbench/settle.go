package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/shared/wire"
)

const (
	// stationRate is how many settlements a second a station makes at its
	// busiest, and more: sixteen nozzles at once end a delivery every few seconds.
	// It is more than one a second so that there is something to count.
	stationRate = 20
	// flatOut is how many writers make as many as they can.
	flatOut = 8
	// maxWaiting bounds the settlements under way at the station's rate: a
	// server that stands still for minutes fails the run.
	maxWaiting = 2_000
)

// load makes settlements until ctx ends and answers how long each took.
type load func(ctx context.Context) ([]settled, error)

// settled is one settlement: when it began, or was to, and how long it took.
type settled struct {
	at   time.Time
	took time.Duration
}

// stretch is a step of a backup that was under way from a moment on.
type stretch struct {
	step wire.BackupStep
	from time.Time
}

// measureSettle holds settlements during backups against such without.
func (b *site) measureSettle(ctx context.Context, s settings, r *report) error {
	p, err := newPump(ctx, b)
	if err != nil {
		return err
	}
	defer p.link.Close()
	busy := &effect{name: fmt.Sprintf("%d a second", stationRate), load: p.atRate}
	most := &effect{name: fmt.Sprintf("%d writers", flatOut), load: p.flatOut}
	if _, err := b.during(ctx, most.load, sleeping(time.Second)); err != nil { // pools and caches fill
		return err
	}
	for round := range s.rounds {
		sides := []func() error{
			func() error { return b.watch(ctx, busy, round, s.each) },
			func() error { return b.watch(ctx, most, round, s.each) },
		}
		if err := inTurn(round/2, sides[0], sides[1]); err != nil {
			return err
		}
	}
	for _, e := range []*effect{busy, most} {
		e.print()
	}
	worst := median(busy.p99.taken)
	r.line(fmt.Sprintf("p99 at the station's rate x %.2f during a backup, goal: at most %.2f", worst, float64(goalSettle)/100), worst*100 <= goalSettle)
	return nil
}

// effect is what backups do to one kind of load.
type effect struct {
	name string
	load load

	with, without []time.Duration                     // of all rounds
	during        map[wire.BackupStep][]time.Duration // with, by what was being done
	p50, p99      figure                              // ratios, of each
	backups       figure                              // how long each took, in seconds
}

// watch takes one pair of figures.
func (b *site) watch(ctx context.Context, e *effect, round int, each time.Duration) error {
	var with, without []time.Duration
	err := inTurn(round, func() error {
		list, err := b.during(ctx, e.load, sleeping(each))
		for _, s := range list {
			without = append(without, s.took)
		}
		return err
	}, func() error {
		var steps []stretch
		list, err := b.during(ctx, e.load, func(ctx context.Context) (err error) {
			steps, err = b.backups(ctx, e, each)
			return err
		})
		for _, s := range list {
			with = append(with, s.took)
			e.sort(s, steps)
		}
		return err
	})
	if err != nil {
		return err
	}
	e.with, e.without = append(e.with, with...), append(e.without, without...)
	at50, at99 := over(with, without, 500), over(with, without, 990)
	e.p50.add(at50)
	e.p99.add(at99)
	note("round %d, %s: p50 x %.2f, p99 %v of %v, x %.2f", round+1, e.name, at50, quantile(with, 990), quantile(without, 990), at99)
	return nil
}

func over(with, without []time.Duration, perMille int) float64 {
	return quantile(with, perMille).Seconds() / max(time.Microsecond, quantile(without, perMille)).Seconds()
}

// sort files a settlement under what the backup was doing.
func (e *effect) sort(s settled, steps []stretch) {
	if e.during == nil {
		e.during = map[wire.BackupStep][]time.Duration{}
	}
	step := wire.BackupStep("")
	for _, t := range steps {
		if !s.at.Before(t.from) {
			step = t.step
		}
	}
	e.during[step] = append(e.during[step], s.took)
}

// backups makes one backup after the other until a time has passed, and answers
// what was done when.
func (b *site) backups(ctx context.Context, e *effect, each time.Duration) (steps []stretch, err error) {
	for begin := time.Now(); time.Since(begin) < each; {
		err := b.withKeeper("m", func(k *backup.Keeper) error {
			took, err := timed(func() error { return b.follow(ctx, k, &steps) })
			e.backups.seconds(took)
			return err
		})
		if err != nil {
			return steps, err
		}
	}
	return steps, nil
}

// follow has a backup made and notes its steps.
func (b *site) follow(ctx context.Context, k *backup.Keeper, steps *[]stretch) error {
	_, err := haveMade(ctx, k, func(step wire.BackupStep) { *steps = append(*steps, stretch{step, time.Now()}) })
	*steps = append(*steps, stretch{"", time.Now()})
	return err
}

// sleeping does nothing for a time.
func sleeping(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
}

// during does something while a load runs, and answers how long settlements took
// meanwhile.
func (b *site) during(ctx context.Context, settle load, do func(context.Context) error) (times []settled, err error) {
	loading, end := context.WithCancel(ctx)
	defer end()
	var wg sync.WaitGroup
	var failed error
	wg.Go(func() { times, failed = settle(loading) })
	err = do(ctx)
	end()
	wg.Wait()
	return times, errors.Join(err, failed)
}

func (e *effect) print() {
	e.p50.name, e.p50.form = "p50, ratio", "%.2f"
	e.p99.name, e.p99.form = "p99, ratio", "%.2f"
	e.backups.name, e.backups.form = "a backup meanwhile, s", "%.1f"
	table("settlements during a backup, "+e.name, &e.p50, &e.p99, &e.backups)
	printTimes("without", e.without)
	printTimes("with", e.with)
	for _, step := range []wire.BackupStep{wire.StepCopy, wire.StepSums, wire.StepStore, ""} {
		printTimes("  "+string(step), e.during[step])
	}
}

func printTimes(name string, times []time.Duration) {
	fmt.Printf("  %-9s p50 %v, p99 %v, slowest %v of %d\n", name,
		ms(quantile(times, 500)), ms(quantile(times, 990)), ms(quantile(times, 1000)), len(times))
}

func ms(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
