package media_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/hub/internal/platform/vault"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// TestS074AnErasedMembersUploadsAreGone: those they sent and those they were
// sent, in the store and in every copy of it. A tutorial stays.
func TestS074AnErasedMembersUploadsAreGone(t *testing.T) {
	h := newHouse(t)
	voice := wavOf(1, 16000, 800)
	mine := h.put(voice)
	answer := h.owner
	answer.Member, answer.Staff = id.Member{}, id.Staff{1}
	theirs, err := h.Put(t.Context(), answer, voice)
	if err != nil {
		t.Fatal(err)
	}
	tutorial, err := h.Put(t.Context(), media.Owner{Station: h.owner.Station, Staff: id.Staff{1}}, jpegOf(t, quarters(20, 10)))
	if err != nil {
		t.Fatal(err)
	}
	h.tx(func(ctx context.Context, tx *mysql.Tx) error {
		return h.keys.DestroyMemberKey(ctx, tx, h.owner.Subject)
	})
	for name, m := range map[string]wire.Media{"sent": mine, "received": theirs} {
		if _, _, err := h.Read(t.Context(), m.ID, false); problemOf(err) != "media-gone" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := h.Load(t.Context(), h.db, m.ID); err != nil {
			t.Errorf("a list that holds it fails: %v", err)
		}
	}
	h.read(tutorial, true)
	if _, err := h.Put(t.Context(), answer, voice); problemOf(err) != "erased" {
		t.Errorf("a further upload: %v", err)
	}

	h.tx(func(ctx context.Context, tx *mysql.Tx) error { return h.Forget(ctx, tx, h.owner.Subject) })
	if n := h.rows("media"); n != 1 {
		t.Errorf("%d rows are left, want the tutorial", n)
	}
	if n := h.sweep(); n != 2 || len(h.shelf.keys()) != 2 {
		t.Errorf("swept %d, left %q", n, h.shelf.keys())
	}
	h.read(tutorial, false)
}

// TestUploadsFromBeforeTheyHadKeysOpen: the house's key sealed them directly.
func TestUploadsFromBeforeTheyHadKeysOpen(t *testing.T) {
	h := newHouse(t)
	voice := wavOf(1, 16000, 800)
	m := h.put(voice)
	key := h.shelf.keys()[0]
	h.shelf.objects[key] = h.keys.Vault.Seal(vault.Cell{Table: "media", Column: "content", Row: m.ID}, voice)
	if _, _, err := h.Read(t.Context(), m.ID, false); err == nil {
		t.Error("an object that another key sealed was put in its place, and opened")
	}
	if _, err := h.db.ExecContext(t.Context(), "UPDATE media SET content_key = NULL"); err != nil {
		t.Fatal(err)
	}
	if kept, _ := h.read(m, false); !bytes.Equal(kept, voice) {
		t.Error("it reads as something else")
	}
	h.tx(func(ctx context.Context, tx *mysql.Tx) error {
		return h.keys.DestroyMemberKey(ctx, tx, h.owner.Subject)
	})
	if _, _, err := h.Read(t.Context(), m.ID, false); problemOf(err) != "media-gone" {
		t.Errorf("after the erasure: %v", err)
	}
}

// TestTwoUploadsHaveTwoKeys: the key of one opens no other.
func TestTwoUploadsHaveTwoKeys(t *testing.T) {
	h := newHouse(t)
	one, two := h.put(wavOf(1, 16000, 800)), h.put(wavOf(1, 16000, 900))
	if _, err := h.db.ExecContext(t.Context(), `UPDATE media a JOIN media b ON b.id = ? SET a.content_key = b.content_key
		WHERE a.id = ?`, two.ID, one.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Read(t.Context(), one.ID, false); err == nil {
		t.Error("another upload's key was accepted")
	}
	h.read(two, false)
}

// TestForgettingLooksAtNobodyElse: the uploads of another member stay.
func TestForgettingLooksAtNobodyElse(t *testing.T) {
	h := newHouse(t)
	m := h.put(wavOf(1, 16000, 800))
	if err := h.use(m.ID); err != nil {
		t.Fatal(err)
	}
	h.tx(func(ctx context.Context, tx *mysql.Tx) error { return h.Forget(ctx, tx, id.Member{9}) })
	h.later(48 * time.Hour)
	if n := h.sweep(); n != 0 {
		t.Errorf("swept %d", n)
	}
	h.read(m, false)
}
