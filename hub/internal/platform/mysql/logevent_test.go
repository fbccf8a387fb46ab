package mysql

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"
	"pgregory.net/rapid"
)

// event makes an event as the log's format has it: MariaDB's documentation,
// "2-Binlog Event Header".
func event(kind byte, end uint32, flags uint16, body []byte, checksums bool) []byte {
	size := eventHeaderBytes + len(body)
	if checksums {
		size += eventChecksumBytes
	}
	raw := binary.LittleEndian.AppendUint32(nil, 1_800_000_000)
	raw = append(raw, kind)
	raw = binary.LittleEndian.AppendUint32(raw, 1)
	raw = binary.LittleEndian.AppendUint32(raw, uint32(size))
	raw = binary.LittleEndian.AppendUint32(raw, end)
	raw = binary.LittleEndian.AppendUint16(raw, flags)
	raw = append(raw, body...)
	if checksums {
		raw = binary.LittleEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	}
	return raw
}

func rotation(to string, at uint64) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, at), to...)
}

// description says that events have checksums, or not.
func description(checksums byte) []byte { return event(15, 0, 0, []byte{4, 0, checksums}, true) }

func TestLogReaderKnowsWhereItIs(t *testing.T) {
	r := logReader{at: Position{File: "binlog.000001", At: 100}, checksums: true}
	type step struct {
		raw          []byte
		keep         bool
		from, to     uint64
		file         string
		begins, ends bool
	}
	gtid := func(flags byte) []byte { return append(make([]byte, gtidFlagsAt), flags) }
	query := func(text string) []byte {
		head := make([]byte, queryHeadBytes)
		head[queryDatabaseAt], head[queryHeadBytes-2] = 2, 3
		return append(head, "abcdb\x00"+text...)
	}
	for i, s := range []step{
		{raw: event(4, 0, 0x20, rotation("binlog.000001", 100), true), file: "binlog.000001"},
		{raw: description(1), keep: true, from: 100, to: 100, file: "binlog.000001", ends: true},
		{raw: event(162, 136, 0, gtid(0), true), keep: true, from: 100, to: 136, file: "binlog.000001", begins: true},
		{raw: event(160, 0, 0, []byte("REPLACE"), true), from: 136, to: 166, file: "binlog.000001"}, // 11.4 leaves the place out
		{raw: event(23, 0, 0, []byte("rows"), true), keep: true, from: 166, to: 193, file: "binlog.000001"},
		{raw: event(2, 300, 0, query("SAVEPOINT"), true), keep: true, from: 249, to: 300, file: "binlog.000001"},
		{raw: event(27, 300, 0, nil, true), from: 300, to: 300, file: "binlog.000001"}, // a heartbeat is no part of it
		{raw: event(16, 331, 0, make([]byte, 8), true), keep: true, from: 300, to: 331, file: "binlog.000001", ends: true},
		{raw: event(162, 367, 0, gtid(1), true), keep: true, from: 331, to: 367, file: "binlog.000001", begins: true},
		{raw: event(2, 400, 0, query("DROP"), true), keep: true, from: 354, to: 400, file: "binlog.000001", ends: true},
		{raw: event(162, 436, 0, gtid(0), true), keep: true, from: 400, to: 436, file: "binlog.000001", begins: true},
		{raw: event(2, 500, 0, query("COMMIT"), true), keep: true, from: 452, to: 500, file: "binlog.000001", ends: true},
		{raw: event(4, 600, 0, rotation("binlog.000002", 4), true), file: "binlog.000002"},
		{raw: description(0), keep: true, from: 4, to: 4, file: "binlog.000002", ends: true},
		{raw: event(162, 36, 0, gtid(0), false), keep: true, from: 4, to: 36, file: "binlog.000002", begins: true},
	} {
		e, keep, err := r.next(s.raw)
		if err != nil || keep != s.keep || r.at.File != s.file {
			t.Fatalf("step %d: kept %v, at %s, %v", i, keep, r.at, err)
		}
		if s.raw[eventKindAt] == 4 {
			continue
		}
		if e.From != s.from || e.To != s.to || e.Begins != s.begins || e.Ends != s.ends || e.At.Unix() != 1_800_000_000 || !bytes.Equal(e.Raw, s.raw) {
			t.Errorf("step %d: %d to %d, begins %v, ends %v; want %+v", i, e.From, e.To, e.Begins, e.Ends, s)
		}
	}
}

// TestLogReaderRefusesWhatIsAltered: any bit of any event.
func TestLogReaderRefusesWhatIsAltered(t *testing.T) {
	for _, raw := range [][]byte{
		event(23, 300, 0, []byte("rows of a table"), true),
		event(4, 300, 0, rotation("binlog.000002", 4), true),
	} {
		for bit := range len(raw) * 8 {
			altered := bytes.Clone(raw)
			altered[bit/8] ^= 1 << (bit % 8)
			r := logReader{at: Position{File: "binlog.000001", At: 100}, checksums: true}
			if _, _, err := r.next(altered); !errors.Is(err, errEvent) {
				t.Errorf("bit %d: %v", bit, err)
			}
		}
	}
	closed := description(1)
	closed[eventFlagsAt] |= byte(flagInUse) // the one bit a checksum does not hold
	r := logReader{}
	if _, keep, err := r.next(closed); err != nil || !keep {
		t.Errorf("the description of a file that is written to: %v", err)
	}
}

func FuzzLogReader(f *testing.F) {
	for _, raw := range [][]byte{
		nil, description(1), description(0), event(4, 0, 0x20, rotation("binlog.000001", 100), true),
		event(2, 300, 0, []byte{8: 255, 12: 255}, true), event(162, 400, 0, nil, true),
	} {
		f.Add(raw, true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, checksums bool) {
		r := logReader{at: Position{File: "binlog.000001", At: 100}, checksums: checksums}
		e, keep, err := r.next(raw)
		if err != nil && (keep || !errors.Is(err, errEvent)) {
			t.Errorf("kept %v, %v", keep, err)
		}
		if keep && (e.From > e.To || e.Ends == r.open || !bytes.Equal(e.Raw, raw)) {
			t.Errorf("%+v", e)
		}
	})
}

func TestParsePosition(t *testing.T) {
	for line, want := range map[string]Position{
		"[00] 2026-11-22 09:10:11 MySQL binlog position: filename 'binlog.000012', position '4711', GTID of the last change '0-1-9'": {"binlog.000012", 4711},
		"MySQL binlog position: filename 'a.b.1000000', position '18446744073709551615'":                                             {"a.b.1000000", 1<<64 - 1},
		"MySQL binlog position: filename 'binlog.000012', position '18446744073709551616'":                                           {},
		"MySQL binlog position: filename 'binlog', position '4'":                                                                     {},
		"MySQL binlog position: filename '', position '4'":                                                                           {},
		"MySQL slave binlog position: master host '1', filename 'binlog.000012', position '4'":                                       {},
		"completed OK!": {},
	} {
		got, ok := parsePosition(line)
		if got != want || ok == want.IsZero() {
			t.Errorf("%q: %s, %v", line, got, ok)
		}
	}
}

func FuzzParsePosition(f *testing.F) {
	f.Add("MySQL binlog position: filename 'binlog.000012', position '4711'")
	f.Add("MySQL binlog position: filename '.0', position '0'")
	f.Fuzz(func(t *testing.T, line string) {
		at, ok := parsePosition(line)
		if ok != !at.IsZero() || (ok && (at.fileNumber() == 0 || !strings.Contains(line, at.File))) {
			t.Errorf("%q: %s, %v", line, at, ok)
		}
	})
}

// TestPositionsAreInOrder of the log, also when the number of a file gets one
// more digit.
func TestPositionsAreInOrder(t *testing.T) {
	inOrder := []Position{
		{},
		{File: "binlog.000001", At: 4},
		{File: "binlog.000001", At: 1 << 33},
		{File: "binlog.000002"},
		{File: "binlog.000010", At: 4},
		{File: "binlog.999999", At: 9},
		{File: "binlog.1000000", At: 4},
	}
	rapid.Check(t, func(t *rapid.T) {
		i, j := rapid.IntRange(0, len(inOrder)-1).Draw(t, "i"), rapid.IntRange(0, len(inOrder)-1).Draw(t, "j")
		want := 0
		if i != j {
			want = (i - j) / max(i-j, j-i)
		}
		if got := inOrder[i].Compare(inOrder[j]); got != want {
			t.Errorf("%s to %s: %d, want %d", inOrder[i], inOrder[j], got, want)
		}
	})
}

// TestRemarksAreBoundedAndWhole: however a program's remarks are cut.
func TestRemarksAreBoundedAndWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.StringMatching(`[a-z]([a-z ]{0,30}[a-z])?`), 1, 60).Draw(t, "lines")
		var heard []string
		r := &remarks{hear: func(line string) { heard = append(heard, line) }}
		text := []byte(strings.Join(lines, "\n"))
		for len(text) > 0 {
			n := rapid.IntRange(1, len(text)).Draw(t, "piece")
			if got, err := r.Write(text[:n]); got != n || err != nil {
				t.Fatal(got, err)
			}
			text = text[n:]
		}
		r.finish()
		if strings.Join(heard, "\n") != strings.Join(lines, "\n") {
			t.Errorf("heard %q, said %q", heard, lines)
		}
		if want := "\n" + strings.Join(lines[max(0, len(lines)-saidLines):], "\n"); r.quoted() != want {
			t.Errorf("quoted %q, want %q", r.quoted(), want)
		}
	})
	r := &remarks{}
	if _, err := r.Write(bytes.Repeat([]byte("x"), 10*saidBytes)); err != nil {
		t.Fatal(err)
	}
	r.finish()
	if n := len(r.quoted()); n != saidBytes+1 {
		t.Errorf("%d bytes are kept of a line, want %d", n-1, saidBytes)
	}
}

func TestClientOptions(t *testing.T) {
	for dsn, want := range map[string]string{
		"u:p@tcp(db.example:3307)/forecourt":                "protocol=\"tcp\"\nhost=\"db.example\"\nport=\"3307\"\n",
		"u:p@tcp([::1]:3306)/forecourt?tls=true":            "protocol=\"tcp\"\nhost=\"::1\"\nport=\"3306\"\nssl\nssl-verify-server-cert\n",
		"u:p@tcp(db.example)/forecourt?tls=skip-verify":     "protocol=\"tcp\"\nhost=\"db.example\"\nport=\"3306\"\nssl\nskip-ssl-verify-server-cert\n",
		"u:p@unix(/run/mysqld/mysqld.sock)/forecourt":       "socket=\"/run/mysqld/mysqld.sock\"\n",
		"u:p@unix(/run/mysqld/mysqld.sock)/forecourt?tls=0": "socket=\"/run/mysqld/mysqld.sock\"\n",
	} {
		cfg, err := driver.ParseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		got, err := clientOptions(cfg)
		if want = "[client]\nuser=\"u\"\npassword=\"p\"\n" + want; err != nil || got != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", dsn, err, got, want)
		}
	}
	if _, err := clientOptions(&driver.Config{Net: "pigeon"}); err == nil {
		t.Error("options for a pigeon")
	}
}
