package audit_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"forecourt/hub/internal/platform/audit"
)

// TestTheCanonicalFormIsFixed: rows sealed today are checked in ten years.
func TestTheCanonicalFormIsFixed(t *testing.T) {
	for full, want := range map[bool]string{
		false: "010000000000000102" + "0000019d0aa3cc7b" + "0000001030313233343536373839616263646566" +
			"ffffffff" + "ffffffff" + "ffffffff" + "000000057377656570" + "00000000" + "00000000" + "000000026f6b" + "00000000" + "ffffffff",
		true: "010000000000000102" + "0000019d0aa3cc7b" + "0000001030313233343536373839616263646566" +
			"0000001073746174696f6e2d2d2d2d2d2d2d2d2d" + "0000001073746166662d2d2d2d2d2d2d2d2d2d2d" + "000000106d656d6265722d2d2d2d2d2d2d2d2d2d" +
			"000000057377656570" + "0000000473616c65" + "0000000330314a" + "000000026f6b" + "00000006e58aa0e6b2b9" +
			"000000206469676573742d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d",
	} {
		if got := audit.Canonical(full); got != want {
			t.Errorf("canonical form\n got %s\nwant %s", got, want)
		}
	}
}

// TestTheTreeIsTheLibrarys: it grows by its right edge alone, and is the tree of
// RFC 6962 as golang.org/x/mod/sumdb/tlog has it.
func TestTheTreeIsTheLibrarys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(indexes))
			for i, index := range indexes {
				out[i] = stored[index]
			}
			return out, nil
		})
		var grown audit.Growing
		for n := range rapid.IntRange(0, 300).Draw(t, "rows") {
			leaf := tlog.RecordHash(fmt.Append(nil, n))
			want, err := tlog.StoredHashesForRecordHash(int64(n), leaf, reader)
			if err != nil {
				t.Fatal(err)
			}
			first, got := grown.Add(leaf)
			if first != int64(len(stored)) || !slices.Equal(got, want) {
				t.Fatalf("row %d stores %v from %d, want %v from %d", n, got, first, want, len(stored))
			}
			stored = append(stored, want...)
			if root, err := tlog.TreeHash(int64(n+1), reader); err != nil || grown.Root() != root {
				t.Fatalf("root of %d rows is %v, want %v (%v)", n+1, grown.Root(), root, err)
			}
		}
		if root, err := tlog.TreeHash(0, reader); len(stored) == 0 && (err != nil || grown.Root() != root) {
			t.Fatal("the empty tree has another root")
		}
	})
}

// TestCheckpointsAreSignedAndRead: what one key signs, another does not open.
func TestCheckpointsAreSignedAndRead(t *testing.T) {
	key, err := audit.NewKey([32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	other, err := audit.NewKey([32]byte{2})
	if err != nil {
		t.Fatal(err)
	}
	c := audit.Checkpoint{Size: 1234567, Root: tlog.RecordHash([]byte("x")), At: time.UnixMilli(1774000000123).UTC()}
	signed, err := key.Seal(c)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := key.Open(signed); err != nil || got != c {
		t.Errorf("read %+v (%v), want %+v", got, err, c)
	}
	if _, err := other.Open(signed); err == nil {
		t.Error("another key opened it")
	}
	for i := range signed {
		spoiled := slices.Clone(signed)
		spoiled[i] ^= 1
		if got, err := key.Open(spoiled); err == nil {
			t.Fatalf("with byte %d flipped it is %+v", i, got)
		}
	}
}
