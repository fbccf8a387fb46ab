package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"forecourt/shared/wire"
)

// Errand is a job that a process of its own does for the hub: it copies, seals
// and reads back gigabytes, and the kernel holds a process back where it could
// not hold a part of the hub back. What such a process comes to know lies in the
// files and at the places, where the hub finds it.
type Errand string

// The errands.
const (
	ErrandMake   Errand = "make"   // makes a set and stores it
	ErrandStore  Errand = "store"  // stores the newest set where it is lacking
	ErrandDrill  Errand = "drill"  // rehearses
	ErrandVerify Errand = "verify" // reads every copy back
)

// Told is what the process says of its errand, again and again.
type Told struct {
	Set   string          `json:"set,omitempty"`
	Step  wire.BackupStep `json:"step,omitempty"`
	Done  int64           `json:"done,omitempty"`
	Total int64           `json:"total,omitempty"`
	// Ended is set in the last word: what came of it.
	Ended *Ended `json:"ended,omitempty"`
}

// Ended is what came of an errand.
type Ended struct {
	// Problem is why it failed, "" if it did not; Busy that another was quicker.
	Problem string `json:"problem,omitempty"`
	Busy    bool   `json:"busy,omitempty"`
	// Stored is what became of storing at the places where that was tried: "" or
	// the problem.
	Stored map[string]string `json:"stored,omitempty"`
}

// Apart does an errand in a process of its own and hands on what that tells.
// When ctx ends, so does the process.
type Apart func(ctx context.Context, errand Errand, set string, told func(Told)) error

// Follow hands on what a process tells that does an errand: run runs it, with the
// writer as its output, to which it writes JSON.
func Follow(run func(output io.Writer) error, told func(Told)) error {
	r, w := io.Pipe()
	heard := make(chan error, 1)
	go func() { heard <- hear(r, told) }()
	err := run(w)
	_ = w.Close() // it never fails
	return errors.Join(err, <-heard)
}

func hear(r io.Reader, told func(Told)) error {
	for words := json.NewDecoder(r); ; {
		var t Told
		switch err := words.Decode(&t); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			_, _ = io.Copy(io.Discard, r) // the process goes on whether it is understood or not
			return fmt.Errorf("reading what an errand tells: %w", err)
		}
		told(t)
	}
}

// tellEvery is how often a process tells how far it is, besides when a step begins.
const tellEvery = 200 * time.Millisecond

// Work does an errand for the hub in whose stead this process runs. It ends with
// telling what came of it, and answers an error only when it cannot say so.
func (k *Keeper) Work(ctx context.Context, errand Errand, set string, tell func(Told) error) error {
	do, kind := k.errand(errand, set)
	if do == nil {
		return fmt.Errorf("backup: there is no errand %q", errand)
	}
	k.apart.Store(true)
	var word sync.Mutex
	sayHowFar := func() {
		word.Lock()
		defer word.Unlock()
		_ = tell(k.word()) // the last word tells whether anybody listens
	}
	k.step = func(wire.BackupStep) { sayHowFar() }
	ticking, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for tick := time.NewTicker(tellEvery); ; {
			select {
			case <-ticking.Done():
				tick.Stop()
				return
			case <-tick.C:
				sayHowFar()
			}
		}
	})
	err := k.did(ctx, kind, set, do)
	stop()
	wg.Wait()
	end := &Ended{Busy: errors.Is(err, ErrBusy), Stored: map[string]string{}}
	if err != nil {
		end.Problem = err.Error()
	}
	for _, s := range k.spots {
		s.mu.Lock()
		if s.outcome != nil {
			end.Stored[s.Name] = *s.outcome
		}
		s.mu.Unlock()
	}
	return tell(Told{Ended: end})
}

// errand is what is done for an errand, and which kind of job it is.
func (k *Keeper) errand(errand Errand, set string) (func(ctx context.Context, j *job) error, wire.BackupJob) {
	switch errand {
	case ErrandMake:
		return func(ctx context.Context, j *job) error { _, err := k.make(ctx, j); return err }, wire.BackupMaking
	case ErrandStore:
		return k.catchUp, wire.BackupMaking
	case ErrandDrill:
		return func(ctx context.Context, j *job) error { _, err := k.drill(ctx, j, set); return err }, wire.BackupDrilling
	case ErrandVerify:
		return k.verify, wire.BackupVerifying
	}
	return nil, ""
}

// word is how far the job at hand is.
func (k *Keeper) word() Told {
	k.mu.Lock()
	j := k.job
	k.mu.Unlock()
	if j == nil {
		return Told{}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return Told{Set: j.set, Step: j.step, Done: j.done, Total: j.total}
}

// send begins an errand: in a process of its own if there is a way, else here.
func (k *Keeper) send(errand Errand, set string) error {
	do, kind := k.errand(errand, set)
	if k.Apart != nil {
		do = func(ctx context.Context, j *job) error { return k.away(ctx, j, errand, set) }
	}
	return k.run(kind, set, do)
}

// away has an errand done and follows it.
func (k *Keeper) away(ctx context.Context, j *job, errand Errand, set string) error {
	j.lend()
	first := stepsOf(j.kind)[0] // until it is told: a process takes a moment to begin
	if errand == ErrandStore {
		first = wire.StepStore
	}
	j.to(first)
	var end *Ended
	err := k.Apart(ctx, errand, set, func(t Told) {
		if t.Ended != nil {
			end = t.Ended
			return
		}
		j.follow(t)
	})
	if end == nil {
		err = errors.Join(fmt.Errorf("backup: the process for %q ended without a word", errand), err, ctx.Err())
		if errand == ErrandMake && ctx.Err() == nil {
			k.tell(ctx, resultRow("backup.failed", set, err))
		}
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(end.Stored)) {
		k.storedAt(ctx, name, end.Stored[name])
	}
	k.everywhere(ctx)
	switch {
	case end.Busy:
		return ErrBusy
	case end.Problem != "":
		return errors.New(end.Problem)
	}
	return nil
}

// storedAt notes what became of storing at a place, as if it had been done here.
func (k *Keeper) storedAt(ctx context.Context, name, problem string) {
	for _, s := range k.spots {
		if s.Name != name {
			continue
		}
		var err error
		if problem != "" {
			err = errors.New(problem)
		}
		s.mu.Lock()
		s.stored = k.Now()
		s.mu.Unlock()
		s.note(ctx, storing, s.opened(), err)
	}
}

// lend gives the lock to the process that does the job.
func (j *job) lend() {
	_ = j.lock.Close() // closing releases it
	j.lent = true
}

// follow takes over how far a job is that is done elsewhere.
func (j *job) follow(t Told) {
	j.mu.Lock()
	same := t.Step == j.step
	if t.Set != "" {
		j.set = t.Set
	}
	j.mu.Unlock()
	if t.Step != "" && !same {
		j.to(t.Step)
	}
	if t.Step != "" {
		j.of(t.Total)
		j.add(t.Done)
	}
}
