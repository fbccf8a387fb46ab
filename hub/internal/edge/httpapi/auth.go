package httpapi

import (
	"context"
	"errors"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/device"
	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Bounds of the two requests that come before anyone is known: a full hand of
// tries at once, then one every few seconds, per address.
const (
	strangerTries = 20
	strangerEvery = 3 * time.Second
)

// credentials are what a request brings. They are never logged.
type credentials struct {
	bearer string // of a person, or of a device by itself
	device string // of the till a person uses
}

// maxToken bounds a token, so that a long one costs nothing.
const maxToken = 256

func credentialsOf(ctx huma.Context) credentials {
	c := credentials{device: ctx.Header(wire.HeaderDevice)}
	if scheme, token, ok := strings.Cut(ctx.Header("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		c.bearer = token
	}
	if len(c.bearer) > maxToken || len(c.device) > maxToken {
		return credentials{}
	}
	return c
}

// deviceOf is the device a request comes from by itself: its token is the
// bearer, or stands in the device header before anyone is signed in.
func (a *api) deviceOf(ctx context.Context, c credentials) (device.Actor, error) {
	token := c.bearer
	if c.device != "" {
		token = c.device
	}
	if token == "" {
		return device.Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "no device token")
	}
	d, err := a.deps.Devices.Resolve(ctx, token)
	if err == nil {
		known(ctx, string(d.Kind)+" "+d.Device.String())
	}
	return d, err
}

// personOf is who is signed in, at the till they signed in at: a session's
// token is worth nothing without that till's own.
func (a *api) personOf(ctx context.Context, c credentials) (staff.Actor, device.Actor, error) {
	if c.bearer == "" || c.device == "" {
		return staff.Actor{}, device.Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "no session, or no till")
	}
	till, err := a.deps.Devices.Resolve(ctx, c.device)
	if err != nil {
		return staff.Actor{}, device.Actor{}, err
	}
	person, err := a.deps.Staff.Resolve(ctx, c.bearer)
	if err != nil {
		return staff.Actor{}, device.Actor{}, err
	}
	if till.Kind != wire.DeviceTill || person.Device != till.Device || person.Station != till.Station {
		return staff.Actor{}, device.Actor{}, wire.NewProblem(wire.ProblemUnauthorized, "the session belongs to another till")
	}
	known(ctx, person.Number+" at "+till.Device.String())
	return person, till, nil
}

type personKey struct{}

// asPerson lets an operation be done by whoever's role may do the action, once
// they have done what they must do first, and hands the person to its handler.
// Nothing of the body is read before that. Who is refused is told of.
func (a *api) asPerson(action staff.Action) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		person, _, err := a.personOf(ctx.Context(), credentialsOf(ctx))
		switch {
		case err != nil:
		case !staff.May(person.Role, action):
			err = wire.NewProblem(wire.ProblemForbidden, string(person.Role)+" may not "+string(action))
			if a.deps.Refused != nil {
				a.deps.Refused(ctx.Context(), person, action, objectOf(ctx))
			}
		case action != staff.OwnAccount:
			err = mustFirst(person)
		}
		if err != nil {
			a.refuse(ctx, err)
			return
		}
		next(huma.WithValue(ctx, personKey{}, person))
	}
}

// mustFirst refuses everything else to somebody who has something to do first.
func mustFirst(who staff.Actor) error {
	if len(who.Must) > 0 {
		return wire.NewProblem(wire.ProblemMustFirst, string(who.Must[0]))
	}
	return nil
}

// objectOf is what a request is about: the id in its address, or "" if there is
// none. Whatever else somebody put there is not handed on: it may be a phone
// number.
func objectOf(ctx huma.Context) string {
	for _, p := range ctx.Operation().Parameters {
		if p.In != "path" {
			continue
		}
		if key, err := id.Parse[id.Command](ctx.Param(p.Name)); err == nil {
			return key.String()
		}
	}
	return ""
}

// refuse answers with an error before the handler is reached.
func (a *api) refuse(ctx huma.Context, err error) {
	// A failed write has its own log line in the library; the client is gone.
	_ = huma.WriteErr(a.huma, ctx, http.StatusInternalServerError, "", err)
}

// once bounds how often an address may try an operation.
func (a *api) once(l *limiter) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if wait, ok := l.allow(clientOf(ctx)); !ok {
			ctx.SetHeader("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			a.refuse(ctx, wire.NewProblem(wire.ProblemTooMany, "too many tries from this address"))
			return
		}
		next(ctx)
	}
}

// clientOf is the address a request comes from. A proxy on this machine says
// whose it is, as the last of the addresses that came along; from anybody else
// such a word is worth nothing.
func clientOf(ctx huma.Context) string {
	host, _, err := net.SplitHostPort(ctx.RemoteAddr())
	if err != nil {
		return ctx.RemoteAddr()
	}
	if peer, err := netip.ParseAddr(host); err != nil || !peer.IsLoopback() {
		return host
	}
	forwarded := ctx.Header("X-Forwarded-For")
	last := strings.TrimSpace(forwarded[strings.LastIndexByte(forwarded, ',')+1:])
	if client, err := netip.ParseAddr(last); err == nil {
		return client.Unmap().String()
	}
	return host
}

// actionExtension names an operation's action in the document.
const actionExtension = "x-action"

// guard has an operation done only by whoever may do the action, and says so
// in the document.
func (a *api) guard(op *huma.Operation, action staff.Action) {
	op.Security = []map[string][]string{{"session": {}, "device": {}}}
	op.Middlewares = append(op.Middlewares, a.asPerson(action))
	op.Description = strings.TrimSpace(op.Description + " For roles that may " + string(action) + ".")
	op.Extensions = map[string]any{actionExtension: string(action)}
}

// person registers an operation that somebody signed in does.
func person[I, O any](a *api, op huma.Operation, action staff.Action, do func(context.Context, staff.Actor, *I) (O, error)) {
	a.guard(&op, action)
	register(a, op, func(ctx context.Context, in *I) (O, error) {
		who, ok := ctx.Value(personKey{}).(staff.Actor)
		if !ok {
			var none O
			return none, errors.New("httpapi: a handler was reached without its guard")
		}
		return do(ctx, who, in)
	})
}

// body wraps what an operation answers.
type body[T any] struct{ Body T }

// register registers an operation with what all have in common.
func register[I, O any](a *api, op huma.Operation, do func(context.Context, *I) (O, error)) {
	op.MaxBodyBytes = MaxBodyBytes + 1 // the library refuses what reaches the bound
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*body[O], error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, err
		}
		return &body[O]{out}, nil
	})
}

// Keyed is a command: it names itself, so that it can be sent again. It is
// exported for the HTTP library, which fills only what it can see.
type Keyed struct {
	Key string `header:"Idempotency-Key" doc:"The command's ULID, saved by the sender before it first sends it. A repeat returns the first result; the same key with another body is refused."`
}

// command reads the key.
func (k Keyed) command() (id.Command, error) {
	if k.Key == "" {
		return id.Command{}, wire.NewProblem(wire.ProblemKeyMissing, "")
	}
	key, err := id.Parse[id.Command](k.Key)
	if err != nil || key.IsZero() {
		return id.Command{}, wire.NewProblem(wire.ProblemBadRequest, "the Idempotency-Key is not a ULID")
	}
	return key, nil
}
