package backup_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"forecourt/hub/internal/edge/backup"
	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/shared/wire"
)

// errands does the errands of a hub with a keeper of its own, as the process does
// that the hub begins: it shares nothing with the hub's but the files.
type errands struct {
	h *house

	mu   sync.Mutex
	did  []backup.Errand
	told []backup.Told
	dies bool // without a word
}

func (e *errands) do(ctx context.Context, errand backup.Errand, set string, told func(backup.Told)) error {
	e.mu.Lock()
	e.did = append(e.did, errand)
	dies := e.dies
	e.mu.Unlock()
	if dies {
		return errors.New("signal: killed")
	}
	d := e.h.deps
	d.Apart, d.Switch = nil, nil
	k, err := backup.New(d)
	if err != nil {
		return err
	}
	err = k.Work(ctx, errand, set, func(t backup.Told) error {
		text, err := json.Marshal(t)
		if err != nil {
			return err
		}
		var read backup.Told
		if err := json.Unmarshal(text, &read); err != nil {
			return err
		}
		e.mu.Lock()
		e.told = append(e.told, read)
		e.mu.Unlock()
		told(read)
		return nil
	})
	return errors.Join(err, k.Close())
}

// sentOut is a house whose hub sends its errands out.
func sentOut(t *testing.T) (*house, *errands) {
	t.Helper()
	h := newHouse(t)
	e := &errands{h: h}
	h.deps.Apart = e.do
	h.keep()
	return h, e
}

func TestS080TheHeavyJobsAreDoneElsewhere(t *testing.T) {
	h, e := sentOut(t)
	if err := h.BeginMaking(); err != nil {
		t.Fatal(err)
	}
	if err := h.BeginDrill(""); !errors.Is(err, backup.ErrBusy) {
		t.Errorf("another meanwhile: %v", err)
	}
	h.Idle()
	b := h.State(t.Context())
	if len(b.Sets) != 1 || b.Work != nil {
		t.Fatalf("there are %d sets, at work is %+v", len(b.Sets), b.Work)
	}
	if c := h.copyAt(b.Sets[0].ID, "local"); c.State != wire.CopyVerified {
		t.Errorf("its copy is %+v", c)
	}
	if err := h.BeginDrill(b.Sets[0].ID); err != nil {
		t.Fatal(err)
	}
	h.Idle()
	if err := h.BeginVerifying(); err != nil {
		t.Fatal(err)
	}
	h.Idle()
	b = h.State(t.Context())
	if len(b.Drills) == 0 || !b.Drills[len(b.Drills)-1].OK {
		t.Errorf("rehearsed: %+v", b.Drills)
	}
	for _, action := range []string{"backup.made", "backup.drill", "backup.verified"} {
		if !h.noted(action, true) {
			t.Errorf("%s is not in the log: %+v", action, h.rows)
		}
	}
	if len(e.did) != 3 {
		t.Errorf("sent out: %v", e.did)
	}
	last := e.told[len(e.told)-1]
	if last.Ended == nil || last.Ended.Problem != "" {
		t.Errorf("the last word is %+v", last)
	}
	want := []wire.BackupStep{
		wire.StepCopy, wire.StepSums, wire.StepStore, wire.StepFetch, wire.StepPrepare, wire.StepReplay, wire.StepProve, wire.StepFetch,
	}
	if steps := e.steps(); !slices.Equal(steps, want) {
		t.Errorf("told of were the steps %q, not %q", steps, want)
	}
}

// steps are those that were told of, however short they were.
func (e *errands) steps() (steps []wire.BackupStep) {
	for _, t := range e.told {
		if t.Step != "" {
			steps = append(steps, t.Step)
		}
	}
	return slices.Compact(steps)
}

// TestS081WhatAnErrandFindsOfAPlaceIsToldOfOnce, and the hub knows that the place
// lacks the set and sends somebody again.
func TestS081WhatAnErrandFindsOfAPlaceIsToldOfOnce(t *testing.T) {
	h, e := sentOut(t)
	h.deps.Identities, h.deps.Schedule.Every = archive.Identities{}, wire.BackupOff // nothing else is done
	u := h.withUnruly("second")
	u.set(full)
	if err := h.BeginMaking(); err != nil {
		t.Fatal(err)
	}
	h.Idle()
	for range 3 {
		h.later(backup.RetryAfter)
		h.Look(t.Context())
		h.tend()
	}
	if n := h.counted("backup.place"); n != 1 {
		t.Errorf("%d rows of the place: %+v", n, h.rows)
	}
	if p := h.place("second"); p.Problem == "" {
		t.Error("the hub does not know that it is full")
	}
	u.set()
	h.later(backup.RetryAfter)
	h.Look(t.Context())
	h.tend()
	if p := h.place("second"); p.Problem != "" || p.Sets != 1 {
		t.Errorf("when it is well again: %+v", p)
	}
	if e.did[len(e.did)-1] != backup.ErrandStore {
		t.Errorf("sent out: %v", e.did)
	}
}

func TestAnErrandThatDiesIsToldOf(t *testing.T) {
	h, e := sentOut(t)
	e.dies = true
	if err := h.BeginMaking(); err != nil {
		t.Fatal(err)
	}
	h.Idle()
	if !h.noted("backup.failed", false) {
		t.Errorf("the log does not know: %+v", h.rows)
	}
	e.dies = false
	if err := h.BeginMaking(); err != nil {
		t.Fatalf("the next one: %v", err)
	}
	h.Idle()
	if n := h.sets(); n != 1 {
		t.Errorf("there are %d sets", n)
	}
}

// TestAnErrandThatIsTooLate: a command is at work that the hub did not see.
func TestAnErrandThatIsTooLate(t *testing.T) {
	h := newHouse(t)
	command, err := backup.New(h.deps)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Close() }()
	release, err := h.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = release() }()
	var last backup.Told
	if err := command.Work(t.Context(), backup.ErrandMake, "", func(told backup.Told) error { last = told; return nil }); err != nil {
		t.Fatal(err)
	}
	if last.Ended == nil || !last.Ended.Busy || !strings.Contains(last.Ended.Problem, "under way") {
		t.Errorf("the last word is %+v", last.Ended)
	}
	if err := command.Work(t.Context(), "sweep", "", func(backup.Told) error { return nil }); err == nil {
		t.Error("it takes any errand")
	}
}
