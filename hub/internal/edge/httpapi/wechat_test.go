package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"forecourt/shared/wire"
)

// TestADriverSignsInThroughWeChat: nothing of it is in the log.
func TestADriverSignsInThroughWeChat(t *testing.T) {
	s := newSite(t)
	ask := func(body string) *http.Response { return s.call("", "POST", "/v1/driver/wechat", body) }
	for body, want := range map[string]wire.ProblemType{
		`{"code":"secret-guess"}`:       wire.ProblemWeChatRefused,
		`{"code":"` + weChatCode + `"}`: wire.ProblemWeChatPhone,
		`{"code":"` + weChatAway + `"}`: wire.ProblemWeChatAway,
		`{}`:                            wire.ProblemBadRequest,
		`{"code":""}`:                   wire.ProblemBadRequest,
		`{"code":"` + strings.Repeat("x", 129) + `"}`:                        wire.ProblemBadRequest,
		`{"code":"x","phone_code":"` + strings.Repeat("x", 257) + `"}`:       wire.ProblemBadRequest,
		`{"code":"x","openid":"o-somebody"}`:                                 wire.ProblemUnknownField,
		`{"code":"` + weChatCode + `","phone_code":"secret-guess-of-phone"}`: wire.ProblemWeChatPhone,
	} {
		if p := problem(t, ask(body)); p.Type != want {
			t.Errorf("%.60s: %v, want %s", body, p, want)
		}
	}
	session := read[wire.DriverSession](t, ask(`{"code":"`+weChatCode+`","phone_code":"`+weChatPhone+`"}`))
	if session.Token != driverToken {
		t.Errorf("%+v", session)
	}
	if strings.Contains(s.log.String(), "secret") {
		t.Errorf("the log says %s", s.log)
	}
}
