package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"
)

func TestTilesSayStateByFaceWordAndFigures(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{Lang: desk.Chinese})
	for _, c := range []struct {
		nozzle                    int
		face                      desk.Face
		word, money, litres, note string
	}{
		{1, desk.FaceUnpaid, "待支付", "99.98", "13.33 L", "刚挂枪"},
		{2, desk.FaceCalling, "提枪", "", "", ""},
		{3, desk.FaceUnpaid, "待支付", "192.00", "25.60 L", "等 2 分钟"},
		{4, desk.FaceFuelling, "加油中", "142.04", "15.87 L", "新价未生效"},
		{5, desk.FaceFuelling, "加油中", "307.65", "41.02 L", "定额 ¥400.00"},
		{6, desk.FacePaused, "暂停", "65.76", "8.24 L", ""},
		{7, desk.FaceUnpaid, "待支付", "348.91", "48.73 L", "等 7 分钟"},
		{8, desk.FaceAuthorized, "已授权", "", "", "定额 ¥200.00"},
		{9, desk.FaceFinished, "已加完", "248.33", "33.11 L", ""},
		{10, desk.FaceQuarantined, "存疑", "542.32", "67.96 L", "泵码不符"},
		{11, desk.FaceStopped, "停止", "90.38", "12.05 L", "放行后可用"},
		{12, desk.FaceFault, "故障", "", "", "E-07 编码器"},
		{13, desk.FaceOffline, "离线", "", "", "07:03"},
		{14, desk.FaceClosed, "停用", "", "", ""},
		{15, desk.FaceFuelling, "加油中", "161.10", "22.50 L", ""},
		{16, desk.FaceQuarantined, "缺单", "", "18.35 L", "没有交易"},
	} {
		got := tile(t, s, c.nozzle)
		if got.Face != c.face || got.Word != c.word || got.Money != c.money || got.Litres != c.litres || got.Note != c.note {
			t.Errorf("nozzle %d: %s %q %q %q %q, want %s %q %q %q %q", c.nozzle,
				got.Face, got.Word, got.Money, got.Litres, got.Note, c.face, c.word, c.money, c.litres, c.note)
		}
	}
	if got := tile(t, s, 15).Badge; got != "待支付 1" {
		t.Errorf("nozzle 15 fuels again while a sale waits: badge %q", got)
	}
	for nozzle, want := range map[int]bool{2: true, 7: true, 11: true, 12: true, 1: false, 3: false, 4: false, 10: false} {
		if got := tile(t, s, nozzle).Pulse; got != want {
			t.Errorf("nozzle %d pulses: %v, want %v: only what needs a hand pulses", nozzle, got, want)
		}
	}
}

func TestS020PricesOfEveryGradeStandOverTheBoard(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	var got []string
	for _, p := range s.State.Screen().Prices {
		got = append(got, p.Grade+" "+p.Price)
	}
	if want := []string{"92# 7.50", "95# 7.98", "98# 8.95", "0# 7.16"}; !slices.Equal(got, want) {
		t.Errorf("prices %v, want %v", got, want)
	}
}

func TestD011_C013NozzleThatHasNotTakenTheNewPriceIsShown(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	prices := s.State.Screen().Prices
	if prices[2].Acked != "1/2 枪已生效" || prices[2].Tone != desk.ToneWarn || prices[0].Acked != "" {
		t.Errorf("over the board: %+v", prices)
	}
	if got := tile(t, s, 4).Note; got != "新价未生效" {
		t.Errorf("busy nozzle 4 says %q", got)
	}
	s.Do(desk.GoTo{Page: desk.PagePrices})
	rows := s.State.Screen().Table.Rows
	if got := rows[2].Cells[3].Text; got != "1/2 枪已生效" {
		t.Errorf("98# says %q", got)
	}
	if last := rows[len(rows)-1].Cells; last[0].Text != "4号枪" || last[3].Text != "未生效" || last[2].Text != "8.83" {
		t.Errorf("late nozzle's row: %+v", last)
	}
	s.Prices(s.PriceBoard(lookbook.Idle(16)))
	s.Do(desk.GoTo{Page: desk.PageBoard})
	if got := tile(t, s, 4).Note; got != "" {
		t.Errorf("acknowledged, yet the tile says %q", got)
	}
	if got := s.State.Screen().Prices[2].Acked; got != "" {
		t.Errorf("acknowledged, yet over the board stands %q", got)
	}
}

func TestI001EveryNozzleShowsItsDifferenceAndWhetherAllAgree(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	s.Do(desk.GoTo{Page: desk.PageProof})
	table := s.State.Screen().Table
	if table.NoteTone != desk.ToneGood || len(table.Rows) != 17 {
		t.Fatalf("%d rows, %q", len(table.Rows), table.Note)
	}
	for _, row := range table.Rows {
		if got := row.Cells[7]; got.Text != "0.00" || got.Tone != desk.ToneGood {
			t.Errorf("nozzle %s: difference %q", row.Cells[0].Text, got.Text)
		}
	}
	wrong := wire.NozzleProof{Nozzle: 6, First: 100_000, Last: 150_005, Booked: 40_000, Quarantined: 5_000, Missing: 4_000, Difference: 1_005, Sales: 3}
	s.Proof(wrong)
	table = s.State.Screen().Table
	got := table.Rows[6].Cells
	want := []string{"6", "100.00", "150.01", "50.01", "40.00", "5.00", "4.00", "1.005", "3"}
	for i, w := range want {
		if got[i].Text != w {
			t.Errorf("column %d: %q, want %q", i, got[i].Text, w)
		}
	}
	if table.NoteTone != desk.ToneBad || !strings.Contains(table.Note, "1") || got[7].Tone != desk.ToneBad {
		t.Errorf("a difference of 5 ml must be loud: %q", table.Note)
	}
}

func TestI007_C016AgeOfDataIsShownAndOldFiguresNever(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	s.Wait(2300 * time.Millisecond)
	if got := s.State.Screen().Header.Connection; got != "在线 · 数据 2.3 秒前" {
		t.Errorf("connection says %q", got)
	}
	s.Do(desk.Choose{Nozzle: 3}, desk.Lost{Reason: "reset"})
	hidden(t, s)
	s.Wait(42 * time.Second)
	if h := s.State.Screen().Header; h.Connection != "连接中断 42 秒，正在重连…" || h.ConnectionTone != desk.ToneBad {
		t.Errorf("connection says %q", h.Connection)
	}
	s.Wait(3 * time.Minute)
	if got := s.State.Screen().Header.Connection; got != "连接中断 3 分钟，正在重连…" {
		t.Errorf("connection says %q", got)
	}
	// Back: the socket alone shows nothing yet, the hub's first word does.
	s.Do(desk.Connected{Welcome: wire.Welcome{Now: s.At()}})
	s.Beat()
	if h := s.State.Screen().Header; h.ConnectionTone != desk.ToneGood || tile(t, s, 3).Money != "192.00" {
		t.Errorf("after the reconnection: %q, %q", h.Connection, tile(t, s, 3).Money)
	}
	// Connected but silent is as bad as gone.
	s.Wait(desk.StaleAfter + time.Millisecond)
	hidden(t, s)
}

// hidden fails if any live figure is on the screen.
func hidden(t *testing.T, s *lookbook.Stage) {
	t.Helper()
	for _, page := range desk.Pages {
		s.Do(desk.GoTo{Page: page})
		screen := s.State.Screen()
		for _, tile := range screen.Tiles {
			if tile.Money != "" || tile.Litres != "" || tile.Price != "" || tile.Badge != "" || tile.Face != desk.FaceNoData {
				t.Errorf("stale tile: %+v", tile)
			}
		}
		h := screen.Header
		if len(screen.Prices) > 0 || len(screen.Unpaid.Rows) > 0 || h.Unpaid.Text != "" || h.Held.Text != "" {
			t.Errorf("stale lists on %s", page)
		}
		if page != desk.PageSales && len(screen.Table.Rows) > 0 {
			t.Errorf("stale table on %s", page)
		}
		if screen.Panel.Amount != "" || screen.Panel.Pay.On {
			t.Errorf("stale panel: %+v", screen.Panel)
		}
	}
	s.Do(desk.GoTo{Page: desk.PageBoard})
}

func TestPumpsAwayHidesPumpsAndKeepsMoneyGoing(t *testing.T) {
	s := lookbook.Busy(desk.Prefs{})
	s.BeatWithoutPumps()
	if got := tile(t, s, 4); got.Face != desk.FaceNoData || got.Money != "" {
		t.Errorf("fuelling nozzle: %+v", got)
	}
	if got := tile(t, s, 3); got.Face != desk.FaceUnpaid || got.Money != "192.00" {
		t.Errorf("a sale that is committed is no stale figure: %+v", got)
	}
	if got := press(s, "3 F8"); len(got) != 1 {
		t.Errorf("%d payments", len(got))
	}
}
