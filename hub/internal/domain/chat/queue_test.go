package chat_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/chat"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestExpectedWait(t *testing.T) {
	minutes := func(list ...int) []time.Duration {
		var d []time.Duration
		for _, m := range list {
			d = append(d, time.Duration(m)*time.Minute)
		}
		return d
	}
	for _, c := range []struct {
		position int
		handled  []time.Duration
		agents   int
		want     time.Duration
	}{
		{1, nil, 1, time.Minute},
		{9, nil, 0, time.Minute},
		{1, minutes(4), 1, 4 * time.Minute},
		{3, minutes(9, 1, 2), 1, 6 * time.Minute},
		{3, minutes(1, 3), 2, 3 * time.Minute},
		{2, minutes(5), 0, 10 * time.Minute},
		{50, minutes(5), 1, 30 * time.Minute},
		{1, []time.Duration{time.Second}, 3, 10 * time.Second},
		{0, minutes(2), 1, 2 * time.Minute},
		{1, []time.Duration{-time.Hour}, 1, 10 * time.Second},
	} {
		if got := chat.ExpectedWait(c.position, c.handled, c.agents); got != c.want {
			t.Errorf("place %d, %v, %d agents: %v, want %v", c.position, c.handled, c.agents, got, c.want)
		}
	}
}

func TestExpectedWaitIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var handled []time.Duration
		for range rapid.IntRange(0, chat.LastHandled).Draw(t, "finished") {
			handled = append(handled, time.Duration(rapid.Int64().Draw(t, "took")))
		}
		place, agents := rapid.Int().Draw(t, "place"), rapid.Int().Draw(t, "agents")
		got := chat.ExpectedWait(place, handled, agents)
		if got < 10*time.Second || got > 30*time.Minute {
			t.Fatalf("%v", got)
		}
		if place < 1<<40 && chat.ExpectedWait(place+1, handled, agents) < got {
			t.Fatal("further back waits less")
		}
	})
}

func TestLeastBusy(t *testing.T) {
	duty := func(n byte, active int, ago time.Duration, on bool) chat.Duty {
		return chat.Duty{Agent: agent(n, false), Online: on, OnDuty: true, Active: active, GivenAt: noon.Add(-ago)}
	}
	off := duty(1, 0, 0, true)
	off.OnDuty = false
	never := duty(3, 1, 0, true)
	never.GivenAt = time.Time{}
	for name, c := range map[string]struct {
		duties []chat.Duty
		leftBy byte
		want   byte // 0: nobody
	}{
		"nobody":              {nil, 0, 0},
		"not connected":       {[]chat.Duty{duty(1, 0, 0, false)}, 0, 0},
		"off duty":            {[]chat.Duty{off}, 0, 0},
		"full":                {[]chat.Duty{duty(1, 3, 0, true)}, 0, 0},
		"fewest":              {[]chat.Duty{duty(1, 2, time.Hour, true), duty(2, 1, 0, true)}, 0, 2},
		"idle longest":        {[]chat.Duty{duty(1, 1, time.Minute, true), duty(2, 1, time.Hour, true)}, 0, 2},
		"never given one":     {[]chat.Duty{duty(1, 1, time.Hour, true), never}, 0, 3},
		"lowest number":       {[]chat.Duty{duty(2, 1, 0, true), duty(1, 1, 0, true)}, 0, 1},
		"not back to the one": {[]chat.Duty{duty(1, 0, 0, true), duty(2, 2, 0, true)}, 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var leftBy id.Staff
			if c.leftBy > 0 {
				leftBy = staffNo(c.leftBy)
			}
			got := chat.LeastBusy(c.duties, 3, leftBy)
			if (got == nil) != (c.want == 0) || got != nil && got.Staff != staffNo(c.want) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// Conversations given out one by one differ by one at most.
func TestLeastBusyIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "agents")
		var duties []chat.Duty
		for i := range n {
			duties = append(duties, chat.Duty{Agent: agent(byte(i+1), false), Online: true, OnDuty: true})
		}
		for i := range rapid.IntRange(0, 40).Draw(t, "conversations") {
			d := chat.LeastBusy(duties, 100, id.Staff{})
			d.Active, d.GivenAt = d.Active+1, noon.Add(time.Duration(i)*time.Second)
		}
		busy := func(a, b chat.Duty) int { return a.Active - b.Active }
		if slices.MaxFunc(duties, busy).Active-slices.MinFunc(duties, busy).Active > 1 {
			t.Fatalf("%+v", duties)
		}
	})
}

func TestOfficeHours(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	// Thursday 20:00 to Friday 02:00 as two entries, and Sunday morning.
	hours := []wire.Office{
		{Day: 4, From: "20:00", To: "24:00"},
		{Day: 5, From: "00:00", To: "02:00"},
		{Day: 0, From: "08:00", To: "12:00"},
		{Day: 9, From: "00:00", To: "24:00"},
		{Day: 1, From: "nine", To: "24:00"},
		{Day: 2, From: "10:00", To: "10:00"},
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, zone).UTC() }
	for _, c := range []struct {
		now  time.Time
		open bool
		next time.Time
		says string
	}{
		{at(12, 19, 59), false, at(12, 20, 0), "今天 20:00"}, // Thursday
		{at(12, 20, 0), true, at(13, 0, 0), ""},
		{at(12, 23, 59), true, at(13, 0, 0), ""},
		{at(13, 0, 0), true, at(15, 8, 0), ""},
		{at(13, 1, 59), true, at(15, 8, 0), ""},
		{at(13, 2, 0), false, at(15, 8, 0), "周日 08:00"},
		{at(14, 9, 0), false, at(15, 8, 0), "明天 08:00"},
		{at(15, 12, 0), false, at(19, 20, 0), "周四 20:00"},
	} {
		next, ok := chat.Opens(hours, c.now, zone)
		if chat.Open(hours, c.now, zone) != c.open || !ok || !next.Equal(c.next) {
			t.Errorf("%v: open %v, next %v", c.now.In(zone), chat.Open(hours, c.now, zone), next)
		}
		if c.says == "" {
			continue
		}
		s := wire.SupportSettings{Hours: hours, Away: "打烊，{opens}见"}
		if got := chat.AwayText(s, c.now, zone); got != "打烊，"+c.says+"见" {
			t.Errorf("%v: %s", c.now.In(zone), got)
		}
	}
	if !chat.Open(nil, noon, zone) {
		t.Error("no hours mean always")
	}
	if _, ok := chat.Opens(nil, noon, zone); ok {
		t.Error("it opens though it never closes")
	}
	if got := chat.AwayText(wire.SupportSettings{Away: "留言。", Hours: hours}, at(12, 9, 0), zone); got != "留言。客服将于今天 20:00上线。" {
		t.Error(got)
	}
	if got := chat.AwayText(wire.SupportSettings{Away: "留言{opens}。"}, noon, zone); got != "留言。" {
		t.Error(got)
	}
}

// One span a week: support opens within a week, and is open then.
func TestItOpensWhenItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"Asia/Shanghai", "Asia/Urumqi", "Europe/London"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.IntRange(3*60, 23*60).Draw(t, "from") // clocks change at night
		clock := func(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
		hours := []wire.Office{{
			Day:  rapid.IntRange(0, 6).Draw(t, "day"),
			From: clock(from), To: clock(from + rapid.IntRange(1, 24*60-from).Draw(t, "length")),
		}}
		now := noon.Add(time.Duration(rapid.Int64Range(0, 365*24*60).Draw(t, "minutes")) * time.Minute)
		next, ok := chat.Opens(hours, now, zone)
		if !ok || !next.After(now) || next.Sub(now) > (7*24+1)*time.Hour || !chat.Open(hours, next, zone) {
			t.Fatalf("at %v with %+v: next %v, %v", now.In(zone), hours, next.In(zone), ok)
		}
		if chat.Open(hours, next.Add(-time.Minute), zone) {
			t.Fatal("it was open just before")
		}
	})
}

func TestLimit(t *testing.T) {
	now := noon
	l := chat.NewLimit(20, time.Minute, func() time.Time { return now })
	a, b := [16]byte{1}, [16]byte{2}
	take := func(key [16]byte, want bool) {
		t.Helper()
		if got := l.Take(key); got != want {
			t.Errorf("%v at %v: %v", key[0], now.Sub(noon), got)
		}
	}
	for range 20 {
		take(a, true)
	}
	take(a, false)
	take(b, true)
	now = now.Add(3*time.Second - 1)
	take(a, false)
	now = now.Add(1)
	take(a, true)
	take(a, false)
	now = now.Add(time.Hour)
	for range 20 {
		take(a, true)
	}
	take(a, false)
}

// Never more than the bucket and what came back meanwhile, and never less than
// what came back.
func TestLimitOverTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const times, span = 5, time.Minute
		now := noon
		l := chat.NewLimit(times, span, func() time.Time { return now })
		taken := 0
		for range rapid.IntRange(1, 200).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms")) * time.Millisecond)
			if l.Take([16]byte{1}) {
				taken++
			}
		}
		if most := times + int(now.Sub(noon)/(span/times)); taken > most {
			t.Fatalf("%d in %v", taken, now.Sub(noon))
		}
	})
}

func TestLimitIsBounded(t *testing.T) {
	now := noon
	l := chat.NewLimit(1, time.Minute, func() time.Time { return now })
	for i := range 50_000 {
		if !l.Take([16]byte{byte(i), byte(i >> 8), byte(i >> 16)}) {
			t.Fatalf("key %d was refused", i)
		}
	}
	if chat.Buckets(l) > 20_000 {
		t.Errorf("%d buckets", chat.Buckets(l))
	}
}
