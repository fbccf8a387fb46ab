// Cashier is the till of a petrol station: a window with every pump, the
// sales that wait for their money, and the money.
//
// Without a command it opens the window. It needs a display; without one it
// says so and how to see the window under a virtual one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"forecourt/cashier/internal/config"
	"forecourt/cashier/internal/till"
	"forecourt/shared/link"
	"forecourt/shared/settings"

	"github.com/spf13/cobra"
)

// version is the build's; the linker sets it.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{env: os.Environ(), out: os.Stdout, errs: os.Stderr, data: userData()}
	err := p.command().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cashier:", err)
		os.Exit(1)
	}
}

// userData is where programs keep what is the user's.
func userData() string {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "."
	}
	return filepath.Join(home, ".local", "share")
}

// program is what the commands share.
type program struct {
	env       []string
	out, errs io.Writer
	data      string

	file string
	set  map[string]string
}

func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use: "cashier", Short: "The till of a petrol station; without a command it opens the window",
		Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true, Version: version,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.open(cmd.Context()) },
	}
	root.SetOut(p.out)
	root.SetErr(p.errs)
	root.PersistentFlags().StringVar(&p.file, "config", "", "configuration file (YAML)")
	root.PersistentFlags().StringToStringVar(&p.set, "set", nil, "one setting, as in the file: --set language=en")
	root.AddCommand(p.enrolCommand(), p.checkCommand())
	return root
}

// config reads the configuration that a command was called with.
func (p *program) config() (config.Config, error) {
	return config.Load(p.data, settings.Source{File: p.file, Env: p.env, Flags: p.set})
}

func (p *program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check-config", Short: "Check the configuration and explain every setting", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := p.config()
			if explained := settings.Explain(p.out, &cfg); explained != nil {
				return explained
			}
			if err != nil {
				return err
			}
			return p.checkCredentials(cfg)
		},
	}
}

// checkCredentials says whether the till is enrolled, and where.
func (p *program) checkCredentials(cfg config.Config) error {
	c, enrolled, err := till.ReadCredentials(cfg.Credentials)
	if err != nil {
		return err
	}
	if !enrolled {
		_, err = fmt.Fprintln(p.out, "\nThe configuration is good. This till is not enrolled yet: cashier enrol CODE --hub URL")
		return err
	}
	_, err = fmt.Fprintf(p.out, "\nThe configuration is good. This till is %q of %s at %s.\n", c.Name, c.StationName, c.HubURL)
	return err
}

// enrolPatience bounds an enrolment.
const enrolPatience = 30 * time.Second

func (p *program) enrolCommand() *cobra.Command {
	var hub, name string
	cmd := &cobra.Command{
		Use: "enrol CODE", Short: "Exchange a code from `hub enrol` for this till's credentials", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.enrol(cmd.Context(), hub, args[0], name) },
	}
	cmd.Flags().StringVar(&hub, "hub", "", "where the hub is, https://host:port")
	cmd.Flags().StringVar(&name, "name", "till 1", "what the till is called in lists")
	if err := cmd.MarkFlagRequired("hub"); err != nil {
		panic(err) // the flag was made two lines above
	}
	return cmd
}

func (p *program) enrol(ctx context.Context, hub, code, name string) error {
	cfg, err := p.config()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, enrolPatience)
	defer cancel()
	reply, err := link.Enrol(ctx, hub, code, name)
	if err != nil {
		return fmt.Errorf("enrolling at %s: %w", hub, err)
	}
	c, err := till.NewCredentials(hub, name, reply)
	if err != nil {
		return err
	}
	if err := c.Write(cfg.Credentials); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "enrolled as %q of %s; credentials in %s\n", name, c.StationName, cfg.Credentials)
	return err
}

// eventLog opens the file that scripts read, or nothing.
func eventLog(path string) (*slog.Logger, io.Closer, error) {
	if path == "" {
		return slog.New(slog.DiscardHandler), io.NopCloser(nil), nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the event log: %w", err)
	}
	return slog.New(slog.NewJSONHandler(f, nil)), f, nil
}

// errNoDisplay says how to see the window without a screen.
var errNoDisplay = errors.New(`there is no display to open a window on.
To see it on a machine without a screen: install xvfb, openbox and imagemagick, then
  Xvfb :77 -screen 0 1366x768x24 +extension GLX &
  DISPLAY=:77 openbox &
  DISPLAY=:77 cashier &
  DISPLAY=:77 import -window root till.png`)
