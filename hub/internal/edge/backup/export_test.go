package backup

import (
	"context"
	"path/filepath"
	"time"

	"forecourt/shared/wire"
)

// SetFree has the keeper believe how much is free.
func (k *Keeper) SetFree(free func(dir string) (int64, error)) { k.free = free }

// OnStep has each step be told of when it begins.
func (k *Keeper) OnStep(told func(wire.BackupStep)) { k.step = told }

// Hasten has the log cut into small pieces, in bytes, and merged soon.
func (k *Keeper) Hasten(segment, pending, mergeBytes int, mergeAfter time.Duration) {
	k.pace = pace{mergeAfter: mergeAfter, mergeBytes: mergeBytes, segment: segment, pending: pending}
}

// Shipping begins to ship the log to the places named, and ends with ctx.
func (k *Keeper) Shipping(ctx context.Context, name string) error {
	timeline, err := k.Timeline()
	if err != nil {
		return err
	}
	for _, s := range k.spots {
		if s.Name == name {
			newShipper(k, s, timeline).run(ctx)
		}
	}
	return nil
}

// Look looks at all places.
func (k *Keeper) Look(ctx context.Context) { k.everywhere(ctx) }

// RetryAfter and the like are what the clock has to be set by.
const (
	RetryAfter  = retryAfter
	MissedAfter = missedAfter
	AfterMaking = afterMaking
	HalfAge     = halfAge
)

// Lock takes the lock that a job is done under, as another process does.
func (k *Keeper) Lock() (release func() error, err error) {
	f, err := lock(filepath.Join(k.Dir, "lock"))
	if err != nil {
		return nil, err
	}
	return f.Close, nil
}

// Idle waits until no job is under way.
func (k *Keeper) Idle() { k.jobs.Wait() }
