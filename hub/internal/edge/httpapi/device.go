package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/admission"
	"forecourt/shared/wire"
)

// devices registers what machines ask: to be enrolled, a ticket, a socket.
func (a *api) devices() {
	strangers := newLimiter(strangerTries, strangerEvery, a.deps.Now)
	register(a, huma.Operation{
		OperationID: "enrol", Method: http.MethodPost, Path: "/v1/enrol", Tags: []string{"device"},
		Summary:     "Exchange a one-time code for a device token",
		Middlewares: huma.Middlewares{a.once(strangers)},
	}, a.enrol)

	huma.Register(a.huma, huma.Operation{
		OperationID: "ticket", Method: http.MethodPost, Path: "/v1/tickets", Tags: []string{"device"},
		Summary: "Take a ticket for one socket",
		Description: "Whoever is signed in at a till gets a ticket for themselves, a pumpd by its own token one for the device. " +
			"It is good for seconds and spent by the first hello.",
		Security: []map[string][]string{{"session": {}, "device": {}}, {"session": {}}},
	}, a.ticket)

	// The document has no word for a socket; x-forecourt-live describes it.
	a.mux.Handle("GET /v1/live", a.deps.Live)
}

type enrolInput struct{ Body wire.EnrolRequest }

func (a *api) enrol(ctx context.Context, in *enrolInput) (wire.EnrolReply, error) {
	enrolled, err := a.deps.Devices.Enrol(ctx, in.Body.Code, in.Body.Name)
	if err != nil {
		return wire.EnrolReply{}, err
	}
	enrolled.CA = a.deps.CA
	a.deps.Log.Info("a device was enrolled", "device", enrolled.Device, "kind", enrolled.Kind, "name", in.Body.Name)
	return enrolled, nil
}

// ticketInput reads the credentials, which decide what kind of ticket it is.
type ticketInput struct{ who credentials }

// Resolve keeps the credentials for the handler.
func (in *ticketInput) Resolve(ctx huma.Context) []error {
	in.who = credentialsOf(ctx)
	return nil
}

func (a *api) ticket(ctx context.Context, in *ticketInput) (*body[wire.Ticket], error) {
	holder, err := a.holder(ctx, in.who)
	if err != nil {
		return nil, err
	}
	ticket, err := a.deps.Tickets.Issue(holder)
	return &body[wire.Ticket]{ticket}, err
}

// holder is who a ticket is for. A till at which nobody is signed in has
// nothing to see.
func (a *api) holder(ctx context.Context, c credentials) (admission.Holder, error) {
	if c.device != "" {
		who, till, err := a.personOf(ctx, c)
		if err == nil {
			err = mustFirst(who)
		}
		return admission.Holder{Device: till, Staff: &who}, err
	}
	d, err := a.deviceOf(ctx, c)
	if err == nil && d.Kind != wire.DevicePumpd {
		err = wire.NewProblem(wire.ProblemUnauthorized, "nobody is signed in at this till")
	}
	return admission.Holder{Device: d}, err
}
