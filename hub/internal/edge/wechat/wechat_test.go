package wechat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/edge/wechat"
	"forecourt/shared/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	appID  = "wx0123456789abcdef"
	secret = "the-app-secret"
	openID = "oABCD-driver"
	text   = "95号油几点降价"
)

// stand is a server that answers as WeChat does.
type stand struct {
	t      *testing.T
	mu     sync.Mutex
	now    time.Time
	tokens int               // handed out
	good   string            // the token taken now
	checks int               // asked
	answer func() string     // to a check with a good token
	logged *bytes.Buffer     // what the client logs
	broken func() (code int) // if set, what every call fails with

	people func(path, body string) string // answers about who signs in
}

func newStand(t *testing.T) (*stand, *wechat.Client) {
	s := &stand{t: t, now: time.Date(2026, 3, 12, 1, 0, 0, 0, time.UTC), logged: new(bytes.Buffer)}
	s.answer = func() string { return suggest("pass", 100) }
	server := httptest.NewServer(s)
	transport := &http.Transport{}
	t.Cleanup(func() { transport.CloseIdleConnections(); server.Close() })
	return s, wechat.New(wechat.Options{
		BaseURL: server.URL + "/", AppID: appID, Secret: secret, HTTP: &http.Client{Transport: transport},
		Now: s.clock, Log: slog.New(slog.NewTextHandler(s.logged, nil)),
	})
}

func (s *stand) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stand) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// set changes how the server behaves.
func (s *stand) set(fn func(s *stand)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn(s)
}

func (s *stand) counts() (tokens, checks int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens, s.checks
}

func suggest(word string, label int) string {
	return fmt.Sprintf(`{"errcode":0,"errmsg":"ok","result":{"suggest":%q,"label":%d},`+
		`"detail":[{"strategy":"content_model","errcode":0,"suggest":%q,"label":%d,"prob":90}],"trace_id":"60ae120f"}`, word, label, word, label)
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		w.WriteHeader(s.broken())
		return
	}
	answer := `{"errcode":40066,"errmsg":"invalid url"}`
	switch r.Method + " " + r.URL.Path {
	case "GET /cgi-bin/token":
		answer = s.tokenFor(r)
	case "POST /wxa/msg_sec_check":
		answer = s.checkOf(r)
	case "GET /sns/jscode2session", "POST /wxa/business/getuserphonenumber":
		answer = s.personOf(r)
	}
	_, _ = io.WriteString(w, answer)
}

func (s *stand) tokenFor(r *http.Request) string {
	q := r.URL.Query()
	if q.Get("grant_type") != "client_credential" || q.Get("appid") != appID {
		return `{"errcode":40013,"errmsg":"invalid appid"}`
	}
	if q.Get("secret") != secret {
		return `{"errcode":40125,"errmsg":"invalid appsecret"}`
	}
	s.tokens++
	s.good = fmt.Sprintf("TOKEN-%d", s.tokens)
	return fmt.Sprintf(`{"access_token":%q,"expires_in":7200}`, s.good)
}

func (s *stand) checkOf(r *http.Request) string {
	s.checks++
	if r.URL.Query().Get("access_token") != s.good {
		return `{"errcode":42001,"errmsg":"access_token expired rid: 1-2"}`
	}
	var got map[string]any
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		return `{"errcode":47001,"errmsg":"data format error"}`
	}
	want := map[string]any{"version": 2.0, "openid": openID, "scene": 2.0, "content": text}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("asked with %v, want %v", got, want)
	}
	return s.answer()
}

func isRefused(err error) bool {
	var p *wire.Problem
	return errors.As(err, &p) && p.Type == wire.ProblemContentRefused
}

func TestJudgements(t *testing.T) {
	s, c := newStand(t)
	for word, refused := range map[string]bool{"pass": false, "review": false, "risky": true} {
		s.set(func(s *stand) { s.answer = func() string { return suggest(word, 20001) } })
		err := c.CheckText(t.Context(), openID, text)
		if isRefused(err) != refused || !refused && err != nil {
			t.Errorf("%s: %v", word, err)
		}
	}
	if got, want := c.Counts(), (wechat.Counts{Checked: 3, Refused: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

func TestOneTokenForEverybodyUntilShortlyBeforeItsEnd(t *testing.T) {
	s, c := newStand(t)
	check := func(want int) {
		t.Helper()
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				if err := c.CheckText(t.Context(), openID, text); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if tokens, _ := s.counts(); tokens != want {
			t.Errorf("%d tokens fetched, want %d", tokens, want)
		}
	}
	check(1)
	s.later(2*time.Hour - 5*time.Minute - time.Second)
	check(1)
	s.later(time.Second)
	check(2)
}

func TestATokenSomebodyElseEndedIsReplacedOnce(t *testing.T) {
	s, c := newStand(t)
	if err := c.CheckText(t.Context(), openID, text); err != nil {
		t.Fatal(err)
	}
	s.set(func(s *stand) { s.good = "ANOTHER PROGRAM'S" })
	if err := c.CheckText(t.Context(), openID, text); err != nil {
		t.Errorf("after the token was replaced: %v", err)
	}
	if tokens, checks := s.counts(); tokens != 2 || checks != 3 {
		t.Errorf("%d tokens and %d questions", tokens, checks)
	}
	s.set(func(s *stand) { s.answer = func() string { return `{"errcode":40001,"errmsg":"invalid credential"}` } })
	if err := c.CheckText(t.Context(), openID, text); err == nil || isRefused(err) {
		t.Errorf("with no token good enough: %v", err)
	}
	if tokens, checks := s.counts(); tokens != 3 || checks != 5 {
		t.Errorf("%d tokens and %d questions: it goes on trying", tokens, checks)
	}
}

// failures are the ways WeChat can fail to judge.
func failures() map[string]func(s *stand) {
	say := func(answer string) func(s *stand) {
		return func(s *stand) { s.answer = func() string { return answer } }
	}
	return map[string]func(s *stand){
		"busy":        say(`{"errcode":-1,"errmsg":"system error"}`),
		"half":        say(`{"errcode":0,"errm`),
		"a page":      say(`<html>busy</html>`),
		"nothing":     say(`{"errcode":0,"errmsg":"ok"}`),
		"new word":    say(suggest("perhaps", 1)),
		"no end":      say(`{"errmsg":"` + strings.Repeat("x", 1<<20) + `"}`),
		"down":        func(s *stand) { s.broken = func() int { return http.StatusBadGateway } },
		"moved":       func(s *stand) { s.broken = func() int { return http.StatusFound } },
		"quoted text": say(`{"errcode":47001,"errmsg":"data format error hint: [` + strings.Repeat("y", 200) + text + `]"}`),
	}
}

func TestAFailureOfWeChatStopsNobody(t *testing.T) {
	for name, fail := range failures() {
		t.Run(name, func(t *testing.T) {
			s, c := newStand(t)
			s.set(fail)
			checker := wechat.NewChecker(chat.NewWords(), c)
			ctx := wechat.WithOpenID(t.Context(), openID)
			if err := checker.CheckText(ctx, text, nil); err != nil {
				t.Errorf("said %v", err)
			}
			if got := c.Counts(); got.Failed != 1 {
				t.Errorf("counted %+v", got)
			}
			logged := s.logged.String()
			if !strings.Contains(logged, "local judgement stands") {
				t.Errorf("logged %q", logged)
			}
			for _, hidden := range []string{text, secret, "TOKEN-", openID} {
				if strings.Contains(logged, hidden) {
					t.Errorf("the log says %q: %s", hidden, logged)
				}
			}
			if err := checker.CheckText(ctx, text, []string{"95号"}); !isRefused(err) {
				t.Errorf("the local judgement was lost: %v", err)
			}
		})
	}
}

func TestAServerThatIsAwayShowsNoSecret(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	c := wechat.New(wechat.Options{BaseURL: server.URL, AppID: appID, Secret: secret, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	err := c.CheckText(t.Context(), openID, text)
	if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), appID) {
		t.Errorf("said %v", err)
	}
}

func TestAfterFailuresWeChatIsLeftAlone(t *testing.T) {
	s, c := newStand(t)
	s.set(func(s *stand) { s.answer = func() string { return `{"errcode":-1,"errmsg":"system error"}` } })
	for range 3 {
		if err := c.CheckText(t.Context(), openID, text); errors.Is(err, wechat.ErrResting) {
			t.Error("left alone too early")
		}
	}
	s.set(func(s *stand) { s.answer = func() string { return suggest("risky", 20001) } })
	if err := c.CheckText(t.Context(), openID, text); !errors.Is(err, wechat.ErrResting) {
		t.Errorf("the fourth: %v", err)
	}
	if _, checks := s.counts(); checks != 3 {
		t.Errorf("asked %d times", checks)
	}
	s.later(time.Minute)
	if err := c.CheckText(t.Context(), openID, text); !isRefused(err) {
		t.Errorf("a minute later: %v", err)
	}
	if got, want := c.Counts(), (wechat.Counts{Checked: 1, Refused: 1, Failed: 3, Skipped: 1}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// TestWhoWeChatHasNotSeenIsJudgedHere: that is nobody's failure, however often
// it comes.
func TestWhoWeChatHasNotSeenIsJudgedHere(t *testing.T) {
	s, c := newStand(t)
	s.set(func(s *stand) { s.answer = func() string { return `{"errcode":61010,"errmsg":"code is expired"}` } })
	checker := wechat.NewChecker(chat.NewWords(), c)
	ctx := wechat.WithOpenID(t.Context(), openID)
	for range 5 {
		if err := checker.CheckText(ctx, text, nil); err != nil {
			t.Errorf("said %v", err)
		}
		if err := checker.CheckText(ctx, text, []string{"95号"}); !isRefused(err) {
			t.Errorf("the local judgement was lost: %v", err)
		}
	}
	if got, want := c.Counts(), (wechat.Counts{Failed: 5}); got != want || s.logged.Len() != 0 {
		t.Errorf("counted %+v, logged %q", got, s.logged)
	}
}

func TestACallerWhoLeavesSaysNothingAboutWeChat(t *testing.T) {
	_, c := newStand(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 5 {
		if err := c.CheckText(ended, openID, text); !errors.Is(err, context.Canceled) {
			t.Errorf("said %v", err)
		}
	}
	if err := c.CheckText(t.Context(), openID, text); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func TestWhoIsNotKnownToWeChatIsJudgedHere(t *testing.T) {
	s, c := newStand(t)
	checker := wechat.NewChecker(chat.NewWords(), c)
	if err := checker.CheckText(t.Context(), text, nil); err != nil {
		t.Error(err)
	}
	if err := checker.CheckText(t.Context(), text, []string{"降价"}); !isRefused(err) {
		t.Errorf("a word of the station's: %v", err)
	}
	if tokens, checks := s.counts(); tokens+checks != 0 {
		t.Errorf("WeChat was asked: %d tokens, %d questions", tokens, checks)
	}
}

func TestWhatWeChatRefusesIsRefused(t *testing.T) {
	s, c := newStand(t)
	s.set(func(s *stand) { s.answer = func() string { return suggest("risky", 20006) } })
	checker := wechat.NewChecker(chat.NewWords(), c)
	if err := checker.CheckText(wechat.WithOpenID(t.Context(), openID), text, nil); !isRefused(err) {
		t.Errorf("said %v", err)
	}
}
