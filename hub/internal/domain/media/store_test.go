package media_test

import (
	"bytes"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/domain/media"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

func TestAVoiceComesBackAsSamplesAlone(t *testing.T) {
	h := newHouse(t)
	tag := []byte("Recorded at home by 王")
	wav := riff("WAVE", chunk("LIST", tag), fmtChunk(1, 1, 16000, 16), chunk("data", samples(1, 16000, 800)), chunk("LIST", tag))
	mp3 := bytes.Join([][]byte{id3v2(100), tag, mp3Of(40), tag, id3v1()}, nil)
	for name, c := range map[string]struct{ content, want []byte }{
		"wav": {wav, wavOf(1, 16000, 800)},
		"mp3": {bytes.Join([][]byte{id3v2(100), mp3Of(40), tag, id3v1()}, nil), mp3Of(40)},
	} {
		m := h.put(c.content)
		kept, mime := h.read(m, false)
		if !bytes.Equal(kept, c.want) || mime != m.Type || m.Bytes != len(kept) || m.Kind != wire.MediaVoice || m.DurationMS < 800 {
			t.Errorf("%s: kept %d bytes of %s, want %d; %+v", name, len(kept), mime, len(c.want), m)
		}
		if _, _, err := h.Read(t.Context(), m.ID, true); problemOf(err) != "media-gone" {
			t.Errorf("%s: the thumbnail of a voice: %v", name, err)
		}
	}
	// Text where the first frame should be is no recording.
	if _, err := h.Put(t.Context(), h.owner, mp3); problemOf(err) != "media-type" {
		t.Errorf("text before the first frame: %v", err)
	}
}

func TestLoadSaysWhoseItIs(t *testing.T) {
	h := newHouse(t)
	m := h.put(jpegOf(t, quarters(20, 10)))
	item, err := h.Load(t.Context(), h.db, m.ID)
	if err != nil || item.Media != m || item.Owner != h.owner {
		t.Errorf("loaded %+v, %v", item, err)
	}
	if _, err := h.Load(t.Context(), h.db, id.Media{1}); problemOf(err) != "media-gone" {
		t.Errorf("loading nothing: %v", err)
	}
	if _, _, err := h.Read(t.Context(), id.Media{1}, false); problemOf(err) != "media-gone" {
		t.Errorf("reading nothing: %v", err)
	}
}

func TestAStolenShelfSaysNothing(t *testing.T) {
	h := newHouse(t)
	content := wavOf(1, 16000, 800)
	m, other := h.put(content), h.put(content)
	keys := h.shelf.keys()
	if len(keys) != 2 || !strings.HasPrefix(keys[0], "media/2026/03/"+m.ID.String()) {
		t.Fatalf("objects %q", keys)
	}
	for _, key := range keys {
		if bytes.Contains(h.shelf.objects[key], []byte("WAVE")) || bytes.Contains(h.shelf.objects[key], content[100:140]) {
			t.Errorf("%s is readable", key)
		}
	}
	first, second := keys[0], keys[1]
	whole := h.shelf.objects[first]
	for what, object := range map[string][]byte{
		"another's":  h.shelf.objects[second],
		"in clear":   content,
		"one bit":    append(bytes.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^1),
		"half of it": whole[:len(whole)/2],
		"nothing":    {},
	} {
		h.shelf.objects[first] = object
		if got, _, err := h.Read(t.Context(), m.ID, false); err == nil || len(got) > 0 || problemOf(err) == "media-gone" {
			t.Errorf("%s in its place: %d bytes, %v", what, len(got), err)
		}
	}
	h.shelf.objects[first] = whole
	if got, _ := h.read(m, false); !bytes.Equal(got, content) {
		t.Error("put back, it is another")
	}
	if got, _ := h.read(other, false); !bytes.Equal(got, content) {
		t.Error("the other has changed")
	}
}

func TestAThumbnailIsNotThePicture(t *testing.T) {
	h := newHouse(t)
	m := h.put(jpegOf(t, quarters(20, 10)))
	key := "media/2026/03/" + m.ID.String()
	h.shelf.objects[key], h.shelf.objects[key+".thumb"] = h.shelf.objects[key+".thumb"], h.shelf.objects[key]
	for _, thumb := range []bool{false, true} {
		if _, _, err := h.Read(t.Context(), m.ID, thumb); err == nil {
			t.Errorf("exchanged, they open (%v)", thumb)
		}
	}
}

func TestAShelfThatFailsLeavesNothing(t *testing.T) {
	h := newHouse(t)
	for _, part := range []string{"", ".thumb"} {
		h.shelf.refuse = func(what, key string) error {
			if what == "put" && strings.HasSuffix(key, ".thumb") == (part != "") {
				return errFull
			}
			return nil
		}
		m, err := h.Put(t.Context(), h.owner, jpegOf(t, quarters(20, 10)))
		if problemOf(err) != "storage-unavailable" || !strings.Contains(err.Error(), errFull.Error()) {
			t.Errorf("%q fails: %+v, %v", part, m, err)
		}
	}
	h.shelf.refuse = nil
	if n := h.rows("media"); n != 0 {
		t.Errorf("%d rows of nothing", n)
	}
	if left := h.shelf.keys(); len(left) != 1 {
		t.Errorf("left %q", left)
	}
	if n := h.sweep(); n != 0 {
		t.Errorf("swept %d at once, under the hands of whoever writes", n)
	}
	h.later(time.Hour)
	if n := h.sweep(); n != 4 || len(h.shelf.keys()) != 0 || h.rows("media_orphan") != 0 {
		t.Errorf("swept %d, left %q", n, h.shelf.keys())
	}
}

func TestAShelfThatDoesNotAnswerIsNotAnEmptyOne(t *testing.T) {
	h := newHouse(t)
	m := h.put(wavOf(1, 8000, 800))
	h.shelf.refuse = func(string, string) error { return errFull }
	if _, _, err := h.Read(t.Context(), m.ID, false); problemOf(err) != "storage-unavailable" {
		t.Errorf("reading: %v", err)
	}
	h.shelf.refuse = nil
	delete(h.shelf.objects, h.shelf.keys()[0])
	if _, _, err := h.Read(t.Context(), m.ID, false); problemOf(err) != "media-gone" {
		t.Errorf("reading what was lost: %v", err)
	}
}

func TestSweepTakesWhatNobodyUsed(t *testing.T) {
	h := newHouse(t)
	used, unused := h.put(jpegOf(t, quarters(20, 10))), h.put(jpegOf(t, quarters(10, 20)))
	if err := h.use(used.ID); err != nil {
		t.Fatal(err)
	}
	h.later(23 * time.Hour)
	if n := h.sweep(); n != 0 {
		t.Errorf("swept %d too early", n)
	}
	late := h.put(wavOf(1, 8000, 800))
	h.later(time.Hour + time.Millisecond)
	if n := h.sweep(); n != 2 {
		t.Errorf("swept %d", n)
	}
	for _, m := range []wire.Media{used, late} {
		h.read(m, false)
	}
	if _, _, err := h.Read(t.Context(), unused.ID, false); problemOf(err) != "media-gone" {
		t.Errorf("reading what was swept: %v", err)
	}
	if err := h.use(unused.ID); problemOf(err) != "media-gone" {
		t.Errorf("using what was swept: %v", err)
	}
	for range 2 { // a tutorial's picture is used many times
		if err := h.use(used.ID); err != nil {
			t.Errorf("using it again: %v", err)
		}
	}
	if keys := h.shelf.keys(); len(keys) != 3 || h.rows("media_orphan") != 0 {
		t.Errorf("left %q", keys)
	}
}

func TestOneObjectThatStaysDoesNotKeepTheOthers(t *testing.T) {
	h := newHouse(t)
	stuck := h.put(wavOf(1, 8000, 800))
	h.put(wavOf(1, 8000, 900))
	h.shelf.refuse = func(what, key string) error {
		if what == "delete" && strings.Contains(key, stuck.ID.String()) {
			return errFull
		}
		return nil
	}
	h.later(25 * time.Hour)
	if n, err := h.Sweep(t.Context()); n != 0 || problemOf(err) != "storage-unavailable" {
		t.Errorf("swept %d, %v", n, err)
	}
	if n, err := h.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	h.shelf.refuse = nil
	h.later(time.Hour)
	if n := h.sweep(); n != 1 || len(h.shelf.keys()) != 0 {
		t.Errorf("swept %d, left %q", n, h.shelf.keys())
	}
}

// TestAnUploadThatTookTooLongHasNoRow: the sweep may be at its objects.
func TestAnUploadThatTookTooLongHasNoRow(t *testing.T) {
	h := newHouse(t)
	h.shelf.refuse = func(string, string) error {
		h.later(31 * time.Minute)
		return nil
	}
	if _, err := h.Put(t.Context(), h.owner, wavOf(1, 8000, 800)); problemOf(err) != "storage-unavailable" {
		t.Errorf("said %v", err)
	}
	h.shelf.refuse = nil
	if h.rows("media") != 0 {
		t.Error("it has a row")
	}
	h.later(time.Hour)
	if n := h.sweep(); n != 1 || len(h.shelf.keys()) != 0 {
		t.Errorf("swept %d, left %q", n, h.shelf.keys())
	}
}

// address takes an address apart, as the edge does.
func address(t *testing.T, link string) (path, until, signature string) {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path, u.Query().Get("until"), u.Query().Get("sig")
}

func TestALinkOpensOneThingForFiveMinutes(t *testing.T) {
	h := newHouse(t)
	m, other := h.put(jpegOf(t, quarters(20, 10))), h.put(jpegOf(t, quarters(20, 10)))
	link := h.Link(m)
	path, until, sig := address(t, link.URL)
	thumbPath, thumbUntil, thumbSig := address(t, link.Thumb)
	if path != "/v1/media/"+m.ID.String() || thumbPath != path+"/thumb" || !link.ExpiresAt.Equal(start.Add(5*time.Minute)) {
		t.Errorf("link %+v", link)
	}
	if err := h.Admit(m.ID, false, until, sig); err != nil {
		t.Error(err)
	}
	if err := h.Admit(m.ID, true, thumbUntil, thumbSig); err != nil {
		t.Error(err)
	}
	wrong := map[string]error{
		"another":            h.Admit(other.ID, false, until, sig),
		"the thumbnail":      h.Admit(m.ID, true, until, sig),
		"the whole":          h.Admit(m.ID, false, thumbUntil, thumbSig),
		"later":              h.Admit(m.ID, false, "1999999999", sig),
		"no time":            h.Admit(m.ID, false, "", sig),
		"no number":          h.Admit(m.ID, false, until+"x", sig),
		"no signature":       h.Admit(m.ID, false, until, ""),
		"half a signature":   h.Admit(m.ID, false, until, sig[:20]),
		"a longer signature": h.Admit(m.ID, false, until, sig+"AAAA"),
		"another signature":  h.Admit(m.ID, false, until, strings.Repeat("A", len(sig))),
		"no alphabet":        h.Admit(m.ID, false, until, "*"+sig[1:]),
	}
	h.later(5*time.Minute - time.Millisecond)
	if err := h.Admit(m.ID, false, until, sig); err != nil {
		t.Errorf("just before its end: %v", err)
	}
	h.later(time.Millisecond)
	wrong["at its end"] = h.Admit(m.ID, false, until, sig)
	for what, err := range wrong {
		if problemOf(err) != "media-gone" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if voice := h.Link(h.put(wavOf(1, 8000, 800))); voice.Thumb != "" {
		t.Errorf("a voice has a thumbnail at %s", voice.Thumb)
	}
}

func TestManyUploadsAtOnce(t *testing.T) {
	h := newHouse(t)
	content := jpegOf(t, quarters(800, 600))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			m, err := h.Put(t.Context(), h.owner, content)
			if err != nil {
				t.Error(err)
				return
			}
			if _, _, err := h.Read(t.Context(), m.ID, true); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := h.rows("media"); n != 8 || h.rows("media_orphan") != 0 {
		t.Errorf("%d rows", n)
	}
}

// TestTooManyUploadsAreTurnedAway: each is in memory while it waits.
func TestTooManyUploadsAreTurnedAway(t *testing.T) {
	h := newHouse(t)
	const places = 32
	arrived, open := make(chan struct{}, places), make(chan struct{})
	h.shelf.wait = func() {
		arrived <- struct{}{}
		<-open
	}
	var group sync.WaitGroup
	for range places {
		group.Go(func() {
			if _, err := h.Put(t.Context(), h.owner, wavOf(1, 8000, 800)); err != nil {
				t.Error(err)
			}
		})
	}
	for range places {
		<-arrived
	}
	if _, err := h.Put(t.Context(), h.owner, wavOf(1, 8000, 800)); problemOf(err) != "too-many" {
		t.Errorf("one more: %v", err)
	}
	close(open)
	group.Wait()
	h.shelf.wait = nil
	h.put(wavOf(1, 8000, 800))
}

var _ media.Objects = (*shelf)(nil)
