// Package wechat stands in for WeChat's server at a station that is being
// tried out or tested: it is a stand-in of our own, and no part of WeChat. No
// request leaves this machine.
//
// # What it promises
//
// It answers four addresses in the shapes that WeChat documents for them, for
// one mini-program (AppID, Secret):
//
//   - /cgi-bin/token ("Interface call credential, getAccessToken");
//   - /sns/jscode2session ("Mini Program Login, code2Session");
//   - /wxa/business/getuserphonenumber ("Phone number, getPhoneNumber");
//   - /wxa/msg_sec_check, version 2 ("Content security, msgSecCheck").
//
// Codes carry in themselves what they stand for, so that a test, or the
// mini-program in a browser, makes them without asking:
//
//   - "js-WHO-ANYTHING" is a code of wx.login of the person with openid "o-WHO";
//   - "phone-NUMBER-ANYTHING" is a code of getPhoneNumber for a mainland number
//     of eleven digits;
//   - a code is good once: a second time wx.login's is 40163 and the phone's
//     40029. One that ends in "@SECONDS" was given at that Unix time, and is
//     40029 five minutes later.
//
// A text with the word Risky in it is refused; one of a person who did not sign
// in within two hours is not judged (61010), as with WeChat.
package wechat

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The mini-program that the stand-in knows.
const (
	AppID  = "wx0000000000000001"
	Secret = "secret-of-the-stand-in"
)

// Risky is a word in texts that WeChat would not let through.
const Risky = "高风险样例"

// How long things are good (the documents named above).
const (
	codeFor  = 5 * time.Minute
	tokenFor = 2 * time.Hour
	seenFor  = 2 * time.Hour
)

// Bounds of what is taken and kept.
const (
	maxBody     = 64 << 10
	maxText     = 2500 // characters of one check
	maxKept     = 100_000
	readTimeout = 10 * time.Second
)

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	now    func() time.Time
	random io.Reader

	mu    sync.Mutex
	token string // the one that is good
	until time.Time
	used  map[string]bool
	seen  map[string]time.Time // who signed in, by openid
	away  bool

	listener net.Listener
	server   *http.Server
}

// New makes a stand-in that listens nowhere yet.
func New(now func() time.Time, random io.Reader) *Server {
	return &Server{now: now, random: random, used: map[string]bool{}, seen: map[string]time.Time{}}
}

// Start runs one on a loopback port of the kernel's until Close.
func Start() (*Server, error) {
	s := New(time.Now, rand.Reader)
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("starting the stand-in for WeChat: %w", err)
	}
	s.server = &http.Server{Handler: s, ReadTimeout: readTimeout, WriteTimeout: readTimeout}
	go func() {
		_ = s.server.Serve(s.listener) // it ends with Close
	}()
	return s, nil
}

// URL is where it listens.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Close ends it.
func (s *Server) Close() error {
	if s == nil || s.server == nil {
		return nil
	}
	if err := s.server.Close(); err != nil {
		return fmt.Errorf("ending the stand-in for WeChat: %w", err)
	}
	return nil
}

// Leave has it answer nothing but errors, as when WeChat is down; false brings
// it back.
func (s *Server) Leave(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// refusal is one of WeChat's return codes.
type refusal struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// Return codes ("Global return codes", and the tables of the four documents).
var (
	fine         = refusal{0, "ok"}
	badToken     = refusal{40001, "invalid credential, access_token is invalid or not latest"}
	badGrant     = refusal{40002, "invalid grant_type"}
	badApp       = refusal{40013, "invalid appid"}
	badCode      = refusal{40029, "invalid code"}
	badAddress   = refusal{40066, "invalid url"}
	badSecret    = refusal{40125, "invalid appsecret"}
	usedCode     = refusal{40163, "code been used"}
	badMethod    = refusal{43002, "require POST method"}
	badData      = refusal{47001, "data format error"}
	personUnseen = refusal{61010, "code is expired"}
)

// ServeHTTP answers as WeChat does: what it refuses has status 200 too.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	var answer any = badAddress
	switch r.URL.Path {
	case "/cgi-bin/token":
		answer = s.accessToken(r)
	case "/sns/jscode2session":
		answer = s.session(r)
	case "/wxa/business/getuserphonenumber":
		answer = s.posted(r, s.phone)
	case "/wxa/msg_sec_check":
		answer = s.posted(r, s.check)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(answer) // the client may be gone
}

// program refuses who is not the mini-program.
func program(r *http.Request) refusal {
	q := r.URL.Query()
	switch {
	case q.Get("appid") != AppID:
		return badApp
	case q.Get("secret") != Secret:
		return badSecret
	}
	return fine
}

func (s *Server) accessToken(r *http.Request) any {
	if r.URL.Query().Get("grant_type") != "client_credential" {
		return badGrant
	}
	if no := program(r); no != fine {
		return no
	}
	s.token, s.until = s.word(), s.now().Add(tokenFor)
	return map[string]any{"access_token": s.token, "expires_in": int(tokenFor / time.Second)}
}

// word is something nobody guesses.
func (s *Server) word() string {
	var b [16]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		return ""
	}
	return hex.EncodeToString(b[:])
}

// posted answers what needs a token and a body.
func (s *Server) posted(r *http.Request, answer func(body []byte) any) any {
	if r.Method != http.MethodPost {
		return badMethod
	}
	if token := r.URL.Query().Get("access_token"); token == "" || token != s.token || !s.now().Before(s.until) {
		return badToken
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return badData
	}
	return answer(body)
}

func (s *Server) session(r *http.Request) any {
	if no := program(r); no != fine {
		return no
	}
	q := r.URL.Query()
	if q.Get("grant_type") != "authorization_code" {
		return badGrant
	}
	who, no := s.spend(q.Get("js_code"), "js", usedCode)
	if no != fine {
		return no
	}
	openID := "o-" + who
	if len(s.seen) >= maxKept {
		clear(s.seen)
	}
	s.seen[openID] = s.now()
	return map[string]any{"openid": openID, "session_key": s.word(), "unionid": "u-" + who}
}

// spend takes a code, once; again is what a second time is told.
func (s *Server) spend(code, kind string, again refusal) (word string, no refusal) {
	fields := strings.SplitN(code, "-", 3)
	if len(fields) != 3 || fields[0] != kind || fields[1] == "" || s.old(fields[2]) {
		return "", badCode
	}
	if s.used[code] {
		return "", again
	}
	if len(s.used) >= maxKept {
		clear(s.used)
	}
	s.used[code] = true
	return fields[1], fine
}

// old says whether a code's end names a time too long ago.
func (s *Server) old(end string) bool {
	_, at, ok := strings.Cut(end, "@")
	var seconds int64
	if _, err := fmt.Sscan(at, &seconds); !ok || err != nil {
		return false
	}
	return !s.now().Before(time.Unix(seconds, 0).Add(codeFor))
}

func (s *Server) phone(body []byte) any {
	var ask struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(body, &ask) != nil {
		return badData
	}
	number, no := s.spend(ask.Code, "phone", badCode)
	if no == fine && !mobile(number) {
		no = badCode
	}
	if no != fine {
		return no
	}
	type watermark struct {
		Timestamp int64  `json:"timestamp"`
		AppID     string `json:"appid"`
	}
	type info struct {
		Phone     string    `json:"phoneNumber"`
		Pure      string    `json:"purePhoneNumber"`
		Country   string    `json:"countryCode"`
		Watermark watermark `json:"watermark"`
	}
	return struct {
		refusal
		Info info `json:"phone_info"`
	}{fine, info{number, number, "86", watermark{s.now().Unix(), AppID}}}
}

// mobile reports whether a number has the eleven digits of one.
func mobile(number string) bool {
	return len(number) == 11 && strings.Trim(number, "0123456789") == ""
}

func (s *Server) check(body []byte) any {
	var ask struct {
		Version int    `json:"version"`
		OpenID  string `json:"openid"`
		Scene   int    `json:"scene"`
		Content string `json:"content"`
	}
	if json.Unmarshal(body, &ask) != nil || ask.Version != 2 || ask.Scene < 1 || ask.Scene > 4 || ask.Content == "" || len([]rune(ask.Content)) > maxText {
		return badData
	}
	if at, ok := s.seen[ask.OpenID]; !ok || s.now().Sub(at) > seenFor {
		return personUnseen
	}
	type result struct {
		Suggest string `json:"suggest"`
		Label   int    `json:"label"`
	}
	said := result{"pass", 100}
	if strings.Contains(ask.Content, Risky) {
		said = result{"risky", 20006}
	}
	return struct {
		refusal
		Result result `json:"result"`
		Trace  string `json:"trace_id"`
	}{fine, said, s.word()}
}
