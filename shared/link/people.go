package link

import (
	"context"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Staff lists everybody who works at the station, by number.
func (c *Client) Staff(ctx context.Context) (wire.StaffList, error) {
	return call[wire.StaffList](ctx, &c.caller, get("v1", "staff"))
}

// AddStaff enters somebody.
func (c *Client) AddStaff(ctx context.Context, key id.Command, person wire.NewStaffRequest) (wire.StaffMember, error) {
	return command[wire.StaffMember](ctx, &c.caller, key, post("v1", "staff").with(person))
}

// SetStaff says how somebody should be from now on.
func (c *Client) SetStaff(ctx context.Context, key id.Command, who id.Staff, person wire.StaffRequest) (wire.StaffMember, error) {
	return command[wire.StaffMember](ctx, &c.caller, key, put("v1", "staff", who.String()).with(person))
}

// GivePassword gives somebody else a password.
func (c *Client) GivePassword(ctx context.Context, key id.Command, who id.Staff, password wire.PasswordRequest) (wire.Done, error) {
	return command[wire.Done](ctx, &c.caller, key, post("v1", "staff", who.String(), "password").with(password))
}

// StaffSessions lists the open sessions of the station, last used first.
func (c *Client) StaffSessions(ctx context.Context) (wire.StaffSessionList, error) {
	return call[wire.StaffSessionList](ctx, &c.caller, get("v1", "sessions"))
}

// EndSession ends somebody's session.
func (c *Client) EndSession(ctx context.Context, key id.Command, session id.Session) (wire.Done, error) {
	return command[wire.Done](ctx, &c.caller, key, drop("v1", "sessions", session.String()))
}

// Permissions reads who may do what.
func (c *Client) Permissions(ctx context.Context) (wire.Permissions, error) {
	return call[wire.Permissions](ctx, &c.caller, get("v1", "permissions"))
}

// ofAccount is the address of something of the caller's own account.
func ofAccount(r func(...string) request, path ...string) request {
	return r(append([]string{"v1", "account"}, path...)...)
}

// Account reads the caller's own account.
func (c *Client) Account(ctx context.Context) (wire.Account, error) {
	return call[wire.Account](ctx, &c.caller, ofAccount(get))
}

// ChangePassword changes the caller's own password.
func (c *Client) ChangePassword(ctx context.Context, password wire.OwnPasswordRequest) (wire.Account, error) {
	return call[wire.Account](ctx, &c.caller, ofAccount(post, "password").with(password))
}

// BeginSecondFactor makes a second factor, which counts once a code of it has
// been given.
func (c *Client) BeginSecondFactor(ctx context.Context) (wire.SecondFactor, error) {
	return call[wire.SecondFactor](ctx, &c.caller, ofAccount(post, "second-factor"))
}

// ConfirmSecondFactor gives the first code and reads the recovery codes, which
// are shown this one time.
func (c *Client) ConfirmSecondFactor(ctx context.Context, code wire.CodeRequest) (wire.RecoveryCodes, error) {
	return call[wire.RecoveryCodes](ctx, &c.caller, ofAccount(post, "second-factor", "confirmation").with(code))
}

// DropSecondFactor takes the caller's own second factor away.
func (c *Client) DropSecondFactor(ctx context.Context, code wire.CodeRequest) (wire.Account, error) {
	return call[wire.Account](ctx, &c.caller, ofAccount(post, "second-factor", "removal").with(code))
}

// OwnPost reads the nozzles that the caller is responsible for.
func (c *Client) OwnPost(ctx context.Context) (wire.Post, error) {
	return call[wire.Post](ctx, &c.caller, get("v1", "post"))
}

// PostRefuels reads a page of the deliveries at the caller's nozzles, or at one
// of them (zero: all), before one (zero: the newest), newest first.
func (c *Client) PostRefuels(ctx context.Context, nozzle int, last id.Sale) (wire.RefuelList, error) {
	return call[wire.RefuelList](ctx, &c.caller,
		get("v1", "post", "refuels").where(selected("nozzle", number(nozzle), "before", last.String())))
}

// Roster reads who is responsible for which nozzles.
func (c *Client) Roster(ctx context.Context) (wire.Roster, error) {
	return call[wire.Roster](ctx, &c.caller, get("v1", "roster"))
}

// Assign says which nozzles an attendant is responsible for.
func (c *Client) Assign(ctx context.Context, key id.Command, who id.Staff, nozzles wire.PostRequest) (wire.Roster, error) {
	return command[wire.Roster](ctx, &c.caller, key, put("v1", "posts", who.String()).with(nozzles))
}
