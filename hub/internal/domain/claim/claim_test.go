package claim

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/id"
)

var noon = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

func TestTakes(t *testing.T) {
	c := New(id.Claim{1}, id.Station{1}, 3, id.Member{1}, noon)
	for name, test := range map[string]struct {
		started, ended time.Duration
		runs           bool
		want           bool
	}{
		"begins after it":                   {started: time.Minute, runs: true, want: true},
		"begins as it is made":              {runs: true, want: true},
		"began just before":                 {started: -Grace, runs: true, want: true},
		"began too long before":             {started: -Grace - time.Millisecond, runs: true},
		"begins at the last moment":         {started: Lasts - time.Millisecond, runs: true, want: true},
		"begins too late":                   {started: Lasts, runs: true},
		"told with its end":                 {started: time.Minute, ended: 2 * time.Minute, want: true},
		"was over before it was made":       {started: -2 * time.Minute, ended: -time.Millisecond},
		"ended as it was made":              {started: -2 * time.Minute, want: true},
		"found after an outage, long since": {started: -time.Hour, ended: -time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			ended := noon.Add(test.ended)
			if test.runs {
				ended = time.Time{}
			}
			if got := c.Takes(noon.Add(test.started), ended); got != test.want {
				t.Errorf("takes %v", got)
			}
		})
	}
	if !c.Live(noon.Add(Lasts-1)) || c.Live(noon.Add(Lasts)) {
		t.Error("its end is not its end")
	}
}

// mac is a keyed hash of sorts.
func mac(_ string, message []byte) (sum [32]byte) {
	for i, b := range message {
		sum[i%32] = sum[i%32]*31 + b + byte(i)
	}
	return sum
}

func TestACodeIsFoundHoweverItIsTyped(t *testing.T) {
	places := []Place{
		{Station: id.Station{1}, Nozzle: 1, Code: "01AB89ZX"},
		{Station: id.Station{1}, Nozzle: 2, Code: "71AB89ZX"},
		{Station: id.Station{2}, Nozzle: 1, Code: "QQQQQQQQ"},
		{Station: id.Station{2}, Nozzle: 2, Code: "SAMESAME"},
		{Station: id.Station{3}, Nozzle: 2, Code: "SAMESAME"},
	}
	for typed, want := range map[string]int{
		"01AB89ZX": 0, "01ab89zx": 0, "OIAB-89ZX": 0, " oL ab 89 zx ": 0, "qqqqQQQQ": 2,
		"": -1, "01AB89Z": -1, "01AB89ZXX": -1, "01AB89ZY": -1, "加油": -1, "SAMESAME": -1,
	} {
		got, ok := Find(places, typed)
		if ok != (want >= 0) || ok && got != places[want] {
			t.Errorf("%q found %+v, %v", typed, got, ok)
		}
	}
	if _, ok := Find(nil, "01AB89ZX"); ok {
		t.Error("found in nothing")
	}
}

func TestEveryPlaceHasItsCode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := id.Station(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "station"))
		n := rapid.IntRange(1, 9999).Draw(t, "nozzle")
		p := At(mac, s, n)
		if len(p.Code) != CodeLength || normal(p.Code) != p.Code || At(mac, s, n) != p {
			t.Fatalf("code %q", p.Code)
		}
		if found, ok := Find([]Place{p, {Code: "--------"}}, p.Code); !ok || found != p {
			t.Fatalf("%q is not found", p.Code)
		}
	})
}

func TestGuessingEnds(t *testing.T) {
	var m Misses
	who, other := id.Member{1}, id.Member{2}
	for i := range maxMisses {
		if !m.May(who, noon) {
			t.Fatalf("no more than %d tries", i)
		}
		m.Missed(who, noon)
	}
	if m.May(who, noon.Add(missWindow-1)) || !m.May(other, noon) {
		t.Error("the guesser is to wait, nobody else")
	}
	if !m.May(who, noon.Add(missWindow)) {
		t.Error("for ever")
	}
	m.Missed(who, noon.Add(missWindow))
	if !m.May(who, noon.Add(missWindow)) {
		t.Error("one miss after the wait counts as all")
	}
}

func TestMissesAreBounded(t *testing.T) {
	var m Misses
	for i := range 2*maxMissing + 1 {
		m.Missed(id.Member{byte(i), byte(i >> 8), byte(i >> 16)}, noon)
	}
	if len(m.seen) > maxMissing {
		t.Errorf("%d members are remembered", len(m.seen))
	}
}
