package member

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"forecourt/shared/wire"
)

// maxTyped bounds what is read of a number or a plate before it is looked at.
const maxTyped = 60

// phoneDigits is the length of a mobile number of the mainland.
const phoneDigits = 11

// NormalPhone reads a mobile number as people write it, "+86 138-0000 0001",
// as its 11 digits, or answers wire.ProblemPhoneRefused.
func NormalPhone(typed string) (string, error) {
	phone, ok := tidy(typed)
	if ok && len(phone) > phoneDigits {
		for _, prefix := range []string{"+86", "0086", "86"} {
			if rest, found := strings.CutPrefix(phone, prefix); found {
				phone = rest
				break
			}
		}
	}
	// Numbers begin with 13 to 19 (numbering plan of the ministry, 2017).
	if !ok || len(phone) != phoneDigits || !digits(phone) || phone[0] != '1' || phone[1] < '3' {
		return "", wire.NewProblem(wire.ProblemPhoneRefused, "a mobile number has 11 digits and begins with 13 to 19")
	}
	return phone, nil
}

// tidy takes out of a number or plate what is there for the eye only: full
// width, small letters, blanks, dashes, dots and brackets.
func tidy(typed string) (string, bool) {
	if len(typed) > maxTyped*utf8.UTFMax || !utf8.ValidString(typed) {
		return "", false
	}
	keep := func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("·•・‧∙.()", r) {
			return -1
		}
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}
	return strings.Map(keep, norm.NFKC.String(typed)), true
}

func digits(s string) bool { return only(s, "0123456789") }

// only reports whether s holds nothing but the characters of set.
func only(s, set string) bool { return strings.Trim(s, set) == "" }

// The characters of number plates (GA 36-2018). I and O are left out because
// they read like 1 and 0.
const (
	plateProvinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
	plateLetters   = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	plateDigits    = "0123456789"
	// plateEnds stand in place of the last character: driving schools, police,
	// trailers, consulates, and vehicles that cross to Hong Kong and Macao.
	plateEnds = "学警挂领港澳"
	// plateEnergies mark new-energy vehicles. D and F came first; the standard
	// keeps A to E for battery vehicles, and F to K for the others.
	plateEnergies = "ABCDEFGHJK"

	plateFuel      = 5 // characters after province and letter
	plateNewEnergy = 6
)

// NormalPlate reads a number plate as people write it, "云a·12345", as
// "云A12345" with its kind, or answers wire.ProblemPlateRefused.
func NormalPlate(typed string) (plate string, kind wire.PlateKind, err error) {
	plate, ok := tidy(typed)
	if runes := []rune(plate); ok && len(runes) > 2 &&
		strings.ContainsRune(plateProvinces, runes[0]) && strings.ContainsRune(plateLetters, runes[1]) {
		switch serial := runes[2:]; {
		case len(serial) == plateFuel && fuelSerial(serial):
			return plate, wire.PlateFuel, nil
		case len(serial) == plateNewEnergy && newEnergySerial(string(serial)):
			return plate, wire.PlateNewEnergy, nil
		}
	}
	return "", "", wire.NewProblem(wire.ProblemPlateRefused,
		"a plate is a province, a letter and 5 characters, or 6 with the mark of new energy; I and O do not occur")
}

func fuelSerial(serial []rune) bool {
	if strings.ContainsRune(plateEnds, serial[len(serial)-1]) {
		serial = serial[:len(serial)-1]
	}
	return only(string(serial), plateLetters+plateDigits)
}

// newEnergySerial: small vehicles have the mark first, then a letter or digit,
// then digits; large ones have five digits and the mark at the end.
func newEnergySerial(serial string) bool {
	if len(serial) != plateNewEnergy {
		return false // not ASCII
	}
	first, second, last := serial[:1], serial[1:2], serial[plateNewEnergy-1:]
	small := only(first, plateEnergies) && only(second, plateLetters+plateDigits) && digits(serial[2:])
	large := digits(serial[:plateNewEnergy-1]) && only(last, plateEnergies)
	return small || large
}

// normalText reads a name or a model: trimmed, in one form, without control
// characters, at most limit characters.
func normalText(what, typed string, limit int) (string, error) {
	if !utf8.ValidString(typed) {
		return "", wire.NewProblem(wire.ProblemBadRequest, "the "+what+" is not text")
	}
	text := strings.TrimSpace(norm.NFC.String(typed))
	if strings.ContainsFunc(text, unicode.IsControl) || utf8.RuneCountInString(text) > limit {
		return "", wire.NewProblem(wire.ProblemBadRequest, "the "+what+" is too long, or has characters that cannot be shown")
	}
	return text, nil
}
