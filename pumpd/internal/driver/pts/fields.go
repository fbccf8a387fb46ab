package pts

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"forecourt/shared/unit"
)

// ErrField says that a field is there but is not what it should be.
var ErrField = errors.New("pts: field unreadable")

// get finds the first of the names that holds something: firmwares differ in
// names, and null, "" and empty objects stand for "none".
func (o Object) get(names ...string) (raw string, ok bool) {
	for _, name := range names {
		s := strings.TrimSpace(string(o[name]))
		switch s {
		case "", "null", `""`:
			continue
		}
		if strings.Trim(s, "{}[] \t\r\n") == "" {
			continue
		}
		return s, true
	}
	return "", false
}

// Has reports whether a field holds something.
func (o Object) Has(name string) bool {
	_, ok := o.get(name)
	return ok
}

// Text reads a string, or the text of a number; "" for none or anything else.
func (o Object) Text(names ...string) string {
	raw, _ := o.get(names...)
	if strings.HasPrefix(raw, "{") || strings.HasPrefix(raw, "[") {
		return ""
	}
	return unquote(raw)
}

// unquote takes the quotes off a JSON string; other text stays.
func unquote(raw string) string {
	var s string
	if strings.HasPrefix(raw, `"`) && json.Unmarshal([]byte(raw), &s) == nil {
		return s
	}
	return raw
}

// Flag reads a boolean; false for none.
func (o Object) Flag(name string) bool {
	switch strings.ToLower(o.Text(name)) {
	case "true", "1", "on":
		return true
	}
	return false
}

// Object reads an object inside; nil for none.
func (o Object) Object(name string) Object {
	var inner Object
	raw, _ := o.get(name)
	if !strings.HasPrefix(raw, "{") || json.Unmarshal([]byte(raw), &inner) != nil {
		return nil
	}
	return inner
}

// Strings reads an array's elements as text, null as "".
func (o Object) Strings(name string) []string {
	var raws []json.RawMessage
	raw, _ := o.get(name)
	if !strings.HasPrefix(raw, "[") || json.Unmarshal([]byte(raw), &raws) != nil {
		return nil
	}
	out := make([]string, len(raws))
	for i, r := range raws {
		out[i] = Object{"": r}.Text("")
	}
	return out
}

// Scaled reads a decimal number as a whole number of 10^-places, exactly:
// Scaled("25.48", 3) is 25480. What would have to be rounded, or is beyond
// unit.Max, is ErrField.
func Scaled(number string, places int) (int64, error) {
	mantissa, exponent, err := splitExponent(number)
	if err != nil {
		return 0, err
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	digits = whole + fraction
	if whole == "" || (point && fraction == "") || strings.Trim(digits, "0123456789") != "" {
		return 0, fmt.Errorf("%w: %.30q is not a number", ErrField, number)
	}
	digits = strings.TrimLeft(digits, "0")
	switch shift := places + exponent - len(fraction); {
	case digits == "":
		return 0, nil
	case shift >= 0 && shift+len(digits) <= maxDigits:
		digits += strings.Repeat("0", shift)
	case shift < 0 && -shift < len(digits) && strings.Trim(digits[len(digits)+shift:], "0") == "":
		digits = digits[:len(digits)+shift]
	default:
		return 0, fmt.Errorf("%w: %.30q does not fit %d decimals", ErrField, number, places)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > unit.Max {
		return 0, fmt.Errorf("%w: %.30q is out of range", ErrField, number)
	}
	if negative {
		n = -n
	}
	return n, nil
}

// maxDigits is how many digits unit.Max has.
const maxDigits = 16

// splitExponent parts "1.5e3" into "1.5" and 3.
func splitExponent(number string) (mantissa string, exponent int, err error) {
	at := strings.IndexAny(number, "eE")
	if at < 0 {
		return number, 0, nil
	}
	exponent, err = strconv.Atoi(number[at+1:])
	if err != nil || exponent < -1000 || exponent > 1000 {
		return "", 0, fmt.Errorf("%w: exponent of %.30q", ErrField, number)
	}
	return number[:at], exponent, nil
}

// reader reads typed fields of one object and keeps the first error.
type reader struct {
	from Object
	err  error
}

// scaled reads a decimal field; ok is false for none.
func (r *reader) scaled(places int, names ...string) (n int64, ok bool) {
	raw, ok := r.from.get(names...)
	if !ok {
		return 0, false
	}
	n, err := Scaled(unquote(raw), places)
	if err != nil {
		if r.err == nil {
			r.err = fmt.Errorf("%s: %w", names[0], err)
		}
		return 0, false
	}
	return n, true
}

// number reads a small whole number, such as a pump or a nozzle; 0 for none.
func (r *reader) number(names ...string) int {
	n, _ := r.scaled(0, names...)
	if n < -maxNumber || n > maxNumber {
		n = 0
		if r.err == nil {
			r.err = fmt.Errorf("%w: %s is out of range", ErrField, names[0])
		}
	}
	return int(n)
}

// maxNumber bounds whole numbers; the largest real ones are 16-bit
// transaction numbers and identifiers.
const maxNumber = 1 << 30

func (r *reader) volume(names ...string) unit.Millilitre {
	n, _ := r.scaled(3, names...)
	return unit.Millilitre(n)
}

func (r *reader) money(names ...string) unit.Fen {
	n, _ := r.scaled(2, names...)
	return unit.Fen(n)
}

func (r *reader) price(names ...string) unit.FenPerLitre {
	n, _ := r.scaled(2, names...)
	return unit.FenPerLitre(n)
}

// WallTime is a moment as the controller's clock on the wall shows it:
// "2026-11-03T07:15:00", without a zone. It stays text because a step of the
// zone must not change a sale's key.
type WallTime string

// wallLayout is the controller's format; nothing else is accepted by it.
const wallLayout = "2006-01-02T15:04:05"

// maxWallText bounds a time that could not be read and is kept as text.
const maxWallText = 32

// NewWallTime shows a moment on the wall of a zone.
func NewWallTime(t time.Time, zone *time.Location) WallTime {
	return WallTime(t.In(zone).Format(wallLayout))
}

// parseWall brings a time to the one form that keys are made of. A text that
// is no time is kept, cut to a bound.
func parseWall(s string) WallTime {
	for _, layout := range [...]string{wallLayout, time.RFC3339, "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return WallTime(t.Format(wallLayout))
		}
	}
	return WallTime(s[:min(len(s), maxWallText)])
}

// In is the moment that the wall clock of zone showed; zero if it is no time.
func (w WallTime) In(zone *time.Location) time.Time {
	t, err := time.ParseInLocation(wallLayout, string(w), zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

func (r *reader) wall(names ...string) WallTime { return parseWall(r.from.Text(names...)) }

// controllerID brings a controller's 24 hex digits to one form.
func controllerID(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }
