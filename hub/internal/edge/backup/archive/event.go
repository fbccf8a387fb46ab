package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"forecourt/hub/internal/platform/mysql"
)

// An event in a segment, numbers big-endian:
//
//	length of the file's name 1 | file | from 8 | to 8 | second 8 | begins 1 | kind 1 | the event's own bytes
//
// In the body of a segment each stands behind its length in 4 bytes.
const (
	eventFixedBytes = 1 + 8 + 8 + 8 + 1 + 1
	frameBytes      = 4
)

// errEvent says that bytes are not of an event.
var errEvent = errors.New("an event that is none")

// appendEvent appends an event. The name of its file has less than 256 letters.
func appendEvent(b []byte, e mysql.LogEvent) []byte {
	b = append(b, byte(len(e.File)))
	b = append(b, e.File...)
	b = binary.BigEndian.AppendUint64(b, e.From)
	b = binary.BigEndian.AppendUint64(b, e.To)
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.Unix()))
	begins := byte(0)
	if e.Begins {
		begins = 1
	}
	return append(append(b, begins, e.Kind), e.Raw...)
}

// decodeEvent reads what appendEvent wrote. Raw is a part of b.
func decodeEvent(b []byte) (mysql.LogEvent, error) {
	if len(b) < eventFixedBytes || len(b) < eventFixedBytes+int(b[0]) {
		return mysql.LogEvent{}, errEvent
	}
	file, rest := string(b[1:1+b[0]]), b[1+b[0]:]
	e := mysql.LogEvent{
		File: file,
		From: binary.BigEndian.Uint64(rest), To: binary.BigEndian.Uint64(rest[8:]),
		At:     time.Unix(int64(binary.BigEndian.Uint64(rest[16:])), 0).UTC(),
		Begins: rest[24] == 1, Kind: rest[25], Raw: rest[26:],
	}
	switch {
	case !logFile.MatchString(file) || e.From > e.To || rest[24] > 1:
		return mysql.LogEvent{}, errEvent
	case len(e.Raw) > MaxEventBytes:
		return mysql.LogEvent{}, fmt.Errorf("%w: an event of %d bytes", ErrTooLarge, len(e.Raw))
	}
	return e, nil
}

// frame puts events behind each other.
func frame(events []mysql.LogEvent) ([]byte, error) {
	total := 0
	for _, e := range events {
		switch {
		case !isPosition(e.Position()) || e.From > e.To:
			return nil, errEvent
		case len(e.Raw) > MaxEventBytes:
			return nil, fmt.Errorf("%w: an event of %d bytes", ErrTooLarge, len(e.Raw))
		}
		total += frameBytes + eventBytes(e)
	}
	if total > MaxSegmentBytes {
		return nil, fmt.Errorf("%w: a segment of %d bytes", ErrTooLarge, total)
	}
	body := make([]byte, 0, total)
	for _, e := range events {
		body = binary.BigEndian.AppendUint32(body, uint32(eventBytes(e)))
		body = appendEvent(body, e)
	}
	return body, nil
}

// eventBytes is how many bytes appendEvent appends.
func eventBytes(e mysql.LogEvent) int { return eventFixedBytes + len(e.File) + len(e.Raw) }

// unframe reads what frame wrote, at most as many events as body can hold.
func unframe(body []byte) ([]mysql.LogEvent, error) {
	var events []mysql.LogEvent
	for len(body) > 0 {
		if len(body) < frameBytes {
			return nil, errEvent
		}
		size := int64(binary.BigEndian.Uint32(body))
		if body = body[frameBytes:]; size > int64(len(body)) {
			return nil, errEvent
		}
		e, err := decodeEvent(body[:size])
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", len(events)+1, err)
		}
		events, body = append(events, e), body[size:]
	}
	return events, nil
}
