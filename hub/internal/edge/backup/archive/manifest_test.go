package archive_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/hub/internal/edge/backup/archive"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/wire"
)

var update = flag.Bool("update", false, "write golden files anew")

// manifest is a full set in which every field says something.
func manifest() archive.Manifest {
	at := time.Date(2026, 3, 29, 3, 30, 0, 0, time.FixedZone("CST", 8*3600))
	sum := strings.Repeat("0123456789abcdef", 4)
	return archive.Manifest{
		ID: ulidA, Kind: wire.BackupFull, Version: "0.6.0", Schema: 42, Server: "10.11", Timeline: ulidB,
		From: mysql.Position{File: "binlog.000012", At: 4711}, To: mysql.Position{File: "binlog.000013", At: 342},
		Began: at, At: at.Add(1234 * time.Millisecond), Ended: at.Add(5 * time.Second), Sales: 1_000_000,
		Components: []archive.Component{
			{Name: archive.Database, Bytes: 519 << 20, SHA256: sum, Parts: []archive.Part{
				{Key: "database.0001.zst.age", Bytes: archive.PartBytes, SHA256: sum},
				{Key: "database.0002.zst.age", Bytes: 4096, SHA256: sum},
			}},
			{Name: archive.Tail, Bytes: 0, SHA256: sum, Parts: []archive.Part{{Key: "tail.0001.zst.age", Bytes: 213, SHA256: sum}}},
		},
		Tables: []mysql.TableSum{{Name: "sale", Rows: 1_000_000, Sum: 1<<64 - 1}, {Name: "staff"}},
		AtRest: true, Master: "3f9a", Recipients: []string{"age1one", "age1two"}, Media: archive.Media{Objects: 3, Bytes: 70_000},
	}
}

func encode(t testing.TB, m archive.Manifest) []byte {
	t.Helper()
	file, err := signer(1).Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// The format cannot change by accident: these bytes were written once and are
// read for ever.
func TestManifestBytes(t *testing.T) {
	golden := filepath.Join("testdata", "manifest.json")
	got := encode(t, manifest())
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("a manifest is written in another way (-golden +now):\n%s", diff)
	}
	m, err := signer(1).Public().Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	wanted := manifest()
	wanted.Format = archive.Format
	if diff := cmp.Diff(wanted, m); diff != "" {
		t.Errorf("the golden manifest is read in another way:\n%s", diff)
	}
	if m.Stored() != archive.PartBytes+4096+213 {
		t.Errorf("it takes %d bytes", m.Stored())
	}
	if c, ok := m.Component(archive.Tail); !ok || c.Stored() != 213 {
		t.Errorf("its tail is %+v", c)
	}
	if _, ok := m.Component(archive.Dump); ok {
		t.Error("it has a dump")
	}
}

// Whatever bit is altered: it is refused, or it says the very same.
func TestEveryAlteredBitOfAManifestIsFound(t *testing.T) {
	file, key := encode(t, manifest()), signer(1).Public()
	want, err := key.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for i := range file {
		for bit := range 8 {
			bad := bytes.Clone(file)
			bad[i] ^= 1 << bit
			m, err := key.Decode(bad)
			if err == nil {
				same++
				if !cmp.Equal(want, m) {
					t.Fatalf("bit %d of byte %d: %+v", bit, i, m)
				}
			} else if !errors.Is(err, archive.ErrSignature) && !errors.Is(err, archive.ErrDamaged) && !errors.Is(err, archive.ErrFormat) {
				t.Fatalf("bit %d of byte %d: %v", bit, i, err)
			}
		}
	}
	if most := 40; same > most { // blanks and the case of two names, outside what is signed
		t.Errorf("%d alterations were taken, at most %d can make no difference", same, most)
	}
	for n := range len(file) - 1 { // the last is the end of a line
		if _, err := key.Decode(file[:n]); !errors.Is(err, archive.ErrDamaged) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

func TestAForgedManifestIsRefused(t *testing.T) {
	key := signer(1).Public()
	other := manifest()
	other.ID = ulidB
	mine, his := string(encode(t, manifest())), string(encode(t, other))
	forged, err := signer(2).Encode(manifest())
	if err != nil {
		t.Fatal(err)
	}
	signature := func(file string) string { return file[strings.LastIndex(file, `"signature"`):] }
	segment, err := signer(1).SignSegment(strings.TrimSuffix(mine[len("{\n  \"manifest\": "):strings.LastIndex(mine, ",\n  \"signature\"")], "\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"another hub's":          string(forged),
		"another's signature":    strings.Replace(mine, signature(mine), signature(his), 1),
		"no signature":           mine[:strings.LastIndex(mine, ",")] + "}",
		"an empty signature":     mine[:strings.LastIndex(mine, `"signature"`)] + `"signature":""}`,
		"one made for a segment": mine[:strings.LastIndex(mine, `"signature"`)] + `"signature":"` + segment + `"}`,
		"another id":             strings.Replace(mine, ulidA, ulidB, 1),
		"a second manifest":      strings.TrimSuffix(mine, "}\n") + `,"manifest":` + strings.Replace(mine[len("{\n  \"manifest\": "):strings.LastIndex(mine, ",\n  \"signature\"")], ulidA, ulidB, 1) + "}",
	} {
		if m, err := key.Decode([]byte(file)); !errors.Is(err, archive.ErrSignature) {
			t.Errorf("%s: %s, %v", name, m.ID, err)
		}
	}
	if _, err := (archive.PublicKey{}).Decode([]byte(mine)); !errors.Is(err, archive.ErrSignature) {
		t.Errorf("without a key: %v", err)
	}
	if m, err := archive.DecodeUnproved(forged); err != nil || m.ID != ulidA {
		t.Errorf("unproved: %s, %v", m.ID, err)
	}
}

// A newer format is told as such, signed or not: of it nothing else can be said.
func TestANewerManifestIsRefused(t *testing.T) {
	for _, body := range []string{`{"format":2}`, `{"format":2,"id":7}`} {
		signature, err := signer(1).SignManifest(body)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{
			fmt.Sprintf(`{"manifest":%s,"signature":%q}`, body, signature), fmt.Sprintf(`{"manifest":%s}`, body),
		} {
			if _, err := signer(1).Public().Decode([]byte(file)); !errors.Is(err, archive.ErrFormat) {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if _, err := archive.DecodeUnproved(make([]byte, archive.MaxManifestBytes+1)); !errors.Is(err, archive.ErrTooLarge) {
		t.Errorf("a large one: %v", err)
	}
}

// What could not be restored, or names something outside the set, is neither
// written nor read, though it be signed.
func TestManifestsThatMakeNoSense(t *testing.T) {
	for name, harm := range map[string]func(*archive.Manifest){
		"no id":               func(m *archive.Manifest) { m.ID = "" },
		"an id with a path":   func(m *archive.Manifest) { m.ID = "../../etc" },
		"another kind":        func(m *archive.Manifest) { m.Kind = "half" },
		"no time":             func(m *archive.Manifest) { m.At = time.Time{} },
		"no timeline":         func(m *archive.Manifest) { m.Timeline = "" },
		"another timeline":    func(m *archive.Manifest) { m.Timeline = "now" },
		"no place in the log": func(m *archive.Manifest) { m.To = mysql.Position{} },
		"a place with a path": func(m *archive.Manifest) { m.From.File = "../binlog.000001" },
		"an end before it":    func(m *archive.Manifest) { m.To.File, m.To.At = "binlog.000012", 4710 },
		"sales below zero":    func(m *archive.Manifest) { m.Sales = -1 },
		"no recipient":        func(m *archive.Manifest) { m.Recipients = nil },
		"no database":         func(m *archive.Manifest) { m.Components = m.Components[1:] },
		"a component twice":   func(m *archive.Manifest) { m.Components[1] = m.Components[0] },
		"no parts":            func(m *archive.Manifest) { m.Components[1].Parts = nil },
		"a part with a path":  func(m *archive.Manifest) { m.Components[1].Parts[0].Key = "../tail.0001.zst.age" },
		"another's part":      func(m *archive.Manifest) { m.Components[1].Parts[0].Key = "database.0001.zst.age" },
		"an empty part":       func(m *archive.Manifest) { m.Components[1].Parts[0].Bytes = 0 },
		"a large part":        func(m *archive.Manifest) { m.Components[1].Parts[0].Bytes = archive.PartBytes + 1 },
		"a part without sum":  func(m *archive.Manifest) { m.Components[1].Parts[0].SHA256 = "" },
		"a sum in capitals":   func(m *archive.Manifest) { m.Components[1].SHA256 = strings.ToUpper(m.Components[1].SHA256) },
		"a table twice":       func(m *archive.Manifest) { m.Tables[1] = m.Tables[0] },
		"rows below zero":     func(m *archive.Manifest) { m.Tables[1].Rows = -1 },
		"many tables":         func(m *archive.Manifest) { m.Tables = make([]mysql.TableSum, archive.MaxTables+1) },
		"many components":     func(m *archive.Manifest) { m.Components = make([]archive.Component, archive.MaxComponents+1) },
		"many parts":          func(m *archive.Manifest) { m.Components[0].Parts = make([]archive.Part, archive.MaxParts+1) },
	} {
		m := manifest()
		harm(&m)
		if _, err := signer(1).Encode(m); !errors.Is(err, archive.ErrDamaged) {
			t.Errorf("%s was written: %v", name, err)
		}
	}
	for _, body := range []string{`null`, `[]`, `1`, `""`, `{}`, `{"format":1}`, `{"format":0}`, `{"format":-1}`, `{"format":"1"}`, `{"format":1,"id":7}`} {
		signature, err := signer(1).SignManifest(body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := signer(1).Public().Decode(fmt.Appendf(nil, `{"manifest":%s,"signature":%q}`, body, signature)); !errors.Is(err, archive.ErrDamaged) {
			t.Errorf("%s was read: %v", body, err)
		}
	}
}

func TestALogicalSetNeedsNoLog(t *testing.T) {
	m := manifest()
	m.Kind, m.Timeline, m.From, m.To = wire.BackupLogical, "", mysql.Position{}, mysql.Position{}
	dump := m.Components[1]
	dump.Name, dump.Parts = archive.Dump, []archive.Part{{Key: "dump.0001.zst.age", Bytes: 9, SHA256: dump.SHA256}}
	m.Components = []archive.Component{dump}
	got, err := signer(1).Public().Decode(encode(t, m))
	if m.Format = archive.Format; err != nil || !cmp.Equal(m, got) {
		t.Errorf("%v: %s", err, cmp.Diff(m, got))
	}
	m.Components[0].Name, m.Components[0].Parts[0].Key = archive.Tail, "tail.0001.zst.age"
	if _, err := signer(1).Encode(m); !errors.Is(err, archive.ErrDamaged) {
		t.Errorf("without a dump: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	file := encode(f, manifest())
	f.Add(file)
	f.Add([]byte(`{"manifest":{"format":2}}`))
	f.Add([]byte(`{"manifest":{"format":1,"id":"` + ulidA + `"},"signature":"AA=="}`))
	f.Add(bytes.Replace(file, []byte("database.0001"), []byte("../../../0001"), 1))
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := archive.DecodeUnproved(file)
		if err == nil { // whatever is taken could have been written
			again, err := signer(1).Encode(m)
			if err != nil {
				t.Fatalf("%+v was read and cannot be written: %v", m, err)
			}
			if same, err := signer(1).Public().Decode(again); err != nil || !cmp.Equal(m, same) {
				t.Fatalf("%v: %s", err, cmp.Diff(m, same))
			}
		}
		if m, err := signer(2).Public().Decode(file); err == nil {
			t.Fatalf("nobody signed %+v", m)
		}
	})
}
