// Package scenario lets a station sell while its programs are killed, and
// counts afterwards.
//
// Kills are SIGKILL, at moments drawn from a seeded source, while cars fuel
// and a till takes money. What is counted at the end: the litres of the sales
// on each nozzle against the dispenser's own totalizer, every payment that was
// acknowledged, and whatever the till's mirrors could not fold.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/process"
	"forecourt/house/internal/reckon"
	"forecourt/house/internal/robot"
	"forecourt/house/internal/truth"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// Options says how hard to try.
type Options struct {
	// House is what to run; cars come from the start.
	House house.Options
	// Kills is how many programs are killed, Seed when and which.
	Kills int
	Seed  uint64
	// Between bounds the time from one kill to the next.
	BetweenMin, BetweenMax time.Duration
	// AtLeast is how long the station sells, however few the kills.
	AtLeast time.Duration
	// Progress gets a line now and then.
	Progress io.Writer
}

// Report is what happened.
type Report struct {
	reckon.Result
	// Kills counts them by program.
	Kills map[string]int
	// Revived counts programs that ended by themselves and were started
	// again: after a kill one may find its port still taken.
	Revived int
	// Traces is how the deliveries were watched, by way.
	Traces []Traces
	// Latency is pump to client, sorted.
	Latency []time.Duration
}

// quietPatience bounds the wait for the last cars to leave and the last sale
// to arrive and be paid.
const quietPatience = 90 * time.Second

// Run runs the scenario.
func Run(ctx context.Context, o Options) (Report, error) {
	o.House.Cars = true
	h, err := house.Open(ctx, o.House)
	if err != nil {
		return Report{}, err
	}
	defer h.Close()
	client, session, err := h.Till(ctx, "scenario")
	if err != nil {
		return Report{}, err
	}
	clock := &stopwatch{}
	till := robot.New(client, session, h.IDs(), clock.see)
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 2)
	go func() { ended <- till.Follow(work) }()
	go func() { ended <- till.TakeMoney(work) }()

	report := Report{Kills: map[string]int{}}
	if err := o.sell(ctx, h, &report, ended); err != nil {
		return report, err
	}
	if err := report.settleDown(ctx, h, client, till); err != nil {
		return report, err
	}
	report.Result, err = Count(ctx, h, client, till)
	report.Latency = clock.sorted()
	var untraced error
	report.Traces, untraced = traces(ctx, h)
	err = errors.Join(err, untraced, Alarms(o.House.Dir))
	cancel()
	for range cap(ended) {
		err = errors.Join(err, <-ended)
	}
	return report, errors.Join(err, till.FoldError())
}

// sell lets time pass and kills.
func (o Options) sell(ctx context.Context, h *house.House, report *Report, ended <-chan error) error {
	dice := rand.New(rand.NewPCG(o.Seed, o.Seed^0x5eed))
	until := time.Now().Add(o.AtLeast)
	for done := 0; done < o.Kills || time.Now().Before(until); {
		pause := o.BetweenMin + time.Duration(dice.Int64N(int64(o.BetweenMax-o.BetweenMin)+1))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			return fmt.Errorf("the till ended: %w", err)
		case <-time.After(pause):
		}
		if err := report.revive(h); err != nil {
			return err
		}
		if done >= o.Kills {
			continue
		}
		victim := victims[(done+dice.IntN(2))%len(victims)]
		killed, err := kill(ctx, h, victim, dice)
		if err != nil {
			return err
		}
		if killed {
			done++
			report.Kills[victim]++
			if o.Progress != nil && done%10 == 0 {
				fmt.Fprintf(o.Progress, "%d of %d kills\n", done, o.Kills)
			}
		}
	}
	return nil
}

// revive starts again what ended by itself, as a service manager would: a
// program that was killed may find its port or its database still taken.
func (r *Report) revive(h *house.House) error {
	for _, p := range []*process.Program{h.Hub, h.Pumpd} {
		if p.PID() != 0 {
			continue
		}
		r.Revived++
		if err := p.Start(); err != nil {
			return err
		}
	}
	return nil
}

// victims are the programs that may be killed at any moment. The simulator is
// not: it plays the dispensers, whose own memory is theirs.
var victims = []string{"pumpd", "hub", "mariadbd"}

// kill ends one program at once and starts it again after a moment.
func kill(ctx context.Context, h *house.House, victim string, dice *rand.Rand) (bool, error) {
	if victim == "mariadbd" {
		return h.KillDatabase() // the hub starts it again
	}
	program := h.Pumpd
	if victim == "hub" {
		program = h.Hub
	}
	program.Kill()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-time.After(time.Duration(dice.IntN(500)) * time.Millisecond):
	}
	return true, program.Start()
}

// settleDown stops the cars and waits until nothing flows, nothing is on its
// way, and everything payable is paid.
func (r *Report) settleDown(ctx context.Context, h *house.House, client *link.Client, till *robot.Robot) error {
	ctx, cancel := context.WithTimeout(ctx, quietPatience)
	defer cancel()
	if err := h.Truth.Cars(ctx, false); err != nil {
		return err
	}
	var last error
	for {
		if err := r.revive(h); err != nil {
			return err
		}
		if last = Settled(ctx, h, client); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the station did not settle down in %s: %w", quietPatience, errors.Join(last, till.FoldError()))
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// Settled says what is still on its way, nil if nothing flows and everything
// payable is paid.
func Settled(ctx context.Context, h *house.House, client *link.Client) error {
	nozzles, err := h.Truth.Nozzles(ctx)
	if err != nil {
		return err
	}
	if !truth.Quiet(nozzles) {
		return errors.New("fuel still flows, or a dispenser still holds a sale")
	}
	sales, err := reckon.Sales(ctx, client)
	if err != nil {
		return err
	}
	for _, s := range sales {
		if s.State == wire.SaleOpen || s.State == wire.SaleUnpaid {
			return fmt.Errorf("sale %s on nozzle %d is %s", s.Number, s.Nozzle, s.State)
		}
	}
	proofs, err := client.Proofs(ctx)
	if err != nil {
		return err
	}
	for _, n := range nozzles {
		i := slices.IndexFunc(proofs, func(p wire.NozzleProof) bool { return p.Nozzle == n.Nozzle })
		if n.Deliveries > 0 && (i < 0 || proofs[i].Last != n.Totalizer) {
			return fmt.Errorf("nozzle %d: the hub has not heard of the last litres", n.Nozzle)
		}
	}
	return nil
}

// Count compares what left the nozzles with what the hub has, and with what a
// till was told. Nothing may be on its way.
func Count(ctx context.Context, h *house.House, client *link.Client, till *robot.Robot) (reckon.Result, error) {
	nozzles, err := h.Truth.Nozzles(ctx)
	if err != nil {
		return reckon.Result{}, err
	}
	sales, err := reckon.Sales(ctx, client)
	if err != nil {
		return reckon.Result{}, err
	}
	proofs, err := client.Proofs(ctx)
	if err != nil {
		return reckon.Result{}, err
	}
	return reckon.Count(nozzles, sales, proofs, till.Paid()), nil
}
