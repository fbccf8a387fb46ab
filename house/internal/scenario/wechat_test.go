package scenario_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"forecourt/house/internal/house"
	"forecourt/house/internal/wechat"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// What the drivers of these tests are called by, and nobody else.
const (
	wechatPhone  = "13800010031"
	wechatMasked = "138****0031"
	anotherPhone = "13800010032"
	wechatName   = "zhaomin7f3"
)

// phones are drivers' phones before a real hub and the stand-in for WeChat.
type phones struct {
	t *testing.T
	h *house.House
}

// signIn opens a session on a new phone by WeChat's word.
func (p *phones) signIn(code, phoneCode string) (*link.Driver, wire.DriverSession, error) {
	p.t.Helper()
	d := must[*link.Driver](p.t)(p.h.Stranger())
	p.t.Cleanup(d.Close)
	session, err := d.WeChatLogin(p.t.Context(), wire.WeChatLogin{Code: code, PhoneCode: phoneCode})
	return d, session, err
}

// asks signs in, and is refused.
func (p *phones) asks(code, phoneCode string, want wire.ProblemType) {
	p.t.Helper()
	_, _, err := p.signIn(code, phoneCode)
	refused(p.t, err, want)
}

// A new driver signs in with WeChat's code and their phone's, then with WeChat's
// alone; by text message with another account of theirs, which has the place of
// the first from then on; codes that were used are worth nothing to whoever
// stole them; and when WeChat is away a text message is enough.
//
// The number that came this way is sealed: its owner sees it masked until they
// ask in their own session; nobody without one, and staff masked, until a head
// gives a reason. Each look is a row of the log. No file and no log of the hub
// has it.
func TestS075ADriverSignsInThroughWeChatAndTheNumberIsTheirs(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	h, err := house.Open(t.Context(), house.Options{Bin: programs(t), Dir: dir, Speed: 30, Seed: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	p := &phones{t, h}
	driver, member := p.joins()
	p.aLostPhoneIsSignedOut(driver, member)
	p.stolenCodesAreRefused(member)
	p.anotherAccountTakesThePlace(member)
	p.weChatIsAway()
	p.speaks(driver)
	p.onlyTheOwnerSeesTheNumber(driver, member)
	p.nothingIsInClear(wechatPhone, anotherPhone, wechatName, wechat.Secret)
	noRaces(t, dir)
}

func (p *phones) joins() (*link.Driver, wire.Member) {
	t := p.t
	t.Helper()
	p.asks("js-"+wechatName+"-1", "", wire.ProblemWeChatPhone)
	driver, first, err := p.signIn("js-"+wechatName+"-2", "phone-"+wechatPhone+"-1")
	if err != nil {
		t.Fatal(err)
	}
	_, again, err := p.signIn("js-"+wechatName+"-3", "")
	if err != nil || again.Member.ID != first.Member.ID || again.Token == first.Token || first.Member.Phone != wechatMasked {
		t.Fatalf("joined as %+v, came back as %+v, %v", first.Member, again.Member, err)
	}
	if e := must[wire.MemberExport](t)(driver.Export(t.Context())); !e.WeChat {
		t.Error("their own data do not say that WeChat is bound")
	}
	return driver, first.Member
}

func (p *phones) stolenCodesAreRefused(member wire.Member) {
	p.t.Helper()
	p.asks("js-"+wechatName+"-3", "", wire.ProblemWeChatRefused)
	p.asks("js-thief-1", "phone-"+wechatPhone+"-1", wire.ProblemWeChatRefused)
	p.asks("js-thief-2", "", wire.ProblemWeChatPhone) // and it is still nobody
	p.asks("guessed", "", wire.ProblemWeChatRefused)
	if _, session, err := p.signIn("js-"+wechatName+"-4", ""); err != nil || session.Member.ID != member.ID {
		p.t.Errorf("after all that: %+v, %v", session.Member, err)
	}
}

func (p *phones) anotherAccountTakesThePlace(member wire.Member) {
	t, ctx := p.t, p.t.Context()
	t.Helper()
	d := must[*link.Driver](t)(p.h.Stranger())
	defer d.Close()
	word := must[string](t)(p.h.CodeFor(ctx, d, wechatPhone))
	session := must[wire.DriverSession](t)(d.Login(ctx, wire.DriverLogin{Phone: wechatPhone, Code: word, WeChat: "js-second-1"}))
	if session.Member.ID != member.ID {
		t.Errorf("by text message they are %+v", session.Member)
	}
	if _, session, err := p.signIn("js-second-2", ""); err != nil || session.Member.ID != member.ID {
		t.Errorf("through the second account: %+v, %v", session.Member, err)
	}
	p.asks("js-"+wechatName+"-5", "", wire.ProblemWeChatPhone)
}

func (p *phones) weChatIsAway() {
	t, ctx := p.t, p.t.Context()
	t.Helper()
	p.h.WeChat.Leave(true)
	defer p.h.WeChat.Leave(false)
	p.asks("js-second-3", "", wire.ProblemWeChatAway)
	d := must[*link.Driver](t)(p.h.Stranger())
	defer d.Close()
	word := must[string](t)(p.h.CodeFor(ctx, d, anotherPhone))
	must[wire.DriverSession](t)(d.Login(ctx, wire.DriverLogin{Phone: anotherPhone, Code: word, WeChat: "js-third-1"}))
}

// speaks has what the driver says judged by WeChat.
func (p *phones) speaks(driver *link.Driver) {
	t, ctx := p.t, p.t.Context()
	t.Helper()
	stations := must[[]wire.StationCard](t)(driver.Stations(ctx))
	thread := must[wire.Thread](t)(driver.OpenThread(ctx, wire.OpenThread{Station: stations[0].ID}))
	say := func(words string) error {
		_, err := driver.Say(ctx, thread.ID, wire.SendRequest{ID: id.New[id.Message](p.h.IDs()), Kind: wire.MessageText, Text: words})
		return err
	}
	if err := say("几点关门"); err != nil {
		t.Error(err)
	}
	refused(t, say("这里有"+wechat.Risky), wire.ProblemContentRefused)
}

func (p *phones) onlyTheOwnerSeesTheNumber(driver *link.Driver, member wire.Member) {
	t, ctx := p.t, p.t.Context()
	t.Helper()
	const masked = wechatMasked
	if me := must[wire.Member](t)(driver.Me(ctx)); me.Phone != masked {
		t.Errorf("unasked, the owner sees %s", me.Phone)
	}
	if own := must[wire.OwnPhone](t)(driver.Phone(ctx)); own.Phone != wechatPhone {
		t.Errorf("the owner sees %s", own.Phone)
	}
	stranger := must[*link.Driver](t)(p.h.Stranger())
	defer stranger.Close()
	_, err := stranger.Me(ctx)
	refused(t, err, wire.ProblemUnauthorized)
	_, err = stranger.Phone(ctx)
	refused(t, err, wire.ProblemUnauthorized)
	head, _, err := p.h.TillAs(ctx, "office", house.Head)
	if err != nil {
		t.Fatal(err)
	}
	if found := must[wire.MemberPage](t)(head.SearchMembers(ctx, wire.MemberSearch{Phone: wechatPhone})); len(found.Members) != 1 || found.Members[0].Phone != masked {
		t.Errorf("the head finds %+v", found.Members)
	}
	if record := must[wire.MemberRecord](t)(head.Member(ctx, member.ID)); record.Phone != masked {
		t.Errorf("the head sees %s", record.Phone)
	}
	cashier, _, err := p.h.Till(ctx, "till")
	if err != nil {
		t.Fatal(err)
	}
	reveal := wire.RevealRequest{Field: wire.FieldPhone, Reason: "会员来电核实"}
	_, err = cashier.Reveal(ctx, member.ID, reveal)
	refused(t, err, wire.ProblemForbidden)
	_, err = head.Reveal(ctx, member.ID, wire.RevealRequest{Field: wire.FieldPhone})
	refused(t, err, wire.ProblemBadRequest)
	if shown := must[wire.Revealed](t)(head.Reveal(ctx, member.ID, reveal)); shown.Value != wechatPhone {
		t.Errorf("revealed is %q", shown.Value)
	}
	log := must[wire.LogPage](t)(head.SearchLog(ctx, wire.LogQuery{Action: "member.reveal", Object: "member", ObjectID: member.ID.String()}))
	byHead, byOwner := 0, 0
	for _, row := range log.Entries {
		if row.Result != "ok" {
			continue
		}
		switch {
		case row.Number == house.Head && row.Note == "phone: "+reveal.Reason && time.Since(row.At) < time.Minute:
			byHead++
		case row.Number == "" && row.Member == member.Number && row.Note == "phone: the member's own":
			byOwner++
		default:
			t.Errorf("the log says %+v", row)
		}
	}
	if byHead != 1 || byOwner != 1 {
		t.Errorf("%d and %d rows of the log for a number shown to each: %+v", byHead, byOwner, log.Entries)
	}
}

// nothingIsInClear searches every file of the hub, and every log, while they
// run. What is sent to phones is left out: a real station keeps none of it.
func (p *phones) nothingIsInClear(secrets ...string) {
	t := p.t
	t.Helper()
	searched := 0
	err := filepath.WalkDir(p.h.Dir(), func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // the database has just dropped it
		case err != nil:
			return err
		case !d.Type().IsRegular(), filepath.Base(path) == "notices.ndjson", filepath.Base(path) == "hub.yaml":
			return nil
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		searched += len(content)
		for _, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s stands in %s", secret, path)
			}
		}
		return err
	})
	if err != nil || searched < 1<<20 {
		t.Errorf("searched %d bytes, %v", searched, err)
	}
}
