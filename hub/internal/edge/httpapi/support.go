package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Support is what the agents of a station ask of package flow; their own
// station bounds what they see and do.
type Support interface {
	Conversations
	Cases(ctx context.Context, who staff.Actor, q flow.CaseQuery) (wire.CaseList, error)
	Take(ctx context.Context, who staff.Actor, key id.Command, t id.Thread) (wire.Thread, error)
	Transfer(ctx context.Context, who staff.Actor, key id.Command, t id.Thread, req wire.TransferRequest) (wire.Thread, error)
	MemberCard(ctx context.Context, who staff.Actor, t id.Thread) (wire.MemberCard, error)
	Fee(ctx context.Context, who staff.Actor, t id.Thread, sale id.Sale) (wire.Fee, error)
	Agents(ctx context.Context, at id.Station) (wire.AgentList, error)
	SetDuty(ctx context.Context, who staff.Actor, req wire.DutyRequest) (wire.AgentList, error)
	SupportSettings(ctx context.Context, at id.Station) (wire.SupportSettings, error)
	SetSupport(ctx context.Context, who staff.Actor, key id.Command, req wire.SupportSettings) (wire.SupportSettings, error)
	CannedReplies(ctx context.Context, at id.Station) (wire.CannedList, error)
	PutCanned(ctx context.Context, who staff.Actor, key id.Command, which id.Canned, req wire.CannedRequest) (wire.Canned, error)
	DropCanned(ctx context.Context, who staff.Actor, key id.Command, which id.Canned) (wire.Done, error)
	UploadTutorial(ctx context.Context, who staff.Actor, content []byte) (wire.Media, error)
}

// support registers what agents ask.
func (a *api) support() {
	a.cases()
	a.caseActs()
	a.caseMedia()
	a.supportOffice()
	a.canned()
}

// cases registers what is seen of conversations.
func (a *api) cases() {
	person(a, supportOp("cases", http.MethodGet, "/threads", "List conversations, newest first"), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, in *casesInput) (wire.CaseList, error) {
			return a.deps.Support.Cases(ctx, who, flow.CaseQuery{State: in.State, Before: in.Before, Limit: in.Limit})
		})
	person(a, caseOp("messages", http.MethodGet, "messages", "Read messages, oldest first"), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, in *messagesInput) (wire.MessageList, error) {
			return a.deps.Support.Messages(ctx, asAgent(who), in.Thread, in.Before, in.Limit)
		})
	person(a, caseOp("member", http.MethodGet, "member", "Look at the member, masked; the look is on record"), staff.SeeMember,
		func(ctx context.Context, who staff.Actor, in *OneThread) (wire.MemberCard, error) {
			return a.deps.Support.MemberCard(ctx, who, in.Thread)
		})
	person(a, caseOp("fee", http.MethodGet, "sales/{sale}/fee", "Look at how what a sale of the member cost is made up; the look is on record"), staff.SeeMember,
		func(ctx context.Context, who staff.Actor, in *feeInput) (wire.Fee, error) {
			return a.deps.Support.Fee(ctx, who, in.Thread, in.Sale)
		})
}

// caseActs registers what agents do in conversations.
func (a *api) caseActs() {
	person(a, caseOp("say", http.MethodPost, "messages", "Say something; the message's own id makes a repeat the same message"), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, in *sayInput) (wire.Message, error) {
			return a.deps.Support.Say(ctx, asAgent(who), in.Thread, in.Body)
		})
	person(a, caseOp("read", http.MethodPost, "read", "Say how far one has read"), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, in *readInput) (wire.Thread, error) {
			return a.deps.Support.ReadUpTo(ctx, asAgent(who), in.Thread, in.Body)
		})
	person(a, caseOp("take", http.MethodPost, "take", "Take a conversation in hand"), staff.AnswerChat,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *threadCommand) (wire.Thread, error) {
			return a.deps.Support.Take(ctx, who, key, in.Thread)
		}))
	person(a, caseOp("transfer", http.MethodPost, "transfer", "Give a conversation to another agent, or back into the queue"), staff.AnswerChat,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *transferInput) (wire.Thread, error) {
			return a.deps.Support.Transfer(ctx, who, key, in.Thread, in.Body)
		}))
	person(a, caseOp("close", http.MethodPost, "close", "End a conversation"), staff.AnswerChat,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *threadCommand) (wire.Thread, error) {
			return a.deps.Support.CloseThread(ctx, asAgent(who), key, in.Thread)
		}))
	person(a, caseOp("reopen", http.MethodPost, "reopen", "Open a closed conversation again"), staff.AnswerChat,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *threadCommand) (wire.Thread, error) {
			return a.deps.Support.ReopenThread(ctx, asAgent(who), key, in.Thread)
		}))
}

// caseMedia registers pictures and recordings.
func (a *api) caseMedia() {
	person(a, a.uploadOp(caseOp("upload", http.MethodPost, "media", "Upload a picture or recording for a message")), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, in *threadUpload) (wire.Media, error) {
			content, err := in.read()
			if err != nil {
				return wire.Media{}, err
			}
			return a.deps.Support.Upload(ctx, asAgent(who), in.Thread, content)
		})
	person(a, supportOp("mediaLink", http.MethodGet, "/media/{media}/link", "Ask for addresses of a picture or recording, good for minutes"), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, in *OneMedia) (wire.MediaLink, error) {
			return a.deps.Support.MediaLink(ctx, asAgent(who), in.Media)
		})
	person(a, a.uploadOp(supportOp("uploadTutorial", http.MethodPost, "/canned/media", "Upload a picture for a reply kept ready")), staff.ManageSupport,
		func(ctx context.Context, who staff.Actor, in *fileUpload) (wire.Media, error) {
			content, err := in.read()
			if err != nil {
				return wire.Media{}, err
			}
			return a.deps.Support.UploadTutorial(ctx, who, content)
		})
}

// supportOffice registers who answers, and how support works.
func (a *api) supportOffice() {
	person(a, supportOp("agents", http.MethodGet, "/agents", "List everybody who answers"), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.AgentList, error) {
			return a.deps.Support.Agents(ctx, who.Station)
		})
	person(a, supportOp("setDuty", http.MethodPut, "/duty", "Say whether one takes conversations"), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, in *dutyInput) (wire.AgentList, error) {
			return a.deps.Support.SetDuty(ctx, who, in.Body)
		})
	person(a, supportOp("settings", http.MethodGet, "/settings", "Look at how support works"), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.SupportSettings, error) {
			return a.deps.Support.SupportSettings(ctx, who.Station)
		})
	person(a, supportOp("setSettings", http.MethodPut, "/settings", "Say how support works"), staff.ManageSupport,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *settingsInput) (wire.SupportSettings, error) {
			return a.deps.Support.SetSupport(ctx, who, key, in.Body)
		}))
}

// canned registers the replies kept ready.
func (a *api) canned() {
	person(a, supportOp("canned", http.MethodGet, "/canned", "List the replies kept ready"), staff.AnswerChat,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.CannedList, error) {
			return a.deps.Support.CannedReplies(ctx, who.Station)
		})
	person(a, supportOp("addCanned", http.MethodPost, "/canned", "Add a reply kept ready"), staff.ManageSupport,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *addCannedInput) (wire.Canned, error) {
			return a.deps.Support.PutCanned(ctx, who, key, id.Canned{}, in.Body)
		}))
	person(a, supportOp("putCanned", http.MethodPut, "/canned/{canned}", "Replace a reply kept ready"), staff.ManageSupport,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *putCannedInput) (wire.Canned, error) {
			return a.deps.Support.PutCanned(ctx, who, key, in.Canned, in.Body)
		}))
	person(a, supportOp("dropCanned", http.MethodDelete, "/canned/{canned}", "Remove a reply kept ready"), staff.ManageSupport,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *cannedCommand) (wire.Done, error) {
			return a.deps.Support.DropCanned(ctx, who, key, in.Canned)
		}))
}

// commander is an input that is a command.
type commander interface{ command() (id.Command, error) }

// keyed makes a handler of a command out of one that is given its key.
func keyed[I, O any, P interface {
	*I
	commander
}](do func(context.Context, staff.Actor, id.Command, *I) (O, error)) func(context.Context, staff.Actor, *I) (O, error) {
	return func(ctx context.Context, who staff.Actor, in *I) (O, error) {
		key, err := P(in).command()
		if err != nil {
			var none O
			return none, err
		}
		return do(ctx, who, key, in)
	}
}

// asAgent is a person as the agent's side of a conversation.
func asAgent(who staff.Actor) flow.Speaker { return flow.Speaker{Staff: &who} }

func supportOp(name, method, path, summary string) huma.Operation {
	return huma.Operation{
		OperationID: "support" + strings.ToUpper(name[:1]) + name[1:], Method: method, Path: "/v1/support" + path,
		Summary: summary, Tags: []string{"support"},
	}
}

func caseOp(name, method, what, summary string) huma.Operation {
	return supportOp(name, method, "/threads/{thread}/"+what, summary)
}

// OneCanned is the reply kept ready in an address.
type OneCanned struct {
	Canned id.Canned `path:"canned" doc:"The id of the reply kept ready."`
}

type casesInput struct {
	State  wire.ThreadState `query:"state" enum:"waiting,active,closed" doc:"Only conversations that stand here."`
	Before id.Thread        `query:"before" doc:"Only conversations older than this one: the list's next."`
	Limit  int              `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"At most so many."`
}

type (
	// fileUpload is a file by itself.
	fileUpload struct{ fileInput }
	dutyInput  struct{ Body wire.DutyRequest }

	feeInput struct {
		OneThread
		OneSale
	}
	threadCommand struct {
		Keyed
		OneThread
	}
	transferInput struct {
		Keyed
		OneThread
		Body wire.TransferRequest
	}
	settingsInput struct {
		Keyed
		Body wire.SupportSettings
	}
	addCannedInput struct {
		Keyed
		Body wire.CannedRequest
	}
	putCannedInput struct {
		Keyed
		OneCanned
		Body wire.CannedRequest
	}
	cannedCommand struct {
		Keyed
		OneCanned
	}
)
