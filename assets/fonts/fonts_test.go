package fonts_test

import (
	"bytes"
	"strings"
	"testing"

	"forecourt/assets/fonts"
)

func TestFacesAreTwoStaticTrueTypeFiles(t *testing.T) {
	for name, face := range map[string][]byte{"regular": fonts.Regular, "bold": fonts.Bold} {
		if !bytes.HasPrefix(face, []byte{0, 1, 0, 0}) {
			t.Errorf("%s is not a TrueType file", name)
		}
		if bytes.Contains(face[:512], []byte("fvar")) {
			t.Errorf("%s has a variable axis; the drawing library would show its default weight", name)
		}
	}
	if bytes.Equal(fonts.Regular, fonts.Bold) {
		t.Error("regular and bold are the same file")
	}
}

func TestLicenceLiesBesideTheFaces(t *testing.T) {
	for _, want := range []string{"Adobe", "Reserved Font Name 'Source'", "SIL OPEN FONT LICENSE Version 1.1"} {
		if !strings.Contains(fonts.Licence, want) {
			t.Errorf("licence text lacks %q", want)
		}
	}
}
