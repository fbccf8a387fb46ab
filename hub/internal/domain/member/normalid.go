package member

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"forecourt/shared/wire"
)

// idNumberChars is the length of an ID number (GB 11643-1999): six for the
// place, eight for the day of birth, three in the order of that day, and one to
// check the others.
const idNumberChars = 18

// NormalIDNumber reads an ID number (身份证号) as people write it,
// "530102 19900307 123x", as its 18 characters, or answers
// wire.ProblemIDNumber. The check character, the day of birth and the first
// digit of the place have to be right.
func NormalIDNumber(typed string) (string, error) {
	number, ok := tidy(typed)
	if !ok || len(number) != idNumberChars || !digits(number[:17]) || number[0] == '0' ||
		!bornWell(number[6:14]) || number[17] != checkOf(number[:17]) {
		return "", wire.NewProblem(wire.ProblemIDNumber, "an ID number has 17 digits and a check character")
	}
	return number, nil
}

// bornWell reports whether eight digits are a day that people who drive were
// born on: one that exists, in a century that some still remember.
func bornWell(day string) bool {
	born, err := time.Parse("20060102", day)
	return err == nil && born.Year() >= 1900 && born.Year() < 2100
}

// checkOf is the check character of seventeen digits: ISO 7064, MOD 11-2, as
// GB 11643-1999 asks; X stands for ten.
func checkOf(seventeen string) byte {
	rest := 0
	for _, d := range []byte(seventeen) {
		rest = (rest + int(d-'0')) * 2 % 11
	}
	return "0123456789X"[(12-rest)%11]
}

// Lengths of payment accounts.
const (
	minAccount = 4
	maxAccount = 64
	minBank    = 12 // digits of a bank card or account
	maxBank    = 30
)

// NormalAccount reads a payment account as people write it, or answers
// wire.ProblemBadRequest: a bank card as its digits; names of other services in
// one width, in small letters and without blanks; a phone number among them as
// NormalPhone has it.
func NormalAccount(kind wire.AccountKind, typed string) (string, error) {
	refused := wire.NewProblem(wire.ProblemBadRequest, "this is not an account of that kind")
	if len(typed) > maxAccount*utf8.UTFMax || !utf8.ValidString(typed) {
		return "", refused
	}
	switch kind {
	case wire.AccountBank:
		account, ok := tidy(typed)
		if !ok || len(account) < minBank || len(account) > maxBank || !digits(account) {
			return "", refused
		}
		return account, nil
	case wire.AccountWeChat, wire.AccountAlipay:
		if phone, err := NormalPhone(typed); err == nil {
			return phone, nil
		}
		account := strings.ToLower(strings.Map(dropBlank, norm.NFKC.String(typed)))
		if len(account) < minAccount || len(account) > maxAccount || strings.ContainsFunc(account, strange) {
			return "", refused
		}
		return account, nil
	}
	return "", refused
}

func dropBlank(r rune) rune {
	if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// strange reports whether a character does not occur in names of accounts and
// mail addresses; stars would look like a mask.
func strange(r rune) bool { return r <= ' ' || r > '~' || r == '*' }

// maxNumberDigits bounds the digits of a member number.
const maxNumberDigits = 12

// NormalNumber reads a member number as people say it, "m 123", as
// "M000123", or answers wire.ProblemBadRequest.
func NormalNumber(typed string) (string, error) {
	number, ok := tidy(typed)
	number = strings.TrimPrefix(number, "M")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || !digits(number) || len(number) > maxNumberDigits || err != nil || n == 0 {
		return "", wire.NewProblem(wire.ProblemBadRequest, "a member number is M and digits")
	}
	return numberOf(n), nil
}
