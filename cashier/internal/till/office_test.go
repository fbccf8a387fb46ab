package till

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// officeHub answers the office as it is told.
type officeHub struct {
	Hub
	session wire.Session
	logins  []wire.LoginRequest
	err     error // of every question and act
	mu      sync.Mutex
	keys    []id.Command
	sales   int // how often a sale was asked for
	csv     string
	cut     bool // the export ends too early
}

func (h *officeHub) Login(_ context.Context, l wire.LoginRequest) (wire.Session, error) {
	h.logins = append(h.logins, l)
	return h.session, nil
}

func (h *officeHub) Logout(context.Context) error { return nil }

func (h *officeHub) Staff(context.Context) (wire.StaffList, error) {
	return wire.StaffList{Staff: []wire.StaffMember{{Number: "2001"}}}, h.err
}

func (h *officeHub) EndSession(_ context.Context, key id.Command, _ id.Session) (wire.Done, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.keys = append(h.keys, key)
	return wire.Done{}, h.err
}

func (h *officeHub) PostRefuels(_ context.Context, nozzle int, _ id.Sale) (wire.RefuelList, error) {
	return wire.RefuelList{Refuels: []wire.Refuel{{Nozzle: nozzle + 1}}}, h.err
}

func (h *officeHub) Sale(context.Context, id.Sale) (wire.Sale, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sales++
	return wire.Sale{}, wire.NewProblem(wire.ProblemForbidden, "")
}

func (h *officeHub) ExportLog(_ context.Context, _ wire.LogQuery, w io.Writer) (int64, error) {
	if h.err != nil {
		return 0, h.err
	}
	n, err := io.WriteString(w, h.csv)
	if h.cut && err == nil {
		err = io.ErrUnexpectedEOF
	}
	return int64(n), err
}

func (h *officeHub) ExportMember(context.Context, id.Member) (wire.MemberExport, error) {
	return wire.MemberExport{Member: wire.Member{Number: "M000123"}}, h.err
}

// backOffice is a till with a hub of its own; followed are the channels of each
// live socket that was opened.
type backOffice struct {
	*rig
	followed [][]wire.Channel
}

func newBackOffice(t *testing.T, hub *officeHub) *backOffice {
	t.Helper()
	store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
	b := &backOffice{rig: newRig(t, hub, store)}
	b.Stream = func(o link.LiveOptions) Stream { b.followed = append(b.followed, o.Channels); return still{} }
	return b
}

func (b *backOffice) close(t *testing.T) {
	t.Helper()
	b.Close()
	if err := b.Store.Close(); err != nil {
		t.Error(err)
	}
}

// told lists the events of a type.
func told[E desk.Event](r *rig) (out []E) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e, ok := e.(E); ok {
			out = append(out, e)
		}
	}
	return out
}

func TestEachRoleFollowsItsChannels(t *testing.T) {
	for role, want := range map[wire.Role]string{
		wire.RoleHead: "forecourt desk support security", wire.RoleGroup: "forecourt desk support security",
		wire.RoleCashier: "forecourt desk", wire.RoleAgent: "forecourt desk support", wire.RoleAttendant: "forecourt post",
	} {
		var families []string
		staff := id.New[id.Staff](testIDs(3))
		for _, ch := range channels(wire.Session{Role: role, Staff: staff, Station: id.New[id.Station](testIDs(4))}) {
			family, name := ch.Split()
			families = append(families, family)
			if family == "post" && name != staff.String() {
				t.Errorf("the post of %s", name)
			}
		}
		if got := strings.Join(families, " "); got != want {
			t.Errorf("%s follows %q, want %q", role, got, want)
		}
	}
}

func TestSessionWithADutyGoesLiveWhenItIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &officeHub{session: wire.Session{Number: "1001", Role: wire.RoleHead, Must: []wire.Must{wire.MustPassword}}}
		b := newBackOffice(t, hub)
		b.Do(desk.Login{Number: "1001", Password: "p", Code: "123456"})
		synctest.Wait()
		if hub.logins[0] != (wire.LoginRequest{Number: "1001", Password: "p", Code: "123456"}) {
			t.Errorf("logged in with %+v", hub.logins)
		}
		b.Do(desk.Resync{Channel: "desk/x"})
		b.Do(desk.Unfollow{Channel: "chat/x"})
		b.Do(desk.OfficeAsk{N: 7, Question: desk.AskStaff{}})
		synctest.Wait()
		if len(b.followed) != 0 || len(told[desk.OfficeAnswer](b.rig)) != 1 {
			t.Errorf("followed %v before its time; %d answers", b.followed, len(told[desk.OfficeAnswer](b.rig)))
		}
		b.Do(desk.Proceed{})
		b.Do(desk.Proceed{})
		synctest.Wait()
		if len(b.followed) != 1 {
			t.Errorf("followed %v", b.followed)
		}
		b.close(t)
	})
}

func TestQuestionIsAnsweredUnderItsNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &officeHub{session: wire.Session{Number: "1001", Role: wire.RoleHead}}
		b := newBackOffice(t, hub)
		b.Do(desk.OfficeAsk{N: 1, Question: desk.AskStaff{}}) // nobody is signed in
		b.signIn()
		b.Do(desk.OfficeAsk{N: 2, Question: desk.AskStaff{}})
		synctest.Wait()
		hub.err = wire.NewProblem(wire.ProblemForbidden, "")
		b.Do(desk.OfficeAsk{N: 3, Question: desk.AskStaff{}})
		synctest.Wait()
		hub.err = errLine
		b.Do(desk.OfficeAsk{N: 4, Question: desk.AskStaff{}})
		synctest.Wait()
		hub.err = wire.NewProblem(wire.ProblemUnauthorized, "")
		b.Do(desk.OfficeAsk{N: 5, Question: desk.AskStaff{}})
		synctest.Wait()
		answers := told[desk.OfficeAnswer](b.rig)
		if len(answers) != 4 {
			t.Fatalf("answers %+v", answers)
		}
		for i, want := range []wire.ProblemType{"", wire.ProblemForbidden, wire.ProblemStorage, wire.ProblemUnauthorized} {
			a := answers[i]
			if a.N != i+2 || (a.Answer == nil) != (want != "") || want != "" && a.Problem.Type != want {
				t.Errorf("answer %d: %+v", i, a)
			}
		}
		if count[desk.SessionEnded](b.rig) != 1 {
			t.Error("the end of the session was not told")
		}
		b.close(t)
	})
}

func TestActOfTheOfficeIsTriedWithOneKeyAndNeverKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &officeHub{session: wire.Session{Number: "1001", Role: wire.RoleHead}, err: errLine}
		b := newBackOffice(t, hub)
		b.signIn()
		act := func() {
			b.Do(desk.Send{Command: desk.Command{Kind: desk.CommandSessionEnd, Object: id.New[id.Session](b.IDs).String()}})
			synctest.Wait()
		}
		act()
		if kept, _ := b.Store.Commands(); len(kept) != 0 {
			t.Error("it was saved")
		}
		pass(HandPatience + time.Second)
		synctest.Wait()
		if len(hub.keys) < 2 || len(slices.Compact(slices.Clone(hub.keys))) != 1 || count[desk.GivenUp](b.rig) != 1 {
			t.Errorf("keys %v, given up %d times", hub.keys, count[desk.GivenUp](b.rig))
		}
		tries := len(hub.keys)
		hub.err = wire.NewProblem(wire.ProblemRotating, "") // may succeed later, when the person tries again
		act()
		if refused := told[desk.Refused](b.rig); len(hub.keys) != tries+1 || len(refused) != 1 {
			t.Errorf("%d more tries, refused %+v", len(hub.keys)-tries, refused)
		}
		hub.err = nil
		act()
		b.Do(desk.Send{Command: desk.Command{Kind: desk.CommandSessionEnd, Object: "not an id"}})
		synctest.Wait()
		if count[desk.Answered](b.rig) != 1 || count[desk.Refused](b.rig) != 2 {
			t.Errorf("answered %d, refused %d", count[desk.Answered](b.rig), count[desk.Refused](b.rig))
		}
		b.close(t)
	})
}

func TestAttendantsTillAsksForNoSale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &officeHub{session: wire.Session{Number: "3001", Role: wire.RoleAttendant}}
		b := newBackOffice(t, hub)
		left := payment(b.IDs)
		left.Key, left.At = id.New[id.Command](b.IDs), time.Now()
		if err := b.Store.Save(left); err != nil {
			t.Fatal(err)
		}
		b.signIn()
		b.Do(desk.FetchRefuels{})
		pass(time.Minute)
		synctest.Wait()
		kept, _ := b.Store.Commands()
		if hub.sales != 0 || len(kept) != 1 || count[desk.RefuelsLoaded](b.rig) != 1 {
			t.Errorf("asked for %d sales, %d kept, %d lists", hub.sales, len(kept), count[desk.RefuelsLoaded](b.rig))
		}
		hub.err = errLine
		b.Do(desk.FetchRefuels{})
		synctest.Wait()
		if count[desk.SalesFailed](b.rig) != 1 {
			t.Error("a failure was not told")
		}
		b.close(t)
	})
}

func TestExportReplacesAFileOnlyByAWholeOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := &officeHub{session: wire.Session{Number: "1001", Role: wire.RoleHead}, csv: "at,who\n"}
		b := newBackOffice(t, hub)
		b.signIn()
		dir := t.TempDir()
		path := filepath.Join(dir, "log.csv")
		save := func(path string) desk.FileSaved {
			b.Do(desk.SaveLog{Path: path})
			synctest.Wait()
			all := told[desk.FileSaved](b.rig)
			return all[len(all)-1]
		}
		if got := save(path); got != (desk.FileSaved{Path: path}) {
			t.Fatalf("told %+v", got)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v: others may read it", info, err)
		}
		hub.csv, hub.cut = "half of", true
		if got := save(path); got.Failed || got.Problem == nil {
			t.Errorf("half an export: %+v", got)
		}
		hub.cut, hub.err = false, wire.NewProblem(wire.ProblemForbidden, "")
		if got := save(path); got.Failed || got.Problem == nil || got.Problem.Type != wire.ProblemForbidden {
			t.Errorf("refused: %+v", got)
		}
		hub.err = nil
		if got := save(filepath.Join(dir, "missing", "log.csv")); !got.Failed {
			t.Errorf("no such folder: %+v", got)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "at,who\n" {
			t.Errorf("the file holds %q, %v", text, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("left over: %v, %v", left, err)
		}
		member := filepath.Join(dir, "M000123.json")
		b.Do(desk.SaveMember{Path: member, Member: id.New[id.Member](b.IDs)})
		synctest.Wait()
		if text, err := os.ReadFile(member); err != nil || !strings.Contains(string(text), `"number": "M000123"`) {
			t.Errorf("the member's file holds %q, %v", text, err)
		}
		b.close(t)
	})
}

func TestEveryQuestionAndActIsKnown(t *testing.T) {
	till := &Till{Options: Options{Hub: nil}}
	for _, kind := range []desk.CommandKind{"", "nonsense", desk.CommandStaffAdd, desk.CommandErase} {
		err := till.attemptOffice(t.Context(), desk.Command{Kind: kind}) // without a body
		if p := problemOf(err); p == nil || p.Type != wire.ProblemBadRequest {
			t.Errorf("%q: %v", kind, err)
		}
	}
	if _, err := till.ask(t.Context(), nil); problemOf(err) == nil {
		t.Errorf("a question that is none: %v", err)
	}
}
