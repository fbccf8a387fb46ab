package pts

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/unit"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestDecodeGolden holds what a field engineer sees for each kind of message.
func TestDecodeGolden(t *testing.T) {
	in, err := os.Open("testdata/messages.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	var out bytes.Buffer
	bad, err := Decode(in, &out)
	if err != nil || bad != 4 {
		t.Errorf("Decode: %d bad, %v; want 4", bad, err)
	}
	const golden = "testdata/messages.golden"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", out.Bytes(), want)
	}
}

// value is JSON with numbers as text, for comparing.
func value(t testing.TB, data []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

// checkLossless decodes and encodes a message and compares it as JSON values.
func checkLossless(t testing.TB, data []byte) {
	t.Helper()
	m, err := Parse(data)
	if err != nil {
		return
	}
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatalf("encoding %s: %v", data, err)
	}
	if !reflect.DeepEqual(value(t, data), value(t, out)) {
		t.Fatalf("lost something:\n%s\n%s", data, out)
	}
	for _, p := range m.Packets {
		_ = Describe(p)
		_, _ = ReadRecord(p.Data())
		_, _ = ReadStatus(p)
		_, _ = ReadTotals(p)
		_, _ = ReadPriceList(p)
		_, _ = p.List()
	}
}

// oddities are shapes that controllers are known to send.
var oddities = []string{
	`{"Protocol":"jsonPTS","Packets":[]}`,
	`{"Protocol":"jsonPTS","Packets":[{}]}`,
	`{"Protocol":"jsonPTS","PtsId":"0A","Extra":{"a":[1,null,{}]},"Packets":[{"Id":"9","New":1.50}]}`,
	`{"Protocol":"jsonPTS","Packets":[{"Id":1,"Error":false,"Message":"OK"}]}`,
	`{"Protocol":"jsonPTS","Packets":[{"Id":1,"Type":"X","Data":null,"Message":null,"Code":{}}]}`,
	`{"Protocol":"jsonPTS","Packets":[{"Id":1,"Type":"PumpTotals","Data":{"Volume":99999999999.999,"v":1e400,"w":-0.0}}]}`,
	`{"Protocol":"jsonPTS","Packets":[{"Id":1,"Type":"SetPumpsConfiguration","Data":{"Ports":[{"Id":"USER"},{"Id":2}]}}]}`,
	`{"Protocol":"jsonPTS","Packets":[{"Id":1,"id":2,"TYPE":"a","Type":"b","Data":[[1,null],"<&>\u2028"]}]}`,
}

func TestCodecIsLossless(t *testing.T) {
	for _, s := range oddities {
		if _, err := Parse([]byte(s)); err != nil {
			t.Errorf("%s: %v", s, err)
		}
		checkLossless(t, []byte(s))
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		``, `null`, `[]`, `{}`, `{"Protocol":"jsonPTS"}`, `{"Protocol":"jsonPTS","Packets":null}`,
		`{"Protocol":"jsonPTS","Packets":{}}`, `{"Protocol":"jsonPTS","Packets":[null]}`, `{"Protocol":"jsonPTS","Packets":[1]}`,
		`{"Protocol":"JSONPTS","Packets":[]}`, `{"Packets":[]}`, `{"Protocol":"jsonPTS","Packets":[]} x`,
		`{"Protocol":"jsonPTS","Packets":[{"Id":1}`, strings.Repeat(" ", MaxMessage+1),
	} {
		if m, err := Parse([]byte(s)); !errors.Is(err, ErrMessage) {
			t.Errorf("Parse(%.60q) = %v, %v; want ErrMessage", s, m, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("testdata/messages.json")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		f.Add([]byte(line))
	}
	for _, s := range oddities {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkLossless(t, data) })
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"Protocol":"jsonPTS","Packets":[{"Id":1,"Type":"PumpGetStatus"}]}{"Protocol":"jsonPTS","Packets":[]}`))
	f.Add([]byte("x\n{\"Protocol\":\"jsonPTS\",\"Packets\":[{\n{\"Protocol\":\"jsonPTS\",\"Packets\":[]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		if _, err := Decode(bytes.NewReader(data), &out); err != nil {
			t.Fatalf("reading from memory failed: %v", err)
		}
		for line := range bytes.Lines(out.Bytes()) {
			if !json.Valid(line) {
				t.Fatalf("printed %q", line)
			}
		}
	})
}

func FuzzScaled(f *testing.F) {
	for _, s := range []string{"25.48", "-0.05", "1e3", "1.5E-1", "0.0005", "9007199254740991", "1e999", "--1", ".5", "5."} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, places int) {
		n, err := Scaled(s, places%6)
		if err == nil && (n > unit.Max || n < -unit.Max) {
			t.Fatalf("Scaled(%q) = %d", s, n)
		}
	})
}

func TestScaled(t *testing.T) {
	for _, c := range []struct {
		in     string
		places int
		want   int64
		bad    bool
	}{
		{in: "25.48", places: 3, want: 25480},
		{in: "-0.05", places: 2, want: -5},
		{in: "200", places: 2, want: 20000},
		{in: "7.980", places: 2, want: 798},
		{in: "1e2", places: 2, want: 10000},
		{in: "1.5E-1", places: 2, want: 15},
		{in: "0e-500", places: 2, want: 0},
		{in: "0000000000000000000000.5", places: 1, want: 5},
		{in: "9007199254740991", places: 0, want: unit.Max},
		{in: "9007199254740992", places: 0, bad: true},
		{in: "0.0005", places: 3, bad: true},
		{in: "6214117.205", places: 2, bad: true},
		{in: "1e400", places: 2, bad: true},
		{in: "", places: 2, bad: true},
		{in: "-", places: 2, bad: true},
		{in: "1.", places: 2, bad: true},
		{in: ".5", places: 2, bad: true},
		{in: "+1", places: 2, bad: true},
		{in: "1,5", places: 2, bad: true},
		{in: "0x10", places: 2, bad: true},
		{in: "1e", places: 2, bad: true},
		{in: "1e5000", places: 2, bad: true},
	} {
		got, err := Scaled(c.in, c.places)
		if got != c.want || errors.Is(err, ErrField) != c.bad || (err != nil) != c.bad {
			t.Errorf("Scaled(%q, %d) = %d, %v; want %d, bad %v", c.in, c.places, got, err, c.want, c.bad)
		}
	}
}

func TestScaledAgreesWithUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := unit.Millilitre(rapid.Int64Range(-unit.Max, unit.Max).Draw(t, "ml"))
		got, err := Scaled(want.String(), 3)
		if err != nil || got != int64(want) {
			t.Fatalf("%s: %d, %v", want, got, err)
		}
	})
}

func TestFieldsAreLenient(t *testing.T) {
	o := Object{
		"a": json.RawMessage(`{}`), "b": json.RawMessage(`null`), "c": json.RawMessage(`""`), "d": json.RawMessage(` [ ] `),
		"n": json.RawMessage(`"12"`), "t": json.RawMessage(`"true"`), "l": json.RawMessage(`[1,"2",null]`),
	}
	for _, name := range []string{"a", "b", "c", "d", "absent"} {
		if o.Has(name) || o.Text(name) != "" || o.Flag(name) {
			t.Errorf("%s counts as something", name)
		}
	}
	r := reader{from: o}
	if n := r.number("a", "n"); n != 12 || r.err != nil {
		t.Errorf("number through an empty name = %d, %v", n, r.err)
	}
	if !o.Flag("t") || !reflect.DeepEqual(o.Strings("l"), []string{"1", "2", ""}) {
		t.Errorf("flag %v, list %q", o.Flag("t"), o.Strings("l"))
	}
}

func TestWallTime(t *testing.T) {
	shanghai := DefaultZone()
	for in, want := range map[string]WallTime{
		"2026-11-03T07:14:22":       "2026-11-03T07:14:22",
		"2026-11-03 07:14:22":       "2026-11-03T07:14:22",
		"2026-11-03T07:14:22.5":     "2026-11-03T07:14:22",
		"2026-11-03T07:14:22+08:00": "2026-11-03T07:14:22",
		"yesterday":                 "yesterday",
	} {
		if got := parseWall(in); got != want {
			t.Errorf("parseWall(%q) = %q, want %q", in, got, want)
		}
	}
	at := time.Date(2026, 11, 2, 23, 14, 22, 0, time.UTC)
	if w := NewWallTime(at, shanghai); w != "2026-11-03T07:14:22" || !w.In(shanghai).Equal(at) {
		t.Errorf("%v on the wall is %q, back %v", at, w, w.In(shanghai))
	}
	if !WallTime("yesterday").In(shanghai).IsZero() {
		t.Error("a text that is no time became one")
	}
}

// TestC002KeyIsOneForAllWays: the same delivery as status, report line, upload and
// information has one key.
func TestC002KeyIsOneForAllWays(t *testing.T) {
	const figures = `"Pump":4,"Nozzle":1,"Transaction":41007,"Volume":25.06,"Price":7.98,"Amount":200,"DateTime":"2026-11-03T07:15:31"`
	keys := map[string]bool{}
	for _, start := range []string{"2026-11-03T07:14:22", "2026-11-03 07:14:22"} {
		data := fmt.Sprintf(`{%s,"DateTimeStart":%q}`, figures, start)
		p := Packet{"Type": text(TypeEnd), "Data": json.RawMessage(data)}
		s, err := ReadStatus(p)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := ReadRecord(p.Data())
		if err != nil {
			t.Fatal(err)
		}
		keys[s.Record.Key("AB")], keys[rec.Key("AB")] = true, true
	}
	if len(keys) != 1 || !keys["pts:AB:4:41007:2026-11-03T07:14:22"] {
		t.Errorf("keys %v", keys)
	}
}

func TestTokens(t *testing.T) {
	for in, want := range map[string]int{
		`{}`: 1, `[1,null,"x",{"a":true}]`: 7,
		`{"Protocol":"jsonPTS","Packets":[{"Id":1,"Type":"PumpGetStatus","Data":{"Pump":1}}]}`: 14,
	} {
		if n, err := Tokens([]byte(in)); n != want || err != nil {
			t.Errorf("Tokens(%s) = %d, %v; want %d", in, n, err, want)
		}
	}
}
