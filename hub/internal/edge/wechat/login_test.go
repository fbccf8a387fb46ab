package wechat_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/edge/wechat"
	"forecourt/shared/wire"
)

// What nobody may read in an error or a log.
const (
	jsCode     = "0a3Rk0000code"
	phoneCode  = "e31968a7f94code"
	sessionKey = "tiihtNczf5v6AKRyjwEUhQ=="
	unionID    = "o6_bmasdasdsad6_2sgVt7hMZOPfL"
	number     = "13800000001"
)

func secrets() []string {
	return []string{secret, jsCode, phoneCode, sessionKey, unionID, number, openID, "TOKEN-"}
}

// personOf answers about who signs in, once the question is the right one.
func (s *stand) personOf(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	q := r.URL.Query()
	if r.Method == http.MethodGet {
		want := map[string]string{"appid": appID, "secret": secret, "js_code": jsCode, "grant_type": "authorization_code"}
		for key, value := range want {
			if q.Get(key) != value {
				s.t.Errorf("asked with %s %q", key, q.Get(key))
			}
		}
		if len(q) != len(want) || len(body) != 0 {
			s.t.Errorf("asked with %v and %q", q, body)
		}
		return s.people(r.URL.Path, "")
	}
	if q.Get("access_token") != s.good {
		return `{"errcode":40001,"errmsg":"invalid credential"}`
	}
	if want := `{"code":"` + phoneCode + `"}`; string(body) != want || len(q) != 1 {
		s.t.Errorf("asked with %q", body)
	}
	return s.people(r.URL.Path, string(body))
}

// phoneInfo is an answer with a number.
func phoneInfo(pure, country, appid string) string {
	return fmt.Sprintf(`{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":%q,"purePhoneNumber":%q,"countryCode":%q,`+
		`"watermark":{"timestamp":1637744274,"appid":%q}}}`, "+"+country+" "+pure, pure, country, appid)
}

func known() string {
	return fmt.Sprintf(`{"openid":%q,"session_key":%q,"unionid":%q}`, openID, sessionKey, unionID)
}

func TestWeChatSaysWhoSomebodyIs(t *testing.T) {
	s, c := newStand(t)
	s.people = func(path, _ string) string {
		if path == "/sns/jscode2session" {
			return known()
		}
		return phoneInfo(number, "86", appID)
	}
	for range 2 {
		if got, err := c.OpenID(t.Context(), jsCode); err != nil || got != openID {
			t.Errorf("it is %q, %v", got, err)
		}
		if got, err := c.PhoneNumber(t.Context(), phoneCode); err != nil || got != number {
			t.Errorf("the number is %q, %v", got, err)
		}
		s.set(func(s *stand) { s.good = "ANOTHER PROGRAM'S" }) // the token is fetched anew
	}
	if got, want := c.Counts(), (wechat.Counts{Vouched: 2, Phones: 2}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	if tokens, _ := s.counts(); tokens != 2 {
		t.Errorf("%d tokens were fetched", tokens)
	}
}

// refusal is an errcode with words that repeat what was asked.
func refusal(code int) string {
	return fmt.Sprintf(`{"errcode":%d,"errmsg":"hint %s %s %s rid: 1-2"}`, code, jsCode, phoneCode, number)
}

// TestWhatWeChatRefusesIsSaidInOurWords, and what it repeats of the question
// is not.
func TestWhatWeChatRefusesIsSaidInOurWords(t *testing.T) {
	const refused, away, often = wire.ProblemWeChatRefused, wire.ProblemWeChatAway, wire.ProblemTooMany
	for _, c := range []struct {
		name, answer string
		who, phone   wire.ProblemType
	}{
		{"a bad code", refusal(40029), refused, refused},
		{"a used code", refusal(40163), refused, refused},
		{"a risky person", refusal(40226), refused, refused},
		{"too often", refusal(45011), often, often},
		{"busy", refusal(-1), away, away},
		{"the day's quota", refusal(45009), away, away},
		{"the numbers' quota", refusal(1400001), away, away},
		{"another appid", refusal(40013), away, refused},
		{"a wrong secret", refusal(40125), away, away},
		{"what nobody knows", refusal(99999), away, away},
		{"a page", "<html>" + number, away, away},
		{"half an answer", `{"openid":"` + openID, away, away},
		{"nothing", `{}`, away, away},
		{"no openid", `{"openid":"\u0000x","errcode":0}`, away, away},
		{"a long answer", `{"errmsg":"` + strings.Repeat("x", 1<<20) + `"}`, away, away},
		{"a foreign code", phoneInfo(number, "86", "wx-another"), away, refused},
		{"no number", phoneInfo("", "86", appID), away, away},
		{"a number from abroad", phoneInfo("4155550100", "1", appID), away, wire.ProblemPhoneRefused},
		{"no calling code", phoneInfo(number, "", appID), away, wire.ProblemPhoneRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, client := newStand(t)
			s.people = func(string, string) string { return c.answer }
			_, err := client.OpenID(t.Context(), jsCode)
			wantProblem(t, s, err, c.who)
			_, err = client.PhoneNumber(t.Context(), phoneCode)
			wantProblem(t, s, err, c.phone)
			got := client.Counts()
			if got.Vouched+got.Phones != 0 || got.Declined+got.Unanswered != 2 {
				t.Errorf("counted %+v", got)
			}
		})
	}
}

// wantProblem checks that err is a problem of a type and tells nothing.
func wantProblem(t *testing.T, s *stand, err error, want wire.ProblemType) {
	t.Helper()
	var p *wire.Problem
	if !errors.As(err, &p) || p.Type != want {
		t.Errorf("error = %v, want %s", err, want)
		return
	}
	for _, hidden := range secrets() {
		if strings.Contains(err.Error(), hidden) || strings.Contains(s.logged.String(), hidden) {
			t.Errorf("%q is told: %v; logged %s", hidden, err, s.logged)
		}
	}
}

// TestWeChatAwayVouchesForNobody: down, elsewhere, or with a token refused.
func TestWeChatAwayVouchesForNobody(t *testing.T) {
	for name, broken := range map[string]func(s *stand){
		"down":     func(s *stand) { s.broken = func() int { return http.StatusBadGateway } },
		"moved":    func(s *stand) { s.broken = func() int { return http.StatusFound } },
		"no token": func(s *stand) { s.people = func(string, string) string { return `{"errcode":40001,"errmsg":"x"}` } },
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newStand(t)
			s.people = func(string, string) string { return known() }
			s.set(broken)
			_, err := c.OpenID(t.Context(), jsCode)
			wantProblem(t, s, err, wire.ProblemWeChatAway)
			_, err = c.PhoneNumber(t.Context(), phoneCode)
			wantProblem(t, s, err, wire.ProblemWeChatAway)
		})
	}
	server := httptest.NewServer(nil)
	server.Close()
	c := wechat.New(wechat.Options{BaseURL: server.URL, AppID: appID, Secret: secret, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	_, err := c.OpenID(t.Context(), jsCode)
	wantProblem(t, &stand{logged: nil}, err, wire.ProblemWeChatAway)
}

// TestAFailingCheckDoesNotStopASignIn: WeChat is asked however the judging of
// texts goes.
func TestAFailingCheckDoesNotStopASignIn(t *testing.T) {
	s, c := newStand(t)
	s.people = func(string, string) string { return known() }
	s.set(func(s *stand) { s.answer = func() string { return `{"errcode":-1,"errmsg":"system error"}` } })
	for range 4 {
		if err := c.CheckText(t.Context(), openID, text); err == nil {
			t.Error("it judged")
		}
	}
	if _, err := c.OpenID(t.Context(), jsCode); err != nil {
		t.Errorf("signing in: %v", err)
	}
}
