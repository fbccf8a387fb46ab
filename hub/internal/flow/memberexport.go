package flow

import (
	"context"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/sale"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// actionMemberExport is what the log calls an export.
const actionMemberExport = "member.export"

// Bounds of an export. A driver who fuels every day for five years and writes
// to support every week stays within; what is beyond is cut, and that is said.
const (
	maxExportOrders   = 2000
	maxExportThreads  = 100
	maxExportMessages = 5000
	maxExportNotices  = 500
)

// ExportMember is everything that is kept of a member, for handing it to them
// (PIPL, article 45). That it was made is on record.
func (f *Flow) ExportMember(ctx context.Context, who staff.Actor, m id.Member) (wire.MemberExport, error) {
	var export wire.MemberExport
	err := f.watched(ctx, who, staff.EraseMember, aboutMember(actionMemberExport, m),
		func(ctx context.Context, tx *mysql.Tx, _ *audit.Row) (err error) {
			export, err = f.export(ctx, tx, m)
			return err
		})
	return export, err
}

// ExportMe is everything that is kept of the member who asks. That it was made
// is on record.
func (f *Flow) ExportMe(ctx context.Context, who member.Actor) (wire.MemberExport, error) {
	row := aboutMember(actionMemberExport, who.Member)
	row.At, row.Member, row.Result = f.now(), who.Member, audit.OK
	var export wire.MemberExport
	err := f.DB.InTx(ctx, "exporting a member", func(ctx context.Context, tx *mysql.Tx) (err error) {
		if export, err = f.export(ctx, tx, who.Member); err != nil {
			return err
		}
		return audit.Write(ctx, tx, row)
	})
	return export, f.refusal(ctx, row, err)
}

// export reads everything that is kept of a member, from one snapshot.
func (f *Flow) export(ctx context.Context, q reader, m id.Member) (wire.MemberExport, error) {
	p, err := f.Members.Person(ctx, q, m)
	if err != nil {
		return wire.MemberExport{}, err
	}
	e := wire.MemberExport{
		At: f.now(), Member: p.Member(), IDNumber: p.IDNumber, Accounts: []wire.ClearAccount{},
		Notices: []wire.Notice{}, Threads: []wire.ExportedConversation{},
	}
	e.Member.Phone = p.Phone
	for _, a := range p.Accounts {
		e.Accounts = append(e.Accounts, wire.ClearAccount{Kind: a.Kind, Account: a.Account})
	}
	consents, err := f.Members.Consents(ctx, q, m)
	if err != nil {
		return e, err
	}
	e.Consents = consents.Consents
	if e.Habits, err = f.Members.Habits(ctx, q, m); err != nil {
		return e, err
	}
	if e.WeChat, err = f.Members.BoundToWeChat(ctx, q, m); err != nil {
		return e, err
	}
	if err := f.exportOrders(ctx, q, m, &e); err != nil {
		return e, err
	}
	if e.Notices, err = f.Notices.Of(ctx, q, m, maxExportNotices+1); err != nil {
		return e, err
	}
	e.Notices = cutTo(e.Notices, maxExportNotices, &e.Cut)
	return e, f.exportThreads(ctx, q, m, &e)
}

func (f *Flow) exportOrders(ctx context.Context, q reader, m id.Member, e *wire.MemberExport) error {
	sales, err := sale.OfMember(ctx, q, sale.MemberQuery{Member: m, Limit: maxExportOrders + 1})
	if err != nil {
		return err
	}
	e.Orders, err = f.ownOrders(ctx, q, m, cutTo(sales, maxExportOrders, &e.Cut))
	return err
}

// exportThreads adds the last conversations with what was said, until there are
// enough messages.
func (f *Flow) exportThreads(ctx context.Context, q reader, m id.Member, e *wire.MemberExport) error {
	threads, err := f.chat.store.OfMember(ctx, q, m, maxExportThreads+1)
	if err != nil {
		return err
	}
	left := maxExportMessages
	for _, t := range cutTo(threads, maxExportThreads, &e.Cut) {
		if left == 0 {
			e.Cut = true
			break
		}
		found, err := f.chat.store.Page(ctx, q, t.ID, 0, left+1)
		if err != nil {
			return err
		}
		if len(found) > left { // oldest first: the last are kept
			found, e.Cut = found[len(found)-left:], true
		}
		left -= len(found)
		e.Threads = append(e.Threads, wire.ExportedConversation{Thread: t.Wire(), Messages: plain(found)})
	}
	return nil
}

// cutTo is at most limit of a list; cut says that there were more.
func cutTo[T any](list []T, limit int, cut *bool) []T {
	if len(list) <= limit {
		return list
	}
	*cut = true
	return list[:limit]
}
