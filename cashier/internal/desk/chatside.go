package desk

import (
	"fmt"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// card is the member beside a conversation: on its way, there, or not to be had.
type card struct {
	loading bool
	problem string
	card    wire.MemberCard
}

// fee is how one sale is made up, likewise.
type fee struct {
	loading bool
	problem string
	fee     wire.Fee
}

// fetchCard asks who the person talks to. It is asked once a session for each
// conversation in hand: every look is on record.
func (s *State) fetchCard(t id.Thread) []Effect {
	if len(s.chat.cards) >= maxCards {
		for other := range s.chat.cards {
			if s.chat.find(other) == nil {
				delete(s.chat.cards, other)
			}
		}
	}
	s.chat.cards[t] = &card{loading: true}
	return []Effect{FetchCard{Thread: t}}
}

// mayLook reports whether the person may see the member of a conversation.
func (s *State) mayLook(k wire.Case) bool {
	return s.inHand(k) || s.leads()
}

// cardAgain asks for the member because the person wants to see them.
func (s *State) cardAgain() []Effect {
	k, ok := s.openCase()
	if c := s.chat.cards[s.chat.open]; !ok || !s.mayLook(k) || c != nil && c.loading {
		return nil
	}
	return s.fetchCard(s.chat.open)
}

func (s *State) cardLoaded(e ChatCardLoaded) {
	c := s.chat.cards[e.Thread]
	if c == nil {
		return
	}
	c.loading, c.card = false, e.Card
	if e.Card.Member.ID.IsZero() {
		c.problem = s.problemText(e.Problem, WordNoAnswer)
	}
}

// explain opens how a fuelling is made up, or closes it.
func (s *State) explain(sale id.Sale) []Effect {
	if sale == s.chat.order || sale.IsZero() {
		s.chat.order = id.Sale{}
		return nil
	}
	s.chat.order = sale
	if f := s.chat.fees[sale]; f != nil && (f.loading || f.problem == "") {
		return nil
	}
	if len(s.chat.fees) >= maxCards {
		clear(s.chat.fees)
	}
	s.chat.fees[sale] = &fee{loading: true}
	return []Effect{FetchFee{Thread: s.chat.open, Sale: sale}}
}

func (s *State) feeLoaded(e ChatFeeLoaded) {
	f := s.chat.fees[e.Sale]
	if f == nil {
		return
	}
	f.loading, f.fee = false, e.Fee
	if len(e.Fee.Lines) == 0 {
		f.problem = s.problemText(e.Problem, WordNoAnswer)
	}
}

// side draws the member beside the open conversation.
func (s *State) side() Side {
	out := Side{
		Title: s.text(WordSideTitle), Retry: Button{Label: s.text(WordSideRetry), Hidden: true},
		VehiclesTitle: s.text(WordSideVehicles), OrdersTitle: s.text(WordSideOrders),
		NoVehicles: s.text(WordSideNoVehicles), NoOrders: s.text(WordSideNoOrders),
		Audited: s.text(WordSideAudited),
	}
	k, ok := s.openCase()
	c := s.chat.cards[s.chat.open]
	switch {
	case !ok:
		out.Empty, out.Audited = s.text(WordSideEmpty), ""
	case c == nil:
		s.lookOffer(&out, k)
	case c.loading:
		out.Loading = true
	case c.problem != "":
		out.Failed = c.problem
		out.Retry.Hidden, out.Retry.On = false, s.HubFresh()
	default:
		s.member(&out, c.card)
	}
	return out
}

// lookOffer says why there is no member, and offers a head to look.
func (s *State) lookOffer(out *Side, k wire.Case) {
	out.Empty = s.text(WordSideNotYours)
	if k.Thread.State == wire.ThreadClosed {
		out.Empty = s.text(WordSideClosed)
	}
	if s.mayLook(k) {
		out.Retry = Button{Label: s.text(WordSideLook), On: s.HubFresh()}
	}
}

func (s *State) member(out *Side, c wire.MemberCard) {
	line := func(label Word, value string) {
		if value != "" {
			out.Lines = append(out.Lines, SideLine{s.text(label), value})
		}
	}
	line(WordSideNumber, c.Member.Number)
	line(WordSideName, c.Member.Name)
	line(WordSidePhone, c.Phone)
	line(WordSideSince, c.Since.In(s.zone).Format(time.DateOnly))
	line(WordSideFuellings, fmt.Sprint(c.Fuellings))
	line(WordSideSpent, c.Spent.Symbol())
	for _, v := range c.Vehicles {
		out.Vehicles = append(out.Vehicles, SideLine{v.Plate, v.Model})
	}
	for _, o := range c.Orders {
		out.Orders = append(out.Orders, s.sideOrder(o))
	}
	out.Fee = s.feeBox()
}

func (s *State) sideOrder(o wire.Order) SideOrder {
	state, tone := s.saleState(wire.Sale{ID: o.Sale, State: o.State})
	when := o.EndedAt
	if when.IsZero() {
		when = o.StartedAt
	}
	return SideOrder{
		Sale: o.Sale, When: when.In(s.zone).Format("01-02 15:04"), Grade: o.Grade,
		Litres: s.text(WordLitreUnit, o.Volume.Display()), Money: o.Amount.Symbol(),
		State: state, Tone: tone, Chosen: o.Sale == s.chat.order,
	}
}

// feeWords name the lines of a fee (费用构成).
var feeWords = map[wire.FeeKind]Word{
	wire.FeeGross: WordFeeGross, wire.FeeDiscount: WordFeeDiscount, wire.FeeCampaign: WordFeeCampaign,
	wire.FeeCoupon: WordFeeCoupon, wire.FeePoints: WordFeePoints, wire.FeeDue: WordFeeDue, wire.FeePaid: WordFeePaid,
}

// feeBox draws how the chosen fuelling is made up.
func (s *State) feeBox() *FeeBox {
	f := s.chat.fees[s.chat.order]
	if s.chat.order.IsZero() || f == nil {
		return nil
	}
	box := &FeeBox{Title: s.text(WordFeeTitle, ""), Loading: f.loading, Failed: f.problem}
	if f.loading || f.problem != "" {
		return box
	}
	box.Title = s.text(WordFeeTitle, f.fee.Order.Number)
	for _, line := range f.fee.Lines {
		word, known := feeWords[line.Kind]
		if !known {
			continue // of a newer hub; due and paid are said all the same
		}
		box.Lines = append(box.Lines, FeeRow{
			Label: s.text(word), Money: line.Amount.Symbol(), Note: line.Note,
			Total: line.Kind == wire.FeeDue || line.Kind == wire.FeePaid,
		})
	}
	box.Proof = s.text(WordFeeProof, f.fee.Before.Display(), f.fee.After.Display())
	return box
}
