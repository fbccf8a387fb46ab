package desk_test

import (
	"strings"
	"testing"

	"forecourt/cashier/internal/desk"
	"forecourt/cashier/internal/lookbook"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// edited opens the station's form and fills it in.
func edited(was wire.Site, fill ...string) *lookbook.Backroom {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
	b.Site = was
	b.Open(desk.PageOffice, desk.TabSite)
	b.Act("site.edit")
	b.Fill(fill...)
	b.Do(desk.OfficeSubmit{})
	return b
}

// put is the station that was sent; nil if nothing was.
func put(b *lookbook.Backroom) *wire.Site {
	_, acts := b.Asked()
	if len(acts) != 1 || acts[0].Kind != desk.CommandSite {
		return nil
	}
	return acts[0].Office.Site
}

func TestPlaceIsReadDigitByDigit(t *testing.T) {
	for text, want := range map[string]int{
		"25.040609": 25_040_609, "25": 25_000_000, "25.0": 25_000_000, "0.000001": 1, "-0.5": -500_000, "-90": -90_000_000, "90.000000": 90_000_000,
		"007.5": 7_500_000, " 25.04 ": 25_040_000,
	} {
		got := put(edited(wire.Site{Name: "x"}, "latitude", text, "longitude", "180"))
		if got == nil || got.Place == nil || *got.Place != (wire.Place{LatitudeE6: want, LongitudeE6: 180_000_000}) {
			t.Errorf("%q: %+v", text, got)
		}
	}
	for _, text := range []string{
		"90.000001", "-91", "25.0406091", "25.", ".5", "25,04", "+25", "--5", "25.04.1", "2 5", "25°", "1e1", "٢٥", "0025", "1234", "-", ".",
	} {
		b := edited(wire.Site{Name: "x"}, "latitude", text, "longitude", "102.7")
		if got := put(b); got != nil {
			t.Errorf("%q was taken for %+v", text, got.Place)
		}
		if got := wrong(form(t, b), "latitude"); got != "请填 -90 到 90 的度数，最多六位小数" {
			t.Errorf("%q: says %q", text, got)
		}
	}
}

func TestPlaceComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was := wire.Site{Name: "x", Place: &wire.Place{
			LatitudeE6:  rapid.IntRange(-90_000_000, 90_000_000).Draw(t, "latitude"),
			LongitudeE6: rapid.IntRange(-180_000_000, 180_000_000).Draw(t, "longitude"),
		}}
		if diff := cmp.Diff(&was, put(edited(was))); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestStationsDetailsAreSaved(t *testing.T) {
	place := wire.Place{LatitudeE6: 25_080_123, LongitudeE6: 102_738_456}
	full := wire.Site{Name: "昆明示范加油站", City: "昆明", Address: "北京路 88 号", Phone: "0871-65100001", Place: &place}
	for name, c := range map[string]struct {
		was  wire.Site
		fill []string
		want wire.Site
	}{
		"nothing known":   {wire.Site{Name: "A"}, []string{"city", " 昆明 "}, wire.Site{Name: "A", City: "昆明"}},
		"everything":      {full, nil, full},
		"without a place": {full, []string{"latitude", "", "longitude", " "}, wire.Site{Name: full.Name, City: full.City, Address: full.Address, Phone: full.Phone}},
	} {
		if diff := cmp.Diff(&c.want, put(edited(c.was, c.fill...))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, c := range map[string]struct{ fill, wrong []string }{
		"no name":        {[]string{"name", " "}, []string{"name", "请填写"}},
		"a long name":    {[]string{"name", strings.Repeat("长", 61)}, []string{"name", "最多 60 字"}},
		"a long city":    {[]string{"city", strings.Repeat("长", 41)}, []string{"city", "最多 40 字"}},
		"a long address": {[]string{"address", strings.Repeat("长", 121)}, []string{"address", "最多 120 字"}},
		"a long phone":   {[]string{"phone", strings.Repeat("1", 31)}, []string{"phone", "最多 30 字"}},
		"half a place":   {[]string{"longitude", ""}, []string{"longitude", "纬度和经度要一起填"}},
		"the other half": {[]string{"latitude", ""}, []string{"latitude", "纬度和经度要一起填"}},
		"too far east":   {[]string{"longitude", "180.1"}, []string{"longitude", "请填 -180 到 180 的度数，最多六位小数"}},
	} {
		b := edited(full, c.fill...)
		if got := put(b); got != nil {
			t.Errorf("%s: sent %+v", name, got)
		}
		if got := wrong(form(t, b), c.wrong[0]); got != c.wrong[1] {
			t.Errorf("%s: says %q, want %q", name, got, c.wrong[1])
		}
	}
}

func TestStationIsShownAndItsNameFollows(t *testing.T) {
	b := inTheBack(wire.RoleHead, desk.PageOffice, desk.TabSite)
	c := office(t, b).Card
	if c.Title != lookbook.StationName || line(c, "位置（纬度、经度）") != "25.080123、102.738456" || line(c, "城市") != "昆明" || c.Subtitle != "" {
		t.Errorf("card %+v", c)
	}
	b.Act("site.edit")
	b.Fill("name", "昆明示范加油站（北站）", "phone", "")
	b.Submit()
	c = office(t, b).Card
	if c.Title != "昆明示范加油站（北站）" || line(c, "电话") != "未填写" || said(b.Stage) != "油站资料已保存" || office(t, b).Form != nil {
		t.Errorf("card %+v, said %q", c, said(b.Stage))
	}
	if got := b.State.Screen().Header.Station; got != "昆明示范加油站（北站）" {
		t.Errorf("the header says %q", got)
	}
}

func TestStationSaysWhyItIsNotShown(t *testing.T) {
	b := lookbook.NewBackroom(desk.Prefs{}, wire.RoleHead)
	b.Do(desk.GoTo{Page: desk.PageOffice})
	b.Serve()
	b.Do(desk.OfficeTab{Tab: desk.TabSite})
	if c := office(t, b).Card; !c.Loading || c.Title != lookbook.StationName {
		t.Errorf("meanwhile %+v", c)
	}
	b.Do(desk.OfficeAct{ID: "site.edit"}) // there is nothing to change yet
	b.Refuse = wire.NewProblem(wire.ProblemStorage, "")
	b.Serve()
	c := office(t, b).Card
	if c.Failed != wire.Problems[wire.ProblemStorage].Chinese || c.Retry.ID != "reload" || len(c.Acts) != 0 || office(t, b).Form != nil {
		t.Errorf("when the hub fails %+v", c)
	}
	b.Refuse, b.Site = nil, wire.Site{Name: "A"}
	b.Act(c.Retry.ID)
	if c := office(t, b).Card; c.Failed != "" || c.Subtitle != "没有位置，车主的列表里不显示距离" || c.Tone != desk.ToneWarn {
		t.Errorf("after trying again %+v", c)
	}
}
