package house

import (
	"testing"
	"time"
)

func TestTheKeyIsReadOffTheRecoverySheet(t *testing.T) {
	sheet := "FORECOURT RECOVERY SHEET   x\n\nMaster key\n\n    1   AAAA BBBB\n    2   CCCC DDDD\n    3   EEEE FFFF\n    4   GGGG HHHH\n\n  1. Stop the hub.\n  2. Bring   it back.\n"
	typed, err := keyLines(sheet)
	if err != nil || typed != "AAAA BBBB\nCCCC DDDD\nEEEE FFFF\nGGGG HHHH\n" {
		t.Errorf("%q, %v", typed, err)
	}
	for name, bad := range map[string]string{
		"nothing":      "",
		"a line short": "    1   AAAA\n    2   CCCC\n    3   EEEE\n",
		"one skipped":  "    1   AAAA\n    3   EEEE\n    4   GGGG\n    5   JJJJ\n",
	} {
		if typed, err := keyLines(bad); err == nil {
			t.Errorf("%s: %q", name, typed)
		}
	}
}

func TestTicksAreReadToTheMicrosecond(t *testing.T) {
	at, err := readTick("42\t1795452028.636001\n")
	if want := time.UnixMicro(1795452028636001); err != nil || !at.Equal(want) {
		t.Errorf("%v, %v, want %v", at, err, want)
	}
	for _, bad := range []string{"", "0\t0.000000", "1\tx.y", "1"} {
		if at, err := readTick(bad); err == nil {
			t.Errorf("%q: %v", bad, at)
		}
	}
}
