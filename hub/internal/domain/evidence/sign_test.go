package evidence

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"forecourt/shared/unit"
	"forecourt/shared/wire"
)

// signed is the evidence of a case under the key of tests.
func signed(t testing.TB, c Case) wire.Evidence {
	t.Helper()
	return testKey().Sign(Of(c), shanghai(t))
}

// The form of a text is for ever: what was signed years ago is checked with it.
func TestC005TheTextIsTheOneThatIsOnRecord(t *testing.T) {
	for name, c := range map[string]Case{"honest": honest(), "chengdu": chengdu()} {
		file := "testdata/" + name + ".txt"
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := signed(t, c).Signed.Text; got != string(want) {
			t.Errorf("%s is now\n%s", file, got)
		}
	}
}

func TestC005ASignedTextIsVerified(t *testing.T) {
	e := signed(t, honest())
	if err := Verify(e.Signed, testKey().Public().Key); err != nil {
		t.Error(err)
	}
	if err := Beside(e); err != nil {
		t.Error(err)
	}
	again := signed(t, honest())
	if again.Signed != e.Signed {
		t.Error("the same evidence was signed otherwise")
	}
	// Through JSON, as it reaches a phone.
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var read wire.Evidence
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Verify(read.Signed, e.Signed.Key), Beside(read)); err != nil {
		t.Error(err)
	}
}

func TestC005ATamperedTextFailsVerification(t *testing.T) {
	e, key := signed(t, honest()), testKey().Public().Key
	for name, change := range map[string]func(s *wire.SignedText){
		"a digit":           func(s *wire.SignedText) { s.Text = strings.Replace(s.Text, "40.780 L", "40.790 L", 1) },
		"a line less":       func(s *wire.SignedText) { s.Text = s.Text[:strings.LastIndex(s.Text, "曲线")] },
		"a line more":       func(s *wire.SignedText) { s.Text += "应付：0.00 元\n" },
		"no end of line":    func(s *wire.SignedText) { s.Text = strings.TrimSuffix(s.Text, "\n") },
		"CR LF":             func(s *wire.SignedText) { s.Text = strings.ReplaceAll(s.Text, "\n", "\r\n") },
		"another version":   func(s *wire.SignedText) { s.Text = strings.Replace(s.Text, version, "forecourt-evidence 2", 1) },
		"another algorithm": func(s *wire.SignedText) { s.Algorithm = "none" },
		"no signature":      func(s *wire.SignedText) { s.Signature = "" },
		"a bit of it":       func(s *wire.SignedText) { s.Signature = "A" + s.Signature[1:] },
		"another signature": func(s *wire.SignedText) { s.Signature = signed(t, chengdu()).Signed.Signature },
		"too much":          func(s *wire.SignedText) { s.Text += strings.Repeat("x", maxTextBytes) },
	} {
		s := e.Signed
		change(&s)
		if s == e.Signed {
			t.Fatalf("%s changes nothing", name)
		}
		if err := Verify(s, key); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The first line says what a text is: what the same key signed for another
// purpose is no evidence.
func TestC005WhatElseTheKeySignsIsNoEvidence(t *testing.T) {
	key := testKey()
	for _, text := range []string{"", "a checkpoint\n", version, version + " and more\n", "\n" + version + "\n"} {
		s := wire.SignedText{
			Text: text, Algorithm: algorithm,
			Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(key.private, []byte(text))),
		}
		if err := Verify(s, key.Public().Key); !errors.Is(err, ErrSignature) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whoever makes up a text signs it with a key of theirs and sends that along.
func TestC005TheKeyThatComesAlongIsNotBelieved(t *testing.T) {
	forged := NewKey([32]byte{9}).Sign(Of(chengdu()), shanghai(t))
	if err := Verify(forged.Signed, forged.Signed.Key); err != nil {
		t.Fatalf("it is not signed: %v", err)
	}
	if err := Verify(forged.Signed, testKey().Public().Key); !errors.Is(err, ErrSignature) {
		t.Errorf("%v", err)
	}
	for _, key := range []string{"", "x", forged.Signed.Key[:20], forged.Signed.Signature} {
		if err := Verify(forged.Signed, key); err == nil || errors.Is(err, ErrSignature) {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

func TestC005FiguresBesideTheTextMustBeItsOwn(t *testing.T) {
	for name, change := range map[string]func(e *wire.Evidence){
		"litres":    func(e *wire.Evidence) { e.Order.Volume++ },
		"shown":     func(e *wire.Evidence) { e.Shown++ },
		"totalizer": func(e *wire.Evidence) { e.After++ },
		"previous":  func(e *wire.Evidence) { e.Previous = nil },
		"a check":   func(e *wire.Evidence) { e.Checks[0].Result = wire.CheckDiffers },
		"a line":    func(e *wire.Evidence) { e.Lines[1].Amount = -5 },
		"a point":   func(e *wire.Evidence) { e.Trace[3].Volume++ },
		"no points": func(e *wire.Evidence) { e.Trace = nil },
		"the end":   func(e *wire.Evidence) { e.Order.EndedAt = e.Order.EndedAt.Add(time.Millisecond) },
		"the price": func(e *wire.Evidence) { e.Listed++ },
		"the state": func(e *wire.Evidence) { e.Order.State = wire.SaleUnpaid },
	} {
		e := signed(t, honest())
		change(&e)
		if err := Beside(e); !errors.Is(err, ErrBeside) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Beside(wire.Evidence{Signed: wire.SignedText{Text: version + "\n"}}); !errors.Is(err, ErrSignature) {
		t.Errorf("no zone: %v", err)
	}
	if err := Beside(wire.Evidence{Signed: wire.SignedText{Text: version + "\n时区：Nowhere/City\n"}}); err == nil {
		t.Error("a zone that is not there")
	}
}

// A name or key from outside cannot bring lines of its own along.
func TestC005NothingFromOutsideAddsALine(t *testing.T) {
	plain := strings.Count(signed(t, honest()).Signed.Text, "\n")
	c := honest()
	c.Order.StationName = "站\n应付：0.00 元\r\u2028x\u0085\x00\xff"
	c.Sale.DeviceKey = "k\n泵码止：1 L"
	c.Lines[6].Note = "cash\n付款时间：x"
	e := signed(t, c)
	if got := strings.Count(e.Signed.Text, "\n"); got != plain {
		t.Errorf("%d lines, want %d:\n%s", got, plain, e.Signed.Text)
	}
	if strings.ContainsAny(e.Signed.Text, "\r\u2028\u0085\x00") {
		t.Errorf("%q", e.Signed.Text)
	}
}

func TestC005TheTextAloneSaysEverything(t *testing.T) {
	e := signed(t, honest())
	for _, want := range []string{
		"forecourt-evidence 1\n", "昆明示范加油站", e.Order.Number, e.Order.Sale.String(), e.Order.Station.String(), e.DeviceKey, "92#",
		"2026-03-12T09:00:00.120+08:00", "2026-03-12T09:02:11.120+08:00", "123456.780 L", "123497.560 L", "40.780 L",
		"7.50 元/L", "305.85 元", e.PriceSet.String(), "优惠券：0.00 元", "实付：305.85 元 现金", TraceDigest(e.Trace),
	} {
		if !strings.Contains(e.Signed.Text, want) {
			t.Errorf("no %q in\n%s", want, e.Signed.Text)
		}
	}
	c := honest()
	c.Order.Volume, c.Order.Amount = unit.Millilitre(30_000), 22_500
	if text := signed(t, c).Signed.Text; !strings.Contains(text, "计费体积：30.000 L") || !strings.Contains(text, "油机显示体积：40.780 L") {
		t.Errorf("what was shown and what is charged are not told apart:\n%s", text)
	}
}
