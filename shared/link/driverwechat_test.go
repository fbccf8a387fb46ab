package link

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"forecourt/shared/wire"
)

func TestWhoSignsInThroughWeChatIsSignedIn(t *testing.T) {
	d, seen := driverRecorder(t, wire.DriverSession{Token: "fcd_new"})
	d.Resume("fcd_old")
	for _, c := range []struct {
		login wire.WeChatLogin
		body  string
	}{
		{wire.WeChatLogin{Code: "0a3R"}, `{"code":"0a3R"}`},
		{wire.WeChatLogin{Code: "0a3R", PhoneCode: "e319"}, `{"code":"0a3R","phone_code":"e319"}`},
	} {
		session, err := d.WeChatLogin(t.Context(), c.login)
		if err != nil || session.Token != "fcd_new" {
			t.Fatalf("%+v, %v", session, err)
		}
		want := seenRequest{Method: "POST", Path: "/v1/driver/wechat", Body: c.body} // without the old session
		if diff := cmp.Diff(want, *seen); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := d.Me(t.Context()); err != nil || seen.Bearer != "fcd_new" {
		t.Errorf("then asked as %q, %v", seen.Bearer, err)
	}
}
