package wechat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client asks a stand-in as a hub does.
type client struct {
	t     *testing.T
	s     *Server
	now   time.Time
	token string
}

func newClient(t *testing.T) *client {
	c := &client{t: t, now: time.Unix(1_760_000_000, 0)}
	c.s = New(func() time.Time { return c.now }, bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 100)))
	c.token, _ = c.get("/cgi-bin/token", "grant_type=client_credential").(map[string]any)["access_token"].(string)
	if c.token == "" {
		t.Fatal("no token")
	}
	return c
}

func (c *client) ask(r *http.Request) any {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.s.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		return map[string]any{"status": float64(w.Code)}
	}
	var got any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		c.t.Fatal(err)
	}
	return got
}

func (c *client) get(path, query string) any {
	return c.ask(httptest.NewRequest(http.MethodGet, path+"?appid="+AppID+"&secret="+Secret+"&"+query, nil))
}

func (c *client) login(code string) any {
	return c.get("/sns/jscode2session", "grant_type=authorization_code&js_code="+url.QueryEscape(code))
}

func (c *client) post(path, body string) any {
	return c.ask(httptest.NewRequest(http.MethodPost, path+"?access_token="+c.token, strings.NewReader(body)))
}

func (c *client) phone(code string) any {
	return c.post("/wxa/business/getuserphonenumber", fmt.Sprintf(`{"code":%q}`, code))
}

func (c *client) check(openID, text string) any {
	return c.post("/wxa/msg_sec_check", fmt.Sprintf(`{"version":2,"openid":%q,"scene":2,"content":%q}`, openID, text))
}

func (c *client) want(what string, got any, field string, want any) {
	c.t.Helper()
	for name := range strings.SplitSeq(field, ".") {
		inside, _ := got.(map[string]any)
		got = inside[name]
	}
	if number, ok := want.(int); ok {
		want = float64(number)
	}
	if got != want {
		c.t.Errorf("%s: %s is %v, want %v", what, field, got, want)
	}
}

func TestCodesAreGoodOnceAndForFiveMinutes(t *testing.T) {
	c := newClient(t)
	got := c.login("js-wang-1")
	c.want("a code", got, "openid", "o-wang")
	c.want("a code", got, "unionid", "u-wang")
	c.want("a code", got, "errcode", nil)
	c.want("the code again", c.login("js-wang-1"), "errcode", 40163)
	c.want("another", c.login("js-wang-2-x"), "openid", "o-wang")
	number := c.phone("phone-13800000001-1")
	c.want("a number", number, "errcode", 0)
	c.want("a number", number, "phone_info.purePhoneNumber", "13800000001")
	c.want("a number", number, "phone_info.countryCode", "86")
	c.want("a number", number, "phone_info.watermark.appid", AppID)
	c.want("the number again", c.phone("phone-13800000001-1"), "errcode", 40029)
	at := fmt.Sprintf("js-wang-late@%d", c.now.Unix())
	c.now = c.now.Add(5*time.Minute - time.Second)
	c.want("in time", c.login(at), "openid", "o-wang")
	c.now = c.now.Add(time.Second)
	c.want("too late", c.login(at+"0"), "openid", "o-wang") // a time to come
	c.want("too late", c.login(fmt.Sprintf("js-wang-x@%d", c.now.Unix()-300)), "errcode", 40029)
	for _, code := range []string{"", "js", "js-wang", "js--1", "phone-13800000001-2", "JS-wang-1"} {
		c.want(code, c.login(code), "errcode", 40029)
	}
	for _, code := range []string{"", "phone-1380000000-1", "phone-1380000000x-1", "js-13800000001-2"} {
		c.want(code, c.phone(code), "errcode", 40029)
	}
}

func TestOnlyTheMiniProgramIsAnswered(t *testing.T) {
	c := newClient(t)
	ask := func(method, address string) any {
		return c.ask(httptest.NewRequest(method, address, strings.NewReader(`{"code":"phone-13800000001-9"}`)))
	}
	const login = "grant_type=authorization_code&js_code=js-wang-9"
	c.want("another secret", ask("GET", "/sns/jscode2session?appid="+AppID+"&secret=x&"+login), "errcode", 40125)
	c.want("another program", ask("GET", "/sns/jscode2session?appid=wx1&secret="+Secret+"&"+login), "errcode", 40013)
	c.want("a token for it", ask("GET", "/cgi-bin/token?grant_type=client_credential&appid="+AppID+"&secret=x"), "errcode", 40125)
	c.want("another grant", c.get("/cgi-bin/token", "grant_type=x"), "errcode", 40002)
	c.want("another grant", c.get("/sns/jscode2session", "js_code=js-wang-9"), "errcode", 40002)
	c.want("no token", ask("POST", "/wxa/business/getuserphonenumber"), "errcode", 40001)
	c.want("by GET", ask("GET", "/wxa/business/getuserphonenumber?access_token="+c.token), "errcode", 43002)
	c.want("elsewhere", ask("POST", "/wxa/getwxacode?access_token="+c.token), "errcode", 40066)
	c.want("no body", c.post("/wxa/business/getuserphonenumber", "["), "errcode", 47001)
	c.want("after all that", c.phone("phone-13800000001-9"), "errcode", 0)
	c.now = c.now.Add(2 * time.Hour)
	c.want("a token that is over", c.phone("phone-13800000001-10"), "errcode", 40001)
	c.s.Leave(true)
	c.want("away", c.login("js-wang-10"), "status", http.StatusBadGateway)
	c.s.Leave(false)
	c.want("back", c.login("js-wang-10"), "openid", "o-wang")
}

func TestTextsAreJudgedOfWhoWasSeen(t *testing.T) {
	c := newClient(t)
	c.want("unseen", c.check("o-wang", "几点开门"), "errcode", 61010)
	c.login("js-wang-1")
	c.want("seen", c.check("o-wang", "几点开门"), "result.suggest", "pass")
	c.want("risky", c.check("o-wang", "这是"+Risky), "result.suggest", "risky")
	c.want("no text", c.check("o-wang", ""), "errcode", 47001)
	c.want("a book", c.check("o-wang", strings.Repeat("长", maxText+1)), "errcode", 47001)
	c.now = c.now.Add(2*time.Hour + time.Second)
	c.token = c.get("/cgi-bin/token", "grant_type=client_credential").(map[string]any)["access_token"].(string)
	c.want("long ago", c.check("o-wang", "几点开门"), "errcode", 61010)
}

func TestItRunsOnLoopbackUntilItIsClosed(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
		t.Errorf("it listens at %s", s.URL())
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Get(s.URL() + "/cgi-bin/token")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || !bytes.Contains(body, []byte("40002")) {
		t.Errorf("said %s, %v", body, err)
	}
	_ = res.Body.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if res, err := client.Get(s.URL()); err == nil {
		_ = res.Body.Close()
		t.Error("it goes on")
	}
	var none *Server
	if err := none.Close(); err != nil {
		t.Error(err)
	}
}
