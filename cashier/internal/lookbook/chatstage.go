package lookbook

import (
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Counter is a till at which drivers are answered: a stage that also plays the
// hub's part in conversations.
type Counter struct {
	*Stage
	// Me is who is signed in, Agents everybody who answers.
	Me     wire.Session
	Agents []wire.Agent
	// Waiting, Mine, Others and Closed are the conversations as they begin.
	Waiting, Mine, Others, Closed []wire.Case
	// Canned is the replies kept ready: a sentence, a tutorial, a sentence.
	Canned []wire.Canned

	threads map[id.Thread]*wire.Case
	said    map[id.Thread][]wire.Message
}

// nines is another source of bytes that are always the same: the till's own
// ids must not be those of the scene.
type nines struct{}

// Read fills p with nines.
func (nines) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 9
	}
	return len(p), nil
}

// NewCounter is a busy hour: three drivers wait, three talk to the person
// signed in, two to others.
func NewCounter(p desk.Prefs, role wire.Role) *Counter {
	c := &Counter{Stage: NewStage(p), threads: map[id.Thread]*wire.Case{}, said: map[id.Thread][]wire.Message{}}
	c.State.Identify(nines{})
	names := map[wire.Role][2]string{wire.RoleHead: {"1001", "陈志远"}, wire.RoleAgent: {"4001", "周敏"}, wire.RoleCashier: {"2001", "王晓燕"}}
	c.Me = wire.Session{
		Staff: id.New[id.Staff](c.IDs), Number: names[role][0], Name: names[role][1], Role: role,
		Station: c.station, StationName: StationName,
	}
	c.Do(desk.SignedIn{Session: c.Me})
	c.people()
	c.replies()
	c.conversations()
	forecourt := busyForecourt()
	c.Connect(forecourt, wire.DeskSnap{Station: StationName, Prices: c.PriceBoard(forecourt), Proofs: Proofs(forecourt)})
	c.List()
	return c
}

func (c *Counter) people() {
	agent := func(number, name string, online, duty bool, active int) wire.Agent {
		return wire.Agent{Staff: id.New[id.Staff](c.IDs), Number: number, Name: name, Online: online, OnDuty: duty, Active: active}
	}
	c.Agents = []wire.Agent{
		{Staff: c.Me.Staff, Number: c.Me.Number, Name: c.Me.Name, Online: true, OnDuty: true, Active: 3},
		agent("4002", "刘洋", true, true, 2), agent("4003", "马兰", true, false, 0), agent("4004", "杨帆", false, false, 0),
	}
}

func (c *Counter) replies() {
	picture := func() *wire.Media { return c.Photo(640, 420) }
	c.Canned = []wire.Canned{
		{ID: id.New[id.Canned](c.IDs), Title: "开发票", Keys: "kfp", Parts: []wire.Part{{Text: "请在订单详情里点“开发票”，填写抬头后十分钟内会发到您的邮箱。"}}},
		{ID: id.New[id.Canned](c.IDs), Title: "绑定车辆", Keys: "bdcl", Parts: []wire.Part{
			{Text: "第一步：打开“我的”，点“车辆管理”。"}, {Picture: picture()}, {Text: "第二步：拍行驶证或手动输入车牌，点“保存”。"}, {Picture: picture()},
		}},
		{ID: id.New[id.Canned](c.IDs), Title: "营业时间", Keys: "yysj", Parts: []wire.Part{{Text: "本站 24 小时营业，便利店 7:00 至 23:00。"}}},
	}
}

func (c *Counter) conversations() {
	mine, other := &c.Agents[0], &c.Agents[1]
	c.Waiting = []wire.Case{
		c.Case("李**", "M000207", wire.ThreadWaiting, nil, 6*time.Minute, "加油卡充值没到账，什么时候能到？"),
		c.Case("", "M000311", wire.ThreadWaiting, nil, 2*time.Minute, "你好"),
		c.Case("赵**", "M000058", wire.ThreadWaiting, nil, 20*time.Second, "发票抬头能改吗"),
	}
	c.Mine = []wire.Case{
		c.Case("王**", "M000123", wire.ThreadActive, mine, 9*time.Minute, "这一笔为什么比牌价便宜？"),
		c.Case("孙**", "M000019", wire.ThreadActive, mine, 15*time.Minute, "好的，谢谢"),
		c.Case("周**", "M000402", wire.ThreadActive, mine, 3*time.Minute, "怎么绑定车牌"),
	}
	c.Others = []wire.Case{
		c.Case("吴**", "M000077", wire.ThreadActive, other, 12*time.Minute, "95 号今天降价了吗"),
		c.Case("郑**", "M000150", wire.ThreadActive, other, 5*time.Minute, "枪没跳"),
	}
	c.Closed = []wire.Case{
		c.Case("冯**", "M000201", wire.ThreadClosed, mine, 50*time.Minute, "解决了，感谢"),
		c.Case("陈**", "M000090", wire.ThreadClosed, other, 80*time.Minute, "知道了"),
	}
	c.Closed[0].Thread.Rating = &wire.Rating{Stars: 5, Note: "很耐心", At: c.at}
	c.threads[c.Closed[0].Thread.ID].Thread.Rating = c.Closed[0].Thread.Rating
}

// Case makes a conversation that began ago and whose last line is the driver's.
func (c *Counter) Case(name, number string, state wire.ThreadState, agent *wire.Agent, ago time.Duration, line string) wire.Case {
	t := wire.Thread{
		ID: id.New[id.Thread](c.IDs), Station: c.station, StationName: StationName, State: state, OpenedAt: c.at.Add(-ago),
	}
	k := wire.Case{Thread: t, Member: wire.MemberBrief{ID: id.New[id.Member](c.IDs), Number: number, Name: name}}
	switch state {
	case wire.ThreadWaiting:
		k.Thread.WaitingSince = t.OpenedAt
	case wire.ThreadClosed:
		k.Thread.ClosedAt = c.at.Add(-ago / 2)
	}
	if agent != nil {
		k.Thread.Agent, k.Thread.AgentName = agent.Staff, "客服 "+agent.Number
	}
	c.threads[t.ID] = &k
	c.note(t.ID, wire.Message{From: wire.PartySystem, Kind: wire.MessageEvent, Event: wire.ChatGreeting, Text: "您好，客服马上为您服务", WaitSeconds: 90, At: t.OpenedAt})
	c.note(t.ID, wire.Message{From: wire.PartyDriver, Kind: wire.MessageText, Text: line, At: t.OpenedAt.Add(10 * time.Second)})
	return *c.threads[t.ID]
}

// note numbers a message and books it in its conversation, as the hub would.
func (c *Counter) note(t id.Thread, m wire.Message) wire.Message {
	k := c.threads[t]
	if m.ID.IsZero() {
		m.ID = id.New[id.Message](c.IDs)
	}
	m.Thread, m.N = t, uint64(len(c.said[t])+1)
	c.said[t] = append(c.said[t], m)
	k.Thread.Last, k.Thread.LastAt = m.N, m.At
	k.Last = &wire.Preview{From: m.From, Kind: m.Kind, Text: m.Text, At: m.At}
	switch m.From {
	case wire.PartyDriver:
		k.Thread.AgentUnread++
	case wire.PartyAgent:
		k.Thread.DriverUnread++
	}
	return m
}

// List plays the snapshot of the list, with everybody online but two drivers.
func (c *Counter) List() {
	snap := wire.SupportSnap{Canned: c.Canned, Agents: c.Agents, Settings: wire.SupportSettings{Assign: wire.AssignByHand, MaxEach: 8}}
	for _, group := range [][]wire.Case{c.Waiting, c.Mine, c.Others, c.Closed} {
		for _, k := range group {
			snap.Cases = append(snap.Cases, *c.threads[k.Thread.ID])
		}
	}
	for _, a := range c.Agents {
		if a.Online {
			snap.Audience.Agents = append(snap.Audience.Agents, a.Staff)
		}
	}
	for _, k := range append(append([]wire.Case{}, c.Waiting[:2]...), c.Mine[:2]...) {
		snap.Audience.Threads = append(snap.Audience.Threads, k.Thread.ID)
	}
	c.frame(wire.KindSnap, wire.Support(c.station), snap)
}

// Now is a conversation as the hub has it at present.
func (c *Counter) Now(k wire.Case) wire.Case { return *c.threads[k.Thread.ID] }

// Change changes a conversation and plays the news of it.
func (c *Counter) Change(k wire.Case, change func(*wire.Case)) {
	held, ok := c.threads[k.Thread.ID]
	if !ok {
		held = &k
		c.threads[k.Thread.ID] = held
	}
	change(held)
	c.frame(wire.KindCase, wire.Support(c.station), *held)
	c.frame(wire.KindThread, wire.Chat(k.Thread.ID), held.Thread)
}

// Open chooses a conversation and plays its snapshot, if the till follows it.
func (c *Counter) Open(k wire.Case) {
	c.Do(desk.ChatChoose{Thread: k.Thread.ID})
	c.Snap(k)
}

// Snap plays the snapshot of a conversation.
func (c *Counter) Snap(k wire.Case) {
	list := c.said[k.Thread.ID]
	c.frame(wire.KindSnap, wire.Chat(k.Thread.ID), wire.ChatSnap{
		Thread: c.threads[k.Thread.ID].Thread, Messages: list[max(0, len(list)-wire.MaxMessagesInSnap):],
		Presence: wire.Presence{Driver: true, Agent: true},
	})
}

// Older is a page of messages before a number, as the hub would answer.
func (c *Counter) Older(k wire.Case, before uint64, limit int) wire.MessageList {
	list := c.said[k.Thread.ID][:before-1]
	from := max(0, len(list)-limit)
	return wire.MessageList{Messages: list[from:], More: from > 0}
}

// Says plays a message: of the driver, of an agent, of the system.
func (c *Counter) Says(k wire.Case, m wire.Message) wire.Message {
	if m.At.IsZero() {
		m.At = c.at
	}
	if m.From == "" {
		m.From = wire.PartyDriver
	}
	m = c.note(k.Thread.ID, m)
	c.frame(wire.KindMessage, wire.Chat(k.Thread.ID), m)
	c.frame(wire.KindCase, wire.Support(c.station), *c.threads[k.Thread.ID])
	return m
}

// Writes plays that the driver is writing, for five seconds.
func (c *Counter) Writes(k wire.Case) {
	c.frame(wire.KindTyping, wire.Chat(k.Thread.ID), wire.Typing{By: wire.PartyDriver, Until: c.at.Add(5 * time.Second)})
}

// Reads plays that a party has read everything.
func (c *Counter) Reads(k wire.Case, by wire.Party) {
	t := &c.threads[k.Thread.ID].Thread
	if by == wire.PartyDriver {
		t.DriverRead, t.DriverUnread = t.Last, 0
	} else {
		t.AgentRead, t.AgentUnread = t.Last, 0
	}
	c.frame(wire.KindRead, wire.Chat(t.ID), wire.ReadMark{By: by, N: t.Last})
	c.frame(wire.KindCase, wire.Support(c.station), *c.threads[t.ID])
}

// Refuses plays that the hub does not let a conversation be followed.
func (c *Counter) Refuses(k wire.Case) {
	c.frame(wire.KindRefused, wire.Chat(k.Thread.ID), wire.NewProblem(wire.ProblemNotYourThread, ""))
}

// Letters lists the messages that the till asked to send, and forgets them.
func (c *Counter) Letters() []desk.Command {
	var out []desk.Command
	for _, e := range c.Effects {
		if send, ok := e.(desk.Send); ok && send.Command.Kind == desk.CommandSay {
			out = append(out, send.Command)
		}
	}
	c.Effects = nil
	return out
}

// Take plays the hub taking a message: what it carries first, then the answer.
func (c *Counter) Take(letter desk.Command) wire.Message {
	c.Do(desk.Sent{Command: letter})
	m := wire.Message{ID: letter.Say.ID, From: wire.PartyAgent, Agent: "客服 " + c.Me.Number, Kind: letter.Say.Kind, Text: letter.Say.Text, At: c.at}
	switch {
	case letter.Say.Kind == wire.MessagePicture:
		m.Media = &wire.Media{ID: id.New[id.Media](c.IDs), Kind: wire.MediaPicture, Type: "image/jpeg", Width: 640, Height: 420}
	case letter.Say.Kind == wire.MessageVoice:
		m.Media = &wire.Media{ID: id.New[id.Media](c.IDs), Kind: wire.MediaVoice, Type: "audio/wav", DurationMS: 4200}
	case letter.Say.Kind == wire.MessageTutorial:
		for _, r := range c.Canned {
			if r.ID == letter.Say.Canned {
				m.Text, m.Parts = r.Title, r.Parts
			}
		}
	}
	if m.Media != nil {
		c.Do(desk.ChatUploaded{Message: m.ID, Media: *m.Media})
	}
	m = c.note(letter.Thread, m)
	c.Do(desk.Answered{Command: letter, Message: &m})
	return m
}

// Shows plays the news of a message that the hub has taken.
func (c *Counter) Shows(m wire.Message) {
	c.frame(wire.KindMessage, wire.Chat(m.Thread), m)
	c.frame(wire.KindCase, wire.Support(c.station), *c.threads[m.Thread])
}

// Photo is a made-up picture of a size; Load plays its coming.
func (c *Counter) Photo(width, height int) *wire.Media {
	return &wire.Media{ID: id.New[id.Media](c.IDs), Kind: wire.MediaPicture, Type: "image/jpeg", Bytes: 48_000, Width: width, Height: height}
}

// Load answers every picture that the till asked for.
func (c *Counter) Load() {
	var asked []desk.FetchImage
	for _, e := range c.Effects {
		if f, ok := e.(desk.FetchImage); ok {
			asked = append(asked, f)
		}
	}
	for _, f := range asked {
		width, height := DisplayWidth, DisplayHeight
		if f.Full {
			width, height = 2*width, 2*height
		}
		c.Do(desk.ChatImageLoaded{Media: f.Media, Full: f.Full, Image: &desk.Image{Data: Photograph(width, height, f.Media)}})
	}
}

// Card is the member beside a conversation, with three fuellings.
func (c *Counter) Card(k wire.Case) wire.MemberCard {
	card := wire.MemberCard{
		Member: k.Member, Phone: "138****0001", Since: c.at.AddDate(-2, -3, 0), Fuellings: 86, Spent: 21_480_50,
		Vehicles: []wire.Vehicle{
			{ID: id.New[id.Vehicle](c.IDs), Plate: "云A***45", Kind: wire.PlateFuel, Model: "大众朗逸 1.5L"},
			{ID: id.New[id.Vehicle](c.IDs), Plate: "云A***26F", Kind: wire.PlateNewEnergy, Model: "比亚迪宋 DM-i"},
		},
	}
	for i, ago := range []time.Duration{40 * time.Minute, 8 * 24 * time.Hour, 17 * 24 * time.Hour} {
		card.Orders = append(card.Orders, wire.Order{
			Sale: id.New[id.Sale](c.IDs), Number: []string{"0322", "0187", "0241"}[i], Station: c.station, StationName: StationName,
			Nozzle: 3, Grade: "92#", State: wire.SalePaid, Volume: 26_670, Amount: 200_00, Price: 750, Paid: 192_00,
			StartedAt: c.at.Add(-ago - 3*time.Minute), EndedAt: c.at.Add(-ago), PaidAt: c.at.Add(-ago + time.Minute),
		})
	}
	return card
}

// Fee is how a fuelling is made up.
func (c *Counter) Fee(o wire.Order) wire.Fee {
	return wire.Fee{
		Order: o, Before: 1_204_553_120, After: 1_204_579_790,
		Lines: []wire.FeeLine{
			{Kind: wire.FeeGross, Amount: 200_00, Note: "26.67 L × 7.50"},
			{Kind: wire.FeeDiscount},
			{Kind: wire.FeeCampaign, Amount: -5_00, Note: "周三会员日"},
			{Kind: wire.FeeCoupon, Amount: -3_00, Note: "满 200 减 3"},
			{Kind: wire.FeePoints},
			{Kind: wire.FeeDue, Amount: 192_00},
			{Kind: wire.FeePaid, Amount: 192_00, Note: "现金"},
		},
	}
}
