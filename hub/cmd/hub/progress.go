package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"forecourt/hub/internal/edge/backup"
	"forecourt/shared/wire"
)

// progressEvery is how often the line is written anew.
const progressEvery = 500 * time.Millisecond

// showProgress shows on one line how far the backups' work is, if somebody looks
// on. stop takes the line away.
func (p *program) showProgress(ctx context.Context, k *backup.Keeper) (stop func()) {
	if f, ok := p.errs.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		writeProgress(ctx, p.errs, func() *wire.BackupWork { return k.State(ctx).Work })
	}()
	return func() {
		cancel()
		<-done
	}
}

// writeProgress writes the line again and again until ctx ends, and takes it
// away then.
func writeProgress(ctx context.Context, w io.Writer, work func() *wire.BackupWork) {
	const clearLine = "\r\x1b[K"
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		if now := work(); now != nil {
			fmt.Fprint(w, clearLine+progressLine(*now))
		}
		select {
		case <-ctx.Done():
			fmt.Fprint(w, clearLine)
			return
		case <-tick.C:
		}
	}
}

// progressLine says what is being done, how much of it is done and how long the
// rest will take as far as that is known.
func progressLine(w wire.BackupWork) string {
	line := fmt.Sprintf("%s: %s, %d %%", w.Job, stepWords[w.Step], w.Done/10)
	if w.LeftMS > 0 {
		line += fmt.Sprintf(", about %v left", (time.Duration(w.LeftMS) * time.Millisecond).Round(time.Second))
	}
	return line
}

// stepWords say what is done in a step.
var stepWords = map[wire.BackupStep]string{
	wire.StepCopy: "copying the database", wire.StepSums: "summing the tables", wire.StepStore: "storing and reading back",
	wire.StepFetch: "fetching", wire.StepPrepare: "making it ready", wire.StepReplay: "doing again what came after",
	wire.StepProve: "proving", wire.StepSwitch: "taking over",
}
