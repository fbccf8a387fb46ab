package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
	_ "time/tzdata" // a till may have no zone files of its own

	"forecourt/cashier/internal/config"
	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/till"
	"forecourt/cashier/internal/view/shell"
	"forecourt/shared/id"
	"forecourt/shared/link"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
)

// quitPatience is how long the window library may take to end; then the
// process ends anyway, for it has been seen to hang on with a busy core.
const quitPatience = 5 * time.Second

// open opens the window and stays until it is closed.
func (p *program) open(ctx context.Context) error {
	cfg, err := p.config()
	if err != nil {
		return err
	}
	if os.Getenv("DISPLAY") == "" {
		return errNoDisplay
	}
	log := slog.New(slog.NewTextHandler(p.errs, &slog.HandlerOptions{Level: cfg.LogLevel}))
	zone, err := time.LoadLocation(cfg.Zone)
	if err != nil {
		return fmt.Errorf("zone: %w", err)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	store, err := till.OpenStore(filepath.Join(cfg.Data, "till.db"))
	if err != nil {
		return err
	}
	events, closer, err := eventLog(cfg.EventLog)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	prefs, chosen, err := store.Prefs()
	if err != nil {
		log.Error("settings not read; beginning with the configuration's", "error", err)
	}
	if !chosen {
		prefs = cfg.Prefs()
	}
	state := desk.New(time.Now(), zone, prefs)
	state.Identify(rand.Reader)
	w := &window{cfg: cfg, store: store, log: log, events: events, state: state, prefs: prefs}
	err = w.run(ctx)
	return errors.Join(err, store.Close(), closer.Close())
}

// window is the running till.
type window struct {
	cfg    config.Config
	store  *till.Store
	log    *slog.Logger
	events *slog.Logger
	state  *desk.State
	prefs  desk.Prefs

	app    fyne.App
	frame  fyne.Window
	screen *shell.Shell
	loop   *till.Loop
	worker *till.Till // nil until the till is enrolled
}

func (w *window) run(ctx context.Context) error {
	client, enrolment, err := w.client()
	if err != nil {
		return err
	}
	w.scale()
	w.app = app.NewWithID("forecourt.cashier")
	w.frame = w.app.NewWindow("Forecourt")
	w.frame.SetPadded(false)
	w.frame.SetMaster()
	w.screen = shell.New(w.frame, func(e desk.Event) { w.loop.Send(e) })
	w.loop = till.NewLoop(till.LoopOptions{
		State: w.state, Now: time.Now, Do: w.do, OnUI: fyne.Do, Show: w.screen.Apply,
	})
	if client != nil {
		defer client.Close()
		w.worker = w.newTill(client)
		defer w.worker.Close()
	}
	w.loop.Send(enrolment)
	w.frame.Resize(fyne.NewSize(float32(w.cfg.Width), float32(w.cfg.Height)))
	w.frame.SetFullScreen(w.cfg.Fullscreen)

	running, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); w.loop.Run(running) }()
	context.AfterFunc(ctx, func() { w.watch(); fyne.Do(w.app.Quit) })
	w.frame.SetCloseIntercept(func() { w.watch(); w.app.Quit() })
	w.events.Info("window open", "enrolled", client != nil)
	w.frame.ShowAndRun()
	stop()
	<-done
	w.events.Info("window closed")
	return nil
}

// watch ends the process if it lives on after it was told to end.
func (w *window) watch() {
	time.AfterFunc(quitPatience, func() {
		w.log.Error("the window did not close in time; ending the process")
		os.Exit(3)
	})
}

// client makes the link to the hub from the credentials, if there are any.
func (w *window) client() (*link.Client, desk.Enrolment, error) {
	c, enrolled, err := till.ReadCredentials(w.cfg.Credentials)
	if err != nil || !enrolled {
		return nil, desk.Enrolment{Version: version}, err
	}
	if w.cfg.HubURL != "" {
		c.HubURL = w.cfg.HubURL
	}
	client, err := link.New(link.Options{
		BaseURL: c.HubURL, CA: []byte(c.CA), Device: c.Token, Now: time.Now, Random: rand.Reader, Log: w.log,
	})
	if err != nil {
		return nil, desk.Enrolment{}, fmt.Errorf("connecting to the hub: %w", err)
	}
	return client, desk.Enrolment{Enrolled: true, Station: c.StationName, HubURL: c.HubURL, Version: version}, nil
}

func (w *window) newTill(client *link.Client) *till.Till {
	return till.New(till.Options{
		Hub:    client,
		Stream: func(o link.LiveOptions) till.Stream { return client.Live(o) },
		Store:  w.store, IDs: id.NewMaker(time.Now, rand.Reader), Now: time.Now, Random: rand.Reader,
		Player: till.FindPlayer(exec.LookPath, w.log), Speaker: till.FindSpeaker(exec.LookPath, w.log),
		Microphone: till.FindMicrophone(exec.LookPath, w.log), Log: w.log, Events: w.events, Post: w.loop.Post,
	})
}

// do carries out what the state asks for: the window's part here, the rest
// in the till.
func (w *window) do(e desk.Effect) {
	switch e := e.(type) {
	case desk.Fullscreen:
		fyne.Do(func() { w.frame.SetFullScreen(!w.frame.FullScreen()) })
		return
	case desk.PickPicture:
		fyne.Do(w.screen.PickPicture)
		return
	case desk.PickFile:
		fyne.Do(func() {
			w.screen.SaveFile(e.Name, func(path string) { w.loop.Send(desk.FilePicked{Path: path}) })
		})
		return
	}
	if w.worker != nil {
		w.worker.Do(e)
		return
	}
	if save, ok := e.(desk.SavePrefs); ok { // a till without credentials can still change its language
		if err := w.store.SavePrefs(save.Prefs); err != nil {
			w.log.Error("settings not saved", "error", err)
		}
	}
}

// scale hands the chosen size to the window library, unless the environment
// already says one.
func (w *window) scale() {
	if w.prefs.ScalePercent == 0 || os.Getenv("FYNE_SCALE") != "" {
		return
	}
	scale := strconv.Itoa(w.prefs.ScalePercent/100) + "." + fmt.Sprintf("%02d", w.prefs.ScalePercent%100)
	if err := os.Setenv("FYNE_SCALE", scale); err != nil {
		w.log.Error("size not set", "error", err)
	}
}
