package link

import (
	"context"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// ofMember is the address of something of a member's, for the office.
func ofMember(r func(...string) request, m id.Member, path ...string) request {
	return r(append([]string{"v1", "members", m.String()}, path...)...)
}

// SearchMembers finds members; the look is on record.
func (c *Client) SearchMembers(ctx context.Context, search wire.MemberSearch) (wire.MemberPage, error) {
	return call[wire.MemberPage](ctx, &c.caller, post("v1", "members", "search").with(search))
}

// Member looks at a member; the look is on record.
func (c *Client) Member(ctx context.Context, m id.Member) (wire.MemberRecord, error) {
	return call[wire.MemberRecord](ctx, &c.caller, ofMember(get, m))
}

// RefuelsOfMember reads a page of a member's fuellings at this station before
// one (zero: the newest), newest first.
func (c *Client) RefuelsOfMember(ctx context.Context, m id.Member, last id.Sale) (wire.RefuelList, error) {
	return call[wire.RefuelList](ctx, &c.caller, ofMember(get, m, "refuels").where(selected("before", last.String())))
}

// Reveal asks for a masked field of a member in clear; the reason is on record.
func (c *Client) Reveal(ctx context.Context, m id.Member, reveal wire.RevealRequest) (wire.Revealed, error) {
	return call[wire.Revealed](ctx, &c.caller, ofMember(post, m, "reveal").with(reveal))
}

// EraseMember makes everything personal of a member unreadable for good.
func (c *Client) EraseMember(ctx context.Context, key id.Command, m id.Member, erase wire.EraseRequest) (wire.Done, error) {
	return command[wire.Done](ctx, &c.caller, key, ofMember(post, m, "erasure").with(erase))
}

// ExportMember reads everything that is kept of a member, to be given to them.
func (c *Client) ExportMember(ctx context.Context, m id.Member) (wire.MemberExport, error) {
	r := ofMember(get, m, "export")
	r.large = true
	return call[wire.MemberExport](ctx, &c.caller, r)
}

// MemberRefuels reads a page of what the member with a number fuelled at this
// station, before one (zero: the newest), newest first. It is all that a
// cashier knows of a member.
func (c *Client) MemberRefuels(ctx context.Context, memberNumber string, last id.Sale) (wire.MemberRefuels, error) {
	return call[wire.MemberRefuels](ctx, &c.caller,
		get("v1", "member-numbers", memberNumber, "refuels").where(selected("before", last.String())))
}

// Segments lists the station's segments, by name.
func (c *Client) Segments(ctx context.Context) (wire.SegmentList, error) {
	return call[wire.SegmentList](ctx, &c.caller, get("v1", "segments"))
}

// PutSegment replaces a segment, or adds one if which is zero.
func (c *Client) PutSegment(ctx context.Context, key id.Command, which id.Segment, segment wire.SegmentRequest) (wire.Segment, error) {
	r := post("v1", "segments")
	if !which.IsZero() {
		r = put("v1", "segments", which.String())
	}
	return command[wire.Segment](ctx, &c.caller, key, r.with(segment))
}

// DropSegment removes a segment.
func (c *Client) DropSegment(ctx context.Context, key id.Command, which id.Segment) (wire.Done, error) {
	return command[wire.Done](ctx, &c.caller, key, drop("v1", "segments", which.String()))
}

// PreviewSegment reads whom a rule would choose now.
func (c *Client) PreviewSegment(ctx context.Context, segment wire.SegmentRequest) (wire.SegmentPreview, error) {
	return call[wire.SegmentPreview](ctx, &c.caller, post("v1", "segments", "preview").with(segment))
}
