package till

import (
	"bytes"
	"context"
	"log/slog"
	"os/exec"
	"time"

	"forecourt/assets/sounds"
	"forecourt/cashier/internal/desk"
)

// Player plays the till's sounds. Play returns at once.
type Player interface{ Play(desk.Sound) }

// Silent is the player of a machine without sound; every sound has its text
// twin on the screen.
type Silent struct{}

// Play plays nothing.
func (Silent) Play(desk.Sound) {}

// playFor bounds one sound: a player that hangs must not keep the next waiting.
const playFor = 3 * time.Second

// recordings are the tones.
var recordings = map[desk.Sound][]byte{
	desk.SoundCalling: sounds.Calling, desk.SoundPaid: sounds.Paid,
	desk.SoundOverdue: sounds.Overdue, desk.SoundMessage: sounds.Message, desk.SoundAlarm: sounds.Alarm,
}

// programs can play a WAV file from their standard input, in order of preference.
var programs = [][]string{
	{"pw-play", "-"},
	{"paplay", "/dev/stdin"},
	{"aplay", "-q", "-"},
}

// programPlayer plays through a program of the system, one sound at a time; a
// sound that comes while another plays is left out, not queued.
type programPlayer struct {
	argv []string
	busy chan struct{}
	log  *slog.Logger
}

// FindPlayer looks for a program that plays sounds; without one the till is
// silent. look is exec.LookPath.
func FindPlayer(look func(string) (string, error), log *slog.Logger) Player {
	for _, argv := range programs {
		path, err := look(argv[0])
		if err == nil {
			return &programPlayer{argv: append([]string{path}, argv[1:]...), busy: make(chan struct{}, 1), log: log}
		}
	}
	log.Info("no program to play sounds with; the till is silent", "looked_for", "pw-play, paplay, aplay")
	return Silent{}
}

// Play starts a sound unless one plays already.
func (p *programPlayer) Play(s desk.Sound) {
	select {
	case p.busy <- struct{}{}:
	default:
		return
	}
	go func() {
		defer func() { <-p.busy }()
		ctx, cancel := context.WithTimeout(context.Background(), playFor)
		defer cancel()
		cmd := exec.CommandContext(ctx, p.argv[0], p.argv[1:]...)
		cmd.Stdin = bytes.NewReader(recordings[s])
		if err := cmd.Run(); err != nil {
			p.log.Debug("sound not played", "sound", string(s), "error", err)
		}
	}()
}
