package link

import (
	"context"

	"forecourt/shared/wire"
)

// WeChatLogin opens the member's session with WeChat's word for who it is. Later
// calls are theirs.
func (d *Driver) WeChatLogin(ctx context.Context, login wire.WeChatLogin) (wire.DriverSession, error) {
	r := atDriver(post, "wechat").with(login)
	r.login = true
	session, err := call[wire.DriverSession](ctx, &d.caller, r)
	if err == nil {
		d.Resume(session.Token)
	}
	return session, err
}
