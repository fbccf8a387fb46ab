package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"forecourt/pumpd/internal/driver"
	"forecourt/shared/unit"
)

// maxControlBody bounds a request to the control interface.
const maxControlBody = 64 << 10

// FaultRequest is the body of POST /faults: frames of a face, or a pump.
type FaultRequest struct {
	// Face, with Odds for good and Next for the frames to come: lose,
	// repeat, tear, late, noise or none.
	Face string      `json:"face,omitempty"`
	Odds *LineFaults `json:"odds,omitempty"`
	Next []string    `json:"next,omitempty"`
	// Nozzle is a station nozzle whose pump Do happens to: power-cut,
	// power-back, repeat-last-sale, add-previous-sale, keep-price (it says yes
	// to new prices and keeps its own), take-price (no more so) or sell-dearer
	// (the next delivery, at 0.05 yuan a litre more).
	Nozzle int    `json:"nozzle,omitempty"`
	Do     string `json:"do,omitempty"`
	// ForMS ends a power cut by itself.
	ForMS int64 `json:"for_ms,omitempty"`
}

// PumpRequest is the body of POST /pumps: what a person does at a dispenser.
type PumpRequest struct {
	// Nozzle is the station's nozzle.
	Nozzle int `json:"nozzle"`
	// Do is lift, hang or preset; a preset has money or volume.
	Do     string          `json:"do"`
	Money  unit.Fen        `json:"money,omitempty"`
	Volume unit.Millilitre `json:"volume_ml,omitempty"`
}

// PumpNow is one pump in the answer of GET /pumps.
type PumpNow struct {
	Pump    int             `json:"pump"`
	Nozzles []int           `json:"nozzles"`
	State   string          `json:"state"`
	Lifted  int             `json:"lifted"` // the station's nozzle, 0 for none
	Volume  unit.Millilitre `json:"volume_ml"`
	Amount  unit.Fen        `json:"amount"`
	Power   bool            `json:"power"`
	Serial  int             `json:"serial"`
}

// NewControl is the control interface: GET /truth, GET /pumps, POST /cars,
// POST /faults, POST /pumps. It trusts who reaches it, so it belongs on a
// loopback address.
func NewControl(s *Station) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /truth", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"nozzles": s.Truth()})
	})
	mux.HandleFunc("GET /pumps", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"pumps": s.Pumps()})
	})
	mux.HandleFunc("POST /cars", handle(func(b struct {
		Run *bool `json:"run"`
	},
	) error {
		if b.Run == nil {
			return errors.New("run is missing")
		}
		s.SetCars(*b.Run)
		return nil
	}))
	mux.HandleFunc("POST /faults", handle(s.fault))
	mux.HandleFunc("POST /pumps", handle(s.act))
	return mux
}

// handle reads a body and answers whether it was done.
func handle[B any](do func(B) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody))
		in.DisallowUnknownFields()
		var body B
		err := in.Decode(&body)
		if err == nil {
			err = do(body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		reply(w, map[string]bool{"done": true})
	}
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // who asked may be gone
}

// Pumps lists every pump as it is now.
func (s *Station) Pumps() []PumpNow {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []PumpNow
	for _, number := range s.order {
		p := s.pumps[number]
		p.Advance(s.config.Now())
		v := p.View()
		now := PumpNow{
			Pump: number, State: v.State.String(), Volume: v.Volume, Amount: v.Amount,
			Power: !v.Dark, Serial: v.Serial,
		}
		for i, n := range p.config.Nozzles {
			now.Nozzles = append(now.Nozzles, n.Nozzle)
			if v.Nozzle == i+1 {
				now.Lifted = n.Nozzle
			}
		}
		out = append(out, now)
	}
	return out
}

// fault does what a FaultRequest says.
func (s *Station) fault(f FaultRequest) error {
	switch {
	case f.Face != "" && f.Nozzle == 0 && f.Do == "":
		return s.faultFace(f)
	case f.Face == "" && f.Nozzle != 0 && f.Odds == nil && f.Next == nil:
		return s.faultPump(f)
	}
	return errors.New("give a face with odds or next, or a nozzle with do")
}

func (s *Station) faultFace(f FaultRequest) error {
	names := map[string]Fault{
		"none": NoFault, "lose": LoseFrame, "repeat": RepeatFrame, "tear": TearFrame, "late": LateFrame, "noise": NoiseFrame,
	}
	var next []Fault
	for _, name := range f.Next {
		fault, ok := names[name]
		if !ok {
			return fmt.Errorf("there is no fault %q", name)
		}
		next = append(next, fault)
	}
	if !s.hasFace(f.Face) {
		return fmt.Errorf("there is no face %q", f.Face)
	}
	if f.Odds != nil {
		if err := s.SetFaults(f.Face, *f.Odds); err != nil {
			return err
		}
	}
	s.Inject(f.Face, next...)
	return nil
}

// hasFace says that a face was opened: opening sets its faults.
func (s *Station) hasFace(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults[name] != nil
}

func (s *Station) faultPump(f FaultRequest) error {
	actions := map[string]func(*Pump){
		"power-cut": (*Pump).PowerCut, "power-back": (*Pump).PowerBack,
		"repeat-last-sale": (*Pump).RepeatLastSale, "add-previous-sale": (*Pump).AddPreviousSale,
		"keep-price": (*Pump).KeepPrice, "take-price": (*Pump).TakePrice, "sell-dearer": (*Pump).SellDearer,
	}
	do, ok := actions[f.Do]
	if !ok {
		return fmt.Errorf("there is no %q", f.Do)
	}
	if f.Do == "power-cut" && f.ForMS > 0 {
		back := s.config.Now().Add(time.Duration(f.ForMS) * time.Millisecond)
		do = func(p *Pump) { p.PowerCutUntil(back) }
	}
	return s.actAt(f.Nozzle, func(p *Pump, _ int) { do(p) })
}

// act does what a PumpRequest says.
func (s *Station) act(r PumpRequest) error {
	switch r.Do {
	case "lift":
		return s.actAt(r.Nozzle, func(p *Pump, n int) { p.Lift(n) })
	case "hang":
		return s.actAt(r.Nozzle, func(p *Pump, _ int) { p.Hang() })
	case "preset":
		limit := driver.ByMoney
		if r.Volume > 0 {
			limit = driver.ByVolume
		}
		if (r.Money > 0) == (r.Volume > 0) {
			return errors.New("give either money or volume_ml")
		}
		return s.actAt(r.Nozzle, func(p *Pump, _ int) { p.Preset(limit, r.Money, r.Volume) })
	}
	return fmt.Errorf("there is no %q", r.Do)
}

func (s *Station) actAt(nozzle int, fn func(*Pump, int)) error {
	if !s.DoAt(nozzle, fn) {
		return fmt.Errorf("there is no nozzle %d", nozzle)
	}
	return nil
}
