package desk_test

import (
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/unit"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// asked is what a restore was asked with; nil if nothing was sent.
func asked(b *lookbook.Backroom) *wire.RestoreAsk {
	_, acts := b.Asked()
	if len(acts) != 1 || acts[0].Kind != desk.CommandRestore {
		return nil
	}
	return acts[0].Office.Restore
}

func TestS082BackupIsChosenAndRestored(t *testing.T) {
	b := atBackups(nil)
	b.Row(3) // the night to the 21st
	set := b.Backups.Sets[3]
	if c := office(t, b).Card; c.Title != "2026-11-21 03:30:13" || line(c, "交易数") != "1,001,710" || line(c, "数据表") != "62 项一致" || line(c, "编号") != set.ID {
		t.Errorf("card %+v", c)
	}
	b.Act("backup.restore")
	f := form(t, b)
	if f.Fields[0].Choices[0].Label != "这份备份的时刻 2026-11-21 03:30:13" || !f.Fields[1].Off || len(f.Fields[2].Choices) != 4 {
		t.Errorf("form %+v", f.Fields)
	}
	b.Fill("place", "cloud", "moment", "nonsense that does not count")
	b.Do(desk.OfficeSubmit{}, desk.OfficeSubmit{})
	if diff := cmp.Diff(&wire.RestoreAsk{Set: set.ID, Place: "cloud"}, asked(b)); diff != "" {
		t.Error(diff)
	}
	logical := atBackups(nil)
	logical.Row(2)
	logical.Act("backup.restore")
	if f := form(t, logical); len(f.Fields) != 1 || len(f.Lines) != 1 || f.Lines[0].Tone == desk.TonePlain {
		t.Errorf("of statements only their own moment can be brought back: %+v", f)
	}
	logical.Do(desk.OfficeSubmit{})
	if got := asked(logical); got == nil || got.Set != logical.Backups.Sets[2].ID || !got.At.IsZero() {
		t.Errorf("asked %+v", got)
	}
}

func TestI004MomentIsReadToTheSecond(t *testing.T) {
	b := atBackups(nil)
	b.Act("backup.moment")
	if f := form(t, b); len(f.Fields) != 2 || f.Fields[0].Off || f.Fields[0].Help != "可选 2026-11-14 03:30:13 至 2026-11-23 07:12:29" {
		t.Errorf("form %+v", f.Fields)
	}
	for text, want := range map[string]time.Time{
		"2026-11-22 14:03:27":   day(11, 22, 14, 3, 27),
		" 2026/11/22　14：03：27 ": day(11, 22, 14, 3, 27),
		"2026-11-22 14:03":      day(11, 22, 14, 3, 0),
		"2026-11-14 03:30:13":   day(11, 14, 3, 30, 13),
		"2026-11-23 07:12:29":   day(11, 23, 7, 12, 29),
	} {
		b := atBackups(nil)
		b.Act("backup.moment")
		b.Fill("moment", text)
		b.Do(desk.OfficeSubmit{})
		if got := asked(b); got == nil || !got.At.Equal(want) || got.Set != "" {
			t.Errorf("%q: asked %+v", text, got)
		}
	}
}

func TestI004MomentThatCannotBeBroughtBackIsNotAsked(t *testing.T) {
	gap := func(b *wire.Backups, _ time.Time) {
		b.Gaps = []wire.BackupGap{{From: day(11, 20, 7, 0, 0), Until: day(11, 20, 7, 41, 0)}}
	}
	const missing = "2026-11-20 07:00:00 至 2026-11-20 07:41:00 之间的变更记录缺失，不能恢复到这一时刻"
	for name, c := range map[string]struct {
		row          int // -1: by moment alone
		moment, want string
	}{
		"nothing":                        {-1, " ", "请填写时刻"},
		"a day":                          {-1, "2026-11-22", "请写成 2026-11-22 14:03:27"},
		"words":                          {-1, "昨天下午", "请写成 2026-11-22 14:03:27"},
		"too early":                      {-1, "2026-11-14 03:30:12", "只能恢复到 2026-11-14 03:30:13 至 2026-11-23 07:12:29 之间"},
		"not yet":                        {-1, "2026-11-23 07:12:30", "只能恢复到 2026-11-14 03:30:13 至 2026-11-23 07:12:29 之间"},
		"in a gap":                       {-1, "2026-11-20 07:00:01", missing},
		"at its beginning":               {-1, "2026-11-20 07:00:00", ""},
		"at its end":                     {-1, "2026-11-20 07:41:00", ""},
		"before the backup":              {3, "2026-11-21 03:30:12", "这份备份里没有更早的时刻，请选更早的备份"},
		"its own second":                 {3, "2026-11-21 03:30:13", ""},
		"past the gap, from before it":   {4, "2026-11-21 00:00:00", missing},
		"up to the gap, from before it":  {4, "2026-11-20 07:00:00", ""},
		"past the gap, from a later one": {3, "2026-11-22 00:00:00", ""},
	} {
		b := atBackups(gap)
		name0 := "backup.moment"
		if c.row >= 0 {
			b.Row(c.row)
			name0 = "backup.restore"
		}
		b.Act(name0)
		b.Fill("which", "typed", "moment", c.moment)
		b.Do(desk.OfficeSubmit{})
		got := asked(b)
		if (got != nil) != (c.want == "") || got == nil && wrong(form(t, b), "moment") != c.want {
			t.Errorf("%s: asked %+v, says %q", name, got, wrong(form(t, b), "moment"))
		}
	}
}

func TestS082RestoreCanOnlyBeBegunWhereItCanBeDone(t *testing.T) {
	for name, c := range map[string]struct {
		change       func(b *wire.Backups, now time.Time)
		set, moment  bool
		note         string
		drill, begin bool
	}{
		"all well": {nil, true, true, "演练在旁边恢复一份，核对后删除，不影响营业", true, true},
		"the key is elsewhere": {
			func(b *wire.Backups, _ time.Time) { b.RestoresHere = false },
			false, false, "恢复密钥不在本机，请凭密钥运行 hub restore", false, true,
		},
		"a newer hub's": {
			func(b *wire.Backups, _ time.Time) { b.Sets[0].Refused = "made by hub 2.0" },
			false, true, "made by hub 2.0", false, true,
		},
		"nowhere whole": {func(b *wire.Backups, _ time.Time) {
			for i := range b.Sets[0].Copies {
				b.Sets[0].Copies[i].State = wire.CopyDamaged
			}
		}, false, true, "演练在旁边恢复一份，核对后删除，不影响营业", false, true},
		"one begun already": {func(b *wire.Backups, now time.Time) {
			b.Restore = &wire.BackupRestore{ID: "r", At: now, State: wire.RestoreReady}
		}, false, false, "演练在旁边恢复一份，核对后删除，不影响营业", true, true},
	} {
		b := atBackups(c.change)
		b.Do(desk.OfficeAct{ID: "backup.moment"})
		if got := office(t, b).Form != nil; got != c.moment || act(t, b, "backup.moment").On != c.moment {
			t.Errorf("%s: restoring to a moment opens %t", name, got)
		}
		b.Do(desk.OfficeCancel{})
		b.Row(0)
		b.Do(desk.OfficeAct{ID: "backup.restore"})
		if got := office(t, b).Form != nil; got != c.set || act(t, b, "backup.restore").On != c.set {
			t.Errorf("%s: restoring the backup opens %t", name, got)
		}
		b.Do(desk.OfficeCancel{})
		if got := act(t, b, "backup.drill").On; got != c.drill || act(t, b, "backup.make").On != c.begin {
			t.Errorf("%s: a rehearsal can be begun: %t", name, got)
		}
		if got := office(t, b).Card.Note; got != c.note {
			t.Errorf("%s: says %q", name, got)
		}
	}
}

// The whole way, as somebody at the till walks it after a bad day.
func TestS083YesterdayIsBroughtBack(t *testing.T) {
	b := atBackups(nil)
	b.Act("backup.moment")
	b.Fill("moment", "2026-11-22 14:03:27")
	b.Submit()
	c := office(t, b).Card
	if c.Title != "恢复到 11-22 14:03:27" || c.Subtitle != "正在恢复" || c.Note != "照常营业，现有数据不受影响" || said(b.Stage) != "开始恢复，现有数据不受影响" {
		t.Fatalf("card %+v, said %q", c, said(b.Stage))
	}
	if bars := section(c, "正在恢复 · 07:11").Bars; len(bars) != 1 || bars[0].Label != "重放变更" || bars[0].Value != "64% · 约剩 14 秒" {
		t.Errorf("under way: %+v", bars)
	}
	b.Restoring(wire.RestoreReady, day(11, 22, 14, 3, 27))
	b.Wait(2 * time.Second)
	b.Serve()
	c = office(t, b).Card
	want := []desk.CardLine{
		{Label: "距现在", Value: "17 小时 9 分", Tone: desk.ToneSoft},
		{Label: "交易", Value: "214 笔，由加油机流水自动补回", Tone: desk.ToneSoft},
		{Label: "收款", Value: "209 笔共 ¥48917.35，不会补回，须凭小票补录", Tone: desk.ToneBad},
		{Label: "消息", Value: "31，不会补回", Tone: desk.ToneWarn},
		{Label: "新会员", Value: "2，不会补回", Tone: desk.ToneWarn},
	}
	if diff := cmp.Diff(want, section(c, "切换后会丢失").Lines); diff != "" || c.Subtitle != "已恢复并核对，等待切换" || line(c, "账目") != "418 项一致" {
		t.Errorf("ready: %+v%s", c, diff)
	}
	b.Act("restore.switch")
	if f := form(t, b); f.OK.Style != desk.ActDanger || f.Tone != desk.ToneBad || len(f.Lines) != 5 || f.Fields[0].Label != "输入该时刻的时分秒 14:03:27 以确认" {
		t.Errorf("form %+v", f)
	}
	for _, sure := range []string{"", "14:03", "14:03:28", "yes"} {
		b.Fill("sure", sure)
		b.Submit()
		if f := form(t, b); wrong(f, "sure") != "与要恢复到的时刻不一致" {
			t.Errorf("%q: form %+v", sure, f)
		}
	}
	b.Fill("sure", " 14：03：27 ")
	b.Do(desk.OfficeSubmit{}, desk.OfficeSubmit{})
	_, acts := b.Asked()
	if len(acts) != 1 || acts[0].Kind != desk.CommandSwitch || acts[0].Object != lookbook.ARestore {
		t.Fatalf("sent %+v", acts)
	}
	b.Grant(acts[0])
	b.Serve()
	if o := office(t, b); o.Note != "正在切换：连接会断开，约一分钟后请重新登录" || len(o.Card.Acts) != 0 {
		t.Errorf("switching: %q, acts %+v", o.Note, o.Card.Acts)
	}
	b.Restoring(wire.RestoreDone, day(11, 22, 14, 3, 27))
	b.Wait(2 * time.Second)
	b.Serve()
	if c := office(t, b).Card; c.Subtitle != "已切换，现在用的就是恢复的数据" || act(t, b, "restore.away").Label != "收起" || section(c, "切换后会丢失").Lines != nil {
		t.Errorf("done: %+v", c)
	}
	b.Act("restore.away")
	if c := office(t, b).Card; c.Title != "备份总览" || b.Backups.Restore != nil {
		t.Errorf("put away: %+v", c)
	}
}

func TestWhatIsRestoredIsNotThrownAwayByASlip(t *testing.T) {
	for state, want := range map[wire.RestoreState]struct{ label, text string }{
		wire.RestoreWorking: {"停止恢复", "恢复停止，已取回的部分会被删除，现有数据不受影响"},
		wire.RestoreReady:   {"放弃", "恢复好的数据会被删除，现有数据不受影响。需要时可以再恢复一次"},
	} {
		b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
		b.Restoring(state, day(11, 22, 14, 3, 27))
		b.Open(desk.PageOffice, desk.TabBackups)
		if got := act(t, b, "restore.away").Label; got != want.label {
			t.Errorf("%s: the button says %q", state, got)
		}
		b.Act("restore.away")
		if f := form(t, b); f.Text != want.text || f.OK.Label != want.label || f.OK.Style != desk.ActDanger || b.Backups.Restore == nil {
			t.Errorf("%s: form %+v", state, f)
		}
		b.Submit()
		if office(t, b).Form != nil || b.Backups.Restore != nil {
			t.Errorf("%s: it is still there", state)
		}
	}
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
	b.Restoring(wire.RestoreFailed, day(11, 22, 14, 3, 27))
	b.Open(desk.PageOffice, desk.TabBackups)
	if c := office(t, b).Card; c.Subtitle != "没有恢复成" || c.Note != "现有数据没有改变" || c.Sections[0].Lines[3].Value != b.Backups.Restore.Problem {
		t.Errorf("failed: %+v", c)
	}
	b.Act("restore.switch")
	if office(t, b).Form != nil {
		t.Error("what failed can be switched to")
	}
}

// A form that is open does not act on what has changed under it.
func TestFormOfARestoreThatIsGoneDoesNothing(t *testing.T) {
	b := atBackups(nil)
	b.Row(0)
	b.Act("backup.restore")
	b.Backups.Sets = b.Backups.Sets[1:]
	b.Wait(30 * time.Second)
	b.Serve()
	b.Do(desk.OfficeSubmit{})
	if got := asked(b); got != nil || form(t, b).Problem != "情况已变化，请关闭后再看" {
		t.Errorf("asked %+v, form %+v", got, form(t, b))
	}
	b = lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
	b.Restoring(wire.RestoreReady, day(11, 22, 14, 3, 27))
	b.Open(desk.PageOffice, desk.TabBackups)
	b.Act("restore.switch")
	b.Backups.Restore = nil
	b.Wait(30 * time.Second)
	b.Serve()
	b.Fill("sure", "14:03:27")
	b.Do(desk.OfficeSubmit{})
	if _, acts := b.Asked(); len(acts) != 0 || form(t, b).Problem != "情况已变化，请关闭后再看" {
		t.Errorf("sent %+v", acts)
	}
}

func TestLossOfNothingIsSaidSo(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{Lang: desk.English}, wire.RoleHead)
	b.Restoring(wire.RestoreReady, b.At().Add(-4*time.Second))
	b.Backups.Restore.Lost = &wire.RestoreLoss{Seconds: 4, Payments: 1, Amount: unit.Fen(100)}
	b.Open(desk.PageOffice, desk.TabBackups)
	var got []string
	for _, l := range section(office(t, b).Card, "What a switch would lose").Lines {
		got = append(got, l.Value)
	}
	if diff := cmp.Diff([]string{"4.0 s", "None", "1, ¥1.00; enter them again from receipts", "None", "None"}, got); diff != "" {
		t.Error(diff)
	}
}
