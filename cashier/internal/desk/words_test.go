package desk

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestCatalogueIsCompleteInBothLanguages(t *testing.T) {
	verbs := regexp.MustCompile(`%[a-z]`)
	for w := WordNone + 1; w < wordCount; w++ {
		zh, en := Text(Chinese, w), Text(English, w)
		if zh == "" || en == "" {
			t.Errorf("word %d: %q, %q: a language is missing", w, zh, en)
			continue
		}
		if !slices.Equal(verbs.FindAllString(zh, -1), verbs.FindAllString(en, -1)) {
			t.Errorf("%q and %q take different figures", zh, en)
		}
		if strings.ContainsFunc(en, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q is not English", en)
		}
		if strings.ContainsAny(zh+en, "!！") {
			t.Errorf("%q shouts", zh)
		}
	}
}

func TestEveryFaceAndReasonHasItsWord(t *testing.T) {
	for _, f := range Faces {
		if faceWords[f] == WordNone {
			t.Errorf("face %s has no word", f)
		}
	}
	for r, w := range reasonWords {
		if w.long == WordNone || w.short == WordNone {
			t.Errorf("reason %s has no words", r)
		}
	}
}
