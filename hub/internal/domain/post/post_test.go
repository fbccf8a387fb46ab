package post_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/post"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func now() time.Time { return time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) }

// station and attendants of the tests.
func station() id.Station { return id.Station{15: 1} }
func li() id.Staff        { return id.Staff{15: 2} }
func zhang() id.Staff     { return id.Staff{15: 3} }

func posts(of map[id.Staff][]int) wire.Roster {
	roster := wire.Roster{Posts: []wire.Post{}}
	for _, who := range []id.Staff{li(), zhang()} {
		if nozzles, ok := of[who]; ok {
			p := post.Post{Nozzles: post.NozzlesOf(nozzles), Until: now().Add(time.Hour)}
			roster.Posts = append(roster.Posts, p.Wire(who, who.String(), ""))
		}
	}
	return roster
}

func frame(seq uint64, k wire.Kind, body any) wire.Frame {
	return wire.Frame{K: k, Ch: wire.Desk(station()), Ep: id.Epoch{15: 9}, Seq: seq, At: now(), D: wire.Body(body)}
}

func sold(seq uint64, nozzle int) wire.Frame {
	return frame(seq, wire.KindSale, wire.Sale{
		ID: id.Sale{15: byte(seq)}, Nozzle: nozzle, Grade: "92#", State: wire.SalePaid, Volume: 10_000, Amount: 75_00,
		Before: 1, After: 10_001, Note: "secret note",
		Payment: &wire.Payment{Tender: wire.TenderCash, Paid: 75_00, Tendered: 100_00, By: "2001"},
	})
}

func TestS079AnAttendantGetsTheDeliveriesOfOwnNozzlesOnly(t *testing.T) {
	v := post.NewView()
	v.Begin(station(), posts(map[id.Staff][]int{li(): {4, 3}, zhang(): nil}))
	out := v.Follow([]wire.Frame{sold(1, 3), sold(2, 5), frame(3, wire.KindProof, wire.NozzleProof{Nozzle: 3}), frame(4, wire.KindPrices, wire.PriceBoard{})})
	var got []string
	for _, f := range out {
		if f.Ch == wire.PostOf(li()) {
			got = append(got, string(f.K))
		} else if f.Ch != wire.PostOf(zhang()) || f.K != wire.KindSkip && f.K != wire.KindPrices {
			t.Errorf("somebody without a post got %s on %s", f.K, f.Ch)
		}
		for _, secret := range []string{"payment", "tendered", "2001", "note", "before", "after"} {
			if strings.Contains(string(f.D), secret) {
				t.Errorf("%s carries %q: %s", f.K, secret, f.D)
			}
		}
	}
	if diff := cmp.Diff([]string{"refuel", "skip", "skip", "prices"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAChangedPostIsTold(t *testing.T) {
	v := post.NewView()
	v.Begin(station(), posts(map[id.Staff][]int{li(): {3}, zhang(): {5}}))
	next := posts(map[id.Staff][]int{li(): {3, 4}})
	if !v.Differs(station(), next) {
		t.Error("another roster is no other")
	}
	kinds := map[wire.Channel]wire.Frame{}
	for _, f := range v.Follow([]wire.Frame{frame(1, wire.KindRoster, next)}) {
		kinds[f.Ch] = f
	}
	if f := kinds[wire.PostOf(li())]; f.K != wire.KindPost || !strings.Contains(string(f.D), "[3,4]") {
		t.Errorf("who has one nozzle more got %s %s", f.K, f.D)
	}
	if f := kinds[wire.PostOf(zhang())]; f.K != wire.KindPost || !strings.Contains(string(f.D), `"nozzles":[]`) {
		t.Errorf("who left got %s %s", f.K, f.D)
	}
	if v.Differs(station(), next) {
		t.Error("the roster that was told is another")
	}
	v.Begin(station(), posts(nil)) // too late: events are newer
	if v.Differs(station(), next) {
		t.Error("a late beginning took the place of what events told")
	}
	for _, f := range v.Follow([]wire.Frame{frame(2, wire.KindRoster, next)}) {
		if f.K != wire.KindSkip {
			t.Errorf("the same roster again is %s", f.K)
		}
	}
	if out := v.Follow([]wire.Frame{{K: wire.KindNozzle, Ch: wire.Forecourt(station()), Seq: 1}}); out != nil {
		t.Errorf("another channel's event became %v", out)
	}
}

// TestEveryChannelStaysDense: whatever happens at the desk, every attendant who
// is there throughout gets one event for each of the desk's, with its number.
func TestEveryChannelStaysDense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := post.NewView()
		v.Begin(station(), posts(map[id.Staff][]int{li(): {1}, zhang(): {2}}))
		last := map[wire.Channel]uint64{}
		for seq := range uint64(rapid.IntRange(1, 30).Draw(t, "events")) {
			f := sold(seq+1, rapid.IntRange(1, 3).Draw(t, "nozzle"))
			if rapid.Bool().Draw(t, "roster") {
				f = frame(seq+1, wire.KindRoster, posts(map[id.Staff][]int{
					li():    rapid.SliceOfN(rapid.IntRange(1, 3), 0, 3).Draw(t, "li"),
					zhang(): rapid.SliceOfN(rapid.IntRange(1, 3), 0, 3).Draw(t, "zhang"),
				}))
			}
			for _, out := range v.Follow([]wire.Frame{f}) {
				if out.Seq != last[out.Ch]+1 || out.Ep != f.Ep {
					t.Fatalf("%s went from %d to %d", out.Ch, last[out.Ch], out.Seq)
				}
				last[out.Ch] = out.Seq
				if out.K == wire.KindRefuel {
					var r wire.Refuel
					if err := json.Unmarshal(out.D, &r); err != nil || r.Nozzle == 0 {
						t.Fatalf("%s: %v", out.D, err)
					}
				}
			}
			if last[wire.PostOf(li())] != seq+1 || last[wire.PostOf(zhang())] != seq+1 {
				t.Fatalf("after %d the channels stand at %v", seq+1, last)
			}
		}
	})
}

func TestNozzlesSurviveTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := post.NozzlesOf(rapid.SliceOf(rapid.IntRange(1, 9999)).Draw(t, "nozzles"))
		var got post.Nozzles
		if err := got.Scan([]byte(post.Text(want))); err != nil || len(got) != len(want) {
			t.Fatalf("%v came back as %v, %v", want, got, err)
		}
		for i, n := range want {
			if got[i] != n || !got.Has(n) || got.Has(n+10_000) {
				t.Fatalf("%v came back as %v", want, got)
			}
		}
	})
	if err := new(post.Nozzles).Scan("1,x"); err == nil {
		t.Error("x is a nozzle")
	}
	if err := new(post.Nozzles).Scan(5); err == nil {
		t.Error("a number is a list")
	}
}
