// Package house puts a whole station together from the real programs: a hub
// with its own database, a pumpd, and simulated dispensers, each a process of
// its own that can be killed and started again.
//
// Everything lives in one directory and listens on loopback, on ports the
// kernel picked. What is kept there continues at the next Open of the same
// directory.
package house

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"forecourt/house/internal/plan"
	"forecourt/house/internal/process"
	"forecourt/house/internal/truth"
	"forecourt/house/internal/wechat"
	"forecourt/shared/id"
	"forecourt/shared/link"
	"forecourt/shared/wire"
)

// Options says what to put together.
type Options struct {
	// Bin is the directory of the programs, Dir that of everything they keep.
	Bin, Dir string
	// Lines are the simulated lines; nil is the demonstration station.
	Lines []plan.Line
	// Speed is how much faster than life fuel flows and cars move.
	Speed int
	// Seed makes the cars repeatable.
	Seed uint64
	// Baud paces the DART lines; 0 is as fast as it goes.
	Baud int
	// Cars lets cars come from the start.
	Cars bool
	// LogLevel of the programs: "info" if empty.
	LogLevel string
	// Listen is the hub's HTTPS address; a port of the kernel's if empty.
	Listen string
	// Site is the directory of the browser pages that the hub shows; none if
	// empty.
	Site string
	// Pages is a plain HTTP address on loopback for browsers on this machine:
	// "127.0.0.1:8480", with port 0 one of the kernel's; none if empty.
	Pages string
	// Backups is the directory for the hub's backups; under its data if empty.
	Backups string
	// Branches adds two small stations to the demonstration station, so that
	// drivers have something to compare.
	Branches bool
	// Tap, if set, is told where a line ends and says where pumpd should
	// connect instead.
	Tap func(line, to string) (string, error)
}

// DemoPassword is that of everyone at the demonstration station.
const DemoPassword = "forecourt"

// Cashier and Head are staff numbers at every station made here, Attendant and
// Agent those of the demonstration station.
const (
	Cashier   = "2001"
	Head      = "1001"
	Attendant = "3001"
	Agent     = "4001"
)

// House is a station that runs. Make it with Open.
type House struct {
	// Hub, Pumpd and Simulator are its programs.
	Hub, Pumpd, Simulator *process.Program
	// URL is the hub's address, Truth the simulator's control.
	URL   string
	Truth truth.Station
	// PagesURL is where the hub shows the drivers' pages to this machine,
	// empty without Options.Pages.
	PagesURL string
	// WeChat stands in for WeChat's server.
	WeChat *wechat.Server

	opts     Options
	uploads  string // where controllers dial in at pumpd
	ca       []byte
	password string
	ids      *id.Maker

	config   string   // the hub's configuration
	station  string   // which of the hub's stations this is; empty: the only one
	branches []*House // the other stations, without a hub of their own
	held     []int    // sockets that hold ports
}

// patience bounds every start; the first one makes a database.
const patience = 90 * time.Second

// Open writes what the programs need, starts them, enrols pumpd at the hub,
// and returns when all of them answer. Close stops them.
func Open(ctx context.Context, o Options) (*House, error) {
	if o.Lines == nil {
		o.Lines = plan.Demo()
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the house: %w", err)
	}
	h := &House{opts: o, ids: id.NewMaker(time.Now, rand.Reader), config: filepath.Join(o.Dir, "hub.yaml")}
	var err error
	if h.WeChat, err = wechat.Start(); err != nil {
		return nil, fmt.Errorf("opening the house: %w", err)
	}
	if err := h.describe(); err != nil {
		h.Close()
		return nil, fmt.Errorf("opening the house: %w", err)
	}
	if err := h.start(ctx); err != nil {
		h.Close()
		return nil, fmt.Errorf("opening the house (see %s): %w", o.Dir, err)
	}
	return h, nil
}

// Dir is where everything of the house lies.
func (h *House) Dir() string { return h.opts.Dir }

// Lines are its simulated lines.
func (h *House) Lines() []plan.Line { return h.opts.Lines }

// IDs makes ids.
func (h *House) IDs() *id.Maker { return h.ids }

// Password is that of the cashier.
func (h *House) Password() string { return h.password }

// Close stops every program, the hub last but for WeChat.
func (h *House) Close() {
	for _, b := range h.branches {
		b.Close()
	}
	for _, p := range []*process.Program{h.Pumpd, h.Simulator, h.Hub} {
		if p == nil {
			continue
		}
		if err := p.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	for _, fd := range h.held {
		_ = syscall.Close(fd) // nothing was sent on it
	}
	if err := h.WeChat.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// start starts the programs in the order they need each other.
func (h *House) start(ctx context.Context) error {
	if err := h.setUp(ctx); err != nil {
		return err
	}
	if err := h.Hub.Start(); err != nil {
		return err
	}
	if err := h.startSimulator(ctx); err != nil {
		return err
	}
	if err := h.AwaitHub(ctx); err != nil {
		return err
	}
	if err := h.enrolPumpd(ctx); err != nil {
		return err
	}
	if err := h.Pumpd.Start(); err != nil {
		return err
	}
	return h.startBranches(ctx)
}

// setUp puts a station into an empty database.
func (h *House) setUp(ctx context.Context) error {
	done := h.path("set-up")
	if kept, err := os.ReadFile(done); err == nil {
		h.password = string(kept)
		return nil
	}
	h.password = DemoPassword
	args := []string{"seed-demo"}
	if len(nozzles(h.opts.Lines)) != len(nozzles(plan.Demo())) {
		file := h.path("station.yaml")
		if err := os.WriteFile(file, []byte(plan.Station(len(nozzles(h.opts.Lines)))), 0o600); err != nil {
			return err
		}
		args = []string{"set-up", file}
	}
	out, err := h.hub(ctx, args...)
	if err != nil {
		return err
	}
	if err := h.setUpBranches(ctx); err != nil {
		return err
	}
	if args[0] == "set-up" {
		if h.password, err = passwordOf(out, Cashier); err != nil {
			return err
		}
	}
	return os.WriteFile(done, []byte(h.password), 0o600)
}

// passwordOf finds a person's first password in what `hub set-up` printed.
func passwordOf(out, number string) (string, error) {
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) > 2 && fields[1] == number {
			return fields[len(fields)-1], nil
		}
	}
	return "", fmt.Errorf("no password of %s in what set-up printed", number)
}

// hub runs one of the hub's commands.
func (h *House) hub(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return process.Run(ctx, filepath.Join(h.opts.Bin, "hub"), append(args, "--config", h.config)...)
}

// Code makes an enrolment code for a "till" or a "pumpd".
func (h *House) Code(ctx context.Context, kind wire.DeviceKind) (string, error) {
	out, err := h.hub(ctx, append([]string{"enrol", "--kind", string(kind)}, h.which()...)...)
	return strings.TrimSpace(out), err
}

func (h *House) enrolPumpd(ctx context.Context) error {
	if _, err := os.Stat(h.path("pumpd/credentials.json")); err == nil {
		return nil
	}
	code, err := h.Code(ctx, wire.DevicePumpd)
	if err != nil {
		return err
	}
	_, err = process.Run(ctx, filepath.Join(h.opts.Bin, "pumpd"), "enrol", "--config", h.path("pumpd.yaml"), "--hub", h.URL, code)
	return err
}

// AwaitHub waits until the hub answers that it is well.
func (h *House) AwaitHub(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if err := h.askHealth(ctx); err == nil {
			return nil
		} else if ctx.Err() != nil {
			return fmt.Errorf("waiting for the hub: %w", err)
		}
		select {
		case <-h.Hub.Done():
			return fmt.Errorf("waiting for the hub: it ended: %s", h.Hub.LastWords())
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (h *House) askHealth(ctx context.Context) error {
	if err := h.trust(); err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(h.ca)
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var health struct {
		Database string `json:"database"`
	}
	if err := json.NewDecoder(res.Body).Decode(&health); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the hub is not well: %s", res.Status)
	}
	return nil
}

// trust reads the hub's authority from its data directory, once it is there.
func (h *House) trust() error {
	if h.ca != nil {
		return nil
	}
	pem, err := os.ReadFile(h.path("hub/pki/ca.pem"))
	if err != nil {
		return fmt.Errorf("reading the hub's authority: %w", err)
	}
	h.ca = pem
	return nil
}

// Till enrols a till, signs the cashier in, and returns the client.
func (h *House) Till(ctx context.Context, name string) (*link.Client, wire.Session, error) {
	return h.TillAs(ctx, name, Cashier)
}

// TillAs enrols a till and signs a member of staff in at it.
func (h *House) TillAs(ctx context.Context, name, number string) (*link.Client, wire.Session, error) {
	code, err := h.Code(ctx, wire.DeviceTill)
	if err != nil {
		return nil, wire.Session{}, err
	}
	device, err := link.Enrol(ctx, h.URL, code, name)
	if err != nil {
		return nil, wire.Session{}, fmt.Errorf("enrolling %s: %w", name, err)
	}
	client, err := link.New(link.Options{BaseURL: h.URL, CA: []byte(device.CA), Device: device.Token, Now: time.Now, Random: rand.Reader})
	if err != nil {
		return nil, wire.Session{}, err
	}
	session, err := client.Login(ctx, wire.LoginRequest{Number: number, Password: h.password})
	if err != nil {
		return nil, wire.Session{}, fmt.Errorf("signing %s in: %w", number, err)
	}
	if slices.Contains(session.Must, wire.MustPassword) {
		err = h.choosePassword(ctx, client)
	}
	return client, session, err
}

// choosePassword takes the place of the first password that set-up gave: until
// then a session is good for nothing else.
func (h *House) choosePassword(ctx context.Context, client *link.Client) error {
	if _, err := client.ChangePassword(ctx, wire.OwnPasswordRequest{Old: h.password, New: DemoPassword}); err != nil {
		return fmt.Errorf("choosing a password: %w", err)
	}
	h.password = DemoPassword
	return os.WriteFile(h.path("set-up"), []byte(h.password), 0o600)
}

func (h *House) path(name string) string { return filepath.Join(h.opts.Dir, name) }

// freePort asks the kernel for a port and holds it until the house is closed:
// the programs must come back to the same one after a kill, and between two lives
// of theirs nobody else may be given it. A socket that is bound and does not
// listen keeps a port from others' outgoing connections, and lets a program
// listen there.
func (h *House) freePort() (string, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("asking for a port: %w", err)
	}
	h.held = append(h.held, fd)
	loopback := &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	err = errors.Join(syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1), syscall.Bind(fd, loopback))
	if err != nil {
		return "", fmt.Errorf("asking for a port: %w", err)
	}
	given, err := syscall.Getsockname(fd)
	if err != nil {
		return "", fmt.Errorf("asking for a port: %w", err)
	}
	at, ok := given.(*syscall.SockaddrInet4)
	if !ok {
		return "", fmt.Errorf("asking for a port: got %T", given)
	}
	return netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port)).String(), nil
}

func nozzles(lines []plan.Line) []int {
	var out []int
	for _, l := range lines {
		for _, p := range l.Points {
			out = append(out, p.Nozzles...)
		}
	}
	return out
}
