package office_test

import (
	"fmt"

	"forecourt/cashier/internal/desk"
)

// The pages below are made up; they have every kind of thing a page can hold.

func on(label string) desk.Button { return desk.Button{Label: label, On: true} }

func act(id, label string, style desk.ActStyle) desk.Act {
	return desk.Act{ID: id, Style: style, Button: on(label)}
}

func officeTabs(chosen desk.Tab) []desk.TabItem {
	tabs := []desk.TabItem{
		{Tab: desk.TabStaff, Label: "员工"},
		{Tab: desk.TabPosts, Label: "排班"},
		{Tab: desk.TabSessions, Label: "会话"},
		{Tab: desk.TabLog, Label: "安全日志"},
		{Tab: desk.TabAlerts, Label: "警报", Badge: "3"},
		{Tab: desk.TabKeys, Label: "密钥"},
		{Tab: desk.TabAccount, Label: "我的账号"},
	}
	for i := range tabs {
		tabs[i].Chosen = tabs[i].Tab == chosen
	}
	return tabs
}

// members is a search among members with one of them chosen.
func members() *desk.Office {
	o := &desk.Office{
		Title: "会员",
		Tabs:  []desk.TabItem{{Tab: desk.TabMembers, Label: "会员", Chosen: true}, {Tab: desk.TabSegments, Label: "分组"}},
		Filters: []desk.Field{
			{ID: "number", Kind: desk.FieldText, Label: "会员号", Hint: "8 位数字"},
			{ID: "phone", Kind: desk.FieldSecret, Label: "手机号", Hint: "完整号码"},
			{ID: "plate", Kind: desk.FieldText, Label: "车牌", Hint: "云A·12345"},
			{ID: "segment", Kind: desk.FieldChoice, Label: "分组", Choices: []desk.Pick{{Value: "", Label: "全部"}, {Value: "s1", Label: "周六满三百"}, {Value: "s2", Label: "久未到站"}}},
		},
		Note: "找到 50 位以上会员，按最近到站排列", NoteTone: desk.ToneSoft,
		Table: desk.Table{
			Empty: "没有找到会员",
			Columns: []desk.Column{
				{Title: "会员号", Weight: 14},
				{Title: "称呼", Weight: 10},
				{Title: "车牌", Weight: 14},
				{Title: "常用油品", Weight: 10, Spare: true},
				{Title: "加油次数", Weight: 10, Right: true},
				{Title: "最近到站", Weight: 14, Right: true},
			},
			More: on("更多"),
		},
		Card: memberCard(),
	}
	for i := range 50 {
		o.Table.Rows = append(o.Table.Rows, desk.Row{Key: fmt.Sprint("m", i), Chosen: i == 2, Cells: []desk.Cell{
			{Text: fmt.Sprintf("8800%04d", 1021+i*7), Bold: true},
			{Text: []string{"李*", "王**", "张*"}[i%3]},
			{Text: fmt.Sprintf("云A***%02d", i+11)},
			{Text: []string{"92#", "95#", "0#"}[i%3], Tone: desk.ToneSoft},
			{Text: fmt.Sprint(120 - i)},
			{Text: fmt.Sprintf("11-%02d 08:%02d", 23-i/4, i), Tone: desk.ToneSoft},
		}})
	}
	return o
}

func memberCard() *desk.Card {
	reveal := func(what string) *desk.Act {
		return &desk.Act{ID: "reveal", Arg: what, Button: on("查看")}
	}
	return &desk.Card{
		Title: "88001035", Subtitle: "张* · 2023-04-18 注册", Tone: desk.ToneSoft,
		Sections: []desk.Section{
			{Lines: []desk.CardLine{
				{Label: "手机号", Value: "138****5678", Act: reveal("phone")},
				{Label: "身份证号", Value: "未填写", Tone: desk.ToneSoft},
				{Label: "同意营销", Value: "已同意（第 3 版，2026-05-02）", Tone: desk.ToneGood},
			}},
			{Title: "车辆", Lines: []desk.CardLine{
				{Label: "云A***11", Value: "比亚迪宋 DM-i · 油箱 52 L", Act: reveal("plate")},
				{Label: "云A·D***05", Value: "新能源 · 蔚来 ET5"},
			}},
			{Title: "习惯", Bars: []desk.Bar{
				{Label: "92#", Value: "31 次", Percent: 84}, {Label: "95#", Value: "6 次", Percent: 16},
			}, Lines: []desk.CardLine{
				{Label: "平均金额", Value: "¥ 268.40"}, {Label: "频率", Value: "每 8 天一次"}, {Label: "最近到站", Value: "今天 07:02"},
			}},
			{Title: "常来时段", Bars: []desk.Bar{
				{Label: "周六 上午", Value: "14", Percent: 38}, {Label: "周一 早高峰", Value: "9", Percent: 24}, {Label: "周日 晚上", Value: "2", Percent: 5}, {Label: "其他", Value: "0", Percent: 0},
			}},
			{Title: "加油记录", Table: &desk.Table{
				Columns: []desk.Column{{Title: "时间", Weight: 14}, {Title: "油品", Weight: 7}, {Title: "升数", Weight: 10, Right: true}, {Title: "金额", Weight: 12, Right: true}},
				Rows: []desk.Row{
					{Cells: []desk.Cell{{Text: "11-23 07:02", Tone: desk.ToneSoft}, {Text: "92#"}, {Text: "25.60 L"}, {Text: "¥192.00", Bold: true}}},
					{Cells: []desk.Cell{{Text: "11-14 18:31", Tone: desk.ToneSoft}, {Text: "92#"}, {Text: "40.11 L"}, {Text: "¥300.83", Bold: true}}},
					{Cells: []desk.Cell{{Text: "11-07 09:15", Tone: desk.ToneSoft}, {Text: "95#"}, {Text: "33.90 L"}, {Text: "¥274.59", Bold: true}}},
				},
			}},
			{Title: "反馈", Empty: "没有反馈"},
		},
		Acts: []desk.Act{act("export", "导出资料", ""), act("erase", "删除会员", desk.ActDanger)},
		Note: "查看会员资料会记入安全日志。",
	}
}

// securityLog has many filters and a wide list.
func securityLog() *desk.Office {
	o := &desk.Office{
		Title: "后台", Tabs: officeTabs(desk.TabLog), Wide: true,
		Filters: []desk.Field{
			{ID: "who", Kind: desk.FieldText, Label: "谁", Hint: "工号"},
			{ID: "action", Kind: desk.FieldMany, Label: "动作", Hint: "全部", Choices: []desk.Pick{
				{Value: "login.ok", Label: "登录"},
				{Value: "login.refused", Label: "登录被拒"},
				{Value: "member.look", Label: "查看会员"},
				{Value: "member.reveal", Label: "查看号码"},
				{Value: "member.export", Label: "导出会员"},
				{Value: "sale.pay", Label: "收款"},
				{Value: "sale.resolve", Label: "异常处理"},
				{Value: "prices.set", Label: "调价"},
				{Value: "keys.rotate", Label: "轮换密钥"},
				{Value: "staff.change", Label: "修改员工"},
			}},
			{ID: "result", Kind: desk.FieldChoice, Label: "结果", Choices: []desk.Pick{{Value: "", Label: "全部"}, {Value: "ok", Label: "成功"}, {Value: "refused", Label: "被拒"}}},
			{ID: "from", Kind: desk.FieldText, Label: "从", Hint: "2026-11-01"},
			{ID: "to", Kind: desk.FieldText, Label: "到", Hint: "2026-11-23"},
			{ID: "mine", Kind: desk.FieldCheck, Label: "只看本站", Value: "1"},
		},
		Acts: []desk.Act{act("log.export", "导出", "")},
		Note: "日志完整：已封存到第 1,204,118 行，07:10 核对", NoteTone: desk.ToneGood,
		Table: desk.Table{
			Columns: []desk.Column{
				{Title: "时间", Weight: 16},
				{Title: "人", Weight: 12},
				{Title: "动作", Weight: 12},
				{Title: "对象", Weight: 22, Spare: true},
				{Title: "结果", Weight: 9},
				{Title: "说明", Weight: 28},
			},
			More: on("更早的记录"),
		},
	}
	for i := range 200 {
		result, tone := "成功", desk.ToneGood
		if i%7 == 3 {
			result, tone = "被拒", desk.ToneBad
		}
		o.Table.Rows = append(o.Table.Rows, desk.Row{Key: fmt.Sprint("l", i), Cells: []desk.Cell{
			{Text: fmt.Sprintf("11-23 07:%02d:%02d", 59-i/4, i%60), Tone: desk.ToneSoft},
			{Text: []string{"1001 陈志远", "2001 王晓燕", "4001 周敏"}[i%3]},
			{Text: []string{"查看会员", "收款", "登录", "查看号码"}[i%4]},
			{Text: fmt.Sprintf("会员 8800%04d", 1021+i)},
			{Text: result, Tone: tone, Bold: true},
			{Text: []string{"核对中奖人的电话", "", "二次验证"}[i%3], Tone: desk.ToneSoft},
		}})
	}
	return o
}

// keys is a tab whose card is about the tab itself.
func keys() *desk.Office {
	o := &desk.Office{
		Title: "后台", Tabs: officeTabs(desk.TabKeys),
		Acts: []desk.Act{act("keys.rotate", "轮换数据密钥", desk.ActMain)},
		Table: desk.Table{
			Columns: []desk.Column{{Title: "数据密钥", Weight: 12}, {Title: "建立", Weight: 14}, {Title: "状态", Weight: 10}, {Title: "字段数", Weight: 12, Right: true}},
			Rows: []desk.Row{
				{Cells: []desk.Cell{{Text: "第 4 号", Bold: true}, {Text: "2026-11-20 03:00"}, {Text: "使用中", Tone: desk.ToneGood}, {Text: "812,440"}}},
				{Cells: []desk.Cell{{Text: "第 3 号", Bold: true}, {Text: "2026-05-20 03:00"}, {Text: "换出中", Tone: desk.ToneBusy}, {Text: "204,118"}}},
			},
		},
		Card: &desk.Card{
			Title: "密钥状态", Subtitle: "正在轮换，可以照常营业", Tone: desk.ToneBusy,
			Sections: []desk.Section{
				{Bars: []desk.Bar{{Label: "已换", Value: "80 %", Percent: 80}}},
				{Title: "主密钥", Lines: []desk.CardLine{
					{Label: "来源", Value: "文件（权限 0600）"}, {Label: "指纹", Value: "9f:2c:77:a1:04:5e:b8:d0:63:1a:ee:90:4b:27:c5:18"}, {Label: "恢复单", Value: "2026-05-20 打印，一年以上请重印", Tone: desk.ToneWarn},
				}},
			},
		},
	}
	return o
}

// account is a card without a list.
func account() *desk.Office {
	return &desk.Office{
		Title: "后台", Tabs: officeTabs(desk.TabAccount),
		Card: &desk.Card{
			Title: "陈志远", Subtitle: "1001 · 负责人", Sections: []desk.Section{
				{Lines: []desk.CardLine{{Label: "密码", Value: "2026-10-02 修改", Act: &desk.Act{ID: "password", Button: on("修改")}}}},
				{Title: "二次验证", Lines: []desk.CardLine{
					{Label: "状态", Value: "已开启", Tone: desk.ToneGood, Act: &desk.Act{ID: "factor.drop", Button: on("关闭")}}, {Label: "恢复码", Value: "还有 8 个"},
				}},
				{Title: "可以做什么", Lines: []desk.CardLine{{Label: "查看会员、查看号码（要写原因）、导出和删除会员、管理员工、分配油枪、查看安全日志、轮换密钥。"}}},
			},
		},
	}
}

func secondFactor() *desk.Form {
	return &desk.Form{
		ID: "factor", Title: "开启二次验证", Text: "用手机上的验证器扫一扫，再输入它显示的六位数字。",
		Code:   "otpauth://totp/%E6%98%86%E6%98%8E%E7%A4%BA%E8%8C%83%E5%8A%A0%E6%B2%B9%E7%AB%99:1001?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Forecourt&algorithm=SHA1&digits=6&period=30",
		Lines:  []desk.CardLine{{Label: "密钥", Value: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"}},
		Fields: []desk.Field{{ID: "code", Kind: desk.FieldText, Label: "六位数字", Help: "每 30 秒换一次"}},
		OK:     act("", "开启", desk.ActMain), Cancel: desk.Button{Label: "取消", Hint: "Esc", On: true},
	}
}

func recoveryCodes() *desk.Form {
	f := &desk.Form{
		ID: "codes", Title: "恢复码", Tone: desk.ToneWarn,
		Text: "手机丢了，可以用其中一个代替六位数字，每个只能用一次。请抄下来或打印，离开后不再显示。",
		OK:   act("", "我已抄好", desk.ActMain),
	}
	for i := range 10 {
		f.Lines = append(f.Lines, desk.CardLine{Label: fmt.Sprint(i + 1), Value: fmt.Sprintf("%04x-%04X", 0x3f1c+i*911, 0x88a2+i*37)})
	}
	return f
}

func newStaff() *desk.Form {
	return &desk.Form{
		ID: "staff.add", Title: "新员工", Text: "第一次登录时要换密码。", Tone: desk.ToneSoft,
		Fields: []desk.Field{
			{ID: "number", Kind: desk.FieldText, Label: "工号", Value: "2003"},
			{ID: "name", Kind: desk.FieldText, Label: "姓名", Hint: "真实姓名"},
			{ID: "role", Kind: desk.FieldChoice, Label: "岗位", Value: "cashier", Choices: []desk.Pick{
				{Value: "head", Label: "负责人"}, {Value: "cashier", Label: "收银员"}, {Value: "attendant", Label: "加油员"}, {Value: "agent", Label: "客服"},
			}},
			{ID: "nozzles", Kind: desk.FieldMany, Label: "油枪", Value: "3,4", Choices: nozzles()},
			{ID: "password", Kind: desk.FieldSecret, Label: "初始密码", Help: "至少 10 个字符，不能含工号", Problem: "太短：还差 4 个字符"},
			{ID: "factor", Kind: desk.FieldCheck, Label: "必须使用二次验证"},
		},
		Problem: "请改正标出的内容",
		OK:      act("", "添加", desk.ActMain), Cancel: desk.Button{Label: "取消", Hint: "Esc", On: true},
	}
}

func nozzles() (out []desk.Pick) {
	for i := range 12 {
		out = append(out, desk.Pick{Value: fmt.Sprint(i + 1), Label: fmt.Sprintf("%d 号", i+1)})
	}
	return out
}

func erase() *desk.Form {
	return &desk.Form{
		ID: "erase", Title: "删除会员 88001035", Tone: desk.ToneBad,
		Text:   "销毁此人的密钥后，姓名、电话、车牌和聊天内容在系统和所有备份里都无法再读出，不能撤销。账目保留，不含个人信息。",
		Fields: []desk.Field{{ID: "why", Kind: desk.FieldText, Label: "原因", Hint: "会员本人申请"}, {ID: "sure", Kind: desk.FieldText, Label: "输入会员号以确认"}},
		OK:     act("", "永久删除", desk.ActDanger), Cancel: desk.Button{Label: "取消", Hint: "Esc", On: true},
	}
}

func segment() *desk.Form {
	days := []desk.Pick{{Value: "1", Label: "周一"}, {Value: "2", Label: "周二"}, {Value: "3", Label: "周三"}, {Value: "4", Label: "周四"}, {Value: "5", Label: "周五"}, {Value: "6", Label: "周六"}, {Value: "7", Label: "周日"}}
	return &desk.Form{
		ID: "segment", Title: "新分组", Text: "符合全部条件的会员。没有同意营销的人不会在任何分组里。", Tone: desk.ToneSoft,
		Fields: []desk.Field{
			{ID: "name", Kind: desk.FieldText, Label: "名称", Value: "周六满三百"},
			{ID: "0.what", Kind: desk.FieldChoice, Label: "条件 1", Value: "days", Choices: []desk.Pick{{Value: "days", Label: "在这些日子加油"}, {Value: "amount", Label: "单次金额至少"}}},
			{ID: "0.days", Kind: desk.FieldMany, Label: "哪些日子", Value: "6", Choices: days},
			{ID: "1.what", Kind: desk.FieldChoice, Label: "条件 2", Value: "amount", Choices: []desk.Pick{{Value: "days", Label: "在这些日子加油"}, {Value: "amount", Label: "单次金额至少"}}},
			{ID: "1.amount", Kind: desk.FieldText, Label: "金额（元）", Value: "300"},
		},
		Extra: []desk.Act{act("segment.more", "再加一个条件", ""), act("segment.preview", "看看有多少人", "")},
		OK:    act("", "保存", desk.ActMain), Cancel: desk.Button{Label: "取消", Hint: "Esc", On: true},
	}
}

func newOffer() *desk.Form {
	return &desk.Form{
		ID: "offer.add", Title: "新优惠", Text: "所有车主都能看到。", Tone: desk.ToneSoft,
		Fields: []desk.Field{
			{ID: "title", Kind: desk.FieldText, Label: "标题", Value: "周三会员日"},
			{ID: "text", Kind: desk.FieldLong, Label: "说明", Hint: "条件、时段", Help: "16 / 400", Value: "每周三 0:00 至 24:00。\n柴油不参加。"},
			{ID: "until", Kind: desk.FieldText, Label: "结束", Value: "2026-12-23 23:59"},
		},
		OK: act("", "发布", desk.ActMain), Cancel: desk.Button{Label: "取消", Hint: "Esc", On: true},
	}
}

// with is a page with a form over it.
func with(o *desk.Office, f *desk.Form) *desk.Office {
	o.Form = f
	return o
}

// samples are the pages by name.
func samples() map[string]func() *desk.Office {
	return map[string]func() *desk.Office{
		"members": members, "log": securityLog, "keys": keys, "account": account,
		"factor":  func() *desk.Office { return with(account(), secondFactor()) },
		"codes":   func() *desk.Office { return with(account(), recoveryCodes()) },
		"staff":   func() *desk.Office { return with(securityLog(), newStaff()) },
		"erase":   func() *desk.Office { return with(members(), erase()) },
		"offer":   func() *desk.Office { return with(securityLog(), newOffer()) },
		"segment": func() *desk.Office { return with(members(), segment()) },
		"loading": func() *desk.Office {
			o := members()
			o.Card = &desk.Card{Title: "88001035", Loading: true}
			return o
		},
		"failed": func() *desk.Office {
			o := members()
			o.Card = &desk.Card{Title: "88001035", Failed: "没有取到会员资料：中心没有回答。", Retry: act("again", "再试一次", "")}
			return o
		},
	}
}
