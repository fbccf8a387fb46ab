package link

import (
	"context"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Consents reads what the member is asked to agree to, and what they said.
func (d *Driver) Consents(ctx context.Context) (wire.ConsentList, error) {
	return call[wire.ConsentList](ctx, &d.caller, atDriver(get, "consents"))
}

// SetConsent agrees to a purpose, or no longer.
func (d *Driver) SetConsent(ctx context.Context, purpose wire.ConsentPurpose, consent wire.ConsentRequest) (wire.ConsentList, error) {
	return call[wire.ConsentList](ctx, &d.caller, atDriver(put, "consents", string(purpose)).with(consent))
}

// SetIDNumber gives the member's ID number, "" takes it away.
func (d *Driver) SetIDNumber(ctx context.Context, number wire.IDNumberRequest) (wire.Member, error) {
	return call[wire.Member](ctx, &d.caller, atDriver(put, "me", "id-number").with(number))
}

// AddAccount adds an account to pay from.
func (d *Driver) AddAccount(ctx context.Context, account wire.PaymentAccountRequest) (wire.Member, error) {
	return call[wire.Member](ctx, &d.caller, atDriver(post, "me", "accounts").with(account))
}

// DropAccount removes an account to pay from.
func (d *Driver) DropAccount(ctx context.Context, account id.PaymentAccount) (wire.Member, error) {
	return call[wire.Member](ctx, &d.caller, atDriver(drop, "me", "accounts", account.String()))
}

// Phone reads the member's own number in full; that it was is on record.
func (d *Driver) Phone(ctx context.Context) (wire.OwnPhone, error) {
	return call[wire.OwnPhone](ctx, &d.caller, atDriver(post, "me", "phone"))
}

// EndOthers ends the member's sessions on all other devices.
func (d *Driver) EndOthers(ctx context.Context) (wire.SessionsEnded, error) {
	return call[wire.SessionsEnded](ctx, &d.caller, atDriver(drop, "sessions"))
}

// Habits reads how the member fuels.
func (d *Driver) Habits(ctx context.Context) (wire.Habits, error) {
	return call[wire.Habits](ctx, &d.caller, atDriver(get, "me", "habits"))
}

// Export reads everything that is kept of the member.
func (d *Driver) Export(ctx context.Context) (wire.MemberExport, error) {
	r := atDriver(get, "me", "export")
	r.large = true
	return call[wire.MemberExport](ctx, &d.caller, r)
}

// Erase makes everything personal of the member unreadable for good, and ends
// the session.
func (d *Driver) Erase(ctx context.Context, erase wire.EraseRequest) error {
	err := d.do(ctx, atDriver(post, "me", "erasure").with(erase), nil)
	if err == nil {
		d.session.Store(nil)
	}
	return err
}
