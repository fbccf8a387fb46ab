package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/shared/wire"
)

// weChat registers signing in with WeChat's word for who it is.
func (a *api) weChat() {
	logins := newLimiter(strangerTries, strangerEvery, a.deps.Now)
	op := driverOp("weChatLogin", http.MethodPost, "/wechat", "Open a member's session with a code of wx.login; an identity not seen before needs a phone number's code too")
	op.Middlewares = huma.Middlewares{a.once(logins)}
	register(a, op, func(ctx context.Context, in *weChatInput) (wire.DriverSession, error) {
		return a.deps.Members.WeChatLogin(ctx, in.Body)
	})
}

type weChatInput struct{ Body wire.WeChatLogin }
