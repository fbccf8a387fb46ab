package mysql

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"
)

// LogEvent is one event of a server's binary log as it comes over the wire: in
// clear whatever the server's disk holds, its checksum verified and included.
type LogEvent struct {
	// File and From..To are where it stands in the log. Both are where the next
	// event begins when it was not read at its own place: the description of
	// the format that comes first after each connection.
	File     string
	From, To uint64
	// At is when it happened by the server's clock, to the second.
	At time.Time
	// Begins says that a transaction begins with it: whoever stops replaying,
	// stops before such an event. Ends says that no transaction is open after
	// it: whoever follows on later, follows on from there.
	Begins, Ends bool
	// Kind is its type in the log's own numbers.
	Kind byte
	// Raw is all of it, header included.
	Raw []byte
}

// Position is where the log goes on after the event.
func (e LogEvent) Position() Position { return Position{File: e.File, At: e.To} }

// Layout of an event, the same since MySQL 5.0: time 4, type 1, server 4,
// size 4, end in the file 4, flags 2; then the body; then a checksum of 4.
const (
	eventHeaderBytes   = replication.EventHeaderSize
	eventKindAt        = 4
	eventSizeAt        = 9
	eventEndAt         = 13
	eventFlagsAt       = 17
	eventChecksumBytes = replication.BinlogChecksumLength
	// A rotation says where the next file begins, then its name.
	rotatePositionBytes = 8
	// checksumCRC32 in the description of the format says that every event has
	// a checksum. The byte stands before the description's own.
	checksumCRC32 = byte(replication.BINLOG_CHECKSUM_ALG_CRC32)
	// A transaction's first event has its number 8, its domain 4, then flags.
	gtidFlagsAt = 12
	// A statement's event has connection 4, seconds 4, length of the database's
	// name 1, error 2, length of settings 2; then settings, name, 0, statement.
	queryHeadBytes  = 13
	queryDatabaseAt = 8
	// flagInUse of a description is set while the file is written to and left
	// out of its checksum (log_event.h).
	flagInUse = replication.LOG_EVENT_BINLOG_IN_USE_F
)

// errEvent says that what came is not an event of a binary log.
var errEvent = errors.New("mysql: broken event of the binary log")

// LogHeader is what a file of the binary log begins with, before its events.
func LogHeader() []byte { return bytes.Clone(replication.BinLogFileHeader) }

// logReader makes LogEvents of what a server sends. It knows where it is in
// the log, and whether events have checksums.
type logReader struct {
	at        Position
	checksums bool
	// open says that a transaction has begun; alone that its statement ends it,
	// as one that changes the schema does.
	open, alone bool
}

// next takes one event. It answers false for one that says nothing to whoever
// keeps the log.
func (r *logReader) next(raw []byte) (LogEvent, bool, error) {
	if len(raw) < eventHeaderBytes || int(binary.LittleEndian.Uint32(raw[eventSizeAt:])) != len(raw) {
		return LogEvent{}, false, fmt.Errorf("%w after %s: it has %d bytes, not what it says", errEvent, r.at, len(raw))
	}
	kind := replication.EventType(raw[eventKindAt])
	body, err := r.verify(kind, raw)
	if err != nil {
		return LogEvent{}, false, err
	}
	if kind == replication.ROTATE_EVENT {
		return LogEvent{}, false, r.rotate(body)
	}
	e := LogEvent{
		File: r.at.File, At: time.Unix(int64(binary.LittleEndian.Uint32(raw)), 0).UTC(),
		Begins: kind == replication.MARIADB_GTID_EVENT, Kind: byte(kind), Raw: raw,
	}
	r.place(kind, &e)
	r.bound(kind, body)
	e.Ends = !r.open
	return e, kept(kind), nil
}

// bound notes where transactions begin and end.
func (r *logReader) bound(kind replication.EventType, body []byte) {
	switch kind {
	case replication.MARIADB_GTID_EVENT:
		r.open = true
		r.alone = len(body) > gtidFlagsAt && body[gtidFlagsAt]&replication.BINLOG_MARIADB_FL_STANDALONE != 0
	case replication.XID_EVENT, replication.XA_PREPARE_LOG_EVENT:
		r.open = false
	case replication.QUERY_EVENT:
		r.open = r.open && !r.alone && !closes(body)
	}
}

// closes reports whether the statement of an event ends a transaction. It is
// how one over tables without transactions ends.
func closes(body []byte) bool {
	if len(body) < queryHeadBytes {
		return false
	}
	database := int(body[queryDatabaseAt])
	settings := int(binary.LittleEndian.Uint16(body[queryHeadBytes-2:]))
	statement := body[min(len(body), queryHeadBytes+settings+database+1):]
	return string(statement) == "COMMIT" || string(statement) == "ROLLBACK"
}

// place finds out where the event stands. Servers from 11.4 on leave it out
// within a transaction; then it follows the event before it.
func (r *logReader) place(kind replication.EventType, e *LogEvent) {
	size := uint64(len(e.Raw))
	end := uint64(binary.LittleEndian.Uint32(e.Raw[eventEndAt:]))
	artificial := binary.LittleEndian.Uint16(e.Raw[eventFlagsAt:])&replication.LOG_EVENT_ARTIFICIAL_F != 0
	switch {
	case kind == replication.HEARTBEAT_EVENT, artificial, end == 0 && kind == replication.FORMAT_DESCRIPTION_EVENT:
		e.From, e.To = r.at.At, r.at.At // not of the log
		return
	case end < size:
		end = r.at.At + size
	}
	e.From, e.To = end-size, end
	r.at.At = end
}

// kept reports whether an event is needed to replay the log. What is left out
// speaks of the log's files (their order, where recovery begins, which
// transactions came before, how they are encrypted), of the connection, or
// repeats in words what the rows say.
func kept(kind replication.EventType) bool {
	switch kind {
	case replication.ROTATE_EVENT, replication.STOP_EVENT, replication.HEARTBEAT_EVENT,
		replication.MARIADB_BINLOG_CHECKPOINT_EVENT, replication.MARIADB_GTID_LIST_EVENT,
		replication.MARIADB_START_ENCRYPTION_EVENT, replication.MARIADB_ANNOTATE_ROWS_EVENT:
		return false
	}
	return true
}

// verify checks an event's checksum and answers its body without it.
func (r *logReader) verify(kind replication.EventType, raw []byte) ([]byte, error) {
	if kind == replication.FORMAT_DESCRIPTION_EVENT {
		if len(raw) < eventHeaderBytes+eventChecksumBytes+1 {
			return nil, fmt.Errorf("%w after %s: the format's description is cut", errEvent, r.at)
		}
		r.checksums = raw[len(raw)-eventChecksumBytes-1] == checksumCRC32
	}
	if !r.checksums {
		return raw[eventHeaderBytes:], nil
	}
	end := len(raw) - eventChecksumBytes
	if end < eventHeaderBytes {
		return nil, fmt.Errorf("%w after %s: too short for a checksum", errEvent, r.at)
	}
	if checksum(kind, raw[:end]) != binary.LittleEndian.Uint32(raw[end:]) {
		return nil, fmt.Errorf("%w after %s: its checksum is wrong", errEvent, r.at)
	}
	return raw[eventHeaderBytes:end], nil
}

func checksum(kind replication.EventType, event []byte) uint32 {
	flags := binary.LittleEndian.Uint16(event[eventFlagsAt:])
	if kind != replication.FORMAT_DESCRIPTION_EVENT || flags&flagInUse == 0 {
		return crc32.ChecksumIEEE(event)
	}
	closed := bytes.Clone(event)
	binary.LittleEndian.PutUint16(closed[eventFlagsAt:], flags&^flagInUse)
	return crc32.ChecksumIEEE(closed)
}

// rotate goes on to the file that a rotation names.
func (r *logReader) rotate(body []byte) error {
	if len(body) <= rotatePositionBytes {
		return fmt.Errorf("%w after %s: a rotation without a name", errEvent, r.at)
	}
	to := Position{File: string(body[rotatePositionBytes:]), At: binary.LittleEndian.Uint64(body)}
	if to.fileNumber() == 0 {
		return fmt.Errorf("%w after %s: a rotation to %q", errEvent, r.at, to.File)
	}
	r.at = to
	return nil
}
