package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"forecourt/shared/unit"
)

// savedState is what the state file keeps: what a dispenser's totalizers and
// price memory keep without mains. A finished sale that nobody took is not in
// it; after a restart of the simulator it is a gap in the totalizer.
type savedState struct {
	Nozzles map[int]savedNozzle `json:"nozzles"`
}

type savedNozzle struct {
	First      int64            `json:"first_ml"`
	Total      unit.Millilitre  `json:"total_ml"`
	Price      unit.FenPerLitre `json:"price"`
	Deliveries int              `json:"deliveries"`
}

// readState reads a state file; one that is not there is an empty state.
func readState(path string) (savedState, error) {
	state := savedState{Nozzles: make(map[int]savedNozzle)}
	if path == "" {
		return state, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return state, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &state)
	}
	if err != nil {
		return state, fmt.Errorf("reading the simulator's state: %w", err)
	}
	return state, nil
}

// restore takes over what is not in a pump: where each nozzle began.
func (s *Station) restore(kept savedState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for nozzle, k := range kept.Nozzles {
		if _, ours := s.first[nozzle]; ours {
			s.first[nozzle], s.base[nozzle] = k.First, k.Deliveries
		}
	}
}

// save writes the state file whole, or leaves the one that is there.
func (s *Station) save(path string) error {
	state := savedState{Nozzles: make(map[int]savedNozzle)}
	truth := s.Truth()
	s.mu.Lock()
	for _, t := range truth {
		at := s.at[t.Nozzle]
		state.Nozzles[t.Nozzle] = savedNozzle{
			First: t.First, Total: unit.Millilitre(t.Totalizer), Deliveries: t.Deliveries,
			Price: s.pumps[at.pump].prices[at.nozzle-1],
		}
	}
	s.mu.Unlock()
	raw, err := json.MarshalIndent(state, "", "\t")
	if err != nil {
		return fmt.Errorf("writing the simulator's state: %w", err)
	}
	const private = 0o600
	if err := os.WriteFile(path+".new", raw, private); err != nil {
		return fmt.Errorf("writing the simulator's state: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("writing the simulator's state: %w", err)
	}
	return nil
}
