package staff

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"forecourt/shared/wire"
)

// Lengths of passwords: in characters at least, in bytes at most. A till's is
// short because tills have number pads, and the waits after failures keep
// guessing out; whoever leads a station sees what is worth guessing longer for.
const (
	minPassword       = 6
	minLeaderPassword = 8
	maxPassword       = 200
	// minContained is how long a number is before a password that contains it
	// is refused: a shorter one is in everything.
	minContained = 3
	// maxPiece is the longest piece whose repetition is no password: 123123.
	maxPiece = 3
)

// keyRows are what fingers run along: digits, letters, and keyboards.
const keyRows = "01234567890 abcdefghijklmnopqrstuvwxyz qwertyuiop asdfghjkl zxcvbnm 1qaz2wsx3edc4rfv 1q2w3e4r5t6y7u8i9o0p"

// commonest is what is guessed first, in lower case: the heads of the usual
// lists, with those common in Chinese, that the other rules leave.
const commonest = `password password1 password123 passw0rd p@ssw0rd p@ssword iloveyou admin123 administrator
	welcome1 welcome123 letmein sunshine princess football baseball superman batman dragon monkey shadow master trustno1
	abc123 abc12345 abcd1234 a123456 a12345678 a123456789 123456a 12345678a 123456abc qwerty123 qwer1234 asdf1234
	1314520 5201314 520520 1314521 woaini woaini1314 woaini520 woaini123 aini1314 zxcvbnm123 asd123 asd123456 zxc123
	123qwe 123abc 112233 11223344 111222 147258 147258369 159357 159753 789456 789456123 741852 741852963 456852`

// CheckPassword refuses what is too short for a role, or easily guessed, with
// wire.ProblemPasswordWeak; and what is too long with wire.ProblemBadRequest.
func CheckPassword(password, number string, role wire.Role) error {
	least := leastPassword(role)
	folded := strings.ToLower(password)
	switch {
	case len(password) > maxPassword:
		return wire.NewProblem(wire.ProblemBadRequest, fmt.Sprintf("a password has at most %d bytes", maxPassword))
	case utf8.RuneCountInString(password) < least:
		return weak(fmt.Sprintf("it needs %d characters", least))
	case len(number) >= minContained && strings.Contains(folded, strings.ToLower(number)):
		return weak("it contains the number")
	case repeats(folded):
		return weak("it repeats itself")
	case inRow(folded) || inRow(reversed(folded)):
		return weak("it is a simple row")
	case slices.Contains(strings.Fields(commonest), folded):
		return weak("it is among the commonest")
	}
	return nil
}

// leastPassword is how many characters a role's password has at least.
func leastPassword(role wire.Role) int {
	if Leads(role) {
		return minLeaderPassword
	}
	return minPassword
}

func weak(why string) error { return wire.NewProblem(wire.ProblemPasswordWeak, why) }

// repeats reports whether text is one short piece again and again.
func repeats(text string) bool {
	runes := []rune(text)
	for piece := 1; piece <= maxPiece; piece++ {
		same := len(runes) > piece
		for i := piece; i < len(runes) && same; i++ {
			same = runes[i] == runes[i-piece]
		}
		if same {
			return true
		}
	}
	return false
}

// inRow reports whether text is a stretch of a row of keys.
func inRow(text string) bool {
	return !strings.Contains(text, " ") && strings.Contains(keyRows, text)
}

func reversed(text string) string {
	runes := []rune(text)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}
