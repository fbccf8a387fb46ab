package desk_test

import (
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
)

// atBackups is a head at the backups of a hub that was changed a little.
func atBackups(change func(b *wire.Backups, now time.Time)) *lookbook.Backroom {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
	if change != nil {
		change(&b.Backups, b.At())
	}
	b.Open(desk.PageOffice, desk.TabBackups)
	b.Effects = nil
	return b
}

// act is a button of the page or of its card.
func act(t *testing.T, b *lookbook.Backroom, name string) desk.Act {
	t.Helper()
	o := office(t, b)
	for _, a := range append(o.Acts, o.Card.Acts...) {
		if a.ID == name {
			return a
		}
	}
	return desk.Act{}
}

// section is the part of a card with a title.
func section(c *desk.Card, title string) desk.Section {
	for _, s := range c.Sections {
		if s.Title == title {
			return s
		}
	}
	return desk.Section{}
}

func TestS080ScheduleIsSaved(t *testing.T) {
	for name, c := range map[string]struct {
		fill []string
		want wire.BackupSchedule
	}{
		"as it is":                    {nil, wire.BackupSchedule{Every: wire.BackupDaily, At: "03:30", Weekday: 1}},
		"weekly":                      {[]string{"every", "weekly", "day", "0", "at", "02:00"}, wire.BackupSchedule{Every: wire.BackupWeekly, At: "02:00"}},
		"off keeps the rest":          {[]string{"every", "off", "at", "nonsense"}, wire.BackupSchedule{Every: wire.BackupOff, At: "03:30", Weekday: 1}},
		"written by an input method":  {[]string{"at", " 4：05 "}, wire.BackupSchedule{Every: wire.BackupDaily, At: "04:05", Weekday: 1}},
		"a day that is none is as it": {[]string{"every", "weekly", "day", "9"}, wire.BackupSchedule{Every: wire.BackupWeekly, At: "03:30", Weekday: 1}},
	} {
		b := atBackups(nil)
		b.Act("backup.schedule")
		b.Fill(c.fill...)
		b.Do(desk.OfficeSubmit{}, desk.OfficeSubmit{})
		_, acts := b.Asked()
		if len(acts) != 1 || acts[0].Kind != desk.CommandSchedule || !cmp.Equal(*acts[0].Office.Schedule, c.want) {
			t.Errorf("%s: sent %+v", name, acts)
			continue
		}
		b.Grant(acts[0])
		b.Serve()
		if o := office(t, b); o.Form != nil || said(b.Stage) != "备份计划已保存" {
			t.Errorf("%s: said %q, form %+v", name, said(b.Stage), o.Form)
		}
	}
	b := atBackups(nil)
	if got := line(office(t, b).Card, "自动备份"); got != "每天 03:30" {
		t.Errorf("the schedule reads %q", got)
	}
	b.Act("backup.schedule")
	if f := form(t, b); !f.Fields[1].Off || f.Fields[2].Off {
		t.Error("a daily backup asks for a weekday")
	}
	b.Fill("every", "off")
	if f := form(t, b); !f.Fields[2].Off || f.Tone != desk.ToneWarn {
		t.Errorf("switching it off says %q", f.Text)
	}
	for _, at := range []string{"", "24:00", "3", "03:30:00", "half past"} {
		b.Fill("every", "daily", "at", at)
		b.Submit()
		if got := wrong(form(t, b), "at"); got != "请写成 03:30" {
			t.Errorf("%q: says %q", at, got)
		}
	}
}

func TestS080WhatIsWrongIsSaidInPlainWords(t *testing.T) {
	for name, c := range map[string]struct {
		change func(b *wire.Backups, now time.Time)
		want   string
		tone   desk.Tone
	}{
		"nothing": {nil, "数据有备份：最近一份 03:30，3 处完好；可恢复到 07:12:29 之前的任意一秒", desk.ToneGood},
		"a missed one": {
			func(b *wire.Backups, _ time.Time) { b.Missed = true },
			"错过了计划的备份 · 最近一份完好的备份：03:30，3 处", desk.ToneBad,
		},
		"a place": {func(b *wire.Backups, now time.Time) {
			b.Places[1].Problem, b.Places[1].ProblemSince = "no route to host", now.Add(-2*time.Hour)
		}, "备份位置 nas 从 05:12 起用不了 · 最近一份完好的备份：03:30，3 处", desk.ToneBad},
		"none at all": {func(b *wire.Backups, _ time.Time) { b.Sets, b.Drills = nil, nil }, "还没有备份，数据丢失后无法找回", desk.ToneBad},
		"none that is whole": {func(b *wire.Backups, _ time.Time) {
			b.Sets = b.Sets[:1]
			for i := range b.Sets[0].Copies {
				b.Sets[0].Copies[i].State = wire.CopyMissing
			}
		}, "没有一份备份是完好的", desk.ToneBad},
		"no place": {func(b *wire.Backups, _ time.Time) { b.Places, b.Sets, b.Drills = nil, nil, nil }, "没有设置备份位置，请让管理员在配置里添加", desk.ToneBad},
		"a damaged copy": {
			func(b *wire.Backups, _ time.Time) { b.Sets[0].Copies[2].State = wire.CopyDamaged },
			"03:30 的备份在 cloud 损坏 · 最近一份完好的备份：03:30，2 处", desk.ToneBad,
		},
		"a rehearsal": {func(b *wire.Backups, _ time.Time) { b.Drills[0].OK = false }, "最近一次恢复演练没有通过 · 最近一份完好的备份：03:30，3 处", desk.ToneBad},
		"all on one disk": {func(b *wire.Backups, _ time.Time) {
			b.Places = b.Places[:1]
			b.Places[0].SameDevice = true
		}, "备份都在数据所在的磁盘上，磁盘损坏会一起丢失 · 最近一份完好的备份：03:30，3 处", desk.ToneBad},
		"one place": {func(b *wire.Backups, _ time.Time) { b.Places = b.Places[:1] }, "只有一个备份位置 · 最近一份完好的备份：03:30，3 处", desk.ToneWarn},
		"no key":    {func(b *wire.Backups, _ time.Time) { b.KeyAway = false }, "备份密钥没有另外保管，这台机器丢失后备份打不开 · 最近一份完好的备份：03:30，3 处", desk.ToneWarn},
		"an old log": {func(b *wire.Backups, now time.Time) {
			for i := range b.Places {
				b.Places[i].LogAt = now.Add(-time.Hour)
			}
		}, "变更记录只送到 06:12，之后的数据没有备份 · 最近一份完好的备份：03:30，3 处", desk.ToneWarn},
		"off and never rehearsed": {func(b *wire.Backups, _ time.Time) {
			b.Schedule.Every, b.Drills = wire.BackupOff, nil
			for i := range b.Sets {
				b.Sets[i].Good, b.Sets[i].Drill = false, nil
			}
		}, "还没有一份备份通过恢复演练 · 另有 1 项 · 最近一份完好的备份：03:30，3 处", desk.ToneWarn},
	} {
		b := atBackups(c.change)
		if o := office(t, b); o.Note != c.want || o.NoteTone != c.tone {
			t.Errorf("%s: %s %q, want %q", name, o.NoteTone, o.Note, c.want)
		}
		part := section(office(t, b).Card, "需要处理")
		if (len(part.Lines) == 0) != (c.tone == desk.ToneGood) || len(part.Lines) > 0 && !strings.HasPrefix(c.want, part.Lines[0].Value) {
			t.Errorf("%s: the card says %+v", name, part.Lines)
		}
	}
}

func TestS081EachPlaceAndEachCopyIsShown(t *testing.T) {
	b := atBackups(func(b *wire.Backups, now time.Time) {
		b.Places[0].SameDevice = true
		b.Places[1].Problem, b.Places[1].ProblemSince, b.Places[1].LogAt = "no route to host", now.Add(-time.Hour), time.Time{}
		b.Sets[0].Copies[1].State = wire.CopyMissing
		b.Sets[1].Copies[2].State = wire.CopyStored
		b.Sets[2].Copies[0].State, b.Sets[2].Copies[0].Problem = wire.CopyDamaged, "part 2 is altered"
		b.Sets[3].Copies[1].State, b.Sets[3].Copies[2].State = wire.CopyMissing, wire.CopyDamaged
	})
	o := office(t, b)
	if diff := cmp.Diff([]string{"2/3 处 · nas 未存", "3 处已存", "disk2 损坏", "cloud 损坏", "3 处已核对"}, texts(o.Table, 4)[:5]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"通过", "通过", "未演练", "通过"}, texts(o.Table, 5)[:4]); diff != "" {
		t.Error(diff)
	}
	disk, nas, cloud := section(o.Card, "disk2 · 本地目录"), section(o.Card, "nas · SFTP"), section(o.Card, "cloud · 云存储")
	if disk.Lines[0].Value != "与数据在同一块磁盘上" || disk.Lines[0].Tone != desk.ToneWarn || disk.Lines[2].Value != "18 份，3.9 GB" || disk.Lines[3].Value != "1.2 TB" {
		t.Errorf("the disk: %+v", disk.Lines)
	}
	if nas.Lines[0].Value != "06:12 起用不了：no route to host" || nas.Lines[0].Tone != desk.ToneBad || nas.Lines[4].Value != "还没有" {
		t.Errorf("the server: %+v", nas.Lines)
	}
	if len(cloud.Lines) != 4 || cloud.Lines[3].Label != "防删除" {
		t.Errorf("the object store, which does not say what is free: %+v", cloud.Lines)
	}
	b.Row(2)
	copies := section(office(t, b).Card, "副本")
	if len(copies.Lines) != 4 || copies.Lines[0].Value != "损坏" || copies.Lines[1].Value != "part 2 is altered" || copies.Lines[1].Tone != desk.ToneBad {
		t.Errorf("the copies: %+v", copies.Lines)
	}
}

func TestS083TimeToRecoverIsShownAsATrend(t *testing.T) {
	b := atBackups(func(b *wire.Backups, _ time.Time) {
		b.Drills = append(b.Drills, b.Drills...)
		b.Drills[0].UpMS, b.Drills[1].UpMS, b.Drills[2].OK = 2_200, 4_400, false
		for i := range b.Drills[3:] {
			b.Drills[3+i].UpMS = 1_100
		}
	})
	bars := section(office(t, b).Card, "恢复演练用时").Bars
	if len(bars) != 10 {
		t.Fatalf("%d bars", len(bars))
	}
	want := []desk.Bar{{Label: "11-23 04:10", Value: "2.2 秒", Percent: 50}, {Label: "11-22 04:10", Value: "4.4 秒", Percent: 100}, {Label: "11-21 04:10", Value: "未通过"}, {Label: "11-20 04:10", Value: "1.1 秒", Percent: 25}}
	if diff := cmp.Diff(want, bars[:4]); diff != "" {
		t.Error(diff)
	}
	if got := line(office(t, b).Card, "恢复到可用"); got != "2.2 秒（04:10 演练）" {
		t.Errorf("the last one reads %q", got)
	}
}

// What is begun is one thing at a time, and is watched while it goes on.
func TestWorkUnderWayIsWatched(t *testing.T) {
	b := atBackups(nil)
	b.Act("backup.make")
	o := office(t, b)
	if said(b.Stage) != "开始备份" || act(t, b, "backup.make").On || act(t, b, "backup.verify").On || act(t, b, "backup.moment").On {
		t.Errorf("said %q, acts %+v", said(b.Stage), o.Acts)
	}
	b.Effects = nil
	b.Do(desk.OfficeAct{ID: "backup.make"}, desk.OfficeAct{ID: "backup.verify"}, desk.OfficeAct{ID: "backup.moment"})
	if _, acts := b.Asked(); len(acts) != 0 || office(t, b).Form != nil {
		t.Errorf("a second thing was begun: %+v", acts)
	}
	b.Wait(time.Second)
	if asked, _ := b.Asked(); len(asked) != 0 {
		t.Errorf("it looked again after a second: %+v", asked)
	}
	b.Backups.Work.Done, b.Backups.Work.Step, b.Backups.Work.LeftMS = 710, wire.StepStore, 61_000
	b.Wait(time.Second)
	b.Serve()
	part := section(office(t, b).Card, "正在备份 · 07:12")
	if len(part.Bars) != 1 || part.Bars[0] != (desk.Bar{Label: "存到各位置", Value: "71% · 约剩 2 分钟", Percent: 71}) {
		t.Errorf("under way: %+v", part)
	}
	b.Backups.Work = nil
	b.Wait(2 * time.Second)
	b.Serve()
	if !act(t, b, "backup.make").On {
		t.Error("nothing can be begun when it is done")
	}
	b.Effects = nil
	b.Wait(20 * time.Second)
	if asked, _ := b.Asked(); len(asked) != 0 {
		t.Errorf("it goes on looking when there is nothing to watch: %+v", asked)
	}
	b.Wait(10 * time.Second)
	if asked, _ := b.Asked(); len(asked) != 1 {
		t.Errorf("it does not look again by itself: %+v", asked)
	}
}

func TestBackupsSayWhyTheyAreNotShown(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
	b.Do(desk.GoTo{Page: desk.PageOffice})
	b.Serve()
	b.Do(desk.OfficeTab{Tab: desk.TabBackups})
	if o := office(t, b); !o.Card.Loading || o.Note != "" || len(o.Card.Acts) != 0 {
		t.Errorf("meanwhile %+v", o.Card)
	}
	b.Do(desk.OfficeAct{ID: "backup.make"}, desk.OfficeAct{ID: "backup.schedule"}, desk.OfficeAct{ID: "restore.away"})
	b.Refuse = wire.NewProblem(wire.ProblemStorage, "")
	b.Serve()
	failed := wire.Problems[wire.ProblemStorage].Chinese
	if c := office(t, b).Card; c.Failed != failed || c.Retry.ID != "reload" || office(t, b).Form != nil {
		t.Errorf("when the hub fails %+v", c)
	}
	b.Wait(2 * time.Second) // it asks again by itself, and says so until then
	if c := office(t, b).Card; c.Failed != failed {
		t.Errorf("while it asks again: %+v", c)
	}
	b.Refuse = nil
	b.Serve()
	if c := office(t, b).Card; c.Failed != "" || c.Subtitle != "一切正常" {
		t.Errorf("after that %+v", c)
	}
}

func TestBackupThatIsRemovedIsLetGoOf(t *testing.T) {
	b := atBackups(nil)
	b.Row(10)
	b.Backups.Sets = b.Backups.Sets[:10]
	b.Act("reload")
	if o := office(t, b); o.Card.Title != "备份总览" || act(t, b, "backup.overview").ID != "" {
		t.Errorf("card %+v", o.Card)
	}
	b.Row(0)
	b.Act("backup.drill")
	if said(b.Stage) != "开始恢复演练" || b.Backups.Work.Set != b.Backups.Sets[0].ID {
		t.Errorf("said %q, work %+v", said(b.Stage), b.Backups.Work)
	}
	b.Act("backup.overview")
	if c := office(t, b).Card; section(c, "正在恢复演练 · 07:12").Bars == nil {
		t.Errorf("card %+v", c)
	}
}
