package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/wire"
)

// auth registers signing in and out.
func (a *api) auth() {
	logins := newLimiter(strangerTries, strangerEvery, a.deps.Now)
	register(a, huma.Operation{
		OperationID: "login", Method: http.MethodPost, Path: "/v1/login", Tags: []string{"session"},
		Summary:     "Open a person's session at a till",
		Description: "The till shows its own token, as the bearer or in the " + wire.HeaderDevice + " header.",
		Security:    []map[string][]string{{"device": {}}},
		Middlewares: huma.Middlewares{a.once(logins)},
	}, a.login)
	huma.Register(a.huma, huma.Operation{
		OperationID: "logout", Method: http.MethodPost, Path: "/v1/logout", Tags: []string{"session"},
		Summary:       "End the session",
		Security:      []map[string][]string{{"session": {}, "device": {}}},
		DefaultStatus: http.StatusNoContent,
	}, a.logout)
}

type loginInput struct {
	ticketInput
	Body wire.LoginRequest
}

func (a *api) login(ctx context.Context, in *loginInput) (wire.Session, error) {
	till, err := a.deviceOf(ctx, in.who)
	if err != nil {
		return wire.Session{}, err
	}
	if till.Kind != wire.DeviceTill {
		return wire.Session{}, wire.NewProblem(wire.ProblemForbidden, "people sign in at a till")
	}
	return a.deps.Staff.Login(ctx, staff.DeviceActor{Device: till.Device, Station: till.Station}, in.Body)
}

func (a *api) logout(ctx context.Context, in *ticketInput) (*struct{}, error) {
	who, till, err := a.personOf(ctx, in.who)
	if err != nil {
		return nil, err
	}
	if err := a.deps.Staff.Logout(ctx, in.who.bearer); err != nil {
		return nil, err
	}
	if a.deps.SignedOut != nil {
		a.deps.SignedOut(till.Device, who.Staff)
	}
	return nil, nil
}
