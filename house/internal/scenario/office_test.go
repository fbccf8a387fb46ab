package scenario_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"forecourt/house/internal/house"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// office is a day in the head's office, against the real hub through the till's
// own client: what the one sends and the other reads has to fit in every call.
type office struct {
	t      *testing.T
	h      *house.House
	head   *link.Client
	driver *link.Driver
	member wire.Member
}

func (o *office) key() id.Command { return id.New[id.Command](o.h.IDs()) }

// must fails the test at once; what follows would only say the same.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func refused(t *testing.T, err error, want wire.ProblemType) {
	t.Helper()
	var problem *wire.Problem
	if !errors.As(err, &problem) || problem.Type != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A head finds and reveals a member, makes a segment, enters somebody, gives
// them a password that they must change, ends their session, sets up a second
// factor, takes note of alerts, exports the log, has the keys changed, and at
// last erases the member, who may have taken their data along.
func TestTheOfficeWorksWithTheRealHub(t *testing.T) {
	t.Parallel()
	h, err := house.Open(t.Context(), house.Options{Bin: programs(t), Dir: shortDir(t), Speed: 30, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	o := &office{t: t, h: h}
	if o.head, _, err = h.TillAs(t.Context(), "office", house.Head); err != nil {
		t.Fatal(err)
	}
	o.join()
	o.find()
	o.choose()
	o.hire()
	o.guard()
	o.rotate()
	o.erase()
}

// join makes a member with everything that can be kept.
func (o *office) join() {
	t, ctx := o.t, o.t.Context()
	o.driver = must[*link.Driver](t)(o.h.Driver(ctx, "13800010021"))
	must[wire.Member](t)(o.driver.SetProfile(ctx, wire.ProfileRequest{Name: "赵敏"}))
	_, err := o.driver.SetIDNumber(ctx, wire.IDNumberRequest{IDNumber: "11010519491231002X"})
	refused(t, err, wire.ProblemConsentNeeded)
	texts := must[wire.ConsentList](t)(o.driver.Consents(ctx))
	for _, text := range texts.Texts {
		must[wire.ConsentList](t)(o.driver.SetConsent(ctx, text.Purpose, wire.ConsentRequest{Given: true, Version: text.Version}))
	}
	must[wire.Member](t)(o.driver.SetIDNumber(ctx, wire.IDNumberRequest{IDNumber: "11010519491231002x"}))
	must[wire.Member](t)(o.driver.AddAccount(ctx, wire.PaymentAccountRequest{Kind: wire.AccountBank, Account: "6222020000001236789"}))
	o.member = must[wire.Member](t)(o.driver.AddVehicle(ctx, wire.VehicleRequest{Plate: "云AD12345", Model: "秦", Tank: 48_000}))
	if habits := must[wire.Habits](t)(o.driver.Habits(ctx)); habits.Refuels != 0 {
		t.Errorf("habits of who never fuelled: %+v", habits)
	}
}

// find looks the member up in every way and reveals what is masked.
func (o *office) find() {
	t, ctx := o.t, o.t.Context()
	for _, search := range []wire.MemberSearch{
		{Phone: "+86 138-0001-0021"}, {Plate: "云ad·12345"}, {IDNumber: "11010519491231002X"}, {Number: o.member.Number}, {},
	} {
		page := must[wire.MemberPage](t)(o.head.SearchMembers(ctx, search))
		if len(page.Members) != 1 || page.Members[0].ID != o.member.ID || page.Members[0].Phone != "138****0021" {
			t.Errorf("searching %+v found %+v", search, page.Members)
		}
	}
	record := must[wire.MemberRecord](t)(o.head.Member(ctx, o.member.ID))
	if record.IDNumber != "110***********002X" || len(record.Accounts) != 1 || record.Vehicles[0].Tank != 48_000 {
		t.Errorf("the record is %+v", record)
	}
	for field, want := range map[wire.PersonalField]string{
		wire.FieldPhone: "13800010021", wire.FieldIDNumber: "11010519491231002X", wire.FieldAccount: "6222020000001236789",
	} {
		req := wire.RevealRequest{Field: field, Reason: "会员来电核实"}
		if field == wire.FieldAccount {
			req.Account = record.Accounts[0].ID
		}
		if shown := must[wire.Revealed](t)(o.head.Reveal(ctx, o.member.ID, req)); shown.Value != want {
			t.Errorf("%s is revealed as %q", field, shown.Value)
		}
	}
	must[wire.RefuelList](t)(o.head.RefuelsOfMember(ctx, o.member.ID, id.Sale{}))
	must[wire.MemberRefuels](t)(o.head.MemberRefuels(ctx, o.member.Number, id.Sale{}))
}

// choose makes a segment of who has not come, changes it, and drops it.
func (o *office) choose() {
	t, ctx := o.t, o.t.Context()
	rule := wire.SegmentRule{Conditions: []wire.SegmentCondition{{Kind: wire.SegmentRefuels, Days: 90, Weekdays: []int{6}, Each: 300_00, AtLeast: 3}}}
	if p := must[wire.SegmentPreview](t)(o.head.PreviewSegment(ctx, wire.SegmentRequest{Name: "周六", Rule: rule})); p.Members != 0 {
		t.Errorf("the preview is %+v", p)
	}
	made := must[wire.Segment](t)(o.head.PutSegment(ctx, o.key(), id.Segment{}, wire.SegmentRequest{Name: "周六", Rule: rule}))
	made = must[wire.Segment](t)(o.head.PutSegment(ctx, o.key(), made.ID, wire.SegmentRequest{Name: "周六大额", Rule: rule}))
	page := must[wire.MemberPage](t)(o.head.SearchMembers(ctx, wire.MemberSearch{Segment: made.ID}))
	list := must[wire.SegmentList](t)(o.head.Segments(ctx))
	if len(page.Members) != 0 || len(list.Segments) != 1 || list.Segments[0].Name != "周六大额" {
		t.Errorf("members %+v of segments %+v", page.Members, list.Segments)
	}
	must[wire.Done](t)(o.head.DropSegment(ctx, o.key(), made.ID))
}

// hire enters somebody, who has to choose a password before anything else.
func (o *office) hire() {
	t, ctx := o.t, o.t.Context()
	_, err := o.head.AddStaff(ctx, o.key(), wire.NewStaffRequest{Number: "2002", Name: "张磊", Role: wire.RoleCashier, Password: "222222"})
	refused(t, err, wire.ProblemPasswordWeak)
	made := must[wire.StaffMember](t)(o.head.AddStaff(ctx, o.key(), wire.NewStaffRequest{
		Number: "2002", Name: "张磊", Role: wire.RoleAttendant, Password: "for-the-first-day",
	}))
	made = must[wire.StaffMember](t)(o.head.SetStaff(ctx, o.key(), made.ID, wire.StaffRequest{Name: "张磊", Role: wire.RoleCashier, Active: true}))
	must[wire.Done](t)(o.head.GivePassword(ctx, o.key(), made.ID, wire.PasswordRequest{Password: "for-the-second-day"}))
	till, _, err := o.h.TillAs(ctx, "till 2", house.Cashier)
	if err != nil {
		t.Fatal(err)
	}
	session := must[wire.Session](t)(till.Login(ctx, wire.LoginRequest{Number: "2002", Password: "for-the-second-day"}))
	if !slices.Equal(session.Must, []wire.Must{wire.MustPassword}) {
		t.Errorf("a first session must %v", session.Must)
	}
	_, err = till.Sales(ctx, link.SaleQuery{})
	refused(t, err, wire.ProblemMustFirst)
	must[wire.Account](t)(till.ChangePassword(ctx, wire.OwnPasswordRequest{Old: "for-the-second-day", New: "my own words 7"}))
	must[wire.SaleList](t)(till.Sales(ctx, link.SaleQuery{}))
	for _, s := range must[wire.StaffSessionList](t)(o.head.StaffSessions(ctx)).Sessions {
		if s.Number == "2002" {
			must[wire.Done](t)(o.head.EndSession(ctx, o.key(), s.ID))
		}
	}
	_, err = till.Sales(ctx, link.SaleQuery{})
	refused(t, err, wire.ProblemUnauthorized)
	if list := must[wire.StaffList](t)(o.head.Staff(ctx)); len(list.Staff) != 6 {
		t.Errorf("%d people work here", len(list.Staff))
	}
	if table := must[wire.Permissions](t)(o.head.Permissions(ctx)); len(table.Roles) != 5 || len(table.Rows) < 20 {
		t.Errorf("the permission table has %d roles and %d rows", len(table.Roles), len(table.Rows))
	}
	o.second()
}

// second sets up the head's second factor, signs in with it, and takes it off.
func (o *office) second() {
	t, ctx := o.t, o.t.Context()
	offered := must[wire.SecondFactor](t)(o.head.BeginSecondFactor(ctx))
	code := func(ahead time.Duration) string {
		return must[string](t)(totp.GenerateCode(offered.Secret, time.Now().Add(ahead)))
	}
	codes := must[wire.RecoveryCodes](t)(o.head.ConfirmSecondFactor(ctx, wire.CodeRequest{Code: code(0)}))
	login := wire.LoginRequest{Number: house.Head, Password: house.DemoPassword}
	_, err := o.head.Login(ctx, login)
	refused(t, err, wire.ProblemSecondFactor)
	login.Code = "000000"
	_, err = o.head.Login(ctx, login)
	refused(t, err, wire.ProblemSecondRefused)
	login.Code = codes.Codes[0]
	must[wire.Session](t)(o.head.Login(ctx, login))
	if a := must[wire.Account](t)(o.head.Account(ctx)); !a.SecondFactor || a.Recovery != len(codes.Codes)-1 {
		t.Errorf("the account is %+v after a recovery code", a)
	}
	_, err = o.head.Login(ctx, login) // the same one again
	refused(t, err, wire.ProblemSecondRefused)
	must[wire.Account](t)(o.head.DropSecondFactor(ctx, wire.CodeRequest{Code: code(30 * time.Second)}))
}

// guard lets a cashier try for the member, and takes note of the alert.
func (o *office) guard() {
	t, ctx := o.t, o.t.Context()
	cashier, _, err := o.h.TillAs(ctx, "till 3", house.Cashier)
	if err != nil {
		t.Fatal(err)
	}
	_, err = cashier.Member(ctx, o.member.ID)
	refused(t, err, wire.ProblemForbidden)
	var alert wire.Alert
	for deadline := time.Now().Add(30 * time.Second); alert.ID.IsZero() && time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
		for _, a := range must[wire.AlertList](t)(o.head.Alerts(ctx, link.AlertQuery{Open: true})).Alerts {
			if a.Rule == wire.AlertPersonal && a.Number == house.Cashier {
				alert = a
			}
		}
	}
	if seen := must[wire.Alert](t)(o.head.NoteAlert(ctx, o.key(), alert.ID)); seen.SeenBy != house.Head {
		t.Errorf("the alert is %+v", seen)
	}
	page := must[wire.LogPage](t)(o.head.SearchLog(ctx, wire.LogQuery{Number: house.Cashier, Action: "member.", Refused: true}))
	if len(page.Entries) != 1 || page.Entries[0].ObjectName != o.member.Number {
		t.Errorf("the log of the cashier's tries is %+v", page.Entries)
	}
	var table bytes.Buffer
	must[int64](t)(o.head.ExportLog(ctx, wire.LogQuery{Action: "member."}, &table))
	if text := table.String(); !strings.Contains(text, "member.reveal") || strings.Contains(text, "13800010021") || strings.Contains(text, "赵敏") {
		t.Errorf("the exported log is\n%s", text)
	}
	if state := must[wire.LogState](t)(o.head.LogState(ctx)); state.Rows == 0 || state.Problem != "" {
		t.Errorf("the log stands at %+v", state)
	}
}

// rotate has everything sealed with a new key while the hub serves.
func (o *office) rotate() {
	t, ctx := o.t, o.t.Context()
	ring := must[wire.KeyRing](t)(o.head.RotateKeys(ctx, o.key()))
	for deadline := time.Now().Add(time.Minute); ring.Rotation != nil && time.Now().Before(deadline); <-time.After(200 * time.Millisecond) {
		ring = must[wire.KeyRing](t)(o.head.KeyRing(ctx))
	}
	if ring.Rotation != nil || ring.Keys[0].State != wire.KeyActive || ring.Keys[0].ID != 2 || ring.Members != 1 || !ring.AtRest {
		t.Errorf("after the rotation: %+v", ring)
	}
	if record := must[wire.MemberRecord](t)(o.head.Member(ctx, o.member.ID)); record.Name != "赵敏" {
		t.Errorf("after the rotation the member is %+v", record)
	}
}

// erase gives the member what is kept of them, and forgets them.
func (o *office) erase() {
	t, ctx := o.t, o.t.Context()
	for who, export := range map[string]wire.MemberExport{
		"the member": must[wire.MemberExport](t)(o.driver.Export(ctx)), "the head": must[wire.MemberExport](t)(o.head.ExportMember(ctx, o.member.ID)),
	} {
		if export.IDNumber != "11010519491231002X" || export.Accounts[0].Account != "6222020000001236789" || export.Member.Phone != "13800010021" {
			t.Errorf("%s got %+v", who, export)
		}
	}
	_, err := o.head.EraseMember(ctx, o.key(), o.member.ID, wire.EraseRequest{Number: "M999999", Reason: "会员申请"})
	if err == nil {
		t.Error("another number's member was erased")
	}
	must[wire.Done](t)(o.head.EraseMember(ctx, o.key(), o.member.ID, wire.EraseRequest{Number: o.member.Number, Reason: "会员申请"}))
	_, err = o.head.Member(ctx, o.member.ID)
	refused(t, err, wire.ProblemErased)
	if page := must[wire.MemberPage](t)(o.head.SearchMembers(ctx, wire.MemberSearch{Phone: "13800010021"})); len(page.Members) != 0 {
		t.Errorf("the erased member is found: %+v", page.Members)
	}
	_, err = o.driver.Export(ctx)
	refused(t, err, wire.ProblemUnauthorized)
}
