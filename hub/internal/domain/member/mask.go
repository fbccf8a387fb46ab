package member

import (
	"slices"
	"strings"
)

// masked stands for what is not shown.
const masked = "*"

// MaskPhone shows the first three and the last four digits of a number:
// "138****0001". Anything else shows nothing.
func MaskPhone(phone string) string {
	if len(phone) != phoneDigits || !digits(phone) {
		return hidden(phone)
	}
	return phone[:3] + strings.Repeat(masked, 4) + phone[7:]
}

// MaskPlate shows the first two and the last two characters of a plate:
// "云A***45". Anything shorter than a plate shows nothing.
func MaskPlate(plate string) string {
	runes := []rune(plate)
	if len(runes) < 2+plateFuel {
		return hidden(plate)
	}
	end := len(runes) - 2
	return string(runes[:2]) + strings.Repeat(masked, end-2) + string(runes[end:])
}

// MaskName shows the surname: "王**". How long the rest is it does not tell.
func MaskName(name string) string {
	runes := []rune(strings.TrimSpace(name))
	if len(runes) == 0 {
		return ""
	}
	surname := 1
	if len(runes) > 2 && slices.Contains(longSurnames(), string(runes[:2])) {
		surname = 2
	}
	return string(runes[:surname]) + masked + masked
}

// MaskIDNumber shows the first three and the last four characters of an ID
// number: "530***********123X". Anything else shows nothing.
func MaskIDNumber(number string) string {
	if len(number) != idNumberChars || !digits(number[:idNumberChars-1]) || !only(number[idNumberChars-1:], "0123456789X") {
		return hidden(number)
	}
	return number[:3] + strings.Repeat(masked, idNumberChars-7) + number[idNumberChars-4:]
}

// MaskAccount shows the last four characters of an account, "****6789", or
// half of a short one. How long the rest is it does not tell.
func MaskAccount(account string) string {
	runes := []rune(account)
	return hidden(account) + string(runes[len(runes)-min(4, len(runes)/2):])
}

// hidden stands for a text of which nothing may be shown.
func hidden(text string) string {
	if text == "" {
		return ""
	}
	return strings.Repeat(masked, 4)
}

// longSurnames are the surnames of two characters that people have.
func longSurnames() []string {
	return []string{
		"欧阳", "上官", "司马", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容",
		"令狐", "宇文", "长孙", "夏侯", "轩辕", "端木", "南宫", "独孤", "西门", "申屠",
	}
}
