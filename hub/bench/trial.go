package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"forecourt/hub/bench/internal/audience"
	"forecourt/hub/bench/internal/measure"
)

// trial is one server with one audience under one load.
type trial struct {
	serveOptions
	Clients, Stalled int
	PerSecond, Bytes int
	For              time.Duration
	Outstanding      int // closed loop when not zero
	scripts          string
}

// outcome is what a trial came to.
type outcome struct {
	audience.Report
	CPU       time.Duration // the server's, while the load ran
	Wall      time.Duration
	Foreign   float64 // cores that neither server nor audience used
	IdleBytes float64 // resident memory of the server per idle connection
}

// microsecondsPerMessage is the server's cost of one delivered message.
func (o outcome) microsecondsPerMessage() float64 {
	return float64(o.CPU.Microseconds()) / float64(max(1, o.Delivered))
}

func (o outcome) perRead() float64 { return float64(o.Delivered) / float64(max(1, o.Reads)) }

// missing is the share of expected messages that never came.
func (o outcome) missing() float64 {
	return 1 - float64(o.Delivered)/float64(max(1, o.Expected))
}

// child is a process of this bench.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start starts a program on one core. Each has a core of its own, so that
// neither's work is the other's wait.
func start(core string, argv ...string) (*child, error) {
	cmd := exec.Command("taskset", append([]string{"-c", core}, argv...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %v: %w", argv, err)
	}
	return &child{cmd, in, bufio.NewReader(out)}, nil
}

// self starts this program in another role.
func self(core, role string, options any) (*child, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(core, program, role, string(text))
}

// read reads one line of JSON from a child.
func (c *child) read(into any) error {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("a child said nothing: %w", err)
	}
	return json.Unmarshal(line, into)
}

// tell sends a line and reads the answer.
func (c *child) tell(line string, into any) error {
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		return err
	}
	return c.read(into)
}

// stop ends a child.
func (c *child) stop() {
	_ = c.in.Close()
	done := make(chan struct{})
	go func() {
		_ = c.cmd.Wait() // how it ended does not matter any more
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(3 * time.Second):
		_ = c.cmd.Process.Kill()
		<-done
	}
}

const (
	serverCore   = "0"
	audienceCore = "1"
	// settle lets a server finish what connecting left behind.
	settle = time.Second
	// linger is how long after the last message delivery is waited for.
	linger = 1500 * time.Millisecond
	warmUp = 1500 * time.Millisecond
)

// run runs a trial.
func (t trial) run() (outcome, error) {
	server, where, err := t.serve()
	if err != nil {
		return outcome{}, err
	}
	defer server.stop()
	pid := server.cmd.Process.Pid
	empty, err := measure.RSS(pid)
	if err != nil {
		return outcome{}, err
	}
	people, err := self(audienceCore, "listen", listenOptions{
		Kind: t.Kind, Open: where, Clients: t.Clients, Stalled: t.Stalled, Credits: t.Outstanding > 0,
	})
	if err != nil {
		return outcome{}, err
	}
	defer people.stop()
	var ready string
	if err := people.read(&ready); err != nil {
		return outcome{}, fmt.Errorf("gathering for %s: %w", t.Kind, err)
	}
	time.Sleep(settle)
	full, err := measure.RSS(pid)
	if err != nil {
		return outcome{}, err
	}
	out := outcome{}
	if t.For > 0 {
		out, err = t.load(where, pid, people)
	}
	out.IdleBytes = float64(full-empty) / float64(t.Clients)
	return out, err
}

// serve starts the server.
func (t trial) serve() (*child, open, error) {
	var where open
	var server *child
	var err error
	if t.Kind == "socketio" {
		server, err = start(serverCore, "node", filepath.Join(t.scripts, "server.js"))
	} else {
		server, err = self(serverCore, "serve", t.serveOptions)
	}
	if err != nil {
		return nil, where, err
	}
	if err := server.read(&where); err != nil {
		server.stop()
		return nil, where, fmt.Errorf("starting %s: %w", t.Kind, err)
	}
	return server, where, nil
}

// load publishes and measures.
func (t trial) load(where open, pid int, people *child) (outcome, error) {
	var out outcome
	c, err := dialControl(where.Control)
	if err != nil {
		return out, err
	}
	if _, err := c.ask(t.request(warmUp)); err != nil {
		return out, fmt.Errorf("warming up: %w", err)
	}
	time.Sleep(linger)
	var ok string
	if err := people.tell("reset", &ok); err != nil {
		return out, err
	}
	cost := startClock(pid, people.cmd.Process.Pid)
	sent, err := c.ask(t.request(t.For))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		// The server stands still. What was due counts as sent.
		sent.Sent = uint64(t.PerSecond) * uint64(t.For/time.Second)
	case err != nil:
		return out, fmt.Errorf("publishing: %w", err)
	}
	time.Sleep(linger)
	if out, err = cost.stop(); err != nil {
		return out, err
	}
	listening := uint64(t.Clients - t.Stalled)
	err = people.tell(fmt.Sprintf("report %d", sent.Sent*listening), &out.Report)
	if err == nil && out.Faults > 0 {
		err = fmt.Errorf("%s: %d gaps or repeats", t.Kind, out.Faults)
	}
	return out, err
}

func (t trial) request(last time.Duration) ask {
	a := ask{Do: "rate", PerSecond: t.PerSecond, Bytes: t.Bytes, ForMS: last.Milliseconds()}
	if t.Outstanding > 0 {
		a.Do, a.Outstanding = "closed", t.Outstanding
	}
	return a
}

// clock is what processes had cost when it was started.
type clock struct {
	server, audience          int
	began                     time.Time
	ofServer, ofPeople, ofAll time.Duration
	err                       error
}

func startClock(server, audience int) *clock {
	c := &clock{server: server, audience: audience, began: time.Now()}
	c.ofServer, c.ofPeople, c.ofAll, c.err = c.read()
	return c
}

func (c *clock) read() (server, people, all time.Duration, err error) {
	var errs [3]error
	server, errs[0] = measure.CPU(c.server)
	people, errs[1] = measure.CPU(c.audience)
	all, errs[2] = measure.Machine()
	return server, people, all, errors.Join(errs[:]...)
}

// stop tells what was used since the start.
func (c *clock) stop() (outcome, error) {
	server, people, all, err := c.read()
	if err := errors.Join(c.err, err); err != nil {
		return outcome{}, err
	}
	out := outcome{CPU: server - c.ofServer, Wall: time.Since(c.began)}
	foreign := (all - c.ofAll) - out.CPU - (people - c.ofPeople)
	out.Foreign = max(0, foreign.Seconds()/out.Wall.Seconds())
	return out, nil
}
