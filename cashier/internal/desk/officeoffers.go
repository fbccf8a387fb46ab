package desk

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"forecourt/shared/wire"
)

const (
	// longestTitle and longestText bound an offer's words, in characters, as the
	// hub takes them.
	longestTitle = 40
	longestText  = 400
	// offerDays is how long an offer lasts unless somebody says otherwise.
	offerDays = 30
)

// offerKinds lists the kinds in the order of the choice.
var offerKinds = [...]wire.OfferKind{wire.OfferDiscount, wire.OfferRecharge, wire.OfferGift, wire.OfferNews}

var offerWords = map[wire.OfferKind]Word{
	wire.OfferRecharge: WordOfferRecharge, wire.OfferDiscount: WordOfferDiscount, wire.OfferGift: WordOfferGift, wire.OfferNews: WordOfferNews,
}

// offersNow lists the offers that have not ended meanwhile.
func (s *State) offersNow() []wire.Offer {
	var out []wire.Offer
	for _, o := range s.office.offers {
		if o.Until.After(s.hubNow()) {
			out = append(out, o)
		}
	}
	return out
}

// offer is the chosen offer; nil if none is.
func (s *State) offer() *wire.Offer {
	for _, o := range s.offersNow() {
		if o.ID.String() == s.office.row {
			return &o
		}
	}
	return nil
}

// offersAct does what the buttons of the offers tab say.
func (s *State) offersAct(e OfficeAct) []Effect {
	o := s.offer()
	switch {
	case e.ID == "offer.add" && s.roomForOffer():
		now := s.hubNow().In(s.zone)
		s.openForm(formOfferAdd, "", "kind", string(wire.OfferDiscount), "from", now.Format(minuteLayout),
			"until", now.AddDate(0, 0, offerDays).Format(time.DateOnly)+" 23:59")
	case e.ID == "offer.end" && o != nil:
		s.openForm(formOfferEnd, o.ID.String())
	}
	return nil
}

// roomForOffer reports whether the station may have one more.
func (s *State) roomForOffer() bool { return len(s.offersNow()) < wire.MaxOffers }

func (s *State) submitOffer(f *form) []Effect {
	s.needs(f, "title")
	s.notLonger(f, "title", longestTitle)
	s.notLonger(f, "text", longestText)
	request := wire.OfferRequest{
		Kind: wire.OfferKind(f.value("kind")), Title: pasted.Replace(f.value("title")), Text: pasted.Replace(f.value("text")),
		From: s.readMoment(f, "from", false), Until: s.readMoment(f, "until", true),
	}
	switch {
	case len(f.wrong) > 0:
		return nil
	case !request.Until.After(request.From):
		f.wrong["until"] = s.text(WordTimesWrong)
		return nil
	case !request.Until.After(s.hubNow()):
		f.wrong["until"] = s.text(WordOfferOver)
		return nil
	}
	return s.sendForm(Command{Kind: CommandOfferAdd, Office: OfficeBody{Offer: &request}})
}

// notLonger says of a field that it holds too much.
func (s *State) notLonger(f *form, field string, most int) {
	if utf8.RuneCountInString(f.value(field)) > most {
		f.wrong[field] = s.text(WordTooLong, most)
	}
}

// pasted takes out what comes along when words are copied from elsewhere: the
// hub takes no control characters but line breaks.
var pasted = strings.NewReplacer("\t", " ", "\r", "")

// typedSigns are what an input method writes for what a time is written with.
var typedSigns = strings.NewReplacer("：", ":", "／", "-", "/", "-", "－", "-", "　", " ")

// readMoment reads a day or a minute of a form by the station's clock. As an
// end a day, and a minute, is meant to its last second.
func (s *State) readMoment(f *form, field string, end bool) time.Time {
	text := typedSigns.Replace(f.value(field))
	if text == "" {
		f.wrong[field] = s.text(WordFieldNeeded)
		return time.Time{}
	}
	at, err := time.ParseInLocation(time.DateOnly, text, s.zone)
	last := 24*time.Hour - time.Second
	if err != nil {
		at, err = time.ParseInLocation(minuteLayout, text, s.zone)
		last = time.Minute - time.Second
	}
	switch {
	case err != nil:
		f.wrong[field] = s.text(WordTimeWrong)
		return time.Time{}
	case end:
		return at.Add(last)
	}
	return at
}

// drawOffers draws the offers tab.
func (s *State) drawOffers(out *Office) {
	add := s.main(s.actOf("offer.add", "", WordOfferAdd))
	if !s.roomForOffer() {
		add.On = false
		out.Note, out.NoteTone = s.text(WordOffersFull, wire.MaxOffers), ToneWarn
	}
	out.Acts = append([]Act{add}, out.Acts...)
	out.Table = s.offersTable()
	o := s.offer()
	out.Wide = o == nil
	if o != nil {
		out.Card = s.offerCard(*o)
	}
}

func (s *State) offersTable() Table {
	t := s.table(WordTabOffers, WordOffersEmpty,
		Column{Title: s.text(WordOfferTitle), Weight: 30},
		Column{Title: s.text(WordOfferKind), Weight: 11},
		Column{Title: s.text(WordColumnState), Weight: 11},
		Column{Title: s.text(WordOfferFrom), Weight: 16, Right: true, Spare: true},
		Column{Title: s.text(WordOfferUntil), Weight: 16, Right: true},
	)
	for _, o := range s.offersNow() {
		state, tone := s.offerState(o)
		t.Rows = append(t.Rows, s.officeRow(o.ID.String(),
			Cell{Text: o.Title, Bold: true}, Cell{Text: known(s, offerWords, o.Kind)}, Cell{Text: state, Tone: tone},
			Cell{Text: s.dateTime(o.From), Tone: ToneSoft}, Cell{Text: s.dateTime(o.Until), Tone: ToneSoft},
		))
	}
	return t
}

// offerState says whether drivers see an offer yet.
func (s *State) offerState(o wire.Offer) (string, Tone) {
	if o.From.After(s.hubNow()) {
		return s.text(WordOfferWaits), ToneBusy
	}
	return s.text(WordOfferRuns), ToneGood
}

func (s *State) offerCard(o wire.Offer) *Card {
	state, tone := s.offerState(o)
	c := &Card{Title: o.Title, Subtitle: state, Tone: tone, Note: s.text(WordOfferSeen)}
	c.Sections = []Section{{Lines: []CardLine{
		{Label: s.text(WordOfferKind), Value: known(s, offerWords, o.Kind)},
		{Label: s.text(WordOfferFrom), Value: s.dateTime(o.From)},
		{Label: s.text(WordOfferUntil), Value: s.dateTime(o.Until)},
	}}}
	if o.Text != "" {
		c.Sections = append(c.Sections, Section{Title: s.text(WordOfferText), Lines: []CardLine{{Value: o.Text}}})
	}
	c.Acts = []Act{s.danger(s.actOf("offer.end", "", WordOfferEnd))}
	return c
}

// offerForm draws the form for a new offer.
func (s *State) offerForm(f *form) Form {
	kind := s.formField(f, "kind", FieldChoice, WordOfferKind, WordNone)
	for _, k := range offerKinds {
		kind.Choices = append(kind.Choices, Pick{string(k), s.text(offerWords[k])})
	}
	text := s.formField(f, "text", FieldLong, WordOfferText, WordOfferTextHint)
	text.Help = fmt.Sprintf("%d / %d", utf8.RuneCountInString(f.value("text")), longestText) + " · " + s.text(WordNewLine)
	return Form{
		Title: s.text(WordOfferAdd), Text: s.text(WordOfferAddText), Tone: ToneSoft,
		Fields: []Field{
			s.formField(f, "title", FieldText, WordOfferTitle, WordOfferTitleHint), kind, text,
			s.formField(f, "from", FieldText, WordOfferFrom, WordTimeHint), s.formField(f, "until", FieldText, WordOfferUntil, WordTimeHint),
		},
		OK: s.main(s.actOf("ok", "", WordOfferAdd)),
	}
}
