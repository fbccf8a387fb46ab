package unit_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"forecourt/shared/unit"
)

// litres and yuan read what the tables below write.
func litres(t *testing.T, s string) unit.Millilitre {
	t.Helper()
	v, err := unit.ParseMillilitre(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func yuan(t *testing.T, s string) unit.Fen {
	t.Helper()
	v, err := unit.ParseFen(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func price(t *testing.T, s string) unit.FenPerLitre {
	t.Helper()
	v, err := unit.ParseFenPerLitre(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestD001MoneyIsIntegers(t *testing.T) {
	got, err := unit.Amount(litres(t, "12.34"), price(t, "7.85"))
	if err != nil || got != yuan(t, "96.87") {
		t.Errorf("7.85 x 12.34 L = %v, %v; want 96.87", got, err)
	}
	// What floating point cannot do: add a million times a hundredth.
	var sum unit.Fen
	for range 1_000_000 {
		if sum, err = unit.Add(sum, yuan(t, "0.01")); err != nil {
			t.Fatal(err)
		}
	}
	if sum.String() != "10000.00" {
		t.Errorf("a million fen are %v yuan", sum)
	}
}

func TestD002TheDispensersAmountIsOnlyChecked(t *testing.T) {
	tests := []struct {
		name, amount, volume, price string
		want                        bool
	}{
		{"a preset of 200.00", "200.00", "25.48", "7.85", true},
		{"another sale's amount", "240.00", "25.48", "7.85", false},
		{"on the bound above", "200.06", "25.48", "7.85", true},
		{"beyond it", "200.07", "25.48", "7.85", false},
		{"on the bound below", "199.98", "25.48", "7.85", true},
		{"beyond that", "199.97", "25.48", "7.85", false},
		{"nothing", "0.00", "0.00", "7.85", true},
		{"money for nothing", "0.05", "0.00", "7.85", false},
		{"two sales in one", "533.49", "40.78", "7.85", false},
		{"a free fill", "0.00", "25.48", "0.00", true},
		{"a refund is not a sale", "-200.00", "25.48", "7.85", false},
		{"a negative volume", "200.00", "-25.48", "7.85", false},
		{"a negative price", "200.00", "25.48", "-7.85", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := unit.AmountAgrees(yuan(t, tt.amount), litres(t, tt.volume), price(t, tt.price)); got != tt.want {
				t.Errorf("%s for %s L at %s: %v", tt.amount, tt.volume, tt.price, got)
			}
		})
	}
}

func TestD003RoundsHalfUpAsDispensersDo(t *testing.T) {
	for _, tt := range []struct{ price, volume, want string }{
		{"6.81", "0.43", "2.93"},
		{"6.10", "0.55", "3.36"},
		{"6.10", "0.56", "3.42"},
		{"6.10", "0.57", "3.48"},
		{"7.85", "12.34", "96.87"},
		{"1.00", "0.004", "0.00"},
		{"1.00", "0.005", "0.01"},
		{"7.85", "0.00", "0.00"},
	} {
		got, err := unit.Amount(litres(t, tt.volume), price(t, tt.price))
		if err != nil || got.String() != tt.want {
			t.Errorf("%s x %s L = %v, %v; want %s", tt.price, tt.volume, got, err, tt.want)
		}
	}
}

func TestAmountRefusesWhatItCannotSay(t *testing.T) {
	for _, tt := range []struct {
		volume unit.Millilitre
		price  unit.FenPerLitre
	}{{-1, 1}, {1, -1}, {math.MaxInt64, 2}, {math.MaxInt64, math.MaxInt64}, {math.MaxInt64, 1}, {math.MinInt64, 1}} {
		if got, err := unit.Amount(tt.volume, tt.price); !errors.Is(err, unit.ErrOverflow) {
			t.Errorf("%d ml at %d: %v, %v", tt.volume, tt.price, got, err)
		}
	}
}

// edgy draws any int64, the ends and the neighbourhood of zero often.
func edgy() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64(), rapid.Int64Range(-3, 3),
		rapid.SampledFrom([]int64{math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1, unit.Max, -unit.Max}))
}

// agrees compares a checked result with what has no bounds.
func agrees(t *rapid.T, got int64, err error, want *big.Int) {
	t.Helper()
	switch {
	case want.IsInt64() && (err != nil || got != want.Int64()):
		t.Fatalf("got %d, %v; want %v", got, err, want)
	case !want.IsInt64() && !errors.Is(err, unit.ErrOverflow):
		t.Fatalf("got %d, %v; want an overflow of %v", got, err, want)
	}
}

func TestArithmeticIsThatOfWholeNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := edgy().Draw(t, "a"), edgy().Draw(t, "b"), edgy().Draw(t, "c")
		sum, err := unit.Add(unit.Fen(a), unit.Fen(b))
		agrees(t, int64(sum), err, new(big.Int).Add(big.NewInt(a), big.NewInt(b)))
		diff, err := unit.Sub(unit.Millilitre(a), unit.Millilitre(b))
		agrees(t, int64(diff), err, new(big.Int).Sub(big.NewInt(a), big.NewInt(b)))
		// A sum is an overflow as soon as a part of it is.
		total, err := unit.Sum(unit.Fen(a), unit.Fen(b), unit.Fen(c))
		part := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		if whole := new(big.Int).Add(part, big.NewInt(c)); part.IsInt64() {
			agrees(t, int64(total), err, whole)
		} else if !errors.Is(err, unit.ErrOverflow) {
			t.Fatalf("got %v, %v", total, err)
		}
	})
}

func TestAmountIsThatOfWholeNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, p := edgy().Draw(t, "volume"), edgy().Draw(t, "price")
		got, err := unit.Amount(unit.Millilitre(v), unit.FenPerLitre(p))
		if v < 0 || p < 0 {
			if !errors.Is(err, unit.ErrOverflow) {
				t.Fatalf("got %v, %v", got, err)
			}
			return
		}
		want := new(big.Int).Mul(big.NewInt(v), big.NewInt(p))
		want.Add(want, big.NewInt(500))
		// The half is added before dividing, so that must fit too.
		if !want.IsInt64() {
			want = new(big.Int).Lsh(big.NewInt(1), 64)
		} else {
			want.Div(want, big.NewInt(1000))
		}
		agrees(t, int64(got), err, want)
	})
}

func TestAmountAgreesIsTheRuleInWholeNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(rapid.Int64Range(0, 100_000), rapid.Int64Range(-1, unit.Max)).Draw(t, "volume")
		p := rapid.OneOf(rapid.Int64Range(0, 1_000), rapid.Int64Range(-1, unit.Max/1000)).Draw(t, "price")
		exact := new(big.Int).Mul(big.NewInt(v), big.NewInt(p))
		near := new(big.Int).Div(exact, big.NewInt(1000))
		a := rapid.Int64Range(-1, unit.Max/1000).Draw(t, "amount")
		if near.IsInt64() && rapid.Bool().Draw(t, "close") {
			a = min(near.Int64()+rapid.Int64Range(-p/100-2, p/100+2).Draw(t, "off"), unit.Max/1000)
		}
		off := new(big.Int).Sub(new(big.Int).Mul(big.NewInt(a), big.NewInt(1000)), exact)
		bound := new(big.Int).Add(new(big.Int).Mul(big.NewInt(p), big.NewInt(5)), big.NewInt(500))
		want := a >= 0 && v >= 0 && p >= 0 && exact.IsInt64() && off.CmpAbs(bound) <= 0
		if got := unit.AmountAgrees(unit.Fen(a), unit.Millilitre(v), unit.FenPerLitre(p)); got != want {
			t.Fatalf("%d fen for %d ml at %d: %v, want %v", a, v, p, got, want)
		}
	})
}

func TestAmountAgreesNeverOverflows(t *testing.T) {
	for _, n := range []int64{math.MaxInt64, math.MinInt64, unit.Max, -1} {
		if unit.AmountAgrees(unit.Fen(n), 1000, 1) || unit.AmountAgrees(1, unit.Millilitre(n), math.MaxInt64) || unit.AmountAgrees(1, 1, unit.FenPerLitre(n)) {
			t.Errorf("%d agrees", n)
		}
	}
}

// The amount a dispenser works out from its own figures always agrees.
func TestAnAmountAgreesWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := unit.Millilitre(rapid.Int64Range(0, 999_999).Draw(t, "ml"))
		p := unit.FenPerLitre(rapid.Int64Range(0, 99_999).Draw(t, "price"))
		a, err := unit.Amount(v, p)
		if err != nil || !unit.AmountAgrees(a, v, p) {
			t.Fatalf("%v for %v at %v: %v", a, v, p, err)
		}
	})
}

func TestInRange(t *testing.T) {
	for n, want := range map[unit.Fen]bool{
		0: true, unit.Max: true, -unit.Max: true, unit.Max + 1: false, -unit.Max - 1: false, math.MinInt64: false,
	} {
		if unit.InRange(n) != want {
			t.Errorf("%d in range: %v", n, !want)
		}
	}
}
