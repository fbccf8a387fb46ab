package unit

import "strings"

// Chinese numerals as receipts and cheques write them (大写金额), in the form
// laid down for accounting vouchers: 壹仟零伍元整, 贰佰元叁角伍分, 壹元零伍分.
const (
	chineseDigits = "零壹贰叁肆伍陆柒捌玖"
	chinesePlaces = "拾佰仟" // within a group of four digits, from the second place up
)

// Chinese prints the amount in the numerals that cannot be altered by a
// stroke: 20000 is "贰佰元整", 105 is "壹元零伍分", -50 is "负伍角整".
func (f Fen) Chinese() string {
	var out strings.Builder
	n := uint64(f)
	if f < 0 {
		n = -n
		out.WriteString("负")
	}
	yuan, jiao, fen := n/100, int(n/10%10), int(n%10)
	if yuan > 0 {
		out.WriteString(chineseWhole(yuan))
		out.WriteString("元")
	}
	switch {
	case jiao == 0 && fen == 0 && yuan == 0:
		return "零元整"
	case jiao == 0 && fen == 0:
		out.WriteString("整")
	case fen == 0:
		out.WriteString(digit(jiao) + "角整")
	case jiao == 0 && yuan == 0:
		out.WriteString(digit(fen) + "分")
	case jiao == 0:
		out.WriteString("零" + digit(fen) + "分")
	default:
		out.WriteString(digit(jiao) + "角" + digit(fen) + "分")
	}
	return out.String()
}

// Chinese prints litres as a dispenser shows them, with the unit: "25.48升".
func (v Millilitre) Chinese() string { return v.Display() + "升" }

// Chinese prints the price as price boards do: "7.85元/升".
func (p FenPerLitre) Chinese() string { return p.String() + "元/升" }

func digit(d int) string {
	r := []rune(chineseDigits)
	return string(r[d])
}

// chineseWhole writes a positive whole number: so many 亿, so many 万, and the
// rest. A zero is read once where a place is skipped between two parts, and
// not at the end.
func chineseWhole(n uint64) string {
	const wan, yi = 1_0000, 1_0000_0000
	switch {
	case n < wan:
		return chineseGroup(int(n))
	case n < yi:
		return chineseGroup(int(n/wan)) + "万" + chineseRest(n%wan, wan)
	}
	return chineseWhole(n/yi) + "亿" + chineseRest(n%yi, yi)
}

// chineseRest writes what follows a 万 or 亿, of which it is the remainder.
func chineseRest(n, part uint64) string {
	switch {
	case n == 0:
		return ""
	case n < part/10:
		return "零" + chineseWhole(n)
	}
	return chineseWhole(n)
}

// chineseGroup writes 1..9999.
func chineseGroup(g int) string {
	places := []rune(chinesePlaces)
	var out strings.Builder
	gap := false
	for place, unit := 3, 1000; place >= 0; place, unit = place-1, unit/10 {
		d := g / unit % 10
		if d == 0 {
			gap = out.Len() > 0
			continue
		}
		if gap {
			out.WriteString("零")
			gap = false
		}
		out.WriteString(digit(d))
		if place > 0 {
			out.WriteRune(places[place-1])
		}
	}
	return out.String()
}
