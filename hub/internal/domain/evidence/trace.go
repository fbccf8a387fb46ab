package evidence

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// ErrTrace says that a trace is none: too long, or not rising.
var ErrTrace = errors.New("evidence: not a trace")

// maxTraceMS bounds the time of a point: a day, as wire.TracePoint says.
const maxTraceMS = 24 * 60 * 60 * 1000

// traceForm is the first byte of a stored trace: the form of what follows.
const traceForm = 1

// CheckTrace says what keeps points from being a trace: more than
// wire.MaxTrace, a time outside a day or that does not rise, a volume that
// falls or is out of range. The error is ErrTrace.
func CheckTrace(points []wire.TracePoint) error {
	if len(points) > wire.MaxTrace {
		return fmt.Errorf("%w: %d points", ErrTrace, len(points))
	}
	last := wire.TracePoint{AfterMS: -1}
	for i, p := range points {
		if p.AfterMS <= last.AfterMS || p.AfterMS > maxTraceMS {
			return fmt.Errorf("%w: point %d is at %d ms", ErrTrace, i, p.AfterMS)
		}
		if p.Volume < last.Volume || !unit.InRange(p.Volume) {
			return fmt.Errorf("%w: point %d has %d ml", ErrTrace, i, int64(p.Volume))
		}
		last = p
	}
	return nil
}

// packTrace is a sound trace as it is stored: a byte for the form, the number
// of points, and how far each is from the one before, in varints. No points are
// no bytes.
func packTrace(points []wire.TracePoint) []byte {
	if len(points) == 0 {
		return []byte{}
	}
	packed := binary.AppendUvarint([]byte{traceForm}, uint64(len(points)))
	var last wire.TracePoint
	for _, p := range points {
		packed = binary.AppendUvarint(packed, uint64(p.AfterMS-last.AfterMS))
		packed = binary.AppendUvarint(packed, uint64(p.Volume-last.Volume))
		last = p
	}
	return packed
}

// unpackTrace reads what packTrace wrote, and nothing else.
func unpackTrace(packed []byte) ([]wire.TracePoint, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	if packed[0] != traceForm {
		return nil, fmt.Errorf("%w: form %d", ErrTrace, packed[0])
	}
	rest := packed[1:]
	count, rest, err := number(rest)
	if err != nil || count == 0 || count > wire.MaxTrace {
		return nil, fmt.Errorf("%w: no number of points", ErrTrace)
	}
	points := make([]wire.TracePoint, count)
	var last wire.TracePoint
	for i := range points {
		var ms, ml int64
		if ms, rest, err = number(rest); err == nil {
			ml, rest, err = number(rest)
		}
		if err != nil {
			return nil, err
		}
		last = wire.TracePoint{AfterMS: last.AfterMS + ms, Volume: last.Volume + unit.Millilitre(ml)}
		points[i] = last
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%w: %d bytes behind it", ErrTrace, len(rest))
	}
	return points, CheckTrace(points)
}

// number reads a varint that is at most unit.Max, so that a trace of them
// cannot overflow, and is written in the shortest way.
func number(packed []byte) (n int64, rest []byte, err error) {
	u, size := binary.Uvarint(packed)
	if size <= 0 || u > unit.Max || size != len(binary.AppendUvarint(nil, u)) {
		return 0, nil, fmt.Errorf("%w: cut or out of range", ErrTrace)
	}
	return int64(u), packed[size:], nil
}

// TraceDigest is the SHA-256, in hexadecimal, of a trace in its canonical form:
// a line for each point, the milliseconds, a space, the millilitres, LF.
func TraceDigest(points []wire.TracePoint) string {
	var text []byte
	for _, p := range points {
		text = strconv.AppendInt(text, p.AfterMS, 10)
		text = append(text, ' ')
		text = strconv.AppendInt(text, int64(p.Volume), 10)
		text = append(text, '\n')
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
