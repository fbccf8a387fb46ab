package desk_test

import (
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"

	"pgregory.net/rapid"
)

// atPost is an attendant responsible for nozzles 1 to 4.
func atPost() *lookbook.Backroom {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleAttendant)
	b.Effects = nil
	return b
}

// shownNozzles are the nozzles of the lists on the screen.
func shownNozzles(s desk.Screen) map[string]bool {
	out := map[string]bool{}
	for _, r := range s.Unpaid.Rows {
		out[r.Cells[0].Text] = true
	}
	for _, r := range s.Table.Rows {
		if s.Page == desk.PageSales {
			out[r.Cells[2].Text] = true
		}
	}
	return out
}

func TestS079AttendantsScreenHoldsNothingOfOtherNozzles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := atPost()
		f := lookbook.Idle(16)
		mine := []int{1, 2, 3, 4}
		refuel := func(t *rapid.T) wire.Refuel {
			state := rapid.SampledFrom([]wire.SaleState{wire.SaleUnpaid, wire.SalePaid, wire.SaleQuarantined, wire.SaleMissing}).Draw(t, "state")
			return wire.RefuelOf(b.SaleOf(f.Nozzles[rapid.IntRange(0, 15).Draw(t, "nozzle")], state, 20_000, time.Minute))
		}
		t.Repeat(map[string]func(*rapid.T){
			"refuel": func(t *rapid.T) { b.Refuel(refuel(t)) }, // also of others, which no hub sends
			"skip":   func(*rapid.T) { b.Skip() },
			"post": func(t *rapid.T) {
				mine = rapid.SampledFrom([][]int{{}, {1}, {3, 4}, {5, 6, 7}}).Draw(t, "nozzles")
				b.PostIs(wire.Post{Nozzles: mine})
			},
			"snapshot": func(t *rapid.T) {
				b.Posted(wire.PostSnap{Post: wire.Post{Nozzles: mine}, Refuels: []wire.Refuel{refuel(t), refuel(t)}})
			},
			"page": func(t *rapid.T) {
				b.Do(desk.GoTo{Page: rapid.SampledFrom([]desk.Page{desk.PageBoard, desk.PageUnpaid, desk.PageSales}).Draw(t, "page")})
			},
			"loaded": func(t *rapid.T) {
				b.Do(desk.RefuelsLoaded{List: wire.RefuelList{Refuels: []wire.Refuel{refuel(t), refuel(t)}}})
			},
			"": func(t *rapid.T) {
				screen := b.State.Screen()
				for n := range shownNozzles(screen) {
					own := false
					for _, m := range mine {
						own = own || n == numberOf(m)
					}
					if !own {
						t.Fatalf("nozzle %s is shown to who has %v", n, mine)
					}
				}
				for _, tile := range screen.Tiles {
					if tile.Face == desk.FaceUnpaid || tile.Face == desk.FaceQuarantined || tile.Badge != "" {
						own := false
						for _, m := range mine {
							own = own || tile.Nozzle == m
						}
						if !own {
							t.Fatalf("what waits on nozzle %d is shown to who has %v", tile.Nozzle, mine)
						}
					}
				}
			},
		})
	})
}

func numberOf(n int) string { return strings.Fields("0 1 2 3 4 5 6 7 8 9")[n] }

func TestAttendantWorksAtTheirOwnNozzles(t *testing.T) {
	b := atPost()
	screen := b.State.Screen()
	if screen.Header.Post != "负责 1 2 3 4 号枪 至 18:00" || screen.Header.Unpaid.Figure != "2" || len(screen.Tiles) != 16 || len(screen.Prices) != 4 {
		t.Fatalf("header %+v, %d tiles, %d prices", screen.Header, len(screen.Tiles), len(screen.Prices))
	}
	if got := tile(t, b.Stage, 3); got.Face != desk.FaceUnpaid || got.Money != "192.00" {
		t.Errorf("tile 3: %+v", got)
	}
	if got := press(b.Stage, "3 F1 2 00 F8"); len(got) != 0 {
		t.Errorf("an attendant sent %+v", got)
	}
	b.Do(desk.Choose{Nozzle: 3})
	if p := b.State.Screen().Panel; p.Amount != "192.00" || p.Cash.On || len(p.Resolves) != 0 || !p.Stop.On {
		t.Errorf("panel %+v", p)
	}
	b.Do(desk.GoTo{Page: desk.PagePrices})
	for _, r := range b.State.Screen().Table.Rows {
		if r.Grade != "" {
			t.Errorf("an attendant is offered to change %s", r.Grade)
		}
	}
	b.Do(desk.GoTo{Page: desk.PageProof})
	if b.State.Screen().Page == desk.PageProof {
		t.Error("an attendant sees the proofs")
	}
	b.Effects = nil
	b.Do(desk.GoTo{Page: desk.PageSales})
	if len(wanted[desk.FetchSales](b.Stage)) != 0 || len(wanted[desk.FetchRefuels](b.Stage)) != 1 {
		t.Errorf("effects %+v", b.Effects)
	}
}

func TestNewPostIsSaidAndReadAnew(t *testing.T) {
	b := atPost()
	b.Do(desk.Choose{Nozzle: 3})
	b.Effects = nil
	b.PostIs(wire.Post{Nozzles: []int{5, 6}, Until: b.At().Add(time.Hour)})
	if got := wanted[desk.Resync](b.Stage); len(got) != 1 || !strings.HasPrefix(string(got[0].Channel), "post/") {
		t.Errorf("effects %+v", b.Effects)
	}
	if !strings.Contains(said(b.Stage), "负责 5 6 号枪 至 08:12") || b.State.Screen().Panel.Amount != "" || len(b.State.Screen().Unpaid.Rows) != 0 {
		t.Errorf("said %q, panel %+v", said(b.Stage), b.State.Screen().Panel)
	}
	b.PostIs(wire.Post{})
	if got := b.State.Screen().Header.Post; got != "还没有分配油枪" {
		t.Errorf("header %q", got)
	}
}

func TestQuarantinedDeliveryIsCalledAtOnesOwnNozzleAlone(t *testing.T) {
	b := atPost()
	f := lookbook.Idle(16)
	b.Refuel(wire.RefuelOf(b.Chengdu(f.Nozzles[8])))
	if got := played(b.Stage); len(got) != 0 || said(b.Stage) != "" {
		t.Errorf("another's nozzle: played %v, said %q", got, said(b.Stage))
	}
	b.Refuel(wire.RefuelOf(b.Chengdu(f.Nozzles[1])))
	if got := played(b.Stage); len(got) != 1 || got[0] != desk.SoundAlarm || !strings.Contains(said(b.Stage), "2号枪有一笔存疑") {
		t.Errorf("own nozzle: played %v, said %q", got, said(b.Stage))
	}
	b.Do(desk.Choose{Nozzle: 2})
	for _, l := range b.State.Screen().Panel.Lines {
		if l.Label == "泵码" || l.Label == "泵码走字" {
			t.Errorf("an attendant is shown the totalizer: %+v", l)
		}
	}
}
