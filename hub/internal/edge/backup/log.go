package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/mysql"
)

// errMoment ends reading the log at the moment.
var errMoment = errors.New("backup: the moment was reached")

// chainOf is the pieces of the log that go on from a set without a hole, in
// order, and up to when they reach. They may begin before the set's moment.
func chainOf(m archive.Manifest, logs []archive.SegmentName) (chain []archive.SegmentName, until time.Time) {
	until = m.At
	reached := m.To
	for _, name := range logs {
		if name.Timeline != m.Timeline || name.To.Compare(reached) <= 0 {
			continue
		}
		if name.From.Compare(reached) > 0 {
			break // a hole
		}
		chain = append(chain, name)
		reached = name.To
		if name.Last.After(until) {
			until = name.Last
		}
	}
	return chain, until
}

// replayLog does again what the log holds from the set's moment to another: every
// transaction up to the end of that second. Transactions have whole seconds; one
// that was begun in the next is the first that is left out.
func (k *Keeper) replayLog(ctx context.Context, b *brought, at place.Place, moment time.Time) error {
	objects, err := at.List(ctx, archive.LogPrefix+b.Timeline+"/")
	if err != nil {
		return err
	}
	chain, until := chainOf(b.Manifest, archive.Widest(segmentsOf(objects)))
	if b.at = moment; until.Before(moment) && b.Timeline != k.liveTimeline() {
		b.at = until // of data that is lost nothing tells what came after
	}
	if len(chain) == 0 {
		return nil // nothing has happened since
	}
	r := &logReader{from: b.To, moment: moment}
	err = mysql.Replay(ctx, b.server.Endpoint, func(w io.Writer) error {
		if _, err := w.Write(mysql.LogHeader()); err != nil {
			return fmt.Errorf("writing the log: %w", err)
		}
		for _, name := range chain {
			err := k.replaySegment(ctx, at, name, r, w)
			if errors.Is(err, errMoment) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return damaged(err)
}

// logReader goes through events and writes those that are to be done again.
type logReader struct {
	from      mysql.Position
	moment    time.Time
	described bool
}

// replaySegment writes the events of a piece of the log that are to be done
// again. It answers errMoment where the moment is passed.
func (k *Keeper) replaySegment(ctx context.Context, at place.Place, name archive.SegmentName, r *logReader, w io.Writer) error {
	sealed, err := getSmall(ctx, at, name.Key(), archive.MaxSegmentBytes)
	if err != nil {
		return fmt.Errorf("reading a piece of the log: %w", err)
	}
	segment, events, err := archive.OpenSegment(sealed, k.Identities, k.Signer.Public())
	if err != nil {
		return fmt.Errorf("opening %s: %w", name.Key(), err)
	}
	if segment.Key() != name.Key() {
		return fmt.Errorf("%w: the piece of the log %s is %s", archive.ErrDamaged, name.Key(), segment.Key())
	}
	if len(segment.Format) > 0 && !r.described {
		if _, err := w.Write(segment.Format); err != nil {
			return fmt.Errorf("writing the log: %w", err)
		}
		r.described = true
	}
	for _, e := range events {
		if e.Position().Compare(r.from) <= 0 {
			continue // the set has it, or a piece that reaches into this one
		}
		if e.Begins && e.At.After(r.moment) {
			return errMoment
		}
		if _, err := w.Write(e.Raw); err != nil {
			return fmt.Errorf("writing the log: %w", err)
		}
		r.from = e.Position()
	}
	return nil
}

// span is a stretch of time that can be restored to.
type span struct{ from, until time.Time }

// cover is the stretch that a set and the log after it cover at a place.
type cover struct {
	span
	timeline string
	unbroken bool // the log goes on to its end
}

// coverage is what each set of a place covers. A place may have tens of
// thousands of pieces of the log: it is worked out once for each look.
func coverage(all seen) []cover {
	var list []cover
	for _, h := range all.sets {
		if h.missing != "" || h.Timeline == "" {
			continue
		}
		_, until := chainOf(h.Manifest, all.logs)
		list = append(list, cover{span{h.At, until}, h.Timeline, unbroken(h.Manifest, all.logs)})
	}
	return list
}

// spans are the stretches that the sets and the log of a place cover, in order,
// those that touch put together. live is the timeline that is being shipped and
// caught up to at.
func spans(covers []cover, live string, at time.Time) []span {
	var list []span
	for _, c := range covers {
		if c.timeline == live && c.unbroken && at.After(c.until) {
			c.until = at
		}
		list = append(list, c.span)
	}
	return joined(list)
}

// unbroken reports whether the log goes on from a set to its end.
func unbroken(m archive.Manifest, logs []archive.SegmentName) bool {
	chain, _ := chainOf(m, logs)
	var last mysql.Position
	for _, name := range logs {
		if name.Timeline == m.Timeline && name.To.Compare(last) > 0 {
			last = name.To
		}
	}
	if len(chain) == 0 {
		return last.Compare(m.To) <= 0
	}
	return chain[len(chain)-1].To == last
}

// joined puts stretches together that touch or overlap.
func joined(list []span) []span {
	slices.SortFunc(list, func(a, b span) int { return a.from.Compare(b.from) })
	var out []span
	for _, s := range list {
		if n := len(out); n > 0 && !s.from.After(out[n-1].until) {
			if s.until.After(out[n-1].until) {
				out[n-1].until = s.until
			}
			continue
		}
		out = append(out, s)
	}
	return out
}
