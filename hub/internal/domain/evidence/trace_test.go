package evidence

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// columnBytes is the width of sale_trace.points.
const columnBytes = 900

func TestC005EveryTraceIsReadAsItWasStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []wire.TracePoint
		last := wire.TracePoint{AfterMS: -1}
		for range rapid.IntRange(0, wire.MaxTrace).Draw(t, "points") {
			last.AfterMS += rapid.Int64Range(1, maxTraceMS/wire.MaxTrace).Draw(t, "ms")
			last.Volume += unit.Millilitre(rapid.Int64Range(0, unit.Max/wire.MaxTrace).Draw(t, "ml"))
			points = append(points, last)
		}
		if err := CheckTrace(points); err != nil {
			t.Fatal(err)
		}
		packed := packTrace(points)
		got, err := unpackTrace(packed)
		if err != nil || !slices.Equal(got, points) || len(packed) > columnBytes {
			t.Fatalf("%d bytes became %v, %v", len(packed), got, err)
		}
	})
}

func TestC005WhatIsNoTraceIsRefused(t *testing.T) {
	long := make([]wire.TracePoint, wire.MaxTrace+1)
	for i := range long {
		long[i].AfterMS = int64(i)
	}
	for name, points := range map[string][]wire.TracePoint{
		"too many":          long,
		"before the start":  {{AfterMS: -1}},
		"after a day":       {{AfterMS: maxTraceMS + 1}},
		"the same moment":   {{AfterMS: 5}, {AfterMS: 5}},
		"back in time":      {{AfterMS: 5}, {AfterMS: 4}},
		"falling":           {{AfterMS: 5, Volume: 10}, {AfterMS: 6, Volume: 9}},
		"less than nothing": {{Volume: -1}},
		"out of range":      {{Volume: unit.Max + 1}},
	} {
		if err := CheckTrace(points); !errors.Is(err, ErrTrace) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, points := range [][]wire.TracePoint{nil, {{}}, long[:wire.MaxTrace], {{AfterMS: maxTraceMS, Volume: unit.Max}}} {
		if err := CheckTrace(points); err != nil {
			t.Errorf("%d points: %v", len(points), err)
		}
	}
}

func TestStoredTraceThatWasChangedIsRefused(t *testing.T) {
	packed := packTrace([]wire.TracePoint{{Volume: 100}, {AfterMS: 200, Volume: 300}})
	for name, bad := range map[string][]byte{
		"another form":      append([]byte{2}, packed[1:]...),
		"cut":               packed[:len(packed)-1],
		"longer":            append(slices.Clone(packed), 0),
		"no points":         {traceForm, 0},
		"too many points":   {traceForm, wire.MaxTrace + 1},
		"only the form":     {traceForm},
		"a long number":     {traceForm, 1, 0x80, 0x00, 0},
		"a number too long": append([]byte{traceForm, 1}, bytes.Repeat([]byte{0xff}, 12)...),
	} {
		if points, err := unpackTrace(bad); !errors.Is(err, ErrTrace) {
			t.Errorf("%s: %v, %v", name, points, err)
		}
	}
}

func TestC005TheDigestIsOfTheCanonicalForm(t *testing.T) {
	// printf '0 100\n200 300\n' | sha256sum
	got := TraceDigest([]wire.TracePoint{{Volume: 100}, {AfterMS: 200, Volume: 300}})
	if want := "5e18273d437d577a455a238e6754ee87405ddf74420e6963cebacfef8a13cef1"; got != want {
		t.Errorf("%s", got)
	}
}

func FuzzTrace(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{traceForm, 0})
	f.Add(packTrace([]wire.TracePoint{{Volume: 100}, {AfterMS: 200, Volume: 300}}))
	f.Add(packTrace([]wire.TracePoint{{AfterMS: maxTraceMS, Volume: unit.Max}}))
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, packed []byte) {
		points, err := unpackTrace(packed)
		if err != nil {
			if !errors.Is(err, ErrTrace) {
				t.Fatal(err)
			}
			return
		}
		if err := CheckTrace(points); err != nil {
			t.Fatal(err)
		}
		if again := packTrace(points); !bytes.Equal(again, packed) {
			t.Fatalf("%x was read and is written %x", packed, again)
		}
	})
}
