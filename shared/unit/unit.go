// Package unit holds the three quantities a petrol station counts in: money
// in fen, volume in millilitres and unit price in fen per litre.
//
// All three are int64 integers. Nothing here, and nothing that a ledger
// touches, uses floating point: 0.1 + 0.2 is 0.3 and stays 0.3. Arithmetic
// that could leave the range of int64 answers ErrOverflow instead of wrapping;
// parsing is exact and refuses what it would have to round.
//
// JSON and SQL carry the plain integers. Every quantity that a station can
// reach stays far below 2^53, so a JavaScript peer reads it exactly; Max
// states the bound and parsing enforces it.
package unit

import (
	"errors"
	"math"
	"math/bits"
)

type (
	// Fen is an amount of money: 1 yuan (元) = 100 fen (分).
	Fen int64
	// Millilitre is a volume. Dispensers show hundredths of a litre; some
	// protocols carry thousandths, so thousandths are kept.
	Millilitre int64
	// FenPerLitre is a unit price (单价): 7.85 yuan/L is 785.
	FenPerLitre int64
)

// Max bounds every parsed or received quantity, in either direction: the
// largest integer that a JavaScript number holds exactly.
const Max = 1<<53 - 1

var (
	// ErrOverflow says that a result does not fit its unit.
	ErrOverflow = errors.New("unit: result out of range")
	// ErrSyntax says that a text is not a decimal number of the unit.
	ErrSyntax = errors.New("unit: not a decimal number of this unit")
)

// Quantity is any of the package's units.
type Quantity interface{ ~int64 }

// Add returns a+b, or ErrOverflow.
func Add[Q Quantity](a, b Q) (Q, error) {
	sum := a + b
	if (sum > a) != (b > 0) && b != 0 {
		return 0, ErrOverflow
	}
	return sum, nil
}

// Sub returns a-b, or ErrOverflow.
func Sub[Q Quantity](a, b Q) (Q, error) {
	diff := a - b
	if (diff < a) != (b > 0) && b != 0 {
		return 0, ErrOverflow
	}
	return diff, nil
}

// Sum adds all of qs, or answers ErrOverflow.
func Sum[Q Quantity](qs ...Q) (Q, error) {
	var total Q
	for _, q := range qs {
		var err error
		if total, err = Add(total, q); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// InRange reports whether q may cross a process boundary: |q| <= Max.
func InRange[Q Quantity](q Q) bool { return q >= -Max && q <= Max }

// millilitresPerLitre turns fen/L times ml into fen.
const millilitresPerLitre = 1000

// Amount is what volume costs at price, rounded half up to the fen. It only
// ever checks a dispenser's own amount, which is the legal one; it never
// replaces it. A reversal computes the positive amount and negates it, so
// negative arguments answer ErrOverflow, as a product beyond int64 does.
func Amount(volume Millilitre, price FenPerLitre) (Fen, error) {
	if volume < 0 || price < 0 {
		return 0, ErrOverflow
	}
	hi, lo := bits.Mul64(uint64(volume), uint64(price))
	if hi != 0 || lo > math.MaxInt64-millilitresPerLitre/2 {
		return 0, ErrOverflow
	}
	return Fen((lo + millilitresPerLitre/2) / millilitresPerLitre), nil
}

// AmountAgrees reports whether a dispenser's amount fits its own volume and
// price. The volume shown is itself rounded to 0.01 L, so the amount may
// differ from price times volume by half a display digit of each:
// |A - P*V| <= 0.005*P + 0.005 yuan, in integers |1000*A - P*V| <= 5*P + 500.
// Negative figures and figures beyond Max never agree.
func AmountAgrees(amount Fen, volume Millilitre, price FenPerLitre) bool {
	if amount < 0 || volume < 0 || price < 0 {
		return false
	}
	hi, product := bits.Mul64(uint64(volume), uint64(price))
	if hi != 0 || product > math.MaxInt64 || amount > Max/millilitresPerLitre || price > Max/millilitresPerLitre {
		return false
	}
	off := int64(amount)*millilitresPerLitre - int64(product)
	if off < 0 {
		off = -off
	}
	return off <= 5*int64(price)+500
}
