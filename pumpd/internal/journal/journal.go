// Package journal is pumpd's memory: an append-only log on disk of the facts
// that go up to the hub and of the little state that must survive a power cut.
//
// # What it promises
//
//   - When Append returns nil, everything in the batch is on disk (fsync), and
//     a batch is there as a whole or not at all, whatever is cut and when.
//   - Facts are numbered densely from 1 within one journal id, made when the
//     journal was; saved values ("locals") have no number and the last one of
//     a name counts.
//   - A fact is held at least until it is acknowledged. The acknowledgement is
//     written with the next batch; losing it only costs sending again.
//   - Open gives back exactly the batches that were complete. Only the last
//     record of the last segment may be torn and is dropped; anything else that
//     does not check is a CorruptError naming file and offset.
//   - After a failed fsync nothing more is accepted until the journal is opened
//     again, because the kernel may have dropped the pages (ErrBroken).
//
// # On disk
//
// A directory, locked by flock, of segments NNNN.seg. A segment is a run of
// records: length u32, CRC-32C u32, record number u64, all little-endian, then
// a JSON body; the CRC covers length, number and body. The first record of a
// segment is a snapshot (journal id, last fact, all locals), so that older
// segments can go once their facts are acknowledged.
//
// All methods are safe for concurrent use.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Limits. Options may lower those that have a field.
const (
	// MaxEntryBytes bounds one fact or saved value: a fact must fit into one
	// frame to the hub.
	MaxEntryBytes = wire.MaxFrameInBytes - 1024
	// MaxRecordBytes bounds one record; the snapshot of 512 nozzles is under 2 MiB.
	MaxRecordBytes = 8 << 20
	// DefaultSegmentBytes is when a new segment begins: small enough to be
	// read and written again in a blink at start.
	DefaultSegmentBytes = 4 << 20
	// DefaultKeepBytes is how much acknowledged history stays, so that a hub
	// restored from a backup can be told again.
	DefaultKeepBytes = 64 << 20
	// DefaultMaxBytes bounds the directory: months of sales of a large
	// station with the hub away.
	DefaultMaxBytes = 1 << 30
	// DefaultReserveBytes is kept for deliveries already permitted: Room
	// fails this much before Append does.
	DefaultReserveBytes = 16 << 20
)

var (
	// ErrFull says that the journal's bound or the disk is reached.
	// Callers must not permit deliveries then.
	ErrFull = errors.New("journal: full")
	// ErrBroken says that a write could not be made durable and the journal
	// must be opened again before it accepts more.
	ErrBroken = errors.New("journal: broken, open it again")
	// ErrTooLarge says that an entry or batch is past its bound.
	ErrTooLarge = errors.New("journal: entry too large")
	// ErrLocked says that another process holds the directory.
	ErrLocked = errors.New("journal: held by another process")
	// ErrClosed says that the journal was closed.
	ErrClosed = errors.New("journal: closed")
	// ErrGone says that facts were asked for that are no longer held.
	ErrGone = errors.New("journal: facts no longer held")
)

// Fact is one numbered entry, on its way to the hub.
type Fact struct {
	// Kind is the frame's kind, Seq the number within the journal (set by
	// Append), At when it happened.
	Kind wire.Kind `json:"k"`
	Seq  uint64    `json:"seq"`
	At   time.Time `json:"at"`
	// Body is the frame's body.
	Body json.RawMessage `json:"d"`
}

// Batch is what one Append makes durable together.
type Batch struct {
	// Facts are numbered in order.
	Facts []Fact
	// Save replaces saved values by name.
	Save map[string]json.RawMessage
}

// Options tune a journal; the zero value of each bound means its default.
type Options struct {
	// NewID makes the id of a journal that does not exist yet.
	NewID func() id.Journal
	// SegmentBytes, KeepBytes, MaxBytes and ReserveBytes lower the bounds.
	SegmentBytes, KeepBytes, MaxBytes, ReserveBytes int64
	// Torn is told when Open dropped an incomplete last record.
	Torn func(file string, offset, dropped int64)
}

// Journal is an open journal.
type Journal struct {
	opt  Options
	disk Disk

	write sync.Mutex // one batch at a time; held during I/O
	file  File       // the active segment, guarded by write
	sweep sync.Mutex // one removal at a time

	mu       sync.Mutex // guards what follows; never held during I/O
	id       id.Journal
	record   uint64 // number of the last record
	last     uint64 // last fact
	acked    uint64
	locals   map[string]json.RawMessage
	segments []*segment // by number; the last is active
	bytes    int64
	broken   error
	watch    chan struct{}
}

// segment is one file and where its facts are.
type segment struct {
	number uint64
	name   string
	size   int64
	start  int64 // size of its snapshot
	first  uint64
	facts  []place
}

// place is where a fact's record begins, and when the fact happened.
type place struct {
	offset int64
	at     int64 // Unix milliseconds
}

func (s *segment) lastFact() uint64 { return s.first + uint64(len(s.facts)) - 1 }

// ID is the journal's id.
func (j *Journal) ID() id.Journal { return j.id }

// Last is the number of the last fact, 0 when there is none.
func (j *Journal) Last() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// Acked is the last acknowledged fact.
func (j *Journal) Acked() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.acked
}

// Bytes is the size of all segments.
func (j *Journal) Bytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.bytes
}

// Watch hands out a token after batches with facts; one reader only.
func (j *Journal) Watch() <-chan struct{} { return j.watch }

// Local returns the saved value of a name.
func (j *Journal) Local(name string) (json.RawMessage, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	v, ok := j.locals[name]
	return v, ok
}

// Room says whether a new delivery may be permitted: nil, ErrFull when only
// the reserve is left, or why nothing can be written at all.
func (j *Journal) Room() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return j.broken
	}
	if j.bytes+j.opt.ReserveBytes >= j.opt.MaxBytes {
		return ErrFull
	}
	return nil
}

// Broken is the reason why the journal must be opened again, or nil.
func (j *Journal) Broken() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.broken
}

// OldestUnacked is when the oldest fact that is not acknowledged happened.
func (j *Journal) OldestUnacked() (time.Time, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.acked >= j.last {
		return time.Time{}, false
	}
	s, i := j.find(j.acked + 1)
	if s == nil {
		return time.Time{}, false
	}
	return time.UnixMilli(s.facts[i].at).UTC(), true
}

// find locates a fact; the caller holds mu.
func (j *Journal) find(seq uint64) (*segment, int) {
	for _, s := range j.segments {
		if seq >= s.first && seq <= s.lastFact() {
			return s, int(seq - s.first)
		}
	}
	return nil, 0
}

// Unacked reads at most limit facts from number from on, acknowledged or not,
// oldest first. ErrGone says that from is no longer held.
func (j *Journal) Unacked(from uint64, limit int) ([]Fact, error) {
	var facts []Fact
	for len(facts) < limit {
		j.mu.Lock()
		last := j.last
		s, i := j.find(from)
		var name string
		var at, end int64
		if s != nil {
			name, at, end = s.name, s.facts[i].offset, s.size
		}
		j.mu.Unlock()
		if from > last {
			return facts, nil
		}
		if s == nil {
			return facts, fmt.Errorf("reading fact %d: %w", from, ErrGone)
		}
		rec, err := readRecord(j.disk, name, at, end)
		if err != nil {
			return facts, fmt.Errorf("reading fact %d: %w", from, err)
		}
		before := from
		for _, f := range rec.Facts {
			if f.Seq == from && len(facts) < limit {
				facts = append(facts, f)
				from++
			}
		}
		if from == before {
			return facts, &CorruptError{name, at, fmt.Sprintf("fact %d is not where it was", from)}
		}
	}
	return facts, nil
}

// Acknowledge notes that facts up to seq are committed elsewhere and lets old
// segments go. A number already acknowledged is ignored.
func (j *Journal) Acknowledge(seq uint64) error {
	j.mu.Lock()
	if seq > j.last {
		j.mu.Unlock()
		return fmt.Errorf("journal: acknowledging fact %d of %d", seq, j.last)
	}
	j.acked = max(j.acked, seq)
	j.mu.Unlock()
	return j.reclaim()
}

// reclaim removes the oldest segments that are wholly acknowledged, as far as
// the history kept is larger than asked for. Oldest first and each one durably,
// so that a crash never leaves a hole.
func (j *Journal) reclaim() error {
	j.sweep.Lock()
	defer j.sweep.Unlock()
	for {
		oldest := j.removable()
		if oldest == nil {
			return nil
		}
		err := j.disk.Remove(oldest.name)
		if err == nil {
			err = j.disk.Sync()
		}
		if err != nil {
			return fmt.Errorf("removing acknowledged segment %s: %w", oldest.name, err)
		}
		j.mu.Lock()
		j.segments = j.segments[1:]
		j.bytes -= oldest.size
		j.mu.Unlock()
	}
}

// removable is the oldest segment if it may go, or nil.
func (j *Journal) removable() *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	oldest := j.segments[0]
	if len(j.segments) == 1 || oldest.lastFact() > j.acked || j.bytes <= j.opt.KeepBytes {
		return nil
	}
	return oldest
}

// active is the segment being written.
func (j *Journal) active() *segment {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.segments[len(j.segments)-1]
}

// snapshot is the first record of the next segment; the caller holds write.
func (j *Journal) snapshot() record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return record{Journal: j.id, Last: j.last, Acked: j.acked, Save: maps.Clone(j.locals)}
}
