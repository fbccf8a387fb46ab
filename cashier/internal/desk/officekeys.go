package desk

import (
	"fmt"

	"forecourt/shared/wire"
)

// keysAct begins a rotation, after asking once.
func (s *State) keysAct(e OfficeAct) []Effect {
	if k := s.office.keys; k != nil && k.Rotation == nil && e.ID == "keys.rotate" {
		s.openForm(formRotate, "")
	}
	return nil
}

var (
	keyStateWords = map[wire.KeyState]Word{
		wire.KeyActive: WordKeyActive, wire.KeyOpening: WordKeyOpening, wire.KeyRetired: WordKeyRetired,
	}
	keyStateTones   = map[wire.KeyState]Tone{wire.KeyActive: ToneGood, wire.KeyOpening: ToneBusy, wire.KeyRetired: ToneSoft}
	keyPurposeWords = map[string]Word{"seal": WordKeySeal, "index": WordKeyIndex}
	keySourceWords  = map[string]Word{"file": WordSourceFile, "credential": WordSourceCredential, "passphrase": WordSourcePassphrase}
)

// known is a word for a name, or the name itself if a newer hub invented it.
func known[K ~string](s *State, words map[K]Word, name K) string {
	if w, ok := words[name]; ok {
		return s.text(w)
	}
	return string(name)
}

// drawKeys draws the keys tab: the data keys in the list, everything else beside.
func (s *State) drawKeys(out *Office) {
	out.Table = s.table(WordTabKeys, WordKeysEmpty,
		Column{Title: s.text(WordKeyNumber), Weight: 8},
		Column{Title: s.text(WordKeyPurpose), Weight: 13},
		Column{Title: s.text(WordColumnState), Weight: 24},
		Column{Title: s.text(WordKeySince), Weight: 16, Right: true},
		Column{Title: s.text(WordKeyUses), Weight: 12, Right: true},
	)
	out.Card = s.keysCard()
	if s.office.keys == nil {
		out.Table.Empty = "" // the card says why
		return
	}
	for _, k := range s.office.keys.Keys {
		out.Table.Rows = append(out.Table.Rows, Row{Cells: []Cell{
			{Text: fmt.Sprint(k.ID), Bold: true},
			{Text: known(s, keyPurposeWords, k.Purpose)},
			{Text: known(s, keyStateWords, k.State), Tone: keyStateTones[k.State]},
			{Text: s.dateOf(k.Since), Tone: ToneSoft},
			{Text: fmt.Sprint(k.Uses)},
		}})
	}
}

func (s *State) keysCard() *Card {
	k := s.office.keys
	c := &Card{Title: s.text(WordKeysCard)}
	c.Loading = k == nil && s.asking(topicSide)
	if failed := s.office.failed[topicSide]; failed != "" {
		c.Failed, c.Retry = failed, s.actOf("reload", "", WordSideRetry)
	}
	if k == nil {
		return c
	}
	c.Subtitle, c.Tone = s.text(WordKeysNote), ToneSoft
	atRest := CardLine{Label: s.text(WordAtRest), Value: s.text(WordAtRestNo), Tone: ToneWarn}
	if k.AtRest {
		atRest.Value, atRest.Tone = s.text(WordAtRestYes), ToneGood
	}
	sheet := CardLine{Label: s.text(WordSheet), Value: s.dateTime(k.SheetAt)}
	if k.SheetAt.IsZero() {
		sheet.Value, sheet.Tone = s.text(WordSheetNever), ToneWarn
	}
	c.Sections = []Section{{Lines: []CardLine{
		{Label: s.text(WordKeySource), Value: known(s, keySourceWords, k.Source)},
		{Label: s.text(WordFingerprint), Value: k.Fingerprint},
		{Label: s.text(WordMemberKeys), Value: fmt.Sprint(k.Members)},
		{Label: s.text(WordErasedKeys), Value: fmt.Sprint(k.Erased)},
		atRest, sheet,
	}}}
	rotate := s.actOf("keys.rotate", "", WordRotate)
	if r := k.Rotation; r != nil {
		c.Sections = append([]Section{s.rotationSection(*r)}, c.Sections...)
		rotate.On, rotate.Busy, rotate.Label = false, true, s.text(WordRotating)
	}
	c.Acts = []Act{rotate}
	return c
}

func (s *State) rotationSection(r wire.Rotation) Section {
	percent := 0
	if all := r.Done + r.Left; all > 0 {
		percent = int(r.Done * 100 / all)
	}
	return Section{Title: s.text(WordRotationTo, r.To, s.clockOrDay(r.Since)), Bars: []Bar{{
		Label: s.text(WordRotationProgress), Value: s.text(WordRotationCount, r.Done, r.Done+r.Left), Percent: percent,
	}}}
}

func (s *State) rotateForm() Form {
	return Form{Title: s.text(WordRotate), Text: s.text(WordRotateText), OK: s.main(s.actOf("ok", "", WordRotate))}
}
