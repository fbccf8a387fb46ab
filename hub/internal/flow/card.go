package flow

import (
	"context"
	"errors"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/payment"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// What the log calls the looks that are taken at a member.
const (
	actionMemberLook = "member.look"
	actionFeeLook    = "fee.look"
)

// MemberCard is what an agent sees of the member they talk to, masked, with
// what the member bought at this station. Only whoever has the conversation in
// hand, or had it last, and a head of the station may look; each look, and
// each that is refused, is on record. Of a member who was erased nothing is
// left to see: wire.ProblemErased.
func (f *Flow) MemberCard(ctx context.Context, who staff.Actor, t id.Thread) (wire.MemberCard, error) {
	var card wire.MemberCard
	row := audit.Row{Action: actionMemberLook}
	err := f.look(ctx, who, t, row, func(ctx context.Context, tx *mysql.Tx, m id.Member) (err error) {
		card, err = f.card(ctx, tx, who.Station, m)
		return err
	})
	return card, err
}

// card reads a member as an agent of a station sees them.
func (f *Flow) card(ctx context.Context, q reader, at id.Station, m id.Member) (wire.MemberCard, error) {
	var card wire.MemberCard
	known, err := f.Members.Load(ctx, q, m)
	if err != nil {
		return card, err
	}
	card = wire.MemberCard{
		Member:   wire.MemberBrief{ID: known.ID, Number: known.Number, Name: member.MaskName(known.Name)},
		Phone:    known.Phone,
		Vehicles: make([]wire.Vehicle, len(known.Vehicles)),
		Since:    known.Since,
	}
	for i, v := range known.Vehicles {
		v.Plate = member.MaskPlate(v.Plate)
		card.Vehicles[i] = v
	}
	history, err := sale.HistoryOf(ctx, q, m, at)
	if err != nil {
		return card, err
	}
	card.Fuellings, card.Spent = history.Fuellings, history.Spent
	sales, err := sale.OfMember(ctx, q, sale.MemberQuery{Member: m, Station: at, Limit: wire.MaxOrdersInCard})
	if err != nil {
		return card, err
	}
	card.Orders, err = orders(ctx, q, sales)
	return card, err
}

// Fee is how what one of the member's sales at this station cost is made up
// (费用构成). Who may look, and that it is on record, is as with MemberCard.
func (f *Flow) Fee(ctx context.Context, who staff.Actor, t id.Thread, which id.Sale) (wire.Fee, error) {
	var fee wire.Fee
	row := audit.Row{Action: actionFeeLook, Object: "sale", ObjectID: which.String()}
	if which.IsZero() {
		return fee, bad("a sale is needed")
	}
	err := f.look(ctx, who, t, row, func(ctx context.Context, tx *mysql.Tx, m id.Member) error {
		s, err := ofStation(ctx, tx, who.Station, which)
		if err != nil {
			return err
		}
		if s.Member != m {
			return wire.NewProblem(wire.ProblemNotFound, "sale "+which.String()+" is not the member's")
		}
		fee, err = f.fee(ctx, tx, s)
		return err
	})
	return fee, err
}

func (f *Flow) fee(ctx context.Context, q reader, s sale.Sale) (wire.Fee, error) {
	var fee wire.Fee
	list, err := orders(ctx, q, []sale.Sale{s})
	if err != nil {
		return fee, err
	}
	payments, err := payment.Of(ctx, q, []id.Sale{s.ID})
	if err != nil {
		return fee, err
	}
	price := s.Price
	if !unit.AmountAgrees(s.Charge, s.Booked, price) {
		// It was accepted at the price its set says, not the one on display.
		if price, err = f.pricesOf(ctx, q, s); err != nil {
			return fee, err
		}
	}
	return wire.Fee{Order: list[0], Lines: s.Fee(price, payments[s.ID]), Before: s.Before, After: s.After}, nil
}

// look reads what somebody asks to see of a conversation's member and writes
// that down in the same transaction. A refusal is written down as well.
func (f *Flow) look(ctx context.Context, who staff.Actor, t id.Thread, row audit.Row, see func(context.Context, *mysql.Tx, id.Member) error) error {
	if t.IsZero() {
		return bad("a conversation is needed")
	}
	row.At, row.Station, row.Staff, row.Result = f.now(), who.Station, who.Staff, audit.OK
	row.Note = "thread " + t.String()
	if row.Object == "" {
		row.Object, row.ObjectID = "thread", t.String()
	}
	err := f.DB.InTx(ctx, "looking at a member", func(ctx context.Context, tx *mysql.Tx) error {
		thread, err := f.talkedTo(ctx, tx, who, t)
		if row.Object == "thread" && !thread.Member.IsZero() {
			row.Object, row.ObjectID = "member", thread.Member.String()
		}
		if err != nil {
			return err
		}
		if err := see(ctx, tx, thread.Member); err != nil {
			return err
		}
		return audit.Write(ctx, tx, row)
	})
	return f.refusal(ctx, row, err)
}

// talkedTo is the conversation, if its member is somebody's to look at. With a
// refusal for who asks it is there as well.
func (f *Flow) talkedTo(ctx context.Context, q reader, who staff.Actor, t id.Thread) (chat.Thread, error) {
	thread, err := f.chat.store.Load(ctx, q, t)
	switch {
	case errors.Is(err, chat.ErrNone), err == nil && thread.Station != who.Station:
		return chat.Thread{}, wire.NewProblem(wire.ProblemNotFound, "thread "+t.String())
	case err != nil:
		return thread, err
	case !staff.May(who.Role, staff.SeeMember):
		return thread, wire.NewProblem(wire.ProblemForbidden, string(staff.SeeMember))
	case who.Role != wire.RoleHead && who.Role != wire.RoleGroup && thread.Agent != who.Staff:
		return thread, wire.NewProblem(wire.ProblemNotYourThread, "thread "+t.String())
	}
	return thread, nil
}
