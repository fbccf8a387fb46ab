package unit

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseFen reads yuan with at most two decimals: "200", "200.5", "-0.05".
func ParseFen(s string) (Fen, error) { return parse[Fen](s, 2) }

// ParseFenPerLitre reads yuan per litre with at most two decimals: "7.85".
func ParseFenPerLitre(s string) (FenPerLitre, error) { return parse[FenPerLitre](s, 2) }

// ParseMillilitre reads litres with at most three decimals: "25.48", "25.480".
func ParseMillilitre(s string) (Millilitre, error) { return parse[Millilitre](s, 3) }

// parse reads a plain decimal: an optional minus sign, digits, and at most
// decimals digits after a point. No spaces, no exponent, no plus sign, no
// bare point; an excess digit is refused unless it is zero, never rounded.
func parse[Q Quantity](s string, decimals int) (Q, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || (point && fraction == "") || !allDigits(whole) || !allDigits(fraction) {
		return 0, fmt.Errorf("%w: %q", ErrSyntax, clip(s))
	}
	for len(fraction) > decimals {
		if fraction[len(fraction)-1] != '0' {
			return 0, fmt.Errorf("%w: %q has more than %d decimals", ErrSyntax, clip(s), decimals)
		}
		fraction = fraction[:len(fraction)-1]
	}
	fraction += strings.Repeat("0", decimals-len(fraction))
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil || n > Max {
		return 0, fmt.Errorf("%w: %q", ErrOverflow, clip(s))
	}
	if negative {
		n = -n
	}
	return Q(n), nil
}

func allDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// clip keeps a hostile text from filling a log line.
func clip(s string) string {
	const longest = 40
	if len(s) > longest {
		return s[:longest] + "..."
	}
	return s
}

// String prints yuan with two decimals: "200.00", "-0.05".
func (f Fen) String() string { return decimal(int64(f), 2) }

// Symbol prints yuan with the sign in front, as a till shows it: "¥200.00".
func (f Fen) Symbol() string {
	if f < 0 {
		return "-¥" + decimal(int64(f), 2)[1:]
	}
	return "¥" + decimal(int64(f), 2)
}

// String prints yuan per litre with two decimals: "7.85".
func (p FenPerLitre) String() string { return decimal(int64(p), 2) }

// String prints litres exactly, with three decimals: "25.480".
func (v Millilitre) String() string { return decimal(int64(v), 3) }

// Display prints litres as a dispenser shows them, rounded half away from
// zero to two decimals: "25.48".
func (v Millilitre) Display() string {
	n := int64(v)
	half := int64(5)
	if n < 0 {
		half = -5
	}
	if q, err := Add(n, half); err == nil {
		n = q
	}
	return decimal(n/10, 2)
}

// decimal prints n scaled by 10^-places.
func decimal(n int64, places int) string {
	sign, u := "", uint64(n)
	if n < 0 {
		sign, u = "-", -uint64(n)
	}
	s := strconv.FormatUint(u, 10)
	if len(s) <= places {
		s = strings.Repeat("0", places+1-len(s)) + s
	}
	return sign + s[:len(s)-places] + "." + s[len(s)-places:]
}
