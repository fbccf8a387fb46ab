package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/shared/wire"
)

// sceneComment is the scene of msg_sec_check that a conversation is nearest to:
// 1 profile, 2 comment, 3 forum, 4 log.
const sceneComment = 2

// When to leave WeChat alone.
const (
	failsInRow = 3
	restTime   = time.Minute
)

// ErrResting says that WeChat was not asked, because it has failed just now.
var ErrResting = errors.New("wechat: left alone for a while after failures")

// CheckText asks WeChat to judge a text by the person with that openid (POST
// /wxa/msg_sec_check, version 2). It answers a *wire.Problem of type
// wire.ProblemContentRefused, nil, or an error when there is no judgement.
// Only "risky" is refused: what WeChat would have a person review is read by
// one here, the agent.
func (c *Client) CheckText(ctx context.Context, openID, text string) error {
	if c.resting() {
		c.counts.skipped.Add(1)
		return ErrResting
	}
	suggest, err := c.judge(ctx, openID, text)
	// A caller that goes away says nothing about WeChat, nor does somebody whom
	// it has not seen for a while.
	if ctx.Err() == nil && !unseen(err) {
		c.note(err)
	}
	if err != nil {
		c.counts.failed.Add(1)
		return err
	}
	c.counts.checked.Add(1)
	if suggest == "risky" {
		c.counts.refused.Add(1)
		return wire.NewProblem(wire.ProblemContentRefused, "")
	}
	return nil
}

// judge asks once, or twice when the token was over.
func (c *Client) judge(ctx context.Context, openID, text string) (suggest string, err error) {
	type request struct {
		Version int    `json:"version"`
		OpenID  string `json:"openid"`
		Scene   int    `json:"scene"`
		Content string `json:"content"`
	}
	var answer struct {
		status
		Result struct {
			Suggest string `json:"suggest"`
			Label   int    `json:"label"`
		} `json:"result"`
	}
	err = c.withToken(ctx, func(token string) error {
		answer.status = status{}
		err := c.call(ctx, "/wxa/msg_sec_check", url.Values{"access_token": {token}},
			request{Version: 2, OpenID: openID, Scene: sceneComment, Content: text}, &answer)
		if err != nil {
			return err
		}
		return answer.err()
	})
	if err != nil {
		return "", fmt.Errorf("checking a text: %w", err)
	}
	switch answer.Result.Suggest {
	case "pass", "review", "risky":
		return answer.Result.Suggest, nil
	}
	return "", errors.New("checking a text: wechat: an answer without a judgement")
}

// unseen says whether WeChat does not judge because the person was not in the
// mini-program within the last two hours (61010, "msgSecCheck").
func unseen(err error) bool {
	const personUnseen = 61010
	var said *Error
	return errors.As(err, &said) && said.Code == personUnseen
}

// resting says whether WeChat is left alone.
func (c *Client) resting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Now().Before(c.rests)
}

// note keeps how a question ended.
func (c *Client) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.fails = 0
		return
	}
	if c.fails++; c.fails >= failsInRow {
		c.fails, c.rests = 0, c.Now().Add(restTime)
	}
}

// openIDKey is the key of WithOpenID.
type openIDKey struct{}

// WithOpenID says who acts in ctx, by the name WeChat knows them by.
func WithOpenID(ctx context.Context, openID string) context.Context {
	return context.WithValue(ctx, openIDKey{}, openID)
}

// Checker judges by the local checker first, and then, if that has no
// objection and it is known who speaks, by WeChat.
type Checker struct {
	local  chat.Checker
	remote *Client
}

var _ chat.Checker = (*Checker)(nil)

// NewChecker puts a local checker in front of WeChat.
func NewChecker(local chat.Checker, remote *Client) *Checker { return &Checker{local, remote} }

// CheckText implements chat.Checker. WeChat is asked only for people whose
// openid ctx carries (WithOpenID): its judgement is about a person's text. If
// it does not judge, the local judgement stands.
func (k *Checker) CheckText(ctx context.Context, text string, more []string) error {
	if err := k.local.CheckText(ctx, text, more); err != nil {
		return err
	}
	openID, _ := ctx.Value(openIDKey{}).(string)
	if openID == "" {
		return nil
	}
	err := k.remote.CheckText(ctx, openID, text)
	var refused *wire.Problem
	if errors.As(err, &refused) {
		return refused
	}
	if err != nil && !errors.Is(err, ErrResting) && !unseen(err) {
		k.remote.Log.Warn("wechat did not judge a text; the local judgement stands", "err", err)
	}
	return nil
}
