package archive_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/mysql"
)

// tableText is what compresses as the rows of a table do, about 3 to 1.
func tableText(n int) []byte {
	var b bytes.Buffer
	random := noise(n)
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "(%d,'01J000%x','nozzle-%02d',%d,%d,'2026-03-29 04:00:00.000','settled'),", i, random[i*4:i*4+4], i%24, i*37%9000, i*791%60000)
	}
	return b.Bytes()[:n]
}

func BenchmarkComponent(b *testing.B) {
	ids, public := keyPair(b, 1)
	for name, data := range map[string][]byte{"rows": tableText(32 << 20), "encrypted": noise(32 << 20)} {
		s := newShelf()
		c := write(b, s, "database", data, archive.PartBytes, public)
		b.Run("write "+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				write(b, newShelf(), "database", data, archive.PartBytes, public)
			}
			b.ReportMetric(float64(c.Bytes)/float64(c.Stored()), "x")
		})
		b.Run("read "+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				r, err := archive.NewReader(c, ids, s.get)
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, r); err != nil || n != c.Bytes {
					b.Fatal(n, err)
				}
				_ = r.Close()
			}
		})
	}
}

// BenchmarkSegment is a second of a busy station: 40 events of 400 bytes.
func BenchmarkSegment(b *testing.B) {
	ids, public := keyPair(b, 1)
	seg := archive.Segment{SegmentName: archive.SegmentName{
		Timeline: ulidA, Seq: 1, Through: 1, From: mysql.Position{File: "binlog.000001", At: 4},
		To: mysql.Position{File: "binlog.000001", At: 1 << 20}, First: time.Unix(0, 0), Last: time.Unix(0, 0),
	}}
	var events []mysql.LogEvent
	text := tableText(1 << 16)
	for i := range 40 {
		at := uint64(4 + i*400)
		events = append(events, mysql.LogEvent{File: "binlog.000001", From: at, To: at + 400, Raw: text[at : at+400]})
	}
	stored := encodeSegment(b, seg, events, public)
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			encodeSegment(b, seg, events, public)
		}
		b.ReportMetric(float64(len(stored)), "B/segment")
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := archive.OpenSegment(stored, ids, signer(1).Public()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
