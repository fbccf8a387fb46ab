package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/member"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Self is what a member asks of package flow about what is kept of them.
type Self interface {
	ExportMe(ctx context.Context, who member.Actor) (wire.MemberExport, error)
	EraseMe(ctx context.Context, who member.Actor, req wire.EraseRequest) error
}

// driverSelf registers what members say and ask about what is kept of them.
func (a *api) driverSelf() {
	driver(a, driverOp("consents", http.MethodGet, "/consents", "List what one may agree to, and what one said"),
		func(ctx context.Context, who member.Actor, _ *struct{}) (wire.ConsentList, error) {
			return a.deps.Members.MyConsents(ctx, who)
		})
	driver(a, driverOp("setConsent", http.MethodPut, "/consents/{purpose}", "Agree to a purpose, or no longer: what was kept for it goes"),
		func(ctx context.Context, who member.Actor, in *consentInput) (wire.ConsentList, error) {
			return a.deps.Members.Consent(ctx, who, in.Purpose, in.Body)
		})
	driver(a, driverOp("setIDNumber", http.MethodPut, "/me/id-number", "Give one's ID number, with consent; an empty one takes it away"),
		func(ctx context.Context, who member.Actor, in *idNumberInput) (wire.Member, error) {
			return a.deps.Members.SetIDNumber(ctx, who, in.Body)
		})
	driver(a, driverOp("addAccount", http.MethodPost, "/me/accounts", "Add an account to pay from, with consent"),
		func(ctx context.Context, who member.Actor, in *accountInput) (wire.Member, error) {
			return a.deps.Members.AddAccount(ctx, who, in.Body)
		})
	driver(a, driverOp("dropAccount", http.MethodDelete, "/me/accounts/{account}", "Remove an account"),
		func(ctx context.Context, who member.Actor, in *OneAccount) (wire.Member, error) {
			return a.deps.Members.DropAccount(ctx, who, in.Account)
		})
	driver(a, driverOp("habits", http.MethodGet, "/me/habits", "Look at how one fuels"),
		func(ctx context.Context, who member.Actor, _ *struct{}) (wire.Habits, error) {
			return a.deps.Members.MyHabits(ctx, who)
		})
	exports := newLimiter(strangerTries, strangerEvery, a.deps.Now)
	driver(a, driverOp("exportMe", http.MethodGet, "/me/export", "Export all that is kept of oneself"),
		func(ctx context.Context, who member.Actor, _ *struct{}) (wire.MemberExport, error) {
			// It is the largest answer there is: nobody asks for many at once.
			if _, ok := exports.allow(who.Member.String()); !ok {
				return wire.MemberExport{}, wire.NewProblem(wire.ProblemTooMany, "too many exports of one member")
			}
			return a.deps.Self.ExportMe(ctx, who)
		})
	op := driverOp("eraseMe", http.MethodPost, "/me/erasure", "Be erased for good, here and in every backup; sales stay, without a name")
	op.DefaultStatus = http.StatusNoContent
	op.Security = memberSecurity()
	op.Middlewares = huma.Middlewares{a.asMember}
	op.MaxBodyBytes = MaxBodyBytes + 1
	huma.Register(a.huma, op, a.eraseMe)
}

func (a *api) eraseMe(ctx context.Context, in *eraseMeInput) (*struct{}, error) {
	who, ok := ctx.Value(memberKey{}).(member.Actor)
	if !ok {
		return nil, errors.New("httpapi: a handler was reached without its guard")
	}
	return nil, a.deps.Self.EraseMe(ctx, who, in.Body)
}

// OneAccount is the payment account in an address.
type OneAccount struct {
	Account id.PaymentAccount `path:"account" doc:"The account's id."`
}

type (
	consentInput struct {
		Purpose wire.ConsentPurpose `path:"purpose" enum:"id_number,payment_account,location,plate_recognition,marketing" doc:"What it is about."`
		Body    wire.ConsentRequest
	}
	idNumberInput struct{ Body wire.IDNumberRequest }
	accountInput  struct{ Body wire.PaymentAccountRequest }
	eraseMeInput  struct{ Body wire.EraseRequest }
)
