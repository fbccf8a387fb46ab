package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forecourt/hub/internal/platform/clock"
	"forecourt/hub/internal/platform/mysql/mysqltest"
	"forecourt/hub/internal/setup"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// asHub in the environment makes this test program the hub itself: for what the
// hub has done in a process of its own.
const asHub = "HUB_TEST_IS_THE_HUB"

func TestMain(m *testing.M) {
	if os.Getenv(asHub) != "" {
		main()
		return
	}
	os.Exit(mysqltest.Main(m))
}

// transcript is what a program prints, readable while it runs.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// site is a data directory in which programs run.
type site struct {
	data string
	env  []string
}

func newSite(t *testing.T) *site {
	t.Helper()
	dir, err := os.MkdirTemp("", "fhub") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return &site{data: dir, env: []string{"FORECOURT_DB_TINY=true", "FORECOURT_DATA=" + dir}}
}

// run runs a command to its end and returns what it printed.
func (s *site) run(t *testing.T, input string, args ...string) (string, error) {
	t.Helper()
	in, err := os.CreateTemp(t.TempDir(), "in")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	if _, err := in.WriteString(input); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	var out transcript
	p := &program{env: s.env, in: in, out: &out, errs: io.Discard, now: time.Now}
	cmd := p.command()
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func (s *site) mustRun(t *testing.T, input string, args ...string) string {
	t.Helper()
	out, err := s.run(t, input, args...)
	if err != nil {
		t.Fatalf("hub %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// running is a hub that serves.
type running struct {
	*site
	out, log      transcript
	secure, plain string // base URLs
	stop          func() error
}

var servingLine = regexp.MustCompile(`msg=serving address=(\S+) tls=(\S+)`)

// serve starts the hub and waits until it listens. It is stopped with the test.
func (s *site) serve(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{site: s}
	p := &program{self: os.Args[0], env: append(slices.Clone(s.env), asHub+"=1"), in: os.Stdin, out: &r.out, errs: &r.log, now: time.Now}
	cmd := p.command()
	cmd.SetArgs(append([]string{"serve", "--listen", "127.0.0.1:0", "--plain", "127.0.0.1:0"}, args...))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	await(t, "the hub to listen", func() bool { return len(servingLine.FindAllString(r.log.String(), -1)) == 2 || len(ended) > 0 })
	for _, m := range servingLine.FindAllStringSubmatch(r.log.String(), -1) {
		if m[2] == "true" {
			r.secure = "https://" + m[1]
		} else {
			r.plain = "http://" + m[1]
		}
	}
	if r.secure == "" || r.plain == "" {
		t.Fatalf("the hub does not listen:\n%s", r.log.String())
	}
	return r
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !ok() {
		if clock.Sleep(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// till enrols a till by a code of the command line.
func (r *running) till(t *testing.T) (*link.Client, wire.EnrolReply) {
	t.Helper()
	code := strings.TrimSpace(r.mustRun(t, "", "enrol", "--kind", "till"))
	reply, err := link.Enrol(t.Context(), r.secure, code, "till 1")
	if err != nil {
		t.Fatal(err)
	}
	client, err := link.New(link.Options{
		BaseURL: r.secure, CA: []byte(reply.CA), Device: reply.Token, Now: time.Now, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client, reply
}

func login(t *testing.T, c *link.Client, number, password string) error {
	t.Helper()
	_, err := c.Login(t.Context(), wire.LoginRequest{Number: number, Password: password})
	return err
}

// isProblem reports whether err is a problem of a type.
func isProblem(err error, want wire.ProblemType) bool {
	var p *wire.Problem
	return errors.As(err, &p) && p.Type == want
}

// screen is a live connection that keeps what it saw.
type screen struct {
	mu       sync.Mutex
	kinds    map[wire.Kind]int
	terminal error
	done     chan struct{}
}

// watch follows the station's channels until the test ends or it is sent away.
func watch(t *testing.T, c *link.Client, at id.Station) *screen {
	t.Helper()
	s := &screen{kinds: map[wire.Kind]int{}, done: make(chan struct{})}
	live := c.Live(link.LiveOptions{Channels: []wire.Channel{wire.Forecourt(at), wire.Desk(at)}, Handler: s})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(s.done)
		s.terminal = live.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-s.done })
	return s
}

func (s *screen) Connected(wire.Welcome) {}
func (s *screen) Lost(error)             {}
func (s *screen) Frame(f wire.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kinds[f.K]++
}

func (s *screen) seen(k wire.Kind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kinds[k]
}

// TestFromNothingToASignedInTill is the way of a new station: serve, enrol,
// sign in, watch; and then a device is revoked beside the running hub.
func TestFromNothingToASignedInTill(t *testing.T) {
	hub := newSite(t).serve(t, "--demo")
	for _, number := range []string{"1001", "2001", "3001", "3002", "4001"} {
		if !strings.Contains(hub.out.String(), number) {
			t.Errorf("the accounts printed lack %s:\n%s", number, hub.out.String())
		}
	}
	till, enrolled := hub.till(t)
	if err := login(t, till, "2001", "wr0ng-secret"); !isProblem(err, wire.ProblemLoginRefused) {
		t.Errorf("wrong password: %v", err)
	}
	if err := login(t, till, "2001", setup.DemoPassword); err != nil {
		t.Fatal(err)
	}
	if prices, err := till.Prices(t.Context()); err != nil || len(prices.Prices) != 4 {
		t.Errorf("prices %+v, %v", prices, err)
	}
	s := watch(t, till, enrolled.Station)
	await(t, "two snapshots and a beat", func() bool { return s.seen(wire.KindSnap) == 2 && s.seen(wire.KindBeat) > 0 })

	if list := hub.mustRun(t, "", "device", "list"); !strings.Contains(list, enrolled.Device.String()) {
		t.Errorf("the list lacks the till:\n%s", list)
	}
	hub.mustRun(t, "", "device", "revoke", enrolled.Device.String())
	if _, err := till.Prices(t.Context()); !isProblem(err, wire.ProblemUnauthorized) {
		t.Errorf("a revoked till asked for prices: %v", err)
	}
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		t.Fatal("the revoked till's socket stays open")
	}
	var terminal *link.TerminalError
	if !errors.As(s.terminal, &terminal) || terminal.Code != wire.CloseRevoked {
		t.Errorf("the revoked till was closed with %v", s.terminal)
	}
	if err := hub.stop(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
	if strings.Contains(hub.log.String(), enrolled.Token) || strings.Contains(hub.log.String(), "wr0ng-secret") {
		t.Error("a secret is in the log")
	}
}

// TestTheBoardOutlivesTheDatabase kills the database under a running hub: the
// screen goes on, commands are told to wait, and all comes back by itself.
func TestTheBoardOutlivesTheDatabase(t *testing.T) {
	hub := newSite(t).serve(t, "--demo")
	till, enrolled := hub.till(t)
	if err := login(t, till, "2001", setup.DemoPassword); err != nil {
		t.Fatal(err)
	}
	if _, err := till.Prices(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := watch(t, till, enrolled.Station)
	await(t, "two snapshots", func() bool { return s.seen(wire.KindSnap) == 2 })

	kill := func() {
		text, err := os.ReadFile(filepath.Join(hub.data, "db", "pid"))
		if err != nil {
			t.Fatal(err)
		}
		var pid int
		if _, err := fmt.Sscan(string(text), &pid); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	kill()
	_, err := till.Prices(t.Context())
	if !isProblem(err, wire.ProblemStorage) {
		t.Errorf("without a database: %v, want %s", err, wire.ProblemStorage)
	}
	if status := health(t, hub); !strings.Contains(status, `"database":"away"`) && !strings.Contains(status, `"database":"ok"`) {
		t.Errorf("health: %s", status)
	}
	beats := s.seen(wire.KindBeat)
	await(t, "the database", func() bool { _, err := till.Prices(t.Context()); return err == nil })
	await(t, "a beat on the old connection", func() bool { return s.seen(wire.KindBeat) > beats })
	if got := s.seen(wire.KindSnap); got != 2 {
		t.Errorf("the screen took %d snapshots: it was disconnected by the database's death", got)
	}
	if !strings.Contains(metrics(t, hub), "forecourt_db_restarts_total 1") {
		t.Error("the restart was not counted")
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	reply, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func health(t *testing.T, hub *running) string  { return fetch(t, hub.plain+"/healthz") }
func metrics(t *testing.T, hub *running) string { return fetch(t, hub.plain+"/metrics") }

func TestARestartKeepsEverything(t *testing.T) {
	s := newSite(t)
	first := s.serve(t, "--demo")
	till, _ := first.till(t)
	if err := login(t, till, "2001", setup.DemoPassword); err != nil {
		t.Fatal(err)
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	second := s.serve(t, "--demo")
	if strings.Contains(second.out.String(), "Station") {
		t.Errorf("a second start set a station up again:\n%s", second.out.String())
	}
	if _, err := s.run(t, "", "serve"); err == nil || !strings.Contains(err.Error(), "another hub") {
		t.Errorf("a second hub in the same directory: %v", err)
	}
}
