package lookbook

import (
	"fmt"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// chatScenes are the moments of the support page.
func chatScenes() []Scene {
	return []Scene{
		{"support", Support},
		{"support-idle", SupportIdle},
		{"support-waiting", SupportWaiting},
		{"support-canned", SupportCanned},
		{"support-transfer", SupportTransfer},
		{"support-viewer", SupportViewer},
		{"support-recording", SupportRecording},
		{"support-sending", SupportSending},
		{"support-offline", SupportOffline},
		{"support-closed", SupportClosed},
		{"support-badge", SupportBadge},
		{"support-quiet", quiet},
		{"support-replies", made(replies)},
		{"support-loading", made(loading)},
		{"support-media", made(media)},
		{"support-writing", made(writing)},
		{"support-long", made(func(c *desk.Chat) { c.Open.Bubbles = Long(500) })},
	}
}

// made is a support page changed by hand into a moment that is hard to bring
// about, or that passes at once.
func made(change func(*desk.Chat)) func(desk.Prefs) *Stage {
	return func(p desk.Prefs) *Stage {
		s := Support(p)
		s.Chat = s.State.Screen().Chat
		change(s.Chat)
		return s
	}
}

// quiet is a queue without anyone in it, and an agent off duty.
func quiet(p desk.Prefs) *Stage {
	c := NewCounter(p, wire.RoleAgent)
	c.Agents[0].OnDuty, c.Agents[0].Active = false, 0
	c.frame(wire.KindSnap, wire.Support(c.station), wire.SupportSnap{
		Canned: c.Canned, Agents: c.Agents, Settings: wire.SupportSettings{Assign: wire.AssignByHand, MaxEach: 8},
	})
	return c.Stage
}

// replies are those kept ready, opened by touch.
func replies(c *desk.Chat) {
	ids := id.NewMaker(Now, sevens{})
	row := func(title, keys, preview, pictures string) desk.CannedRow {
		return desk.CannedRow{Canned: id.New[id.Canned](ids), Title: title, Keys: keys, Preview: preview, Pictures: pictures}
	}
	c.Picker = &desk.CannedPicker{
		Title: "常用回复", Hint: "↑↓ 选择，Enter 发送，Esc 关闭", Own: true,
		Rows: []desk.CannedRow{
			row("请稍等", "qsd", "请稍等，正在为您核对。", ""),
			row("会员价没有生效怎么办", "hyj", "1. 打开小程序“加油”，点本次订单，看“优惠”一栏是否写着会员价，没有的话请先扫码", "1 图"),
			row("怎样开发票", "fp", "在小程序“我的 · 发票”里选择这笔订单，填写抬头就可以开了。", "3 图"),
			row("营业时间", "yysj", "本站 24 小时营业，客服 07:00-22:00 在线。", ""),
		},
	}
	c.Picker.Rows[1].Chosen = true
}

// loading is a conversation that has just been opened, with a word from the
// agent who had it.
func loading(c *desk.Chat) {
	c.Open.Note = "4002 转来：车主的会员价没有算上，小票已发，请核对后退差额。车主在站里等，请尽快处理，处理完告诉我一声。"
	c.Open.Bubbles = c.Open.Bubbles[:2]
	c.Side = desk.Side{Title: c.Side.Title, Loading: true}
}

// media shows every state of a picture and a recording.
func media(c *desk.Chat) {
	ids := id.NewMaker(Now, sevens{})
	n := 0
	bubble := func() desk.Bubble {
		n++
		return desk.Bubble{ID: id.New[id.Message](ids), When: fmt.Sprintf("07:%02d", n)}
	}
	picture := func(w, h int, img *desk.Image) desk.Bubble {
		b := bubble()
		b.Kind, b.Image = wire.MessagePicture, &desk.Picture{Media: id.New[id.Media](ids), Width: w, Height: h, Image: img}
		return b
	}
	voice := func(seconds int) desk.Bubble {
		b := bubble()
		b.Kind, b.Voice = wire.MessageVoice, &desk.Voice{Media: id.New[id.Media](ids), Length: fmt.Sprintf("%d″", seconds), Seconds: seconds}
		return b
	}
	missing := picture(DisplayWidth, DisplayHeight, nil)
	missing.Image.Failed = "图片没有取到"
	mine := picture(PhoneWidth, PhoneHeight, Phone())
	mine.Mine, mine.Status = true, "已读"
	playing, fetching, lost, own := voice(3), voice(28), voice(60), voice(45)
	playing.Voice.Playing, fetching.Voice.Loading, lost.Voice.Failed = true, true, "语音没有取到"
	own.Mine, own.Status, own.Uploading = true, "上传中", true
	emoji, address := bubble(), bubble()
	emoji.Text = "👍 😂 好的 ok"
	address.Text = "https://example.com/a/very/long/address/that/has/no/place/to/break/0123456789"
	c.Open.Bubbles = []desk.Bubble{
		picture(PhoneWidth, PhoneHeight, nil), picture(DisplayWidth, DisplayHeight, &desk.Image{Data: []byte("no picture")}), missing,
		picture(ReceiptWidth, ReceiptHeight, Receipt()), mine, playing, fetching, lost, own, emoji, address,
	}
	c.Side = desk.Side{Title: c.Side.Title, Failed: "车主资料没有取到：主机没有回答", Retry: desk.Button{Label: "重试", On: true}}
}

// writing is a long answer that could not be sent.
func writing(c *desk.Chat) {
	c.Open.Composer.Draft = "核对好了。\n多收的 8.00 元已经原路退回，一般 1 到 3 个工作日到账，请留意微信支付的到账提醒。\n还有别的问题可以随时找我们，祝您一路平安。"
	c.Open.Composer.Revision++
	c.Open.Composer.Problem = "没有发出去：网络断开，恢复后自动重发"
}

// Long is a conversation of n messages.
func Long(n int) []desk.Bubble {
	ids := id.NewMaker(Now, sevens{})
	lines := [...]string{
		"在吗", "好的，谢谢", "我刚才在 3 号枪加了 92#，小票上的优惠是 0，我是银卡会员啊，会员价怎么没有算进去？",
		"请稍等，正在为您核对。", "25.60 L × 7.50 = 192.00 元",
	}
	out := make([]desk.Bubble, n)
	for i := range out {
		out[i] = desk.Bubble{
			ID: id.New[id.Message](ids), Mine: i%3 == 1, When: fmt.Sprintf("%02d:%02d", 6+i/60%12, i%60),
			Kind: wire.MessageText, Text: fmt.Sprintf("%d. %s", i+1, lines[i%len(lines)]),
		}
	}
	return out
}
