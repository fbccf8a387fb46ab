package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/edge/backup/place"
	"forecourt/hub/internal/platform/mysql"
)

// memory is a place in memory, of which only reading is used.
type memory struct {
	place.Place
	objects map[string][]byte
}

// Get reads.
func (m memory) Get(_ context.Context, key string) (io.ReadCloser, error) {
	content, ok := m.objects[key]
	if !ok {
		return nil, place.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

// List lists.
func (m memory) List(_ context.Context, prefix string) (list []place.Object, err error) {
	for key, content := range m.objects {
		if strings.HasPrefix(key, prefix) {
			list = append(list, place.Object{Key: key, Size: int64(len(content))})
		}
	}
	slices.SortFunc(list, func(a, b place.Object) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

const oneTimeline = "01M84K6JMBJAVDVM7T388JVDZV"

// history is a made up log: transactions of some events each, over some files.
func history(t *rapid.T) (events []mysql.LogEvent, ends []int) {
	file, at, second := 1, uint64(256), int64(1_770_000_000)
	for n := range rapid.IntRange(1, 25).Draw(t, "transactions") {
		if rapid.IntRange(0, 9).Draw(t, "rotates") == 0 {
			file, at = file+1, 256
		}
		second += rapid.Int64Range(0, 2).Draw(t, "seconds")
		of := rapid.IntRange(1, 3).Draw(t, "events")
		for i := range of {
			size := uint64(rapid.IntRange(1, 20).Draw(t, "size"))
			events = append(events, mysql.LogEvent{
				File: fmt.Sprintf("binlog.%06d", file), From: at, To: at + size, At: time.Unix(second, 0).UTC(),
				Begins: i == 0, Ends: i == of-1, Kind: 2, Raw: fmt.Appendf(nil, "<%d.%d>", n, i),
			})
			at += size
		}
		ends = append(ends, len(events))
	}
	return events, ends
}

// shelf stores pieces of a made up log.
type shelf struct {
	t      *rapid.T
	k      *Keeper
	events []mysql.LogEvent
	memory
}

// put stores what lies between two numbers of events under numbers of segments.
func (s shelf) put(seq, through uint64, from mysql.Position, first, last int) archive.SegmentName {
	name := archive.SegmentName{
		Timeline: oneTimeline, Seq: seq, Through: through, From: from, To: s.events[last-1].Position(),
		First: s.events[first].At, Last: s.events[last-1].At,
	}
	sealed, err := s.k.Signer.EncodeSegment(archive.Segment{SegmentName: name, Format: []byte("<format>")}, s.events[first:last], s.k.Recipients)
	if err != nil {
		s.t.Fatal(err)
	}
	s.objects[name.Key()] = sealed
	return name
}

// TestI004NothingIsDoneTwice: however the log lies at a place, in small pieces,
// merged ones, both of them, and pieces that were stored twice, what is done
// again is every event after the set and up to the moment, once and in order.
func TestI004NothingIsDoneTwice(t *testing.T) {
	secret, public, err := archive.NewIdentity(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	to, err := archive.ParseRecipients(public)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := archive.ReadIdentities(strings.NewReader(secret))
	if err != nil {
		t.Fatal(err)
	}
	k := &Keeper{Deps: Deps{Signer: archive.NewSigner([32]byte{1}), Recipients: to, Identities: ids}}
	rapid.Check(t, func(t *rapid.T) {
		events, ends := history(t)
		s := shelf{t: t, k: k, events: events, memory: memory{objects: map[string][]byte{}}}
		s.fill(t, ends)
		// The set is of some end of a transaction.
		m := archive.Manifest{Timeline: oneTimeline, To: mysql.Position{File: "binlog.000001", At: 256}}
		done := rapid.SampledFrom(append([]int{0}, ends...)).Draw(t, "in the set")
		if done > 0 {
			m.To = events[done-1].Position()
		}
		moment := time.Unix(1_770_000_000+rapid.Int64Range(-1, 60).Draw(t, "moment"), 0).UTC()
		want := ""
		for _, e := range events[done:] {
			if e.Begins && e.At.After(moment) {
				break
			}
			want += string(e.Raw)
		}
		if got := strings.ReplaceAll(s.replayed(t, m, moment), "<format>", ""); got != want {
			t.Fatalf("done again was\n%s, not\n%s", got, want)
		}
	})
}

// fill stores the log in pieces of all kinds.
func (s shelf) fill(t *rapid.T, ends []int) {
	from, first := mysql.Position{File: "binlog.000001", At: 256}, 0
	var names []archive.SegmentName
	var firsts []int
	for i := 0; i < len(ends); {
		last := min(i+rapid.IntRange(1, 3).Draw(t, "in a piece"), len(ends))
		seq := uint64(len(names) + 1)
		if last-i > 1 && rapid.IntRange(0, 4).Draw(t, "twice") == 0 {
			s.put(seq, seq, from, first, ends[last-2]) // a shorter one, whose answer was lost
		}
		name := s.put(seq, seq, from, first, ends[last-1])
		names, firsts = append(names, name), append(firsts, first)
		from, first, i = name.To, ends[last-1], last
	}
	for i := 0; i < len(names); {
		n := rapid.IntRange(1, 6).Draw(t, "merged")
		last := min(i+n, len(names))
		if last-i > 1 {
			s.put(names[i].Seq, names[last-1].Through, names[i].From, firsts[i], s.endOf(names[last-1]))
			for _, name := range names[i:last] {
				if rapid.Bool().Draw(t, "removed") {
					delete(s.objects, name.Key())
				}
			}
		}
		i = last
	}
}

// endOf is how many events there are up to the end of a piece.
func (s shelf) endOf(name archive.SegmentName) int {
	return 1 + slices.IndexFunc(s.events, func(e mysql.LogEvent) bool { return e.Position() == name.To })
}

// replayed is what would be done again.
func (s shelf) replayed(t *rapid.T, m archive.Manifest, moment time.Time) string {
	objects, err := s.List(context.Background(), archive.LogPrefix)
	if err != nil {
		t.Fatal(err)
	}
	chain, _ := chainOf(m, archive.Widest(segmentsOf(objects)))
	var out bytes.Buffer
	r := &logReader{from: m.To, moment: moment}
	for _, name := range chain {
		err := s.k.replaySegment(context.Background(), s.memory, name, r, &out)
		if errors.Is(err, errMoment) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}
