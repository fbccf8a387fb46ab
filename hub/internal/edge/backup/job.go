package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"forecourt/shared/wire"
)

// job is what is under way, and how far it is. Its steps come in order; how long
// each took the last time says how much of the whole it is.
type job struct {
	kind  wire.BackupJob
	began time.Time
	now   func() time.Time
	lock  *os.File
	lent  bool // another process does it, which has the lock
	end   context.CancelFunc
	told  func(wire.BackupStep)
	past  map[wire.BackupStep]int64 // milliseconds, of the last job of the kind

	mu          sync.Mutex
	set         string
	step        wire.BackupStep
	since       time.Time
	done, total int64 // within the step, in whatever it counts
	took        map[wire.BackupStep]int64
}

// stepsOf lists the steps of a kind of job, in order.
func stepsOf(kind wire.BackupJob) []wire.BackupStep {
	switch kind {
	case wire.BackupMaking:
		return []wire.BackupStep{wire.StepCopy, wire.StepSums, wire.StepStore}
	case wire.BackupVerifying:
		return []wire.BackupStep{wire.StepFetch}
	}
	return []wire.BackupStep{wire.StepFetch, wire.StepPrepare, wire.StepReplay, wire.StepProve}
}

// firstGuess is how long a step is taken to last before one was measured.
const firstGuess = 5000

// begin takes the place of the one job, or answers ErrBusy.
func (k *Keeper) begin(ctx context.Context, kind wire.BackupJob, set string) (context.Context, *job, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.job != nil {
		return nil, nil, ErrBusy
	}
	f, err := lock(filepath.Join(k.Dir, "lock"))
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(k.ctx, cancel) // Close ends it too
	now := k.Now()
	k.job = &job{
		kind: kind, began: now, now: k.Now, lock: f, set: set, since: now, took: map[wire.BackupStep]int64{},
		past: k.state.Took[kind], told: k.step, end: func() { stop(); cancel() },
	}
	return ctx, k.job, nil
}

// finish gives the job's place back; a job that went well is remembered for how
// long it took.
func (k *Keeper) finish(j *job, err error) {
	j.to("")
	j.end()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.job = nil
	if j.lent { // whoever did it has noted how long it took
		return
	}
	_ = j.lock.Close() // closing releases it
	if err != nil {
		return
	}
	err = k.change(func(s *state) {
		if s.Took == nil {
			s.Took = map[wire.BackupJob]map[wire.BackupStep]int64{}
		}
		s.Took[j.kind] = j.took
	})
	if err != nil {
		k.Log.Warn("noting how long a backup took", "error", err)
	}
}

// to goes on to a step.
func (j *job) to(step wire.BackupStep) {
	defer j.told(step) // after mu is free again
	j.mu.Lock()
	defer j.mu.Unlock()
	now := j.now()
	if j.step != "" {
		j.took[j.step] += max(1, now.Sub(j.since).Milliseconds())
	}
	j.step, j.since, j.done, j.total = step, now, 0, 0
}

// of says how much there is to do in the step; add that some of it is done.
func (j *job) of(total int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done, j.total = 0, total
}

func (j *job) add(n int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done += n
}

func (j *job) about(set string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.set = set
}

// work is the job as the head sees it. What is left is what the steps took the
// last time, and of the step at hand the part that is not done.
func (j *job) work() *wire.BackupWork {
	j.mu.Lock()
	defer j.mu.Unlock()
	w := &wire.BackupWork{Job: j.kind, Step: j.step, Began: j.began, Set: j.set}
	now := j.now()
	var gone, left int64
	reached := false
	for _, step := range stepsOf(j.kind) {
		length, measured := j.past[step]
		if !measured {
			length = firstGuess
		}
		switch {
		case step == j.step:
			reached = true
			in := now.Sub(j.since).Milliseconds()
			gone += in
			left += j.leftOf(in, length)
		case reached:
			left += length
		default:
			gone += j.took[step]
		}
	}
	if gone+left > 0 {
		w.Done = int(min(990, gone*1000/(gone+left)))
	}
	if len(j.past) > 0 || j.total > 0 {
		w.LeftMS = left
	}
	return w
}

// leftOf is how much of the step at hand is left, in milliseconds: by what is
// done of it if that is counted, else by how long it took the last time.
func (j *job) leftOf(in, length int64) int64 {
	if j.total > 0 && j.done > 0 {
		return in * max(0, j.total-j.done) / j.done
	}
	return max(length-in, length/10)
}

// run does a job that outlives the call: it is begun here, and what it comes to
// is in the state and in the log.
func (k *Keeper) run(kind wire.BackupJob, set string, do func(ctx context.Context, j *job) error) error {
	ctx, j, err := k.begin(k.ctx, kind, set)
	if err != nil {
		return err
	}
	k.jobs.Go(func() {
		err := do(ctx, j)
		k.finish(j, err)
		if err != nil && !errors.Is(err, ErrBusy) && k.ctx.Err() == nil {
			k.Log.Error("a job of the backups failed", "job", string(kind), "set", set, "error", err)
		}
	})
	return nil
}

// did is run for a caller that waits.
func (k *Keeper) did(ctx context.Context, kind wire.BackupJob, set string, do func(ctx context.Context, j *job) error) error {
	ctx, j, err := k.begin(ctx, kind, set)
	if err != nil {
		return err
	}
	err = do(ctx, j)
	k.finish(j, err)
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	return nil
}
