package httpapi

import (
	"context"
	"testing"

	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/flow"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

var (
	_ Segments = (*flow.Flow)(nil)
	_ Segments = chooser{}
)

const (
	aSegment  = "01J0000000000000000000000S"
	aRule     = `"rule":{"conditions":[{"kind":"refuels","days":90,"weekdays":[6],"each_fen":30000,"at_least":4}]}`
	aSaturday = `{"name":"周六加满300",` + aRule + `}`
)

// chooser answers what is asked of segments, and remembers it where the desk
// does.
type chooser struct{ *desk }

func (c chooser) Segments(context.Context, id.Station) (wire.SegmentList, error) {
	return wire.SegmentList{Segments: []wire.Segment{}}, c.did("segments")
}

func (c chooser) PreviewSegment(_ context.Context, who staff.Actor, req wire.SegmentRequest) (wire.SegmentPreview, error) {
	return wire.SegmentPreview{Some: []wire.MemberRow{}}, c.did("preview segment %s %s", who.Number, req.Name)
}

func (c chooser) SaveSegment(_ context.Context, who staff.Actor, key id.Command, which id.Segment, req wire.SegmentRequest) (wire.Segment, error) {
	return wire.Segment{ID: which, Rule: req.Rule}, c.did("save segment %s %s %s %s", who.Number, key, which, req.Name)
}

func (c chooser) DropSegment(_ context.Context, who staff.Actor, key id.Command, which id.Segment) (wire.Done, error) {
	return wire.Done{Command: key}, c.did("drop segment %s %s %s", who.Number, key, which)
}

func segmentRoutes() []route {
	return []route{
		{method: "GET", path: "/v1/segments", action: staff.ManageSegments, call: "segments"},
		{method: "POST", path: "/v1/segments", body: aSaturday, action: staff.ManageSegments, call: "save segment 2001 " + aKey + "  周六加满300"},
		{method: "PUT", path: "/v1/segments/" + aSegment, body: aSaturday, action: staff.ManageSegments, call: "save segment 2001 " + aKey + " " + aSegment + " 周六加满300"},
		{method: "DELETE", path: "/v1/segments/" + aSegment, action: staff.ManageSegments, call: "drop segment 2001 " + aKey + " " + aSegment},
		{method: "POST", path: "/v1/segments/preview", body: aSaturday, action: staff.ManageSegments, call: "preview segment 2001 周六加满300", keyless: true},
	}
}

// TestRulesThatAreNoneAreRefusedBeforeTheFlow: what the schema says of a rule
// holds.
func TestRulesThatAreNoneAreRefusedBeforeTheFlow(t *testing.T) {
	for name, body := range map[string]string{
		"no name":         `{` + aRule + `}`,
		"an empty name":   `{"name":"",` + aRule + `}`,
		"no rule":         `{"name":"x"}`,
		"no condition":    `{"name":"x","rule":{"conditions":[]}}`,
		"another kind":    `{"name":"x","rule":{"conditions":[{"kind":"sleeps"}]}}`,
		"an unknown part": `{"name":"x","rule":{"conditions":[{"kind":"idle","days":3,"phone":"1"}]}}`,
		"an hour of 25":   `{"name":"x","rule":{"conditions":[{"kind":"refuels","until_hour":25}]}}`,
		"a part of a fen": `{"name":"x","rule":{"conditions":[{"kind":"spent","each_fen":0.5}]}}`,
	} {
		s := newSite(t)
		for _, r := range []struct{ method, path string }{
			{"POST", "/v1/segments"}, {"PUT", "/v1/segments/" + aSegment}, {"POST", "/v1/segments/preview"},
		} {
			p := problem(t, s.call("head", r.method, r.path, body))
			if p.Status != 422 && p.Status != 400 || len(s.desk.calls) != 0 {
				t.Errorf("%s: %s %s: %v, heard %q", name, r.method, r.path, p, s.desk.calls)
			}
		}
	}
	s := newSite(t)
	if p := problem(t, s.call("head", "PUT", "/v1/segments/one", aSaturday)); p.Status != 422 || len(s.desk.calls) != 0 {
		t.Errorf("a segment that is none: %v, heard %q", p, s.desk.calls)
	}
}
