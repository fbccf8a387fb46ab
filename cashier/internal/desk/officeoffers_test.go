package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/id"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
)

func day(month time.Month, d, hour, minute, second int) time.Time {
	return time.Date(2026, month, d, hour, minute, second, 0, lookbook.Zone())
}

func TestOffersThatHaveNotEndedAreListed(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleGroup)
	over := b.Offers[1]
	over.ID, over.Until = id.New[id.Offer](b.IDs), b.At()
	b.Offers = append(b.Offers, over)
	b.Open(desk.PageOffice, desk.TabOffers)
	o := office(t, b)
	if got := texts(o.Table, 2); !slices.Equal(got, []string{"未开始", "进行中", "进行中", "进行中"}) {
		t.Errorf("states %q", got)
	}
	if got := texts(o.Table, 1); !slices.Equal(got, []string{"礼品", "通知", "充值优惠", "降价"}) {
		t.Errorf("kinds %q", got)
	}
	if r := o.Table.Rows[3]; r.Cells[3].Text != "2026-11-01 00:00" || r.Cells[4].Text != "2026-12-30 23:59" || !o.Wide {
		t.Errorf("row %+v", r)
	}
	b.Row(1)
	c := office(t, b).Card
	if c == nil || c.Title != b.Offers[1].Title || c.Subtitle != "进行中" || !holds(c.Sections, b.Offers[1].Text) {
		t.Fatalf("card %+v", c)
	}
	b.Wait(6 * 24 * time.Hour) // it ends while it is looked at
	b.Beat()
	if o := office(t, b); len(o.Table.Rows) != 3 || o.Card != nil {
		t.Errorf("after its end: %q, card %+v", texts(o.Table, 0), o.Card)
	}
}

func TestOfferIsMadeFromWhatWasFilledIn(t *testing.T) {
	now := day(11, 23, 7, 12, 0)
	for name, c := range map[string]struct {
		fill []string
		want wire.OfferRequest
	}{
		"as it comes": {
			[]string{"title", " 周三会员日 "},
			wire.OfferRequest{Kind: wire.OfferDiscount, Title: "周三会员日", From: now, Until: day(12, 23, 23, 59, 59)},
		},
		"whole days": {
			[]string{"title", "双十二", "kind", "recharge", "text", "充一千\n送五十\t现金", "from", "2026-12-12", "until", "2026-12-12"},
			wire.OfferRequest{Kind: wire.OfferRecharge, Title: "双十二", Text: "充一千\n送五十 现金", From: day(12, 12, 0, 0, 0), Until: day(12, 12, 23, 59, 59)},
		},
		"minutes, from an input method": {
			[]string{"title", strings.Repeat("长", 40), "kind", "news", "text", strings.Repeat("长", 400), "from", "2026/11/28　23：00", "until", "2026-11-29 05:00"},
			wire.OfferRequest{
				Kind: wire.OfferNews, Title: strings.Repeat("长", 40), Text: strings.Repeat("长", 400),
				From: day(11, 28, 23, 0, 0), Until: day(11, 29, 5, 0, 59),
			},
		},
		"one that runs already": {
			[]string{"title", "送水", "kind", "gift", "from", "2026-11-01"},
			wire.OfferRequest{Kind: wire.OfferGift, Title: "送水", From: day(11, 1, 0, 0, 0), Until: day(12, 23, 23, 59, 59)},
		},
	} {
		b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabOffers)
		b.Act("offer.add")
		b.Fill(c.fill...)
		b.Do(desk.OfficeSubmit{}, desk.OfficeSubmit{})
		_, acts := b.Asked()
		if len(acts) != 1 || acts[0].Kind != desk.CommandOfferAdd {
			t.Errorf("%s: sent %+v; form %+v", name, acts, form(t, b).Fields)
			continue
		}
		if diff := cmp.Diff(c.want, *acts[0].Office.Offer); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if f := form(t, b); !f.Busy || !f.OK.Busy || f.Cancel.On {
			t.Errorf("%s: on its way the form is %+v", name, f)
		}
		b.Grant(acts[0])
		b.Serve()
		if o := office(t, b); o.Form != nil || len(o.Table.Rows) != 5 || o.Table.Rows[0].Cells[0].Text != c.want.Title || said(b.Stage) != "优惠已发布" {
			t.Errorf("%s: listed %q, said %q", name, texts(o.Table, 0), said(b.Stage))
		}
	}
}

func TestOfferThatCannotBeMeantIsNotSent(t *testing.T) {
	for name, c := range map[string]struct{ fill, wrong []string }{
		"no title":              {nil, []string{"title", "请填写"}},
		"a long title":          {[]string{"title", strings.Repeat("长", 41)}, []string{"title", "最多 40 字"}},
		"a long text":           {[]string{"title", "x", "text", strings.Repeat("长", 401)}, []string{"text", "最多 400 字"}},
		"no beginning":          {[]string{"title", "x", "from", ""}, []string{"from", "请填写"}},
		"no such day":           {[]string{"title", "x", "until", "2026-02-30"}, []string{"until", "请写成 2026-11-23 或 2026-11-23 07:00"}},
		"words":                 {[]string{"title", "x", "from", "明天"}, []string{"from", "请写成 2026-11-23 或 2026-11-23 07:00"}},
		"an end before it":      {[]string{"title", "x", "from", "2026-12-12", "until", "2026-12-11"}, []string{"until", "结束须晚于开始"}},
		"an end that is past":   {[]string{"title", "x", "from", "2026-11-01", "until", "2026-11-22"}, []string{"until", "结束时间已经过去"}},
		"an end a minute early": {[]string{"title", "x", "from", "2026-12-12 08:01", "until", "2026-12-12 08:00"}, []string{"until", "结束须晚于开始"}},
	} {
		b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabOffers)
		b.Act("offer.add")
		b.Fill(c.fill...)
		b.Do(desk.OfficeSubmit{})
		if _, acts := b.Asked(); len(acts) != 0 {
			t.Errorf("%s: sent %+v", name, acts[0].Office.Offer)
		}
		f := form(t, b)
		if got := wrong(f, c.wrong[0]); got != c.wrong[1] {
			t.Errorf("%s: says %q, want %q", name, got, c.wrong[1])
		}
		b.Do(desk.OfficeEdit{Field: c.wrong[0], Value: "y"})
		if got := wrong(form(t, b), c.wrong[0]); got != "" {
			t.Errorf("%s: while it is mended it says %q", name, got)
		}
	}
}

func TestRefusedOfferStaysInItsForm(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabOffers)
	b.Act("offer.add")
	b.Fill("title", "x", "until", "2030-01-01")
	b.Refuse = wire.NewProblem(wire.ProblemOfferTimes, "")
	b.Submit()
	f := form(t, b)
	if f.Problem != wire.Problems[wire.ProblemOfferTimes].Chinese || f.Busy || !f.OK.On || f.Fields[0].Value != "x" {
		t.Errorf("form %+v", f)
	}
	b.Do(desk.Press{Key: desk.KeyEscape})
	if office(t, b).Form != nil {
		t.Error("Escape does not close it")
	}
}

func TestOfferIsEndedAfterAskingOnce(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabOffers)
	b.Do(desk.OfficeAct{ID: "offer.end"}) // none is chosen
	if office(t, b).Form != nil {
		t.Fatal("something is asked about no offer")
	}
	b.Row(2)
	which := b.Offers[2]
	b.Act("offer.end")
	if f := form(t, b); f.Title != which.Title || f.OK.Style != desk.ActDanger || f.Text != "车主立即看不到这条优惠，不能恢复" {
		t.Errorf("form %+v", f)
	}
	if _, acts := b.Asked(); len(acts) != 0 {
		t.Fatal("it was ended without asking")
	}
	b.Do(desk.OfficeSubmit{}, desk.OfficeSubmit{})
	_, acts := b.Asked()
	if len(acts) != 1 || acts[0].Kind != desk.CommandOfferEnd || acts[0].Object != which.ID.String() {
		t.Fatalf("sent %+v", acts)
	}
	b.Grant(acts[0])
	b.Serve()
	if o := office(t, b); o.Form != nil || o.Card != nil || slices.Contains(texts(o.Table, 0), which.Title) || said(b.Stage) != "优惠已结束" {
		t.Errorf("listed %q, said %q", texts(o.Table, 0), said(b.Stage))
	}
}

func TestStationWithManyOffersMakesNoMore(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{Lang: desk.English}, wire.RoleHead)
	for len(b.Offers) < wire.MaxOffers {
		more := b.Offers[2]
		more.ID = id.New[id.Offer](b.IDs)
		b.Offers = append(b.Offers, more)
	}
	b.Open(desk.PageOffice, desk.TabOffers)
	o := office(t, b)
	if o.Acts[0].ID != "offer.add" || o.Acts[0].On || o.Note != "There are 20 offers; end one before you make another" {
		t.Errorf("acts %+v, note %q", o.Acts, o.Note)
	}
	b.Act("offer.add")
	if office(t, b).Form != nil {
		t.Error("a form opens all the same")
	}
}

func TestOffersSayWhyThereAreNone(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
	b.Offers = nil
	b.Do(desk.GoTo{Page: desk.PageOffice})
	b.Serve()
	b.Do(desk.OfficeTab{Tab: desk.TabOffers})
	if got := office(t, b).Table.Empty; got != "正在读取…" {
		t.Errorf("meanwhile it says %q", got)
	}
	b.Serve()
	if got := office(t, b).Table.Empty; got != "没有进行中或未开始的优惠" {
		t.Errorf("without offers it says %q", got)
	}
	b.Refuse = wire.NewProblem(wire.ProblemStorage, "")
	b.Act("reload")
	if got := office(t, b).Table; got.Empty != wire.Problems[wire.ProblemStorage].Chinese || got.NoteTone != desk.ToneBad {
		t.Errorf("when the hub fails it says %q", got.Empty)
	}
}
