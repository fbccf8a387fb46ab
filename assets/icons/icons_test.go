package icons_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/color"
	"io"
	"os"
	"testing"

	"forecourt/assets/icons"
)

func TestEveryIconIsListedAndTakesAColour(t *testing.T) {
	listed := map[string]bool{}
	for _, n := range icons.All {
		name, svg, err := icons.Tinted(n, color.NRGBA{R: 0xC6, G: 0x28, B: 0x28, A: 0xFF})
		if err != nil {
			t.Fatal(err)
		}
		if name != string(n)+"-C62828.svg" || !bytes.Contains(svg, []byte("#C62828")) || bytes.Contains(svg, []byte("currentColor")) {
			t.Errorf("%s is not tinted: %s", name, svg)
		}
		wellFormed(t, name, svg)
		listed[string(n)+".svg"] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if len(f.Name()) > 4 && f.Name()[len(f.Name())-4:] == ".svg" && !listed[f.Name()] {
			t.Errorf("%s is in the folder and not in the list", f.Name())
		}
	}
}

func TestUnknownIconIsAnError(t *testing.T) {
	if _, _, err := icons.Tinted("no-such", color.NRGBA{}); err == nil {
		t.Error("no error")
	}
}

func wellFormed(t *testing.T, name string, svg []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
	}
}
