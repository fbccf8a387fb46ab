package link

import (
	"context"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// atSupport is the address of something of the station's support.
func atSupport(r func(...string) request, path ...string) request {
	return r(append([]string{"v1", "support"}, path...)...)
}

// inCase is the address of something of a conversation, for agents.
func inCase(r func(...string) request, t id.Thread, path ...string) request {
	return atSupport(r, append([]string{"threads", t.String()}, path...)...)
}

// CaseQuery selects conversations; zero fields do not select.
type CaseQuery struct {
	// State is where they stand.
	State wire.ThreadState
	// Before asks for the page of conversations older than this one.
	Before id.Thread
	// Limit bounds the page; zero leaves it to the hub.
	Limit int
}

// Cases reads a page of the station's conversations, newest first.
func (c *Client) Cases(ctx context.Context, query CaseQuery) (wire.CaseList, error) {
	return call[wire.CaseList](ctx, &c.caller, atSupport(get, "threads").where(selected(
		"state", string(query.State), "before", query.Before.String(), "limit", number(query.Limit),
	)))
}

// Say says something to a driver. The message's own id makes a repeat the same
// message.
func (c *Client) Say(ctx context.Context, t id.Thread, say wire.SendRequest) (wire.Message, error) {
	return call[wire.Message](ctx, &c.caller, inCase(post, t, "messages").with(say))
}

// Messages reads a page of a conversation's messages, the last ones before the
// one numbered before (zero: the very last), at most limit (zero leaves it to
// the hub), oldest first.
func (c *Client) Messages(ctx context.Context, t id.Thread, before uint64, limit int) (wire.MessageList, error) {
	return call[wire.MessageList](ctx, &c.caller, inCase(get, t, "messages").where(page(before, limit)))
}

// ReadUpTo says how far the agent has read.
func (c *Client) ReadUpTo(ctx context.Context, t id.Thread, read wire.ReadRequest) (wire.Thread, error) {
	return call[wire.Thread](ctx, &c.caller, inCase(post, t, "read").with(read))
}

// Take takes a conversation in hand.
func (c *Client) Take(ctx context.Context, key id.Command, t id.Thread) (wire.Thread, error) {
	return command[wire.Thread](ctx, &c.caller, key, inCase(post, t, "take"))
}

// Transfer gives a conversation to another agent, or back into the queue.
func (c *Client) Transfer(ctx context.Context, key id.Command, t id.Thread, transfer wire.TransferRequest) (wire.Thread, error) {
	return command[wire.Thread](ctx, &c.caller, key, inCase(post, t, "transfer").with(transfer))
}

// CloseThread ends a conversation.
func (c *Client) CloseThread(ctx context.Context, key id.Command, t id.Thread) (wire.Thread, error) {
	return command[wire.Thread](ctx, &c.caller, key, inCase(post, t, "close"))
}

// ReopenThread opens a closed conversation again.
func (c *Client) ReopenThread(ctx context.Context, key id.Command, t id.Thread) (wire.Thread, error) {
	return command[wire.Thread](ctx, &c.caller, key, inCase(post, t, "reopen"))
}

// Upload sends a picture or recording for a message of a conversation.
func (c *Client) Upload(ctx context.Context, t id.Thread, name string, content []byte) (wire.Media, error) {
	return upload(ctx, &c.caller, inCase(post, t, "media"), name, content)
}

// MediaLink asks for addresses of a picture or recording, good for minutes.
func (c *Client) MediaLink(ctx context.Context, m id.Media) (wire.MediaLink, error) {
	return call[wire.MediaLink](ctx, &c.caller, atSupport(get, "media", m.String(), "link"))
}

// MemberCard looks at the member of a conversation. The look is on record.
func (c *Client) MemberCard(ctx context.Context, t id.Thread) (wire.MemberCard, error) {
	return call[wire.MemberCard](ctx, &c.caller, inCase(get, t, "member"))
}

// Fee looks at how what a sale of the member cost is made up. The look is on
// record.
func (c *Client) Fee(ctx context.Context, t id.Thread, sale id.Sale) (wire.Fee, error) {
	return call[wire.Fee](ctx, &c.caller, inCase(get, t, "sales", sale.String(), "fee"))
}

// Agents lists everybody who answers at the station.
func (c *Client) Agents(ctx context.Context) (wire.AgentList, error) {
	return call[wire.AgentList](ctx, &c.caller, atSupport(get, "agents"))
}

// SetDuty says whether the caller takes conversations.
func (c *Client) SetDuty(ctx context.Context, duty wire.DutyRequest) (wire.AgentList, error) {
	return call[wire.AgentList](ctx, &c.caller, atSupport(put, "duty").with(duty))
}

// SupportSettings reads how the station's support works.
func (c *Client) SupportSettings(ctx context.Context) (wire.SupportSettings, error) {
	return call[wire.SupportSettings](ctx, &c.caller, atSupport(get, "settings"))
}

// SetSupport says how the station's support works.
func (c *Client) SetSupport(ctx context.Context, key id.Command, settings wire.SupportSettings) (wire.SupportSettings, error) {
	return command[wire.SupportSettings](ctx, &c.caller, key, atSupport(put, "settings").with(settings))
}

// Canned lists the replies kept ready.
func (c *Client) Canned(ctx context.Context) (wire.CannedList, error) {
	return call[wire.CannedList](ctx, &c.caller, atSupport(get, "canned"))
}

// PutCanned replaces a reply kept ready, or adds one if which is zero.
func (c *Client) PutCanned(ctx context.Context, key id.Command, which id.Canned, canned wire.CannedRequest) (wire.Canned, error) {
	r := atSupport(post, "canned")
	if !which.IsZero() {
		r = atSupport(put, "canned", which.String())
	}
	return command[wire.Canned](ctx, &c.caller, key, r.with(canned))
}

// DropCanned removes a reply kept ready.
func (c *Client) DropCanned(ctx context.Context, key id.Command, which id.Canned) (wire.Done, error) {
	return command[wire.Done](ctx, &c.caller, key, atSupport(drop, "canned", which.String()))
}

// UploadTutorial sends a picture for a reply kept ready.
func (c *Client) UploadTutorial(ctx context.Context, name string, content []byte) (wire.Media, error) {
	return upload(ctx, &c.caller, atSupport(post, "canned", "media"), name, content)
}
