package member_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/member"
	"forecourt/shared/wire"
)

func TestNormalPhone(t *testing.T) {
	for typed, want := range map[string]string{
		"13800000001":         "13800000001",
		" 138 0000 0001 ":     "13800000001",
		"138-0000-0001":       "13800000001",
		"+86 138 0000 0001":   "13800000001",
		"+8613800000001":      "13800000001",
		"0086 13800000001":    "13800000001",
		"8613800000001":       "13800000001",
		"(+86) 138–0000–0001": "13800000001",
		"１３８０００００００１":         "13800000001",
		"＋８６ １３８　００００　０００１":       "13800000001",
		"138\u200b0000\u00a00001": "13800000001",
		"19912345678":             "19912345678",
		"":                        "",
		"12800000001":             "", // no such prefix
		"23800000001":             "",
		"1380000000":              "",
		"138000000011":            "",
		"086713800000001":         "",
		"+1 13800000001":          "",
		"1380000000x":             "",
		"١٣٨٠٠٠٠٠٠٠١":             "", // other scripts' digits
		"010-62345678":            "",
		"138\xff0000001":          "",
		strings.Repeat("1", 4000): "",
	} {
		got, err := member.NormalPhone(typed)
		if got != want {
			t.Errorf("%.40q is %q, want %q", typed, got, want)
		}
		if want == "" {
			wantProblem(t, err, wire.ProblemPhoneRefused)
		}
	}
}

func TestNormalPlate(t *testing.T) {
	const fuel, energy = wire.PlateFuel, wire.PlateNewEnergy
	for typed, want := range map[string]struct {
		plate string
		kind  wire.PlateKind
	}{
		"云A12345":     {"云A12345", fuel},
		"云a12345":     {"云A12345", fuel},
		"云A·12345":    {"云A12345", fuel},
		"云A•1 2-3.45": {"云A12345", fuel},
		"云Ａ１２３４５":     {"云A12345", fuel},
		"京AHL999":     {"京AHL999", fuel},
		"粤BZZZZZ":     {"粤BZZZZZ", fuel},
		"云A1234学":     {"云A1234学", fuel},
		"粤Z1234港":     {"粤Z1234港", fuel},
		"云AD12345":    {"云AD12345", energy}, // small, battery
		"云AF12345":    {"云AF12345", energy}, // small, other
		"云adk2345":    {"云ADK2345", energy}, // second character a letter
		"沪AA12345":    {"沪AA12345", energy}, // a later mark
		"云A12345D":    {"云A12345D", energy}, // large
		"云A12345F":    {"云A12345F", energy},

		"":           {},
		"云A1234":     {}, // too short
		"云A1234567":  {}, // too long
		"云A123456":   {}, // six characters without the mark
		"云AX12345":   {}, // not a mark
		"云A12345X":   {},
		"云ADD2X45":   {}, // a letter among the digits
		"云ADI2345":   {}, // I
		"云A1234I":    {},
		"云A1234O":    {},
		"云I12345":    {},
		"云O12345":    {},
		"云112345":    {}, // no letter
		"ZA12345":    {}, // no province
		"滇A12345":    {}, // not the character on plates
		"云A12学45":    {}, // an end in the middle
		"云A12345学":   {},
		"云A12345'--": {},
		"云A123\xff5": {},
		"云A１２３４٥":    {},
	} {
		plate, kind, err := member.NormalPlate(typed)
		if plate != want.plate || kind != want.kind {
			t.Errorf("%q is %q (%s), want %q (%s)", typed, plate, kind, want.plate, want.kind)
		}
		if want.plate == "" {
			wantProblem(t, err, wire.ProblemPlateRefused)
		}
	}
}

const (
	provinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
	letters   = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	figures   = "0123456789"
)

func someOf(t *rapid.T, set, label string, n int) string {
	return string(rapid.SliceOfN(rapid.RuneFrom([]rune(set)), n, n).Draw(t, label))
}

// plate draws a plate that exists.
func plate(t *rapid.T) (string, wire.PlateKind) {
	head := someOf(t, provinces, "province", 1) + someOf(t, letters, "letter", 1)
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		return head + someOf(t, letters+figures, "serial", 5), wire.PlateFuel
	case 1:
		return head + someOf(t, "DF", "mark", 1) + someOf(t, letters+figures, "second", 1) + someOf(t, figures, "rest", 4), wire.PlateNewEnergy
	}
	return head + someOf(t, figures, "serial", 5) + someOf(t, "DF", "mark", 1), wire.PlateNewEnergy
}

// disguise writes text as people might: other width and case, with separators.
func disguise(t *rapid.T, text string) string {
	var out strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf && rapid.Bool().Draw(t, "wide") {
			r += 0xFEE0 // the full-width form
		} else if 'A' <= r && r <= 'Z' && rapid.Bool().Draw(t, "small") {
			r += 'a' - 'A'
		}
		out.WriteRune(r)
		out.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "-", "·", "　"}).Draw(t, "between"))
	}
	return out.String()
}

// TestNormalFormIsReachedHoweverItIsTyped, and stays what it is.
func TestNormalFormIsReachedHoweverItIsTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, kind := plate(t)
		typed := disguise(t, want)
		got, gotKind, err := member.NormalPlate(typed)
		if err != nil || got != want || gotKind != kind {
			t.Fatalf("%q is %q (%s), %v; want %q (%s)", typed, got, gotKind, err, want, kind)
		}
		phone := "1" + someOf(t, "3456789", "second", 1) + someOf(t, figures, "rest", 9)
		prefix := rapid.SampledFrom([]string{"", "+86", "86", "0086"}).Draw(t, "prefix")
		if got, err := member.NormalPhone(disguise(t, prefix+phone)); err != nil || got != phone {
			t.Fatalf("%q is %q, %v; want %q", prefix+phone, got, err, phone)
		}
	})
}

// TestNormalisingTwiceChangesNothing, whatever is typed.
func TestNormalisingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alphabet := []rune(provinces + letters + figures + "abcdio１２３ＡＢＣ云·- +学港")
		typed := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom(alphabet))).Draw(t, "typed")
		if once, kind, err := member.NormalPlate(typed); err == nil {
			twice, again, err := member.NormalPlate(once)
			if err != nil || twice != once || again != kind {
				t.Fatalf("%q becomes %q (%s), then %q (%s), %v", typed, once, kind, twice, again, err)
			}
		}
		if once, err := member.NormalPhone(typed); err == nil {
			if twice, err := member.NormalPhone(once); err != nil || twice != once {
				t.Fatalf("%q becomes %q, then %q, %v", typed, once, twice, err)
			}
		}
	})
}

func FuzzNormalPlate(f *testing.F) {
	for _, seed := range []string{"", "云A12345", "云AD12345", "云Ａ·１２３４５", "粤Z1234港", "\xff", "云A12345D\u200b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, kind, err := member.NormalPlate(typed)
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(got); (kind == wire.PlateFuel) != (n == 7) || (kind == wire.PlateNewEnergy) != (n == 8) {
			t.Errorf("%q became %q, a %s plate of %d characters", typed, got, kind, n)
		}
		if masked := member.MaskPlate(got); strings.Contains(masked, string([]rune(got)[2:5])) {
			t.Errorf("%q is masked as %q", got, masked)
		}
	})
}
