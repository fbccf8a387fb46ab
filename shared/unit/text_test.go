package unit_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"forecourt/shared/unit"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text string
		fen  int64 // with two decimals
		err  error
		ml   int64 // with three
		errL error
	}{
		{"0", 0, nil, 0, nil},
		{"200", 20000, nil, 200000, nil},
		{"200.5", 20050, nil, 200500, nil},
		{"200.50", 20050, nil, 200500, nil},
		{"200.500000", 20050, nil, 200500, nil},
		{"007.85", 785, nil, 7850, nil},
		{"-0.05", -5, nil, -50, nil},
		{"-0", 0, nil, 0, nil},
		{"25.481", 0, unit.ErrSyntax, 25481, nil},
		{"25.4801", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"90071992547409.91", unit.Max, nil, 0, unit.ErrOverflow},
		{"90071992547409.92", 0, unit.ErrOverflow, 0, unit.ErrOverflow},
		{"-90071992547409.91", -unit.Max, nil, 0, unit.ErrOverflow},
		{strings.Repeat("9", 400), 0, unit.ErrOverflow, 0, unit.ErrOverflow},
		{"", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"-", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{".", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{".5", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"5.", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"+5", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"--5", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"5-", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{" 5", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"1e3", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"1,000", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"1.2.3", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"５", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
		{"1_0", 0, unit.ErrSyntax, 0, unit.ErrSyntax},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			if fen, err := unit.ParseFen(tt.text); int64(fen) != tt.fen || !errors.Is(err, tt.err) {
				t.Errorf("fen: %d, %v", fen, err)
			}
			if p, err := unit.ParseFenPerLitre(tt.text); int64(p) != tt.fen || !errors.Is(err, tt.err) {
				t.Errorf("fen per litre: %d, %v", p, err)
			}
			if ml, err := unit.ParseMillilitre(tt.text); int64(ml) != tt.ml || !errors.Is(err, tt.errL) {
				t.Errorf("millilitres: %d, %v", ml, err)
			}
		})
	}
}

func TestParseKeepsAHostileTextShort(t *testing.T) {
	if _, err := unit.ParseFen(strings.Repeat("x", 1<<20)); err == nil || len(err.Error()) > 200 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

func TestWhatIsPrintedReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.Int64Range(-unit.Max, unit.Max), rapid.Int64Range(-2000, 2000)).Draw(t, "n")
		if got, err := unit.ParseFen(unit.Fen(n).String()); err != nil || got != unit.Fen(n) {
			t.Fatalf("fen %d: %v, %v", n, got, err)
		}
		if got, err := unit.ParseFenPerLitre(unit.FenPerLitre(n).String()); err != nil || got != unit.FenPerLitre(n) {
			t.Fatalf("price %d: %v, %v", n, got, err)
		}
		if got, err := unit.ParseMillilitre(unit.Millilitre(n).String()); err != nil || got != unit.Millilitre(n) {
			t.Fatalf("volume %d: %v, %v", n, got, err)
		}
	})
}

func TestPrinting(t *testing.T) {
	for got, want := range map[string]string{
		unit.Fen(20000).String():           "200.00",
		unit.Fen(-5).String():              "-0.05",
		unit.Fen(math.MinInt64).String():   "-92233720368547758.08",
		unit.Fen(20000).Symbol():           "¥200.00",
		unit.Fen(-20000).Symbol():          "-¥200.00",
		unit.Fen(0).Symbol():               "¥0.00",
		unit.FenPerLitre(785).String():     "7.85",
		unit.FenPerLitre(785).Chinese():    "7.85元/升",
		unit.Millilitre(25480).String():    "25.480",
		unit.Millilitre(25480).Display():   "25.48",
		unit.Millilitre(25484).Display():   "25.48",
		unit.Millilitre(25485).Display():   "25.49",
		unit.Millilitre(-25485).Display():  "-25.49",
		unit.Millilitre(-25484).Display():  "-25.48",
		unit.Millilitre(4).Display():       "0.00",
		unit.Millilitre(-4).Display():      "0.00",
		unit.Millilitre(999_995).Display(): "1000.00",
		unit.Millilitre(25480).Chinese():   "25.48升",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := unit.Millilitre(math.MaxInt64).Display(); !strings.HasPrefix(got, "9223372036854775.8") {
		t.Errorf("the largest volume: %s", got)
	}
}

func TestChineseNumerals(t *testing.T) {
	for fen, want := range map[unit.Fen]string{
		0:                    "零元整",
		5:                    "伍分",
		50:                   "伍角整",
		55:                   "伍角伍分",
		100:                  "壹元整",
		105:                  "壹元零伍分",
		150:                  "壹元伍角整",
		1000:                 "壹拾元整",
		1050:                 "壹拾元伍角整",
		1100:                 "壹拾壹元整",
		20000:                "贰佰元整",
		20035:                "贰佰元叁角伍分",
		10500:                "壹佰零伍元整",
		100500:               "壹仟零伍元整",
		101000:               "壹仟零壹拾元整",
		101100:               "壹仟零壹拾壹元整",
		123456:               "壹仟贰佰叁拾肆元伍角陆分",
		1_0000_00:            "壹万元整",
		1_0005_00:            "壹万零伍元整",
		1_0500_00:            "壹万零伍佰元整",
		1_5000_00:            "壹万伍仟元整",
		10_0000_00:           "壹拾万元整",
		10_0100_00:           "壹拾万零壹佰元整",
		2001_0000_00:         "贰仟零壹万元整",
		2001_0003_00:         "贰仟零壹万零叁元整",
		9999_9999_99:         "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
		1_0000_0000_00:       "壹亿元整",
		1_0000_0005_00:       "壹亿零伍元整",
		1_0000_5000_00:       "壹亿零伍仟元整",
		1_0005_0000_00:       "壹亿零伍万元整",
		1_5000_0000_00:       "壹亿伍仟万元整",
		10_0030_0000_00:      "壹拾亿零叁拾万元整",
		1_0000_0000_0000_00:  "壹万亿元整",
		1_2300_0000_0000_00:  "壹万贰仟叁佰亿元整",
		1_0001_0000_0000_00:  "壹万零壹亿元整",
		unit.Max:             "玖拾万零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角壹分",
		-50:                  "负伍角整",
		-20035:               "负贰佰元叁角伍分",
		math.MinInt64 + 2008: "负玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰叁拾捌元整",
	} {
		if got := fen.Chinese(); got != want {
			t.Errorf("%s yuan\n got %s\nwant %s", fen, got, want)
		}
	}
}

// No stroke turns one amount into another: two amounts never read the same,
// and there is never a zero twice, nor one before the unit.
func TestChineseNumeralsAreUnmistakable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := unit.Fen(rapid.OneOf(rapid.Int64Range(1, unit.Max), rapid.Int64Range(1, 2_000_000)).Draw(t, "a"))
		b := unit.Fen(rapid.OneOf(rapid.Int64Range(1, unit.Max), rapid.Int64Range(int64(a)/2, int64(a)*2)).Draw(t, "b"))
		text := a.Chinese()
		if a != b && text == b.Chinese() {
			t.Fatalf("%v and %v both read %s", a, b, text)
		}
		for _, bad := range []string{"零零", "零元", "零万", "零亿", "零拾", "零佰", "零仟", "零角"} {
			if strings.Contains(text, bad) {
				t.Fatalf("%v reads %s", a, text)
			}
		}
		if !strings.HasSuffix(text, "整") && !strings.HasSuffix(text, "分") {
			t.Fatalf("%v does not end: %s", a, text)
		}
	})
}

// FuzzParse holds what the property does, for any text at all.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"200.00", "-0.05", "1e9", "", "99999999999999999999", "1.", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := unit.ParseMillilitre(text)
		if err != nil {
			if n != 0 || (!errors.Is(err, unit.ErrSyntax) && !errors.Is(err, unit.ErrOverflow)) {
				t.Fatalf("%q: %d, %v", text, n, err)
			}
			return
		}
		if again, err := unit.ParseMillilitre(n.String()); err != nil || again != n || !unit.InRange(n) {
			t.Fatalf("%q: %d, then %d, %v", text, n, again, err)
		}
	})
}
