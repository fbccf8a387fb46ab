package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"

	"forecourt/hub/internal/domain/member"
	"forecourt/shared/wire"
)

var _ member.WeChat = (*Client)(nil)

// openIDs is what an openid looks like. One that does not is not kept.
var openIDs = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// OpenID asks WeChat whose code of wx.login that is (GET /sns/jscode2session;
// developers.weixin.qq.com, "Mini Program Login, code2Session"). A code is good
// once, for five minutes.
//
// The key of WeChat's own session and the person's unionid come along with the
// answer. They are not read: nothing here needs them, and what was never held
// cannot be lost.
//
// It answers wire.ProblemWeChatRefused, wire.ProblemTooMany or
// wire.ProblemWeChatAway.
func (c *Client) OpenID(ctx context.Context, code string) (string, error) {
	var answer struct {
		status
		OpenID string `json:"openid"`
	}
	err := c.call(ctx, "/sns/jscode2session", url.Values{
		"appid": {c.AppID}, "secret": {c.Secret}, "js_code": {code}, "grant_type": {"authorization_code"},
	}, nil, &answer)
	switch {
	case err != nil:
	case answer.Code != 0:
		err = &Error{Code: answer.Code}
	case !openIDs.MatchString(answer.OpenID):
		err = errors.New("wechat: an answer without an openid")
	}
	if err != nil {
		return "", c.declined("asking who signs in", err)
	}
	c.counts.vouched.Add(1)
	return answer.OpenID, nil
}

// Return codes that say something of the code that was shown, or of who showed
// it (the tables of code2Session and getPhoneNumber, and "Global return codes").
const (
	codeInvalid = 40029   // no code, or over its five minutes
	codeUsed    = 40163   // a second time
	personRisky = 40226   // WeChat holds the person for a risk
	tooOften    = 45011   // asked too often within a minute
	quotaDay    = 45009   // the station's quota is used up
	quotaPhones = 1400001 // so is what it paid for phone numbers
)

// meaning is what a person is told about one of WeChat's refusals. What is not
// about them or their code (a wrong secret, a busy server) is WeChat being away:
// there is nothing they could do about it but take another way in.
func meaning(code int) (kind wire.ProblemType, detail string) {
	switch code {
	case codeInvalid:
		return wire.ProblemWeChatRefused, "the code is none, or over"
	case codeUsed:
		return wire.ProblemWeChatRefused, "the code was used before"
	case personRisky:
		return wire.ProblemWeChatRefused, "WeChat holds this account for a risk"
	case tooOften:
		return wire.ProblemTooMany, "WeChat was asked too often"
	case quotaDay, quotaPhones:
		return wire.ProblemWeChatAway, "the station's quota at WeChat is used up"
	}
	return wire.ProblemWeChatAway, ""
}

// declined is why WeChat did not vouch for somebody, for them and for the log.
// Of WeChat's own words only the number stays: they repeat what was asked.
func (c *Client) declined(what string, err error) error {
	kind, detail := wire.ProblemWeChatAway, ""
	var said *Error
	if errors.Is(err, errForeign) {
		kind = wire.ProblemWeChatRefused
	} else if errors.As(err, &said) {
		kind, detail = meaning(said.Code)
		err = &Error{Code: said.Code}
	}
	if kind == wire.ProblemWeChatAway {
		c.counts.unanswered.Add(1)
	} else {
		c.counts.declined.Add(1)
	}
	return fmt.Errorf("%s: %w: %w", what, err, wire.NewProblem(kind, detail))
}
