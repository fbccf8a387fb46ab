package archive_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/mysql"
)

// logEvents are some of two files of the log, with a hole between them.
func logEvents() []mysql.LogEvent {
	at := time.Date(2026, 3, 29, 4, 0, 7, 0, time.UTC)
	return []mysql.LogEvent{
		{File: "binlog.000012", From: 4711, To: 4711, At: at, Kind: 15, Raw: []byte("the format")},
		{File: "binlog.000012", From: 4711, To: 4753, At: at, Begins: true, Kind: 162, Raw: []byte("it begins")},
		{File: "binlog.000012", From: 4900, To: 5000, At: at.Add(time.Second), Kind: 30, Raw: noise(100)},
		{File: "binlog.000013", From: 4, To: 256, At: at.Add(time.Hour), Kind: 15, Raw: nil},
	}
}

func segment() archive.Segment {
	return archive.Segment{
		SegmentName: archive.SegmentName{
			Timeline: ulidA, Seq: 7, Through: 9,
			From: mysql.Position{File: "binlog.000012", At: 4711}, To: mysql.Position{File: "binlog.000013", At: 256},
			First: time.Date(2026, 3, 29, 4, 0, 7, 123_000_000, time.UTC), Last: time.Date(2026, 3, 29, 4, 0, 8, 0, time.UTC),
		},
		Format: []byte("how they are to be read"),
	}
}

func encodeSegment(t testing.TB, seg archive.Segment, events []mysql.LogEvent, public string) []byte {
	t.Helper()
	stored, err := signer(1).EncodeSegment(seg, events, recipients(t, public))
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// asOpened is a segment as OpenSegment gives it back.
func asOpened(seg archive.Segment, stored []byte) archive.Segment {
	seg.Bytes = int64(len(stored))
	return seg
}

// sameEvents compares, an event without bytes being like one with none.
func sameEvents(a, b []mysql.LogEvent) string {
	return cmp.Diff(a, b, cmp.Transformer("text", func(b []byte) string { return string(b) }))
}

func TestASegmentComesBackWhole(t *testing.T) {
	ids, public := keyPair(t, 1)
	stored := encodeSegment(t, segment(), logEvents(), public)
	seg, events, err := archive.OpenSegment(stored, ids, signer(1).Public())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asOpened(segment(), stored), seg) + sameEvents(logEvents(), events); diff != "" {
		t.Error(diff)
	}
	if seg.Key() != segment().Key() {
		t.Errorf("its key is %s, was %s", seg.Key(), segment().Key())
	}
	if bytes.Contains(stored, []byte("it begins")) || bytes.Contains(stored, []byte(ulidA)) {
		t.Error("it lies there in clear")
	}
	empty := segment()
	empty.Format, empty.To = nil, empty.From
	stored = encodeSegment(t, empty, nil, public)
	seg, events, err = archive.OpenSegment(stored, ids, signer(1).Public())
	if diff := cmp.Diff(asOpened(empty, stored), seg); err != nil || diff != "" || len(events) != 0 {
		t.Errorf("one without events: %d events, %v: %s", len(events), err, diff)
	}
}

func TestAnyEventsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var events []mysql.LogEvent
		at := uint64(4)
		for range rapid.IntRange(0, 20).Draw(t, "events") {
			from := at + rapid.Uint64Range(0, 1000).Draw(t, "hole")
			at = from + rapid.Uint64Range(0, 1<<40).Draw(t, "size")
			events = append(events, mysql.LogEvent{
				File: "mysql-bin.0000001", From: from, To: at, At: time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "second"), 0).UTC(),
				Begins: rapid.Bool().Draw(t, "begins"), Kind: rapid.Byte().Draw(t, "kind"), Raw: rapid.SliceOf(rapid.Byte()).Draw(t, "raw"),
			})
		}
		body, err := archive.Frame(events)
		if err != nil {
			t.Fatal(err)
		}
		got, err := archive.Unframe(body)
		if diff := sameEvents(events, got); err != nil || diff != "" {
			t.Fatalf("%v: %s", err, diff)
		}
	})
}

// Files written once are read for ever: this one by the first hub that had
// segments.
func TestAnOldSegmentIsRead(t *testing.T) {
	golden := filepath.Join("testdata", "segment.zst.age")
	ids, public := keyPair(t, 1)
	if *update {
		stored := encodeSegment(t, segment(), logEvents(), public)
		if err := os.WriteFile(golden, stored, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	seg, events, err := archive.OpenSegment(stored, ids, signer(1).Public())
	if diff := cmp.Diff(asOpened(segment(), stored), seg) + sameEvents(logEvents(), events); err != nil || diff != "" {
		t.Errorf("%v: %s", err, diff)
	}
}

func TestEveryAlteredByteOfASegmentIsFound(t *testing.T) {
	ids, public := keyPair(t, 1)
	stored := encodeSegment(t, segment(), logEvents(), public)
	refused := func(what string, i int, bad []byte) {
		t.Helper()
		if seg, _, err := archive.OpenSegment(bad, ids, signer(1).Public()); !errors.Is(err, archive.ErrDamaged) && !errors.Is(err, archive.ErrWrongKey) {
			t.Fatalf("%s %d: %+v, %v", what, i, seg, err)
		}
	}
	for i := range stored {
		bad := bytes.Clone(stored)
		bad[i] ^= 1 << (i % 8)
		refused("byte", i, bad)
		refused("cut at", i, stored[:i])
	}
	refused("longer by", 1, append(bytes.Clone(stored), 0))
	refused("twice", 2, append(bytes.Clone(stored), stored...))
}

func TestASegmentOfAnotherKey(t *testing.T) {
	ids, public := keyPair(t, 1)
	stranger, _ := keyPair(t, 2)
	stored := encodeSegment(t, segment(), logEvents(), public)
	if _, _, err := archive.OpenSegment(stored, stranger, signer(1).Public()); !errors.Is(err, archive.ErrWrongKey) {
		t.Errorf("a stranger's key: %v", err)
	}
	for name, key := range map[string]archive.PublicKey{"another hub's": signer(2).Public(), "none": {}} {
		if _, _, err := archive.OpenSegment(stored, ids, key); !errors.Is(err, archive.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (archive.Signer{}).EncodeSegment(segment(), logEvents(), recipients(t, public)); !errors.Is(err, archive.ErrSignature) {
		t.Errorf("signed without a key: %v", err)
	}
	if _, err := signer(1).EncodeSegment(segment(), logEvents(), archive.Recipients{}); err == nil {
		t.Error("sealed to nobody")
	}
}

func TestSegmentsThatMakeNoSense(t *testing.T) {
	_, public := keyPair(t, 1)
	for name, harm := range map[string]func(*archive.Segment, *[]mysql.LogEvent){
		"no timeline":       func(s *archive.Segment, _ *[]mysql.LogEvent) { s.Timeline = "" },
		"no number":         func(s *archive.Segment, _ *[]mysql.LogEvent) { s.Seq = 0 },
		"too high a number": func(s *archive.Segment, _ *[]mysql.LogEvent) { s.Through = 1_000_000_000_000 },
		"numbers backwards": func(s *archive.Segment, _ *[]mysql.LogEvent) { s.Through = 6 },
		"no time":           func(s *archive.Segment, _ *[]mysql.LogEvent) { s.First = time.Time{} },
		"a time too far":    func(s *archive.Segment, _ *[]mysql.LogEvent) { s.Last = s.Last.AddDate(9000, 0, 0) },
		"a file with parts": func(s *archive.Segment, _ *[]mysql.LogEvent) { s.From.File = "bin_log.000012" },
		"a long format":     func(s *archive.Segment, _ *[]mysql.LogEvent) { s.Format = make([]byte, 1<<15) },
		"no place":          func(s *archive.Segment, _ *[]mysql.LogEvent) { s.To = mysql.Position{} },
		"an end before it":  func(s *archive.Segment, _ *[]mysql.LogEvent) { s.From, s.To = s.To, s.From },
		"events before it":  func(s *archive.Segment, _ *[]mysql.LogEvent) { s.From.At++ },
		"events beyond it":  func(s *archive.Segment, _ *[]mysql.LogEvent) { s.To.At-- },
		"another order":     func(_ *archive.Segment, e *[]mysql.LogEvent) { (*e)[1], (*e)[2] = (*e)[2], (*e)[1] },
		"an event twice":    func(_ *archive.Segment, e *[]mysql.LogEvent) { (*e)[0] = (*e)[1] },
		"an inverted event": func(_ *archive.Segment, e *[]mysql.LogEvent) { (*e)[2].To = 1 },
		"a file of no log":  func(_ *archive.Segment, e *[]mysql.LogEvent) { (*e)[0].File = "passwd" },
		"a long file":       func(_ *archive.Segment, e *[]mysql.LogEvent) { (*e)[0].File = strings.Repeat("b", 300) + ".1" },
	} {
		seg, events := segment(), logEvents()
		harm(&seg, &events)
		if _, err := signer(1).EncodeSegment(seg, events, recipients(t, public)); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	at := segment().From
	large := mysql.LogEvent{File: at.File, From: at.At, To: at.At, Raw: make([]byte, archive.MaxEventBytes+1)}
	most := large
	most.Raw = large.Raw[1:]
	for what, events := range map[string][]mysql.LogEvent{"a large event": {large}, "a large segment": {most, most}} {
		if _, err := signer(1).EncodeSegment(segment(), events, recipients(t, public)); !errors.Is(err, archive.ErrTooLarge) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// madeUp seals a segment with a head of one's own, signed by the hub.
func madeUp(t testing.TB, head map[string]any, body []byte, public string) []byte {
	t.Helper()
	text, err := json.Marshal(head)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer(1).SignSegment(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var stored bytes.Buffer
	if err := archive.Pack(&stored, recipients(t, public), fmt.Appendf(nil, "{\"segment\":%s,\"signature\":%q}\n", text, signature), body); err != nil {
		t.Fatal(err)
	}
	return stored.Bytes()
}

func TestANewerSegmentIsRefused(t *testing.T) {
	ids, public := keyPair(t, 1)
	if _, _, err := archive.OpenSegment(madeUp(t, map[string]any{"format": 2}, nil, public), ids, signer(1).Public()); !errors.Is(err, archive.ErrFormat) {
		t.Errorf("%v", err)
	}
	sum := sha256.Sum256(nil)
	head := func(key string, events int) map[string]any {
		return map[string]any{"format": 1, "key": key, "events": events, "body_sha256": hex.EncodeToString(sum[:])}
	}
	if _, _, err := archive.OpenSegment(madeUp(t, head(segment().Key(), 0), nil, public), ids, signer(1).Public()); err != nil {
		t.Errorf("one as it should be: %v", err)
	}
	for name, head := range map[string]map[string]any{
		"without anything": {}, "of no format": {"format": 0, "key": segment().Key()}, "of other fields": {"format": 1, "key": 7},
		"of another key": head("log/../x", 0), "with fewer events": head(segment().Key(), 1),
	} {
		if _, _, err := archive.OpenSegment(madeUp(t, head, nil, public), ids, signer(1).Public()); !errors.Is(err, archive.ErrDamaged) {
			t.Errorf("one %s: %v", name, err)
		}
	}
	if _, _, err := archive.OpenSegment(madeUp(t, head(segment().Key(), 0), []byte("more"), public), ids, signer(1).Public()); !errors.Is(err, archive.ErrDamaged) {
		t.Errorf("one with another's events: %v", err)
	}
}

// What unpacks to more than a segment may have is refused, not read.
func TestASegmentThatUnpacksToTooMuch(t *testing.T) {
	ids, public := keyPair(t, 1)
	var stored bytes.Buffer
	if err := archive.Pack(&stored, recipients(t, public), []byte("{}\n"), make([]byte, archive.MaxSegmentBytes+1<<20)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := archive.OpenSegment(stored.Bytes(), ids, signer(1).Public()); !errors.Is(err, archive.ErrTooLarge) {
		t.Errorf("%v of %d bytes", err, stored.Len())
	}
	var long bytes.Buffer
	if err := archive.Pack(&long, recipients(t, public), bytes.Repeat([]byte{' '}, 1<<17), nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := archive.OpenSegment(long.Bytes(), ids, signer(1).Public()); !errors.Is(err, archive.ErrDamaged) {
		t.Errorf("%v", err)
	}
}

func FuzzOpenSegment(f *testing.F) {
	ids, public := keyPair(f, 1)
	f.Add(encodeSegment(f, segment(), logEvents(), public))
	f.Add([]byte("age-encryption.org/v1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if seg, _, err := archive.OpenSegment(b, ids, signer(2).Public()); err == nil {
			t.Fatalf("nobody signed %+v", seg)
		}
	})
}

// FuzzOpenUnsealed reads what whoever knows the public key could seal for the
// hub to read.
func FuzzOpenUnsealed(f *testing.F) {
	zip, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add(zip.EncodeAll([]byte("{\"segment\":{\"format\":1},\"signature\":\"\"}\n"), nil))
	f.Add(zip.EncodeAll(make([]byte, 1<<20), nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if seg, _, err := archive.OpenUnsealed(bytes.NewReader(b), signer(2).Public()); err == nil {
			t.Fatalf("nobody signed %+v", seg)
		}
	})
}

func FuzzEvents(f *testing.F) {
	body, err := archive.Frame(logEvents())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add(body[:len(body)-1])
	f.Add(binary.BigEndian.AppendUint32(nil, 1<<32-1))
	f.Fuzz(func(t *testing.T, b []byte) {
		events, err := archive.Unframe(b)
		if err != nil {
			return
		}
		again, err := archive.Frame(events)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%d events are written as %x, read of %x: %v", len(events), again, b, err)
		}
	})
}
