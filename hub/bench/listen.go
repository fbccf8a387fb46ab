package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	"forecourt/hub/bench/internal/audience"
)

// listenOptions say what an audience child listens to.
type listenOptions struct {
	Kind    string `json:"kind"`
	Open    open   `json:"open"`
	Clients int    `json:"clients"`
	Stalled int    `json:"stalled"`
	// Credits has the child give a credit for every message that everybody has.
	Credits bool `json:"credits"`
}

// listen is an audience child's life: it gathers, says "ready", and obeys
// "reset" and "report N" until its standard input ends.
func listen(o listenOptions) error {
	tickets, err := dialControl(o.Open.Control)
	if err != nil {
		return err
	}
	credits, err := dialControl(o.Open.Control)
	if err != nil {
		return err
	}
	opts := audience.Options{
		Kind: o.Kind, Address: o.Open.Address, Channel: o.Open.Channel,
		Clients: o.Clients, Stalled: o.Stalled, Ticket: oneByOne(tickets),
	}
	if o.Credits {
		opts.OnDelivered = giver(credits, uint64(o.Clients))
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	everybody, err := audience.Gather(ctx, opts)
	if err != nil {
		return err
	}
	go func() {
		if err := everybody.Listen(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}()
	fmt.Println(`"ready"`)
	return obey(everybody)
}

// obey answers the orchestrator.
func obey(everybody *audience.Audience) error {
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		var reply any = "ok"
		switch word {
		case "reset":
			everybody.Reset()
		case "report":
			var expected uint64
			if _, err := fmt.Sscan(rest, &expected); err != nil {
				return fmt.Errorf("reading %q: %w", lines.Text(), err)
			}
			reply = everybody.Report(expected)
		}
		if err := out.Encode(reply); err != nil {
			return err
		}
	}
	return lines.Err()
}

// oneByOne hands out tickets over one control connection.
func oneByOne(c *control) func() (string, error) {
	var mu sync.Mutex
	return func() (string, error) {
		mu.Lock()
		defer mu.Unlock()
		reply, err := c.ask(ask{Do: "ticket"})
		return reply.Ticket, err
	}
}

// giver gives a credit each time the whole audience has heard one message more.
func giver(c *control, clients uint64) func(uint64) {
	var given uint64
	return func(total uint64) {
		due := total/clients - given
		if due == 0 {
			return
		}
		given += due
		// A server that has gone is noticed by who waits for it.
		_, _ = c.conn.Write(bytes.Repeat([]byte("c\n"), int(due)))
	}
}
