package mark_test

import (
	"testing"

	"forecourt/hub/bench/internal/mark"
)

func TestMarksAreFoundHoweverTheStreamIsCut(t *testing.T) {
	var stream []byte
	for seq := uint64(1); seq <= 20; seq++ {
		stream = append(stream, `{"d":"`...)
		stream = append(stream, mark.Payload(nil, 60, seq, 1_700_000_000_000_000_000+int64(seq))...)
		stream = append(stream, "\"}\n"...)
	}
	for step := 1; step <= len(stream); step++ {
		var s mark.Scanner
		var next uint64 = 1
		for from := 0; from < len(stream); from += step {
			s.Scan(stream[from:min(from+step, len(stream))], func(seq uint64, at int64) {
				if seq != next || at != 1_700_000_000_000_000_000+int64(seq) {
					t.Fatalf("cut every %d bytes: mark %d at %d, want %d", step, seq, at, next)
				}
				next++
			})
		}
		if next != 21 {
			t.Fatalf("cut every %d bytes: %d marks found of 20", step, next-1)
		}
	}
}
