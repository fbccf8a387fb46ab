package sounds_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"forecourt/assets/sounds"
)

func TestSoundsAreShortAndDifferent(t *testing.T) {
	const longest = 2 * 16000 // bytes: one second; a longer one would be talked over
	seen := map[string]string{}
	for name, wav := range map[string][]byte{
		"calling": sounds.Calling, "paid": sounds.Paid, "overdue": sounds.Overdue,
		"message": sounds.Message, "alarm": sounds.Alarm,
	} {
		if !bytes.HasPrefix(wav, []byte("RIFF")) || !bytes.Equal(wav[8:12], []byte("WAVE")) {
			t.Fatalf("%s is not a WAV file", name)
		}
		if got, want := binary.LittleEndian.Uint32(wav[4:]), uint32(len(wav)-8); got != want {
			t.Errorf("%s: header says %d bytes, file has %d", name, got, want)
		}
		if len(wav) > longest+44 {
			t.Errorf("%s lasts longer than a second", name)
		}
		if other, ok := seen[string(wav)]; ok {
			t.Errorf("%s and %s sound the same", name, other)
		}
		seen[string(wav)] = name
	}
}
