package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"forecourt/shared/wire"
)

// TestProgressIsOneLine that is written anew as the work goes on, and gone at
// the end.
func TestProgressIsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var out bytes.Buffer
		steps := []wire.BackupWork{
			{Job: wire.BackupMaking, Step: wire.StepCopy, Done: 104},
			{Job: wire.BackupMaking, Step: wire.StepStore, Done: 860, LeftMS: 12_400},
		}
		writeProgress(ctx, &out, func() *wire.BackupWork {
			if len(steps) == 0 {
				cancel()
				return nil
			}
			w := steps[0]
			steps = steps[1:]
			return &w
		})
		lines := strings.Split(out.String(), "\r\x1b[K")
		want := []string{"", "making: copying the database, 10 %", "making: storing and reading back, 86 %, about 12s left", ""}
		if strings.Join(lines, "|") != strings.Join(want, "|") {
			t.Errorf("showed %q, want %q", lines, want)
		}
	})
}

func TestEveryStepHasWords(t *testing.T) {
	for _, step := range []wire.BackupStep{
		wire.StepCopy, wire.StepSums, wire.StepStore, wire.StepFetch, wire.StepPrepare, wire.StepReplay, wire.StepProve, wire.StepSwitch,
	} {
		if stepWords[step] == "" {
			t.Errorf("%s has no words", step)
		}
	}
}
