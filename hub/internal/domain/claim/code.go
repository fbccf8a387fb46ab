package claim

import (
	"crypto/subtle"
	"encoding/base32"
	"strconv"
	"strings"

	"forecourt/shared/id"
)

const (
	// CodeLength is the number of characters of a nozzle's code: 40 bits,
	// short enough to be typed from the sticker.
	CodeLength = 8
	// codeBytes is what CodeLength characters of base 32 hold.
	codeBytes = 5
	// purpose separates these codes from whatever else the key is used for.
	purpose = "nozzle-code"
)

// crockford is the digits of base 32 without letters that are read as others.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// MAC is a keyed hash, the vault's.
type MAC func(purpose string, message []byte) [32]byte

// Place is a nozzle of a station and the code on its sticker.
type Place struct {
	Station id.Station
	Nozzle  int
	Code    string
}

// At is the place of a nozzle. Its code follows from the station's id and the
// nozzle's number, so that a sticker outlives everything but the key.
func At(mac MAC, s id.Station, nozzle int) Place {
	sum := mac(purpose, []byte(s.String()+"|"+strconv.Itoa(nozzle)))
	code := base32.NewEncoding(crockford).EncodeToString(sum[:codeBytes])
	return Place{Station: s, Nozzle: nozzle, Code: code}
}

// Find is the place that a code, as a person typed it, belongs to. Every place
// is compared, so the time it takes says nothing. A code that two places share
// finds neither.
func Find(places []Place, typed string) (Place, bool) {
	code := []byte(normal(typed))
	found, matches := 0, 0
	for i, p := range places {
		equal := subtle.ConstantTimeCompare([]byte(p.Code), code)
		found = subtle.ConstantTimeSelect(equal, i, found)
		matches += equal
	}
	if matches != 1 {
		return Place{}, false
	}
	return places[found], true
}

// normal is a code as it is compared: what people type for look-alikes is read
// as Crockford's base 32 says.
func normal(typed string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t':
			return -1
		case 'o', 'O':
			return '0'
		case 'i', 'I', 'l', 'L':
			return '1'
		}
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, typed)
}
