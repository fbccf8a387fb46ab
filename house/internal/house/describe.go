package house

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forecourt/house/internal/plan"
	"forecourt/house/internal/process"
	"forecourt/house/internal/truth"
	"forecourt/house/internal/wechat"
)

// The simulated controllers' user and password; nothing but this machine's
// loopback ever hears them.
const (
	controllerUser     = "admin"
	controllerPassword = "admin"
)

// describe writes the configuration of the hub and of the simulator, which
// picks its own ports: it is started once and tells them.
func (h *House) describe() error {
	hubAt, err := h.port("hub.port", h.opts.Listen)
	if err != nil {
		return err
	}
	h.URL = "https://" + hubAt
	pages, err := h.pages()
	if err != nil {
		return err
	}
	text := fmt.Sprintf("data: %s\nlisten: %s\n%sdatabase: {tiny: true}\nlog: {level: %s}\nnotify: {kind: file, file: %s}\n",
		h.data(), hubAt, pages, h.level(), h.notices()) + h.outside()
	if h.opts.Backups != "" {
		text += fmt.Sprintf("backup: {every: \"off\", dir: %q}\n", h.opts.Backups) // made when the house says
	}
	if err := os.WriteFile(h.config, []byte(text), 0o600); err != nil {
		return err
	}
	h.Hub = h.program("hub", "serve", "--config", h.config)
	if err := h.describeBranches(); err != nil {
		return err
	}
	return h.describeForecourt()
}

// pages is what the hub is told of the address for browsers on this machine.
func (h *House) pages() (string, error) {
	if h.opts.Pages == "" {
		return "", nil
	}
	given := h.opts.Pages
	if strings.HasSuffix(given, ":0") {
		given = ""
	}
	at, err := h.port("pages.port", given)
	h.PagesURL = "http://" + at
	return fmt.Sprintf("plain: %s\n", at), err
}

// describeForecourt writes the configuration of the simulator and names the
// programs of one station.
func (h *House) describeForecourt() error {
	var err error
	if h.uploads, err = h.port("uploads.port", ""); err != nil {
		return err
	}
	var faces strings.Builder
	for _, l := range h.opts.Lines {
		h.describeFace(&faces, l)
	}
	text := fmt.Sprintf("control: 127.0.0.1:0\nseed: %d\nspeed: %d\ncars: %t\nstate_file: %s\nfaces:\n%s",
		h.opts.Seed, max(h.opts.Speed, 1), h.opts.Cars, h.path("simulator.state"), faces.String())
	if err := os.WriteFile(h.path("simulator.yaml"), []byte(text), 0o600); err != nil {
		return err
	}
	h.Pumpd = h.program("pumpd", "serve", "--config", h.path("pumpd.yaml"))
	h.Simulator = h.program("pumpd", "simulate", "--config", h.path("simulator.yaml"))
	h.Simulator.Name, h.Simulator.Log = "simulator", h.path("simulator.log")
	return nil
}

// outside is what the hub is told of WeChat and of the browser pages.
func (h *House) outside() string {
	return fmt.Sprintf("wechat: {app_id: %s, secret: %s, base_url: %q}\nsite: {dir: %q}\n", wechat.AppID, wechat.Secret, h.WeChat.URL(), h.opts.Site)
}

func (h *House) level() string {
	if h.opts.LogLevel == "" {
		return "info"
	}
	return h.opts.LogLevel
}

// startSimulator starts the dispensers and learns where they are.
func (h *House) startSimulator(ctx context.Context) error {
	if err := os.RemoveAll(h.Simulator.Log); err != nil {
		return err
	}
	if err := h.Simulator.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		at, control := h.simulated()
		if len(at) == len(h.opts.Lines) && control != "" {
			h.Truth = truth.Station{URL: "http://" + control}
			return h.describePumpd(at)
		}
		select {
		case <-h.Simulator.Done():
			return fmt.Errorf("the simulator ended: %s", h.Simulator.LastWords())
		case <-ctx.Done():
			return fmt.Errorf("waiting for the simulator: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// simulated reads the addresses that the simulator printed: lines by name,
// and its control.
func (h *House) simulated() (at map[string]string, control string) {
	text, err := os.ReadFile(h.Simulator.Log)
	if err != nil {
		return nil, ""
	}
	at = map[string]string{}
	for line := range strings.Lines(string(text)) {
		switch fields := strings.Split(strings.TrimSpace(line), "\t"); {
		case len(fields) == 3 && fields[0] == "face":
			at[fields[1]] = fields[2]
		case len(fields) == 3 && fields[0] == "control":
			control = fields[2]
		}
	}
	return at, control
}

// describePumpd writes pumpd's configuration.
func (h *House) describePumpd(at map[string]string) error {
	var lines strings.Builder
	for _, l := range h.opts.Lines {
		to := at[l.Name]
		if h.opts.Tap != nil {
			var err error
			if to, err = h.opts.Tap(l.Name, to); err != nil {
				return err
			}
		}
		h.describeLine(&lines, l, to)
	}
	text := fmt.Sprintf("data: %s\nlisten: \"\"\nuploads: %s\nlog: {level: %s}\nlines:\n%s", h.path("pumpd"), h.uploads, h.level(), lines.String())
	return os.WriteFile(h.path("pumpd.yaml"), []byte(text), 0o600)
}

func (h *House) program(name string, args ...string) *process.Program {
	return &process.Program{Name: name, Path: filepath.Join(h.opts.Bin, name), Args: args, Log: h.path(name + ".log")}
}

// port is the address kept in a file, or a given or a free one, which is then
// kept.
func (h *House) port(file, given string) (string, error) {
	if kept, err := os.ReadFile(h.path(file)); err == nil && given == "" {
		return string(kept), nil
	}
	address := given
	if address == "" {
		var err error
		if address, err = h.freePort(); err != nil {
			return "", err
		}
	}
	return address, os.WriteFile(h.path(file), []byte(address), 0o600)
}

func (h *House) describeLine(w *strings.Builder, l plan.Line, at string) {
	fmt.Fprintf(w, "  - name: %s\n    protocol: %s\n", l.Name, l.Protocol)
	switch {
	case l.DialsIn:
		fmt.Fprintf(w, "    controller: \"%s\"\n    incoming_user: %s\n    incoming_password: %s\n", controllerID(l), controllerUser, controllerPassword)
	case l.Protocol == plan.PTS:
		fmt.Fprintf(w, "    url: http://%s\n    user: %s\n    password: %s\n", at, controllerUser, controllerPassword)
	default:
		fmt.Fprintf(w, "    port: {tcp: \"%s\"}\n", at)
	}
	w.WriteString("    points:\n")
	for _, p := range l.Points {
		fmt.Fprintf(w, "      - {address: %d, nozzles: %s}\n", p.Address, list(p.Nozzles))
	}
}

func (h *House) describeFace(w *strings.Builder, l plan.Line) {
	fmt.Fprintf(w, "  - name: %s\n    protocol: %s\n    listen: 127.0.0.1:0\n", l.Name, l.Protocol)
	if l.Protocol == plan.PTS {
		fmt.Fprintf(w, "    user: %s\n    password: %s\n    id: \"%s\"\n", controllerUser, controllerPassword, controllerID(l))
		if l.DialsIn {
			fmt.Fprintf(w, "    link_url: ws://%s/pts/%s\n    upload_url: http://%s/pts/%s\n", h.uploads, l.Name, h.uploads, l.Name)
		}
	} else {
		fmt.Fprintf(w, "    baud: %d\n    chinese_totals: true\n", h.opts.Baud)
	}
	w.WriteString("    points:\n")
	for _, p := range l.Points {
		fmt.Fprintf(w, "      - address: %d\n        nozzles:\n", p.Address)
		for _, n := range p.Nozzles {
			const apart = 3_141_590 // no two totalizers look alike
			fmt.Fprintf(w, "          - {nozzle: %d, price: 750, total: %d}\n", n, n*apart)
		}
	}
}

// controllerID is a PTS controller's own identifier, different for every line.
func controllerID(l plan.Line) string {
	return fmt.Sprintf("%024X", len(l.Name)<<32+l.Points[0].Nozzles[0])
}

func list(numbers []int) string {
	return strings.ReplaceAll(fmt.Sprint(numbers), " ", ", ")
}
