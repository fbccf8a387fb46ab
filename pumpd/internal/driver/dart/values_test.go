package dart

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"forecourt/shared/unit"
)

var goldenTime = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

func TestBCD(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 9).Draw(t, "size")
		most := int64(1)
		for range 2 * size {
			most *= 10
		}
		n := rapid.Int64Range(0, most-1).Draw(t, "n")
		data, err := AppendBCD(nil, n, size)
		if err != nil || len(data) != size {
			t.Fatalf("% X, %v", data, err)
		}
		if got, err := ParseBCD(data); err != nil || got != n {
			t.Fatalf("%d came back as %d, %v", n, got, err)
		}
		if _, err := AppendBCD(nil, most, size); size < 9 && !errors.Is(err, ErrFigure) {
			t.Fatalf("%d in %d bytes: %v", most, size, err)
		}
	})
	for _, bad := range [][]byte{nil, {0x1A}, {0xA1}, make([]byte, 10)} {
		if n, err := ParseBCD(bad); !errors.Is(err, ErrFigure) {
			t.Errorf("% X read as %d, %v", bad, n, err)
		}
	}
	if _, err := AppendBCD(nil, -1, 4); !errors.Is(err, ErrFigure) {
		t.Errorf("a negative figure: %v", err)
	}
}

// TestDecimals: a figure is the same quantity whatever the display's point,
// and a digit that the unit cannot hold is an error, not a rounding.
func TestDecimals(t *testing.T) {
	tests := []struct {
		decimals Decimals
		volume   string
		want     unit.Millilitre
		amount   string
		money    unit.Fen
		price    string
		perLitre unit.FenPerLitre
		bad      bool
	}{
		{decimals: Decimals{2, 2, 2}, volume: "00004078", want: 40780, amount: "00032542", money: 32542, price: "000798", perLitre: 798},
		{decimals: Decimals{3, 3, 3}, volume: "00040785", want: 40785, amount: "00325420", money: 32542, price: "007980", perLitre: 798},
		{decimals: Decimals{1, 0, 1}, volume: "00000407", want: 40700, amount: "00000325", money: 32500, price: "000079", perLitre: 790},
		{decimals: Decimals{2, 3, 3}, volume: "00004078", want: 40780, amount: "00325421", price: "007985", bad: true},
	}
	for _, tt := range tests {
		if v, err := tt.decimals.ParseVolume(unhex(t, tt.volume)); err != nil || v != tt.want {
			t.Errorf("%+v: volume %v, %v", tt.decimals, v, err)
		}
		a, errA := tt.decimals.ParseAmount(unhex(t, tt.amount))
		p, errP := tt.decimals.ParsePrice(unhex(t, tt.price))
		if tt.bad {
			if !errors.Is(errA, ErrFigure) || !errors.Is(errP, ErrFigure) {
				t.Errorf("%+v: a digit was lost: %v %v, %v %v", tt.decimals, a, errA, p, errP)
			}
			continue
		}
		if errA != nil || errP != nil || a != tt.money || p != tt.perLitre {
			t.Errorf("%+v: %v %v, %v %v", tt.decimals, a, errA, p, errP)
		}
		again, err := tt.decimals.AppendAmount(nil, a, figureSize)
		if diff := cmp.Diff(unhex(t, tt.amount), again); diff != "" || err != nil {
			t.Errorf("%+v: written back: %s %v", tt.decimals, diff, err)
		}
	}
}

func TestTotalsByLength(t *testing.T) {
	tests := map[string]struct {
		data string
		want Totals
		bad  bool
	}{
		"long":           {data: "02 0000765432 0000765431 0000000001", want: Totals{Counter: 2, Volume: 7_654_320}},
		"Chinese":        {data: "02 000000765432 000006108047", want: Totals{Counter: 2, Volume: 7_654_320, Amount: 6_108_047, HasAmount: true}},
		"short":          {data: "02 0000765432", want: Totals{Counter: 2, Volume: 7_654_320}},
		"amount, long":   {data: "12 0006108047 0000000031 0000000000", want: Totals{Counter: 0x12, Amount: 6_108_047, HasAmount: true}},
		"another length": {data: "02 00765432", bad: true},
		"empty":          {data: "", bad: true},
		"not BCD":        {data: "02 00007654F2", bad: true},
	}
	for name, tt := range tests {
		got, err := DefaultDecimals().ParseTotals(unhex(t, tt.data))
		if (err != nil) != tt.bad {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, got); !tt.bad && diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestParameters(t *testing.T) {
	data := make([]byte, 51)
	data[22], data[23], data[24] = 3, 2, 1
	if d, err := ParseParameters(data); err != nil || d != (Decimals{3, 2, 1}) {
		t.Errorf("decimals %+v, %v", d, err)
	}
	data[22] = 9
	if d, err := ParseParameters(data); err == nil {
		t.Errorf("nine decimals were taken: %+v", d)
	}
	if _, err := ParseParameters(data[:24]); !errors.Is(err, ErrTransaction) {
		t.Errorf("short parameters: %v", err)
	}
}

func TestTransactions(t *testing.T) {
	for _, bad := range []string{"01", "0102 05", "010105 03", "0104 000798"} {
		if list, err := ParseTransactions(unhex(t, bad)); !errors.Is(err, ErrTransaction) {
			t.Errorf("%s: %+v, %v", bad, list, err)
		}
	}
	list, err := ParseTransactions(unhex(t, "0101 04 7F00"))
	want := []Transaction{{Code: 1, Data: []byte{4}}, {Code: 0x7F, Data: []byte{}}}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Errorf("%s %v", diff, err)
	}
}
