package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/prometheus/client_golang/prometheus"

	"forecourt/hub/internal/config"
	"forecourt/hub/internal/domain/admission"
	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/domain/post"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/httpapi"
	"forecourt/hub/internal/edge/ingest"
	"forecourt/hub/internal/edge/realtime"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/keyring"
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
	keys      *keyring.Ring
	sealer    *audit.Sealer
	staff     *staff.Store
	devices   *device.Store
	booth     *admission.Booth
	boards    *boards
	live      *realtime.Server
	intake    *ingest.Intake
	parties   *parties
	posts     *post.View
	api       http.Handler
	jobs      gocron.Scheduler
	*talk

	backups    *backup.Keeper
	backupDesk *backup.Desk
	// again has the hub end and begin again with restored data.
	again func()

	// working ends last: what came through the doors is finished in it.
	working context.Context
	endWork context.CancelFunc
	work    sync.WaitGroup
}

// newHub puts the hub together. Nothing runs yet.
func newHub(ctx context.Context, cfg config.Config, db *database, now func() time.Time, apart backup.Apart, log *slog.Logger) (*hub, error) {
	h := &hub{cfg: cfg, db: db, now: now, log: log}
	h.working, h.endWork = context.WithCancel(context.Background())
	var err error
	if h.authority, err = authority(cfg); err != nil {
		return nil, err
	}
	if h.keys, err = openRing(ctx, cfg, db.DB, db.source, log); err != nil {
		return nil, err
	}
	if h.staff, err = people(cfg, db.DB, h.keys.Vault); err != nil {
		return nil, err
	}
	if h.sealer, err = newSealer(cfg, db.DB, h.keys.Vault, log); err != nil {
		return nil, err
	}
	ids := id.NewMaker(clock.Now, clock.Random())
	h.devices = machines(db.DB)
	h.booth = admission.New(clock.Now, clock.Random())
	h.feed = outbox.NewFeed(db.DB, h.keys.Vault, log)
	h.metrics = registry(h)
	h.live = h.newLive()
	if h.talk, err = newTalk(cfg, db, h.keys, ids, h.live, log); err != nil {
		return nil, err
	}
	h.flow = h.newFlow(ids)
	h.connect(ids)
	if err := h.newBackups(ctx, apart); err != nil {
		return nil, err
	}
	h.api = h.newAPI(ids)
	h.jobs, err = schedule(h)
	return h, err
}

// newFlow makes the steps that join the domains.
func (h *hub) newFlow(ids *id.Maker) *flow.Flow {
	t := h.talk
	return flow.New(flow.Deps{
		DB: h.db.DB, Feed: h.feed, Now: clock.Now, IDs: ids, Log: h.log,
		Vault: h.keys.Vault, Keys: h.keys, Staff: h.staff, Sealer: h.sealer,
		Members: t.members, Notices: t.notices, Notifier: t.notifier, Media: t.media, Rooms: t.rooms, Words: t.words, Speaking: t.speaking(),
	})
}

// newAPI makes the HTTP side.
func (h *hub) newAPI(ids *id.Maker) http.Handler {
	return httpapi.New(httpapi.Deps{
		Staff: h.staff, Devices: h.devices, Tickets: h.booth, Desk: h.flow, Live: h.live,
		Members: h.members, Driver: h.flow, Support: h.flow, Media: h.media,
		Places: h.flow, People: h.flow, Posts: h.flow, Security: h.flow, Segments: h.flow, MemberDesk: h.flow, Self: h.flow, Records: h.flow, Evidence: h.flow, Backups: h.backupDesk, Refused: h.flow.Refused,
		Pages: h.cfg.Site.Dir, CA: string(h.authority.CA()), SignedOut: h.signedOut, MemberSignedOut: h.memberSignedOut,
		Ping: h.db.Health, Stations: h.boards.health, Version: version,
		Metrics: h.metrics, MetricsFrom: h.cfg.MetricsFrom,
		NewRequestID: func() string { return id.New[id.Command](ids).String() },
		Now:          h.now, Log: h.log,
	})
}

// connect makes the boards and the ear for pumpd, and has everyone hear what
// they need to. They know each other only through what is handed over here.
func (h *hub) connect(ids *id.Maker) {
	h.boards = newBoards(h.flow, h.db.DB, h.live, func() id.Epoch { return id.New[id.Epoch](ids) }, h.now, h.log)
	h.intake = ingest.New(ingest.Deps{
		Facts: h.flow, Board: h.boards.of, Metrics: ingest.NewMetrics(h.metrics), Log: h.log, Now: h.now,
	})
	h.posts = post.NewView()
	h.parties = &parties{
		evict: h.live.Evict, may: h.party, log: h.log, wake: make(chan struct{}, 1), set: map[id.Thread]bool{},
	}
	h.feed.Subscribe(h.rooms.Feed)
	h.feed.Subscribe(h.live.Publish)
	h.feed.Subscribe(func(frames []wire.Frame) { h.live.Publish(h.posts.Follow(frames)) })
	h.feed.Subscribe(h.boards.frames)
	h.flow.OnWant(h.intake.Changed)
	h.flow.OnWant(h.boards.changed)
	h.flow.OnClaim(h.boards.claimed)
	h.flow.OnFuelling(h.boards.fuelling)
	h.flow.OnForecourt(h.boards.view, h.boards.count)
	h.flow.OnSite(h.renamed)
	h.flow.OnPartiesChanged(h.parties.changed)
	h.flow.OnErased(h.erased)
	h.staff.OnEnded(h.signedOut)
}

// start sets everything to work that runs by itself.
func (h *hub) start(ctx context.Context) error {
	if err := errors.Join(h.mend(ctx), h.boards.refresh(ctx, h.working), h.tendPosts(ctx)); err != nil {
		return err
	}
	h.work.Go(func() { h.boards.run(h.working) })
	h.work.Go(func() { h.parties.run(h.working) })
	h.work.Go(func() { h.talk.check(h.working, h.log) })
	for name, run := range map[string]func(context.Context) error{
		"the conversations": h.rooms.Run,
		"the feed":          h.feed.Run,
		"the security log":  h.sealer.Run,
		"the habits":        h.fillHabits,
		"the log's copies":  h.backups.Ship,
	} {
		h.work.Go(func() {
			if err := run(h.working); err != nil && h.working.Err() == nil {
				h.log.Error("what runs by itself ended", "what", name, "error", err)
			}
		})
	}
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
	err = errors.Join(err, h.backups.Close())
	h.talk.close(h.log)
	return err
}
