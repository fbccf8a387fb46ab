package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"forecourt/hub/internal/domain/staff"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// Segments is what a station's head asks of package flow to choose members by
// rules; their own station bounds what they see and do.
type Segments interface {
	Segments(ctx context.Context, at id.Station) (wire.SegmentList, error)
	PreviewSegment(ctx context.Context, who staff.Actor, req wire.SegmentRequest) (wire.SegmentPreview, error)
	SaveSegment(ctx context.Context, who staff.Actor, key id.Command, which id.Segment, req wire.SegmentRequest) (wire.Segment, error)
	DropSegment(ctx context.Context, who staff.Actor, key id.Command, which id.Segment) (wire.Done, error)
}

// segments registers the choosing of members by rules.
func (a *api) segments() {
	person(a, segmentOp("segments", http.MethodGet, "", "List the station's segments, by name"), staff.ManageSegments,
		func(ctx context.Context, who staff.Actor, _ *struct{}) (wire.SegmentList, error) {
			return a.deps.Segments.Segments(ctx, who.Station)
		})
	person(a, segmentOp("addSegment", http.MethodPost, "", "Save a rule that chooses members"), staff.ManageSegments,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *addSegmentInput) (wire.Segment, error) {
			return a.deps.Segments.SaveSegment(ctx, who, key, id.Segment{}, in.Body)
		}))
	person(a, segmentOp("putSegment", http.MethodPut, "/{segment}", "Replace a rule and its name"), staff.ManageSegments,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *putSegmentInput) (wire.Segment, error) {
			if in.Segment.IsZero() {
				return wire.Segment{}, wire.NewProblem(wire.ProblemNotFound, "no segment is named")
			}
			return a.deps.Segments.SaveSegment(ctx, who, key, in.Segment, in.Body)
		}))
	person(a, segmentOp("dropSegment", http.MethodDelete, "/{segment}", "Remove a rule; the members stay"), staff.ManageSegments,
		keyed(func(ctx context.Context, who staff.Actor, key id.Command, in *segmentCommand) (wire.Done, error) {
			return a.deps.Segments.DropSegment(ctx, who, key, in.Segment)
		}))
	person(a, segmentOp("previewSegment", http.MethodPost, "/preview", "Look at whom a rule would choose; the look is on record"), staff.ManageSegments,
		func(ctx context.Context, who staff.Actor, in *segmentInput) (wire.SegmentPreview, error) {
			return a.deps.Segments.PreviewSegment(ctx, who, in.Body)
		})
}

func segmentOp(name, method, path, summary string) huma.Operation {
	return huma.Operation{
		OperationID: name, Method: method, Path: "/v1/segments" + path, Summary: summary, Tags: []string{"members"},
		Description: "Only members who agreed to be chosen for offers are ever chosen.",
	}
}

// OneSegment is the segment in an address.
type OneSegment struct {
	Segment id.Segment `path:"segment" doc:"The segment's id."`
}

type (
	segmentInput    struct{ Body wire.SegmentRequest }
	addSegmentInput struct {
		Keyed
		Body wire.SegmentRequest
	}
	putSegmentInput struct {
		Keyed
		OneSegment
		Body wire.SegmentRequest
	}
	segmentCommand struct {
		Keyed
		OneSegment
	}
)
