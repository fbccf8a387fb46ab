package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/hub/internal/domain/media"
	"forecourt/shared/wire"
)

// problemOf is the type of the problem in err, or what err says.
func problemOf(err error) string {
	var p *wire.Problem
	switch {
	case err == nil:
		return ""
	case errors.As(err, &p):
		return strings.TrimPrefix(string(p.Type), "urn:forecourt:problem:")
	}
	return err.Error()
}

func TestS055PicturesAndVoicesAreKnownByTheirContent(t *testing.T) {
	second := time.Second
	for name, c := range map[string]struct {
		content []byte
		want    media.Found
	}{
		"jpeg":          {jpegOf(t, quarters(40, 30)), media.Found{Kind: wire.MediaPicture, Type: media.TypeJPEG, Width: 40, Height: 30}},
		"jpeg sideways": {withSegments(jpegOf(t, quarters(40, 30)), exifSegment(exifOf(binary.BigEndian, 6))), media.Found{Kind: wire.MediaPicture, Type: media.TypeJPEG, Width: 30, Height: 40}},
		"png":           {pngOf(t, quarters(40, 30)), media.Found{Kind: wire.MediaPicture, Type: media.TypePNG, Width: 40, Height: 30}},
		"webp":          {webpOf(40, 30, color.NRGBA{1, 2, 3, 255}), media.Found{Kind: wire.MediaPicture, Type: media.TypeWebP, Width: 40, Height: 30}},
		"wav":           {wavOf(1, 16000, 1000), media.Found{Kind: wire.MediaVoice, Type: media.TypeWAV, Duration: second}},
		"wav stereo":    {wavOf(2, 8000, 1000), media.Found{Kind: wire.MediaVoice, Type: media.TypeWAV, Duration: second}},
		"mp3":           {mp3Of(100), media.Found{Kind: wire.MediaVoice, Type: media.TypeMP3, Duration: 100 * 1152 * second / 44100}},
		"mp3 tagged":    {bytes.Join([][]byte{id3v2(5000), mp3Of(100), id3v1()}, nil), media.Found{Kind: wire.MediaVoice, Type: media.TypeMP3, Duration: 100 * 1152 * second / 44100}},
		"longest voice": {wavOf(1, 16000, wire.MaxVoiceMS), media.Found{Kind: wire.MediaVoice, Type: media.TypeWAV, Duration: 60 * second}},
		"largest side":  {pngOf(t, image.NewGray(image.Rect(0, 0, wire.MaxPictureSide, 2))), media.Found{Kind: wire.MediaPicture, Type: media.TypePNG, Width: wire.MaxPictureSide, Height: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := media.Inspect(c.content)
			if err != nil || plain(got) != c.want {
				t.Errorf("found %+v, %v, want %+v", plain(got), err, c.want)
			}
		})
	}
}

// plain is what is told of an upload.
func plain(f media.Found) media.Found {
	return media.Found{Kind: f.Kind, Type: f.Type, Width: f.Width, Height: f.Height, Duration: f.Duration}
}

// hugePNG is a PNG of a few bytes that says it is that large.
func hugePNG(t *testing.T, w, h uint32, depth, colour byte) []byte {
	content := pngOf(t, quarters(1, 1))
	head := content[16:29]
	binary.BigEndian.PutUint32(head, w)
	binary.BigEndian.PutUint32(head[4:], h)
	head[8], head[9] = depth, colour
	binary.BigEndian.PutUint32(content[29:], crcOf(content[12:29]))
	return content
}

func TestS055WhatIsTooLargeOrTooLongIsRefused(t *testing.T) {
	progressive := jpegOf(t, quarters(8, 8))
	at := bytes.Index(progressive, []byte{0xff, 0xc0})
	progressive[at+1] = 0xc2
	binary.BigEndian.PutUint16(progressive[at+5:], 6000)
	binary.BigEndian.PutUint16(progressive[at+7:], 6000)
	scans := jpegOf(t, quarters(8, 8))
	sos := bytes.Index(scans, []byte{0xff, 0xda})
	manyScans := append(bytes.Clone(scans[:sos]), bytes.Repeat(scans[sos:len(scans)-2], 50)...)
	for name, content := range map[string][]byte{
		"bytes of anything":    make([]byte, media.MaxUpload+1),
		"bytes of a picture":   append(jpegOf(t, quarters(8, 8)), make([]byte, wire.MaxPictureBytes)...),
		"bytes of a voice":     append(wavOf(1, 16000, 1000), make([]byte, wire.MaxVoiceBytes)...),
		"a side":               hugePNG(t, wire.MaxPictureSide+1, 1, 8, 2),
		"pixels":               hugePNG(t, 8000, 8000, 8, 2),
		"pixels of 16 bits":    hugePNG(t, 6000, 6000, 16, 6),
		"progressive pixels":   progressive,
		"passes":               manyScans,
		"a slip of the finger": wavOf(1, 16000, wire.MinVoiceMS-1),
		"too long":             wavOf(1, 8000, wire.MaxVoiceMS+501),
		"a short mp3":          mp3Of(19),
		"a long mp3":           mp3Of(2400),
	} {
		t.Run(name, func(t *testing.T) {
			if found, err := media.Inspect(content); problemOf(err) != "media-limit" {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
}

func TestS055OtherFilesAreRefused(t *testing.T) {
	cut := func(content []byte, n int) []byte { return content[:n] }
	wav := func(chunks ...[]byte) []byte { return riff("WAVE", chunks...) }
	data := chunk("data", samples(1, 16000, 1000))
	junk := bytes.Repeat([]byte("<script>alert(1)</script>"), 400)
	for name, content := range map[string][]byte{
		"nothing":                 {},
		"one byte":                {0xff},
		"text":                    []byte("您好"),
		"gif":                     append([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00"), make([]byte, 30)...),
		"svg":                     []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"html":                    []byte("<!DOCTYPE html><script>alert(1)</script>"),
		"heic":                    append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), make([]byte, 30)...),
		"m4a":                     append([]byte("\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00"), make([]byte, 30)...),
		"pdf":                     []byte("%PDF-1.7\n"),
		"zip":                     []byte("PK\x03\x04"),
		"script before a jpeg":    append([]byte("<script>"), jpegOf(t, quarters(8, 8))...),
		"avi":                     riff("AVI ", chunk("LIST", make([]byte, 30))),
		"cut jpeg head":           cut(jpegOf(t, quarters(8, 8)), 30),
		"cut png head":            cut(pngOf(t, quarters(8, 8)), 20),
		"cut webp head":           cut(webpOf(8, 8, color.NRGBA{}), 22),
		"animated webp":           riff("WEBP", chunk("VP8X", []byte{2, 0, 0, 0, 7, 0, 0, 7, 0}), chunk("ANIM", make([]byte, 6))),
		"wav without samples":     wav(fmtChunk(1, 1, 16000, 16)),
		"wav without format":      wav(data),
		"wav of 8 bits":           wav(fmtChunk(1, 1, 16000, 8), data),
		"wav of floats":           wav(fmtChunk(3, 1, 16000, 16), data),
		"wav of a-law":            wav(fmtChunk(6, 1, 8000, 16), data),
		"wav of three channels":   wav(fmtChunk(1, 3, 16000, 16), data),
		"wav of no channels":      wav(fmtChunk(1, 0, 16000, 16), data),
		"wav at 4 kHz":            wav(fmtChunk(1, 1, 4000, 16), data),
		"wav at 96 kHz":           wav(fmtChunk(1, 1, 96000, 16), data),
		"wav with a lost chunk":   wav([]byte("LIST\xff\xff\x00\x00"), fmtChunk(1, 1, 16000, 16), data),
		"wav with a short format": wav(chunk("fmt ", make([]byte, 8)), data),
		"wav of chunks":           wav(append(bytes.Repeat(chunk("junk", nil), 100), fmtChunk(1, 1, 16000, 16)...), data),
		"a tag alone":             id3v2(1000),
		"a tag and a page":        append(id3v2(100), junk...),
		"mp3 and much more":       append(mp3Of(40), junk...),
		"one frame":               append(mp3Frame(5), junk...),
		"mp3 of layer II":         bytes.Repeat(append([]byte{0xff, 0xfd, 0x50, 0xc0}, make([]byte, 204)...), 100),
	} {
		t.Run(name, func(t *testing.T) {
			if found, err := media.Inspect(content); problemOf(err) != "media-type" {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
}

func TestWAVFilesAsRecordersWriteThem(t *testing.T) {
	format, sound := fmtChunk(1, 1, 16000, 16), samples(1, 16000, 1000)
	data := chunk("data", sound)
	sized := func(size uint32) []byte {
		c := bytes.Clone(data)
		binary.LittleEndian.PutUint32(c[4:], size)
		return c
	}
	extensible := bytes.Join([][]byte{
		fmtChunk(0xfffe, 1, 16000, 16)[8:],
		{22, 0, 16, 0, 4, 0, 0, 0, 1, 0},
		[]byte("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"),
	}, nil)
	wrong := func(content []byte, size uint32) []byte {
		c := bytes.Clone(content)
		binary.LittleEndian.PutUint32(c[4:], size)
		return c
	}
	whole := riff("WAVE", format, data)
	for name, content := range map[string][]byte{
		"plain":               whole,
		"odd chunk before":    riff("WAVE", format, chunk("LIST", []byte("INFOx")), data),
		"chunk before format": riff("WAVE", chunk("bext", make([]byte, 601)), format, data),
		"chunk behind":        riff("WAVE", format, data, chunk("id3 ", make([]byte, 99))),
		"extensible":          riff("WAVE", chunk("fmt ", extensible), data),
		"longer format":       riff("WAVE", chunk("fmt ", append(bytes.Clone(format[8:]), 0, 0)), data),
		"size never filled":   riff("WAVE", format, sized(0)),
		"size unknown":        riff("WAVE", format, sized(0xffffffff)),
		"size too large":      riff("WAVE", format, sized(1<<30)),
		"file size zero":      wrong(whole, 0),
		"file size too large": wrong(whole, 0xffffffff),
		"file size too small": wrong(whole, 36),
		"half a sample":       append(riff("WAVE", format, sized(0)), 0x55),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := media.Inspect(content)
			if err != nil || got.Duration != time.Second {
				t.Errorf("found %+v, %v", got, err)
			}
		})
	}
}

func TestMP3FilesAsEncodersWriteThem(t *testing.T) {
	frames := func(n int) time.Duration { return time.Duration(n) * 1152 * time.Second / 44100 }
	info := func(mark string, at int) []byte {
		f := mp3Frame(5)
		copy(f[at:], mark)
		return f
	}
	footed := id3v2(300)
	footed[5] = 0x10
	variable := []byte{}
	for i := range 100 {
		variable = append(variable, mp3Frame(byte(1+i%14))...)
	}
	slow := bytes.Repeat(append([]byte{0xff, 0xf3, 0x40, 0xc0}, make([]byte, 72*32000/22050-4)...), 100)
	slowest := bytes.Repeat(append([]byte{0xff, 0xe3, 0x10, 0xc0}, make([]byte, 72*8000/11025-4)...), 100)
	for name, c := range map[string]struct {
		content []byte
		want    time.Duration
	}{
		"constant":              {mp3Of(100), frames(100)},
		"variable":              {variable, frames(100)},
		"with Xing":             {append(info("Xing", 4+17), mp3Of(100)...), frames(100)},
		"with Info":             {append(info("Info", 4+17), mp3Of(100)...), frames(100)},
		"with VBRI":             {append(info("VBRI", 4+32), mp3Of(100)...), frames(100)},
		"cut off":               {append(mp3Of(100), mp3Frame(5)[:100]...), frames(100)},
		"two tags":              {bytes.Join([][]byte{id3v2(10), id3v2(4000), mp3Of(100)}, nil), frames(100)},
		"a tag with a footer":   {bytes.Join([][]byte{footed, []byte("3DI\x04\x00\x10\x00\x00\x02\x2c"), mp3Of(100)}, nil), frames(100)},
		"zeros behind the tag":  {bytes.Join([][]byte{id3v2(10), make([]byte, 700), mp3Of(100)}, nil), frames(100)},
		"a scratch":             {bytes.Join([][]byte{mp3Of(50), []byte("\xff\xfb\x50\xc0 scratch"), mp3Of(50)}, nil), frames(100)},
		"22.05 kHz":             {slow, 100 * 576 * time.Second / 22050},
		"11.025 kHz":            {slowest, 100 * 576 * time.Second / 11025},
		"an old tag at the end": {append(mp3Of(100), id3v1()...), frames(100)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := media.Inspect(c.content)
			if err != nil || got.Duration != c.want {
				t.Errorf("found %+v, %v, want %s", got, err, c.want)
			}
		})
	}
}

// TestDurationsAreTheSamples holds the measured length against what was made,
// for any rate, with anything in front.
func TestDurationsAreTheSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channels, rate := rapid.IntRange(1, 2).Draw(t, "channels"), rapid.IntRange(8000, 48000).Draw(t, "rate")
		moments := rapid.IntRange(rate*6/10, min(60*rate, 200_000)).Draw(t, "moments")
		extra := chunk("LIST", rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "extra"))
		content := riff("WAVE", extra, fmtChunk(1, uint16(channels), uint32(rate), 16), chunk("data", make([]byte, moments*channels*2)))
		got, err := media.Inspect(content)
		want := time.Duration(moments) * time.Second / time.Duration(rate)
		if err != nil && len(content) <= wire.MaxVoiceBytes || err == nil && got.Duration != want {
			t.Fatalf("found %v, %v, want %s", got.Duration, err, want)
		}
	})
}

func FuzzInspectPicture(f *testing.F) {
	picture := jpegOf(f, quarters(16, 16))
	f.Add(picture)
	f.Add(withSegments(picture, exifSegment(exifOf(binary.LittleEndian, 8))))
	f.Add(withSegments(picture, exifSegment(exifOf(binary.BigEndian, 3)[:20])))
	f.Add(pngOf(f, quarters(5, 5)))
	f.Add(webpOf(9, 9, color.NRGBA{9, 8, 7, 100}))
	f.Add(riff("WEBP", vp8l(9, 9, color.NRGBA{}), chunk("EXIF", exifOf(binary.BigEndian, 5))))
	f.Fuzz(func(t *testing.T, content []byte) { inspected(t, content) })
}

func FuzzInspectVoice(f *testing.F) {
	f.Add(wavOf(1, 8000, 600))
	f.Add(riff("WAVE", chunk("LIST", []byte("odd")), fmtChunk(0xfffe, 2, 16000, 16), chunk("data", make([]byte, 5))))
	f.Add(mp3Of(30))
	f.Add(bytes.Join([][]byte{id3v2(20), mp3Of(30), []byte("scratch"), mp3Of(3), id3v1()}, nil))
	f.Fuzz(func(t *testing.T, content []byte) { inspected(t, content) })
}

// inspected holds what Inspect says of anything against what it promises.
func inspected(t *testing.T, content []byte) {
	found, err := media.Inspect(content)
	if err != nil {
		if p := problemOf(err); p != "media-type" && p != "media-limit" {
			t.Errorf("refused with %q", p)
		}
		return
	}
	if found.Kind == wire.MediaPicture && (found.Width <= 0 || found.Height <= 0 || found.Width*found.Height > 40_000_000) {
		t.Errorf("a picture of %d by %d", found.Width, found.Height)
	}
	if found.Kind == wire.MediaVoice && (found.Duration < wire.MinVoiceMS*time.Millisecond || found.Duration > (wire.MaxVoiceMS+500)*time.Millisecond) {
		t.Errorf("a recording of %s", found.Duration)
	}
}
