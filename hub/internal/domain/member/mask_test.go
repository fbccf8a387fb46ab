package member_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/member"
)

func TestMasks(t *testing.T) {
	for text, want := range map[string]string{
		"13800000001": "138****0001", "": "", "1380000": "****", "+8613800000001": "****", "1380000000x": "****",
	} {
		if got := member.MaskPhone(text); got != want {
			t.Errorf("phone %q is masked as %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"云A12345": "云A***45", "云AD12345": "云A****45", "粤Z1234港": "粤Z***4港", "": "", "云A": "****", "云A1234": "****",
	} {
		if got := member.MaskPlate(text); got != want {
			t.Errorf("plate %q is masked as %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"53010219900307123X": "530***********123X", "": "", "5301021990030712": "****", "53010219900307123X1": "****",
	} {
		if got := member.MaskIDNumber(text); got != want {
			t.Errorf("ID number %q is masked as %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"6222021234566789": "****6789", "13800000001": "****0001", "abcd": "****cd", "abcdefg": "****efg", "": "", "x": "****", "张三的账户": "****账户",
	} {
		if got := member.MaskAccount(text); got != want {
			t.Errorf("account %q is masked as %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"王晓燕": "王**", "王五": "王**", "王": "王**", " 李四 ": "李**", "欧阳锋": "欧阳**", "欧阳": "欧**", "Anna": "A**", "": "", "  ": "",
	} {
		if got := member.MaskName(text); got != want {
			t.Errorf("name %q is masked as %q, want %q", text, got, want)
		}
	}
}

// TestMasksNeverShowMoreThanAllowed, whatever they are given: seven digits of
// a number, four characters of a plate, two of a name.
func TestMasksNeverShowMoreThanAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringOfN(rapid.RuneFrom([]rune(figures)), 0, 14, -1)
		text := rapid.OneOf(rapid.StringMatching(`[^*]*`), digits, rapid.StringOfN(rapid.RuneFrom([]rune(provinces+letters+figures)), 0, 12, -1)).Draw(t, "text")
		for name, c := range map[string]struct {
			mask  func(string) string
			shown int
		}{
			"phone": {member.MaskPhone, 7}, "plate": {member.MaskPlate, 4}, "name": {member.MaskName, 2},
			"ID number": {member.MaskIDNumber, 7}, "account": {member.MaskAccount, 4},
		} {
			masked := []rune(c.mask(text))
			shown := len(masked) - strings.Count(string(masked), "*")
			if shown > c.shown {
				t.Fatalf("%s %q is masked as %q, which shows %d characters", name, text, string(masked), shown)
			}
			if hidden := len([]rune(text)) - shown; name != "name" && name != "account" && hidden < 3 && text != "" && shown > 0 {
				t.Fatalf("%s %q is masked as %q, which hides only %d", name, text, string(masked), hidden)
			}
		}
	})
}
