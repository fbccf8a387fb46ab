package flow

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// What the log calls what the office sees of members.
const (
	actionMemberSearch  = "member.search"
	actionMemberRefuels = "member.refuels"
	actionMemberReveal  = "member.reveal"
)

const (
	// maxMemberPage bounds a page of members, and is its length unless asked.
	maxMemberPage = 100
	// maxRefuelPage bounds a page of what a member fuelled.
	maxRefuelPage = 50
	// revealFor is how long a screen shows what it was handed in clear.
	revealFor = 30 * time.Second
	// Bounds of a reason, in characters.
	minReason = 2
	maxReason = 200
)

// watched reads what somebody of the staff asks to see of members and writes
// that down in the same transaction; a refusal is written down as well. see may
// say in the row what was seen, and never who by name, number or plate.
func (f *Flow) watched(ctx context.Context, who staff.Actor, may staff.Action, row audit.Row,
	see func(ctx context.Context, tx *mysql.Tx, row *audit.Row) error,
) error {
	row.At, row.Station, row.Staff, row.Result = f.now(), who.Station, who.Staff, audit.OK
	var err error
	if staff.May(who.Role, may) {
		err = f.DB.InTx(ctx, "looking at members", func(ctx context.Context, tx *mysql.Tx) error {
			if err := see(ctx, tx, &row); err != nil {
				return err
			}
			return audit.Write(ctx, tx, row)
		})
	} else {
		err = wire.NewProblem(wire.ProblemForbidden, string(may))
	}
	return f.refusal(ctx, row, err)
}

// aboutMember is a row of the log about a member.
func aboutMember(action string, m id.Member) audit.Row {
	row := audit.Row{Action: action}
	if !m.IsZero() {
		row.Object, row.ObjectID = "member", m.String()
	}
	return row
}

// SearchMembers finds members by what they are asked for, or lists the newest.
// Members belong to all stations of the hub. That somebody searched, by what
// and how many were found is on record; what for is not.
func (f *Flow) SearchMembers(ctx context.Context, who staff.Actor, req wire.MemberSearch) (wire.MemberPage, error) {
	page := wire.MemberPage{Members: []wire.MemberRow{}}
	kind, err := searchKind(req)
	if err != nil {
		return page, err
	}
	limit := maxMemberPage
	if req.Limit > 0 {
		limit = min(req.Limit, maxMemberPage)
	}
	row := audit.Row{Action: actionMemberSearch, Note: "by " + kind}
	if kind == bySegment {
		row.Object, row.ObjectID = "segment", req.Segment.String()
	}
	err = f.watched(ctx, who, staff.SeeMembers, row, func(ctx context.Context, tx *mysql.Tx, row *audit.Row) error {
		// One more than asked tells whether there is a following page.
		found, err := f.findMembers(ctx, tx, who.Station, kind, req, limit+1)
		if err != nil {
			return err
		}
		page.Next = id.Member{}
		if len(found) > limit {
			found = found[:limit]
			page.Next = found[limit-1]
		}
		page.Members, err = f.Members.Rows(ctx, tx, found...)
		row.Note = fmt.Sprintf("by %s, %d found", kind, len(page.Members))
		return err
	})
	return page, err
}

// What members are searched by.
const (
	byNumber   = "number"
	byPhone    = "phone"
	byPlate    = "plate"
	byIDNumber = "id_number"
	bySegment  = "segment"
	byNothing  = "newest"
)

// searchKind is the one thing that is searched by.
func searchKind(req wire.MemberSearch) (string, error) {
	kind := byNothing
	for _, c := range []struct {
		asked bool
		kind  string
	}{
		{req.Number != "", byNumber},
		{req.Phone != "", byPhone},
		{req.Plate != "", byPlate},
		{req.IDNumber != "", byIDNumber},
		{!req.Segment.IsZero(), bySegment},
	} {
		if !c.asked {
			continue
		}
		if kind != byNothing {
			return "", bad("members are searched by one thing at a time")
		}
		kind = c.kind
	}
	return kind, nil
}

// findMembers lists whom a search finds, newest first, from its page on.
func (f *Flow) findMembers(ctx context.Context, q reader, at id.Station, kind string, req wire.MemberSearch, limit int) ([]id.Member, error) {
	var found []id.Member
	var err error
	switch kind {
	case byNumber:
		found, err = f.numbered(ctx, q, req.Number)
	case byPhone:
		found, err = single(f.Members.FindByPhone(ctx, q, req.Phone))
	case byIDNumber:
		found, err = single(f.Members.FindByIDNumber(ctx, q, req.IDNumber))
	case byPlate:
		found, err = f.Members.FindByPlate(ctx, q, req.Plate)
	case bySegment:
		found, err = f.segmentMembers(ctx, q, at, req.Segment)
	default:
		return f.Members.Newest(ctx, q, req.Before, limit)
	}
	if err != nil {
		return nil, err
	}
	newestFirst := slices.SortedFunc(slices.Values(found), func(a, b id.Member) int { return bytes.Compare(b[:], a[:]) })
	if !req.Before.IsZero() {
		newestFirst = slices.DeleteFunc(newestFirst, func(m id.Member) bool { return bytes.Compare(m[:], req.Before[:]) >= 0 })
	}
	return newestFirst[:min(len(newestFirst), limit)], nil
}

// single is the answer of a search that finds at most one.
func single(m id.Member, found bool, err error) ([]id.Member, error) {
	if err != nil || !found {
		return nil, err
	}
	return []id.Member{m}, nil
}

// numbered is whose member number it is. Of who was erased there is nothing to
// show, and that is said.
func (f *Flow) numbered(ctx context.Context, q reader, number string) ([]id.Member, error) {
	found, err := single(f.Members.FindByNumber(ctx, q, number))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found, f.known(ctx, q, found[0])
}

// known refuses who was erased, and who never was.
func (f *Flow) known(ctx context.Context, q reader, m id.Member) error {
	at, err := f.Members.ErasedAt(ctx, q, m)
	if err == nil && !at.IsZero() {
		err = wire.NewProblem(wire.ProblemErased, "member "+m.String())
	}
	return err
}

// MemberRecord is a member as a head sees them, with what they fuelled at this
// station. Phone, ID number and accounts are masked. The look is on record.
func (f *Flow) MemberRecord(ctx context.Context, who staff.Actor, m id.Member) (wire.MemberRecord, error) {
	var record wire.MemberRecord
	err := f.watched(ctx, who, staff.SeeMembers, aboutMember(actionMemberLook, m),
		func(ctx context.Context, tx *mysql.Tx, _ *audit.Row) (err error) {
			record, err = f.recordOf(ctx, tx, who.Station, m)
			return err
		})
	return record, err
}

func (f *Flow) recordOf(ctx context.Context, q reader, at id.Station, m id.Member) (wire.MemberRecord, error) {
	var none wire.MemberRecord
	p, err := f.Members.Person(ctx, q, m)
	if err != nil {
		return none, err
	}
	record := wire.MemberRecord{
		ID: p.ID, Number: p.Number, Name: p.Name, Phone: member.MaskPhone(p.Phone), IDNumber: member.MaskIDNumber(p.IDNumber),
		Accounts: append([]wire.PaymentAccount{}, p.Masked()...), Vehicles: p.Vehicles, Since: p.Since,
	}
	if record.Habits, err = f.Members.Habits(ctx, q, m); err != nil {
		return none, err
	}
	consents, err := f.Members.Consents(ctx, q, m)
	if err != nil {
		return none, err
	}
	record.Consents = consents.Consents
	page, err := refuels(ctx, q, sale.MemberQuery{Member: m, Station: at, Limit: wire.MaxOrdersInCard})
	record.Refuels = page.Refuels
	return record, err
}

// refuels reads a page of what a member fuelled, newest first.
func refuels(ctx context.Context, q reader, ask sale.MemberQuery) (wire.RefuelList, error) {
	page := wire.RefuelList{Refuels: []wire.Refuel{}}
	limit := ask.Limit
	ask.Limit++ // one more tells whether there is a following page
	found, err := sale.OfMember(ctx, q, ask)
	if err != nil {
		return page, err
	}
	if len(found) > limit {
		found = found[:limit]
		page.Next = found[limit-1].ID
	}
	for _, s := range found {
		page.Refuels = append(page.Refuels, wire.RefuelOf(s.Wire(nil)))
	}
	return page, nil
}

// RefuelsOfMember is a page of what a member fuelled at the asker's station.
// The look is on record.
func (f *Flow) RefuelsOfMember(ctx context.Context, who staff.Actor, m id.Member, before id.Sale) (wire.RefuelList, error) {
	page := wire.RefuelList{Refuels: []wire.Refuel{}}
	err := f.watched(ctx, who, staff.SeeMembers, aboutMember(actionMemberRefuels, m),
		func(ctx context.Context, tx *mysql.Tx, _ *audit.Row) error {
			if err := f.known(ctx, tx, m); err != nil {
				return err
			}
			var err error
			page, err = refuels(ctx, tx, sale.MemberQuery{Member: m, Station: who.Station, Before: before, Limit: maxRefuelPage})
			return err
		})
	return page, err
}

// RefuelsByNumber is a member as a cashier may know them: whose number it is,
// by number, and a page of what they fuelled at the cashier's station. Nothing
// that is sealed is opened for it. The look is on record.
func (f *Flow) RefuelsByNumber(ctx context.Context, who staff.Actor, number string, before id.Sale) (wire.MemberRefuels, error) {
	answer := wire.MemberRefuels{Refuels: []wire.Refuel{}}
	err := f.watched(ctx, who, staff.SeeMemberRefuels, audit.Row{Action: actionMemberRefuels},
		func(ctx context.Context, tx *mysql.Tx, row *audit.Row) error {
			found, err := f.numbered(ctx, tx, number)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				return wire.NewProblem(wire.ProblemNotFound, "no member has this number")
			}
			row.Object, row.ObjectID = "member", found[0].String()
			answer.Member.ID = found[0]
			if answer.Member.Number, err = member.NormalNumber(number); err != nil {
				return err
			}
			page, err := refuels(ctx, tx, sale.MemberQuery{Member: found[0], Station: who.Station, Before: before, Limit: maxRefuelPage})
			answer.Refuels, answer.Next = page.Refuels, page.Next
			return err
		})
	return answer, err
}

// RevealMember is one masked field of a member in clear, to be shown for a
// moment. Who saw which field, and the reason given, are on record.
func (f *Flow) RevealMember(ctx context.Context, who staff.Actor, m id.Member, req wire.RevealRequest) (wire.Revealed, error) {
	shown := wire.Revealed{Field: req.Field}
	reason, err := reasonOf(req.Reason)
	if err != nil {
		return shown, err
	}
	row := aboutMember(actionMemberReveal, m)
	row.Note = string(req.Field) + ": " + reason
	err = f.watched(ctx, who, staff.RevealMember, row, func(ctx context.Context, tx *mysql.Tx, _ *audit.Row) error {
		p, err := f.Members.Person(ctx, tx, m)
		if err != nil {
			return err
		}
		if shown.Value, err = fieldOf(p, req); err != nil {
			return err
		}
		shown.Until = f.now().Add(revealFor)
		return nil
	})
	if err != nil {
		return wire.Revealed{Field: req.Field}, err
	}
	return shown, nil
}

// RevealMyPhone is the number of the member who asks, in clear. That it was opened
// is on record.
func (f *Flow) RevealMyPhone(ctx context.Context, who member.Actor) (wire.OwnPhone, error) {
	row := aboutMember(actionMemberReveal, who.Member)
	row.At, row.Member, row.Result, row.Note = f.now(), who.Member, audit.OK, string(wire.FieldPhone)+": the member's own"
	var shown wire.OwnPhone
	err := f.DB.InTx(ctx, "showing a member their number", func(ctx context.Context, tx *mysql.Tx) (err error) {
		if shown.Phone, err = f.Members.Phone(ctx, tx, who.Member); err != nil {
			return err
		}
		return audit.Write(ctx, tx, row)
	})
	if err != nil {
		return wire.OwnPhone{}, f.refusal(ctx, row, err)
	}
	return shown, nil
}

// fieldOf is the field of a person that a request names.
func fieldOf(p member.Person, req wire.RevealRequest) (string, error) {
	value := ""
	switch req.Field {
	case wire.FieldPhone:
		value = p.Phone
	case wire.FieldIDNumber:
		value = p.IDNumber
	case wire.FieldAccount:
		for _, a := range p.Accounts {
			if a.ID == req.Account {
				value = a.Account
			}
		}
	default:
		return "", bad("field %.20q", req.Field)
	}
	if value == "" {
		return "", wire.NewProblem(wire.ProblemNotFound, "the member has not given this")
	}
	return value, nil
}

// reasonOf is a reason, in words.
func reasonOf(typed string) (string, error) {
	reason := strings.TrimSpace(typed)
	if n := utf8.RuneCountInString(reason); n < minReason || n > maxReason || !utf8.ValidString(reason) {
		return "", bad("a reason of %d to %d characters is needed", minReason, maxReason)
	}
	return reason, nil
}
