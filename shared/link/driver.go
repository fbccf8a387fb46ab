package link

import (
	"context"
	"errors"
	"net/url"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Driver talks to one hub as a member (车主).
type Driver struct{ access }

// NewDriver checks the options and makes a Driver that is not signed in. It
// opens no connection yet.
func NewDriver(opts Options) (*Driver, error) {
	if opts.Device != "" {
		return nil, errors.New("link: a driver's phone is not an enrolled device")
	}
	a, err := newAccess(opts)
	if err != nil {
		return nil, err
	}
	a.tickets, a.silence = atDriver(post, "tickets"), DriverSilence
	return &Driver{a}, nil
}

// atDriver is the address of something of the member's.
func atDriver(r func(...string) request, path ...string) request {
	return r(append([]string{"v1", "driver"}, path...)...)
}

// inThread is the address of something of a conversation.
func inThread(r func(...string) request, t id.Thread, path ...string) request {
	return atDriver(r, append([]string{"threads", t.String()}, path...)...)
}

// page selects the messages before one.
func page(before uint64, limit int) url.Values {
	return selected("before", number(before), "limit", number(limit))
}

// SendCode asks for a one-time code by text message.
func (d *Driver) SendCode(ctx context.Context, phone string) (wire.CodeSent, error) {
	r := atDriver(post, "codes").with(wire.PhoneRequest{Phone: phone})
	r.login = true
	return call[wire.CodeSent](ctx, &d.caller, r)
}

// Login opens the member's session. Later calls are theirs.
func (d *Driver) Login(ctx context.Context, login wire.DriverLogin) (wire.DriverSession, error) {
	r := atDriver(post, "login").with(login)
	r.login = true
	session, err := call[wire.DriverSession](ctx, &d.caller, r)
	if err == nil {
		d.Resume(session.Token)
	}
	return session, err
}

// Resume goes on with the session that an earlier Login opened.
func (d *Driver) Resume(token string) { d.session.Store(&token) }

// Logout ends the session. The token is forgotten here even if the hub could
// not be told; it then expires by itself.
func (d *Driver) Logout(ctx context.Context) error {
	err := d.do(ctx, atDriver(post, "logout"), nil)
	d.session.Store(nil)
	return err
}

// Ticket takes a ticket for one socket.
func (d *Driver) Ticket(ctx context.Context) (wire.Ticket, error) {
	return call[wire.Ticket](ctx, &d.caller, d.tickets)
}

// Me reads the member's own entry.
func (d *Driver) Me(ctx context.Context) (wire.Member, error) {
	return call[wire.Member](ctx, &d.caller, atDriver(get, "me"))
}

// SetProfile changes what the member says of themselves.
func (d *Driver) SetProfile(ctx context.Context, profile wire.ProfileRequest) (wire.Member, error) {
	return call[wire.Member](ctx, &d.caller, atDriver(put, "me").with(profile))
}

// AddVehicle adds a vehicle.
func (d *Driver) AddVehicle(ctx context.Context, vehicle wire.VehicleRequest) (wire.Member, error) {
	return call[wire.Member](ctx, &d.caller, atDriver(post, "vehicles").with(vehicle))
}

// DropVehicle removes a vehicle.
func (d *Driver) DropVehicle(ctx context.Context, vehicle id.Vehicle) (wire.Member, error) {
	return call[wire.Member](ctx, &d.caller, atDriver(drop, "vehicles", vehicle.String()))
}

// ClaimNozzle says that the member stands at the nozzle with a code.
func (d *Driver) ClaimNozzle(ctx context.Context, claim wire.ClaimRequest) (wire.Claim, error) {
	return call[wire.Claim](ctx, &d.caller, atDriver(post, "fuelling").with(claim))
}

// Orders reads a page of the member's sales before one (zero: the newest), at
// most limit (zero leaves it to the hub), newest first.
func (d *Driver) Orders(ctx context.Context, before id.Sale, limit int) (wire.OrderList, error) {
	return call[wire.OrderList](ctx, &d.caller, atDriver(get, "orders").where(
		selected("before", before.String(), "limit", number(limit))))
}

// OpenThread asks for the conversation with a station's support.
func (d *Driver) OpenThread(ctx context.Context, open wire.OpenThread) (wire.Thread, error) {
	return call[wire.Thread](ctx, &d.caller, atDriver(post, "threads").with(open))
}

// Threads lists the member's conversations, newest first.
func (d *Driver) Threads(ctx context.Context) (wire.ThreadList, error) {
	return call[wire.ThreadList](ctx, &d.caller, atDriver(get, "threads"))
}

// Say says something. The message's own id makes a repeat the same message.
func (d *Driver) Say(ctx context.Context, t id.Thread, say wire.SendRequest) (wire.Message, error) {
	return call[wire.Message](ctx, &d.caller, inThread(post, t, "messages").with(say))
}

// Messages reads a page of a conversation's messages, as Client.Messages does.
func (d *Driver) Messages(ctx context.Context, t id.Thread, before uint64, limit int) (wire.MessageList, error) {
	return call[wire.MessageList](ctx, &d.caller, inThread(get, t, "messages").where(page(before, limit)))
}

// ReadUpTo says how far the member has read.
func (d *Driver) ReadUpTo(ctx context.Context, t id.Thread, read wire.ReadRequest) (wire.Thread, error) {
	return call[wire.Thread](ctx, &d.caller, inThread(post, t, "read").with(read))
}

// Rate judges a closed conversation, once.
func (d *Driver) Rate(ctx context.Context, t id.Thread, rating wire.RatingRequest) (wire.Thread, error) {
	return call[wire.Thread](ctx, &d.caller, inThread(post, t, "rating").with(rating))
}

// CloseThread ends a conversation. Ending it twice is no error.
func (d *Driver) CloseThread(ctx context.Context, t id.Thread) (wire.Thread, error) {
	return call[wire.Thread](ctx, &d.caller, inThread(post, t, "close"))
}

// ReopenThread opens a closed conversation again.
func (d *Driver) ReopenThread(ctx context.Context, t id.Thread) (wire.Thread, error) {
	return call[wire.Thread](ctx, &d.caller, inThread(post, t, "reopen"))
}

// Upload sends a picture or recording for a message of a conversation.
func (d *Driver) Upload(ctx context.Context, t id.Thread, name string, content []byte) (wire.Media, error) {
	return upload(ctx, &d.caller, inThread(post, t, "media"), name, content)
}

// MediaLink asks for addresses of a picture or recording, good for minutes.
func (d *Driver) MediaLink(ctx context.Context, m id.Media) (wire.MediaLink, error) {
	return call[wire.MediaLink](ctx, &d.caller, atDriver(get, "media", m.String(), "link"))
}
