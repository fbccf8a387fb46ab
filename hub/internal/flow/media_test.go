package flow_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"forecourt/hub/internal/domain/chat"
	"forecourt/hub/internal/domain/media"
	"forecourt/hub/internal/domain/member"
	"forecourt/hub/internal/domain/staff"
	"forecourt/hub/internal/edge/objects"
	"forecourt/hub/internal/flow"
	"forecourt/hub/internal/platform/audit"
	"forecourt/hub/internal/platform/mysql"
	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// gallery is a house with a conversation that people send uploads in.
type gallery struct {
	*house
	thread        chat.Thread
	driver, other member.Actor
	agent, absent staff.Actor
	store         *chat.Store
	asked         []string // types of pictures that were judged
	judgement     error
	*media.Store  // what the flow keeps uploads in
	dir           string
}

func newGallery(t *testing.T) *gallery {
	g := &gallery{house: newHouse(t), dir: t.TempDir() + "/objects"}
	place, err := objects.OpenDir(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = place.Close() })
	g.Store = media.New(media.Deps{DB: g.db, Keys: g.keys, Objects: place, Random: rand.Reader, Now: g.now, IDs: g.ids})
	g.flow.Media, g.flow.Words = g.Store, g
	g.driver = member.Actor{Member: id.New[id.Member](g.ids)}
	g.other = member.Actor{Member: id.New[id.Member](g.ids)}
	err = g.db.InTx(t.Context(), "making keys", func(ctx context.Context, tx *mysql.Tx) error {
		_, err := g.keys.NewMemberKey(ctx, tx, g.driver.Member)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	g.agent, g.absent = g.actor(wire.RoleAgent), g.actor(wire.RoleAgent)
	g.absent.Staff[15]++
	g.store = chat.NewStore(g.keys)
	g.thread = chat.NewThread(id.New[id.Thread](g.ids), g.station, "示范加油站", g.driver.Member, g.now())
	if _, err := g.thread.Take(chat.Agent{Staff: g.agent.Staff, Number: g.agent.Number}, g.now()); err != nil {
		t.Fatal(err)
	}
	if err := g.store.Insert(t.Context(), g.db, g.thread); err != nil {
		t.Fatal(err)
	}
	return g
}

// CheckText and CheckPicture make the gallery its own judge.
func (g *gallery) CheckText(context.Context, string, []string) error { return nil }

func (g *gallery) CheckPicture(_ context.Context, content []byte, mime string) error {
	g.asked = append(g.asked, mime)
	return g.judgement
}

func asDriver(m member.Actor) flow.Speaker { return flow.Speaker{Member: &m} }
func asStaff(s staff.Actor) flow.Speaker   { return flow.Speaker{Staff: &s} }

// upload sends something in the gallery's conversation.
func (g *gallery) upload(who flow.Speaker, content []byte) (wire.Media, error) {
	return g.flow.Upload(g.t.Context(), who, g.thread.ID, content)
}

// photo is a JPEG of one colour with a trace of where it was taken.
func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 0xff
	}
	m.Set(0, 0, color.Black)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	trace := "\xff\xe1\x00\x0bExif\x00\x00home"[:13]
	return append([]byte(out.String()[:2]+trace), out.Bytes()[2:]...)
}

// recording is so many milliseconds of WAV at 16 kHz.
func recording(ms int) []byte {
	size := 32 * ms
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(36+size))
	out = append(out, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(size))
	return append(out, bytes.Repeat([]byte{1, 2}, size/2)...)
}

// song is n frames of MP3, of 26 ms each.
func song(n int) []byte {
	return bytes.Repeat(append([]byte{0xff, 0xfb, 0x50, 0xc0}, make([]byte, 144*64000/44100-4)...), n)
}

// fetch follows an address as the edge does.
func (g *gallery) fetch(m id.Media, thumb bool, address string) ([]byte, string, error) {
	g.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.Admit(m, thumb, u.Query().Get("until"), u.Query().Get("sig")); err != nil {
		return nil, "", err
	}
	return g.Read(g.t.Context(), m, thumb)
}

func TestS055PicturesAndVoicesGoBothWays(t *testing.T) {
	g := newGallery(t)
	sides := map[string]flow.Speaker{"driver": asDriver(g.driver), "agent": asStaff(g.agent)}
	contents := map[wire.MediaKind][][]byte{
		wire.MediaPicture: {photo(t, 640, 480)}, wire.MediaVoice: {recording(1500), song(60)},
	}
	for from, who := range sides {
		for kind, list := range contents {
			for _, content := range list {
				m, err := g.upload(who, content)
				if err != nil || m.Kind != kind {
					t.Fatalf("%s of the %s: %+v, %v", kind, from, m, err)
				}
				for to, reader := range sides {
					link, err := g.flow.MediaLink(t.Context(), reader, m.ID)
					if err != nil {
						t.Fatalf("%s of the %s, for the %s: %v", kind, from, to, err)
					}
					got, mime, err := g.fetch(m.ID, false, link.URL)
					if err != nil || len(got) != m.Bytes || mime != m.Type || kind == wire.MediaVoice && !bytes.Equal(got, content) {
						t.Errorf("%s of the %s, for the %s: %d bytes of %s, %v", kind, from, to, len(got), mime, err)
					}
					if kind == wire.MediaVoice {
						continue
					}
					if thumb, mime, err := g.fetch(m.ID, true, link.Thumb); err != nil || len(thumb) == 0 || mime != media.TypeJPEG {
						t.Errorf("the thumbnail of the %s, for the %s: %d bytes of %s, %v", from, to, len(thumb), mime, err)
					}
					if bytes.Contains(got, []byte("home")) {
						t.Error("the picture says where it was taken")
					}
				}
				g.later(time.Minute) // five uploads a minute are a driver's
			}
		}
	}
}

func TestS055UploadsAreLimitedInSizeAndLength(t *testing.T) {
	g := newGallery(t)
	for name, c := range map[string]struct {
		content []byte
		want    wire.ProblemType
	}{
		"a large file":    {make([]byte, media.MaxUpload+1), wire.ProblemMediaLimit},
		"a large picture": {append(photo(t, 40, 30), make([]byte, wire.MaxPictureBytes)...), wire.ProblemMediaLimit},
		"a wide picture":  {photo(t, wire.MaxPictureSide+1, 1), wire.ProblemMediaLimit},
		"a large voice":   {append(recording(1000), make([]byte, wire.MaxVoiceBytes)...), wire.ProblemMediaLimit},
		"a long voice":    {recording(wire.MaxVoiceMS + 1000), wire.ProblemMediaLimit},
		"a short voice":   {recording(wire.MinVoiceMS - 100), wire.ProblemMediaLimit},
		"a film":          {append([]byte("\x00\x00\x00\x18ftypmp42"), make([]byte, 100)...), wire.ProblemMediaType},
		"a page":          {[]byte("<html>"), wire.ProblemMediaType},
	} {
		t.Run(name, func(t *testing.T) {
			for _, who := range []flow.Speaker{asDriver(g.driver), asStaff(g.agent)} {
				m, err := g.upload(who, c.content)
				wantProblem(t, err, c.want)
				if m != (wire.Media{}) {
					t.Errorf("kept %+v", m)
				}
			}
			g.later(time.Minute)
		})
	}
}

func TestUploadsAreForTheTwoPartiesOnly(t *testing.T) {
	g := newGallery(t)
	m, err := g.upload(asDriver(g.driver), photo(t, 40, 30))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := g.agent
	elsewhere.Station = id.New[id.Station](g.ids)
	for name, c := range map[string]struct {
		who  flow.Speaker
		want wire.ProblemType
	}{
		"another driver":             {asDriver(g.other), wire.ProblemNotFound},
		"another agent":              {asStaff(g.absent), wire.ProblemNotYourThread},
		"the head, who has it not":   {asStaff(g.head()), wire.ProblemNotYourThread},
		"a cashier":                  {asStaff(g.cashier()), wire.ProblemForbidden},
		"an agent of another place":  {asStaff(elsewhere), wire.ProblemNotFound},
		"nobody, who asks all of it": {flow.Speaker{}, wire.ProblemNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := g.flow.MediaLink(t.Context(), c.who, m.ID)
			wantProblem(t, err, c.want)
			_, err = g.upload(c.who, photo(t, 40, 30))
			wantProblem(t, err, c.want)
		})
	}
	_, err = g.flow.MediaLink(t.Context(), asDriver(g.driver), id.New[id.Media](g.ids))
	wantProblem(t, err, wire.ProblemMediaGone)
}

func TestUploadsEndADayAfterTheConversation(t *testing.T) {
	g := newGallery(t)
	g.thread.Close(g.now())
	err := g.db.InTx(t.Context(), "closing", func(ctx context.Context, tx *mysql.Tx) error { return g.store.Save(ctx, tx, g.thread) })
	if err != nil {
		t.Fatal(err)
	}
	g.later(chat.ReopenWithin - time.Second)
	m, err := g.upload(asDriver(g.driver), recording(1000))
	if err != nil {
		t.Error(err)
	}
	g.later(time.Second)
	_, err = g.upload(asDriver(g.driver), recording(1000))
	wantProblem(t, err, wire.ProblemThreadClosed)
	if _, err := g.flow.MediaLink(t.Context(), asDriver(g.driver), m.ID); err != nil {
		t.Errorf("what was sent before: %v", err)
	}
}

func TestUploadsAreLimitedInNumber(t *testing.T) {
	g := newGallery(t)
	count := func(who flow.Speaker) int {
		for n := 0; ; n++ {
			_, err := g.upload(who, recording(1000))
			if err != nil {
				wantProblem(t, err, wire.ProblemTooMany)
				return n
			}
			if n > 200 {
				t.Fatal("no limit")
			}
		}
	}
	driver, agent := count(asDriver(g.driver)), count(asStaff(g.agent))
	if driver < 3 || driver > 20 || agent <= driver {
		t.Errorf("a driver may send %d at once, an agent %d", driver, agent)
	}
	g.later(time.Minute)
	if n := count(asDriver(g.driver)); n != driver {
		t.Errorf("a minute later %d", n)
	}
}

func TestTutorialPicturesAreForWhoTalksWithTheStation(t *testing.T) {
	g := newGallery(t)
	ctx := t.Context()
	for _, role := range []wire.Role{wire.RoleAgent, wire.RoleCashier, wire.RoleAttendant} {
		_, err := g.flow.UploadTutorial(ctx, g.actor(role), photo(t, 40, 30))
		wantProblem(t, err, wire.ProblemForbidden)
	}
	_, err := g.flow.UploadTutorial(ctx, g.head(), recording(1000))
	wantProblem(t, err, wire.ProblemMediaType)
	_, err = g.flow.UploadTutorial(ctx, g.head(), []byte("<svg/>"))
	wantProblem(t, err, wire.ProblemMediaType)
	m, err := g.flow.UploadTutorial(ctx, g.head(), photo(t, 40, 30))
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := g.head()
	elsewhere.Station = id.New[id.Station](g.ids)
	for name, c := range map[string]struct {
		who  flow.Speaker
		want wire.ProblemType
	}{
		"the head":             {asStaff(g.head()), ""},
		"any agent":            {asStaff(g.absent), ""},
		"a driver":             {asDriver(g.driver), ""},
		"a driver who is new":  {asDriver(g.other), wire.ProblemNotFound},
		"a cashier":            {asStaff(g.cashier()), wire.ProblemForbidden},
		"another station":      {asStaff(elsewhere), wire.ProblemNotFound},
		"nobody in particular": {flow.Speaker{}, wire.ProblemNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			link, err := g.flow.MediaLink(ctx, c.who, m.ID)
			if c.want != "" {
				wantProblem(t, err, c.want)
				return
			}
			if err != nil || link.Thumb == "" {
				t.Errorf("link %+v, %v", link, err)
			}
		})
	}
}

func TestPicturesAreJudgedBeforeTheyAreKept(t *testing.T) {
	g := newGallery(t)
	g.judgement = wire.NewProblem(wire.ProblemContentRefused, "")
	_, err := g.upload(asDriver(g.driver), photo(t, 40, 30))
	wantProblem(t, err, wire.ProblemContentRefused)
	if _, err := g.upload(asDriver(g.driver), recording(1000)); err != nil {
		t.Errorf("a voice is no picture: %v", err)
	}
	g.judgement = errors.New("no answer")
	if _, err := g.upload(asDriver(g.driver), photo(t, 40, 30)); err != nil {
		t.Errorf("without a judgement: %v", err)
	}
	if want := []string{media.TypeJPEG, media.TypeJPEG}; !slices.Equal(g.asked, want) {
		t.Errorf("judged %q", g.asked)
	}
	rows, err := audit.Find(t.Context(), g.db, audit.Query{Station: g.station, Action: "chat.refused"})
	if err != nil || len(rows) != 1 || rows[0].Member != g.driver.Member || rows[0].ObjectID != g.thread.ID.String() {
		t.Errorf("on record: %+v, %v", rows, err)
	}
}

func TestNothingReadableLiesInTheStore(t *testing.T) {
	g := newGallery(t)
	if _, err := g.upload(asDriver(g.driver), recording(1000)); err != nil {
		t.Fatal(err)
	}
	if _, err := g.upload(asDriver(g.driver), photo(t, 40, 30)); err != nil {
		t.Fatal(err)
	}
	files := filesBelow(t, g.dir)
	if len(files) != 3 {
		t.Errorf("files %q", slices.Sorted(maps.Keys(files)))
	}
	for name, content := range files {
		for _, trace := range []string{"RIFF", "\xff\xd8\xff", "JFIF", strings.Repeat("\x01\x02", 8)} {
			if strings.Contains(content, trace) {
				t.Errorf("%s contains %q", name, trace)
			}
		}
	}
}

// filesBelow reads every file below a directory.
func filesBelow(t *testing.T, dir string) map[string]string {
	t.Helper()
	found, disk := map[string]string{}, os.DirFS(dir)
	err := fs.WalkDir(disk, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(disk, name)
		found[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
