// Pumpd bridges a petrol station's dispensers to its hub: it speaks their
// protocols, keeps every sale in a journal and sends it until the hub has it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"forecourt/pumpd/internal/config"
	"forecourt/shared/settings"
)

// version is the build's; the linker sets it.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{env: os.Environ(), in: os.Stdin, out: os.Stdout, errs: os.Stderr, now: time.Now}
	err := p.command().ExecuteContext(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "pumpd:", err)
		os.Exit(1)
	}
}

// program is what the commands share: the world around them and the flags
// that all of them know.
type program struct {
	env       []string
	in        io.Reader
	out, errs io.Writer
	now       func() time.Time

	file string
	set  map[string]string
}

// command is the whole command line.
func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "pumpd",
		Short:         "The bridge from dispensers to the hub",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	root.SetOut(p.out)
	root.SetErr(p.errs)
	flags := root.PersistentFlags()
	flags.StringVar(&p.file, "config", "", "configuration file (YAML)")
	flags.StringToStringVar(&p.set, "set", nil, "one setting, as in the file: --set hub.url=https://hub:8443")
	root.AddCommand(
		p.serveCommand(), p.checkCommand(), p.enrolCommand(),
		p.decodeCommand(), p.simulateCommand(), p.versionCommand(),
	)
	return root
}

// config reads the configuration that a command was called with.
func (p *program) config() (config.Config, error) {
	return config.Load(p.source())
}

// source is where settings come from.
func (p *program) source() settings.Source {
	return settings.Source{File: p.file, Env: p.env, Flags: p.set}
}

// logger is what the configuration asks for, on standard error.
func (p *program) logger(cfg config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.Level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(p.errs, options))
	}
	return slog.New(slog.NewTextHandler(p.errs, options))
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the program's version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.out, version)
			return err
		},
	}
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
			if err := checkDrivers(cfg, p.now); err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.out, "\nThe configuration is good.")
			return err
		},
	}
}
