package house

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"forecourt/house/internal/plan"
	"forecourt/house/internal/process"
	"forecourt/house/internal/truth"
)

// The simulated controllers' user and password; nothing but this machine's
// loopback ever hears them.
const (
	controllerUser     = "admin"
	controllerPassword = "admin"
)

// describe picks the ports and writes the programs' configuration.
func (h *House) describe() error {
	hubAt, err := h.port("hub.port", h.opts.Listen)
	if err != nil {
		return err
	}
	control, err := h.port("control.port", "")
	if err != nil {
		return err
	}
	level := h.opts.LogLevel
	if level == "" {
		level = "info"
	}
	h.URL, h.Truth = "https://"+hubAt, truth.Station{URL: "http://" + control}
	var pumpd, faces strings.Builder
	for _, l := range h.opts.Lines {
		at, err := h.port(l.Name+".port", "")
		if err != nil {
			return err
		}
		h.describeFace(&faces, l, at)
		if h.opts.Tap != nil {
			if at, err = h.opts.Tap(l.Name, at); err != nil {
				return err
			}
		}
		h.describeLine(&pumpd, l, at)
	}
	files := map[string]string{
		"hub.yaml": fmt.Sprintf("data: %s\nlisten: %s\ndatabase: {tiny: true}\nlog: {level: %s}\n", h.path("hub"), hubAt, level),
		"pumpd.yaml": fmt.Sprintf("data: %s\nlisten: \"\"\nlog: {level: %s}\nlines:\n%s",
			h.path("pumpd"), level, pumpd.String()),
		"simulator.yaml": fmt.Sprintf("control: %s\nseed: %d\nspeed: %d\ncars: %t\nstate_file: %s\nfaces:\n%s",
			control, h.opts.Seed, max(h.opts.Speed, 1), h.opts.Cars, h.path("simulator.state"), faces.String()),
	}
	for name, text := range files {
		if err := os.WriteFile(h.path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	h.Hub = h.program("hub", "serve", "--config", h.path("hub.yaml"))
	h.Pumpd = h.program("pumpd", "serve", "--config", h.path("pumpd.yaml"))
	h.Simulator = h.program("pumpd", "simulate", "--config", h.path("simulator.yaml"))
	h.Simulator.Name, h.Simulator.Log = "simulator", h.path("simulator.log")
	return nil
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
		if address, err = freePort(); err != nil {
			return "", err
		}
	}
	return address, os.WriteFile(h.path(file), []byte(address), 0o600)
}

func (h *House) describeLine(w *strings.Builder, l plan.Line, at string) {
	fmt.Fprintf(w, "  - name: %s\n    protocol: %s\n", l.Name, l.Protocol)
	if l.Protocol == plan.PTS {
		fmt.Fprintf(w, "    url: http://%s\n    user: %s\n    password: %s\n", at, controllerUser, controllerPassword)
	} else {
		fmt.Fprintf(w, "    port: {tcp: \"%s\"}\n", at)
	}
	w.WriteString("    points:\n")
	for _, p := range l.Points {
		fmt.Fprintf(w, "      - {address: %d, nozzles: %s}\n", p.Address, list(p.Nozzles))
	}
}

func (h *House) describeFace(w *strings.Builder, l plan.Line, at string) {
	fmt.Fprintf(w, "  - name: %s\n    protocol: %s\n    listen: \"%s\"\n", l.Name, l.Protocol, at)
	if l.Protocol == plan.PTS {
		fmt.Fprintf(w, "    user: %s\n    password: %s\n    id: \"%024X\"\n", controllerUser, controllerPassword, len(l.Name)<<32+l.Points[0].Nozzles[0])
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

func list(numbers []int) string {
	return strings.ReplaceAll(fmt.Sprint(numbers), " ", ", ")
}
