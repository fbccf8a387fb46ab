package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// People is what the API asks of package flow about who works at a station.
type People interface {
	StaffList(ctx context.Context, who staff.Actor) (wire.StaffList, error)
	AddStaff(ctx context.Context, who staff.Actor, key id.Command, req wire.NewStaffRequest) (wire.StaffMember, error)
	ChangeStaff(ctx context.Context, who staff.Actor, key id.Command, of id.Staff, req wire.StaffRequest) (wire.StaffMember, error)
	GivePassword(ctx context.Context, who staff.Actor, key id.Command, to id.Staff, req wire.PasswordRequest) (wire.Done, error)
	StaffSessions(ctx context.Context, who staff.Actor) (wire.StaffSessionList, error)
	EndSession(ctx context.Context, who staff.Actor, key id.Command, session id.Session) (wire.Done, error)
}

// people registers what a head asks about staff and their sessions.
func (a *api) people() {
	person(a, staffOp("staff", http.MethodGet, "/v1/staff", "List who signs in at the station, by number"), staff.ManageStaff,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.StaffList, error) {
			return a.deps.People.StaffList(ctx, who)
		})
	person(a, staffOp("addStaff", http.MethodPost, "/v1/staff", "Enter somebody; they choose another password when they first sign in"), staff.ManageStaff,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *newStaffInput) (wire.StaffMember, error) {
			return a.deps.People.AddStaff(ctx, who, key, in.Body)
		}))
	person(a, staffOp("changeStaff", http.MethodPut, "/v1/staff/{staff}", "Say how somebody should be from now on; losing a right ends their sessions"), staff.ManageStaff,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *staffInput) (wire.StaffMember, error) {
			return a.deps.People.ChangeStaff(ctx, who, key, in.Staff, in.Body)
		}))
	person(a, staffOp("givePassword", http.MethodPost, "/v1/staff/{staff}/password", "Give somebody else a password; it ends their sessions and waits"), staff.ManageStaff,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *passwordInput) (wire.Done, error) {
			return a.deps.People.GivePassword(ctx, who, key, in.Staff, in.Body)
		}))
	person(a, staffOp("sessions", http.MethodGet, "/v1/sessions", "List the open sessions at the station, last used first"), staff.ManageStaff,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.StaffSessionList, error) {
			return a.deps.People.StaffSessions(ctx, who)
		})
	person(a, staffOp("endSession", http.MethodDelete, "/v1/sessions/{session}", "End a session and its sockets"), staff.ManageStaff,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *sessionInput) (wire.Done, error) {
			return a.deps.People.EndSession(ctx, who, key, in.Session)
		}))
	a.account()
}

// account registers what anybody asks about their own account, also while
// there is something they must do first.
func (a *api) account() {
	person(a, staffOp("permissions", http.MethodGet, "/v1/permissions", "Look at who may do what"), staff.OwnAccount,
		func(context.Context, staff.Actor, *struct{}) (wire.Permissions, error) { return staff.Table(), nil })
	person(a, staffOp("account", http.MethodGet, "/v1/account", "Look at one's own account"), staff.OwnAccount,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.Account, error) {
			return a.deps.Staff.Account(ctx, who)
		})
	person(a, staffOp("changePassword", http.MethodPost, "/v1/account/password", "Change one's own password; it ends one's other sessions"), staff.OwnAccount,
		func(ctx context.Context, who staff.Actor, in *ownPasswordInput) (wire.Account, error) {
			return a.deps.Staff.ChangeOwnPassword(ctx, who, in.Body)
		})
	person(a, staffOp("newSecondFactor", http.MethodPost, "/v1/account/second-factor", "Make a second factor, which counts once it is confirmed"), staff.OwnAccount,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.SecondFactor, error) {
			return a.deps.Staff.NewSecondFactor(ctx, who)
		})
	person(a, staffOp("confirmSecondFactor", http.MethodPost, "/v1/account/second-factor/confirmation",
		"Confirm the second factor with a code of it; the recovery codes are told this once"), staff.OwnAccount,
		func(ctx context.Context, who staff.Actor, in *factorCodeInput) (wire.RecoveryCodes, error) {
			return a.deps.Staff.ConfirmSecondFactor(ctx, who, in.Body)
		})
	person(a, staffOp("removeSecondFactor", http.MethodPost, "/v1/account/second-factor/removal", "Remove the second factor, for a code"), staff.OwnAccount,
		func(ctx context.Context, who staff.Actor, in *factorCodeInput) (wire.Account, error) {
			return a.deps.Staff.RemoveSecondFactor(ctx, who, in.Body)
		})
}

func staffOp(name, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: name, Method: method, Path: path, Summary: summary, Tags: []string{"staff"}}
}

type newStaffInput struct {
	Keyed
	Body wire.NewStaffRequest
}

type staffInput struct {
	Keyed
	OneStaff
	Body wire.StaffRequest
}

type passwordInput struct {
	Keyed
	OneStaff
	Body wire.PasswordRequest
}

type sessionInput struct {
	Keyed
	Session id.Session `path:"session" doc:"The session's id."`
}

type ownPasswordInput struct{ Body wire.OwnPasswordRequest }

type factorCodeInput struct{ Body wire.CodeRequest }
