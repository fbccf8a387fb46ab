package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/admission"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Members is what the API asks of who the drivers are. Errors meant for people
// are *wire.Problem.
type Members interface {
	SendCode(ctx context.Context, remote, phone string) (wire.CodeSent, error)
	Login(ctx context.Context, req wire.DriverLogin) (wire.DriverSession, error)
	WeChatLogin(ctx context.Context, req wire.WeChatLogin) (wire.DriverSession, error)
	Resolve(ctx context.Context, token string) (member.Actor, error)
	Logout(ctx context.Context, token string) error
	EndOthers(ctx context.Context, who member.Actor, token string) (wire.SessionsEnded, error)
	Me(ctx context.Context, who member.Actor) (wire.Member, error)
	Rename(ctx context.Context, who member.Actor, req wire.ProfileRequest) (wire.Member, error)
	AddVehicle(ctx context.Context, who member.Actor, req wire.VehicleRequest) (wire.Member, error)
	DropVehicle(ctx context.Context, who member.Actor, which id.Vehicle) (wire.Member, error)
	MyConsents(ctx context.Context, who member.Actor) (wire.ConsentList, error)
	Consent(ctx context.Context, who member.Actor, purpose wire.ConsentPurpose, req wire.ConsentRequest) (wire.ConsentList, error)
	SetIDNumber(ctx context.Context, who member.Actor, req wire.IDNumberRequest) (wire.Member, error)
	AddAccount(ctx context.Context, who member.Actor, req wire.PaymentAccountRequest) (wire.Member, error)
	DropAccount(ctx context.Context, who member.Actor, which id.PaymentAccount) (wire.Member, error)
	MyHabits(ctx context.Context, who member.Actor) (wire.Habits, error)
}

// Conversations is what both parties of a conversation ask of package flow.
type Conversations interface {
	Say(ctx context.Context, who flow.Speaker, t id.Thread, req wire.SendRequest) (wire.Message, error)
	Messages(ctx context.Context, who flow.Speaker, t id.Thread, before uint64, limit int) (wire.MessageList, error)
	ReadUpTo(ctx context.Context, who flow.Speaker, t id.Thread, req wire.ReadRequest) (wire.Thread, error)
	CloseThread(ctx context.Context, who flow.Speaker, key id.Command, t id.Thread) (wire.Thread, error)
	ReopenThread(ctx context.Context, who flow.Speaker, key id.Command, t id.Thread) (wire.Thread, error)
	Upload(ctx context.Context, who flow.Speaker, t id.Thread, content []byte) (wire.Media, error)
	MediaLink(ctx context.Context, who flow.Speaker, m id.Media) (wire.MediaLink, error)
}

// Driver is what a driver asks of package flow.
type Driver interface {
	Conversations
	ClaimNozzle(ctx context.Context, who member.Actor, req wire.ClaimRequest) (wire.Claim, error)
	OpenThread(ctx context.Context, who member.Actor, req wire.OpenThread) (wire.Thread, error)
	Threads(ctx context.Context, who member.Actor) (wire.ThreadList, error)
	Rate(ctx context.Context, who member.Actor, t id.Thread, req wire.RatingRequest) (wire.Thread, error)
}

// driver registers what drivers ask.
func (a *api) driver() {
	a.driverSessions()
	a.driverSelf()
	driver(a, driverOp("me", http.MethodGet, "/me", "Look at one's own entry"),
		func(ctx context.Context, who member.Actor, _ *struct{}) (wire.Member, error) {
			return a.deps.Members.Me(ctx, who)
		})
	driver(a, driverOp("setMe", http.MethodPut, "/me", "Say how to be addressed"),
		func(ctx context.Context, who member.Actor, in *profileInput) (wire.Member, error) {
			return a.deps.Members.Rename(ctx, who, in.Body)
		})
	driver(a, driverOp("addVehicle", http.MethodPost, "/vehicles", "Add a vehicle"),
		func(ctx context.Context, who member.Actor, in *vehicleInput) (wire.Member, error) {
			return a.deps.Members.AddVehicle(ctx, who, in.Body)
		})
	driver(a, driverOp("dropVehicle", http.MethodDelete, "/vehicles/{vehicle}", "Remove a vehicle"),
		func(ctx context.Context, who member.Actor, in *OneVehicle) (wire.Member, error) {
			return a.deps.Members.DropVehicle(ctx, who, in.Vehicle)
		})
	driver(a, driverOp("claimNozzle", http.MethodPost, "/fuelling", "Say that one stands at a nozzle"),
		func(ctx context.Context, who member.Actor, in *claimInput) (wire.Claim, error) {
			return a.deps.Driver.ClaimNozzle(ctx, who, in.Body)
		})
	a.driverThreads()
}

// driverThreads registers a driver's conversations.
func (a *api) driverThreads() {
	driver(a, driverOp("threads", http.MethodGet, "/threads", "List one's own conversations, newest first"),
		func(ctx context.Context, who member.Actor, _ *struct{}) (wire.ThreadList, error) {
			return a.deps.Driver.Threads(ctx, who)
		})
	driver(a, driverOp("openThread", http.MethodPost, "/threads", "Ask for the conversation with a station's support"),
		func(ctx context.Context, who member.Actor, in *openThreadInput) (wire.Thread, error) {
			return a.deps.Driver.OpenThread(ctx, who, in.Body)
		})
	driver(a, threadOp("messages", http.MethodGet, "messages", "Read messages, oldest first"),
		func(ctx context.Context, who member.Actor, in *messagesInput) (wire.MessageList, error) {
			return a.deps.Driver.Messages(ctx, asDriver(who), in.Thread, in.Before, in.Limit)
		})
	driver(a, threadOp("say", http.MethodPost, "messages", "Say something; the message's own id makes a repeat the same message"),
		func(ctx context.Context, who member.Actor, in *sayInput) (wire.Message, error) {
			return a.deps.Driver.Say(ctx, asDriver(who), in.Thread, in.Body)
		})
	driver(a, threadOp("read", http.MethodPost, "read", "Say how far one has read"),
		func(ctx context.Context, who member.Actor, in *readInput) (wire.Thread, error) {
			return a.deps.Driver.ReadUpTo(ctx, asDriver(who), in.Thread, in.Body)
		})
	driver(a, threadOp("rate", http.MethodPost, "rating", "Judge a closed conversation, once"),
		func(ctx context.Context, who member.Actor, in *rateInput) (wire.Thread, error) {
			return a.deps.Driver.Rate(ctx, who, in.Thread, in.Body)
		})
	driver(a, threadOp("closeThread", http.MethodPost, "close", "End a conversation"),
		func(ctx context.Context, who member.Actor, in *OneThread) (wire.Thread, error) {
			return a.deps.Driver.CloseThread(ctx, asDriver(who), id.Command{}, in.Thread)
		})
	driver(a, threadOp("reopenThread", http.MethodPost, "reopen", "Open a closed conversation again"),
		func(ctx context.Context, who member.Actor, in *OneThread) (wire.Thread, error) {
			return a.deps.Driver.ReopenThread(ctx, asDriver(who), id.Command{}, in.Thread)
		})
	driver(a, a.uploadOp(threadOp("upload", http.MethodPost, "media", "Upload a picture or recording for a message")),
		func(ctx context.Context, who member.Actor, in *threadUpload) (wire.Media, error) {
			content, err := in.read()
			if err != nil {
				return wire.Media{}, err
			}
			return a.deps.Driver.Upload(ctx, asDriver(who), in.Thread, content)
		})
	driver(a, driverOp("mediaLink", http.MethodGet, "/media/{media}/link", "Ask for addresses of a picture or recording, good for minutes"),
		func(ctx context.Context, who member.Actor, in *OneMedia) (wire.MediaLink, error) {
			return a.deps.Driver.MediaLink(ctx, asDriver(who), in.Media)
		})
}

// driverSessions registers signing in and out, and the ticket of a socket.
func (a *api) driverSessions() {
	codes := newLimiter(strangerTries, strangerEvery, a.deps.Now)
	logins := newLimiter(strangerTries, strangerEvery, a.deps.Now)
	op := driverOp("sendCode", http.MethodPost, "/codes", "Ask for a one-time code by text message")
	op.Middlewares = huma.Middlewares{a.once(codes)}
	register(a, op, func(ctx context.Context, in *codeInput) (wire.CodeSent, error) {
		return a.deps.Members.SendCode(ctx, in.remote, in.Body.Phone)
	})
	op = driverOp("login", http.MethodPost, "/login", "Open a member's session; a number not seen before becomes a member")
	op.Middlewares = huma.Middlewares{a.once(logins)}
	register(a, op, func(ctx context.Context, in *driverLoginInput) (wire.DriverSession, error) {
		return a.deps.Members.Login(ctx, in.Body)
	})
	op = driverOp("logout", http.MethodPost, "/logout", "End the session")
	op.DefaultStatus = http.StatusNoContent
	op.Security = memberSecurity()
	huma.Register(a.huma, op, a.driverLogout)
	tickets := newLimiter(strangerTries, strangerEvery, a.deps.Now)
	driver(a, driverOp("ticket", http.MethodPost, "/tickets", "Take a ticket for one socket, good for seconds"),
		func(_ context.Context, who member.Actor, in *ticketInput) (wire.Ticket, error) {
			// Tickets that wait are few: nobody may take them all.
			if _, ok := tickets.allow(who.Member.String()); !ok {
				return wire.Ticket{}, wire.NewProblem(wire.ProblemTooMany, "too many tickets of one member")
			}
			return a.deps.Tickets.Issue(admission.Holder{Driver: &admission.Driver{
				Member: who.Member, Number: who.Number, Session: member.SessionOf(in.who.bearer),
			}})
		})
	driver(a, driverOp("endOthers", http.MethodDelete, "/sessions", "End one's sessions on all other devices, and their sockets: a phone was lost"),
		func(ctx context.Context, who member.Actor, in *ticketInput) (wire.SessionsEnded, error) {
			told, err := a.deps.Members.EndOthers(ctx, who, in.who.bearer)
			if err == nil {
				a.memberSignedOut(ctx, who)
			}
			return told, err
		})
}

func (a *api) driverLogout(ctx context.Context, in *ticketInput) (*struct{}, error) {
	who, err := a.memberOf(ctx, in.who)
	if err != nil {
		return nil, err
	}
	if err := a.deps.Members.Logout(ctx, in.who.bearer); err != nil {
		return nil, err
	}
	a.memberSignedOut(ctx, who)
	return nil, nil
}

// memberSignedOut tells that sessions of a member have ended.
func (a *api) memberSignedOut(ctx context.Context, who member.Actor) {
	if a.deps.MemberSignedOut != nil {
		a.deps.MemberSignedOut(ctx, who.Member)
	}
}

// memberOf is the member a request comes from. A phone is no enrolled device:
// with a device's token beside it the request is not a driver's.
func (a *api) memberOf(ctx context.Context, c credentials) (member.Actor, error) {
	if c.bearer == "" || c.device != "" {
		return member.Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "no member's session")
	}
	who, err := a.deps.Members.Resolve(ctx, c.bearer)
	if err == nil {
		known(ctx, "member "+who.Number)
	}
	return who, err
}

type memberKey struct{}

// asMember lets an operation be done by a member, and hands the member to its
// handler. Nothing of the body is read before that.
func (a *api) asMember(ctx huma.Context, next func(huma.Context)) {
	who, err := a.memberOf(ctx.Context(), credentialsOf(ctx))
	if err != nil {
		a.refuse(ctx, err)
		return
	}
	next(huma.WithValue(ctx, memberKey{}, who))
}

func memberSecurity() []map[string][]string { return []map[string][]string{{"member": {}}} }

// driver registers an operation that a member does.
func driver[I, O any](a *api, op huma.Operation, do func(context.Context, member.Actor, *I) (O, error)) {
	op.Security = memberSecurity()
	op.Middlewares = append(huma.Middlewares{a.asMember}, op.Middlewares...)
	register(a, op, func(ctx context.Context, in *I) (O, error) {
		who, ok := ctx.Value(memberKey{}).(member.Actor)
		if !ok {
			var none O
			return none, errors.New("httpapi: a handler was reached without its guard")
		}
		return do(ctx, who, in)
	})
}

// asDriver is a member as the driver's side of a conversation.
func asDriver(who member.Actor) flow.Speaker { return flow.Speaker{Member: &who} }

// driverOp describes an operation of drivers; its id tells it from that of the
// same name for staff.
func driverOp(name, method, path, summary string) huma.Operation {
	return huma.Operation{
		OperationID: "driver" + strings.ToUpper(name[:1]) + name[1:], Method: method, Path: "/v1/driver" + path,
		Summary: summary, Tags: []string{"driver"},
	}
}

func threadOp(name, method, what, summary string) huma.Operation {
	return driverOp(name, method, "/threads/{thread}/"+what, summary)
}

// OneVehicle is the vehicle in an address.
type OneVehicle struct {
	Vehicle id.Vehicle `path:"vehicle" doc:"The vehicle's id."`
}

// OneThread is the conversation in an address.
type OneThread struct {
	Thread id.Thread `path:"thread" doc:"The conversation's id."`
}

// OneMedia is the picture or recording in an address.
type OneMedia struct {
	Media id.Media `path:"media" doc:"The id of the picture or recording."`
}

// codeInput also knows where it came from: codes are counted by address.
type codeInput struct {
	remote string
	Body   wire.PhoneRequest
}

// Resolve keeps the address for the handler.
func (in *codeInput) Resolve(ctx huma.Context) []error {
	in.remote = clientOf(ctx)
	return nil
}

type (
	driverLoginInput struct{ Body wire.DriverLogin }
	profileInput     struct{ Body wire.ProfileRequest }
	vehicleInput     struct{ Body wire.VehicleRequest }
	claimInput       struct{ Body wire.ClaimRequest }
	openThreadInput  struct{ Body wire.OpenThread }
	rateInput        struct {
		OneThread
		Body wire.RatingRequest
	}
	sayInput struct {
		OneThread
		Body wire.SendRequest
	}
	readInput struct {
		OneThread
		Body wire.ReadRequest
	}
)

type messagesInput struct {
	OneThread
	Before uint64 `query:"before" minimum:"1" maximum:"9007199254740991" doc:"Only messages before the one with this number; without it the last ones."`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"At most so many."`
}
