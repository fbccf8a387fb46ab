package backup_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

// doomedPlan is the variable that makes the test's own program a hub that is
// killed in the middle of something.
const doomedPlan = "FORECOURT_DOOMED_BACKUP"

// plan is what a doomed hub does.
type plan struct {
	Dir    string
	AtRest []byte
	Keys   [2]string
	Job    wire.BackupJob
	Set    string
	// Step is where it is killed: when the step has begun, or, without Hold,
	// while it is at it.
	Step wire.BackupStep
	Hold bool
}

// doomed does one job and says on its standard output which step it is at.
func doomed(text string) {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		panic(err)
	}
	h := &house{dir: p.Dir, atRest: p.AtRest, clock: time.Now()}
	to, err := archive.ParseRecipients(p.Keys[1])
	if err != nil {
		panic(err)
	}
	ids, err := archive.ReadIdentities(strings.NewReader(p.Keys[0]))
	if err != nil {
		panic(err)
	}
	d := h.depsWith(mysql.EndpointIn(h.data()), to, ids)
	k, err := backup.New(d)
	if err != nil {
		panic(err)
	}
	k.OnStep(func(step wire.BackupStep) {
		fmt.Println(step)
		if step == p.Step && p.Hold {
			<-make(chan struct{}) // until it is killed
		}
	})
	switch p.Job {
	case wire.BackupMaking:
		_, err = k.Make(context.Background())
	case wire.BackupDrilling:
		_, err = k.Drill(context.Background(), p.Set)
	default:
		_, err = k.Restore(context.Background(), wire.RestoreAsk{Set: p.Set})
	}
	fmt.Println("ended", err)
}

// killedAt runs a job in a hub of its own and kills that at a step.
func (h *house) killedAt(p plan) {
	h.t.Helper()
	keys, err := identity()
	if err != nil {
		h.t.Fatal(err)
	}
	p.Dir, p.AtRest, p.Keys = h.dir, h.atRest, keys
	text, err := json.Marshal(p)
	if err != nil {
		h.t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.CommandContext(h.t.Context(), program)
	cmd.Env = append(os.Environ(), doomedPlan+"="+string(text))
	cmd.Stderr = h.t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	at := ""
	for lines := bufio.NewScanner(out); at != string(p.Step) && lines.Scan(); {
		at = lines.Text()
	}
	if at != string(p.Step) {
		h.t.Errorf("%s was never at %s but %s", p.Job, p.Step, at)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
}

// TestAHubKilledInTheMiddle of making, rehearsing or restoring a backup leaves
// the live data as it was, no half that counts as a backup, and nothing that
// keeps the next from being made and restored.
func TestAHubKilledInTheMiddle(t *testing.T) {
	h := newHouse(t)
	set := h.made()
	h.exec("INSERT INTO people (name) VALUES ('live')")
	for _, p := range []plan{
		{Job: wire.BackupMaking, Step: wire.StepCopy},
		{Job: wire.BackupMaking, Step: wire.StepSums, Hold: true},
		{Job: wire.BackupMaking, Step: wire.StepStore, Hold: true},
		{Job: wire.BackupMaking, Step: wire.StepStore}, // it may come to its end
		{Job: wire.BackupDrilling, Step: wire.StepReplay, Hold: true},
		{Job: wire.BackupRestoring, Step: wire.StepFetch},
		{Job: wire.BackupRestoring, Step: wire.StepPrepare},
		{Job: wire.BackupRestoring, Step: wire.StepReplay, Hold: true},
		{Job: wire.BackupRestoring, Step: wire.StepProve, Hold: true},
	} {
		t.Run(string(p.Job)+" "+string(p.Step), func(t *testing.T) {
			p.Set = set
			h.killedAt(p)
			h.keep() // begins again
			await(t, "what the killed hub left to be cleared", func() bool {
				err := h.Recover() // its children may take a moment to end
				r := h.State(t.Context()).Restore
				return err == nil && (r == nil || r.State != wire.RestoreWorking)
			})
			h.untouched()
			s := h.Fresh(t.Context())
			if s.Work != nil || s.Restore != nil && s.Restore.State != wire.RestoreFailed {
				t.Errorf("at work %+v, restore %+v", s.Work, s.Restore)
			}
			if err := h.Verify(t.Context()); err != nil {
				t.Errorf("reading all back: %v", err)
			}
			if !slices.ContainsFunc(s.Sets, func(b wire.BackupSet) bool { return b.ID == set }) {
				t.Error("the backup from before is gone")
			}
		})
	}
	h.later(time.Minute)
	last := h.made()
	r, err := h.Restore(t.Context(), wire.RestoreAsk{Set: last})
	if err != nil {
		t.Fatal(err)
	}
	h.switchOver(r)
	if got := h.names(); !slices.Equal(got, []string{known, "live"}) {
		t.Errorf("restored %q", got)
	}
}
