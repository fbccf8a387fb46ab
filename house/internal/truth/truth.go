// Package truth asks a simulated station what really left its nozzles.
package truth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"forecourt/shared/unit"
)

// Station is the control address of a simulator.
type Station struct {
	// URL is its loopback base: "http://127.0.0.1:9000".
	URL string
}

// Nozzle is what truly left one nozzle.
type Nozzle struct {
	// Nozzle is the station's number, First its totalizer when the simulator
	// first set it up, Totalizer the reading now.
	Nozzle    int             `json:"nozzle"`
	First     unit.Millilitre `json:"first_ml"`
	Totalizer unit.Millilitre `json:"totalizer_ml"`
	// Deliveries counts what was dispensed.
	Deliveries int `json:"deliveries"`
	// Busy: a delivery runs. Held: a finished one waits to be released.
	Busy bool `json:"busy"`
	Held bool `json:"held"`
}

// replyLimit bounds a reply: 512 nozzles are some 60 KB.
const replyLimit = 1 << 20

// Nozzles asks for every nozzle.
func (s Station) Nozzles(ctx context.Context) ([]Nozzle, error) {
	var reply struct {
		Nozzles []Nozzle `json:"nozzles"`
	}
	if err := s.call(ctx, http.MethodGet, "/truth", nil, &reply); err != nil {
		return nil, err
	}
	return reply.Nozzles, nil
}

// Cars lets cars come, or no more.
func (s Station) Cars(ctx context.Context, run bool) error {
	return s.call(ctx, http.MethodPost, "/cars", map[string]bool{"run": run}, nil)
}

// Lift takes a nozzle out and sets what it will stop at, as a driver and an
// attendant would.
func (s Station) Lift(ctx context.Context, nozzle int, money unit.Fen) error {
	if err := s.call(ctx, http.MethodPost, "/pumps", map[string]any{"nozzle": nozzle, "do": "preset", "money": money}, nil); err != nil {
		return err
	}
	return s.call(ctx, http.MethodPost, "/pumps", map[string]any{"nozzle": nozzle, "do": "lift"}, nil)
}

// Hang puts a nozzle back.
func (s Station) Hang(ctx context.Context, nozzle int) error {
	return s.call(ctx, http.MethodPost, "/pumps", map[string]any{"nozzle": nozzle, "do": "hang"}, nil)
}

// Fault makes something happen to a nozzle's pump: "power-cut", "power-back",
// "repeat-last-sale", "add-previous-sale", "keep-price", "take-price",
// "sell-dearer".
func (s Station) Fault(ctx context.Context, nozzle int, what string) error {
	return s.call(ctx, http.MethodPost, "/faults", map[string]any{"nozzle": nozzle, "do": what}, nil)
}

// Quiet reports whether nothing flows and every sale was released.
func Quiet(nozzles []Nozzle) bool {
	for _, n := range nozzles {
		if n.Busy || n.Held {
			return false
		}
	}
	return true
}

func (s Station) call(ctx context.Context, method, path string, body, reply any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	sent, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("asking the simulator: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(sent))
	if err != nil {
		return fmt.Errorf("asking the simulator: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking the simulator: %w", err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, replyLimit))
	if err != nil {
		return fmt.Errorf("asking the simulator: %w", err)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("asking the simulator: %s %s: %s: %s", method, path, res.Status, got)
	}
	if reply == nil {
		return nil
	}
	if err := json.Unmarshal(got, reply); err != nil {
		return fmt.Errorf("asking the simulator: %s %s: %w", method, path, err)
	}
	return nil
}
