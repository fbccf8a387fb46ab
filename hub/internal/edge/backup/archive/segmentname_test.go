package archive_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/mysql"
)

const segmentKey = "log/" + ulidA + "/000000000007-000000000009_binlog.000012-4711_binlog.000013-256_1774756807123-1774756808000.zst.age"

func TestKeyOfASegment(t *testing.T) {
	if got := segment().Key(); got != segmentKey {
		t.Errorf("it is %s", got)
	}
	if got, ok := archive.ParseSegmentName(segmentKey); !ok || got != segment().SegmentName {
		t.Errorf("it was read as %+v, %v", got, ok)
	}
}

func anyName(t *rapid.T) archive.SegmentName {
	file := rapid.StringMatching(`[0-9A-Za-z-]{1,16}\.[0-9]{6,12}`)
	millis := rapid.Int64Range(0, 253_402_300_799_999)
	n := archive.SegmentName{
		Timeline: rapid.StringMatching(`[0-7][0-9A-HJKMNP-TV-Z]{25}`).Draw(t, "timeline"),
		Seq:      rapid.Uint64Range(1, 999_999_999_999).Draw(t, "seq"),
		From:     mysql.Position{File: file.Draw(t, "from"), At: rapid.Uint64().Draw(t, "at")},
		To:       mysql.Position{File: file.Draw(t, "to"), At: rapid.Uint64().Draw(t, "to at")},
		First:    time.UnixMilli(millis.Draw(t, "first")).UTC(), Last: time.UnixMilli(millis.Draw(t, "last")).UTC(),
	}
	n.Through = rapid.Uint64Range(n.Seq, 999_999_999_999).Draw(t, "through")
	if n.From.Compare(n.To) > 0 {
		n.From, n.To = n.To, n.From
	}
	return n
}

func TestKeysOfSegmentsAreReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyName(t)
		if got, ok := archive.ParseSegmentName(n.Key()); !ok || got != n {
			t.Fatalf("%s was read as %+v, %v", n.Key(), got, ok)
		}
		if len(n.Key()) > 200 {
			t.Fatalf("%s has %d bytes", n.Key(), len(n.Key()))
		}
		m := anyName(t)
		if m.Timeline = n.Timeline; m.Seq != n.Seq && cmp.Compare(m.Key(), n.Key()) != cmp.Compare(m.Seq, n.Seq) {
			t.Fatalf("%s and %s do not sort by their numbers", m.Key(), n.Key())
		}
	})
}

func TestOtherKeysAreNotThoseOfSegments(t *testing.T) {
	keys := []string{
		"", "log/", "sets/" + ulidA + "/manifest.json", "/" + segmentKey, segmentKey + "/", segmentKey + "\n",
		strings.TrimSuffix(segmentKey, ".age"), strings.ToLower(segmentKey),
	}
	for old, other := range map[string]string{
		ulidA:                       "..",
		"000000000007":              "0000000000007",
		"000000000007-000000000009": "000000000000-000000000009",
		"-000000000009":             "-000000000006",
		"-4711_":                    "-04711_",
		"binlog.000013":             "binlog.000011",
		"binlog.000012":             "a/b.000012",
		"binlog.":                   "bin_log.",
		"-256_":                     "-99999999999999999999_",
		"1774756807123":             "01774756807123",
		"1774756808000":             "999999999999999",
	} {
		keys = append(keys, strings.Replace(segmentKey, old, other, 1))
	}
	for _, key := range keys {
		if n, ok := archive.ParseSegmentName(key); ok {
			t.Errorf("%q was read as %+v", key, n)
		}
	}
}

func FuzzParseSegmentName(f *testing.F) {
	f.Add(segmentKey)
	f.Add("log/" + ulidA + "/000000000001.zst.age")
	f.Fuzz(func(t *testing.T, key string) {
		if n, ok := archive.ParseSegmentName(key); ok && n.Key() != key {
			t.Fatalf("%q was read as %+v, which is %q", key, n, n.Key())
		}
	})
}

// stretch is a segment of numbers that goes to a place in the log.
func stretch(timeline string, seq, through, to uint64) archive.SegmentName {
	return archive.SegmentName{
		Timeline: timeline, Seq: seq, Through: through,
		From: mysql.Position{File: "binlog.000001", At: 4}, To: mysql.Position{File: "binlog.000001", At: to},
		First: time.UnixMilli(0), Last: time.UnixMilli(int64(to)),
	}
}

func TestWidest(t *testing.T) {
	a := func(seq, through uint64) archive.SegmentName { return stretch(ulidA, seq, through, through*100) }
	for name, c := range map[string]struct{ names, want []archive.SegmentName }{
		"none":              {nil, nil},
		"small ones":        {[]archive.SegmentName{a(3, 3), a(1, 1), a(2, 2)}, []archive.SegmentName{a(1, 1), a(2, 2), a(3, 3)}},
		"all left over":     {[]archive.SegmentName{a(1, 1), a(2, 2), a(1, 3), a(3, 3), a(4, 4)}, []archive.SegmentName{a(1, 3), a(4, 4)}},
		"some left over":    {[]archive.SegmentName{a(2, 2), a(1, 3), a(4, 6), a(6, 6)}, []archive.SegmentName{a(1, 3), a(4, 6)}},
		"the wide was lost": {[]archive.SegmentName{a(2, 2), a(4, 6)}, []archive.SegmentName{a(2, 2), a(4, 6)}},
		"wide in wider":     {[]archive.SegmentName{a(1, 9), a(1, 3), a(4, 9), a(9, 9)}, []archive.SegmentName{a(1, 9)}},
		"overlapping":       {[]archive.SegmentName{a(4, 8), a(1, 5), a(5, 5)}, []archive.SegmentName{a(1, 5), a(4, 8)}},
		"stored twice": {
			[]archive.SegmentName{stretch(ulidA, 1, 1, 100), stretch(ulidA, 1, 1, 250), stretch(ulidA, 1, 1, 200)},
			[]archive.SegmentName{stretch(ulidA, 1, 1, 250)},
		},
		"another timeline's": {
			[]archive.SegmentName{stretch(ulidB, 1, 1, 100), a(1, 9)},
			[]archive.SegmentName{a(1, 9), stretch(ulidB, 1, 1, 100)},
		},
	} {
		if got := archive.Widest(c.names); !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// Every number that is there at all is there afterwards, in one of the widest,
// and none of these is within another.
func TestWidestLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var names []archive.SegmentName
		for range rapid.IntRange(0, 12).Draw(t, "segments") {
			seq := rapid.Uint64Range(1, 9).Draw(t, "seq")
			names = append(names, stretch(ulidA, seq, rapid.Uint64Range(seq, 9).Draw(t, "through"), rapid.Uint64Range(5, 9).Draw(t, "to")))
		}
		wide := archive.Widest(names)
		for _, n := range names {
			if !slices.ContainsFunc(wide, func(w archive.SegmentName) bool { return w.Seq <= n.Seq && n.Through <= w.Through }) {
				t.Fatalf("%d to %d is lost", n.Seq, n.Through)
			}
		}
		for i, n := range wide {
			for j, w := range wide {
				if i != j && w.Seq <= n.Seq && n.Through <= w.Through {
					t.Fatalf("%d to %d is within %d to %d", n.Seq, n.Through, w.Seq, w.Through)
				}
			}
		}
	})
}
