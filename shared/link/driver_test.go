package link

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forecourt/shared/id"
	"forecourt/shared/wire"
)

// driverRecorder is recorder for a Driver, signed in.
func driverRecorder(t *testing.T, reply any) (*Driver, *seenRequest) {
	t.Helper()
	url, seen := record(t, reply)
	d, err := NewDriver(Options{BaseURL: url, Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, seen
}

func TestS054EveryCallOfADriverGoesWhereItsContractSays(t *testing.T) {
	ctx := t.Context()
	thread, media, message := id.New[id.Thread](testIDs), id.New[id.Media](testIDs), id.New[id.Message](testIDs)
	sale, vehicle, station := id.New[id.Sale](testIDs), id.New[id.Vehicle](testIDs), id.New[id.Station](testIDs)
	in := "/v1/driver/threads/" + thread.String()
	tests := []struct {
		name string
		call func(*Driver) error
		want seenRequest
	}{
		{"logout", func(d *Driver) error { return d.Logout(ctx) }, seenRequest{Method: "POST", Path: "/v1/driver/logout"}},
		{"ticket", ask(func(d *Driver) (any, error) { return d.Ticket(ctx) }), seenRequest{Method: "POST", Path: "/v1/driver/tickets"}},
		{"me", ask(func(d *Driver) (any, error) { return d.Me(ctx) }), seenRequest{Method: "GET", Path: "/v1/driver/me"}},
		{
			"profile", ask(func(d *Driver) (any, error) { return d.SetProfile(ctx, wire.ProfileRequest{Name: "王"}) }),
			seenRequest{Method: "PUT", Path: "/v1/driver/me", Body: `{"name":"王"}`},
		},
		{
			"add vehicle", ask(func(d *Driver) (any, error) { return d.AddVehicle(ctx, wire.VehicleRequest{Plate: "云A12345"}) }),
			seenRequest{Method: "POST", Path: "/v1/driver/vehicles", Body: `{"plate":"云A12345"}`},
		},
		{
			"drop vehicle", ask(func(d *Driver) (any, error) { return d.DropVehicle(ctx, vehicle) }),
			seenRequest{Method: "DELETE", Path: "/v1/driver/vehicles/" + vehicle.String()},
		},
		{
			"claim", ask(func(d *Driver) (any, error) { return d.ClaimNozzle(ctx, wire.ClaimRequest{Code: "ABCDEF"}) }),
			seenRequest{Method: "POST", Path: "/v1/driver/fuelling", Body: `{"code":"ABCDEF"}`},
		},
		{
			"orders", ask(func(d *Driver) (any, error) { return d.Orders(ctx, sale, 5) }),
			seenRequest{Method: "GET", Path: "/v1/driver/orders?before=" + sale.String() + "&limit=5"},
		},
		{"all orders", ask(func(d *Driver) (any, error) { return d.Orders(ctx, id.Sale{}, 0) }), seenRequest{Method: "GET", Path: "/v1/driver/orders"}},
		{
			"open", ask(func(d *Driver) (any, error) { return d.OpenThread(ctx, wire.OpenThread{Station: station}) }),
			seenRequest{Method: "POST", Path: "/v1/driver/threads", Body: `{"station":"` + station.String() + `"}`},
		},
		{"threads", ask(func(d *Driver) (any, error) { return d.Threads(ctx) }), seenRequest{Method: "GET", Path: "/v1/driver/threads"}},
		{"say", ask(func(d *Driver) (any, error) {
			return d.Say(ctx, thread, wire.SendRequest{ID: message, Kind: wire.MessageText, Text: "你好"})
		}), seenRequest{Method: "POST", Path: in + "/messages", Body: `{"id":"` + message.String() + `","kind":"text","text":"你好"}`}},
		{
			"messages", ask(func(d *Driver) (any, error) { return d.Messages(ctx, thread, 7, 20) }),
			seenRequest{Method: "GET", Path: in + "/messages?before=7&limit=20"},
		},
		{
			"read", ask(func(d *Driver) (any, error) { return d.ReadUpTo(ctx, thread, wire.ReadRequest{N: 3}) }),
			seenRequest{Method: "POST", Path: in + "/read", Body: `{"n":3}`},
		},
		{
			"rate", ask(func(d *Driver) (any, error) { return d.Rate(ctx, thread, wire.RatingRequest{Stars: 5}) }),
			seenRequest{Method: "POST", Path: in + "/rating", Body: `{"stars":5}`},
		},
		{"close", ask(func(d *Driver) (any, error) { return d.CloseThread(ctx, thread) }), seenRequest{Method: "POST", Path: in + "/close"}},
		{"reopen", ask(func(d *Driver) (any, error) { return d.ReopenThread(ctx, thread) }), seenRequest{Method: "POST", Path: in + "/reopen"}},
		{
			"media link", ask(func(d *Driver) (any, error) { return d.MediaLink(ctx, media) }),
			seenRequest{Method: "GET", Path: "/v1/driver/media/" + media.String() + "/link"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, seen := driverRecorder(t, struct{}{})
			d.Resume("fcd_token")
			if err := tt.call(d); err != nil {
				t.Fatal(err)
			}
			tt.want.Bearer = "fcd_token"
			if diff := cmp.Diff(tt.want, *seen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func ask(call func(*Driver) (any, error)) func(*Driver) error {
	return func(d *Driver) error { _, err := call(d); return err }
}

func TestADriverSignsIn(t *testing.T) {
	d, seen := driverRecorder(t, wire.DriverSession{Token: "fcd_new"})
	d.Resume("fcd_old")
	if _, err := d.SendCode(t.Context(), "13800000001"); err != nil || seen.Bearer != "" || seen.Path != "/v1/driver/codes" {
		t.Errorf("%v: asking for a code: %+v", err, seen)
	}
	if _, err := d.Login(t.Context(), wire.DriverLogin{Phone: "13800000001", Code: "123456"}); err != nil || seen.Bearer != "" || seen.Device != "" {
		t.Errorf("%v: signing in: %+v", err, seen)
	}
	if _, err := d.Me(t.Context()); err != nil || seen.Bearer != "fcd_new" || seen.Device != "" {
		t.Errorf("%v: afterwards: %+v", err, seen)
	}
	if err := d.Logout(t.Context()); err != nil || seen.Bearer != "fcd_new" {
		t.Errorf("%v: signing out: %+v", err, seen)
	}
	if _, err := d.Me(t.Context()); err != nil || seen.Bearer != "" {
		t.Errorf("%v: signed out: %+v", err, seen)
	}
	if _, err := NewDriver(Options{BaseURL: "http://127.0.0.1:1", Device: "x", Now: time.Now, Random: rand.Reader}); err == nil {
		t.Error("a driver with a device's token was made")
	}
}

func TestStationsAreAList(t *testing.T) {
	d, seen := driverRecorder(t, []wire.StationCard{{Name: "示范"}})
	cards, err := d.Stations(t.Context())
	if err != nil || len(cards) != 1 || cards[0].Name != "示范" || seen.Path != "/v1/driver/stations" {
		t.Errorf("%v %v %v", cards, err, seen)
	}
}

// TestADriversSocket takes its ticket where drivers do.
func TestADriversSocket(t *testing.T) {
	connects(t, "POST /v1/driver/tickets", (*Driver).Live)
}

// connects has a driver's socket take its ticket at way and end in order.
func connects(t *testing.T, way string, socket func(*Driver, LiveOptions) *Live) *Driver {
	t.Helper()
	h := newFakeHub()
	h.mux.HandleFunc(way, h.giveTicket)
	d, err := NewDriver(Options{BaseURL: serve(t, h), Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	told := newTape()
	live := socket(d, LiveOptions{Channels: []wire.Channel{testChannel}, Handler: told})
	if live.opts.Silence != DriverSilence {
		t.Errorf("silence of %v", live.opts.Silence)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- live.Run(ctx) }()
	take(t, told.connected)
	cancel()
	take(t, ended)
	return d
}

func TestUploadsAreFormsWithOneFile(t *testing.T) {
	content := bytes.Repeat([]byte{0xff, 0xd8}, 1000)
	thread := id.New[id.Thread](testIDs)
	c, seen := recorder(t, wire.Media{Type: "image/jpeg"})
	d, driverSeen := driverRecorder(t, wire.Media{Type: "image/jpeg"})
	for path, upload := range map[string]func() (wire.Media, error){
		"/v1/support/threads/" + thread.String() + "/media": func() (wire.Media, error) {
			return c.Upload(t.Context(), thread, "照片 \"1\".jpg", content)
		},
		"/v1/support/canned/media": func() (wire.Media, error) { return c.UploadTutorial(t.Context(), "p.jpg", content) },
		"/v1/driver/threads/" + thread.String() + "/media": func() (wire.Media, error) {
			return d.Upload(t.Context(), thread, "p.jpg", content)
		},
	} {
		media, err := upload()
		got := *seen
		if strings.HasPrefix(path, "/v1/driver") {
			got = *driverSeen
		}
		if err != nil || media.Type != "image/jpeg" || got.Method != "POST" || got.Path != path {
			t.Errorf("%v %+v %s %s", err, media, got.Method, got.Path)
		}
		boundary, _, _ := strings.Cut(got.Body, "\r\n")
		kind, params, err := mime.ParseMediaType("multipart/form-data; boundary=" + strings.TrimPrefix(boundary, "--"))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(got.Body))
		r.Header.Set("Content-Type", mime.FormatMediaType(kind, params))
		f, _, err := r.FormFile(FormFile)
		if err != nil {
			t.Fatal(err)
		}
		if sent, err := io.ReadAll(f); err != nil || !bytes.Equal(sent, content) {
			t.Errorf("%v: sent %d bytes of %d", err, len(sent), len(content))
		}
	}
}

func TestFetchFollowsALinkAndNothingElse(t *testing.T) {
	var seen *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		if r.URL.Path == "/v1/media/gone" {
			answer(w, http.StatusNotFound, wire.NewProblem(wire.ProblemMediaGone, ""))
			return
		}
		_, _ = w.Write([]byte("0123456789"))
	}))
	t.Cleanup(s.Close)
	d, err := NewDriver(Options{BaseURL: s.URL, Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	d.Resume("fcd_token")
	content, err := d.Fetch(t.Context(), "/v1/media/m?until=5&sig=s3cret", 10)
	if err != nil || string(content) != "0123456789" || seen.URL.RawQuery != "until=5&sig=s3cret" || seen.Header.Get("Authorization") != "" {
		t.Errorf("%q %v %v", content, err, seen)
	}
	for name, link := range map[string]string{
		"too large": "/v1/media/m?sig=s3cret", "gone": "/v1/media/gone?sig=s3cret", "another host": "http://other.example/?sig=s3cret",
		"another host, same scheme": "//other.example/x?sig=s3cret", "nothing": "", "not a link": ":?sig=s3cret",
	} {
		if _, err := d.Fetch(t.Context(), link, 9); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Close()
	if _, err := d.Fetch(t.Context(), "/v1/media/m?sig=s3cret", 10); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("no hub: %v", err)
	}
}
