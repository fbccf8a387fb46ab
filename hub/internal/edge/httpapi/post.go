package httpapi

import (
	"context"
	"net/http"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Posts is what the API asks of package flow about who is responsible for
// which nozzles.
type Posts interface {
	Post(ctx context.Context, who staff.Actor) (wire.Post, error)
	PostRefuels(ctx context.Context, who staff.Actor, nozzle int, before id.Sale, limit int) (wire.RefuelList, error)
	Roster(ctx context.Context, at id.Station) (wire.Roster, error)
	AssignNozzles(ctx context.Context, who staff.Actor, key id.Command, to id.Staff, req wire.PostRequest) (wire.Roster, error)
}

// posts registers what attendants see of the sales, and who gives them their
// nozzles.
func (a *api) posts() {
	person(a, tillOp("post", http.MethodGet, "/v1/post", "Look at the nozzles one is responsible for"), staff.SeeRefuels,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.Post, error) {
			return a.deps.Posts.Post(ctx, who)
		})
	person(a, tillOp("postRefuels", http.MethodGet, "/v1/post/refuels", "List deliveries at one's own nozzles, newest first"), staff.SeeRefuels,
		func(ctx context.Context, who staff.Actor, in *postRefuelsInput) (wire.RefuelList, error) {
			return a.deps.Posts.PostRefuels(ctx, who, in.Nozzle, in.Before, in.Limit)
		})
	person(a, officeOp("roster", http.MethodGet, "/v1/roster", "List who is responsible for which nozzles"), staff.SeeSales,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.Roster, error) {
			return a.deps.Posts.Roster(ctx, who.Station)
		})
	person(a, officeOp("assignNozzles", http.MethodPut, "/v1/posts/{staff}", "Make an attendant responsible for nozzles"), staff.AssignNozzles,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *postInput) (wire.Roster, error) {
			return a.deps.Posts.AssignNozzles(ctx, who, key, in.Staff, in.Body)
		}))
}

type postRefuelsInput struct {
	Nozzle int     `query:"nozzle" minimum:"1" maximum:"9999" doc:"Only deliveries at this nozzle; another's is refused."`
	Before id.Sale `query:"before" doc:"Only deliveries older than this one: the list's next."`
	Limit  int     `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"At most so many."`
}

type postInput struct {
	Keyed
	OneStaff
	Body wire.PostRequest
}

// OneStaff is the person in an address.
type OneStaff struct {
	Staff id.Staff `path:"staff" doc:"The id of somebody who works at the station."`
}
