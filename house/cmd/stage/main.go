// Command stage stands a whole station up for a program in another language:
// the tests of the drivers' pages, which run in a browser. It prints one line
// of JSON when everything answers,
//
//	{"hub": "https://127.0.0.1:…", "plain": "http://127.0.0.1:…", "control": "http://127.0.0.1:…", "station": "01…"}
//
// takes orders by HTTP at control (orders.go lists them), and stops all of it
// when its input ends: whoever started it cannot leave it behind.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"forecourt/house/internal/house"
)

func main() {
	site := flag.String("site", "", "directory of the browser pages")
	speed := flag.Int("speed", 20, "how much faster than life fuel flows")
	cars := flag.Bool("cars", false, "let cars come by themselves")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that counts
		cancel()
	}()
	err := run(ctx, *site, *speed, *cars)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stage:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, site string, speed int, cars bool) error {
	dir, err := os.MkdirTemp("", "fc-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if site != "" {
		if site, err = filepath.Abs(site); err != nil {
			return err
		}
	}
	h, err := house.Open(ctx, house.Options{
		Bin: filepath.Dir(self), Dir: dir, Speed: speed, Seed: 7, Cars: cars, Site: site, Pages: "127.0.0.1:0", Branches: true,
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer h.Close()
	return serve(ctx, h)
}

// serve takes orders until ctx ends.
func serve(ctx context.Context, h *house.House) error {
	crew, err := newCrew(ctx, h)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: crew.orders(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close() // nobody is left to be answered
	}()
	err = json.NewEncoder(os.Stdout).Encode(map[string]string{
		"hub": h.URL, "plain": h.PagesURL, "control": "http://" + listener.Addr().String(), "station": crew.station(),
	})
	if err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
