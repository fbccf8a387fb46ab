package till

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"
	"forecourt/shared/wire"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func testIDs(seed byte) *id.Maker {
	return id.NewMaker(func() time.Time { return time.UnixMilli(1_795_000_000_000) }, zeros(seed))
}

// zeros is a source of one byte.
type zeros byte

func (z zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(z)
	}
	return len(p), nil
}

func TestStoreKeepsCommandsInTheirOrderAcrossOpenings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "till.db")
	rapid.Check(t, func(rt *rapid.T) {
		os.Remove(path)
		ids := testIDs(1)
		var want []desk.Command
		for range rapid.IntRange(0, 8).Draw(rt, "openings") {
			store, err := OpenStore(path)
			if err != nil {
				rt.Fatal(err)
			}
			for range rapid.IntRange(0, 3).Draw(rt, "new") {
				c := payment(ids)
				c.Key = id.New[id.Command](ids)
				if err := store.Save(c); err != nil {
					rt.Fatal(err)
				}
				want = append(want, c)
			}
			if len(want) > 0 && rapid.Bool().Draw(rt, "forget") {
				i := rapid.IntRange(0, len(want)-1).Draw(rt, "which")
				if err := store.Forget(want[i].Key); err != nil {
					rt.Fatal(err)
				}
				want = append(want[:i:i], want[i+1:]...)
			}
			got, err := store.Commands()
			if diff := cmp.Diff(want, got); err != nil || len(want)+len(got) > 0 && diff != "" {
				rt.Fatalf("%v: %s", err, diff)
			}
			if err := store.Close(); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

func TestOnlyOneTillOnADataDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "till.db")
	store := openStore(t, path)
	if _, err := OpenStore(path); !errors.Is(err, ErrInUse) {
		t.Errorf("a second till got %v", err)
	}
	store.Close()
	openStore(t, path).Close()
}

func TestStoreIsBounded(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
	defer store.Close()
	ids := testIDs(2)
	var err error
	saved := 0
	for ; saved <= maxCommands && err == nil; saved++ {
		c := payment(ids)
		c.Key = id.New[id.Command](ids)
		err = store.Save(c)
	}
	if !errors.Is(err, ErrFull) || saved != maxCommands+1 {
		t.Errorf("after %d commands: %v", saved, err)
	}
}

func TestPrefsSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "till.db")
	store := openStore(t, path)
	if _, ok, err := store.Prefs(); ok || err != nil {
		t.Errorf("before the first save: %v, %v", ok, err)
	}
	want := desk.Prefs{Lang: desk.English, Dark: true, ScalePercent: 150, Muted: []desk.Sound{desk.SoundCalling}}
	if err := store.SavePrefs(want); err != nil {
		t.Fatal(err)
	}
	store.Close()
	store = openStore(t, path)
	defer store.Close()
	got, ok, err := store.Prefs()
	if diff := cmp.Diff(want, got); !ok || err != nil || diff != "" {
		t.Errorf("%v, %v: %s", ok, err, diff)
	}
}

func TestCredentialsAreTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "credentials.json")
	if _, ok, err := ReadCredentials(path); ok || err != nil {
		t.Errorf("before enrolment: %v, %v", ok, err)
	}
	reply := wire.EnrolReply{Kind: wire.DeviceTill, StationName: "昆明示范加油站", Token: "t", CA: "pem", Station: id.New[id.Station](testIDs(3))}
	want, err := NewCredentials("https://hub:8443", "till 1", reply)
	if err != nil {
		t.Fatal(err)
	}
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	got, ok, err := ReadCredentials(path)
	if !ok || err != nil || got != want {
		t.Errorf("read %+v, %v, %v", got, ok, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	reply.Kind = wire.DevicePumpd
	if _, err := NewCredentials("", "", reply); !errors.Is(err, ErrNotATill) {
		t.Errorf("a pumpd's code: %v", err)
	}
	if err := os.WriteFile(path, []byte(`{"hub_url":"https://hub:8443"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadCredentials(path); err == nil {
		t.Error("a file without a token was taken")
	}
}
