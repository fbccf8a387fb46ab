package lookbook

import (
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// faceData makes what drivers see of the station.
func (b *Backroom) faceData() {
	day := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, Zone())
	}
	offer := func(kind wire.OfferKind, title, text string, from, until time.Time) {
		b.Offers = append(b.Offers, wire.Offer{ID: id.New[id.Offer](b.IDs), Kind: kind, Title: title, Text: text, From: from, Until: until})
	}
	offer(wire.OfferGift, "跨年夜加油满 300 元送车用香片", "每车每天一份，送完为止。", day(12, 31, 0, 0), day(12, 31, 23, 59))
	offer(wire.OfferNews, "11 月 28 日夜间 95# 油罐检修", "11 月 28 日 23:00 至次日 5:00 停售 95#，其他油品照常。给您带来不便，敬请谅解。", day(11, 22, 9, 0), day(11, 29, 5, 0))
	offer(wire.OfferRecharge, "加油卡充 1000 元送 50 元", "活动期间每张卡限一次，赠送金额当天到账。", day(11, 10, 0, 0), day(12, 10, 23, 59))
	offer(wire.OfferDiscount, "周三会员日 92# 每升减 0.20 元", "会员本人到站加油，每周三 0:00 至 24:00。\n不与其他降价同享，柴油不参加。", day(11, 1, 0, 0), day(12, 30, 23, 59))
	b.Site = wire.Site{
		Name: StationName, City: "昆明", Address: "盘龙区北京路延长线 88 号", Phone: "0871-65100001",
		Place: &wire.Place{LatitudeE6: 25_080_123, LongitudeE6: 102_738_456},
	}
}

// faceScenes are the moments of what drivers see of the station.
func faceScenes() []Scene {
	return []Scene{
		{"offers", offers},
		{"offers-card", offerCard},
		{"offers-none", offersNone},
		{"offers-failed", offersFailed},
		{"offers-add", offersAdd},
		{"offers-refused", offersRefused},
		{"offers-busy", offersBusy},
		{"offers-end", offersEnd},
		{"site", site},
		{"site-bare", siteBare},
		{"site-failed", siteFailed},
		{"site-edit", siteEdit},
		{"site-wrong", siteWrong},
		{"alert-price", alertPrice},
		{"queue", Queue},
		{"queue-sending", queueSending},
		{"queue-old", queueOld},
		{"queue-prices", queuePrices},
	}
}

func offers(p desk.Prefs) *Stage { return head(p, desk.PageOffice, desk.TabOffers).Stage }

func offerCard(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabOffers)
	b.Row(3)
	return b.Stage
}

func offersNone(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Offers = nil
	b.Open(desk.PageOffice, desk.TabOffers)
	return b.Stage
}

func offersFailed(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Refuse = wire.NewProblem(wire.ProblemStorage, "")
	b.Open(desk.PageOffice, desk.TabOffers)
	return b.Stage
}

// newOffer is the form for an offer, filled in.
func newOffer(p desk.Prefs) *Backroom {
	b := head(p, desk.PageOffice, desk.TabOffers)
	b.Act("offer.add")
	b.Fill("title", "双十二 98# 每升减 0.30 元", "text", "12 月 12 日当天有效。", "from", "2026-12-12", "until", "2026-12-12")
	return b
}

func offersAdd(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabOffers)
	b.Act("offer.add")
	return b.Stage
}

func offersRefused(p desk.Prefs) *Stage {
	b := newOffer(p)
	b.Fill("title", "", "until", "2026-12-11")
	b.Submit()
	b.Fill("title", "双十二 98# 每升减 0.30 元", "until", "2028-12-12")
	b.Refuse = wire.NewProblem(wire.ProblemOfferTimes, "")
	b.Submit()
	return b.Stage
}

func offersBusy(p desk.Prefs) *Stage {
	b := newOffer(p)
	b.Do(desk.OfficeSubmit{})
	return b.Stage
}

func offersEnd(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabOffers)
	b.Row(2)
	b.Act("offer.end")
	return b.Stage
}

func site(p desk.Prefs) *Stage { return head(p, desk.PageOffice, desk.TabSite).Stage }

func siteBare(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Site = wire.Site{Name: StationName}
	b.Open(desk.PageOffice, desk.TabSite)
	return b.Stage
}

func siteFailed(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	b.Refuse = wire.NewProblem(wire.ProblemStorage, "")
	b.Open(desk.PageOffice, desk.TabSite)
	return b.Stage
}

func siteEdit(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabSite)
	b.Act("site.edit")
	return b.Stage
}

func siteWrong(p desk.Prefs) *Stage {
	b := head(p, desk.PageOffice, desk.TabSite)
	b.Act("site.edit")
	b.Fill("name", "", "latitude", "北纬25度", "longitude", "")
	b.Submit()
	return b.Stage
}

// alertPrice is a nozzle that shows another price than the one in force.
func alertPrice(p desk.Prefs) *Stage {
	b := NewBackroom(p, wire.RoleHead)
	a := wire.Alert{ID: id.New[id.Alert](b.IDs), Rule: wire.AlertPrice, At: b.at, Object: "nozzle", ObjectID: "6", Count: 1, Note: "shows 7.98, in force 7.86"}
	b.Raised = append([]wire.Alert{a}, b.Raised...)
	b.Alert(a)
	b.Open(desk.PageOffice, desk.TabAlerts)
	b.Row(0)
	return b.Stage
}

// Count taps the stepper and plays the hub's answer to what the till sends.
func (s *Stage) Count(keys ...desk.Key) {
	for _, k := range keys {
		s.Do(desk.Press{Key: k})
	}
	s.Effects = nil
	s.Wait(time.Second)
	for _, e := range s.Effects {
		if send, ok := e.(desk.Send); ok && send.Command.Kind == desk.CommandQueue {
			c := send.Command
			c.Key = id.New[id.Command](s.IDs)
			s.Counted(c.Queue.Waiting)
			s.Do(desk.Sent{Command: c}, desk.Answered{Command: c, Queue: &wire.Queue{Waiting: c.Queue.Waiting, CountedAt: s.at}})
		}
	}
}

// Queue is a board on which somebody has counted the cars that wait.
func Queue(p desk.Prefs) *Stage {
	s := Busy(p)
	s.Count(desk.KeyMore, desk.KeyMore, desk.KeyMore)
	s.Wait(2*time.Minute + 10*time.Second)
	s.Beat()
	return s
}

func queueSending(p desk.Prefs) *Stage {
	s := Queue(p)
	s.Do(desk.Press{Key: desk.KeyMore})
	return s
}

func queueOld(p desk.Prefs) *Stage {
	s := Queue(p)
	s.Wait(8 * time.Minute)
	s.Beat()
	s.Wait(10 * time.Second) // the toasts go
	s.Beat()
	return s
}

// queuePrices is a board with a new price for every grade under way.
func queuePrices(p desk.Prefs) *Stage {
	s := Queue(p)
	f := busyForecourt()
	s.Prices(s.PriceBoard(f, 1, 2, 4, 6, 7, 12))
	return s
}
