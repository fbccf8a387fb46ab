// Command run starts a whole station on this machine: hub, pumpd, simulated
// dispensers with cars, and the till's window where there is a display. It
// prints the addresses and the demo accounts; Ctrl-C stops all.
//
// The station keeps its data in run/ and goes on where it stood.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"forecourt/house/internal/house"
	"forecourt/house/internal/process"
)

// pagesAt is where the drivers' pages are shown to browsers on this machine,
// which know nothing of the hub's own authority.
const pagesAt = "127.0.0.1:8480"

func main() {
	dir := flag.String("dir", "run", "where the station keeps its data")
	listen := flag.String("listen", "127.0.0.1:8443", "the hub's HTTPS address")
	site := flag.String("site", "miniprogram/dist/build/h5", "the browser build of the drivers' pages")
	speed := flag.Int("speed", 1, "how much faster than life fuel flows and cars move")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *dir, *listen, *site, *speed)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, listen, site string, speed int) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if site, err = filepath.Abs(site); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	bin := filepath.Dir(self)
	fmt.Println("starting the station (the first time it makes its database)")
	h, err := house.Open(ctx, house.Options{
		Bin: bin, Dir: dir, Listen: listen, Speed: speed, Seed: 1, Cars: true, Baud: 9600, Site: site, Pages: pagesAt, Branches: true,
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer h.Close()
	fmt.Printf(`
station    昆明示范加油站 (demo), 8 dispensers, 16 nozzles: 1-8 jsonPTS, 9-16 Wayne DART at 9600 baud
hub        %s   (its authority: %s)
simulator  %s/truth
data, logs %s
accounts   负责人 head 1001 · 收银员 cashier 2001 · 加油员 attendant 3001 3002 · 客服 agent 4001; password %s
drivers    %s/m/   (their pages in a browser on this machine; sign in with any mobile number,
           the codes sent to phones are in %s)

`, h.URL, filepath.Join(dir, "hub", "pki", "ca.pem"), h.Truth.URL, dir, h.Password(), h.PagesURL,
		filepath.Join(dir, "notices.ndjson"))
	return openTill(ctx, h, bin)
}

// openTill shows the window until it is closed or ctx ends; without a display
// it says how to see one and waits.
func openTill(ctx context.Context, h *house.House, bin string) error {
	till, err := h.Cashier(ctx)
	if err != nil {
		return err
	}
	if os.Getenv("DISPLAY") == "" {
		fmt.Printf(`There is no display, so the till's window is not opened. To see it (apt-get install xvfb openbox imagemagick):
  Xvfb :77 -screen 0 1366x768x24 +extension GLX &  DISPLAY=:77 openbox &
  DISPLAY=:77 %s --config %s &
  DISPLAY=:77 import -window root till.png
Ctrl-C stops the station.
`, filepath.Join(bin, "cashier"), filepath.Join(h.Dir(), "cashier.yaml"))
		return await(ctx, h)
	}
	if err := till.Start(); err != nil {
		return err
	}
	defer func() { _ = till.Stop() }() // it ends with the station either way
	fmt.Println("The till's window is open. Closing it leaves the station running; Ctrl-C stops all.")
	return await(ctx, h)
}

// await waits for Ctrl-C, or for a program that should not have ended.
func await(ctx context.Context, h *house.House) error {
	for _, p := range []*process.Program{h.Hub, h.Pumpd, h.Simulator} {
		go func() {
			select {
			case <-ctx.Done():
			case <-p.Done():
				if ctx.Err() == nil {
					fmt.Fprintf(os.Stderr, "%s ended by itself; see %s\n", p.Name, p.Log)
				}
			}
		}()
	}
	<-ctx.Done()
	fmt.Println("\nstopping")
	return nil
}
