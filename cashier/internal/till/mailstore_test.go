package till

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"forecourt/cashier/internal/desk"
	"forecourt/shared/id"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A crash between saving and the first send, and one between the upload and
// the send: nothing is lost and nothing has another id.
func TestCrashBetweenSaveAndSend(t *testing.T) {
	for name, uploaded := range map[string]bool{"before the upload": false, "after the upload": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "till.db")
				store := openStore(t, path)
				c := letter(testIDs(3), id.New[id.Thread](testIDs(4)), "", []byte("data"))
				if err := store.SaveMessage(c); err != nil {
					t.Fatal(err)
				}
				if uploaded {
					c.Say.Media = id.New[id.Media](testIDs(5))
					c.Upload.Data = nil // what was kept first stays
					if err := store.SaveMessage(c); err != nil {
						t.Fatal(err)
					}
				}
				store.Close()
				hub := &chatHub{}
				mailbox(t, path, hub, func(r *rig) {
					synctest.Wait()
					want := 1
					if uploaded {
						want = 0
					}
					if len(hub.said) != 1 || hub.said[0].ID != c.Say.ID || hub.uploads != want || hub.said[0].Media.IsZero() {
						t.Errorf("said %+v after %d uploads", hub.said, hub.uploads)
					}
				})
			})
		})
	}
}

func TestStoreKeepsMessagesAndWhatTheyCarry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "till.db")
	rapid.Check(t, func(rt *rapid.T) {
		store, err := OpenStore(path)
		if err != nil {
			rt.Fatal(err)
		}
		defer store.Close()
		old, err := store.Messages()
		if err != nil {
			rt.Fatal(err)
		}
		for _, c := range old {
			if err := store.ForgetMessage(c.Say.ID); err != nil {
				rt.Fatal(err)
			}
		}
		ids := testIDs(byte(rapid.IntRange(1, 250).Draw(rt, "seed")))
		var want []desk.Command
		for i := range rapid.IntRange(0, 6).Draw(rt, "new") {
			data := rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(rt, "data")
			if i%2 == 0 {
				data = nil
			}
			c := letter(ids, id.New[id.Thread](ids), "x", data)
			c.At = c.At.UTC().Round(0)
			if err := store.SaveMessage(c); err != nil {
				rt.Fatal(err)
			}
			want = append(want, c)
		}
		if len(want) > 0 && rapid.Bool().Draw(rt, "forget") {
			i := rapid.IntRange(0, len(want)-1).Draw(rt, "which")
			if err := store.ForgetMessage(want[i].Say.ID); err != nil {
				rt.Fatal(err)
			}
			want = slices.Delete(want, i, i+1)
		}
		got, err := store.Messages()
		if diff := cmp.Diff(want, got); err != nil || len(want)+len(got) > 0 && diff != "" {
			rt.Fatal(err, diff)
		}
	})
}

func TestMessagesNeverKeepAPaymentFromBeingSaved(t *testing.T) {
	store := openStore(t, filepath.Join(t.TempDir(), "till.db"))
	defer store.Close()
	ids := testIDs(6)
	thread := id.New[id.Thread](ids)
	var err error
	uploads, messages := 0, 0
	for ; err == nil && uploads <= maxUploads; uploads++ {
		err = store.SaveMessage(letter(ids, thread, "", []byte("x")))
	}
	if !errors.Is(err, ErrFull) || uploads != maxUploads+1 {
		t.Fatalf("after %d pictures: %v", uploads, err)
	}
	for err = nil; err == nil && messages <= maxMessages; messages++ {
		err = store.SaveMessage(letter(ids, thread, "x", nil))
	}
	if !errors.Is(err, ErrFull) || messages != maxMessages-maxUploads+1 {
		t.Fatalf("after %d messages: %v", messages, err)
	}
	kept, err := store.Messages()
	if err != nil || len(kept) != maxMessages {
		t.Fatal(len(kept), err)
	}
	if err := store.SaveMessage(kept[0]); err != nil { // what is kept can still be noted anew
		t.Error(err)
	}
	c := payment(ids)
	c.Key = id.New[id.Command](ids)
	if err := store.Save(c); err != nil {
		t.Error(err)
	}
}
