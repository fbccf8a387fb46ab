package desk_test

import (
	"slices"
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"
)

func TestMembersAreLookedAtOnceAndOnlyInOnesOwnConversation(t *testing.T) {
	c := agent()
	c.Effects = nil
	c.Open(c.Others[0])
	if side := chatOf(t, c).Side; len(effects[desk.FetchCard](c)) != 0 || side.Empty == "" || !side.Retry.Hidden {
		t.Errorf("somebody else's: %+v", side)
	}
	c.Do(desk.ChatCardAgain{})
	c.Open(c.Mine[0])
	if side := chatOf(t, c).Side; !side.Loading || side.Audited == "" {
		t.Errorf("loading: %+v", side)
	}
	c.Do(desk.ChatCardLoaded{Thread: c.Mine[0].Thread.ID, Card: c.Card(c.Mine[0])})
	for range 3 {
		c.Open(c.Mine[1])
		c.Open(c.Mine[0])
	}
	if got := effects[desk.FetchCard](c); len(got) != 2 {
		t.Errorf("%d looks at two members", len(got))
	}
	c.Do(desk.ChatCardLoaded{Thread: c.Mine[1].Thread.ID, Problem: wire.NewProblem(wire.ProblemStorage, "")})
	c.Open(c.Mine[1])
	if side := chatOf(t, c).Side; side.Failed == "" || !side.Retry.On {
		t.Errorf("failed: %+v", side)
	}
	c.Effects = nil
	c.Do(desk.ChatCardAgain{})
	c.Change(c.Mine[0], func(k *wire.Case) { k.Thread.State, k.Thread.ClosedAt = wire.ThreadClosed, c.At() })
	c.Change(c.Mine[0], func(k *wire.Case) { k.Thread.State = wire.ThreadActive })
	c.Open(c.Mine[0])
	if got := effects[desk.FetchCard](c); len(got) != 2 {
		t.Errorf("again, and after it was reopened: %d looks", len(got))
	}
}

func TestHeadMayLookByAnActOfTheirOwn(t *testing.T) {
	c := lookbook.NewCounter(desk.Prefs{}, wire.RoleHead)
	c.Do(desk.GoTo{Page: desk.PageSupport})
	c.Effects = nil
	c.Open(c.Others[0])
	if len(effects[desk.FetchCard](c)) != 0 {
		t.Error("looked without being asked to")
	}
	if side := chatOf(t, c).Side; side.Retry.Hidden || side.Retry.Label != "查看会员" {
		t.Errorf("%+v", side)
	}
	c.Do(desk.ChatCardAgain{}, desk.ChatCardAgain{})
	if len(effects[desk.FetchCard](c)) != 1 {
		t.Error("not looked once")
	}
}

func TestS057FeeIsExplainedLineByLine(t *testing.T) {
	c := agent()
	c.Open(c.Mine[0])
	card := c.Card(c.Mine[0])
	c.Do(desk.ChatCardLoaded{Thread: c.Mine[0].Thread.ID, Card: card})
	c.Effects = nil
	c.Do(desk.ChatOrder{Sale: card.Orders[0].Sale})
	want := desk.FetchFee{Thread: c.Mine[0].Thread.ID, Sale: card.Orders[0].Sale}
	if got := effects[desk.FetchFee](c); len(got) != 1 || got[0] != want {
		t.Fatalf("asked %v", got)
	}
	if fee := chatOf(t, c).Side.Fee; fee == nil || !fee.Loading {
		t.Errorf("%+v", fee)
	}
	c.Do(desk.ChatFeeLoaded{Sale: card.Orders[0].Sale, Fee: c.Fee(card.Orders[0])})
	side := chatOf(t, c).Side
	var got []string
	for _, row := range side.Fee.Lines {
		got = append(got, strings.TrimSpace(row.Label+" "+row.Money+" "+row.Note))
	}
	lines := []string{
		"油品金额 ¥200.00 26.67 L × 7.50", "单价优惠 ¥0.00", "活动优惠 -¥5.00 周三会员日", "优惠券 -¥3.00 满 200 减 3", "积分抵扣 ¥0.00",
		"应付 ¥192.00", "已付 ¥192.00 现金",
	}
	if !slices.Equal(got, lines) {
		t.Errorf("%q", got)
	}
	if !side.Fee.Lines[5].Total || side.Fee.Lines[0].Total || !strings.Contains(side.Fee.Proof, "1204553.12 → 1204579.79") {
		t.Errorf("%+v", side.Fee)
	}
	if o := side.Orders[0]; !o.Chosen || o.Litres != "26.67 L" || o.Money != "¥200.00" || o.State != "已支付" || o.When != "11-23 06:32" {
		t.Errorf("%+v", o)
	}
	if !slices.Contains(side.Lines, desk.SideLine{Label: "手机", Value: "138****0001"}) || side.Vehicles[0].Label != "云A***45" {
		t.Errorf("%+v %+v", side.Lines, side.Vehicles)
	}
	c.Effects = nil
	c.Do(desk.ChatOrder{Sale: card.Orders[0].Sale})
	if chatOf(t, c).Side.Fee != nil {
		t.Error("chosen again, it is not closed")
	}
	c.Do(desk.ChatOrder{Sale: card.Orders[0].Sale}, desk.ChatOrder{Sale: card.Orders[1].Sale})
	if got := effects[desk.FetchFee](c); len(got) != 1 || got[0].Sale != card.Orders[1].Sale {
		t.Errorf("looked again at what is known: %v", got)
	}
	c.Do(desk.ChatFeeLoaded{Sale: card.Orders[1].Sale, Problem: wire.NewProblem(wire.ProblemForbidden, "")})
	if fee := chatOf(t, c).Side.Fee; fee.Failed != "您的岗位没有此权限" {
		t.Errorf("%+v", fee)
	}
}
