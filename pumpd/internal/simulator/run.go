package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"forecourt/pumpd/internal/driver/dart"
	"forecourt/pumpd/internal/driver/pts"
)

const (
	// saveEvery is how often the state file is written.
	saveEvery = time.Second
	// headerWithin bounds a request's header, on both HTTP faces.
	headerWithin = 5 * time.Second
	// stopWithin bounds how long open requests are waited for at the end.
	stopWithin = 2 * time.Second
)

// Run runs a station with all its faces until ctx ends. It answers an error
// if something could not be opened or failed meanwhile.
func Run(ctx context.Context, c Config) error {
	if err := c.check(); err != nil {
		return err
	}
	kept, err := readState(c.StateFile)
	if err != nil {
		return err
	}
	s, err := NewStation(StationConfig{
		Pumps: c.pumps(kept), Seed: c.Seed, Cars: c.Cars, Pace: c.Speed, Now: c.Now, Log: c.Log,
	})
	if err != nil {
		return err
	}
	s.restore(kept)
	r := &runner{config: c, station: s, where: Listening{Faces: make(map[string]string)}}
	defer r.closeAll()
	if err := r.open(ctx); err != nil {
		return err
	}
	if c.Ready != nil {
		c.Ready(r.where)
	}
	return r.run(ctx)
}

// runner holds what a running station is made of.
type runner struct {
	config  Config
	station *Station
	where   Listening
	tasks   []func(context.Context) error
	closers []func() error
}

func (r *runner) closeAll() {
	for _, c := range r.closers {
		_ = c() // closing twice, or late, changes nothing
	}
}

// open opens every face and the control interface.
func (r *runner) open(ctx context.Context) error {
	pump := 0
	for _, f := range r.config.Faces {
		var err error
		if f.Protocol == ProtocolPTS {
			err = r.openPTS(ctx, f, pump)
		} else {
			err = r.openDART(ctx, f, pump)
		}
		if err == nil {
			err = r.station.SetFaults(f.Name, f.Faults)
		}
		if err != nil {
			return fmt.Errorf("opening face %s: %w", f.Name, err)
		}
		pump += len(f.Points)
	}
	r.tasks = append(r.tasks, r.station.Run)
	if r.config.StateFile != "" {
		r.tasks = append(r.tasks, r.saveNowAndThen)
	}
	if r.config.Control == "" {
		return nil
	}
	l, err := r.listen(ctx, r.config.Control)
	if err != nil {
		return fmt.Errorf("opening the control interface: %w", err)
	}
	r.where.Control = l.Addr().String()
	r.serveHTTP(l, NewControl(r.station))
	return nil
}

func (r *runner) listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, l.Close)
	return l, nil
}

func (r *runner) openPTS(ctx context.Context, f FaceConfig, before int) error {
	pumps := make(map[int]int)
	for i, p := range f.Points {
		pumps[p.Address] = before + i + 1
	}
	c, err := NewPTS(PTSConfig{
		Name: f.Name, Station: r.station, Pumps: pumps, ID: f.ID,
		Users: []string{f.User}, Password: f.Password,
		Server: PTSServer{UploadURL: f.UploadURL, LinkURL: f.LinkURL, LinkUser: f.User, User: f.User, Password: f.Password},
		Zone:   pts.DefaultZone(), Now: r.config.Now, Random: r.config.Random, Log: r.config.Log,
	})
	if err != nil {
		return err
	}
	l, err := r.listen(ctx, f.Listen)
	if err != nil {
		return err
	}
	r.where.Faces[f.Name] = l.Addr().String()
	r.tasks = append(r.tasks, c.Run)
	r.serveHTTP(l, c)
	return nil
}

func (r *runner) openDART(ctx context.Context, f FaceConfig, before int) error {
	config := DARTConfig{
		Name: f.Name, Turnaround: DefaultTurnaround, Baud: f.Baud, Now: r.config.Now,
		Decimals: dart.DefaultDecimals(),
	}
	if f.TurnaroundMS > 0 {
		config.Turnaround = time.Duration(f.TurnaroundMS) * time.Millisecond
	}
	if f.ChineseTotals {
		config.Totals = ChineseTotals
	}
	for i, p := range f.Points {
		if p.Address < 0 || p.Address > 0xFF {
			return fmt.Errorf("address %d is no DART address", p.Address)
		}
		config.Sides = append(config.Sides, DARTSide{Address: byte(p.Address), Pump: before + i + 1})
	}
	face, err := NewDART(r.station, config)
	if err != nil {
		return err
	}
	if f.PTY != "" {
		line, err := openPTY(f.PTY)
		if err != nil {
			return err
		}
		r.closers = append(r.closers, line.Close)
		r.where.Faces[f.Name] = f.PTY
		r.tasks = append(r.tasks, func(ctx context.Context) error { return face.Serve(ctx, line) })
		return nil
	}
	l, err := r.listen(ctx, f.Listen)
	if err != nil {
		return err
	}
	r.where.Faces[f.Name] = l.Addr().String()
	r.tasks = append(r.tasks, func(ctx context.Context) error { return acceptDART(ctx, face, l) })
	return nil
}

// acceptDART serves connections one after the other: a line has one host, and
// the newest is the one that is there.
func acceptDART(ctx context.Context, face *DART, l net.Listener) error {
	unhook := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer unhook()
	var running sync.WaitGroup
	defer running.Wait()
	stop := func() {}
	defer func() { stop() }()
	for {
		conn, err := l.Accept()
		if err != nil {
			return ended(ctx, err)
		}
		stop()
		running.Wait()
		one, cancel := context.WithCancel(ctx)
		stop = cancel
		running.Go(func() {
			_ = face.Serve(one, conn) // a host that goes away is no failure of the line
		})
	}
}

// serveHTTP adds a task that answers on a listener.
func (r *runner) serveHTTP(l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: headerWithin}
	r.tasks = append(r.tasks, func(ctx context.Context) error {
		unhook := context.AfterFunc(ctx, func() {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			if server.Shutdown(end) != nil {
				_ = server.Close()
			}
		})
		defer unhook()
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return ended(ctx, err)
		}
		return nil
	})
}

func (r *runner) saveNowAndThen(ctx context.Context) error {
	for pause(ctx, saveEvery) {
		if err := r.station.save(r.config.StateFile); err != nil {
			return err
		}
	}
	return r.station.save(r.config.StateFile)
}

// run runs all tasks until ctx ends or one of them fails.
func (r *runner) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	var once sync.Once
	var failed error
	for _, task := range r.tasks {
		running.Go(func() {
			if err := task(ctx); err != nil {
				once.Do(func() { failed = err })
				cancel(err)
			}
		})
	}
	running.Wait()
	return failed
}
