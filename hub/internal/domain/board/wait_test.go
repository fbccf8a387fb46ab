package board

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// usual is a mean that is the same for every grade.
func usual(d time.Duration) func(string) time.Duration {
	return func(string) time.Duration { return d }
}

func TestS006TheWaitIsEstimatedFromTheFlow(t *testing.T) {
	grade := func(free, busy, off int) wire.GradeQueue {
		return wire.GradeQueue{Grade: "92#", Free: free, Busy: busy, Off: off}
	}
	for name, c := range map[string]struct {
		grades  []wire.GradeQueue
		waiting int
		mean    time.Duration
		want    []int
	}{
		"nothing there":                    {nil, 3, time.Minute, []int{}},
		"all free":                         {[]wire.GradeQueue{grade(4, 0, 0)}, 0, 4 * time.Minute, []int{0}},
		"one free":                         {[]wire.GradeQueue{grade(1, 3, 0)}, 0, 4 * time.Minute, []int{0}},
		"four busy, three wait":            {[]wire.GradeQueue{grade(0, 4, 0)}, 3, 4 * time.Minute, []int{4}},
		"four busy, nobody waits":          {[]wire.GradeQueue{grade(0, 4, 0)}, 0, 4 * time.Minute, []int{1}},
		"a second more is a minute more":   {[]wire.GradeQueue{grade(0, 4, 0)}, 3, 4*time.Minute + time.Second, []int{5}},
		"one free, three wait":             {[]wire.GradeQueue{grade(1, 3, 0)}, 3, 4 * time.Minute, []int{3}},
		"one free, and one waits for it":   {[]wire.GradeQueue{grade(1, 3, 0)}, 1, 4 * time.Minute, []int{1}},
		"none works":                       {[]wire.GradeQueue{grade(0, 0, 4)}, 3, 4 * time.Minute, []int{0}},
		"one of four works":                {[]wire.GradeQueue{grade(0, 1, 3)}, 2, 5 * time.Minute, []int{15}},
		"no more than an hour":             {[]wire.GradeQueue{grade(0, 1, 0)}, 99, 30 * time.Minute, []int{60}},
		"shared by the nozzles":            {[]wire.GradeQueue{grade(0, 4, 0), grade(0, 2, 0)}, 3, 4 * time.Minute, []int{3, 4}},
		"nobody waits for one that is off": {[]wire.GradeQueue{grade(0, 2, 0), grade(0, 0, 2)}, 1, 4 * time.Minute, []int{4, 0}},
	} {
		if got := waits(c.grades, c.waiting, usual(c.mean)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v minutes, want %v", name, got, c.want)
		}
	}
}

// The estimate is never negative, is bounded, never falls when more cars wait,
// and is nothing while a nozzle is free and nobody waits.
func TestS006TheEstimateIsSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.IntRange(0, 12)
		grades := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) wire.GradeQueue {
			return wire.GradeQueue{Free: few.Draw(t, "free"), Busy: few.Draw(t, "busy"), Off: few.Draw(t, "off")}
		}), 1, 5).Draw(t, "grades")
		mean := usual(time.Duration(rapid.Int64Range(int64(shortestSpell), int64(longestSpell)).Draw(t, "mean")))
		last := make([]int, len(grades))
		for waiting := range 100 {
			got := waits(grades, waiting, mean)
			for i, minutes := range got {
				if minutes < last[i] || minutes < 0 || minutes > maxWaitMinutes {
					t.Fatalf("with %d waiting %v minutes, with one less %v", waiting, got, last)
				}
				if waiting == 0 && grades[i].Free > 0 && minutes != 0 {
					t.Fatalf("one is free and nobody waits: %d minutes", minutes)
				}
			}
			last = got
		}
	})
}

func TestTheLastStaysAreAveraged(t *testing.T) {
	s := spells{}
	for range enoughSpells - 1 {
		s.add("92#", 2*time.Minute)
	}
	for _, d := range []time.Duration{shortestSpell - 1, longestSpell + 1, 0, -time.Minute} {
		s.add("92#", d)
	}
	if got := s.mean("92#"); got != usualSpell {
		t.Errorf("after four stays %v, want the usual", got)
	}
	s.add("92#", 7*time.Minute)
	if got := s.mean("92#"); got != 3*time.Minute {
		t.Errorf("after five stays %v", got)
	}
	for range keptSpells {
		s.add("92#", longestSpell)
	}
	if got := s.mean("92#"); got != longestSpell || len(s["92#"]) != keptSpells {
		t.Errorf("after many stays %v of %d", got, len(s["92#"]))
	}
	if got := s.mean("95#"); got != usualSpell {
		t.Errorf("another grade %v", got)
	}
}

// four reports four nozzles in one state.
func four(t *testing.T, b *Board, at time.Time, state wire.NozzleState) {
	t.Helper()
	var entries []wire.NozzleStatus
	for n := 1; n <= 4; n++ {
		entries = append(entries, wire.NozzleStatus{Nozzle: n, State: state})
	}
	report(t, b, at, entries...)
}

// Four nozzles are busy and three cars wait: drivers are told both, how old the
// count is, and how long it takes.
func TestS006ThreeWaitAtFourBusyNozzles(t *testing.T) {
	b, sink := start(t, 1, 2, 3, 4)
	four(t, b, noon, wire.NozzleIdle)
	four(t, b, noon, wire.NozzleFuelling)
	sink.take()
	queue, err := b.Count(t.Context(), 3)
	want := wire.Queue{Grades: []wire.GradeQueue{{Grade: "92#", Busy: 4, WaitMinutes: 4}}, Waiting: 3, CountedAt: noon}
	if err != nil || !sameQueue(queue, want) {
		t.Errorf("queue %+v, %v", queue, err)
	}
	told := sink.takeOf("station")
	if len(told) != 1 || told[0].K != wire.KindQueue {
		t.Fatalf("drivers were told %v", told)
	}
	if got, err := wire.Read[wire.Queue](told[0].D); err != nil || !sameQueue(got, want) {
		t.Errorf("drivers were told %+v, %v", got, err)
	}
	if _, err := b.Count(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if told := sink.takeOf("station"); len(told) != 0 {
		t.Errorf("the same count at the same time was told again: %v", told)
	}
	// Cars that stay two minutes each make the wait shorter.
	at := noon
	for range 2 {
		at = at.Add(2 * time.Minute)
		four(t, b, at, wire.NozzleIdle)
		four(t, b, at, wire.NozzleFuelling)
	}
	snap, seen, err := b.View(t.Context())
	if err != nil || !seen.Equal(at) || snap.Queue.Grades[0].WaitMinutes != 2 || snap.Queue.Waiting != 3 {
		t.Errorf("seen %v: %+v, %v", seen, snap.Queue, err)
	}
	if err := b.DeviceAway(t.Context()); err != nil {
		t.Fatal(err)
	}
	snap, seen, err = b.View(t.Context())
	if err != nil || !seen.IsZero() || snap.Queue.Grades[0] != (wire.GradeQueue{Grade: "92#", Off: 4}) {
		t.Errorf("without pumpd, seen %v: %+v, %v", seen, snap.Queue, err)
	}
}

func TestACountIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, sink := startNow(t, nil, 1)
		if _, err := b.Count(t.Context(), 5); err != nil {
			t.Fatal(err)
		}
		sink.take()
		time.Sleep(CountFor - 2*BeatEvery)
		synctest.Wait()
		if snap, _, _ := b.View(t.Context()); snap.Queue.Waiting != 5 || len(sink.takeOf("station")) != 0 {
			t.Errorf("just before: %+v", snap.Queue)
		}
		time.Sleep(3 * BeatEvery)
		synctest.Wait()
		snap, _, _ := b.View(t.Context())
		beat, told := lastBeat(t, sink), sink.takeOf("station")
		if beat.Waiting != 0 || !beat.CountedAt.IsZero() {
			t.Errorf("the tills hear %+v", beat)
		}
		if snap.Queue.Waiting != 0 || !snap.Queue.CountedAt.IsZero() || len(told) != 1 || told[0].K != wire.KindQueue {
			t.Errorf("afterwards: %+v, told %v", snap.Queue, told)
		}
	})
}

// Every till hears what any of them counted, at once.
func TestTheTillsHearOfACount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, sink := startNow(t, nil, 1)
		time.Sleep(BeatEvery / 2)
		at := time.Now()
		for _, waiting := range []int{5, 0} { // that nobody waits is a count as well
			if _, err := b.Count(t.Context(), waiting); err != nil {
				t.Fatal(err)
			}
			if beat := lastBeat(t, sink); beat.Waiting != waiting || !beat.CountedAt.Equal(at) || !beat.Now.Equal(at) {
				t.Errorf("%d wait, and the tills hear %+v", waiting, beat)
			}
		}
		time.Sleep(10 * BeatEvery)
		synctest.Wait()
		if beat := lastBeat(t, sink); !beat.CountedAt.Equal(at) || !beat.Now.After(at) {
			t.Errorf("later they hear %+v", beat)
		}
	})
}

// lastBeat is the last beat that the tills heard.
func lastBeat(t *testing.T, sink *tape) wire.Beat {
	t.Helper()
	sink.mu.Lock()
	defer sink.mu.Unlock()
	for _, f := range slices.Backward(sink.frames) {
		if f.K == wire.KindBeat {
			beat, err := wire.Read[wire.Beat](f.D)
			if err != nil {
				t.Fatal(err)
			}
			return beat
		}
	}
	t.Fatal("the tills hear nothing")
	return wire.Beat{}
}

// startNow is start inside a bubble, on the bubble's clock; fn may be nil.
func startNow(t *testing.T, fn func(Mispriced), numbers ...int) (*Board, *tape) {
	t.Helper()
	makes, sink := ids(), &tape{}
	b := New(id.New[id.Station](makes), nozzles(numbers...), func() id.Epoch { return id.New[id.Epoch](makes) }, sink, time.Now)
	b.OnMispriced(fn)
	go b.Run(t.Context())
	return b, sink
}

// The grades keep the order of the nozzles, each with its own wait.
func TestEachGradeHasItsOwnWait(t *testing.T) {
	b, _ := start(t, 1, 2, 3)
	list := nozzles(1, 2, 3)
	list[1].Grade = "95#"
	if err := b.Configure(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	report(t, b, noon, wire.NozzleStatus{Nozzle: 1, State: wire.NozzleFuelling}, wire.NozzleStatus{Nozzle: 2, State: wire.NozzleFuelling},
		wire.NozzleStatus{Nozzle: 3, State: wire.NozzleIdle})
	queue, err := b.Count(t.Context(), 0)
	want := []wire.GradeQueue{{Grade: "92#", Free: 1, Busy: 1}, {Grade: "95#", Busy: 1, WaitMinutes: 4}}
	if err != nil || !slices.Equal(queue.Grades, want) || queue.CountedAt.IsZero() {
		t.Errorf("queue %+v, %v", queue, err)
	}
}
