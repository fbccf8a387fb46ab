package staff

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"forecourt/shared/wire"
)

func TestCheckPassword(t *testing.T) {
	for _, c := range []struct {
		password, number string
		role             wire.Role
		good             bool
	}{
		{"forecourt", "1001", wire.RoleHead, true}, // the demonstration station's
		{"forecourt", "2001", wire.RoleCashier, true},
		{"x7k2p9", "2001", wire.RoleCashier, true},
		{"加油站的密码", "2001", wire.RoleCashier, true},
		{"x7k2p", "2001", wire.RoleCashier, false},
		{"x7k2p9m", "1001", wire.RoleHead, false},
		{"x7k2p9m", "1001", wire.RoleGroup, false},
		{"x7k2p9mz", "1001", wire.RoleGroup, true},
		{"200120", "2001", wire.RoleCashier, false},
		{"my2001pw", "2001", wire.RoleCashier, false},
		{"anna-k77", "ANNA", wire.RoleCashier, false},
		{"x71k2p9", "1", wire.RoleCashier, true}, // so short a number is in everything
		{"aaaaaa", "2001", wire.RoleCashier, false},
		{"aaaaab", "2001", wire.RoleCashier, true},
		{"123123", "2001", wire.RoleCashier, false},
		{"ababab", "2001", wire.RoleCashier, false},
		{"123456", "2001", wire.RoleCashier, false},
		{"1234567890", "2001", wire.RoleHead, false},
		{"987654", "2001", wire.RoleCashier, false},
		{"abcdef", "2001", wire.RoleCashier, false},
		{"QWERTY", "2001", wire.RoleCashier, false},
		{"poiuyt", "2001", wire.RoleCashier, false},
		{"asdfghjk", "2001", wire.RoleCashier, false},
		{"Password1", "1001", wire.RoleHead, false},
		{"woaini1314", "1001", wire.RoleHead, false},
		{"5201314", "2001", wire.RoleCashier, false},
		{"      ", "2001", wire.RoleCashier, false},
	} {
		err := CheckPassword(c.password, c.number, c.role)
		var p *wire.Problem
		if c.good && err != nil || !c.good && (!errors.As(err, &p) || p.Type != wire.ProblemPasswordWeak) {
			t.Errorf("%q for %s %s: %v", c.password, c.role, c.number, err)
		}
	}
}

// TestNoListedPasswordPasses: nothing of the list, in any case, is ever good.
func TestNoListedPasswordPasses(t *testing.T) {
	listed := append(strings.Fields(commonest), strings.Fields(keyRows)...)
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom(listed).Draw(t, "word")
		runes := []rune(word)
		for i := range runes {
			if rapid.Bool().Draw(t, "upper") {
				runes[i] = []rune(strings.ToUpper(string(runes[i])))[0]
			}
		}
		if err := CheckPassword(string(runes), "7777", wire.RoleCashier); err == nil {
			t.Fatalf("%q was taken", string(runes))
		}
	})
}

// TestCodesAgreeWithTheStandard holds the last six digits of RFC 6238,
// appendix B, for SHA-1.
func TestCodesAgreeWithTheStandard(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // "12345678901234567890"
	for seconds, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got, err := codeAt(secret, seconds/30); err != nil || got != want {
			t.Errorf("at %d: %s, %v; want %s", seconds, got, err, want)
		}
	}
	if got, err := codeAt(secret, -1); err != nil || got != "" {
		t.Errorf("before 1970: %q, %v", got, err)
	}
}
