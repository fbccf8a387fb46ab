package station

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"forecourt/shared/wire"
)

func TestAnglesAreReadExactly(t *testing.T) {
	for text, want := range map[string]int{
		"25.040600": 25_040_600, "102.712251": 102_712_251, "25.0406": 25_040_600, "0.000001": 1, "-0.5": -500_000,
		"7": 7_000_000, "-180": -180_000_000, "180.000000": 180_000_000, "000": 0, "-0": 0,
	} {
		if got, err := Degrees(text, MaxLongitudeE6); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "-", ".", ".5", "25.", "+25", "25,04", "25.0406001", "1e2", "--1", "25.-4", " 25", "25 ", "0x10", "٣", "9999999999999999999", "180.000001", "-181", "1234",
	} {
		if got, err := Degrees(text, MaxLongitudeE6); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
	if _, err := Degrees("90.000001", MaxLatitudeE6); err == nil {
		t.Error("north of the pole")
	}
}

// What is written with six decimals is read as it was.
func TestAnglesGoThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole, rest := rapid.IntRange(0, 89).Draw(t, "degrees"), rapid.StringMatching(`[0-9]{6}`).Draw(t, "decimals")
		sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign")
		text := sign + strings.TrimLeft(string(rune('0'+whole/10))+string(rune('0'+whole%10)), "0")
		if whole == 0 {
			text = sign + "0"
		}
		got, err := Degrees(text+"."+rest, MaxLatitudeE6)
		if err != nil {
			t.Fatal(err)
		}
		want := whole
		for _, digit := range rest {
			want = want*10 + int(digit-'0')
		}
		if sign == "-" {
			want = -want
		}
		if got != want {
			t.Fatalf("%s.%s is %d, want %d", text, rest, got, want)
		}
	})
}

func FuzzDegrees(f *testing.F) {
	for _, seed := range []string{"25.040600", "-0.5", "102.712251", ".", "1e2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if e6, err := Degrees(text, MaxLatitudeE6); err == nil && outside(e6, MaxLatitudeE6) {
			t.Errorf("%q is %d", text, e6)
		}
	})
}

func TestCleanSite(t *testing.T) {
	got, err := CleanSite(wire.Site{Name: " 示范 ", City: "昆明 ", Address: " 人民中路1号", Phone: " 0871-6000 0000 ", Place: &wire.Place{LatitudeE6: -90_000_000, LongitudeE6: 180_000_000}})
	want := wire.Site{Name: "示范", City: "昆明", Address: "人民中路1号", Phone: "0871-6000 0000", Place: &wire.Place{LatitudeE6: -90_000_000, LongitudeE6: 180_000_000}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("cleaned to %+v, %v", got, err)
	}
	if _, err := CleanSite(wire.Site{Name: strings.Repeat("站", maxName)}); err != nil {
		t.Errorf("the longest name: %v", err)
	}
	for name, s := range map[string]wire.Site{
		"no name":           {Name: "  "},
		"a long name":       {Name: strings.Repeat("站", maxName+1)},
		"two lines":         {Name: "a\nb"},
		"no text":           {Name: "a\xff"},
		"a long address":    {Name: "a", Address: strings.Repeat("x", maxAddress+1)},
		"a long city":       {Name: "a", City: strings.Repeat("x", maxCity+1)},
		"words for a phone": {Name: "a", Phone: "ask inside"},
		"too far north":     {Name: "a", Place: &wire.Place{LatitudeE6: 90_000_001}},
		"too far west":      {Name: "a", Place: &wire.Place{LongitudeE6: -180_000_001}},
	} {
		if _, err := CleanSite(s); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
