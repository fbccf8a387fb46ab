package flow

import (
	"context"
	"errors"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/audit"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// PictureChecker judges pictures. A chat.Checker that is one as well is asked
// about every picture before it is kept. It answers a *wire.Problem of type
// wire.ProblemContentRefused, nil, or another error when it could not judge.
type PictureChecker interface {
	CheckPicture(ctx context.Context, content []byte, mime string) error
}

// Upload takes a picture or recording for a conversation, from a party of it,
// while the conversation is open or was closed within chat.ReopenWithin. It is
// kept for a day; a message that carries it keeps it for good.
func (f *Flow) Upload(ctx context.Context, who Speaker, t id.Thread, content []byte) (wire.Media, error) {
	thread, err := f.heard(ctx, f.DB, who, t)
	if err != nil {
		return wire.Media{}, err
	}
	if thread.State == wire.ThreadClosed && f.now().Sub(thread.ClosedAt) >= chat.ReopenWithin {
		return wire.Media{}, wire.NewProblem(wire.ProblemThreadClosed, "thread "+t.String())
	}
	if err := f.mayUpload(who); err != nil {
		return wire.Media{}, err
	}
	owner := media.Owner{Station: thread.Station, Thread: t, Subject: thread.Member, Staff: who.staffID()}
	if who.Member != nil {
		owner.Member = who.Member.Member
	}
	return f.keep(ctx, owner, content)
}

// UploadTutorial takes a picture for the station's tutorials (图文教程).
func (f *Flow) UploadTutorial(ctx context.Context, who staff.Actor, content []byte) (wire.Media, error) {
	if !staff.May(who.Role, staff.ManageSupport) {
		return wire.Media{}, wire.NewProblem(wire.ProblemForbidden, string(staff.ManageSupport))
	}
	if err := f.mayUpload(Speaker{Staff: &who}); err != nil {
		return wire.Media{}, err
	}
	found, err := media.Inspect(content)
	if err != nil {
		return wire.Media{}, err
	}
	if found.Kind != wire.MediaPicture {
		return wire.Media{}, wire.NewProblem(wire.ProblemMediaType, "a tutorial has pictures only")
	}
	return f.keep(ctx, media.Owner{Station: who.Station, Staff: who.Staff}, content)
}

// keep has a picture judged and an upload kept.
func (f *Flow) keep(ctx context.Context, owner media.Owner, content []byte) (wire.Media, error) {
	found, err := media.Inspect(content)
	if err != nil {
		return wire.Media{}, err
	}
	if found.Kind == wire.MediaPicture {
		if err := f.allowedPicture(ctx, owner, content, found.Type); err != nil {
			return wire.Media{}, err
		}
	}
	return f.Media.Put(ctx, owner, content)
}

// allowedPicture has a picture judged, if there is someone to judge it. A
// refusal is on record; no judgement stops nobody.
func (f *Flow) allowedPicture(ctx context.Context, owner media.Owner, content []byte, mime string) error {
	judge, ok := f.Words.(PictureChecker)
	if !ok {
		return nil
	}
	err := judge.CheckPicture(ctx, content, mime)
	var refused *wire.Problem
	if !errors.As(err, &refused) {
		if err != nil {
			f.Log.Warn("a picture was not judged; it is let through", "err", err)
		}
		return nil
	}
	row := audit.Row{
		At: f.now(), Station: owner.Station, Staff: owner.Staff, Member: owner.Member,
		Action: "chat.refused", Object: "thread", ObjectID: owner.Thread.String(), Result: string(refused.Type),
	}
	if recorded := audit.Record(ctx, f.DB, row); recorded != nil {
		return recorded
	}
	return err
}

// MediaLink answers where to fetch an upload for the next minutes: to the
// parties of its conversation; of a tutorial's picture, to the station's staff
// who answer and to any member who has had a conversation there.
func (f *Flow) MediaLink(ctx context.Context, who Speaker, m id.Media) (wire.MediaLink, error) {
	item, err := f.Media.Load(ctx, f.DB, m)
	if err != nil {
		return wire.MediaLink{}, err
	}
	if err := f.maySee(ctx, who, item.Owner); err != nil {
		return wire.MediaLink{}, err
	}
	return f.Media.Link(item.Media), nil
}

// maySee refuses whoever an upload is not for.
func (f *Flow) maySee(ctx context.Context, who Speaker, owner media.Owner) error {
	if !owner.Thread.IsZero() {
		_, err := f.heard(ctx, f.DB, who, owner.Thread)
		return err
	}
	if who.Staff != nil {
		if who.Staff.Station != owner.Station {
			return wire.NewProblem(wire.ProblemNotFound, "a picture of another station")
		}
		return mayAnswer(*who.Staff)
	}
	known := false
	if who.Member != nil {
		var err error
		if known, err = f.chat.store.Has(ctx, f.DB, owner.Station, who.Member.Member); err != nil {
			return err
		}
	}
	if !known {
		return wire.NewProblem(wire.ProblemNotFound, "a picture of a station they never wrote to")
	}
	return nil
}
