package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/member"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Bounds of how often one member may see their own number: who shows and hides it
// a few times is served, who reads it out by program is not.
const (
	revealTries = 5
	revealEvery = 12 * time.Second
)

// Self is what a member asks of package flow about what is kept of them.
type Self interface {
	RevealMyPhone(ctx context.Context, who member.Actor) (wire.OwnPhone, error)
	ExportMe(ctx context.Context, who member.Actor) (wire.MemberExport, error)
	EraseMe(ctx context.Context, who member.Actor, req wire.EraseRequest) error
}

// driverSelf registers what members say and ask about what is kept of them.
func (a *api) driverSelf() {
	a.ownPhone()
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

// ownPhone registers how members see their number.
func (a *api) ownPhone() {
	reveals := newLimiter(revealTries, revealEvery, a.deps.Now)
	driver(a, driverOp("revealPhone", http.MethodPost, "/me/phone", "See one's own phone number in full; that it was is on record"),
		func(ctx context.Context, who member.Actor, _ *struct{}) (wire.OwnPhone, error) {
			if _, ok := reveals.allow(who.Member.String()); !ok {
				return wire.OwnPhone{}, wire.NewProblem(wire.ProblemTooMany, "too many looks of one member at their number")
			}
			return a.deps.Self.RevealMyPhone(ctx, who)
		})
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
