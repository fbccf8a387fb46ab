package backup

import (
	"context"
	"fmt"
	"slices"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/wire"
)

// lookEvery is how old what was seen at a place may be before it is looked
// again.
const lookEvery = time.Minute

// State is all that the head sees. It asks no place: it tells what was last seen
// there.
func (k *Keeper) State(ctx context.Context) wire.Backups {
	now := k.Now()
	s := k.Plan()
	out := wire.Backups{
		Schedule: s, NextAt: next(s, k.Zone, now).UTC(), KeyAway: k.KeyAway, RestoresHere: len(k.Identities.Public()) > 0 && k.own(),
		Places: []wire.BackupPlace{}, Sets: []wire.BackupSet{}, Drills: []wire.BackupDrill{},
	}
	if s.Every == wire.BackupOff {
		out.NextAt = time.Time{}
	}
	k.recall(func(st *state) {
		if k.job != nil {
			out.Work = k.job.work()
		}
		out.Drills = append(out.Drills, st.Drills...)
		out.Missed = missed(s, k.Zone, now, *st)
	})
	out.Restore = k.restored()
	seenAt := map[*spot]seen{}
	for _, at := range k.spots {
		seenAt[at] = k.last(at)
		out.Places = append(out.Places, k.placeState(at, seenAt[at]))
	}
	out.Sets = k.setStates(ctx, seenAt)
	k.windows(seenAt, &out)
	return out
}

// missed reports whether a planned time has passed without a backup.
func missed(s wire.BackupSchedule, zone *time.Location, now time.Time, st state) bool {
	at := due(s, zone, now)
	return overdue(at, s, zone, now, st) && now.Sub(at) >= missedAfter
}

// Fresh looks at every place, and then answers State.
func (k *Keeper) Fresh(ctx context.Context) wire.Backups {
	k.everywhere(ctx)
	return k.State(ctx)
}

func (k *Keeper) placeState(s *spot, all seen) wire.BackupPlace {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.problem()
	return wire.BackupPlace{
		Name: s.Name, Kind: s.Kind, Where: s.where, SameDevice: s.same, Locked: s.Locked, Problem: f.problem, ProblemSince: f.since,
		Sets: len(all.sets), Bytes: s.bytes, FreeBytes: s.free, LogAt: s.logAt,
	}
}

// setStates is every set that lies anywhere, newest first.
func (k *Keeper) setStates(ctx context.Context, at map[*spot]seen) []wire.BackupSet {
	server, err := k.tools(ctx)
	if err != nil {
		server = ""
	}
	byID := map[string]*wire.BackupSet{}
	for _, s := range k.spots {
		for _, h := range at[s].sets {
			set := byID[h.ID]
			if set == nil {
				set = k.setState(h, server)
				byID[h.ID] = set
			}
			set.Copies = append(set.Copies, k.copyState(s, h))
			if h.drill != nil && (set.Drill == nil || h.drill.At.After(set.Drill.At)) {
				set.Drill = h.drill
			}
			set.Good = set.Good || k.good(h, s)
		}
	}
	list := make([]wire.BackupSet, 0, len(byID))
	for _, set := range byID {
		list = append(list, *set)
	}
	slices.SortFunc(list, func(a, b wire.BackupSet) int { return b.At.Compare(a.At) })
	list = list[:min(len(list), wire.MaxBackupSets)]
	for i := range list {
		k.lacking(&list[i], at, i == 0)
	}
	return list
}

func (k *Keeper) setState(h held, server string) *wire.BackupSet {
	refused := k.refused(h.Manifest, server)
	if !k.own() {
		refused = byHand
	}
	return &wire.BackupSet{
		ID: h.ID, Kind: h.Kind, At: h.At, TookMS: h.Ended.Sub(h.Began).Milliseconds(), Bytes: h.Stored(), Sales: h.Sales,
		Copies: []wire.BackupCopy{}, Version: h.Version, Server: h.Manifest.Server, Refused: refused,
	}
}

func (k *Keeper) copyState(s *spot, h held) wire.BackupCopy {
	c := wire.BackupCopy{Place: s.Name, State: wire.CopyStored}
	read, ok := k.checkOf(s.Name, h.ID)
	switch {
	case h.missing != "":
		c.State, c.Problem = wire.CopyDamaged, h.missing
	case ok && read.Problem != "":
		c.State, c.CheckedAt, c.Problem = wire.CopyDamaged, read.At, read.Problem
	case ok:
		c.State, c.CheckedAt = wire.CopyVerified, read.At
	}
	return c
}

// lacking adds the places that a set could not be stored at: those that should
// have the newest and have not. An older one may have expired there, or the
// place is newer than it.
func (k *Keeper) lacking(set *wire.BackupSet, at map[*spot]seen, newest bool) {
	if !newest {
		return
	}
	for _, s := range k.spots {
		problem := s.lacking()
		if at[s].when.IsZero() && problem == "" || slices.ContainsFunc(set.Copies, func(c wire.BackupCopy) bool { return c.Place == s.Name }) {
			continue // it was not looked at yet, or it has one
		}
		set.Copies = append(set.Copies, wire.BackupCopy{Place: s.Name, State: wire.CopyMissing, Problem: problem})
	}
}

// windows says which moments can be restored to: those that any place covers.
func (k *Keeper) windows(at map[*spot]seen, out *wire.Backups) {
	if !k.own() {
		return
	}
	live, err := k.Timeline()
	if err != nil {
		return
	}
	var list []span
	for _, s := range k.spots {
		s.mu.Lock()
		logAt := s.logAt
		s.mu.Unlock()
		list = append(list, spans(at[s].covers, live, logAt)...)
	}
	// A stretch of less than a second holds no second to restore to.
	list = slices.DeleteFunc(joined(list), func(s span) bool { return s.until.Truncate(time.Second).Before(wholeSecond(s.from)) })
	if len(list) == 0 {
		return
	}
	out.From, out.Until = wholeSecond(list[0].from), list[len(list)-1].until.Truncate(time.Second).UTC()
	for i := 1; i < len(list); i++ {
		out.Gaps = append(out.Gaps, wire.BackupGap{From: list[i-1].until.Truncate(time.Second).UTC(), Until: wholeSecond(list[i].from)})
	}
}

// wholeSecond is the first whole second that is not before a moment.
func wholeSecond(at time.Time) time.Time {
	whole := at.Truncate(time.Second)
	if whole.Before(at) {
		whole = whole.Add(time.Second)
	}
	return whole.UTC()
}

// Plan is when backups are made: as the office chose, else as configured.
func (k *Keeper) Plan() (s wire.BackupSchedule) {
	k.recall(func(st *state) { s = k.planOf(st) })
	return s
}

func (k *Keeper) planOf(s *state) wire.BackupSchedule {
	if s.Schedule != nil {
		return *s.Schedule
	}
	return k.Schedule
}

// SetPlan changes when backups are made. Times that the new plan would have had
// before were not missed, unless one is overdue by the plan of before.
func (k *Keeper) SetPlan(s wire.BackupSchedule) error {
	if err := CheckSchedule(s); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.change(func(st *state) {
		was, now := k.planOf(st), k.Now()
		if !overdue(due(was, k.Zone, now), was, k.Zone, now, *st) {
			st.Begun = now.UTC()
		}
		st.Schedule = &s
	})
}

// Accept has a place that was emptied, or another disk in its stead, taken for
// the place that it is configured as.
func (k *Keeper) Accept(ctx context.Context, name string) error {
	if !slices.ContainsFunc(k.spots, func(s *spot) bool { return s.Name == name }) {
		return fmt.Errorf("backup: no place is called %q", name)
	}
	k.remember(func(s *state) {
		delete(s.Places, name)
		delete(s.Checks, name)
	})
	k.tell(ctx, audit.Row{Action: "backup.accept", Object: objectBackup, ObjectID: name, Result: audit.OK})
	return nil
}

// Manifests are the sets of a place as last seen, for tools.
func (k *Keeper) Manifests(name string) []archive.Manifest {
	var list []archive.Manifest
	for _, s := range k.spots {
		if s.Name == name {
			for _, h := range k.last(s).sets {
				list = append(list, h.Manifest)
			}
		}
	}
	return list
}
