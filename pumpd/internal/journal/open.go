package journal

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Open opens or makes the journal in a directory and locks it.
func Open(dir string, opt Options) (*Journal, error) {
	disk, err := lockDir(dir)
	if err != nil {
		return nil, fmt.Errorf("opening journal: %w", err)
	}
	j, err := OpenDisk(disk, opt)
	if err != nil {
		return nil, errors.Join(err, disk.Close())
	}
	return j, nil
}

// OpenDisk is Open on a Disk, which Close will close.
func OpenDisk(disk Disk, opt Options) (*Journal, error) {
	opt.SegmentBytes = cmp.Or(opt.SegmentBytes, DefaultSegmentBytes)
	opt.KeepBytes = cmp.Or(opt.KeepBytes, DefaultKeepBytes)
	opt.MaxBytes = cmp.Or(opt.MaxBytes, DefaultMaxBytes)
	opt.ReserveBytes = cmp.Or(opt.ReserveBytes, DefaultReserveBytes)
	j := &Journal{opt: opt, disk: disk, locals: map[string]json.RawMessage{}, watch: make(chan struct{}, 1)}
	numbers, err := j.list()
	if err != nil {
		return nil, fmt.Errorf("opening journal: %w", err)
	}
	if len(numbers) == 0 {
		j.id = opt.NewID()
		err = j.begin(1)
	} else {
		err = j.load(numbers)
	}
	if err != nil {
		return nil, fmt.Errorf("opening journal: %w", err)
	}
	return j, nil
}

// list finds the segments and clears away what a crash left half-made.
func (j *Journal) list() ([]uint64, error) {
	names, err := j.disk.List()
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, name := range names {
		if strings.HasSuffix(name, newSuffix) {
			if err := j.disk.Remove(name); err != nil {
				return nil, err
			}
		}
		if n, ok := segmentNumber(name); ok {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != numbers[0]+uint64(i) {
			return nil, &CorruptError{segmentName(n - 1), 0, "the segment is missing"}
		}
	}
	return numbers, nil
}

// load reads every segment. The good part of the last one is written anew:
// that drops a torn tail, and puts on disk what an earlier failed fsync may
// have left only in the page cache.
func (j *Journal) load(numbers []uint64) error {
	for i, n := range numbers {
		final := i == len(numbers)-1
		name := segmentName(n)
		data, err := j.disk.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		s, err := j.scan(n, data, i == 0, final)
		if err != nil {
			return err
		}
		j.segments = append(j.segments, s)
		j.bytes += s.size
		if !final {
			continue
		}
		if dropped := int64(len(data)) - s.size; dropped > 0 && j.opt.Torn != nil {
			j.opt.Torn(name, s.size, dropped)
		}
		if j.file, err = replace(j.disk, name, data[:s.size]); err != nil {
			return err
		}
	}
	// Facts of segments already removed were acknowledged, whatever the
	// last record written before a crash says.
	j.acked = min(max(j.acked, j.segments[0].first-1), j.last)
	return nil
}

// scan reads one segment into memory.
func (j *Journal) scan(number uint64, data []byte, oldest, final bool) (*segment, error) {
	s := &segment{number: number, name: segmentName(number)}
	for s.size < int64(len(data)) {
		rest := data[s.size:]
		frame, recordNumber, err := cut(rest)
		if err == nil && !(oldest && s.size == 0) && recordNumber != j.record+1 {
			err = fmt.Errorf("record %d follows record %d", recordNumber, j.record)
		}
		if err != nil {
			if final && s.size > 0 && torn(err) && !alive(rest[1:], j.record+1) {
				return s, nil
			}
			return nil, &CorruptError{s.name, s.size, err.Error()}
		}
		rec, err := decode(s.name, s.size, frame)
		if err != nil {
			return nil, err
		}
		if oldest && s.size == 0 {
			j.id, j.last, j.record = rec.Journal, rec.Last, recordNumber-1
		}
		if err := j.check(s, rec); err != nil {
			return nil, err
		}
		j.take(s, s.size, rec)
		s.size += int64(len(frame))
		if s.start == 0 {
			s.start = s.size
		}
	}
	if s.size == 0 {
		return nil, &CorruptError{s.name, 0, "the segment is empty"}
	}
	return s, nil
}

// torn reports whether a cut of the power explains a bad last record.
func torn(err error) bool {
	return errors.Is(err, errPartial) || errors.Is(err, errChecksum) || errors.Is(err, errLength)
}

// check refuses a record that checks in itself but does not follow.
func (j *Journal) check(s *segment, rec record) error {
	bad := func(reason string, args ...any) error {
		return &CorruptError{s.name, s.size, fmt.Sprintf(reason, args...)}
	}
	snapshot := s.size == 0
	switch {
	case snapshot && rec.Journal.IsZero():
		return bad("the segment does not begin with a snapshot")
	case snapshot && rec.Journal != j.id:
		return bad("the segment belongs to journal %s, not %s", rec.Journal, j.id)
	case snapshot && rec.Last != j.last:
		return bad("the snapshot is of fact %d, the facts before end at %d", rec.Last, j.last)
	case snapshot && len(rec.Facts) > 0, !snapshot && !rec.Journal.IsZero():
		return bad("a snapshot stands where a batch should, or a batch where a snapshot should")
	}
	if snapshot {
		s.first = rec.Last + 1
	}
	for i, f := range rec.Facts {
		if want := j.last + 1 + uint64(i); f.Seq != want {
			return bad("fact %d stands where %d should", f.Seq, want)
		}
	}
	return nil
}
