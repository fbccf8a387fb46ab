package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"forecourt/pumpd/internal/config"
	"forecourt/pumpd/internal/driver/dart"
	"forecourt/pumpd/internal/driver/pts"
	"forecourt/pumpd/internal/simulator"
	"forecourt/shared/settings"
)

// decodeCommand prints what frames from a noisy line mean.
func (p *program) decodeCommand() *cobra.Command {
	var protocol string
	cmd := &cobra.Command{
		Use: "decode", Short: "Read frames on standard input and print what they mean", Args: cobra.NoArgs,
		Long: "Read frames on standard input - hexadecimal for dart, JSON for pts - and print one JSON\nobject a frame. It fails if any frame had a bad checksum or shape.",
		RunE: func(*cobra.Command, []string) error {
			decoders := map[string]func(io.Reader, io.Writer) (int, error){
				"dart": dart.Decode, "pts": pts.Decode, "jsonpts": pts.Decode,
			}
			decode, ok := decoders[protocol]
			if !ok {
				return fmt.Errorf("protocol %q is not one of %v", protocol, slices.Sorted(maps.Keys(decoders)))
			}
			bad, err := decode(p.in, p.out)
			if err != nil {
				return fmt.Errorf("decoding: %w", err)
			}
			if bad > 0 {
				return fmt.Errorf("%d bad frames", bad)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&protocol, "protocol", "", "dart, or pts (also jsonpts)")
	if err := cmd.MarkFlagRequired("protocol"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// simulation is a simulated station as a file describes it.
type simulation struct {
	settings.Origins
	Faces     []simulator.FaceConfig `yaml:"faces" doc:"lines and controllers by which the station is reached"`
	Seed      uint64                 `yaml:"seed" doc:"makes cars and faults repeatable"`
	Speed     int64                  `yaml:"speed" doc:"how much faster than life fuel flows and cars move"`
	Cars      bool                   `yaml:"cars" doc:"let cars come from the start"`
	Control   string                 `yaml:"control" doc:"loopback address of the control interface"`
	StateFile string                 `yaml:"state_file" doc:"file that keeps totalizers over restarts"`
	Log       config.Log             `yaml:"log"`
}

// simulateCommand runs dispensers that are not there.
func (p *program) simulateCommand() *cobra.Command {
	var ptsListen, dartListen string
	cmd := &cobra.Command{
		Use: "simulate", Short: "Run simulated dispensers that speak real protocols", Args: cobra.NoArgs,
		Long: "Run simulated dispensers from a configuration file, or without one the demonstration\nstation: dispensers 1 to 4 behind a PTS controller, 5 to 8 on a DART line. Every address is\nprinted once it can be reached. They show that driver and simulator agree with each other,\nnot that a real dispenser agrees with either.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			sim := simulation{Speed: 1, Cars: true, Log: config.Default().Log}
			if p.file == "" {
				sim.Faces = simulator.Demo(ptsListen, dartListen).Faces
			}
			if err := settings.Load(&sim, p.source()); err != nil {
				return fmt.Errorf("reading the configuration: %w", err)
			}
			return simulator.Run(cmd.Context(), simulator.Config{
				Faces: sim.Faces, Seed: sim.Seed, Speed: sim.Speed, Cars: sim.Cars, Control: sim.Control,
				StateFile: sim.StateFile, Now: p.now, Random: rand.Reader, Log: p.logger(sim.Log), Ready: p.tellAddresses,
			})
		},
	}
	cmd.Flags().StringVar(&ptsListen, "pts", "127.0.0.1:9190", "address of the demonstration station's PTS controller")
	cmd.Flags().StringVar(&dartListen, "dart", "127.0.0.1:9191", "address of its DART line")
	return cmd
}

// tellAddresses prints one line an address, tab-separated, for people and scripts.
func (p *program) tellAddresses(where simulator.Listening) {
	for _, name := range slices.Sorted(maps.Keys(where.Faces)) {
		fmt.Fprintf(p.out, "face\t%s\t%s\n", name, where.Faces[name])
	}
	if where.Control != "" {
		fmt.Fprintf(p.out, "control\t\t%s\n", where.Control)
	}
}
