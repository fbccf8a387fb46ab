package till

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// Office is what a till asks of the hub for the members page and the office.
type Office interface {
	SearchMembers(context.Context, wire.MemberSearch) (wire.MemberPage, error)
	Member(context.Context, id.Member) (wire.MemberRecord, error)
	MemberRefuels(ctx context.Context, number string, before id.Sale) (wire.MemberRefuels, error)
	Reveal(context.Context, id.Member, wire.RevealRequest) (wire.Revealed, error)
	EraseMember(context.Context, id.Command, id.Member, wire.EraseRequest) (wire.Done, error)
	ExportMember(context.Context, id.Member) (wire.MemberExport, error)
	Segments(context.Context) (wire.SegmentList, error)
	PutSegment(context.Context, id.Command, id.Segment, wire.SegmentRequest) (wire.Segment, error)
	DropSegment(context.Context, id.Command, id.Segment) (wire.Done, error)
	PreviewSegment(context.Context, wire.SegmentRequest) (wire.SegmentPreview, error)
	Staff(context.Context) (wire.StaffList, error)
	AddStaff(context.Context, id.Command, wire.NewStaffRequest) (wire.StaffMember, error)
	SetStaff(context.Context, id.Command, id.Staff, wire.StaffRequest) (wire.StaffMember, error)
	GivePassword(context.Context, id.Command, id.Staff, wire.PasswordRequest) (wire.Done, error)
	StaffSessions(context.Context) (wire.StaffSessionList, error)
	EndSession(context.Context, id.Command, id.Session) (wire.Done, error)
	Assign(context.Context, id.Command, id.Staff, wire.PostRequest) (wire.Roster, error)
	PostRefuels(ctx context.Context, nozzle int, before id.Sale) (wire.RefuelList, error)
	Permissions(context.Context) (wire.Permissions, error)
	Account(context.Context) (wire.Account, error)
	ChangePassword(context.Context, wire.OwnPasswordRequest) (wire.Account, error)
	BeginSecondFactor(context.Context) (wire.SecondFactor, error)
	ConfirmSecondFactor(context.Context, wire.CodeRequest) (wire.RecoveryCodes, error)
	DropSecondFactor(context.Context, wire.CodeRequest) (wire.Account, error)
	SearchLog(context.Context, wire.LogQuery) (wire.LogPage, error)
	LogState(context.Context) (wire.LogState, error)
	ExportLog(context.Context, wire.LogQuery, io.Writer) (int64, error)
	Alerts(context.Context, link.AlertQuery) (wire.AlertList, error)
	NoteAlert(context.Context, id.Command, id.Alert) (wire.Alert, error)
	KeyRing(context.Context) (wire.KeyRing, error)
	RotateKeys(context.Context, id.Command) (wire.KeyRing, error)
	Offers(context.Context) (wire.OfferList, error)
	AddOffer(context.Context, id.Command, wire.OfferRequest) (wire.Offer, error)
	EndOffer(context.Context, id.Command, id.Offer) (wire.Offer, error)
	Site(context.Context) (wire.Site, error)
	SetSite(context.Context, id.Command, wire.Site) (wire.Site, error)
	Backups
}

// doOffice carries out what the members page and the office ask for.
func (t *Till) doOffice(e desk.Effect) {
	switch e := e.(type) {
	case desk.OfficeAsk:
		t.inSession(func(ctx context.Context) { t.question(ctx, e) })
	case desk.SaveMember:
		t.inSession(func(ctx context.Context) {
			t.export(ctx, e.Path, func(ctx context.Context, w io.Writer) error { return t.writeMember(ctx, e.Member, w) })
		})
	case desk.SaveLog:
		t.inSession(func(ctx context.Context) {
			t.export(ctx, e.Path, func(ctx context.Context, w io.Writer) error {
				_, err := t.Hub.ExportLog(ctx, e.Query, w)
				return err
			})
		})
	case desk.FetchRefuels:
		t.inSession(func(ctx context.Context) { t.fetchRefuels(ctx, e.Before) })
	case desk.Proceed:
		t.proceed()
	}
}

// question asks the hub and says what came.
func (t *Till) question(ctx context.Context, e desk.OfficeAsk) {
	asked(ctx, t, "answer for the office", func(ctx context.Context) (any, error) {
		return t.ask(ctx, e.Question)
	}, func(answer any, problem *wire.Problem) {
		if problem != nil {
			answer = nil
		}
		t.Post(desk.OfficeAnswer{N: e.N, Answer: answer, Problem: problem})
		if problem != nil && problem.Type == wire.ProblemUnauthorized {
			t.Post(desk.SessionEnded{})
		}
	})
}

// ask puts a question to the hub.
func (t *Till) ask(ctx context.Context, q desk.Question) (any, error) {
	switch q := q.(type) {
	case desk.AskMembers:
		return t.Hub.SearchMembers(ctx, q.Search)
	case desk.AskMember:
		return t.Hub.Member(ctx, q.Member)
	case desk.AskMemberRefuels:
		return t.Hub.MemberRefuels(ctx, q.Number, q.Before)
	case desk.AskReveal:
		return t.Hub.Reveal(ctx, q.Member, q.Reveal)
	case desk.AskSegments:
		return t.Hub.Segments(ctx)
	case desk.AskPreview:
		return t.Hub.PreviewSegment(ctx, q.Segment)
	case desk.AskStaff:
		return t.Hub.Staff(ctx)
	case desk.AskPermissions:
		return t.Hub.Permissions(ctx)
	case desk.AskSessions:
		return t.Hub.StaffSessions(ctx)
	}
	return t.askMore(ctx, q)
}

// askMore puts the other half of the questions.
func (t *Till) askMore(ctx context.Context, q desk.Question) (any, error) {
	switch q := q.(type) {
	case desk.AskOffers:
		return t.Hub.Offers(ctx)
	case desk.AskSite:
		return t.Hub.Site(ctx)
	case desk.AskBackups:
		return t.Hub.Backups(ctx)
	case desk.AskAlerts:
		return t.Hub.Alerts(ctx, link.AlertQuery{Before: q.Before})
	case desk.AskLog:
		return t.Hub.SearchLog(ctx, q.Query)
	case desk.AskLogState:
		return t.Hub.LogState(ctx)
	case desk.AskKeys:
		return t.Hub.KeyRing(ctx)
	case desk.AskAccount:
		return t.Hub.Account(ctx)
	case desk.AskPassword:
		return t.Hub.ChangePassword(ctx, q.Password)
	case desk.AskFactor:
		return t.Hub.BeginSecondFactor(ctx)
	case desk.AskConfirm:
		return t.Hub.ConfirmSecondFactor(ctx, q.Code)
	case desk.AskDropFactor:
		return t.Hub.DropSecondFactor(ctx, q.Code)
	}
	return nil, wire.NewProblem(wire.ProblemBadRequest, fmt.Sprintf("no such question: %T", q))
}

func (t *Till) fetchRefuels(ctx context.Context, before id.Sale) {
	asked(ctx, t, "refuels", func(ctx context.Context) (wire.RefuelList, error) {
		return t.Hub.PostRefuels(ctx, 0, before)
	}, func(list wire.RefuelList, problem *wire.Problem) {
		if problem != nil {
			t.Post(desk.SalesFailed{Problem: problem})
			return
		}
		t.Post(desk.RefuelsLoaded{List: list, Before: before})
	})
}

// attemptOffice sends an act of the members page or the office once.
func (t *Till) attemptOffice(ctx context.Context, c desk.Command) (err error) {
	body := c.Office
	switch {
	case c.Kind == desk.CommandStaffAdd && body.NewStaff != nil:
		_, err = t.Hub.AddStaff(ctx, c.Key, *body.NewStaff)
	case c.Kind == desk.CommandStaffSet && body.Staff != nil:
		_, err = about(c, func(who id.Staff) (wire.StaffMember, error) { return t.Hub.SetStaff(ctx, c.Key, who, *body.Staff) })
	case c.Kind == desk.CommandStaffPassword && body.Password != nil:
		_, err = about(c, func(who id.Staff) (wire.Done, error) { return t.Hub.GivePassword(ctx, c.Key, who, *body.Password) })
	case c.Kind == desk.CommandSessionEnd:
		_, err = about(c, func(s id.Session) (wire.Done, error) { return t.Hub.EndSession(ctx, c.Key, s) })
	case c.Kind == desk.CommandAssign && body.Assign != nil:
		_, err = about(c, func(who id.Staff) (wire.Roster, error) { return t.Hub.Assign(ctx, c.Key, who, *body.Assign) })
	case c.Kind == desk.CommandSegmentPut && body.Segment != nil:
		_, err = about(c, func(g id.Segment) (wire.Segment, error) { return t.Hub.PutSegment(ctx, c.Key, g, *body.Segment) })
	case c.Kind == desk.CommandSegmentDrop:
		_, err = about(c, func(g id.Segment) (wire.Done, error) { return t.Hub.DropSegment(ctx, c.Key, g) })
	case c.Kind == desk.CommandErase && body.Erase != nil:
		_, err = about(c, func(m id.Member) (wire.Done, error) { return t.Hub.EraseMember(ctx, c.Key, m, *body.Erase) })
	case c.Kind == desk.CommandAlertSeen:
		_, err = about(c, func(a id.Alert) (wire.Alert, error) { return t.Hub.NoteAlert(ctx, c.Key, a) })
	case c.Kind == desk.CommandRotate:
		_, err = t.Hub.RotateKeys(ctx, c.Key)
	case c.Kind == desk.CommandOfferAdd && body.Offer != nil:
		_, err = t.Hub.AddOffer(ctx, c.Key, *body.Offer)
	case c.Kind == desk.CommandOfferEnd:
		_, err = about(c, func(o id.Offer) (wire.Offer, error) { return t.Hub.EndOffer(ctx, c.Key, o) })
	case c.Kind == desk.CommandSite && body.Site != nil:
		_, err = t.Hub.SetSite(ctx, c.Key, *body.Site)
	default:
		err = t.attemptBackup(ctx, c)
	}
	return err
}

// about reads the id that an act is about; none is the zero id.
func about[K id.Kind, A any](c desk.Command, do func(id.Of[K]) (A, error)) (A, error) {
	var which id.Of[K]
	if err := which.UnmarshalText([]byte(c.Object)); err != nil {
		var none A
		return none, wire.NewProblem(wire.ProblemBadRequest, err.Error())
	}
	return do(which)
}

// errFile says that what failed is the file, not the hub.
var errFile = errors.New("writing the file")

// export fills a file and says what came of it. A file that was there is only
// replaced by a whole one, and only its owner may read it.
func (t *Till) export(ctx context.Context, path string, fill func(context.Context, io.Writer) error) {
	err := writeWhole(path, func(w io.Writer) error { return fill(ctx, w) })
	if ctx.Err() != nil {
		return
	}
	done := desk.FileSaved{Path: path, Problem: problemOf(err), Failed: errors.Is(err, errFile)}
	if err != nil {
		t.Log.Info("nothing exported", "error", err)
		if done.Problem == nil {
			done.Problem = wire.NewProblem(wire.ProblemStorage, "no answer")
		}
	}
	t.Post(done)
}

// toFile writes to a file and says so when that fails.
type toFile struct{ file *os.File }

// Write writes p.
func (f toFile) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	if err != nil {
		return n, fmt.Errorf("%w: %w", errFile, err)
	}
	return n, nil
}

// writeWhole writes a file beside the one asked for and puts it in its place.
func writeWhole(path string, fill func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".export-*") // 0600
	if err != nil {
		return fmt.Errorf("%w: %w", errFile, err)
	}
	defer os.Remove(f.Name())
	if err := fill(toFile{f}); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%w: %w", errFile, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("%w: %w", errFile, err)
	}
	return nil
}

// writeMember writes everything that is kept of a member as JSON that a person
// can read.
func (t *Till) writeMember(ctx context.Context, m id.Member, w io.Writer) error {
	all, err := t.Hub.ExportMember(ctx, m)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding a member's export: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
