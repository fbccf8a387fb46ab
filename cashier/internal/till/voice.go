package till

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"time"

	"forecourt/shared/wire"

	"github.com/hajimehoshi/go-mp3"
)

// ErrNoProgram says that the machine has no program to record or play with.
var ErrNoProgram = errors.New("till: no program for sound")

// Speaker plays a WAV file to its end, or until ctx ends.
type Speaker interface {
	Speak(ctx context.Context, wav []byte) error
}

// Microphone records until ctx ends or the recording is as long as a message
// may be, and returns a WAV file of 16 kHz, 16 bit, mono.
type Microphone interface {
	Record(ctx context.Context) ([]byte, error)
}

const (
	// The form of a recording, as the hub takes it.
	voiceRate, voiceBytes = 16000, 2
	// maxPCM is a minute of it.
	maxPCM = voiceRate * voiceBytes * wire.MaxVoiceMS / 1000
	// speakFor bounds the playing of one recording: a minute, and a program
	// that is slow to begin.
	speakFor = wire.MaxVoiceMS*time.Millisecond + 10*time.Second
	// endPatience is how long a program told to end may take to hand over
	// what it still has.
	endPatience = time.Second
)

// recorders write what the microphone hears to their standard output, in
// order of preference. Some write a WAV header first and some none.
var recorders = [][]string{
	{"pw-record", "--rate=16000", "--channels=1", "--format=s16", "-"},
	{"parecord", "--raw", "--rate=16000", "--channels=1", "--format=s16le", "--latency-msec=50"},
	{"arecord", "-q", "-t", "raw", "-f", "S16_LE", "-r", "16000", "-c", "1"},
}

// speaker plays through a program of the system.
type speaker struct{ argv []string }

// FindSpeaker looks for a program that plays recordings; nil if there is
// none. look is exec.LookPath.
func FindSpeaker(look func(string) (string, error), log *slog.Logger) Speaker {
	if argv := found(look, programs); argv != nil {
		return &speaker{argv}
	}
	log.Info("no program to play recordings with", "looked_for", "pw-play, paplay, aplay")
	return nil
}

// found is the first program that the machine has, with its arguments.
func found(look func(string) (string, error), list [][]string) []string {
	for _, argv := range list {
		if path, err := look(argv[0]); err == nil {
			return append([]string{path}, argv[1:]...)
		}
	}
	return nil
}

// Speak plays a WAV file.
func (s *speaker) Speak(ctx context.Context, wav []byte) error {
	ctx, cancel := context.WithTimeout(ctx, speakFor)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.argv[0], s.argv[1:]...)
	cmd.Stdin = bytes.NewReader(wav)
	cmd.WaitDelay = endPatience
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("playing: %w", err)
	}
	return nil
}

// microphone records through a program of the system.
type microphone struct{ argv []string }

// FindMicrophone looks for a program that records; nil if there is none. look
// is exec.LookPath.
func FindMicrophone(look func(string) (string, error), log *slog.Logger) Microphone {
	if argv := found(look, recorders); argv != nil {
		return &microphone{argv}
	}
	log.Info("no program to record with", "looked_for", "pw-record, parecord, arecord")
	return nil
}

// Record records. A program that hears nothing at all has failed.
func (m *microphone) Record(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.argv[0], m.argv[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = endPatience
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	const header = 1 << 10 // more than any that comes before the sound
	heard, read := io.ReadAll(io.LimitReader(out, maxPCM+header))
	cancel() // as long as it may be, or ended
	ended := cmd.Wait()
	pcm := samplesOf(heard)
	if len(pcm) == 0 {
		return nil, fmt.Errorf("recording: nothing was heard: %w", errors.Join(read, ended))
	}
	return wavOf(pcm, voiceRate, 1), nil
}

// samplesOf is what a recorder heard, without the header that some put before
// it; its lengths are not known while it records, so they are not looked at.
func samplesOf(heard []byte) []byte {
	if bytes.HasPrefix(heard, []byte("RIFF")) {
		const mark = 8 // "data" and a length
		i := bytes.Index(heard, []byte("data"))
		if i < 0 || len(heard) < i+mark {
			return nil
		}
		heard = heard[i+mark:]
	}
	heard = heard[:min(len(heard), maxPCM)]
	return heard[:len(heard)/voiceBytes*voiceBytes]
}

// wavOf wraps 16-bit samples in a RIFF header.
func wavOf(pcm []byte, rate, channels int) []byte {
	const header = 44
	out := make([]byte, 0, header+len(pcm))
	number32 := func(n int) { out = binary.LittleEndian.AppendUint32(out, uint32(n)) }
	number16 := func(n int) { out = binary.LittleEndian.AppendUint16(out, uint16(n)) }
	out = append(out, "RIFF"...)
	number32(header - 8 + len(pcm))
	out = append(out, "WAVEfmt "...)
	number32(16)
	number16(1) // PCM
	number16(channels)
	number32(rate)
	number32(rate * channels * voiceBytes)
	number16(channels * voiceBytes)
	number16(8 * voiceBytes)
	out = append(out, "data"...)
	number32(len(pcm))
	return append(out, pcm...)
}

// toWAV is a recording as a player takes it: WAV as it is, MP3 decoded.
func toWAV(data []byte) ([]byte, error) {
	if bytes.HasPrefix(data, []byte("RIFF")) {
		return data, nil
	}
	decoder, err := mp3.NewDecoder(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("reading an MP3 recording: %w", err)
	}
	// The library always gives two channels of 16 bits.
	const channels, fastest = 2, 48000
	bound := int64(fastest * channels * voiceBytes * (wire.MaxVoiceMS/1000 + 1))
	pcm, err := io.ReadAll(io.LimitReader(decoder, bound))
	if err != nil {
		return nil, fmt.Errorf("decoding an MP3 recording: %w", err)
	}
	return wavOf(pcm, decoder.SampleRate(), channels), nil
}
