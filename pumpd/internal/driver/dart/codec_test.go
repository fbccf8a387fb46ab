package dart

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// unhex reads the fixtures of these tests.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCRC holds the check value that names CRC-16/ARC, and its neighbours
// that it is often taken for (MODBUS 4B37, CCITT 29B1) are not it.
func TestCRC(t *testing.T) {
	if got := CRC([]byte("123456789")); got != 0xBB3D {
		t.Fatalf("CRC = %04X, want BB3D", got)
	}
}

// frames in bytes and in values. Those with a checksum were worked out with
// another program.
var goldenFrames = []struct {
	name  string
	bytes string
	frame Frame
}{
	{"poll", "5320FA", Frame{Address: 0x53, Kind: Poll}},
	{"nothing", "6F70FA", Frame{Address: 0x6F, Kind: EOT}},
	{"acknowledged", "53C9FA", Frame{Address: 0x53, Kind: Ack, TX: 9}},
	{"refused", "5352FA", Frame{Address: 0x53, Kind: Nak, TX: 2}},
	{"acknowledged and asked", "53EFFA", Frame{Address: 0x53, Kind: AckPoll, TX: 15}},
	{"suspend", "533401010D1BA903FA", Frame{Address: 0x53, Kind: Data, TX: 4, Body: []byte{1, 1, 0x0D}}},
	{
		"end byte in the data", "533402 0410FA 10 10FA 01 72B5 03FA",
		Frame{Address: 0x53, Kind: Data, TX: 4, Body: []byte{2, 4, 0xFA, 0x10, 0xFA, 1}},
	},
	{
		"end byte low in the checksum", "5B30010105 10FA 9E 03FA",
		Frame{Address: 0x5B, Kind: Data, Body: []byte{1, 1, 5}},
	},
	{
		"end byte high in the checksum", "5138010109 60 10FA 03FA",
		Frame{Address: 0x51, Kind: Data, TX: 8, Body: []byte{1, 1, 9}},
	},
}

func TestFrames(t *testing.T) {
	for _, g := range goldenFrames {
		t.Run(g.name, func(t *testing.T) {
			raw := unhex(t, g.bytes)
			if got := g.frame.Append(nil); !bytes.Equal(got, raw) {
				t.Errorf("written % X, want % X", got, raw)
			}
			got, err := ParseFrame(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(g.frame, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBadFrames(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                 "",
		"only an end":           "FA",
		"no end":                "5320",
		"address too low":       "4F20FA",
		"address too high":      "7020FA",
		"unknown control":       "5390FA",
		"long poll":             "532000FA",
		"data without 03":       "533401010D1BA9FA",
		"data without body":     "5334 03FA",
		"checksum swapped":      "533401010DA91B03FA",
		"one bit of data":       "533401010C1BA903FA",
		"checksum of CCITT":     "533401010D 29B1 03FA",
		"checksum byte missing": "533401010D1B03FA",
	} {
		t.Run(name, func(t *testing.T) {
			if f, err := ParseFrame(unhex(t, text)); !errors.Is(err, ErrFrame) {
				t.Fatalf("parsed %+v, %v", f, err)
			}
		})
	}
}

// drawFrame draws a frame that a line can carry.
func drawFrame(t *rapid.T) Frame {
	f := Frame{
		Address: rapid.ByteRange(FirstAddress, LastAddress).Draw(t, "address"),
		Kind:    rapid.SampledFrom([]Kind{Poll, Data, Nak, EOT, Ack, AckPoll}).Draw(t, "kind"),
	}
	if f.Kind != Poll && f.Kind != EOT {
		f.TX = rapid.ByteRange(0, 15).Draw(t, "tx")
	}
	if f.Kind == Data {
		// Many end and escape bytes: they are what can go wrong.
		b := rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{0xFA, 0x10, 0x03}))
		f.Body = rapid.SliceOfN(b, 1, maxBody).Draw(t, "body")
	}
	return f
}

// TestStream: frames come out as they went in, however the bytes are cut.
func TestStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frames := rapid.SliceOfN(rapid.Custom(drawFrame), 1, 5).Draw(t, "frames")
		var raw []byte
		for _, f := range frames {
			raw = f.Append(raw)
		}
		var d Decoder
		var got []Frame
		for len(raw) > 0 {
			n := rapid.IntRange(1, len(raw)).Draw(t, "cut")
			_, _ = d.Write(raw[:n])
			raw = raw[n:]
			for f, ok := d.Next(); ok; f, ok = d.Next() {
				got = append(got, f)
			}
		}
		if diff := cmp.Diff(frames, got); diff != "" {
			t.Fatal(diff)
		}
		if d.Counters != (Counters{Frames: uint64(len(frames))}) || d.Pending() {
			t.Fatalf("counters %+v, pending %v", d.Counters, d.Pending())
		}
	})
}

// TestResync: after a torn frame or rubbish, the next whole frame is found,
// the rest is counted and nothing is invented.
func TestResync(t *testing.T) {
	good := Frame{Address: 0x53, Kind: Data, TX: 4, Body: []byte{1, 1, 5}}
	rapid.Check(t, func(t *rapid.T) {
		torn := rapid.Custom(drawFrame).Draw(t, "torn")
		torn.Kind, torn.Body = Data, append(torn.Body, 1, 1, 2)
		raw := torn.Append(nil)
		raw = raw[:rapid.IntRange(1, len(raw)-6).Draw(t, "length")] // into the checksum is TestLostEnd
		if raw[len(raw)-1] == escape {
			return // the tear looks like an escape: the end after it is data, the frame is lost
		}
		var d Decoder
		_, _ = d.Write(raw)
		_, _ = d.Write(good.Append(nil))
		var last Frame
		n := 0
		for f, ok := d.Next(); ok; f, ok = d.Next() {
			last = f
			n++
		}
		if diff := cmp.Diff(good, last); diff != "" || n != 1 {
			t.Fatalf("%d frames, last: %s", n, diff)
		}
		if d.Counters.Junk == 0 {
			t.Fatal("the torn bytes were not counted")
		}
	})
}

// TestLostEnd: two frames of which the first lost its end pass for one by
// their checksum; only the second is taken.
func TestLostEnd(t *testing.T) {
	first := Frame{Address: 0x53, Kind: Data, TX: 3, Body: []byte{2, 8, 0, 0, 0x40, 0x78, 0, 3, 0x64, 0x98}}
	second := Frame{Address: 0x53, Kind: Data, TX: 4, Body: []byte{1, 1, 5}}
	raw := first.Append(nil)
	raw = second.Append(raw[:len(raw)-2])
	if _, err := ParseFrame(raw); err != nil {
		t.Fatalf("the two do not pass for one: %v", err)
	}
	var d Decoder
	_, _ = d.Write(raw)
	if got, _ := d.Next(); !cmp.Equal(got, second) {
		t.Fatalf("taken: %+v", got)
	}
}

// TestOversize: bytes without an end do not pile up.
func TestOversize(t *testing.T) {
	var d Decoder
	for range 100 {
		_, _ = d.Write(bytes.Repeat([]byte{0x55}, 1000))
	}
	if len(d.raw) > maxRaw || d.Counters.Junk == 0 {
		t.Fatalf("%d bytes kept, %d counted", len(d.raw), d.Counters.Junk)
	}
	d.Reset()
	_, _ = d.Write(unhex(t, "5320FA"))
	if _, ok := d.Next(); !ok {
		t.Fatal("no frame after an endless one")
	}
}

func FuzzDecoder(f *testing.F) {
	for _, g := range goldenFrames {
		f.Add(unhex(f, g.bytes))
	}
	f.Add(unhex(f, "FAFA10FA5320FA00FF5370FA"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var d Decoder
		_, _ = d.Write(raw)
		for frame, ok := d.Next(); ok; frame, ok = d.Next() {
			again, err := ParseFrame(frame.Append(nil))
			if err != nil {
				t.Fatalf("a frame that was read cannot be written: %+v: %v", frame, err)
			}
			if diff := cmp.Diff(frame, again); diff != "" {
				t.Fatal(diff)
			}
			s := newSide(Side{Address: frame.Address, Nozzles: 2}, Config{Decimals: DefaultDecimals()})
			if list, err := ParseTransactions(frame.Body); err == nil {
				_ = s.apply(list, goldenTime)
				_ = s.reading()
			}
		}
	})
}

func FuzzBlock(f *testing.F) {
	f.Add(unhex(f, "0101050304000798110208000012340000982300"), byte(2))
	f.Add(unhex(f, "650D01000000012345670000000989"), byte(1))
	f.Add(unhex(f, "0506000798000895"), byte(2))
	f.Fuzz(func(t *testing.T, body []byte, nozzles byte) {
		list, err := ParseTransactions(body)
		if err != nil {
			return
		}
		var again []byte
		for _, item := range list {
			again = item.Append(again)
		}
		if !bytes.Equal(again, body) {
			t.Fatalf("% X came back as % X", body, again)
		}
		s := newSide(Side{Address: FirstAddress, Nozzles: int(nozzles%maxNozzles) + 1}, Config{Decimals: DefaultDecimals()})
		s.news = news{totals: make(map[byte]Totals)}
		_ = s.apply(list, goldenTime)
		r := s.reading()
		if r.Nozzle > s.config.Nozzles || len(r.Finished) > 0 {
			t.Fatalf("made up %+v", r)
		}
	})
}
