package evidence

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

func TestC005ThePageOfTheSameEvidenceHasTheSameBytes(t *testing.T) {
	e := signed(t, honest())
	first, err := PDF(e, shanghai(t))
	if err != nil {
		t.Fatal(err)
	}
	again, err := PDF(e, shanghai(t))
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("%d and %d bytes, %v", len(first), len(again), err)
	}
	other, err := PDF(signed(t, chengdu()), shanghai(t))
	if err != nil || bytes.Equal(first, other) {
		t.Errorf("another sale has the same page, %v", err)
	}
	for _, want := range []string{"%PDF-1.", "/CreationDate(D:20260312090211+08'00')", "/Count 1", "%%EOF"} {
		if !bytes.Contains(first, []byte(want)) {
			t.Errorf("no %s in the file", want)
		}
	}
	if len(first) > 200<<10 {
		t.Errorf("%d bytes are much for a phone", len(first))
	}
}

// The typeface has every character that a page prints of its own.
func TestC005ThePageHasNoCharacterTheTypefaceLacks(t *testing.T) {
	cases := map[string]Case{"honest": honest(), "chengdu": chengdu(), "bare": bare()}
	for _, state := range []wire.SaleState{wire.SaleUnpaid, wire.SaleTest, wire.SaleDriveOff, wire.SaleVoid, wire.SaleMissing, wire.SaleOpen} {
		c := honest()
		c.Sale.State, c.Order.State = state, state
		c.Lines = c.Sale.Fee(750, nil)
		cases[string(state)] = c
	}
	accepted := honest()
	accepted.Sale.Volume, accepted.Sale.Amount = 67_960, 50_970
	cases["accepted"] = accepted
	for name, c := range cases {
		s := draw(signed(t, c), shanghai(t))
		if _, err := s.bytes(); err != nil || len(s.missing) != 0 {
			t.Errorf("%s: missing %q, %v", name, string(s.missing), err)
		}
	}
}

// bare is a sale of which nothing more is known, with the longest of names.
func bare() Case {
	c := honest()
	c.Listed, c.Run, c.Dispenser = 0, Run{}, 0
	c.Order.StationName = strings.Repeat("示范", 40)
	c.Sale.DeviceKey = strings.Repeat("8", 120)
	c.Order.Volume, c.Order.Amount, c.Order.Price = 999_999_990, 999_999_999, 99_999
	return c
}

// A character that nobody could foresee is shown as one that is missing.
func TestPageWithAnUnknownCharacter(t *testing.T) {
	c := honest()
	c.Order.StationName = "龘加油站"
	s := draw(signed(t, c), shanghai(t))
	if _, err := s.bytes(); err != nil || len(s.missing) == 0 {
		t.Errorf("missing %q, %v", string(s.missing), err)
	}
}

func TestNothingIsCutThatIsSigned(t *testing.T) {
	s := newSheet("", began)
	for _, line := range strings.Split(signed(t, bare()).Signed.Text, "\n") {
		if got, _ := s.fit(column, style{regular, 6.8, ink}, line); got != line && !strings.HasPrefix(line, "加油站：") {
			t.Errorf("%q is cut to %q", line, got)
		}
	}
	if got, _ := s.fit(50, style{regular, 10, ink}, strings.Repeat("长", 40)); !strings.HasSuffix(got, "…") || s.err != nil {
		t.Errorf("%q, %v", got, s.err)
	}
}

func TestCurveOfAnyTraceCanBeDrawn(t *testing.T) {
	for _, points := range [][]wire.TracePoint{
		nil,
		{{}},
		{{}, {AfterMS: 1}},
		{{}, {AfterMS: 86_400_000, Volume: unit.Max}},
		{{Volume: 5}, {AfterMS: 200, Volume: 5}},
	} {
		c := honest()
		c.Run.Points = points
		if _, err := PDF(signed(t, c), time.UTC); err != nil {
			t.Errorf("%v: %v", points, err)
		}
	}
	for most := int64(1); most < unit.Max/10; most = most*3 + 1 {
		if n := most / step(most, 10); n > ticks {
			t.Errorf("%d marks up to %d", n, most)
		}
		if n := most / timeStep(most); n > ticks {
			t.Errorf("%d times up to %d ms", n, most)
		}
	}
}
