package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// MemberDesk is what the office and the tills ask of package flow about
// members. Every look is on record; their own station bounds which sales they
// see.
type MemberDesk interface {
	SearchMembers(ctx context.Context, who staff.Actor, req wire.MemberSearch) (wire.MemberPage, error)
	MemberRecord(ctx context.Context, who staff.Actor, m id.Member) (wire.MemberRecord, error)
	RefuelsOfMember(ctx context.Context, who staff.Actor, m id.Member, before id.Sale) (wire.RefuelList, error)
	RefuelsByNumber(ctx context.Context, who staff.Actor, number string, before id.Sale) (wire.MemberRefuels, error)
	RevealMember(ctx context.Context, who staff.Actor, m id.Member, req wire.RevealRequest) (wire.Revealed, error)
	EraseMember(ctx context.Context, who staff.Actor, key id.Command, m id.Member, req wire.EraseRequest) (wire.Done, error)
	ExportMember(ctx context.Context, who staff.Actor, m id.Member) (wire.MemberExport, error)
}

// members registers what the office asks about members, and what a till may
// know of them: the number and what was fuelled.
func (a *api) members() {
	person(a, memberOp("searchMembers", http.MethodPost, "/search", "Find members, or list the newest; the search is on record"), staff.SeeMembers,
		func(ctx context.Context, who staff.Actor, in *memberSearchInput) (wire.MemberPage, error) {
			return a.deps.MemberDesk.SearchMembers(ctx, who, in.Body)
		})
	person(a, memberOp("member", http.MethodGet, "/{member}", "Look at a member, phone and ID number masked; the look is on record"), staff.SeeMembers,
		func(ctx context.Context, who staff.Actor, in *OneMember) (wire.MemberRecord, error) {
			return a.deps.MemberDesk.MemberRecord(ctx, who, in.Member)
		})
	person(a, memberOp("memberRefuels", http.MethodGet, "/{member}/refuels", "List what a member fuelled at this station"), staff.SeeMembers,
		func(ctx context.Context, who staff.Actor, in *memberRefuelsInput) (wire.RefuelList, error) {
			return a.deps.MemberDesk.RefuelsOfMember(ctx, who, in.Member, in.Before)
		})
	person(a, memberOp("revealMember", http.MethodPost, "/{member}/reveal", "See one masked field in clear, for a reason; both are on record"), staff.RevealMember,
		func(ctx context.Context, who staff.Actor, in *revealInput) (wire.Revealed, error) {
			return a.deps.MemberDesk.RevealMember(ctx, who, in.Member, in.Body)
		})
	person(a, memberOp("eraseMember", http.MethodPost, "/{member}/erasure", "Erase a member for good, here and in every backup"), staff.EraseMember,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *eraseInput) (wire.Done, error) {
			return a.deps.MemberDesk.EraseMember(ctx, who, key, in.Member, in.Body)
		}))
	person(a, memberOp("exportMember", http.MethodGet, "/{member}/export", "Export what is kept of a member, for the member; it is on record"), staff.EraseMember,
		func(ctx context.Context, who staff.Actor, in *OneMember) (wire.MemberExport, error) {
			return a.deps.MemberDesk.ExportMember(ctx, who, in.Member)
		})
	person(a, tillOp("refuelsByNumber", http.MethodGet, "/v1/member-numbers/{number}/refuels",
		"List what the member with a number fuelled at this station; nothing else of them is told"), staff.SeeMemberRefuels,
		func(ctx context.Context, who staff.Actor, in *numberRefuelsInput) (wire.MemberRefuels, error) {
			return a.deps.MemberDesk.RefuelsByNumber(ctx, who, in.Number, in.Before)
		})
}

func memberOp(name, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: name, Method: method, Path: "/v1/members" + path, Summary: summary, Tags: []string{"members"}}
}

// OneMember is the member in an address: an id, never a number or a name.
type OneMember struct {
	Member id.Member `path:"member" doc:"The member's id."`
}

// FromSale is where a page of sales begins.
type FromSale struct {
	Before id.Sale `query:"before" doc:"Only sales older than this one: the list's next."`
}

type (
	memberSearchInput  struct{ Body wire.MemberSearch }
	memberRefuelsInput struct {
		OneMember
		FromSale
	}
	numberRefuelsInput struct {
		Number string `path:"number" minLength:"1" maxLength:"20" doc:"The member's number, or its digits."`
		FromSale
	}
	revealInput struct {
		OneMember
		Body wire.RevealRequest
	}
	eraseInput struct {
		Keyed
		OneMember
		Body wire.EraseRequest
	}
)
