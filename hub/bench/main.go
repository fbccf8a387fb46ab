// Command bench compares the hub's fan-out with what a station would use
// instead: a plain TCP loop as the floor, a naive WebSocket loop, a server on
// the Centrifuge library, nats-server's WebSockets and Socket.IO. It is a module
// of its own, so that the product depends on none of them.
//
// Every trial starts a server on one core and an audience on the other, all on
// loopback; the order of the servers rotates with every repetition; figures are
// medians and ranges, ratios are taken within one repetition. What is not
// delivered counts as infinitely late.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if err := manyFiles(); err != nil {
		return err
	}
	if len(args) == 2 && args[0] == "serve" {
		var o serveOptions
		if err := json.Unmarshal([]byte(args[1]), &o); err != nil {
			return err
		}
		return serve(o)
	}
	if len(args) == 2 && args[0] == "listen" {
		var o listenOptions
		if err := json.Unmarshal([]byte(args[1]), &o); err != nil {
			return err
		}
		return listen(o)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "run only the line of this name")
	repeats := flags.Int("repeats", 6, "how often each trial is repeated")
	scripts := flags.String("socketio", "hub/bench/socketio", "where the peer written in JavaScript is")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return compare(*only, *scripts, *repeats, os.Stdout)
}

// enoughFiles is more than the largest audience has connections.
const enoughFiles = 12_000

// manyFiles raises the bound of open files as far as it goes: an audience has
// thousands.
func manyFiles() error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("reading the bound of open files: %w", err)
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raising the bound of open files: %w", err)
	}
	if limit.Cur < enoughFiles {
		return fmt.Errorf("at most %d files may be open; %d are needed (ulimit -Hn)", limit.Cur, enoughFiles)
	}
	return nil
}
