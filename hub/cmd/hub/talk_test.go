package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// code is the last code that was sent to a phone, by the file of notices.
func (s *site) code(t *testing.T, phone string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data, "notices.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for line := range strings.Lines(string(text)) {
		var m struct{ Kind, Phone, Text string }
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		if m.Phone == phone && m.Kind == "login.code" {
			found = sixDigits.FindString(m.Text)
		}
	}
	if found == "" {
		t.Fatalf("no code was sent to %s", phone)
	}
	return found
}

// driver signs somebody in by phone.
func (r *running) driver(t *testing.T, ca, phone string) (*link.Driver, wire.DriverSession) {
	t.Helper()
	d, err := link.NewDriver(link.Options{BaseURL: r.secure, CA: []byte(ca), Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if _, err := d.SendCode(t.Context(), phone); err != nil {
		t.Fatal(err)
	}
	session, err := d.Login(t.Context(), wire.DriverLogin{Phone: phone, Code: r.code(t, phone)})
	if err != nil {
		t.Fatal(err)
	}
	return d, session
}

// ear keeps every frame of a socket.
type ear struct {
	live *link.Live
	mu   sync.Mutex
	got  []wire.Frame
}

func (e *ear) Connected(wire.Welcome) {}
func (e *ear) Lost(error)             {}
func (e *ear) Frame(f wire.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got = append(e.got, f)
}

// heard counts the frames of a kind in a channel that hold some text.
func (e *ear) heard(ch wire.Channel, kind wire.Kind, text string) (times int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.got {
		if f.Ch == ch && f.K == kind && bytes.Contains(f.D, []byte(text)) {
			times++
		}
	}
	return times
}

// hear waits until such a frame has come, exactly once.
func (e *ear) hear(t *testing.T, who string, ch wire.Channel, kind wire.Kind, text string) {
	t.Helper()
	await(t, who+" to hear "+string(kind)+" "+text, func() bool { return e.heard(ch, kind, text) > 0 })
	if kind != wire.KindSnap && e.heard(ch, kind, text) != 1 {
		t.Errorf("%s heard %s %q %d times", who, kind, text, e.heard(ch, kind, text))
	}
}

// listen opens a socket for the test's time.
func listen(t *testing.T, of func(link.LiveOptions) *link.Live, channels ...wire.Channel) *ear {
	t.Helper()
	e := &ear{}
	e.live = of(link.LiveOptions{Channels: channels, Handler: e})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.live.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	for _, ch := range channels {
		await(t, "the snapshot of "+string(ch), func() bool { return e.heard(ch, wire.KindSnap, "") > 0 })
	}
	return e
}

func join(t *testing.T, e *ear, ch wire.Channel) {
	t.Helper()
	if err := e.live.Join(ch); err != nil {
		t.Fatal(err)
	}
	await(t, "an answer for "+string(ch), func() bool {
		return e.heard(ch, wire.KindSnap, "")+e.heard(ch, wire.KindRefused, "") > 0
	})
}

// conversation is a driver and an agent at a running hub.
type conversation struct {
	*running
	ids          *id.Maker
	station      id.Station
	agent        *link.Client
	driver       *link.Driver
	session      wire.DriverSession
	ca           string
	thread       wire.Thread
	chat         wire.Channel
	atTill, away *ear // the agent's socket, and the driver's
}

// newConversation opens one, on sockets at both sides.
func newConversation(t *testing.T) *conversation {
	t.Helper()
	s := newSite(t)
	s.env = append(s.env, "FORECOURT_NOTIFY=file")
	c := &conversation{running: s.serve(t, "--demo"), ids: id.NewMaker(clock.Now, rand.Reader)}
	var enrolled wire.EnrolReply
	c.agent, enrolled = c.till(t)
	c.station, c.ca = enrolled.Station, enrolled.CA
	if err := login(t, c.agent, "4001", setup.DemoPassword); err != nil {
		t.Fatal(err)
	}
	c.atTill = listen(t, c.agent.Live, wire.Forecourt(c.station), wire.Support(c.station))
	c.driver, c.session = c.running.driver(t, c.ca, "13800000001")
	cards, err := c.driver.Stations(t.Context())
	if err != nil || len(cards) != 1 || cards[0].ID != c.station {
		t.Fatalf("stations %+v, %v", cards, err)
	}
	c.away = listen(t, c.driver.Live, wire.DriverOf(c.session.Member.ID), wire.PublicStation(c.station))
	if c.thread, err = c.driver.OpenThread(t.Context(), wire.OpenThread{Station: c.station}); err != nil {
		t.Fatal(err)
	}
	c.chat = wire.Chat(c.thread.ID)
	join(t, c.away, c.chat)
	c.atTill.hear(t, "the agent", wire.Support(c.station), wire.KindCase, c.thread.ID.String())
	return c
}

func (c *conversation) say(t *testing.T, say func(context.Context, id.Thread, wire.SendRequest) (wire.Message, error), req wire.SendRequest) wire.Message {
	t.Helper()
	req.ID = id.New[id.Message](c.ids)
	said, err := say(t.Context(), c.thread.ID, req)
	if err != nil {
		t.Fatal(err)
	}
	again, err := say(t.Context(), c.thread.ID, req)
	if err != nil || again.N != said.N {
		t.Errorf("sending it again: %+v after %+v, %v", again, said, err)
	}
	return said
}

func text(words string) wire.SendRequest {
	return wire.SendRequest{Kind: wire.MessageText, Text: words}
}

// TestS054ADriverAndAnAgentTalk is the way of a driver who never was here:
// sign in with a code, ask, be answered, on sockets at both sides.
func TestS054ADriverAndAnAgentTalk(t *testing.T) {
	c := newConversation(t)
	c.say(t, c.driver.Say, text("发票怎么开"))
	c.away.hear(t, "the driver", c.chat, wire.KindMessage, "发票怎么开")
	taken, err := c.agent.Take(t.Context(), id.New[id.Command](c.ids), c.thread.ID)
	if err != nil || taken.State != wire.ThreadActive {
		t.Fatalf("taking: %+v, %v", taken, err)
	}
	join(t, c.atTill, c.chat)
	await(t, "the agent to see the question, by the snapshot or after it", func() bool {
		return c.atTill.heard(c.chat, wire.KindSnap, "发票怎么开")+c.atTill.heard(c.chat, wire.KindMessage, "发票怎么开") == 1
	})
	answer := c.say(t, c.agent.Say, text("请到收银台，凭手机号开具"))
	c.away.hear(t, "the driver", c.chat, wire.KindMessage, "凭手机号")
	if _, err := c.driver.ReadUpTo(t.Context(), c.thread.ID, wire.ReadRequest{N: answer.N}); err != nil {
		t.Error(err)
	}
	c.atTill.hear(t, "the agent", c.chat, wire.KindRead, `"driver"`)
	c.away.live.Typing(c.thread.ID)
	await(t, "the agent to see writing", func() bool { return c.atTill.heard(c.chat, wire.KindTyping, `"driver"`) > 0 })

	if list, err := c.agent.Messages(t.Context(), c.thread.ID, 0, 0); err != nil || uint64(len(list.Messages)) != answer.N {
		t.Errorf("%d messages kept of %d, %v", len(list.Messages), answer.N, err)
	}
	card, err := c.agent.MemberCard(t.Context(), c.thread.ID)
	if err != nil || card.Phone != "138****0001" {
		t.Errorf("the card %+v, %v", card, err)
	}
	for _, secret := range []string{c.session.Token, "13800000001", "发票怎么开", c.code(t, "13800000001")} {
		if strings.Contains(c.log.String(), secret) {
			t.Errorf("the log holds %.8s...", secret)
		}
	}
}

// TestS055APictureGoesToTheTwoParties and to nobody else.
func TestS055APictureGoesToTheTwoParties(t *testing.T) {
	c := newConversation(t)
	var content bytes.Buffer
	if err := png.Encode(&content, image.NewGray(image.Rect(0, 0, 640, 480))); err != nil {
		t.Fatal(err)
	}
	media, err := c.driver.Upload(t.Context(), c.thread.ID, "photo.png", content.Bytes())
	if err != nil || media.Kind != wire.MediaPicture || media.Width != 640 {
		t.Fatalf("uploaded %+v, %v", media, err)
	}
	if _, err := c.driver.Upload(t.Context(), c.thread.ID, "photo.png", []byte("no picture")); !isProblem(err, wire.ProblemMediaType) {
		t.Errorf("something else: %v", err)
	}
	if _, err := c.agent.Take(t.Context(), id.New[id.Command](c.ids), c.thread.ID); err != nil {
		t.Fatal(err)
	}
	join(t, c.atTill, c.chat)
	c.say(t, c.driver.Say, wire.SendRequest{Kind: wire.MessagePicture, Media: media.ID})
	c.atTill.hear(t, "the agent", c.chat, wire.KindMessage, media.ID.String())
	links, err := c.agent.MediaLink(t.Context(), media.ID)
	if err != nil || links.Thumb == "" {
		t.Fatalf("links %+v, %v", links, err)
	}
	shown, err := c.agent.Fetch(t.Context(), links.URL, wire.MaxPictureBytes)
	if err != nil {
		t.Fatal(err)
	}
	if pixels, _, err := image.DecodeConfig(bytes.NewReader(shown)); err != nil || pixels.Width != 640 {
		t.Errorf("fetched %+v, %v", pixels, err)
	}
	if _, err := c.driver.Fetch(t.Context(), strings.Replace(links.URL, "sig=", "sig=A", 1), wire.MaxPictureBytes); !isProblem(err, wire.ProblemMediaGone) {
		t.Errorf("with another signature: %v", err)
	}
	other, _ := c.running.driver(t, c.ca, "13800000002")
	if _, err := other.MediaLink(t.Context(), media.ID); err == nil {
		t.Error("somebody else was given the picture")
	}
	if _, query, _ := strings.Cut(links.URL, "?"); strings.Contains(c.log.String(), query) {
		t.Error("a signature is in the log")
	}
	onDisk := false
	err = filepath.WalkDir(filepath.Join(c.data, "media"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kept, err := os.ReadFile(path)
		onDisk = onDisk || bytes.Contains(kept, []byte("IHDR")) || bytes.Contains(kept, []byte("JFIF"))
		return err
	})
	if err != nil || onDisk {
		t.Errorf("a picture lies open on the disk (%v)", err)
	}
}

// TestS056OnlyThePartiesFollowAConversation: another driver, and an agent who
// has handed it on, are told so and keep their connection.
func TestS056OnlyThePartiesFollowAConversation(t *testing.T) {
	c := newConversation(t)
	if _, err := c.agent.Take(t.Context(), id.New[id.Command](c.ids), c.thread.ID); err != nil {
		t.Fatal(err)
	}
	join(t, c.atTill, c.chat)
	other, session := c.running.driver(t, c.ca, "13800000002")
	stranger := listen(t, other.Live, wire.DriverOf(session.Member.ID))
	join(t, stranger, c.chat)
	if stranger.heard(c.chat, wire.KindSnap, "") != 0 || stranger.heard(c.chat, wire.KindRefused, string(wire.ProblemNotYourThread)) != 1 {
		t.Errorf("a stranger hears %+v", stranger.got)
	}
	_, err := other.Say(t.Context(), c.thread.ID, wire.SendRequest{ID: id.New[id.Message](c.ids), Kind: wire.MessageText, Text: "喂"})
	if !isProblem(err, wire.ProblemNotYourThread) && !isProblem(err, wire.ProblemNotFound) {
		t.Errorf("a stranger speaks: %v", err)
	}
	if _, err := c.agent.SetDuty(t.Context(), wire.DutyRequest{OnDuty: false}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.agent.Transfer(t.Context(), id.New[id.Command](c.ids), c.thread.ID, wire.TransferRequest{Note: "下班了"}); err != nil {
		t.Fatal(err)
	}
	c.atTill.hear(t, "the agent", c.chat, wire.KindRefused, "")
	c.say(t, c.driver.Say, text("还在吗"))
	c.away.hear(t, "the driver", c.chat, wire.KindMessage, "还在吗")
	c.atTill.hear(t, "the agent", wire.Support(c.station), wire.KindCase, "还在吗")
	if c.atTill.heard(c.chat, wire.KindMessage, "还在吗") != 0 {
		t.Error("an agent who handed it on still follows the conversation")
	}
}

func TestNozzleCodesArePrintedAndStay(t *testing.T) {
	s := newSite(t)
	s.mustRun(t, "", "seed-demo")
	first := s.mustRun(t, "", "nozzle-codes")
	if lines := strings.Split(strings.TrimSpace(first), "\n"); len(lines) < 9 || !strings.HasPrefix(lines[0], "NOZZLE") {
		t.Errorf("printed:\n%s", first)
	}
	if again := s.mustRun(t, "", "nozzle-codes", "--station", "昆明示范加油站"); again != first {
		t.Errorf("the second time:\n%s", again)
	}
	key := filepath.Join(s.data, "keys", "vault.key")
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info, err)
	}
}

// TestALostKeyIsNotReplaced: with members in the database a new key would hide
// that the old one is gone.
func TestALostKeyIsNotReplaced(t *testing.T) {
	s := newSite(t)
	s.env = append(s.env, "FORECOURT_NOTIFY=file")
	hub := s.serve(t, "--demo")
	_, enrolled := hub.till(t)
	hub.driver(t, enrolled.CA, "13800000001")
	if err := hub.stop(); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(s.data, "keys", "vault.key")
	if err := os.Rename(key, key+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, "", "serve"); err == nil || !strings.Contains(err.Error(), "vault.key") {
		t.Errorf("without its key the hub: %v", err)
	}
	if err := os.Rename(key+".away", key); err != nil {
		t.Fatal(err)
	}
	s.mustRun(t, "", "nozzle-codes")
}

// TestADriverWhoSignsOutIsGone everywhere at once.
func TestADriverWhoSignsOutIsGone(t *testing.T) {
	c := newConversation(t)
	ended := make(chan error, 1)
	live := c.driver.Live(link.LiveOptions{Channels: []wire.Channel{wire.DriverOf(c.session.Member.ID)}, Handler: &ear{}})
	token := c.session.Token
	go func() { ended <- live.Run(t.Context()) }()
	if err := c.driver.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.driver.Resume(token)
	if _, err := c.driver.Me(t.Context()); !isProblem(err, wire.ProblemUnauthorized) {
		t.Errorf("after signing out: %v", err)
	}
	select {
	case err := <-ended:
		var terminal *link.TerminalError
		if !errors.As(err, &terminal) || terminal.Code != wire.CloseRevoked {
			t.Errorf("the socket ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the socket stays open")
	}
}
