package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"forecourt/hub/internal/platform/mysql"
)

// Segment is a piece of the log: its name, and what its events need to be read.
type Segment struct {
	SegmentName
	// Format is the event that describes the format of the others, as it came;
	// empty if there was none.
	Format []byte
}

const (
	// maxSegmentHead bounds the first line of a segment, which has 1,000 bytes.
	maxSegmentHead = 64 << 10
	// maxFormatBytes bounds the description of the events' format; it has 250.
	maxFormatBytes = 16 << 10
	// maxSegmentStored bounds a sealed segment. What does not compress grows by
	// far less than the difference.
	maxSegmentStored = MaxSegmentBytes + 8<<20
)

// segmentHead is the signed first line of a segment; its body comes after it.
// The key is in it, so that a segment under another name is found.
type segmentHead struct {
	Format      int    `json:"format"`
	Key         string `json:"key"`
	Description []byte `json:"description,omitempty"`
	Events      int    `json:"events"`
	BodyBytes   int    `json:"body_bytes"`
	BodySHA256  string `json:"body_sha256"`
}

// signedSegment is the first line.
type signedSegment struct {
	Segment   json.RawMessage `json:"segment"`
	Signature string          `json:"signature"`
}

// EncodeSegment is a segment as it is stored. Encoding the same twice gives
// different bytes. It refuses what OpenSegment would: above all events that
// are not in the log's order or not within the stretch that the name says.
func (s Signer) EncodeSegment(seg Segment, events []mysql.LogEvent, to Recipients) ([]byte, error) {
	body, err := frame(events)
	if err == nil {
		err = seg.check(events)
	}
	if err != nil {
		return nil, fmt.Errorf("encoding segment %d of %.40q: %w", seg.Seq, seg.Timeline, err)
	}
	head, err := s.segmentHead(seg, len(events), body)
	if err != nil {
		return nil, err
	}
	var stored bytes.Buffer
	if err := pack(&stored, to, head, body); err != nil {
		return nil, fmt.Errorf("encoding segment %d of %s: %w", seg.Seq, seg.Timeline, err)
	}
	return stored.Bytes(), nil
}

// segmentHead is the signed first line with its end.
func (s Signer) segmentHead(seg Segment, events int, body []byte) ([]byte, error) {
	sum := sha256.Sum256(body)
	text, err := json.Marshal(segmentHead{
		Format: Format, Key: seg.Key(), Description: seg.Format, Events: events,
		BodyBytes: len(body), BodySHA256: hex.EncodeToString(sum[:]),
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the head of a segment: %w", err)
	}
	signature, err := s.sign(segmentContext, text)
	if err != nil {
		return nil, err
	}
	line, err := json.Marshal(signedSegment{Segment: text, Signature: signature})
	if err != nil {
		return nil, fmt.Errorf("encoding the head of a segment: %w", err)
	}
	return append(line, '\n'), nil
}

// pack compresses and seals.
func pack(w io.Writer, to Recipients, head, body []byte) error {
	sealed, err := to.seal(w)
	if err != nil {
		return err
	}
	zip, err := compressor(sealed)
	if err != nil {
		return err
	}
	for _, b := range [][]byte{head, body} {
		if _, err := zip.Write(b); err != nil {
			return fmt.Errorf("compressing: %w", err)
		}
	}
	if err := zip.Close(); err != nil {
		return fmt.Errorf("compressing: %w", err)
	}
	if err := sealed.Close(); err != nil {
		return fmt.Errorf("sealing: %w", err)
	}
	return nil
}

// OpenSegment opens a segment as it was stored and checks all of it. The errors
// are ErrWrongKey, ErrFormat, ErrSignature, ErrTooLarge, and ErrDamaged for
// anything else that is not what EncodeSegment wrote. The caller compares its
// Key with the one that it was found under: they are the same, or somebody put
// it there.
func OpenSegment(stored []byte, ids Identities, key PublicKey) (Segment, []mysql.LogEvent, error) {
	if len(stored) > maxSegmentStored {
		return Segment{}, nil, fmt.Errorf("%w: a segment of %d bytes", ErrTooLarge, len(stored))
	}
	zipped, err := ids.unseal(bytes.NewReader(stored))
	if errors.Is(err, ErrWrongKey) {
		return Segment{}, nil, fmt.Errorf("a segment of the log: %w", err)
	}
	if err != nil {
		return Segment{}, nil, fmt.Errorf("%w: a segment of the log: %w", ErrDamaged, err)
	}
	seg, events, err := openUnsealed(zipped, key)
	if err != nil {
		return Segment{}, nil, err
	}
	seg.Bytes = int64(len(stored))
	return seg, events, nil
}

// openUnsealed opens what was sealed.
func openUnsealed(zipped io.Reader, key PublicKey) (Segment, []mysql.LogEvent, error) {
	line, body, err := unpack(zipped)
	if err != nil {
		return Segment{}, nil, err
	}
	head, err := key.openHead(line, body)
	if err != nil {
		return Segment{}, nil, err
	}
	name, ok := ParseSegmentName(head.Key)
	if !ok {
		return Segment{}, nil, fmt.Errorf("%w: a segment called %.200q", ErrDamaged, head.Key)
	}
	seg := Segment{SegmentName: name, Format: head.Description}
	events, err := unframe(body)
	if err == nil && len(events) != head.Events {
		err = fmt.Errorf("it has %d events and should have %d", len(events), head.Events)
	}
	if err == nil {
		err = seg.check(events)
	}
	if err != nil {
		return Segment{}, nil, fmt.Errorf("%w: segment %s: %w", ErrDamaged, head.Key, err)
	}
	return seg, events, nil
}

// unpack decompresses, and parts the first line from the rest.
func unpack(zipped io.Reader) (line, body []byte, err error) {
	zip, err := decompressor(zipped)
	if err != nil {
		return nil, nil, err
	}
	defer zip.Close()
	clear, err := io.ReadAll(io.LimitReader(zip, MaxSegmentBytes+maxSegmentHead+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: a segment of the log: %w", ErrDamaged, err)
	}
	if len(clear) > MaxSegmentBytes+maxSegmentHead {
		return nil, nil, fmt.Errorf("%w: a segment of the log", ErrTooLarge)
	}
	end := bytes.IndexByte(clear, '\n')
	if end < 0 || end > maxSegmentHead {
		return nil, nil, fmt.Errorf("%w: a segment of the log without a first line", ErrDamaged)
	}
	return clear[:end], clear[end+1:], nil
}

// openHead reads and checks the first line, and that the body is its own.
func (k PublicKey) openHead(line, body []byte) (segmentHead, error) {
	var signed signedSegment
	var head segmentHead
	if err := json.Unmarshal(line, &signed); err != nil {
		return head, fmt.Errorf("%w: the first line of a segment is no JSON: %w", ErrDamaged, err)
	}
	if err := json.Unmarshal(signed.Segment, &head); err != nil {
		return head, fmt.Errorf("%w: the first line of a segment has other fields: %w", ErrDamaged, err)
	}
	if head.Format > Format {
		return head, fmt.Errorf("%w: segment format %d, at most %d", ErrFormat, head.Format, Format)
	}
	if err := k.check(segmentContext, signed.Segment, signed.Signature); err != nil {
		return head, fmt.Errorf("segment %.200q: %w", head.Key, err)
	}
	sum := sha256.Sum256(body)
	if head.Format != Format || head.BodyBytes != len(body) || head.BodySHA256 != hex.EncodeToString(sum[:]) {
		return head, fmt.Errorf("%w: the events of segment %.200q are not its own", ErrDamaged, head.Key)
	}
	return head, nil
}

// check checks the name, and that the events are in the log's order and within
// it. Between two there may be others that nobody needs.
func (seg Segment) check(events []mysql.LogEvent) error {
	if err := seg.SegmentName.check(); err != nil {
		return err
	}
	if len(seg.Format) > maxFormatBytes {
		return fmt.Errorf("%w: a description of %d bytes", ErrTooLarge, len(seg.Format))
	}
	at := seg.From
	for i, e := range events {
		if (mysql.Position{File: e.File, At: e.From}).Compare(at) < 0 {
			return fmt.Errorf("event %d of it is of before %s", i+1, at)
		}
		at = e.Position()
	}
	if at.Compare(seg.To) > 0 {
		return fmt.Errorf("its events end at %s, beyond %s", at, seg.To)
	}
	return nil
}
