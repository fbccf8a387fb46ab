package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var (
	_ Members     = (*member.Store)(nil)
	_ Driver      = (*flow.Flow)(nil)
	_ Support     = (*flow.Flow)(nil)
	_ Members     = memberStore{}
	_ Driver      = talk{}
	_ Support     = talk{}
	_ MediaServer = shelf{}
)

const (
	driverToken = "secret-driver-token"
	phone       = "13800000001"
	code        = "246810"
	signature   = "secret-signature"
	weChatCode  = "secret-js-code"
	weChatPhone = "secret-phone-code"
	weChatAway  = "secret-js-code-of-an-outage"
)

// memberStore is the drivers, in memory: there is one.
type memberStore struct{ *people }

func (m memberStore) SendCode(_ context.Context, remote, phone string) (wire.CodeSent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.codes = append(m.codes, remote+" "+phone)
	return wire.CodeSent{AgainSeconds: 60}, nil
}

func (m memberStore) Login(_ context.Context, req wire.DriverLogin) (wire.DriverSession, error) {
	if req.Code != code {
		return wire.DriverSession{}, wire.NewProblem(wire.ProblemCodeRefused, "")
	}
	return wire.DriverSession{Token: driverToken, Member: wire.Member{ID: id.Member{7}, Vehicles: []wire.Vehicle{}}}, nil
}

func (m memberStore) WeChatLogin(_ context.Context, req wire.WeChatLogin) (wire.DriverSession, error) {
	switch {
	case req.Code == weChatAway:
		return wire.DriverSession{}, fmt.Errorf("asking who signs in: wechat: errcode -1: %w", wire.NewProblem(wire.ProblemWeChatAway, ""))
	case req.Code != weChatCode:
		return wire.DriverSession{}, wire.NewProblem(wire.ProblemWeChatRefused, "")
	case req.PhoneCode != weChatPhone:
		return wire.DriverSession{}, wire.NewProblem(wire.ProblemWeChatPhone, "")
	}
	return wire.DriverSession{Token: driverToken, Member: wire.Member{ID: id.Member{7}, Vehicles: []wire.Vehicle{}}}, nil
}

func (m memberStore) Resolve(_ context.Context, token string) (member.Actor, error) {
	if other, ok := strings.CutPrefix(token, driverToken); ok {
		return member.Actor{Member: id.Member{7, byte(len(other))}, Number: "M000007"}, m.away
	}
	return member.Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "no such session")
}

// talk answers what drivers and agents ask, and remembers it where the desk
// does.
type talk struct{ *desk }

func speaker(who flow.Speaker) string {
	switch {
	case who.Member != nil && who.Staff == nil:
		return who.Member.Number
	case who.Staff != nil && who.Member == nil:
		return who.Staff.Number
	}
	return "nobody"
}

func (m memberStore) Me(_ context.Context, who member.Actor) (wire.Member, error) {
	return wire.Member{Vehicles: []wire.Vehicle{}}, m.desk.did("me %s", who.Number)
}

func (m memberStore) Rename(_ context.Context, who member.Actor, req wire.ProfileRequest) (wire.Member, error) {
	return wire.Member{}, m.desk.did("rename %s %s", who.Number, req.Name)
}

func (m memberStore) AddVehicle(_ context.Context, who member.Actor, req wire.VehicleRequest) (wire.Member, error) {
	return wire.Member{}, m.desk.did("add vehicle %s %s", who.Number, req.Plate)
}

func (m memberStore) DropVehicle(_ context.Context, who member.Actor, v id.Vehicle) (wire.Member, error) {
	return wire.Member{}, m.desk.did("drop vehicle %s %s", who.Number, v)
}

func (d talk) Say(_ context.Context, who flow.Speaker, t id.Thread, req wire.SendRequest) (wire.Message, error) {
	return wire.Message{ID: req.ID}, d.did("say %s %s %s %s", speaker(who), t, req.Kind, req.Text)
}

func (d talk) Messages(_ context.Context, who flow.Speaker, t id.Thread, before uint64, limit int) (wire.MessageList, error) {
	return wire.MessageList{}, d.did("messages %s %s %d %d", speaker(who), t, before, limit)
}

func (d talk) ReadUpTo(_ context.Context, who flow.Speaker, t id.Thread, req wire.ReadRequest) (wire.Thread, error) {
	return wire.Thread{}, d.did("read %s %s %d", speaker(who), t, req.N)
}

func (d talk) CloseThread(_ context.Context, who flow.Speaker, key id.Command, t id.Thread) (wire.Thread, error) {
	return wire.Thread{}, d.did("close %s %s %s", speaker(who), key, t)
}

func (d talk) ReopenThread(_ context.Context, who flow.Speaker, key id.Command, t id.Thread) (wire.Thread, error) {
	return wire.Thread{}, d.did("reopen %s %s %s", speaker(who), key, t)
}

func (d talk) Upload(_ context.Context, who flow.Speaker, t id.Thread, content []byte) (wire.Media, error) {
	return wire.Media{Bytes: len(content)}, d.did("upload %s %s %s", speaker(who), t, excerpt(content))
}

func (d talk) UploadTutorial(_ context.Context, who staff.Actor, content []byte) (wire.Media, error) {
	return wire.Media{Bytes: len(content)}, d.did("upload tutorial %s %s", who.Number, excerpt(content))
}

// excerpt names a file's content.
func excerpt(content []byte) string {
	if len(content) > 20 {
		return fmt.Sprintf("%s... %d", content[:4], len(content))
	}
	return string(content)
}

func (d talk) MediaLink(_ context.Context, who flow.Speaker, m id.Media) (wire.MediaLink, error) {
	return wire.MediaLink{}, d.did("media link %s %s", speaker(who), m)
}

func (d talk) ClaimNozzle(_ context.Context, who member.Actor, req wire.ClaimRequest) (wire.Claim, error) {
	return wire.Claim{}, d.did("claim %s %s", who.Number, req.Code)
}

func (d talk) OpenThread(_ context.Context, who member.Actor, req wire.OpenThread) (wire.Thread, error) {
	return wire.Thread{}, d.did("open %s %s", who.Number, req.Station)
}

func (d talk) Threads(_ context.Context, who member.Actor) (wire.ThreadList, error) {
	return wire.ThreadList{}, d.did("threads %s", who.Number)
}

func (d talk) Rate(_ context.Context, who member.Actor, t id.Thread, req wire.RatingRequest) (wire.Thread, error) {
	return wire.Thread{}, d.did("rate %s %s %d", who.Number, t, req.Stars)
}

func (d talk) Cases(_ context.Context, who staff.Actor, q flow.CaseQuery) (wire.CaseList, error) {
	return wire.CaseList{}, d.did("cases %s %s %s %d", who.Number, q.State, q.Before, q.Limit)
}

func (d talk) Take(_ context.Context, who staff.Actor, key id.Command, t id.Thread) (wire.Thread, error) {
	return wire.Thread{}, d.did("take %s %s %s", who.Number, key, t)
}

func (d talk) Transfer(_ context.Context, who staff.Actor, key id.Command, t id.Thread, req wire.TransferRequest) (wire.Thread, error) {
	return wire.Thread{}, d.did("transfer %s %s %s %s", who.Number, key, t, req.Note)
}

func (d talk) MemberCard(_ context.Context, who staff.Actor, t id.Thread) (wire.MemberCard, error) {
	return wire.MemberCard{}, d.did("member %s %s", who.Number, t)
}

func (d talk) Fee(_ context.Context, who staff.Actor, t id.Thread, s id.Sale) (wire.Fee, error) {
	return wire.Fee{}, d.did("fee %s %s %s", who.Number, t, s)
}

func (d talk) Agents(context.Context, id.Station) (wire.AgentList, error) {
	return wire.AgentList{}, d.did("agents")
}

func (d talk) SetDuty(_ context.Context, who staff.Actor, req wire.DutyRequest) (wire.AgentList, error) {
	return wire.AgentList{}, d.did("duty %s %v", who.Number, req.OnDuty)
}

func (d talk) SupportSettings(context.Context, id.Station) (wire.SupportSettings, error) {
	return wire.SupportSettings{}, d.did("settings")
}

func (d talk) SetSupport(_ context.Context, who staff.Actor, key id.Command, req wire.SupportSettings) (wire.SupportSettings, error) {
	return req, d.did("set settings %s %s %s", who.Number, key, req.Assign)
}

func (d talk) CannedReplies(context.Context, id.Station) (wire.CannedList, error) {
	return wire.CannedList{}, d.did("canned")
}

func (d talk) PutCanned(_ context.Context, who staff.Actor, key id.Command, which id.Canned, req wire.CannedRequest) (wire.Canned, error) {
	return wire.Canned{}, d.did("put canned %s %s %s %s", who.Number, key, which, req.Title)
}

func (d talk) DropCanned(_ context.Context, who staff.Actor, key id.Command, which id.Canned) (wire.Done, error) {
	return wire.Done{Command: key}, d.did("drop canned %s %s %s", who.Number, key, which)
}

// shelf is the uploaded pictures and recordings.
type shelf struct{ *desk }

func (s shelf) Admit(m id.Media, _ bool, until, sig string) error {
	if sig != signature || until != "9" {
		return wire.NewProblem(wire.ProblemMediaGone, "expired")
	}
	return nil
}

func (s shelf) Read(_ context.Context, m id.Media, thumb bool) ([]byte, string, error) {
	kind := map[byte]string{'P': "image/png", 'V': "audio/mpeg"}[m.String()[25]]
	if thumb {
		kind = "image/jpeg"
	}
	return []byte("0123456789"), kind, s.did("fetch %s %v", m, thumb)
}

const (
	aThread  = "01J0000000000000000000000T"
	aMedia   = "01J0000000000000000000000P" // a picture
	aVoice   = "01J0000000000000000000000V"
	aVehicle = "01J0000000000000000000000C"
	aCanned  = "01J0000000000000000000000R"
	aMessage = "01J0000000000000000000000M"
	aForm    = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"secret-name.jpg\"\r\nContent-Type: image/jpeg\r\n\r\npicture\r\n--b--\r\n"
	formType = "multipart/form-data; boundary=b"
)

// supportRoutes is what agents and the head ask.
func supportRoutes() []route {
	const in = "/v1/support/threads/" + aThread
	say := `{"id":"` + aMessage + `","kind":"text","text":"您好"}`
	settings := `{"greeting":"g","away":"a","hours":[{"day":1,"from":"08:00","to":"24:00"}],"assign":"by_hand","max_each":3,"blocked":[]}`
	canned := `{"title":"绑定车辆","parts":[{"text":"打开小程序"},{"picture":"` + aMedia + `"}]}`
	return []route{
		{method: "GET", path: "/v1/support/threads?state=closed&before=" + aThread + "&limit=7", action: staff.AnswerChat, call: "cases 2001 closed " + aThread + " 7"},
		{method: "GET", path: in + "/messages?before=8&limit=9", action: staff.AnswerChat, call: "messages 2001 " + aThread + " 8 9"},
		{method: "GET", path: in + "/messages", action: staff.AnswerChat, call: "messages 2001 " + aThread + " 0 50"},
		{method: "POST", path: in + "/messages", body: say, action: staff.AnswerChat, call: "say 2001 " + aThread + " text 您好", keyless: true},
		{method: "POST", path: in + "/read", body: `{"n":4}`, action: staff.AnswerChat, call: "read 2001 " + aThread + " 4", keyless: true},
		{method: "POST", path: in + "/take", action: staff.AnswerChat, call: "take 2001 " + aKey + " " + aThread},
		{method: "POST", path: in + "/transfer", body: `{"note":"n"}`, action: staff.AnswerChat, call: "transfer 2001 " + aKey + " " + aThread + " n"},
		{method: "POST", path: in + "/close", action: staff.AnswerChat, call: "close 2001 " + aKey + " " + aThread},
		{method: "POST", path: in + "/reopen", action: staff.AnswerChat, call: "reopen 2001 " + aKey + " " + aThread},
		{method: "POST", path: in + "/media", body: aForm, kind: formType, action: staff.AnswerChat, call: "upload 2001 " + aThread + " picture", keyless: true},
		{method: "GET", path: "/v1/support/media/" + aMedia + "/link", action: staff.AnswerChat, call: "media link 2001 " + aMedia},
		{method: "GET", path: in + "/member", action: staff.SeeMember, call: "member 2001 " + aThread},
		{method: "GET", path: in + "/sales/" + aSale + "/fee", action: staff.SeeMember, call: "fee 2001 " + aThread + " " + aSale},
		{method: "GET", path: "/v1/support/agents", action: staff.AnswerChat, call: "agents"},
		{method: "PUT", path: "/v1/support/duty", body: `{"on_duty":true}`, action: staff.AnswerChat, call: "duty 2001 true", keyless: true},
		{method: "GET", path: "/v1/support/settings", action: staff.AnswerChat, call: "settings"},
		{method: "PUT", path: "/v1/support/settings", body: settings, action: staff.ManageSupport, call: "set settings 2001 " + aKey + " by_hand"},
		{method: "GET", path: "/v1/support/canned", action: staff.AnswerChat, call: "canned"},
		{method: "POST", path: "/v1/support/canned", body: canned, action: staff.ManageSupport, call: "put canned 2001 " + aKey + "  绑定车辆"},
		{method: "PUT", path: "/v1/support/canned/" + aCanned, body: canned, action: staff.ManageSupport, call: "put canned 2001 " + aKey + " " + aCanned + " 绑定车辆"},
		{method: "DELETE", path: "/v1/support/canned/" + aCanned, action: staff.ManageSupport, call: "drop canned 2001 " + aKey + " " + aCanned},
		{method: "POST", path: "/v1/support/canned/media", body: aForm, kind: formType, action: staff.ManageSupport, call: "upload tutorial 2001 picture", keyless: true},
	}
}

// driverRoutes is what drivers ask.
func driverRoutes() []route {
	const in = "/v1/driver/threads/" + aThread
	say := `{"id":"` + aMessage + `","kind":"text","text":"你好"}`
	return append(slices.Concat(selfRoutes(), recordRoutes(), evidenceRoutes()), []route{
		{method: "GET", path: "/v1/driver/me", call: "me M000007"},
		{method: "PUT", path: "/v1/driver/me", body: `{"name":"王"}`, call: "rename M000007 王"},
		{method: "POST", path: "/v1/driver/vehicles", body: `{"plate":"云A12345"}`, call: "add vehicle M000007 云A12345"},
		{method: "DELETE", path: "/v1/driver/vehicles/" + aVehicle, call: "drop vehicle M000007 " + aVehicle},
		{method: "POST", path: "/v1/driver/fuelling", body: `{"code":"ABCD2345"}`, call: "claim M000007 ABCD2345"},
		{method: "GET", path: "/v1/driver/threads", call: "threads M000007"},
		{method: "POST", path: "/v1/driver/threads", body: `{"station":"` + aSale + `"}`, call: "open M000007 " + aSale},
		{method: "GET", path: in + "/messages?before=8&limit=9", call: "messages M000007 " + aThread + " 8 9"},
		{method: "POST", path: in + "/messages", body: say, call: "say M000007 " + aThread + " text 你好"},
		{method: "POST", path: in + "/read", body: `{"n":4}`, call: "read M000007 " + aThread + " 4"},
		{method: "POST", path: in + "/rating", body: `{"stars":5,"note":"谢谢"}`, call: "rate M000007 " + aThread + " 5"},
		{method: "POST", path: in + "/close", call: "close M000007  " + aThread},
		{method: "POST", path: in + "/reopen", call: "reopen M000007  " + aThread},
		{method: "POST", path: in + "/media", body: aForm, kind: formType, call: "upload M000007 " + aThread + " picture"},
		{method: "GET", path: "/v1/driver/media/" + aMedia + "/link", call: "media link M000007 " + aMedia},
	}...)
}

// as makes a request carry the route's own kind of body.
func (r route) as(q *http.Request) {
	if r.kind != "" {
		q.Header.Set("Content-Type", r.kind)
	}
}
