package till

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"forecourt/shared/wire"
)

// program writes a shell script that stands for a program of the system.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMicrophoneThroughAProgram(t *testing.T) {
	raw := "printf '0123456789'"
	header := "printf 'RIFF....WAVEfmt ................data....'"
	for name, c := range map[string]struct {
		script string
		want   string
	}{
		"raw samples":              {raw, "0123456789"},
		"after a header":           {header + "; " + raw, "0123456789"},
		"until it is told to stop": {raw + "; trap 'printf ab; exit 0' INT; while :; do read -r x </dev/null || sleep 0.02; done", "0123456789ab"},
		"half a sample":            {raw + "; printf 'x'", "0123456789"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &microphone{argv: []string{program(t, c.script)}}
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			wav, err := m.Record(ctx)
			if err != nil || string(wav) != string(wavOf([]byte(c.want), voiceRate, 1)) {
				t.Errorf("%q, %v", wav, err)
			}
		})
	}
	for name, script := range map[string]string{"hears nothing": "exit 1", "a header alone": header} {
		if wav, err := (&microphone{argv: []string{program(t, script)}}).Record(t.Context()); err == nil {
			t.Errorf("%s: %q", name, wav)
		}
	}
	if _, err := (&microphone{argv: []string{"/nowhere"}}).Record(t.Context()); err == nil {
		t.Error("a program that is not there recorded")
	}
}

func TestRecordingIsBoundedToAMinute(t *testing.T) {
	m := &microphone{argv: []string{program(t, "exec cat /dev/zero")}}
	wav, err := m.Record(t.Context())
	if err != nil || len(wav) != 44+maxPCM || len(wav) > wire.MaxVoiceBytes {
		t.Errorf("%d bytes, %v", len(wav), err)
	}
	if got := binary.LittleEndian.Uint32(wav[40:]); got != maxPCM {
		t.Errorf("the header says %d bytes", got)
	}
}

func TestProgramsForSoundAreLookedFor(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	only := func(name string) func(string) (string, error) {
		return func(asked string) (string, error) {
			if asked == name {
				return "/usr/bin/" + name, nil
			}
			return "", os.ErrNotExist
		}
	}
	for _, name := range []string{"pw-record", "parecord", "arecord"} {
		if m, ok := FindMicrophone(only(name), log).(*microphone); !ok || m.argv[0] != "/usr/bin/"+name {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if s, ok := FindSpeaker(only("paplay"), log).(*speaker); !ok || s.argv[0] != "/usr/bin/paplay" {
		t.Errorf("%+v", s)
	}
	if FindMicrophone(only("x"), log) != nil || FindSpeaker(only("x"), log) != nil {
		t.Error("found what is not there")
	}
	heard := filepath.Join(t.TempDir(), "heard")
	if err := (&speaker{argv: []string{program(t, "cat >'"+heard+"'")}}).Speak(t.Context(), []byte("RIFF")); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(heard); err != nil || string(got) != "RIFF" {
		t.Errorf("%q, %v", got, err)
	}
	if err := (&speaker{argv: []string{program(t, "exit 3")}}).Speak(t.Context(), nil); err == nil {
		t.Error("a program that failed played")
	}
}

// silence is an MP3 of two frames: MPEG 1 layer 3, 32 kbit/s, 48 kHz, mono,
// each nothing but a header and zeros.
func silence() []byte {
	const frame = 144 * 32000 / 48000
	one := append([]byte{0xFF, 0xFB, 0x14, 0xC0}, make([]byte, frame-4)...)
	return append(append([]byte{}, one...), one...)
}

func TestMP3RecordingBecomesWAV(t *testing.T) {
	wav, err := toWAV(silence())
	if err != nil {
		t.Fatal(err)
	}
	const samples = 2 * 1152
	if rate := binary.LittleEndian.Uint32(wav[24:]); rate != 48000 || len(wav) != 44+samples*4 || wav[22] != 2 {
		t.Errorf("%d bytes at %d Hz", len(wav), rate)
	}
	same := wavOf([]byte("abcd"), voiceRate, 1)
	if got, err := toWAV(same); err != nil || !bytes.Equal(got, same) {
		t.Errorf("a WAV was changed: %v", err)
	}
	if _, err := toWAV([]byte(base64.StdEncoding.EncodeToString([]byte("no sound at all")))); err == nil {
		t.Error("took anything for a recording")
	}
}

func FuzzToWAV(f *testing.F) {
	f.Add(silence())
	f.Add([]byte("RIFF"))
	f.Add([]byte{0xFF, 0xFB})
	f.Fuzz(func(t *testing.T, data []byte) {
		wav, err := toWAV(data)
		if err == nil && !bytes.HasPrefix(wav, []byte("RIFF")) {
			t.Errorf("%q became %q", data, wav)
		}
	})
}
