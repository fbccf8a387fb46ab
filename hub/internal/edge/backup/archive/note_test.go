package archive_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/shared/wire"
)

func TestANoteIsWhatTheHubSaid(t *testing.T) {
	said := wire.BackupDrill{Set: ulidA, Place: "disk", TookMS: 4400, OK: true}
	file, err := signer(1).EncodeNote("drill", said)
	if err != nil {
		t.Fatal(err)
	}
	key := signer(1).Public()
	var read wire.BackupDrill
	if err := key.DecodeNote("drill", file, &read); err != nil || read.Set != said.Set || read.TookMS != said.TookMS || !read.OK {
		t.Errorf("%+v, %v", read, err)
	}
	for name, c := range map[string]struct {
		key   archive.PublicKey
		about string
		file  []byte
		want  error
	}{
		"another hub's":       {signer(2).Public(), "drill", file, archive.ErrSignature},
		"about another thing": {key, "check", file, archive.ErrSignature},
		"another place":       {key, "drill", bytes.Replace(file, []byte("disk"), []byte("tape"), 1), archive.ErrSignature},
		"a manifest":          {key, "drill", encode(t, manifest()), archive.ErrSignature},
		"no JSON":             {key, "drill", file[1:], archive.ErrDamaged},
		"nothing":             {key, "drill", nil, archive.ErrDamaged},
		"a large one":         {key, "drill", make([]byte, 2<<20), archive.ErrTooLarge},
	} {
		var read wire.BackupDrill
		if err := c.key.DecodeNote(c.about, c.file, &read); !errors.Is(err, c.want) || read.Set != "" {
			t.Errorf("%s: %+v, %v", name, read, err)
		}
	}
	var number int
	if err := key.DecodeNote("drill", file, &number); !errors.Is(err, archive.ErrDamaged) {
		t.Errorf("read into something else: %v", err)
	}
	for _, about := range []string{"", "Drill", "drill\nx"} {
		if _, err := signer(1).EncodeNote(about, said); err == nil {
			t.Errorf("a note about %q", about)
		}
	}
	if _, err := signer(1).EncodeNote("drill", strings.Repeat("x", 2<<20)); !errors.Is(err, archive.ErrTooLarge) {
		t.Errorf("a large note: %v", err)
	}
	if _, err := signer(1).EncodeNote("drill", func() {}); err == nil {
		t.Error("a note of what is no text")
	}
}
