// Command generate writes the till's sounds: short tones made from sine
// waves, so that they belong to nobody. Run `go generate ./sounds` in the
// module's folder; the same program always writes the same bytes.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

const (
	rate   = 16000 // samples a second: enough for tones below 4 kHz
	volume = 0.55  // of full scale, so that the overtone never clips
)

// note is one tone: pitch in Hz (0 is silence), length in milliseconds.
type note struct {
	pitch  float64
	length int
}

// tunes are different in rhythm as well as pitch: they must be told apart
// beside a running engine.
var tunes = map[string][]note{
	"calling.wav": {{880, 90}, {0, 50}, {1175, 140}},
	"paid.wav":    {{1047, 80}, {1319, 80}, {1568, 190}},
	"overdue.wav": {{659, 160}, {0, 90}, {659, 160}, {0, 90}, {523, 240}},
	"message.wav": {{1397, 60}, {0, 40}, {1397, 60}, {0, 40}, {1760, 160}},
	"alarm.wav":   {{988, 130}, {740, 130}, {988, 130}, {740, 130}, {988, 130}, {740, 180}},
}

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	for name, tune := range tunes {
		if err := os.WriteFile(filepath.Join(dir, name), wav(samples(tune)), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// samples plays the tune: each note rises in 5 ms and dies away, with one soft overtone.
func samples(tune []note) []int16 {
	var out []int16
	for _, n := range tune {
		count := rate * n.length / 1000
		for i := range count {
			at := float64(i) / rate
			envelope := math.Min(1, at/0.005) * math.Exp(-5*float64(i)/float64(count))
			wave := 0.8*math.Sin(2*math.Pi*n.pitch*at) + 0.2*math.Sin(4*math.Pi*n.pitch*at)
			out = append(out, int16(math.MaxInt16*volume*envelope*wave))
		}
	}
	return out
}

// wav wraps mono 16-bit samples in a RIFF header.
func wav(pcm []int16) []byte {
	size := uint32(2 * len(pcm))
	var b bytes.Buffer
	b.WriteString("RIFF")
	for _, v := range []any{
		36 + size,
		[8]byte{'W', 'A', 'V', 'E', 'f', 'm', 't', ' '},
		uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16),
		[4]byte{'d', 'a', 't', 'a'},
		size, pcm,
	} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err) // a buffer takes every fixed-size value
		}
	}
	return b.Bytes()
}
