package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var testID = id.Journal{1, 2, 3}

func testOptions() Options {
	return Options{NewID: func() id.Journal { return testID }}
}

func fact(n int) Fact {
	return Fact{
		Kind: wire.KindSaleEnded, At: time.UnixMilli(int64(1_700_000_000_000 + n)).UTC(),
		Body: json.RawMessage(fmt.Sprintf(`{"n":%d}`, n)),
	}
}

func open(t testing.TB, dir string, opt Options) *Journal {
	t.Helper()
	j, err := Open(dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func add(t testing.TB, j *Journal, b Batch) []Fact {
	t.Helper()
	facts, err := j.Append(b)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

func all(t testing.TB, j *Journal) []Fact {
	t.Helper()
	facts, err := j.Unacked(1, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

func TestAppendAndReopen(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, testOptions())
	add(t, j, Batch{Facts: []Fact{fact(1), fact(2)}, Save: map[string]json.RawMessage{"a": json.RawMessage(`1`)}})
	add(t, j, Batch{Save: map[string]json.RawMessage{"a": json.RawMessage(`2`), "b": json.RawMessage(`"x"`)}})
	add(t, j, Batch{Facts: []Fact{fact(3)}})
	want := all(t, j)
	if len(want) != 3 || want[2].Seq != 3 {
		t.Fatalf("facts are %+v", want)
	}
	if err := j.Acknowledge(2); err != nil {
		t.Fatal(err)
	}
	if at, ok := j.OldestUnacked(); !ok || !at.Equal(fact(3).At) {
		t.Errorf("the oldest unacknowledged fact is of %v %v", at, ok)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	j = open(t, dir, testOptions())
	if j.ID() != testID || j.Last() != 3 || j.Acked() != 2 {
		t.Errorf("reopened as %v last %d acked %d", j.ID(), j.Last(), j.Acked())
	}
	if diff := cmp.Diff(want, all(t, j)); diff != "" {
		t.Error(diff)
	}
	if v, _ := j.Local("a"); string(v) != "2" {
		t.Errorf("local a is %s", v)
	}
	if next := add(t, j, Batch{Facts: []Fact{fact(4)}}); next[0].Seq != 4 {
		t.Errorf("numbering went on at %d", next[0].Seq)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, testOptions())
	if _, err := Open(dir, testOptions()); !errors.Is(err, ErrLocked) {
		t.Errorf("a second open answered %v", err)
	}
}

func TestAcknowledgingWhatIsNotThere(t *testing.T) {
	j := open(t, t.TempDir(), testOptions())
	if err := j.Acknowledge(1); err == nil {
		t.Error("acknowledged a fact that was never written")
	}
}

// batches writes n batches and returns the file size after each.
func batches(t testing.TB, j *Journal, n int) (sizes []int64) {
	t.Helper()
	for i := range n {
		add(t, j, Batch{
			Facts: []Fact{fact(2 * i), fact(2*i + 1)},
			Save:  map[string]json.RawMessage{"n": json.RawMessage(fmt.Sprint(i + 1))},
		})
		sizes = append(sizes, j.Bytes())
	}
	return sizes
}

func TestC001TornTailAtEveryByte(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, testOptions())
	snapshot := j.Bytes()
	sizes := batches(t, j, 3)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	name := segmentName(1)
	whole, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	for cutAt := snapshot; cutAt <= int64(len(whole)); cutAt++ {
		for _, tail := range [][]byte{nil, make([]byte, 40), bytes.Repeat([]byte{0xFF}, 7)} {
			complete := 0
			for _, size := range sizes {
				if cutAt >= size {
					complete++
				}
			}
			checkTorn(t, append(bytes.Clone(whole[:cutAt]), tail...), complete)
		}
	}
}

// checkTorn opens a segment and expects exactly n whole batches, then that
// writing goes on.
func checkTorn(t *testing.T, content []byte, n int) {
	t.Helper()
	disk := newMemDisk()
	disk.files[segmentName(1)] = content
	j, err := OpenDisk(disk, testOptions())
	if err != nil {
		t.Fatalf("cut at %d: %v", len(content), err)
	}
	if got := len(all(t, j)); got != 2*n {
		t.Fatalf("cut at %d: %d facts, want %d", len(content), got, 2*n)
	}
	if v, _ := j.Local("n"); n > 0 && string(v) != fmt.Sprint(n) {
		t.Fatalf("cut at %d: local is %s, want %d", len(content), v, n)
	}
	if f := add(t, j, Batch{Facts: []Fact{fact(99)}}); f[0].Seq != uint64(2*n+1) {
		t.Fatalf("cut at %d: the next fact is %d", len(content), f[0].Seq)
	}
	j2, err := OpenDisk(disk, testOptions())
	if err != nil || j2.Last() != uint64(2*n+1) {
		t.Fatalf("cut at %d: reopened after writing on: %v", len(content), err)
	}
}

func TestEveryFlippedByteIsFound(t *testing.T) {
	disk := newMemDisk()
	j, err := OpenDisk(disk, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	sizes := batches(t, j, 3)
	good := bytes.Clone(disk.files[segmentName(1)])
	lastRecord := sizes[1]
	for i := range good {
		for _, bit := range []byte{0x01, 0x80} {
			bad := bytes.Clone(good)
			bad[i] ^= bit
			disk := newMemDisk()
			disk.files[segmentName(1)] = bad
			j, err := OpenDisk(disk, testOptions())
			if int64(i) >= lastRecord {
				// Not to be told from a torn tail: the record is dropped, never read wrong.
				if err != nil || j.Last() != 4 {
					t.Fatalf("byte %d of the last record: %v", i, err)
				}
				continue
			}
			var corrupt *CorruptError
			if !errors.As(err, &corrupt) || corrupt.File != segmentName(1) || corrupt.Offset > int64(i) {
				t.Fatalf("byte %d flipped: %v", i, err)
			}
		}
	}
}

func TestDamageOutsideTheTailIsCorrupt(t *testing.T) {
	opt := testOptions()
	opt.SegmentBytes, opt.KeepBytes = 200, 1<<20
	build := func() *memDisk {
		disk := newMemDisk()
		j, err := OpenDisk(disk, opt)
		if err != nil {
			t.Fatal(err)
		}
		batches(t, j, 10)
		if len(j.segments) < 3 {
			t.Fatalf("only %d segments", len(j.segments))
		}
		return disk
	}
	cases := map[string]func(d *memDisk){
		"torn tail of an older segment": func(d *memDisk) {
			d.files[segmentName(1)] = d.files[segmentName(1)][:len(d.files[segmentName(1)])-1]
		},
		"a segment is missing":     func(d *memDisk) { delete(d.files, segmentName(2)) },
		"a segment is empty":       func(d *memDisk) { d.files[segmentName(2)] = nil },
		"a segment stands twice":   func(d *memDisk) { d.files[segmentName(2)] = d.files[segmentName(1)] },
		"a segment lost a record":  func(d *memDisk) { d.files[segmentName(1)] = d.files[segmentName(1)][:d.firstRecord(1)] },
		"the last lost everything": func(d *memDisk) { d.files[d.lastSegment()] = []byte{1, 2, 3} },
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			disk := build()
			damage(disk)
			var corrupt *CorruptError
			if _, err := OpenDisk(disk, opt); !errors.As(err, &corrupt) || corrupt.File == "" {
				t.Errorf("opened with %v", err)
			}
		})
	}
}

func TestOldSegmentsGoOnceAcknowledged(t *testing.T) {
	opt := testOptions()
	opt.SegmentBytes, opt.KeepBytes = 300, 1
	disk := newMemDisk()
	j, err := OpenDisk(disk, opt)
	if err != nil {
		t.Fatal(err)
	}
	batches(t, j, 20)
	held := len(disk.files)
	if err := j.Acknowledge(10); err != nil {
		t.Fatal(err)
	}
	if len(disk.files) >= held {
		t.Errorf("%d files before, %d after", held, len(disk.files))
	}
	if facts, err := j.Unacked(11, 100); err != nil || len(facts) != 30 || facts[0].Seq != 11 {
		t.Errorf("%d facts left: %v", len(facts), err)
	}
	if _, err := j.Unacked(1, 1); !errors.Is(err, ErrGone) {
		t.Errorf("fact 1 answered %v", err)
	}
	// The acknowledgement was not written by any batch since; the removed
	// segments prove it.
	again, err := OpenDisk(disk, opt)
	if err != nil {
		t.Fatal(err)
	}
	if again.Acked() < again.segments[0].first-1 || again.Last() != 40 {
		t.Errorf("acked %d last %d", again.Acked(), again.Last())
	}
	if v, _ := again.Local("n"); string(v) != "20" {
		t.Errorf("local is %s", v)
	}
}

func TestFull(t *testing.T) {
	opt := testOptions()
	opt.MaxBytes, opt.ReserveBytes = 3000, 1000
	j := open(t, t.TempDir(), opt)
	permitted, written := 0, 0
	for {
		if j.Room() == nil {
			permitted++
		}
		if _, err := j.Append(Batch{Facts: []Fact{fact(1)}}); err != nil {
			if !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
			break
		}
		written++
	}
	if permitted == 0 || written <= permitted {
		t.Errorf("%d permitted, %d written: the reserve is not there", permitted, written)
	}
	if !errors.Is(j.Room(), ErrFull) {
		t.Errorf("room is %v", j.Room())
	}
}

func TestTooLarge(t *testing.T) {
	j := open(t, t.TempDir(), testOptions())
	big := json.RawMessage(`"` + string(bytes.Repeat([]byte{'x'}, MaxEntryBytes)) + `"`)
	if _, err := j.Append(Batch{Facts: []Fact{{Kind: wire.KindGap, Body: big}}}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a large fact answered %v", err)
	}
	if _, err := j.Append(Batch{Save: map[string]json.RawMessage{"x": big}}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a large value answered %v", err)
	}
	if j.Last() != 0 || j.Broken() != nil {
		t.Error("a refused entry left a trace")
	}
}

// TestC001EveryFailingWrite fails the n-th operation of the disk, n = 1, 2 ...
// until a run is clean, with and without a power cut that tears what was not
// synced. What Append accepted must be there afterwards, in order, and nothing
// else but at most the one batch whose outcome was unknown.
func TestC001EveryFailingWrite(t *testing.T) {
	opt := testOptions()
	opt.SegmentBytes, opt.KeepBytes = 400, 600
	for _, cutPower := range []bool{false, true} {
		clean := false
		for n := 1; !clean; n++ {
			disk := newMemDisk()
			disk.failAt = n
			accepted, acked := workload(disk, opt)
			clean = disk.ops < n
			if cutPower {
				disk.cutPower(n)
			}
			disk.failAt = 0
			j, err := OpenDisk(disk, opt)
			if err != nil {
				t.Fatalf("failure %d, power cut %v: %v", n, cutPower, err)
			}
			checkAccepted(t, j, n, accepted, acked)
		}
	}
}

// workload appends and acknowledges until something fails for good.
func workload(disk *memDisk, opt Options) (accepted []Fact, acked uint64) {
	j, err := OpenDisk(disk, opt)
	if err != nil {
		return nil, 0
	}
	for i := range 24 {
		facts, err := j.Append(Batch{Facts: []Fact{fact(i)}, Save: map[string]json.RawMessage{"n": json.RawMessage(fmt.Sprint(i))}})
		if err == nil {
			accepted = append(accepted, facts...)
		} else if _, again := j.Append(Batch{Facts: []Fact{fact(i)}}); errors.Is(err, ErrBroken) != errors.Is(again, ErrBroken) {
			panic("a broken journal took more")
		} else if again == nil {
			accepted = append(accepted, Fact{Kind: fact(i).Kind, Seq: j.Last(), At: fact(i).At, Body: fact(i).Body})
		}
		if i%5 == 4 && len(accepted) > 1 {
			acked = accepted[len(accepted)-2].Seq
			_ = j.Acknowledge(acked)
		}
	}
	_ = j.Close()
	return accepted, acked
}

func checkAccepted(t *testing.T, j *Journal, n int, accepted []Fact, acked uint64) {
	t.Helper()
	first := j.segments[0].first
	if first > acked+1 {
		t.Fatalf("failure %d: facts before %d are gone, acknowledged were %d", n, first, acked)
	}
	got, err := j.Unacked(first, 1000)
	if err != nil {
		t.Fatalf("failure %d: %v", n, err)
	}
	var want []Fact
	for _, f := range accepted {
		if f.Seq >= first {
			want = append(want, f)
		}
	}
	if extra := len(got) - len(want); extra < 0 || extra > 1 {
		t.Fatalf("failure %d: %d facts, %d were accepted", n, len(got), len(want))
	}
	if diff := cmp.Diff(want, got[:len(want)], cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("failure %d: %s", n, diff)
	}
}

func TestBrokenAfterAFailedSync(t *testing.T) {
	disk := newMemDisk()
	j, err := OpenDisk(disk, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	disk.failSync = true
	if _, err := j.Append(Batch{Facts: []Fact{fact(1)}}); !errors.Is(err, ErrBroken) {
		t.Fatalf("a failed fsync answered %v", err)
	}
	disk.failSync = false
	if _, err := j.Append(Batch{Facts: []Fact{fact(2)}}); !errors.Is(err, ErrBroken) {
		t.Errorf("accepted after a failed fsync: %v", err)
	}
	if j.Room() == nil || j.Broken() == nil {
		t.Error("a broken journal says it has room")
	}
}

// TestModel drives the journal with random calls and reopenings against a list.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opt := testOptions()
		opt.SegmentBytes, opt.KeepBytes = rapid.Int64Range(1, 800).Draw(t, "segment"), rapid.Int64Range(1, 2000).Draw(t, "keep")
		disk := newMemDisk()
		j, err := OpenDisk(disk, opt)
		if err != nil {
			t.Fatal(err)
		}
		var facts []Fact
		local, acked := "", uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				var b Batch
				for range rapid.IntRange(0, 4).Draw(t, "facts") {
					b.Facts = append(b.Facts, fact(len(facts)+len(b.Facts)))
				}
				local = fmt.Sprint(len(facts), len(b.Facts))
				b.Save = map[string]json.RawMessage{"v": json.RawMessage(fmt.Sprintf("%q", local))}
				got, err := j.Append(b)
				if err != nil {
					t.Fatal(err)
				}
				facts = append(facts, got...)
			},
			"acknowledge": func(t *rapid.T) {
				acked = max(acked, rapid.Uint64Range(0, uint64(len(facts))).Draw(t, "seq"))
				if err := j.Acknowledge(acked); err != nil {
					t.Fatal(err)
				}
			},
			"power cut": func(t *rapid.T) {
				disk.cutPower(rapid.Int().Draw(t, "tear"))
				if j, err = OpenDisk(disk, opt); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				if j.Last() != uint64(len(facts)) || j.Acked() > acked || j.segments[0].first > acked+1 {
					t.Fatalf("last %d of %d, acked %d of %d", j.Last(), len(facts), j.Acked(), acked)
				}
				got, err := j.Unacked(acked+1, 1000)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(facts[acked:], got, cmpopts.EquateEmpty()); diff != "" {
					t.Fatal(diff)
				}
				if v, _ := j.Local("v"); local != "" && string(v) != fmt.Sprintf("%q", local) {
					t.Fatalf("local is %s, want %q", v, local)
				}
			},
		})
	})
}

func FuzzOpen(f *testing.F) {
	disk := newMemDisk()
	j, err := OpenDisk(disk, testOptions())
	if err != nil {
		f.Fatal(err)
	}
	batches(f, j, 2)
	good := disk.files[segmentName(1)]
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add([]byte{})
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, content []byte) {
		disk := newMemDisk()
		disk.files[segmentName(1)] = content
		j, err := OpenDisk(disk, testOptions())
		if err != nil {
			var corrupt *CorruptError
			if !errors.As(err, &corrupt) {
				t.Fatalf("not a CorruptError: %v", err)
			}
			return
		}
		last := j.Last()
		add(t, j, Batch{Facts: []Fact{fact(1)}})
		again, err := OpenDisk(disk, testOptions())
		if err != nil || again.Last() != last+1 {
			t.Fatalf("after writing on: %v", err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	j, err := Open(b.TempDir(), testOptions())
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	for b.Loop() {
		if _, err := j.Append(Batch{Facts: []Fact{fact(1)}}); err != nil {
			b.Fatal(err)
		}
	}
}
