// Package process starts a real program, keeps its output in a file, and ends
// it: politely, or by SIGKILL at any moment, as a power cut would.
//
// What it promises: a program started here dies with the process that started
// it, is waited for, and never outlives Stop or Kill.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stopPatience is how long a program has to end after SIGTERM; the hub stops
// its database in that time.
const stopPatience = 40 * time.Second

// Program is what to start, again and again after kills.
type Program struct {
	// Name is for people, Path and Args are what runs.
	Name string
	Path string
	Args []string
	// Env is added to the environment.
	Env []string
	// Log is the file that keeps its standard output and error.
	Log string
	// Echo, if set, also gets what it prints.
	Echo *os.File

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

// Start starts the program; it must not be running.
func (p *Program) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return fmt.Errorf("starting %s: it runs already", p.Name)
	}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("starting %s: opening its log: %w", p.Name, err)
	}
	defer log.Close()
	cmd := exec.Command(p.Path, p.Args...)
	cmd.Env = append(os.Environ(), p.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	if p.Echo != nil {
		cmd.Stdout, cmd.Stderr = p.Echo, p.Echo
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.Name, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // how it ended is in its log; who ended it knows
	}()
	p.cmd, p.done = cmd, done
	return nil
}

// PID is the running program's process id, or 0.
func (p *Program) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.running() {
		return 0
	}
	return p.cmd.Process.Pid
}

// Done is closed when the program that was started last has ended.
func (p *Program) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	return p.done
}

// Kill ends the program at once and waits until it is gone.
func (p *Program) Kill() { p.end(syscall.SIGKILL, 0) }

// Stop asks the program to end, and ends it if it takes too long.
func (p *Program) Stop() error {
	if !p.end(syscall.SIGTERM, stopPatience) {
		p.Kill()
		return fmt.Errorf("stopping %s: it did not end in %s", p.Name, stopPatience)
	}
	return nil
}

// LastWords is the last line of the program's log: why it ended.
func (p *Program) LastWords() string {
	text, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// end sends a signal and waits, for ever if patience is zero. It reports
// whether the program is gone.
func (p *Program) end(sig syscall.Signal, patience time.Duration) bool {
	p.mu.Lock()
	cmd, done, running := p.cmd, p.done, p.running()
	p.mu.Unlock()
	if !running {
		return true
	}
	_ = cmd.Process.Signal(sig) // it may have ended just now
	if patience == 0 {
		<-done
		return true
	}
	select {
	case <-done:
		return true
	case <-time.After(patience):
		return false
	}
}

func (p *Program) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Run runs a program to its end and returns what it printed on standard output.
func Run(ctx context.Context, path string, args ...string) (string, error) {
	return Type(ctx, "", path, args...)
}

// Type is Run for a program that reads what somebody types on its standard
// input.
func Type(ctx context.Context, typed, path string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	if typed != "" {
		cmd.Stdin = strings.NewReader(typed)
	}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), fmt.Errorf("running %s %v: %w: %s", path, args, err, exit.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("running %s %v: %w", path, args, err)
	}
	return string(out), nil
}
