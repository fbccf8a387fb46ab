package member_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/width"
	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/member"
	"forecourt/shared/wire"
)

// checked completes seventeen digits by the weights that GB 11643-1999 lists,
// another way than the package's own.
func checked(seventeen string) string {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(seventeen[i]-'0')
	}
	return seventeen + string("10X98765432"[sum%11])
}

// idNumber draws an ID number that could exist.
func idNumber(t *rapid.T) string {
	born := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 30_000).Draw(t, "born"))
	return checked(fmt.Sprintf("%06d%s%03d", rapid.IntRange(110_000, 659_004).Draw(t, "place"), born.Format("20060102"),
		rapid.IntRange(0, 999).Draw(t, "order")))
}

// withX is an ID number that ends with X.
func withX(t testing.TB) string {
	t.Helper()
	for order := range 1000 {
		if n := checked(fmt.Sprintf("53010219900307%03d", order)); strings.HasSuffix(n, "X") {
			return n
		}
	}
	t.Fatal("no ID number ends with X")
	return ""
}

func TestNormalIDNumber(t *testing.T) {
	// The example of the standard itself.
	const example = "11010519491231002X"
	for typed, want := range map[string]string{
		example:                  example,
		"11010519491231002x":     example,
		" 110105 19491231 002x ": example,
		"110105-1949-1231-002X":  example,
		"１１０１０５１９４９１２３１００２Ｘ":               example,
		"110105\u200b19491231\u00a0002ｘ":   example,
		"440524188001010014":               "", // the standard's other example: nobody born then drives
		"":                                 "",
		"110105194912310021":               "", // wrong check
		"110105491231002":                  "", // the old form, 15 digits
		"11010519491231002":                "",
		"11010519491231002XX":              "",
		"X1010519491231002X":               "",
		"010105194912310020":               "",
		"11010519490230002X":               "", // 30 February
		checked("11010519491331002"):       "", // 13th month
		checked("01010519491231002"):       "", // no place begins with 0
		"١١٠١٠٥١٩٤٩١٢٣١٠٠٢X":               "", // other scripts' digits
		"11010519491231002\xff":            "",
		strings.Repeat("1", 4000):          "",
		"11010519491231002×":               "", // a sign that looks like it
		strings.Repeat("1", 17) + "\u0425": "", // the Cyrillic letter
	} {
		got, err := member.NormalIDNumber(typed)
		if got != want {
			t.Errorf("%.60q is %q, want %q", typed, got, want)
		}
		if want == "" {
			wantProblem(t, err, wire.ProblemIDNumber)
		}
	}
}

// TestNormalIDNumberProperties: every way of writing a number is the same
// number, what comes out stays as it is, and one wrong or exchanged character
// is noticed.
func TestNormalIDNumberProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := idNumber(t)
		typed := number
		if rapid.Bool().Draw(t, "small") {
			typed = strings.ToLower(typed)
		}
		if rapid.Bool().Draw(t, "wide") {
			typed = width.Widen.String(typed)
		}
		at := rapid.IntRange(0, len([]rune(typed))).Draw(t, "at")
		runes := []rune(typed)
		typed = string(runes[:at]) + rapid.SampledFrom([]string{"", " ", "　", "-", "\u200b"}).Draw(t, "blank") + string(runes[at:])
		for _, form := range []string{number, typed} {
			if got, err := member.NormalIDNumber(form); err != nil || got != number {
				t.Fatalf("%q is %q, %v; want %q", form, got, err, number)
			}
		}
		i := rapid.IntRange(0, 16).Draw(t, "wrong")
		wrong := []byte(number)
		wrong[i] = '0' + (wrong[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if got, err := member.NormalIDNumber(string(wrong)); err == nil {
			t.Fatalf("%s with a wrong character is taken as %s", number, got)
		}
		swapped := []byte(number)
		if swapped[i], swapped[i+1] = swapped[i+1], swapped[i]; string(swapped) != number {
			if got, err := member.NormalIDNumber(string(swapped)); err == nil {
				t.Fatalf("%s with two characters exchanged is taken as %s", number, got)
			}
		}
	})
}

func TestNormalAccount(t *testing.T) {
	const wechat, alipay, bank = wire.AccountWeChat, wire.AccountAlipay, wire.AccountBank
	for _, c := range []struct {
		kind        wire.AccountKind
		typed, want string
	}{
		{bank, "6222 0212 3456 6789", "6222021234566789"},
		{bank, "６２２２-０２１２-３４５６-６７８９", "6222021234566789"},
		{bank, "62220212345", ""}, // too short
		{bank, strings.Repeat("6", 31), ""},
		{bank, "6222a2123456789", ""},
		{wechat, " Wxid_ABC ", "wxid_abc"},
		{wechat, "ｗｘｉｄ＿ａｂｃ", "wxid_abc"},
		{wechat, "+86 138 0000 0001", "13800000001"},
		{alipay, "Wang@Example.COM", "wang@example.com"},
		{alipay, "138-0000-0001", "13800000001"},
		{alipay, "abc", ""},
		{alipay, "****6789", ""}, // a mask
		{alipay, "a\x00bcd", ""},
		{alipay, "\xff\xfe\xfd\xfc", ""},
		{alipay, strings.Repeat("a", 65), ""},
		{alipay, strings.Repeat("长", 4000), ""},
		{"shells", "abcdef", ""},
	} {
		got, err := member.NormalAccount(c.kind, c.typed)
		if got != c.want {
			t.Errorf("%s %.40q is %q, want %q", c.kind, c.typed, got, c.want)
		}
		if c.want == "" {
			wantProblem(t, err, wire.ProblemBadRequest)
		}
	}
}

// TestNormalAccountStaysAsItIs: what comes out goes in unchanged.
func TestNormalAccountStaysAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]wire.AccountKind{wire.AccountWeChat, wire.AccountAlipay, wire.AccountBank}).Draw(t, "kind")
		typed := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9 -]{10,40}`)).Draw(t, "typed")
		once, err := member.NormalAccount(kind, typed)
		if err != nil {
			return
		}
		if twice, err := member.NormalAccount(kind, once); err != nil || twice != once {
			t.Fatalf("%s %q is %q, and that is %q, %v", kind, typed, once, twice, err)
		}
	})
}

func TestNormalNumber(t *testing.T) {
	for typed, want := range map[string]string{
		"M000123": "M000123", "m 123": "M000123", "123": "M000123", "１２３": "M000123", "0123": "M000123", "M1234567": "M1234567",
		"": "", "M": "", "M000000": "", "X123": "", "12a": "", "-1": "M000001", strings.Repeat("1", 13): "", "MM1": "", "+1": "",
	} {
		got, err := member.NormalNumber(typed)
		if got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
		if want == "" {
			wantProblem(t, err, wire.ProblemBadRequest)
		}
	}
}
