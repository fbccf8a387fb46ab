package journal

import (
	"errors"
	"fmt"
	"syscall"
)

// Append makes a batch durable and numbers its facts. On an error nothing of
// the batch counts, with one exception: after ErrBroken it may be found when
// the journal is opened again.
func (j *Journal) Append(b Batch) ([]Fact, error) {
	j.write.Lock()
	defer j.write.Unlock()
	rec, err := j.number(b)
	if err != nil {
		return nil, err
	}
	if err := j.rotate(); err != nil {
		return nil, err
	}
	if err := j.put(rec); err != nil {
		return nil, err
	}
	if len(rec.Facts) > 0 {
		select {
		case j.watch <- struct{}{}:
		default:
		}
	}
	return rec.Facts, nil
}

// number turns a batch into the next record.
func (j *Journal) number(b Batch) (record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return record{}, j.broken
	}
	rec := record{Acked: j.acked, Save: b.Save}
	for i, f := range b.Facts {
		if len(f.Body) > MaxEntryBytes {
			return record{}, fmt.Errorf("%w: fact %s of %d bytes", ErrTooLarge, f.Kind, len(f.Body))
		}
		f.Seq = j.last + 1 + uint64(i)
		f.At = f.At.UTC()
		rec.Facts = append(rec.Facts, f)
	}
	for name, v := range b.Save {
		if len(v)+len(name) > MaxEntryBytes {
			return record{}, fmt.Errorf("%w: saved value %q of %d bytes", ErrTooLarge, name, len(v))
		}
	}
	return rec, nil
}

// put writes one record to the active segment and syncs it.
func (j *Journal) put(rec record) error {
	frame, err := encode(j.record+1, rec)
	if err != nil {
		return err
	}
	active := j.active()
	if j.Bytes()+int64(len(frame)) > j.opt.MaxBytes {
		return ErrFull
	}
	if _, err := j.file.Write(frame); err != nil {
		return j.undo(active.size, err)
	}
	if err := j.file.Sync(); err != nil {
		return j.breakDown(fmt.Errorf("syncing %s: %w", active.name, err))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.bytes += int64(len(frame))
	j.take(active, active.size, rec)
	active.size += int64(len(frame))
	return nil
}

// take folds a durable record into memory; the caller holds mu.
func (j *Journal) take(s *segment, offset int64, rec record) {
	j.record++
	j.acked = max(j.acked, rec.Acked)
	for _, f := range rec.Facts {
		s.facts = append(s.facts, place{offset, f.At.UnixMilli()})
		j.last = f.Seq
	}
	for name, v := range rec.Save {
		j.locals[name] = v
	}
}

// undo cuts a half-written record off again, so that the next one follows a
// good one. If even that fails the journal is broken.
func (j *Journal) undo(size int64, cause error) error {
	name := j.active().name
	if err := j.file.Truncate(size); err != nil {
		return j.breakDown(fmt.Errorf("writing %s: %w; cutting it back: %w", name, cause, err))
	}
	return full(fmt.Errorf("writing %s: %w", name, cause))
}

// full marks an error for want of space as ErrFull.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

func (j *Journal) breakDown(cause error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.broken = fmt.Errorf("%w: %w", ErrBroken, cause)
	return j.broken
}

// rotate begins a new segment when the active one is full.
func (j *Journal) rotate() error {
	active := j.active()
	if active.size-active.start < j.opt.SegmentBytes {
		return nil
	}
	return j.begin(active.number + 1)
}

// begin writes a segment that holds a snapshot and makes it the active one.
// It becomes visible under its name only when it is whole.
func (j *Journal) begin(number uint64) error {
	rec := j.snapshot()
	frame, err := encode(j.record+1, rec)
	if err != nil {
		return err
	}
	if j.Bytes()+int64(len(frame)) > j.opt.MaxBytes {
		return ErrFull
	}
	s := &segment{number: number, name: segmentName(number), size: int64(len(frame)), start: int64(len(frame)), first: rec.Last + 1}
	file, err := replace(j.disk, s.name, frame)
	if err != nil {
		return full(err)
	}
	if j.file != nil {
		_ = j.file.Close() // every record in it was synced
	}
	j.file = file
	j.mu.Lock()
	j.segments = append(j.segments, s)
	j.bytes += s.size
	j.record++
	j.mu.Unlock()
	return j.reclaim()
}

// Close writes the last acknowledgement, as far as it can, and lets the
// directory go.
func (j *Journal) Close() error {
	j.write.Lock()
	defer j.write.Unlock()
	j.mu.Lock()
	broken := j.broken
	rec := record{Acked: j.acked}
	j.mu.Unlock()
	if errors.Is(broken, ErrClosed) {
		return nil
	}
	var err error
	if broken == nil && rec.Acked > 0 {
		err = j.put(rec)
	}
	j.mu.Lock()
	j.broken = ErrClosed
	j.mu.Unlock()
	return errors.Join(err, j.file.Close(), j.disk.Close())
}
