package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// tokenMargin is how long before its end a token is replaced.
const tokenMargin = 5 * time.Minute

// errNoToken says that WeChat answered without a token.
var errNoToken = errors.New("wechat: an answer without an access token")

// token is an access token, good until then.
type token struct {
	text  string
	until time.Time
}

// accessToken is a token that is good for some minutes. One caller fetches,
// the others wait for what it gets.
func (c *Client) accessToken(ctx context.Context) (string, error) {
	if text := c.held(); text != "" {
		return text, nil
	}
	select {
	case c.fetching <- struct{}{}:
		defer func() { <-c.fetching }()
	case <-ctx.Done():
		return "", fmt.Errorf("wechat: waiting for an access token: %w", ctx.Err())
	}
	if text := c.held(); text != "" {
		return text, nil
	}
	return c.fetch(ctx)
}

// held is the token at hand, or "".
func (c *Client) held() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Now().Before(c.token.until) {
		return c.token.text
	}
	return ""
}

// fetch asks for a token (GET /cgi-bin/token).
func (c *Client) fetch(ctx context.Context) (string, error) {
	var answer struct {
		status
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	asked := c.Now()
	err := c.call(ctx, "/cgi-bin/token", url.Values{
		"grant_type": {"client_credential"}, "appid": {c.AppID}, "secret": {c.Secret},
	}, nil, &answer)
	if err == nil {
		err = answer.err()
	}
	if err != nil {
		return "", fmt.Errorf("fetching an access token: %w", err)
	}
	if answer.Token == "" {
		return "", errNoToken
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.token = token{answer.Token, asked.Add(time.Duration(answer.Seconds)*time.Second - tokenMargin)}
	return answer.Token, nil
}

// forget drops a token that WeChat does not take any more, unless it has been
// replaced meanwhile.
func (c *Client) forget(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token.text == text {
		c.token = token{}
	}
}

// tokenOver says whether WeChat refused the token: invalid (40001, 40014) or
// expired (42001). Another program that uses the same mini-program ends ours.
func tokenOver(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && slices.Contains([]int{40001, 40014, 42001}, refused.Code)
}

// withToken runs fn with a token, and once more with a new one if WeChat does
// not take the first.
func (c *Client) withToken(ctx context.Context, fn func(text string) error) error {
	for try := 0; ; try++ {
		text, err := c.accessToken(ctx)
		if err != nil {
			return err
		}
		if err = fn(text); !tokenOver(err) || try > 0 {
			return err
		}
		c.forget(text)
	}
}
