package desk

import (
	"fmt"
	"strconv"
	"strings"

	"forecourt/shared/wire"
)

// The bounds of a station's texts, in characters, as the hub takes them.
const (
	longestSiteName = 60
	longestCity     = 40
	longestAddress  = 120
	longestPhone    = 30
)

const (
	// placeDigits is how many decimals of a degree count: a tenth of a metre.
	placeDigits = 6
	degree      = 1_000_000
	// mostNorth and mostEast bound a place, in degrees.
	mostNorth = 90
	mostEast  = 180
)

// siteAct opens what is known of the station to be changed.
func (s *State) siteAct(e OfficeAct) []Effect {
	a := s.office.site
	if a == nil || e.ID != "site.edit" {
		return nil
	}
	var north, east string
	if a.Place != nil {
		north, east = degrees(a.Place.LatitudeE6), degrees(a.Place.LongitudeE6)
	}
	s.openForm(formSite, "", "name", a.Name, "city", a.City, "address", a.Address, "phone", a.Phone, "latitude", north, "longitude", east)
	return nil
}

func (s *State) submitSite(f *form) []Effect {
	s.needs(f, "name")
	s.notLonger(f, "name", longestSiteName)
	s.notLonger(f, "city", longestCity)
	s.notLonger(f, "address", longestAddress)
	s.notLonger(f, "phone", longestPhone)
	site := wire.Site{
		Name: f.value("name"), City: f.value("city"), Address: f.value("address"), Phone: f.value("phone"), Place: s.readPlace(f),
	}
	if len(f.wrong) > 0 {
		return nil
	}
	return s.sendForm(Command{Kind: CommandSite, Office: OfficeBody{Site: &site}})
}

// readPlace reads a place; two empty fields are none.
func (s *State) readPlace(f *form) *wire.Place {
	north, east := f.value("latitude"), f.value("longitude")
	if north == "" && east == "" {
		return nil
	}
	var p wire.Place
	for _, part := range []struct {
		field, text string
		most        int
		into        *int
	}{
		{"latitude", north, mostNorth, &p.LatitudeE6},
		{"longitude", east, mostEast, &p.LongitudeE6},
	} {
		n, ok := millionths(part.text, part.most)
		switch {
		case part.text == "":
			f.wrong[part.field] = s.text(WordPlaceBoth)
		case !ok:
			f.wrong[part.field] = s.text(WordPlaceWrong, part.most)
		}
		*part.into = n
	}
	return &p
}

// millionths reads degrees, "25.040609" or "-0.5", as millionths of a degree:
// at most six decimals, and no more than so many degrees either way.
func millionths(text string, most int) (int, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	const longestWhole = 3
	if whole == "" || len(whole) > longestWhole || len(fraction) > placeDigits || point && fraction == "" {
		return 0, false
	}
	if strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(whole + fraction + strings.Repeat("0", placeDigits-len(fraction)))
	if err != nil || n > most*degree {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

// degrees prints millionths of a degree with six decimals.
func degrees(millionths int) string {
	sign := ""
	if millionths < 0 {
		sign, millionths = "-", -millionths
	}
	return fmt.Sprintf("%s%d.%06d", sign, millionths/degree, millionths%degree)
}

// renamed has the header say a new name of the station at once; other tills
// learn it when somebody signs in.
func (s *State) renamed(c Command) {
	if c.Kind == CommandSite && c.Office.Site != nil && s.session != nil {
		s.session.StationName = c.Office.Site.Name
	}
}

// drawSite draws the station tab.
func (s *State) drawSite(out *Office) { out.Card = s.siteCard() }

func (s *State) siteCard() *Card {
	a := s.office.site
	c := &Card{Title: s.session.StationName}
	c.Loading = a == nil && s.asking(topicSide)
	if failed := s.office.failed[topicSide]; failed != "" {
		c.Failed, c.Retry = failed, s.actOf("reload", "", WordSideRetry)
	}
	if a == nil {
		return c
	}
	line := func(label Word, value string) CardLine {
		if value == "" {
			return CardLine{Label: s.text(label), Value: s.text(WordNotGiven), Tone: ToneSoft}
		}
		return CardLine{Label: s.text(label), Value: value}
	}
	place := ""
	if a.Place != nil {
		place = degrees(a.Place.LatitudeE6) + s.text(WordComma) + degrees(a.Place.LongitudeE6)
	}
	c.Title = a.Name
	c.Sections = []Section{{Lines: []CardLine{
		line(WordSiteCity, a.City), line(WordSiteAddress, a.Address), line(WordSitePhone, a.Phone),
		line(WordSitePlace, place),
	}}}
	if a.Place == nil {
		c.Subtitle, c.Tone = s.text(WordSiteNoPlace), ToneWarn
	}
	c.Acts = []Act{s.main(s.actOf("site.edit", "", WordEdit))}
	c.Note = s.text(WordSiteSeen)
	return c
}

// siteForm draws the form for what drivers see of the station.
func (s *State) siteForm(f *form) Form {
	north := s.formField(f, "latitude", FieldText, WordLatitude, WordLatitudeHint)
	east := s.formField(f, "longitude", FieldText, WordLongitude, WordLongitudeHint)
	east.Help = s.text(WordPlaceHelp)
	return Form{
		Title: s.text(WordSiteEdit),
		Fields: []Field{
			s.formField(f, "name", FieldText, WordSiteName, WordNone), s.formField(f, "city", FieldText, WordSiteCity, WordSiteCityHint),
			s.formField(f, "address", FieldText, WordSiteAddress, WordSiteAddressHint),
			s.formField(f, "phone", FieldText, WordSitePhone, WordSitePhoneHint), north, east,
		},
		OK: s.main(s.actOf("ok", "", WordSave)),
	}
}
