package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-co-op/gocron/v2"
)

// How often what is done, and how long a round may take.
const (
	revokedEvery  = 5 * time.Second
	expireEvery   = 10 * time.Second
	tendEvery     = 2 * time.Second
	noticesEvery  = 5 * time.Second
	membersEvery  = 15 * time.Second
	claimsEvery   = 10 * time.Minute
	postsEvery    = 5 * time.Second
	watchEvery    = time.Second
	keysEvery     = 5 * time.Second
	guardEvery    = time.Hour
	nightly       = 24 * time.Hour
	stationsEvery = time.Minute
	sweepEvery    = time.Hour
	jobTimeout    = 5 * time.Minute
	// jobsStop is how long rounds under way may take at the end.
	jobsStop = 10 * time.Second
)

// job is something done again and again. It never runs twice at a time, and a
// round that fails is reported and left to the next.
type job struct {
	name  string
	every time.Duration
	do    func(ctx context.Context) error
}

func (h *hub) rounds() []job {
	return []job{
		{"end the sockets of who was revoked", revokedEvery, h.dropRevoked},
		{"end the sockets of members who signed out", membersEvery, h.dropMembers},
		{"hand conversations to agents", tendEvery, h.flow.Tend},
		{"send notices", noticesEvery, h.flow.SendNotices},
		{"expire reserved money", expireEvery, counted(h.flow.ExpirePending)},
		{"tell who is responsible for which nozzles", postsEvery, h.tendPosts},
		{"judge what was done", watchEvery, h.flow.Watch},
		{"seal with the newest key", keysEvery, h.keys.Work},
		{"compare sales with the log", guardEvery, h.flow.Guard},
		{"verify the security log", nightly, h.flow.VerifyLog},
		{"count segments", nightly, counted(h.flow.CountSegments)},
		{"erase members who no longer come", nightly, func(ctx context.Context) error {
			_, err := h.flow.KeepMembers(ctx, h.cfg.Keep.Members)
			return err
		}},
		{"look for new stations", stationsEvery, func(ctx context.Context) error {
			return h.boards.refresh(ctx, h.working)
		}},
		{"sweep ended sessions", sweepEvery, counted(h.staff.Sweep)},
		{"sweep members' ended sessions and codes", sweepEvery, counted(h.members.Sweep)},
		{"sweep notices", sweepEvery, counted(h.notices.Sweep)},
		{"sweep pictures that nobody sent", sweepEvery, counted(h.media.Sweep)},
		{"look after the backups", backupsEvery, h.backups.Tend},
		{"send keys and erasures to the places of the backups", filesEvery, h.backups.ShipFiles},
		{"send pictures to the places of the backups", shipEvery, h.backups.ShipMedia},
		{"prune claims", claimsEvery, counted(h.flow.PruneClaims)},
		{"prune events", sweepEvery, func(ctx context.Context) error {
			_, err := h.feed.Prune(ctx, h.cfg.Keep.Events)
			return err
		}},
		{"prune results of commands", sweepEvery, func(ctx context.Context) error {
			_, err := h.flow.PruneResults(ctx, h.cfg.Keep.Commands)
			return err
		}},
	}
}

// counted is a job whose count nobody asks for.
func counted[N int | int64](do func(context.Context) (N, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := do(ctx)
		return err
	}
}

// schedule makes the schedule of all rounds. Nothing runs before Start.
func schedule(h *hub) (gocron.Scheduler, error) {
	scheduler, err := gocron.NewScheduler(gocron.WithLogger(jobLog{h.log}), gocron.WithStopTimeout(jobsStop))
	if err != nil {
		return nil, fmt.Errorf("making the schedule: %w", err)
	}
	for _, j := range h.rounds() {
		_, err := scheduler.NewJob(gocron.DurationJob(j.every), gocron.NewTask(h.round, j),
			gocron.WithName(j.name), gocron.WithSingletonMode(gocron.LimitModeReschedule))
		if err != nil {
			return nil, fmt.Errorf("scheduling %q: %w", j.name, err)
		}
	}
	return scheduler, nil
}

// round runs a job once.
func (h *hub) round(ctx context.Context, j job) {
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	if err := j.do(ctx); err != nil && ctx.Err() == nil {
		h.log.Warn("a round failed and is left to the next", "round", j.name, "error", err)
	}
}

// jobLog keeps what the schedule says of itself out of the operator's way.
type jobLog struct{ *slog.Logger }

// Info is for whoever looks for a fault.
func (l jobLog) Info(msg string, args ...any) { l.Debug(msg, args...) }
