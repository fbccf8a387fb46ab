package flow_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// wangOpenID is the name WeChat knows Wang by.
const wangOpenID = "oWang7xiaoming-to-wechat"

// vouching is WeChat: a code of wx.login "js-NAME" is that of openid NAME, a
// code of the phone's button "phone-NUMBER" gives the number.
type vouching struct{}

func (vouching) OpenID(_ context.Context, code string) (string, error) {
	return vouchedFor(code, "js-")
}

func (vouching) PhoneNumber(_ context.Context, code string) (string, error) {
	return vouchedFor(code, "phone-")
}

func vouchedFor(code, prefix string) (string, error) {
	word, ok := strings.CutPrefix(code, prefix)
	if !ok {
		return "", wire.NewProblem(wire.ProblemWeChatRefused, "")
	}
	return word, nil
}

// bound signs a number in through WeChat, as whom WeChat knows by a name.
func (h *house) bound(phone, openID string) id.Member {
	h.t.Helper()
	session := must[wire.DriverSession](h.t)(h.members.WeChatLogin(h.t.Context(), wire.WeChatLogin{
		Code: "js-" + openID, PhoneCode: "phone-" + phone,
	}))
	return session.Member.ID
}

// listener hears who says what, as WeChat knows them.
type listener struct{ heard []string }

type speakerKey struct{}

func (l *listener) speaking(ctx context.Context, openID string) context.Context {
	return context.WithValue(ctx, speakerKey{}, openID)
}

func (l *listener) CheckText(ctx context.Context, text string, _ []string) error {
	openID, _ := ctx.Value(speakerKey{}).(string)
	l.heard = append(l.heard, openID+": "+text)
	return nil
}

// TestWeChatIsToldWhoSpeaks of those it knows: drivers who signed in through it.
func TestWeChatIsToldWhoSpeaks(t *testing.T) {
	o := newOffice(t)
	l := &listener{}
	o.flow.Words, o.flow.Speaking = l, l.speaking
	th := o.opened()
	o.say(asDriver(o.wang), th.ID, "还没绑定")
	if who := o.bound(wangPhone, "o-wang"); who != o.wang.Member {
		t.Fatalf("bound to %s", who)
	}
	o.say(asDriver(o.wang), th.ID, "绑定了")
	o.say(asStaff(o.anna), th.ID, "您好")
	o.flow.Speaking = nil // this station asks nobody
	o.say(asDriver(o.wang), th.ID, "不问微信")
	if want := []string{": 还没绑定", "o-wang: 绑定了", ": 您好", ": 不问微信"}; !slices.Equal(l.heard, want) {
		t.Errorf("heard %q, want %q", l.heard, want)
	}
}

// TestWhoSpeaksIsNotWorthAMessage: with the name unreadable the message goes
// through.
func TestWhoSpeaksIsNotWorthAMessage(t *testing.T) {
	o := newOffice(t)
	l := &listener{}
	o.flow.Words, o.flow.Speaking = l, l.speaking
	th := o.opened()
	o.bound(wangPhone, "o-wang")
	if _, err := o.db.ExecContext(t.Context(), "UPDATE member_wechat SET openid = REVERSE(openid)"); err != nil {
		t.Fatal(err)
	}
	o.say(asDriver(o.wang), th.ID, "在吗")
	if want := []string{": 在吗"}; !slices.Equal(l.heard, want) {
		t.Errorf("heard %q, want %q", l.heard, want)
	}
}

// TestD043AnExportSaysThatWeChatIsBound and not as whom.
func TestD043AnExportSaysThatWeChatIsBound(t *testing.T) {
	h := newHouse(t)
	who := h.driver(wangPhone)
	if e := must[wire.MemberExport](t)(h.flow.ExportMe(t.Context(), who)); e.WeChat {
		t.Error("it is bound before")
	}
	h.bound(wangPhone, "o-wang")
	h.later(time.Second)
	if e := must[wire.MemberExport](t)(h.flow.ExportMe(t.Context(), who)); !e.WeChat {
		t.Error("it is not bound")
	}
}
