package archive

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"forecourt/hub/internal/platform/mysql"
)

// SegmentName says which stretch of the log a segment is. All of it but Bytes
// is in its key, so that a list of a place's objects tells what can be restored
// without opening any.
type SegmentName struct {
	// Timeline is the life of the data that it is of, a ULID.
	Timeline string
	// Seq and Through number it: segments are numbered from 1; one into which
	// several were put has the number of the first and of the last.
	Seq, Through uint64
	// From is where the log was read on: To of the segment before. To is the
	// end of its last event, or as far as the log was read.
	From, To mysql.Position
	// First and Last are the times of the first and the last of its events, to
	// the millisecond.
	First, Last time.Time
	// Bytes is its size as it is stored, 0 where that is not known.
	Bytes int64
}

const (
	// seqDigits are those of a segment's number: a segment a second lasts for
	// 31,000 years.
	seqDigits = 12
	maxSeq    = 999_999_999_999
	// maxMillis is the year 9999: what comes after has no five-digit form.
	maxMillis = 253_402_300_799_999
)

// segmentKey is the form of a segment's key. Names of files of the log have no
// underscore in it, which parts its pieces, and are short enough for no key to
// be above the 200 bytes that a place takes.
var segmentKey = regexp.MustCompile(`^log/([0-7][0-9A-HJKMNP-TV-Z]{25})/(\d{12})-(\d{12})` +
	`_([0-9A-Za-z-]{1,16}\.\d{1,12})-(\d{1,20})_([0-9A-Za-z-]{1,16}\.\d{1,12})-(\d{1,20})_(\d{1,15})-(\d{1,15})\.zst\.age$`)

// Key is the segment's key at every place:
//
//	log/<timeline>/<seq>-<through>_<file>-<at>_<file>-<at>_<first>-<last>.zst.age
//
// with the times in milliseconds since 1970. Keys of a timeline sort by Seq.
func (n SegmentName) Key() string {
	return fmt.Sprintf("%s%s/%0*d-%0*d_%s-%d_%s-%d_%d-%d%s", LogPrefix, n.Timeline, seqDigits, n.Seq, seqDigits, n.Through,
		n.From.File, n.From.At, n.To.File, n.To.At, n.First.UnixMilli(), n.Last.UnixMilli(), sealedSuffix)
}

// ParseSegmentName reads what Key writes, and nothing else: false for a key
// that is not that of a segment.
func ParseSegmentName(key string) (SegmentName, bool) {
	m := segmentKey.FindStringSubmatch(key)
	if m == nil {
		return SegmentName{}, false
	}
	var numbers [6]uint64
	for i, text := range []string{m[2], m[3], m[5], m[7], m[8], m[9]} {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return SegmentName{}, false
		}
		numbers[i] = n
	}
	n := SegmentName{
		Timeline: m[1], Seq: numbers[0], Through: numbers[1],
		From: mysql.Position{File: m[4], At: numbers[2]}, To: mysql.Position{File: m[6], At: numbers[3]},
		First: time.UnixMilli(int64(numbers[4])).UTC(), Last: time.UnixMilli(int64(numbers[5])).UTC(),
	}
	return n, n.check() == nil && n.Key() == key
}

// check refuses a name that Key cannot write and ParseSegmentName cannot read,
// and one of a stretch that makes no sense.
func (n SegmentName) check() error {
	switch {
	case !segmentKey.MatchString(n.Key()):
		return fmt.Errorf("%.200q cannot be the key of a segment", n.Key())
	case n.Seq == 0 || n.Seq > n.Through || n.Through > maxSeq:
		return fmt.Errorf("a segment of the numbers %d to %d", n.Seq, n.Through)
	case n.From.Compare(n.To) > 0:
		return fmt.Errorf("segment %d goes from %s back to %s", n.Seq, n.From, n.To)
	case n.First.UnixMilli() > maxMillis || n.Last.UnixMilli() > maxMillis:
		return fmt.Errorf("segment %d is of no time", n.Seq)
	}
	return nil
}

// within says whether all of a segment's stretch is in another: the numbers
// are, and of the same numbers the log goes as far.
func (n SegmentName) within(wide SegmentName) bool {
	if n.Timeline != wide.Timeline || n.Seq < wide.Seq || n.Through > wide.Through {
		return false
	}
	return n.Seq != wide.Seq || n.Through != wide.Through || n.To.Compare(wide.To) <= 0
}

// Widest are the segments that are not within another, by timeline and number:
// what is left over where several were put into one and not all of them could
// be removed, or where one was stored twice, is not among them. Of two that
// are the same stretch the one with the lower key is.
func Widest(names []SegmentName) []SegmentName {
	sorted := slices.Clone(names)
	slices.SortFunc(sorted, func(a, b SegmentName) int {
		return cmp.Or(cmp.Compare(a.Timeline, b.Timeline), cmp.Compare(a.Seq, b.Seq),
			cmp.Compare(b.Through, a.Through), b.To.Compare(a.To), cmp.Compare(a.Key(), b.Key()))
	})
	var wide []SegmentName
	for _, n := range sorted {
		if len(wide) == 0 || !n.within(wide[len(wide)-1]) {
			wide = append(wide, n)
		}
	}
	return wide
}
