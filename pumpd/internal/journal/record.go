package journal

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"forecourt/shared/id"
)

// record is the body of one record: a batch, or the snapshot that begins a segment.
type record struct {
	// Journal is set on a snapshot only, Last is the last fact before it.
	Journal id.Journal `json:"journal,omitzero"`
	Last    uint64     `json:"last,omitempty"`
	// Acked is the last acknowledged fact when the record was written.
	Acked uint64 `json:"acked,omitempty"`
	// Facts and Save are the batch.
	Facts []Fact                     `json:"facts,omitempty"`
	Save  map[string]json.RawMessage `json:"save,omitempty"`
}

// headerBytes is length u32, CRC u32, record number u64.
const headerBytes = 16

// resyncAhead bounds how far a record number found while looking for life
// behind a bad record may be ahead; it keeps noise from being checked.
const resyncAhead = 1 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// CorruptError says that a segment holds something that no cut of the power
// explains.
type CorruptError struct {
	// File is the segment, Offset where the bad record begins.
	File   string
	Offset int64
	// Reason is what does not check.
	Reason string
}

// Error names file and offset.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("journal: %s is corrupt at offset %d: %s", e.File, e.Offset, e.Reason)
}

// encode writes one record.
func encode(number uint64, rec record) ([]byte, error) {
	body, err := json.Marshal(rec)
	if err != nil {
		return nil, fmt.Errorf("encoding a record: %w", err)
	}
	if len(body) > MaxRecordBytes {
		return nil, fmt.Errorf("%w: record of %d bytes", ErrTooLarge, len(body))
	}
	frame := make([]byte, headerBytes, headerBytes+len(body))
	binary.LittleEndian.PutUint32(frame[0:], uint32(len(body)))
	binary.LittleEndian.PutUint64(frame[8:], number)
	frame = append(frame, body...)
	binary.LittleEndian.PutUint32(frame[4:], checksum(frame))
	return frame, nil
}

func checksum(frame []byte) uint32 {
	sum := crc32.Update(0, castagnoli, frame[0:4])
	return crc32.Update(sum, castagnoli, frame[8:])
}

var (
	errPartial  = errors.New("the record ends before its length")
	errLength   = errors.New("the length is out of bounds")
	errChecksum = errors.New("the checksum does not match")
)

// cut takes the whole record at the start of data.
func cut(data []byte) (frame []byte, number uint64, err error) {
	if len(data) < headerBytes {
		return nil, 0, errPartial
	}
	length := binary.LittleEndian.Uint32(data)
	number = binary.LittleEndian.Uint64(data[8:])
	if length < 2 || length > MaxRecordBytes {
		return nil, number, errLength
	}
	if uint64(len(data)) < headerBytes+uint64(length) {
		return nil, number, errPartial
	}
	frame = data[:headerBytes+int(length)]
	if binary.LittleEndian.Uint32(frame[4:]) != checksum(frame) {
		return nil, number, errChecksum
	}
	return frame, number, nil
}

// alive reports whether a good record of a number near want begins anywhere
// in data: then what came before is damage, not a torn tail.
func alive(data []byte, want uint64) bool {
	for i := 0; i+headerBytes <= len(data); i++ {
		number := binary.LittleEndian.Uint64(data[i+8:])
		if number < want || number > want+resyncAhead {
			continue
		}
		if _, _, err := cut(data[i:]); err == nil {
			return true
		}
	}
	return false
}

// readRecord reads one record back.
func readRecord(d Disk, name string, offset, end int64) (record, error) {
	head := make([]byte, headerBytes)
	if err := d.ReadAt(name, head, offset); err != nil {
		return record{}, fmt.Errorf("reading %s: %w", name, err)
	}
	length := int64(binary.LittleEndian.Uint32(head))
	if length > MaxRecordBytes || offset+headerBytes+length > end {
		return record{}, &CorruptError{name, offset, errLength.Error()}
	}
	data := make([]byte, headerBytes+length)
	if err := d.ReadAt(name, data, offset); err != nil {
		return record{}, fmt.Errorf("reading %s: %w", name, err)
	}
	frame, _, err := cut(data)
	if err != nil {
		return record{}, &CorruptError{name, offset, err.Error()}
	}
	return decode(name, offset, frame)
}

func decode(name string, offset int64, frame []byte) (record, error) {
	var rec record
	if err := json.Unmarshal(frame[headerBytes:], &rec); err != nil {
		return rec, &CorruptError{name, offset, "the body is not a record: " + err.Error()}
	}
	return rec, nil
}

func segmentName(number uint64) string { return fmt.Sprintf("%016d%s", number, segmentSuffix) }

const (
	segmentSuffix = ".seg"
	newSuffix     = ".new"
)

// segmentNumber reads a segment's number off its name.
func segmentNumber(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok {
		return 0, false
	}
	var n uint64
	if _, err := fmt.Sscanf(digits, "%d", &n); err != nil || segmentName(n) != name {
		return 0, false
	}
	return n, true
}
