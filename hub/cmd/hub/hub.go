package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/prometheus/client_golang/prometheus"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/admission"
	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/edge/httpapi"
	"forecourt/hub/internal/edge/ingest"
	"forecourt/hub/internal/edge/realtime"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/outbox"
	"forecourt/hub/internal/platform/pki"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// hub is everything that runs, put together. It is the only place that knows
// all edges.
type hub struct {
	cfg config.Config
	db  *database
	now func() time.Time // with its monotonic reading
	log *slog.Logger

	metrics   *prometheus.Registry
	authority *pki.Authority
	feed      *outbox.Feed
	flow      *flow.Flow
	staff     *staff.Store
	devices   *device.Store
	booth     *admission.Booth
	boards    *boards
	live      *realtime.Server
	intake    *ingest.Intake
	api       http.Handler
	jobs      gocron.Scheduler

	// working ends last: what came through the doors is finished in it.
	working context.Context
	endWork context.CancelFunc
	work    sync.WaitGroup
}

// newHub puts the hub together. Nothing runs yet.
func newHub(cfg config.Config, db *database, now func() time.Time, log *slog.Logger) (*hub, error) {
	h := &hub{cfg: cfg, db: db, now: now, log: log}
	h.working, h.endWork = context.WithCancel(context.Background())
	var err error
	if h.authority, err = authority(cfg); err != nil {
		return nil, err
	}
	if h.staff, err = people(cfg, db.DB); err != nil {
		return nil, err
	}
	ids := id.NewMaker(clock.Now, clock.Random())
	h.devices = machines(db.DB)
	h.booth = admission.New(clock.Now, clock.Random())
	h.feed = outbox.NewFeed(db.DB, log)
	h.flow = flow.New(flow.Deps{DB: db.DB, Feed: h.feed, Now: clock.Now, IDs: ids, Log: log})
	h.metrics = registry(h)
	h.openLive(ids)
	h.api = httpapi.New(httpapi.Deps{
		Staff: h.staff, Devices: h.devices, Tickets: h.booth, Desk: h.flow, Live: h.live,
		CA: string(h.authority.CA()), SignedOut: h.signedOut,
		Ping: h.db.Health, Stations: h.boards.health, Version: version,
		Metrics: h.metrics, MetricsFrom: cfg.MetricsFrom,
		NewRequestID: func() string { return id.New[id.Command](ids).String() },
		Now:          now, Log: log,
	})
	h.jobs, err = schedule(h)
	return h, err
}

// openLive makes the sockets, the boards behind them and the ear for pumpd.
// They know each other only through what is handed over here.
func (h *hub) openLive(ids *id.Maker) {
	h.live = realtime.New(realtime.Deps{
		Admit: h.admit,
		Forecourt: func(ctx context.Context, s id.Station) (any, wire.Position, error) {
			return h.boards.snapshot(ctx, s)
		},
		Desk: func(ctx context.Context, s id.Station) (any, wire.Position, error) {
			return h.flow.DeskSnapshot(ctx, s)
		},
		OpenDevice: h.openDevice,
		Origins:    originHosts(h.cfg.AllowOrigins),
		Metrics:    realtime.NewMetrics(h.metrics),
		Now:        h.now,
		Log:        h.log,
	})
	h.boards = newBoards(h.flow, h.db.DB, h.live, func() id.Epoch { return id.New[id.Epoch](ids) }, h.now, h.log)
	h.intake = ingest.New(ingest.Deps{
		Facts: h.flow, Board: h.boards.of, Metrics: ingest.NewMetrics(h.metrics), Log: h.log, Now: h.now,
	})
	h.feed.Subscribe(h.live.Publish)
	h.flow.OnWant(h.intake.Changed)
	h.flow.OnWant(h.boards.changed)
}

// start sets everything to work that runs by itself.
func (h *hub) start(ctx context.Context) error {
	if err := h.boards.refresh(ctx, h.working); err != nil {
		return err
	}
	h.work.Go(func() { h.boards.run(h.working) })
	h.work.Go(func() {
		if err := h.feed.Run(h.working); err != nil {
			h.log.Error("the feed ended", "error", err)
		}
	})
	h.jobs.Start()
	return nil
}

// stop ends what start began, in the order of the data's way.
func (h *hub) stop() error {
	h.intake.Wait()
	err := h.jobs.Shutdown()
	h.endWork()
	h.work.Wait()
	h.boards.wait()
	return err
}
