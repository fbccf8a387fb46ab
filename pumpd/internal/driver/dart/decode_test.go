package dart

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string // each must be in the line of the same number
		bad      int
	}{
		{
			name: "a short talk, as dumps are written",
			in: "53 20 FA   # poll\n0x53:0x70:0xFA\n\n# nothing more\n" +
				"53,C9,FA 533401010D1B A9\r\n03 fa",
			want: []string{`"kind":"POLL","from":"host"`, `"kind":"EOT","from":"pump"`, `"kind":"ACK","tx":9`, `"host":"suspend"`},
		},
		{
			name: "news of a dispenser",
			in:   frameHex(0x53, 10, 2, 8, 0, 0, 0x40, 0x78, 0, 3, 0x64, 0x98, 3, 4, 0, 8, 0x95, 0x12, 1, 1, 6),
			want: []string{`"from":"pump","crc":"ok","transactions":[{"code":"02","data":"00 00 40 78 00 03 64 98","pump":"filled 40.78 L, 364.98 yuan"},` +
				`{"code":"03","data":"00 08 95 12","pump":"nozzle 2 out, 8.95 yuan/L"},{"code":"01","data":"06","pump":"status: limit reached"}]`},
		},
		{
			name: "orders of a host",
			in:   frameHex(0x53, 2, 2, 1, 1, 4, 4, 0, 3, 0, 0, 1, 1, 6) + frameHex(0x53, 3, 0x65, 1, 1),
			want: []string{
				`"from":"host","crc":"ok","transactions":[{"code":"02","data":"01","host":"allowed nozzles [1]"},` +
					`{"code":"04","data":"00 03 00 00","host":"preset 300.00 yuan"},{"code":"01","data":"06","host":"AUTHORIZE"}]`,
				`"host":"totals request, counter 01"`,
			},
		},
		{
			name: "either side",
			in:   frameHex(0x53, 2, 1, 1, 5),
			want: []string{`"host":"RESET","pump":"status: filling complete"`},
		},
		{
			name: "totals",
			in:   frameHex(0x53, 2, 0x65, 6, 1, 0, 0, 0x76, 0x54, 0x32) + frameHex(0x53, 3, 0x65, 13, 1, 0, 0, 0, 0x76, 0x54, 0x32, 0, 0, 6, 0x10, 0x80, 0x47),
			want: []string{`totals of counter 01: 7654.32 L"`, `totals of counter 01: 7654.32 L, 61080.47 yuan`},
		},
		{name: "bad checksum", in: "533401010DA91B03FA", want: []string{`"crc":"bad"`}, bad: 1},
		{name: "torn, then whole", in: "5334010153 20 FA", want: []string{`"kind":"POLL","from":"host","skipped":4`}, bad: 1},
		{name: "no end", in: "53 20", want: []string{`"error"`}, bad: 1},
		{name: "bad block", in: frameHex(0x53, 2, 1, 9, 5), want: []string{`"error":"dart: transactions do not fit their block`}, bad: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			bad, err := Decode(strings.NewReader(tt.in), &out)
			if err != nil || bad != tt.bad {
				t.Errorf("bad = %d, %v, want %d", bad, err, tt.bad)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if len(lines) != len(tt.want) {
				t.Fatalf("%d lines, want %d:\n%s", len(lines), len(tt.want), out.String())
			}
			for i, line := range lines {
				if !json.Valid([]byte(line)) || !strings.Contains(line, tt.want[i]) {
					t.Errorf("line %d = %s\nwant in it %s", i+1, line, tt.want[i])
				}
			}
		})
	}
	if _, err := Decode(strings.NewReader("53 20 FA\nhello"), &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a text that is not hex: %v", err)
	}
}

func frameHex(address, tx byte, body ...byte) string {
	return spaced(Frame{Address: address, Kind: Data, TX: tx, Body: body}.Append(nil)) + "\n"
}

func FuzzDecode(f *testing.F) {
	f.Add("53 20 FA # poll\n533401010D1BA903FA")
	f.Add("0x53:0x70:0xFA, 53")
	f.Fuzz(func(t *testing.T, text string) {
		var out strings.Builder
		_, _ = Decode(strings.NewReader(text), &out)
		for line := range strings.Lines(out.String()) {
			if !json.Valid([]byte(line)) {
				t.Fatalf("not JSON: %q", line)
			}
		}
	})
}
