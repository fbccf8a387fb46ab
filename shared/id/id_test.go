package id_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"forecourt/shared/id"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 123e6, time.UTC)

func chance() io.Reader { return rand.NewChaCha8([32]byte{1}) }

func makerAt(now time.Time) *id.Maker {
	return id.NewMaker(func() time.Time { return now }, chance())
}

// anyID draws 16 bytes.
func anyID(t *rapid.T) id.Sale {
	return id.Sale(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
}

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyID(t)
		text := want.String()
		if want.IsZero() {
			return
		}
		for _, form := range []string{text, strings.ToLower(text)} {
			if got, err := id.Parse[id.Sale](form); err != nil || got != want {
				t.Fatalf("%s: %v, %v", form, got, err)
			}
		}
		encoded, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got id.Sale
		if err := json.Unmarshal(encoded, &got); err != nil || got != want {
			t.Fatalf("%s: %v, %v", encoded, got, err)
		}
	})
}

func TestSQLRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := anyID(t)
		value, err := want.Value()
		if err != nil {
			t.Fatal(err)
		}
		got := id.Sale{1}
		if err := got.Scan(value); err != nil || got != want {
			t.Fatalf("%v: %v, %v", value, got, err)
		}
		if stored, ok := value.([]byte); ok {
			stored[0]++ // the driver's buffer is not ours
			if got != want {
				t.Fatal("an id shares memory with what was stored")
			}
		}
	})
}

func TestOrderOfTextIsOrderOfBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyID(t), anyID(t)
		if !a.IsZero() && !b.IsZero() && strings.Compare(a.String(), b.String()) != bytes.Compare(a[:], b[:]) {
			t.Fatalf("%s and %s", a, b)
		}
	})
}

func TestTheZeroIDIsNone(t *testing.T) {
	var none id.Sale
	if !none.IsZero() || none.String() != "" || id.New[id.Sale](makerAt(noon)).IsZero() {
		t.Error("zero is none, and only zero")
	}
	if value, err := none.Value(); value != nil || err != nil {
		t.Errorf("in SQL: %v, %v", value, err)
	}
	got := id.New[id.Sale](makerAt(noon))
	if err := got.Scan(nil); err != nil || !got.IsZero() {
		t.Errorf("NULL: %v, %v", got, err)
	}
	got = id.New[id.Sale](makerAt(noon))
	if err := json.Unmarshal([]byte(`""`), &got); err != nil || !got.IsZero() {
		t.Errorf("empty text: %v, %v", got, err)
	}
	type message struct {
		Sale id.Sale `json:"sale,omitzero"`
	}
	if text, err := json.Marshal(message{}); err != nil || string(text) != "{}" {
		t.Errorf("left out: %s, %v", text, err)
	}
}

func TestWhatIsNoIDIsRefused(t *testing.T) {
	good := id.New[id.Sale](makerAt(noon)).String()
	for _, text := range []string{"", "x", good[1:], good + "0", good[:25] + "U", good[:25] + "é", "8" + good[1:], " " + good[1:]} {
		if got, err := id.Parse[id.Sale](text); !errors.Is(err, id.ErrSyntax) || !got.IsZero() {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		kept := id.New[id.Sale](makerAt(noon))
		if err := kept.UnmarshalText([]byte(text)); text != "" && (err == nil || kept.String() != good) {
			t.Errorf("%q: %v, %v", text, kept, err)
		}
	}
	for _, source := range []any{[]byte{}, make([]byte, 15), make([]byte, 17), good, int64(5)} {
		var got id.Sale
		if err := got.Scan(source); err == nil {
			t.Errorf("%T of SQL was read as %v", source, got)
		}
	}
	var got id.Sale
	for _, text := range []string{"5", "{}", "[]", `"` + good[1:] + `"`} {
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s was read as %v", text, got)
		}
	}
}

func TestTimeIsWhenItWasMade(t *testing.T) {
	if got := id.New[id.Sale](makerAt(noon.In(time.FixedZone("", 8*3600)))).Time(); got != noon {
		t.Errorf("got %v", got)
	}
}

func TestIDsRiseThoughTheClockGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		m := id.NewMaker(func() time.Time { return now }, chance())
		var last id.Sale
		for range rapid.IntRange(2, 100).Draw(t, "ids") {
			now = now.Add(time.Duration(rapid.Int64Range(-5000, 5000).Draw(t, "ms")) * time.Millisecond)
			next := id.New[id.Sale](m)
			if bytes.Compare(last[:], next[:]) >= 0 {
				t.Fatalf("%s after %s", next, last)
			}
			last = next
		}
	})
}

// When the randomness of one millisecond is used up, the next is borrowed.
func TestIDsRiseThoughAMillisecondIsFull(t *testing.T) {
	// Ten bytes begin a millisecond at its very end, four make one step.
	brim := append(bytes.Repeat([]byte{0xff}, 10), 1, 1, 1, 1)
	m := id.NewMaker(func() time.Time { return noon }, bytes.NewReader(bytes.Repeat(brim, 200)))
	var last id.Sale
	for range 100 {
		next := id.New[id.Sale](m)
		if bytes.Compare(last[:], next[:]) >= 0 {
			t.Fatalf("%s after %s", next, last)
		}
		last = next
	}
	if !last.Time().After(noon) {
		t.Error("the test did not fill a millisecond")
	}
}

func TestAMakerMayBeShared(t *testing.T) {
	const workers, each = 8, 200
	m := makerAt(noon)
	made := make(chan id.Sale, workers*each)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for range each {
				made <- id.New[id.Sale](m)
			}
		})
	}
	working.Wait()
	close(made)
	seen := map[id.Sale]bool{}
	for sale := range made {
		seen[sale] = true
	}
	if len(seen) != workers*each {
		t.Errorf("%d different ids of %d", len(seen), workers*each)
	}
}

func TestNoRandomnessIsTheEnd(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an id was made of nothing")
		}
	}()
	id.New[id.Sale](id.NewMaker(func() time.Time { return noon }, strings.NewReader("")))
}

func TestEveryKindIsATypeOfItsOwn(t *testing.T) {
	kinds := []any{
		id.Station{},
		id.Staff{},
		id.Device{},
		id.Sale{},
		id.PriceSet{},
		id.Authorization{},
		id.Payable{},
		id.Attempt{},
		id.Transfer{},
		id.Account{},
		id.Command{},
		id.Journal{},
		id.Epoch{},
	}
	seen := map[reflect.Type]bool{}
	for _, k := range kinds {
		seen[reflect.TypeOf(k)] = true
	}
	if len(seen) != len(kinds) {
		t.Errorf("%d types for %d kinds", len(seen), len(kinds))
	}
	for a := range seen {
		for b := range seen {
			if a != b && a.AssignableTo(b) {
				t.Errorf("a %v may be passed as a %v", a, b)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"01KAQ0G000000000000000000S", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "", "01kaq0g000000000000000000l"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := id.Parse[id.Sale](text)
		if err == nil && !got.IsZero() && !strings.EqualFold(got.String(), text) {
			// Only the letters that Crockford reads as digits may differ.
			if canon := strings.NewReplacer("I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(text)); canon != got.String() {
				t.Fatalf("%q is %s", text, got)
			}
		}
	})
}
