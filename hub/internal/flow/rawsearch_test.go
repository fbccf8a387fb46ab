package flow_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/rawsearch"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// thief is a private server with everything the hub writes, and what a thief
// would take: the files, and a dump.
type thief struct {
	t      *testing.T
	dir    string
	server *mysql.Server
	db     *mysql.DB
}

// newThief starts a server; without a key its files are in clear.
func newThief(t *testing.T, key []byte) *thief {
	t.Helper()
	dir, err := os.MkdirTemp("", "fdb") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	th := &thief{t: t, dir: dir}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	th.server, err = mysql.StartServer(t.Context(), mysql.ServerOptions{
		Dir: dir, Tiny: true, Test: true, AtRest: key, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := th.server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if th.db, err = mysql.Provision(t.Context(), th.server.Endpoint, mysql.Database, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = th.db.Close() })
	return th
}

// dump is what mariadb-dump makes of the whole server.
func (th *thief) dump(options ...string) []byte {
	th.t.Helper()
	args := append([]string{
		"--no-defaults", "--user=root", "--socket=" + th.server.Socket, "--single-transaction", "--all-databases",
		"--routines", "--events", "--triggers",
	}, options...)
	var complaint bytes.Buffer
	cmd := exec.Command("mariadb-dump", args...)
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		th.t.Fatalf("mariadb-dump: %v: %s", err, &complaint)
	}
	return out
}

// kill ends the server in the middle of its work, and waits for it to be back.
func (th *thief) kill() {
	th.t.Helper()
	if err := syscall.Kill(th.server.PID(), syscall.SIGKILL); err != nil {
		th.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(th.t.Context(), 30*time.Second)
	defer cancel()
	for th.server.Restarts() == 0 || th.db.Health(ctx) != nil {
		if clock.Sleep(ctx, 20*time.Millisecond) != nil {
			th.t.Fatal("the server did not come back")
		}
	}
}

// files searches the server's directory: tables, redo and undo log, binary
// logs, temporary files, the error log.
func (th *thief) files(words ...string) []rawsearch.Hit {
	th.t.Helper()
	hits, err := finderOf(th.t, words).SearchDir(th.dir)
	if err != nil {
		th.t.Fatal(err)
	}
	return hits
}

// dumps searches dumps in both forms that binary columns are written in.
func (th *thief) dumps(words ...string) (hits []rawsearch.Hit) {
	th.t.Helper()
	for _, option := range []string{"--hex-blob", "--skip-hex-blob"} {
		found, err := finderOf(th.t, words).Search("dump "+option, bytes.NewReader(th.dump(option)))
		if err != nil {
			th.t.Fatal(err)
		}
		hits = append(hits, found...)
	}
	return hits
}

func finderOf(t *testing.T, words []string) *rawsearch.Finder {
	t.Helper()
	f, err := rawsearch.New(words...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func wantNothing(t *testing.T, what string, hits []rawsearch.Hit) {
	t.Helper()
	for _, hit := range hits {
		t.Errorf("%s: %s", what, hit)
	}
}

// person is one of those whose data is looked for.
type person struct {
	name, phone, plate, model, paper, account, openID, said, note string
	odometer                                                      int64
}

// somebody is the nth person, all of whose data is unlike the others'.
func somebody(n int) person {
	given := []rune("甲乙丙丁戊己庚辛")[n]
	return person{
		name: "欧阳秋" + string(given), phone: fmt.Sprintf("1397766%04d", 5501+n), plate: fmt.Sprintf("云A9K7%d8", n),
		model: "雪铁龙凡尔赛" + string(given), paper: paperOf(fmt.Sprintf("53010219870%d140%02d", n+1, n+10)),
		account: fmt.Sprintf("wxid_ouyang_%d_private", n),
		openID:  fmt.Sprintf("oQ7xk5ouyang%dprivate", n),
		said:    fmt.Sprintf("我昨天加的油里好像有水%c，怎么办", given),
		note:    fmt.Sprintf("他说话很客气%c，请优先处理", given),

		odometer: int64(8_675_301 + n),
	}
}

// paperOf adds the check character of an ID number (GB 11643-1999, 6.1).
func paperOf(seventeen string) string {
	weight, sum := 1, 0
	for i := range 17 {
		weight = weight * 2 % 11
		sum += weight * int(seventeen[16-i]-'0')
	}
	return seventeen + string("10X98765432"[sum%11])
}

func (p person) words() []string {
	return []string{
		p.name, p.phone, p.plate, p.model, p.paper, p.account, p.openID, p.said, p.note, "+86" + p.phone, strings.Replace(p.plate, "A", "A·", 1),
		// As it is sealed, as it is told, and as a dump would write a number: its
		// digits alone come up by chance.
		fmt.Sprintf("%010d", p.odometer), fmt.Sprintf(`"odometer_km":%d`, p.odometer), fmt.Sprintf(",%d,", p.odometer),
	}
}

// whoComes has a person join with everything, buy, ask, rate and be answered.
func (o *office) whoComes(p person, nozzle int) member.Actor {
	o.t.Helper()
	ctx := o.t.Context()
	who := o.driver(p.phone)
	o.agrees(who)
	must[wire.Member](o.t)(o.members.Rename(ctx, who, wire.ProfileRequest{Name: p.name}))
	me := must[wire.Member](o.t)(o.members.AddVehicle(ctx, who, wire.VehicleRequest{Plate: p.plate, Model: p.model}))
	must[wire.Member](o.t)(o.members.SetIDNumber(ctx, who, wire.IDNumberRequest{IDNumber: p.paper}))
	must[wire.Member](o.t)(o.members.AddAccount(ctx, who, wire.PaymentAccountRequest{Kind: wire.AccountWeChat, Account: p.account}))
	o.bound(p.phone, p.openID)
	o.claim(who, nozzle)
	sale := o.sale(nozzle, 20_000)
	o.take(wire.SaleStarted{Sale: sale.Sale, Nozzle: nozzle, StartedAt: o.now()}, sale)
	must[wire.Sale](o.t)(o.flow.Pay(ctx, o.cashier(), o.key(), sale.Sale, cash(sale.Amount, sale.Amount+5000)))
	o.note(who, sale.Sale, wire.Trip{Vehicle: me.Vehicles[0].ID, Odometer: p.odometer, Full: true})
	th := must[wire.Thread](o.t)(o.flow.Take(ctx, o.anna, o.key(), o.open(who).ID))
	o.say(asDriver(who), th.ID, p.said)
	o.say(asStaff(o.anna), th.ID, "回复："+p.said) // the member is away: a notice is kept
	must[wire.Thread](o.t)(o.flow.Transfer(ctx, o.anna, o.key(), th.ID, wire.TransferRequest{To: o.ben.Staff, Note: p.note}))
	picture := o.upload(media.Owner{Thread: th.ID, Subject: who.Member, Member: who.Member}, pictureOf(o.t))
	must[wire.Message](o.t)(o.flow.Say(ctx, asDriver(who), th.ID, wire.SendRequest{ID: id.New[id.Message](o.ids), Kind: wire.MessagePicture, Media: picture.ID}))
	must[wire.Thread](o.t)(o.flow.CloseThread(ctx, asStaff(o.ben), o.key(), th.ID))
	must[wire.Thread](o.t)(o.flow.Rate(ctx, who, th.ID, wire.RatingRequest{Stars: 4, Note: p.note}))
	return who
}

// looksUp has the head search for and look at a member in every way.
func (o *office) looksUp(p person, who member.Actor) {
	o.t.Helper()
	for _, ask := range []wire.MemberSearch{{Phone: p.phone}, {Plate: p.plate}, {IDNumber: p.paper}, {Number: who.Number}} {
		page := must[wire.MemberPage](o.t)(o.flow.SearchMembers(o.t.Context(), o.head(), ask))
		if len(page.Members) != 1 {
			o.t.Errorf("a search for somebody who is there finds %d", len(page.Members))
		}
	}
	must[wire.MemberRecord](o.t)(o.flow.MemberRecord(o.t.Context(), o.head(), who.Member))
	must[wire.Revealed](o.t)(o.flow.RevealMember(o.t.Context(), o.head(), who.Member, wire.RevealRequest{Field: wire.FieldPhone, Reason: "联系取回遗失物品"}))
	_, err := o.flow.SearchMembers(o.t.Context(), o.cashier(), wire.MemberSearch{Phone: p.phone})
	wantProblem(o.t.(*testing.T), err, wire.ProblemForbidden)
}

func pictureOf(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestS073AStolenDatabaseSaysNothing: names, phones, plates, models, ID
// numbers, accounts and what was said stand nowhere, neither in the files nor in
// a dump; of what a dump may tell, what was sold and paid, the files say
// nothing either.
func TestS073AStolenDatabaseSaysNothing(t *testing.T) {
	key := make([]byte, mysql.AtRestBytes)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	th := newThief(t, key)
	o := newOfficeIn(t, newHouseOn(t, th.db))
	o.come(o.anna, o.ben)
	var words, station []string

	const staffName, colleague = "上官若水", "司徒远山"
	people, err := staff.NewStore(staff.Deps{
		DB: o.db, Vault: o.keys.Vault, Now: o.now, Random: rand.Reader, IDs: o.ids,
		Cost: staff.Cost{MemoryKiB: 64, Passes: 1, Lanes: 1}, Rules: staff.Rules{Idle: time.Hour, Lifetime: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	o.flow.Staff = people
	if _, err := people.Enter(t.Context(), staff.NewPerson{
		Station: o.station, Number: "5001", Name: staffName, Role: wire.RoleAttendant, Password: "quiet-harbour-lamp",
	}); err != nil {
		t.Fatal(err)
	}
	must[wire.StaffMember](t)(o.flow.AddStaff(t.Context(), o.head(), o.key(), wire.NewStaffRequest{
		Number: "5002", Name: colleague, Role: wire.RoleCashier, Password: "copper-meadow-9",
	}))
	words = append(words, staffName, colleague, "quiet-harbour-lamp", "copper-meadow-9")

	const driveOff = "白色面包车没付钱就走了"
	left := o.sale(5, 31_470)
	o.take(wire.SaleStarted{Sale: left.Sale, Nozzle: 5, StartedAt: o.now()}, left)
	must[wire.Sale](t)(o.flow.Resolve(t.Context(), o.cashier(), o.key(), left.Sale, wire.ResolveRequest{Act: wire.ResolveDriveOff, Note: driveOff}))
	station = append(station, driveOff, left.DeviceKey, "联系取回遗失物品", "member.reveal")

	for n := range 4 {
		p := somebody(n)
		who := o.whoComes(p, n+1)
		if n == 0 {
			o.looksUp(p, who)
		}
		words = append(words, p.words()...)
		station = append(station, who.Number)
		o.later(time.Minute)
	}
	th.temporary(driveOff)

	wantNothing(t, "the files while it runs", th.files(slices.Concat(words, station)...))
	wantNothing(t, "a dump", th.dumps(words...))
	if len(th.dumps(driveOff)) == 0 {
		t.Error("the control: what the station wrote of itself is not found in a dump")
	}
	th.kill()
	wantNothing(t, "the files after it was killed", th.files(slices.Concat(words, station)...))
	if err := th.server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNothing(t, "the files after it ended", th.files(slices.Concat(words, station)...))
	for name, object := range o.attic.kept {
		if bytes.Contains(object, []byte("\x89PNG")) || bytes.Contains(object, []byte("JFIF")) {
			t.Errorf("picture %s lies there to be seen", name)
		}
	}
}

// temporary has the server write a temporary table full of a word to its
// temporary files, as it does with what does not fit its memory. It is there
// until the test ends.
func (th *thief) temporary(word string) {
	th.t.Helper()
	root, err := mysql.OpenAdmin(th.t.Context(), th.server.AdminDSN(mysql.Database), slog.New(slog.DiscardHandler))
	if err != nil {
		th.t.Fatal(err)
	}
	th.t.Cleanup(func() { _ = root.Close() })
	conn, err := root.Connx(th.t.Context())
	if err != nil {
		th.t.Fatal(err)
	}
	th.t.Cleanup(func() { _ = conn.Close() })
	const larger = "100000" // than the page cache of a tiny server
	for _, statement := range []string{
		"CREATE TEMPORARY TABLE kept (word VARCHAR(200)) ENGINE=Aria",
		"INSERT INTO kept SELECT ? FROM seq_1_to_" + larger,
	} {
		args := []any{word}[:strings.Count(statement, "?")]
		if _, err := conn.ExecContext(th.t.Context(), statement, args...); err != nil {
			th.t.Fatal(err)
		}
	}
}

// TestTheRawSearchFindsWhatIsInClear is the control: the same search, of a
// server that is not encrypted, finds the same things.
func TestTheRawSearchFindsWhatIsInClear(t *testing.T) {
	th := newThief(t, nil)
	p := somebody(0)
	if _, err := th.db.ExecContext(t.Context(), "INSERT INTO stream (channel, epoch, seq) VALUES (?, ?, 1)", "driver/"+p.phone, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	if _, err := th.db.ExecContext(t.Context(), "INSERT INTO outbox (channel, seq, kind, body, at) VALUES ('desk/A', 1, 'k', ?, NOW(3))", p.said); err != nil {
		t.Fatal(err)
	}
	th.temporary(p.note)
	where := map[string]bool{}
	for _, hit := range th.files(p.phone, p.said, p.note) {
		where[filepath.Base(hit.Place)+" "+hit.Word] = true
		where[filepath.Base(filepath.Dir(hit.Place))+" "+hit.Word] = true
	}
	for _, want := range []string{"ib_logfile0 " + p.phone, "ib_logfile0 " + p.said, "binlog.000001 " + p.phone, "binlog.000001 " + p.said, "tmp " + p.note} {
		if !where[want] {
			t.Errorf("%s was not found; found were %v", want, where)
		}
	}
	forms := map[string]bool{}
	for _, hit := range th.dumps(p.phone, p.said) {
		forms[hit.Form] = true
	}
	if !forms["utf-8"] || !forms["HEX"] {
		t.Errorf("of the dump it finds %v", forms)
	}
}
