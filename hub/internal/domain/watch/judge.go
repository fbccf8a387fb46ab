package watch

import (
	"slices"
	"strings"
	"time"

	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Bounds of what a Judge remembers.
const (
	// maxKept bounds what is remembered of one person or till, far above every
	// rule's bound.
	maxKept = 200
	// maxWatched bounds the people and tills; a group of stations has fewer.
	maxWatched = 10_000
)

// Judge goes through the rows of the log in their order and says what is
// unusual. It is not safe for concurrent use.
type Judge struct {
	looks, reveals, wrong map[string]*window
}

// NewJudge makes a Judge that has seen nothing.
func NewJudge() *Judge {
	return &Judge{looks: map[string]*window{}, reveals: map[string]*window{}, wrong: map[string]*window{}}
}

// Take takes the next row.
func (j *Judge) Take(a Act) []Raise {
	var raised []Raise
	add := func(r Raise, count int) {
		if count == 0 {
			return
		}
		r.Station, r.At, r.Upto, r.Count = a.Station, a.At, a.N, count
		raised = append(raised, r)
	}
	who := a.Staff.String()
	byPerson := Raise{Subject: who, Staff: a.Staff}
	switch {
	case a.Result == string(wire.ProblemForbidden) && who != "" && personal(a.Action):
		r := byPerson
		r.Rule, r.Object, r.ObjectID, r.Note = wire.AlertPersonal, a.Object, a.ObjectID, a.Action
		add(r, 1)
	case strings.HasPrefix(a.Action, "login."):
		add(j.login(a))
	case strings.HasPrefix(a.Action, "backup."):
		add(backup(a))
	case a.Result != audit.OK || who == "" && !strings.HasPrefix(a.Action, "keys.") && !AboutAccount(a.Entry):
		// What was refused for other reasons, and what members do, is not
		// unusual.
	case a.Action == "member.look" && a.Object == "member":
		r := byPerson
		r.Rule = wire.AlertManyRead
		add(r, of(j.looks, who).add(a.At, a.ObjectID, manyReadIn, manyRead))
	case a.Action == "member.reveal":
		r := byPerson
		r.Rule = wire.AlertReveals
		add(r, of(j.reveals, who).add(a.At, a.ID.String(), revealsIn, manyReveals))
	case keyAct(a):
		r := byPerson
		r.Rule, r.Subject, r.Note = wire.AlertKeys, who+"/"+a.Action, a.Action
		r.Object, r.ObjectID = a.Object, a.ObjectID
		add(r, 1)
	}
	return raised
}

// login looks at a refused login.
func (j *Judge) login(a Act) (r Raise, count int) {
	r.Rule, r.Object, r.ObjectID = wire.AlertGuessing, a.Object, a.ObjectID
	till := tillOf(a.Note)
	switch {
	case a.Action == "login.locked":
		r.Subject, r.Note = a.ObjectID, a.Note
		if a.Object == "staff" {
			if key, err := id.Parse[id.Staff](a.ObjectID); err == nil {
				r.Staff = key // whose account it is, not who guesses
			}
		} else if till != "" {
			r.Subject, r.Object, r.ObjectID = till, "device", till
		}
		return r, 1
	case a.Action == "login.refused" && till != "":
		r.Subject, r.Object, r.ObjectID = till, "device", till
		return r, of(j.wrong, till).add(a.At, a.ID.String(), wrongIn, manyWrong)
	}
	return r, 0
}

// backup looks at what was done about backups. What failed is counted by what it
// is about: a place that stays away is one alert, another place another.
func backup(a Act) (r Raise, count int) {
	r.Object, r.ObjectID, r.Staff = a.Object, a.ObjectID, a.Staff
	switch {
	case a.Action == "backup.restored" && a.Result == audit.OK:
		r.Rule, r.Subject, r.Note = wire.AlertRestored, clip(a.ObjectID), a.Note
		return r, 1
	case mishap(a):
		r.Rule, r.Subject, r.Note = wire.AlertBackup, clip(a.Action+"/"+a.ObjectID), a.Action
		if a.Note != "" {
			r.Note += ": " + a.Note
		}
		return r, 1
	}
	return r, 0
}

// mishap reports whether a backup is not there, or is none, or did not come
// back.
func mishap(a Act) bool {
	switch a.Action {
	case "backup.missed", "backup.failed":
		return true
	case "backup.place", "backup.verified", "backup.drill", "backup.restored":
		return a.Result != audit.OK && !declined(a)
	}
	return false
}

// declined reports whether somebody asked for what cannot be done now, such as
// a rehearsal while another is under way. Nothing failed by that.
func declined(a Act) bool {
	p, known := wire.Problems[wire.ProblemType(a.Result)]
	return !a.Staff.IsZero() && known && p.Status < hubsFault
}

// clip makes a subject fit its column.
func clip(subject string) string {
	const most = 64
	return strings.ToValidUTF8(subject[:min(len(subject), most)], "")
}

// tillOf is the till that a login's note names, "" if it names none.
func tillOf(note string) string {
	if till, ok := strings.CutPrefix(note, "device "); ok {
		return till
	}
	return ""
}

// personal reports whether an action shows personal data of members.
func personal(action string) bool {
	return strings.HasPrefix(action, "member.") || strings.HasPrefix(action, "segment.") || action == "fee.look"
}

// keyAct reports whether keys, or how a head signs in, were changed.
func keyAct(a Act) bool {
	return strings.HasPrefix(a.Action, "keys.") || AboutAccount(a.Entry) && a.OfHead
}

// window is what happened within a time, each thing once.
type window struct {
	seen []happened
	// over is whether the bound is passed: what comes now is counted one by
	// one.
	over bool
}

type happened struct {
	at   time.Time
	what string
}

// of is the window of a person or till.
func of(windows map[string]*window, key string) *window {
	w := windows[key]
	if w == nil {
		if len(windows) >= maxWatched {
			clear(windows) // made-up names must not fill the memory
		}
		w = new(window)
		windows[key] = w
	}
	return w
}

// add notes that something happened and returns how much there is to raise:
// all that is within the window when the bound is first passed, and one more
// for each new thing after that.
func (w *window) add(at time.Time, what string, within time.Duration, bound int) int {
	known := false
	w.seen = slices.DeleteFunc(w.seen, func(h happened) bool {
		again := h.what == what
		known = known || again
		// Rows come as they were sealed: one may be a little older than the
		// one before.
		return again || at.Sub(h.at).Abs() > within
	})
	w.seen = append(w.seen, happened{at, what})
	w.seen = w.seen[max(0, len(w.seen)-maxKept):]
	switch {
	case len(w.seen) <= bound:
		w.over = false
		return 0
	case !w.over:
		w.over = true
		return len(w.seen)
	case known:
		return 0
	}
	return 1
}

// hubsFault is the first status of a problem that is the hub's and not the
// asker's (RFC 9110, 15.6).
const hubsFault = 500
