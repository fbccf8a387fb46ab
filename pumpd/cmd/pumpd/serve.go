package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"forecourt/pumpd/internal/bridge"
	"forecourt/pumpd/internal/config"
	"forecourt/pumpd/internal/journal"
	"forecourt/pumpd/internal/line"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// Waits of the program itself.
const (
	// journalCheck is how often a broken journal is looked for.
	journalCheck = 500 * time.Millisecond
	// headerWithin and stopWithin bound requests to our own servers.
	headerWithin = 5 * time.Second
	stopWithin   = 2 * time.Second
)

func (p *program) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Poll the dispensers and tell the hub", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.config()
			if err != nil {
				return err
			}
			log := p.logger(cfg.Log)
			err = p.serve(cmd.Context(), cfg, log)
			if cmd.Context().Err() != nil {
				log.Info("stopped")
				return nil
			}
			return err
		},
	}
}

// station is everything that runs.
type station struct {
	cfg     config.Config
	log     *slog.Logger
	now     func() time.Time
	journal *journal.Journal
	meter   *meter
	bridge  *bridge.Bridge
	live    *link.Live
	lines   []*line.Line
	close   []func() error // in reverse
	// incoming holds what controllers send by themselves, by line.
	incoming map[string]http.Handler
}

// serve runs until ctx ends or something fails that only a restart heals.
func (p *program) serve(ctx context.Context, cfg config.Config, log *slog.Logger) (err error) {
	who, err := readCredentials(cfg.Hub.Credentials)
	if err != nil {
		return err
	}
	s := &station{cfg: cfg, log: log, now: p.now, incoming: map[string]http.Handler{}}
	defer func() {
		for _, c := range slices.Backward(s.close) {
			err = errors.Join(err, c())
		}
	}()
	maker := id.NewMaker(p.now, rand.Reader)
	if err := s.openJournal(maker); err != nil {
		return err
	}
	s.meter = newMeter(s.journal, p.now)
	if err := s.makeLines(maker); err != nil {
		return err
	}
	if err := s.makeBridge(who); err != nil {
		return err
	}
	log.Info("pumpd is up", "version", version, "station", who.StationName, "lines", len(s.lines),
		"journal", s.journal.ID().String(), "facts", s.journal.Last(), "acknowledged", s.journal.Acked())
	return s.run(ctx)
}

func (s *station) openJournal(maker *id.Maker) error {
	j, err := journal.Open(s.cfg.JournalDir(), journal.Options{
		NewID: func() id.Journal { return id.New[id.Journal](maker) },
		Torn: func(file string, offset, dropped int64) {
			s.log.Warn("an incomplete last record was dropped from the journal", "file", file, "offset", offset, "bytes", dropped)
		},
	})
	if err != nil {
		return err
	}
	s.journal = j
	s.close = append(s.close, j.Close)
	return nil
}

func (s *station) makeLines(maker *id.Maker) error {
	for _, l := range s.cfg.Lines {
		w, err := connectorOf(l, s.now, s.log)
		if err != nil {
			return fmt.Errorf("line %s: %w", l.Name, err)
		}
		s.close = append(s.close, w.close)
		if w.incoming != nil {
			s.incoming[l.Name] = w.incoming
		}
		cfg := line.Config{
			Name: l.Name, Connect: w.connect, TotalKeys: w.totalKeys, Pace: l.Pace,
			Journal: s.journal, Now: s.now, Log: s.log, Meter: s.meter,
			Publish: func(list []wire.NozzleStatus) { s.bridge.Publish(list) },
			NewSale: func() id.Sale { return id.New[id.Sale](maker) },
		}
		for _, p := range l.Points {
			cfg.Points = append(cfg.Points, linePoint(p, w.keyPrefix(p.Address)))
		}
		made, err := line.New(cfg)
		if err != nil {
			return err
		}
		s.lines = append(s.lines, made)
	}
	return nil
}

// makeBridge joins journal and lines to the hub that who was enrolled at.
func (s *station) makeBridge(who credentials) error {
	url := s.cfg.Hub.URL
	if url == "" {
		url = who.HubURL
	}
	client, err := link.New(link.Options{
		BaseURL: url, CA: []byte(who.CA), Device: who.Token, Now: s.now, Random: rand.Reader, Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("reaching the hub: %w", err)
	}
	s.close = append(s.close, func() error { client.Close(); return nil })
	s.bridge, err = bridge.New(bridge.Config{
		Journal: s.journal, Device: who.Device, Want: s.want, Now: s.now, Log: s.log,
	})
	if err != nil {
		return err
	}
	s.live = client.Live(link.LiveOptions{Journal: s.journal.ID(), Handler: watched{s.bridge, s.meter}})
	return nil
}

// want hands a desired state to every line.
func (s *station) want(w wire.Want) {
	nozzles := map[int]wire.WantNozzle{}
	for _, n := range w.Nozzles {
		nozzles[n.Nozzle] = n
	}
	for _, l := range s.lines {
		l.Want(nozzles)
	}
}

// watched is the bridge, with the state of the connection in the metrics.
type watched struct {
	*bridge.Bridge
	meter *meter
}

func (w watched) Connected(welcome wire.Welcome) {
	w.meter.connected.Store(true)
	w.Bridge.Connected(welcome)
}

func (w watched) Lost(err error) {
	w.meter.connected.Store(false)
	w.Bridge.Lost(err)
}

// run runs everything until ctx ends or one part fails.
func (s *station) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tasks := []func(context.Context) error{
		func(ctx context.Context) error { return s.bridge.Run(ctx, s.live) },
		s.follow, s.watchJournal,
	}
	for _, l := range s.lines {
		tasks = append(tasks, l.Run)
	}
	servers, err := s.servers(ctx)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	for _, task := range append(tasks, servers...) {
		running.Go(func() {
			if err := task(ctx); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// follow keeps the connection. When the hub closes for good, the dispensers go
// on selling: that is a matter for people, not for the queue outside.
func (s *station) follow(ctx context.Context) error {
	err := s.live.Run(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.log.Error("the hub does not want this pumpd any more; sales stay in the journal until it is enrolled again and restarted", "error", err)
	<-ctx.Done()
	return ctx.Err()
}

// watchJournal ends the program when the journal must be opened again.
func (s *station) watchJournal(ctx context.Context) error {
	tick := time.NewTicker(journalCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if err := s.journal.Broken(); err != nil {
				return err
			}
		}
	}
}

// servers listens for metrics and for controllers.
func (s *station) servers(ctx context.Context) (tasks []func(context.Context) error, err error) {
	uploads := http.NewServeMux()
	for name, h := range s.incoming {
		uploads.Handle("/pts/"+name, h)
		uploads.Handle("/pts/"+name+"/", h)
	}
	for _, server := range []struct {
		what, address string
		handler       http.Handler
	}{
		{"metrics", s.cfg.Listen, s.meter.handler(s.journal, s.now)},
		{"uploads", s.cfg.Uploads, uploads},
	} {
		if server.address == "" {
			continue
		}
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", server.address)
		if err != nil {
			return nil, fmt.Errorf("listening for %s: %w", server.what, err)
		}
		s.log.Info("listening", "for", server.what, "address", l.Addr().String())
		tasks = append(tasks, serveHTTP(l, server.handler))
	}
	return tasks, nil
}

// serveHTTP answers on a listener until ctx ends.
func serveHTTP(l net.Listener, h http.Handler) func(context.Context) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: headerWithin}
	return func(ctx context.Context) error {
		stopped := make(chan struct{})
		defer context.AfterFunc(ctx, func() {
			defer close(stopped)
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			if server.Shutdown(end) != nil {
				_ = server.Close() // what is still open is cut
			}
		})()
		err := server.Serve(l)
		if errors.Is(err, http.ErrServerClosed) {
			<-stopped
			return ctx.Err()
		}
		return fmt.Errorf("serving %s: %w", l.Addr(), err)
	}
}
