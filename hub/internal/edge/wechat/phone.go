package wechat

import (
	"context"
	"errors"
	"net/url"

	"forecourt/shared/wire"
)

// mainland is the calling code of the numbers that become members.
const mainland = "86"

// appidInvalid is how the number's address refuses a code of another
// mini-program ("getPhoneNumber", errcode). Elsewhere the same code says that
// our own id is wrong, which is nobody's fault who signs in.
const appidInvalid = 40013

// errForeign says that a code was given to another mini-program.
var errForeign = errors.New("wechat: a code of another mini-program")

// PhoneNumber asks WeChat for the number behind a code of the button
// getPhoneNumber (POST /wxa/business/getuserphonenumber;
// developers.weixin.qq.com, "Phone number, getPhoneNumber"). A code is good
// once, for five minutes, and every success costs the station a few cents.
//
// It answers the number without its calling code, as WeChat knows it. One from
// abroad is wire.ProblemPhoneRefused; else it answers as OpenID does.
func (c *Client) PhoneNumber(ctx context.Context, code string) (string, error) {
	got, err := c.phone(ctx, code)
	switch {
	case err != nil:
	case got.Pure == "":
		err = errors.New("wechat: an answer without a number")
	case got.Watermark.AppID != c.AppID:
		err = errForeign
	case got.Country != mainland:
		c.counts.declined.Add(1)
		return "", wire.NewProblem(wire.ProblemPhoneRefused, "a number from abroad")
	}
	if err != nil {
		return "", c.declined("asking for a phone number", err)
	}
	c.counts.phones.Add(1)
	return got.Pure, nil
}

// phoneInfo is the number with what WeChat says of it.
type phoneInfo struct {
	Pure      string `json:"purePhoneNumber"`
	Country   string `json:"countryCode"`
	Watermark struct {
		AppID string `json:"appid"`
	} `json:"watermark"`
}

// phone asks once, or twice when the token was over.
func (c *Client) phone(ctx context.Context, code string) (phoneInfo, error) {
	type request struct {
		Code string `json:"code"`
	}
	var answer struct {
		status
		Phone phoneInfo `json:"phone_info"`
	}
	err := c.withToken(ctx, func(token string) error {
		answer.status = status{}
		err := c.call(ctx, "/wxa/business/getuserphonenumber", url.Values{"access_token": {token}}, request{code}, &answer)
		if err == nil && answer.Code == appidInvalid {
			err = errForeign
		}
		if err != nil {
			return err
		}
		return answer.err()
	})
	return answer.Phone, err
}
