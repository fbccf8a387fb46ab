package lookbook

import (
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/wire"
)

// talking is an agent in the middle of a conversation that has everything in
// it: text, a picture, a voice, a tutorial.
func talking(p desk.Prefs) *Counter {
	c := NewCounter(p, wire.RoleAgent)
	k := c.Mine[0]
	agent := func(kind wire.MessageKind, text string) wire.Message {
		return wire.Message{From: wire.PartyAgent, Agent: "客服 4001", Kind: kind, Text: text}
	}
	at := c.at.Add(-8 * time.Minute)
	add := func(m wire.Message) {
		at = at.Add(40 * time.Second)
		m.At = at
		if m.From == "" {
			m.From = wire.PartyDriver
		}
		c.note(k.Thread.ID, m)
	}
	add(wire.Message{From: wire.PartySystem, Kind: wire.MessageEvent, Event: wire.ChatTaken, Agent: "客服 4001"})
	add(agent(wire.MessageText, "您好，我来帮您看一下这笔订单。"))
	add(wire.Message{Kind: wire.MessagePicture, Media: c.Photo(640, 420)})
	add(wire.Message{Kind: wire.MessageVoice, Media: &wire.Media{ID: c.Photo(0, 0).ID, Kind: wire.MediaVoice, Type: "audio/mpeg", DurationMS: 7_300}})
	tutorial := agent(wire.MessageTutorial, c.Canned[1].Title)
	tutorial.Parts = c.Canned[1].Parts
	add(tutorial)
	add(agent(wire.MessageText, "优惠来自周三会员日和一张满减券，明细见右侧。"))
	c.threads[k.Thread.ID].Thread.DriverRead = uint64(len(c.said[k.Thread.ID]) - 1)
	add(wire.Message{Kind: wire.MessageText, Text: "明白了，那车牌怎么绑定？"})
	c.Open(k)
	card := c.Card(k)
	c.Do(desk.ChatCardLoaded{Thread: k.Thread.ID, Card: card}, desk.ChatOrder{Sale: card.Orders[0].Sale})
	c.Do(desk.ChatFeeLoaded{Sale: card.Orders[0].Sale, Fee: c.Fee(card.Orders[0])})
	c.Load()
	return c
}

// Support is the support page in a busy hour.
func Support(p desk.Prefs) *Stage {
	c := talking(p)
	c.Writes(c.Mine[0])
	c.Says(c.Mine[2], wire.Message{Kind: wire.MessageText, Text: "还在吗"})
	return c.Stage
}

// SupportIdle is the page before a conversation is chosen.
func SupportIdle(p desk.Prefs) *Stage { return NewCounter(p, wire.RoleAgent).Stage }

// SupportWaiting is a conversation that nobody has taken yet.
func SupportWaiting(p desk.Prefs) *Stage {
	c := NewCounter(p, wire.RoleAgent)
	c.Do(desk.Press{Key: desk.KeyF5})
	return c.Stage
}

// SupportCanned is a reply being looked for by its code.
func SupportCanned(p desk.Prefs) *Stage {
	c := talking(p)
	c.Do(desk.ChatType{Text: "/"}, desk.ChatType{Text: "b"})
	return c.Stage
}

// SupportTransfer is the choice of another agent.
func SupportTransfer(p desk.Prefs) *Stage {
	c := talking(p)
	c.Do(desk.Press{Key: desk.KeyF3})
	return c.Stage
}

// SupportViewer is a picture in full.
func SupportViewer(p desk.Prefs) *Stage {
	c := talking(p)
	c.Effects = nil
	for _, b := range c.State.Screen().Chat.Open.Bubbles {
		if b.Image != nil {
			c.Do(desk.ChatView{Media: b.Image.Media})
		}
	}
	c.Load()
	return c.Stage
}

// SupportRecording is a recording near its end.
func SupportRecording(p desk.Prefs) *Stage {
	c := talking(p)
	c.Do(desk.Press{Key: desk.KeyF7})
	c.Wait(53 * time.Second)
	c.Beat()
	return c.Stage
}

// SupportSending is an answer on its way, a picture going up, and one that was
// refused.
func SupportSending(p desk.Prefs) *Stage {
	c := talking(p)
	c.Effects = nil
	c.Do(desk.ChatSend{Text: "加我微信聊"})
	for _, l := range c.Letters() {
		c.Do(desk.Sent{Command: l}, desk.Refused{Command: l, Problem: wire.NewProblem(wire.ProblemContentRefused, "")})
	}
	c.Do(desk.ChatAttach{Name: "说明.jpg", Data: Photograph(320, 210, c.Photo(0, 0).ID)}, desk.ChatSend{Text: "请看这张图"})
	return c.Stage
}

// SupportOffline is the page when the hub has gone away.
func SupportOffline(p desk.Prefs) *Stage {
	c := talking(p)
	c.Do(desk.Lost{Reason: "connection reset"})
	c.Wait(12 * time.Second)
	c.Do(desk.ChatSend{Text: "稍等，马上回复您"})
	return c.Stage
}

// SupportClosed is a conversation that is over, with its rating.
func SupportClosed(p desk.Prefs) *Stage {
	c := NewCounter(p, wire.RoleAgent)
	c.Do(desk.ChatFold{Group: 3})
	c.Open(c.Closed[0])
	return c.Stage
}

// SupportBadge is a cashier's board beside which drivers wait, as a head sees it.
func SupportBadge(p desk.Prefs) *Stage { return NewCounter(p, wire.RoleHead).Stage }
