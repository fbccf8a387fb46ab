package media

import (
	"encoding/binary"
	"time"
)

// Bounds of a WAV file (Microsoft and IBM, "Multimedia Programming Interface
// and Data Specifications 1.0", RIFF; WAVE_FORMAT_EXTENSIBLE as in mmreg.h).
const (
	wavMaxChunks   = 64 // before the samples; a recorder writes two or three
	wavMinRate     = 8_000
	wavMaxRate     = 48_000
	wavPCM         = 1
	wavExtensible  = 0xfffe
	wavBits        = 16
	wavUnknownSize = 0xffffffff // by recorders that cannot go back to fill it in
	wavHeader      = 44
)

// wavFormat is the chunk "fmt ": 16-bit PCM.
type wavFormat struct {
	channels int
	rate     int
}

// frame is the bytes of one moment: a sample of each channel.
func (f wavFormat) frame() int { return f.channels * wavBits / 8 }

// readWAV measures a WAV recording and cuts it down to its samples behind a
// header of its own. Sizes that recorders leave open or get wrong are taken as
// what is there; anything but 16-bit PCM is refused.
func readWAV(content []byte) (time.Duration, []byte, error) {
	var format wavFormat
	rest := content[min(12, len(content)):]
	for range wavMaxChunks {
		if len(rest) < 8 {
			break
		}
		name, size := string(rest[:4]), binary.LittleEndian.Uint32(rest[4:])
		rest = rest[8:]
		if name == "data" {
			return format.samples(rest, size)
		}
		if uint64(size) > uint64(len(rest)) {
			return 0, nil, unknown("chunk %q of a recording ends outside", name)
		}
		body := rest[:size]
		// A chunk of odd size is followed by a byte of padding.
		rest = rest[min(uint64(size)+uint64(size&1), uint64(len(rest))):]
		if name != "fmt " {
			continue
		}
		var err error
		if format, err = readFormat(body); err != nil {
			return 0, nil, err
		}
	}
	return 0, nil, unknown("a recording without samples")
}

// pcmSubformat is the GUID of PCM behind its first two bytes.
const pcmSubformat = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

// readFormat reads the chunk "fmt ". Its figures for bytes a second are not
// needed and often wrong.
func readFormat(body []byte) (wavFormat, error) {
	if len(body) < 16 {
		return wavFormat{}, unknown("a recording's format of %d bytes", len(body))
	}
	tag := binary.LittleEndian.Uint16(body)
	if tag == wavExtensible && len(body) >= 40 && string(body[26:40]) == pcmSubformat {
		tag = binary.LittleEndian.Uint16(body[24:])
	}
	channels, rate := binary.LittleEndian.Uint16(body[2:]), binary.LittleEndian.Uint32(body[4:])
	align, bits := binary.LittleEndian.Uint16(body[12:]), binary.LittleEndian.Uint16(body[14:])
	f := wavFormat{channels: int(channels), rate: int(rate)}
	known := tag == wavPCM && bits == wavBits && (channels == 1 || channels == 2) &&
		rate >= wavMinRate && rate <= wavMaxRate && int(align) == f.frame()
	if !known {
		return wavFormat{}, unknown("a recording in format %d, %d channels of %d bits at %d Hz", tag, channels, bits, rate)
	}
	return f, nil
}

// samples is the recording in data, whose size is said to be size.
func (f wavFormat) samples(data []byte, size uint32) (time.Duration, []byte, error) {
	if f.channels == 0 {
		return 0, nil, unknown("samples before their format")
	}
	// Zero is what a recorder writes first, and leaves when it was cut off.
	if size != 0 && size != wavUnknownSize && uint64(size) < uint64(len(data)) {
		data = data[:size]
	}
	moments := len(data) / f.frame()
	data = data[:moments*f.frame()]
	return time.Duration(moments) * time.Second / time.Duration(f.rate), f.write(data), nil
}

// write is data behind a header of the plainest kind.
func (f wavFormat) write(data []byte) []byte {
	out := make([]byte, 0, wavHeader+len(data))
	out = append(out, "RIFF"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(wavHeader-8+len(data)))
	out = append(out, "WAVEfmt "...)
	out = binary.LittleEndian.AppendUint32(out, 16)
	out = binary.LittleEndian.AppendUint16(out, wavPCM)
	out = binary.LittleEndian.AppendUint16(out, uint16(f.channels))
	out = binary.LittleEndian.AppendUint32(out, uint32(f.rate))
	out = binary.LittleEndian.AppendUint32(out, uint32(f.rate*f.frame()))
	out = binary.LittleEndian.AppendUint16(out, uint16(f.frame()))
	out = binary.LittleEndian.AppendUint16(out, wavBits)
	out = append(out, "data"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	return append(out, data...)
}
