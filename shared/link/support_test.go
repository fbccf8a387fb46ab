package link

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestS054EveryCallOfAnAgentGoesWhereItsContractSays(t *testing.T) {
	ctx := t.Context()
	key, thread, sale := id.New[id.Command](testIDs), id.New[id.Thread](testIDs), id.New[id.Sale](testIDs)
	canned, media, message := id.New[id.Canned](testIDs), id.New[id.Media](testIDs), id.New[id.Message](testIDs)
	in, k := "/v1/support/threads/"+thread.String(), key.String()
	ready := wire.CannedRequest{Title: "t", Parts: []wire.CannedPart{{Text: "p"}}}
	tests := []struct {
		name string
		call func(*Client) (any, error)
		want seenRequest
	}{
		{"cases", func(c *Client) (any, error) {
			return c.Cases(ctx, CaseQuery{State: wire.ThreadClosed, Before: thread, Limit: 9})
		}, seenRequest{Method: "GET", Path: "/v1/support/threads?before=" + thread.String() + "&limit=9&state=closed"}},
		{"say", func(c *Client) (any, error) {
			return c.Say(ctx, thread, wire.SendRequest{ID: message, Kind: wire.MessageVoice, Media: media})
		}, seenRequest{Method: "POST", Path: in + "/messages", Body: `{"id":"` + message.String() + `","kind":"voice","media":"` + media.String() + `"}`}},
		{"messages", func(c *Client) (any, error) { return c.Messages(ctx, thread, 0, 0) }, seenRequest{Method: "GET", Path: in + "/messages"}},
		{
			"read", func(c *Client) (any, error) { return c.ReadUpTo(ctx, thread, wire.ReadRequest{N: 4}) },
			seenRequest{Method: "POST", Path: in + "/read", Body: `{"n":4}`},
		},
		{"take", func(c *Client) (any, error) { return c.Take(ctx, key, thread) }, seenRequest{Method: "POST", Path: in + "/take", Key: k}},
		{"transfer", func(c *Client) (any, error) {
			return c.Transfer(ctx, key, thread, wire.TransferRequest{Note: "n"})
		}, seenRequest{Method: "POST", Path: in + "/transfer", Key: k, Body: `{"note":"n"}`}},
		{"close", func(c *Client) (any, error) { return c.CloseThread(ctx, key, thread) }, seenRequest{Method: "POST", Path: in + "/close", Key: k}},
		{"reopen", func(c *Client) (any, error) { return c.ReopenThread(ctx, key, thread) }, seenRequest{Method: "POST", Path: in + "/reopen", Key: k}},
		{
			"media link", func(c *Client) (any, error) { return c.MediaLink(ctx, media) },
			seenRequest{Method: "GET", Path: "/v1/support/media/" + media.String() + "/link"},
		},
		{"member", func(c *Client) (any, error) { return c.MemberCard(ctx, thread) }, seenRequest{Method: "GET", Path: in + "/member"}},
		{
			"fee", func(c *Client) (any, error) { return c.Fee(ctx, thread, sale) },
			seenRequest{Method: "GET", Path: in + "/sales/" + sale.String() + "/fee"},
		},
		{"agents", func(c *Client) (any, error) { return c.Agents(ctx) }, seenRequest{Method: "GET", Path: "/v1/support/agents"}},
		{
			"duty", func(c *Client) (any, error) { return c.SetDuty(ctx, wire.DutyRequest{OnDuty: true}) },
			seenRequest{Method: "PUT", Path: "/v1/support/duty", Body: `{"on_duty":true}`},
		},
		{"settings", func(c *Client) (any, error) { return c.SupportSettings(ctx) }, seenRequest{Method: "GET", Path: "/v1/support/settings"}},
		{"set settings", func(c *Client) (any, error) {
			return c.SetSupport(ctx, key, wire.SupportSettings{Greeting: "g", Away: "a", Hours: []wire.Office{}, Assign: wire.AssignByHand, MaxEach: 1, Blocked: []string{}})
		}, seenRequest{Method: "PUT", Path: "/v1/support/settings", Key: k, Body: `{"greeting":"g","away":"a","hours":[],"assign":"by_hand","max_each":1,"blocked":[]}`}},
		{"canned", func(c *Client) (any, error) { return c.Canned(ctx) }, seenRequest{Method: "GET", Path: "/v1/support/canned"}},
		{
			"add canned", func(c *Client) (any, error) { return c.PutCanned(ctx, key, id.Canned{}, ready) },
			seenRequest{Method: "POST", Path: "/v1/support/canned", Key: k, Body: `{"title":"t","parts":[{"text":"p"}]}`},
		},
		{
			"put canned", func(c *Client) (any, error) { return c.PutCanned(ctx, key, canned, ready) },
			seenRequest{Method: "PUT", Path: "/v1/support/canned/" + canned.String(), Key: k, Body: `{"title":"t","parts":[{"text":"p"}]}`},
		},
		{
			"drop canned", func(c *Client) (any, error) { return c.DropCanned(ctx, key, canned) },
			seenRequest{Method: "DELETE", Path: "/v1/support/canned/" + canned.String(), Key: k},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, seen := recorder(t, struct{}{})
			if _, err := tt.call(c); err != nil {
				t.Fatal(err)
			}
			tt.want.Bearer = "device-token"
			if diff := cmp.Diff(tt.want, *seen); diff != "" {
				t.Error(diff)
			}
		})
	}
}
