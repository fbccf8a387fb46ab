package simulator

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"time"

	"forecourt/shared/unit"
)

// Config describes a whole simulated station for Run.
type Config struct {
	// Faces are the lines and controllers by which the station is reached.
	Faces []FaceConfig `yaml:"faces"`
	// Seed makes cars and faults repeatable.
	Seed uint64 `yaml:"seed"`
	// Speed is how much faster than life fuel flows and cars move; 0 is 1.
	Speed int64 `yaml:"speed"`
	// Cars lets cars come from the start.
	Cars bool `yaml:"cars"`
	// Control is the loopback address of the control interface; empty has none.
	Control string `yaml:"control"`
	// StateFile keeps totalizers over restarts; empty forgets them.
	StateFile string `yaml:"state_file"`

	// Now is the clock, Random makes nonces, Log tells what happens.
	Now    func() time.Time `yaml:"-"`
	Random io.Reader        `yaml:"-"`
	Log    *slog.Logger     `yaml:"-"`
	// Ready is called once everything listens; nil is not called.
	Ready func(Listening) `yaml:"-"`
}

// Listening tells where things can be reached, with the ports that were
// chosen for port 0: faces by name, and the control interface.
type Listening struct {
	Faces   map[string]string
	Control string
}

// Protocols of faces.
const (
	ProtocolDART = "dart"
	ProtocolPTS  = "pts"
)

// FaceConfig is one line or controller.
type FaceConfig struct {
	// Name of the face, unique; faults are set by it.
	Name string `yaml:"name"`
	// Protocol is dart or pts.
	Protocol string `yaml:"protocol"`
	// Listen is the host:port on which it answers: bytes of the line for
	// dart, HTTP for pts.
	Listen string `yaml:"listen"`
	// PTY is the path of a link to a pseudo-terminal, for dart instead of
	// Listen.
	PTY string `yaml:"pty"`
	// Baud paces a DART line; 0 sends as fast as the connection takes it.
	Baud int `yaml:"baud"`
	// Turnaround in milliseconds before a DART answer; 0 is 5.
	TurnaroundMS int `yaml:"turnaround_ms"`
	// ChineseTotals lets a DART line answer totals in the Chinese form.
	ChineseTotals bool `yaml:"chinese_totals"`
	// Points are the fuelling points behind it.
	Points []PointConfig `yaml:"points"`
	// Faults of the face from the start.
	Faults LineFaults `yaml:"faults"`

	// For pts: who may ask, the controller's identifier, and where it
	// uploads to and dials in.
	User      string `yaml:"user"`
	Password  string `yaml:"password"`
	ID        string `yaml:"id"`
	UploadURL string `yaml:"upload_url"`
	LinkURL   string `yaml:"link_url"`
}

// PointConfig is one fuelling point.
type PointConfig struct {
	// Address is the DART address or the controller's pump number.
	Address int `yaml:"address"`
	// Nozzles in the protocol's order.
	Nozzles []PointNozzle `yaml:"nozzles"`
}

// PointNozzle is one nozzle of a point.
type PointNozzle struct {
	// Nozzle is the station's number.
	Nozzle int `yaml:"nozzle"`
	// Price in fen per litre; 0 is not programmed.
	Price unit.FenPerLitre `yaml:"price"`
	// Total is the volume totalizer to begin with, in millilitres.
	Total unit.Millilitre `yaml:"total"`
}

// Life's own speeds.
const (
	// lifeFlow is 40 litres a minute, between the 35 and 50 of real ones.
	lifeFlow = 667
	// lifeDelay is from permission to the first drop.
	lifeDelay = 1500 * time.Millisecond
	// maxSpeed keeps a delivery longer than a poll.
	maxSpeed = 1000
)

func (c Config) check() error {
	names := make(map[string]bool)
	for _, f := range c.Faces {
		if f.Name == "" || names[f.Name] {
			return fmt.Errorf("simulator: face name %q is empty or used twice", f.Name)
		}
		names[f.Name] = true
		if err := f.check(); err != nil {
			return fmt.Errorf("simulator: face %s: %w", f.Name, err)
		}
	}
	if c.Speed < 0 || c.Speed > maxSpeed {
		return fmt.Errorf("simulator: speed must be 1 to %d", maxSpeed)
	}
	if c.Control != "" && !loopback(c.Control) {
		return fmt.Errorf("simulator: control must listen on a loopback address, not %s", c.Control)
	}
	return nil
}

func (f FaceConfig) check() error {
	switch {
	case !slices.Contains([]string{ProtocolDART, ProtocolPTS}, f.Protocol):
		return fmt.Errorf("protocol must be dart or pts, not %q", f.Protocol)
	case (f.Listen == "") == (f.PTY == ""):
		return errors.New("give either listen or pty")
	case f.PTY != "" && f.Protocol != ProtocolDART:
		return errors.New("only dart can be on a pty")
	case len(f.Points) == 0:
		return errors.New("it has no points")
	}
	for _, p := range f.Points {
		if len(p.Nozzles) == 0 {
			return fmt.Errorf("point %d has no nozzles", p.Address)
		}
	}
	return f.Faults.check()
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// pumps lists the pumps of all faces, numbered from 1 in their order.
func (c Config) pumps(kept savedState) []PumpConfig {
	speed := max(c.Speed, 1)
	var out []PumpConfig
	for _, f := range c.Faces {
		for _, point := range f.Points {
			p := PumpConfig{Number: len(out) + 1, FlowMLPerSecond: lifeFlow * speed, StartDelay: lifeDelay / time.Duration(speed)}
			for _, n := range point.Nozzles {
				nozzle := NozzleConfig(n)
				if k, ok := kept.Nozzles[n.Nozzle]; ok {
					nozzle.Price, nozzle.Total = k.Price, k.Total
				}
				p.Nozzles = append(p.Nozzles, nozzle)
			}
			out = append(out, p)
		}
	}
	return out
}

// Demo is the demonstration station: dispensers 1 to 4 behind a PTS-2
// controller, 5 to 8 on a DART line, two nozzles each. Dispensers 5 and 6
// are one address with two nozzles; 7 and 8 are two addresses with one.
func Demo(ptsListen, dartListen string) Config {
	price := map[string]unit.FenPerLitre{"92#": 750, "95#": 798, "98#": 895, "0#": 716}
	grades := [16]string{
		"92#", "95#", "92#", "98#", "92#", "95#", "0#", "0#",
		"92#", "95#", "92#", "98#", "92#", "95#", "0#", "0#",
	}
	nozzles := func(numbers ...int) (out []PointNozzle) {
		for _, n := range numbers {
			const apart = 3_141_590 // so that no two totalizers look alike
			out = append(out, PointNozzle{Nozzle: n, Price: price[grades[n-1]], Total: unit.Millilitre(n) * apart})
		}
		return out
	}
	controller := FaceConfig{
		Name: "pts", Protocol: ProtocolPTS, Listen: ptsListen,
		User: "admin", Password: "admin", ID: "0F0C0A0B0102030405060708",
	}
	for pump := 1; pump <= 4; pump++ {
		controller.Points = append(controller.Points, PointConfig{Address: pump, Nozzles: nozzles(2*pump-1, 2*pump)})
	}
	line := FaceConfig{Name: "dart", Protocol: ProtocolDART, Listen: dartListen, ChineseTotals: true}
	for _, point := range [][]int{{9, 10}, {11, 12}, {13}, {14}, {15}, {16}} {
		line.Points = append(line.Points, PointConfig{Address: 0x50 + len(line.Points), Nozzles: nozzles(point...)})
	}
	return Config{Faces: []FaceConfig{controller, line}, Speed: 1, Cars: true}
}
